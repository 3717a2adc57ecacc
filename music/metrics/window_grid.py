"""The input of the formulas: tokens unrolled to notes on the step grid, for many windows together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.windows import Tokens, Windows

SILENT = -1
Ints = NDArray[np.int16]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class WindowLine:
    """A voice that sounds one note at a time. All arrays (N, STEPS)."""

    struck: Mask  # a note begins at this step
    pitch: Ints  # MIDI pitch that sounds, SILENT if none does
    length: Ints  # length in steps of the note struck here, 0 if none is
    interval: Ints  # semitones from the previous note in the window to the one struck here; otherwise 0
    follows: Mask  # a note is struck here and one was struck before it in the window

    @property
    def sounds(self) -> Mask:
        """Steps at which a note sounds."""
        sounding: Mask = self.pitch != SILENT
        return sounding

    @property
    def notes(self) -> NDArray[np.int64]:
        """Number of notes of each window, (N,)."""
        count: NDArray[np.int64] = self.struck.sum(axis=1)
        return count


def unroll_line(tokens: Tokens, low: int) -> WindowLine:
    """Unroll the tokens (N, STEPS) of melody or bass, `low` the pitch of FIRST_PITCH.

    A HOLD without a note before it (after a REST, or first in the window) is silence.
    """
    count, steps = tokens.shape
    index = np.arange(steps)
    struck = tokens >= vo.FIRST_PITCH
    writes = tokens != vo.HOLD
    source = np.maximum.accumulate(np.where(writes, index, -1), axis=1)
    token = np.take_along_axis(tokens, np.maximum(source, 0), axis=1).astype(np.int16)
    sounds = (source >= 0) & (token >= vo.FIRST_PITCH)
    pitch = np.where(sounds, token - vo.FIRST_PITCH + low, SILENT).astype(np.int16)
    ends = np.full((count, steps + 1), steps)
    ends[:, :steps] = np.where(writes, index, steps)
    following = np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1][:, 1:]
    length = np.where(struck, following - index, 0).astype(np.int16)
    latest = np.maximum.accumulate(np.where(struck, index, -1), axis=1)
    before = np.full((count, steps), -1)
    before[:, 1:] = latest[:, :-1]
    follows = struck & (before >= 0)
    previous = np.take_along_axis(pitch, np.maximum(before, 0), axis=1)
    interval = np.where(follows, pitch - previous, 0).astype(np.int16)
    return WindowLine(struck, pitch, length, interval, follows)


@dataclass(frozen=True)
class WindowGrid:
    """All voices of N windows, unrolled."""

    windows: Windows
    melody: WindowLine
    bass: WindowLine
    chord: Tokens  # (N, STEPS) chord token that sounds at each step
    chord_classes: NDArray[np.uint8]  # (N, STEPS, 12) 1 where the chord holds the pitch class
    hits: NDArray[np.uint8]  # (N, STEPS, DRUMS) 1 where the drum is struck

    def __len__(self) -> int:
        return len(self.windows)


def unroll_windows(windows: Windows) -> WindowGrid:
    """Unroll every voice of the windows."""
    chord = np.repeat(windows.chords, vo.STEPS_PER_BEAT, axis=1)
    return WindowGrid(
        windows,
        unroll_line(windows.melody, vo.MELODY_LOW),
        unroll_line(windows.bass, vo.BASS_LOW),
        chord,
        vo.CHORD_PITCH_CLASSES[chord],
        vo.DRUM_BITS[windows.drums],
    )


def split_bars(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (N, STEPS, ...) as (N, BARS, STEPS_PER_BAR, ...)."""
    return array.reshape(len(array), vo.BARS, vo.STEPS_PER_BAR, *array.shape[2:])


def split_beats(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (N, STEPS, ...) as (N, BEATS, STEPS_PER_BEAT, ...)."""
    return array.reshape(len(array), vo.BEATS, vo.STEPS_PER_BEAT, *array.shape[2:])


def pitch_class_roll(voice: WindowLine) -> NDArray[np.uint8]:
    """Return (N, STEPS, 12): 1 at the pitch class that sounds."""
    classes = np.zeros((*voice.pitch.shape, 12), np.uint8)
    window, step = np.nonzero(voice.sounds)
    classes[window, step, voice.pitch[window, step] % 12] = 1
    return classes
