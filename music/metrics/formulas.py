"""The metrics of a window: one table of name, voices, formula in words and source.

`measure` gives one number per window and metric; NaN if the window lacks a voice that the metric needs, or has nothing to
measure (no note, no chord). The value of a collection is the mean over its windows that have one.

Sources:
    MuseGAN   Dong, Hsiao, Yang & Yang, "MuseGAN", AAAI 2018, section "Objective Metrics", and the code published with it
    BMuseGAN  Dong & Yang, "Convolutional Generative Adversarial Networks with Binary Neurons", ISMIR 2018
    MusPy     Dong, Chen, McAuley & Berg-Kirkpatrick, "MusPy", ISMIR 2020
    Harte     Harte, Sandler & Gasser, "Detecting Harmonic Change in Musical Audio", AMCMM 2006
    LHL       Longuet-Higgins & Lee, "The Rhythmic Interpretation of Monophonic Music", Music Perception 1984
    own       made for this project
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from music.metrics import kernels as k
from music.metrics.kernels import Values, mean_where
from music.metrics.window_grid import WindowGrid, WindowLine, pitch_class_roll, unroll_windows
from music.windows import Windows

Formula = Callable[[WindowGrid], Values]

_BLOCK = 2048  # windows measured at a time: bounds memory


class Metric(NamedTuple):
    """One row of the table."""

    name: str
    voices: tuple[str, ...]  # the window must have all of them, otherwise its value is NaN
    formula: str
    source: str
    compute: Formula


def _table() -> tuple[Metric, ...]:
    lines: tuple[tuple[str, Callable[[WindowGrid], WindowLine]], ...] = (
        ("melody", lambda one: one.melody),
        ("bass", lambda one: one.bass),
    )
    rows: list[Metric] = []

    def add(name: str, voices: str, formula: str, source: str, compute: Formula) -> None:
        rows.append(Metric(name, tuple(voices.split()), formula, source, compute))

    def add_lines(name: str, formula: str, source: str, compute: Callable[[WindowLine], Values]) -> None:
        for voice, of in lines:
            add(f"{name}_{voice}", voice, formula, source, lambda one, of=of: compute(of(one)))  # type: ignore[misc]

    add_lines(
        "empty_bars", "bars in which nothing sounds / bars", "MuseGAN", lambda v: k.empty_bars(v.sounds)
    )
    add(
        "empty_bars_harmony",
        "harmony",
        "bars without a chord / bars",
        "MuseGAN",
        lambda one: k.empty_bars(one.chord > 0),
    )
    add(
        "empty_bars_drums",
        "drums",
        "bars without a hit / bars",
        "MuseGAN",
        lambda one: k.empty_bars(one.hits.any(axis=2)),
    )
    add_lines(
        "used_pitch_classes",
        "mean number of different pitch classes that sound, over bars that are not empty",
        "MuseGAN",
        lambda v: k.used_classes(pitch_class_roll(v)),
    )
    add(
        "used_pitch_classes_harmony",
        "harmony",
        "mean number of different pitch classes of the chords, over bars with a chord",
        "MuseGAN",
        lambda one: k.used_classes(one.chord_classes),
    )
    add_lines(
        "qualified_notes",
        "notes of two steps (an eighth) or longer / notes; MuseGAN's own threshold is a 32nd",
        "MuseGAN",
        k.qualified,
    )
    add(
        "drum_pattern",
        "drums",
        "mean of hits on the better of the two eighth-note grids (even or odd steps) / hits, over bars with drums",
        "MuseGAN",
        k.drum_pattern,
    )
    distance = "mean distance of tonal centroids over beats in which both sound (weights: steps that sound)"
    add(
        "tonal_distance_melody_harmony",
        "melody harmony",
        distance,
        "Harte; MuseGAN",
        lambda one: k.tonal_distance(pitch_class_roll(one.melody), one.chord_classes),
    )
    add(
        "tonal_distance_melody_bass",
        "melody bass",
        distance,
        "Harte; MuseGAN",
        lambda one: k.tonal_distance(pitch_class_roll(one.melody), pitch_class_roll(one.bass)),
    )
    add(
        "tonal_distance_harmony_bass",
        "harmony bass",
        distance,
        "Harte; MuseGAN",
        lambda one: k.tonal_distance(one.chord_classes, pitch_class_roll(one.bass)),
    )
    add(
        "polyphonicity",
        "melody harmony bass",
        "steps at which more than two pitches sound / steps (a chord: one pitch for each pitch class)",
        "BMuseGAN",
        k.polyphonicity,
    )
    add(
        "polyphony",
        "melody harmony bass",
        "mean number of pitches that sound, over steps at which one does",
        "MusPy",
        k.polyphony,
    )
    add_lines(
        "pitch_class_entropy",
        "-sum p log2 p over the shares p of the pitch classes among the notes",
        "MusPy",
        lambda v: k.entropy(k.class_counts(v)),
    )
    add(
        "scale_consistency_melody",
        "melody",
        "largest share of notes in one major or natural minor scale",
        "MusPy",
        lambda one: k.scale_consistency(k.class_counts(one.melody)),
    )
    add(
        "scale_consistency_all",
        "melody harmony bass",
        "the same over the notes of melody, bass and chords (a chord is struck when it changes)",
        "MusPy",
        lambda one: k.scale_consistency(k.all_counts(one)),
    )
    add(
        "in_key_melody",
        "melody",
        "notes in the window's own key (minor: natural, and the raised seventh) / notes",
        "MuseGAN; MusPy",
        k.in_key_share,
    )
    groove = "1 - mean over neighbouring bars of (steps where one bar strikes and the other does not / 16)"
    add_lines("groove_consistency", groove, "MusPy", lambda v: k.groove(v.struck))
    add("groove_consistency_drums", "drums", groove, "MusPy", lambda one: k.groove(one.hits.any(axis=2)))
    add_lines("pitch_range", "highest pitch - lowest pitch, semitones", "MusPy", k.pitch_range)
    add("empty_beats_melody", "melody", "beats in which nothing sounds / beats", "MusPy", k.empty_beats)
    add(
        "chord_tones_melody",
        "melody harmony",
        "steps at which the melody's pitch class belongs to the chord / steps at which melody and chord sound",
        "own",
        lambda one: k.in_chord(one.melody, one, one.melody.sounds),
    )
    add(
        "chord_tones_bass",
        "harmony bass",
        "the same of the bass",
        "own",
        lambda one: k.in_chord(one.bass, one, one.bass.sounds),
    )
    add(
        "root_bass",
        "harmony bass",
        "bass notes on the root of their chord / bass notes with a chord",
        "own",
        k.on_root,
    )
    add_lines("notes_per_bar", "notes / bars", "own", lambda v: k.per_bar(v.notes))
    add(
        "notes_per_bar_drums",
        "drums",
        "hits / bars",
        "own",
        lambda one: k.per_bar(one.hits.sum(axis=(1, 2), dtype=np.int64)),
    )
    add_lines(
        "note_length", "mean length of the notes, steps", "own", lambda v: mean_where(v.length, v.struck)
    )
    add_lines("mean_pitch", "mean MIDI pitch of the notes", "own", lambda v: mean_where(v.pitch, v.struck))
    add_lines("mean_interval", "mean size of the step from note to note, semitones", "own", k.mean_interval)
    add_lines(
        "repeated_pitch",
        "steps from note to note that stay on the pitch / steps from note to note",
        "own",
        k.repeats,
    )
    add(
        "leaps_melody",
        "melody",
        "intervals larger than an octave / intervals",
        "own",
        lambda one: k.leaps(one.melody),
    )
    add_lines(
        "syncopation",
        "notes that sound on through a stronger position of the bar than the one they are struck on / notes",
        "LHL",
        k.syncopation,
    )
    similar = "mean Jaccard overlap of the pairs of bars, as sets of (step, pitch) struck"
    add_lines("bar_similarity", similar, "own", k.line_similarity)
    add("bar_similarity_drums", "drums", similar.replace("pitch", "drum"), "own", k.drum_similarity)
    add("chord_changes", "harmony", "changes from a chord to another, in the window", "own", k.chord_changes)
    add("distinct_chords", "harmony", "different chords in the window", "own", k.distinct_chords)
    add(
        "crossing",
        "melody bass",
        "steps at which the melody is below the bass / steps at which both sound",
        "own",
        k.crossing,
    )
    add(
        "kick_on_1",
        "drums",
        "bars with drums that have the kick on beat 1 / bars with drums",
        "own",
        lambda one: k.drum_on(one, 0, (0,)),
    )
    add(
        "snare_on_2_4",
        "drums",
        "beats 2 and 4 with the snare / beats 2 and 4 of bars with drums",
        "own",
        lambda one: k.drum_on(one, 1, (1, 3)),
    )
    add_lines(
        "fragmented_notes",
        "notes one step long that are struck again, at the same pitch, on the very next step / notes",
        "own",
        k.fragmented,
    )
    return tuple(rows)


METRICS: Final = _table()
NAMES: Final = tuple(metric.name for metric in METRICS)
COLUMN: Final = {name: column for column, name in enumerate(NAMES)}


def measure(windows: Windows) -> Values:
    """Return the value of every metric for every window, (N, len(METRICS)); NaN if there is none."""
    values = np.full((len(windows), len(METRICS)), np.nan)
    for start in range(0, len(windows), _BLOCK):
        block = windows[start : start + _BLOCK]
        one = unroll_windows(block)
        for column, metric in enumerate(METRICS):
            there = block.having(*metric.voices)
            values[start : start + len(block), column] = np.where(there, metric.compute(one), np.nan)
    return values


def means(values: Values) -> Values:
    """Return the mean of each metric over the windows that have a value, (M,); NaN if none has."""
    return mean_where(values.T, ~np.isnan(values.T))
