"""Ratings made for tests: tastes of two dimensions, so that neighbours have something to find."""

import numpy as np

from recommender.records.ratings import Ratings


def tastes(players: int, items: int, each: int, seed: int = 0) -> Ratings:
    """`each` ratings a player, whole stars, from biases, two tastes and noise."""
    rng = np.random.default_rng(seed)
    likes, has = rng.normal(size=(players, 2)), rng.normal(size=(items, 2))
    stars = 3.3 + 0.4 * rng.normal(size=(players, 1)) + 0.5 * rng.normal(size=items) + 0.8 * likes @ has.T
    stars = np.clip(np.round(stars + 0.3 * rng.normal(size=stars.shape)), 1, 5)
    return Ratings.of(
        [
            (f"p{u}", f"i{i}", float(stars[u, i]))
            for u in range(players)
            for i in rng.permutation(items)[:each]
        ],
        players=[f"p{u}" for u in range(players)],
        items=[f"i{i}" for i in range(items)],
    )


def halves(ratings: Ratings, seed: int = 0) -> tuple[Ratings, Ratings]:
    """Three quarters to learn from and one to judge by."""
    judged = np.random.default_rng(seed).random(len(ratings)) < 0.25
    return ratings[~judged], ratings[judged]
