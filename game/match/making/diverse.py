"""Levels as wished that are unlike each other: MAP-Elites (Mouret and Clune, 2015) with the package `ribs`.

The archive is a grid over what can be counted of a level, how open it is and how far a tank sees, and holds in each field the
level that is likeliest to be as wished. Its first levels are endless ones; then edits of elites (`mutations`) and further endless
levels compete for its fields. A noisy fitness keeps the lucky, so in every generation elites are played again and the archive is
built anew from what all matches say. `find` proves what it yields by fresh matches, as every `WishSearch` does.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.generator import generate
from game.core.levels.measures import STANDING, STOPS_SHOT, openness, sight
from game.core.levels.model import Level
from game.match.brain_library import BrainLibrary
from game.match.making.forecast import forecasts
from game.match.making.mutations import Mutator
from game.match.making.wish import FIRST_ROUNDS, SECOND_ROUNDS, Candidate, FoundLevel, LevelWish, WishSearch
from safefiles.extras import require

EXTRA: Final = "levels"
FIELDS: Final = (6, 6)
RANGES: Final = ((0.0, 0.6), (1.0, 9.0))  # of openness, and of the tiles that a shot passes
DRAWN: Final = 400  # endless levels that the first archive is drawn from
GENERATIONS: Final = 3
CHILDREN: Final = 80  # of a generation; the forecast picks those that are played
MOST_EDITS: Final = 6


class DiverseSearch(WishSearch):
    """One search; raises MissingExtra where `ribs` is not installed."""

    def __init__(
        self,
        wish: LevelWish,
        *,
        library: BrainLibrary | None = None,
        threads: int | None = None,
        on_match: Callable[[], None] = lambda: None,
    ) -> None:
        require("ribs", EXTRA)
        super().__init__(wish, library=library, threads=threads, on_match=on_match)
        self._forecast = forecasts()[wish.objective]
        self._random = np.random.default_rng(wish.first)
        self._edited = 0

    def find(self, wanted: int, draws: int = 1) -> Iterator[FoundLevel]:
        """Yield up to `wanted` levels of different cells of the archive."""
        return super().find(wanted, draws)

    def _draw(self, wanted: int) -> list[Candidate]:
        """Return the elites of the archive, the likeliest first."""
        elites = self._elites(self._endless(DRAWN))
        for generation in range(GENERATIONS + 1):
            again = [one for one in elites[: 2 * wanted] if sum(one.searched.matches) < self._most]
            self._play([one for one in again if not any(one.searched.matches)], FIRST_ROUNDS)
            self._play(again, SECOND_ROUNDS if generation == GENERATIONS else FIRST_ROUNDS)
            if generation < GENERATIONS:
                elites = self._elites([*elites, *self._children(elites), *self._endless(CHILDREN)])
        return without_variants(self._elites(elites))

    @property
    def _most(self) -> int:
        """Matches after which an elite is known well enough to wait for its proof."""
        return 9 * (FIRST_ROUNDS + SECOND_ROUNDS) * 2

    def _endless(self, count: int) -> list[Candidate]:
        wish, found = self.wish, []
        last = min(self._next + count, len(ENDLESS_SEEDS))
        for place in range(self._next, last):
            level = generate(ENDLESS_SEEDS[place], wish.family, wish.objective, wish.size, wish.team_sizes)
            found.append(self._candidate(level, place))
        self._next = last
        return found

    def _children(self, elites: list[Candidate]) -> list[Candidate]:
        found = []
        for _ in range(CHILDREN if elites else 0):
            parent = elites[int(self._random.integers(len(elites)))]
            edits = 1 + int(self._random.integers(MOST_EDITS))
            level = Mutator(parent.level, self._random).mutant(parent.level, edits, uneven=True)
            if level is not None:
                self._edited += 1
                name = f"{parent.level.name.partition('-edit')[0]}-edit{self._edited}"
                named = replace(level, name=name, arena=replace(level.arena, name=name))
                found.append(self._candidate(named, parent.place))
        return found

    def _candidate(self, level: Level, place: int) -> Candidate:
        candidate = Candidate(level, place, self._forecast.scale(level))
        candidate.weigh(self.wish)
        return candidate

    def _elites(self, candidates: list[Candidate]) -> list[Candidate]:
        """Return the likeliest candidate of each field, the likeliest first, by what is known of them now."""
        from ribs.archives import GridArchive

        archive: Any = GridArchive(solution_dim=1, dims=FIELDS, ranges=RANGES)
        archive.add(
            np.arange(len(candidates))[:, None],
            np.array([one.likely for one in candidates]),
            np.array([archive_measures(one.level) for one in candidates]),
        )
        places = archive.data("solution")[:, 0].astype(int)
        return sorted((candidates[place] for place in places), key=lambda one: (-one.likely, one.away))


def without_variants(elites: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates without further edits of the same endless level: a few changed tiles may lead to another cell."""
    found: dict[int, Candidate] = {}
    for one in elites:
        found.setdefault(one.place, one)
    return list(found.values())


def archive_measures(level: Level) -> tuple[float, float]:
    """Return a level's coordinates in the archive: how open it is, and how many tiles a shot passes."""
    tiles = level.arena.tiles
    return openness(STANDING[tiles]), sight(STOPS_SHOT[tiles], STANDING[tiles])
