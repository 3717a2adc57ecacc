"""Scores of a few notes, for tests of the codec."""

from collections.abc import Sequence

import numpy as np

from music.corpus.score import Part, Score, Stretch

Row = tuple[float, float, int]  # start and end in beats, pitch


def part(rows: Sequence[Row], name: str = "", program: int = 0, *, drums: bool = False) -> Part:
    notes = np.array([(start, end, pitch, 80) for start, end, pitch in sorted(rows)], np.float64)
    return Part(name, program, drums, notes.reshape(-1, 4))


def score(*parts: Part, bars: int = 4, sharps: int | None = None) -> Score:
    return Score("test", tuple(parts), (Stretch(0.0, bars),), sharps)


def repeated(pitches: Sequence[int], length: float, bars: int = 4) -> list[Row]:
    """These pitches in turn, repeated for the given number of bars."""
    count = int(bars * 4 / length)
    return [(index * length, (index + 1) * length, pitches[index % len(pitches)]) for index in range(count)]


def moved(source: Score, semitones: int) -> Score:
    lift = np.array([0, 0, semitones, 0])
    parts = tuple(
        Part(each.name, each.program, each.is_drums, each.notes + lift * (not each.is_drums))
        for each in source.parts
    )
    return Score(source.title, parts, source.runs, source.sharps)
