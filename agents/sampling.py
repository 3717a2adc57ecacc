"""Seeded, replayable action sampling: logits in, integers out. NumPy alone.

Each seat owns a stream of PCG32 (O'Neill 2014, pcg32_random_r), a 64-bit integer generator; a draw depends only on the stream.
Streams are rows of a uint64 array (state, increment) that sampling advances in place.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.errors import BrainFailure

Streams = NDArray[np.uint64]  # (rows, 2): state, increment

_MULTIPLIER = np.uint64(6364136223846793005)


DISCRETE, BOX = "discrete", "box"
MASKED = -1e8  # the logit of a choice that a mask forbids: finite, and 0 after exp()
Bounds = tuple[float | None, ...]  # None = unbounded


class Head(NamedTuple):
    """A part of an action.

    A *discrete* head is one integer, `size` its choices; it has a column of logits for each. A *box* head is `size` real
    numbers, each drawn from its own normal distribution; its columns are all means, then all logarithms of standard deviations,
    in the units of the action. Drawn numbers are clipped to `low` and `high`; with `squash` tanh maps them into the box: low +
    (high - low) (tanh x + 1) / 2.
    """

    name: str
    size: int
    kind: str = DISCRETE
    low: Bounds = ()
    high: Bounds = ()
    squash: bool = False

    @property
    def columns(self) -> int:
        """How many columns of a model's logits belong to this head."""
        return 2 * self.size if self.kind == BOX else self.size

    def line(self) -> str:
        """A line for the user: the head's name, its choices or numbers, and whether numbers are clipped or squashed."""
        if self.kind == DISCRETE:
            return f"{self.name} {self.size}"
        way = "squashed" if self.squash else "clipped"
        return f"{self.name} {self.size} numbers, {way} to {list(self.low)!s:.60} ... {list(self.high)!s:.60}"

    def inside(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """The actions that the environment gets, (rows, size), for numbers drawn by a box head."""
        low = np.array([-np.inf if bound is None else bound for bound in self.low])
        high = np.array([np.inf if bound is None else bound for bound in self.high])
        if self.squash:
            values = low + (high - low) * (np.tanh(np.asarray(values, np.float64)) + 1.0) / 2.0
        inside: NDArray[np.float32] = np.clip(values, low, high).astype(np.float32)
        return inside


def box_head(heads: Sequence[Head]) -> Head | None:
    """The one box head of continuous actions; None if the actions are discrete."""
    return heads[0] if heads and heads[0].kind == BOX else None


def no_actions(heads: Sequence[Head], rows: int) -> NDArray[Any]:
    """Zeros of the shape and type of a batch of actions: integers (rows, heads), or float32 (rows, size of a box)."""
    box = box_head(heads)
    if box is not None:
        return np.zeros((rows, box.size), dtype=np.float32)
    return np.zeros((rows, len(heads)), dtype=np.int64)


def apply_mask(logits: NDArray[np.floating], mask: NDArray[np.bool_] | None) -> NDArray[np.floating]:
    """Logits with MASKED where `mask` (rows, columns) forbids a choice; all of them without a mask."""
    return logits if mask is None else np.where(mask, logits, logits.dtype.type(MASKED))


def make_streams(seed: int, rows: int, first: int = 0) -> Streams:
    """Independent PCG32 streams number `first` to `first + rows - 1` of `seed`."""
    with np.errstate(over="ignore"):
        numbers = np.arange(first, first + rows, dtype=np.uint64)
        streams = np.zeros((rows, 2), dtype=np.uint64)
        streams[:, 1] = (numbers << np.uint64(1)) | np.uint64(1)
        draw_uint32(streams)
        streams[:, 0] += np.uint64(seed & 0xFFFF_FFFF_FFFF_FFFF)
        draw_uint32(streams)
    return streams


def draw_uint32(streams: Streams) -> NDArray[np.uint64]:
    """The next 32 random bits of every stream, (rows,); advances the streams."""
    with np.errstate(over="ignore"):
        state = streams[:, 0].copy()
        streams[:, 0] = state * _MULTIPLIER + streams[:, 1]
        return _permute(state)


def _permute(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The 32 random bits of a state (XSH-RR)."""
    mixed = (((state >> np.uint64(18)) ^ state) >> np.uint64(27)) & np.uint64(0xFFFF_FFFF)
    turn = state >> np.uint64(59)
    back = (np.uint64(32) - turn) & np.uint64(31)
    rotated: NDArray[np.uint64] = ((mixed >> turn) | (mixed << back)) & np.uint64(0xFFFF_FFFF)
    return rotated


def sample_actions(
    logits: NDArray[np.floating],
    heads: Sequence[Head],
    temperature: float | NDArray[np.floating],
    streams: Streams,
) -> NDArray[Any]:
    """One action per row from logits (rows, columns of all heads): integers (rows, heads), or float32 (rows, size) of a box.

    `temperature` is one number or one per row; at 0 the likeliest choice is taken, or the mean of a box; it scales the standard
    deviation of a box. Every row draws once per head, twice for each number of a box, at any temperature, so that a change of
    difficulty does not shift its stream. Raises BrainFailure on NaN or infinity.
    """
    width = sum(head.columns for head in heads)
    if logits.ndim != 2 or logits.shape[1] != width:
        raise BrainFailure(f"logits: expected {width} per row, found shape {logits.shape}")
    if not np.isfinite(logits).all():
        raise BrainFailure(f"logits: expected finite numbers, found {logits[~np.isfinite(logits)][0]}")
    rows = len(logits)
    box = box_head(heads)
    if box is not None:
        return box.inside(_sample_box(logits, box.size, temperature, streams))
    draws = _draw_heads(streams, len(heads)) * 2.0**-32
    columns = np.array(
        logits.T, dtype=np.float64, order="C"
    )  # sums over choices are fast along the first axis
    heat = np.broadcast_to(np.asarray(temperature, dtype=np.float64), (rows,))
    cold = heat <= 0.0
    some_cold = bool(cold.any())
    warmth = np.where(cold, 1.0, heat)
    actions = np.empty((rows, len(heads)), dtype=np.int64)
    at = 0
    for number, head in enumerate(heads):
        of_head = columns[at : at + head.size]
        at += head.size
        of_head -= of_head.max(axis=0)
        ladder = np.exp(of_head / warmth).cumsum(axis=0)
        # Rounding may put the draw at the end of the last interval: the choice must stay valid.
        choice = (ladder[:-1] <= draws[:, number] * ladder[-1]).sum(axis=0)
        actions[:, number] = np.where(cold, of_head.argmax(axis=0), choice) if some_cold else choice
    return actions


def _sample_box(
    logits: NDArray[np.floating], size: int, temperature: float | NDArray[np.floating], streams: Streams
) -> NDArray[np.float64]:
    """Independent normal numbers, (rows, size), by Box and Muller (1958)."""
    draws = _draw_heads(streams, 2 * size).astype(np.float64)
    radius = np.sqrt(-2.0 * np.log((draws[:, :size] + 1.0) * 2.0**-32))
    noise = radius * np.cos(2.0 * np.pi * 2.0**-32 * draws[:, size:])
    columns = logits.astype(np.float64)
    heat = np.maximum(np.broadcast_to(np.asarray(temperature, dtype=np.float64), (len(logits),)), 0.0)
    numbers: NDArray[np.float64] = columns[:, :size] + heat[:, None] * np.exp(columns[:, size:]) * noise
    return numbers


def _draw_heads(streams: Streams, heads: int) -> NDArray[np.uint64]:
    """As many draws of `draw_uint32` of every stream, (rows, heads); advances the streams."""
    with np.errstate(over="ignore"):
        states = np.empty((len(streams), heads), dtype=np.uint64)
        state = streams[:, 0].copy()
        for head in range(heads):
            states[:, head] = state
            state = state * _MULTIPLIER + streams[:, 1]
        streams[:, 0] = state
        return _permute(states)
