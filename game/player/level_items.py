"""Levels as the recommender sees them: tags, numbers and how hard the panel found them, computed from the level.

Works for every level, the player's own and generated ones too. Tags are "kind:name"; numbers are on scales of their own.

| tag | names |
|---|---|
| objective | eliminate, defend, collect, survive |
| mood | bright, calm, drive, tense, dark (the author's, else the objective's) |
| size | small, medium, large |
| feature | mirrors, portals, bricks, water, cover, pickups: where there is more than a little of it (FEATURES) |
| team | alone, duo, squad: tanks of the player's side |
| odds | even, outnumbered |
| plan | symmetrical, where the teams may change places |
| foe | hunter, sniper, guardian …: the brains that the author wants |

| number | meaning |
|---|---|
| size | root of the number of tiles |
| wall, bricks, water, cover, mirrors | share of the tiles |
| openness | share of the tiles to stand on with nothing solid around |
| sight | tiles that a shot flies straight on, on average over standing tiles and the four directions |
| way | tiles between the player's start and the nearest enemy's, as the crow flies |
| enemies, allies, pickups, portals | how many |
| waves, cells | how many, where they are the goal: elsewhere "few waves" would only say that it is another goal |
| seconds | the time limit |
| author_difficulty | 1..5, what the author says, who may say nothing |
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from game.core import rules
from game.core.levels.measures import GROUPS, STANDING, STOPS_SHOT, openness, sight
from game.core.levels.model import AUTO_MOOD, Level
from game.core.levels.symmetry import symmetry_of
from game.match.grading.gradebook import GradeBook, shipped_book
from recommender.records.kinds import Item

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry

SMALL: Final = 20.0  # root of the number of tiles below which a level is small …
LARGE: Final = 27.0  # … and from which it is large
FEATURES: Final = {  # a number from which the level is known for it
    "mirrors": 0.01,
    "portals": 1.0,
    "bricks": 0.035,
    "water": 0.04,
    "cover": 0.04,
    "pickups": 4.0,
}
OBJECTIVE_MOODS: Final = {  # of levels that leave it to the objective
    rules.ELIMINATE: "drive",
    rules.DEFEND: "tense",
    rules.COLLECT: "bright",
    rules.SURVIVE: "dark",
}
GOALS: Final = {rules.DEFEND: "waves", rules.COLLECT: "cells"}  # whose number says how long the level is
_KEPT: Final = 1200  # levels whose content is kept: a full folder of the player's and the built-in ones


class _ByDigest:
    """The key of the cache: equal for all levels of the same content."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self._key = level.digest, level.mood, level.difficulty, level.roster

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByDigest) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def item_of(level: Level, name: str = "", grades: GradeBook | None = None) -> Item:
    """Return the item of a level; `name` is its id in ratings, if that differs from the level's name.

    grades: source of its finish rate; None: the shipped grades. An ungraded level has no finish rate.
    """
    grade = (grades or shipped_book()).find(level)
    tags, numbers = _content(_ByDigest(level))
    titles = {"en": level.title.en, "zh": level.title.zh}
    return Item(
        name or level.name,
        {language: title for language, title in titles.items() if title},
        tags,
        dict(numbers),
        None if grade is None else grade.equal_rate(),
    )


def items_of(entries: "Iterable[LevelEntry]", grades: GradeBook | None = None) -> list[Item]:
    """Return the items of all levels that can be read."""
    return [item_of(entry.level, entry.name, grades) for entry in entries if entry.level is not None]


@lru_cache(maxsize=_KEPT)
def _content(key: _ByDigest) -> tuple[frozenset[str], tuple[tuple[str, float], ...]]:
    numbers = level_numbers(key.level)
    return level_tags(key.level, numbers), tuple(numbers.items())


def level_numbers(level: Level) -> dict[str, float]:
    """Return the numbers of a level, by the table at the head of this file."""
    arena = level.arena
    tiles = arena.tiles
    counts = np.bincount(tiles.reshape(-1), minlength=rules.N_TILES)
    shares = {name: float(counts[list(group)].sum() / tiles.size) for name, group in GROUPS.items()}
    own = [spawn for spawn in arena.spawns if spawn.team == level.own_team]
    enemies = [spawn for spawn in arena.spawns if spawn.team != level.own_team]
    start = arena.spawns[level.player_seat]
    ways = [math.hypot(spawn.x - start.x, spawn.y - start.y) for spawn in enemies]
    return {
        "size": math.sqrt(tiles.size),
        **shares,
        "openness": openness(STANDING[tiles]),
        "sight": sight(STOPS_SHOT[tiles], STANDING[tiles]),
        "way": min(ways, default=0.0),
        "enemies": float(len(enemies)),
        "allies": float(max(len(own) - 1, 0)),
        "pickups": float(len(arena.pickups)),
        "portals": float(len(arena.portals)),
        **({GOALS[arena.objective]: float(arena.goal)} if arena.objective in GOALS else {}),
        "seconds": arena.time_limit / rules.TICKS_PER_SECOND,
        **({"author_difficulty": float(level.difficulty)} if level.difficulty else {}),
    }


def level_tags(level: Level, numbers: dict[str, float]) -> frozenset[str]:
    """Return the tags of a level, by the table at the head of this file."""
    size = "small" if numbers["size"] < SMALL else "large" if numbers["size"] >= LARGE else "medium"
    team = ("alone", "duo", "squad")[min(int(numbers["allies"]), 2)]
    mood = OBJECTIVE_MOODS[level.objective] if level.mood == AUTO_MOOD else level.mood
    tags = {f"objective:{level.objective_name}", f"mood:{mood}", f"size:{size}", f"team:{team}"}
    tags |= {f"feature:{name}" for name, least in FEATURES.items() if numbers[name] >= least}
    tags.add("odds:outnumbered" if numbers["enemies"] > numbers["allies"] + 1 else "odds:even")
    tags |= {f"foe:{level.roster[seat].brain}" for seat in level.enemy_seats if level.roster[seat].brain}
    if symmetry_of(level.arena) is not None:
        tags.add("plan:symmetrical")
    return frozenset(tags)
