"""A world's state as bytes, and the name of every number in it."""

from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import state as st
from game.core.sim.checks import check_columns
from game.core.sim.state import STATE_FIELDS, World

_COLUMNS: Final = {columns.field: columns for columns in st.FIELDS}


class Difference(NamedTuple):
    """The first number in which two states differ."""

    field: str  # "tanks", "shots", …
    place: str  # "seat 3 › x"
    expected: int
    found: int


def dump_state(world: World, w: int, terrain_cells: int) -> bytes:
    """Return the bytes of every state field of world `w`, little-endian, in order; events are not part of the state."""
    parts = []
    for name in STATE_FIELDS:
        array = getattr(world, name)[w]
        if name == "terrain":
            array = array[:terrain_cells]
        elif name == "head":
            array = array.copy()
            array[st.N_EVENTS] = 0
        parts.append(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    return b"".join(parts)


def _layout(seats: int, terrain_cells: int) -> list[tuple[str, "np.dtype[Any]", tuple[int, ...]]]:
    world = _shapes(seats)
    rows: list[tuple[str, np.dtype[Any], tuple[int, ...]]] = []
    for name in STATE_FIELDS:
        dtype, shape = world[name]
        rows.append((name, dtype, (terrain_cells,) if name == "terrain" else shape))
    return rows


@cache
def _shapes(seats: int) -> dict[str, tuple["np.dtype[Any]", tuple[int, ...]]]:
    world = st.new_world(1, seats, 1)
    return {name: (getattr(world, name).dtype, getattr(world, name).shape[1:]) for name in STATE_FIELDS}


def state_size(seats: int, terrain_cells: int) -> int:
    """Return the length of the result of `dump_state`."""
    return sum(dtype.itemsize * int(np.prod(shape)) for _name, dtype, shape in _layout(seats, terrain_cells))


def read_state(data: bytes, seats: int, terrain_cells: int) -> dict[str, "np.ndarray[Any, Any]"]:
    """Return the fields by name from the result of `dump_state`."""
    fields = {}
    at = 0
    for name, dtype, shape in _layout(seats, terrain_cells):
        count = int(np.prod(shape))
        array = np.frombuffer(data, dtype.newbyteorder("<"), count, at)
        fields[name] = array.astype(dtype).reshape(shape)
        at += count * dtype.itemsize
    return fields


def check_keyframe(data: bytes, seats: int, terrain_cells: int, where: str) -> None:
    """Check a keyframe against the ranges of its columns. Raises ValueError that names the number.

    Whether it is the state that the match came to is what `verify` finds out.
    """
    fields = read_state(data, seats, terrain_cells)
    for name in STATE_FIELDS:
        check_columns(_COLUMNS[name], fields[name][None], f"{where} › {name}")


def first_difference(
    expected: bytes,
    found: bytes,
    seats: int,
    terrain_cells: int,
    field: str | None = None,
    column: int = -1,
) -> Difference | None:
    """Return the first number in which two dumps differ; None when they agree.

    field: look there only; column: at that column of it first.
    """
    if expected == found:
        return None
    left = read_state(expected, seats, terrain_cells)
    right = read_state(found, seats, terrain_cells)
    stride = int(right["head"][st.STRIDE])
    for name in STATE_FIELDS if field is None else (field,):
        unlike = np.argwhere(left[name] != right[name])
        if column >= 0 and name != "terrain" and (unlike[:, -1] == column).any():
            unlike = unlike[unlike[:, -1] == column]
        if unlike.size:
            index = tuple(int(n) for n in unlike[0])
            return Difference(
                name, place_name(name, index, stride), int(left[name][index]), int(right[name][index])
            )
    return None


def place_name(field: str, index: tuple[int, ...], stride: int) -> str:
    """Return the name of one number of a state field, as `tanks` (3, 4) is "seat 3 › x"."""
    if field in ("head", "rng"):
        return column_name(field, index[0])
    if field == "terrain":
        return f"tile ({index[0] % stride - 1},{index[0] // stride - 1})" if stride else f"cell {index[0]}"
    column = column_name(field, index[-1])
    if field == "seen":
        return f"team {index[0]} of seat {index[1]} › {column}"
    return f"{_COLUMNS[field].entity} {index[0]} › {column}"


def column_name(field: str, column: int) -> str:
    """Return the name of a column of a state field, as `tanks` 4 is "x"."""
    return _COLUMNS[field].rows[column].name


def terrain_cells_of(width: int, height: int) -> int:
    """Return how many terrain cells a level of that many tiles has, with its ring of wall."""
    side = rules.MAX_SIDE
    if not (rules.MIN_SIDE <= width <= side and rules.MIN_SIDE <= height <= side):
        raise ValueError(f"level: expected {rules.MIN_SIDE} to {side} tiles a side, found {width} x {height}")
    return (width + 2) * (height + 2)
