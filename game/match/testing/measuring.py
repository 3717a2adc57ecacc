"""The matches of a level's test, played: results, facts and traces side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from game.core.levels.model import Level
from game.core.sim.arrays import IntArray
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS, find_difficulty
from game.match.grading.grade import Counts
from game.match.simulation import MatchJob, MatchResult, play_matches
from game.match.testing.seating import EVEN, USUAL, LevelTestPlan, PanelPlayer, PlannedMatch, plan_matches
from game.match.traces import LevelTrace, TraceCollector

DEFAULT_MATCHES: Final = (
    300  # a rate of one half is known to within 0.06, that of one difficulty to within 0.11
)


@dataclass(frozen=True)
class LevelMatches:
    """All matches played on a level."""

    level: Level
    seed: int
    difficulties: tuple[str, ...]
    players: tuple[PanelPlayer, ...]
    jobs: tuple[MatchJob, ...]
    sittings: tuple[PlannedMatch, ...]
    results: tuple[MatchResult, ...]
    facts: IntArray  # (matches, trace_kernels.N_FACTS)
    trace: LevelTrace

    def places(self, part: str) -> list[int]:
        """Return the numbers of the matches of a part, USUAL or EVEN."""
        return [number for number, sitting in enumerate(self.sittings) if sitting.part == part]

    @property
    def counts(self) -> Counts:
        """The panel's counts for a grade: the rounds that every panel player played completely."""
        steps = len(self.difficulties)
        most = len(self.usual) // (len(self.players) * steps) * len(self.players) * steps
        won, played = dict.fromkeys(DIFFICULTY_IDS, 0), dict.fromkeys(DIFFICULTY_IDS, 0)
        for number in self.usual[:most]:
            sitting = self.sittings[number]
            if not self.players[sitting.player].own:
                played[sitting.difficulty] += 1
                won[sitting.difficulty] += self.results[number].winner == self.level.own_team
        return Counts(tuple(won.values()), tuple(played.values()))

    @property
    def usual(self) -> list[int]:
        """The numbers of the usual matches."""
        return self.places(USUAL)

    @property
    def even(self) -> list[int]:
        """The numbers of the even matches."""
        return self.places(EVEN)


def play_levels(
    levels: Sequence[Level],
    matches: int = DEFAULT_MATCHES,
    seed: int = 0,
    *,
    library: BrainLibrary | None = None,
    brains: Sequence[str] = (),
    difficulties: Sequence[str] = DIFFICULTY_IDS,
    threads: int | None = None,
    on_end: Callable[[], None] = lambda: None,
) -> list[LevelMatches]:
    """Play the matches of all levels in parallel; the results depend only on level, matches, seed and players.

    brains: names or paths that take the person's seat too. threads, on_end: as in `play_matches`. Raises ValueError for a
    number out of range, no or an unknown difficulty, and a brain that cannot play.
    """
    library = library or BrainLibrary()
    for name in difficulties:
        find_difficulty(name)
    programmes = [
        plan_matches(level, matches, seed, library, brains=brains, difficulties=difficulties)
        for level in levels
    ]
    jobs = [job for programme in programmes for job in programme.jobs]
    book = TraceCollector([job.level for job in jobs])
    results = play_matches(jobs, library=library, threads=threads, on_end=on_end, traces=book)
    found, begin = [], 0
    for level, programme in zip(levels, programmes, strict=True):
        end = begin + len(programme.jobs)
        found.append(_matches_of(level, seed, difficulties, programme, results[begin:end], book, begin))
        begin = end
    return found


def _matches_of(
    level: Level,
    seed: int,
    difficulties: Sequence[str],
    programme: LevelTestPlan,
    results: Sequence[MatchResult],
    book: TraceCollector,
    begin: int,
) -> LevelMatches:
    return LevelMatches(
        level,
        seed,
        tuple(difficulties),
        programme.players,
        programme.jobs,
        programme.sittings,
        tuple(results),
        book.facts[begin : begin + len(results)],
        book.of(level),
    )
