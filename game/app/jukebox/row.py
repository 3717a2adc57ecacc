"""A piece in the jukebox's list, and the colours of the states of pieces."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Widget
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.app.jukebox.base import PieceList
    from music.library import BrokenPiece, LibraryEntry

STATE_COLOURS: Final[dict[str, Colour]] = {
    "shipped": theme.VIOLET,
    "kept": theme.GREEN,
    "edited": theme.AMBER,
    "imported": theme.CYAN,
    "generated": theme.MAGENTA,
    "rejected": theme.FAINT,
}


class PieceRow(Widget):
    """A piece's title, state and facts."""

    def __init__(self, screen: "PieceList", entry: "LibraryEntry") -> None:
        super().__init__(f"piece {entry.name}")
        self.screen = screen
        self.entry = entry
        self.scrolls = True

    def activate(self) -> None:
        """Play it, or stop."""
        self.screen.toggle()

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the row; the chosen one has a bar at its side."""
        colour = STATE_COLOURS[self.entry.state]
        self.row_panel(target, kit, colour)
        chosen = self.screen.chosen == self.entry.name
        rect = self.rect
        if chosen:
            bar = pygame.Rect(rect.x, rect.y + kit.px(8), kit.px(4), rect.height - kit.px(16))
            pygame.draw.rect(target, colour, bar, border_radius=2)
        pad = kit.px(16)
        ink = theme.TEXT if chosen else mix(theme.DIM, theme.TEXT, max(0.6, self.lit))
        state = kit.strings(f"state.{self.entry.state}")
        width = kit.fonts.width(state, kit.px(12), True)
        title = self.entry.title(kit.strings.language)
        room = rect.width - 3 * pad - width
        kit.text(target, title, (rect.x + pad, rect.y + kit.px(6)), theme.BODY, ink, bold=True, width=room)
        place = (rect.right - pad, rect.y + kit.px(17))
        kit.text(target, state, place, 12, colour, bold=True, anchor="midright")
        facts = self.screen.facts(self.entry.piece)
        playing = self.screen.heard == self.entry.name
        if playing:
            self._draw_bars(target, kit, (rect.right - pad, rect.bottom - kit.px(10)), colour)
        place = (rect.x + pad, rect.y + kit.px(30))
        kit.text(target, facts, place, 13, theme.FAINT, width=rect.width - 2 * pad - kit.px(24))

    def _draw_bars(self, target: pygame.Surface, kit: Kit, place: tuple[int, int], colour: Colour) -> None:
        """Draw the three moving bars of the playing piece."""
        width = max(2, kit.px(3))
        for n in range(3):
            phase = (kit.time * (1.7 + 0.4 * n) + n * 0.37) % 1
            height = kit.px(4 + 8 * abs(2 * phase - 1))
            x = place[0] - (3 - n) * (width + 2)
            pygame.draw.rect(target, colour, (x, place[1] - height, width, height))


class BrokenRow(Widget):
    """A file that is not a piece: grey, with the reason."""

    def __init__(self, screen: "PieceList", piece: "BrokenPiece") -> None:
        super().__init__(f"broken {piece.path.name}")
        self.screen = screen
        self.piece = piece
        self.scrolls = True

    def activate(self) -> None:
        """Show the file and the whole reason."""
        from game.app.ui.dialog import Dialog

        stage, strings = self.screen.stage, self.screen.kit.strings
        close = (("close", strings("common.close"), lambda: None),)
        text = f"{strings.translate(self.piece.reason)}\n{shown_path(self.piece.path)}"
        stage.open_dialog(
            Dialog(stage, strings("jukebox.unusable", name=self.piece.name), text, close, colour=theme.RED)
        )

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the row, its name and as much of the reason as fits."""
        self.row_panel(target, kit, theme.RED)
        rect, pad = self.rect, kit.px(16)
        mark = kit.strings("jukebox.broken")
        width = kit.fonts.width(mark, kit.px(12), True)
        room = rect.width - 3 * pad - width
        place = (rect.x + pad, rect.y + kit.px(6))
        kit.text(target, self.piece.name, place, theme.BODY, theme.FAINT, bold=True, width=room)
        place = (rect.right - pad, rect.y + kit.px(17))
        kit.text(target, mark, place, 12, theme.RED, bold=True, anchor="midright")
        place = (rect.x + pad, rect.y + kit.px(30))
        kit.text(
            target,
            kit.strings.translate(self.piece.reason),
            place,
            13,
            theme.FAINT,
            width=rect.width - 2 * pad,
        )
