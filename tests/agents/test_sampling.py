"""Sampling is an integer generator and a table: the same on every machine, row by row."""

import numpy as np
import pytest

from agents.errors import BrainFailure
from agents.sampling import Head, draw_uint32, make_streams, sample_actions

HEADS = (Head("move", 9), Head("aim", 32), Head("fire", 2))


def test_streams_are_pcg32() -> None:
    # The reference sequence of pcg32_srandom(42, 54), published with the generator's C library.
    streams = make_streams(42, 1, first=54)
    expected = [0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E]
    assert [int(draw_uint32(streams)[0]) for _ in expected] == expected


def test_rows_do_not_influence_each_other() -> None:
    logits = np.random.default_rng(0).normal(size=(6, 43)).astype(np.float32)
    together = make_streams(9, 6)
    alone = [make_streams(9, 1, first=row) for row in range(6)]
    for _ in range(20):
        batch = sample_actions(logits, HEADS, 1.0, together)
        for row in range(6):
            assert (
                sample_actions(logits[row : row + 1], HEADS, 1.0, alone[row])[0].tolist()
                == batch[row].tolist()
            )


def test_shares_follow_the_softmax() -> None:
    rows = 40_000
    logits = np.tile(np.log(np.array([0.5, 0.3, 0.2, 0.9, 0.1], dtype=np.float32)), (rows, 1))
    actions = sample_actions(logits, (Head("a", 3), Head("b", 2)), 1.0, make_streams(1, rows))
    shares = np.bincount(actions[:, 0], minlength=3) / rows
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.01)
    assert np.mean(actions[:, 1]) == pytest.approx(0.1, abs=0.01)
    # Independent heads: the joint share is the product.
    assert np.mean((actions == [0, 1]).all(axis=1)) == pytest.approx(0.05, abs=0.01)


def test_cold_rows_take_the_likeliest_and_draw_as_often() -> None:
    logits = np.random.default_rng(1).normal(size=(4, 43)).astype(np.float32)
    cold, warm = make_streams(3, 4), make_streams(3, 4)
    actions = sample_actions(logits, HEADS, np.array([0.0, 0.0, 1.0, 1.0]), cold)
    starts = (0, 9, 41)
    for row in range(2):
        assert actions[row].tolist() == [
            int(logits[row, s : s + h.size].argmax()) for s, h in zip(starts, HEADS)
        ]
    assert actions[2:].tolist() == sample_actions(logits, HEADS, 1.0, warm)[2:].tolist()
    assert np.array_equal(cold, warm)


def test_choices_stay_inside_their_head() -> None:
    # A head with one certain choice, and ties everywhere else: padding must never be chosen.
    logits = np.zeros((5000, 43), dtype=np.float32)
    logits[:, 8] = 500.0
    actions = sample_actions(logits, HEADS, 0.01, make_streams(4, 5000))
    assert set(actions[:, 0].tolist()) == {8}
    assert actions[:, 1].max() == 31
    assert set(actions[:, 2].tolist()) == {0, 1}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_a_failure(bad: float) -> None:
    logits = np.zeros((2, 43), dtype=np.float32)
    logits[1, 7] = bad
    with pytest.raises(BrainFailure, match="expected finite numbers"):
        sample_actions(logits, HEADS, 1.0, make_streams(0, 2))


def test_a_wrong_width_is_a_failure() -> None:
    with pytest.raises(BrainFailure, match=r"expected 43 per row, found shape \(2, 42\)"):
        sample_actions(np.zeros((2, 42), dtype=np.float32), HEADS, 1.0, make_streams(0, 2))
