"""The endless levels among which the recommender chooses: graded ones that fit the player, and those tried before.

Grades are stored without the levels, so thousands are searched quickly, and only the few that are offered are generated. A level
fits if the player's chance at some difficulty is within the recommender's range; levels whose chance is outside 5 to 95 % at
every difficulty are never chosen. A new player gets no endless levels, only hand-made ones, until a few matches are won.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.levels.generator import by_name
from game.core.levels.model import Level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.endless_shelf import ShelfLevel, shelf
from game.match.grading.grade import MIDDLE, Grade
from game.player.level_items import item_of
from game.player.measured_steps import SKILL, measured_steps, steps_of
from recommender.advisor.skill import Skill
from recommender.records.kinds import Attempt, Item

EACH: Final = 14  # untried levels of each objective
LEFT: Final = 8  # number of them below which others are chosen
MOVED: Final = 3.0  # points by which a player's strength changes until then


class FitCriteria(NamedTuple):
    """Which levels fit: the player's strength on the grades' scale, the difficulty played, and the range of chances to win."""

    strength: float
    difficulty: str
    low: float
    high: float


def choose_levels(
    fit: FitCriteria, tried: Collection[str], levels: Iterable[ShelfLevel] | None = None
) -> list[ShelfLevel]:
    """Return up to EACH untried levels of each objective that fit, in the shelf's order.

    First those whose chance is between `low` and `high` at the player's difficulty, then those where it is at another one,
    nearest to the middle first. A difficulty counts only if the chance is certainly in the range that may be offered.
    """
    fitting: dict[str, list[ShelfLevel]] = {name: [] for name in rules.OBJECTIVE_NAMES}
    others: dict[str, list[ShelfLevel]] = {name: [] for name in rules.OBJECTIVE_NAMES}
    for one in shelf() if levels is None else levels:
        if len(fitting[one.objective]) >= EACH or one.name in tried or not has_offered_chance(one, fit):
            continue
        inside = fit.low <= one.grade.chance(fit.strength, fit.difficulty) <= fit.high
        sure = inside and one.grade.may_be_offered(fit.strength, fit.difficulty)
        (fitting if sure else others)[one.objective].append(one)
    found: list[ShelfLevel] = []
    for objective, first in fitting.items():
        left = EACH - len(first)
        found += first + (
            heapq.nsmallest(left, others[objective], lambda one: _miss(one, fit)) if left else []
        )
    return found


def has_offered_chance(one: ShelfLevel, fit: FitCriteria) -> bool:
    """Return whether the player's chance is certainly in the offered range at some difficulty."""
    return any(one.grade.may_be_offered(fit.strength, name) for name in DIFFICULTY_IDS)


def _miss(one: ShelfLevel, fit: FitCriteria) -> float:
    middle, sure = (fit.low + fit.high) / 2, one.grade.may_be_offered
    return min(
        abs(one.grade.chance(fit.strength, name) - middle)
        for name in DIFFICULTY_IDS
        if sure(fit.strength, name)
    )


def met_levels(items: Iterable[str]) -> list[Level]:
    """Return the endless levels among the items that a player has tried, rated or dismissed."""
    return [level for level in map(by_name, dict.fromkeys(items)) if level is not None]


class EndlessCriteria(NamedTuple):
    """What the choice of endless levels depends on: the player's history, and the requested chances."""

    player: str
    attempts: Sequence[Attempt]
    touched: Sequence[str]  # items tried, rated or dismissed, in any order
    difficulty: str
    low: float  # chances to win
    high: float
    new: bool  # whether the player is new: then only levels met before are used


class EndlessPool:
    """The endless levels among which a recommender chooses, until they are used up or no longer fit."""

    def __init__(self) -> None:
        self.steps: dict[
            str, Sequence[float]
        ] = {}  # of difficulties, of each level here and of the others, which may be told
        self._others: Sequence[Item] = ()  # the levels that are no endless ones, and those met
        self._of: EndlessCriteria | None = None
        self._strength = MIDDLE
        self._new: dict[str, str] = {}  # levels chosen, and their objectives

    def renew(
        self,
        others: Sequence[Item],
        steps: Mapping[str, Sequence[float]],
        want: EndlessCriteria,
        levels: Sequence[ShelfLevel],
    ) -> list[Item]:
        """Return the items of the levels met before, and of up to EACH new ones of each objective, from `levels`.

        others, steps: of all other levels there are.
        """
        grades = {one.name: one.grade for one in levels}
        met = [_item(level, grades) for level in met_levels(want.touched)]
        self.steps = {**steps, **{one.name: steps_of(grades[one.name]) for one in met if one.name in grades}}
        self._others = [*others, *met]
        self._of, self._strength = want, self._strength_of(want)
        fit = FitCriteria(self._strength, want.difficulty, want.low, want.high)
        new = [] if want.new else choose_levels(fit, {item.name for item in met}, levels)
        self._new = {one.name: one.objective for one in new}
        self.steps |= {one.name: steps_of(one.grade) for one in new}
        return met + [_item(load_level(one.name), grades) for one in new]

    def learn_grade(self, item: str, grade: Grade) -> None:
        """Update the grade of another level."""
        rate = grade.equal_rate()
        self._others = [replace(one, finish_rate=rate) if one.name == item else one for one in self._others]

    def is_worn(self, want: EndlessCriteria) -> bool:
        """Return whether to choose other levels: the player is no longer new, or range, strength or levels left have changed."""
        before = self._of
        if before is None or before[3:] != want[3:]:
            return True
        if len(before.attempts) == len(want.attempts) and len(before.touched) == len(want.touched):
            return False
        left = Counter(self._new[name] for name in self._new.keys() - set(want.touched))
        chosen = Counter(self._new.values())
        if any(left[name] < min(LEFT, chosen[name]) for name in chosen):
            return True
        return bool(self._new) and abs(self._strength_of(want) - self._strength) >= MOVED

    def _strength_of(self, want: EndlessCriteria) -> float:
        return strength_of_player(self._others, self.steps, want.attempts, want.player)


def _item(level: Level, grades: Mapping[str, Grade]) -> Item:
    grade = grades.get(level.name)
    return replace(item_of(level), finish_rate=None if grade is None else grade.equal_rate())


def strength_of_player(
    items: Sequence[Item], steps: Mapping[str, Sequence[float]], attempts: Sequence[Attempt], player: str
) -> float:
    """Return the player's strength on that scale, estimated from the player's attempts at these items."""
    own = [attempt for attempt in attempts if attempt.player == player]
    listed = {item.name for item in items}
    known = {name: value for name, value in steps.items() if name in listed}
    skill = Skill.of(
        items, own, SKILL, difficulties=DIFFICULTY_IDS, opponents=False, steps=measured_steps(), own_steps=known
    )  # fmt: skip
    return skill.rating(player)[0]
