"""Predictions of stars from content: of items without ratings, and of one player's own taste.

Bayesian ridge regression (C. M. Bishop, "Pattern Recognition and Machine Learning", 2006, section 3.3) in two steps. With phi(i)
the item's content and e(u,i) the residual of a rating after the biases,

    item     b_content(i) = phi(i) . c,           c ~ N(0, ITEM_SPREAD I)    fitted to the items' biases
    player   t(u,i)       = a_u + phi(i) . w_u,   w_u ~ N(0, spread I)       fitted to the player's own e(u,i)

The posterior of w_u is exact, so the uncertainty of each item is known, and each rating is learnt immediately. `spread` and the
noise of a rating start as PLAYER_SPREAD and NOISE (rows of phi have a mean square of 1); `learn_spread` replaces them by
estimates from the players known so far (empirical Bayes).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.advisor.features import Features
from recommender.records.ratings import Floats, Ints

ITEM_SPREAD: Final = 0.25  # variance of items' biases that content may explain, stars^2
PLAYER_SPREAD: Final = 0.4  # variance of a player's taste over items
OFFSET_SPREAD: Final = 0.25  # variance of players' generosity, beyond the biases
OWN_SPREAD: Final = 0.15  # variance that content cannot explain
NOISE: Final = 0.5  # variance of a rating

SPREADS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # candidates for PLAYER_SPREAD
NOISES: Final = (0.3, 0.5, 0.8)
SHOWN: Final = 0.5  # share of the variance of tastes that ratings show: they end at 1 and 5, and are mostly of chosen items
LEAST_LEARNT: Final = 5  # fewest ratings of a player who is used
MOST_LEARNT: Final = 200  # most players used
MOST_RATINGS: Final = 200  # most ratings of each
FEWEST_PLAYERS: Final = 10


@dataclass
class Evidence:
    """Ratings of one player: item numbers, residual stars after the biases, and confidence 0..1, each (n,)."""

    items: Ints
    left: Floats
    confidence: Floats

    def __len__(self) -> int:
        return len(self.items)


class Posterior:
    """Taste of one player: `offset`, the player's generosity, and `weights` (d,) of the content; predicts for any items."""

    def __init__(self, model: "TasteModel", evidence: Evidence) -> None:
        self._model, self._evidence = model, evidence
        prior = model.prior
        self._inverse: Floats | None = None
        if not len(evidence):
            whole = np.zeros(len(prior))
        elif len(prior) == 1:  # no content: a damped mean
            precision = evidence.confidence / (model.noise + OWN_SPREAD)
            inverse = 1 / (float(precision.sum()) + 1 / float(prior[0]))
            whole = np.array([float(precision @ evidence.left) * inverse])
            self._inverse, self._few = np.array([[inverse]]), False
        else:
            x = model.design[evidence.items]
            precision = evidence.confidence / (model.noise + OWN_SPREAD)
            self._few = len(evidence) < len(prior)
            self._rows = x * np.sqrt(precision)[:, None]
            # Inverses of small, well conditioned matrices: solving with spinning BLAS threads takes ten times as long
            if self._few:  # the system of the evidence is smaller than that of the content
                inner = (self._rows * prior) @ self._rows.T + np.eye(len(evidence))
                self._inverse = np.linalg.inv(inner)
                right = np.sqrt(precision) * evidence.left
                whole = prior * (self._rows.T @ (self._inverse @ right))
            else:
                self._inverse = np.linalg.inv(self._rows.T @ self._rows + np.diag(1 / prior))
                whole = self._inverse @ (x.T @ (precision * evidence.left))
        self.offset = float(whole[0])
        self.weights: Floats = np.asarray(whole[1:])

    def stars(self, values: Floats) -> Floats:
        """Stars to add to the biases of items with this content (n, d), (n,)."""
        return (
            np.asarray(self.offset + values @ self.weights)
            if len(self.weights)
            else np.full(len(values), self.offset)
        )

    def spread(self, numbers: Ints) -> Floats:
        """Standard deviation of the liking of items, (n,)."""
        x, prior = self._model.design[numbers], self._model.prior
        if self._inverse is None:
            variance = (x**2) @ prior
        elif self._few:
            known = (self._rows * prior) @ x.T
            variance = (x**2) @ prior - (known * (self._inverse @ known)).sum(0)
        else:
            variance = ((x @ self._inverse) * x).sum(1)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0) + OWN_SPREAD))

    def brings(self, number: int) -> Floats:
        """The contribution of each rating of the evidence to the taste for an item, (n,): the dual form of `stars`."""
        model, evidence = self._model, self._evidence
        x = model.features.values[evidence.items]
        left = evidence.left - self.offset - x @ self.weights
        weight = evidence.confidence / (model.noise + OWN_SPREAD) * left
        return np.asarray(model.spread * (x @ model.features.values[number]) * weight)

    def parts(self, numbers: Ints) -> Floats:
        """The contribution of each tag and number to `stars` of items, (n, families)."""
        features = self._model.features
        if not len(features.families):
            return np.zeros((len(numbers), 0))
        each = features.values[numbers] * self.weights
        starts = np.searchsorted(features.family, np.arange(len(features.families)))
        return np.asarray(np.add.reduceat(each, starts, axis=1))


