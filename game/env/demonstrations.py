"""Observations and actions of the seats of recorded matches, decision by decision: for imitation learning.

A replay holds the inputs of every tick. They are played again here, and the observations are computed again, so that old
recordings work with the observation slots of this build. A seat's inputs in the DECISION_PERIOD ticks after a decision
become one action: the move at the decision's first tick, fire and special if they are pressed in any of the ticks, and
the aim of the first tick that fires, otherwise of the last. An NPC's action is paired with the observation `delay` ticks
before it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import BoolArray, IntArray, RewardArray, SenseArray
from game.core.sim.glance import observe_seats
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.rewards import add_rewards, add_time_rewards
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.tick import tick
from game.env.arguments import Arguments
from game.match.reflexes import FULL_SIZE, write_reflexes
from game.match.replay import SUFFIX, Replay, load_replay, verify
from safefiles.foreign import expand_path
from safefiles.text import clean, shown_path

WINNER: Final = "winner"
PERSONS: Final = "persons"
EVERY: Final = "all"
MOST_REPLAYS: Final = 10_000
PERIOD: Final = rules.DECISION_PERIOD
_add_rewards: Final = getattr(
    add_rewards, "py_func", add_rewards
)  # there are few events: compiling is not worth it
_add_time_rewards: Final = getattr(add_time_rewards, "py_func", add_time_rewards)


class SeatDemonstration(NamedTuple):
    """Observations and actions of one seat in one match, in order, without the decisions in which its tank was not alive."""

    observations: SenseArray  # (n, OBSERVATION_SIZE), with a delay (n, FULL_SIZE)
    actions: IntArray  # (n, 5): rules.ACTION_HEADS
    rewards: RewardArray  # (n,): reward until the next decision, without the terms `aimed`, `aimed_own` and those of paths
    over: BoolArray  # (n,): the tank or the match ended there; False where the recording stops early


class ReplayedSeats:
    """Iterator over the demonstrations of seats; `left_out`: a line for each file of a folder that does not fit."""

    def __init__(
        self, chosen: list[tuple[Path, list[int]]], arguments: Arguments, left_out: list[str]
    ) -> None:
        """`chosen`: files with their seats; each is read again when it is needed, so that only one is in memory."""
        self.left_out = left_out
        self._rows = (one for path, seats in chosen for one in _play(load_replay(path), seats, arguments))

    def __iter__(self) -> "ReplayedSeats":
        return self

    def __next__(self) -> SeatDemonstration:
        return next(self._rows)


def demonstrations(arguments: Arguments, paths: Sequence[str | Path], seats: str = WINNER) -> ReplayedSeats:
    """Play the replays (files, or folders of them) again and yield a demonstration for each seat.

    seats: `winner` (seats of the winning team), `persons`, `all`, or numbers separated by commas. Raises ValueError in one
    line for a file that is no complete replay of these rules, or of another kind of match than the environment's. In a folder
    such files are skipped, because a player's folder has all kinds of match; a folder without any fitting file is refused.
    The same holds for seats that a replay does not have.
    """
    chosen, left_out = _choose(paths, arguments, seats)
    if not any(rows for _, rows in chosen):
        raise ValueError(f"seats: expected {seats} in one of {len(chosen)} replays, found none")
    return ReplayedSeats([one for one in chosen if one[1]], arguments, left_out)


def _choose(
    paths: Sequence[str | Path], arguments: Arguments, seats: str
) -> tuple[list[tuple[Path, list[int]]], list[str]]:
    """Return the files that fit, with their seats, and the reasons why other files of folders do not."""
    chosen: list[tuple[Path, list[int]]] = []
    left_out: list[str] = []
    for path, inside in _files(paths):
        try:
            replay = _read_checked(path, arguments)
        except (ValueError, OSError) as error:
            if not inside:
                raise
            left_out.append(str(error))
            continue
        chosen.append((path, _seats_of(replay, seats)))
    if not chosen:
        raise ValueError(f"{left_out[0]} (and so with each of {len(left_out)} files)")
    return chosen, left_out


def _files(paths: Sequence[str | Path]) -> list[tuple[Path, bool]]:
    """Return the files, each with whether it was found in a folder."""
    found: list[tuple[Path, bool]] = []
    for given in paths:
        path = expand_path(given)
        if path.is_dir():
            inside = sorted(path.rglob(f"*{SUFFIX}"))
            if not inside:
                raise ValueError(f"replays: expected {SUFFIX} files in {shown_path(path)}, found none")
            found += [(one, True) for one in inside]
        else:
            found.append((path, False))
    if not 0 < len(found) <= MOST_REPLAYS:
        raise ValueError(f"replays: expected 1 to {MOST_REPLAYS} files, found {len(found)}")
    return found


def _read_checked(path: Path, arguments: Arguments) -> Replay:
    """Read a replay that this core plays as recorded, of a match that the environment could play."""
    replay = load_replay(path)
    where = f"replay {replay.name!r}"
    objective, found = arguments.setup.objective, replay.level.objective_name
    if objective is not None and found != objective:
        raise ValueError(
            f"{where}: expected a match of {objective} for {arguments.setup.id}, found one of {found}; "
            "Bankshot/Arena-v0 plays them all"
        )
    teams = replay.roster[0, :, setup.ROSTER_TEAM]
    most = max(int((teams == team).sum()) for team in range(rules.MAX_TEAMS))
    if most > arguments.setup.team_size:
        raise ValueError(
            f"{where}: expected at most {arguments.setup.team_size} seats per team for {arguments.setup.id}, found {most}"
        )
    report = verify(replay)
    if not report.ok:
        raise ValueError(
            f"{where}: expected a match that these rules play as recorded, found that it {report.line}"
        )
    return replay


def _seats_of(replay: Replay, seats: str) -> list[int]:
    """Return the chosen seats of a replay; empty if it has none of them."""
    teams = replay.roster[0, :, setup.ROSTER_TEAM].tolist()
    there = [seat for seat, team in enumerate(teams) if team >= 0]
    if seats == EVERY:
        return there
    if seats == WINNER:
        return [seat for seat in there if replay.complete and teams[seat] == replay.winner]
    if seats == PERSONS:
        human = replay.info.get("human", -1)
        drivers = replay.drivers.seats if replay.drivers is not None else ()
        undriven = [seat for seat, driven in enumerate(drivers) if driven is None]
        return [seat for seat in there if seat == human or seat in undriven]
    numbers = [part.strip() for part in seats.split(",")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 4 for number in numbers):
        raise ValueError(
            f"seats: expected {WINNER}, {PERSONS}, {EVERY} or numbers by commas, found {clean(seats, 40)!r}"
        )
    wanted = sorted({int(number) for number in numbers})
    for seat in wanted:
        if seat not in there:
            raise ValueError(f"replay {replay.name!r}: expected a seat {seat}, found {len(there)} seats")
    return wanted


def _play(replay: Replay, seats: list[int], arguments: Arguments) -> Iterator[SeatDemonstration]:
    """Play a match again and record the observations and rewards of `seats` at every decision."""
    levels = ar.pack_arenas([replay.level.arena])
    world = st.new_world(1, replay.seats, ar.terrain_of(replay.level.arena).size)
    steps = -(-replay.ticks // PERIOD)
    rows = np.array(seats, np.int64)
    seen = np.zeros((steps, replay.seats, OBSERVATION_SIZE), np.float32)
    earned = np.zeros((steps, 1, replay.seats))
    alive = np.zeros((steps + 1, len(seats)), np.bool_)
    inputs: IntArray = np.zeros((1, replay.seats, st.ACTION_SIZE), np.int64)
    scratch = np.zeros(SCRATCH_SIZE, np.int64)
    with np.errstate(over="ignore"):
        setup.begin_match(world, levels, 0, 0, replay.seed, replay.roster, replay.shuffle)
        for step in range(steps):
            observe_seats(world, levels, 0, rows, arguments.preview, seen[step], scratch)
            alive[step] = world.tanks[0, rows, st.TANK_ALIVE] != 0
            for now in range(step * PERIOD, min((step + 1) * PERIOD, replay.ticks)):
                np.copyto(inputs[0], replay.actions[now])
                tick(world, levels, 0, inputs)
                _add_rewards(world.head, world.tanks, world.events, 0, arguments.weights, earned[step])
                _add_time_rewards(world.head, world.tanks, 0, arguments.weights, earned[step])
        alive[steps] = (world.tanks[0, rows, st.TANK_ALIVE] != 0) & ~replay.complete
    for place, seat in enumerate(seats):
        kept = np.flatnonzero(alive[:-1, place] & _has_effect(replay, seat, steps))
        over = ~alive[kept + 1, place]
        actions, senses = _actions(replay, seat, steps), seen[:, seat]
        if arguments.delay is not None:
            senses = _with_reflexes(senses, actions, alive[:-1, place], _delay(replay, seat))
        yield SeatDemonstration(senses[kept], actions[kept], earned[kept, 0, seat], over)


def _with_reflexes(seen: SenseArray, actions: IntArray, alive: BoolArray, delay: int) -> SenseArray:
    """Return observations (steps, OBSERVATION_SIZE) with the reflex slots appended (`game.match.reflexes`)."""
    before = np.zeros_like(actions)
    before[1:] = np.where(alive[:-1, None], actions[:-1], 0)
    full = np.zeros((len(seen), FULL_SIZE), np.float32)
    full[:, :OBSERVATION_SIZE] = seen
    write_reflexes(full[:, OBSERVATION_SIZE:], np.full(len(seen), delay), before)
    return full


def _delay(replay: Replay, seat: int) -> int:
    """Return the ticks between a decision of the seat and its action."""
    driven = replay.drivers.seats[seat] if replay.drivers is not None else None
    return 0 if driven is None else driven.delay


def _has_effect(replay: Replay, seat: int, steps: int) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Return which decisions take effect within the recording."""
    return np.arange(steps) * PERIOD + _delay(replay, seat) < replay.ticks


def _actions(replay: Replay, seat: int, steps: int) -> IntArray:
    """Return the seat's inputs as decisions (steps, 5)."""
    first = np.arange(steps)[:, None] * PERIOD + _delay(replay, seat)
    ticks = np.minimum(first + np.arange(PERIOD), replay.ticks - 1)
    given = replay.actions[ticks, seat]  # (steps, PERIOD, ACTION_SIZE)
    fires = given[:, :, st.ACTION_FIRE] != 0
    aimed_at = np.where(fires.any(1), fires.argmax(1), PERIOD - 1)
    aim = given[np.arange(steps), aimed_at, st.ACTION_AIM]
    found: IntArray = np.stack(
        [
            given[:, 0, st.ACTION_MOVE],
            aim // rules.POSITIONS,
            aim % rules.POSITIONS,
            fires.any(1),
            (given[:, :, st.ACTION_SPECIAL] != 0).any(1),
        ],
        1,
    ).astype(np.int64)
    return found
