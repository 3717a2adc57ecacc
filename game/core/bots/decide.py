"""One compiled call that chooses the actions of all bots in a range of worlds."""

import numpy as np

from game.core.bots.chaser import chase
from game.core.bots.marksman import hunt
from game.core.bots.memory import begin_decision
from game.core.bots.senses import is_alive
from game.core.bots.sparring import camp, flee, guard, kite, rush, strafe
from game.core.bots.table import (
    CAMPER,
    CHASER,
    FLEEING,
    IDLE,
    KITING,
    MARKSMAN,
    RUSHER,
    STRAFER,
    TURRET,
    WANDERER,
)
from game.core.bots.wanderer import wander
from game.core.sim.arrays import IntArray, SenseArray, WordArray, int64
from game.core.sim.jit import jit
from game.core.sim.rng import seed_rng

# One step of SplitMix64 (Steele et al. 2014), so that neighbouring seeds and worlds give different streams
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xBF58476D1CE4E5B9)
_30 = np.uint64(30)
_31 = np.uint64(31)

# The bots that `decide` has a branch for; IDLE needs none
DRIVEN = (IDLE, WANDERER, CHASER, MARKSMAN, TURRET, CAMPER, FLEEING, KITING, STRAFER, RUSHER)


@jit
def decide(
    observations: SenseArray,
    bot_ids: IntArray,
    state: IntArray,
    rng: WordArray,
    actions: IntArray,
    lo: int,
    hi: int,
) -> None:
    """Write the NPC actions of all bots in worlds lo <= w < hi; other seats' actions are not changed.

    observations: (N, S, OBSERVATION_SIZE) float32. bot_ids: (N, S) int64, table.NO_BOT: no bot.
    state: (N, S, BOT_STATE) int64 and rng: (N, S, 2) uint64, both C-contiguous, are advanced.
    actions: (N, S, 5) int64. A bot without a living tank stands; its state and stream do not change.
    """
    seats = bot_ids.shape[1]
    for w in range(lo, hi):
        streams = rng[w]
        for seat in range(seats):
            bot = bot_ids[w, seat]
            if bot < 0:
                continue
            action = actions[w, seat]
            row = observations[w, seat]
            memory = state[w, seat]
            for head in range(action.shape[0]):
                action[head] = 0
            if not is_alive(row):
                continue
            begin_decision(row, memory, streams, seat)
            if bot == WANDERER:
                wander(row, memory, streams, seat, action)
            elif bot == CHASER:
                chase(row, memory, streams, seat, action)
            elif bot == MARKSMAN:
                hunt(row, memory, streams, seat, action)
            elif bot == TURRET:
                guard(row, memory, action)
            elif bot == CAMPER:
                camp(row, memory, streams, seat, action)
            elif bot == FLEEING:
                flee(row, memory, streams, seat, action)
            elif bot == KITING:
                kite(row, memory, streams, seat, action)
            elif bot == STRAFER:
                strafe(row, memory, streams, seat, action)
            elif bot == RUSHER:
                rush(row, memory, streams, seat, action)


@jit
def clear_memory(state: IntArray, w: int) -> None:
    """Clear the memory of the bots of world `w` at the beginning of a match; their random streams continue."""
    for seat in range(state.shape[1]):
        for column in range(state.shape[2]):
            state[w, seat, column] = 0


@jit
def clear_ended_memory(state: IntArray, ended: IntArray) -> None:
    """Clear the memory of every world whose match ended; ended: (N,), 1 = ended."""
    for w in range(ended.shape[0]):
        if ended[w] != 0:
            clear_memory(state, w)


@jit
def start_streams(rng: WordArray, w: int, seed: int, world: int) -> None:
    """Seed the streams of world `w` from (seed, world, seat); `world` is its number in the whole batch."""
    streams = rng[w]
    mixed = np.uint64(seed) ^ (np.uint64(world) * _GOLDEN)
    mixed = (mixed ^ (mixed >> _30)) * _SPREAD
    mixed ^= mixed >> _31
    for seat in range(streams.shape[0]):
        seed_rng(streams, seat, int64(mixed), seat)
