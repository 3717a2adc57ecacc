"""The panel of the results that suggests the next level, with the reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.level_library import LevelInfo
from game.app.browse.shelf import draw_difficulty, draw_outlook, draw_simulated, mark_of
from game.app.foryou.service import FAILED, other_difficulty
from game.app.ui import theme
from game.app.ui.draw import cached_surface, draw_panel, rounded_rect
from game.app.ui.kit import Kit
from game.app.ui.widgets import Button, Widget

if TYPE_CHECKING:
    from game.app.stage import Stage
    from recommender.advisor.engine import Suggestion

HEIGHT: Final = 76  # pt
PICTURE: Final = (107, 60)
BUTTON: Final = 130
CHANGING_SECONDS: Final = 0.4


class NextLevelPanel(Widget):
    """A suggestion with picture, outlook and reason. It takes no focus; its button says "not for me"."""

    focusable = False

    def __init__(self, stage: "Stage", item: str, own: str, dismiss: Callable[[], None]) -> None:
        """Suggest a level other than `item`, which was just played; `own`: the player's difficulty, "" if nobody plays."""
        super().__init__("next_up")
        self.stage = stage
        self.item = item
        self._own = own
        self._named = ""  # the level that the button names
        self._changed = 0.0  # seconds until a press counts for the newly named level
        self.button = Button("dismiss", lambda: stage.kit.strings("for_you.dismiss"), dismiss, small=True)

    def request(self) -> None:
        """Request the best suggestion, by everything known now."""
        if self._own:
            self.stage.for_you.set_difficulty(self._own)
        self.stage.for_you.request(1, (self.item,))

    @property
    def suggestion(self) -> "Suggestion | None":
        """The suggestion, None while it is being computed."""
        top = self.stage.for_you.top
        return top if top is not None and top.item != self.item and self.info_of(top) is not None else None

    @property
    def info(self) -> LevelInfo | None:
        """The next level: the suggestion, otherwise the next one of the list."""
        top = self.suggestion
        return self.info_of(top) if top is not None else self.stage.library.after(self.item)

    @property
    def difficulty(self) -> str:
        """The difficulty of the next match if it differs from the player's own, otherwise ""."""
        top = self.suggestion
        return other_difficulty(top, self._own) if top is not None and self._own else ""

    def info_of(self, suggestion: "Suggestion") -> LevelInfo | None:
        """Return the suggested level, None if it is gone or broken."""
        info = self.stage.library.find(suggestion.item)
        return info if info is not None and info.level is not None else None

    @property
    def changing(self) -> bool:
        """Whether the button named another level a moment ago, which a press may have meant."""
        return self._changed > 0

    def update(self, focused: bool, seconds: float) -> None:
        """Let time pass."""
        super().update(focused, seconds)
        info = self.info
        named = info.item if info is not None else ""
        if self._named not in ("", named):
            self._changed = CHANGING_SECONDS
        else:
            self._changed = max(0.0, self._changed - seconds)
        self._named = named

    def label(self) -> str:
        """Return the text of the button for the next level."""
        strings = self.stage.kit.strings
        suggestion = self.suggestion
        if suggestion is None:
            return strings("results.next")
        title = self.stage.words.title(suggestion.item)
        if not self.difficulty:
            return strings("results.next_is", title=title)
        return strings("results.next_at", title=title, difficulty=strings(f"difficulty.{self.difficulty}"))

    def layout(self, rect: pygame.Rect) -> None:
        """Place the panel in a rectangle, with the button at the right."""
        kit = self.stage.kit
        self.rect = rect
        width, height = kit.px(BUTTON), kit.px(34)
        self.button.rect = pygame.Rect(rect.right - width - kit.px(10), 0, width, height)
        self.button.rect.centery = rect.centery
        self.button.visible = self.visible and self.suggestion is not None

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the panel; without a suggestion it says so in a faint line."""
        draw_panel(target, self.rect, kit.px(8), (8, 11, 26), theme.MAGENTA, 225)
        suggestion = self.suggestion
        if suggestion is None:
            failed = self.stage.for_you.state == FAILED
            key = "failed" if failed else "none" if self.stage.for_you.answered else "thinking"
            colour = theme.AMBER if failed else theme.FAINT
            text = kit.strings(f"for_you.{key}")
            kit.text(
                target,
                text,
                self.rect.center,
                15,
                colour,
                anchor="center",
                width=self.rect.width - kit.px(30),
            )
            return
        x = self._draw_picture(target, kit, suggestion)
        right = self.button.rect.x - kit.px(12)
        y = self.rect.y + kit.px(15)
        title = self.stage.words.title(suggestion.item)
        name = kit.text(
            target, title, (x, y), 16, theme.TEXT, bold=True, anchor="midleft", width=(right - x) * 45 // 100
        )
        box = draw_outlook(target, kit, (name.right + kit.px(14), y), suggestion.stars, suggestion.chance, 13)
        if self.difficulty:
            box = draw_difficulty(target, kit, (box.right + kit.px(10), y), self.difficulty)
        if suggestion.simulated:
            draw_simulated(target, kit, (box.right + kit.px(10), y), right)
        area = pygame.Rect(
            x, self.rect.y + kit.px(29), right - x, self.rect.bottom - self.rect.y - kit.px(33)
        )
        said = self.stage.words.reason(suggestion.reason, chance=False)
        mark = mark_of(suggestion)
        if mark == "explored":
            said = f"{kit.strings('for_you.explored')}  ·  {said}"
        kit.paragraph(target, said, area, 12.5, theme.DIM)

    def _draw_picture(self, target: pygame.Surface, kit: Kit, suggestion: "Suggestion") -> int:
        """Draw the level's picture at the left; return the x where the text begins."""
        box = pygame.Rect(self.rect.x + kit.px(8), 0, kit.px(PICTURE[0]), kit.px(PICTURE[1]))
        box.centery = self.rect.centery
        info = self.info_of(suggestion)
        picture = self.stage.library.small_picture(info, box.size) if info is not None else None
        if picture is not None and info is not None and info.level is not None:

            def make() -> pygame.Surface:
                surface = picture.convert_alpha()
                mask = rounded_rect(box.size, kit.px(5), (255, 255, 255), 255)
                surface.blit(mask, (0, 0), special_flags=pygame.BLEND_RGBA_MIN)
                return surface

            target.blit(cached_surface(("next", info.level.digest, box.size), make), box)
        return box.right + kit.px(12)
