"""A run of a score on a grid of 16 steps per bar: each part quantised, with its highest and its lowest line."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.score import BEATS, Part, Score, Stretch

SILENT: Final = -1
MIN_HEARD: Final = 0.05  # beats, the least duration of a note in pitch-class sums
OFF_GRID: Final = 0.25  # of a step: an onset further from its step counts as off the grid

Ints = NDArray[np.int16]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A voice of one note at a time: the pitch at each step (SILENT if none) and whether a note begins there."""

    pitch: Ints  # (steps,)
    onset: NDArray[np.bool_]  # (steps,)


@dataclass(frozen=True)
class GridPart:
    """A part's notes inside a run: quantised in steps, and as played in beats."""

    part: Part
    index: int  # index of the part in its score
    steps: NDArray[np.int64]  # (n, 3): first step, step after the last, pitch
    beats: Floats  # (n, 2): start and end in beats from the run's start, clipped to it
    top: Line
    low: Line


@dataclass(frozen=True)
class Grid:
    """A run of `bars` bars: pitched parts, drums as bits per step, the share of each bar's onsets that are off the grid."""

    bars: int
    parts: tuple[GridPart, ...]
    drums: NDArray[np.uint8]  # (steps,) bits of vocabulary.DRUMS
    off_grid: Floats  # (bars,)

    @property
    def steps(self) -> int:
        """Length in steps."""
        return self.bars * vo.STEPS_PER_BAR


def grid_of(score: Score, run: Stretch) -> Grid:
    """Quantise one run of a score."""
    steps = run.bars * vo.STEPS_PER_BAR
    parts: list[GridPart] = []
    drums = np.zeros(steps, np.uint8)
    onsets = np.zeros(run.bars)
    off = np.zeros(run.bars)
    for index, part in enumerate(score.parts):
        if not len(part.notes):
            continue
        begin = (part.notes[:, 0] - run.start) * vo.STEPS_PER_BEAT
        end = (part.notes[:, 1] - run.start) * vo.STEPS_PER_BEAT
        first = np.floor(begin + 0.5).astype(np.int64)
        inside = (first >= 0) & (first < steps)
        bar = first[inside] // vo.STEPS_PER_BAR
        np.add.at(onsets, bar, 1)
        np.add.at(off, bar, np.abs(begin - first)[inside] > OFF_GRID)
        if part.is_drums:
            _strike(drums, first[inside], part.notes[inside, 2].astype(np.int64))
            continue
        last = np.maximum(np.floor(end + 0.5).astype(np.int64), first + 1)
        heard = inside | ((first < 0) & (last > 0))
        if not heard.any():
            continue
        pitch = part.notes[heard, 2].astype(np.int64)
        first, last = np.maximum(first[heard], 0), np.minimum(last[heard], steps)
        beats = np.clip(np.stack([begin[heard], end[heard]], 1), 0, steps) / vo.STEPS_PER_BEAT
        grid = np.stack([first, last, pitch], 1)
        parts.append(GridPart(part, index, grid, beats, _line(grid, steps, 1), _line(grid, steps, -1)))
    return Grid(run.bars, tuple(parts), drums, off / np.maximum(onsets, 1))


_DRUM_OF_KEY: Final = {key: 1 << index for index, (_, _, keys) in enumerate(vo.DRUMS) for key in keys}


def _strike(drums: NDArray[np.uint8], steps: NDArray[np.int64], keys: NDArray[np.int64]) -> None:
    bits = np.array([_DRUM_OF_KEY.get(int(key), 0) for key in keys], np.uint8)
    np.bitwise_or.at(drums, steps, bits)


def _line(notes: NDArray[np.int64], steps: int, side: int) -> Line:
    """Return the skyline (side 1) or the lowest line (side -1) of a part's notes.

    A note during a longer, more extreme one is accompaniment and is skipped, unless the two barely overlap, as in legato
    playing.
    """
    pitch = np.full(steps, SILENT, np.int16)
    onset = np.zeros(steps, np.bool_)
    order = np.lexsort((-side * notes[:, 2], notes[:, 0]))
    now, begun, stop = SILENT, 0, 0
    for first, last, note in notes[order].tolist():
        if first == begun and stop > begun:
            continue  # the outer note of a chord came first
        overlap = stop - first
        if overlap > 1 and (now - note) * side > 0 and overlap * 3 > min(last - first, stop - begun):
            continue
        pitch[begun : min(stop, first)] = now
        onset[first] = True
        now, begun, stop = note, first, last
    pitch[begun:stop] = now
    return Line(pitch, onset)


def bar_statistics(line: Line, bars: int) -> tuple[Floats, Floats, Floats]:
    """Return for each bar: the share of steps that sound, the number of notes that begin, the mean sounding pitch (0 if none)."""
    pitch = line.pitch.reshape(bars, vo.STEPS_PER_BAR)
    sounds = pitch >= 0
    count = sounds.sum(1)
    mean = np.where(sounds, pitch, 0).sum(1) / np.maximum(count, 1)
    begun = line.onset.reshape(bars, vo.STEPS_PER_BAR).sum(1)
    return count / vo.STEPS_PER_BAR, begun.astype(np.float64), mean


def beat_pitch_classes(grid: Grid) -> NDArray[np.float32]:
    """Return for how many beats each part sounds each pitch class within each beat: (parts, beats, 12)."""
    beats = grid.bars * BEATS
    table = np.zeros((len(grid.parts), beats + 1, 12), np.float32)
    for row, part in zip(table, grid.parts):
        start = np.minimum(part.beats[:, 0], beats - MIN_HEARD)
        end = np.maximum(part.beats[:, 1], start + MIN_HEARD)
        first, last = start.astype(np.int64), np.minimum(end.astype(np.int64), beats)
        pc = part.steps[:, 2] % 12
        whole = np.zeros((beats + 1, 12), np.float32)
        np.add.at(whole, (first, pc), 1)
        np.add.at(whole, (last, pc), -1)
        row += np.cumsum(whole, 0)
        np.add.at(row, (first, pc), -(start - first))
        np.add.at(row, (last, pc), end - last)
    return np.maximum(table[:, :beats], 0)
