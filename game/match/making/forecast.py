"""Foretells a level's win rates from what can be counted of it, without a match: which candidates are worth playing.

A linear model of x = Phi^-1(win rate) at the four difficulties on the measures of `game.core.levels.measures`, fitted to the
graded levels of the endless shelf by ridge regression (`python -m game.match.making.fit_forecast`). What it leaves open is the
residuals' covariance; both together are the prior that a candidate's matches correct.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core.levels.measures import measures_of
from game.core.levels.model import Level
from game.match.grading.posterior import Floats, Scale

SHIPPED_FILE: Final = Path(__file__).resolve().parent / "forecast.json"
SCHEMA: Final = 1
_LIMIT: Final = (
    3.0  # standard deviations from the mean of the fitted levels beyond which a measure says no more
)


@dataclass(frozen=True)
class Forecast:
    """The model of one objective."""

    names: tuple[str, ...]  # of the measures
    middle: Floats  # (measures,)
    width: Floats  # (measures,)
    slopes: Floats  # (terms, steps): of a constant, the measures, their squares
    left: Floats  # (steps, steps): covariance of what is not explained

    def scale(self, level: Level) -> Scale:
        """Return the predicted scale of a level before it is played."""
        expected = model_terms([measures_of(level)], self.names, self.middle, self.width)[0] @ self.slopes
        return Scale(
            tuple(float(value) for value in expected),
            tuple(tuple(float(value) for value in row) for row in self.left),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Forecast":
        """Return the model from a shipped file."""

        def table(name: str) -> Floats:
            return np.array(data[name], np.float64)

        names = tuple(data["names"])
        return cls(names, table("middle"), table("width"), table("slopes"), table("left"))


def model_terms(
    rows: Sequence[Mapping[str, float]], names: Sequence[str], middle: Floats, width: Floats
) -> Floats:
    """Return the terms of the model: 1, the measures in standard units, and their squares, (levels, 1 + 2 * measures)."""
    values = np.array([[row[name] for name in names] for row in rows], np.float64)
    standard = np.clip((values - middle) / width, -_LIMIT, _LIMIT)
    return np.hstack([np.ones((len(rows), 1)), standard, standard**2])


@cache
def forecasts() -> dict[str, Forecast]:
    """Return the shipped models by objective."""
    content = json.loads(SHIPPED_FILE.read_text(encoding="utf-8"))
    return {name: Forecast.from_json(row) for name, row in content["objectives"].items()}
