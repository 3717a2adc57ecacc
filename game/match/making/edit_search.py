"""Edits a level until a standard player wins it as often as is wished: a small evolution with play-tests as fitness.

Each generation draws mutants of the best so far. The forecast, shifted by what the parents' matches have shown, picks the
likely ones, and the panel plays them a little. The elites are played again in every generation, and all their matches count:
a noisy fitness would else keep the lucky. What is told of a level are fresh matches, as in every `WishSearch`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from game.core.levels.model import Level
from game.match.brain_library import BrainLibrary
from game.match.grading.posterior import Scale, posteriors
from game.match.making.forecast import Forecast, forecasts
from game.match.making.mutations import Mutator, level_differences
from game.match.making.wish import FIRST_ROUNDS, SECOND_ROUNDS, Candidate, LevelWish, WishSearch

GENERATIONS: Final = 5
DRAWN: Final = 60  # mutants of a generation …
PLAYED: Final = 8  # … of which so many are played
PARENTS: Final = 5  # that mutants are drawn of
ELITES: Final = 3  # that are played again
MOST_EDITS: Final = 4  # of a mutant of a generation
ENOUGH: Final = 0.75  # chance to be within the tolerance, from which a candidate goes to the proof
NEWS: Final = 0.25  # share of what is open of an unlike level that each edit brings back
STUCK: Final = 0.2  # below it the search may make sides uneven


def pins_forbid_all(level: Level) -> bool:
    """Return whether a level's pins forbid every edit of its map that this search makes, so that only its numbers can change."""
    if not level.pins:
        return False
    mutator = Mutator(level, np.random.default_rng(0))
    mutants = (mutator.mutant(level, 1, uneven=True) for _ in range(DRAWN))
    return not any(row["x"] is not None for each in mutants if each for row in level_differences(level, each))


class EditSearch(WishSearch):
    """One search from a level; `find` yields edited levels, or the level itself if it has the requested win rate already."""

    def __init__(
        self,
        level: Level,
        wish: LevelWish,
        *,
        seed: int = 0,
        library: BrainLibrary | None = None,
        threads: int | None = None,
        on_match: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(wish, library=library, threads=threads, on_match=on_match)
        if level.objective_name != wish.objective:
            raise ValueError(f"objective: expected {level.objective_name}, found {wish.objective}")
        self._level = level
        self._random = np.random.default_rng(seed)
        self._mutator = Mutator(level, self._random)
        self._forecast: Forecast = forecasts()[wish.objective]
        self._pool: list[Candidate] = []
        self._seed = seed + 1

    def _draw(self, wanted: int) -> list[Candidate]:
        """Return the likeliest of all that was made so far, after some generations more."""
        if not self._pool:
            first = Candidate(self._level, 0, self._forecast.scale(self._level))
            self._play([first], FIRST_ROUNDS + SECOND_ROUNDS)
            self._pool = [first]
        for generation in range(GENERATIONS):
            if sum(one.likely >= ENOUGH for one in self._pool if not one.proofs) >= wanted:
                break
            children = self._children(uneven=generation > 0 and self._pool[0].likely < STUCK)
            self._play(children, FIRST_ROUNDS)
            self._pool += children
            self._sort()
            self._play([one for one in self._pool[: max(ELITES, wanted)] if not one.proofs], SECOND_ROUNDS)
            self._sort()
        fresh = [one for one in self._pool if not one.proofs]
        self._pool = [one for one in self._pool if not one.proofs or one is self._pool[0]]
        return fresh

    def _sort(self) -> None:
        self._pool.sort(key=lambda one: (-round(one.likely, 2), one.away))

    def _children(self, *, uneven: bool) -> list[Candidate]:
        """Return the likeliest mutants of the best, each unlike all that are known."""
        known = {(one.level.digest, one.level.roster) for one in self._pool}
        found = []
        for _ in range(DRAWN):
            parent = self._pool[int(self._random.integers(min(PARENTS, len(self._pool))))]
            edits = 1 + int(self._random.integers(MOST_EDITS))
            level = self._mutator.mutant(parent.level, edits, uneven=uneven)
            if level is None or (level.digest, level.roster) in known:
                continue
            known.add((level.digest, level.roster))
            child = Candidate(level, 0, self._scale(parent, level, edits), self._forecast.scale(level))
            child.weigh(self.wish)
            found.append(child)
        found.sort(key=lambda one: (-round(one.likely, 2), one.away))
        return found[:PLAYED]

    def _scale(self, parent: Candidate, level: Level, edits: int) -> Scale:
        """Return what is expected of a mutant: its parent as measured, and as much as the forecast sees in the edits."""
        modes, spreads = posteriors([parent.searched + parent.proof], parent.scale)
        one, other = self._forecast.scale(level), self._forecast.scale(parent.level)
        mean = modes[0] + np.array(one.mean) - np.array(other.mean)
        spread = spreads[0] + min(1.0, NEWS * edits) * np.array(one.spread)
        return replace(
            one,
            mean=tuple(float(value) for value in mean),
            spread=tuple(tuple(float(value) for value in row) for row in spread),
        )
