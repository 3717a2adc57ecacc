"""What the game thinks of the player: taste, skill, the data behind both, and the switches to change or reset it."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.foryou.panels import BasisPanel, PanelWidget, SkillPanel, TastePanel
from game.app.foryou.service import ZONES, zone_name
from game.app.ui import theme
from game.app.ui.draw import draw_vignette
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button, Choice, Slider, Toggle, Widget
from game.player.settings import BY_ID

if TYPE_CHECKING:
    from game.app.stage import Stage

ONE_COLUMN: Final = 820  # pt of width; in a narrower window the panels are in one column
WIDEST: Final = 1400  # pt


class BeliefsScreen(Screen):
    """Shows the newest beliefs; every switch takes effect immediately."""

    name = "beliefs"
    toasts_right = True
    prompts = (("left", "prompt.change"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self.panels: list[PanelWidget] = [
            TastePanel(stage, "taste", theme.GREEN),
            SkillPanel(stage, "skill", theme.CYAN),
            BasisPanel(stage, "basis", theme.VIOLET),
        ]
        settings = stage.settings
        self.rows: list[Widget] = [
            Choice("zone", self.label("beliefs.zone"), self._zones, self._zone, self._choose_zone),
            *(self._end(name) for name in ("flow_low", "flow_high")),
            Toggle(
                "simulated_players",
                self.label("setting.simulated_players"),
                lambda: settings.flag("simulated_players"),
                self._switch,
            ),
        ]
        for row in self.rows:
            row.scrolls = True
        self.reset_button = Button("reset", self.label("beliefs.reset"), self._ask_reset, colour=theme.RED)
        self.done = Button("done", self.label("common.done"), self.back)
        self.widgets = [*self.panels, *self.rows, self.reset_button, self.done]
        self.focus = self.rows[0]

    def _end(self, name: str) -> Slider:
        setting, settings = BY_ID[name], self.stage.settings
        return Slider(
            name,
            self.label(f"setting.{name}"),
            lambda: settings.number(name),
            lambda value: self.stage.change_setting(name, value),
            low=setting.low,
            high=setting.high,
            step=setting.step,
        )

    def _zone(self) -> str:
        settings = self.stage.settings
        return zone_name(settings.number("flow_low"), settings.number("flow_high"))

    def _zones(self) -> list[tuple[str, str]]:
        """Return the presets, and the player's own zone if it is not a preset."""
        names = [*ZONES] if self._zone() in ZONES else [*ZONES, "own"]
        return [(name, self.kit.strings(f"zone.{name}")) for name in names]

    def _choose_zone(self, name: str) -> None:
        if name in ZONES:
            low, high = ZONES[name]
            self.stage.change_setting("flow_low", low)
            self.stage.change_setting("flow_high", high)
            self.stage.change_setting("flow_low", low)

    def _switch(self, on: bool) -> None:
        self.stage.change_setting("simulated_players", on)

    def opened(self) -> None:
        """Request the newest beliefs."""
        self.place()
        if self.focus is not None:
            self.reveal(self.focus)
        self.stage.for_you.request_beliefs()

    def closed(self) -> None:
        """Save the switches."""
        self.stage.save_settings()

    def _ask_reset(self) -> None:
        from game.app.ui.dialog import confirm

        strings = self.kit.strings
        title, text = strings("beliefs.reset_title"), strings("beliefs.reset_text")
        self.stage.open_dialog(
            confirm(self.stage, title, text, strings("beliefs.reset_yes"), self._reset, colour=theme.RED)
        )

    def _reset(self) -> None:
        self.stage.profile.forget()
        self.stage.for_you.request_beliefs()
        self.stage.toasts.add(self.kit.strings("beliefs.was_reset"), theme.GREEN)

    def layout(self) -> None:
        """Place taste above its data, skill above the switches; in one column if there is no room for two."""
        kit = self.kit
        gap = kit.px(14)
        width = min(kit.px(WIDEST), kit.width - 2 * kit.px(theme.MARGIN))
        left = (kit.width - width) // 2
        top = kit.px(92)
        row = kit.px(theme.ROW)
        foot = kit.height - kit.px(56) - row
        taste, skill, basis = self.panels
        two = kit.width >= kit.px(ONE_COLUMN)
        each = (width - gap) // 2 if two else width
        columns: list[list[tuple[Widget, int]]] = [
            [(taste, kit.px(taste.height)), (basis, kit.px(basis.height))],
            [(skill, kit.px(skill.height)), *((widget, row) for widget in self.rows)],
        ]
        bottom = top
        x, y = left, top
        for column in columns:
            if two:
                y = top
            for widget, height in column:
                widget.rect = pygame.Rect(x, y, each, height)
                y += height + (gap if isinstance(widget, PanelWidget) else kit.px(8))
            bottom = max(bottom, y)
            x += each + gap if two else 0
        self.scroll_area = pygame.Rect(left - gap, top - kit.px(8), width + 2 * gap, foot - top - kit.px(4))
        self.content_height = bottom - top + kit.px(8)
        wide = kit.px(300)
        self.reset_button.rect = pygame.Rect(left, foot, wide, row)
        self.done.rect = pygame.Rect(left + width - wide, foot, wide, row)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading."""
        kit = self.kit
        self.dim(target, 205)
        draw_vignette(target, 150)
        kit.heading(target, kit.strings("beliefs.title"), (kit.px(theme.MARGIN), kit.px(28)))

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)
