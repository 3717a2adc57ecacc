"""A hash of a world's whole state: equal hashes mean equal worlds, on every platform."""

from typing import Any

import numpy as np

from game.sim.jit import jit
from game.sim.state import STATE_FIELDS, World

_OFFSET = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_SHIFT = np.uint64(29)


@jit
def _mix(digest, values):  # type: ignore[no-untyped-def]
    """Fold a flat array into the digest: FNV-1a over 64-bit words, with a shift so that high bits reach low ones."""
    for n in range(values.shape[0]):
        digest = (digest ^ np.uint64(values[n])) * _PRIME
        digest ^= digest >> _SHIFT
    return digest


def world_hash(world: World, w: int = 0) -> int:
    """Return the 64-bit hash of world `w`: every state field, in order, events left out.

    Cells beyond the level (a batch may hold larger ones) do not count.
    """
    from game.sim import state as st

    digest = _OFFSET
    cells = int(world.head[w, st.STRIDE] * (world.head[w, st.HEIGHT] + 2))
    with np.errstate(over="ignore"):
        for name in STATE_FIELDS:
            array: np.ndarray[Any, Any] = getattr(world, name)[w]
            flat = array.reshape(-1)
            if name == "terrain":
                flat = flat[:cells]
            elif name == "head":
                flat = flat.copy()
                flat[st.N_EVENTS] = 0
            digest = _mix(digest, flat)
    return int(digest)


def array_hash(array: "np.ndarray[Any, Any]") -> int:
    """Return the 64-bit hash of an array's bytes (an observation, say), exact to the last bit."""
    data = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    with np.errstate(over="ignore"):
        return int(_mix(_OFFSET, data))
