"""Replay a recorded match in one kernel and find the first difference from the recording."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, WordArray
from game.core.sim.digest import column_marks, hash_state
from game.core.sim.jit import jit
from game.core.sim.state import World
from game.core.sim.tick import tick


@jit
def find_divergence(
    world: World,
    levels: ar.Levels,
    inputs: IntArray,
    marks: NDArray[np.unsignedinteger[Any]],
    hashes: WordArray,
    period: int,
    first: int,
    last: int,
    actions: IntArray,
    own: IntArray,
) -> tuple[int, int]:
    """Play world 0 from its present tick `first` to tick `last`, and compare the state at each tick.

    inputs: (T, S, ACTION_SIZE). marks: uint16 (T + 1, M), see `column_marks`. hashes: of the states at every period-th tick
    and at tick T. actions (1, S, ACTION_SIZE) and own (M,): working memory. Returns the first tick whose state differs,
    -1: none, and the number of the first mark that differs there, M: only the hash differs.
    """
    ticks = inputs.shape[0]
    cells = world.head[0, st.STRIDE] * (world.head[0, st.HEIGHT] + 2)
    differs = -1
    place = 0
    for now in range(first, last + 1):
        if differs < 0:
            column_marks(world, 0, cells, own)
            for n in range(marks.shape[1]):
                if own[n] != marks[now, n]:
                    differs = now
                    place = n
                    break
            if differs < 0 and (now % period == 0 or now == ticks):
                number = hashes.shape[0] - 1 if now == ticks else now // period
                if hash_state(world, 0) != hashes[number]:
                    differs = now
                    place = marks.shape[1]
        if now < last:
            for seat in range(inputs.shape[1]):
                for column in range(st.ACTION_SIZE):
                    actions[0, seat, column] = inputs[now, seat, column]
            tick(world, levels, 0, actions)
    return differs, place
