"""A new title: typed, or, for a gamepad, one of the proposed ones."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.input.keyboard import is_character
from game.app.jukebox.panel import PopupScreen
from game.app.strings import Strings
from game.app.ui import theme
from game.app.ui.draw import draw_panel
from game.app.ui.kit import Kit
from game.app.ui.widgets import Button, Widget

if TYPE_CHECKING:
    from game.app.stage import Stage
    from music.piece import Piece

LONGEST: Final = 60  # characters


def propose_title(strings: Strings, source: random.Random) -> str:
    """Return a title of two words, in the player's language."""
    first = source.choice(strings("rename.first").split(",")).strip()
    second = source.choice(strings("rename.second").split(",")).strip()
    return strings.pick(f"{first} {second}", f"{first}{second}")


class TitleField(Widget):
    """Shows the text typed so far."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name)
        self.text = text
        self.composing = ""  # text of an input method that is not final yet

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the text and a blinking cursor."""
        self.row_panel(target, kit)
        inner = self.rect.inflate(-kit.px(32), 0)
        box = kit.text(
            target, self.text + self.composing or " ", inner.midleft, theme.BODY + 2, theme.TEXT, bold=True, anchor="midleft",
            width=inner.width - kit.px(8),
        )  # fmt: skip
        if self.lit > 0.5 and kit.time % 1 < 0.55:
            x = box.right + kit.px(3) if self.text + self.composing else inner.x
            cursor = pygame.Rect(x, box.y + kit.px(3), max(2, kit.px(2)), box.height - kit.px(6))
            draw_panel(target, cursor, 1, theme.CYAN, theme.CYAN, 255)


class RenameScreen(PopupScreen):
    """Asks for a title."""

    name = "rename"
    prompts = (("confirm", "prompt.select"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage", piece: "Piece", rename: Callable[[str], None]) -> None:
        super().__init__(stage, stage.kit.strings("rename.title"))
        self._rename = rename
        self._random = random.Random(f"{stage.options.seed} {piece.title}")
        self.field = TitleField("title", piece.title)
        self.rows = [
            self.field,
            Button("propose", self.label("rename.propose"), self._propose, colour=theme.VIOLET),
        ]
        self.buttons = [
            Button("ok", self.label("rename.ok"), self._done, colour=theme.GREEN),
            Button("cancel", self.label("common.cancel"), self.back),
        ]
        self.fill()
        self.focus = self.field

    @property
    def text_field(self) -> pygame.Rect | None:
        """The title, while it has the focus."""
        return self.field.rect if self.focus is self.field else None

    def type_text(self, event: pygame.event.Event) -> bool:
        """Write into the field while it has the focus; arrows, Enter, Tab and Esc keep their function."""
        field = self.field
        if self.focus is not field:
            field.composing = ""
            return False
        if event.type == pygame.TEXTEDITING:
            field.composing = event.text
            return True
        if event.type == pygame.TEXTINPUT:
            field.composing = ""
            field.text = "".join(c for c in field.text + event.text if c.isprintable())[:LONGEST]
            return True
        if field.composing:
            return True  # keys belong to the input method
        if event.key == pygame.K_BACKSPACE:
            field.text = field.text[:-1]
            return True
        return is_character(event.key)  # an action in menus, but not while text is typed

    def _propose(self) -> None:
        self.field.text = propose_title(self.kit.strings, self._random)

    def _done(self) -> None:
        title = " ".join(self.field.text.split())
        if not title:
            self.stage.audio.play("ui_error")
            return
        self.stage.back()
        self._rename(title)
