"""Seats driven by policies and bots: reaction delay, temperature, one inference call per brain, a bot if a brain fails.

An NPC decides every DECISION_PERIOD ticks from the slot table and acts on it `delay` ticks later, until its next
decision takes effect. All seats of one brain share one onnxruntime call. A brain that cannot be loaded, raises,
returns NaN or is too slow is replaced by a scripted bot in the same tick, and a notice reports it.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

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
from game.match import kernels
from game.match.asking import BrainInference
from game.match.brain_library import BrainLibrary
from game.match.kernels import MAX_DELAY
from game.match.messages import say
from safefiles.causes import message_of
from safefiles.messages import Message
from safefiles.text import clean

__all__ = ["MAX_DELAY", "FallbackNotice", "NpcDriver", "SeatPolicy"]

MAX_TEMPERATURE: Final = 100.0
DEFAULT_FALLBACK: Final = "chaser"
BUDGET_SECONDS: Final = 0.004  # of processor time for one decision of one brain: a quarter of a tick
SLOW_CALLS: Final = 3  # slow calls in a row after which a brain is replaced
MOST_REASON: Final = 300  # characters of the reason for replacing a brain
HOPELESS: Final = 25  # times the budget in a single call

_NO_SEATS: Final[IntArray] = np.zeros(0, np.int64)

Explanation = tuple[list[tuple[str, "np.ndarray[Any, Any]", int]], float | None]


@dataclass(frozen=True)
class SeatPolicy:
    """The driver of a seat, with its delay and temperature."""

    brain: str  # a bot, a brain by name, or a path ending in .onnx
    delay: int = 0  # ticks between seeing and acting
    temperature: float = 1.0  # of a brain's sampling; 0 takes the most likely action


@dataclass(frozen=True)
class FallbackNotice:
    """A brain was replaced by a bot."""

    tick: int
    seats: tuple[int, ...]
    brain: str
    bot: str
    reason: str  # one line; a message in every language

    def __str__(self) -> str:
        """Return the notice as a line of text."""
        return f"{self.brain} cannot play: {self.reason}; {self.bot} takes over"


@dataclass
class _Group:
    """The seats of one brain."""

    number: int  # in Seats.brain
    brain: BrainInference  # bound to its arrays of the driver's rows
    asked_for: str  # the name or path in the policies
    seats: IntArray
    asked: int = 0  # rows of the last call
    slow: int = 0  # calls over the budget in a row

    @property
    def name(self) -> str:
        """The brain's name in notices."""
        return self.brain.brain.name


