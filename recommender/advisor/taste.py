"""What content says of stars: of items nobody has rated, and of one player's own taste.

Bayesian ridge regression (C. M. Bishop, "Pattern Recognition and Machine Learning", 2006, section 3.3) in two steps. With phi(i)
the item's content and e(u,i) what a rating leaves after the plain biases,

    item     b_content(i) = phi(i) . c,           c ~ N(0, ITEM_SPREAD I)    fitted to the items' biases
    player   t(u,i)       = a_u + phi(i) . w_u,   w_u ~ N(0, prior)              fitted to the player's own e(u,i)

The posterior of w_u is exact, so it says how sure it is of each item, and each rating is learnt at once. `prior`
starts as PLAYER_SPREAD I (rows of phi have a mean square of 1);
`learn_spread` replaces it by what the players known so far have shown (empirical Bayes).
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from recommender.advisor.features import Features
from recommender.records.ratings import Floats, Ints

ITEM_SPREAD: Final = 0.25  # variance of items' biases that content may explain, stars^2
PLAYER_SPREAD: Final = 0.4  # variance of a player's taste over items
OFFSET_SPREAD: Final = 0.25  # variance of how generous players are, beyond the biases
OWN_SPREAD: Final = 0.15  # variance of what no content explains
NOISE: Final = 0.6  # variance of a rating

SPREADS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # candidates for PLAYER_SPREAD
LEAST_LEARNT: Final = 5  # ratings of a player who has a say in it
MOST_LEARNT: Final = 200  # such players
FEWEST_PLAYERS: Final = 10


class Opinion(NamedTuple):
    """Taste of one player in every item: stars to add to the biases, and their standard deviation, both (items,)."""

    stars: Floats
    spread: Floats


@dataclass
class Evidence:
    """Ratings of one player: item numbers, stars left over by the biases, and confidence 0..1, each (n,)."""

    items: Ints
    left: Floats
    confidence: Floats


class TasteModel:
    """Content of a catalogue and what it predicts. Scale free of the number of items: systems are (f + 1) wide."""

    def __init__(self, features: Features) -> None:
        self.features = features
        # The first column is the player's own offset.
        self._design = np.hstack([np.ones((len(features.items), 1)), features.values])
        self._set_prior(OFFSET_SPREAD, PLAYER_SPREAD)

    def learn_spread(self, player: Ints, item: Ints, left: Floats, players: int) -> None:
        """Choose the prior's variances from SPREADS by the likelihood of what others' ratings leave, each (n,).

        Empirical Bayes over at most MOST_LEARNT of the players with at least LEAST_LEARNT ratings; else the defaults.
        """
        counts = np.bincount(player, minlength=players)
        chosen = np.flatnonzero(counts >= LEAST_LEARNT)
        chosen = chosen[:: -(-len(chosen) // MOST_LEARNT) or 1]
        if len(chosen) < FEWEST_PLAYERS or not self.features.names:
            self._set_prior(OFFSET_SPREAD, PLAYER_SPREAD)
            return
        order = np.argsort(player, kind="stable")
        ends = np.cumsum(counts)
        score = np.zeros(len(SPREADS))
        for one in chosen:
            rows = order[ends[one] - counts[one] : ends[one]]
            x, y = self.features.values[item[rows]], left[rows]
            inner = x @ x.T
            for k, spread in enumerate(SPREADS):
                score[k] += _log_likelihood(
                    y, spread * inner + OFFSET_SPREAD + np.eye(len(y)) * (NOISE + OWN_SPREAD)
                )
        self._set_prior(OFFSET_SPREAD, SPREADS[int(np.argmax(score))])

    def _set_prior(self, offset: float, spread: float) -> None:
        self.spread = spread
        self._precision = np.diag([1 / offset, *[1 / spread] * len(self.features.names)])

    def item_biases(self, biases: Floats, counts: Floats) -> Floats:
        """What content says of the items' biases (items,), from those with ratings; `counts` are (weighted) ratings."""
        x = self.features.values
        if not x.size or not (counts > 0).any():
            return np.zeros(len(biases))
        weight = counts / (NOISE + OWN_SPREAD * counts)
        inner = (x * weight[:, None]).T @ x + np.eye(x.shape[1]) / ITEM_SPREAD
        return np.asarray(x @ np.linalg.solve(inner, x.T @ (weight * biases)))

    def opinion(self, evidence: Evidence) -> Opinion:
        """The posterior taste of a player with this evidence; without any, 0 with the prior's spread."""
        mean, covariance = self._posterior(evidence)
        variance = np.einsum("if,if->i", self._design @ covariance, self._design)
        return Opinion(self._design @ mean, np.sqrt(variance + OWN_SPREAD))

    def effects(self, evidence: Evidence) -> list[tuple[str, float, int]]:
        """For each feature: how much more the player is predicted to like items with it than others, and the evidence.

        Evidence counts the player's ratings of items that have the feature more than half.
        """
        if not len(evidence.items):
            return []
        taste = self.opinion(evidence).stars
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

    def _posterior(self, evidence: Evidence) -> tuple[Floats, Floats]:
        x = self._design[evidence.items]
        weight = evidence.confidence / (NOISE + OWN_SPREAD)
        covariance: Floats = np.asarray(
            np.linalg.inv(self._precision + (x * weight[:, None]).T @ x), np.float64
        )
        return covariance @ (x.T @ (weight * evidence.left)), covariance


def _log_likelihood(y: Floats, covariance: Floats) -> float:
    """Of a Gaussian about 0, up to a constant."""
    lower = np.linalg.cholesky(covariance)
    return float(-0.5 * np.sum(np.linalg.solve(lower, y) ** 2) - np.log(np.diag(lower)).sum())
