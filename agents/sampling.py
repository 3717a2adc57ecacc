"""Seeded, replayable action sampling: logits in, integers out. NumPy alone.

Each seat owns a stream of PCG32 (O'Neill 2014, pcg32_random_r), a 64-bit integer generator; a draw depends on
nothing but the stream. Streams are rows of a uint64 array (state, increment) that sampling advances in place.
"""

from collections.abc import Sequence
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
) -> NDArray[np.int64]:
    """One action per row, shape (rows, heads), from logits of shape (rows, sum of head sizes).

    `temperature` is one number or one per row; at 0 the likeliest choice is taken. Every row draws once per
    head at any temperature, so that a change of difficulty does not shift its stream. Raises BrainFailure on
    NaN or infinity.
    """
    width = sum(head.size for head in heads)
    if logits.ndim != 2 or logits.shape[1] != width:
        raise BrainFailure(f"logits: expected {width} per row, found shape {logits.shape}")
    if not np.isfinite(logits).all():
        raise BrainFailure(f"logits: expected finite numbers, found {logits[~np.isfinite(logits)][0]}")
    rows = len(logits)
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
        # Rounding may leave the draw on the last rung: the choice must stay a real one.
        choice = (ladder[:-1] <= draws[:, number] * ladder[-1]).sum(axis=0)
        actions[:, number] = np.where(cold, of_head.argmax(axis=0), choice) if some_cold else choice
    return actions


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
