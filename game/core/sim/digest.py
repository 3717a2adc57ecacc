"""A hash of a world's whole state: equal hashes mean equal worlds, on every platform."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from game.core.sim import state as st
from game.core.sim.arrays import IntArray, int64
from game.core.sim.jit import jit
from game.core.sim.state import World

_OFFSET = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_SHIFT = np.uint64(29)


# Every column of the state, in the order of STATE_FIELDS: `column_marks` computes a checksum of each
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


@jit
def _mix_rows(digest: np.uint64, rows: IntArray) -> np.uint64:
    for n in range(rows.shape[0]):
        digest = _mix(digest, rows[n])
    return digest


@jit
def hash_state(world: World, w: int) -> np.uint64:
    """Return the hash of world `w`: its fields in the order of STATE_FIELDS, without events and cells beyond the level."""
    digest = _OFFSET
    for n in range(st.HEAD_SIZE):
        value = world.head[w, n] if n != st.N_EVENTS else 0
        digest = (digest ^ np.uint64(value)) * _PRIME
        digest ^= digest >> _SHIFT
    cells = world.head[w, st.STRIDE] * (world.head[w, st.HEIGHT] + 2)
    digest = _mix(digest, world.terrain[w, :cells])
    digest = _mix_rows(digest, world.tanks[w])
    digest = _mix_rows(digest, world.shots[w])
    digest = _mix_rows(digest, world.mines[w])
    digest = _mix_rows(digest, world.pickups[w])
    digest = _mix_rows(digest, world.cells[w])
    for team in range(world.seen.shape[1]):
        digest = _mix_rows(digest, world.seen[w, team])
    return _mix(digest, world.rng[w])


def world_hash(world: World, w: int = 0) -> int:
    """Return the 64-bit hash of world `w`: every state field, in order, without events.

    Cells beyond the level are left out: a batch may hold larger levels.
    """
    with np.errstate(over="ignore"):
        return int(hash_state(world, w))


def array_hash(array: "np.ndarray[Any, Any]") -> int:
    """Return the 64-bit hash of an array's bytes, for example of an observation."""
    data = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    with np.errstate(over="ignore"):
        return int(_mix(_OFFSET, data))


@jit
def _fold(value: int) -> int:
    return (value + (value >> 16) + (value >> 32) + (value >> 48)) & 0xFFFF


@jit
def _mark_columns(rows: IntArray, out: IntArray, at: int) -> int:
    """Write a mark (checksum) of every column of rows (entities, columns) to out, from `at` on; return the end index."""
    _mark_rows(rows, 0, out[at : at + rows.shape[1]])
    return at + int(rows.shape[1])


@jit
def _mark_rows(rows: IntArray, first: int, out: IntArray) -> None:
    """Add rows, the entities from number `first` on, to the marks of their columns; entity 0 resets the marks."""
    for column in range(rows.shape[1]):
        out[column] = out[column] if first > 0 else 0
    for n in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            out[column] += (2 * (first + n) + 1) * _fold(rows[n, column])
    for column in range(rows.shape[1]):
        out[column] &= 0xFFFF


@jit
def column_marks(world: World, w: int, cells: int, out: IntArray) -> None:
    """Write 16-bit marks of world `w`, one for each of MARKED_COLUMNS, to out int64 (len(MARKED_COLUMNS),).

    cells: number of terrain cells of the level. A mark is a checksum that is linear in its column, so that steady movement
    gives marks that compress well. Marks tell which column differs; only `world_hash` proves that two states are equal.
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
    for team in range(world.seen.shape[1]):
        _mark_rows(world.seen[w, team], team * world.seen.shape[2], out[at : at + st.SEEN_SIZE])
    at += st.SEEN_SIZE
    out[at] = _fold(int64(world.rng[w, 0]))
    out[at + 1] = _fold(int64(world.rng[w, 1]))
