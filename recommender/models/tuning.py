"""Choose a model's weighting inside its training ratings; test ratings are never used."""

from dataclasses import replace
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from recommender.models.base import Prediction
from recommender.models.similarity import Weighting
from recommender.records.ratings import Ints, Ratings

HELD_OUT = 0.1
ROUNDS = 2


class Weighted(Protocol):
    """A model whose `weighting` may be replaced after `fit`."""

    weighting: Weighting

    def fit(self, ratings: Ratings) -> Self:
        """Learn from the ratings."""
        ...

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,)."""
        ...


M = TypeVar("M", bound=Weighted)


def inner_split(ratings: Ratings, seed: int, held_out: float = HELD_OUT) -> tuple[Ratings, Ratings]:
    """A larger part for fitting and a smaller one for testing, drawn from `seed`."""
    order = np.random.default_rng(seed).permutation(len(ratings))
    cut = min(len(ratings) - 1, max(1, round(held_out * len(ratings))))
    return ratings[np.sort(order[cut:])], ratings[np.sort(order[:cut])]


def error(model: Weighted, ratings: Ratings) -> float:
    """Root mean squared error over ratings."""
    miss = model.predict(ratings.player, ratings.item).stars - ratings.stars
    return float(np.sqrt(np.mean(miss * miss)))


def tune(model: M, grid: dict[str, tuple[Any, ...]], ratings: Ratings, seed: int) -> M:
    """Pick each setting in turn, twice over, by the error on an inner tenth; then fit on all of `ratings`.

    Deterministic for the same ratings and seed. The choice is `model.weighting`. With too few ratings to split the model keeps
    its own weighting.
    """
    if len(ratings) < 20:
        return model.fit(ratings)
    part, judge = inner_split(ratings, seed)
    model.fit(part)
    best = error(model, judge)
    for _ in range(ROUNDS):
        before = model.weighting
        for name, values in grid.items():
            kept = model.weighting
            for value in values:
                if value == getattr(kept, name):
                    continue
                model.weighting = replace(kept, **{name: value})
                found = error(model, judge)
                if found < best - 1e-6:
                    best, kept = found, model.weighting
            model.weighting = kept
        if model.weighting == before:
            break
    return model.fit(ratings)
