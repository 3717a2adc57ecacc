"""Finds generated levels that a standard player wins as often as is wished.

Candidates come from the endless seeds, in their order from a first one. The forecast, which needs no match, picks the likely
ones; the panel plays these a little, the best of them more; what remains is played anew with other seeds, and only those
matches say what is told of a level: of many candidates the luckiest would else be taken for the best.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy.special import ndtr, ndtri

from game.core import rules
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.grade import NOTHING, STARS, Counts
from game.match.grading.graders import PANEL
from game.match.grading.panel_matches import panel_counts
from game.match.grading.posterior import Scale, posteriors
from game.match.intervals import wilson
from game.match.making.forecast import forecasts

TOLERANCE: Final = 0.1  # of the win rate
LEAST_RATE: Final = 0.05  # of wins, and of defeats, that a level should have
SURE: Final = 0.97  # chance to be within it, from which a level is taken at once …
LIKELY: Final = 0.9  # … and after the last proof
HOPELESS: Final = 0.3  # … and below which it is given up
DRAWN: Final = 240  # candidates that are drawn for each level that is wished …
PLAYED: Final = 6  # … and of them so many are played
LEAST_PLAYED: Final = 8
FIRST_ROUNDS: Final = 2  # of the panel, at one difficulty, of each candidate that is played
SECOND_ROUNDS: Final = 4  # of the better half
PROOF_ROUNDS: Final = 16  # on other seeds, of what is to be taken …
MORE_ROUNDS: Final = 12  # … and again while it is open …
MOST_PROOFS: Final = 4  # … so many times


@dataclass(frozen=True)
class LevelWish:
    """The requested properties of a level; omitted ones are free."""

    objective: str
    rate: float  # of a standard player's wins
    difficulty: str = DEFAULT_DIFFICULTY  # of the opposition
    family: str | None = None
    size: tuple[int, int] | None = None
    team_sizes: tuple[int, int] | None = None
    first: int = 0  # place among the endless seeds from which candidates are drawn

    @property
    def band(self) -> tuple[float, float]:
        """Win rates that are near enough; the ends stay away from 0 and 1."""
        low, high = self.rate - TOLERANCE, self.rate + TOLERANCE
        edge = min(LEAST_RATE, self.rate / 2), min(LEAST_RATE, (1 - self.rate) / 2)
        return max(low, edge[0]), min(high, 1 - edge[1])

    def __post_init__(self) -> None:
        if self.objective not in rules.OBJECTIVE_NAMES:
            raise ValueError(
                f"objective: expected one of {', '.join(rules.OBJECTIVE_NAMES)}, found {self.objective!r}"
            )
        if self.difficulty not in DIFFICULTY_IDS:
            raise ValueError(
                f"difficulty: expected one of {', '.join(DIFFICULTY_IDS)}, found {self.difficulty!r}"
            )
        if not LEAST_RATE <= self.rate <= 1 - LEAST_RATE:
            raise ValueError(f"win rate: expected 0.05 to 0.95, found {self.rate:g}")
        if not 0 <= self.first < len(ENDLESS_SEEDS):
            raise ValueError(f"seed: expected 0 to {len(ENDLESS_SEEDS) - 1}, found {self.first}")


@dataclass(frozen=True)
class FoundLevel:
    """A found level."""

    level: Level
    place: int  # of the endless seeds
    counts: Counts  # of the proof alone, on seeds that the search did not use
    kept: bool  # False: the best there was, but not within the tolerance
    seeds: tuple[int, ...] = ()  # of the proof

    def rate(self, difficulty: str) -> float:
        """Share of the confirming matches that were won."""
        step = DIFFICULTY_IDS.index(difficulty)
        return self.counts.won[step] / max(self.counts.matches[step], 1)

    def interval(self, difficulty: str) -> tuple[float, float]:
        """Wilson's 95 % interval of that share."""
        step = DIFFICULTY_IDS.index(difficulty)
        return wilson(self.counts.won[step], self.counts.matches[step])


@dataclass
class Candidate:
    """A level that is played until it is accepted or dropped."""

    level: Level
    place: int
    scale: Scale
    before: Scale | None = None  # what is expected without a match: fresh ones alone decide; None: as `scale`
    searched: Counts = NOTHING
    proof: Counts = NOTHING
    seeds: tuple[int, ...] = ()  # of the proof
    likely: float = field(default=0.0)  # chance to be within the tolerance, by what is known
    away: float = 0.0  # how far its x is from that of the wish

    @property
    def proofs(self) -> int:
        """How often confirming matches were played."""
        return len(self.seeds)

    @property
    def taken(self) -> bool:
        """Whether its confirming matches are near enough to the requested win rate."""
        return self.proofs > 0 and self.likely >= (SURE if self.proofs < MOST_PROOFS else LIKELY)

    def weigh(self, wish: LevelWish) -> None:
        """Estimate the probability that it has the requested win rate, from its forecast and its matches."""
        step = DIFFICULTY_IDS.index(wish.difficulty)
        scale = self.before or self.scale if self.proofs else self.scale
        known = self.proof if self.proofs else self.searched  # the search keeps the lucky
        mode, spread = posteriors([known], scale)
        middle, width = mode[0, step], float(np.sqrt(spread[0, step, step]))
        self.away = abs(middle - float(ndtri(wish.rate)))
        low, high = (float(ndtri(end)) for end in wish.band)
        self.likely = float(ndtr((high - middle) / width) - ndtr((low - middle) / width))


