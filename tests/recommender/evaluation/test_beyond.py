"""What goes beyond accuracy, against values worked out by hand."""

import math

import numpy as np
import pytest

from recommender.evaluation import beyond
from recommender.evaluation.beyond import ListAnalysis, calibration, gini, tag_shares
from recommender.evaluation.metrics import NONE
from recommender.records.ratings import Ratings
from recommender.records.side_tables import FeatureRows

# Four players; w is rated by all, x by two, y by one, z by nobody in the training part.
LEARNED = Ratings.of(
    [*[(player, "w", 4.0) for player in "abcd"], ("a", "x", 3.0), ("b", "x", 3.0), ("c", "y", 5.0)],
    items=("w", "x", "y", "z"),
)
W, X, Y = 0, 1, 2


def ten(*items: int) -> np.ndarray:
    return np.array([[*items, *[NONE] * (10 - len(items))]], np.int32)


def test_novelty_and_popularity_of_a_list_of_two() -> None:
    found = ListAnalysis(LEARNED).of(ten(X, Y), np.array([3]))
    assert found.novelty == pytest.approx((1 + 2) / 2)  # -log2(2/4), -log2(1/4)
    assert found.popularity == pytest.approx((0.5 + 1 / 6) / 2)  # the middle and the lowest third of three
    assert found.coverage == pytest.approx(2 / 3)  # of the three that somebody had


def test_gini_of_one_and_of_all_alike() -> None:
    assert gini(np.array([5.0, 5.0, 5.0])) == 0
    assert gini(np.array([0.0, 0.0, 9.0])) == pytest.approx(2 / 3)  # (m - 1) / m
    assert gini(np.array([1.0, 3.0])) == pytest.approx(0.25)  # (-1 + 3) / (2 · 4)
    assert math.isnan(gini(np.zeros(3)))


@pytest.mark.parametrize("table", [0, 4096])
def test_diversity_by_who_played_is_one_less_the_cosine(monkeypatch: pytest.MonkeyPatch, table: int) -> None:
    monkeypatch.setattr(beyond, "TABLE", table)  # made for each list, or kept as a whole
    # w by a, b, c, d; x by a, b: cosine 2 / √(4·2). x and y share nobody.
    judge = ListAnalysis(LEARNED)
    assert judge.of(ten(W, X), np.array([3])).diversity == pytest.approx(1 - 2 / math.sqrt(8), abs=1e-6)
    assert judge.of(ten(X, Y), np.array([3])).diversity == pytest.approx(1, abs=1e-6)
    assert judge.of(ten(X), np.array([3])).diversity is None
    assert judge.compared_by == "who played them"


TAGS = FeatureRows(
    ("genre=drama", "genre=comedy", "year", "year~1"),
    np.array([[1.0, 0, 2, 1], [0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]]),
)


def test_an_items_tags_have_equal_shares_and_numbers_are_no_tags() -> None:
    shares = tag_shares(TAGS)
    assert shares is not None
    assert shares.tolist() == [[1, 0], [0, 1], [0.5, 0.5], [0, 0]]


def test_calibration_by_hand() -> None:
    # d's history: w, all drama. The list x: all comedy. q~ = .99 q + .01 p: drama .01.
    assert ListAnalysis(LEARNED, TAGS).of(ten(X), np.array([3])).calibration == pytest.approx(
        math.log(1 / 0.01)
    )
    # a list as the history is calibrated to the last digit
    assert calibration(np.array([[0.5, 0.5]]), np.array([[1.0, 0], [0, 1.0]])) == pytest.approx(0)
    # p = (3/4, 1/4), q = (1/2, 1/2)
    history, shown = np.array([[1, 0], [0.5, 0.5]]), np.array([[0.5, 0.5]])
    expected = 0.75 * math.log(0.75 / (0.99 * 0.5 + 0.01 * 0.75)) + 0.25 * math.log(
        0.25 / (0.99 * 0.5 + 0.01 * 0.25)
    )
    assert calibration(history, shown) == pytest.approx(expected)
    assert calibration(history, np.zeros((2, 2))) is None


def test_without_tags_nothing_is_said_of_calibration() -> None:
    assert ListAnalysis(LEARNED).of(ten(X), np.array([0])).calibration is None
