"""Small panels over another screen: a question to confirm, and a text to read."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import pygame

from game.app.input.hub import Press
from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.screen import Screen
from game.app.ui.theme import Colour
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.stage import Stage

SCROLL_LINES: Final = 3  # lines by which up and down scroll a long text


class Dialog(Screen):
    """A title, a text and buttons side by side; Esc presses the last button. A text that is too long scrolls."""

    name = "dialog"
    overlay = True
    width, text_height, text_size = 620, 300, float(theme.BODY)  # pt

    def __init__(
        self,
        stage: "Stage",
        title: str,
        text: str,
        buttons: Sequence[tuple[str, str, Callable[[], None]]],
        *,
        colour: Colour = theme.CYAN,
        on_back: Callable[[], None] | None = None,
    ) -> None:
        """`buttons` are (name, text, action); the action runs after the dialog has closed."""
        super().__init__(stage)
        self.title = title
        self.rows: list[tuple[str, Colour]] = [(text, theme.DIM)]  # paragraphs
        self._lines: list[tuple[str, Colour]] = []  # the lines for the current width
        self._laid_out: tuple[int, float, int] | None = None
        self.colour = colour
        self.box = pygame.Rect(0, 0, 0, 0)
        self._on_back = on_back
        for name, label, action in buttons:
            self.widgets.append(Button(name, lambda label=label: label, self._closing(action), colour=colour))  # type: ignore[misc]
        self.focus = self.widgets[-1] if self.widgets else None

    def _closing(self, action: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            self.stage.back()
            action()

        return run

    @property
    def text(self) -> str:
        """The text of the dialog."""
        return "\n".join(text for text, _ in self.rows)

    def layout(self) -> None:
        """Centre the panel; its height depends on the text, which scrolls if the window is too low for it."""
        kit = self.kit
        width = min(kit.px(self.width), kit.width - kit.px(40))
        inner = width - kit.px(56)
        self._break(inner)
        line = self._line_height()
        self.content_height = len(self._lines) * line
        frame = kit.px(28 + 46 + 18 + theme.ROW + 26)
        room = max(line, min(kit.px(self.text_height), kit.height - frame - kit.px(70)))
        text_height = min(room // line * line, self.content_height)
        height = frame + text_height
        self.box = pygame.Rect((kit.width - width) // 2, (kit.height - height) // 2, width, height)
        text_top = self.box.y + kit.px(24 + 48)
        self.scroll_area = pygame.Rect(self.box.x + kit.px(28), text_top, inner, text_height)
        gap = kit.px(theme.GAP)
        count = max(1, len(self.widgets))
        each = (inner - gap * (count - 1)) // count
        top = self.box.bottom - kit.px(theme.ROW + 26)
        for n, widget in enumerate(self.widgets):
            widget.rect = pygame.Rect(
                self.box.x + kit.px(28) + n * (each + gap), top, each, kit.px(theme.ROW)
            )

    def _line_height(self) -> int:
        return self.kit.fonts.line_height(self.kit.px(self.text_size))

    def _break(self, width: int) -> None:
        """Break the text into lines, once for each width and font size."""
        kit = self.kit
        wanted = (width, kit.unit, len(self.rows))
        if self._laid_out == wanted:
            return
        self._laid_out = wanted
        size = kit.px(self.text_size)
        self._lines = [(line, ink) for text, ink in self.rows for line in kit.fonts.wrap(text, size, width)]

    def press(self, press: Press) -> None:
        """Scroll a long text with up and down; the buttons are side by side."""
        area = self.scroll_area
        if press.action in ("up", "down") and area is not None and self.content_height > area.height:
            step = SCROLL_LINES * self._line_height()
            self._scroll_target += -step if press.action == "up" else step
            return
        super().press(press)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the panel with title and text."""
        kit = self.kit
        self.dim(target, 150)
        draw_glow(target, self.box, kit.px(14), kit.px(22), self.colour, 0.6)
        draw_panel(target, self.box, kit.px(14), theme.PANEL, self.colour, 244, max(1, kit.px(1.5)))
        x, y = self.box.x + kit.px(28), self.box.y + kit.px(24)
        room = self.box.width - kit.px(56)
        kit.text(target, self.title, (x, y), theme.HEADING - 4, theme.TEXT, bold=True, width=room)
        area = self.scroll_area
        if area is not None:
            self._draw_text(target, area)

    def _draw_text(self, target: pygame.Surface, area: pygame.Rect) -> None:
        """Draw the visible lines."""
        line = self._line_height()
        first = int(self.scroll) // line
        clip = target.get_clip()
        target.set_clip(
            area.inflate(0, self.kit.px(6)).clip(clip)
        )  # room for letters that reach below the line
        for n, (text, ink) in enumerate(self._lines[first : first + area.height // line + 2], first):
            self.kit.text(target, text, (area.x, area.y + n * line - round(self.scroll)), self.text_size, ink)
        target.set_clip(clip)

    def back(self) -> None:
        """Close without an answer."""
        self.stage.back()
        if self._on_back is not None:
            self._on_back()


def confirm(
    stage: "Stage",
    title: str,
    text: str,
    yes: str,
    action: Callable[[], None],
    *,
    colour: Colour = theme.AMBER,
) -> Dialog:
    """Return a dialog that asks before `action`; the default answer is to stay."""
    buttons = (("yes", yes, action), ("no", stage.kit.strings("common.cancel"), lambda: None))
    return Dialog(stage, title, text, buttons, colour=colour)
