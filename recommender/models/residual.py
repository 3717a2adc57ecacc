"""Neighbours on the residuals of the biases: similar players, or similar items.

The residual of a rating is e_ui = r_ui - (μ + b_u + b_i). Source: Koren, "Factor in the neighbors", ACM TKDD 4(1), 2010,
section 2.2 (neighbourhoods on baseline residuals, shrunk correlation); items: Sarwar et al., "Item-based collaborative
filtering recommendation algorithms", WWW 2001, section 3.
"""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np

from recommender.models.base import Model, Prediction, clipped
from recommender.models.biases import Biases
from recommender.models.similarity import Deviations, Groups, RowSimilarity, Weighting, cosine
from recommender.models.tuning import tune
from recommender.records.ratings import Floats, Ints, Ratings


class _Residual(Model):
    """The common part of both: biases, residuals, and a damped mean of neighbours' residuals added to the biases."""

    weighting: Weighting
    biases: Biases
    GRID: ClassVar[dict[str, tuple[Any, ...]]] = {
        "nearest": (20, 40, 60, 100, 200, 0),
        "shrinkage": (10.0, 30.0, 60.0, 100.0),
        "damping": (0.1, 0.3, 1.0, 2.0),
        "power": (1.0, 1.5, 2.0, 2.5),
        "significance": (0.0, 20.0),
    }

    def fit(self, ratings: Ratings) -> Self:
        """Learn biases (players,), (items,) and the similarity of residuals."""
        self.biases.fit(ratings)
        self.scale = ratings.scale
        self._deviations = self._learnt(ratings, self.biases.residuals(ratings))
        self.likeness = self._deviations.likeness
        return self

    @abstractmethod
    def _learnt(self, ratings: Ratings, residual: Floats) -> Deviations:
        """The similarity of players or items, from the ratings' residuals (ratings,)."""

    @abstractmethod
    def _sides(self, players: Ints, items: Ints) -> tuple[Ints, Ints]:
        """Rows and groups: players and items, or the reverse."""

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,). Without enough neighbours they are the biases', exactly."""
        sums = self._deviations.sums(self.weighting, *self._sides(players, items))
        supported = (sums.neighbours >= max(1, self.weighting.support)) & (sums.weight > 0)
        whole = sums.weight + self.weighting.damping
        step = np.divide(sums.deviation, whole, out=np.zeros(len(players)), where=supported)
        return Prediction(clipped(self.biases.raw(players, items) + step, self.scale), supported)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of fitted players and items."""
        return self.biases.shape

    @classmethod
    def tuned(cls, ratings: Ratings, seed: int = 0) -> Self:
        """Fitted with the weighting that predicts a held-out tenth of `ratings` best; see `tune`."""
        return tune(cls(), cls.GRID, ratings, seed)


def _dense(ratings: Ratings, residual: Floats) -> tuple[Floats, Floats]:
    """Residuals, 0 where unknown, and 1 where known: both (players, items)."""
    values, known = np.zeros(ratings.shape), np.zeros(ratings.shape)
    values[ratings.player, ratings.item] = residual
    known[ratings.player, ratings.item] = 1.0
    return values, known


PLAYERS: Final = Weighting(shrinkage=60.0, damping=0.3, nearest=60)
ITEMS: Final = Weighting(shrinkage=100.0, damping=0.3, nearest=20)


@dataclass
class PlayerResiduals(_Residual):
    """User neighbours: r̂(u,i) = b_ui + Σ_v w(u,v) e_vi / (Σ_v |w(u,v)| + λ), v the nearest players who rated i.

    w: cosine of the two players' residuals over the n items both rated, times n/(n+β).
    Supported: at least `support` neighbours. The fallback is the biases' prediction, exactly.
    """

    name: ClassVar[str] = "player-residuals"

    weighting: Weighting = PLAYERS
    biases: Biases = field(default_factory=Biases)

    def _learnt(self, ratings: Ratings, residual: Floats) -> Deviations:
        likeness = cosine(*_dense(ratings, residual))
        return Deviations(likeness, ratings.player, Groups(ratings.item, ratings.shape[1]), residual)

    def _sides(self, players: Ints, items: Ints) -> tuple[Ints, Ints]:
        return players, items


@dataclass
class ItemResiduals(_Residual):
    """Item neighbours: r̂(u,i) = b_ui + Σ_j w(i,j) e_uj / (Σ_j |w(i,j)| + λ), j the nearest items that u rated.

    w: cosine of the two items' residuals over the n players who rated both, times n/(n+β); only j with w > 0.
    Supported: at least `support` neighbours. The fallback is the biases' prediction, exactly.
    """

    name: ClassVar[str] = "item-residuals"

    weighting: Weighting = ITEMS
    biases: Biases = field(default_factory=Biases)

    def _learnt(self, ratings: Ratings, residual: Floats) -> Deviations:
        values, known = _dense(ratings, residual)
        similarity, shared = cosine(np.ascontiguousarray(values.T), np.ascontiguousarray(known.T))
        likeness = RowSimilarity(np.maximum(similarity, 0.0), shared)
        return Deviations(likeness, ratings.item, Groups(ratings.player, ratings.shape[0]), residual)

    def _sides(self, players: Ints, items: Ints) -> tuple[Ints, Ints]:
        return items, players
