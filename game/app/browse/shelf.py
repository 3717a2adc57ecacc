"""The "For you" shelf: cards of suggested levels, each with expected stars, chance to finish and the reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.level_library import LevelInfo
from game.app.foryou.service import FAILED, SHELF, other_difficulty
from game.app.ui import theme
from game.app.ui.draw import cached_surface, draw_cross, draw_panel, rounded_rect, star
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Widget
from recommender.reasons import percent

if TYPE_CHECKING:
    from game.app.stage import Stage
    from recommender.advisor.engine import Suggestion

CARD_WIDTH: Final = 250  # pt, at least
CARD_HEIGHT: Final = 137
GAP: Final = 14  # pt between cards
HEADING: Final = 28  # pt above the cards
PICTURE: Final = (100, 56)
REASON: Final = 12.5  # pt


class SuggestionCard(Widget):
    """A suggested level: picture, title, expected stars, chance to finish, reason and marks."""

    def __init__(
        self,
        stage: "Stage",
        info: LevelInfo,
        suggestion: "Suggestion",
        choose: Callable[[LevelInfo, str], None],
        dismiss: Callable[[str], None],
        picture: Callable[[LevelInfo, tuple[int, int]], pygame.Surface | None],
    ) -> None:
        super().__init__(f"for_you:{info.item}")
        self.stage = stage
        self.info = info
        self.suggestion = suggestion
        self._choose = choose
        self._dismiss = dismiss
        self._picture = picture
        self._cross = pygame.Rect(0, 0, 0, 0)

    @property
    def difficulty(self) -> str:
        """The suggested difficulty if it differs from the player's own, otherwise ""."""
        return other_difficulty(self.suggestion, self.stage.settings.text("difficulty"))

    def activate(self) -> None:
        """Open the match set-up, like the level's card in the grid."""
        self._choose(self.info, self.difficulty)

    def press(self, position: tuple[int, int]) -> None:
        """Handle a press: the cross at the corner means "not for me", anywhere else chooses the level."""
        if self._cross.collidepoint(position):
            self._dismiss(self.info.item)
        else:
            self.activate()

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the card."""
        info, suggestion = self.info, self.suggestion
        colour = theme.OBJECTIVE_COLOURS.get(info.objective, theme.CYAN)
        self.row_panel(target, kit, theme.MAGENTA)
        pad = kit.px(8)
        box = pygame.Rect(self.rect.x + pad, self.rect.y + pad, kit.px(PICTURE[0]), kit.px(PICTURE[1]))
        self._draw_picture(target, kit, box)
        x = box.right + kit.px(10)
        room = self.rect.right - pad - x
        ink = mix(theme.TEXT, (255, 255, 255), self.lit)
        title = info.title(kit.strings.language)
        width = room - kit.px(16)
        size = kit.size_for(title, width, (16, 15, 14, 13), True)
        place = (x, box.y + kit.px(10))
        kit.text(target, title, place, size, ink, bold=True, anchor="midleft", width=width)
        draw_outlook(target, kit, (x, box.y + kit.px(28)), suggestion.stars, suggestion.chance, 13)
        kind = kit.strings(f"objective.{info.objective}") if info.objective else ""
        last = pygame.Rect(x, box.bottom - kit.px(17), room, kit.px(18))
        name = kit.text(target, kind, last.midleft, 12.5, colour, bold=True, anchor="midleft", width=room)
        if suggestion.simulated:
            draw_simulated(target, kit, (name.right + kit.px(8), last.centery), self.rect.right - pad)
        area = pygame.Rect(
            self.rect.x + pad + kit.px(2), box.bottom + kit.px(6), self.rect.width - 2 * pad - kit.px(4), 0
        )
        area.height = self.rect.bottom - kit.px(4) - area.y
        kit.paragraph(
            target,
            self.stage.words.reason(suggestion.reason, chance=False),
            area,
            REASON,
            mix(theme.DIM, theme.TEXT, self.lit),
        )
        self._draw_cross(target, kit)

    def _draw_picture(self, target: pygame.Surface, kit: Kit, box: pygame.Rect) -> None:
        picture = self._picture(self.info, box.size)
        if picture is None:
            draw_panel(target, box, kit.px(5), (16, 18, 30), theme.LINE, 255)
        else:
            level = self.info.level
            key = ("suggested", level.digest if level is not None else "", box.size)
            target.blit(cached_surface(key, lambda: _rounded_picture(picture, box.size, kit.px(5))), box)
        if self.difficulty:
            draw_difficulty(target, kit, (box.x + kit.px(4), box.bottom - kit.px(13)), self.difficulty)
        mark = mark_of(self.suggestion)
        if mark:
            text = kit.strings(f"for_you.{mark}")
            width = kit.fonts.width(text, kit.px(11), True) + kit.px(10)
            badge = pygame.Rect(box.x + kit.px(4), box.y + kit.px(4), width, kit.px(17))
            draw_panel(target, badge, kit.px(5), (6, 8, 18), theme.GREEN, 230)
            kit.text(target, text, badge.center, 11, theme.GREEN, bold=True, anchor="center")

    def _draw_cross(self, target: pygame.Surface, kit: Kit) -> None:
        side = kit.px(20)
        self._cross = pygame.Rect(self.rect.right - side - kit.px(3), self.rect.y + kit.px(3), side, side)
        colour = mix(theme.FAINT, theme.RED, self.lit)
        draw_cross(target, self._cross.center, kit.px(4), max(1, kit.px(1.8)), colour)


def _rounded_picture(picture: pygame.Surface, size: tuple[int, int], radius: int) -> pygame.Surface:
    surface = picture.convert_alpha()
    surface.blit(
        rounded_rect(size, radius, (255, 255, 255), 255), (0, 0), special_flags=pygame.BLEND_RGBA_MIN
    )
    return surface


def mark_of(suggestion: "Suggestion") -> str:
    """Return "explored" for a level suggested to learn the player's taste, "new" for one without ratings, otherwise ""."""
    if suggestion.explored:
        return "explored"
    return "new" if suggestion.reason.values.get("new") else ""


