"""Intervals of means by a bootstrap over players: all values of a player are drawn together.

Percentile intervals (Efron & Tibshirani, "An introduction to the bootstrap", 1993, chapter 13) of a cluster bootstrap
(Davison & Hinkley, "Bootstrap methods and their application", 1997, section 3.8). Differences are paired: both models have
values of the same players, so the same draws are used for both. Intervals do not include the variation of the training part or
of a model's seed.
"""

from typing import Final, NamedTuple

import numpy as np

from recommender.records.ratings import Floats, Ints

DRAWS: Final = 2000
LEVEL: Final = 0.95
SEED: Final = 0


class Interval(NamedTuple):
    """A mean or a difference of means, and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Bootstrap:
    """Draws of players, the same for every model and metric."""

    def __init__(self, players: Ints, draws: int = DRAWS) -> None:
        """`players` (n,): the player of each value; a player may have several values."""
        _, self._cluster = np.unique(players, return_inverse=True)
        size = int(self._cluster.max()) + 1
        random = np.random.default_rng(SEED)
        self._weights = random.multinomial(size, np.full(size, 1 / size), draws).astype(np.float64)
        self._sizes = self._weights @ np.bincount(self._cluster, minlength=size)

    def mean(self, values: Floats) -> Interval:
        """The mean of `values` (n,)."""
        sums = np.bincount(self._cluster, values, self._weights.shape[1])
        drawn = self._weights @ sums / self._sizes
        low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        return Interval(float(values.mean()), float(low), float(high))

    def difference(self, values: Floats, others: Floats) -> Interval:
        """The mean of `values` minus that of `others`, both (n,) and of the same players in the same order."""
        return self.mean(values - others)
