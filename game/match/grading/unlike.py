"""How unlike players are, by what each of the panel won on many levels.

A player wins a level with the chance Phi(level + strength + family + own): how easy the level is, how strong the player, what the
level is to all of the player's family (bots or brains) more than to the other, and what it is to this player alone. The spreads
of the last three are what is wanted. They come from Gibbs sampling with the matches' latent normal variables: J. H. Albert and
S. Chib, "Bayesian Analysis of Binary and Polychotomous Response Data", J. Am. Stat. Assoc. 88, 1993.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from game.core.sim.arrays import IntArray
from game.match.grading.grade import PlayerSpread
from game.match.grading.posterior import Floats

SWEEPS: Final = 3000
SETTLING: Final = 1000  # sweeps that do not count
_SHAPE, _SCALE = 1.0, 0.02  # of the inverse gamma priors of variances: all but nothing is known
_WIDE: Final = 4.0  # variance of a strength's prior
_EDGE: Final = 1e-12


def estimate_spread(won: IntArray, matches: int, families: Sequence[int], seed: int = 0) -> PlayerSpread:
    """Return the posterior means of the three spreads.

    won: (levels, players), of `matches` each. families: (players,), 0 or 1. Raises ValueError where the shapes do not fit, there
    are fewer than two levels, or not both families.
    """
    if won.shape[0] < 2 or won.shape[1:] != (len(families),) or set(families) != {0, 1}:
        raise ValueError(
            f"won: expected at least 2 levels of {len(families)} players of families 0 and 1, found {won.shape}, {set(families)}"
        )
    side = (2 * np.asarray(families) - 1) / np.sqrt(2)
    sampler = _Sampler(won, matches, side, np.random.default_rng(seed))
    drawn = [sampler.sweep() for _ in range(SWEEPS)]
    return PlayerSpread(*(float(spread) for spread in np.mean(drawn[SETTLING:], 0)))


class _Sampler:
    """The terms of every match's latent variable, each drawn in turn given the others.

    What both families share of a level is part of the level; `side` says how much of their difference is each player's.
    """

    def __init__(self, won: IntArray, matches: int, side: Floats, random: np.random.Generator) -> None:
        levels, players = won.shape
        self._matches, self._side, self._random = matches, side, random
        self._is_won = np.arange(matches) < won[:, :, None]
        self._level = np.zeros((levels, 1))
        self._strength = np.zeros((1, players))
        self._family = np.zeros((levels, 1))
        self._own = np.zeros((levels, players))
        self._variances = [1.0, 0.1, 0.1]  # of level, family, own

    def sweep(self) -> tuple[float, float, float]:
        """Draw everything once; return the spreads of strength, family and own."""
        told, n = self._latent(), self._matches
        rest = told - n * (self._mean() - self._own)
        self._own = self._drawn(rest, n, self._variances[2])
        rest = told - n * (self._mean() - self._family * self._side)
        weight = n * float((self._side**2).sum())
        self._family = self._drawn((rest @ self._side)[:, None], weight, self._variances[1])
        rest = told - n * (self._mean() - self._level)
        self._level = self._drawn(rest.sum(1, keepdims=True), n * rest.shape[1], self._variances[0])
        rest = told - n * (self._mean() - self._strength)
        self._strength = self._drawn(rest.sum(0, keepdims=True), n * rest.shape[0], _WIDE)
        self._variances = [self._variance(term) for term in (self._level, self._family, self._own)]
        return float(self._strength.std()), self._variances[1] ** 0.5, self._variances[2] ** 0.5

    def _mean(self) -> Floats:
        return np.asarray(self._level + self._strength + self._family * self._side + self._own)

    def _latent(self) -> Floats:
        """Return the sums over matches, (levels, players), of normal variables that are above 0 where the match was won."""
        mean = self._mean()
        lost = ndtr(-mean)[:, :, None]
        part = self._random.random(self._is_won.shape)
        share = np.where(self._is_won, lost + part * (1 - lost), part * lost)
        return np.asarray((mean[:, :, None] + ndtri(np.clip(share, _EDGE, 1 - _EDGE))).sum(2))

    def _drawn(self, rest: Floats, matches: float, variance: float) -> Floats:
        """Draw a term from its posterior: `rest` sums what the other terms leave, over `matches`."""
        left = 1 / (matches + 1 / variance)
        return np.asarray(left * rest + left**0.5 * self._random.standard_normal(rest.shape))

    def _variance(self, term: Floats) -> float:
        scale = 1 / (_SCALE + float((term**2).sum()) / 2)
        return 1 / float(self._random.gamma(_SHAPE + term.size / 2, scale))
