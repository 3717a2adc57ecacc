"""The grid: quantising, skylines and lowest lines, drums, pitch classes."""

import numpy as np
import pytest

from music import vocabulary as vo
from music.corpus.grid import SILENT, beat_pitch_classes, grid_of
from music.corpus.score import Score, Stretch
from tests.music.corpus.scores import Row, part, score


def line(rows: list[Row], side: str = "top") -> tuple[list[int], list[int]]:
    """The pitches of the first eight steps, and the steps at which notes begin."""
    grid = grid_of(score(part(rows), bars=1), Stretch(0.0, 1))
    found = getattr(grid.parts[0], side)
    return found.pitch[:8].tolist(), np.flatnonzero(found.onset).tolist()


def test_notes_go_to_the_nearest_step_and_last_at_least_one() -> None:
    pitch, onset = line([(0.02, 0.48, 60), (0.9, 0.95, 62)])
    assert pitch == [60, 60, SILENT, SILENT, 62, SILENT, SILENT, SILENT]
    assert onset == [0, 4]


def test_the_top_line_takes_the_highest_of_a_chord_and_the_low_line_the_lowest() -> None:
    chord = [(0, 1, 60), (0, 1, 64), (0, 1, 67)]
    assert line(chord)[0][:4] == [67] * 4
    assert line(chord, "low")[0][:4] == [60] * 4


def test_moving_notes_under_a_long_top_note_are_accompaniment() -> None:
    held = [(0, 2, 72), (0.5, 1, 60), (1, 1.5, 62)]
    assert line(held) == ([72] * 8, [0])
    assert line([(0, 2, 48), (0.5, 1, 60)], "low") == ([48] * 8, [0])


def test_a_slight_overlap_is_legato_and_the_next_note_counts() -> None:
    pitch, onset = line([(0, 1.2, 72), (1, 2, 71)])
    assert pitch == [72] * 4 + [71] * 4
    assert onset == [0, 4]


def test_a_higher_note_interrupts_a_long_one() -> None:
    assert line([(0, 2, 60), (1, 2, 72)]) == ([60] * 4 + [72] * 4, [0, 4])


def test_onsets_between_the_steps_are_counted_by_bar() -> None:
    triplets = [(index / 3, (index + 1) / 3, 60) for index in range(12)]
    straight = [(4 + index / 2, 4.5 + index / 2, 60) for index in range(8)]
    off = grid_of(score(part(triplets + straight), bars=2), Stretch(0.0, 2)).off_grid
    assert off == pytest.approx([8 / 12, 0.0])


def test_drums_become_bits_and_no_part() -> None:
    kit = part([(0, 0.1, 35), (0, 0.1, 42), (1, 1.1, 40), (2, 2.1, 3)], drums=True)
    grid = grid_of(score(kit, bars=1), Stretch(0.0, 1))
    assert grid.parts == ()
    assert {step: int(bits) for step, bits in enumerate(grid.drums) if bits} == {0: 0b101, 4: 0b10}
    assert vo.DRUMS[0][0] == "kick"
    assert vo.DRUMS[2][0] == "closed hat"


def test_a_run_starts_at_its_beat_and_keeps_notes_held_into_it() -> None:
    source = Score("x", (part([(0, 6, 60), (6, 7, 62)]),), (Stretch(4.0, 1),), None)
    top = grid_of(source, source.runs[0]).parts[0].top
    assert top.pitch[:12].tolist() == [60] * 8 + [62] * 4


def test_pitch_classes_weigh_by_the_time_that_sounds_in_each_beat() -> None:
    grid = grid_of(score(part([(0.5, 2.25, 60), (3, 4, 67)]), part([(0, 4, 64)]), bars=1), Stretch(0.0, 1))
    table = beat_pitch_classes(grid)
    assert table.shape == (2, 4, 12)
    assert table[0, :, 0] == pytest.approx([0.5, 1.0, 0.25, 0.0])
    assert table[0, :, 7] == pytest.approx([0, 0, 0, 1.0])
    assert table[1, :, 4] == pytest.approx([1.0] * 4)
    assert table.sum() == pytest.approx(1.75 + 1 + 4)
