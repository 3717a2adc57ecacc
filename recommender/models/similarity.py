"""Similarity of rows (players or items) over their shared columns, and means over the most similar rows.

All arrays are dense: n rows need n² numbers, which is suitable up to some ten thousand rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.limits import Limit, within
from recommender.records.ratings import Floats, Ints

FLAT = 1e-9  # a variance below this counts as 0: a row without variation has no similarity


class RowSimilarity(NamedTuple):
    """Similarity of rows, in [-1, 1], and the number of shared columns, both (rows, rows).

    The similarity is 0 if it is undefined (nothing shared, no variation) and on the diagonal.
    """

    similarity: Floats
    shared: Floats


@dataclass(frozen=True)
class Weighting:
    """How a similarity s over n shared columns becomes a neighbour's weight, and how weights become a mean.

    weight = sign(s) |s · n/(n+shrinkage) · min(n, significance)/significance|^power; the `nearest` largest |weight|
    count; the mean is Σ weight · deviation / (Σ |weight| + damping); with fewer than `support` neighbours there is no mean.
    """

    shrinkage: float = 0.0
    significance: float = 0.0  # 0: none
    damping: float = 0.0
    nearest: int = 0  # 0: all
    support: int = 1
    power: float = 1.0

    def __post_init__(self) -> None:
        sizes = {name: Limit(0, whole=True) for name in ("nearest", "support")}
        parts = {name: Limit(0) for name in ("shrinkage", "significance", "damping", "power")}
        within("neighbours", self, **sizes, **parts)

    def weights(self, similarity: Floats, shared: Floats) -> Floats:
        """Weights of the same shape."""
        weights = similarity
        if self.shrinkage:
            weights = weights * (shared / (shared + self.shrinkage))
        if self.significance:
            weights = weights * (np.minimum(shared, self.significance) / self.significance)
        if self.power != 1.0:
            weights = np.sign(weights) * np.abs(weights) ** self.power
        return weights


class Sums(NamedTuple):
    """Sums over the neighbours of n targets, all (n,)."""

    deviation: Floats  # Σ weight · deviation
    weight: Floats  # Σ |weight|
    neighbours: NDArray[np.int64]  # how many weights differ from 0


class Groups:
    """Positions 0..n grouped by a number: `groups[g]` are the positions whose number is g, in order."""

    def __init__(self, number: Ints, count: int):
        self.order = np.argsort(number, kind="stable")
        self.start = np.concatenate(([0], np.cumsum(np.bincount(number, minlength=count))))

    def __getitem__(self, group: int) -> NDArray[np.int64]:
        return self.order[self.start[group] : self.start[group + 1]]

    def occupied(self) -> Iterator[int]:
        """The numbers that occur."""
        return iter(np.flatnonzero(np.diff(self.start)).tolist())


def pearson(values: Floats, known: Floats) -> RowSimilarity:
    """Pearson correlation of rows over the columns known in both.

    s(u,v) = Σ (x - x̄)(y - ȳ) / √(Σ (x - x̄)² Σ (y - ȳ)²), sums and means over the shared columns only, from the
    sufficient statistics n, Σx, Σx², Σxy. `values` is (rows, columns) and 0 where `known` (1 or 0) is 0.
    """
    shared = known @ known.T
    total, square, product = values @ known.T, (values * values) @ known.T, values @ values.T
    count = np.maximum(shared, 1.0)
    variance = square - total * total / count
    return _quotient(product - total * total.T / count, variance, shared)


def cosine(values: Floats, known: Floats) -> RowSimilarity:
    """Cosine of rows over the columns known in both: Σxy / √(Σx² Σy²), for values that are centred already."""
    return _quotient(values @ values.T, (values * values) @ known.T, known @ known.T)


def _quotient(product: Floats, square: Floats, shared: Floats) -> RowSimilarity:
    """Similarity from Σxy and Σx²; `square[u, v]` is u's over the columns shared with v."""
    varied = (square > FLAT) & (square.T > FLAT)
    similarity = np.divide(
        product, np.sqrt(np.where(varied, square * square.T, 1.0)), out=np.zeros_like(product), where=varied
    )
    np.clip(similarity, -1.0, 1.0, out=similarity)
    np.fill_diagonal(similarity, 0.0)
    return RowSimilarity(similarity, shared)


def nearest_sums(weights: Floats, deviations: Floats, nearest: int) -> Sums:
    """Sums over the `nearest` neighbours (0: all) of each row: weights (n, m), deviations of the m neighbours (m,)."""
    if nearest and nearest < weights.shape[1]:
        best = np.argpartition(-np.abs(weights), nearest - 1, axis=1)[:, :nearest]
        weights = np.take_along_axis(weights, best, axis=1)
        top = (weights * deviations[best]).sum(axis=1)
    else:
        top = weights @ deviations
    return Sums(top, np.abs(weights).sum(axis=1), np.count_nonzero(weights, axis=1))


@dataclass(frozen=True)
class Deviations:
    """Deviations of rows in groups. User neighbours: rows are players, groups items. Item neighbours: the reverse."""

    likeness: RowSimilarity  # similarity of the rows
    row: Ints  # row of each rating, (ratings,)
    groups: Groups  # groups of the ratings
    value: Floats  # (ratings,)

    def sums(self, weighting: Weighting, target: Ints, group: Ints) -> Sums:
        """Sums of pairs (target row, group), both (n,), over the rows that have a deviation in that group."""
        sums = Sums(np.zeros(len(target)), np.zeros(len(target)), np.zeros(len(target), np.int64))
        asked = Groups(group, len(self.groups.start) - 1)
        for number in asked.occupied():
            pairs, rated = asked[number], self.groups[number]
            if not len(rated):
                continue
            block = np.ix_(target[pairs], self.row[rated])
            weights = weighting.weights(self.likeness.similarity[block], self.likeness.shared[block])
            part = nearest_sums(weights, self.value[rated], weighting.nearest)
            for whole, some in zip(sums, part, strict=True):
                whole[pairs] = some
        return sums