class TasteModel:
    """Content of a catalogue and the predictions from it."""

    def __init__(self, features: Features) -> None:
        self.features = features
        # The first column is the player's own offset.
        self.design = np.hstack([np.ones((len(features.items), 1)), features.values])
        self._set(PLAYER_SPREAD, NOISE)

    def _set(self, spread: float, noise: float) -> None:
        self.spread, self.noise = spread, noise
        self.prior = np.full(self.design.shape[1], spread)
        self.prior[0] = OFFSET_SPREAD

    def learn_spread(self, player: Ints, item: Ints, left: Floats, players: int) -> None:
        """Choose the variances by the likelihood of the residuals of others' ratings, each (n,).

        Empirical Bayes over at most MOST_LEARNT of the players with at least LEAST_LEARNT ratings; without any, the defaults.
        """
        counts = np.bincount(player, minlength=players)
        chosen = np.flatnonzero(counts >= LEAST_LEARNT)
        chosen = chosen[:: -(-len(chosen) // MOST_LEARNT) or 1]
        if len(chosen) < FEWEST_PLAYERS or not self.features.names:
            self._set(PLAYER_SPREAD, NOISE)
            return
        order = np.argsort(player, kind="stable")
        ends = np.cumsum(counts)
        score = np.zeros((len(SPREADS), len(NOISES)))
        for one in chosen:
            rows = order[ends[one] - counts[one] : ends[one]][-MOST_RATINGS:]
            x, y = self.features.values[item[rows]], left[rows]
            values, vectors = np.linalg.eigh(x @ x.T)
            # the offset is removed beforehand: with it every spread would need its own decomposition
            turned = vectors.T @ (y - y.mean())
            for k, spread in enumerate(SPREADS):
                for j, noise in enumerate(NOISES):
                    variance = spread * np.maximum(values, 0) + noise + OWN_SPREAD
                    score[k, j] -= 0.5 * float((turned**2 / variance + np.log(variance)).sum())
        best = np.unravel_index(int(np.argmax(score)), score.shape)
        self._set(SPREADS[best[0]] / SHOWN, NOISES[best[1]])

    def item_biases(self, biases: Floats, counts: Floats) -> Floats:
        """The items' biases (items,) predicted from content, learnt from those with ratings; `counts` are (weighted) ratings."""
        x = self.features.values
        if not x.size or not (counts > 0).any():
            return np.zeros(len(biases))
        weight = counts / (self.noise + OWN_SPREAD * counts)
        inner = (x * weight[:, None]).T @ x + np.eye(x.shape[1]) / ITEM_SPREAD
        return np.asarray(x @ np.linalg.solve(inner, x.T @ (weight * biases)))

    def posterior(self, evidence: Evidence) -> Posterior:
        """The taste of a player with this evidence; without any, 0 with the prior's spread."""
        return Posterior(self, evidence)

    def effects(self, evidence: Evidence) -> list[tuple[str, float, int]]:
        """For each feature: how much more the player should like items with it than others, and the evidence.

        The evidence is the number of the player's ratings of items that have more than half of the feature.
        """
        if not len(evidence):
            return []
        taste = self.posterior(evidence).stars(self.features.values)
        present = self.features.present
        share = present.sum(0)
        rest = len(present) - share
        usable = (share > 0) & (rest > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect = present.T @ taste / share - (1 - present).T @ taste / rest
        rated = (present[evidence.items][evidence.confidence >= 1] > 0.5).sum(0)
        return [
            (name, float(effect[k]), int(rated[k])) for k, name in enumerate(self.features.names) if usable[k]
        ]
