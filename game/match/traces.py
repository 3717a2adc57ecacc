"""Traces of matches that run without a window: counts per tile for each level, and facts of each match.

    traces = TraceCollector([job.level for job in jobs])
    results = play_matches(jobs, traces=traces)
    traces.of(level).tiles[KILLED, 0]          # where tanks of the player's side were destroyed
    traces.facts[place]                        # of the match of jobs[place]

The counts come from the core's events (`game.match.trace_kernels`), tick by tick. Without a collector nothing is counted.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.levels.model import Level
from game.core.sim.arena import terrain_of
from game.core.sim.arrays import IntArray
from game.match.trace_kernels import N_FACTS, N_KINDS, SIDES, Trace, trace_begin

RING: Final = 1  # tiles of wall around a terrain


class LevelTrace(NamedTuple):
    """Sums over all matches of a level. The first side is the player's team, the second all other teams."""

    tiles: IntArray  # (N_KINDS, SIDES, height + 2, width + 2): with the ring of wall, which also turns shots
    entered: IntArray  # (height, width): matches in which a tank was on the tile
    pickups: IntArray  # (pick-ups of the level, SIDES): times taken
    cells: IntArray  # (cells of the level, SIDES): times taken up
    homes: IntArray  # (cells of the level, SIDES): times brought home

    def inner(self, kind: int) -> IntArray:
        """Return the counts of a kind without the ring: (SIDES, height, width)."""
        return self.tiles[kind, :, RING:-RING, RING:-RING]


class TraceCollector:
    """Collects the traces of a batch of matches; `play_matches` fills it from any number of threads."""

    def __init__(self, levels: Sequence[Level]) -> None:
        """Allocate one match for each of `levels`, in the order of the jobs; equal levels are counted together."""
        unique = {level.digest: level for level in levels}
        sizes = [terrain_of(level.arena).size for level in unique.values()]
        self.facts: IntArray = np.zeros((len(levels), N_FACTS), np.int64)
        self._number = {digest: number for number, digest in enumerate(unique)}
        self._own: IntArray = np.array([level.own_team for level in unique.values()], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._largest = max(sizes)
        self._parts: list[Trace] = []

    def part(self, worlds: int) -> Trace:
        """Return the arrays in which one thread counts, for `worlds` matches at a time."""
        levels, cells = len(self._own), int(self._starts[-1])
        part = Trace(
            own_team=self._own.copy(),
            tiles=np.zeros((N_KINDS, SIDES, cells), np.int64),
            entered=np.zeros(cells, np.int64),
            stamps=np.zeros((worlds, self._largest), np.int64),
            serial=np.zeros(worlds, np.int64),
            pickups=np.zeros((levels, rules.MAX_PICKUPS, SIDES), np.int64),
            cells=np.zeros((levels, rules.MAX_CELLS, SIDES), np.int64),
            homes=np.zeros((levels, rules.MAX_CELLS, SIDES), np.int64),
            facts=np.zeros((worlds, N_FACTS), np.int64),
        )
        self._parts.append(part)
        return part

    def begin(self, part: Trace, w: int) -> None:
        """Begin a match in world `w` of a part."""
        trace_begin(part, w)

    def keep(self, part: Trace, w: int, place: int) -> None:
        """Store the facts of the match that ended in world `w` as those of job number `place`."""
        self.facts[place] = part.facts[w]

    def of(self, level: Level) -> LevelTrace:
        """Return the sums of a level. Raises KeyError for a level that the collector does not have."""
        number = self._number[level.digest]
        begin, end = int(self._starts[number]), int(self._starts[number + 1])
        rows, columns = level.height + 2 * RING, level.width + 2 * RING

        def summed(arrays: list[IntArray]) -> IntArray:
            total: IntArray = np.sum(arrays, axis=0, dtype=np.int64)
            return total

        tiles = summed([part.tiles[:, :, begin:end] for part in self._parts])
        entered = summed([part.entered[begin:end] for part in self._parts]).reshape(rows, columns)
        arena = level.arena
        return LevelTrace(
            tiles.reshape(N_KINDS, SIDES, rows, columns),
            entered[RING:-RING, RING:-RING],
            summed([part.pickups[number, : len(arena.pickups)] for part in self._parts]),
            summed([part.cells[number, : len(arena.cells)] for part in self._parts]),
            summed([part.homes[number, : len(arena.cells)] for part in self._parts]),
        )
