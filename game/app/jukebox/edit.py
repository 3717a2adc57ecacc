"""Edit a piece: change tempo and key, mute, solo or regenerate voices, regenerate one bar. Every edit can be undone."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.jukebox.base import MusicScreen, PieceList, tonic_text
from game.app.ui import theme
from game.app.ui.draw import draw_panel, draw_vignette
from game.app.ui.roll import VOICE_COLOURS, PianoRoll
from game.app.ui.theme import mix
from game.app.ui.widgets import Button, Choice

if TYPE_CHECKING:
    from game.app.stage import Stage
    from music.library import LibraryEntry
    from music.piece import Piece

VOICES: Final = ("melody", "harmony", "bass", "drums")  # in the order of the screen
TEMPOS: Final = range(60, 201, 4)  # offered tempos, quarter notes a minute
SETTLE_SECONDS: Final = 0.7  # seconds after which a changed tempo or key is applied
SMALL_ROW: Final = 38  # pt
Edit = Callable[["Piece"], "Piece"]


class EditScreen(MusicScreen):
    """Edits one piece of the library; a shipped piece is copied by the first edit."""

    name = "edit"
    prompts = (("confirm", "prompt.select"), ("left", "prompt.change"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage", jukebox: "PieceList", entry: "LibraryEntry") -> None:
        super().__init__(stage)
        self.list = jukebox
        self.entry = entry
        self.can_undo = False
        self._tempo: int | None = None  # chosen, but not applied yet
        self._key: int | None = None
        self._chosen_at = 0.0
        self._random = random.Random(stage.options.seed)
        label = self.label
        self.roll = PianoRoll(
            "roll", lambda: self.position, self.preview.seek, self.toggle, self.section_name
        )
        self.tempo = Choice("tempo", label("edit.tempo"), self._tempos, self._tempo_now, self._set_tempo)
        self.key = Choice("key", label("edit.key"), self._keys, self._key_now, self._set_key)
        self.voices: dict[str, list[Button]] = {voice: self._voice_buttons(voice) for voice in VOICES}
        self.undo_button = Button("undo", label("edit.undo"), self._undo, colour=theme.AMBER, small=True)
        self.foot = [
            Button("play", self._play_text, self.toggle, colour=theme.GREEN, small=True),
            Button("reroll_bar", self._bar_text, self._reroll_bar, colour=theme.MAGENTA, small=True),
            self.undo_button,
            Button("done", label("common.done"), self.back, small=True),
        ]
        self.widgets = [self.roll, self.tempo, self.key]
        self.widgets += [button for buttons in self.voices.values() for button in buttons]
        self.widgets += self.foot
        self._heads: dict[str, pygame.Rect] = {}
        self._show(entry)

    def _voice_buttons(self, voice: str) -> list[Button]:
        colour = VOICE_COLOURS[voice]

        def button(kind: str, action: Callable[[], None], on: Callable[[], bool] = lambda: False) -> Button:
            key = f"edit.{kind}"
            name = f"{kind}_{voice}"
            return Button(name, self.label(key), action, colour=colour, small=True, on=on)

        return [
            button("mute", lambda: self._mute(voice), lambda: voice in self.silent),
            button("solo", lambda: self._solo(voice), lambda: self.silent == set(VOICES) - {voice}),
            button("reroll", lambda: self._reroll_voice(voice)),
        ]

    # What is shown

    def _show(self, entry: "LibraryEntry") -> None:
        from music.edits import muted_notes
        from music.errors import MusicError

        self.entry = entry
        self.roll.show(entry.piece)
        try:
            self.silent = set(muted_notes(entry.piece))
        except MusicError:
            self.silent = set()
        for voice, buttons in self.voices.items():
            buttons[2].enabled = voice not in self.silent
        self.undo_button.enabled = self.can_undo

    @property
    def position(self) -> float:
        """The position in bars."""
        return self.preview.position % self.entry.piece.bars

    @property
    def bar(self) -> int:
        """The bar under the playhead."""
        return int(self.position)

    def opened(self) -> None:
        """Check whether there is an edit to undo."""
        name = self.entry.name
        self.work(lambda: self.jukebox.library().can_undo(name), self._learn)

    def _learn(self, can_undo: bool) -> None:
        self.can_undo = can_undo
        self.undo_button.enabled = can_undo

    def toggle(self) -> None:
        """Play or stop."""
        if self.preview.playing:
            self.preview.stop()
            self.list.heard = ""
        else:
            self._play_from(self.bar)

    def _play_from(self, bar: float) -> None:
        self.list.heard = self.entry.name
        self.play(self.entry.piece, bar)

    def _play_text(self) -> str:
        return self.kit.strings("jukebox.stop" if self.preview.playing else "jukebox.play")

    def _bar_text(self) -> str:
        return self.kit.strings("edit.reroll_bar", bar=self.bar + 1)

    # Edits

    def apply(self, edit: Edit, message: str, *, compare: bool = False) -> None:
        """Make an edit in the worker; then show it, and continue playing at the same position."""
        name = self.entry.name

        def job() -> "tuple[LibraryEntry, bool]":
            library = self.jukebox.library()
            entry = library.edit(name, edit, compare=compare)
            return entry, library.can_undo(entry.name)

        self.work(job, lambda found: self._changed(found, message))

    def _changed(self, found: "tuple[LibraryEntry, bool]", message: str) -> None:
        entry, self.can_undo = found
        changed = entry.piece != self.entry.piece
        self._show(entry)
        self.list.chosen = self.list.wanted = entry.name
        if not changed:
            return
        self.say(message)
        if self.preview.playing:
            self._play_from(self.bar)

    def _undo(self) -> None:
        name = self.entry.name

        def job() -> "tuple[LibraryEntry, bool]":
            library = self.jukebox.library()
            entry = library.undo(name)
            return entry, library.can_undo(name)

        message = self.kit.strings("edit.undone")
        self.work(job, lambda found: self._changed(found, message))

    def _mute(self, voice: str) -> None:
        from music.edits import with_muted

        on = voice not in self.silent
        self.apply(
            lambda piece: with_muted(piece, voice, on),
            self._voice_message("muted" if on else "unmuted", voice),
        )

    def _solo(self, voice: str) -> None:
        from music.edits import with_solo

        on = self.silent != set(VOICES) - {voice}
        self.apply(
            lambda piece: with_solo(piece, voice, on), self._voice_message("soloed" if on else "all", voice)
        )

    def _reroll_voice(self, voice: str) -> None:
        seed = self._random.getrandbits(31)

        def edit(piece: "Piece") -> "Piece":
            from music.composer.reroll import reroll_voice

            return reroll_voice(self.jukebox.generators(), piece, voice, seed)

        self.apply(edit, self._voice_message("rerolled", voice), compare=True)

    def _reroll_bar(self) -> None:
        seed, bar = self._random.getrandbits(31), self.bar

        def edit(piece: "Piece") -> "Piece":
            from music.composer.reroll import reroll_bar

            return reroll_bar(self.jukebox.generators(), piece, bar, seed)

        self.apply(edit, self.kit.strings("edit.rerolled_bar", bar=bar + 1), compare=True)

    def _voice_message(self, what: str, voice: str) -> str:
        strings = self.kit.strings
        key = f"edit.{what}"
        return strings(key, voice=strings(f"voice.{voice}"))

    def _tempos(self) -> list[tuple[str, str]]:
        known = sorted({*TEMPOS, round(self.entry.piece.tempo)})
        return [(str(tempo), f"{tempo} BPM") for tempo in known]

    def _tempo_now(self) -> str:
        return str(self._tempo if self._tempo is not None else round(self.entry.piece.tempo))

    def _set_tempo(self, tempo: str) -> None:
        self._tempo = int(tempo)
        self._chosen_at = self.age

    def _keys(self) -> list[tuple[str, str]]:
        from game.app.jukebox.base import MODES
        from music.edits import KEY_NAMES

        mode = MODES[self.entry.piece.mode]
        return [
            (str(n), self.kit.strings(mode, tonic=tonic_text(self.kit.strings, name)))
            for n, name in enumerate(KEY_NAMES)
        ]

    def _key_now(self) -> str:
        return str(self._key if self._key is not None else self.entry.piece.key)

    def _set_key(self, key: str) -> None:
        self._key = int(key)
        self._chosen_at = self.age

    def _settle(self) -> None:
        """Apply the chosen tempo and key, as one edit each."""
        from music.edits import KEY_NAMES, in_key, with_tempo

        strings = self.kit.strings
        tempo, key, piece = self._tempo, self._key, self.entry.piece
        self._tempo = self._key = None
        if tempo is not None and tempo != round(piece.tempo):
            self.apply(lambda piece: with_tempo(piece, tempo), strings("edit.new_tempo", tempo=tempo))
        if key is not None and key != piece.key:
            self.apply(
                lambda piece: in_key(piece, key),
                strings("edit.new_key", tonic=tonic_text(strings, KEY_NAMES[key])),
            )

    def update(self, seconds: float) -> None:
        """Apply the choice when the player has paused."""
        super().update(seconds)
        if (self._tempo is not None or self._key is not None) and self.age - self._chosen_at > SETTLE_SECONDS:
            self._settle()

    def closed(self) -> None:
        """Apply the last choice."""
        self._settle()

    # Drawing

    def layout(self) -> None:
        """Place the roll at the top, tempo and key at the left, the voices at the right, the buttons at the foot."""
        kit = self.kit
        margin, gap = kit.px(theme.MARGIN), kit.px(8)
        width = kit.width - 2 * margin
        row = kit.px(SMALL_ROW)
        foot = kit.height - kit.px(52) - row
        each = (width - 3 * gap) // 4
        for n, button in enumerate(self.foot):
            button.rect = pygame.Rect(margin + n * (each + gap), foot, each, row)
        head = kit.px(24)
        top = foot - kit.px(16) - 3 * row - 2 * gap - head
        left = round(width * 0.36)
        tall = kit.px(theme.ROW)
        self.tempo.rect = pygame.Rect(margin, top + head, left, tall)
        self.key.rect = pygame.Rect(margin, top + head + tall + gap, left, tall)
        x = margin + left + kit.px(24)
        column = (margin + width - x - 3 * gap) // 4
        for n, (voice, buttons) in enumerate(self.voices.items()):
            place = x + n * (column + gap)
            self._heads[voice] = pygame.Rect(place, top, column, head)
            for m, button in enumerate(buttons):
                button.rect = pygame.Rect(place, top + head + m * (row + gap), column, row)
        roll = kit.px(100)
        self.roll.rect = pygame.Rect(margin, roll, width, top - kit.px(12) - roll)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading and the voices' names."""
        kit, strings = self.kit, self.kit.strings
        self.dim(target, 205)
        draw_vignette(target, 150)
        margin = kit.px(theme.MARGIN)
        room = kit.width - 2 * margin
        title = strings("edit.title", title=self.entry.title(strings.language))
        kit.text(
            target,
            title,
            (margin, kit.px(18)),
            theme.TITLE - 12,
            theme.TEXT,
            bold=True,
            glow=0.35,
            width=room,
        )
        facts = self.facts(self.entry.piece)
        if self.entry.shipped:
            facts = strings("edit.copy") + "  ·  " + facts
        kit.text(target, facts, (margin, kit.px(68)), 15, theme.DIM, width=room)
        for voice, rect in self._heads.items():
            colour = VOICE_COLOURS[voice]
            dot = pygame.Rect(rect.x + kit.px(4), rect.centery - kit.px(8), kit.px(10), kit.px(10))
            draw_panel(target, dot, kit.px(4), colour, colour, 255)
            ink = theme.FAINT if voice in self.silent else mix(colour, theme.TEXT, 0.35)
            place = (dot.right + kit.px(7), dot.centery)
            kit.text(target, strings(f"voice.{voice}"), place, 15, ink, bold=True, anchor="midleft")

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the status line and the prompts."""
        self.draw_note(target)
        self.draw_foot(target)
