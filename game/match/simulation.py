"""Whole matches without a window, many at once: bots and brains in every seat, with the delays that a player meets.

A match of a level and a seed runs here as it runs in the game (`game.match.npc.NpcDriver` in a world of its own): the same
senses, decisions every DECISION_PERIOD ticks, reaction delays to the tick, and the same random streams. All matches
share compiled calls, and all seats of one brain are one onnxruntime call.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import BOT_NAMES, NO_BOT, bot_id
from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.jit import jit
from game.core.sim.observe import SCRATCH_SIZE, observe
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.state import World
from game.core.sim.tick import tick
from game.match.brain_library import SHIPPED, BrainLibrary
from game.match.difficulty import find_difficulty
from game.match.npc import MAX_DELAY, SeatPolicy

if TYPE_CHECKING:
    from agents.runtime import Brain

MOST_WORLDS: Final = 96  # at once
_NEVER: Final = 1 << 40
_EMPTY: Final = (-1, setup.LEVEL_CLASS)  # a seat that the level does not have
_RING: Final = MAX_DELAY // rules.DECISION_PERIOD + 2  # decisions that may be on their way


@dataclass(frozen=True)
class MatchJob:
    """One match to play: who sits on each start of the level."""

    level: Level
    seed: int
    seats: tuple[SeatPolicy, ...]  # one per start
    stop: int | None = None  # ticks after which the player leaves, unless it is over by then
    tank_class: int = setup.LEVEL_CLASS  # of the player's seat


class MatchResult(NamedTuple):
    """What is known of a match that ended. The tuples have one entry per seat."""

    winner: int  # team, -1: nobody
    timed_out: bool
    stopped: bool  # the player left before the end
    ticks: int
    score: tuple[int, ...]
    kills: tuple[int, ...]
    deaths: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ticks / rules.TICKS_PER_SECOND


def usual_seats(
    level: Level, player: SeatPolicy, difficulty: str, library: BrainLibrary
) -> tuple[SeatPolicy, ...]:
    """Return who plays a level in the game's usual set-up, the mixed squad, with `player` in the person's seat.

    A seat takes the brain that its level names, else the shipped brains take turns.
    """
    strength = find_difficulty(difficulty)
    shipped = [entry.name for entry in library.entries() if entry.kind == SHIPPED and entry.usable]
    squad = shipped or [strength.bot]
    usable = {entry.name for entry in library.entries() if entry.usable}
    own = level.player_seat
    seats: list[SeatPolicy] = []
    others = 0
    for seat, plan in enumerate(level.roster):
        if seat == own:
            seats.append(player)
            continue
        brain = plan.brain if plan.brain in usable else squad[others % len(squad)]
        seats.append(SeatPolicy(brain, strength.delay, strength.temperature))
        others += 1
    return tuple(seats)


def play_matches(
    jobs: Sequence[MatchJob],
    *,
    library: BrainLibrary | None = None,
    worlds: int = MOST_WORLDS,
    on_end: Callable[[], None] = lambda: None,
) -> list[MatchResult]:
    """Play every job and return the results in their order; `on_end` is called after each match.

    Raises ValueError for a job whose seats do not fit its level, or with a brain that cannot play.
    """
    if not jobs:
        return []
    stage = MatchBatch([job.level for job in jobs], min(worlds, len(jobs)), library)
    waiting = iter(enumerate(jobs))
    place_of: dict[int, int] = {}
    results: dict[int, MatchResult] = {}

    def begin(w: int) -> None:
        following = next(waiting, None)
        if following is not None:
            place_of[w] = following[0]
            stage.begin(w, following[1])

    for w in range(stage.worlds):
        begin(w)
    while stage.busy:
        for w, result in stage.step():
            results[place_of[w]] = result
            on_end()
            begin(w)
    return [results[place] for place in range(len(jobs))]


@jit
def _advance(
    world: World,
    levels: ar.Levels,
    running: IntArray,
    stop: IntArray,
    decided: IntArray,
    delay: IntArray,
    actions: IntArray,
) -> None:
    """Run every running world for one decision's ticks, each seat acting on what it decided `delay` ticks ago.

    decided: (_RING, N, S, 4) by number of the decision. A world whose match ends, or whose tick `stop` has come, stops.
    """
    for w in range(running.shape[0]):
        if running[w] == 0:
            continue
        for _tick in range(rules.DECISION_PERIOD):
            now = world.head[w, st.TICK]
            for seat in range(actions.shape[1]):
                due = now - delay[w, seat]
                if due < 0:
                    actions[w, seat, st.ACTION_MOVE] = 0
                    actions[w, seat, st.ACTION_AIM] = world.tanks[w, seat, st.TANK_AIM]
                    actions[w, seat, st.ACTION_FIRE] = 0
                    actions[w, seat, st.ACTION_SPECIAL] = 0
                else:
                    number = due // rules.DECISION_PERIOD % decided.shape[0]
                    for column in range(st.ACTION_SIZE):
                        actions[w, seat, column] = decided[number, w, seat, column]
            tick(world, levels, w, actions)
            if world.head[w, st.DONE] != 0 or world.head[w, st.TICK] >= stop[w]:
                running[w] = 0
                break


@jit
def _sense(
    world: World, levels: ar.Levels, running: IntArray, observations: SenseArray, scratch: IntArray
) -> None:
    """Write what every seat of the running worlds senses."""
    for w in range(running.shape[0]):
        if running[w] != 0:
            for seat in range(observations.shape[1]):
                if world.tanks[w, seat, st.TANK_ACTIVE] != 0:
                    observe(world, levels, w, seat, True, observations[w, seat], scratch)


class MatchBatch:
    """Worlds side by side, each playing one match of any of the levels; whoever has a free one begins the next.

    A match depends on its job alone (with brains: as far as onnxruntime's sums do not depend on the number of rows).
    """

    def __init__(self, levels: Sequence[Level], worlds: int, library: BrainLibrary | None = None) -> None:
        """Make room for `worlds` matches of these levels; of equal ones one is kept."""
        unique = {level.digest: level for level in levels}
        arenas = [level.arena for level in unique.values()]
        seats = max(len(arena.spawns) for arena in arenas)
        self._library = library or BrainLibrary()
        self._number = {digest: number for number, digest in enumerate(unique)}
        self._levels = ar.pack(arenas)
        self._world = st.new_world(worlds, seats, max(ar.terrain_of(arena).size for arena in arenas))
        self._roster: IntArray = np.zeros((worlds, seats, setup.ROSTER_SIZE), np.int64)
        self._bots = BotDriver(worlds, seats)
        self._streams = np.zeros((worlds, seats, 2), np.uint64)
        self._delay: IntArray = np.zeros((worlds, seats), np.int64)
        self._temperature = np.zeros((worlds, seats))
        self._brains: dict[str, Brain] = {}
        self._brain_of: IntArray = np.full(
            (worlds, seats), -1, np.int64
        )  # place in _brains, -1: a bot or nobody
        self._decided: IntArray = np.zeros((_RING, worlds, seats, st.ACTION_SIZE), np.int64)
        self._actions: IntArray = np.zeros((worlds, seats, st.ACTION_SIZE), np.int64)
        self._chosen: IntArray = np.zeros((worlds, seats, len(rules.ACTION_HEADS)), np.int64)
        self._observations = np.zeros((worlds, seats, OBSERVATION_SIZE), np.float32)
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)
        self._running: IntArray = np.zeros(worlds, np.int64)
        self._stop: IntArray = np.zeros(worlds, np.int64)
        self._seats_of = [0] * worlds

    @property
    def worlds(self) -> int:
        """How many matches may run at once."""
        return len(self._running)

    @property
    def busy(self) -> bool:
        """Whether a match is running."""
        return bool(self._running.any())

    def begin(self, w: int, job: MatchJob) -> None:
        """Begin a match in world `w`, as the game begins it. Raises ValueError for a job that cannot be played."""
        from agents.runtime import make_streams

        spawns = job.level.arena.spawns
        if len(job.seats) != len(spawns):
            raise ValueError(
                f"seats: expected {len(spawns)} for level {job.level.name!r}, found {len(job.seats)}"
            )
        self._roster[w] = _EMPTY
        for seat, spawn in enumerate(spawns):
            self._roster[w, seat] = spawn.team, setup.LEVEL_CLASS
        self._roster[w, job.level.player_seat, setup.ROSTER_CLASS] = job.tank_class
        level = self._number[job.level.digest]
        with np.errstate(over="ignore"):
            setup.begin_match(self._world, self._levels, w, level, job.seed, self._roster, 0)
        self._bots.reset(w, job.seed)
        self._streams[w] = make_streams(job.seed, self._streams.shape[1])
        self._bots.bot_ids[w] = NO_BOT
        self._brain_of[w] = -1
        for seat, policy in enumerate(job.seats):
            if policy.brain in BOT_NAMES:
                self._bots.bot_ids[w, seat] = bot_id(policy.brain)
            else:
                if policy.brain not in self._brains:
                    self._brains[policy.brain] = self._library.load(policy.brain)
                self._brain_of[w, seat] = list(self._brains).index(policy.brain)
            self._delay[w, seat] = policy.delay
            self._temperature[w, seat] = policy.temperature
        self._decided[:, w] = 0
        self._seats_of[w] = len(spawns)
        self._stop[w] = _NEVER if job.stop is None else job.stop
        self._running[w] = 1

    def step(self) -> list[tuple[int, MatchResult]]:
        """Run all matches for one decision; return (world, result) of those that ended."""
        self._decide()
        before = self._running.copy()
        with np.errstate(over="ignore"):
            _advance(
                self._world,
                self._levels,
                self._running,
                self._stop,
                self._decided,
                self._delay,
                self._actions,
            )
        return [(w, self._result(w)) for w in np.flatnonzero(before != self._running).tolist()]

    def _decide(self) -> None:
        """Let every seat decide once, and put the decisions on their way."""
        from agents.runtime import sample_actions

        with np.errstate(over="ignore"):
            _sense(self._world, self._levels, self._running, self._observations, self._scratch)
        playing = (self._world.tanks[:, :, st.TANK_ALIVE] != 0) & (self._running != 0)[:, None]
        self._chosen[self._brain_of >= 0] = 0
        for number, brain in enumerate(self._brains.values()):
            rows = playing & (self._brain_of == number)
            if not rows.any():
                continue
            streams = self._streams[rows]
            logits = brain.logits(self._observations[rows])
            self._chosen[rows] = sample_actions(logits, brain.heads, self._temperature[rows], streams)
            self._streams[rows] = streams
        self._bots.decide(self._observations, self._chosen)
        worlds = np.flatnonzero(self._running)
        numbers = self._world.head[worlds, st.TICK] // rules.DECISION_PERIOD % _RING
        chosen = self._chosen[worlds]
        decided: IntArray = np.empty((len(worlds), chosen.shape[1], st.ACTION_SIZE), np.int64)
        decided[..., st.ACTION_MOVE] = chosen[..., 0]
        decided[..., st.ACTION_AIM] = chosen[..., 1] * rules.POSITIONS + chosen[..., 2]
        decided[..., st.ACTION_FIRE] = chosen[..., 3]
        decided[..., st.ACTION_SPECIAL] = chosen[..., 4]
        self._decided[numbers, worlds] = decided

    def _result(self, w: int) -> MatchResult:
        head, tanks = self._world.head[w], self._world.tanks[w, : self._seats_of[w]]
        return MatchResult(
            winner=int(head[st.WINNER]),
            timed_out=bool(head[st.TIMED_OUT]),
            stopped=not head[st.DONE],
            ticks=int(head[st.TICK]),
            score=tuple(tanks[:, st.TANK_SCORE].tolist()),
            kills=tuple(tanks[:, st.TANK_KILLS].tolist()),
            deaths=tuple(tanks[:, st.TANK_DEATHS].tolist()),
        )
