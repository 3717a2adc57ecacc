"""A hash of a world's whole state: equal hashes mean equal worlds, on every platform."""

from typing import Any

import numpy as np

from game.sim.jit import jit
from game.sim.state import HEIGHT, N_EVENTS, STATE_FIELDS, STRIDE, World

_OFFSET = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_SHIFT = np.uint64(29)


@jit
def _mix(digest, values):  # type: ignore[no-untyped-def]
    """Fold a flat array into the digest: FNV-1a over 64-bit words; a shift carries high bits to low ones."""
    for n in range(values.shape[0]):
        digest = (digest ^ np.uint64(values[n])) * _PRIME
        digest ^= digest >> _SHIFT
    return digest


def _flat(world: World, name: str, w: int) -> "np.ndarray[Any, Any]":
    """Return what counts of a state field of world `w`, flat: no events, no cells beyond the level."""
    array: np.ndarray[Any, Any] = getattr(world, name)[w]
    flat = array.reshape(-1)
    if name == "terrain":
        return flat[: int(world.head[w, STRIDE] * (world.head[w, HEIGHT] + 2))]
    if name == "head":
        flat = flat.copy()
        flat[N_EVENTS] = 0
    return flat


def world_hash(world: World, w: int = 0) -> int:
    """Return the 64-bit hash of world `w`: every state field, in order, events left out.

    Cells beyond the level (a batch may hold larger ones) do not count.
    """
    digest = _OFFSET
    with np.errstate(over="ignore"):
        for name in STATE_FIELDS:
            digest = np.uint64(_mix(digest, _flat(world, name, w)))  # numba takes a plain int for int64
    return int(digest)


def field_hashes(world: World, w: int = 0) -> list[int]:
    """Return the 64-bit hash of each of STATE_FIELDS of world `w`, which tells where two worlds differ."""
    with np.errstate(over="ignore"):
        return [int(_mix(_OFFSET, _flat(world, name, w))) for name in STATE_FIELDS]


def array_hash(array: "np.ndarray[Any, Any]") -> int:
    """Return the 64-bit hash of an array's bytes (an observation, say), exact to the last bit."""
    data = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    with np.errstate(over="ignore"):
        return int(_mix(_OFFSET, data))
