"""Keys: found in all twelve transpositions, followed through a change, and transposed to C major or A minor."""

import numpy as np
import pytest

from music import vocabulary as vo
from music.corpus.key_finding import correlations, keys_of, transposition

MAJOR_SCALE = np.array([5, 0, 2, 0, 4, 2, 0, 4, 0, 2, 0, 1.0])
MINOR_SCALE = np.array([5, 0, 2, 4, 0, 2, 0, 4, 1, 0, 2, 1.0])


@pytest.mark.parametrize("tonic", range(12))
def test_a_scale_is_found_on_every_tonic(tonic: int) -> None:
    assert correlations(np.roll(MAJOR_SCALE, tonic)).argmax() == vo.MAJOR * 12 + tonic
    assert correlations(np.roll(MINOR_SCALE, tonic)).argmax() == vo.MINOR * 12 + tonic


@pytest.mark.parametrize("key", range(24))
def test_transposition_to_the_normalised_tonic_is_at_most_a_tritone(key: int) -> None:
    mode, tonic = divmod(key, 12)
    shift = transposition(key)
    assert (tonic + shift) % 12 == vo.TONICS[mode]
    assert -6 <= shift <= 5


def test_a_long_change_of_key_is_followed_and_a_short_one_is_not() -> None:
    home, away = MAJOR_SCALE, np.roll(MAJOR_SCALE, 6)
    long = keys_of(np.array([home] * 16 + [away] * 16), None)
    assert long[0] == 0
    assert long[-1] == 6
    short = keys_of(np.array([home] * 15 + [away] * 2 + [home] * 15), None)
    assert set(short.tolist()) == {0}


def test_signature_and_last_note_decide_between_likely_keys() -> None:
    between = np.array([[4, 0, 2, 0, 4, 1, 0, 3, 0, 4, 0, 1.0]] * 8)
    assert keys_of(between, 0, 0, 0.3)[0] == vo.MAJOR * 12 + 0
    assert keys_of(between, 0, 9, 0.3)[0] == vo.MINOR * 12 + 9


def test_a_piece_of_one_bar_and_a_silent_one_have_a_key() -> None:
    assert keys_of(MAJOR_SCALE[None], None).tolist() == [0]
    assert len(keys_of(np.zeros((3, 12)), None)) == 3
