"""The compiled part of the environments: bots, one decision of the core, and the rows that a caller gets.

A *row* is one observation and one action of a learner. Each world has R rows: one, whose seat is drawn for every
match, or one for each seat. All random numbers come from the world's own streams.
"""

from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.bots.decide import clear_memory, decide, start_streams
from game.core.bots.table import NO_BOT
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import BoolArray, IntArray, RewardArray, SenseArray, WordArray, int64
from game.core.sim.batch import Options, StepArrays, begin_worlds, step_worlds
from game.core.sim.jit import jit
from game.core.sim.rng import below, seed_rng
from game.core.sim.state import World

ANY_TEAM: Final = -1  # the learner's team is drawn for each match
MIXTURE_SCALE: Final = 1 << 20  # the sum of the shares of a mixture of bots
SEATING_STREAM: Final = 64  # above those of the bots, which are numbered by seat


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xBF58476D1CE4E5B9)
_30 = np.uint64(30)
_31 = np.uint64(31)


class Seating(NamedTuple):
    """Which row, bot or brain plays each seat; N worlds, S seats, R rows per world."""

    row_seat: IntArray  # (N, R): seat of each row
    last_seat: IntArray  # (N, R): seat of each row in the step before a new match was seated
    out: IntArray  # (N, R): 1 = the row's tank is destroyed for good in this match
    last_opponent: IntArray  # (N,): opponent in the step before a new match was seated
    opponent: IntArray  # (N,): bot of the other teams' seats, NO_BOT if every seat is a row
    ally: IntArray  # (N,): bot of the learner's team
    rng: WordArray  # (N, 2): streams that draw teams, seats and bots
    team: IntArray  # (1,): the learner's team, or ANY_TEAM
    opponents: IntArray  # (K, 2): bot, cumulative share of MIXTURE_SCALE; K = 0 if every seat is a row
    allies: IntArray  # (K, 2), or (0, 2): the same bot as the opponents'


class Bots(NamedTuple):
    """The arrays of `game.core.bots.drive.BotDriver`."""

    ids: IntArray  # (N, S)
    state: IntArray  # (N, S, BOT_STATE)
    rng: WordArray  # (N, S, 2)


class Rows(NamedTuple):
    """The results of a step, new arrays for every call: one entry per row, world by world."""

    observations: SenseArray  # (N * R, D)
    rewards: RewardArray  # (N * R,)
    terminated: BoolArray  # (N * R,)
    truncated: BoolArray  # (N * R,)
    active: BoolArray  # (N * R,): the row's tank is alive in `observations`


@jit
def seed_streams(
    match_rng: WordArray, seating: Seating, bots: Bots, seeds: IntArray, numbers: IntArray
) -> None:
    """Seed all streams of each world from its seed and its number, (N,) int64 each."""
    for w in range(seeds.shape[0]):
        # one step of SplitMix64, so that neighbouring seeds give different matches
        mixed = np.uint64(seeds[w]) * _GOLDEN
        mixed = (mixed ^ (mixed >> _30)) * _SPREAD
        mixed ^= mixed >> _31
        seed_rng(match_rng, w, int64(mixed), numbers[w])
        start_streams(bots.rng, w, seeds[w], numbers[w])
        mixed ^= np.uint64(numbers[w]) * _GOLDEN
        seed_rng(seating.rng, w, int64(mixed), SEATING_STREAM)


@jit
def _pick_bot(mixture: IntArray, rng: WordArray, w: int) -> int:
    drawn = below(rng, w, MIXTURE_SCALE)
    for n in range(mixture.shape[0]):
        if drawn < mixture[n, 1]:
            return int(mixture[n, 0])
    return int(mixture[mixture.shape[0] - 1, 0])


@jit
def _team_size(tanks: IntArray, w: int, team: int) -> int:
    count = 0
    for seat in range(tanks.shape[1]):
        if tanks[w, seat, st.TANK_ACTIVE] != 0 and tanks[w, seat, st.TANK_TEAM] == team:
            count += 1
    return count


