"""`Match`: one match in the window: a world of the core, the drivers of its seats, its recording and its statistics.

The same class runs a person's match, watching the AI, the title's background and a replay; they differ in their
drivers. In a tick every driver writes its seats' actions, the recorder stores them, and the core runs the tick.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from game.app.browse.level_library import LevelInfo
from game.app.playing.control import HumanControl
from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.state import World
from game.core.sim.tick import tick
from game.match.messages import say
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.core.levels.model import Level

OWN_TEAM: Final = 0
Point = tuple[float, float]


class Driver(Protocol):
    """Gives seats their actions."""

    def act(self, world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
        """Write actions[w, seat] (move, aim, fire, special) of the seats it drives, for the coming tick."""

    def close(self) -> None:
        """Release its resources."""


class ActionRecorder(Protocol):
    """Records a match's actions."""

    @property
    def ticks(self) -> int:
        """The number of recorded ticks."""

    def record(self, world: World, actions: IntArray) -> None:
        """Record the actions of the coming tick."""

    def data(self) -> bytes:
        """Return the recording so far as the content of a file."""


@dataclass(frozen=True)
class MatchPlan:
    """What to play. `tank_class` None: the level's; `human` None: nobody plays."""

    info: LevelInfo
    seed: int
    brain: str  # brain of the other teams: for records and captions
    difficulty: str
    human: int | None = None  # seat
    tank_class: int | None = None
    roster: IntArray | None = None  # (1, S, 2): the seats of a replay; None: the level's
    shuffle: int = 0  # 1: the starts of a team are shuffled
    last_tick: int | None = None  # a replay of a match that was broken off ends here


@dataclass
class MatchStats:
    """Statistics of the watched or played side so far."""

    kills: int = 0
    deaths: int = 0
    shots: int = 0
    hits: int = 0
    bank_hits: int = 0
    own_hits: int = 0  # hits on itself

    def take(self, row: Sequence[int], seat: int) -> None:
        """Count one event (kind, a, b, …) for `seat`."""
        kind, a, b = row[0], row[1], row[2]
        by = b & ev.SEAT_MASK
        if kind == ev.FIRED and a == seat:
            self.shots += 1
        elif kind == ev.TANK_HIT and by == seat:
            if a == seat:
                self.own_hits += 1
            else:
                self.hits += 1
                self.bank_hits += bool(b & ev.BANKED_FLAG)
        elif kind == ev.TANK_DESTROYED:
            if a == seat:
                self.deaths += 1
            elif by == seat:
                self.kills += 1


