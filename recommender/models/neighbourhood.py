"""The neighbourhood model: predictions from ratings of players who agreed with the player so far.

`BareNeighbours` is the formula of the literature, with absolute values in the denominator; `RobustNeighbours` shrinks weak
evidence. Both are baselines of `evaluate` and not used for suggestions. The source article's own code, which divides by the
plain sum or by nothing, is in `recommender.models.article`.

Measured on MovieLens-100K the bare form loses to plain biases: an item with five stars from one dissimilar player gets five
stars, and a correlation over two shared items counts as much as one over two hundred.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

import numpy as np

from recommender.errors import RatingsRefused
from recommender.models.base import Model, Prediction, clipped
from recommender.models.biases import Biases
from recommender.models.similarity import Deviations, Groups, Weighting, pearson
from recommender.models.tuning import tune
from recommender.records.ratings import Floats, Ints, Ratings


class PearsonNeighbours(Model):
    """The common part of all forms: Pearson similarity of players and r_vi - r̄_v of every rating."""

    weighting: Weighting

    def fit(self, ratings: Ratings) -> Self:
        """Learn the players' means (players,) and their similarity (players, players)."""
        if not len(ratings):
            raise RatingsRefused(f"{self.name}: expected at least one rating, found none")
        players, items = ratings.shape
        self.scale, self._shape = ratings.scale, (players, items)
        self.all_mean = float(ratings.stars.mean())
        count = np.bincount(ratings.player, minlength=players)
        total = np.bincount(ratings.player, ratings.stars, players)
        self.mean = np.where(count > 0, total / np.maximum(count, 1), self.all_mean)
        values, known = ratings.dense()
        middle = sum(ratings.scale) / 2  # a shift does not change correlations and keeps the sums small
        self.likeness = pearson(np.where(known, values - middle, 0.0), known.astype(np.float64))
        self._deviations = Deviations(
            self.likeness,
            ratings.player,
            Groups(ratings.item, items),
            ratings.stars - self.mean[ratings.player],
        )
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of fitted players and items."""
        return self._shape


@dataclass
class BareNeighbours(PearsonNeighbours):
    """User-based collaborative filtering:

    r̂(u,i) = r̄_u + Σ_{v∈N(u)} s(u,v)(r_vi - r̄_v) / Σ_{v∈N(u)} |s(u,v)|

    N(u): all other players who rated i; r̄: a player's mean over all their ratings; s: Pearson over the items both
    rated, signed; no term if it is undefined. Source of the form: Resnick et al., "GroupLens", CSCW 1994, section
    "Correlation and prediction".

    Supported: Σ|s| > 0. The fallback is the mean of all ratings, as in Surprise's `KNNWithMeans`.
    """

    name: ClassVar[str] = "bare"

    weighting: Weighting = field(default=Weighting(), init=False)

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,)."""
        sums = self._deviations.sums(self.weighting, players, items)
        supported = sums.weight > 0
        step = np.divide(sums.deviation, sums.weight, out=np.zeros(len(players)), where=supported)
        stars: Floats = np.where(supported, self.mean[players] + step, self.all_mean)
        return Prediction(clipped(stars, self.scale), supported)


ROBUST: Final = Weighting(shrinkage=100.0, damping=2.0, nearest=30)


@dataclass
class RobustNeighbours(PearsonNeighbours):
    """The formula with weak evidence shrunk; a baseline of `evaluate`:

    r̂(u,i) = r̄_u + (Σ_{v∈N(u)} w(u,v)(r_vi - r̄_v) + λ (b_ui - r̄_u)) / (Σ_{v∈N(u)} |w(u,v)| + λ)

    w = s(u,v) · n/(n+β) · min(n, γ)/γ, over n shared items: shrinkage (Bell and Koren, "Scalable collaborative filtering
    with jointly derived neighborhood interpolation weights", ICDM 2007, section 3) and significance weighting (Herlocker
    et al., "An algorithmic framework for performing collaborative filtering", SIGIR 1999, section 5.1.2). N(u) keeps the
    `nearest` players. The damped denominator counts the biases' prediction b_ui as one more neighbour of weight λ, so that weak
    evidence leads back to the biases.

    Supported: at least `support` neighbours. The fallback is the biases' prediction, exactly.
    """

    name: ClassVar[str] = "robust"
    GRID: ClassVar[dict[str, tuple[Any, ...]]] = {
        "shrinkage": (10.0, 30.0, 60.0, 100.0),
        "damping": (0.3, 1.0, 2.0, 4.0),
        "nearest": (30, 60, 100, 200, 0),
        "significance": (0.0, 20.0, 50.0),
        "power": (1.0, 1.5, 2.0),
        "support": (1, 2, 3),
    }
    weighting: Weighting = ROBUST
    biases: Biases = field(default_factory=Biases)

    def fit(self, ratings: Ratings) -> Self:
        """Learn means, similarities and biases."""
        super().fit(ratings)
        self.biases.fit(ratings)
        return self

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,)."""
        sums, damping = self._deviations.sums(self.weighting, players, items), self.weighting.damping
        supported = (sums.neighbours >= max(1, self.weighting.support)) & (sums.weight > 0)
        biases, mean = self.biases.raw(players, items), self.mean[players]
        step = sums.deviation + damping * (biases - mean)
        step = np.divide(step, sums.weight + damping, out=np.zeros(len(players)), where=supported)
        stars: Floats = np.where(supported, mean + step, biases)
        return Prediction(clipped(stars, self.scale), supported)

    @classmethod
    def tuned(cls, ratings: Ratings, seed: int = 0) -> Self:
        """Fitted with the weighting that predicts a held-out tenth of `ratings` best; see `tune`."""
        return tune(cls(), cls.GRID, ratings, seed)
