"""`Kit`: the drawing context of widgets and screens: the surface's size, the point unit, fonts, strings and bindings."""

from collections.abc import Sequence

import pygame

from game.app.input.actions import Bindings
from game.app.input.keyboard import KeyLayout
from game.app.strings import Strings
from game.app.ui import theme
from game.app.ui.fonts import Fonts
from game.app.ui.theme import Colour

BASE_WIDTH = 1280
BASE_HEIGHT = 720
SMALLEST_UNIT = 0.5


class Kit:
    """Shared drawing context of one window."""

    def __init__(
        self,
        size: tuple[int, int],
        scale: float,
        strings: Strings,
        bindings: Bindings,
        layout: KeyLayout | None = None,
    ) -> None:
        self.fonts = Fonts()
        self.strings = strings
        self.bindings = bindings
        self.layout = layout or KeyLayout()  # the layout for pictures of keys
        self.device = "key"  # the device used last: "key" or "pad"; prompts depend on it
        self.time = 0.0  # seconds, for animation
        self.size = size
        self.unit = 1.0
        self.resize(size, scale)

    def resize(self, size: tuple[int, int], scale: float) -> None:
        """Set the unit for a window of `size` pixels; `scale` is the player's UI scale."""
        self.size = size
        fitting = min(size[0] / BASE_WIDTH, size[1] / BASE_HEIGHT)
        self.unit = max(SMALLEST_UNIT, fitting * scale)

    @property
    def width(self) -> int:
        """Pixels."""
        return self.size[0]

    @property
    def height(self) -> int:
        """Pixels."""
        return self.size[1]

    def px(self, points: float) -> int:
        """Return points as pixels."""
        return round(points * self.unit)

    def heading(
        self,
        target: pygame.Surface,
        text: str,
        position: tuple[int, int],
        *,
        anchor: str = "topleft",
        width: int | None = None,
        glow: float = 0.35,
    ) -> pygame.Rect:
        """Draw the heading of a screen; return its box. The arguments are those of `text`."""
        return self.text(
            target,
            text,
            position,
            theme.SCREEN_TITLE,
            theme.TEXT,
            bold=True,
            anchor=anchor,
            width=width,
            glow=glow,
        )

    def text(
        self,
        target: pygame.Surface,
        text: str,
        position: tuple[int, int],
        size: float = theme.BODY,
        colour: Colour = theme.TEXT,
        *,
        bold: bool = False,
        anchor: str = "topleft",
        width: int | None = None,
        glow: float = 0.0,
    ) -> pygame.Rect:
        """Draw a line of text with the named corner or side of its box at `position`; return the box.

        `size` is in points, `width` in pixels (longer text is shortened), `glow` the strength of light around it.
        """
        pixels = self.px(size)
        if width is not None:
            text = self.fonts.fit(text, pixels, width, bold)
        surface = self.fonts.render(text, pixels, colour, bold)
        rect = surface.get_rect()
        setattr(rect, anchor, position)
        if glow > 0:
            reach = self.px(max(6, size * 0.35))
            light = self.fonts.glow(text, pixels, theme.mix((0, 0, 0), colour, glow), bold, reach)
            target.blit(light, (rect.x - reach, rect.y - reach), special_flags=pygame.BLEND_RGB_ADD)
        target.blit(surface, rect)
        return rect

    def paragraph(
        self,
        target: pygame.Surface,
        text: str,
        rect: pygame.Rect,
        size: float = theme.BODY,
        colour: Colour = theme.DIM,
        *,
        bold: bool = False,
        centred: bool = False,
    ) -> int:
        """Draw wrapped text from the top of `rect`, as many lines as fit; return the y below the last."""
        pixels = self.px(size)
        line_height = self.fonts.line_height(pixels)
        lines = self.fonts.wrap(text, pixels, rect.width, bold)
        room = max(1, rect.height // line_height)
        if len(lines) > room:
            lines = lines[:room]
            lines[-1] = self.fonts.fit(lines[-1] + "…", pixels, rect.width, bold)
        y = rect.y
        for line in lines:
            surface = self.fonts.render(line, pixels, colour, bold)
            x = rect.centerx - surface.get_width() // 2 if centred else rect.x
            target.blit(surface, (x, y))
            y += line_height
        return y

    def size_for(self, text: str, width: int, sizes: Sequence[float], bold: bool = False) -> float:
        """Return the first of several sizes in points in which a line fits into `width` pixels; the last if it fits in none."""
        return next(
            (each for each in sizes if self.fonts.width(text, self.px(each), bold) <= width), sizes[-1]
        )

    def paragraph_height(self, text: str, size: float, width: int, bold: bool = False) -> int:
        """Return the height in pixels of a paragraph that is `width` pixels wide."""
        pixels = self.px(size)
        return len(self.fonts.wrap(text, pixels, width, bold)) * self.fonts.line_height(pixels)
