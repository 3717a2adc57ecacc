"""Simulated players that the recommender never saw, and a world for them, to measure the value of its advice.

There are two kinds (`KINDS`), both built differently from the models; the advisor's constants were tuned on `rules` alone
(seeds 5000 to 7999), `ideals` were held out for the results. Taste consists of rules with thresholds over pairs of features,
not of weights; the quality of an item and a personal liking depend on no feature. Skill is a logistic curve that rises with
practice and levels off, not a random walk. Challenge changes enjoyment linearly, and the boredom of repeated items grows each
time. The recommender sees none of these numbers, only stars and attempts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit

from recommender.records.kinds import Item
from recommender.records.ratings import Floats

TRUE_ZONE: Final = (0.55, 0.85)  # chances to finish that are fun
STEEP: Final = 1.4  # how fast the chance changes with skill minus difficulty
DULL: Final = 4.0  # stars lost per unit of chance above the zone
HOPELESS: Final = 3.5  # and below the zone
BORED: Final = 0.5  # stars lost for each earlier play
_TAGS: Final = {"goal": 4, "size": 3, "mood": 3}
_NUMBERS: Final = ("bricks", "mirrors", "water", "portals", "length", "opponents")


@dataclass(frozen=True)
class SimulatedWorld:
    """Items and their true properties."""

    items: tuple[Item, ...]
    difficulty: Floats  # (items,)
    quality: Floats  # (items,) stars that all players add

    @classmethod
    def made(cls, seed: int, count: int = 80) -> "SimulatedWorld":
        """Items with random content; difficulty follows content with interactions, and most have a play-test."""
        random = np.random.default_rng([seed, 1])
        numbers = random.beta(1.2, 1.8, (count, len(_NUMBERS)))
        tags = {name: random.integers(kinds, size=count) for name, kinds in _TAGS.items()}
        hard = (
            2.2 * numbers[:, 5]
            + 1.6 * numbers[:, 1] * numbers[:, 4]
            + 0.7 * (tags["size"] == 0) * (numbers[:, 0] > 0.4)
        )
        difficulty = 1.3 * (hard - hard.mean()) / hard.std() + random.normal(0, 0.4, count)
        played = random.random(count) < 0.7
        rate = random.binomial(40, expit(STEEP * (0.4 - difficulty + random.normal(0, 0.3, count)))) / 40
        items = tuple(
            Item(
                f"item {number:03d}",
                tags=frozenset(f"{name}:{values[number]}" for name, values in tags.items()),
                numbers=dict(zip(_NUMBERS, map(float, numbers[number]))),
                finish_rate=float(rate[number]) if played[number] else None,
            )
            for number in range(count)
        )
        return cls(items, difficulty, random.normal(0, 0.4, count))

    @classmethod
    def around(cls, items: Sequence[Item], seed: int) -> "SimulatedWorld":
        """A world around given items: unknown properties are drawn, the play-tests are kept."""
        random = np.random.default_rng([seed, 2])
        rate = np.array(
            [np.nan if item.finish_rate is None else item.finish_rate for item in items], np.float64
        )
        rate = np.clip(np.where(np.isnan(rate), random.uniform(0.1, 0.9, len(items)), rate), 0.03, 0.97)
        difficulty = 0.4 - np.log(rate / (1 - rate)) / STEEP + random.normal(0, 0.3, len(items))
        return cls(tuple(items), difficulty, random.normal(0, 0.4, len(items)))


class SimulatedPlayer:
    """One simulated player in a world, of one of KINDS; `random` is this persona's own generator."""

    def __init__(self, world: SimulatedWorld, seed: Sequence[int], kind: str = "rules") -> None:
        self.world, self.kind = world, kind
        self.random = np.random.default_rng(seed)
        self.played = np.zeros(len(world.items), np.int64)
        self._skill = self.random.normal(0.0, 1.2)
        self._gain, self._pace = self.random.uniform(0.2, 1.3), self.random.uniform(4, 20)
        self._generous = self.random.normal(0, 0.3)
        own = self.random.normal(0, 0.3, len(world.items))
        self._liking = 3.2 + world.quality + own + _TASTES[kind](world.items, self.random)

    def chances(self) -> Floats:
        """True chance to finish each item now, (items,)."""
        if self.kind == "ideals":  # skill rises in steps
            practice = self._gain * min(self.played.sum() // self._pace, 3) / 2
        else:
            practice = self._gain * (1 - np.exp(-self.played.sum() / self._pace))
        return np.asarray(expit(STEEP * (self._skill + practice - self.world.difficulty)))

    def enjoyment(self) -> Floats:
        """True expected enjoyment of each item now, in stars from 1 to 5, (items,)."""
        chance = self.chances()
        low, high = TRUE_ZONE
        above, below = np.maximum(chance - high, 0), np.maximum(low - chance, 0)
        if self.kind == "ideals":  # the loss grows with the distance from the zone
            off = 20 * above**2 + 7 * below**2
        else:
            off = DULL * above + HOPELESS * below
        return np.asarray(np.clip(self._liking - off - BORED * self.played, 1, 5))

    def play(self, number: int) -> tuple[bool, float, float]:
        """Play an item: whether it was finished, seconds, and the stars given."""
        finished = bool(self.random.random() < self.chances()[number])
        felt = (
            self.enjoyment()[number]
            + self._generous
            + self.random.normal(0, 0.5)
            + (0.15 if finished else -0.15)
        )
        seconds = float(60 * self.random.lognormal(0, 0.3) * (0.7 if finished else 1.0))
        self.played[number] += 1
        return finished, seconds, float(np.clip(np.rint(felt), 1, 5))


def _rules(items: Sequence[Item], random: np.random.Generator) -> Floats:
    """Sum of a persona's rules over the items, (items,): each is for or against a tag, a number past a bound, or both."""
    tags = sorted({tag for item in items for tag in item.tags})
    names = sorted({name for item in items for name in item.numbers})
    total = np.zeros(len(items))
    for _ in range(int(random.integers(3, 7))):
        holds = np.ones(len(items), np.bool_)
        kind = random.integers(3)
        if tags and (kind != 1 or not names):
            tag = tags[random.integers(len(tags))]
            holds &= np.array([tag in item.tags for item in items])
        if names and (kind != 0 or not tags):
            name = names[random.integers(len(names))]
            values = np.array([item.numbers.get(name, 0.0) for item in items])
            bound = np.quantile(values, random.uniform(0.3, 0.7))
            holds &= (values > bound) == bool(random.integers(2))
        total += holds * random.choice([-1.1, -0.7, 0.7, 1.1, 1.4])
    return np.asarray(total - total.mean())


def _ideals(items: Sequence[Item], random: np.random.Generator) -> Floats:
    """Liking by similarity to a few ideals, (items,): ideal items of a persona, and one that it dislikes.

    Similarity falls with the number of different tags and the distance of the numbers' ranks, and only close items count:
    neither a rule about a single feature nor a sum of weights.
    """
    tags = sorted({tag for item in items for tag in item.tags})
    names = sorted({name for item in items for name in item.numbers})
    has = np.array([[tag in item.tags for tag in tags] for item in items], np.float64).reshape(len(items), -1)
    ranks = np.array([[item.numbers.get(name, 0.0) for name in names] for item in items]).reshape(
        len(items), -1
    )
    if len(items) > 1:
        ranks = np.argsort(np.argsort(ranks, axis=0, kind="stable"), axis=0, kind="stable") / (len(items) - 1)
    total = np.zeros(len(items))
    for love in (*[1.0] * int(random.integers(2, 4)), -1.2):
        ideal = int(random.integers(len(items)))
        cares = random.random(ranks.shape[1]) < 0.5  # about half of the numbers
        away = np.abs(has - has[ideal]).sum(1) / 3 + (np.abs(ranks - ranks[ideal]) * cares).sum(1)
        total += love * 3.0 * np.exp(-((away / 1.2) ** 2))
    return np.asarray(total - total.mean())


_TASTES: Final = {"rules": _rules, "ideals": _ideals}
KINDS: Final = tuple(_TASTES)
