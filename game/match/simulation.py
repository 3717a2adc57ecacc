"""Whole matches without a window, many in parallel: bots and brains in every seat, with the delays of the game.

A match of a level and a seed runs here as it runs in the game (`game.match.npc.NpcDriver` in a world of its own): the same
senses, decisions every DECISION_PERIOD ticks, reaction delays to the tick, and the same random streams. All matches
share compiled calls, and all seats of one brain are one onnxruntime call. With more than one processor, each
runs a share of the worlds.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import BOT_NAMES, NO_BOT, bot_id
from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.threads import processors
from game.match import kernels
from game.match.asking import BrainInference
from game.match.brain_library import BrainLibrary
from game.match.npc import SeatPolicy
from game.match.squads import squad_of
from game.match.strengths import strength_of
from game.match.trace_kernels import advance_traced
from game.match.traces import TraceCollector

if TYPE_CHECKING:
    from agents.runtime import Brain

MOST_WORLDS: Final = (
    192  # in parallel: about 200 rows for each brain and thread, the best batch size for onnxruntime
)
MOST_THREADS: Final = 8  # by default: with more threads, Python code between the kernels is the limit
_NEVER: Final = 1 << 40
_EMPTY: Final = (-1, setup.LEVEL_CLASS)  # seat number of no seat


@dataclass(frozen=True)
class MatchJob:
    """One match to play: the drivers of the level's starts."""

    level: Level
    seed: int
    seats: tuple[SeatPolicy, ...]  # one per start
    stop: int | None = None  # ticks after which the player leaves, if the match is not over
    tank_class: int = setup.LEVEL_CLASS  # of the player's seat


