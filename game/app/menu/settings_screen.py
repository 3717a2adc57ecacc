"""The settings, derived from the table in `game.player.settings`: a page each for sound, picture, game and suggestions."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_vignette
from game.app.ui.picks import Tabs
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button, Choice, Slider, Toggle, Widget
from game.player.settings import SETTINGS, Setting, Value

if TYPE_CHECKING:
    from game.app.stage import Stage

PAGES: Final = ("sound", "video", "game", "for_you")
WIDTH: Final = 760  # pt
PAGE_COLOURS: Final = {
    "sound": theme.CYAN,
    "video": theme.MAGENTA,
    "game": theme.AMBER,
    "for_you": theme.GREEN,
}


class SettingsScreen(Screen):
    """Every change takes effect immediately and is written when the screen closes."""

    name = "settings"
    covers = True
    prompts = (("left", "prompt.change"), ("page_right", "prompt.page"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage", *, over_match: bool = False) -> None:
        super().__init__(stage)
        self.page = PAGES[0]
        self.overlay = over_match
        self.backdrop = not over_match
        self._build()

    def _build(self) -> None:
        focused = self.focus.name if self.focus is not None else "pages"
        self.widgets = [Tabs("pages", self._pages, lambda: self.page, self._show)]
        for setting in SETTINGS:
            if setting.page == self.page:
                row = self._row(setting)
                row.scrolls = True
                self.widgets.append(row)
        if self.page == "for_you" and not self.overlay:
            beliefs = Button("beliefs", self.label("beliefs.open"), self._open_beliefs, colour=theme.MAGENTA)
            beliefs.scrolls = True
            self.widgets.append(beliefs)
        self.widgets.append(Button("reset", self.label("settings.reset"), self._reset, colour=theme.AMBER))
        self.widgets.append(Button("done", self.label("common.done"), self.back))
        self.focus = next((widget for widget in self.widgets if widget.name == focused), self.widgets[0])

    def _pages(self) -> list[tuple[str, str, theme.Colour]]:
        return [(page, self.kit.strings(f"settings.{page}"), PAGE_COLOURS[page]) for page in PAGES]

    def _show(self, page: str) -> None:
        self.page = page
        self._scroll_target = 0.0
        self._build()

    def _row(self, setting: Setting) -> Widget:
        label = self.label(f"setting.{setting.id}")
        settings = self.stage.settings

        def change(value: Value) -> None:
            self.stage.change_setting(setting.id, value)

        if isinstance(setting.default, bool):
            return Toggle(setting.id, label, lambda: settings.flag(setting.id), change)
        if isinstance(setting.default, int | float):
            return Slider(
                setting.id,
                label,
                lambda: settings.number(setting.id),
                change,
                low=setting.low,
                high=setting.high,
                step=setting.step,
            )
        return Choice(
            setting.id, label, lambda: self._choices(setting), lambda: settings.text(setting.id), change
        )

    def _choices(self, setting: Setting) -> list[tuple[str, str]]:
        strings = self.kit.strings
        keys = {choice: f"choice.{setting.id}.{choice}" for choice in setting.choices}
        return [(choice, strings(key) if strings.has(key) else choice) for choice, key in keys.items()]

    def layout(self) -> None:
        """Lay out one column: tabs, rows, buttons."""
        kit = self.kit
        width = min(kit.px(WIDTH), kit.width - 2 * kit.px(theme.MARGIN))
        left = (kit.width - width) // 2
        top = kit.px(100)
        self.widgets[0].rect = pygame.Rect(left, top, width, kit.px(40))
        foot = kit.height - kit.px(58) - kit.px(theme.ROW)
        y = first = top + kit.px(40 + 18)
        row, gap = kit.px(theme.ROW), kit.px(8)
        for widget in self.widgets[1:-2]:
            widget.rect = pygame.Rect(left, y, width, row)
            y += row + gap
        self.scroll_area = pygame.Rect(
            left - kit.px(16), first - kit.px(6), width + kit.px(32), foot - first - kit.px(6)
        )
        self.content_height = y - first + kit.px(6)
        half = (width - kit.px(theme.GAP)) // 2
        self.widgets[-2].rect = pygame.Rect(left, foot, half, row)
        self.widgets[-1].rect = pygame.Rect(left + width - half, foot, half, row)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading over the darkened match."""
        kit = self.kit
        self.dim(target, 195)
        draw_vignette(target, 150)
        place = (kit.width // 2, kit.px(54))
        kit.heading(target, kit.strings("settings.title"), place, anchor="center")

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts, and on the sound page why there is no music."""
        self.draw_foot(target)
        kit = self.kit
        problem = self.stage.audio.problem or self.stage.audio.music.problem
        if self.page == "sound" and problem and self.widgets[-3].rect.bottom < self.widgets[-1].rect.top:
            rows = self.widgets[-3].rect
            area = pygame.Rect(rows.x, rows.bottom + kit.px(18), rows.width, kit.px(48))
            kit.paragraph(target, kit.strings("settings.silent", reason=problem), area, 15, theme.AMBER)

    def closed(self) -> None:
        """Write the file."""
        self.stage.save_settings()

    def _open_beliefs(self) -> None:

        self.stage.show("beliefs")

    def _reset(self) -> None:
        self.stage.reset_settings(self.page)
        self.stage.toasts.add(self.kit.strings("settings.was_reset"))
