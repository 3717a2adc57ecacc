"""Small panels over another screen: a question to confirm, and a text to read."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.screen import Screen
from game.app.ui.theme import Colour
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.app import App

WIDTH: Final = 620  # pt
TEXT_HEIGHT: Final = 300  # pt, of a long text


class Dialog(Screen):
    """A title, a text and buttons below each other's side; Esc takes the last button."""

    name = "dialog"
    overlay = True

    def __init__(
        self,
        app: "App",
        title: str,
        text: str,
        buttons: Sequence[tuple[str, str, Callable[[], None]]],
        *,
        colour: Colour = theme.CYAN,
        on_back: Callable[[], None] | None = None,
    ) -> None:
        """`buttons` are (name, text, action); the action runs after the dialog has closed."""
        super().__init__(app)
        self.title = title
        self.text = text
        self.colour = colour
        self.box = pygame.Rect(0, 0, 0, 0)
        self._on_back = on_back
        for name, label, action in buttons:
            self.widgets.append(Button(name, lambda label=label: label, self._closing(action), colour=colour))  # type: ignore[misc]
        self.focus = self.widgets[-1] if self.widgets else None

    def _closing(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            self.app.pop()
            action()

        return run

    def layout(self) -> None:
        """Centre the panel; its height follows the text."""
        kit = self.kit
        width = min(kit.px(WIDTH), kit.width - kit.px(40))
        inner = width - kit.px(56)
        room = min(kit.px(TEXT_HEIGHT), kit.height - kit.px(240))
        text_height = min(room, kit.paragraph_height(self.text, theme.BODY, inner))
        height = kit.px(28 + 46 + 18 + theme.ROW + 26) + text_height
        self.box = pygame.Rect((kit.width - width) // 2, (kit.height - height) // 2, width, height)
        gap = kit.px(theme.GAP)
        count = max(1, len(self.widgets))
        each = (inner - gap * (count - 1)) // count
        top = self.box.bottom - kit.px(theme.ROW + 26)
        for n, widget in enumerate(self.widgets):
            widget.rect = pygame.Rect(
                self.box.x + kit.px(28) + n * (each + gap), top, each, kit.px(theme.ROW)
            )

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the panel with title and text."""
        kit = self.kit
        self.dim(target, 150)
        draw_glow(target, self.box, kit.px(14), kit.px(22), self.colour, 0.6)
        draw_panel(target, self.box, kit.px(14), theme.PANEL, self.colour, 244, max(1, kit.px(1.5)))
        x, y = self.box.x + kit.px(28), self.box.y + kit.px(24)
        room = self.box.width - kit.px(56)
        kit.text(target, self.title, (x, y), theme.HEADING - 4, theme.TEXT, bold=True, width=room)
        area = pygame.Rect(x, y + kit.px(48), room, self.box.height - kit.px(28 + 46 + 18 + theme.ROW + 20))
        kit.paragraph(target, self.text, area, theme.BODY, theme.DIM)

    def back(self) -> None:
        """Close without an answer."""
        self.app.pop()
        if self._on_back is not None:
            self._on_back()


def confirm(
    app: "App", title: str, text: str, yes: str, action: Callable[[], None], *, colour: Colour = theme.AMBER
) -> Dialog:
    """Return a dialog that asks before `action`; staying is what it proposes."""
    buttons = (("yes", yes, action), ("no", app.kit.strings("common.cancel"), lambda: None))
    return Dialog(app, title, text, buttons, colour=colour)