def draw_outlook(
    target: pygame.Surface, kit: Kit, midleft: tuple[int, int], stars: float, chance: float, size: float
) -> pygame.Rect:
    """Draw expected stars and the chance to finish in one line; return its box."""
    side = kit.px(size + 1)
    x, y = midleft
    target.blit(star(side, theme.AMBER, True), (x, y - side // 2))
    text = f"{stars:.1f}"
    first = kit.text(target, text, (x + side + kit.px(4), y), size, theme.AMBER, bold=True, anchor="midleft")
    said = kit.strings("for_you.chance", percent=percent(chance, kit.strings.language))
    second = kit.text(
        target, said, (first.right + kit.px(10), y), size, theme.CYAN, bold=True, anchor="midleft"
    )
    return first.union(second).union((x, y - side // 2, side, side))


def draw_difficulty(
    target: pygame.Surface, kit: Kit, midleft: tuple[int, int], difficulty: str
) -> pygame.Rect:
    """Draw the label of a difficulty that is not the player's own; return its box."""
    text = kit.strings("for_you.at", name=kit.strings(f"difficulty.{difficulty}"))
    width = kit.fonts.width(text, kit.px(11), True) + kit.px(10)
    box = pygame.Rect(midleft[0], midleft[1] - kit.px(8), width, kit.px(17))
    draw_panel(target, box, kit.px(5), (6, 8, 18), theme.AMBER, 230)
    kit.text(target, text, box.center, 11, theme.AMBER, bold=True, anchor="center")
    return box


def simulated_width(kit: Kit) -> int:
    """Return the width in pixels of the label "simulated players"."""
    return kit.fonts.width(kit.strings("for_you.simulated"), kit.px(11), True) + kit.px(10)


def draw_simulated(target: pygame.Surface, kit: Kit, midleft: tuple[int, int], right: int) -> None:
    """Draw the label that simulated players count, at most up to pixel `right`."""
    text = kit.strings("for_you.simulated")
    text = kit.fonts.fit(text, kit.px(11), max(0, right - midleft[0] - kit.px(10)), True)
    width = kit.fonts.width(text, kit.px(11), True) + kit.px(10)
    box = pygame.Rect(midleft[0], midleft[1] - kit.px(8), width, kit.px(17))
    draw_panel(target, box, kit.px(5), (10, 8, 24), theme.VIOLET, 230)
    kit.text(target, text, box.center, 11, theme.VIOLET, bold=True, anchor="center")


class Shelf(Widget):
    """The heading over the cards of the newest suggestions, and a line instead of the cards if there are none.

    The cards are widgets of the screen; the shelf itself takes no focus.
    """

    focusable = False

    def __init__(
        self,
        stage: "Stage",
        choose: Callable[[LevelInfo, str], None],
        dismiss: Callable[[str], None],
        picture: Callable[[LevelInfo, tuple[int, int]], pygame.Surface | None],
    ) -> None:
        """`choose` opens a level's set-up at a difficulty; "": the player's own."""
        super().__init__("shelf")
        self.stage = stage
        self.cards: list[SuggestionCard] = []
        self._choose, self._dismiss, self._picture = choose, dismiss, picture
        self._shown: tuple[Suggestion, ...] = ()

    def refresh(self) -> bool:
        """Make cards of the newest suggestions; return whether anything changed."""
        newest = self.stage.for_you.suggestions
        if newest == self._shown:
            return False
        self._shown = newest
        self.cards = []
        for suggestion in newest:
            info = self.stage.library.find(suggestion.item)
            if info is not None and info.level is not None:
                card = SuggestionCard(
                    self.stage, info, suggestion, self._choose, self._dismiss, self._picture
                )
                self.cards.append(card)
        return True

    def room(self, width: int) -> int:
        """Return how many cards fit side by side into `width` pixels: the number of suggestions to request."""
        gap = self.stage.kit.px(GAP)
        return min(SHELF, max(1, (width + gap) // (self.stage.kit.px(CARD_WIDTH) + gap)))

    def layout(self, left: int, top: int, width: int, *, scrolls: bool) -> int:
        """Place heading and cards, as many as fit side by side; return the y below them."""
        kit = self.stage.kit
        gap = kit.px(GAP)
        columns = self.room(width)
        each = (width - gap * (columns - 1)) // columns
        y, height = top + kit.px(HEADING), kit.px(CARD_HEIGHT)
        for n, card in enumerate(self.cards):
            card.visible = n < columns
            card.scrolls = scrolls
            card.rect = pygame.Rect(left + min(n, columns - 1) * (each + gap), y, each, height)
        self.scrolls = scrolls
        self.rect = pygame.Rect(left, top, width, y + height - top)
        return self.rect.bottom

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the heading, which models answered, and the state if there are no cards."""
        y = self.rect.y + kit.px(10)
        title = kit.strings("for_you.title")
        place = (self.rect.x, y)
        head = kit.text(target, title, place, 17, theme.MAGENTA, bold=True, anchor="midleft", glow=0.3)
        line, colour = self._state(kit)
        if self.cards:
            room = self.rect.width - head.width - kit.px(30)
            kit.text(target, line, (self.rect.right, y), 12.5, colour, anchor="midright", width=room)
            return
        box = pygame.Rect(self.rect.x, self.rect.y + kit.px(HEADING), self.rect.width, kit.px(CARD_HEIGHT))
        draw_panel(target, box, kit.px(theme.RADIUS), theme.PANEL, theme.LINE, 150)
        inner = box.inflate(-kit.px(40), 0)
        kit.text(target, line, inner.center, 16, colour, anchor="center", width=inner.width)

    def _state(self, kit: Kit) -> tuple[str, Colour]:
        """Return the state line: which models answered, or why there is no card."""
        strings, for_you = kit.strings, self.stage.for_you
        if self.cards:
            models = {name for card in self.cards for name in card.suggestion.models}
            return strings("for_you.models", models=self.stage.words.models(models)), theme.FAINT
        if for_you.state == FAILED:
            return strings("for_you.failed"), theme.AMBER
        if not for_you.answered:
            return strings("for_you.thinking"), theme.FAINT
        return strings("for_you.none"), theme.DIM
