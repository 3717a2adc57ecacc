"""The computations of the metrics: each function takes one or all voices of N windows and returns N values.

`formulas.METRICS` explains the values; NaN if a window has nothing to measure.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.metrics.window_grid import WindowGrid, WindowLine, pitch_class_roll, split_bars, split_beats

Values = NDArray[np.float64]

QUALIFIED_STEPS: Final = 2  # an eighth note; MuseGAN uses a 32nd, three of its 24 steps per beat
OCTAVE: Final = 12

_MAJOR = np.zeros(12, bool)
_MAJOR[[0, 2, 4, 5, 7, 9, 11]] = True
# (12, 12): the major scale of each root; the natural minor scales are the same twelve.
SCALES: Final = np.stack([np.roll(_MAJOR, root) for root in range(12)])
_KEYS = np.stack([_MAJOR, _MAJOR])  # by mode; minor is in A and includes the raised seventh
_KEYS[vo.MINOR, 8] = True
# Steps from a position of the bar to the next stronger one; never for the first.
_TO_STRONGER = np.array([64] + [position & -position for position in range(1, vo.STEPS_PER_BAR)])


def ratio(part: Any, whole: Any) -> Values:
    """Return part / whole; NaN if whole is 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0))


def mean_where(values: Any, where: Any) -> Values:
    """Return the mean of values (N, ...) where `where` is true; NaN for a window without such a place."""
    axes = tuple(range(1, np.ndim(values)))
    return ratio(np.where(where, values, 0).sum(axis=axes), where.sum(axis=axes))


def tonal_matrix() -> Values:
    """Return Harte's six tonal axes of the twelve pitch classes (6, 12): fifths, minor thirds, major thirds."""
    turns = np.arange(12) * np.pi
    angles = [turns * 7 / 6, turns * 3 / 2, turns * 2 / 3]
    rows = [radius * wave(angle) for angle, radius in zip(angles, (1, 1, 0.5)) for wave in (np.sin, np.cos)]
    return np.stack(rows)


_TONAL = tonal_matrix()


def tonal_centroid(chroma: Any) -> Values:
    """Return the tonal centroid (..., 6) of weights of pitch classes (..., 12); NaN for silence."""
    weights = np.asarray(chroma, float)
    whole = np.broadcast_to(weights.sum(axis=-1, keepdims=True), weights.shape)
    centroid: Values = ratio(weights, whole) @ _TONAL.T
    return centroid


def filled_bars(sounding: Any) -> NDArray[np.bool_]:
    """Return (N, BARS): whether something sounds in the bar."""
    return np.asarray(split_bars(sounding).any(axis=2))


def empty_bars(sounding: Any) -> Values:
    """Return the share of bars in which nothing of `sounding` (N, STEPS) is true."""
    return np.asarray(1.0 - filled_bars(sounding).mean(axis=1))


def used_classes(classes: NDArray[np.uint8]) -> Values:
    """Return the mean number of pitch classes (N, STEPS, 12) used in a bar, over bars that use one."""
    used: Any = split_bars(classes)
    used = used.any(axis=2).sum(axis=2)
    return mean_where(used, used > 0)


def qualified(voice: WindowLine) -> Values:
    """Return the share of notes of QUALIFIED_STEPS or longer."""
    return ratio((voice.length >= QUALIFIED_STEPS).sum(axis=1), voice.notes)


def fragmented(voice: WindowLine) -> Values:
    """Return the share of notes one step long that are struck again at the same pitch on the next step."""
    again = voice.follows[:, 1:] & (voice.interval[:, 1:] == 0)
    return ratio(((voice.length[:, :-1] == 1) & again).sum(axis=1), voice.notes)


def drum_pattern(one: WindowGrid) -> Values:
    """Return the mean over filled bars of the share of hits on the better eighth-note grid."""
    counts: Any = split_bars(one.hits.sum(axis=2, dtype=np.int64))
    all_hits = counts.sum(axis=2)
    best = np.maximum(counts[:, :, 0::2].sum(axis=2), counts[:, :, 1::2].sum(axis=2))
    shares = np.nan_to_num(ratio(best, all_hits))
    return mean_where(shares, all_hits > 0)


