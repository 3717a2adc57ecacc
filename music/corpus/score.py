"""`Score`: the notes of one piece in quarter notes, from any kind of file; the codec turns it into tokens."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from music.errors import CorpusError
from music.midi.reader import MidiSong

TICKS: Final = 480  # a quarter note, in a cached score
MAX_PARTS: Final = 32
MAX_RUNS: Final = 64
MAX_BARS: Final = 1024  # of a run
MAX_NOTE_BEATS: Final = 64.0  # a longer note probably lacks its end in the file: it is cut
BEATS: Final = 4

Notes = NDArray[np.float64]  # (n, 4): start, end (quarter notes), pitch, velocity; sorted by start


@dataclass(frozen=True)
class Part:
    """One instrument's notes. `program` is its General MIDI program, -1 if the source names none."""

    name: str
    program: int
    is_drums: bool
    notes: Notes


@dataclass(frozen=True)
class Stretch:
    """A stretch of whole 4/4 bars: its first beat, counted in quarter notes from the piece's start, and its bars."""

    start: float
    bars: int


@dataclass(frozen=True)
class Score:
    """One piece. Two bars of 2/4 count as one bar; music in other metres is not in any run."""

    title: str
    parts: tuple[Part, ...]
    runs: tuple[Stretch, ...]
    sharps: int | None  # of the key signature, -7..7; None if the source has none that can be trusted


def score_of_song(song: MidiSong, title: str, where: str) -> Score:
    """Return a MIDI song as a score: one part for each channel of each track. Raises CorpusError for more than MAX_PARTS."""
    groups: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
    programs: dict[tuple[int, int], dict[int, int]] = {}
    beat = float(song.ticks_per_beat)
    for note in song.notes:
        key = (note.track, note.channel)
        start = note.start / beat
        row = (start, min(note.end / beat, start + MAX_NOTE_BEATS), float(note.pitch), float(note.velocity))
        groups.setdefault(key, []).append(row)
        counts = programs.setdefault(key, {})
        counts[note.program] = counts.get(note.program, 0) + 1
    if len(groups) > MAX_PARTS:
        raise CorpusError(f"{where}: expected at most {MAX_PARTS} parts, found {len(groups)}")
    parts = tuple(
        Part(
            song.track_names[track],
            max(programs[track, channel], key=lambda program: programs[track, channel][program]),
            channel == 9,
            np.array(groups[track, channel]),
        )
        for track, channel in sorted(groups)
    )
    end = max(float(part.notes[:, 1].max()) for part in parts)
    return Score(title, parts, _runs_of_song(song, end), None)


def _runs_of_song(song: MidiSong, end: float) -> tuple[Stretch, ...]:
    """Return the stretches of 4/4, 2/2 and 2/4; a file without a metre is in 4/4, as in the MIDI standard."""
    changes = [(tick / song.ticks_per_beat, metre) for tick, *metre in song.time_signatures]
    if not changes or changes[0][0] > 0:
        changes.insert(0, (0.0, [4, 4]))
    runs: list[Stretch] = []
    for index, (start, metre) in enumerate(changes):
        stop = changes[index + 1][0] if index + 1 < len(changes) else end
        if not is_four_four(metre[0], metre[1]) or stop <= start:
            continue
        bars = (stop - start) / BEATS
        if runs and runs[-1].start + runs[-1].bars * BEATS == start and runs[-1].bars:
            last = runs.pop()  # the same metre again
            start, bars = last.start, bars + last.bars
        whole = int(bars) if index + 1 < len(changes) else int(np.ceil(bars - 1e-9))
        runs.append(Stretch(start, min(whole, MAX_BARS)))
    return tuple(run for run in runs if run.bars)


def is_four_four(beats: int, unit: int) -> bool:
    """Whether bars of this metre, alone or in pairs, make bars of four quarter notes."""
    return (beats, unit) in ((4, 4), (2, 2), (2, 4))


def score_to_data(score: Score) -> dict[str, Any]:
    """Return a score as JSON-able values; times are in ticks, TICKS per quarter note."""
    return {
        "title": score.title,
        "sharps": score.sharps,
        "runs": [[round(run.start * TICKS), run.bars] for run in score.runs],
        "parts": [
            {
                "name": part.name,
                "program": part.program,
                "drums": part.is_drums,
                "notes": [
                    [round(start * TICKS), round(end * TICKS), int(pitch), int(velocity)]
                    for start, end, pitch, velocity in part.notes.tolist()
                ],
            }
            for part in score.parts
        ],
    }


def score_from_data(data: dict[str, Any]) -> Score:
    """Return the score that `score_to_data` wrote. Raises KeyError, TypeError or ValueError for other data."""
    parts = []
    for part in data["parts"]:
        notes = np.array(part["notes"], np.float64).reshape(-1, 4)
        notes[:, :2] /= TICKS
        parts.append(Part(str(part["name"]), int(part["program"]), bool(part["drums"]), notes))
    runs = tuple(Stretch(start / TICKS, int(bars)) for start, bars in data["runs"])
    sharps = data["sharps"]
    return Score(str(data["title"]), tuple(parts), runs, None if sharps is None else int(sharps))
