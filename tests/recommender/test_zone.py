import numpy as np
import pytest

from recommender.advisor.skill import Chances
from recommender.advisor.zone import Zone
from recommender.errors import RecommenderError


def certain(*chance: float) -> Chances:
    return Chances(*[np.array(chance)] * 3)


def test_inside_the_zone_stars_count_in_full_and_outside_ever_less() -> None:
    worth = Zone().worth(np.full(5, 4.0), certain(0.1, 0.5, 0.7, 0.9, 1.0))
    assert worth[2] == pytest.approx(4.0)
    assert worth[0] < worth[1] < worth[2] > worth[3] > worth[4] > 1


def test_what_is_uncertain_is_worth_less_than_what_is_surely_inside() -> None:
    unsure = Chances(np.array([0.7]), np.array([0.1]), np.array([0.99]))
    assert Zone().worth(np.array([4.0]), unsure)[0] < 4.0


def test_a_zone_is_a_range_of_chances() -> None:
    assert list(Zone(0.2, 0.4).holds(np.array([0.1, 0.3, 0.5]))) == [False, True, False]
    for low, high in ((0.6, 0.5), (-0.1, 0.5), (0.5, 1.1)):
        with pytest.raises(RecommenderError, match="expected 0 <= low < high <= 1"):
            Zone(low, high)