class MatchResult(NamedTuple):
    """Result of a match. The tuples have one entry per seat."""

    winner: int  # team, -1: none
    timed_out: bool
    stopped: bool  # the player left before the end
    ticks: int
    score: tuple[int, ...]
    kills: tuple[int, ...]
    deaths: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Length of the match."""
        return self.ticks / rules.TICKS_PER_SECOND


def world_result(world: st.World, w: int, seats: int) -> MatchResult:
    """Return the result of the match in world `w`, for its first `seats` seats."""
    head, tanks = world.head[w], world.tanks[w, :seats]
    return MatchResult(
        winner=int(head[st.WINNER]),
        timed_out=bool(head[st.TIMED_OUT]),
        stopped=not head[st.DONE],
        ticks=int(head[st.TICK]),
        score=tuple(tanks[:, st.TANK_SCORE].tolist()),
        kills=tuple(tanks[:, st.TANK_KILLS].tolist()),
        deaths=tuple(tanks[:, st.TANK_DEATHS].tolist()),
    )


def usual_seats(
    level: Level, player: SeatPolicy, difficulty: str, library: BrainLibrary
) -> tuple[SeatPolicy, ...]:
    """Return the drivers of a level's seats in the game's usual set-up (mixed squad), with `player` in the person's seat.

    A seat gets the brain that the level names; the brains of the squad take turns in the other seats.
    """
    squad = squad_of(library, level.objective_name, difficulty)
    usable = {entry.name for entry in library.entries() if entry.usable}
    own = level.player_seat
    seats: list[SeatPolicy] = []
    others = 0
    for seat, plan in enumerate(level.roster):
        if seat == own:
            seats.append(player)
            continue
        brain = plan.brain if plan.brain in usable else squad[others % len(squad)]
        seats.append(SeatPolicy(brain, *strength_of(library, brain, difficulty)))
        others += 1
    return tuple(seats)


def play_matches(
    jobs: Sequence[MatchJob],
    *,
    library: BrainLibrary | None = None,
    worlds: int = MOST_WORLDS,
    threads: int | None = None,
    on_end: Callable[[], None] = lambda: None,
    traces: TraceCollector | None = None,
) -> list[MatchResult]:
    """Play every job and return the results in their order; `on_end` is called after each match, in the caller's thread.

    worlds: parallel matches of all threads together. threads: None uses every processor, at most MOST_THREADS; the results
    do not depend on it, if onnxruntime's sums do not depend on the number of rows (for the shipped brains they do not).
    traces: a collector for the jobs' levels that counts what happens where.
    Raises ValueError for a job whose seats do not fit its level or whose brain cannot play, and for less than one world or
    thread.
    """
    for name, value in (("worlds", worlds), ("threads", threads)):
        if value is not None and value < 1:
            raise ValueError(f"{name}: expected at least 1, found {value}")
    if not jobs:
        return []
    worlds = min(worlds, len(jobs))
    count = min(min(processors(), MOST_THREADS) if threads is None else threads, worlds)
    stage = MatchBatch([job.level for job in jobs], worlds // count, library)
    stages = [
        stage,
        *(stage.another(worlds * (n + 1) // count - worlds * n // count) for n in range(1, count)),
    ]
    if traces is not None:
        for each in stages:
            each.trace_into(traces)
    for name in {seat.brain for job in jobs for seat in job.seats if seat.brain not in BOT_NAMES}:
        stage.load(name)  # loaded here, so that no two threads load it
    queue = _Jobs(jobs)
    results: dict[int, MatchResult] = {}
    with closing(_play(stages, queue)) as ended:
        for place, result in ended:
            results[place] = result
            on_end()
    return [results[place] for place in range(len(jobs))]


class _Jobs:
    """The jobs still to be played, for any number of threads."""

    def __init__(self, jobs: Sequence[MatchJob]) -> None:
        self._waiting = iter(enumerate(jobs))
        self._lock = Lock()

    def take(self) -> tuple[int, MatchJob] | None:
        """Return the next job and its index; None if none is left."""
        with self._lock:
            return next(self._waiting, None)


def _play(stages: "Sequence[MatchBatch]", jobs: _Jobs) -> Generator[tuple[int, MatchResult], None, None]:
    """Yield index and result of each job as it ends; several stages run in one thread each."""
    if len(stages) == 1:
        yield from _play_on(stages[0], jobs, Event())
        return
    found: SimpleQueue[tuple[int, MatchResult] | BaseException | None] = SimpleQueue()
    stopped = Event()

    def work(stage: MatchBatch) -> None:
        try:
            for ended in _play_on(stage, jobs, stopped):
                found.put(ended)
            found.put(None)
        except BaseException as error:  # raised in the thread that waits for it
            found.put(error)

    with ThreadPoolExecutor(len(stages)) as pool:
        try:
            for stage in stages:
                pool.submit(work, stage)
            left = len(stages)
            while left:
                ended = found.get()
                if isinstance(ended, BaseException):
                    raise ended
                if ended is None:
                    left -= 1
                else:
                    yield ended
        finally:
            stopped.set()


def _play_on(stage: "MatchBatch", jobs: _Jobs, stopped: Event) -> Iterator[tuple[int, MatchResult]]:
    """Play on one stage until no job is left; a free world takes the next job."""
    place_of: dict[int, int] = {}

    def begin(w: int) -> None:
        following = jobs.take()
        if following is not None:
            place_of[w] = following[0]
            stage.begin(w, following[1])

    for w in range(stage.worlds):
        begin(w)
    while stage.busy and not stopped.is_set():
        for w, result in stage.step():
            stage.keep_trace(w, place_of[w])
            yield place_of[w], result
            begin(w)


class MatchBatch:
    """Parallel worlds, each playing one match on any of the levels; the caller begins the next match in a free world.

    A match depends only on its job (with brains: if onnxruntime's sums do not depend on the number of rows).
    For one thread at a time.
    """

    def __init__(self, levels: Sequence[Level], worlds: int, library: BrainLibrary | None = None) -> None:
        """Allocate `worlds` matches on these levels; equal levels are stored once."""
        unique = {level.digest: level for level in levels}
        arenas = [level.arena for level in unique.values()]
        self._library = library or BrainLibrary()
        self._number = {digest: number for number, digest in enumerate(unique)}
        self._levels = ar.pack_arenas(arenas)
        self._room = max(ar.terrain_of(arena).size for arena in arenas)
        self._brains: dict[str, Brain] = {}
        self._make(worlds, max(len(arena.spawns) for arena in arenas))

    def another(self, worlds: int) -> "MatchBatch":
        """Return a batch of the same levels and brains for another thread."""
        other = object.__new__(MatchBatch)
        other._library, other._number, other._levels = self._library, self._number, self._levels
        other._room, other._brains = self._room, self._brains
        other._make(worlds, self._seats.brain.shape[1])
        return other

    def _make(self, worlds: int, seats: int) -> None:
        """Make the worlds and all arrays of a step."""
        self._world = st.new_world(worlds, seats, self._room)
        self._roster: IntArray = np.zeros((worlds, seats, setup.ROSTER_SIZE), np.int64)
        self._bots = BotDriver(worlds, seats)
        self._seats = kernels.new_seats(worlds, seats)._replace(bot=self._bots.bot_ids)
        self._numbers: dict[str, int] = {}  # of the brains that play here
        self._bound: list[BrainInference] = []  # by number, bound to their arrays of `_rows`
        self._rows = kernels.new_rows(0, 0)
        self._actions: IntArray = np.zeros((worlds, seats, st.ACTION_SIZE), np.int64)
        self._observations = np.zeros((worlds, seats, OBSERVATION_SIZE), np.float32)  # of the bots
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)
        self._running: IntArray = np.zeros(worlds, np.int64)
        self._stop: IntArray = np.zeros(worlds, np.int64)
        self._ended: IntArray = np.zeros(worlds, np.int64)
        self._seats_of = [0] * worlds
        self._book: TraceCollector | None = None

    def trace_into(self, book: TraceCollector) -> None:
        """Count what happens in every match that begins from now on; `book` must have this batch's levels in this order."""
        self._book, self._trace = book, book.part(self.worlds)

    def keep_trace(self, w: int, place: int) -> None:
        """Store the facts of the match that ended in world `w`, if traces are collected; `place` is its job's index."""
        if self._book is not None:
            self._book.keep(self._trace, w, place)

    @property
    def worlds(self) -> int:
        """How many matches can run in parallel."""
        return len(self._running)

    @property
    def busy(self) -> bool:
        """Whether a match is running."""
        return bool(self._running.any())

    def load(self, name: str) -> "Brain":
        """Return a brain, which is loaded at its first use. Raises ValueError if it cannot play."""
        brain = self._brains.get(name)
        if brain is None:
            brain = self._brains[name] = self._library.load(name)
        return brain

    def begin(self, w: int, job: MatchJob) -> None:
        """Begin a match in world `w`, as the game begins it. Raises ValueError for a job that cannot be played."""
        spawns = job.level.arena.spawns
        if len(job.seats) != len(spawns):
            raise ValueError(
                f"seats: expected {len(spawns)} for level {job.level.name!r}, found {len(job.seats)}"
            )
        self._roster[w] = _EMPTY
        for seat, spawn in enumerate(spawns):
            self._roster[w, seat] = spawn.team, setup.LEVEL_CLASS
        self._roster[w, job.level.player_seat, setup.ROSTER_CLASS] = job.tank_class
        seats = self._seats
        seats.bot[w] = NO_BOT
        seats.brain[w] = -1
        seats.chosen[w] = 0
        for seat, policy in enumerate(job.seats):
            if policy.brain in BOT_NAMES:
                seats.bot[w, seat] = bot_id(policy.brain)
            else:
                seats.brain[w, seat] = self._number_of(policy.brain)
            seats.delay[w, seat] = policy.delay
            seats.temperature[w, seat] = policy.temperature
        with np.errstate(over="ignore"):
            level = self._number[job.level.digest]
            setup.begin_match(self._world, self._levels, w, level, job.seed, self._roster, 0)
            kernels.start_seats(seats, w, job.seed)
        if self._book is not None:
            self._book.begin(self._trace, w)
        self._bots.reset(w, job.seed)
        self._seats_of[w] = len(spawns)
        self._stop[w] = _NEVER if job.stop is None else job.stop
        self._running[w] = 1

    def _number_of(self, name: str) -> int:
        """Return the number of a brain in this batch; for a new brain, also allocate as many rows as there are seats."""
        if name not in self._numbers:
            brains = [self.load(each) for each in (*self._numbers, name)]
            self._rows = rows = kernels.new_rows(len(brains), self._seats.brain.size)
            self._bound = [BrainInference(brain, rows, n, self._seats) for n, brain in enumerate(brains)]
            self._numbers[name] = len(self._numbers)
        return self._numbers[name]

    def step(self) -> list[tuple[int, MatchResult]]:
        """Run all matches for one decision; return (world, result) of those that ended.

        Raises agents.runtime.BrainFailure if a brain fails.
        """
        world, levels, running, seats, rows = (
            self._world,
            self._levels,
            self._running,
            self._seats,
            self._rows,
        )
        with np.errstate(over="ignore"):
            for number, brain in enumerate(self._bound):
                count = kernels.sense_rows(world, levels, 0, running, seats, number, rows, self._scratch)
                if count:
                    brain.run(count)
                    if not kernels.choose(rows, number, count, seats):
                        brain.check(count)
            kernels.sense_bots(world, levels, 0, running, seats, self._observations, self._scratch)
            self._bots.decide(self._observations, seats.chosen)
            kernels.put_decisions(world, 0, running, seats)
            count = self._advance()
        return [(w, world_result(self._world, w, self._seats_of[w])) for w in self._ended[:count].tolist()]

    def _advance(self) -> int:
        """Run all matches for one decision's ticks; return how many ended."""
        world, levels, running, seats = self._world, self._levels, self._running, self._seats
        if self._book is None:
            return kernels.advance(world, levels, running, self._stop, seats, self._actions, self._ended)
        return advance_traced(
            world, levels, running, self._stop, seats, self._actions, self._ended, self._trace
        )
