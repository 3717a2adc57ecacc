"""The jukebox: every piece of the library, told apart by its state, heard and seen, kept or rejected."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pygame

from game.app.screens.jukebox_rename import proposed_title
from game.app.screens.music_base import MusicScreen
from game.app.ui import theme
from game.app.ui.draw import draw_panel, vignette
from game.app.ui.kit import Kit
from game.app.ui.picks import Tabs
from game.app.ui.roll import PianoRoll
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Button, Widget

if TYPE_CHECKING:
    from game.app.app import App
    from music.library import Entry, Library

STATE_COLOURS: Final[dict[str, Colour]] = {
    "shipped": theme.VIOLET,
    "kept": theme.GREEN,
    "edited": theme.AMBER,
    "imported": theme.CYAN,
    "generated": theme.MAGENTA,
    "rejected": theme.FAINT,
}
FILTERS: Final = ("all", *STATE_COLOURS)
LIST_SHARE: Final = 0.34  # of the width
ROW: Final = 54  # pt
SMALL_ROW: Final = 40


class PieceRow(Widget):
    """A piece's title, state and figures."""

    def __init__(self, screen: "JukeboxScreen", entry: "Entry") -> None:
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
        title = self.entry.piece.title
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
        """Draw the three dancing bars of what plays."""
        width = max(2, kit.px(3))
        for n in range(3):
            phase = (kit.time * (1.7 + 0.4 * n) + n * 0.37) % 1
            height = kit.px(4 + 8 * abs(2 * phase - 1))
            x = place[0] - (3 - n) * (width + 2)
            pygame.draw.rect(target, colour, (x, place[1] - height, width, height))


