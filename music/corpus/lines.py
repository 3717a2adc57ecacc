"""Find the part with the melody and the part with the bass in each bar: a best path through the parts; switching has a
cost."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.grid import SILENT, Floats, Grid, GridPart, Line, bar_statistics

SWITCH_COST: Final = 1.2  # cost of a switch; a bar's score is about -1 to 3
RANKED_COST: Final = 0.6  # the same in music of equal voices that cross
SILENCE: Final = -0.8  # the score of a bar in which the part rests
BOTH: Final = -2.0  # added to the score if the part already has the bass
DOUBLES_BASS: Final = -2.0  # if it doubles the bass line in octaves or fifths, below LOW_LEAD
ECHO: Final = -0.8  # if it repeats another part a little later
ECHO_STEPS: Final = range(1, 9)
ECHO_SAMPLE: Final = 300  # notes of a part that are compared
ECHO_SHARE: Final = 0.7  # of a part's notes that must be found in the part it echoes
LOW_LEAD: Final = 60  # a melody this low is rare: G3 is the vocabulary's lowest melody pitch

# General MIDI programs: how likely a part of that family is the melody, and how likely the bass
_LEADS: Final = ((24, 29, 0.0), (29, 32, -0.2), (32, 40, -1.5), (47, 48, -2.0), (52, 56, 0.2), (56, 64, 0.2))
_LEADS_MORE: Final = ((64, 80, 0.4), (80, 88, 0.5), (88, 96, -0.3), (96, 104, -0.2), (112, 128, -2.0))
# Usual names of tracks, mainly in Freedoom's files
_LEAD_NAMES: Final = re.compile(r"lead|melod|solo|voice|vocal|\bsing|\bled\d*\b", re.IGNORECASE)
_BASS_NAMES: Final = re.compile(r"bass|basu|bais|\bbas\b", re.IGNORECASE)
_NOT_LEAD_NAMES: Final = re.compile(
    rf"{_BASS_NAMES.pattern}|drum|\bdrm|rhythm|\bpad|\barp|echo|delay|\btim", re.IGNORECASE
)


@dataclass(frozen=True)
class ChosenLines:
    """The chosen lines of a run, and the index of the part that has each line, per bar."""

    melody: Line
    bass: Line
    melody_path: NDArray[np.int64]  # (bars,)
    bass_path: NDArray[np.int64]  # (bars,)


def choose_lines(grid: Grid, ranked: bool) -> ChosenLines:
    """Return melody and bass of a run.

    `ranked`: for scores whose voices are ordered by pitch (chorales, quartets): pitch alone decides. Otherwise instruments,
    names, rhythm and repetition count as well.
    """
    bass_scores = np.stack([_bass_scores(part, grid.bars, ranked) for part in grid.parts])
    cost = RANKED_COST if ranked else SWITCH_COST
    bass_path = best_path(bass_scores, cost)
    bass = _join_along(grid, bass_path, "low")
    lead_scores = np.stack([_lead_scores(part, grid.bars, ranked) for part in grid.parts])
    lead_scores[bass_path, np.arange(grid.bars)] += BOTH
    if not ranked:
        lead_scores[_echoes(grid)] += ECHO
        lead_scores += DOUBLES_BASS * np.stack(
            [_doubles_bass(part.top, bass, grid.bars) for part in grid.parts]
        )
    lead_path = best_path(lead_scores, cost)
    melody = _join_along(grid, lead_path, "top")
    shared = np.repeat(lead_path == bass_path, vo.STEPS_PER_BAR) & (melody.pitch == bass.pitch)
    if shared.any():
        bass = _remove_shared(bass, shared)
    return ChosenLines(melody, bass, lead_path, bass_path)


def best_path(scores: Floats, cost: float) -> NDArray[np.int64]:
    """Return the row for each column of scores (rows, columns) that maximises their sum, minus `cost` for each change of row."""
    rows, columns = scores.shape
    total = scores[:, 0].copy()
    came = np.zeros((rows, columns), np.int64)
    for column in range(1, columns):
        best = int(total.argmax())
        stay = total >= total[best] - cost
        came[:, column] = np.where(stay, np.arange(rows), best)
        total = np.where(stay, total, total[best] - cost) + scores[:, column]
    path = np.zeros(columns, np.int64)
    path[-1] = int(total.argmax())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = came[path[column], column]
    return path


def _lead_scores(part: GridPart, bars: int, ranked: bool) -> Floats:
    cover, begun, mean = bar_statistics(part.top, bars)
    height = np.clip((mean - 62) / 12, -1.5, 1.0)
    if ranked:
        return np.where(cover > 0, 2 * np.clip((mean - 60) / 12, -2.0, 2.0) + cover, SILENCE * 2)
    pitch = np.where(part.top.onset, part.top.pitch, SILENT).reshape(bars, vo.STEPS_PER_BAR)
    ordered = np.sort(pitch, 1)
    different = ((ordered[:, 1:] != ordered[:, :-1]) & (ordered[:, 1:] >= 0)).sum(1) + (ordered[:, 0] >= 0)
    notes = np.bincount(part.steps[:, 0] // vo.STEPS_PER_BAR, minlength=bars)
    thickness = np.where(begun > 0, notes / np.maximum(begun, 1), 1.0)
    fresh = len({bar.tobytes() for bar in pitch[begun > 0]}) / max(int((begun > 0).sum()), 1)
    busy = np.where(begun > 12, -0.4, 0.0)
    score = (
        0.5 * height
        + 0.7 * np.minimum(different, 5) / 5
        + 0.4 * cover
        + 0.5 * np.clip(2 - thickness, -1.0, 1.0)
        + 0.8 * fresh
        + busy
        + _program_score(part.part.program)
        + 0.4 * _named(part.part.name, _LEAD_NAMES)
        - 0.6 * _named(part.part.name, _NOT_LEAD_NAMES)
    )
    return np.where(cover > 0, score, SILENCE)


def _bass_scores(part: GridPart, bars: int, ranked: bool) -> Floats:
    cover, _, mean = bar_statistics(part.low, bars)
    depth = np.clip((58 - mean) / 10, -2.0, 1.5)
    if ranked:
        return np.where(cover > 0, 2 * depth + cover, SILENCE * 2)
    program = part.part.program
    score = depth + 0.4 * cover
    if 32 <= program < 40:
        score = score + 1.0
    elif program in range(112, 128) or program == 47:
        score = score - 2.0
    score = score + 0.7 * _named(part.part.name, _BASS_NAMES)
    return np.where(cover > 0, score, SILENCE)


def _program_score(program: int) -> float:
    for first, end, score in _LEADS + _LEADS_MORE:
        if first <= program < end:
            return score
    return 0.0


def _named(name: str, words: re.Pattern[str]) -> float:
    return float(words.search(name) is not None)


def _join_along(grid: Grid, path: NDArray[np.int64], side: str) -> Line:
    """Join the lines of the parts along a path; a note held across a switch of parts ends there."""
    lines = [getattr(part, side) for part in grid.parts]
    rows = np.repeat(path, vo.STEPS_PER_BAR)
    steps = np.arange(grid.steps)
    pitch = np.stack([line.pitch for line in lines])[rows, steps]
    onset = np.stack([line.onset for line in lines])[rows, steps]
    switched = np.zeros(grid.steps, np.bool_)
    switched[vo.STEPS_PER_BAR :: vo.STEPS_PER_BAR] = path[1:] != path[:-1]
    onset = onset | (switched & (pitch >= 0))
    return Line(pitch, onset)


def _remove_shared(bass: Line, shared: NDArray[np.bool_]) -> Line:
    """Remove from the bass the notes that are the melody's own, where one part has both."""
    pitch = np.where(shared, SILENT, bass.pitch).astype(np.int16)
    begins = bass.onset | np.concatenate([[False], shared[:-1]])
    return Line(pitch, begins & (pitch >= 0))


