"""Intervals of shares."""

import pytest

from game.match.intervals import newcombe, wilson


def test_wilsons_interval_by_hand() -> None:
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("one", "other", "interval"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombes_interval_is_that_of_his_table(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    """Method 10 in Table II of the paper."""
    assert newcombe(one, other) == pytest.approx(interval, abs=1e-4)
    assert newcombe(other, one) == pytest.approx((-interval[1], -interval[0]), abs=1e-4)
    assert newcombe(one, (0, 0)) == (-1.0, 1.0)
