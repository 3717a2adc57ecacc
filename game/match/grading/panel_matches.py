"""Lets the panel play levels and counts: the part of grading that takes time."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from game.core.levels.model import Level
from game.core.sim.arrays import IntArray
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.graders import PANEL
from game.match.npc import SeatPolicy
from game.match.simulation import MatchJob, play_matches, usual_seats
from game.match.strengths import strength_of

DEFAULT_ROUNDS: Final = 4  # matches of each of the panel at each difficulty


def panel_policies(library: BrainLibrary) -> tuple[SeatPolicy, ...]:
    """Return the seat policy of each panel player."""

    return tuple(
        SeatPolicy(one.brain, *strength_of(library, one.brain, DEFAULT_DIFFICULTY))
        if one.delay is None
        else SeatPolicy(one.brain, one.delay)
        for one in PANEL
    )


def panel_seats(level: Level, library: BrainLibrary) -> dict[str, list[tuple[SeatPolicy, ...]]]:
    """Return, for each difficulty and panel player in the person's seat, the policies of all seats."""

    panel = panel_policies(library)
    return {name: [usual_seats(level, one, name, library) for one in panel] for name in DIFFICULTY_IDS}


def count_wins(
    levels: Sequence[Level],
    rounds: int = DEFAULT_ROUNDS,
    seed: int = 0,
    *,
    difficulties: Sequence[str] = DIFFICULTY_IDS,
    library: BrainLibrary | None = None,
    threads: int | None = None,
    on_end: Callable[[], None] = lambda: None,
) -> IntArray:
    """Return how many matches each panel player won, (levels, steps, graders); each plays `rounds` at each of `difficulties`.

    Levels are played side by side; threads as in `play_matches`. The same seed gives the same numbers. Raises ValueError for no
    rounds.
    """
    if rounds < 1:
        raise ValueError(f"rounds: expected at least 1, found {rounds}")
    library = library or BrainLibrary()
    jobs: list[MatchJob] = []
    places: list[tuple[int, int, int]] = []
    for number, level in enumerate(levels):
        tables = panel_seats(level, library)
        for name in difficulties:
            for n in range(rounds * len(PANEL)):
                grader = n % len(PANEL)
                jobs.append(MatchJob(level, (seed << 20) + n, tables[name][grader]))
                places.append((number, DIFFICULTY_IDS.index(name), grader))
    won = np.zeros((len(levels), len(DIFFICULTY_IDS), len(PANEL)), np.int64)
    played = play_matches(jobs, library=library, threads=threads, on_end=on_end)
    for place, job, result in zip(places, jobs, played, strict=True):
        won[place] += result.winner == job.level.own_team
    return won


def panel_counts(
    levels: Sequence[Level],
    rounds: int = DEFAULT_ROUNDS,
    seed: int = 0,
    *,
    difficulties: Sequence[str] = DIFFICULTY_IDS,
    library: BrainLibrary | None = None,
    threads: int | None = None,
    on_end: Callable[[], None] = lambda: None,
) -> list[Counts]:
    """Return the counts of the whole panel's matches on each level, played as in `count_wins`."""
    won = count_wins(
        levels, rounds, seed, difficulties=difficulties, library=library, threads=threads, on_end=on_end
    )
    played = tuple(rounds * len(PANEL) * (name in difficulties) for name in DIFFICULTY_IDS)
    return [Counts(tuple(row.tolist()), played) for row in won.sum(2)]
