"""`Grade`: how often standard players win a level at each difficulty, with its uncertainty; `Scale`: what levels are like at all.

The scale is the players' own (OpenSkill's, `recommender.advisor.skill`): a player of strength s wins with the chance
Phi((s - d) / (sqrt(2) * beta)), where d is the level's difficulty. The standard player, the panel's mean, stands at 25.

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
from scipy.special import log_ndtr, ndtr, ndtri

from game.core import rules
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS

Floats = NDArray[np.float64]

MIDDLE: Final = 25.0  # of OpenSkill's scale: the standard player
POINTS: Final = math.sqrt(2) * MIDDLE / 6  # of the scale for each unit of x
N_STEPS: Final = len(DIFFICULTY_IDS)
STARS: Final = (0.8, 0.6, 0.4, 0.2)  # win rates of a standard player at the default difficulty: from 1 star down to 4
_NEWTON_STEPS: Final = 40
_FIT_ROUNDS: Final = 30
_FURTHEST: Final = 4.5  # |x|: a win rate of 3 in a million
_WIDE: Final = 1.6  # spread of x where nothing is known of an objective
_LIKE: Final = 0.85  # … and likeness of two difficulties
_Z_90: Final = 1.6448536


@dataclass(frozen=True)
class Counts:
    """What the panel's matches came to: (steps,) each, by DIFFICULTY_IDS."""

    won: tuple[int, ...]
    matches: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, values in (("won", self.won), ("matches", self.matches)):
            if len(values) != N_STEPS:
                raise ValueError(f"{name}: expected {N_STEPS} numbers, found {len(values)}")
        if not all(0 <= won <= played for won, played in zip(self.won, self.matches, strict=True)):
            raise ValueError(f"won: expected 0 to {self.matches}, found {self.won}")

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            tuple(a + b for a, b in zip(self.won, other.won, strict=True)),
            tuple(a + b for a, b in zip(self.matches, other.matches, strict=True)),
        )


NOTHING: Final = Counts((0,) * N_STEPS, (0,) * N_STEPS)


@dataclass(frozen=True)
class Scale:
    """What is known of an objective's levels before one is played, and how unlike players are.

    mean (steps,), spread (steps, steps): of x. kind: spread of x of one unlike player about the panel's.
    """

    mean: tuple[float, ...]
    spread: tuple[tuple[float, ...], ...]
    kind: float

    @classmethod
    def vague(cls) -> "Scale":
        """Return what is assumed of an objective that nobody has graded."""
        steps = np.arange(N_STEPS)
        likeness = _LIKE ** np.abs(steps[:, None] - steps)
        return cls((0.0,) * N_STEPS, _rows(_WIDE**2 * likeness), 0.5)

    @classmethod
    def fit(cls, counts: Sequence[Counts], kind: float) -> "Scale":
        """Return the scale of graded levels: expectation-maximisation with Laplace's posteriors."""
        scale = cls.vague()
        for _ in range(_FIT_ROUNDS if len(counts) > N_STEPS else 0):
            modes, inverse = posteriors(counts, scale)
            mean = modes.mean(0)
            away = modes - mean
            scale = cls(_row(mean), _rows(inverse.mean(0) + away.T @ away / len(counts)), kind)
        return cls(scale.mean, scale.spread, kind)

    def to_json(self) -> dict[str, Any]:
        """Return the scale as JSON holds it."""
        return {"mean": list(self.mean), "spread": [list(row) for row in self.spread], "kind": self.kind}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scale":
        """Return the scale of a file that ships."""
        return cls(tuple(data["mean"]), tuple(tuple(row) for row in data["spread"]), float(data["kind"]))


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
        slope, bend = _likelihood(x, won, lost)
        precision = weight + bend[:, :, None] * np.eye(N_STEPS)
        step = np.linalg.solve(precision, (slope - (x - mean) @ weight)[:, :, None])[:, :, 0]
        x = np.clip(x + np.clip(step, -1.0, 1.0), -_FURTHEST, _FURTHEST)
        if not len(x) or np.abs(step).max() < 1e-7:
            break
    _, bend = _likelihood(x, won, lost)
    return x, np.linalg.inv(weight + bend[:, :, None] * np.eye(N_STEPS))


