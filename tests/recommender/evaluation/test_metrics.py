"""The figures of accuracy, against values worked out by hand."""

import math

import numpy as np
import pytest

from recommender.evaluation.metrics import NONE, Lists, hits, mae, order_ndcg, rmse, target_hits, top_items
from recommender.evaluation.rankers import ItemHistories
from recommender.records.ratings import Ratings

ITEMS = [f"i{item}" for item in range(40)]


def plays(*pairs: tuple[str, int], stars: float = 3.0) -> Ratings:
    return Ratings.of([(player, ITEMS[item], stars) for player, item in pairs], players="ab", items=ITEMS)


def lists(*rows: list[int]) -> Lists:
    """Lists of twenty that begin with these items and go on with items that nobody takes."""
    twenty = np.array([[*row, *range(39, 39 - (20 - len(row)), -1)] for row in rows], np.int32)
    return Lists(twenty[:, :10], twenty)


def test_errors() -> None:
    assert rmse(np.array([1.0, 3.0]), np.array([2.0, 3.0])) == pytest.approx(math.sqrt(0.5))
    assert mae(np.array([1.0, 3.0]), np.array([2.0, 3.0])) == 0.5


def test_three_of_four_at_places_one_three_and_twelve() -> None:
    shown = lists([4, 30, 5, *range(21, 29), 6])
    found = hits(shown, np.array([0]), plays(("a", 4), ("a", 5), ("a", 6), ("a", 7)))
    gains = 1 + 1 / math.log2(4)  # places 1 and 3; the twelfth is not among the ten
    ideal = sum(1 / math.log2(place + 1) for place in (1, 2, 3, 4))
    assert found.hr10[0] == 1
    assert found.ndcg10[0] == pytest.approx(gains / ideal)
    assert found.recall20[0] == 3 / 4
    assert found.mrr20[0] == 1


def test_more_than_ten_taken_are_measured_by_the_best_ten() -> None:
    taken = [("a", item) for item in range(15)]
    found = hits(lists(list(range(10))), np.array([0]), plays(*taken))
    assert found.ndcg10[0] == pytest.approx(1)
    assert found.recall20[0] == 10 / 15


def test_the_eleventh_counts_for_twenty_alone_and_another_players_item_never() -> None:
    shown = lists([*range(10), 20], [*range(10), 20])
    found = hits(shown, np.array([0, 1]), plays(("a", 20), ("b", 21)))
    assert found.hr10.tolist() == [0, 0]
    assert found.recall20.tolist() == [1, 0]
    assert found.mrr20.tolist() == [pytest.approx(1 / 11), 0]


def test_an_empty_place_meets_nothing() -> None:
    empty = Lists(np.full((1, 10), NONE), np.full((1, 20), NONE))
    assert [float(value[0]) for value in hits(empty, np.array([0]), plays(("a", 39)))] == [0, 0, 0, 0]


def test_one_target_at_a_time() -> None:
    found = target_hits(lists([7, 8], [7, 8]), np.array([8, 9]))
    assert found.ndcg10.tolist() == [pytest.approx(1 / math.log2(3)), 0]
    assert found.mrr20.tolist() == [0.5, 0]


def test_the_best_come_first_and_what_is_barred_never() -> None:
    scores = np.array([0.1, -np.inf, 0.9, 0.5])
    assert top_items(scores, 4, 0).tolist() == [2, 3, 0, NONE]


def test_equal_scores_give_no_item_the_place_by_its_number() -> None:
    first = [int(top_items(np.zeros(40), 1, player)[0]) for player in range(400)]
    assert np.bincount(first, minlength=40).max() < 30
    assert top_items(np.zeros(40), 10, 3).tolist() == top_items(np.zeros(40), 10, 3).tolist()


def test_what_the_player_has_and_what_nobody_had_is_no_candidate() -> None:
    had = ItemHistories(plays(("a", 0), ("b", 1), ("b", 2)))
    offered = had.offer(np.ones((2, 40)), np.array([0, 1]))
    assert set(offered[0].tolist()) == {1, 2, NONE}
    assert set(offered[1].tolist()) == {0, NONE}


def test_order_of_a_players_own_items() -> None:
    judged = Ratings.of([("a", "x", 5.0), ("a", "y", 1.0), ("b", "x", 3.0)])
    assert order_ndcg(np.array([4.0, 2.0, 1.0]), judged) == (1.0, 1)
    turned = (1 + 31 / math.log2(3)) / (31 + 1 / math.log2(3))
    assert order_ndcg(np.array([2.0, 4.0, 1.0]), judged)[0] == pytest.approx(turned)
