"""Weights of a blend."""

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.models.blend import Blend

RANDOM = np.random.default_rng(0)
TRUTH = np.clip(3 + RANDOM.normal(size=4000), 1, 5)
SCALE = (1.0, 5.0)


def test_the_better_model_weighs_more_and_the_blend_beats_both() -> None:
    good, fair = TRUTH + 0.5 * RANDOM.normal(size=4000), TRUTH + 0.8 * RANDOM.normal(size=4000)
    blend = Blend.fit(["good", "fair"], [good[:2000], fair[:2000]], TRUTH[:2000], SCALE)
    assert blend.weights["good"] > blend.weights["fair"] > 0
    errors = [
        np.sqrt(np.mean((stars - TRUTH[2000:]) ** 2))
        for stars in (blend.predict([good[2000:], fair[2000:]]), good[2000:], fair[2000:])
    ]
    assert errors[0] < min(errors[1:])


def test_a_model_that_says_the_opposite_gets_no_weight() -> None:
    blend = Blend.fit(["good", "opposite"], [TRUTH + 0.1 * RANDOM.normal(size=4000), 6 - TRUTH], TRUTH, SCALE)
    assert blend.weights["opposite"] == 0


def test_twins_share_their_weight_and_stars_stay_inside_the_scale() -> None:
    blend = Blend.fit(["one", "twin"], [TRUTH, TRUTH], TRUTH, SCALE)
    assert blend.weights["one"] == pytest.approx(blend.weights["twin"])
    assert blend.predict([np.array([9.0]), np.array([9.0])]).tolist() == [5.0]


def test_nothing_to_choose_by_is_refused() -> None:
    with pytest.raises(RatingsRefused, match="found none"):
        Blend.fit([], [], TRUTH, SCALE)
