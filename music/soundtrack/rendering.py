"""Renders a piece bar by bar in a background thread, ahead of the conductor, with pauses that spare the frame's thread."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.messages import say
from music.piece import Note, Piece
from music.soundtrack.beat_map import BeatMap
from music.soundtrack.conductor import Bar, Samples
from safefiles.text import clean

Stems = Mapping[str, NDArray[np.float32]]  # by voice (n, 2), ±1
# Called with (piece, sample rate, bar): returns the sound of the notes that begin in this bar, until it has died away. The
# piece has only the notes that sound in this bar or the next: a bar's sound may not depend on others.
Render = Callable[[Piece, int, int], Stems]

FULL_SCALE: Final = 32767
SILENT: Final = 4  # int16 level (-78 dB); the end of a sound below it is cut off
AHEAD_BARS: Final = 2  # bars of the wanted section that are rendered without a pause
REST_SHARE: Final = 3.0  # pause after a bar, as a multiple of its rendering time …
REST_LEAST: Final = 0.004  # … and at least this, seconds
GAIN_BARS: Final = 4  # bars rendered to measure a piece's loudness


class BarNotes:
    """A piece's notes by bar: for each bar, the notes that sound in it or in the next bar."""

    def __init__(self, piece: Piece) -> None:
        self._piece = piece
        self._notes: list[dict[str, list[Note]]] = [{} for _ in range(piece.bars)]
        for voice, notes in piece.voices.items():
            for note in notes:
                first = note.start // vo.STEPS_PER_BAR - 1
                last = (note.start + note.length - 1) // vo.STEPS_PER_BAR
                for bar in range(max(0, first), min(last, piece.bars - 1) + 1):
                    self._notes[bar].setdefault(voice, []).append(note)

    def page(self, bar: int) -> Piece:
        """Return the piece with only this bar's notes, at their positions."""
        voices = {voice: tuple(notes) for voice, notes in self._notes[bar].items()}
        return self._piece.with_voices(voices)

    def key(self, bar: int) -> Hashable:
        """Return a key that is equal for bars with the same sound."""
        start = bar * vo.STEPS_PER_BAR
        first = bar * vo.BEATS_PER_BAR
        notes = (
            (voice, tuple(note._replace(start=note.start - start) for note in notes))
            for voice, notes in sorted(self._notes[bar].items())
        )
        return tuple(notes), self._piece.chords[first : first + 2 * vo.BEATS_PER_BAR]


def to_samples(stem: NDArray[np.float32]) -> Samples:
    """Return a stem as int16 without its silent end; one column if both channels are equal."""
    sound = np.rint(np.clip(stem, -1.0, 1.0) * FULL_SCALE).astype(np.int16)
    heard = np.flatnonzero(np.abs(sound.astype(np.int32)).max(axis=1) >= SILENT)
    sound = sound[: heard[-1] + 1] if len(heard) else sound[:0]
    if len(sound) and np.array_equal(sound[:, 0], sound[:, 1]):
        sound = sound[:, :1]
    return np.ascontiguousarray(sound)


