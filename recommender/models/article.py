"""The source article's own code as a baseline: its formula with the plain sum below the line, and its three nearest.

The article is a survey of deep learning in entertainment; its text and code are not at hand. What is known of its
recommender, and is all that is built here:

- user-based collaborative filtering by r̄_u, the likeness s(u,v) and r_vi - r̄_v, divided by the plain sum of s(u,v), not by
  the sum of absolute values;
- code that takes the three most alike by Pearson and divides by nothing.

Not known, and read here as the formula has it: that the three are of all other players, as N(u) names no item; that the terms of
the second are the formula's own deviations. `BareNeighbours` is the form of the literature, with absolute values.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

import numpy as np

from recommender.models.base import Prediction, clipped
from recommender.models.neighbourhood import PearsonNeighbours
from recommender.models.similarity import FLAT, Deviations, Likeness, Weighting
from recommender.records.ratings import Floats, Ints, Ratings

NEAREST: Final = 3


@dataclass
class ArticleFormula(PearsonNeighbours):
    """The formula with the plain sum in the denominator:

    r̂(u,i) = r̄_u + Σ_{v∈N(u)} s(u,v)(r_vi - r̄_v) / Σ_{v∈N(u)} s(u,v)

    N(u): all other players who rated i; s: Pearson over the items both rated, signed. Likeness of both signs can bring the
    denominator near 0, and the quotient far out of the scale; it is clipped.

    Supported: the denominator is not 0. The fallback is the mean of all ratings, as in `BareNeighbours`.
    """

    name: ClassVar[str] = "article"

    weighting: Weighting = field(default=Weighting(), init=False)

    def fit(self, ratings: Ratings) -> Self:
        """Learn means, likeness and, beside each deviation, a 1: their sums are the two sides of the quotient."""
        super().fit(ratings)
        known = self._deviations
        self._plain = Deviations(known.likeness, known.row, known.groups, np.ones(len(ratings)))
        return self

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,)."""
        above = self._deviations.sums(self.weighting, players, items).deviation
        below = self._plain.sums(self.weighting, players, items).deviation
        supported = np.abs(below) > FLAT
        step = np.divide(above, below, out=np.zeros(len(players)), where=supported)
        stars: Floats = np.where(supported, self.mean[players] + step, self.all_mean)
        return Prediction(clipped(stars, self.scale), supported)


@dataclass
class ArticleNearest(PearsonNeighbours):
    """The three most alike, and no denominator:

    r̂(u,i) = r̄_u + Σ_{v∈T(u)} s(u,v)(r_vi - r̄_v)

    T(u): the three other players of the highest s(u,v), whether they rated i or not (of equal ones the first); one who did not
    adds nothing.

    Supported: one of the three rated i. Without one the empty sum leaves r̄_u.
    """

    name: ClassVar[str] = "article-nearest"

    weighting: Weighting = field(default=Weighting(), init=False)

    def fit(self, ratings: Ratings) -> Self:
        """Learn means and likeness, and keep of each player's likeness that of the three."""
        super().fit(ratings)
        alike = self.likeness.similarity
        ranked = np.where(np.eye(len(alike), dtype=np.bool_), -np.inf, alike)
        three = np.argsort(-ranked, axis=1, kind="stable")[:, :NEAREST]
        kept = np.zeros_like(alike)
        np.put_along_axis(kept, three, np.take_along_axis(alike, three, axis=1), axis=1)
        known = self._deviations
        self._nearest = Deviations(Likeness(kept, self.likeness.shared), known.row, known.groups, known.value)
        return self

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,)."""
        sums = self._nearest.sums(self.weighting, players, items)
        return Prediction(clipped(self.mean[players] + sums.deviation, self.scale), sums.neighbours > 0)
