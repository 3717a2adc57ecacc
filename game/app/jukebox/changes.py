"""The changes of an import: all lines in the player's language, shown once."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.jukebox.base import key_text
from game.app.jukebox.panel import PopupScreen
from game.app.strings import Strings
from game.app.ui import theme
from game.app.ui.kit import Kit
from game.app.ui.theme import mix
from game.app.ui.widgets import Button, Widget

if TYPE_CHECKING:
    from game.app.stage import Stage
    from music.piece import Piece

WIDTH: Final = 640  # pt
HEAD: Final = 66
PAD: Final = 12
GAP: Final = 7


def list_changes(strings: Strings, piece: "Piece") -> list[str]:
    """Return the changes of the last import of a piece, a line each; a line without translation stays English."""
    from music.midi.remarks import read_remark, remarks_of

    lines = []
    for line in remarks_of(piece):
        code, values = read_remark(line) or ("", {})
        if "tonic" in values:
            values["tonic"] = key_text(strings, values["tonic"])
        if "voices" in values:
            voices = values["voices"].split(", ")
            values["voices"] = strings("common.list").join(
                strings(f"voice.{voice}") if strings.has(f"voice.{voice}") else voice for voice in voices
            )
        lines.append(strings(f"remark.{code}", **values) if strings.has(f"remark.{code}") else line)
    return lines


class ChangeRow(Widget):
    """One change, wrapped."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"change {number}")
        self.text = text
        self.scrolls = True

    def activate(self) -> None:
        """Do nothing: the row is only read."""

    def height(self, kit: Kit, width: int) -> int:
        """Return the pixels that the text takes at that width."""
        return kit.paragraph_height(self.text, theme.BODY - 2, width - 2 * kit.px(PAD)) + 2 * kit.px(PAD)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the text in its panel."""
        self.row_panel(target, kit)
        area = self.rect.inflate(-2 * kit.px(PAD), -2 * kit.px(PAD))
        kit.paragraph(target, self.text, area, theme.BODY - 2, mix(theme.DIM, theme.TEXT, max(0.5, self.lit)))


class ChangesScreen(PopupScreen):
    """Lists the lines; they scroll."""

    name = "changes"
    prompts = (("confirm", "prompt.select"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage", title: str, lines: list[str]) -> None:
        super().__init__(stage, title)
        self.colour = theme.AMBER
        self.rows = [ChangeRow(number, line) for number, line in enumerate(lines, 1)]
        self.done = Button("done", self.label("common.done"), self.back)
        self.buttons = [self.done]
        self.fill()
        self.focus = self.done

    def layout(self) -> None:
        """Lay out a box as high as its lines, at most as high as the window."""
        kit = self.kit
        width = min(kit.px(WIDTH), kit.width - kit.px(40))
        inner = width - kit.px(56)
        gap, button = kit.px(GAP), kit.px(theme.ROW - 4)
        heights = [row.height(kit, inner) for row in self.rows if isinstance(row, ChangeRow)]
        self.content_height = sum(heights) + gap * len(heights) + kit.px(10)
        frame = kit.px(HEAD) + button + kit.px(36)
        room = min(self.content_height + kit.px(8), kit.height - kit.px(96) - frame)
        height = frame + room
        self.box = pygame.Rect((kit.width - width) // 2, (kit.height - height) // 2, width, height)
        x, top = self.box.x + kit.px(28), self.box.y + kit.px(HEAD)
        for row, tall in zip(self.rows, heights, strict=True):
            row.rect = pygame.Rect(x, top, inner, tall)
            top += tall + gap
        foot = self.box.bottom - button - kit.px(20)
        area_top = self.box.y + kit.px(HEAD - 8)
        self.scroll_area = pygame.Rect(
            x - kit.px(12), area_top, inner + kit.px(24), foot - kit.px(6) - area_top
        )
        self.done.rect = pygame.Rect(x, foot, inner, button)
