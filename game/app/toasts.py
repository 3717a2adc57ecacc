"""Short messages at the top of the window that disappear by themselves, and one that stays until it is removed."""

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
SLIDE: Final = 0.22  # seconds to fade in
WIDTH: Final = 760  # pt, at most
PINNED_WIDTH: Final = 940


@dataclass
class _Toast:
    text: str
    colour: Colour
    about: str = ""
    age: float = 0.0


@dataclass(frozen=True)
class Pinned:
    """The message that stays: a heading, paragraphs, and a line for those that do not fit (`{count}`: their number)."""

    heading: str
    paragraphs: tuple[str, ...]
    more: str
    colour: Colour


class Toasts:
    """The messages shown now."""

    def __init__(self) -> None:
        self._shown: list[_Toast] = []
        self.pinned: Pinned | None = None

    def add(self, text: str, colour: Colour = theme.CYAN, about: str = "") -> None:
        """Show a message; one that is already shown starts again, and earlier ones about the same subject are removed."""
        text = clean(text, MOST_TEXT, lines=True)  # a message may quote a file
        self.withdraw(about)
        self._shown = [toast for toast in self._shown if toast.text != text][-(MOST - 1) :]
        self._shown.append(_Toast(text, colour, about))

    def withdraw(self, about: str) -> None:
        """Remove the messages about a subject, which are no longer true."""
        self._shown = [toast for toast in self._shown if not about or toast.about != about]

    def texts(self) -> list[str]:
        """Return the shown messages."""
        return [toast.text for toast in self._shown]

    def update(self, seconds: float) -> None:
        """Let time pass; longer texts stay longer."""
        for toast in self._shown:
            toast.age += seconds
        self._shown = [toast for toast in self._shown if toast.age < SECONDS + len(toast.text) * 0.03]

    def draw(
        self, target: pygame.Surface, kit: Kit, share: float = 0.0, *, top: float = 18, right: bool = False
    ) -> None:
        """Draw the messages below each other from `top` (pt) on, centred or at the right.

        The one that stays takes at most `share` of the height.
        """
        y = kit.px(top)
        if self.pinned is not None and share:
            y = _draw_pinned(target, kit, self.pinned, y, share) + kit.px(8)
        for toast in self._shown:
            width = min(kit.px(WIDTH), kit.fonts.width(toast.text, kit.px(theme.SMALL), True) + kit.px(44))
            height = kit.paragraph_height(toast.text, theme.SMALL, width - kit.px(40), True) + kit.px(16)
            drop = round((1 - min(1.0, toast.age / SLIDE)) ** 2 * (height + y))
            x = kit.width - kit.px(theme.MARGIN) - width if right else (kit.width - width) // 2
            rect = pygame.Rect(max(0, x), y - drop, width, height)
            draw_glow(target, rect, kit.px(8), kit.px(10), toast.colour, 0.5)
            draw_panel(target, rect, kit.px(8), theme.PANEL, toast.colour, 240)
            inner = rect.inflate(-kit.px(40), -kit.px(16))
            kit.paragraph(target, toast.text, inner, theme.SMALL, theme.TEXT, bold=True, centred=True)
            y += height + kit.px(8)


def _draw_pinned(target: pygame.Surface, kit: Kit, pinned: Pinned, y: int, share: float) -> int:
    """Draw the message that stays, as many paragraphs as fit; return the y below it."""
    width = min(kit.px(PINNED_WIDTH), kit.width - kit.px(24))
    inner = width - kit.px(40)
    line = kit.fonts.line_height(kit.px(theme.SMALL))
    room = max(
        1, int(kit.height * share) // line - 2
    )  # lines besides the heading and the line about the rest
    rows: list[str] = []
    kept = 0
    for text in pinned.paragraphs:
        broken = kit.fonts.wrap(clean(text, MOST_TEXT), kit.px(theme.SMALL), inner)
        if rows and len(rows) + len(broken) > room:
            break
        rows += broken[:room]
        kept += 1
    left = len(pinned.paragraphs) - kept
    if left:
        rows.append(pinned.more.format(count=left))
    rect = pygame.Rect(0, y, width, (len(rows) + 1) * line + kit.px(22))
    rect.centerx = kit.width // 2
    draw_glow(target, rect, kit.px(8), kit.px(10), pinned.colour, 0.5)
    draw_panel(target, rect, kit.px(8), theme.PANEL, pinned.colour, 240)
    x, top = rect.x + kit.px(20), rect.y + kit.px(10)
    kit.text(target, pinned.heading, (x, top), theme.SMALL, pinned.colour, bold=True, width=inner)
    for n, text in enumerate(rows, 1):
        ink = theme.DIM if left and n == len(rows) else theme.TEXT
        kit.text(target, text, (x, top + n * line), theme.SMALL, ink)
    return rect.bottom
