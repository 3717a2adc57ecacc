"""The flow zone: between boring and hopeless (M. Csikszentmihalyi, "Flow", 1990; G. Chen, "Flow in Games", 2007).

An item whose chance to finish lies inside the zone is worth its stars; outside, a part of them, the less the farther.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.advisor.skill import Chances
from recommender.errors import RecommenderError
from recommender.limits import Limit, within
from recommender.records.ratings import Floats

AT_CHANCE: Final = 0.8  # weight of the predicted chance beside both ends of its interval


@dataclass(frozen=True)
class Zone:
    """Chances to finish that a player enjoys."""

    low: float = 0.55
    high: float = 0.85
    width: float = 0.1  # how softly it ends
    floor: float = 0.3  # what is left of an item's stars above one, far outside

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 1:
            raise RecommenderError(
                f"zone: expected 0 <= low < high <= 1, found {self.low:g} and {self.high:g}"
            )

        within("zone", self, width=Limit(0, open=True), floor=Limit(0, 1))

    def holds(self, chance: Floats | float) -> np.ndarray:
        """Whether chances lie inside."""
        return (np.asarray(chance) >= self.low) & (np.asarray(chance) <= self.high)

    def fit(self, chance: Floats) -> Floats:
        """1 inside, half at `width` outside, falling on for ever: the nearer is always the better, (n,)."""
        away = np.maximum(np.maximum(self.low - chance, chance - self.high), 0.0) / self.width
        return np.asarray(1 / (1 + away**2))

    def worth(self, stars: Floats, chances: Chances) -> Floats:
        """Expected enjoyment in stars: 1 + (stars - 1) * (floor + (1 - floor) * expected fit).

        The expectation is over what the ratings leave open: most of it at the predicted chance, the rest at the ends of
        the interval.
        """
        ends = (1 - AT_CHANCE) / 2
        fit = AT_CHANCE * self.fit(chances.chance) + ends * (self.fit(chances.low) + self.fit(chances.high))
        return np.asarray(1 + (stars - 1) * (self.floor + (1 - self.floor) * fit))
