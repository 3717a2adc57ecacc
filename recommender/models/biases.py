"""Regularised biases: only the generosity of players and the popularity of items."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recommender.errors import RatingsRefused
from recommender.limits import Limit, within
from recommender.models.base import Model, Prediction, clipped
from recommender.records.ratings import Floats, Ints, Ratings


@dataclass
class Biases(Model):
    """Baseline estimates: r̂(u,i) = μ + b_u + b_i.

    The biases minimise Σ (r_ui - μ - b_u - b_i)² + λ_u Σ b_u² + λ_i Σ b_i², found by alternating least squares:
    b_i = Σ_u (r_ui - μ - b_u) / (λ_i + n_i), then b_u = Σ_i (r_ui - μ - b_i) / (λ_u + n_u).
    Source: Koren, "Factor in the neighbors", ACM TKDD 4(1), 2010, section 2.1.

    Supported: the player or the item has a rating. The fallback is the mean of all ratings.
    """

    name: ClassVar[str] = "biases"

    player_damping: float = 5.0  # λ_u, in ratings
    item_damping: float = 3.0  # λ_i, in ratings
    sweeps: int = 15

    def __post_init__(self) -> None:
        within("biases", self, player_damping=Limit(0), item_damping=Limit(0), sweeps=Limit(0, whole=True))

    def fit(self, ratings: Ratings) -> Self:
        """Learn μ, b_u (players,) and b_i (items,)."""
        if not len(ratings):
            raise RatingsRefused("biases: expected at least one rating, found none")
        players, items = ratings.shape
        self.scale = ratings.scale
        self.mean = float(ratings.stars.mean())
        self.player_count = np.bincount(ratings.player, minlength=players)
        self.item_count = np.bincount(ratings.item, minlength=items)
        self.player_bias, self.item_bias = np.zeros(players), np.zeros(items)
        above = ratings.stars - self.mean
        for _ in range(self.sweeps):
            rest = np.bincount(ratings.item, above - self.player_bias[ratings.player], items)
            self.item_bias = rest / np.maximum(self.item_damping + self.item_count, 1e-12)
            rest = np.bincount(ratings.player, above - self.item_bias[ratings.item], players)
            self.player_bias = rest / np.maximum(self.player_damping + self.player_count, 1e-12)
        return self

    def raw(self, players: Ints, items: Ints) -> Floats:
        """μ + b_u + b_i of pairs, (n,), also outside the scale."""
        return self.mean + self.player_bias[players] + self.item_bias[items]

    def residuals(self, ratings: Ratings) -> Floats:
        """The residual of each rating after the biases, (n,)."""
        return ratings.stars - self.raw(ratings.player, ratings.item)

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs, both (n,)."""
        supported = (self.player_count[players] > 0) | (self.item_count[items] > 0)
        return Prediction(clipped(self.raw(players, items), self.scale), supported)

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of players and items that were fitted."""
        return len(self.player_bias), len(self.item_bias)
