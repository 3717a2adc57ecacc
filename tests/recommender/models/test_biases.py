"""Biases against an example worked by hand."""

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.models.biases import Biases
from recommender.records.ratings import Ratings
from tests.recommender.models.made import tastes

ROWS = [("ann", "foundry", 5.0), ("ann", "prism", 3.0), ("bob", "foundry", 4.0)]


def test_one_sweep_by_hand() -> None:
    # μ = 12/3 = 4. Items first, λ_i = 2: b_foundry = (1 + 0)/(2 + 2) = 1/4, b_prism = (-1)/(2 + 1) = -1/3.
    # Then players, λ_u = 2: b_ann = (5 - 4 - 1/4 + 3 - 4 + 1/3)/(2 + 2) = (1/12)/4 = 1/48,
    # b_bob = (4 - 4 - 1/4)/(2 + 1) = -1/12.
    model = Biases(player_damping=2.0, item_damping=2.0, sweeps=1).fit(Ratings.of(ROWS))
    np.testing.assert_allclose(model.item_bias, [1 / 4, -1 / 3])
    np.testing.assert_allclose(model.player_bias, [1 / 48, -1 / 12])
    prediction = model.predict(np.array([1]), np.array([1]))  # bob, prism: 4 - 1/12 - 1/3
    np.testing.assert_allclose(prediction.stars, [4 - 1 / 12 - 1 / 3])


def test_the_sweeps_reach_the_least_squares() -> None:
    ratings = tastes(20, 12, 6)
    model = Biases(sweeps=60).fit(ratings)
    rest = model.residuals(ratings)  # at the minimum, λ b equals the sum of the residuals
    np.testing.assert_allclose(np.bincount(ratings.player, rest, 20), 5.0 * model.player_bias, atol=1e-9)
    np.testing.assert_allclose(np.bincount(ratings.item, rest, 12), 3.0 * model.item_bias, atol=1e-9)
    early = Biases(sweeps=1).fit(ratings)
    rest = early.residuals(ratings)
    assert np.abs(np.bincount(ratings.item, rest, 12) - 3.0 * early.item_bias).max() > 1e-3


def test_the_unknown_get_the_mean_and_no_support() -> None:
    model = Biases().fit(Ratings.of(ROWS, players=("cleo",), items=("canal",)))
    stars, supported = model.scores(0)
    assert not supported[0]
    assert stars[0] == 4.0
    assert supported[1:].all()  # cleo is unknown, but these items are not


def test_predictions_stay_inside_the_scale() -> None:
    rows = [("ann", f"i{n}", 5.0) for n in range(30)] + [("bob", "i0", 5.0), ("bob", "i1", 1.0)]
    model = Biases(player_damping=0.0, item_damping=0.0).fit(Ratings.of(rows))
    assert model.raw(np.zeros(2, int), np.arange(2)).max() > 5.0
    assert model.scores(0).stars.max() <= 5.0


def test_no_ratings_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="expected at least one rating"):
        Biases().fit(Ratings.of([]))
