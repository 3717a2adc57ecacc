"""How unlike kinds are: found again where it is known."""

import numpy as np
import pytest
from scipy.special import ndtr

from game.match.grading.unlike import kind_spread


@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0])
def test_a_spread_is_found_again(truth: float) -> None:
    random = np.random.default_rng(8)
    x = random.normal(0, 1, (60, 1)) + random.normal(0, 0.6, 9) + truth * random.standard_normal((60, 9))
    won = random.binomial(12, ndtr(x))
    assert kind_spread(won, 12) == pytest.approx(truth, abs=0.2)


def test_one_level_or_one_grader_says_nothing() -> None:
    assert kind_spread(np.ones((1, 9), np.int64), 2) == 0.0
    assert kind_spread(np.ones((9, 1), np.int64), 2) == 0.0
