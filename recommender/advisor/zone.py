"""The flow zone: between boring and hopeless (M. Csikszentmihalyi, "Flow", 1990; G. Chen, "Flow in Games", 2007).

An item whose chance to finish is inside the zone keeps its stars; outside it loses stars with the distance.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import logit

from recommender.advisor.skill import Chances
from recommender.errors import RecommenderError
from recommender.records.ratings import Floats

AT_CHANCE: Final = 0.8  # weight of the predicted chance, relative to both ends of its interval
LEAST_SLOPES: Final = (3.0, 2.5)  # stars lost per unit of chance below and above; more if ratings show it
EASIER: Final = 0.05  # shift of the zone with every defeat in a row
RESCUE: Final = 0.5  # stars for each unit of log-odds, after defeats
EASIEST: Final = (0.8, 0.97)  # highest shifted zone


@dataclass(frozen=True)
class Zone:
    """Chances to finish that a player enjoys."""

    low: float = 0.55
    high: float = 0.85

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 1:
            raise RecommenderError(
                f"zone: expected 0 <= low < high <= 1, found {self.low:g} and {self.high:g}"
            )

    def holds(self, chance: Floats | float) -> np.ndarray:
        """Whether chances are inside."""
        return (np.asarray(chance) >= self.low) & (np.asarray(chance) <= self.high)

    def eased(self, defeats: int) -> "Zone":
        """The zone of a player who needs a success: higher by EASIER for each of `defeats`, up to EASIEST."""
        low = max(self.low, min(self.low + EASIER * defeats, EASIEST[0]))
        high = max(self.high, min(self.high + EASIER * defeats, EASIEST[1]))
        return Zone(low, high) if defeats > 0 else self

    def outside(self, chance: Floats) -> Floats:
        """How far chances of any shape are below and above the zone, (..., 2)."""
        return np.stack([np.maximum(self.low - chance, 0), np.maximum(chance - self.high, 0)], -1)

    def cost(self, chances: Chances, slopes: Floats, defeats: int = 0) -> Floats:
        """The expected loss of stars by the challenge, (n,); `slopes` (2,) as learnt from ratings.

        After `defeats` in a row it also counts how far the log-odds are below the zone's, so that the easiest comes first even
        if all items are almost hopeless.

        The expectation is over the uncertainty of the skill ratings: most weight is on the predicted chance, the rest on the
        ends of the interval.
        """
        ends = (1 - AT_CHANCE) / 2
        away = AT_CHANCE * self.outside(chances.chance)
        away += ends * (self.outside(chances.low) + self.outside(chances.high))
        cost = away @ np.maximum(slopes, LEAST_SLOPES)
        if defeats > 0:
            cost = cost + RESCUE * np.maximum(float(logit(max(self.low, 0.01))) - chances.odds, 0.0)
        return np.asarray(cost)
