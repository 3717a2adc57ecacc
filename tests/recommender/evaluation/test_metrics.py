"""The figures, against values worked out by hand."""

import math

import numpy as np
import pytest

from recommender.evaluation.metrics import hits, mae, order_ndcg, rmse
from recommender.records.ratings import Ratings

ITEMS = [f"i{item}" for item in range(30)]


def plays(*pairs: tuple[str, int], stars: float = 3.0) -> Ratings:
    return Ratings.of([(player, ITEMS[item], stars) for player, item in pairs], players="ab", items=ITEMS)


EVERY = plays(*[("b", item) for item in range(29)], ("a", 0))  # item 29 is known to nobody


def scores(best: list[int]) -> np.ndarray:
    """Scores of two players that put these items first."""
    row = np.zeros(30)
    row[best] = np.arange(len(best), 0, -1)
    return np.stack((row, row))


def test_errors() -> None:
    assert rmse(np.array([1.0, 3.0]), np.array([2.0, 3.0])) == pytest.approx(math.sqrt(0.5))
    assert mae(np.array([1.0, 3.0]), np.array([2.0, 3.0])) == 0.5


def test_a_hit_at_the_third_place() -> None:
    found = hits(scores([5, 6, 7]), EVERY, plays(("a", 7)))
    assert found.hr10 == 1.0
    assert found.ndcg10 == pytest.approx(1 / math.log2(4))
    assert found.coverage == pytest.approx(10 / 30)


def test_what_the_player_has_is_no_candidate() -> None:
    assert hits(scores([0, 7]), EVERY, plays(("a", 7))).ndcg10 == 1.0


def test_the_eleventh_is_a_miss_and_so_is_an_item_nobody_had() -> None:
    order = list(range(1, 13))
    assert hits(scores(order), EVERY, plays(("a", 10))).hr10 == 1.0
    assert hits(scores(order), EVERY, plays(("a", 11))).hr10 == 0.0
    assert hits(scores([29]), EVERY, plays(("a", 29))).hr10 == 0.0


def test_equal_scores_are_no_hit_by_luck() -> None:
    assert hits(np.zeros((2, 30)), EVERY, plays(("a", 1))).hr10 == 0.0


def test_order_of_a_players_own_items() -> None:
    judged = Ratings.of([("a", "x", 5.0), ("a", "y", 1.0), ("b", "x", 3.0)])
    assert order_ndcg(np.array([4.0, 2.0, 1.0]), judged) == (1.0, 1)
    turned = (1 + 31 / math.log2(3)) / (31 + 1 / math.log2(3))
    assert order_ndcg(np.array([2.0, 4.0, 1.0]), judged)[0] == pytest.approx(turned)
