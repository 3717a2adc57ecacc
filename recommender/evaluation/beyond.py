"""Metrics of lists beyond accuracy: coverage, novelty, diversity, calibration and popularity bias.

All are of the ten items suggested to each player and use only the training part. Definitions, if no other source is named:
Castells, Hurley & Vargas, "Novelty and diversity in recommender systems", Recommender Systems Handbook, 2015.
"""

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy import sparse
from scipy.stats import rankdata

from recommender.evaluation.metrics import NONE
from recommender.records.ratings import Floats, Ints, Ratings
from recommender.records.side_tables import FeatureRows

TABLE: Final = 4096  # most items whose cosines are kept completely; for more they are computed for each list
SMOOTHING: Final = 0.01  # alpha of Steck 2018: the share of the history in the list's distribution


@dataclass(frozen=True)
class BeyondAccuracy:
    """Means over players, or values of all lists together; None if undefined."""

    coverage: float  # share of the candidates that are suggested to any player
    gini: float  # of the numbers of suggestions: 0 all equal, 1 only one item
    novelty: float  # bits: mean of -log2 of the share of players who had the item
    popularity: float  # mean percentile of popularity, 0 to 1; a random list has .5
    diversity: float | None  # mean of 1 - cosine over the pairs of a list
    calibration: float | None  # nats: KL divergence of the list's tags from the history's


@dataclass
class ListAnalysis:
    """Data for analysing lists: one training part, and the items' features if there are any."""

    learned: Ratings
    features: FeatureRows | None = None
    _vectors: Any = field(init=False, repr=False)  # sparse (items, n), rows of length 1, or 0
    _alike: Any = field(init=False, repr=False)  # their cosines (items, items), if they fit into memory
    _tags: Floats | None = field(init=False, repr=False)  # (items, tags) shares, rows of sum 1, or 0

    def __post_init__(self) -> None:
        self._count = np.bincount(self.learned.item, minlength=self.learned.shape[1]).astype(np.float64)
        self._vectors = self._unit()
        self._alike = (self._vectors @ self._vectors.T).toarray() if len(self._count) <= TABLE else None
        self._tags = None if self.features is None else tag_shares(self.features)

    @property
    def compared_by(self) -> str:
        """The data by which diversity compares items."""
        return "who played them" if self.features is None else "their content"

    def of(self, ten: Ints, players: Ints) -> BeyondAccuracy:
        """Metrics of the lists (n, 10) of `players` (n,)."""
        shown = ten[ten != NONE]
        candidates = self._count > 0
        offered = np.bincount(shown, minlength=len(candidates)).astype(np.float64)
        had = len(np.unique(self.learned.player))
        percentile = np.zeros(len(candidates))
        percentile[candidates] = (rankdata(self._count[candidates]) - 0.5) / candidates.sum()
        share = np.maximum(self._count, 1) / had  # an item that nobody had counts as had by one player
        spread = [value for row in ten if (value := self._distance(row[row != NONE])) is not None]
        kept = [value for value in self._divergences(ten, players) if value is not None]
        return BeyondAccuracy(
            float((offered[candidates] > 0).mean()),
            gini(offered[candidates]),
            _mean_of_lists(-np.log2(share), ten),
            _mean_of_lists(percentile, ten),
            float(np.mean(spread)) if spread else None,
            float(np.mean(kept)) if kept else None,
        )

    def _unit(self) -> Any:
        """The items' features, or their players, as rows of length 1."""
        if self.features is not None:
            rows = sparse.csr_array(self.features.values)
        else:
            ones = np.ones(len(self.learned))
            shape = self.learned.shape[::-1]
            rows = sparse.csr_array((ones, (self.learned.item, self.learned.player)), shape=shape)
        length = np.sqrt(rows.multiply(rows).sum(axis=1))
        scale = np.divide(1, length, out=np.zeros(len(length)), where=length > 0)
        return sparse.diags_array(scale) @ rows

    def _distance(self, items: Ints) -> float | None:
        """Intra-list distance (Smyth & McClave 2001; Ziegler et al., WWW 2005): the mean over the pairs of a list."""
        if len(items) < 2:
            return None
        if self._alike is not None:
            alike = self._alike[np.ix_(items, items)]
        else:
            own = self._vectors[items]
            alike = (own @ own.T).toarray()
        return float(1 - (alike.sum() - np.trace(alike)) / (len(items) * (len(items) - 1)))

    def _divergences(self, ten: Ints, players: Ints) -> list[float | None]:
        if self._tags is None:
            return []
        order = np.argsort(self.learned.player, kind="stable")
        ends = np.cumsum(np.bincount(self.learned.player, minlength=self.learned.shape[0]))[:-1]
        histories = np.split(self.learned.item[order], ends)
        return [
            calibration(self._tags[histories[player]], self._tags[row[row != NONE]])
            for player, row in zip(players, ten)
        ]


def tag_shares(features: FeatureRows) -> Floats | None:
    """p(tag | item): each of an item's tags has an equal share (items, tags); None if the table has no tags.

    Tags are the columns `title=value` of a table of items; numbers and their bins are none.
    """
    columns = [place for place, name in enumerate(features.names) if "=" in name]
    if not columns:
        return None
    own = features.values[:, columns]
    total = own.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(own, total, out=np.zeros_like(own), where=total > 0))


def calibration(history: Floats, offered: Floats) -> float | None:
    """KL(p | q~), q~ = (1 - a) q + a p: p the tags of a history (h, tags), q of a list (k, tags), natural logarithm.

    Source: Steck, "Calibrated recommendations", RecSys 2018, equations 2, 3, 5 and 6, all items with weight 1 and
    a = .01. None if the history or the list has no tag.
    """
    p, q = history.sum(axis=0), offered.sum(axis=0)
    if not p.sum() or not q.sum():
        return None
    p, q = p / p.sum(), q / q.sum()
    mixed = (1 - SMOOTHING) * q + SMOOTHING * p
    known = p > 0
    return float((p[known] * np.log(p[known] / mixed[known])).sum())


def gini(counts: Floats) -> float:
    """Gini coefficient of counts (m,): sum_j (2 j - m - 1) x_(j) / (m sum x), x_(j) in rising order; nan without counts."""
    total, size = float(counts.sum()), len(counts)
    if not total:
        return math.nan
    return float(((2 * np.arange(1, size + 1) - size - 1) * np.sort(counts)).sum() / (size * total))


def _mean_of_lists(value: Floats, ten: Ints) -> float:
    """The mean over lists of the mean value (items,) of a list; empty lists are left out."""
    shown = ten != NONE
    sizes = shown.sum(axis=1)
    sums = np.where(shown, value[ten], 0.0).sum(axis=1)
    return float((sums[sizes > 0] / sizes[sizes > 0]).mean()) if (sizes > 0).any() else math.nan
