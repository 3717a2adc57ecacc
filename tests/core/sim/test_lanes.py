"""Vectors of int32: what numba makes of them is what the class computes, wraparound and all."""

from typing import Any

import numba
import numpy as np
import pytest

from game.core.sim import lanes as ln
from game.core.sim import lanes_numba
from game.core.sim.lanes import WIDTH, Lanes

ROWS = 24  # of results
EDGES = [0, 1, -1, 2, 31, 4096, 2**31 - 1, -(2**31)]


def everything(numbers: Any, table: Any, out: Any) -> bool:
    """Use every operation on the numbers at 0 and at WIDTH."""
    a = ln.load(numbers, 0)
    b = ln.load(numbers, WIDTH)
    small = b & 15
    found = (a < b) | ln.equal(a, 31)
    results = (
        a + b, a - b, a * b, a & b, a | b, a ^ b, ~a, -a, a << small, a >> small, a + 7, a * 3, (a > 5) & 9,
        ln.where(found, a, b), ln.minimum(a, b), ln.maximum(a, b), ln.splat(numbers[0]), ln.lane_numbers(),
        ln.product_shifted(a & 0xFFFF, b & 0x3FFFFFF, 20), ln.quotient(a & 0xFFFFFF, small + 1),
        ln.rough_quotient(a >> 8, small + 3), ln.gather(table, small), ln.gather(numbers, small), found,
    )  # fmt: skip
    at = 0
    for row in results:
        ln.store(out, at, row)
        at += WIDTH
    return ln.any_lane(found)


@pytest.fixture(scope="module")
def compiled() -> Any:
    lanes_numba.register()
    return numba.njit(everything)


@pytest.mark.parametrize("seed", range(20))
def test_the_machine_code_computes_what_the_class_does(compiled: Any, seed: int) -> None:
    source = np.random.default_rng(seed)
    numbers = source.integers(-(2**31), 2**31, 2 * WIDTH)
    numbers[source.integers(0, 2 * WIDTH, 6)] = source.choice(EDGES, 6)
    table = source.integers(0, 256, 16).astype(np.uint8)
    ours = np.zeros(ROWS * WIDTH, np.int64)
    theirs = np.zeros(ROWS * WIDTH, np.int64)
    assert everything(numbers, table, ours) == compiled(numbers, table, theirs)
    assert ours.tolist() == theirs.tolist()


def test_a_mask_is_true_where_it_is_below_zero() -> None:
    a = Lanes(np.array([3, -3, 0, 1, 2, 5, 6, 7], np.int32))
    assert (a < 3).values.tolist() == [0, -1, -1, -1, -1, 0, 0, 0]
    assert ln.where(a > 4, ln.splat(1), ln.splat(0)).values.tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert ln.any_lane(ln.equal(a, 7))
    assert not ln.any_lane(a > 7)


def test_products_and_quotients_do_not_overflow() -> None:
    large = ln.splat(2**25)
    assert ln.product_shifted(ln.splat(2**16), large, 20).values.tolist() == [2**21] * WIDTH
    assert ln.quotient(ln.splat(2**30 + 5), ln.splat(3)).values.tolist() == [(2**30 + 5) // 3] * WIDTH
