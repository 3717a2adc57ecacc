"""A list to pick from: levels for a piece, or MIDI files to import."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import pygame

from game.app.jukebox.panel import PopupScreen
from game.app.ui import theme
from game.app.ui.kit import Kit
from game.app.ui.theme import mix
from game.app.ui.widgets import Button, Widget

if TYPE_CHECKING:
    from game.app.stage import Stage

WIDTH: Final = 640  # pt
ROW: Final = 42
Rows = Callable[[], Sequence[tuple[str, str, str]]]  # value, text, text at the right


class PickRow(Widget):
    """One line."""

    def __init__(self, screen: "PickScreen", value: str, text: str) -> None:
        super().__init__(f"row {value}")
        self.screen = screen
        self.value = value
        self.text = text
        self.scrolls = True

    def activate(self) -> None:
        """Pick it."""
        self.screen.pick(self.value)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the line and the text at its right."""
        self.row_panel(target, kit)
        pad = kit.px(16)
        ink = mix(theme.DIM, theme.TEXT, max(0.5, self.lit))
        half = self.rect.width // 2 - pad
        right = self.screen.right_of(self.value)
        width = half if right else self.rect.width - 2 * pad
        place = (self.rect.x + pad, self.rect.centery)
        kit.text(target, self.text, place, theme.BODY - 1, ink, bold=True, anchor="midleft", width=width)
        if right:
            place = (self.rect.right - pad, self.rect.centery)
            colour = theme.GREEN if right.startswith("✓") else theme.FAINT
            kit.text(target, right, place, theme.SMALL, colour, bold=True, anchor="midright", width=half)


class PickScreen(PopupScreen):
    """Calls `pick` with the value of the chosen row; stays open until the player leaves."""

    name = "pick"
    prompts = (("confirm", "prompt.choose"), ("back", "prompt.back"))

    def __init__(
        self, stage: "Stage", title: str, rows: Rows, pick: Callable[[str], None], *, empty: str = ""
    ) -> None:
        super().__init__(stage, title)
        self._source = rows
        self._pick = pick
        self._empty = empty
        found = rows()
        self._rights = {value: right for value, _, right in found}
        self.rows = [PickRow(self, value, text) for value, text, _ in found]
        self.buttons = [Button("done", self.label("common.done"), self.back)]
        self.fill()

    def pick(self, value: str) -> None:
        """Pick a row, and update the rows."""
        self._pick(value)
        self._rights = {value: right for value, _, right in self._source()}

    def right_of(self, value: str) -> str:
        """Return the text at the right of a row."""
        return self._rights.get(value, "")

    def layout(self) -> None:
        """A tall box; the rows scroll."""
        kit = self.kit
        width, height = min(kit.px(WIDTH), kit.width - kit.px(40)), kit.height - kit.px(96)
        self.box = pygame.Rect((kit.width - width) // 2, kit.px(36), width, height)
        x, inner = self.box.x + kit.px(28), width - kit.px(56)
        top = self.box.y + kit.px(66)
        row, gap = kit.px(ROW), kit.px(7)
        button = kit.px(theme.ROW - 4)
        foot = self.box.bottom - button - kit.px(20)
        for n, widget in enumerate(self.rows):
            widget.rect = pygame.Rect(x, top + n * (row + gap), inner, row)
        self.scroll_area = pygame.Rect(
            x - kit.px(12), top - kit.px(8), inner + kit.px(24), foot - top - kit.px(4)
        )
        self.content_height = len(self.rows) * (row + gap) + kit.px(10)
        self.buttons[0].rect = pygame.Rect(x, foot, inner, button)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the box; if there are no rows, say so."""
        super().draw_back(target)
        if not self.rows and self.scroll_area is not None:
            area = self.scroll_area.inflate(-self.kit.px(30), -self.kit.px(30))
            self.kit.paragraph(target, self._empty, area, theme.BODY, theme.DIM)
