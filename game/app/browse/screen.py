"""The level list: the "For you" shelf, a grid of cards filtered by objective, and the details panel of the chosen level."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.card import LevelCard
from game.app.browse.details import LevelDetails
from game.app.browse.endless_tab import EndlessTab
from game.app.browse.level_library import LevelInfo
from game.app.browse.not_for_me import NotForMe
from game.app.browse.shelf import Shelf, SuggestionCard
from game.app.input.hub import Press
from game.app.ui import theme
from game.app.ui.draw import draw_vignette
from game.app.ui.picks import Tabs
from game.app.ui.screen import Screen
from game.app.ui.theme import Colour
from game.app.ui.widgets import Button, Widget
from game.core import rules
from game.player.profile import BestResult
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.app.stage import Stage

CARD_WIDTH: Final = 204  # pt, at least
DETAIL_WIDTH: Final = 330
ENDLESS: Final = "endless"
FILTERS: Final = ("all", *rules.OBJECTIVE_NAMES, "mine", ENDLESS)
ROOM_FOR_SHELF: Final = 640  # pt of height: from here on the shelf stays in place while the grid scrolls
REBUILD_SECONDS: Final = 0.25  # between two updates of the grid with newly read levels


PROMPTS: Final[tuple[tuple[str, str], ...]] = (
    ("confirm", "prompt.choose"),
    ("page_right", "prompt.filter"),
    ("back", "prompt.back"),
)


class LevelsScreen(Screen):
    """Choose a level."""

    name = "levels"
    prompts = PROMPTS

    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self.filter = "all"
        self.best: dict[str, BestResult] = {}
        self.stars: dict[str, int] = {}
        self.tabs = Tabs("filter", self._filters, lambda: self.filter, self._show)
        self.back_button = Button("back", self.label("common.back"), self.back)
        self.beliefs_button = Button(
            "beliefs", self.label("beliefs.open"), self._open_beliefs, colour=theme.MAGENTA, small=True
        )
        self.not_for_me = NotForMe(stage, self._ask)
        self._asked = 0  # number of suggestions requested last
        self.shelf = Shelf(stage, self.choose, self.not_for_me.dismiss, stage.library.small_picture)
        self.details = LevelDetails(self)
        self.endless = EndlessTab(stage, self._turned)
        self._looked = False  # checked the folder since the screen is on top
        self._since = 0.0  # seconds since the grid was built
        self._look()
        last = stage.settings.text("last_level")
        if any(widget.name == last for widget in self.widgets):
            self.focus_name(last)

    def _look(self) -> None:
        """Show the current content of the player's folder."""
        self.stage.library.refresh()
        self._looked = True
        self._build()

    def _build(self) -> None:
        self._since = 0.0
        library = self.stage.library
        endless = self.filter == ENDLESS
        listed = self.endless.infos if endless else [info for info in library.levels if self._fits(info)]
        cards = [LevelCard(self, info) for info in listed]
        self._changes, self._unread = library.changes, library.unread
        suggested: list[Widget] = [self.shelf, *self.shelf.cards] if self.has_shelf else []
        foot = [self.back_button, self.beliefs_button, self.not_for_me.button]
        focused = self.focus.name if self.focus is not None else ""
        top = [self.tabs, self.endless.kinds] if endless else [self.tabs]
        turning = [self.endless.earlier, self.endless.more] if endless and cards else []
        self.widgets = [*top, *suggested, *cards, *turning, *foot]
        kept = next((widget for widget in self.widgets if widget.name == focused), None)
        if kept is not None:
            self.focus = kept
        elif focused.startswith("for_you:") and self.has_shelf and self.shelf.cards:
            self.focus = self.shelf.cards[0]
        else:
            self.focus = cards[0] if cards else self.tabs

    @property
    def has_shelf(self) -> bool:
        """Whether suggestions are shown above the levels."""
        return self.filter == "all"

    def _fits(self, info: LevelInfo) -> bool:
        if self.filter == "mine":
            return not info.entry.builtin
        return self.filter in ("all", info.objective)

    def _filters(self) -> list[tuple[str, str, Colour]]:
        strings = self.kit.strings
        own = {"all": theme.CYAN, "mine": theme.VIOLET, ENDLESS: theme.MAGENTA}
        colours = {**own, **theme.OBJECTIVE_COLOURS}
        keys = {name: f"levels.{name}" if name in own else f"objective.{name}" for name in FILTERS}
        return [(name, strings(key), colours[name]) for name, key in keys.items()]

    def _show(self, name: str) -> None:
        self.filter = name
        self._scroll_target = 0.0
        if name == ENDLESS:
            self.endless.look(self.best)
        self._build()

    def _turned(self) -> None:
        """Show another page of endless levels, from its top."""
        if self.filter != ENDLESS:
            return
        turning = self.focus in (self.endless.more, self.endless.earlier)
        self._build()
        if turning:
            self._scroll_target = self.scroll = 0.0
            cards = [widget for widget in self.widgets if isinstance(widget, LevelCard)]
            self.focus = cards[0] if cards else self.tabs

    def choose(self, info: LevelInfo, suggested: str = "") -> None:
        """Open the match set-up, at a suggested difficulty or the player's own, or show the errors of a broken file.

        The file is read again first.
        """
        info = self.stage.library.find(info.item) or info
        if info.level is None:
            self.stage.show("problems", info, self._take_over)
            return
        self.stage.show("setup", info, suggested)

    def _take_over(self, _info: LevelInfo) -> None:
        """Update the list with a file that was read again."""
        self._build()

    def _open_beliefs(self) -> None:

        self.stage.show("beliefs")

    def _ask(self) -> None:
        """Request as many suggestions as fit, because all of them are logged as shown; none without a shelf."""
        self.stage.for_you.set_difficulty(self.stage.settings.text("difficulty"))
        self._asked = self._room()
        if self._asked:
            self.stage.for_you.request(self._asked)
        if self.shelf.refresh():
            self._build()

    def _room(self) -> int:
        """Return how many suggestions fit now."""
        return self.shelf.room(self._grid_width()) if self.has_shelf else 0

    def opened(self) -> None:
        """Read levels, results, stars, dismissals and suggestions again."""
        if not self._looked:
            self._look()
        self._looked = False
        self.best = self.stage.profile.all_best()
        self.stars = self.stage.profile.all_ratings()
        self.not_for_me.refresh()
        self._grade()
        if self.filter == ENDLESS:
            self.endless.look(self.best)
        self._build()  # another screen may have read a file again
        self._ask()

    def _grade(self) -> None:
        """Request grades for the player's own levels; attempts of people correct the grades of all levels."""
        levels = self.stage.library.playable
        self.stage.grades.set_levels(info.level for info in levels if info.level is not None)
        self.stage.grades.request(
            info.level for info in levels if info.level is not None and not info.entry.builtin
        )

    def update(self, seconds: float) -> None:
        """Take over read levels and new suggestions; request others when a different number of them fits."""
        self._since += seconds
        library = self.stage.library
        library.watch()
        if library.changes != self._changes and (not library.unread or self._since > REBUILD_SECONDS):
            self._build()
            if not self._unread:
                self._grade()
                self._ask()  # among all levels
        if self.filter == ENDLESS:
            self.endless.update()
        if self._room() not in (0, self._asked):
            self._ask()
        if self.shelf.refresh():
            self._build()
        self.not_for_me.update(seconds)
        item = self._dismissable_item()
        key = "prompt.take_back" if item in self.not_for_me.marked else "prompt.dismiss"
        self.prompts = ((("menu_dismiss", key),) if item is not None else ()) + PROMPTS
        super().update(seconds)

    def _dismissable_item(self) -> str | None:
        """Return the level that "not for me" applies to: the focused one, if it can be played."""
        card = self.focus
        if isinstance(card, LevelCard | SuggestionCard) and card.info.level is not None:
            return card.info.item
        return None

    def on_action(self, press: Press) -> bool:
        """Handle "not for me" on a suggestion or a level, and its undo."""
        if press.action == "menu_dismiss" and (item := self._dismissable_item()) is not None:
            self.not_for_me.toggle(item)
            return True
        return press.action == "menu_undo" and self.not_for_me.undo()

    def reveal(self, widget: Widget) -> None:
        """Scroll so that a widget is visible; for a suggestion the shelf's heading too."""
        super().reveal(self.shelf if isinstance(widget, SuggestionCard) else widget)

    def _detail_width(self) -> int:
        """Return the width of the panel at the right in pixels; 0 if there is no room for it."""
        return self.kit.px(DETAIL_WIDTH) if self.kit.width > self.kit.px(900) else 0

    def _grid_width(self) -> int:
        """Return the width of shelf and grid in pixels."""
        kit, details = self.kit, self._detail_width()
        return kit.width - 2 * kit.px(theme.MARGIN) - details - (kit.px(30) if details else 0)

    def layout(self) -> None:
        """Place the tabs at the top, then the shelf, the scrolling grid of cards, and the details at the right."""
        kit = self.kit
        margin = kit.px(theme.MARGIN)
        top = kit.px(92)
        detail_width, grid_width = self._detail_width(), self._grid_width()
        self.tabs.rect = pygame.Rect(margin, top, kit.width - 2 * margin, kit.px(38))
        first = top + kit.px(38 + 20)
        row = kit.px(theme.ROW - 6)
        foot = kit.height - kit.px(56) - row
        self.details.rect = pygame.Rect(
            kit.width - margin - detail_width, first, detail_width, foot - first - kit.px(12)
        )
        if self.filter == ENDLESS:
            self.details.rect.height -= kit.px(34 + 10)
            self.details.rect.y += kit.px(34 + 10)
            self.endless.kinds.rect = pygame.Rect(
                margin, first - kit.px(8), kit.width - 2 * margin, kit.px(34)
            )
            first += kit.px(34 + 30)
        start, scrolling = first, False
        if self.has_shelf:
            scrolling = kit.height < kit.px(ROOM_FOR_SHELF)
            below = self.shelf.layout(margin, first - kit.px(6), grid_width, scrolls=scrolling) + kit.px(18)
            start, first = below, first if scrolling else below
        bottom = self._layout_grid(margin, start, grid_width)
        if self.filter == ENDLESS and self.endless.infos:
            bottom = self._layout_turning(margin, bottom, grid_width)
        self.scroll_area = pygame.Rect(
            margin - kit.px(14), first - kit.px(10), grid_width + kit.px(28), foot - first - kit.px(4)
        )
        self.content_height = bottom - first + kit.px(10)
        gap = kit.px(14)
        left = margin
        for widget, width in (
            (self.back_button, 190),
            (self.beliefs_button, 270),
            (self.not_for_me.button, 320),
        ):
            widget.rect = pygame.Rect(left, foot + kit.px(2), kit.px(width), row)
            left += kit.px(width) + gap

    def _layout_grid(self, left: int, top: int, grid_width: int) -> int:
        """Place the levels' cards; return the y below them."""
        kit = self.kit
        gap = kit.px(14)
        columns = max(1, (grid_width + gap) // (kit.px(CARD_WIDTH) + gap))
        width = (grid_width - gap * (columns - 1)) // columns
        height = (width - kit.px(16)) * 9 // 16 + kit.px(66)
        cards = [widget for widget in self.widgets if isinstance(widget, LevelCard)]
        for n, card in enumerate(cards):
            row, column = divmod(n, columns)
            card.rect = pygame.Rect(left + column * (width + gap), top + row * (height + gap), width, height)
        return top + -(-len(cards) // columns) * (height + gap)

    def _layout_turning(self, left: int, top: int, grid_width: int) -> int:
        """Place the buttons for other pages below the cards; return the y below them."""
        kit = self.kit
        gap, height = kit.px(14), kit.px(theme.ROW - 6)
        width = min(kit.px(220), (grid_width - gap) // 2)
        self.endless.earlier.rect = pygame.Rect(left, top, width, height)
        self.endless.more.rect = pygame.Rect(left + grid_width - width, top, width, height)
        return top + height + gap

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading and the details."""
        kit = self.kit
        self.dim(target, 195)
        draw_vignette(target, 150)
        kit.heading(target, kit.strings("levels.title"), (kit.px(theme.MARGIN), kit.px(28)))
        if self._unread:
            text = kit.strings("levels.reading", count=self._unread)
            place = (kit.width - kit.px(theme.MARGIN), kit.px(50))
            kit.text(target, text, place, 15, theme.DIM, anchor="midright")
        if self.details.rect.width and isinstance(self.focus, LevelCard | SuggestionCard):
            suggestion = self.focus.suggestion if isinstance(self.focus, SuggestionCard) else None
            self.details.draw(target, self.focus.info, suggestion)
        if self.filter == ENDLESS:
            self._draw_page(target)
        elif (
            not any(isinstance(widget, LevelCard) for widget in self.widgets) and self.scroll_area is not None
        ):
            text = kit.strings("levels.none", folder=shown_path(self.stage.folders.levels))
            kit.paragraph(
                target, text, self.scroll_area.inflate(-kit.px(40), -kit.px(40)), theme.BODY, theme.DIM
            )

    def _draw_page(self, target: pygame.Surface) -> None:
        """Draw the line that says which endless levels are shown."""
        kit, kinds = self.kit, self.endless.kinds.rect
        place = (kinds.x + kit.px(2), kinds.bottom + kit.px(13))
        kit.text(target, self.endless.text(), place, 13, theme.DIM, anchor="midleft", width=kinds.width)

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)
