"""`PopupScreen`: a small screen in a box over the jukebox: heading, rows, buttons at its foot."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.screen import Screen
from game.app.ui.theme import Colour
from game.app.ui.widgets import Widget

if TYPE_CHECKING:
    from game.app.stage import Stage

WIDTH: Final = 560  # pt
HEAD: Final = 70


class PopupScreen(Screen):
    """Subclasses fill `rows`, one below the other, and `buttons`, side by side."""

    overlay = True
    colour: Colour = theme.CYAN

    def __init__(self, stage: "Stage", title: str) -> None:
        super().__init__(stage)
        self.title = title
        self.box = pygame.Rect(0, 0, 0, 0)
        self.rows: list[Widget] = []
        self.buttons: list[Widget] = []

    def fill(self) -> None:
        """Show rows and buttons."""
        self.widgets = [*self.rows, *self.buttons]

    def layout(self) -> None:
        """Centre the box around its rows."""
        kit = self.kit
        width = min(kit.px(WIDTH), kit.width - kit.px(40))
        row, gap = kit.px(theme.ROW - 2), kit.px(10)
        height = kit.px(HEAD + 34) + (len(self.rows) + 1) * row + len(self.rows) * gap
        self.box = pygame.Rect((kit.width - width) // 2, (kit.height - height) // 2, width, height)
        x, inner = self.box.x + kit.px(28), width - kit.px(56)
        y = self.box.y + kit.px(HEAD)
        for widget in self.rows:
            widget.rect = pygame.Rect(x, y, inner, row)
            y += row + gap
        y = self.box.bottom - row - kit.px(24)
        each = (inner - (len(self.buttons) - 1) * gap) // max(1, len(self.buttons))
        for n, widget in enumerate(self.buttons):
            widget.rect = pygame.Rect(x + n * (each + gap), y, each, row)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the box and its heading."""
        kit = self.kit
        self.dim(target, 150)
        draw_glow(target, self.box, kit.px(14), kit.px(22), self.colour, 0.6)
        draw_panel(target, self.box, kit.px(14), theme.PANEL, self.colour, 246, max(1, kit.px(1.5)))
        place = (self.box.x + kit.px(28), self.box.y + kit.px(20))
        width = self.box.width - kit.px(56)
        kit.text(target, self.title, place, theme.HEADING - 5, theme.TEXT, bold=True, width=width)

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)