class WishSearch:
    """One search; `find` yields levels as they are confirmed."""

    def __init__(
        self,
        wish: LevelWish,
        *,
        library: BrainLibrary | None = None,
        threads: int | None = None,
        on_match: Callable[[], None] = lambda: None,
    ) -> None:
        self.wish = wish
        self.matches = 0  # played so far
        self._library = library or BrainLibrary()
        self._threads = threads
        self._on_match = on_match
        self._next = wish.first
        self._seed = 1

    def find(self, wanted: int, draws: int = 3) -> Iterator[FoundLevel]:
        """Yield `wanted` levels; after so many draws of candidates, the best that fell short."""
        given = 0
        short: list[Candidate] = []
        pool: list[Candidate] = []
        for _ in range(draws):
            pool = self._draw(wanted - given)
            for candidate in self._prove(pool, wanted - given):
                given += 1
                yield _made(candidate, kept=True)
            short += [one for one in pool if one.proofs and not one.taken]
            if given == wanted or self._next >= len(ENDLESS_SEEDS):
                break
        if given + len(short) < wanted:  # so that the nearest is told all the same
            rest = sorted((one for one in pool if not one.proofs), key=lambda one: (-one.likely, one.away))
            nearest = rest[: wanted - given - len(short)]
            self._play(nearest, PROOF_ROUNDS, proof=True)
            short += nearest
        short.sort(key=lambda one: (-one.likely, one.away))
        yield from (_made(one, kept=False) for one in short[: wanted - given])

    def _draw(self, wanted: int) -> list[Candidate]:
        """Return the likeliest candidates of the next seeds, played a little, the likeliest first."""
        wish, pool = self.wish, []
        forecast = forecasts()[wish.objective]
        last = min(self._next + DRAWN + (wanted - 1) * DRAWN // 2, len(ENDLESS_SEEDS))
        for place in range(self._next, last):
            level = generate(ENDLESS_SEEDS[place], wish.family, wish.objective, wish.size, wish.team_sizes)
            candidate = Candidate(level, place, forecast.scale(level))
            candidate.weigh(wish)
            pool.append(candidate)
        self._next = last
        pool.sort(key=lambda one: -one.likely)
        pool = pool[: max(LEAST_PLAYED, PLAYED * wanted)]
        self._play(pool, FIRST_ROUNDS)
        pool.sort(key=lambda one: -one.likely)
        self._play(pool[: max(LEAST_PLAYED // 2, 2 * wanted)], SECOND_ROUNDS)
        pool.sort(key=lambda one: -one.likely)
        return pool

    def _prove(self, pool: Sequence[Candidate], wanted: int) -> Iterator[Candidate]:
        """Yield those that hold on fresh seeds, the likeliest tried first."""
        waiting, given = list(pool), 0
        while waiting and given < wanted:
            trial = [one for one in waiting if one.likely >= HOPELESS][: wanted - given]
            if not trial:
                return
            fresh = [one for one in trial if not one.proofs]
            again = [one for one in trial if one.proofs]
            self._play(fresh, PROOF_ROUNDS, proof=True)
            self._play(again, MORE_ROUNDS, proof=True)
            for one in trial:
                if one.taken:
                    given += 1
                    yield one
                if one.taken or one.likely < HOPELESS or one.proofs >= MOST_PROOFS:
                    waiting.remove(one)
            waiting.sort(key=lambda one: -one.likely)

    def _play(self, candidates: Sequence[Candidate], rounds: int, *, proof: bool = False) -> None:
        if not candidates:
            return
        self._seed += 1
        found = panel_counts(
            [one.level for one in candidates],
            rounds,
            self._seed,
            difficulties=(self.wish.difficulty,),
            library=self._library,
            threads=self._threads,
            on_end=self._on_match,
        )
        self.matches += rounds * len(PANEL) * len(candidates)
        for one, counts in zip(candidates, found, strict=True):
            if proof:
                one.proof, one.seeds = one.proof + counts, (*one.seeds, self._seed)
            else:
                one.searched = one.searched + counts
            one.weigh(self.wish)


def _made(candidate: Candidate, *, kept: bool) -> FoundLevel:
    level = candidate.level
    if level.source is None:  # what its author says of a level that is a file stays
        level = replace(level, difficulty=_stars(candidate))
    return FoundLevel(level, candidate.place, candidate.proof, kept, candidate.seeds)


def _stars(candidate: Candidate) -> int:
    known = candidate.proof if candidate.proofs else candidate.searched  # the search keeps the lucky
    mode, _ = posteriors([known], candidate.scale)
    rate = float(ndtr(mode[0, DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)]))
    return 1 + sum(rate < least for least in STARS)