def beat_chroma(classes: NDArray[np.uint8]) -> Any:
    """Return (N, BEATS, 12): steps of the beat at which the pitch class sounds."""
    chroma: Any = split_beats(classes)
    return chroma.sum(axis=2, dtype=np.int64)


def tonal_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Values:
    """Return the mean distance of the two voices' tonal centroids, over beats in which both sound."""
    distance = np.linalg.norm(
        tonal_centroid(beat_chroma(first)) - tonal_centroid(beat_chroma(second)), axis=-1
    )
    return mean_where(distance, ~np.isnan(distance))


def pitches_sounding(one: WindowGrid) -> NDArray[np.int64]:
    """Return the number of pitches that sound at each step; a chord counts one for each of its pitch classes."""
    chord = one.chord_classes.sum(axis=2, dtype=np.int64)
    lines = one.melody.sounds.astype(np.int64) + one.bass.sounds
    unison = one.melody.sounds & (one.melody.pitch == one.bass.pitch)
    pitches: NDArray[np.int64] = chord + lines - unison
    return pitches


def polyphonicity(one: WindowGrid) -> Values:
    """Return the share of steps at which more than two pitches sound."""
    return np.asarray((pitches_sounding(one) > 2).mean(axis=1))


def polyphony(one: WindowGrid) -> Values:
    """Return the mean number of pitches that sound, over steps at which one does."""
    pitches = pitches_sounding(one)
    return mean_where(pitches, pitches > 0)


def class_counts(voice: WindowLine) -> NDArray[np.int64]:
    """Return the notes struck of each pitch class, (N, 12)."""
    counts: NDArray[np.int64] = (pitch_class_roll(voice) * voice.struck[:, :, None]).sum(
        axis=1, dtype=np.int64
    )
    return counts


def entropy(counts: NDArray[np.int64]) -> Values:
    """Return the entropy in bits of counts (N, K)."""
    shares = ratio(counts, np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape))
    logs = np.log2(shares, out=np.zeros(shares.shape), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1))


def all_counts(one: WindowGrid) -> NDArray[np.int64]:
    """Return the notes struck of each pitch class by melody, bass and chords (a chord is struck when it changes), (N, 12)."""
    changed = np.ones(one.windows.chords.shape, bool)
    changed[:, 1:] = one.windows.chords[:, 1:] != one.windows.chords[:, :-1]
    chords = (vo.CHORD_PITCH_CLASSES[one.windows.chords] * changed[:, :, None]).sum(axis=1, dtype=np.int64)
    return np.asarray(class_counts(one.melody) + class_counts(one.bass) + chords)


def scale_consistency(counts: NDArray[np.int64]) -> Values:
    """Return the largest share of the counted pitch classes (N, 12) in one scale."""
    return ratio((counts @ SCALES.T.astype(np.int64)).max(axis=1), counts.sum(axis=1))


def in_key_share(one: WindowGrid) -> Values:
    """Return the share of melody notes in the scale of the window's mode."""
    counts = class_counts(one.melody)
    return ratio((counts * _KEYS[one.windows.mode]).sum(axis=1), counts.sum(axis=1))


def groove(struck: Any) -> Values:
    """Return the similarity of neighbouring bars as patterns of onsets (N, STEPS); NaN without an onset."""
    pattern: Any = split_bars(struck)
    same = (pattern[:, 1:] == pattern[:, :-1]).mean(axis=(1, 2))
    return np.where(struck.any(axis=1), same, np.nan)


def pitch_range(voice: WindowLine) -> Values:
    """Return highest - lowest pitch in semitones."""
    top = voice.pitch.max(axis=1).astype(float)
    bottom = np.where(voice.sounds, voice.pitch, 999).min(axis=1)
    return np.where(voice.notes > 0, top - bottom, np.nan)


def empty_beats(one: WindowGrid) -> Values:
    """Return the share of beats in which the melody is silent."""
    sounding: Any = split_beats(one.melody.sounds)
    return np.asarray(1.0 - sounding.any(axis=2).mean(axis=1))


def in_chord(voice: WindowLine, one: WindowGrid, where: NDArray[np.bool_]) -> Values:
    """Return the share of the steps of `where` with a chord at which the pitch belongs to it."""
    member = np.take_along_axis(one.chord_classes, (voice.pitch % 12)[:, :, None].astype(np.intp), axis=2)
    return mean_where(member[:, :, 0], where & (one.chord != vo.NO_CHORD))


