"""Each formula on a window computed by hand, and on a second window with a different value."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music import vocabulary as vo
from music.metrics import formulas
from music.metrics.formulas import COLUMN, METRICS, measure
from music.metrics.kernels import tonal_centroid
from music.metrics.window_grid import SILENT, unroll_line
from music.windows import Windows, empty_windows, join_windows
from tests.music.metrics.scenes import tunes, window

C_MAJOR, A_MINOR, G_MAJOR = (0, "major"), (9, "minor"), (7, "major")
QUARTERS = [(step, 4, 60) for step in range(0, 64, 4)]


def values(**voices: object) -> dict[str, float]:
    row = measure(window(**voices))  # type: ignore[arg-type]
    return {name: float(row[0, column]) for name, column in COLUMN.items()}


# metric, a window, its value by hand, a window with a different value, that value by hand
WORKED = [
    (
        "empty_bars_melody",
        {"melody": [(0, 4, 60), (32, 4, 60)]},
        0.5,
        {"melody": [(0, 17, 60), (32, 4, 60)]},
        0.25,
    ),
    ("empty_bars_bass", {"bass": [(0, 4, 40)]}, 0.75, {"bass": []}, 1.0),
    ("empty_bars_harmony", {"chords": [C_MAJOR]}, 0.75, {"chords": [C_MAJOR] * 5}, 0.5),
    ("empty_bars_drums", {"drums": [(0, "kick")]}, 0.75, {"drums": [(0, "kick"), (63, "tom")]}, 0.5),
    # bar 1: C E, bar 2: C (an octave up is the same class), others empty: (2 + 1) / 2
    (
        "used_pitch_classes_melody",
        {"melody": [(0, 4, 60), (4, 4, 64), (16, 4, 60), (20, 4, 72)]},
        1.5,
        {"melody": [(0, 4, 60), (4, 4, 64), (16, 4, 60), (20, 4, 62)]},
        2.0,
    ),
    (
        "used_pitch_classes_bass",
        {"bass": [(0, 4, 40), (4, 4, 52)]},
        1.0,
        {"bass": [(0, 4, 40), (4, 4, 41)]},
        2.0,
    ),
    # C E G and A C E: four classes in the bar
    ("used_pitch_classes_harmony", {"chords": [C_MAJOR, A_MINOR]}, 4.0, {"chords": [C_MAJOR, C_MAJOR]}, 3.0),
    (
        "qualified_notes_melody",
        {"melody": [(0, 2, 60), (4, 1, 60), (8, 4, 60), (12, 1, 60)]},
        0.5,
        {"melody": [(0, 1, 60), (4, 1, 60), (8, 4, 60), (12, 1, 60)]},
        0.25,
    ),
    (
        "qualified_notes_bass",
        {"bass": [(0, 2, 40), (4, 1, 40)]},
        0.5,
        {"bass": [(0, 2, 40), (4, 2, 40)]},
        1.0,
    ),
    # three hits on even steps, one on an odd step
    (
        "drum_pattern",
        {"drums": [(0, "kick"), (4, "snare"), (6, "kick"), (9, "kick")]},
        0.75,
        {"drums": [(0, "kick"), (4, "snare"), (6, "kick"), (10, "kick")]},
        1.0,
    ),
    # unison is 0; a semitone and a fifth are computed in another test
    (
        "tonal_distance_melody_bass",
        {"melody": [(0, 4, 60)], "bass": [(0, 4, 36)]},
        0.0,
        {"melody": [(0, 4, 60)], "bass": [(0, 4, 43)]},
        None,
    ),
    (
        "tonal_distance_melody_harmony",
        {"melody": [(0, 4, 60)], "chords": [C_MAJOR]},
        None,
        {"melody": [(0, 4, 61)], "chords": [C_MAJOR]},
        None,
    ),
    (
        "tonal_distance_harmony_bass",
        {"bass": [(0, 4, 36)], "chords": [C_MAJOR]},
        None,
        {"bass": [(0, 4, 37)], "chords": [C_MAJOR]},
        None,
    ),
    # the triad of one beat: three pitches at 4 of 64 steps; with two only never more than two
    ("polyphonicity", {"chords": [C_MAJOR]}, 4 / 64, {"chords": [(0, "power")]}, 0.0),
    # 4 steps of 3 + 1, and 4 steps of 1
    (
        "polyphony",
        {"chords": [C_MAJOR], "melody": [(0, 8, 60)]},
        2.5,
        {"chords": [C_MAJOR], "melody": [(0, 4, 60)]},
        4.0,
    ),
    # C twice, E and G once: .5 + 2 x .25 x 2
    (
        "pitch_class_entropy_melody",
        {"melody": [(0, 4, 60), (4, 4, 72), (8, 1, 64), (12, 4, 67)]},
        1.5,
        {"melody": [(0, 4, 60), (4, 4, 62), (8, 1, 64), (12, 4, 67)]},
        2.0,
    ),
    (
        "pitch_class_entropy_bass",
        {"bass": [(0, 4, 40), (4, 4, 52)]},
        0.0,
        {"bass": [(0, 4, 40), (4, 4, 41)]},
        1.0,
    ),
    # C C# D: two of them share a scale
    (
        "scale_consistency_melody",
        {"melody": [(0, 1, 60), (1, 1, 61), (2, 1, 62)]},
        2 / 3,
        {"melody": [(0, 1, 60), (1, 1, 64)]},
        1.0,
    ),
    # C E G (once: the chord does not change) and C#: no scale has all four; 3 of 4
    (
        "scale_consistency_all",
        {"chords": [C_MAJOR] * 4, "melody": [(0, 4, 61)]},
        0.75,
        {"chords": [C_MAJOR] * 4, "melody": [(0, 4, 62)]},
        1.0,
    ),
    (
        "in_key_melody",
        {"melody": [(0, 4, 60), (4, 4, 68)], "mode": vo.MAJOR},
        0.5,
        {"melody": [(0, 4, 60), (4, 4, 68)], "mode": vo.MINOR},
        1.0,
    ),
    # bar 1 has an onset on step 0, bar 2 on step 1: two of 16 differ; bars 3 and 4 are empty: 1 and 0 differ
    (
        "groove_consistency_melody",
        {"melody": [(0, 1, 60), (17, 1, 60)]},
        1 - (2 + 1 + 0) / 48,
        {"melody": [(0, 1, 60), (16, 1, 60)]},
        1 - 1 / 48,
    ),
    ("groove_consistency_bass", {"bass": [(0, 1, 40)]}, 1 - 1 / 48, {"bass": [(16, 1, 40)]}, 1 - 2 / 48),
    (
        "groove_consistency_drums",
        {"drums": [(0, "kick"), (16, "snare")]},
        1 - 1 / 48,
        {"drums": [(0, "kick"), (33, "tom")]},
        1 - 3 / 48,
    ),
    ("pitch_range_melody", {"melody": [(0, 4, 60), (4, 4, 72)]}, 12.0, {"melody": [(0, 4, 60)]}, 0.0),
    ("pitch_range_bass", {"bass": [(0, 4, 40), (4, 4, 45)]}, 5.0, {"bass": [(0, 4, 40)]}, 0.0),
    ("empty_beats_melody", {"melody": [(0, 8, 60)]}, 14 / 16, {"melody": [(0, 4, 60)]}, 15 / 16),
    # 4 steps of C over C major, then 4 of D
    (
        "chord_tones_melody",
        {"melody": [(0, 4, 60), (4, 4, 62)], "chords": [C_MAJOR] * 2},
        0.5,
        {"melody": [(0, 4, 60), (4, 4, 64)], "chords": [C_MAJOR] * 2},
        1.0,
    ),
    (
        "chord_tones_bass",
        {"bass": [(0, 4, 40), (4, 12, 41)], "chords": [C_MAJOR] * 2},
        0.5,
        {"bass": [(0, 4, 40), (4, 12, 41)], "chords": [C_MAJOR] * 4},
        0.25,
    ),
    (
        "root_bass",
        {"bass": [(0, 4, 36), (4, 4, 43)], "chords": [C_MAJOR] * 2},
        0.5,
        {"bass": [(0, 4, 36), (4, 4, 43)], "chords": [C_MAJOR, G_MAJOR]},
        1.0,
    ),
    ("notes_per_bar_melody", {"melody": QUARTERS}, 4.0, {"melody": QUARTERS[:4]}, 1.0),
    ("notes_per_bar_bass", {"bass": [(0, 4, 40)]}, 0.25, {"bass": []}, 0.0),
    ("notes_per_bar_drums", {"drums": [(0, "kick"), (0, "tom")]}, 0.5, {"drums": [(0, "kick")]}, 0.25),
    (
        "note_length_melody",
        {"melody": [(0, 4, 60), (4, 2, 60)]},
        3.0,
        {"melody": [(0, 4, 60), (4, 4, 60)]},
        4.0,
    ),
    ("note_length_bass", {"bass": [(0, 64, 40)]}, 64.0, {"bass": [(60, 4, 40)]}, 4.0),
    ("mean_pitch_melody", {"melody": [(0, 1, 60), (8, 8, 64)]}, 62.0, {"melody": [(0, 1, 60)]}, 60.0),
    ("mean_pitch_bass", {"bass": [(0, 1, 40), (8, 8, 42)]}, 41.0, {"bass": [(0, 1, 40)]}, 40.0),
    # up 4, down 7
    (
        "mean_interval_melody",
        {"melody": [(0, 1, 60), (4, 1, 64), (8, 4, 57)]},
        5.5,
        {"melody": [(0, 1, 60), (4, 1, 64)]},
        4.0,
    ),
    ("mean_interval_bass", {"bass": [(0, 1, 40), (4, 1, 40)]}, 0.0, {"bass": [(0, 1, 40), (4, 1, 52)]}, 12.0),
    (
        "repeated_pitch_melody",
        {"melody": [(0, 1, 60), (4, 1, 60), (8, 4, 57)]},
        0.5,
        {"melody": [(0, 1, 60), (4, 1, 61), (8, 4, 57)]},
        0.0,
    ),
    ("repeated_pitch_bass", {"bass": [(0, 1, 40), (4, 1, 40)]}, 1.0, {"bass": [(0, 1, 40), (4, 1, 41)]}, 0.0),
    (
        "leaps_melody",
        {"melody": [(0, 1, 60), (4, 1, 73), (8, 4, 72)]},
        0.5,
        {"melody": [(0, 1, 60), (4, 1, 72), (8, 4, 72)]},
        0.0,
    ),
    # step 2 is weaker than step 4, which it sounds through; step 4 ends where step 8 begins
    (
        "syncopation_melody",
        {"melody": [(2, 4, 60), (8, 4, 60)]},
        0.5,
        {"melody": [(2, 2, 60), (8, 4, 60)]},
        0.0,
    ),
    ("syncopation_bass", {"bass": [(3, 2, 40)]}, 1.0, {"bass": [(0, 64, 40)]}, 0.0),
    # bars 1 and 2 share one onset of three; pairs with the empty bars 3 and 4: 0 of 2 each; one pair is empty
    (
        "bar_similarity_melody",
        {"melody": [(0, 4, 60), (4, 4, 62), (16, 4, 60), (20, 4, 64)]},
        (1 / 3 + 4 * 0) / 5,
        {"melody": [(0, 4, 60), (4, 4, 62), (16, 4, 60), (20, 4, 62)]},
        1 / 5,
    ),
    (
        "bar_similarity_bass",
        {"bass": [(bar * 16, 4, 40) for bar in range(4)]},
        1.0,
        {"bass": [(bar * 16, 4, 40 + bar) for bar in range(4)]},
        0.0,
    ),
    (
        "bar_similarity_drums",
        {"drums": [(bar * 16, "kick") for bar in range(4)]},
        1.0,
        {"drums": [(bar * 16, "kick") for bar in range(2)] + [(32, "snare"), (48, "snare")]},
        2 / 6,
    ),
    # a pause between chords is not a change
    (
        "chord_changes",
        {"chords": [C_MAJOR, C_MAJOR, A_MINOR, None, C_MAJOR]},
        1.0,
        {"chords": [C_MAJOR, A_MINOR, C_MAJOR]},
        2.0,
    ),
    ("distinct_chords", {"chords": [C_MAJOR, A_MINOR, None, C_MAJOR]}, 2.0, {"chords": [C_MAJOR]}, 1.0),
    (
        "crossing",
        {"melody": [(0, 8, 57)], "bass": [(0, 4, 58), (4, 4, 50)]},
        0.5,
        {"melody": [(0, 8, 57)], "bass": [(0, 8, 57)]},
        0.0,
    ),
    ("kick_on_1", {"drums": [(0, "kick"), (20, "kick")]}, 0.5, {"drums": [(0, "kick"), (16, "kick")]}, 1.0),
    ("snare_on_2_4", {"drums": [(4, "snare")]}, 0.5, {"drums": [(4, "snare"), (12, "snare")]}, 1.0),
    # C C of one step each, one after the other: the first is a fragment
    (
        "fragmented_notes_melody",
        {"melody": [(0, 1, 60), (1, 1, 60)]},
        0.5,
        {"melody": [(0, 1, 60), (2, 1, 60)]},
        0.0,
    ),
    (
        "fragmented_notes_bass",
        {"bass": [(0, 1, 40), (1, 3, 40), (8, 1, 40), (9, 1, 41)]},
        0.25,
        {"bass": [(0, 2, 40), (2, 2, 40)]},
        0.0,
    ),
]


@pytest.mark.parametrize(
    ("metric", "scene", "expected", "twin", "twin_expected"), WORKED, ids=[row[0] for row in WORKED]
)
def test_a_window_computed_by_hand(metric, scene, expected, twin, twin_expected) -> None:
    found, other = values(**scene)[metric], values(**twin)[metric]
    if expected is not None:
        assert found == pytest.approx(expected)
    if twin_expected is not None:
        assert other == pytest.approx(twin_expected)
    assert abs(found - other) > 1e-6


def test_every_metric_has_a_value_computed_by_hand() -> None:
    assert sorted(row[0] for row in WORKED) == sorted(COLUMN)
    assert len(COLUMN) == len(METRICS), "two metrics share a name"


def test_the_tonal_distance_of_a_fifth() -> None:
    # C at angle 0: (0,1, 0,1, 0,.5). G, seven semitones: fifths 49/6 pi, minor thirds 21/2 pi, major thirds 14/3 pi.
    angles = np.array([49 / 6, 21 / 2, 14 / 3]) * math.pi
    by_hand = math.sqrt(
        sum((r * math.sin(a)) ** 2 + (r - r * math.cos(a)) ** 2 for r, a in zip((1, 1, 0.5), angles))
    )
    found = values(melody=[(0, 4, 67)], bass=[(0, 4, 36)])["tonal_distance_melody_bass"]
    assert found == pytest.approx(by_hand)
    assert found < values(melody=[(0, 4, 66)], bass=[(0, 4, 36)])["tonal_distance_melody_bass"], (
        "a tritone is further"
    )


def test_the_tonal_distance_is_of_the_beats_that_both_fill() -> None:
    both = values(melody=[(0, 4, 60)], bass=[(0, 4, 43)])["tonal_distance_melody_bass"]
    more = values(melody=[(0, 8, 60)], bass=[(0, 4, 43)])["tonal_distance_melody_bass"]
    assert both == pytest.approx(more)
    assert math.isnan(values(melody=[(0, 4, 60)], bass=[(4, 4, 43)])["tonal_distance_melody_bass"])


def test_the_centroid_weighs_by_duration() -> None:
    half = tonal_centroid([1.0, 0, 0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0])
    assert np.allclose(half, (tonal_centroid(np.eye(12)[0]) + tonal_centroid(np.eye(12)[7])) / 2)
    assert np.isnan(tonal_centroid(np.zeros(12))).all()


def test_a_missing_voice_gives_no_value_and_a_silent_one_some() -> None:
    missing = values(voices="bass", bass=[(0, 4, 40)])
    assert all(math.isnan(missing[metric.name]) for metric in METRICS if set(metric.voices) != {"bass"})
    assert missing["empty_bars_bass"] == 0.75
    silent = values(voices="melody bass", bass=[(0, 4, 40)])
    assert silent["empty_bars_melody"] == 1.0
    assert math.isnan(silent["qualified_notes_melody"])


def test_a_hold_without_a_note_is_silence() -> None:
    tokens = np.array([[vo.HOLD, vo.HOLD, vo.FIRST_PITCH, vo.HOLD, vo.REST, vo.HOLD]], np.uint8)
    found = unroll_line(tokens, 60)
    assert found.pitch.tolist() == [[SILENT, SILENT, 60, 60, SILENT, SILENT]]
    assert found.length.tolist() == [[0, 0, 2, 0, 0, 0]]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_window_does_not_know_its_neighbours(seed: int) -> None:
    windows = chance(6, seed)
    together = measure(windows)
    alone = np.concatenate([measure(windows[index : index + 1]) for index in range(6)])
    assert np.array_equal(together, alone, equal_nan=True)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_metric_is_negative_or_infinite_and_shares_stay_below_one(seed: int) -> None:
    found = measure(chance(8, seed))
    assert not np.isinf(found).any()
    assert np.nanmin(found) >= 0
    shares = (
        "empty_",
        "qualified",
        "drum_pattern",
        "in_key",
        "root",
        "leaps",
        "syncopation",
        "bar_sim",
        "fragmented",
    )
    columns = [column for name, column in COLUMN.items() if name.startswith(shares)]
    assert np.nanmax(found[:, columns]) <= 1


def test_blocks_do_not_change_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    windows = chance(30, 1)
    whole = measure(windows)
    monkeypatch.setattr(formulas, "_BLOCK", 7)
    assert np.array_equal(whole, measure(windows), equal_nan=True)


def test_no_windows_no_values() -> None:
    assert measure(empty_windows(0)).shape == (0, len(METRICS))
    assert np.isnan(formulas.means(measure(empty_windows(0)))).all()


def test_a_thousand_windows_take_less_than_a_second_of_a_processor() -> None:
    windows = join_windows([tunes(100, 1)] * 10)
    best = math.inf
    for _ in range(3):
        start = time.process_time()
        measure(windows)
        best = min(best, time.process_time() - start)
    assert best < 1.0


def chance(count: int, seed: int) -> Windows:
    """Return windows of random tokens and voices."""
    rng = np.random.default_rng(seed)

    def tokens(columns: int, end: int) -> np.ndarray:
        held = rng.integers(0, end, (count, columns), dtype=np.uint8)
        return np.where(rng.random((count, columns)) < 0.3, held, rng.integers(0, 2, held.shape)).astype(
            np.uint8
        )

    return Windows(
        melody=tokens(vo.STEPS, vo.LINE_TOKENS),
        bass=tokens(vo.STEPS, vo.LINE_TOKENS),
        chords=tokens(vo.BEATS, vo.CHORD_TOKENS),
        drums=tokens(vo.STEPS, vo.DRUM_TOKENS),
        voices=rng.integers(0, 16, count).astype(np.uint8),
        mode=rng.integers(0, 2, count).astype(np.uint8),
        style=rng.integers(0, 4, count).astype(np.uint8),
        piece=rng.integers(0, 9, count).astype(np.int32),
        bar=np.zeros(count, np.int32),
    )
