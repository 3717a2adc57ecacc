"""Matches that show a figure: which ones, and their recordings.

A match of a test follows from its job alone, so that it can be played again, tick by tick, and recorded. Where that leads to
another result than was measured (a brain whose sums depend on how many rows it is asked at once), no recording is given.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.tick import tick
from game.match.brain_library import BrainLibrary
from game.match.npc import NpcDriver
from game.match.replay import Recorder
from game.match.simulation import MatchJob, MatchResult, world_result
from game.match.testing.figures import HALF, NOBODY, LevelStats, Proportion, ground_won
from game.match.testing.measuring import LevelMatches
from game.match.trace_kernels import BANKED_HITS, CONTACT_TICK, SHOTS_TURNED

WIN: Final = "win"
LOSS: Final = "loss"
LONGEST: Final = "longest"
FASTEST: Final = "fastest"
STALEMATE: Final = "stalemate"
FAVOURED: Final = "favoured"
BANKS: Final = "banks"
CONTACT: Final = "contact"
KINDS: Final = (WIN, LOSS, STALEMATE, FAVOURED, FASTEST, LONGEST, BANKS, CONTACT)


class Example(NamedTuple):
    """One match and the findings it is an example of."""

    kinds: tuple[str, ...]  # of KINDS
    match: int  # number in LevelMatches


class Recording(NamedTuple):
    """A replay of an example; `data` is empty if the match went differently the second time."""

    example: Example
    data: bytes


def find_examples(played: LevelMatches, figures: LevelStats) -> list[Example]:
    """Return the matches that show the statistics best, each once, with everything it shows."""
    chosen: dict[int, list[str]] = {}
    for kind in KINDS:
        number = _example(kind, played, figures)
        if number is not None:
            chosen.setdefault(number, []).append(kind)
    return [Example(tuple(kinds), number) for number, kinds in chosen.items()]


def _example(kind: str, played: LevelMatches, figures: LevelStats) -> int | None:
    """Return the match that shows a kind best; None where there is none. Of equals the first."""
    results, usual, own = played.results, played.usual, played.level.own_team
    ended = [n for n in usual if results[n].winner != NOBODY]
    if kind == WIN:
        return _typical(played, [n for n in ended if results[n].winner == own])
    if kind == LOSS:
        return _typical(played, [n for n in ended if results[n].winner != own])
    if kind == STALEMATE:
        return _typical(played, [n for n in usual if results[n].winner == NOBODY])
    if kind == FAVOURED:
        side = figures.first_side
        ahead = None if side is None else favoured_team(side)
        plain = [n for n in played.even if not played.sittings[n].exchanged]
        return _typical(played, [n for n in plain if ground_won(played, n) == ahead])
    if kind in (FASTEST, LONGEST):
        rank = 1 if kind == FASTEST else -1
        return min(ended or usual, key=lambda n: rank * results[n].ticks)
    if kind == BANKS:
        return max(usual, key=lambda n: (played.facts[n, BANKED_HITS], played.facts[n, SHOTS_TURNED]))
    hit = [n for n in usual if played.facts[n, CONTACT_TICK] >= 0]
    return min(hit, key=lambda n: played.facts[n, CONTACT_TICK], default=None)


def favoured_team(side: Proportion) -> int | None:
    """Return the team whose ground is favoured beyond chance, from the share of matches between equals won from team 0's."""
    low, high = side.interval
    return 0 if low > HALF else 1 if high < HALF else None


def _typical(played: LevelMatches, numbers: Sequence[int]) -> int | None:
    """Return the match of median length."""
    ordered = sorted(numbers, key=lambda n: played.results[n].ticks)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def record_examples(
    played: LevelMatches,
    examples: Iterable[Example],
    library: BrainLibrary,
    on_end: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Play the examples again and return their replays."""
    found = []
    for example in examples:
        sitting = played.sittings[example.match]
        info: dict[str, str | int] = {"test": sitting.part, "match": example.match, "seed": played.seed}
        result, data = record_match(played.jobs[example.match], library, info)
        found.append(Recording(example, data if result == played.results[example.match] else b""))
        on_end()
    return found


def record_match(
    job: MatchJob, library: BrainLibrary, info: dict[str, str | int]
) -> tuple[MatchResult, bytes]:
    """Play a job tick by tick; return its result and its replay.

    info: texts and numbers to find again in the replay.
    """
    arena = job.level.arena
    seats = len(arena.spawns)
    levels = ar.pack_arenas([arena])
    world = st.new_world(1, seats, ar.terrain_of(arena).size)
    roster: IntArray = np.array([[(spawn.team, setup.LEVEL_CLASS) for spawn in arena.spawns]], np.int64)
    roster[0, job.level.player_seat, setup.ROSTER_CLASS] = job.tank_class
    actions: IntArray = np.zeros((1, seats, st.ACTION_SIZE), np.int64)
    driver = NpcDriver(seats, dict(enumerate(job.seats)), seed=job.seed, library=library, budget=math.inf)
    names = [_name(policy.brain) for policy in job.seats]
    recorder = Recorder(job.level, job.seed, roster, names=names, info=info, drivers=driver.record)
    with np.errstate(over="ignore"):
        setup.begin_match(world, levels, 0, 0, job.seed, roster, 0)
        while not world.head[0, st.DONE] and (job.stop is None or world.head[0, st.TICK] < job.stop):
            driver.act(world, levels, 0, actions)
            recorder.record(world, actions)
            tick(world, levels, 0, actions)
    driver.close()
    return world_result(world, 0, seats), recorder.data()


def _name(brain: str) -> str:
    """Return what a seat is called in a replay: of a path the file's name alone."""
    return brain.replace("\\", "/").rpartition("/")[2]
