"""The interface of every rating model."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommender.records.ratings import Floats, Ints, Ratings


class Prediction(NamedTuple):
    """Predicted stars, inside the scale, and whether the model had data for the prediction.

    If `supported` is false the stars are the model's documented fallback: "no support" is an answer, not an error.
    """

    stars: Floats  # (n,)
    supported: NDArray[np.bool_]  # (n,)


class Model(ABC):
    """A rating model. `fit` may be called again with other ratings; it forgets the earlier ones."""

    name: ClassVar[str]  # the name in reports and on screens

    @abstractmethod
    def fit(self, ratings: Ratings) -> Self:
        """Learn from the ratings. RatingsRefused for none at all."""

    @abstractmethod
    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Stars of pairs of inner numbers, both (n,)."""

    def scores(self, player: int) -> Prediction:
        """Stars of every item for one player, (items,)."""
        items = np.arange(self.shape[1], dtype=np.int32)
        return self.predict(np.full(len(items), player, np.int32), items)

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of players and items that were fitted."""


def clipped(stars: Floats, scale: tuple[float, float]) -> Floats:
    """Stars clipped to the scale."""
    return np.clip(stars, *scale)