class JukeboxScreen(MusicScreen):
    """Hear, judge and use the pieces."""

    name = "jukebox"
    prompts = (("confirm", "prompt.play"), ("page_right", "prompt.filter"), ("back", "prompt.back"))

    def __init__(self, app: "App") -> None:
        super().__init__(app)
        self.filter = "all"
        self.entries: list[Entry] = []
        self.loaded = False
        self.chosen = ""  # name of the piece that is shown
        self.heard = ""  # of the one that plays
        self._wanted = ""  # to be chosen as soon as it is there
        self._random = random.Random(app.options.seed)
        label = self.label
        self.tabs = Tabs("filter", self._filters, lambda: self.filter, self._show)
        self.roll = PianoRoll("roll", lambda: self.position, self.seek, self.toggle, self.section_name)
        self.compose_button = self._button("compose", label("jukebox.compose"), self._compose, theme.MAGENTA)
        self.import_button = self._button("import", label("jukebox.import"), self._import)
        self.back_button = self._button("back", label("common.back"), self.back)
        self.actions = [
            self._button("play", self._play_text, self.toggle, theme.GREEN),
            self._button("keep", label("jukebox.keep"), self._keep, theme.GREEN),
            self._button("reject", label("jukebox.reject"), self._reject, theme.RED),
            self._button("edit", label("jukebox.edit"), self._edit, theme.AMBER),
            self._button("use", label("jukebox.use"), self._use),
            self._button("rename", label("jukebox.rename"), self._rename),
            self._button("midi", label("jukebox.midi"), lambda: self._export("midi")),
            self._button("wav", label("jukebox.wav"), lambda: self._export("wav")),
            self._button("delete", label("jukebox.delete"), self._delete, theme.RED),
        ]
        self._panel = pygame.Rect(0, 0, 0, 0)
        self._build()
        self._load(told=False)

    @staticmethod
    def _button(
        name: str, text: Callable[[], str], action: Callable[[], None], colour: Colour = theme.CYAN
    ) -> Button:
        return Button(name, text, action, colour=colour, small=True)

    # The list

    def _load(self, *, told: bool = True) -> None:
        """Read the library again, in the worker."""

        def job() -> "list[Entry]":
            library = self.jukebox.library()
            if told:
                library.refresh()
            return library.entries()

        self.work(job, self._take)

    def _take(self, entries: "list[Entry]") -> None:
        self.entries = entries
        self.loaded = True
        names = [entry.name for entry in entries]
        if self._wanted in names:
            self.chosen, self._wanted = self._wanted, ""
            shown = next(entry for entry in entries if entry.name == self.chosen)
            if self.filter not in ("all", shown.state):
                self.filter = "all"
        elif self.chosen not in names:
            self.chosen = ""
        self._build()

    def _build(self) -> None:
        shown = [entry for entry in self.entries if self.filter in ("all", entry.state)]
        rows = [PieceRow(self, entry) for entry in shown]
        focused = self.focus.name if self.focus is not None else ""
        self.widgets = [
            self.tabs, *rows, self.compose_button, self.import_button, self.back_button, self.roll, *self.actions,
        ]  # fmt: skip
        if rows and self.chosen not in {entry.name for entry in shown}:
            self.chosen = rows[0].entry.name
        again = next((widget for widget in self.widgets if widget.name == focused), None)
        if focused.startswith("piece ") or not focused:
            again = next((row for row in rows if row.entry.name == self.chosen), again)
        self.focus = again or self.tabs
        self._refresh()

    def _refresh(self) -> None:
        """Let buttons and roll follow the chosen piece."""
        entry = self.entry
        self.roll.show(entry.piece if entry is not None else None)
        self.roll.enabled = entry is not None
        for button in self.actions:
            button.enabled = entry is not None
        if entry is None:
            return
        fitting = {
            "keep": not entry.shipped and entry.state in ("generated", "rejected"),
            "reject": not entry.shipped and entry.state != "rejected",
            "rename": not entry.shipped,
            "delete": not entry.shipped,
        }
        for button in self.actions:
            button.faint = not fitting.get(button.name, True)

    @property
    def entry(self) -> "Entry | None":
        """The chosen piece."""
        return next((entry for entry in self.entries if entry.name == self.chosen), None)

    def choose(self, name: str) -> None:
        """Show another piece."""
        if name != self.chosen:
            self.chosen = name
            self._refresh()
            if not self.audition.playing:
                self.audition.seek(0)

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
        """Where the shown piece is, in bars; at its start while another plays."""
        playing = self.heard == self.chosen or not self.audition.playing
        piece = self.roll.piece
        return self.audition.position % piece.bars if playing and piece is not None else 0.0

    def toggle(self) -> None:
        """Play the chosen piece, or stop it."""
        entry = self.entry
        if entry is None:
            return
        if self.audition.playing and self.heard == entry.name:
            self.audition.stop()
            self.heard = ""
            return
        bar = self.position
        self.heard = entry.name
        self.play(entry.piece, bar)

    def seek(self, bar: float) -> None:
        """Go to a bar of the shown piece."""
        if self.audition.playing and self.heard != self.chosen:
            return
        self.audition.seek(bar)

    def _play_text(self) -> str:
        playing = self.audition.playing and self.heard == self.chosen
        return self.kit.strings("jukebox.stop" if playing else "jukebox.play")

    # Judging

    def change(
        self,
        job: "Callable[[Library], Entry | None]",
        then: Callable[[Any], None],
        *,
        follow: bool = True,
    ) -> None:
        """Let the worker change the library; then show the list anew and call `then` with what the job gave.

        `follow`: choose that piece, wherever it is listed now.
        """

        def work() -> "tuple[Entry | None, list[Entry]]":
            library = self.jukebox.library()
            entry = job(library)
            return entry, library.entries()

        def done(found: "tuple[Entry | None, list[Entry]]") -> None:
            if found[0] is not None and follow:
                self._wanted = found[0].name
            self._take(found[1])
            then(found[0])

        self.work(work, done)

    def _judge(self, job: "Callable[[Library, str], Entry]", key: str) -> None:
        entry = self.entry
        if entry is None or self._refused_shipped(entry):
            return
        name = entry.name
        following = self._following(name)
        strings = self.kit.strings

        def then(found: "Entry") -> None:
            self.say(strings(key, title=found.piece.title))
            if self.filter not in ("all", found.state) and following:
                self.chosen = following
                self._build()

        self.change(lambda library: job(library, name), then, follow=False)

    def _following(self, name: str) -> str:
        rows = [widget.entry.name for widget in self.widgets if isinstance(widget, PieceRow)]
        if name not in rows or len(rows) < 2:
            return ""
        place = rows.index(name)
        return rows[place + 1] if place + 1 < len(rows) else rows[place - 1]

    def _keep(self) -> None:
        self._judge(lambda library, name: library.keep(name), "jukebox.was_kept")

    def _reject(self) -> None:
        if self.heard == self.chosen:
            self.audition.stop()
            self.heard = ""
        self._judge(lambda library, name: library.reject(name), "jukebox.was_rejected")

    def _refused_shipped(self, entry: "Entry") -> bool:
        """Say that a shipped piece stays as it is; return whether this is one."""
        if entry.shipped:
            self.refuse(self.kit.strings("jukebox.is_shipped", title=entry.piece.title))
        return entry.shipped

    def _delete(self) -> None:
        from game.app.screens.dialog import confirm

        entry = self.entry
        if entry is None or self._refused_shipped(entry):
            return
        strings = self.kit.strings

        def job(library: "Library") -> None:
            library.delete(entry.name)

        def run() -> None:
            if self.heard == entry.name:
                self.audition.stop()
                self.heard = ""
            self.chosen = self._following(entry.name)
            title = entry.piece.title
            self.change(job, lambda _: self.say(strings("jukebox.was_deleted", title=title)))

        title = strings("jukebox.delete_title", title=entry.piece.title)
        self.app.push(
            confirm(self.app, title, strings("jukebox.delete_text"), strings("jukebox.delete"), run)
        )

    # Other screens

    def _compose(self) -> None:
        from game.app.screens.jukebox_compose import ComposeScreen

        self.app.push(ComposeScreen(self.app, self.compose))

    def compose(self, mood: str, energy: float, bars: int, count: int) -> None:
        """Let the worker compose candidates, one after the other."""
        strings = self.kit.strings
        self.filter = "all"

        def job(library: "Library", seed: int) -> "Entry":
            from music.composer.compose import compose

            generators = self.jukebox.generators()
            title = proposed_title(strings, random.Random(seed))
            return library.add(
                lambda: compose(generators, seed=seed, mood=mood, energy=energy, bars=bars, title=title).piece
            )

        for _ in range(count):
            seed = self._random.getrandbits(20)
            self.change(
                lambda library, seed=seed: job(library, seed),  # type: ignore[misc]
                lambda found: self.say(strings("jukebox.was_composed", title=found.piece.title)),
            )

    def _import(self) -> None:
        from game.app.screens.jukebox_pick import PickScreen

        strings = self.kit.strings

        def job() -> list[Path]:
            library = self.jukebox.library()
            library.midi_folder.mkdir(parents=True, exist_ok=True)
            return library.midi_files()

        def show(files: list[Path]) -> None:
            if self.app.top is not self:
                return
            rows = [(str(path), path.name, "") for path in files]
            empty = strings("jukebox.no_midi", folder=str(self.app.folders.music / "midi"))
            self.app.push(
                PickScreen(
                    self.app, strings("jukebox.import_title"), lambda: rows, self._import_file, empty=empty
                )
            )

        self.work(job, show)

    def _import_file(self, path: str) -> None:
        self.app.pop()
        self.filter = "all"
        self.change(
            lambda library: library.import_midi(Path(path)),
            lambda found: self.say(self.kit.strings("jukebox.was_imported", title=found.piece.title)),
        )

    def _edit(self) -> None:
        from game.app.screens.jukebox_edit import EditScreen

        if self.entry is not None:
            self.app.push(EditScreen(self.app, self, self.entry))

    def _rename(self) -> None:
        from game.app.screens.jukebox_rename import RenameScreen

        entry = self.entry
        if entry is None or self._refused_shipped(entry):
            return

        def rename(title: str) -> None:
            told = self.kit.strings("jukebox.was_renamed", title=title)
            self.change(lambda library: library.rename(entry.name, title), lambda _: self.say(told))

        self.app.push(RenameScreen(self.app, entry.piece, rename))

    def _use(self) -> None:
        from game.app.screens.jukebox_pick import PickScreen

        entry = self.entry
        if entry is None:
            return
        strings = self.kit.strings
        if not entry.usable:
            self.refuse(strings("jukebox.keep_first", title=entry.piece.title))
            return
        title = strings("jukebox.use_title", title=entry.piece.title)
        self.app.push(
            PickScreen(
                self.app,
                title,
                lambda: self._levels(entry.name),
                lambda item: self._choose_level(entry.name, item),
            )
        )

    def _levels(self, name: str) -> list[tuple[str, str, str]]:
        """Return every playable level: item, title, and the piece that was chosen for it."""
        language = self.kit.strings.language
        titles = {entry.name: entry.piece.title for entry in self.entries}
        rows = []
        for info in self.app.library.playable:
            chosen = self.jukebox.choices.get(info.item)
            mark = "✓ " if chosen == name else ""
            rows.append((info.item, info.title(language), mark + titles.get(chosen, chosen)))
        return rows

    def _choose_level(self, name: str, item: str) -> None:
        """Let a level play the piece; or its own again, if it does already."""
        choices = self.jukebox.choices
        wanted = "" if choices.get(item) == name else name
        try:
            choices.set(item, wanted)
        except (OSError, ValueError) as error:
            self.app.toasts.add(
                self.kit.strings("toast.not_saved", reason=str(getattr(error, "strerror", None) or error)),
                theme.RED,
            )

    def _export(self, kind: str) -> None:
        entry = self.entry
        if entry is None:
            return
        strings = self.kit.strings

        def job() -> Path:
            library = self.jukebox.library()
            return library.export_midi(entry.name) if kind == "midi" else library.export_wav(entry.name)

        self.work(job, lambda path: self.say(strings("jukebox.was_exported", file=str(path))))

    # Life

    def opened(self) -> None:
        """Come back from another screen: the library may have changed."""
        if self.loaded:
            self._load()

    def closed(self) -> None:
        """Give the menu its music back."""
        self.audition.stop()
        self.app.audio.music.hold(False)

    def update(self, seconds: float) -> None:
        """Notice when the audition ends by itself."""
        super().update(seconds)
        if not self.audition.playing:
            self.heard = ""

    def layout(self) -> None:
        """Tabs above, the list at the left, the chosen piece at the right."""
        kit = self.kit
        margin, gap = kit.px(theme.MARGIN), kit.px(8)
        top = kit.px(76)
        self.tabs.rect = pygame.Rect(margin, top, kit.width - 2 * margin, kit.px(34))
        top += kit.px(34 + 14)
        bottom = kit.height - kit.px(52)
        left_width = max(kit.px(330), round((kit.width - 2 * margin) * LIST_SHARE))
        row = kit.px(SMALL_ROW)
        foot = bottom - row
        buttons = (self.compose_button, self.import_button, self.back_button)
        each = (left_width - 2 * gap) // 3
        for n, button in enumerate(buttons):
            button.rect = pygame.Rect(margin + n * (each + gap), foot, each, row)
        height = kit.px(ROW)
        rows = [widget for widget in self.widgets if isinstance(widget, PieceRow)]
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
        for n, button in enumerate(self.actions):
            place = (x + n % 3 * (third + gap), first + n // 3 * (row + gap))
            button.rect = pygame.Rect(*place, third, row)
        self.roll.rect = pygame.Rect(x, self._panel.bottom, width, first - kit.px(12) - self._panel.bottom)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading, and what the chosen piece is."""
        kit, strings = self.kit, self.kit.strings
        self.dim(target, 205)
        vignette(target, 150)
        margin = kit.px(theme.MARGIN)
        box = kit.text(
            target,
            strings("jukebox.title"),
            (margin, kit.px(18)),
            theme.TITLE - 8,
            theme.TEXT,
            bold=True,
            glow=0.35,
        )
        problem = self.jukebox.problem or self.app.audio.music.problem
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

    def _draw_head(self, target: pygame.Surface, entry: "Entry") -> None:
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
            entry.piece.title,
            (box.x, box.y - kit.px(6)),
            25,
            theme.TEXT,
            bold=True,
            width=room,
            glow=0.3,
        )
        told = [self.facts(entry.piece)]
        overlap = entry.piece.origin.get("overlap")
        if isinstance(overlap, float):
            told.append(strings("jukebox.overlap", share=round(100 * overlap)))
        levels = self.jukebox.choices.levels_of(entry.name)
        if levels:
            told.append(strings("jukebox.in_levels", count=len(levels)))
        place = (box.x, box.y + kit.px(29))
        kit.text(target, "  ·  ".join(told), place, 15, theme.DIM, width=box.width)

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the news and the prompts."""
        self.draw_note(target)
        self.draw_foot(target)