@jit
def seat_match(world: World, bots: Bots, seating: Seating, w: int) -> None:
    """Assign seats to the learner and the bots of the match that just began in world `w`.

    It always draws the same number of random numbers.
    """
    clear_memory(bots.state, w)
    seating.out[w, :] = 0
    if seating.opponents.shape[0] == 0:
        return
    tanks = world.tanks
    teams = 0
    for team in range(rules.MAX_TEAMS):
        teams += _team_size(tanks, w, team) > 0
    nth = below(seating.rng, w, max(teams, 1))
    chosen = seating.team[0]
    for team in range(rules.MAX_TEAMS):
        if seating.team[0] != ANY_TEAM:
            break
        if _team_size(tanks, w, team) > 0:
            if nth == 0:
                chosen = team
            nth -= 1
    nth = below(seating.rng, w, max(_team_size(tanks, w, chosen), 1))
    seating.opponent[w] = _pick_bot(seating.opponents, seating.rng, w)
    seating.ally[w] = seating.opponent[w]
    if seating.allies.shape[0] > 0:
        seating.ally[w] = _pick_bot(seating.allies, seating.rng, w)
    for seat in range(tanks.shape[1]):
        own = tanks[w, seat, st.TANK_TEAM] == chosen
        bots.ids[w, seat] = seating.ally[w] if own else seating.opponent[w]
        if tanks[w, seat, st.TANK_ACTIVE] == 0:
            bots.ids[w, seat] = NO_BOT
        elif own:
            if nth == 0:
                seating.row_seat[w, 0] = seat
                bots.ids[w, seat] = NO_BOT
            nth -= 1


@jit
def _copy_observations(world: World, observations: SenseArray, seating: Seating, rows: Rows, w: int) -> None:
    """Copy the observations of the seats of world `w` into their rows."""
    count = seating.row_seat.shape[1]
    for r in range(count):
        seat = seating.row_seat[w, r]
        rows.active[w * count + r] = world.tanks[w, seat, st.TANK_ALIVE] != 0
        for n in range(observations.shape[2]):
            rows.observations[w * count + r, n] = observations[w, seat, n]


@jit
def begin_rows(
    world: World,
    levels: ar.Levels,
    io: StepArrays,
    options: Options,
    bots: Bots,
    seating: Seating,
    rows: Rows,
    scratch: IntArray,
    first: int,
    last: int,
) -> None:
    """Begin the next match of worlds first..last-1. Writes observations and active of `rows`."""
    for w in range(first, last):
        begin_worlds(world, levels, io, options, scratch, w, w + 1)
        seat_match(world, bots, seating, w)
        _copy_observations(world, io.observations, seating, rows, w)


@jit
def step_rows(
    world: World,
    levels: ar.Levels,
    io: StepArrays,
    options: Options,
    weights: RewardArray,
    bots: Bots,
    seating: Seating,
    rows: Rows,
    actions: IntArray,
    scratch: IntArray,
    first: int,
    last: int,
) -> None:
    """Step worlds first..last-1 by one decision of learners and bots; actions (N * R, 5) int64, read."""
    count = seating.row_seat.shape[1]
    for w in range(first, last):
        seating.last_opponent[w] = seating.opponent[w]
        for r in range(count):
            seat = seating.row_seat[w, r]
            seating.last_seat[w, r] = seat
            if bots.ids[w, seat] == NO_BOT:
                for head in range(actions.shape[1]):
                    io.npc_actions[w, seat, head] = actions[w * count + r, head]
        decide(io.observations, bots.ids, bots.state, bots.rng, io.npc_actions, w, w + 1)
        step_worlds(world, levels, io, options, weights, scratch, w, w + 1)
        for r in range(count):
            seat = seating.row_seat[w, r]
            rows.rewards[w * count + r] = io.rewards[w, seat]
            cut = io.truncated[w, seat] != 0
            if cut and seating.out[w, r] != 0:
                cut = False  # the match was decided for this row before time ran out
            ends = io.terminated[w, seat] != 0 or io.truncated[w, seat] != 0
            rows.truncated[w * count + r] = cut
            rows.terminated[w * count + r] = ends and not cut
            if ends:
                seating.out[w, r] = 1
        if io.ended[w] == 0:
            _copy_observations(world, io.observations, seating, rows, w)
        elif options.auto_reset != 0:
            seat_match(world, bots, seating, w)
            _copy_observations(world, io.observations, seating, rows, w)
        else:
            _copy_observations(world, io.final_observations, seating, rows, w)
