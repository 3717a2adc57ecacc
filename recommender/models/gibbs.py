"""The parts of a Gibbs sampler for matrix factors: the factors of players or items with their prior, and feature maps.

Sources: Salakhutdinov & Mnih, "Bayesian probabilistic matrix factorization using MCMC" (ICML 2008), section 3; maps from
features to factors as in Simm et al., "Macau" (2017), section 2; rated items as features as in Rendle, Zhang & Koren, "On the
difficulty of evaluating baselines" (2019), section 3 (Bayesian SVD++, flipped).
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from recommender.records.ratings import Floats

PRIOR_ROWS: Final = 2.0  # beta0: prior weight of a mean, in rows
LINK_RATE: Final = 5e-4  # rate of the Gamma prior (shape 1/2) of a feature map's precision


def wishart(random: np.random.Generator, freedom: float, scale: Floats) -> Floats:
    """A draw of Wishart(`freedom`, `scale`), (d, d), by Bartlett's decomposition."""
    rank = len(scale)
    lower = np.zeros((rank, rank))
    lower[np.diag_indices(rank)] = np.sqrt(random.chisquare(freedom - np.arange(rank)))
    lower[np.tril_indices(rank, -1)] = random.standard_normal(rank * (rank - 1) // 2)
    root = np.linalg.cholesky(scale) @ lower
    return root @ root.T


@dataclass
class FeatureMap:
    """A linear map from f features to the prior means of n rows' factors, in the features' principal directions.

    With F = P S Q' the map is Q g: each of its k directions has the posterior N(s (P'R) / (s2 + l), 1 / ((s2 + l) L)), for the
    residual R (n, d) of the factors, their precision L (d, d) and the map's own precision l, which is drawn too.
    """

    basis: Floats  # Q (f, k)
    spread: Floats  # s2 (k,)
    rows: Floats  # F Q (n, k)
    weights: Floats  # g (k, d)
    precision: float

    @classmethod
    def of(cls, features: Any, rank: int, most: int) -> "FeatureMap":
        """The map of features (n, f), dense or sparse, along at most `most` principal directions."""
        gram = features.T @ features if features.shape[1] <= features.shape[0] else features @ features.T
        values, vectors = np.linalg.eigh(np.asarray(gram.todense() if hasattr(gram, "todense") else gram))
        order = np.argsort(-values)[:most]
        order = order[values[order] > 1e-9 * max(values.max(), 1e-300)]
        spread, vectors = values[order], vectors[:, order]
        if features.shape[1] > features.shape[0]:
            vectors = (features.T @ vectors) / np.sqrt(spread)
        start = float(spread.mean()) if len(spread) else 1.0
        return cls(vectors, spread, features @ vectors, np.zeros((len(spread), rank)), start)

    @property
    def part(self) -> Floats:
        """The map's contribution to the prior means, (n, d)."""
        return self.rows @ self.weights

    @property
    def map(self) -> Floats:
        """Weights of the features themselves, (f, d)."""
        return self.basis @ self.weights

    def draw(self, random: np.random.Generator, residual: Floats, root: Floats) -> None:
        """Draw the map, then its precision, given the residual (n, d) and the Cholesky root of the precision L."""
        noise = np.linalg.solve(root.T, random.standard_normal(self.weights.T.shape)).T
        total = self.spread + self.precision
        self.weights = (self.rows.T @ residual) / total[:, None] + noise / np.sqrt(total)[:, None]
        squares = float(((self.weights @ root) ** 2).sum())
        self.precision = float(random.gamma(0.5 * self.weights.size + 0.5) / (0.5 * squares + LINK_RATE))


@dataclass
class FactorMatrix:
    """The factors of all players, or of all items: n rows X (n, d) with X_r ~ N(mean + feature maps of r, L^-1)."""

    factors: Floats  # (n, d), the current draw
    links: list[FeatureMap]
    mean: Floats = field(init=False)  # (d,)
    precision: Floats = field(init=False)  # L (d, d)
    prior: Floats = field(init=False)  # (n, d)
    expected: Floats = field(init=False)  # (n, d), conditional means of the last draw

    def __post_init__(self) -> None:
        rows, rank = self.factors.shape
        self.mean, self.precision = np.zeros(rank), np.eye(rank) * 10.0
        self.prior, self.expected = np.zeros((rows, rank)), self.factors

    def draw_prior(self, random: np.random.Generator) -> None:
        """Draw L and the mean from their Normal-Wishart posterior (W0 = I, nu0 = d), then each feature map in turn."""
        rows, rank = self.factors.shape
        parts = [link.part for link in self.links]
        residual = self.factors - sum(parts, np.zeros(1))
        centre = residual.mean(axis=0)
        spread = (residual - centre).T @ (residual - centre)
        spread += sum((link.precision * link.weights.T @ link.weights for link in self.links), np.zeros(1))
        shrunk = rows * PRIOR_ROWS / (rows + PRIOR_ROWS) * np.outer(centre, centre)
        scale = np.linalg.inv(np.eye(rank) + spread + shrunk)
        freedom = rank + rows + sum(len(link.spread) for link in self.links)
        self.precision = wishart(random, freedom, (scale + scale.T) / 2)
        root = np.linalg.cholesky(self.precision)
        noise = np.linalg.solve(root.T, random.standard_normal(rank)) / np.sqrt(rows + PRIOR_ROWS)
        self.mean = rows * centre / (rows + PRIOR_ROWS) + noise
        for place, link in enumerate(self.links):
            rest: Floats = self.factors - self.mean - sum(parts, np.zeros(1)) + parts[place]
            link.draw(random, rest, np.asarray(root, np.float64))
            parts[place] = link.part
        self.prior = self.mean + sum(parts, np.zeros(1))

    def draw(self, random: np.random.Generator, weights: Any, weighted: Any, others: Floats) -> None:
        """Draw every row given the other side's factors (m, d).

        `weights` (n, m) sparse are the precisions a of the ratings, `weighted` a y: a row's posterior has the precision
        P = L + sum a v v' and the mean P^-1 (L prior + sum a y v).
        """
        precision = posterior_precisions(weights, others) + self.precision
        right = weighted @ others + self.prior @ self.precision
        root = np.linalg.cholesky(precision)
        noise = np.einsum("nij,nj->ni", root, random.standard_normal(right.shape))
        both = np.linalg.solve(precision, np.stack((right, right + noise), axis=2))
        self.expected, self.factors = both[:, :, 0], np.ascontiguousarray(both[:, :, 1])


def posterior_precisions(weights: Any, others: Floats) -> Floats:
    """Sum of a v v' over each row's entries, (n, d, d), from sparse weights a (n, m) and factors v (m, d)."""
    rank = others.shape[1]
    upper = np.triu_indices(rank)
    sums = weights @ (others[:, upper[0]] * others[:, upper[1]])
    full = np.empty((sums.shape[0], rank, rank))
    full[:, upper[0], upper[1]] = sums
    full[:, upper[1], upper[0]] = sums
    return full