def on_root(one: WindowGrid) -> Values:
    """Return the share of bass notes with a chord that are its root."""
    roots = (one.chord.astype(np.int16) - 1) // len(vo.QUALITIES)
    return mean_where(one.bass.pitch % 12 == roots, one.bass.struck & (one.chord != vo.NO_CHORD))


def per_bar(count: Any) -> Values:
    """Convert counts per window to counts per bar."""
    return np.asarray(count / vo.BARS, float)


def mean_interval(voice: WindowLine) -> Values:
    """Return the mean size of the intervals in semitones."""
    return mean_where(np.abs(voice.interval), voice.follows)


def leaps(voice: WindowLine) -> Values:
    """Return the share of intervals larger than an octave."""
    return mean_where(np.abs(voice.interval) > OCTAVE, voice.follows)


def repeats(voice: WindowLine) -> Values:
    """Return the share of intervals that stay on the pitch."""
    return mean_where(voice.interval == 0, voice.follows)


def syncopation(voice: WindowLine) -> Values:
    """Return the share of notes that sound on through a stronger position than their own."""
    return mean_where(voice.length > np.tile(_TO_STRONGER, vo.BARS), voice.struck)


def similarity(same: Callable[[int, int], Any], union: Callable[[int, int], Any]) -> Values:
    """Return the mean Jaccard overlap of the pairs of bars of a window; pairs of two empty bars do not count."""
    pairs = [(a, b) for a in range(vo.BARS) for b in range(a + 1, vo.BARS)]
    overlaps = np.stack([ratio(same(a, b), union(a, b)) for a, b in pairs], axis=1)
    return mean_where(overlaps, ~np.isnan(overlaps))


def line_similarity(voice: WindowLine) -> Values:
    """Return the mean overlap of the bars of a line, as sets of (step, pitch) struck."""
    struck: Any = split_bars(voice.struck)
    pitch: Any = split_bars(voice.pitch)

    def same(a: int, b: int) -> Any:
        return (struck[:, a] & struck[:, b] & (pitch[:, a] == pitch[:, b])).sum(axis=1)

    return similarity(same, lambda a, b: struck[:, a].sum(axis=1) + struck[:, b].sum(axis=1) - same(a, b))


def drum_similarity(one: WindowGrid) -> Values:
    """Return the mean overlap of the bars of the drums, as sets of (step, drum) struck."""
    hits: Any = split_bars(one.hits)
    return similarity(
        lambda a, b: (hits[:, a] & hits[:, b]).sum(axis=(1, 2)),
        lambda a, b: (hits[:, a] | hits[:, b]).sum(axis=(1, 2)),
    )


def chord_changes(one: WindowGrid) -> Values:
    """Return the number of changes from a chord to another; NaN without a chord."""
    chords = one.windows.chords
    both = (chords[:, 1:] != vo.NO_CHORD) & (chords[:, :-1] != vo.NO_CHORD)
    changes = (both & (chords[:, 1:] != chords[:, :-1])).sum(axis=1)
    return np.where(chords.any(axis=1), changes, np.nan)


def distinct_chords(one: WindowGrid) -> Values:
    """Return the number of different chords; NaN without a chord."""
    used = np.zeros((len(one), vo.CHORD_TOKENS), bool)
    np.put_along_axis(used, one.windows.chords.astype(np.intp), True, axis=1)
    distinct = used[:, 1:].sum(axis=1).astype(float)
    return np.where(distinct > 0, distinct, np.nan)


def crossing(one: WindowGrid) -> Values:
    """Return the share of steps with melody and bass at which the melody is the lower."""
    return mean_where(one.melody.pitch < one.bass.pitch, one.melody.sounds & one.bass.sounds)


def drum_on(one: WindowGrid, drum: int, beats_of_bar: tuple[int, ...]) -> Values:
    """Return the share of those beats of filled bars that have the drum (index of DRUMS)."""
    hits: Any = split_bars(one.hits)
    filled = hits.any(axis=(2, 3))
    wanted = hits[:, :, [beat * vo.STEPS_PER_BEAT for beat in beats_of_bar], drum]
    return mean_where(wanted, np.broadcast_to(filled[:, :, None], wanted.shape))
