"""How unlike players are: found again where it is known."""

import numpy as np
import pytest
from scipy.special import ndtr

from game.match.grading.unlike import estimate_spread

FAMILIES = (0,) * 5 + (1,) * 4


@pytest.mark.parametrize(("skill", "family", "own"), [(0.4, 0.2, 0.3), (0.8, 0.7, 0.4), (0.4, 0.3, 0.8)])
def test_spreads_are_found_again(skill: float, family: float, own: float) -> None:
    random = np.random.default_rng(8)
    strength = random.normal(0, 1, 9)
    strength *= skill / strength.std()
    x = random.normal(0, 1.5, (80, 1)) + strength
    x += (family * random.standard_normal((80, 2)))[:, FAMILIES] + own * random.standard_normal((80, 9))
    found = estimate_spread(random.binomial(8, ndtr(x)), 8, FAMILIES)
    assert found.skill == pytest.approx(skill, abs=0.1)
    assert found.family == pytest.approx(family, abs=0.15)
    assert found.own == pytest.approx(own, abs=0.1)


@pytest.mark.parametrize(("shape", "families"), [((1, 9), FAMILIES), ((9, 8), FAMILIES), ((9, 3), (0, 0, 0))])
def test_too_little_is_refused(shape: tuple[int, int], families: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="won: expected at least 2 levels"):
        estimate_spread(np.ones(shape, np.int64), 2, families)
