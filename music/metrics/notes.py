"""Metrics on plain notes, for MIDI of any length outside the token grid: MusPy's, and three kinds of our own.

`note_metrics` returns them by name:

    muspy_…  what MusPy 0.5.0 computes (Dong et al., "MusPy", ISMIR 2020) from a file with four steps per beat,
             `music.adjust_resolution(4)`, and groove measured on 16 steps per bar. Its peculiarities are kept:
             polyphony_rate counts steps with *more* pitches than its threshold, 2; a note that ends on a beat line
             also fills the next beat; a file that ends on a beat line has one more beat, on a bar line one more bar,
             which is empty. Drums count for length, empty beats and groove.
    notes_…  without these peculiarities: a note fills the beats in which it sounds, and the last bar is the last one
             in which a note starts. Also has qualified and fragmented notes, which MusPy lacks.

Each formula takes the notes of one or several voices (`music.piece.Note`, starts and lengths in steps of a 16th) and returns
NaN without notes.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.metrics.kernels import QUALIFIED_STEPS, SCALES
from music.piece import Note

Notes = Sequence[Note]
_NONE: Final = math.nan


def _entropy(counts: NDArray[np.int64]) -> float:
    if not counts.sum():
        return _NONE
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def _pitches(notes: Notes) -> NDArray[np.int64]:
    return np.array([note.pitch for note in notes], np.int64)


def _end(notes: Notes) -> int:
    return max((note.start + note.length for note in notes), default=0)


def pitch_entropy(notes: Notes) -> float:
    """Return -sum p log2 p over the shares p of the pitches."""
    return _entropy(np.bincount(_pitches(notes), minlength=128))


def pitch_class_entropy(notes: Notes) -> float:
    """Return -sum p log2 p over the shares p of the pitch classes; at most log2 12 = 3.58."""
    return _entropy(np.bincount(_pitches(notes) % 12, minlength=12))


def in_scale_rate(notes: Notes, root: int, mode: int) -> float:
    """Return the share of notes in the major or natural minor scale (`mode`: vocabulary's) on the pitch class `root`."""
    if not notes:
        return _NONE
    major_root = (root + 3) % 12 if mode == vo.MINOR else root % 12
    return float(SCALES[major_root][_pitches(notes) % 12].mean())


def scale_consistency(notes: Notes) -> float:
    """Return the largest in-scale rate over all major and natural minor scales."""
    if not notes:
        return _NONE
    return float(SCALES[:, _pitches(notes) % 12].mean(axis=1).max())


def groove_consistency(notes: Notes, steps_per_bar: int = vo.STEPS_PER_BAR) -> float:
    """Return 1 - the mean share of a bar's steps at which a note begins either in it or in the next bar, but not in both.

    The last bar is the last one in which a note starts. NaN for fewer than two bars.
    """
    bars = max((note.start for note in notes), default=-1) // steps_per_bar + 1
    if bars < 2:
        return _NONE
    struck = np.zeros(bars * steps_per_bar, bool)
    struck[[note.start for note in notes]] = True
    pattern = struck.reshape(bars, steps_per_bar)
    return float((pattern[1:] == pattern[:-1]).mean())


def _sounding(notes: Notes) -> NDArray[np.int64]:
    """Return the number of different pitches that sound at each step."""
    roll = np.zeros((_end(notes), 128), bool)
    for note in notes:
        roll[note.start : note.start + note.length, note.pitch] = True
    return np.asarray(roll.sum(axis=1, dtype=np.int64))


def polyphony(notes: Notes) -> float:
    """Return the mean number of pitches that sound, over steps at which one does."""
    count = _sounding(notes)
    return float(count[count > 0].mean()) if count.any() else _NONE


def polyphony_rate(notes: Notes, threshold: int = 2, end: int = 0) -> float:
    """Return the share of steps, up to `end` or the last note's end, at which more than `threshold` pitches sound."""
    count = _sounding(notes)
    steps = max(end, len(count))
    return float(np.count_nonzero(count > threshold) / steps) if steps else _NONE


def pitch_range(notes: Notes) -> float:
    """Return highest - lowest pitch, semitones."""
    return float(np.ptp(_pitches(notes))) if notes else _NONE


def pitch_classes_used(notes: Notes) -> float:
    """Return the number of different pitch classes."""
    return float(len(np.unique(_pitches(notes) % 12))) if notes else _NONE


def empty_beat_rate(notes: Notes, steps: int | None = None) -> float:
    """Return the share of beats in which nothing sounds, up to `steps` (default: the last note's end)."""
    length = _end(notes) if steps is None else steps
    beats = -(-length // vo.STEPS_PER_BEAT)
    if not beats:
        return _NONE
    filled = np.zeros(beats, bool)
    for note in notes:
        filled[note.start // vo.STEPS_PER_BEAT : -(-(note.start + note.length) // vo.STEPS_PER_BEAT)] = True
    return float(1 - filled.mean())


def qualified_note_rate(notes: Notes, steps: int = QUALIFIED_STEPS) -> float:
    """Return the share of notes that last `steps` or longer (an eighth)."""
    return sum(note.length >= steps for note in notes) / len(notes) if notes else _NONE


def fragmented_note_rate(notes: Notes) -> float:
    """Return the share of notes one step long that are struck again, at the same pitch, on the very next step."""
    struck = {(note.start, note.pitch) for note in notes}
    again = sum(note.length == 1 and (note.start + 1, note.pitch) in struck for note in notes)
    return again / len(notes) if notes else _NONE


def muspy_groove_consistency(notes: Notes, steps_per_bar: int = vo.STEPS_PER_BAR) -> float:
    """Return MusPy's `groove_consistency`: over all bars up to the last note's end; an end on a bar line adds a bar."""
    bars = _end(notes) // steps_per_bar + 1
    if not notes or bars < 2:
        return _NONE
    struck = np.zeros(bars * steps_per_bar, bool)
    struck[[note.start for note in notes]] = True
    pattern = struck.reshape(bars, steps_per_bar)
    return float((pattern[1:] == pattern[:-1]).mean())


def muspy_empty_beat_rate(notes: Notes) -> float:
    """Return MusPy's `empty_beat_rate`: a note that ends on a beat line also fills the beat that begins there."""
    if not notes:
        return _NONE
    filled = np.zeros(_end(notes) // vo.STEPS_PER_BEAT + 1, bool)
    for note in notes:
        filled[note.start // vo.STEPS_PER_BEAT : (note.start + note.length) // vo.STEPS_PER_BEAT + 1] = True
    return float(1 - filled.mean())


PITCHED: Final[dict[str, Callable[[Notes], float]]] = {
    "muspy_pitch_class_entropy": pitch_class_entropy,
    "muspy_pitch_entropy": pitch_entropy,
    "muspy_scale_consistency": scale_consistency,
    "muspy_polyphony": polyphony,
    "muspy_pitch_range": pitch_range,
    "muspy_pitch_classes_used": pitch_classes_used,
    "notes_qualified_note_rate": qualified_note_rate,
    "notes_fragmented_note_rate": fragmented_note_rate,
}
RHYTHMIC: Final[dict[str, Callable[[Notes], float]]] = {
    "muspy_groove_consistency": muspy_groove_consistency,
    "muspy_empty_beat_rate": muspy_empty_beat_rate,
    "notes_groove_consistency": groove_consistency,
    "notes_empty_beat_rate": empty_beat_rate,
}


def note_metrics(voices: Mapping[str, Iterable[Note]]) -> dict[str, float]:
    """Return every metric of a piece by voice; drums count only for rhythm and length."""
    pitched = [note for name, notes in voices.items() if name != "drums" for note in notes]
    every = [note for notes in voices.values() for note in notes]
    return (
        {name: formula(pitched) for name, formula in PITCHED.items()}
        | {"muspy_polyphony_rate": polyphony_rate(pitched, end=_end(every))}
        | {name: formula(every) for name, formula in RHYTHMIC.items()}
    )
