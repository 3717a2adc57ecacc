"""`Countdown`: the match waits while it counts, at its start and after a pause."""

import math
from typing import Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.kit import Kit

COUNTS: Final = 3
SECONDS: Final = 1.8  # for the whole countdown


class Countdown:
    """3, 2, 1. Time passes in `update`; nothing skips it."""

    def __init__(self) -> None:
        self._left = 0.0

    @property
    def running(self) -> bool:
        """Whether the match has to wait."""
        return self._left > 0

    @property
    def number(self) -> int:
        """The shown number: 3, 2 or 1; 0 when it is over."""
        return math.ceil(self._left * COUNTS / SECONDS - 1e-9) if self._left > 0 else 0

    def start(self) -> None:
        """Start from the beginning."""
        self._left = SECONDS

    def stop(self) -> None:
        """Stop counting."""
        self._left = 0.0

    def update(self, seconds: float) -> bool:
        """Let time pass; return whether the number changed or the countdown ended."""
        before = self.number
        self._left = max(0.0, self._left - seconds)
        if self._left < 1e-9:
            self._left = 0.0
        return self.number != before

    def draw(self, target: pygame.Surface, kit: Kit, goal: str, note: str = "") -> None:
        """Draw the number, and the goal of the match below it."""
        if not self.running:
            return
        share = self._left * COUNTS / SECONDS - (self.number - 1)  # 1 to 0 within a number
        centre = (kit.width // 2, kit.height * 3 // 10)
        width = min(
            kit.width - kit.px(24), max(kit.px(220), kit.fonts.width(goal, kit.px(20), True) + kit.px(60))
        )
        box = pygame.Rect(0, 0, width, kit.px(162 if note else 138))
        box.center = centre
        draw_glow(target, box, kit.px(14), kit.px(20), theme.AMBER, 0.5)
        draw_panel(target, box, kit.px(14), theme.PANEL, theme.AMBER, 225, max(1, kit.px(1.5)))
        place = (box.centerx, box.y + kit.px(52))
        size = 60 + 8 * max(0.0, share) ** 3
        kit.text(target, str(self.number), place, size, theme.TEXT, bold=True, anchor="center", glow=0.5)
        place = (box.centerx, box.y + kit.px(108))
        room = box.width - kit.px(24)
        kit.text(target, goal, place, 20, theme.AMBER, bold=True, anchor="center", width=room)
        if note:
            place = (box.centerx, box.bottom - kit.px(26))
            kit.text(target, note, place, 15, theme.DIM, anchor="center", width=room)
