"""Actions on pieces: compose, import, keep or reject, edit, rename, use, export and delete."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from game.app.jukebox.rename import propose_title
from game.app.ui import theme
from game.app.ui.theme import Colour
from game.app.ui.widgets import Button
from safefiles.causes import message_of
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.app.jukebox.base import PieceList
    from music.library import Library, LibraryEntry


class PieceActions:
    """The jukebox's buttons, and what they do."""

    def __init__(self, screen: "PieceList") -> None:
        self.screen = screen
        self._random = random.Random(screen.stage.options.seed)
        button, label = self._button, screen.label
        self.new: Sequence[Button] = (
            button("compose", label("jukebox.compose"), self._compose, theme.MAGENTA),
            button("import", label("jukebox.import"), self._import),
        )
        self.of_piece: Sequence[Button] = (
            button("play", self._play_text, screen.toggle, theme.GREEN),
            button("keep", label("jukebox.keep"), self._keep, theme.GREEN),
            button("reject", label("jukebox.reject"), self._reject, theme.RED),
            button("edit", label("jukebox.edit"), self._edit, theme.AMBER),
            button("use", label("jukebox.use"), self._use),
            button("rename", label("jukebox.rename"), self._rename),
            button("midi", label("jukebox.midi"), lambda: self._export("midi")),
            button("wav", label("jukebox.wav"), lambda: self._export("wav")),
            button("delete", label("jukebox.delete"), self._delete, theme.RED),
        )

    @staticmethod
    def _button(
        name: str, text: Callable[[], str], action: Callable[[], None], colour: Colour = theme.CYAN
    ) -> Button:
        return Button(name, text, action, colour=colour, small=True)

    def follow(self, entry: "LibraryEntry | None") -> None:
        """Show the buttons that apply to the chosen piece."""
        for button in self.of_piece:
            button.enabled = entry is not None
        if entry is None:
            return
        fitting = {
            "keep": not entry.shipped and entry.state in ("generated", "rejected"),
            "reject": not entry.shipped and entry.state != "rejected",
            "rename": not entry.shipped,
            "delete": not entry.shipped,
        }
        for button in self.of_piece:
            button.faint = not fitting.get(button.name, True)

    def _play_text(self) -> str:
        screen = self.screen
        playing = screen.preview.playing and screen.heard == screen.chosen
        return screen.kit.strings("jukebox.stop" if playing else "jukebox.play")

    # Keeping and rejecting

    def _keep_or_reject(self, job: "Callable[[Library, str], LibraryEntry]", key: str) -> None:
        screen = self.screen
        entry = screen.entry
        if entry is None or self._refuse_shipped(entry):
            return
        name = entry.name
        following = screen.following(name)
        strings = screen.kit.strings

        def then(found: "LibraryEntry") -> None:
            screen.say(strings(key, title=found.title(strings.language)))
            screen.move_on(found.state, following)

        screen.change(lambda library: job(library, name), then, follow=False)

    def _keep(self) -> None:
        self._keep_or_reject(lambda library, name: library.keep(name), "jukebox.was_kept")

    def _reject(self) -> None:
        screen = self.screen
        screen.hush(screen.chosen)
        self._keep_or_reject(lambda library, name: library.reject(name), "jukebox.was_rejected")

    def _refuse_shipped(self, entry: "LibraryEntry") -> bool:
        """Say that a shipped piece cannot be changed; return whether this is one."""
        screen = self.screen
        if entry.shipped:
            screen.refuse(
                screen.kit.strings("jukebox.is_shipped", title=entry.title(screen.kit.strings.language))
            )
        return entry.shipped

    def _delete(self) -> None:
        from game.app.ui.dialog import confirm

        screen = self.screen
        entry = screen.entry
        if entry is None or self._refuse_shipped(entry):
            return
        strings = screen.kit.strings

        def job(library: "Library") -> None:
            library.delete(entry.name)

        def run() -> None:
            screen.hush(entry.name)
            screen.chosen = screen.following(entry.name)
            title = entry.title(strings.language)
            screen.change(job, lambda _: screen.say(strings("jukebox.was_deleted", title=title)))

        title = strings("jukebox.delete_title", title=entry.title(strings.language))
        screen.stage.open_dialog(
            confirm(screen.stage, title, strings("jukebox.delete_text"), strings("jukebox.delete"), run)
        )

    # Other screens

    def _compose(self) -> None:

        screen = self.screen
        screen.stage.show("compose", self.compose)

    def compose(self, mood: str, energy: float, bars: int, count: int) -> None:
        """Compose candidates in the worker, one after the other."""
        screen = self.screen
        strings = screen.kit.strings
        screen.filter = "all"

        def job(library: "Library", seed: int) -> "LibraryEntry":
            from music.composer.compose import compose

            generators = screen.jukebox.generators()
            title = propose_title(strings, random.Random(seed))
            return library.add(
                lambda: compose(generators, seed=seed, mood=mood, energy=energy, bars=bars, title=title).piece
            )

        for _ in range(count):
            seed = self._random.getrandbits(20)
            screen.change(
                lambda library, seed=seed: job(library, seed),  # type: ignore[misc]
                lambda found: screen.say(
                    strings("jukebox.was_composed", title=found.title(strings.language))
                ),
            )

    def _import(self) -> None:

        screen = self.screen
        strings = screen.kit.strings

        def job() -> list[Path]:
            library = screen.jukebox.library()
            library.midi_folder.mkdir(parents=True, exist_ok=True)
            return library.midi_files()

        def show(files: list[Path]) -> None:
            if screen.stage.top is not screen:
                return
            rows = [(str(path), shown_path(path.name), "") for path in files]
            empty = strings("jukebox.no_midi", folder=shown_path(screen.stage.folders.music / "midi"))
            screen.stage.show(
                "pick",
                strings("jukebox.import_title"),
                lambda: rows,
                self._import_file,
                empty=empty,
                unasked=True,
            )

        screen.work(job, show)

    def _import_file(self, path: str) -> None:
        screen = self.screen
        screen.stage.back()
        screen.filter = "all"
        screen.change(lambda library: library.import_midi(Path(path)), self._imported)

    def _imported(self, found: "LibraryEntry") -> None:
        """Say that a file was imported, and show what the import changed."""
        from game.app.jukebox.changes import list_changes

        screen, strings = self.screen, self.screen.kit.strings
        screen.say(strings("jukebox.was_imported", title=found.title(strings.language)))
        lines = list_changes(strings, found.piece)
        if lines and screen.stage.top is screen:
            title = strings("jukebox.changes_title", count=len(lines))
            screen.stage.show("changes", title, lines, unasked=True)

    def _edit(self) -> None:

        screen = self.screen
        if screen.entry is not None:
            screen.stage.show("edit", screen, screen.entry)

    def _rename(self) -> None:

        screen = self.screen
        entry = screen.entry
        if entry is None or self._refuse_shipped(entry):
            return

        def rename(title: str) -> None:
            message = screen.kit.strings("jukebox.was_renamed", title=title)
            screen.change(lambda library: library.rename(entry.name, title), lambda _: screen.say(message))

        screen.stage.show("rename", entry.piece, rename)

    def _use(self) -> None:

        screen = self.screen
        entry = screen.entry
        if entry is None:
            return
        strings = screen.kit.strings
        if not entry.usable:
            screen.refuse(strings("jukebox.keep_first", title=entry.title(strings.language)))
            return
        title = strings("jukebox.use_title", title=entry.title(strings.language))
        screen.stage.show(
            "pick", title, lambda: self._levels(entry.name), lambda item: self._choose_level(entry.name, item)
        )

    def _levels(self, name: str) -> list[tuple[str, str, str]]:
        """Return every playable level: item, title, and the piece chosen for it."""
        screen = self.screen
        language = screen.kit.strings.language
        titles = {entry.name: entry.title(language) for entry in screen.entries}
        rows = []
        for info in screen.stage.library.playable:
            chosen = screen.jukebox.choices.get(info.item)
            mark = "✓ " if chosen == name else ""
            rows.append((info.item, info.title(language), mark + titles.get(chosen, chosen)))
        return rows

    def _choose_level(self, name: str, item: str) -> None:
        """Let a level play the piece; if it does already, let it play its own again."""
        screen = self.screen
        choices = screen.jukebox.choices
        wanted = "" if choices.get(item) == name else name
        try:
            choices.set(item, wanted)
        except (OSError, ValueError) as error:
            screen.stage.toasts.add(
                screen.kit.strings("toast.not_saved", reason=message_of(error)),
                theme.RED,
            )

    def _export(self, kind: str) -> None:
        screen = self.screen
        entry = screen.entry
        if entry is None:
            return
        strings = screen.kit.strings

        def job() -> Path:
            library = screen.jukebox.library()
            return library.export_midi(entry.name) if kind == "midi" else library.export_wav(entry.name)

        screen.work(job, lambda path: screen.say(strings("jukebox.was_exported", file=shown_path(path))))
