"""Intervals: of means, of paired differences, of players who are judged several times."""

import numpy as np
import pytest

from recommender.evaluation.bootstrap import Bootstrap


def test_an_interval_is_near_the_one_of_the_normal_distribution() -> None:
    values = np.random.default_rng(3).normal(2.0, 1.0, 400)
    mean, low, high = Bootstrap(np.arange(400)).mean(values)
    half = 1.96 * values.std() / 20
    assert mean == pytest.approx(values.mean())
    assert low == pytest.approx(values.mean() - half, abs=0.02)
    assert high == pytest.approx(values.mean() + half, abs=0.02)


def test_a_player_who_is_judged_five_times_is_one_draw() -> None:
    values = np.repeat(np.random.default_rng(5).normal(size=60), 5)
    clustered = Bootstrap(np.repeat(np.arange(60), 5)).mean(values)
    apart = Bootstrap(np.arange(300)).mean(
        values
    )  # the twin: taken for 300 players it seems surer than it is
    assert (clustered.high - clustered.low) / (apart.high - apart.low) == pytest.approx(np.sqrt(5), rel=0.15)


def test_a_difference_is_paired() -> None:
    values = np.random.default_rng(7).normal(size=50)
    draws = Bootstrap(np.arange(50))
    difference = draws.difference(values + 0.5, values)
    assert difference.low == pytest.approx(0.5)
    assert difference.high == pytest.approx(0.5)
    assert draws.difference(values, values[::-1].copy()).high > 0.05
