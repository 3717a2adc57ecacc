"""`Batch`: N worlds stepped by one compiled call, one decision (DECISION_PERIOD ticks) at a time.

The call applies NPC actions, runs the ticks, sums rewards, writes observations, and begins the next match where one
ended. Each world has its own random stream: what happens in it depends only on its own seed and actions, never on
its position in the batch or on its neighbours.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, RewardArray, SenseArray, WordArray
from game.core.sim.checks import check_columns, check_worlds
from game.core.sim.jit import jit
from game.core.sim.observe import observe
from game.core.sim.rewards import (
    APPROACH,
    N_TERMS,
    PICKUP_APPROACH,
    add_aim_rewards,
    add_rewards,
    add_time_rewards,
)
from game.core.sim.rng import below, next_u32, seed_rng
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from game.core.sim.state import World
from game.core.sim.threads import WorldThreads
from game.core.sim.tick import tick

NPC_ACTION_SIZE: Final = len(rules.ACTION_HEADS)
# paths whose shortening is rewarded: index of the length in an observation, and the reward term
_WAY_LENGTHS = (OFFSETS["way_objective"] + 2, OFFSETS["way_pickup"] + 2)
_WAY_TERMS = (APPROACH, PICKUP_APPROACH)
N_WAYS: Final = len(_WAY_LENGTHS)
_TILES_PER_WAY = 64.0
_NEW_GOAL_TILES = 3.0  # tiles; a length that changes by more belongs to a new goal: no reward


# outcome[w, seat] of a match that ended
WON: Final = 1
LOST: Final = -1
DRAWN: Final = 0


class StepArrays(NamedTuple):
    """What a step reads and writes; N worlds, S seats, D numbers of an observation."""

    npc_actions: IntArray  # (N, S, 5): rules.ACTION_HEADS, read
    actions: IntArray  # (N, S, 4): working memory
    observe: IntArray  # (N, S): 1 = write this seat's observation
    observations: SenseArray  # (N, S, D)
    final_observations: SenseArray  # (N, S, D): written where a match ended
    rewards: RewardArray  # (N, S)
    active: IntArray  # (N, S): 1 = the seat was alive when the step began
    terminated: IntArray  # (N, S): 1 = the match is decided, or this seat cannot respawn
    truncated: IntArray  # (N, S): 1 = time ran out and nobody won
    ended: IntArray  # (N,): 1 = the match ended in this step and the next one has begun
    outcome: IntArray  # (N, S): WON, LOST, DRAWN of the match that ended
    score: IntArray  # (N, S): points of the match that ended
    ticks: IntArray  # (N,): length of the match that ended
    level: IntArray  # (N,): level of the match that ended
    way: RewardArray  # (N, S, N_WAYS): tiles to objective and pick-up at the last observation, -1 unknown
    match_rng: WordArray  # (N, 2): random streams that draw levels and seeds of the next matches
    pool: IntArray  # (P,): levels to draw from
    roster: IntArray  # (N, S, 2): sim.setup
    level_roster: (
        IntArray  # (L, S, 2): roster of each level, copied to `roster` when a match begins; or (0, S, 2)
    )


class Options(NamedTuple):
    """Options that are the same for every step of a batch."""

    period: int  # ticks per step
    preview: int  # 1: fill the preview slots
    shuffle: int  # 1: shuffle a team's starts
    auto_reset: int  # 1: begin the next match in the same step


@jit
def start_match(world: World, levels: ar.Levels, io: StepArrays, w: int, shuffle: int) -> None:
    """Begin the next match of world w with a level and a seed drawn from its own stream."""
    pick = below(io.match_rng, w, io.pool.shape[0])
    high = next_u32(io.match_rng, w) & 0x7FFFFFFF
    seed = (high << 32) | next_u32(io.match_rng, w)
    if io.level_roster.shape[0] > 0:
        for seat in range(io.level_roster.shape[1]):
            for column in range(setup.ROSTER_SIZE):
                io.roster[w, seat, column] = io.level_roster[io.pool[pick], seat, column]
    setup.begin_match(world, levels, w, io.pool[pick], seed, io.roster, shuffle)
    for seat in range(io.way.shape[1]):
        for n in range(N_WAYS):
            io.way[w, seat, n] = -1.0


@jit
def _apply_actions(io: StepArrays, w: int, seats: int) -> None:
    for seat in range(seats):
        io.actions[w, seat, st.ACTION_MOVE] = io.npc_actions[w, seat, 0]
        aim = io.npc_actions[w, seat, 1] * rules.POSITIONS + io.npc_actions[w, seat, 2]
        io.actions[w, seat, st.ACTION_AIM] = aim & 255
        io.actions[w, seat, st.ACTION_FIRE] = io.npc_actions[w, seat, 3]
        io.actions[w, seat, st.ACTION_SPECIAL] = io.npc_actions[w, seat, 4]


@jit
def _observe_seats(
    world: World,
    levels: ar.Levels,
    io: StepArrays,
    options: Options,
    w: int,
    seats: int,
    out: SenseArray,
    scratch: IntArray,
) -> None:
    for seat in range(seats):
        if io.observe[w, seat] != 0:
            observe(world, levels, w, seat, options.preview != 0, out[w, seat], scratch)


@jit
def _reward_ways(
    world: World, io: StepArrays, weights: RewardArray, w: int, seats: int, out: SenseArray
) -> None:
    """Reward progress on the paths to the objective and the pick-up, and store their lengths."""
    objective = world.head[w, st.OBJECTIVE]
    for seat in range(seats):
        senses = io.observe[w, seat] != 0 and world.tanks[w, seat, st.TANK_ALIVE] != 0
        for n in range(N_WAYS):
            if not senses:
                io.way[w, seat, n] = -1.0
                continue
            length = out[w, seat, _WAY_LENGTHS[n]] * _TILES_PER_WAY
            before = io.way[w, seat, n]
            if before > 0.0 and length > 0.0 and abs(length - before) < _NEW_GOAL_TILES:
                io.rewards[w, seat] += weights[objective, _WAY_TERMS[n]] * (before - length)
            io.way[w, seat, n] = length


@jit
def step_worlds(
    world: World,
    levels: ar.Levels,
    io: StepArrays,
    options: Options,
    weights: RewardArray,
    scratch: IntArray,
    first: int,
    last: int,
) -> None:
    """Step worlds first..last-1 by one decision."""
    head = world.head
    tanks = world.tanks
    seats = tanks.shape[1]
    for w in range(first, last):
        _apply_actions(io, w, seats)
        for seat in range(seats):
            io.rewards[w, seat] = 0.0
            io.active[w, seat] = tanks[w, seat, st.TANK_ALIVE]
            io.terminated[w, seat] = 0
            io.truncated[w, seat] = 0
        io.ended[w] = 0
        for _tick in range(options.period):
            tick(world, levels, w, io.actions)
            add_rewards(head, tanks, world.events, w, weights, io.rewards)
            add_time_rewards(head, tanks, w, weights, io.rewards)
            add_aim_rewards(world, levels, w, weights, io.rewards, scratch)
            if head[w, st.DONE] != 0:
                break
        if head[w, st.DONE] != 0:
            _write_outcome(world, io, w, seats)
            _observe_seats(world, levels, io, options, w, seats, io.final_observations, scratch)
            _reward_ways(world, io, weights, w, seats, io.final_observations)
            if options.auto_reset != 0:
                start_match(world, levels, io, w, options.shuffle)
                _observe_seats(world, levels, io, options, w, seats, io.observations, scratch)
                _remember_ways(world, io, w, seats)
            continue
        _observe_seats(world, levels, io, options, w, seats, io.observations, scratch)
        _reward_ways(world, io, weights, w, seats, io.observations)
        for seat in range(seats):
            out = tanks[w, seat, st.TANK_ALIVE] == 0 and tanks[w, seat, st.TANK_RESPAWN] < 0
            waits = head[w, st.OBJECTIVE] == rules.DEFEND and tanks[w, seat, st.TANK_TEAM] != 0
            if io.active[w, seat] != 0 and out and not waits:
                io.terminated[w, seat] = 1


@jit
def _write_outcome(world: World, io: StepArrays, w: int, seats: int) -> None:
    """Write the results of a match that just ended."""
    head = world.head
    io.ended[w] = 1
    io.ticks[w] = head[w, st.TICK]
    io.level[w] = head[w, st.LEVEL]
    winner = head[w, st.WINNER]
    by_clock = head[w, st.TIMED_OUT] != 0 and winner < 0
    for seat in range(seats):
        io.score[w, seat] = world.tanks[w, seat, st.TANK_SCORE]
        io.outcome[w, seat] = DRAWN
        if winner >= 0:
            io.outcome[w, seat] = WON if world.tanks[w, seat, st.TANK_TEAM] == winner else LOST
        if by_clock:
            io.truncated[w, seat] = 1
        else:
            io.terminated[w, seat] = 1


@jit
def _remember_ways(world: World, io: StepArrays, w: int, seats: int) -> None:
    for seat in range(seats):
        if io.observe[w, seat] != 0 and world.tanks[w, seat, st.TANK_ALIVE] != 0:
            for n in range(N_WAYS):
                io.way[w, seat, n] = io.observations[w, seat, _WAY_LENGTHS[n]] * _TILES_PER_WAY


@jit
def begin_worlds(
    world: World,
    levels: ar.Levels,
    io: StepArrays,
    options: Options,
    scratch: IntArray,
    first: int,
    last: int,
) -> None:
    """Begin the next match of worlds first..last-1 and write its first observations."""
    seats = world.tanks.shape[1]
    for w in range(first, last):
        start_match(world, levels, io, w, options.shuffle)
        _observe_seats(world, levels, io, options, w, seats, io.observations, scratch)
        _remember_ways(world, io, w, seats)


@jit
def _seed_all(match_rng: WordArray, seed: int, first_world: int) -> None:
    for w in range(match_rng.shape[0]):
        seed_rng(match_rng, w, seed, first_world + w)


class Batch:
    """N worlds and the arrays of a step. `step` writes into `io`; see StepArrays."""

    def __init__(
        self,
        arenas: Sequence[ar.Arena],
        worlds: int,
        roster: "Sequence[tuple[int, int]] | IntArray",
        *,
        seed: int = 0,
        preview: bool = True,
        shuffle: bool = False,
        auto_reset: bool = True,
        weights: RewardArray | None = None,
        threads: int = 1,
        first_world: int = 0,
        level_roster: IntArray | None = None,
    ) -> None:
        """Make `worlds` worlds that play `arenas`, and begin their first matches.

        roster: per seat (team, class), see sim.setup; or an (N, S, 2) array. weights: float64 (N_OBJECTIVES,
        N_TERMS), zeros when absent. first_world: number of the first world: a batch can be split, and each
        part then draws the same as in the whole. level_roster: (L, S, 2), a roster for each arena instead of `roster`.
        Raises ValueError for sizes outside the caps.
        """
        self.levels = ar.pack_arenas(arenas)
        table = np.asarray(roster, np.int64)
        seats = table.shape[-2]
        room = int(self.levels.head[:, ar.LEVEL_TERRAIN_SIZE].max())
        self.world = st.new_world(worlds, seats, room)
        self.options = Options(rules.DECISION_PERIOD, int(preview), int(shuffle), int(auto_reset))
        shape = (rules.N_OBJECTIVES, N_TERMS)
        self.weights = np.zeros(shape) if weights is None else np.ascontiguousarray(weights, np.float64)
        if self.weights.shape != shape:
            raise ValueError(f"weights: expected shape {shape}, found {self.weights.shape}")
        if level_roster is not None and level_roster.shape != (len(arenas), seats, setup.ROSTER_SIZE):
            wanted = (len(arenas), seats, setup.ROSTER_SIZE)
            raise ValueError(f"level_roster: expected shape {wanted}, found {level_roster.shape}")
        self.io = _step_arrays(worlds, seats, len(arenas), table, level_roster)
        self.threads = WorldThreads(worlds, threads)
        self._first_world = first_world
        self.reset(seed)

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        return int(self.world.head.shape[0])

    @property
    def seats(self) -> int:
        """Seats per world."""
        return int(self.world.tanks.shape[1])

    def reset(self, seed: int) -> None:
        """Begin a new match in every world; the same seed gives the same matches."""
        with np.errstate(over="ignore"):
            _seed_all(self.io.match_rng, seed, self._first_world)
        self.threads.run(begin_worlds, self.world, self.levels, self.io, self.options)

    def step(self, npc_actions: IntArray | None = None) -> StepArrays:
        """Step every world by one decision; actions (N, S, 5), by default those in `io.npc_actions`."""
        if npc_actions is not None:
            np.copyto(self.io.npc_actions, npc_actions)
        self.threads.run(step_worlds, self.world, self.levels, self.io, self.options, self.weights)
        return self.io

    def state(self) -> dict[str, Any]:
        """Return copies of all arrays that `load_state` needs to continue from here."""
        return {
            "world": st.copy_world(self.world),
            "way": self.io.way.copy(),
            "match_rng": self.io.match_rng.copy(),
            "roster": self.io.roster.copy(),
            "observations": self.io.observations.copy(),
        }

    def load_state(self, saved: dict[str, Any]) -> None:
        """Continue from a saved `state`. Raises ValueError if the batch had other sizes or levels."""
        for name in ("way", "match_rng", "roster", "observations"):
            target = getattr(self.io, name)
            if target.shape != saved[name].shape:
                raise ValueError(f"{name}: expected shape {target.shape}, found {saved[name].shape}")
        st.check_shapes(self.world, saved["world"])
        check_worlds(saved["world"], self.levels)
        check_columns(setup.ROSTER, saved["roster"], "roster")
        st.restore_world(self.world, saved["world"])
        for name in ("way", "match_rng", "roster", "observations"):
            np.copyto(getattr(self.io, name), saved[name])


def _step_arrays(
    worlds: int, seats: int, n_levels: int, roster: IntArray, level_roster: IntArray | None
) -> StepArrays:
    def ints(*shape: int) -> IntArray:
        return np.zeros((worlds, *shape), np.int64)

    def observations() -> SenseArray:
        return np.zeros((worlds, seats, OBSERVATION_SIZE), np.float32)

    return StepArrays(
        npc_actions=ints(seats, NPC_ACTION_SIZE),
        actions=ints(seats, st.ACTION_SIZE),
        observe=np.ones((worlds, seats), np.int64),
        observations=observations(),
        final_observations=observations(),
        rewards=np.zeros((worlds, seats)),
        active=ints(seats),
        terminated=ints(seats),
        truncated=ints(seats),
        ended=ints(),
        outcome=ints(seats),
        score=ints(seats),
        ticks=ints(),
        level=ints(),
        way=np.full((worlds, seats, N_WAYS), -1.0),
        match_rng=np.zeros((worlds, 2), np.uint64),
        pool=np.arange(n_levels, dtype=np.int64),
        roster=np.broadcast_to(roster, (worlds, seats, setup.ROSTER_SIZE)).copy(),
        level_roster=(
            np.zeros((0, seats, setup.ROSTER_SIZE), np.int64)
            if level_roster is None
            else np.array(level_roster, np.int64)
        ),
    )
