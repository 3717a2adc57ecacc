"""`MusicScreen`: the common part of the jukebox's screens: jobs for the worker, a status line, the preview."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pygame

from game.app.ui import theme
from game.app.ui.screen import Screen
from game.app.ui.theme import Colour
from game.app.user_file_saver import message_text

if TYPE_CHECKING:
    from game.app.stage import Stage
    from game.app.strings import Strings
    from music.library import Library, LibraryEntry
    from music.piece import Piece

NOTE_SECONDS: Final = 9.0
# Keys of texts that are put together from parts, so that a search cannot find them
MODES: Final = ("jukebox.major", "jukebox.minor")


def tonic_text(strings: "Strings", name: str) -> str:
    """Return a tonic, for example Bb or F#, as the player's language writes it."""
    for sign, key in (("b", "jukebox.flat"), ("#", "jukebox.sharp")):
        if name[1:2] == sign:
            return strings(key, letter=name[0])
    return name


def key_text(strings: "Strings", name: str) -> str:
    """Return a key as MIDI names it (Bb, F#m) in words."""
    minor = name.endswith("m")
    return strings(MODES[minor], tonic=tonic_text(strings, name.removesuffix("m")))


class MusicScreen(Screen):
    """A screen that works on the library."""

    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self.jukebox = stage.jukebox
        self.preview = stage.jukebox.preview
        self.note = ""
        self.note_colour: Colour = theme.GREEN
        self._note_age = 0.0

    def say(self, text: str, colour: Colour = theme.GREEN) -> None:
        """Show a text in the status line."""
        self.note, self.note_colour, self._note_age = " ".join(text.split()), colour, 0.0

    def refuse(self, line: str) -> None:
        """Show why an action was refused."""
        self.stage.audio.play("ui_error")
        self.say(line, theme.RED)

    def fail(self, reason: str) -> None:
        """Show why a job or the sound failed."""
        self.refuse(message_text(reason, self.kit.strings))

    def work(self, job: Callable[[], Any], then: Callable[[Any], None] = lambda _: None) -> None:
        """Give the worker a job; `then` gets its result, a refusal is shown in one line."""
        self.jukebox.worker.submit(job, then, self.fail)

    def update(self, seconds: float) -> None:
        """Fade out the status line."""
        super().update(seconds)
        self._note_age += seconds
        if self._note_age > NOTE_SECONDS:
            self.note = ""
        if self.preview.problem:
            self.fail(self.preview.problem)
            self.preview.problem = ""

    def draw_note(self, target: pygame.Surface) -> None:
        """Draw the status line at the foot, or that the worker is busy."""
        kit = self.kit
        text, colour = self.note, self.note_colour
        if not text and self.jukebox.worker.busy:
            dots = "." * (1 + int(self.age * 2.5) % 3)
            text, colour = kit.strings("jukebox.busy") + dots, theme.DIM
        if text:
            place = (kit.px(theme.MARGIN), kit.height - kit.px(24))
            width = kit.width - kit.px(theme.MARGIN * 2 + 300)
            kit.text(target, text, place, theme.SMALL, colour, bold=True, anchor="midleft", width=width)

    def play(self, piece: "Piece", bar: float = 0.0) -> None:
        """Play a piece from a bar; the menu's music pauses."""
        self.stage.audio.music.hold(True)
        self.preview.play(piece, self.stage.settings.number("music_volume"), bar)

    def section_name(self, name: str) -> str:
        """Return a section's name in the player's language."""
        key = f"section.{name}"
        return self.kit.strings(key) if self.kit.strings.has(key) else name

    def facts(self, piece: "Piece") -> str:
        """Return mood, tempo, key and length in one line."""
        from music.composer.moods import MOODS as KNOWN
        from music.edits import KEY_NAMES

        strings = self.kit.strings
        mood = KNOWN.get(str(piece.origin.get("mood")))
        key = strings(MODES[piece.mode], tonic=tonic_text(strings, KEY_NAMES[piece.key]))
        seconds = round(piece.seconds)
        parts = [
            strings.pick(mood.title, mood.title_zh) if mood is not None else "",
            f"{piece.tempo:.0f} BPM",
            key,
            strings("jukebox.bars", bars=piece.bars),
            f"{seconds // 60}:{seconds % 60:02d}",
        ]
        return "  ·  ".join(part for part in parts if part)


class PieceList(MusicScreen, ABC):
    """The part of the jukebox that its rows and buttons use."""

    filter: str
    chosen: str  # name of the shown piece
    heard: str  # name of the playing piece
    wanted: str  # name of a piece to choose as soon as it is listed
    entries: "list[LibraryEntry]"

    @property
    def entry(self) -> "LibraryEntry | None":
        """The chosen piece."""
        return next((entry for entry in self.entries if entry.name == self.chosen), None)

    @abstractmethod
    def toggle(self) -> None:
        """Play the chosen piece, or stop it."""

    @abstractmethod
    def hush(self, name: str) -> None:
        """Stop a piece if it is playing."""

    @abstractmethod
    def following(self, name: str) -> str:
        """Return the name of the piece listed after another, at the end of the list the one before; "" if there is none."""

    @abstractmethod
    def move_on(self, state: str, following: str) -> None:
        """Show the next piece if a piece in that state is no longer listed."""

    @abstractmethod
    def change(
        self,
        job: "Callable[[Library], LibraryEntry | None]",
        then: Callable[[Any], None],
        *,
        follow: bool = True,
    ) -> None:
        """Change the library in the worker, then read it again."""
