"""What is played next: popularity and EASE, plain and recent."""

import io
import math

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.models.ranking import (
    Ease,
    EaseSettings,
    Popularity,
    cooccurrences,
    fading_weights,
    histories,
)
from recommender.records.ratings import Ratings

ROWS = [
    ("a", "x", 5, 1),
    ("a", "y", 1, 2),
    ("b", "x", 3, 5),
    ("b", "y", 3, 4),
    ("c", "z", 2, 1),
    ("c", "x", 2, 1),
]
PLAYED = Ratings.of([(player, item, float(stars), float(time)) for player, item, stars, time in ROWS])


def test_popularity_counts_plays() -> None:
    assert Popularity().fit(PLAYED).scores(np.array([0])).tolist() == [3, 2, 1]


def test_histories_are_oldest_first_and_ties_keep_the_order_of_rows() -> None:
    assert [items.tolist() for items in histories(PLAYED)] == [[0, 1], [1, 0], [2, 0]]


def test_ease_is_the_best_linear_map_with_an_empty_diagonal() -> None:
    random = np.random.default_rng(0)
    plays = random.random((30, 6)) < 0.4
    rows = [(f"p{player}", f"i{item}", 3.0) for player, item in np.argwhere(plays)]
    played = Ratings.of(rows, items=[f"i{item}" for item in range(6)])
    weights = Ease(EaseSettings(penalty=2.0)).fit(played).weights
    seen = played.dense()[1].astype(float)

    def loss(candidate: np.ndarray) -> float:
        return float(((seen - seen @ candidate) ** 2).sum() + 2.0 * (candidate**2).sum())

    assert np.diag(weights).tolist() == [0.0] * 6
    for _ in range(50):
        change = random.normal(size=(6, 6)) * 0.05
        np.fill_diagonal(change, 0.0)
        assert loss(weights) < loss(weights + change)
    assert loss(weights) > loss(weights + 0.01 * np.eye(6))  # so the empty diagonal does bind


def test_plays_in_common_fade_with_their_distance() -> None:
    played = Ratings.of([("a", name, 3.0, float(time)) for time, name in enumerate("wxyz")])
    assert cooccurrences(played, 1.0)[0].tolist() == [1.0, 0.5, 0.25, 0.125]
    assert cooccurrences(played)[0].tolist() == [1.0] * 4


def test_the_newest_of_a_history_weighs_most() -> None:
    assert fading_weights(3, 1.0).tolist() == [0.25, 0.5, 1.0]
    assert fading_weights(3, math.inf).tolist() == [1.0] * 3
    model = Ease(EaseSettings(1.0, memory=1.0)).fit(PLAYED)
    history = np.array([2, 1])
    assert model.scores(history) == pytest.approx(0.5 * model.weights[2] + model.weights[1])


def test_shares_of_the_history_add_up_to_the_score() -> None:
    model = Ease(EaseSettings(1.0, together=2.0, memory=3.0)).fit(PLAYED)
    history = np.array([2, 1])
    assert model.because(history, 0).sum() == pytest.approx(model.scores(history)[0])


def test_no_history_scores_nothing() -> None:
    assert Ease().fit(PLAYED).scores(np.array([], np.int32)).tolist() == [0.0] * 3


def test_it_is_saved_as_plain_arrays() -> None:
    model = Ease(EaseSettings(1.0, together=2.0)).fit(PLAYED)
    file = io.BytesIO()
    np.savez(file, **model.arrays())  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = Ease.from_arrays(dict(arrays))
    assert again.settings == model.settings
    assert again.scores(np.array([0])) == pytest.approx(model.scores(np.array([0])), abs=1e-6)


def test_arrays_of_another_form_and_no_plays_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="expected arrays of form 1, found none"):
        Ease.from_arrays({})
    with pytest.raises(RatingsRefused, match="found none"):
        Ease().fit(PLAYED[:0])