class Studio:
    """Renders the bars for a conductor, in a background thread, or immediately by `render_all`."""

    def __init__(self, piece: Piece, sample_rate: int, render: Render, *, first: int | None = None) -> None:
        self.piece = piece
        self.score = BeatMap(piece, sample_rate)
        self.problem = ""  # error message if the renderer failed and bars are silent
        self._pages: BarNotes | None = None  # created by the rendering thread
        self._render = render
        self._bars: list[Bar | None] = [None] * piece.bars
        self._known: dict[Hashable, Bar] = {}  # by `BarNotes.key`
        # Requested sections, the newest first.
        self._wanted: tuple[int, ...] = (self.score.first() if first is None else first,)
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None

    def bar(self, number: int) -> Bar | None:
        """Return a bar of the piece; None while it is still being rendered."""
        return self._bars[number]

    def want(self, section: int) -> None:
        """Render this section next."""
        self._wanted = (section, *(other for other in self._wanted if other != section))

    @property
    def done(self) -> bool:
        """Whether every bar of every section is rendered."""
        return self._next_bar() is None

    def start(self) -> None:
        """Render the missing bars in the background."""
        before = self._thread if self._thread is not None and self._thread.is_alive() else None
        if before is not None and not self._halt.is_set():
            return
        self._halt = threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(self._halt, before), name="soundtrack-studio", daemon=True
        )
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Stop rendering after the present bar. Rendered bars are kept."""
        self._halt.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def render_all(self) -> None:
        """Render everything now, in this thread."""
        while (number := self._next_bar()) is not None:
            self._render_bar(number)

    def _work(self, halt: threading.Event, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()  # it is stopping; only one thread at a time
        while not halt.is_set() and (number := self._next_bar()) is not None:
            took = self._render_bar(number)
            if not self._urgent(number):
                halt.wait(self.rest(took))

    @staticmethod
    def rest(took: float) -> float:
        """Return how long to sleep after a bar, in seconds, so that the frame's thread is never delayed for long."""
        return max(REST_LEAST, took * REST_SHARE)

    def _urgent(self, number: int) -> bool:
        wanted = self.score.sections[self._wanted[0]]
        return wanted.bar <= number < wanted.bar + AHEAD_BARS

    def _order(self) -> list[int]:
        """Return the sections in the order in which they may be needed."""
        order = [*self._wanted, self.score.after(self._wanted[0]), *range(len(self.score.sections))]
        return list(dict.fromkeys(index for index in order if index >= 0))

    def _next_bar(self) -> int | None:
        """Return the bar to render next, None when all are rendered."""
        for index in self._order():
            section = self.score.sections[index]
            for number in range(section.bar, section.bar + section.bars):
                if self._bars[number] is None:
                    return number
        return None

    def _render_bar(self, number: int) -> float:
        began = time.thread_time()
        if self._pages is None:
            self._pages = BarNotes(self.piece)
        key = self._pages.key(number)
        bar = self._known.get(key)
        if bar is None:
            try:
                stems = self._render(self._pages.page(number), self.score.sample_rate, number)
                bar = {voice: to_samples(stem) for voice, stem in stems.items()}
            except Exception as error:  # a renderer's exception must not end the game: the bar stays silent
                self.problem = self.problem or say(
                    "silent_bar", number=number, kind=type(error).__name__, cause=clean(str(error), 200)
                )
                bar = {}
            self._known[key] = bar
        self._bars[number] = bar
        return time.thread_time() - began


def synth_render(piece: Piece, gain: float | None = None) -> Render:
    """Return a render function that uses this package's synthesiser.

    `gain` sets the piece's loudness; without it, it is measured when the first bar is rendered, on GAIN_BARS bars from the
    start of the first section of the loop.
    """
    found: dict[int, float] = {}  # by sample rate

    def render(page: Piece, sample_rate: int, bar: int) -> Stems:
        from music.synth.render import render_stems

        factor = gain if gain is not None else found.get(sample_rate)
        if factor is None:
            factor = found[sample_rate] = measured_gain(piece, sample_rate)
        rendered = render_stems(page, sample_rate=sample_rate, first_bar=bar, bars=1)
        return rendered.scaled(factor).with_tails()

    return render


def measured_gain(piece: Piece, sample_rate: int) -> float:
    """Return the factor that brings the first GAIN_BARS bars of the loop to the common loudness."""
    from music.synth.loudness import gain_for
    from music.synth.render import mixdown, render_stems

    score = BeatMap(piece, sample_rate)
    section = score.sections[score.after(score.first())]
    bars = min(GAIN_BARS, section.bars)
    rendered = render_stems(piece, sample_rate=sample_rate, first_bar=section.bar, bars=bars)
    return gain_for(mixdown(rendered.stems), sample_rate)
