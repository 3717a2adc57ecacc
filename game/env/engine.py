"""`Engine`: a batch of worlds with learners and bots in their seats, stepped by one compiled call.

The environments are wrappers of it: it works with arrays and seeds, without Gymnasium and PettingZoo.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import NO_BOT, bot_id
from game.core.sim import state as st
from game.core.sim.arrays import BoolArray, IntArray, SenseArray
from game.core.sim.batch import Batch
from game.core.sim.jit import release_arguments
from game.core.sim.slots import OBSERVATION_SIZE
from game.core.sim.threads import WorldThreads, default_threads
from game.env import kernels
from game.env.arguments import Arguments
from game.env.brains import SeatedBrains
from game.env.kernels import Bots, Rows, Seating
from game.env.reaction import Reaction
from game.env.saved import check_state
from game.match.reflexes import FULL_SIZE

STATE_FORMAT: Final = 2
STAGGER_STEPS: Final = 16  # the first matches have this many different time limits
HEAD_SIZES: Final = np.array([size for _, size in rules.ACTION_HEADS], np.int64)


class Results(NamedTuple):
    """Results of the matches that ended in a step; zeros where none ended."""

    ended: BoolArray  # (rows,): the row's match ended
    outcome: IntArray  # (rows,): +1 won, 0 drawn, -1 lost
    score: IntArray  # (rows,): score of the row's seat
    ticks: IntArray  # (rows,): length of the match
    level: IntArray  # (rows,): index into Arguments.levels
    timed_out: BoolArray  # (rows,): time ran out and nobody won
    team: IntArray  # (rows,): team of the row's seat in the match that ended
    opponent: (
        IntArray  # (rows,): bot or brain (`env.brains`) of the other teams, NO_BOT if every seat is a row
    )


class Engine:
    """N worlds; rows are numbered world by world."""

    def __init__(
        self, arguments: Arguments, worlds: int, *, auto_reset: bool = True, first_world: int = 0
    ) -> None:
        """Make the worlds; call `begin` next.

        first_world: number of the first world, so that a part of a batch plays the same as in the whole.
        """
        if isinstance(worlds, bool) or not isinstance(worlds, (int, np.integer)) or worlds < 1:
            raise ValueError(f"num_envs: expected at least 1, found {worlds!r}")
        self.arguments = arguments
        self.batch = Batch(
            arguments.arenas,
            int(worlds),
            arguments.level_roster[0],
            preview=arguments.preview,
            shuffle=arguments.shuffle,
            auto_reset=auto_reset,
            weights=arguments.weights,
            threads=default_threads(int(worlds)) if arguments.threads is None else arguments.threads,
            level_roster=arguments.level_roster,
        )
        self.worlds = int(worlds)
        self.seats = len(arguments.teams)
        self.rows_per_world = self.seats if arguments.every_seat else 1
        self.rows = self.worlds * self.rows_per_world
        self.first_world = first_world
        self._driver = BotDriver(self.worlds, self.seats)
        self.bots = Bots(self._driver.bot_ids, self._driver.state, self._driver.rng)
        self.bots.ids[:, arguments.players[:, 0]] = arguments.players[:, 1]
        self.seating = self._new_seating()
        self._onlookers: BotDriver | None = None
        self._brains: SeatedBrains | None = None
        if arguments.brains:
            heat = arguments.brain_temperature
            self._brains = SeatedBrains(arguments.brains, heat, self.worlds, self.seats, first_world)
        self._reaction: Reaction | None = None
        if arguments.delay is not None:
            self._reaction = Reaction(arguments.delay, self.rows, first_world * self.rows_per_world)

    def _new_seating(self) -> Seating:
        arguments = self.arguments
        row_seat = np.zeros((self.worlds, self.rows_per_world), np.int64)
        if arguments.every_seat:
            row_seat[:] = np.arange(self.seats)
        return Seating(
            row_seat=row_seat,
            last_seat=row_seat.copy(),
            out=np.zeros_like(row_seat),
            last_opponent=np.full(self.worlds, NO_BOT, np.int64),
            opponent=np.full(self.worlds, NO_BOT, np.int64),
            ally=np.full(self.worlds, NO_BOT, np.int64),
            rng=np.zeros((self.worlds, 2), np.uint64),
            team=np.array([arguments.side], np.int64),
            opponents=arguments.opponents,
            allies=arguments.allies,
        )

    @property
    def reflexes(self) -> bool:
        """Whether observations have a row's delay and its last decision (`game.match.reflexes`)."""
        return self._reaction is not None

    @property
    def observation_size(self) -> int:
        """Numbers in a row's observation."""
        return OBSERVATION_SIZE if self._reaction is None else FULL_SIZE

    def part(self, first: int, last: int) -> "Engine":
        """Return worlds first..last-1, after `begin`, as a separate engine on the same arrays, for another thread."""
        other = copy.copy(self)
        other.worlds = last - first
        other.rows = other.worlds * self.rows_per_world
        other.first_world = self.first_world + first
        batch = other.batch = copy.copy(self.batch)
        batch.world = _share(batch.world, first, last)
        batch.io = _share(batch.io, first, last, "pool", "level_roster")
        batch.threads = WorldThreads(other.worlds)
        other.bots = _share(self.bots, first, last)
        other.seating = _share(self.seating, first, last, "team", "opponents", "allies")
        if self._brains is not None:
            other._brains = copy.copy(self._brains)
            other._brains.streams = self._brains.streams[first:last]
            other._brains.last = self._brains.last[first:last]
        if self._reaction is not None:
            other._reaction = self._reaction.part(first * self.rows_per_world, last * self.rows_per_world)
        return other

    def begin(self, seeds: Sequence[int] | int | None) -> Rows:
        """Begin a new match in every world. In the returned rows only observations and active are valid.

        seeds: one for all worlds, which then differ by their number; or one per world, each used as in a single
        world of number 0; None: the streams continue.
        """
        if seeds is not None:
            table = np.zeros(self.worlds, np.int64)
            numbers = np.zeros(self.worlds, np.int64)
            if isinstance(seeds, (int, np.integer)):
                table[:] = _signed(seeds)
                numbers[:] = np.arange(self.first_world, self.first_world + self.worlds)
            elif len(seeds) == self.worlds:
                table[:] = [_signed(seed) for seed in seeds]
            else:
                raise ValueError(
                    f"seed: expected one number, or one for each of {self.worlds} worlds, found {len(seeds)}"
                )
            with np.errstate(over="ignore"):
                kernels.seed_streams(self.batch.io.match_rng, self.seating, self.bots, table, numbers)
            if self._brains is not None:
                self._brains.begin(seeds)
            if self._reaction is not None:
                self._reaction.begin(seeds, self.rows_per_world)
        if self._brains is not None:
            self._brains.last[:] = 0
        rows = self._new_rows()
        batch = self.batch
        batch.threads.run(
            kernels.begin_rows,
            batch.world,
            batch.levels,
            batch.io,
            batch.options,
            self.bots,
            self.seating,
            rows,
        )
        if self.arguments.stagger:
            self._stagger()
        return self._with_reflexes(rows, np.ones(self.worlds, np.bool_))

    def step(self, actions: IntArray) -> Rows:
        """Step every world by one decision; actions (rows, 5) int64.

        Raises ValueError for an action out of range.
        """
        self._check(actions)
        rows = self._new_rows()
        batch = self.batch
        if self._reaction is not None:
            actions = self._reaction.delay_actions(actions)
        if self._brains is not None:
            self._brains.act(batch.io.observations, self.bots.ids, batch.io.npc_actions)
        batch.threads.run(
            kernels.step_rows,
            batch.world,
            batch.levels,
            batch.io,
            batch.options,
            batch.weights,
            self.bots,
            self.seating,
            rows,
            actions,
        )
        over = batch.io.ended != 0
        if self._brains is not None:
            self._brains.last[over] = (
                0  # here, because a saved state and a resting world do not store the end of a match
            )
        return self._with_reflexes(rows, over if batch.options.auto_reset else np.zeros_like(over))

    def _with_reflexes(self, rows: Rows, begun: BoolArray) -> Rows:
        """Return the rows, with reflex slots appended if there are any; `begun` (N,): worlds with a new match."""
        if self._reaction is None:
            return rows
        over = np.repeat(begun, self.rows_per_world)
        return rows._replace(observations=self._reaction.add_reflexes(rows.observations, rows.active, over))

    def snapshot(self, worlds: BoolArray) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return copies of the state of some worlds (N,), for `restore`."""
        return {name: array[worlds] for name, array in self._state_arrays().items()}

    def restore(self, worlds: BoolArray, taken: Mapping[str, "np.ndarray[Any, Any]"]) -> None:
        """Undo the last step for these worlds, also the end of a match in it."""
        for name, array in self._state_arrays().items():
            array[worlds] = taken[name]
        self.batch.io.ended[worlds] = 0

    def results(self) -> Results | None:
        """Return the results of the matches that ended in the last step, None if none did."""
        io = self.batch.io
        if not io.ended.any():
            return None
        worlds = np.arange(self.worlds)[:, None]
        seats = self.seating.last_seat
        over = io.ended != 0

        def per_row(values: IntArray) -> IntArray:
            """Spread (N,) or (N, R) over the rows, zero where no match ended."""
            spread = np.broadcast_to(values.reshape(self.worlds, -1), seats.shape)
            return np.where(over[:, None], spread, 0).reshape(-1)

        return Results(
            ended=per_row(over) != 0,
            outcome=per_row(io.outcome[worlds, seats]),
            score=per_row(io.score[worlds, seats]),
            ticks=per_row(io.ticks),
            level=per_row(io.level),
            timed_out=per_row(io.truncated[:, 0]) != 0,
            team=per_row(np.array(self.arguments.teams, np.int64)[seats]),
            opponent=per_row(self.seating.last_opponent),
        )

    def final_observations(self, ended: "np.ndarray[Any, Any]") -> SenseArray:
        """Return the last observations (rows, D) where `ended`; zeros elsewhere and for destroyed tanks."""
        out = np.zeros((self.rows, self.observation_size), np.float32)
        io = self.batch.io
        chosen = np.flatnonzero(ended)
        worlds = chosen // self.rows_per_world
        over = io.ended[worlds] != 0  # elsewhere the row's tank is not alive, and observes zeros
        seats = self.seating.last_seat[worlds, chosen % self.rows_per_world]
        seen, rows = io.final_observations[worlds[over], seats[over]], chosen[over]
        out[rows, :OBSERVATION_SIZE] = seen
        if self._reaction is not None:
            living = (seen != 0).any(1)
            out[rows[living], OBSERVATION_SIZE:] = self._reaction.final_reflexes(rows[living])
        return out

    def assign_bots(self, rows: Sequence[int] | IntArray, names: Sequence[str | None]) -> None:
        """Let bots play these rows from now on, until the next assignment; None gives a row back to the caller.

        Raises ValueError with `seats="learner"`, or for an unknown row or name.
        """
        if not self.arguments.every_seat:
            raise ValueError("assign_bots: expected an environment made with seats='all'")
        table = np.asarray(rows, np.int64).reshape(-1)
        if len(table) != len(names):
            raise ValueError(
                f"assign_bots: expected a name for each of {len(table)} rows, found {len(names)}"
            )
        if table.size and (table.min() < 0 or table.max() >= self.rows):
            raise ValueError(f"assign_bots: expected rows 0 to {self.rows - 1}, found {table.tolist()}")
        ids = [NO_BOT if name is None else bot_id(name) for name in names]
        self.bots.ids.reshape(-1)[table] = ids
        self.bots.state.reshape(self.rows, -1)[table] = 0

    def bot_actions(self, names: Sequence[str | None]) -> IntArray:
        """Return the actions that bots of these names would choose now in each row, int64 (rows, 5), zeros for None.

        These bots do not play. They have their own memory, which is cleared with each match: call this once per step.
        Raises ValueError for another number of names or an unknown name.
        """
        if len(names) != self.rows:
            raise ValueError(f"bot_actions: expected a name for each of {self.rows} rows, found {len(names)}")
        if self._onlookers is None:
            self._onlookers = BotDriver(self.worlds, self.seats, first_world=self.first_world)
        driver, worlds = self._onlookers, np.arange(self.worlds)[:, None]
        seats = self.seating.row_seat
        ids = {name: NO_BOT if name is None else bot_id(name) for name in set(names)}
        driver.bot_ids[:] = NO_BOT
        driver.bot_ids[worlds, seats] = np.array([ids[name] for name in names], np.int64).reshape(seats.shape)
        driver.reset_ended(self.batch.io.ended)
        actions = np.zeros(self.batch.io.npc_actions.shape, np.int64)
        driver.decide(self.batch.io.observations, actions)
        found: IntArray = actions[worlds, seats].reshape(self.rows, -1)
        return found

    def state_dict(self) -> dict[str, Any]:
        """Return copies of everything that `load_state_dict` needs to continue bit-identically."""
        saved: dict[str, Any] = {
            "format": STATE_FORMAT,
            "levels": [level.digest for level in self.arguments.levels],
        }
        return saved | {name: array.copy() for name, array in self._state_arrays().items()}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Continue from a `state_dict` of an engine made with the same arguments.

        Raises a ValueError, with nothing changed, that names what is missing, does not fit or is outside its range
        (`env.saved`).
        """
        levels = [level.digest for level in self.arguments.levels]
        if saved.get("format") != STATE_FORMAT:
            raise ValueError(f"state › format: expected {STATE_FORMAT}, found {saved.get('format')!r}")
        if saved.get("levels") != levels:
            raise ValueError("state › levels: expected the levels of this environment, found others")
        arrays = self._state_arrays()
        if (
            "brains.last" in arrays and "brains.last" not in saved
        ):  # saved before the last decisions of brains were stored
            saved = {**saved, "brains.last": np.zeros_like(arrays["brains.last"])}
        for name, target in arrays.items():
            _check_array(name, saved.get(name), target)
        brains = len(self.arguments.brains)
        check_state({name: saved[name] for name in arrays}, self.batch.levels, self.seats, brains)
        for name, target in arrays.items():
            np.copyto(target, saved[name])

    def set_threads(self, threads: int) -> None:
        """Change the number of threads that share the worlds; the results do not depend on it."""
        self.batch.threads.close()
        self.batch.threads = WorldThreads(self.worlds, max(1, min(threads, self.worlds)))

    def close(self) -> None:
        """End the threads and release the arrays."""
        self.batch.threads.close()
        release_arguments()

    def _state_arrays(self) -> dict[str, "np.ndarray[Any, Any]"]:
        arrays: dict[str, np.ndarray[Any, Any]] = {
            f"world.{name}": getattr(self.batch.world, name) for name in st.World._fields
        }
        for name in ("npc_actions", "observations", "final_observations", "way", "match_rng", "roster"):
            arrays[f"batch.{name}"] = getattr(self.batch.io, name)
        for name in Bots._fields:
            arrays[f"bots.{name}"] = getattr(self.bots, name)
        for name in ("row_seat", "out", "opponent", "ally", "rng"):
            arrays[f"seating.{name}"] = getattr(self.seating, name)
        if self._brains is not None:
            arrays["brains.streams"], arrays["brains.last"] = self._brains.streams, self._brains.last
        if self._reaction is not None:
            shape = self.worlds, self.rows_per_world
            for name, array in self._reaction.arrays().items():
                arrays[f"reaction.{name}"] = array.reshape(*shape, *array.shape[1:])
        return arrays

    def _new_rows(self) -> Rows:
        return Rows(
            observations=np.empty((self.rows, OBSERVATION_SIZE), np.float32),
            rewards=np.zeros(self.rows),
            terminated=np.zeros(self.rows, np.bool_),
            truncated=np.zeros(self.rows, np.bool_),
            active=np.zeros(self.rows, np.bool_),
        )

    def _stagger(self) -> None:
        """Give the first matches different time limits, so that they do not all end in the same step."""
        head = self.batch.world.head
        turn = np.arange(self.first_world, self.first_world + self.worlds) % STAGGER_STEPS + 1
        head[:, st.TIME_LIMIT] = np.maximum(
            head[:, st.TIME_LIMIT] * turn // STAGGER_STEPS, rules.TICKS_PER_SECOND
        )

    def _check(self, actions: IntArray) -> None:
        if actions.shape != (self.rows, len(HEAD_SIZES)):
            raise ValueError(f"actions: expected shape {(self.rows, len(HEAD_SIZES))}, found {actions.shape}")
        wrong = (actions < 0) | (actions >= HEAD_SIZES)
        if wrong.any():
            row, head = np.argwhere(wrong)[0].tolist()
            name, size = rules.ACTION_HEADS[head]
            raise ValueError(
                f"actions › row {row} › {name}: expected 0 to {size - 1}, found {actions[row, head]}"
            )


def _share(arrays: Any, first: int, last: int, *whole: str) -> Any:
    """Return a named tuple of arrays (N, ...) with the rows first..last-1, without copies; arrays in `whole` stay whole."""
    own = {name: getattr(arrays, name)[first:last] for name in arrays._fields if name not in whole}
    return arrays._replace(**own)


def _check_array(name: str, found: Any, target: "np.ndarray[Any, Any]") -> None:
    wanted = f"{target.dtype} {target.shape}"
    if not isinstance(found, np.ndarray):
        raise ValueError(f"state › {name}: expected {wanted}, found {type(found).__name__}")
    if found.shape != target.shape or found.dtype != target.dtype:
        raise ValueError(f"state › {name}: expected {wanted}, found {found.dtype} {found.shape}")


def _signed(seed: Any) -> int:
    """Return a seed as an int64; larger whole numbers wrap around."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ValueError(f"seed: expected a whole number, found {seed!r}")
    wrapped = int(seed) & 0xFFFF_FFFF_FFFF_FFFF
    return wrapped - (1 << 64) if wrapped >> 63 else wrapped
