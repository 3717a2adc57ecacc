"""Widgets that pick one of several things side by side: a row of stars, a row of tabs."""

from collections.abc import Callable, Sequence

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel, star
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Widget


class StarRow(Widget):
    """One to five stars to give."""

    adjusts = True

    def __init__(self, name: str, value: Callable[[], int], give: Callable[[int], None]) -> None:
        super().__init__(name)
        self.value = value
        self.give = give
        self.cursor = 3  # stars under the cursor before any are given
        self._boxes: list[pygame.Rect] = []

    def activate(self) -> None:
        """Give as many stars as the cursor shows."""
        self.give(self.cursor)

    def adjust(self, step: int) -> bool:
        """Move the cursor."""
        self.cursor = min(5, max(1, self.cursor + step))
        return True

    def press(self, position: tuple[int, int]) -> None:
        """Give the stars up to the one clicked."""
        for n, box in enumerate(self._boxes, start=1):
            if box.collidepoint(position):
                self.cursor = n
                self.give(n)

    def drag(self, position: tuple[int, int]) -> None:
        """Let the cursor follow the mouse, also without a press (`Screen` calls it on hover)."""
        for n, box in enumerate(self._boxes, start=1):
            if box.collidepoint(position):
                self.cursor = n

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw five stars: given ones filled, the cursor's outlined brightly."""
        self.row_panel(target, kit, theme.AMBER)
        size = min(kit.px(40), self.rect.height - kit.px(8))
        gap = size + kit.px(10)
        x = self.rect.centerx - (5 * gap - kit.px(10)) // 2
        given = self.value()
        self._boxes = []
        for n in range(1, 6):
            box = pygame.Rect(x + (n - 1) * gap, self.rect.centery - size // 2, size, size)
            self._boxes.append(box)
            pointed = self.lit > 0.5 and n <= self.cursor
            filled = n <= given or (pointed and given == 0)
            colour = theme.AMBER if n <= given else mix(theme.FAINT, theme.AMBER, 0.75 if pointed else 0.0)
            if n <= given:
                draw_glow(target, box.inflate(-size // 2, -size // 2), size // 4, size // 3, theme.AMBER, 0.5)
            target.blit(star(size, colour, filled), box)


class Tabs(Widget):
    """A row of pages to choose from; left and right, or the shoulder buttons, switch."""

    adjusts = True

    def __init__(
        self,
        name: str,
        options: Callable[[], Sequence[tuple[str, str, Colour]]],
        value: Callable[[], str],
        change: Callable[[str], None],
    ) -> None:
        """`options` gives (value, shown text, colour) rows."""
        super().__init__(name)
        self.options = options
        self.value = value
        self.change = change
        self._boxes: list[tuple[pygame.Rect, str]] = []

    def adjust(self, step: int) -> bool:
        """Switch to the next or previous page, with wrap-around."""
        values = [row[0] for row in self.options()]
        place = values.index(self.value()) if self.value() in values else 0
        self.change(values[(place + step) % len(values)])
        return True

    def activate(self) -> None:
        """Switch to the next page."""
        self.adjust(1)

    def press(self, position: tuple[int, int]) -> None:
        """Switch to the page clicked."""
        for box, value in self._boxes:
            if box.collidepoint(position):
                self.change(value)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the pages side by side, the chosen one lit."""
        options = self.options()
        widths = [kit.fonts.width(text, kit.px(theme.BODY), True) + kit.px(36) for _, text, _ in options]
        gap = kit.px(8)
        spare = self.rect.width - sum(widths) - gap * (len(options) - 1)
        if spare < 0:
            widths = [width + spare // len(options) for width in widths]
        x = self.rect.x
        self._boxes = []
        for (value, text, colour), width in zip(options, widths, strict=True):
            box = pygame.Rect(x, self.rect.y, width, self.rect.height)
            self._boxes.append((box, value))
            chosen = value == self.value()
            if chosen and self.lit > 0.05:
                draw_glow(target, box, kit.px(theme.RADIUS), kit.px(theme.GLOW), colour, self.lit)
            fill = mix(theme.PANEL, colour, 0.28) if chosen else theme.PANEL
            draw_panel(target, box, kit.px(theme.RADIUS), fill, colour if chosen else theme.LINE, 225)
            ink = theme.TEXT if chosen else theme.DIM
            kit.text(
                target,
                text,
                box.center,
                theme.BODY,
                ink,
                bold=True,
                anchor="center",
                width=width - kit.px(10),
            )
            x += width + gap
