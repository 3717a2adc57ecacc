"""How unlike players are: the spread of one kind's wins about what the rest of the panel foretells."""

from typing import Final

import numpy as np
from scipy.special import log_ndtr, ndtri

from game.core.sim.arrays import IntArray
from game.match.grading.posterior import Floats

_SPREADS: Final = np.linspace(0.0, 1.5, 61)  # of x
_POINTS: Final = np.polynomial.hermite_e.hermegauss(15)


def kind_spread(won: IntArray, matches: int) -> float:
    """Return the spread of x of a player of an unlike kind: what best explains each grader's wins by the others' of that level.

    won: (levels, graders), of `matches` each. Each grader has a strength of its own (fitted), and a taste for each level, drawn
    from a normal distribution; its spread is the one of the greatest likelihood, integrated by Gauss and Hermite.
    """
    levels, graders = won.shape
    if levels < 2 or graders < 2:
        return 0.0
    total = np.zeros(len(_SPREADS))
    for grader in range(graders):
        rest = np.delete(won, grader, 1).sum(1)
        x = ndtri((rest + 0.5) / (matches * (graders - 1) + 1))
        mine = won[:, grader]
        strengths = np.linspace(-2.0, 2.0, 41)
        total += _log_likelihoods(mine, matches, x, strengths).max(1)
    return float(_SPREADS[int(np.argmax(total))])


def _log_likelihoods(won: IntArray, matches: int, x: Floats, strengths: Floats) -> Floats:
    """Return the log-likelihood of one grader's wins, (spreads, strengths)."""
    nodes, weights = _POINTS
    found = np.empty((len(_SPREADS), len(strengths)))
    for row, spread in enumerate(_SPREADS):
        z = x[:, None, None] + strengths[None, :, None] + spread * nodes
        each = won[:, None, None] * log_ndtr(z) + (matches - won)[:, None, None] * log_ndtr(-z)
        top = each.max(2, keepdims=True)
        inner = np.log((np.exp(each - top) * weights).sum(2) / weights.sum()) + top[:, :, 0]
        found[row] = inner.sum(0)
    return found
