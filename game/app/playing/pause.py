"""Pause: the match is stopped and dark behind a short menu."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.input.hub import Press
from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.playing.screen import PlayScreen
    from game.app.stage import Stage

WIDTH: Final = 400  # pt


class PauseScreen(Screen):
    """Resume, restart, settings, or leave."""

    name = "pause"
    pinned_share = 0.3
    toasts_top = theme.BELOW_CLOCK
    overlay = True
    backdrop = False
    prompts = (("confirm", "prompt.select"), ("menu_restart", "prompt.restart"), ("back", "prompt.resume"))

    def __init__(self, stage: "Stage", play: "PlayScreen", reason: str = "") -> None:
        super().__init__(stage)
        self.play = play
        self.reason = reason  # why the match paused by itself
        rows = (
            ("resume", self.back, theme.GREEN),
            ("restart", self._restart, theme.CYAN),
            ("problems", self._problems, theme.RED),
            ("settings", self._settings, theme.CYAN),
            ("leave", self._leave, theme.AMBER),
        )
        self.widgets = [
            Button(name, self.label(f"pause.{name}"), action, colour=colour, big=name == "resume")
            for name, action, colour in rows
        ]
        self.box = pygame.Rect(0, 0, 0, 0)

    def layout(self) -> None:
        """Centre the panel; a row for the level file's errors is shown while there are any."""
        kit = self.kit
        for widget in self.widgets:
            widget.visible = widget.name != "problems" or self.play.reload.broken is not None
        shown = [widget for widget in self.widgets if widget.visible]
        row, gap = kit.px(theme.ROW + 2), kit.px(10)
        height = kit.px(116) + len(shown) * (row + gap) + kit.px(12)
        width = kit.px(WIDTH)
        self.box = pygame.Rect((kit.width - width) // 2, (kit.height - height) // 2, width, height)
        y = self.box.y + kit.px(108)
        for widget in shown:
            widget.rect = pygame.Rect(self.box.x + kit.px(28), y, width - kit.px(56), row)
            y += row + gap

    def draw_back(self, target: pygame.Surface) -> None:
        """Darken the match; draw the panel."""
        kit = self.kit
        self.dim(target, 150)
        draw_glow(target, self.box, kit.px(14), kit.px(24), theme.CYAN, 0.6)
        draw_panel(target, self.box, kit.px(14), theme.PANEL, theme.CYAN, 240, max(1, kit.px(1.5)))
        place = (self.box.centerx, self.box.y + kit.px(46))
        kit.heading(target, kit.strings("pause.title"), place, anchor="center", glow=0.4)
        note = kit.strings(self.reason) if self.reason else self.play.summary()
        place = (self.box.centerx, self.box.y + kit.px(82))
        kit.text(target, note, place, 15, theme.DIM, anchor="center", width=self.box.width - kit.px(30))

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)

    def on_action(self, press: Press) -> bool:
        """Restart with one key."""
        if press.action == "menu_restart":
            self._restart()
            return True
        return False

    def close_requested(self) -> None:
        """Ask before the window closes over a match."""
        self.play.ask_to_leave(quits=True)

    def _restart(self) -> None:
        self.stage.back()
        self.play.restart()

    def _problems(self) -> None:
        if self.play.reload.broken is not None:
            self.stage.show("problems", self.play.reload.broken)

    def _settings(self) -> None:

        self.stage.show("settings", over_match=True)

    def _leave(self) -> None:
        self.play.ask_to_leave()
