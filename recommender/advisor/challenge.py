"""How stars depend on an item's difficulty for the player who gave them, so that frustration is not taken for dislike.

    stars(u,i) = liking(u,i) - slopes . x(chance(u,i)),   x(p) = (max(low - p, 0), max(p - high, 0))

with the borders of the default flow zone. The slopes, stars per unit of chance, come from ridge regression of all players'
centred stars on centred x; without enough evidence they stay near 0.
"""

from typing import Final

import numpy as np

from recommender.advisor.zone import Zone
from recommender.records.ratings import Floats, Ints

USUAL: Final = Zone()
BELIEF: Final = 2.0  # ridge on the slopes, in squared units of x
STEEPEST: Final = 5.0


class Challenge:
    """The two slopes: too hard, too easy."""

    def __init__(self) -> None:
        self.slopes = np.zeros(2)

    def fit(self, player: Ints, left: Floats, chance: Floats, weight: Floats) -> None:
        """Learn from ratings of many players: their residuals after the biases and the chances to finish, each (n,)."""
        if not len(left):
            self.slopes = np.zeros(2)
            return
        x, y = (
            _centred(player, USUAL.outside(chance), weight),
            _centred(player, left[:, None], weight)[:, 0],
        )
        inner = (x * weight[:, None]).T @ x + BELIEF * np.eye(2)
        # A level outside the zone never raises stars: that would be taste, learnt elsewhere.
        self.slopes = np.clip(-np.linalg.solve(inner, x.T @ (weight * y)), 0.0, STEEPEST)

    def cost(self, chance: Floats) -> Floats:
        """Stars lost by the challenge, (n,); 0 inside the zone."""
        return np.asarray(USUAL.outside(chance) @ self.slopes)


def _centred(player: Ints, values: Floats, weight: Floats) -> Floats:
    """Values (n, k) minus each player's mean."""
    size = int(player.max()) + 1
    total = np.maximum(np.bincount(player, weight, size), 1e-12)
    means = np.stack([np.bincount(player, weight * column, size) / total for column in values.T], 1)
    return np.asarray(values - means[player])
