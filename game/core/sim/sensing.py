"""Shared parts of the observation kernels: scales, and lists of the few nearest objects."""

from typing import Final

from game.core import rules
from game.core.sim.arrays import IntArray
from game.core.sim.jit import jit, jit_inline
from game.core.sim.slots import FAR_TILES

FAR: Final = FAR_TILES * rules.SU_PER_TILE  # su; a distance of 1.0
FARTHEST: Final = 1 << 60  # larger than any distance


@jit
def clip_far(value: int) -> float:
    """Return su as a fraction of FAR_TILES, clipped to -1..1."""
    return min(max(value, -FAR), FAR) / FAR


@jit
def clip_velocity(value: int) -> float:
    """Return su per tick / 128, clipped to -1..1."""
    return min(max(value, -128), 128) * 0.0078125


@jit
def clear_nearest(scratch: IntArray, size: int) -> None:
    """Clear a list of the `size` nearest: scratch[0:size] holds numbers, -1 for none, the next `size` entries distances."""
    for n in range(size):
        scratch[n] = -1
        scratch[size + n] = FARTHEST


@jit_inline
def keep_nearest(scratch: IntArray, size: int, number: int, distance: int) -> None:
    """Insert a number into the list of the `size` nearest, nearest first, if it is near enough; ties stay in order."""
    for n in range(size):
        if distance < scratch[size + n]:
            for later in range(size - 1, n, -1):
                scratch[later] = scratch[later - 1]
                scratch[size + later] = scratch[size + later - 1]
            scratch[n] = number
            scratch[size + n] = distance
            return
