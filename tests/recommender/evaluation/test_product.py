"""The product's rows: what they are made of, and that they see no more than a training part."""

from dataclasses import replace

import numpy as np

from recommender.evaluation.metrics import NONE
from recommender.evaluation.product import EvaluatedAdvisor, items_with_features, list_overlap
from recommender.evaluation.protocols import by_entry
from recommender.records.ratings import Ratings
from recommender.records.side_tables import FeatureRows
from tests.recommender.made import made_ratings

RATINGS, _ = made_ratings(25, 40, 12)
LEARNED = by_entry(RATINGS)[:200]
PLAYERS = np.unique(LEARNED.player).astype(np.int32)


def test_its_lists_hold_what_the_player_has_not_had_each_once() -> None:
    product = EvaluatedAdvisor(LEARNED)
    lists = product.lists(PLAYERS)
    product.close()
    known = set(LEARNED.item.tolist())
    for player, row in zip(PLAYERS, lists.twenty):
        own = set(LEARNED.item[LEARNED.player == player].tolist())
        shown = [item for item in row.tolist() if item != NONE]
        assert len(set(shown)) == len(shown) == 20
        assert set(shown) <= known - own


def test_it_repeats_and_what_it_is_told_changes_what_it_offers() -> None:
    def lists(told: int) -> np.ndarray:
        product = EvaluatedAdvisor(LEARNED)
        for item in range(told):
            product.learn(int(PLAYERS[0]), item, 5.0)
        found = product.lists(PLAYERS[:1]).ten
        product.close()
        return found

    assert np.array_equal(lists(0), lists(0))
    assert not np.array_equal(lists(0), lists(8))


def test_stars_of_another_scale_are_moved_and_moved_back() -> None:
    """Half the stars, half the answer."""
    judged = RATINGS[np.flatnonzero(np.isin(RATINGS.player, PLAYERS))[:50]]
    halved = replace(LEARNED, stars=LEARNED.stars / 2, scale=(0.5, 2.5))
    found = []
    for learned in (LEARNED, halved):
        product = EvaluatedAdvisor(learned)
        found.append(product.stars(judged))
        product.close()
    np.testing.assert_allclose(found[0] / 2, found[1])


def test_an_item_that_nobody_rated_is_outside_the_catalogue() -> None:
    ratings = Ratings.of([("a", "x", 5.0), ("a", "y", 2.0), ("b", "x", 4.0)], items=("x", "y", "z"))
    product = EvaluatedAdvisor(ratings)
    assert set(product.lists(np.array([1])).ten[0].tolist()) == {
        1,
        0,
        NONE,
    }  # y, and x that b had, as nothing is left
    product.learn(1, 2, 5.0)  # no error: it cannot be told
    judged = Ratings.of([("a", "z", 5.0)], players=ratings.players, items=ratings.items)
    np.testing.assert_allclose(product.stars(judged), [11 / 3])
    product.close()


def test_a_table_of_items_becomes_tags_and_numbers() -> None:
    features = FeatureRows(("kind=song", "year", "year~3"), np.array([[1.0, 0.5, 1.0], [0.0, -1.0, 0.0]]))
    first, second = items_with_features(("x", "y"), features)
    assert first.tags == {"kind:song"}
    assert first.numbers == {"year": 0.5}
    assert second.tags == frozenset()
    assert items_with_features(("x",), None)[0].tags == frozenset()


def test_one_advisor_for_all_offers_what_one_for_each_does() -> None:
    assert list_overlap(LEARNED, PLAYERS[:3]) >= 0.8  # exploration draws one place of a list anew
