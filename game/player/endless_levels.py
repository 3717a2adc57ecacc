"""Which endless levels the recommender chooses among: those of the shelf that fit the player, and those tried before.

A grade needs no level, so thousands are looked through in a moment; only the few that are offered are drawn. A level fits where
its chance for this player at some difficulty lies within what the recommender looks for; none is taken whose chance lies
outside 5 to 95 % at every difficulty.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Final, NamedTuple

from game.core import rules
from game.core.levels.generator import by_name
from game.core.levels.model import Level
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.endless_shelf import ShelfLevel, shelf
from game.match.grading.grade import POINTS
from game.match.grading.gradebook import scales
from recommender.advisor.skill import Skill
from recommender.records.kinds import Attempt, Item

EACH: Final = 14  # untried levels of each objective
OFFERED: Final = (0.05, 0.95)  # chances outside of which nothing is offered


class Fit(NamedTuple):
    """What is looked for: the player's strength, on the scale of the grades, the difficulty played at, and chances to win."""

    strength: float
    difficulty: str
    low: float
    high: float


def choose(fit: Fit, tried: Collection[str], levels: Iterable[ShelfLevel] | None = None) -> list[ShelfLevel]:
    """Return up to EACH untried levels of each objective that fit, in the shelf's order.

    First those whose chance lies between `low` and `high` at the player's difficulty, then those where it does at another,
    nearest to the middle first.
    """
    found: list[ShelfLevel] = []
    known = shelf() if levels is None else tuple(levels)
    for objective in rules.OBJECTIVE_NAMES:
        open_ = [
            one for one in known if one.objective == objective and one.name not in tried and offered(one, fit)
        ]
        fitting = [
            one for one in open_ if fit.low <= one.grade.chance(fit.strength, fit.difficulty) <= fit.high
        ]
        others = sorted((one for one in open_ if one not in fitting), key=lambda one: _miss(one, fit))
        found += (fitting + others)[:EACH]
    return found


def offered(one: ShelfLevel, fit: Fit) -> bool:
    """Tell whether the player's chance is one that is OFFERED at the difficulty that suits best."""
    return any(OFFERED[0] <= one.grade.chance(fit.strength, name) <= OFFERED[1] for name in DIFFICULTY_IDS)


def _miss(one: ShelfLevel, fit: Fit) -> float:
    middle = (fit.low + fit.high) / 2
    return min(abs(one.grade.chance(fit.strength, name) - middle) for name in DIFFICULTY_IDS)


def met_levels(items: Iterable[str]) -> list[Level]:
    """Return the endless levels among the items that a player has tried, rated or dismissed."""
    return [level for level in map(by_name, dict.fromkeys(items)) if level is not None]


@cache
def measured_steps() -> tuple[float, ...]:
    """Return where each difficulty stands on the players' scale, the default one at 0: by the graded levels of all objectives."""
    known = scales().values()
    middle = DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)
    means = [sum(scale.mean[step] for scale in known) / len(known) for step in range(len(DIFFICULTY_IDS))]
    return tuple(round(POINTS * (means[middle] - mean), 2) for mean in means)


def strength_of_player(items: Sequence[Item], attempts: Sequence[Attempt], player: str) -> float:
    """Return how strong a player is on that scale, as far as own attempts at these items tell."""
    own = [attempt for attempt in attempts if attempt.player == player]
    skill = Skill.of(items, own, difficulties=DIFFICULTY_IDS, opponents=False, steps=measured_steps())
    return skill.rating(player)[0]
