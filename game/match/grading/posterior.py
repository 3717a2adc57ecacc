"""Grades from counts, and `Scale`: what an objective's levels are like at all.

x = Phi^-1(win rate) of a level at the four difficulties has a normal prior, fitted to all graded levels of an objective
(`Scale.fit`): what is seen at one difficulty says something about the others, and a level with few matches is drawn to the
middle. The posterior is Laplace's approximation: its mode, and the curvature there.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from game.core import rules
from game.match.grading.grade import N_STEPS, Counts, Grade, PlayerSpread

Floats = NDArray[np.float64]

_NEWTON_STEPS: Final = 40
_FIT_ROUNDS: Final = 30
_FURTHEST: Final = 4.5  # |x|: a win rate of 3 in a million
_WIDE: Final = 1.6  # spread of x where nothing is known of an objective
_LIKE: Final = 0.85  # … and likeness of two difficulties
USUAL: Final = PlayerSpread(
    0.5, 0.3, 0.4
)  # what is assumed of players of an objective that nobody has graded


@dataclass(frozen=True)
class Scale:
    """The prior of an objective's levels, and the spread between players.

    mean (steps,), spread (steps, steps): of x.
    """

    mean: tuple[float, ...]
    spread: tuple[tuple[float, ...], ...]
    unlike: PlayerSpread = USUAL

    @classmethod
    def vague(cls) -> "Scale":
        """Return the prior of an objective without grades."""
        steps = np.arange(N_STEPS)
        likeness = _LIKE ** np.abs(steps[:, None] - steps)
        return cls((0.0,) * N_STEPS, _rows(_WIDE**2 * likeness))

    @classmethod
    def fit(cls, counts: Sequence[Counts], unlike: PlayerSpread) -> "Scale":
        """Return the scale of graded levels: expectation-maximisation with Laplace's posteriors."""
        scale = cls.vague()
        for _ in range(_FIT_ROUNDS if len(counts) > N_STEPS else 0):
            modes, inverse = posteriors(counts, scale)
            mean = modes.mean(0)
            away = modes - mean
            scale = cls(_row(mean), _rows(inverse.mean(0) + away.T @ away / len(counts)))
        return cls(scale.mean, scale.spread, unlike)

    def to_json(self) -> dict[str, Any]:
        """Return the scale as JSON-able data."""
        return {
            "mean": list(self.mean),
            "spread": [list(row) for row in self.spread],
            "unlike": self.unlike._asdict(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scale":
        """Return the scale from a shipped file."""
        return cls(
            tuple(data["mean"]), tuple(tuple(row) for row in data["spread"]), PlayerSpread(**data["unlike"])
        )


def _row(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def _rows(values: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(_row(row) for row in values)


def posteriors(counts: Sequence[Counts], scale: Scale) -> tuple[Floats, Floats]:
    """Return mode and covariance of x, (levels, steps) and (levels, steps, steps): Newton's method from the prior's mean."""
    won = np.array([one.won for one in counts], np.float64).reshape(-1, N_STEPS)
    lost = np.array([one.matches for one in counts], np.float64).reshape(-1, N_STEPS) - won
    mean, weight = np.array(scale.mean), np.linalg.inv(np.array(scale.spread))
    x = np.tile(mean, (len(won), 1))
    for _ in range(_NEWTON_STEPS):
        slope, bend = slopes(x, won, lost)
        precision = weight + bend[:, :, None] * np.eye(N_STEPS)
        step = np.linalg.solve(precision, (slope - (x - mean) @ weight)[:, :, None])[:, :, 0]
        x = np.clip(x + np.clip(step, -1.0, 1.0), -_FURTHEST, _FURTHEST)
        if not len(x) or np.abs(step).max() < 1e-7:
            break
    _, bend = slopes(x, won, lost)
    inverse = np.asarray(np.linalg.inv(weight + bend[:, :, None] * np.eye(N_STEPS)), np.float64)
    return x, inverse


def slopes(x: Floats, won: Floats, lost: Floats) -> tuple[Floats, Floats]:
    """Return first and minus second derivative of won * log Phi(x) + lost * log Phi(-x)."""
    density = -0.5 * x * x - 0.5 * math.log(2 * math.pi)
    up, down = np.exp(density - log_ndtr(x)), np.exp(density - log_ndtr(-x))
    return won * up - lost * down, won * up * (x + up) + lost * down * (down - x)


def grade_of(objective: str, counts: Counts, scales: Mapping[str, "Scale"], graders: str) -> Grade:
    """Return the grade of a level from its counts."""
    return grades_of([objective], [counts], scales, graders)[0]


def grades_of(
    objectives: Sequence[str], counts: Sequence[Counts], scales: Mapping[str, Scale], graders: str
) -> list[Grade]:
    """Return the grades of many levels."""
    found: dict[int, Grade] = {}
    for objective in rules.OBJECTIVE_NAMES:
        places = [place for place, name in enumerate(objectives) if name == objective]
        scale = scales.get(objective) or Scale.vague()
        modes, spreads = posteriors([counts[place] for place in places], scale)
        for place, mode, spread in zip(places, modes, spreads, strict=True):
            deviations = np.sqrt(np.diagonal(spread))
            found[place] = Grade(
                objective, counts[place], _row(mode), _row(deviations), scale.unlike, graders
            )
    return [found[place] for place in range(len(objectives))]