class NpcDriver:
    """Writes the actions of any number of seats of one match. Make one per match; call `act` before every tick."""

    def __init__(
        self,
        seats: int,
        policies: Mapping[int, SeatPolicy],
        *,
        seed: int = 0,
        library: BrainLibrary | None = None,
        on_notice: Callable[[FallbackNotice], None] | None = None,
        fallback: str = DEFAULT_FALLBACK,
        budget: float = BUDGET_SECONDS,
        clock: Callable[
            [], float
        ] = time.thread_time,  # processor time: a busy machine is not the brain's fault
        gives_way: Mapping[str, int] | None = None,
        held_fire: int = 0,
        held_seats: Collection[int] = (),
    ) -> None:
        """Drive the seats of `policies` in a match of `seats` seats; `seed` determines all sampling.

        gives_way: brain -> tick at which the fallback takes over its seats; used to play a recorded match again.
        held_fire: ticks from the match's start in which `held_seats` neither fire nor use their special, whatever they
        decide; they move and aim. The written actions show this, and so does a recording.
        Raises ValueError for a seat, delay or temperature out of range or a fallback that is not a bot. A brain
        that cannot be loaded raises nothing: its seats begin with the fallback, and a notice reports it.
        """
        from agents.runtime import make_streams

        _check(seats, policies)
        self.policies = dict(policies)
        self.notices: list[FallbackNotice] = []
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
        self._bots = BotDriver(1, seats, seed)
        self._driven = np.array(sorted(policies), np.int64)
        self._seats = kernels.new_seats(1, seats)._replace(bot=self._bots.bot_ids)
        self._seats.streams[0] = make_streams(seed, seats)
        self._decided = self._seats.decided
        self._observations = np.zeros((1, seats, OBSERVATION_SIZE), np.float32)  # of the bots …
        self._sensed = self._observations[0]  # … as a view made once
        self._running = np.ones(1, np.int64)
        self._scratch = np.zeros(SCRATCH_SIZE, np.int64)
        self._groups: list[_Group] = []
        for seat, policy in policies.items():
            self._seats.delay[0, seat] = policy.delay
            self._seats.temperature[0, seat] = policy.temperature
        self._assign()

    def _assign(self) -> None:
        """Group the seats by brain; assign the other seats to their bots."""
        members: dict[str, list[int]] = {}
        for seat in self._driven.tolist():
            name = self.policies[seat].brain
            if name in BOT_NAMES:
                self._bots.bot_ids[0, seat] = bot_id(name)
            else:
                members.setdefault(name, []).append(seat)
        self._rows = kernels.new_rows(len(members), max(map(len, members.values()), default=0))
        for number, (name, group_seats) in enumerate(members.items()):
            seats = np.array(group_seats, np.int64)
            try:
                brain = self._library.load(name)
                bound = BrainInference(brain, self._rows, number, self._seats)
            except (ValueError, OSError, RuntimeError) as error:
                self._give_way(name, seats, 0, message_of(error))
                continue
            self._seats.brain[0, seats] = number
            self._sha256[name] = brain.sha256
            self._groups.append(_Group(number, bound, name, seats))
        self._bot_seats = np.flatnonzero(self._bots.bot_ids[0] != NO_BOT)

    def act(self, world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
        """Write actions[w, seat] of the driven seats for the coming tick; every DECISION_PERIOD ticks, decide first."""
        now = int(world.head[w, st.TICK])
        if now % rules.DECISION_PERIOD == 0:
            self._decide(world, levels, w, now)
        held = self._held_seats if now < self._held_fire else _NO_SEATS
        kernels.act_seats(world, w, self._driven, held, self._seats, actions)

    def record(self) -> dict[str, Any]:
        """Return the drivers of the seats as a replay stores them: JSON-able, without paths.

        `seats` has an entry for each seat, None for seats that this driver does not drive; `gave_way` is [tick, bot] if a
        bot took over the seat during the match.
        """
        seats: list[dict[str, Any] | None] = [None] * self._seats.brain.shape[1]
        for seat, policy in self.policies.items():
            sha256 = self._sha256.get(policy.brain, "")
            brain = policy.brain
            if sha256 and brain.endswith(".onnx"):
                brain = brain.replace("\\", "/").rpartition("/")[2]
            elif not sha256 and brain not in BOT_NAMES:
                brain = BOT_NAMES[self._fallback]  # a brain that could not be loaded
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
        """Return the last output of a seat's brain: (head name, logits, choice) for each head, and the state's value.

        None for a bot, for a seat that is not driven here, and before the first decision.
        """
        for group in self._groups:
            row = np.flatnonzero(self._rows.place[group.number, : group.asked] == seat)
            if row.size == 0:
                continue
            logits = self._rows.logits[group.number, row[0]].copy()
            heads, at = [], 0
            for head, choice in zip(group.brain.brain.heads, self._seats.chosen[0, seat], strict=True):
                heads.append((head.name, logits[at : at + head.size], int(choice)))
                at += head.size
            return heads, group.brain.value(int(row[0]))
        return None

    def bot_of(self, seat: int) -> str:
        """Return the name of the bot that drives a seat now; empty if a brain does."""
        bot = int(self._bots.bot_ids[0, seat])
        return "" if bot == NO_BOT else BOT_NAMES[bot]

    def close(self) -> None:
        """Release the brains."""
        self._groups.clear()

    def _decide(self, world: World, levels: ar.Levels, w: int, now: int) -> None:
        """Run every brain and bot once and store their decisions."""
        seats = self._seats
        with np.errstate(over="ignore"):
            for group in tuple(self._groups):
                if now >= self._gives_way.get(group.asked_for, now + 1):
                    self._dismiss(group, now, say("as_recorded"))
                    continue
                group.asked = kernels.sense_rows(
                    world, levels, w, self._running, seats, group.number, self._rows, self._scratch
                )
                if group.asked:
                    self._ask(group, now)
            if len(self._bot_seats):
                observe_seats(world, levels, w, self._bot_seats, True, self._sensed, self._scratch)
                self._bots.decide(self._observations, seats.chosen)
            kernels.put_decisions(world, w, self._running, seats)

    def _ask(self, group: _Group, now: int) -> None:
        """Run a brain for its living seats; on any failure give all its seats to the bot."""
        started = self._clock()
        try:
            group.brain.run(group.asked)
            if not kernels.choose(self._rows, group.number, group.asked, self._seats):
                group.brain.check(group.asked)
        except Exception as error:  # the match continues, whatever an untrusted model does
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
        """Give seats to the fallback bot and send a notice."""
        self._seats.brain[0, seats] = -1
        self._bots.bot_ids[0, seats] = self._fallback
        self._bot_seats = np.flatnonzero(self._bots.bot_ids[0] != NO_BOT)
        seat_list, bot = tuple(seats.tolist()), BOT_NAMES[self._fallback]
        notice = FallbackNotice(now, seat_list, brain, bot, reason.cut(MOST_REASON))
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