def _doubles_bass(top: Line, bass: Line, bars: int) -> Floats:
    """Return for each bar 1.0 if a low line doubles the bass at the octave or fifth, otherwise 0.0."""
    shape = (bars, vo.STEPS_PER_BAR)
    begun = top.onset.reshape(shape)
    above = (top.pitch - bass.pitch) % 12
    with_bass = (bass.pitch >= 0) & ((above == 0) | (above == 7)) & (top.pitch < LOW_LEAD)
    same = (begun & with_bass.reshape(shape)).sum(1)
    result: Floats = ((begun.sum(1) > 0) & (same >= 0.8 * begun.sum(1))).astype(np.float64)
    return result


def _echoes(grid: Grid) -> list[int]:
    """Return the parts that repeat another part's notes a few steps later, the usual way to write a delay effect in MIDI."""
    notes = [part.steps[:, 0] * 128 + part.steps[:, 2] for part in grid.parts]
    ordered = [np.sort(each) for each in notes]
    found = []
    for index, own in enumerate(notes):
        for other, source in enumerate(notes):
            if other == index or not 0.7 < len(own) / max(len(source), 1) < 1.4:
                continue
            behind = _delayed_share(own, ordered[other])
            if behind > ECHO_SHARE and behind > _delayed_share(source, ordered[index]):
                found.append(index)
                break
    return found


def _delayed_share(own: NDArray[np.int64], source: NDArray[np.int64]) -> float:
    """Return the share of a sample of notes that repeat notes of `source` at one fixed delay of a few steps.

    Notes are step * 128 + pitch; `source` is sorted. 0 if as many notes coincide without a delay: then the two play in
    unison.
    """
    sought = own[:ECHO_SAMPLE] - 128 * np.array((0, *ECHO_STEPS))[:, None]
    places = np.minimum(np.searchsorted(source, sought), len(source) - 1)
    shares = (source[places] == sought).mean(1)
    return float(shares[1:].max()) if shares[1:].max() > shares[0] else 0.0
