"""MusPy's formulas on notes, compared with values computed by hand and with the formulas on tokens."""

import json
import math
from pathlib import Path

import pytest

from music import vocabulary as vo
from music.metrics import notes as on_notes
from music.metrics.formulas import COLUMN, measure
from music.piece import Note
from tests.music.metrics.scenes import window
from tests.music.small_pieces import small_piece


def made(*notes: tuple[int, int, int]) -> list[Note]:
    return [Note(start, length, pitch, 90) for start, length, pitch in notes]


C_MAJOR_UP = made((0, 4, 60), (4, 4, 64), (8, 4, 67), (12, 4, 72))


def test_entropies() -> None:
    assert on_notes.pitch_class_entropy(C_MAJOR_UP) == pytest.approx(1.5)  # C twice
    assert on_notes.pitch_entropy(C_MAJOR_UP) == pytest.approx(2.0)
    every = made(*((step, 1, 60 + step) for step in range(12)))
    assert on_notes.pitch_class_entropy(every) == pytest.approx(math.log2(12))
    assert on_notes.pitch_class_entropy(made((0, 1, 60), (1, 1, 72))) == 0.0


def test_scales() -> None:
    assert on_notes.scale_consistency(C_MAJOR_UP) == 1.0
    assert on_notes.scale_consistency(made((0, 1, 60), (1, 1, 61), (2, 1, 62))) == pytest.approx(2 / 3)
    assert on_notes.in_scale_rate(C_MAJOR_UP, 0, vo.MAJOR) == 1.0
    assert on_notes.in_scale_rate(C_MAJOR_UP, 9, vo.MINOR) == 1.0  # the relative minor
    assert on_notes.in_scale_rate(C_MAJOR_UP, 0, vo.MINOR) == 0.75  # E is not in C minor
    assert on_notes.in_scale_rate(C_MAJOR_UP, 1, vo.MAJOR) == 0.5  # D flat major has C (twice), not E, not G


def test_groove_is_of_bars_not_of_beats() -> None:
    # MusPy issue 73: with the steps of a beat as a bar, a piece of steady quarters has a perfect groove.
    steady = made(*((step, 4, 60) for step in range(0, 32, 4) if step != 16))
    assert on_notes.groove_consistency(steady) == pytest.approx(1 - 1 / 16)
    assert on_notes.groove_consistency(steady, steps_per_bar=4) == pytest.approx(1 - 2 / (7 * 4))
    assert math.isnan(on_notes.groove_consistency(C_MAJOR_UP)), "one bar has no neighbour"


def test_a_bar_that_nothing_follows_is_not_compared_with_silence() -> None:
    # MusPy counts one more bar if the piece ends on a bar line; two equal bars are equal.
    assert on_notes.groove_consistency(made((0, 16, 60), (16, 16, 60))) == 1.0


def test_polyphony() -> None:
    chord = made((0, 4, 60), (0, 4, 64), (0, 8, 67))
    assert on_notes.polyphony(chord) == pytest.approx((4 * 3 + 4 * 1) / 8)
    assert on_notes.polyphony_rate(chord) == pytest.approx(0.5)
    assert on_notes.polyphony_rate(chord, threshold=1) == pytest.approx(0.5)
    assert on_notes.polyphony_rate(chord, threshold=0) == 1.0
    assert on_notes.polyphony_rate(chord, end=16) == pytest.approx(0.25)
    assert on_notes.polyphony_rate(made((0, 4, 60), (0, 4, 64))) == 0.0, "MusPy: two voices are not polyphony"
    assert on_notes.polyphony(made((0, 4, 60), (0, 4, 60))) == 1.0, "a unison is one pitch"


def test_range_classes_and_empty_beats() -> None:
    assert on_notes.pitch_range(C_MAJOR_UP) == 12.0
    assert on_notes.pitch_classes_used(C_MAJOR_UP) == 3.0
    assert on_notes.empty_beat_rate(C_MAJOR_UP) == 0.0
    assert on_notes.empty_beat_rate(C_MAJOR_UP, steps=32) == 0.5
    assert on_notes.empty_beat_rate(made((0, 1, 60), (5, 4, 60))) == 0.0, (
        "a note fills each beat that it touches"
    )
    assert on_notes.empty_beat_rate(made((0, 1, 60), (8, 4, 60))) == pytest.approx(1 / 3)


