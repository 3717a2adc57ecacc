"""Seeded, replayable action sampling: logits in, integers out. NumPy alone.

Each seat owns a stream of PCG32 (O'Neill 2014, pcg32_random_r), a 64-bit integer generator; a draw depends on
nothing but the stream. Streams are rows of a uint64 array (state, increment) that sampling advances in place.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.errors import BrainFailure

Streams = NDArray[np.uint64]  # (rows, 2): state, increment

_MULTIPLIER = np.uint64(6364136223846793005)


class Head(NamedTuple):
    """One integer of an action: its name and how many choices it has."""

    name: str
    size: int


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
) -> NDArray[np.int64]:
    """One action per row, shape (rows, heads), from logits of shape (rows, sum of head sizes).

    `temperature` is one number or one per row; at 0 the likeliest choice is taken. Every row draws once per
    head at any temperature, so that a change of difficulty does not shift its stream. Raises BrainFailure on
    NaN or infinity.
    """
    layout = _layout(tuple(head.size for head in heads))
    if logits.ndim != 2 or logits.shape[1] != layout.width:
        raise BrainFailure(f"logits: expected {layout.width} per row, found shape {logits.shape}")
    if not np.isfinite(logits).all():
        raise BrainFailure(f"logits: expected finite numbers, found {logits[~np.isfinite(logits)][0]}")
    rows = len(logits)
    draws = np.empty((rows, len(heads), 1), dtype=np.float64)
    for head in range(len(heads)):
        draws[:, head, 0] = draw_uint32(streams)
    draws *= 2.0**-32
    padded = np.where(layout.real, logits[:, layout.column], -np.inf).astype(np.float64)
    padded -= padded.max(axis=2, keepdims=True)
    heat = np.broadcast_to(np.asarray(temperature, dtype=np.float64), (rows,))
    cold = heat <= 0.0
    weights = np.exp(padded / np.where(cold, 1.0, heat)[:, None, None])
    ladder = weights.cumsum(axis=2)
    choice = (ladder <= draws * ladder[:, :, -1:]).sum(axis=2)
    # Rounding may leave the draw on the last rung: the choice must stay a real one.
    choice = np.minimum(choice, layout.sizes - 1)
    if cold.any():
        choice = np.where(cold[:, None], padded.argmax(axis=2), choice)
    actions: NDArray[np.int64] = choice.astype(np.int64)
    return actions


class _Layout(NamedTuple):
    width: int
    column: NDArray[np.int64]  # (heads, longest) the logit of each choice
    real: NDArray[np.bool_]  # (heads, longest) False where a head is shorter
    sizes: NDArray[np.int64]


@lru_cache(maxsize=64)
def _layout(sizes: tuple[int, ...]) -> _Layout:
    """Where the choices of each head lie, padded to the longest head."""
    counts = np.array(sizes, dtype=np.int64)
    starts = np.cumsum(counts) - counts
    index = np.arange(int(counts.max()))
    real = index < counts[:, None]
    column = np.where(real, starts[:, None] + index, 0)
    return _Layout(int(counts.sum()), column, real, counts)
