"""From a player's predictor to scores: which items are candidates, and the terms of their scores.

Two stages. The first scores the whole catalogue by the cheap terms: stars by base and taste, challenge, repeats, EASE and
popularity. Its CANDIDATES best, and some items with few ratings, go to the second, which uses every model
(`recommender.advisor.opinions`) and weights the terms (`recommender.advisor.ranker`). One term is optimism: an uncertain item
counts as somewhat better than expected (an upper confidence bound: P. Auer, JMLR 3, 2002).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from recommender.advisor.answers import AdvisorSettings
from recommender.advisor.explaining import ScoredItems
from recommender.advisor.opinions import StarPredictor
from recommender.advisor.ranker import STAR
from recommender.advisor.skill import Chances, Skill
from recommender.advisor.zone import Zone
from recommender.records.ratings import Floats, Ints

CANDIDATES: Final = 128
UNKNOWN: Final = 16  # candidates with few ratings
SWITCH: Final = 0.25  # stars that a difficulty other than the player's must gain


@dataclass(frozen=True)
class DifficultyChances:
    """Chances at one difficulty, and their cost in stars, each over the whole catalogue."""

    against: str
    chances: Chances
    cost: Floats


@dataclass
class Scoring:
    """Scores for one player at one moment."""

    predictor: StarPredictor
    settings: AdvisorSettings
    skill: Skill
    player: str
    against: str
    zone: Zone | None  # None: no difficulty is known, only stars count
    repeats: Floats  # stars lost by having had an item, (items,)
    offered: tuple[str, ...]  # values of `against` that the advice may choose, the preferred first
    defeats: int = 0  # defeats in a row, counted from a minimum on

    @cached_property
    def levels(self) -> list[DifficultyChances]:
        """The chances and costs of each offered difficulty."""
        nothing = np.zeros(len(self.repeats))
        if not self.skill.informed:
            return [
                DifficultyChances(
                    self.against, Chances(nothing + 0.5, nothing, nothing + 1.0, nothing), nothing
                )
            ]
        found = []
        for name in self.offered if self.zone is not None else (self.against,):
            chances, cost = self.skill.outlook(self.player, name), nothing
            if self.zone is not None:
                cost = self.zone.cost(chances, self.predictor.others.challenge.slopes, self.defeats)
            found.append(DifficultyChances(name, chances, cost))
        return found

    @cached_property
    def chosen(self) -> Ints:
        """Which of `levels` is best for each item, (items,)."""
        if len(self.levels) == 1:
            return np.zeros(len(self.repeats), np.int32)
        costs = np.array([level.cost + SWITCH * (place > 0) for place, level in enumerate(self.levels)])
        if self.defeats > 0 and self.zone is not None and self.settings.difficulties:
            # A player who needs a success gets the easiest that is not too easy, though its benefit is not yet measured.
            names = [level.against for level in self.levels]
            easiest = next(
                place for place, name in enumerate(names) if self.settings.difficulties[0] in name.split("/")
            )
            right = self.levels[easiest].chances.chance <= self.zone.high
            costs[:, right] += np.where(np.arange(len(names)) == easiest, 0.0, np.inf)[:, None]
        return np.asarray(np.argmin(costs, axis=0), np.int32)

    def against_of(self, number: int) -> str:
        """The difficulty to play an item at."""
        return self.levels[int(self.chosen[number])].against

    def changed(self, number: int) -> str:
        """The same if it is not the player's own; otherwise ""."""
        against = self.against_of(number)
        return "" if against == self.against else against

    def chance(self, number: int, *, own: bool = False) -> tuple[float, float, float]:
        """The chance to finish an item at that difficulty, or at the player's `own`, and its 80 % interval."""
        chances = self.levels[0 if own else int(self.chosen[number])].chances
        return float(chances.chance[number]), float(chances.low[number]), float(chances.high[number])

    @cached_property
    def cost(self) -> Floats:
        """Stars lost by the challenge at that difficulty, (items,)."""
        if len(self.levels) == 1:
            return self.levels[0].cost
        costs = np.array([level.cost for level in self.levels])
        return np.asarray(costs[self.chosen, np.arange(costs.shape[1])])

    @cached_property
    def chances(self) -> Floats:
        """Chances to finish at that difficulty, (items,)."""
        if len(self.levels) == 1:
            return self.levels[0].chances.chance
        chances = np.array([level.chances.chance for level in self.levels])
        return np.asarray(chances[self.chosen, np.arange(chances.shape[1])])

    @cached_property
    def odds(self) -> Floats:
        """Logits of those chances, which distinguish almost hopeless items, (items,)."""
        if len(self.levels) == 1:
            return self.levels[0].chances.odds
        odds = np.array([level.chances.odds for level in self.levels])
        return np.asarray(odds[self.chosen, np.arange(odds.shape[1])])

    @cached_property
    def first(self) -> Floats:
        """Scores of the first stage, (items,)."""
        rank = self.predictor.others.rank
        taken = self.repeats if self.zone is None else self.repeats + self.cost
        score = rank.utility * self.predictor.content - STAR * taken
        return np.asarray(score + rank.together * self.predictor.together + self.predictor.others.static)

    def candidates(self, allowed: Ints, count: int) -> Ints:
        """Item numbers of the candidates, ascending."""
        most = max(CANDIDATES, 2 * count)
        if len(allowed) <= most + UNKNOWN:
            return allowed
        first = self.first[allowed]
        taken = np.zeros(len(allowed), np.bool_)
        taken[np.argpartition(first, len(first) - most)[len(first) - most :]] = True
        little = np.flatnonzero(self.predictor.others.little[allowed])
        if len(little) > UNKNOWN:
            little = little[np.argpartition(-first[little], UNKNOWN)[:UNKNOWN]]
        taken[little] = True
        return allowed[taken]

    def unsure(self, numbers: Ints) -> Floats:
        """A standard deviation of the stars of some items, in logits, (n,); all 0 if no content distinguishes items."""
        if not self.predictor.others.features.names:
            return np.zeros(len(numbers))
        return self.predictor.others.rank.utility * self.predictor.spread(numbers)

    def scored(self, numbers: Ints) -> ScoredItems:
        """The second stage."""
        predictor, rank = self.predictor, self.predictor.others.rank
        stars = predictor.terms(numbers)
        logits = {
            "own": rank.utility * stars.own,
            "together": rank.together * predictor.together[numbers],
            "taken": self.predictor.others.static[numbers],
            "rated": rank.utility * stars.base,
            "taste": rank.utility * stars.taste,
            "near": rank.utility * stars.items,
            "neighbours": rank.utility * stars.players,
            "pattern": rank.utility * stars.factors,
            "fresh": -STAR * self.repeats[numbers],
        }
        if self.predictor.others.features.names:
            logits["untried"] = self.settings.optimism * self.unsure(numbers)
        if self.zone is not None:
            logits["level"] = -STAR * self.cost[numbers]
        effects = np.array(list(logits.values()))
        if len(numbers):
            effects -= effects.sum(axis=1, keepdims=True) / len(numbers)
        chance = self.chances[numbers] if self.zone is not None else None
        return ScoredItems(numbers, effects.sum(axis=0), tuple(logits), effects.T, stars, chance)


def repeat_costs(size: int, events: Sequence[Ints], settings: AdvisorSettings) -> Floats:
    """Stars lost by having had items, (size,): less with every later event, at most double for one item.

    `events`: item numbers in the order of entry, of finished attempts, of plays, of ratings without either; -1: another event.
    """
    cost = np.zeros(size + 1)  # the last place is for other events
    for numbers in events:
        if len(numbers):
            age = np.arange(len(numbers) - 1, -1, -1)
            places = np.where(numbers < 0, size, numbers)
            cost += np.bincount(places, settings.repeat * np.exp2(age / -settings.fresh), size + 1)
    return np.minimum(cost[:-1], 2 * settings.repeat)