def _likelihood(x: Floats, won: Floats, lost: Floats) -> tuple[Floats, Floats]:
    """Return first and minus second derivative of won * log Phi(x) + lost * log Phi(-x)."""
    density = -0.5 * x * x - 0.5 * math.log(2 * math.pi)
    up, down = np.exp(density - log_ndtr(x)), np.exp(density - log_ndtr(-x))
    return won * up - lost * down, won * up * (x + up) + lost * down * (down - x)


@dataclass(frozen=True)
class Grade:
    """A level's measured difficulty. All that is said of a player is said of the standard one: an equal of the panel."""

    objective: str
    counts: Counts
    mode: tuple[float, ...]  # of x at each difficulty …
    spread: tuple[float, ...]  # … and its standard deviation
    kind: float  # spread of x of one unlike player
    graders: str  # graders_key() of the panel

    @classmethod
    def of(cls, objective: str, counts: Counts, scales: Mapping[str, Scale], graders: str) -> "Grade":
        """Return the grade that counts come to."""
        return grades_of([objective], [counts], scales, graders)[0]

    def rate(self, difficulty: str = DEFAULT_DIFFICULTY) -> float:
        """Return the chance that a standard player wins."""
        step = DIFFICULTY_IDS.index(difficulty)
        return float(ndtr(self.mode[step] / math.sqrt(1 + self.spread[step] ** 2)))

    def interval(self, difficulty: str = DEFAULT_DIFFICULTY, z: float = _Z_90) -> tuple[float, float]:
        """Return the interval of that chance, of 90 % unless told otherwise."""
        step = DIFFICULTY_IDS.index(difficulty)
        middle, half = self.mode[step], z * self.spread[step]
        return float(ndtr(middle - half)), float(ndtr(middle + half))

    def chance(self, strength: float, difficulty: str = DEFAULT_DIFFICULTY) -> float:
        """Return the chance of a player of this strength, on the players' scale."""
        step = DIFFICULTY_IDS.index(difficulty)
        x = self.mode[step] + (strength - MIDDLE) / POINTS
        return float(ndtr(x / math.sqrt(1 + self.spread[step] ** 2)))

    def attempts(self, difficulty: str = DEFAULT_DIFFICULTY) -> tuple[float, float, float]:
        """Return how many attempts a standard player needs on average until one is won, and the 90 % interval of that mean."""
        low, high = self.interval(difficulty)
        return 1 / self.rate(difficulty), 1 / high, 1 / low

    @property
    def difficulty(self) -> float:
        """Where the level stands on the players' scale, at the default difficulty: whoever is as strong wins every other time."""
        return MIDDLE - POINTS * self.mode[DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)]

    @property
    def uncertainty(self) -> float:
        """Standard deviation of that for one player of another kind than the panel's."""
        return POINTS * math.hypot(self.spread[DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)], self.kind)

    @property
    def stars(self) -> int:
        """Return 1 (easy) to 5 (hard)."""
        rate = self.rate()
        return 1 + sum(rate < least for least in STARS)

    def nearest(self, wish: float) -> str:
        """Return the difficulty at which a standard player's chance is nearest to `wish`."""
        return min(DIFFICULTY_IDS, key=lambda name: abs(self.rate(name) - wish))


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
            found[place] = Grade(objective, counts[place], _row(mode), _row(deviations), scale.kind, graders)
    return [found[place] for place in range(len(objectives))]


def x_of(rate: float) -> float:
    """Return Phi^-1 of a win rate, kept from infinity."""
    return float(np.clip(ndtri(rate), -_FURTHEST, _FURTHEST))
