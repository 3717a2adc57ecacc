"""Short messages at the top of the window that come and go by themselves."""

from dataclasses import dataclass
from typing import Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour
from safefiles.text import clean

SECONDS: Final = 4.5
MOST: Final = 4
MOST_TEXT: Final = 600  # characters
SLIDE: Final = 0.22  # seconds to come in


@dataclass
class _Toast:
    text: str
    colour: Colour
    age: float = 0.0


class Toasts:
    """The messages shown now."""

    def __init__(self) -> None:
        self._shown: list[_Toast] = []

    def add(self, text: str, colour: Colour = theme.CYAN) -> None:
        """Show a message; one that is already shown starts anew."""
        text = clean(text, MOST_TEXT, lines=True)  # a message may quote a file
        self._shown = [toast for toast in self._shown if toast.text != text][-(MOST - 1) :]
        self._shown.append(_Toast(text, colour))

    def texts(self) -> list[str]:
        """Return what is shown now."""
        return [toast.text for toast in self._shown]

    def update(self, seconds: float) -> None:
        """Let time pass; longer texts stay longer."""
        for toast in self._shown:
            toast.age += seconds
        self._shown = [toast for toast in self._shown if toast.age < SECONDS + len(toast.text) * 0.03]

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the messages below each other at the top, centred."""
        y = kit.px(18)
        for toast in self._shown:
            width = min(kit.px(760), kit.fonts.width(toast.text, kit.px(theme.SMALL), True) + kit.px(44))
            height = kit.paragraph_height(toast.text, theme.SMALL, width - kit.px(40), True) + kit.px(16)
            drop = round((1 - min(1.0, toast.age / SLIDE)) ** 2 * (height + y))
            rect = pygame.Rect((kit.width - width) // 2, y - drop, width, height)
            draw_glow(target, rect, kit.px(8), kit.px(10), toast.colour, 0.5)
            draw_panel(target, rect, kit.px(8), theme.PANEL, toast.colour, 240)
            inner = rect.inflate(-kit.px(40), -kit.px(16))
            kit.paragraph(target, toast.text, inner, theme.SMALL, theme.TEXT, bold=True, centred=True)
            y += height + kit.px(8)
