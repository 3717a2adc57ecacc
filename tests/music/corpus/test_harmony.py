"""Chords: each chord of the vocabulary is recognised, passing notes do not make new ones, silence has none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.harmony import chords_of

C, F, G = (vo.chord_token(root, 1) for root in (0, 5, 7))


def heard(*beats: list[int]) -> NDArray[np.float64]:
    table = np.zeros((len(beats), 12))
    for row, classes in zip(table, beats):
        for each in classes:
            row[each % 12] += 1
    return table


def found(weights: NDArray[np.float64], bass: list[int]) -> list[int]:
    return chords_of(weights, np.array(bass), weights.sum(1) > 0).tolist()


@pytest.mark.parametrize("token", range(1, vo.CHORD_TOKENS))
def test_every_chord_is_recognised_over_its_root(token: int) -> None:
    weights = np.repeat(vo.CHORD_PITCH_CLASSES[token][None].astype(np.float64), 4, 0)
    assert found(weights, [vo.chord_root(token)] * 4) == [token] * 4


def test_a_progression_of_half_bars() -> None:
    beats = heard(*[[0, 4, 7]] * 2, *[[5, 9, 0]] * 2, *[[7, 11, 2]] * 2, *[[0, 4, 7]] * 2)
    assert found(beats, [0, 0, 5, 5, 7, 7, 0, 0]) == [C, C, F, F, G, G, C, C]


def test_a_passing_note_does_not_change_the_chord() -> None:
    beats = heard([0, 4, 7], [0, 4, 7], [0, 4, 7], [0, 4, 7])
    beats[1, 2] = 0.4
    assert found(beats, [0] * 4) == [C] * 4


def test_a_bare_bass_note_is_a_power_chord() -> None:
    assert found(heard(*[[9]] * 4), [9] * 4) == [vo.chord_token(9, 0)] * 4


def test_silence_keeps_its_bars_chord_and_a_silent_bar_has_none() -> None:
    beats = heard([], [0, 4, 7], [], [], [], [], [], [])
    assert found(beats, [-1, 0] + [-1] * 6) == [vo.NO_CHORD, C, C, C] + [vo.NO_CHORD] * 4
