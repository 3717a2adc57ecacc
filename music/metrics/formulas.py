"""The metrics of a window: one table, each entry with its voices, its formula in words and its source.

`measure` gives one number a window and metric; NaN where the window lacks a voice that the metric needs, or where
there is nothing to measure (no note, no chord). A figure of a collection is the mean over its windows that have one.

Sources:
    MuseGAN   Dong, Hsiao, Yang & Yang, "MuseGAN", AAAI 2018, section "Objective Metrics", and the code published with it
    BMuseGAN  Dong & Yang, "Convolutional Generative Adversarial Networks with Binary Neurons", ISMIR 2018
    MusPy     Dong, Chen, McAuley & Berg-Kirkpatrick, "MusPy", ISMIR 2020
    Harte     Harte, Sandler & Gasser, "Detecting Harmonic Change in Musical Audio", AMCMM 2006
    LHL       Longuet-Higgins & Lee, "The Rhythmic Interpretation of Monophonic Music", Music Perception 1984
    own       made for this project
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.metrics.grid import Grid, Line, bars, beats, grid, pitch_classes
from music.windows import Windows

Values = NDArray[np.float64]
Formula = Callable[[Grid], Values]

QUALIFIED_STEPS: Final = 2  # an eighth note; MuseGAN asks for a 32nd, three of its 24 steps a beat
OCTAVE: Final = 12
_BLOCK = 2048  # windows measured at a time: bounds memory

_MAJOR = np.zeros(12, bool)
_MAJOR[[0, 2, 4, 5, 7, 9, 11]] = True
SCALES: Final = np.stack(
    [np.roll(_MAJOR, root) for root in range(12)]
)  # (12, 12): major of each root = its natural minor
_KEYS = np.stack([_MAJOR, _MAJOR])  # by mode; minor stands in A, and its raised seventh belongs to it
_KEYS[vo.MINOR, 8] = True
# Steps from a position of the bar to the next stronger one; never for the first.
_TO_STRONGER = np.array([64] + [position & -position for position in range(1, vo.STEPS_PER_BAR)])


class Metric(NamedTuple):
    """One row of the table."""

    name: str
    voices: tuple[str, ...]  # all must be there, or the window has no value
    formula: str
    source: str
    compute: Formula


def ratio(part: Any, whole: Any) -> Values:
    """Return part / whole, NaN where whole is 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.asarray(np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole != 0))


def mean_where(values: Any, where: Any) -> Values:
    """Return the mean of values (N, ...) over the places of `where`, NaN where a window has none."""
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


def _filled_bars(sounding: Any) -> NDArray[np.bool_]:
    return np.asarray(bars(sounding).any(axis=2))


def _empty_bars(sounding: Any) -> Values:
    return np.asarray(1.0 - _filled_bars(sounding).mean(axis=1))


def _used_classes(classes: NDArray[np.uint8]) -> Values:
    used: Any = bars(classes)
    used = used.any(axis=2).sum(axis=2)
    return mean_where(used, used > 0)


def _qualified(voice: Line) -> Values:
    return ratio((voice.length >= QUALIFIED_STEPS).sum(axis=1), voice.notes)


def _fragmented(voice: Line) -> Values:
    again = voice.follows[:, 1:] & (voice.interval[:, 1:] == 0)
    return ratio(((voice.length[:, :-1] == 1) & again).sum(axis=1), voice.notes)


def _drum_pattern(one: Grid) -> Values:
    counts: Any = bars(one.hits.sum(axis=2, dtype=np.int64))
    all_hits = counts.sum(axis=2)
    best = np.maximum(counts[:, :, 0::2].sum(axis=2), counts[:, :, 1::2].sum(axis=2))
    shares = np.nan_to_num(ratio(best, all_hits))
    return mean_where(shares, all_hits > 0)


def _beat_chroma(classes: NDArray[np.uint8]) -> Any:
    chroma: Any = beats(classes)
    return chroma.sum(axis=2, dtype=np.int64)


def _tonal_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Values:
    distance = np.linalg.norm(
        tonal_centroid(_beat_chroma(first)) - tonal_centroid(_beat_chroma(second)), axis=-1
    )
    return mean_where(distance, ~np.isnan(distance))


def _pitches_sounding(one: Grid) -> NDArray[np.int64]:
    """Number of pitches that sound at each step; a chord counts one for each of its pitch classes."""
    chord = one.chord_classes.sum(axis=2, dtype=np.int64)
    lines = one.melody.sounds.astype(np.int64) + one.bass.sounds
    unison = one.melody.sounds & (one.melody.pitch == one.bass.pitch)
    pitches: NDArray[np.int64] = chord + lines - unison
    return pitches


def _polyphonicity(one: Grid) -> Values:
    return np.asarray((_pitches_sounding(one) > 2).mean(axis=1))


