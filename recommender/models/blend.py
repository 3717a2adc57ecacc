"""A blend of models: a weighted sum whose weights are chosen on ratings held out inside the training part.

    r(u, i) = m + sum_k w_k (r_k(u, i) - m),   w = argmin over the held-back rows of sum (r - m - X w)^2,   w >= 0

Source: Breiman, "Stacked regressions" (Machine Learning 24, 1996): non-negative weights, from predictions of ratings that no
model was fitted to.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from recommender.errors import RatingsRefused
from recommender.models.base import clipped
from recommender.records.ratings import Floats

RIDGE = 1e-3  # share of the number of rows, towards equal weights: decides between almost equal models


class Blend:
    """Weights of named models' predictions; the caller chooses models and predictions."""

    def __init__(
        self, names: Sequence[str], weights: Floats, mean: float, scale: tuple[float, float]
    ) -> None:
        self.names, self.mean, self.scale = tuple(names), mean, scale
        self.weights: dict[str, float] = {name: float(weight) for name, weight in zip(names, weights)}

    @classmethod
    def fit(
        cls, names: Sequence[str], held: Sequence[Floats], truth: Floats, scale: tuple[float, float]
    ) -> "Blend":
        """Choose weights from each model's predictions `held` (n,) of ratings `truth` (n,) that no model was fitted to."""
        if not names or not len(truth):
            raise RatingsRefused("blend: expected models and ratings that were held back, found none")
        mean = float(truth.mean())
        matrix = np.stack(held, axis=1) - mean
        ridge = np.sqrt(RIDGE * len(truth))
        rows = np.vstack((matrix, ridge * np.eye(len(names))))
        weights, _ = nnls(rows, np.concatenate((truth - mean, np.full(len(names), ridge / len(names)))))
        return cls(names, weights, mean, scale)

    def predict(self, predictions: Sequence[Floats]) -> Floats:
        """Blended stars, (n,), of the models' stars in the order of `names`."""
        weights = np.array(list(self.weights.values()))
        return clipped(self.mean + (np.stack(predictions, axis=1) - self.mean) @ weights, self.scale)
