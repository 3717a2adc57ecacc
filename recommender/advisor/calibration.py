"""Calibration of predicted chances (J. Platt, "Probabilistic outputs for support vector machines", 1999).

    chance = sigmoid(slope * logit(p) + shift)

Slope and shift have the maximum posterior for the predictions made just before each outcome; a prior with the weight of
`belief` outcomes draws them to 1 and 0.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from scipy.special import expit, logit

from recommender.records.ratings import Floats

NEWEST: Final = 3000  # newest outcomes that are used
NEWTON: Final = 8  # steps
LEAST: Final = 1e-6  # least distance of p from 0 and 1


@dataclass
class Calibration:
    """Predictions and outcomes, and the slope and shift fitted to them."""

    belief: float
    _raw: list[float] = field(default_factory=list)  # logit of each prediction
    _happened: list[float] = field(default_factory=list)
    _weight: list[float] = field(default_factory=list)
    _fitted: tuple[float, float] = (1.0, 0.0)
    _due: bool = False

    def add(self, p: float, happened: bool, weight: float) -> None:
        """Add a prediction and its outcome."""
        p = min(max(p, LEAST), 1 - LEAST)
        self._raw.append(math.log(p / (1 - p)))
        self._happened.append(float(happened))
        self._weight.append(weight)
        self._due = True

    def apply(self, p: Floats) -> Floats:
        """The calibrated chances of predictions, of any shape."""
        slope, shift = self.slope_and_shift
        chance: Floats = expit(slope * logit(np.clip(p, LEAST, 1 - LEAST)) + shift)
        return chance

    @property
    def slope_and_shift(self) -> tuple[float, float]:
        """Slope and shift; refitted, starting from the last fit, if there are new outcomes."""
        if self._due:
            self._fitted = self._fit(*self._fitted)
            self._due = False
        return self._fitted

    def copy(self) -> "Calibration":
        """A copy that learns independently."""
        rows = list(self._raw), list(self._happened), list(self._weight)
        return Calibration(self.belief, *rows, self._fitted, self._due)

    def _fit(self, slope: float, shift: float) -> tuple[float, float]:
        """Newton's method on the NEWEST outcomes."""
        raw, happened, weight = (
            np.array(rows[-NEWEST:]) for rows in (self._raw, self._happened, self._weight)
        )
        held = self.belief / 4
        for _ in range(NEWTON):
            chance = expit(slope * raw + shift)
            left, bend = weight * (happened - chance), weight * chance * (1 - chance)
            down = (float(left @ raw) - held * (slope - 1), float(left.sum()) - held * shift)
            a, b, d = float(bend @ (raw * raw)) + held, float(bend @ raw), float(bend.sum()) + held
            whole = a * d - b * b
            step = ((d * down[0] - b * down[1]) / whole, (a * down[1] - b * down[0]) / whole)
            slope, shift = slope + step[0], shift + step[1]
            if max(map(abs, step)) < 1e-9:
                break
        return min(max(slope, 0.2), 5.0), min(max(shift, -3.0), 3.0)