def test_qualified_and_fragmented_notes() -> None:
    notes = made((0, 1, 60), (1, 1, 60), (2, 2, 60), (8, 1, 60))
    assert on_notes.qualified_note_rate(notes) == 0.25
    assert on_notes.fragmented_note_rate(notes) == 0.5
    assert on_notes.fragmented_note_rate(made((0, 1, 60), (2, 1, 60), (3, 1, 61))) == 0.0


def test_nothing_is_not_a_number() -> None:
    assert all(math.isnan(value) for value in on_notes.note_metrics({}).values())


def test_drums_count_for_rhythm_only() -> None:
    drums = made((0, 1, 36), (16, 1, 36))
    with_drums = on_notes.note_metrics({"melody": C_MAJOR_UP, "drums": drums})
    without = on_notes.note_metrics({"melody": C_MAJOR_UP})
    assert all(with_drums[name] == without[name] for name in on_notes.PITCHED)
    assert with_drums["notes_groove_consistency"] == pytest.approx(1 - 3 / 16)
    assert with_drums["muspy_polyphony_rate"] == without["muspy_polyphony_rate"] == 0.0
    chord = {"harmony": made((0, 4, 60), (0, 4, 64), (0, 4, 67)), "drums": made((15, 1, 36))}
    assert on_notes.note_metrics(chord)["muspy_polyphony_rate"] == pytest.approx(4 / 16)


def test_muspys_oddities_are_muspys() -> None:
    four = made((0, 4, 60), (4, 4, 64), (12, 4, 67))  # ends on a bar line
    assert on_notes.muspy_empty_beat_rate(four) == 0.0, "the end on beat 3 fills it, that on beat 5 too"
    assert on_notes.empty_beat_rate(four) == pytest.approx(1 / 4)
    assert on_notes.muspy_groove_consistency(four) == pytest.approx(1 - 3 / 16)
    assert math.isnan(on_notes.groove_consistency(four))
    assert math.isnan(on_notes.muspy_groove_consistency(made((0, 4, 60)))), "it ends inside its first bar"


# MusPy 0.5.0 on our exports of `small_piece(seed)`: `read_midi`, `adjust_resolution(4)`, then its metrics, the groove
# with `measure_resolution=16`.
RECORDED = Path(__file__).with_name("muspy.json")


@pytest.mark.parametrize("number", range(4))
def test_the_figures_are_those_that_muspy_gave(number: int) -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))[number]
    voices = small_piece(recorded["seed"]).voices
    found = on_notes.note_metrics(voices)
    names = {name for name in found if name.startswith("muspy_")}
    assert names == set(recorded["metrics"])
    for name in names:
        assert found[name] == pytest.approx(recorded["metrics"][name], abs=1e-12), name
    other = on_notes.note_metrics({**voices, "melody": [Note(0, 1, 61, 90), *voices["melody"]]})
    assert any(other[name] != found[name] for name in names)


def test_notes_and_tokens_agree() -> None:
    melody = [(0, 3, 60), (3, 1, 61), (4, 1, 61), (20, 4, 67), (49, 2, 72)]
    bar = measure(window(melody))[0]
    notes = made(*melody)
    for name, formula in (
        ("pitch_class_entropy_melody", on_notes.pitch_class_entropy),
        ("scale_consistency_melody", on_notes.scale_consistency),
        ("groove_consistency_melody", on_notes.groove_consistency),
        ("pitch_range_melody", on_notes.pitch_range),
        ("qualified_notes_melody", on_notes.qualified_note_rate),
        ("fragmented_notes_melody", on_notes.fragmented_note_rate),
    ):
        assert formula(notes) == pytest.approx(bar[COLUMN[name]]), name
    assert on_notes.empty_beat_rate(notes, 64) == pytest.approx(bar[COLUMN["empty_beats_melody"]])
