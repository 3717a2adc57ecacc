"""Which ratings are learned from and which judge."""

import hashlib
import importlib.util

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.evaluation.protocols import leave_last, surprise5
from recommender.records.ratings import Ratings

# sha-256 of the judged rows of 1003 ratings, as surprise.KFold(5, random_state=0) gave them
RECORDED = "a7c2a34d51c6ba3b00e876a5b2813ed6998bbec977c54921a6be7ec06a54526b"


def test_folds_are_those_that_surprise_gave() -> None:
    text = ";".join(",".join(map(str, judged)) for _, judged in surprise5(1003))
    assert hashlib.sha256(text.encode()).hexdigest() == RECORDED


@pytest.mark.skipif(importlib.util.find_spec("surprise") is None, reason="scikit-surprise is not installed")
@pytest.mark.parametrize("count", [10, 1000, 1003])
def test_folds_equal_those_of_surprise(count: int) -> None:
    from surprise import Dataset, Reader
    from surprise.model_selection import KFold

    data = Dataset(Reader())
    data.raw_ratings = [(str(row), "item", 3.0, None) for row in range(count)]
    theirs = [[int(row[0]) for row in judged] for _, judged in KFold(5, random_state=0).split(data)]
    assert [judged.tolist() for _, judged in surprise5(count)] == theirs


def test_folds_judge_every_row_once_and_never_one_that_is_learned() -> None:
    splits = surprise5(23)
    assert sorted(np.concatenate([judged for _, judged in splits]).tolist()) == list(range(23))
    assert all(not set(learned) & set(judged) for learned, judged in splits)


def test_too_few_ratings_for_five_folds_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="expected at least 5"):
        surprise5(4)


def test_the_newest_play_is_left_out_and_of_a_tie_the_later_row() -> None:
    rows = [
        ("a", "x", 3.0, 2.0),
        ("a", "y", 3.0, 2.0),
        ("b", "x", 3.0, 9.0),
        ("b", "y", 3.0, 1.0),
        ("c", "x", 3.0),
    ]
    learned, judged = leave_last(Ratings.of(rows))
    assert judged.tolist() == [1, 2]
    assert learned.tolist() == [0, 3, 4]


def test_players_with_one_rating_only_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="at least two"):
        leave_last(Ratings.of([("a", "x", 3.0), ("b", "x", 3.0)]))