def _polyphony(one: Grid) -> Values:
    pitches = _pitches_sounding(one)
    return mean_where(pitches, pitches > 0)


def _class_counts(voice: Line) -> NDArray[np.int64]:
    """Notes struck of each pitch class, (N, 12)."""
    counts: NDArray[np.int64] = (pitch_classes(voice) * voice.struck[:, :, None]).sum(axis=1, dtype=np.int64)
    return counts


def _entropy(counts: NDArray[np.int64]) -> Values:
    shares = ratio(counts, np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape))
    logs = np.log2(shares, out=np.zeros(shares.shape), where=shares > 0)
    return np.asarray(-(shares * logs).sum(axis=1))


def _all_counts(one: Grid) -> NDArray[np.int64]:
    """Notes struck of each pitch class by melody, bass and chords (a chord is struck when it changes), (N, 12)."""
    changed = np.ones(one.windows.chords.shape, bool)
    changed[:, 1:] = one.windows.chords[:, 1:] != one.windows.chords[:, :-1]
    chords = (vo.CHORD_PITCH_CLASSES[one.windows.chords] * changed[:, :, None]).sum(axis=1, dtype=np.int64)
    return np.asarray(_class_counts(one.melody) + _class_counts(one.bass) + chords)


def _scale_consistency(counts: NDArray[np.int64]) -> Values:
    return ratio((counts @ SCALES.T.astype(np.int64)).max(axis=1), counts.sum(axis=1))


def _in_key(one: Grid) -> Values:
    counts = _class_counts(one.melody)
    return ratio((counts * _KEYS[one.windows.mode]).sum(axis=1), counts.sum(axis=1))


def _groove(struck: Any) -> Values:
    pattern: Any = bars(struck)
    same = (pattern[:, 1:] == pattern[:, :-1]).mean(axis=(1, 2))
    return np.where(struck.any(axis=1), same, np.nan)


def _pitch_range(voice: Line) -> Values:
    top = voice.pitch.max(axis=1).astype(float)
    bottom = np.where(voice.sounds, voice.pitch, 999).min(axis=1)
    return np.where(voice.notes > 0, top - bottom, np.nan)


def _empty_beats(one: Grid) -> Values:
    sounding: Any = beats(one.melody.sounds)
    return np.asarray(1.0 - sounding.any(axis=2).mean(axis=1))


def _in_chord(voice: Line, one: Grid, where: NDArray[np.bool_]) -> Values:
    member = np.take_along_axis(one.chord_classes, (voice.pitch % 12)[:, :, None].astype(np.intp), axis=2)
    return mean_where(member[:, :, 0], where & (one.chord != vo.NO_CHORD))


def _on_root(one: Grid) -> Values:
    roots = (one.chord.astype(np.int16) - 1) // len(vo.QUALITIES)
    return mean_where(one.bass.pitch % 12 == roots, one.bass.struck & (one.chord != vo.NO_CHORD))


def _per_bar(count: Any) -> Values:
    return np.asarray(count / vo.BARS, float)


def _mean_interval(voice: Line) -> Values:
    return mean_where(np.abs(voice.interval), voice.follows)


def _leaps(voice: Line) -> Values:
    return mean_where(np.abs(voice.interval) > OCTAVE, voice.follows)


def _repeats(voice: Line) -> Values:
    return mean_where(voice.interval == 0, voice.follows)


def _syncopation(voice: Line) -> Values:
    return mean_where(voice.length > np.tile(_TO_STRONGER, vo.BARS), voice.struck)


def _similarity(same: Callable[[int, int], Any], union: Callable[[int, int], Any]) -> Values:
    """Mean Jaccard overlap of the pairs of bars of a window; pairs of two empty bars do not count."""
    pairs = [(a, b) for a in range(vo.BARS) for b in range(a + 1, vo.BARS)]
    overlaps = np.stack([ratio(same(a, b), union(a, b)) for a, b in pairs], axis=1)
    return mean_where(overlaps, ~np.isnan(overlaps))


def _line_similarity(voice: Line) -> Values:
    struck: Any = bars(voice.struck)
    pitch: Any = bars(voice.pitch)

    def same(a: int, b: int) -> Any:
        return (struck[:, a] & struck[:, b] & (pitch[:, a] == pitch[:, b])).sum(axis=1)

    return _similarity(same, lambda a, b: struck[:, a].sum(axis=1) + struck[:, b].sum(axis=1) - same(a, b))


def _drum_similarity(one: Grid) -> Values:
    hits: Any = bars(one.hits)
    return _similarity(
        lambda a, b: (hits[:, a] & hits[:, b]).sum(axis=(1, 2)),
        lambda a, b: (hits[:, a] | hits[:, b]).sum(axis=(1, 2)),
    )


