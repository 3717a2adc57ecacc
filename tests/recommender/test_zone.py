import numpy as np
import pytest
from scipy.special import logit

from recommender.advisor.skill import Chances
from recommender.advisor.zone import EASIEST, LEAST_SLOPES, Zone
from recommender.errors import RecommenderError


def certain(*chance: float) -> Chances:
    return Chances(*[np.array(chance)] * 3, logit(np.clip(chance, 1e-9, 1 - 1e-9)))


def test_inside_the_zone_nothing_is_lost_and_outside_ever_more() -> None:
    cost = Zone().cost(certain(0.1, 0.5, 0.7, 0.9, 1.0), np.zeros(2))
    assert cost[2] == 0.0
    assert cost[0] > cost[1] > 0 < cost[3] < cost[4]
    assert cost[0] == pytest.approx(LEAST_SLOPES[0] * 0.45)


def test_what_is_uncertain_costs_more_than_what_is_surely_inside() -> None:
    unsure = Chances(np.array([0.7]), np.array([0.1]), np.array([0.99]), logit(np.array([0.7])))
    assert Zone().cost(unsure, np.zeros(2))[0] > 0.0


def test_slopes_that_ratings_show_count_where_they_are_steeper() -> None:
    plain, steep, flat = (Zone().cost(certain(0.1), np.array([s, s])) for s in (0.0, 5.0, 1.0))
    assert steep[0] == pytest.approx(5.0 * 0.45)
    assert flat == pytest.approx(plain)


def test_defeats_move_the_zone_up_to_an_end() -> None:
    zone = Zone(0.5, 0.7)
    assert zone.eased(0) is zone
    assert (zone.eased(1).low, zone.eased(1).high) == pytest.approx((0.55, 0.75))
    assert (zone.eased(200).low, zone.eased(200).high) == EASIEST
    above = Zone(0.9, 0.99)
    assert (above.eased(5).low, above.eased(5).high) == (0.9, 0.99)  # never down


def test_far_below_an_eased_zone_the_easier_is_better() -> None:
    """The plain distance hardly tells 2 % from 0.01 %; for who needs a success that is the whole difference."""
    chances, zone = certain(0.02, 0.0001), Zone()
    plain, eased = (zone.eased(5).cost(chances, np.zeros(2), defeats) for defeats in (0, 5))
    assert plain[1] - plain[0] < 0.1
    assert eased[1] - eased[0] > 2.0
    assert eased[0] > plain[0]
    inside = certain(0.9)
    assert zone.eased(5).cost(inside, np.zeros(2), 5) == pytest.approx([0.0])


def test_a_zone_is_a_range_of_chances() -> None:
    assert list(Zone(0.2, 0.4).holds(np.array([0.1, 0.3, 0.5]))) == [False, True, False]
    for low, high in ((0.6, 0.5), (-0.1, 0.5), (0.5, 1.1)):
        with pytest.raises(RecommenderError, match="expected 0 <= low < high <= 1"):
            Zone(low, high)
