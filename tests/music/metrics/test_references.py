"""The reference rows: which properties of the training set each keeps, and which it destroys."""

from itertools import pairwise

import numpy as np
import pytest

from music import vocabulary as vo
from music.metrics import references
from music.metrics.references import FIELD, ROWS, markov, shuffled, train_sample, uniform
from music.windows import Windows
from tests.music.metrics.scenes import tunes, window


@pytest.fixture(scope="module")
def train() -> Windows:
    return tunes(200, 5)


def same(first: Windows, second: Windows) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name)) for name in Windows.__annotations__
    )


def test_all_rows_are_there_and_valid(train: Windows) -> None:
    rows = references.references(train, 60, 1)
    assert tuple(rows) == ROWS
    for name, row in rows.items():
        row.check(name)
        assert len(row) == 60
        for style in (0, 1):
            share = (row.style == style).mean() - (train.style == style).mean()
            assert abs(share) < 0.2


def test_a_seed_gives_the_same_rows_and_another_does_not(train: Windows) -> None:
    first, again, other = (references.references(train, 40, seed) for seed in (1, 1, 2))
    assert all(same(first[name], again[name]) for name in ROWS)
    assert not any(same(first[name], other[name]) for name in ROWS)


def test_the_train_row_has_no_window_twice(train: Windows) -> None:
    row = train_sample(train, 150, 0)
    assert len(np.unique(np.concatenate([row.melody, row.bass], axis=1), axis=0)) == 150
    assert len(train_sample(train, 999, 0)) == 200


def pairs(windows: Windows, voice: str) -> set[tuple[int, int]]:
    """Transitions from token to token, with holds distinguished by their pitch."""
    tokens = getattr(windows, FIELD[voice]).astype(int)
    if voice in ("melody", "bass"):
        tokens = references._states(tokens.astype(np.uint8))
    return set(zip(tokens[:, :-1].ravel().tolist(), tokens[:, 1:].ravel().tolist()))


@pytest.mark.parametrize("voice", vo.VOICES)
def test_markov_makes_only_transitions_seen_in_the_style_and_mode(train: Windows, voice: str) -> None:
    made = markov(train, 80, 3)
    drawn = uniform(train, 80, 3)
    for style in (0, 1):
        for mode in (0, 1):
            heard = pairs(train[(train.style == style) & (train.mode == mode)], voice)
            assert pairs(made[(made.style == style) & (made.mode == mode)], voice) <= heard
            assert not pairs(drawn[(drawn.style == style) & (drawn.mode == mode)], voice) <= heard


def test_markov_knows_the_pitch_that_a_hold_holds() -> None:
    # C is always followed by D and D by E, each held for four steps: a hold must know its pitch to predict the next.
    scale = [(step, 4, (60, 62, 64, 65)[step // 4 % 4]) for step in range(0, 64, 4)]
    made = markov(window(scale), 20, 0)
    order = {60: 62, 62: 64, 64: 65, 65: 60}
    for row in made.melody:
        pitches = [int(token) - vo.FIRST_PITCH + vo.MELODY_LOW for token in row if token >= vo.FIRST_PITCH]
        assert all(after in (order[before], before) for before, after in pairwise(pitches))


def test_shuffled_keeps_every_voice_and_separates_them(train: Windows) -> None:
    made = shuffled(train, 2)
    assert np.array_equal(made.melody, train.melody)
    parted = 0
    for name in ("bass", "chords", "drums"):
        for style in (0, 1):
            for mode in (0, 1):
                rows = (train.style == style) & (train.mode == mode)
                ours, theirs = getattr(made, name)[rows], getattr(train, name)[rows]
                assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))
                parted += int((ours != theirs).any())
    assert parted == 12


def test_random_tokens_fill_the_voices_there_are_and_no_others() -> None:
    row = uniform(tunes(50, 1, voices=vo.VOICE_BIT["melody"] | vo.VOICE_BIT["drums"]), 50, 0)
    assert not row.bass.any()
    assert not row.chords.any()
    assert np.unique(row.melody).size == vo.LINE_TOKENS
    assert np.unique(row.drums).size == vo.DRUM_TOKENS