def _chord_changes(one: Grid) -> Values:
    chords = one.windows.chords
    both = (chords[:, 1:] != vo.NO_CHORD) & (chords[:, :-1] != vo.NO_CHORD)
    changes = (both & (chords[:, 1:] != chords[:, :-1])).sum(axis=1)
    return np.where(chords.any(axis=1), changes, np.nan)


def _distinct_chords(one: Grid) -> Values:
    used = np.zeros((len(one), vo.CHORD_TOKENS), bool)
    np.put_along_axis(used, one.windows.chords.astype(np.intp), True, axis=1)
    distinct = used[:, 1:].sum(axis=1).astype(float)
    return np.where(distinct > 0, distinct, np.nan)


def _crossing(one: Grid) -> Values:
    return mean_where(one.melody.pitch < one.bass.pitch, one.melody.sounds & one.bass.sounds)


def _drum_on(one: Grid, drum: int, beats_of_bar: tuple[int, ...]) -> Values:
    hits: Any = bars(one.hits)
    filled = hits.any(axis=(2, 3))
    wanted = hits[:, :, [beat * vo.STEPS_PER_BEAT for beat in beats_of_bar], drum]
    return mean_where(wanted, np.broadcast_to(filled[:, :, None], wanted.shape))


def _table() -> tuple[Metric, ...]:
    lines: tuple[tuple[str, Callable[[Grid], Line]], ...] = (
        ("melody", lambda one: one.melody),
        ("bass", lambda one: one.bass),
    )
    rows: list[Metric] = []

    def add(name: str, voices: str, formula: str, source: str, compute: Formula) -> None:
        rows.append(Metric(name, tuple(voices.split()), formula, source, compute))

    def add_lines(name: str, formula: str, source: str, compute: Callable[[Line], Values]) -> None:
        for voice, of in lines:
            add(f"{name}_{voice}", voice, formula, source, lambda one, of=of: compute(of(one)))  # type: ignore[misc]

    add_lines("empty_bars", "bars in which nothing sounds / bars", "MuseGAN", lambda v: _empty_bars(v.sounds))
    add(
        "empty_bars_harmony",
        "harmony",
        "bars without a chord / bars",
        "MuseGAN",
        lambda one: _empty_bars(one.chord > 0),
    )
    add(
        "empty_bars_drums",
        "drums",
        "bars without a hit / bars",
        "MuseGAN",
        lambda one: _empty_bars(one.hits.any(axis=2)),
    )
    add_lines(
        "used_pitch_classes",
        "mean over bars that are not empty of the number of different pitch classes that sound",
        "MuseGAN",
        lambda v: _used_classes(pitch_classes(v)),
    )
    add(
        "used_pitch_classes_harmony",
        "harmony",
        "mean over bars with a chord of the number of different pitch classes of its chords",
        "MuseGAN",
        lambda one: _used_classes(one.chord_classes),
    )
    add_lines(
        "qualified_notes",
        "notes of two steps (an eighth) or longer / notes; MuseGAN's own threshold is a 32nd",
        "MuseGAN",
        _qualified,
    )
    add(
        "drum_pattern",
        "drums",
        "mean over bars with drums of: hits on the better of the two eighth-note grids (even or odd steps) / hits",
        "MuseGAN",
        _drum_pattern,
    )
    distance = "mean over beats in which both sound of the distance of their tonal centroids (weights: steps that sound)"
    add(
        "tonal_distance_melody_harmony",
        "melody harmony",
        distance,
        "Harte; MuseGAN",
        lambda one: _tonal_distance(pitch_classes(one.melody), one.chord_classes),
    )
    add(
        "tonal_distance_melody_bass",
        "melody bass",
        distance,
        "Harte; MuseGAN",
        lambda one: _tonal_distance(pitch_classes(one.melody), pitch_classes(one.bass)),
    )
    add(
        "tonal_distance_harmony_bass",
        "harmony bass",
        distance,
        "Harte; MuseGAN",
        lambda one: _tonal_distance(one.chord_classes, pitch_classes(one.bass)),
    )
    add(
        "polyphonicity",
        "melody harmony bass",
        "steps at which more than two pitches sound / steps (a chord: one pitch for each pitch class)",
        "BMuseGAN",
        _polyphonicity,
    )
    add(
        "polyphony",
        "melody harmony bass",
        "mean number of pitches that sound, over steps at which one does",
        "MusPy",
        _polyphony,
    )
    add_lines(
        "pitch_class_entropy",
        "-sum p log2 p over the shares p of the pitch classes among the notes",
        "MusPy",
        lambda v: _entropy(_class_counts(v)),
    )
    add(
        "scale_consistency_melody",
        "melody",
        "largest share of notes that lie in one major or natural minor scale",
        "MusPy",
        lambda one: _scale_consistency(_class_counts(one.melody)),
    )
    add(
        "scale_consistency_all",
        "melody harmony bass",
        "the same over the notes of melody, bass and chords (a chord is struck when it changes)",
        "MusPy",
        lambda one: _scale_consistency(_all_counts(one)),
    )
    add(
        "in_key_melody",
        "melody",
        "notes in the window's own key (minor: natural, and the raised seventh) / notes",
        "MuseGAN; MusPy",
        _in_key,
    )
    groove = "1 - mean over neighbouring bars of (steps where one bar strikes and the other does not / 16)"
    add_lines("groove_consistency", groove, "MusPy", lambda v: _groove(v.struck))
    add("groove_consistency_drums", "drums", groove, "MusPy", lambda one: _groove(one.hits.any(axis=2)))
    add_lines("pitch_range", "highest pitch - lowest pitch, semitones", "MusPy", _pitch_range)
    add("empty_beats_melody", "melody", "beats in which nothing sounds / beats", "MusPy", _empty_beats)
    add(
        "chord_tones_melody",
        "melody harmony",
        "steps at which the melody's pitch class belongs to the chord / steps at which melody and chord sound",
        "own",
        lambda one: _in_chord(one.melody, one, one.melody.sounds),
    )
    add(
        "chord_tones_bass",
        "harmony bass",
        "the same of the bass",
        "own",
        lambda one: _in_chord(one.bass, one, one.bass.sounds),
    )
    add(
        "root_bass",
        "harmony bass",
        "bass notes on the root of their chord / bass notes with a chord",
        "own",
        _on_root,
    )
    add_lines("notes_per_bar", "notes / bars", "own", lambda v: _per_bar(v.notes))
    add(
        "notes_per_bar_drums",
        "drums",
        "hits / bars",
        "own",
        lambda one: _per_bar(one.hits.sum(axis=(1, 2), dtype=np.int64)),
    )
    add_lines(
        "note_length", "mean length of the notes, steps", "own", lambda v: mean_where(v.length, v.struck)
    )
    add_lines("mean_pitch", "mean MIDI pitch of the notes", "own", lambda v: mean_where(v.pitch, v.struck))
    add_lines("mean_interval", "mean size of the step from note to note, semitones", "own", _mean_interval)
    add_lines(
        "repeated_pitch",
        "steps from note to note that stay on the pitch / steps from note to note",
        "own",
        _repeats,
    )
    add(
        "leaps_melody",
        "melody",
        "intervals larger than an octave / intervals",
        "own",
        lambda one: _leaps(one.melody),
    )
    add_lines(
        "syncopation",
        "notes that sound on through a stronger position of the bar than the one they are struck on / notes",
        "LHL",
        _syncopation,
    )
    similar = "mean Jaccard overlap of the pairs of bars, as sets of (step, pitch) struck"
    add_lines("bar_similarity", similar, "own", _line_similarity)
    add("bar_similarity_drums", "drums", similar.replace("pitch", "drum"), "own", _drum_similarity)
    add("chord_changes", "harmony", "changes from a chord to another, in the window", "own", _chord_changes)
    add("distinct_chords", "harmony", "different chords in the window", "own", _distinct_chords)
    add(
        "crossing",
        "melody bass",
        "steps at which the melody lies under the bass / steps at which both sound",
        "own",
        _crossing,
    )
    add(
        "kick_on_1",
        "drums",
        "bars with drums that have the kick on beat 1 / bars with drums",
        "own",
        lambda one: _drum_on(one, 0, (0,)),
    )
    add(
        "snare_on_2_4",
        "drums",
        "beats 2 and 4 with the snare / beats 2 and 4 of bars with drums",
        "own",
        lambda one: _drum_on(one, 1, (1, 3)),
    )
    add_lines(
        "fragmented_notes",
        "notes one step long that are struck again, at the same pitch, on the very next step / notes",
        "own",
        _fragmented,
    )
    return tuple(rows)


METRICS: Final = _table()
NAMES: Final = tuple(metric.name for metric in METRICS)
COLUMN: Final = {name: column for column, name in enumerate(NAMES)}


def measure(windows: Windows) -> Values:
    """Return the value of every metric for every window, (N, len(METRICS)); NaN where there is none."""
    values = np.full((len(windows), len(METRICS)), np.nan)
    for start in range(0, len(windows), _BLOCK):
        block = windows[start : start + _BLOCK]
        one = grid(block)
        for column, metric in enumerate(METRICS):
            there = block.having(*metric.voices)
            values[start : start + len(block), column] = np.where(there, metric.compute(one), np.nan)
    return values


def means(values: Values) -> Values:
    """Return the mean of each metric over the windows that have one, (M,); NaN where none has."""
    return mean_where(values.T, ~np.isnan(values.T))
