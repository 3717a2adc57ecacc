"""The jukebox: lists every piece of the library with its state; plays, shows, keeps and rejects them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pygame

from game.app.jukebox.base import PieceList
from game.app.jukebox.piece_actions import PieceActions
from game.app.jukebox.row import STATE_COLOURS, BrokenRow, PieceRow
from game.app.ui import theme
from game.app.ui.draw import draw_panel, draw_vignette
from game.app.ui.picks import Tabs
from game.app.ui.roll import PianoRoll
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Button, Widget

if TYPE_CHECKING:
    from game.app.stage import Stage
    from music.library import BrokenPiece, Library, LibraryEntry

FILTERS: Final = ("all", *STATE_COLOURS)
LIST_SHARE: Final = 0.34  # share of the width
ROW: Final = 54  # pt
SMALL_ROW: Final = 40


class JukeboxScreen(PieceList):
    """Listen to the pieces, keep or reject them, and use them."""

    name = "jukebox"
    prompts = (("confirm", "prompt.play"), ("page_right", "prompt.filter"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self.filter = "all"
        self.entries: list[LibraryEntry] = []
        self.broken: tuple[BrokenPiece, ...] = ()
        self.loaded = False
        self.chosen = ""  # name of the shown piece
        self.heard = ""  # name of the playing piece
        self.wanted = ""  # name of a piece to choose as soon as it is listed
        self.tabs = Tabs("filter", self._filters, lambda: self.filter, self._show)
        self.roll = PianoRoll("roll", lambda: self.position, self.seek, self.toggle, self.section_name)
        self.back_button = Button("back", self.label("common.back"), self.back, small=True)
        self.actions = PieceActions(self)
        self._panel = pygame.Rect(0, 0, 0, 0)
        self._build()
        self._load(refresh=False)

    # The list

    def _load(self, *, refresh: bool = True) -> None:
        """Read the library again, in the worker."""

        def job() -> "tuple[list[LibraryEntry], tuple[BrokenPiece, ...]]":
            library = self.jukebox.library()
            if refresh:
                library.refresh()
            return library.entries(), library.broken()

        self.work(job, self._take)

    def _take(self, found: "tuple[list[LibraryEntry], tuple[BrokenPiece, ...]]") -> None:
        entries, self.broken = found
        self.entries = entries
        self.loaded = True
        names = [entry.name for entry in entries]
        if self.wanted in names:
            self.chosen, self.wanted = self.wanted, ""
            shown = next(entry for entry in entries if entry.name == self.chosen)
            if self.filter not in ("all", shown.state):
                self.filter = "all"
        elif self.chosen not in names:
            self.chosen = ""
        self._build()

    def _build(self) -> None:
        shown = [entry for entry in self.entries if self.filter in ("all", entry.state)]
        rows = [PieceRow(self, entry) for entry in shown]
        broken = [BrokenRow(self, piece) for piece in self.broken] if self.filter == "all" else []
        focused = self.focus.name if self.focus is not None else ""
        self.widgets = [
            self.tabs, *rows, *broken, *self.actions.new, self.back_button, self.roll, *self.actions.of_piece,
        ]  # fmt: skip
        if rows and self.chosen not in {entry.name for entry in shown}:
            self.chosen = rows[0].entry.name
        again = next((widget for widget in self.widgets if widget.name == focused), None)
        if focused.startswith("piece ") or not focused:
            again = next((row for row in rows if row.entry.name == self.chosen), again)
        self.focus = again or self.tabs
        self._refresh()

    def _refresh(self) -> None:
        """Update buttons and roll for the chosen piece."""
        entry = self.entry
        self.roll.show(entry.piece if entry is not None else None)
        self.roll.enabled = entry is not None
        self.actions.follow(entry)

    def choose(self, name: str) -> None:
        """Show another piece."""
        if name != self.chosen:
            self.chosen = name
            self._refresh()
            if not self.preview.playing:
                self.preview.seek(0)

    def on_focus(self, widget: Widget) -> None:
        """Show the piece whose row is focused."""
        if isinstance(widget, PieceRow):
            self.choose(widget.entry.name)

    def _filters(self) -> list[tuple[str, str, Colour]]:
        strings = self.kit.strings
        rows = [("all", strings("jukebox.all"), theme.CYAN)]
        for state, colour in STATE_COLOURS.items():
            count = sum(entry.state == state for entry in self.entries)
            text = strings("jukebox.candidates" if state == "generated" else f"state.{state}")
            text = f"{text} {count}" if count else text
            rows.append((state, text, mix(colour, theme.TEXT, 0.25)))
        return rows

    def _show(self, name: str) -> None:
        self.filter = name
        self._scroll_target = 0.0
        self._build()

    # Hearing

    @property
    def position(self) -> float:
        """The position in the shown piece, in bars; 0 while another one plays."""
        playing = self.heard == self.chosen or not self.preview.playing
        piece = self.roll.piece
        return self.preview.position % piece.bars if playing and piece is not None else 0.0

    def toggle(self) -> None:
        """Play the chosen piece, or stop it."""
        entry = self.entry
        if entry is None:
            return
        if self.preview.playing and self.heard == entry.name:
            self.preview.stop()
            self.heard = ""
            return
        bar = self.position
        self.heard = entry.name
        self.play(entry.piece, bar)

    def seek(self, bar: float) -> None:
        """Go to a bar of the shown piece."""
        if self.preview.playing and self.heard != self.chosen:
            return
        self.preview.seek(bar)

    def hush(self, name: str) -> None:
        """Stop a piece if it is playing."""
        if self.heard == name:
            self.preview.stop()
            self.heard = ""

    # Changing

    def change(
        self,
        job: "Callable[[Library], LibraryEntry | None]",
        then: Callable[[Any], None],
        *,
        follow: bool = True,
    ) -> None:
        """Change the library in the worker; then show the list again and call `then` with the job's result.

        `follow`: choose that piece, also if it has moved in the list.
        """

        def work() -> "tuple[LibraryEntry | None, list[LibraryEntry], tuple[BrokenPiece, ...]]":
            library = self.jukebox.library()
            entry = job(library)
            return entry, library.entries(), library.broken()

        def done(found: "tuple[LibraryEntry | None, list[LibraryEntry], tuple[BrokenPiece, ...]]") -> None:
            entry, entries, broken = found
            if entry is not None and follow:
                self.wanted = entry.name
            self._take((entries, broken))
            then(entry)

        self.work(work, done)

    def following(self, name: str) -> str:
        """Return the name of the piece listed after another, at the end of the list the one before; "" if there is none."""
        rows = [widget.entry.name for widget in self.widgets if isinstance(widget, PieceRow)]
        if name not in rows or len(rows) < 2:
            return ""
        place = rows.index(name)
        return rows[place + 1] if place + 1 < len(rows) else rows[place - 1]

    def move_on(self, state: str, following: str) -> None:
        """Show the next piece if a piece in that state is no longer listed."""
        if self.filter not in ("all", state) and following:
            self.chosen = following
            self._build()

    # Opening and closing

    def opened(self) -> None:
        """Read the library again after another screen, which may have changed it."""
        if self.loaded:
            self._load()

    def closed(self) -> None:
        """Let the menu's music play again."""
        self.preview.stop()
        self.stage.audio.music.hold(False)

    def update(self, seconds: float) -> None:
        """Update the rows when the preview ends by itself."""
        super().update(seconds)
        if not self.preview.playing:
            self.heard = ""

    def layout(self) -> None:
        """Place the tabs at the top, the list at the left, the chosen piece at the right."""
        kit = self.kit
        margin, gap = kit.px(theme.MARGIN), kit.px(8)
        top = kit.px(76)
        self.tabs.rect = pygame.Rect(margin, top, kit.width - 2 * margin, kit.px(34))
        top += kit.px(34 + 14)
        bottom = kit.height - kit.px(52)
        left_width = max(kit.px(330), round((kit.width - 2 * margin) * LIST_SHARE))
        row = kit.px(SMALL_ROW)
        foot = bottom - row
        buttons = (*self.actions.new, self.back_button)
        each = (left_width - 2 * gap) // 3
        for n, button in enumerate(buttons):
            button.rect = pygame.Rect(margin + n * (each + gap), foot, each, row)
        height = kit.px(ROW)
        rows = [widget for widget in self.widgets if isinstance(widget, PieceRow | BrokenRow)]
        for n, widget in enumerate(rows):
            widget.rect = pygame.Rect(margin, top + n * (height + gap), left_width, height)
        self.scroll_area = pygame.Rect(
            margin - kit.px(14), top - kit.px(8), left_width + kit.px(28), foot - top - kit.px(2)
        )
        self.content_height = len(rows) * (height + gap) + kit.px(10)
        x = margin + left_width + kit.px(30)
        width = kit.width - margin - x
        self._panel = pygame.Rect(x, top, width, kit.px(58))
        third = (width - 2 * gap) // 3
        first = bottom - 3 * row - 2 * gap
        for n, button in enumerate(self.actions.of_piece):
            place = (x + n % 3 * (third + gap), first + n // 3 * (row + gap))
            button.rect = pygame.Rect(*place, third, row)
        self.roll.rect = pygame.Rect(x, self._panel.bottom, width, first - kit.px(12) - self._panel.bottom)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading and the facts about the chosen piece."""
        kit, strings = self.kit, self.kit.strings
        self.dim(target, 205)
        draw_vignette(target, 150)
        margin = kit.px(theme.MARGIN)
        box = kit.heading(target, strings("jukebox.title"), (margin, kit.px(18)))
        problem = self.jukebox.problem or self.stage.audio.music.problem
        if problem:
            place = (kit.width - margin, box.centery)
            text = strings("jukebox.cannot_compose", reason=problem)
            kit.text(
                target,
                text,
                place,
                14,
                theme.AMBER,
                anchor="midright",
                width=place[0] - box.right - kit.px(30),
            )
        entry = self.entry
        if entry is None:
            text = strings("jukebox.none" if self.loaded else "jukebox.loading")
            area = self.scroll_area
            if area is not None:
                kit.paragraph(target, text, area.inflate(-kit.px(40), -kit.px(40)), theme.BODY, theme.DIM)
            draw_panel(target, self.roll.rect, kit.px(theme.RADIUS), (7, 9, 22), theme.LINE, 200)
            return
        self._draw_head(target, entry)

    def _draw_head(self, target: pygame.Surface, entry: "LibraryEntry") -> None:
        from music.midi.remarks import remarks_of

        kit, strings = self.kit, self.kit.strings
        colour = STATE_COLOURS[entry.state]
        box = self._panel
        state = strings(f"state.{entry.state}")
        width = kit.fonts.width(state, kit.px(14), True) + kit.px(20)
        chip = pygame.Rect(box.right - width, box.y, width, kit.px(24))
        draw_panel(target, chip, kit.px(7), mix(theme.PANEL, colour, 0.25), colour, 235)
        kit.text(target, state, chip.center, 14, colour, bold=True, anchor="center")
        room = box.width - width - kit.px(16)
        kit.text(
            target,
            entry.title(strings.language),
            (box.x, box.y - kit.px(6)),
            25,
            theme.TEXT,
            bold=True,
            width=room,
            glow=0.3,
        )
        parts = [self.facts(entry.piece)]
        overlap = entry.piece.origin.get("overlap")
        if isinstance(overlap, float):
            parts.append(strings("jukebox.overlap", share=round(100 * overlap)))
        changes = len(remarks_of(entry.piece))
        if changes and not entry.shipped:
            parts.append(strings("jukebox.changes", count=changes))
        levels = self.jukebox.choices.levels_of(entry.name)
        if levels:
            parts.append(strings("jukebox.in_levels", count=len(levels)))
        place = (box.x, box.y + kit.px(29))
        kit.text(target, "  ·  ".join(parts), place, 15, theme.DIM, width=box.width)

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the status line and the prompts."""
        self.draw_note(target)
        self.draw_foot(target)
