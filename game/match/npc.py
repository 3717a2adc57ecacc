"""Seats driven by policies and bots: reaction delay, temperature, one call per brain, a bot if a brain fails.

An NPC decides every DECISION_PERIOD ticks from the slot table and acts `delay` ticks later, until its next
decision takes effect. All seats of one brain are one onnxruntime call. A brain that cannot be loaded, raises,
gives NaN or is too slow is replaced by a scripted bot in the same tick, and a notice says so.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import BOT_NAMES, NO_BOT, bot_id
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.glance import observe_seats
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.state import World
from game.match.brain_library import BrainLibrary
from game.match.messages import say
from safefiles.causes import message_of
from safefiles.messages import Message
from safefiles.text import clean

if TYPE_CHECKING:
    from agents.runtime import Brain

MAX_DELAY: Final = 120  # ticks
MAX_TEMPERATURE: Final = 100.0
DEFAULT_FALLBACK: Final = "chaser"
BUDGET_SECONDS: Final = 0.004  # of processor time for one decision of one brain: a quarter of a tick
SLOW_CALLS: Final = 3  # in a row, before a brain is too slow
MOST_REASON: Final = 300  # characters of why a brain gives way
HOPELESS: Final = 25  # times the budget at once
_RING: Final = MAX_DELAY // rules.DECISION_PERIOD + 2  # decisions that may be on their way

Explanation = tuple[list[tuple[str, "np.ndarray[Any, Any]", int]], float | None]


@dataclass(frozen=True)
class SeatPolicy:
    """Who drives a seat, and how well."""

    brain: str  # a bot, a brain by name, or a path ending in .onnx
    delay: int = 0  # ticks between seeing and acting
    temperature: float = 1.0  # of a brain's sampling; 0 takes the likeliest action


@dataclass(frozen=True)
class Notice:
    """A brain that gave way to a bot."""

    tick: int
    seats: tuple[int, ...]
    brain: str
    bot: str
    reason: str  # one line, a message that other languages can say

    def __str__(self) -> str:
        """Return the notice as a line for people."""
        return f"{self.brain} cannot play: {self.reason}; {self.bot} takes over"


@dataclass
class _Group:
    """The seats of one brain."""

    brain: "Brain"
    name: str
    asked_for: str  # the name or path in the policies
    seats: IntArray
    temperatures: "np.ndarray[Any, np.dtype[np.float64]]"
    slow: int = 0  # calls over the budget in a row
    asked: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))  # seats of the last call
    logits: "np.ndarray[Any, np.dtype[np.float32]] | None" = None
    values: "np.ndarray[Any, np.dtype[np.float32]] | None" = None


class NpcDriver:
    """Gives actions to any number of seats of one match. Make one per match; `act` before every tick."""

    def __init__(
        self,
        seats: int,
        policies: Mapping[int, SeatPolicy],
        *,
        seed: int = 0,
        library: BrainLibrary | None = None,
        on_notice: Callable[[Notice], None] | None = None,
        fallback: str = DEFAULT_FALLBACK,
        budget: float = BUDGET_SECONDS,
        clock: Callable[
            [], float
        ] = time.thread_time,  # not the wall's: a busy machine is not the brain's fault
        gives_way: Mapping[str, int] | None = None,
        held_fire: int = 0,
        held_seats: Collection[int] = (),
    ) -> None:
        """Drive the seats of `policies` in a match of `seats` seats; the seed decides all sampling.

        gives_way: brain -> tick at which the fallback takes its seats over, to play a recorded match again.
        held_fire: ticks from the match's start in which `held_seats` neither fire nor use their special, whatever they
        decide; they move and aim. The actions say so, and a recording holds them.
        Raises ValueError for a seat, delay or temperature out of range or a fallback that is no bot. A brain
        that cannot be loaded raises nothing: its seats begin with the fallback, and a notice tells.
        """
        from agents.runtime import make_streams

        _check(seats, policies)
        self.policies = dict(policies)
        self.notices: list[Notice] = []
        self._seed = seed
        self._sha256: dict[str, str] = {}  # of the brains that were loaded, by the name in `policies`
        self._gives_way = dict(gives_way or {})
        self._fallback = bot_id(fallback)
        self._on_notice = on_notice
        self._budget = budget
        self._clock = clock
        self._held_fire = held_fire
        self._held_seats = np.array(sorted(held_seats), np.int64)
        self._library = library or BrainLibrary()
        self._streams = make_streams(seed, seats)
        self._bots = BotDriver(1, seats, seed)
        self._driven = np.array(sorted(policies), np.int64)
        self._delay = np.zeros(seats, np.int64)
        self._decided: IntArray = np.zeros((_RING, seats, st.ACTION_SIZE), np.int64)
        self._observations = np.zeros((seats, OBSERVATION_SIZE), np.float32)
        self._npc_actions = np.zeros((1, seats, len(rules.ACTION_HEADS)), np.int64)
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)
        self._groups: list[_Group] = []
        for seat, policy in policies.items():
            self._delay[seat] = policy.delay
        self._assign(seats)

    def _assign(self, seats: int) -> None:
        """Group the seats by brain and hand the others to their bots."""
        members: dict[str, list[int]] = {}
        for seat in self._driven.tolist():
            name = self.policies[seat].brain
            if name in BOT_NAMES:
                self._bots.bot_ids[0, seat] = bot_id(name)
            else:
                members.setdefault(name, []).append(seat)
        for name, group_seats in members.items():
            temperatures = np.array([self.policies[seat].temperature for seat in group_seats])
            rows = np.array(group_seats, np.int64)
            try:
                brain = self._library.load(name)
            except (ValueError, OSError, RuntimeError) as error:
                self._give_way(name, rows, 0, message_of(error))
                continue
            self._sha256[name] = brain.sha256
            self._groups.append(_Group(brain, brain.name, name, rows, temperatures))

    def act(self, world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
        """Write actions[w, seat] of the driven seats for the coming tick; decide when it is time to."""
        now = int(world.head[w, st.TICK])
        if now % rules.DECISION_PERIOD == 0:
            self._decide(world, levels, w, now)
        for seat in self._driven.tolist():
            due = now - int(self._delay[seat])
            if due < 0:
                actions[w, seat] = (0, world.tanks[w, seat, st.TANK_AIM], 0, 0)
            else:
                actions[w, seat] = self._decided[due // rules.DECISION_PERIOD % _RING, seat]
        if now < self._held_fire:
            actions[w, self._held_seats, st.ACTION_FIRE] = 0
            actions[w, self._held_seats, st.ACTION_SPECIAL] = 0

    def record(self) -> dict[str, Any]:
        """Return who drives which seat, and how, as a replay keeps it: JSON-able, without paths.

        `seats` has an entry for each seat, None where this driver drives none; `gave_way` is [tick, bot] where a
        bot took the seat over in mid-match.
        """
        seats: list[dict[str, Any] | None] = [None] * len(self._delay)
        for seat, policy in self.policies.items():
            sha256 = self._sha256.get(policy.brain, "")
            brain = policy.brain
            if sha256 and brain.endswith(".onnx"):
                brain = brain.replace("\\", "/").rpartition("/")[2]
            elif not sha256 and brain not in BOT_NAMES:
                brain = BOT_NAMES[self._fallback]  # it could not be loaded
            later = [notice for notice in self.notices if seat in notice.seats and sha256]
            seats[seat] = {
                "mind": clean(brain, 200),
                "sha256": sha256,
                "delay": policy.delay,
                "temperature": float(policy.temperature),
                "gave_way": [later[0].tick, later[0].bot] if later else None,
            }
        return {"seed": self._seed, "seats": seats}

    def explain(self, seat: int) -> Explanation | None:
        """Return what a seat's brain wanted last: (head name, logits, choice) a head, and the state's value.

        None for a bot, a seat of somebody else, and before the first decision.
        """
        for group in self._groups:
            row = np.flatnonzero(group.asked == seat)
            if group.logits is None or row.size == 0:
                continue
            heads, at = [], 0
            for head, choice in zip(group.brain.heads, self._npc_actions[0, seat]):
                heads.append((head.name, group.logits[row[0], at : at + head.size], int(choice)))
                at += head.size
            return heads, None if group.values is None else float(group.values[row[0]])
        return None

    def bot_of(self, seat: int) -> str:
        """Return the bot that drives a seat now; empty while a brain does."""
        bot = int(self._bots.bot_ids[0, seat])
        return "" if bot == NO_BOT else BOT_NAMES[bot]

    def close(self) -> None:
        """Let the brains go."""
        self._groups.clear()

    def _decide(self, world: World, levels: ar.Levels, w: int, now: int) -> None:
        """Ask every brain and bot once and put their actions on the way."""
        with np.errstate(over="ignore"):
            observe_seats(world, levels, w, self._driven, True, self._observations, self._scratch)
        alive = world.tanks[w, :, st.TANK_ALIVE] != 0
        for group in list(self._groups):
            if now >= self._gives_way.get(group.asked_for, now + 1):
                self._dismiss(group, now, say("as_recorded"))
                continue
            self._ask(group, alive, now)
        if (self._bots.bot_ids != NO_BOT).any():
            self._bots.decide(self._observations[None], self._npc_actions)
        chosen = self._npc_actions[0]
        decided = self._decided[now // rules.DECISION_PERIOD % _RING]
        decided[:, st.ACTION_MOVE] = chosen[:, 0]
        decided[:, st.ACTION_AIM] = chosen[:, 1] * rules.POSITIONS + chosen[:, 2]
        decided[:, st.ACTION_FIRE] = chosen[:, 3]
        decided[:, st.ACTION_SPECIAL] = chosen[:, 4]

    def _ask(self, group: _Group, alive: "np.ndarray[Any, np.dtype[np.bool_]]", now: int) -> None:
        """Run a brain for its living seats; on any failure hand all its seats to the bot."""
        from agents.runtime import sample_actions

        living = alive[group.seats]
        group.asked = seats = group.seats[living]
        self._npc_actions[0, group.seats[~living]] = 0
        if seats.size == 0:
            return
        started = self._clock()
        try:
            group.logits, group.values = group.brain.evaluate(self._observations[seats])
            streams = self._streams[seats]
            temperatures = group.temperatures[living]
            self._npc_actions[0, seats] = sample_actions(
                group.logits, group.brain.heads, temperatures, streams
            )
            self._streams[seats] = streams
        except Exception as error:  # whatever a stranger's model does, the match goes on
            self._dismiss(group, now, message_of(error))
            return
        seconds = self._clock() - started
        group.slow = group.slow + 1 if seconds > self._budget else 0
        if group.slow >= SLOW_CALLS or seconds > HOPELESS * self._budget:
            limit = self._budget * 1000
            self._dismiss(group, now, say("too_slow", most=limit, found=seconds * 1000))

    def _dismiss(self, group: _Group, now: int, reason: Message) -> None:
        self._groups.remove(group)
        self._give_way(group.name, group.seats, now, reason)

    def _give_way(self, brain: str, seats: IntArray, now: int, reason: Message) -> None:
        """Hand seats to the fallback bot and tell whoever listens."""
        self._bots.bot_ids[0, seats] = self._fallback
        seat_list, bot = tuple(seats.tolist()), BOT_NAMES[self._fallback]
        notice = Notice(now, seat_list, brain, bot, reason.cut(MOST_REASON))
        self.notices.append(notice)
        if self._on_notice is not None:
            self._on_notice(notice)


def _check(seats: int, policies: Mapping[int, SeatPolicy]) -> None:
    for seat, policy in policies.items():
        if not 0 <= seat < seats:
            raise ValueError(f"seat: expected 0 to {seats - 1}, found {seat}")
        if not 0 <= policy.delay <= MAX_DELAY:
            raise ValueError(f"seat {seat} › delay: expected 0 to {MAX_DELAY} ticks, found {policy.delay}")
        if not 0 <= policy.temperature <= MAX_TEMPERATURE:
            raise ValueError(
                f"seat {seat} › temperature: expected 0 to {MAX_TEMPERATURE:g}, found {policy.temperature:g}"
            )
