"""How people's attempts correct the grades: each is a match on the panel's scale, which the player wins by finishing.

x of a level at a difficulty is what it is to one player of the panel's strength (`Grade.own_x`). For people it is x + shift,
where shift is 0 with the doubt that the grade has about one unlike kind of players. A person stands at an unknown place too,
which drifts from one block of attempts to the next; both are found together from all attempts on this machine (a Rasch model
with normal priors and probit link: the mode by Newton's method, the spread by Laplace's approximation there). So a level
does not count as hard because one weak player lost there, nor does a player count as weak because of one hard level.

A quit is a part of a defeat (`attempt_weights`).

G. Rasch, "Probabilistic Models for Some Intelligence and Attainment Tests", 1960;
F. M. Lord, "Formula Scoring and Number-Right Scoring", J. Educ. Meas. 12, 1975: what was left out counts as a part of an answer.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import MIDDLE, POINTS, Grade
from game.match.grading.posterior import Floats, slopes

QUIT_EARLY: Final = 0.3  # of the level's usual time: an earlier quit says nothing …
QUIT: Final = 0.5  # … one after the usual time is so much of a defeat …
RESTARTED: Final = (
    0.75  # … and so much where the player began the level anew: it went badly, and the player was willing
)
START: Final = MIDDLE / 3 / POINTS  # spread of x of a person of whom nothing is known: OpenSkill's start
BLOCK: Final = 25  # attempts of a person …
DRIFT: Final = 0.15  # … and how much x moves from one block to the next: practice, and days
NEWEST: Final = 2000  # attempts that count
_NEWTON_STEPS: Final = 30


class PersonAttempt(NamedTuple):
    """One attempt of a person at a graded level, in the order of time."""

    player: str
    level: str  # the key of its grade
    difficulty: str
    outcome: str  # "won", "quit" or anything else, which is a defeat
    seconds: float
    restarted: bool = False  # the player began the same level anew after it


class Correction(NamedTuple):
    """The correction of one level's grade from people's attempts."""

    shift: float  # of x: above 0 where it is easier for people than for the panel
    share: float  # of the doubt that is left, 0 to 1
    attempts: int  # that counted

    def of(self, grade: Grade) -> Grade:
        """Return the corrected grade."""
        return grade.corrected(self.shift, self.share, self.attempts)


def attempt_weights(trials: Sequence[PersonAttempt]) -> list[float]:
    """Return each attempt's weight, 0 to 1: a decided match 1, a quit more the longer the player stayed."""
    times: dict[str, list[float]] = defaultdict(list)
    for one in trials:
        if one.outcome != "quit":
            times[one.level].append(one.seconds)
    everywhere = [seconds for found in times.values() for seconds in found]
    overall = sum(everywhere) / len(everywhere) if everywhere else math.inf
    usual = {level: sum(found) / len(found) for level, found in times.items()}
    weights = []
    for one in trials:
        stayed = min(one.seconds / max(usual.get(one.level, overall), 1e-9), 1.0)
        part = (RESTARTED if one.restarted else QUIT) * stayed if stayed >= QUIT_EARLY else 0.0
        weights.append(part if one.outcome == "quit" else 1.0)
    return weights


def corrections(trials: Sequence[PersonAttempt], grades: Mapping[str, Grade]) -> dict[str, Correction]:
    """Return the correction of each level that people have tried, by the keys of `grades`.

    trials: oldest first; those at levels without a grade, and at difficulties that there are not, do not count.
    """
    known = [one for one in trials if one.level in grades and one.difficulty in DIFFICULTY_IDS][-NEWEST:]
    rows = [(one, weight) for one, weight in zip(known, attempt_weights(known), strict=True) if weight > 0]
    if not rows:
        return {}
    levels = {name: place for place, name in enumerate(dict.fromkeys(one.level for one, _ in rows))}
    doubts = np.array([max(grades[name].doubt, 1e-3) for name in levels], np.float64)
    persons, precision = _persons([one.player for one, _ in rows], len(levels))
    precision[: len(levels), : len(levels)] = np.diag(doubts**-2.0)
    at = np.array([levels[one.level] for one, _ in rows], np.int64)
    graded = np.array([grades[one.level].own_x(MIDDLE, one.difficulty)[0] for one, _ in rows], np.float64)
    weights = np.array([weight for _, weight in rows], np.float64)
    won = np.array([one.outcome == "won" for one, _ in rows], np.float64) * weights
    mode, spread = _fit(graded, at, persons, won, weights - won, precision)
    counted = np.bincount(at, minlength=len(levels))
    return {
        name: Correction(
            float(mode[place]), min(float(spread[place] / doubts[place]), 1.0), int(counted[place])
        )
        for name, place in levels.items()
    }


def _persons(players: Sequence[str], first: int) -> tuple[np.ndarray, Floats]:
    """Return each attempt's unknown of its player, numbered from `first`, and the prior's precision of all unknowns."""
    blocks: dict[tuple[str, int], int] = {}
    seen: dict[str, int] = defaultdict(int)
    at = []
    for player in players:
        at.append(blocks.setdefault((player, seen[player] // BLOCK), first + len(blocks)))
        seen[player] += 1
    size = first + len(blocks)
    precision = np.zeros((size, size))
    for (player, block), place in blocks.items():
        if block == 0:
            precision[place, place] += START**-2.0
            continue
        before = blocks[player, block - 1]
        both = np.array([place, before])
        precision[np.ix_(both, both)] += DRIFT**-2.0 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.array(at, np.int64), precision


def _fit(
    graded: Floats, at: np.ndarray, persons: np.ndarray, won: Floats, lost: Floats, precision: Floats
) -> tuple[Floats, Floats]:
    """Return mode and standard deviation of all unknowns: Newton's method from the prior's mean, no step above 1."""
    found = np.zeros(len(precision))
    for _ in range(_NEWTON_STEPS):
        x = graded + found[at] + found[persons]
        slope, bend = slopes(x, won, lost)
        pull = -precision @ found
        np.add.at(pull, at, slope)
        np.add.at(pull, persons, slope)
        inner = _curvature(precision, at, persons, bend)
        step = np.clip(np.linalg.solve(inner, pull), -1.0, 1.0)
        found += step
        if np.abs(step).max() < 1e-6:
            break
    _, bend = slopes(graded + found[at] + found[persons], won, lost)
    inverse = np.linalg.inv(_curvature(precision, at, persons, bend))
    return found, np.sqrt(np.diagonal(inverse))


def _curvature(precision: Floats, at: np.ndarray, persons: np.ndarray, bend: Floats) -> Floats:
    inner = precision.copy()
    for rows in (at, persons):
        for columns in (at, persons):
            np.add.at(inner, (rows, columns), bend)
    return inner
