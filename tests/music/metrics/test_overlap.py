"""Collapse and copying on melodies whose overlap is known."""

import numpy as np
import pytest

from music.metrics.overlap import MIN_ONSETS, nearest_overlap, self_overlap
from music.windows import empty_windows, join_windows
from tests.music.metrics.scenes import tunes, window

RISING = [(0, 4, 60), (4, 4, 62), (8, 4, 64), (12, 4, 65)]
HALF_LIKE_IT = [(0, 4, 60), (4, 4, 62), (8, 4, 67), (12, 4, 69)]  # two onsets common, six in either
STRANGE = [(2, 2, 70), (6, 2, 71), (20, 2, 70), (24, 2, 71)]


def test_the_overlap_of_two_melodies() -> None:
    assert self_overlap(join_windows([window(RISING), window(HALF_LIKE_IT)])) == pytest.approx(2 / 6)
    assert self_overlap(join_windows([window(RISING), window(STRANGE)])) == 0.0


def test_a_collapsed_row_overlaps_wholly_and_tunes_do_not() -> None:
    assert self_overlap(join_windows([window(RISING)] * 5)) == pytest.approx(1.0)
    assert self_overlap(tunes(40, 1, per_piece=1)) < 0.2


def test_windows_of_one_piece_do_not_count_as_collapse() -> None:
    same = [window(RISING, piece=3), window(RISING, piece=3)]
    assert np.isnan(self_overlap(join_windows(same)))
    assert self_overlap(join_windows([*same, window(STRANGE, piece=4)])) == 0.0
    assert self_overlap(join_windows([window(RISING, piece=0), window(RISING, piece=0)])) == pytest.approx(
        1.0
    )


def test_the_length_of_notes_does_not_hide_a_copy_and_another_key_does() -> None:
    train = join_windows([window(STRANGE), window(RISING)])
    short = window([(start, 1, pitch) for start, _, pitch in RISING])
    assert nearest_overlap(short, train).tolist() == [1.0]
    up = window([(start, length, pitch + 1) for start, length, pitch in RISING])
    assert nearest_overlap(up, train).tolist() == [0.0]


def test_nearest_takes_the_nearest() -> None:
    found = nearest_overlap(
        join_windows([window(HALF_LIKE_IT), window(STRANGE)]), join_windows([window(STRANGE), window(RISING)])
    )
    assert found == pytest.approx([2 / 6, 1.0])


def test_a_training_window_is_not_its_own_neighbour() -> None:
    train = join_windows([window(RISING, piece=1), window(HALF_LIKE_IT, piece=2)])
    assert nearest_overlap(train, train) == pytest.approx([2 / 6, 2 / 6])
    unnumbered = join_windows([window(RISING), window(HALF_LIKE_IT)])
    assert nearest_overlap(unnumbered, train) == pytest.approx([1.0, 1.0])


def test_a_melody_of_few_notes_is_no_copy() -> None:
    few = window(RISING[: MIN_ONSETS - 1])
    assert np.isnan(nearest_overlap(few, few)).all()
    assert np.isnan(self_overlap(join_windows([few, few])))
    assert np.isnan(nearest_overlap(window(RISING), empty_windows(0))).all()


def test_blocks_do_not_change_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    row, train = tunes(30, 1), tunes(50, 2)
    whole = self_overlap(row), nearest_overlap(row, train).tolist()
    monkeypatch.setattr("music.metrics.overlap._BLOCK", 7)
    assert (pytest.approx(self_overlap(row)), nearest_overlap(row, train).tolist()) == whole
