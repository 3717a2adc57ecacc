"""`Reaction`: rows whose actions take effect after a delay, which they observe (`game.match.reflexes`).

A delay is a whole number of decisions here; in the game it may be any number of ticks. Each row draws its delay for every
match.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from agents.sampling import draw_uint32, make_streams
from game.core import rules
from game.core.sim.arrays import BoolArray, IntArray, SenseArray, WordArray
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from game.match.reflexes import FULL_SIZE, MOST_SENSED, REFLEX_SIZE, write_reflexes

Delay = int | Sequence[int] | Mapping[Any, float]

_QUEUE: Final = (
    MOST_SENSED // rules.DECISION_PERIOD + 1
)  # length of the queue of decisions, the newest included
_AIM: Final = OFFSETS["own_aim"]
_SALT: Final = 0x5EED_DE1A  # differs from the streams of brains, which use the seed itself
_DRAWS: Final = 1 << 32


def parse_delay(given: Delay) -> IntArray:
    """Return (K, 2) int64: delays in decisions and their cumulative shares of 2**32. Raises ValueError.

    Accepted: 12, [0, 24] (every multiple of DECISION_PERIOD from 0 to 24, equally often) and {0: 3, 12: 1} (weights).
    """
    weights: dict[int, float]
    if isinstance(given, Mapping):
        weights = {_ticks(ticks): _weight(ticks, weight) for ticks, weight in given.items()}
    elif isinstance(given, (list, tuple)):
        ends = [_ticks(ticks) for ticks in given]
        if len(ends) != 2 or ends[0] > ends[1]:
            raise ValueError(f"delay: expected the least and the most ticks, found {list(given)!r}")
        weights = dict.fromkeys(range(ends[0], ends[1] + 1, rules.DECISION_PERIOD), 1.0)
    else:
        weights = {_ticks(given): 1.0}
    if not sum(weights.values()):
        raise ValueError(f"delay: expected a delay with a weight above 0, found {given!r}")
    table = np.zeros((len(weights), 2), np.int64)
    table[:, 0] = [ticks // rules.DECISION_PERIOD for ticks in weights]
    table[:, 1] = np.rint(np.cumsum(list(weights.values())) / sum(weights.values()) * _DRAWS)
    return table


def _ticks(value: Any) -> int:
    period = rules.DECISION_PERIOD
    if isinstance(value, str) and value.isdecimal():  # a key of a TOML table
        value = int(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or not 0 <= value <= MOST_SENSED
        or value % period
    ):
        raise ValueError(
            f"delay: expected ticks, a multiple of {period} from 0 to {MOST_SENSED}, found {value!r}"
        )
    return value


def _weight(ticks: Any, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e9:
        raise ValueError(f"delay › {ticks}: expected a weight of at least 0, found {value!r}")
    return float(value)


class Reaction:
    """The delays of R rows, and their queues of decisions that have not taken effect yet."""

    def __init__(self, delays: IntArray, rows: int, first_row: int) -> None:
        """`delays`: from `parse_delay`; call `begin` next."""
        heads = len(rules.ACTION_HEADS)
        self._delays, self._first_row = delays, first_row
        self.streams: WordArray = np.zeros((rows, 2), np.uint64)
        self.delay: IntArray = np.zeros(rows, np.int64)  # decisions
        self.queue: IntArray = np.zeros((rows, _QUEUE, heads), np.int64)  # the newest first
        self.last: IntArray = np.zeros((rows, heads), np.int64)
        self.awake: IntArray = np.zeros(rows, np.int64)
        self._final = np.zeros((rows, REFLEX_SIZE), np.float32)

    def part(self, first: int, last: int) -> "Reaction":
        """Return rows first..last-1 on the same arrays."""
        other = object.__new__(Reaction)
        other._delays, other._first_row = self._delays, self._first_row + first
        for name in ("streams", "delay", "queue", "last", "awake", "_final"):
            setattr(other, name, getattr(self, name)[first:last])
        return other

    def arrays(self) -> dict[str, "np.ndarray[Any, Any]"]:
        """Return all arrays of a saved state, by name."""
        return {name: getattr(self, name) for name in ("streams", "delay", "queue", "last", "awake")}

    def begin(self, seeds: Sequence[int] | int | None, rows_per_world: int) -> None:
        """Seed the streams, with one seed and the rows' numbers, or with a seed for each world; None: they continue."""
        if isinstance(seeds, int | np.integer):
            self.streams[:] = make_streams(int(seeds) ^ _SALT, len(self.streams), self._first_row)
        elif seeds is not None:
            for world, seed in enumerate(seeds):
                rows = slice(world * rows_per_world, (world + 1) * rows_per_world)
                self.streams[rows] = make_streams(int(seed) ^ _SALT, rows_per_world)

    def start(self, rows: BoolArray, observations: SenseArray) -> None:
        """Begin a match of these rows (R,): a new delay, an empty queue; observations (R, >= OBSERVATION_SIZE)."""
        chosen = np.flatnonzero(rows)
        own = self.streams[chosen]
        drawn = draw_uint32(own).astype(np.int64)
        self.streams[chosen] = own
        self.delay[chosen] = self._delays[np.searchsorted(self._delays[:, 1], drawn, side="right"), 0]
        turret = observations[chosen, _AIM : _AIM + 2].astype(np.float64)
        aim = (
            np.rint(np.arctan2(turret[:, 1], turret[:, 0]) * rules.AIMS / (2 * np.pi)).astype(np.int64)
            % rules.AIMS
        )
        standing = np.zeros((len(chosen), len(rules.ACTION_HEADS)), np.int64)
        standing[:, 1], standing[:, 2] = aim // rules.POSITIONS, aim % rules.POSITIONS
        self.queue[chosen] = standing[:, None]
        self.last[chosen] = 0

    def delay_actions(self, actions: IntArray) -> IntArray:
        """Add decisions (R, 5) to the queues and return those that take effect now."""
        self.last[:] = np.where(self.awake[:, None] != 0, actions, 0)
        self.queue[:, 1:] = self.queue[:, :-1].copy()
        self.queue[:, 0] = self.last
        due: IntArray = self.queue[np.arange(len(self.queue)), self.delay]
        return due

    def add_reflexes(self, observations: SenseArray, active: BoolArray, over: BoolArray) -> SenseArray:
        """Return observations (R, OBSERVATION_SIZE) with reflex slots appended; rows without a living tank keep zeros.

        Where a match ended (`over`) the next one begins here, after its final reflexes were stored.
        """
        write_reflexes(self._final, self.delay * rules.DECISION_PERIOD, self.last)
        if over.any():
            self.start(over, observations)
        self.awake[:] = active
        self.last[~active] = 0
        full = np.zeros((len(observations), FULL_SIZE), np.float32)
        full[:, :OBSERVATION_SIZE] = observations
        write_reflexes(full[:, OBSERVATION_SIZE:], self.delay * rules.DECISION_PERIOD, self.last)
        full[~active, OBSERVATION_SIZE:] = 0
        return full

    def final_reflexes(self, rows: IntArray) -> SenseArray:
        """Return the reflex slots of these rows in the last step before a new match began, (n, REFLEX_SIZE)."""
        return self._final[rows]
