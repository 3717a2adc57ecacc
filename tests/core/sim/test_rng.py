"""PCG32 against the reference's own numbers, and how it is used."""

import numpy as np
import pytest

from game.core.sim.rng import below, next_u32, seed_rng


def generator(seed: int, stream: int) -> np.ndarray:
    rng = np.zeros((1, 2), np.uint64)
    with np.errstate(over="ignore"):
        seed_rng(rng, 0, seed, stream)
    return rng


def numbers(seed: int, stream: int, count: int) -> list[int]:
    rng = generator(seed, stream)
    return [int(next_u32(rng, 0)) for _ in range(count)]


def test_the_numbers_of_the_reference_demo() -> None:
    """pcg32-demo.c of the PCG library: seed 42, stream 54."""
    expected = [0xA15C02B7, 0x7B47F409, 0xBA1D3330, 0x83D2F293, 0xBFA4784B, 0xCBED606E]
    assert numbers(42, 54, 6) == expected


@pytest.mark.parametrize(("seed", "stream"), [(0, 0), (-1, -1), (2**63 - 1, 2**62), (-(2**63), 7)])
def test_any_seed_and_stream_give_32_bit_numbers(seed: int, stream: int) -> None:
    drawn = numbers(seed, stream, 200)
    assert all(0 <= number < 2**32 for number in drawn)
    assert len(set(drawn)) > 190
    assert drawn == numbers(seed, stream, 200)


def test_streams_and_seeds_are_unlike() -> None:
    heads = {tuple(numbers(seed, stream, 3)) for seed in range(20) for stream in range(20)}
    assert len(heads) == 400


def test_generators_do_not_share_state() -> None:
    rng = np.zeros((3, 2), np.uint64)
    for w in range(3):
        seed_rng(rng, w, 5, w)
    before = rng.copy()
    next_u32(rng, 1)
    assert (rng[[0, 2]] == before[[0, 2]]).all()
    assert (rng[1] != before[1]).any()


@pytest.mark.parametrize("bound", [1, 2, 3, 10, 2**31])
def test_numbers_below_a_bound_are_even(bound: int) -> None:
    rng = generator(1, 2)
    drawn = np.array([below(rng, 0, bound) for _ in range(4000)])
    assert drawn.min() >= 0
    assert drawn.max() < bound
    if bound <= 10:
        counts = np.bincount(drawn, minlength=bound)
        assert (abs(counts - 4000 / bound) < 5 * np.sqrt(4000 / bound)).all()