class HumanDriver:
    """A person who drives one seat."""

    def __init__(self, seat: int, control: HumanControl, to_world: Callable[[Point], Point]) -> None:
        self.seat = seat
        self.control = control
        self._to_world = to_world

    def act(self, world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
        """Read the devices."""
        tank = world.tanks[w, self.seat]
        own = (float(tank[st.TANK_X]), float(tank[st.TANK_Y]))
        actions[w, self.seat] = self.control.action(own, self._to_world)

    def close(self) -> None:
        """Do nothing: there are no resources."""


class Match:
    """A running match. `w` is its index in the world's batch, always 0 in the window."""

    def __init__(self, plan: MatchPlan) -> None:
        level = plan.info.level
        if level is None:
            raise ValueError(say("no_level", name=shown_path(plan.info.entry.path.name)))
        self.plan = plan
        self.level = level
        self.w = 0
        self.levels = ar.pack_arenas([level.arena])
        seats = len(level.arena.spawns) if plan.roster is None else plan.roster.shape[1]
        self.world = st.new_world(1, seats, ar.terrain_of(level.arena).size)
        self.roster = _roster(plan, level) if plan.roster is None else plan.roster.copy()
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, self.w, 0, plan.seed, self.roster, plan.shuffle)
        self.actions = np.zeros((1, seats, st.ACTION_SIZE), np.int64)
        self.drivers: list[Driver] = []
        self.recorder: ActionRecorder | None = None
        self.names: list[str] = [""] * seats
        self.brains: dict[int, str] = {}  # of the NPC seats; none of a replay
        self.enemies: dict[int, str] = {}  # those of the other teams
        self.stats = MatchStats()
        self.human_seat = plan.human if plan.human is not None else -1

    @property
    def seats(self) -> int:
        """The number of seats."""
        return int(self.world.tanks.shape[1])

    @property
    def ticks(self) -> int:
        """Ticks played."""
        return int(self.world.head[self.w, st.TICK])

    @property
    def decided(self) -> bool:
        """Whether the match was won, lost, drawn or timed out."""
        return bool(self.world.head[self.w, st.DONE])

    @property
    def over(self) -> bool:
        """Whether the match is decided, or at the end of its replay."""
        return self.decided or (self.plan.last_tick is not None and self.ticks >= self.plan.last_tick)

    @property
    def objective(self) -> str:
        """The objective's name."""
        return rules.OBJECTIVE_NAMES[int(self.world.head[self.w, st.OBJECTIVE])]

    @property
    def goal(self) -> str:
        """The goal of the watched side: the objective's name; "attack" or "hunt" against a side that defends or survives."""
        team = int(self.world.tanks[self.w, self.watched_seat, st.TANK_TEAM])
        if team != OWN_TEAM and self.objective in ("defend", "survive"):
            return "attack" if self.objective == "defend" else "hunt"
        return self.objective

    @property
    def watched_seat(self) -> int:
        """The seat of records and results: the player's, otherwise the first of team 0."""
        if self.human_seat >= 0:
            return self.human_seat
        teams = self.world.tanks[self.w, :, st.TANK_TEAM]
        return int(np.argmax(teams == OWN_TEAM))

    def event_rows(self) -> list[list[int]]:
        """Return this tick's events."""
        rows: list[list[int]] = self.world.events[
            self.w, : int(self.world.head[self.w, st.N_EVENTS])
        ].tolist()
        return rows

    def tick(self) -> None:
        """Advance one tick; do nothing if the match is over."""
        if self.over:
            self.world.head[self.w, st.N_EVENTS] = 0
            return
        with np.errstate(over="ignore"):
            for driver in self.drivers:
                driver.act(self.world, self.levels, self.w, self.actions)
            if self.recorder is not None:
                self.recorder.record(self.world, self.actions)
            tick(self.world, self.levels, self.w, self.actions)
        seat = self.watched_seat
        for row in self.event_rows():
            self.stats.take(row, seat)

    def outcome(self) -> str:
        """Return "won", "lost", "draw" or "timed_out" for the watched side, "quit" while it still runs."""
        if not self.decided:
            return "quit"
        head = self.world.head[self.w]
        winner = int(head[st.WINNER])
        if winner < 0:
            return "timed_out" if head[st.TIMED_OUT] else "draw"
        own = int(self.world.tanks[self.w, self.watched_seat, st.TANK_TEAM])
        return "won" if winner == own else "lost"

    def score(self) -> int:
        """Return the watched seat's points."""
        return int(self.world.tanks[self.w, self.watched_seat, st.TANK_SCORE])

    def facts(self) -> dict[str, Any]:
        """Return the facts about the match for a crash log."""
        plan = self.plan
        return {
            "level": plan.info.item,
            "level digest": self.level.digest,
            "seed": plan.seed,
            "brain": plan.brain,
            "difficulty": plan.difficulty,
            "human seat": plan.human,
            "tick": self.ticks,
        }

    def close(self) -> None:
        """Close the drivers."""
        for driver in self.drivers:
            driver.close()
        self.drivers.clear()


def _roster(plan: MatchPlan, level: "Level") -> IntArray:
    """Return team and tank class of every start of the level; the person's class is the chosen one."""
    roster = np.zeros((1, len(level.arena.spawns), setup.ROSTER_SIZE), np.int64)
    for seat, spawn in enumerate(level.arena.spawns):
        roster[0, seat] = (spawn.team, setup.LEVEL_CLASS)
    if plan.human is not None and plan.tank_class is not None:
        roster[0, plan.human, setup.ROSTER_CLASS] = plan.tank_class
    return roster


def own_class(match: Match) -> rules.TankClass:
    """Return the watched seat's tank class."""
    number = int(match.world.tanks[match.w, match.watched_seat, st.TANK_CLASS])
    return rules.TANK_CLASSES[number % rules.N_CLASSES]


def special_name(match: Match) -> str:
    """Return the name of the watched seat's special."""
    return rules.SPECIAL_NAMES[own_class(match).special]
