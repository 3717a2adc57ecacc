"""A hash of a world's whole state: equal hashes mean equal worlds, on every platform."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from game.core.sim import state as st
from game.core.sim.arrays import IntArray, int64
from game.core.sim.jit import jit
from game.core.sim.state import STATE_FIELDS, World

_OFFSET = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_SHIFT = np.uint64(29)


# Every column of the state, in the order of STATE_FIELDS: what `column_marks` marks
MARKED_COLUMNS: Final = (
    *(("head", column) for column in range(st.HEAD_SIZE)),
    ("terrain", 0),
    *(("tanks", column) for column in range(st.TANK_SIZE)),
    *(("shots", column) for column in range(st.SHOT_SIZE)),
    *(("mines", column) for column in range(st.MINE_SIZE)),
    *(("pickups", column) for column in range(st.PICKUP_SIZE)),
    *(("cells", column) for column in range(st.CELL_SIZE)),
    *(("seen", column) for column in range(st.SEEN_SIZE)),
    ("rng", 0),
    ("rng", 1),
)


@jit
def _mix(digest: np.uint64, values: NDArray[np.integer[Any]]) -> np.uint64:
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
        return flat[: int(world.head[w, st.STRIDE] * (world.head[w, st.HEIGHT] + 2))]
    if name == "head":
        flat = flat.copy()
        flat[st.N_EVENTS] = 0
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


def array_hash(array: "np.ndarray[Any, Any]") -> int:
    """Return the 64-bit hash of an array's bytes (an observation, say), exact to the last bit."""
    data = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    with np.errstate(over="ignore"):
        return int(_mix(_OFFSET, data))


@jit
def _fold(value: int) -> int:
    return (value + (value >> 16) + (value >> 32) + (value >> 48)) & 0xFFFF


@jit
def _mark_columns(rows: IntArray, out: IntArray, at: int) -> int:
    """Write a mark of every column of rows (entities, columns) to out, from `at` on; return where they end."""
    for column in range(rows.shape[1]):
        total = 0
        for n in range(rows.shape[0]):
            total += (2 * n + 1) * _fold(rows[n, column])
        out[at + column] = total & 0xFFFF
    return at + int(rows.shape[1])


@jit
def column_marks(world: World, w: int, cells: int, out: IntArray) -> None:
    """Write 16-bit marks of world `w`, one for each of MARKED_COLUMNS, to out int64 (len(MARKED_COLUMNS),).

    cells: how many terrain cells the level has. A mark is linear in what it marks, so that steady movement gives
    marks that compress; it tells which column differs, not that nothing does: that is for `world_hash`.
    """
    for column in range(st.HEAD_SIZE):
        out[column] = _fold(world.head[w, column])
    out[st.N_EVENTS] = 0
    total = 0
    for n in range(cells):
        total += (2 * n + 1) * world.terrain[w, n]
    out[st.HEAD_SIZE] = total & 0xFFFF
    at = _mark_columns(world.tanks[w], out, st.HEAD_SIZE + 1)
    at = _mark_columns(world.shots[w], out, at)
    at = _mark_columns(world.mines[w], out, at)
    at = _mark_columns(world.pickups[w], out, at)
    at = _mark_columns(world.cells[w], out, at)
    for column in range(st.SEEN_SIZE):
        total = 0
        for team in range(world.seen.shape[1]):
            for seat in range(world.seen.shape[2]):
                total += (2 * (team * world.seen.shape[2] + seat) + 1) * _fold(
                    world.seen[w, team, seat, column]
                )
        out[at + column] = total & 0xFFFF
    at += st.SEEN_SIZE
    out[at] = _fold(int64(world.rng[w, 0]))
    out[at + 1] = _fold(int64(world.rng[w, 1]))
