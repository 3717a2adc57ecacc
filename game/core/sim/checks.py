"""Checks of a state from a file; it must pass them before kernels, which check no bounds, use it.

`check_columns` checks one array against the ranges of its columns. `check_worlds` does that for every field of a batch of
worlds, and then compares the numbers with each other and with the level: values that the level fixes must equal the
level's, counts must match the rows, and every shot's leg must end where its flight is computed to end. After these checks
no kernel reads or writes outside its arrays. Every refusal is a ValueError of one line that names the place:
``world.tanks › world 0, seat 3 › x: expected 0 to 5119, found 1099511627776``.
"""

from typing import Any, Final, NoReturn

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import columns as co
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import BoolArray
from game.core.sim.columns import Columns
from game.core.sim.flight import next_leg
from game.core.sim.jit import jit
from game.core.sim.state import World
from game.core.sim.tables import ARMOUR, BLOCKS_TANK, Q12

Array = np.ndarray[Any, Any]

# Columns of a world's head that the level fixes: column of the head, column of the level's head
_FIXED: Final = (
    (st.OBJECTIVE, ar.LEVEL_OBJECTIVE),
    (st.WIDTH, ar.LEVEL_WIDTH),
    (st.HEIGHT, ar.LEVEL_HEIGHT),
    (st.STRIDE, ar.LEVEL_STRIDE),
    (st.GOAL, ar.LEVEL_GOAL),
    (st.CORE_HP_MAX, ar.LEVEL_CORE_HP),
    (st.CORE_CELL, ar.LEVEL_CORE_CELL),
)
_SEATS_IN_A: Final = [row.kind for row in ev.EVENTS if "seat" in row.a]
_SEATS_IN_B: Final = [row.kind for row in ev.EVENTS if "seat" in row.b]


def check_columns(
    columns: Columns, found: Array, where: str, highs: "Array | None" = None, *, rows: tuple[str, ...] = ()
) -> None:
    """Check an array against the ranges of its columns, its last axis (a single column has no such axis).

    where: the array's name in messages. rows: the names of the other axes; by default "world" and the
    columns' entity. highs: narrower upper bounds, broadcast against `found`. Raises ValueError.
    """
    table = found if len(columns) > 1 else found[..., None]
    lows = columns.lows()
    most = columns.highs() if highs is None else np.minimum(highs, columns.highs())
    if table.dtype == np.uint64:
        return  # a word of a random stream may have any value
    wrong = (table < lows) | (table > most)
    if wrong.any():
        index = tuple(int(n) for n in np.argwhere(wrong)[0])
        high = int(np.broadcast_to(most, table.shape)[index])
        expected = f"{int(lows[index[-1]])} to {high}"
        refuse(columns, index[:-1], index[-1], where, expected, table[index], rows)


def refuse(
    columns: Columns,
    row: tuple[int, ...],
    column: int,
    where: str,
    expected: object,
    found: object,
    rows: tuple[str, ...] = (),
) -> NoReturn:
    """Raise a ValueError that names one element of an array."""
    counted = rows or ("world", *_entities(columns, len(row) - 1))
    place = ", ".join(f"{name} {n}" for name, n in zip(counted, row, strict=True))
    raise ValueError(f"{where} › {place} › {columns.rows[column].name}: expected {expected}, found {found}")


def _entities(columns: Columns, axes: int) -> tuple[str, ...]:
    return ("team", "seat") if axes == 2 else (columns.entity or "row",) * axes


def check_streams(columns: Columns, found: Array, where: str) -> None:
    """Raise ValueError for a PCG32 stream (…, 2) whose increment is even, unless it was never seeded."""
    wrong = (found[..., st.RNG_STREAM] % np.uint64(2) == 0) & (found != 0).any(axis=-1)
    if wrong.any():
        row = tuple(int(n) for n in np.argwhere(wrong)[0])
        refuse(columns, row, st.RNG_STREAM, where, "an odd number", found[(*row, st.RNG_STREAM)])


def check_worlds(world: World, levels: ar.Levels, where: str = "world") -> None:
    """Refuse worlds (arrays of the right shapes and types) that no match of these levels can reach.

    Raises a ValueError that names the first wrong number: `where`.FIELD › world › row › column.
    """
    for columns, field in zip(st.FIELDS, World._fields, strict=True):
        check_columns(columns, getattr(world, field), f"{where}.{field}")
    _Check(world, levels, where).run()


class _Check:
    """The second check, of worlds whose numbers are already within the ranges of their columns."""

    def __init__(self, world: World, levels: ar.Levels, where: str) -> None:
        self.world = world
        self.levels = levels
        self.where = where

    def run(self) -> None:
        self.head()
        self.bounds()
        self.terrain()
        self.tanks()
        self.objects()
        self.flights()
        self.events()
        check_streams(st.RNG, self.world.rng, f"{self.where}.rng")

    def expect(
        self, columns: Columns, column: int, right: BoolArray, found: Array, expected: Array | str
    ) -> None:
        """Refuse the first number of `found` (world, row, …) for which `right` is false; both have no column axis."""
        if right.all():
            return
        row = tuple(int(n) for n in np.argwhere(~right)[0])
        wanted = expected if isinstance(expected, str) else np.broadcast_to(expected, right.shape)[row]
        refuse(columns, row, column, f"{self.where}.{columns.field}", wanted, found[row])

    def equal(self, columns: Columns, column: int, found: Array, expected: Array) -> None:
        """Refuse the first number of `found` that differs from `expected`."""
        self.expect(columns, column, found == expected, found, expected)

    def head(self) -> None:
        """The level exists, values that it fixes equal its own, and counts are within their caps."""
        head = self.world.head
        count = len(self.levels.head)
        self.expect(st.HEAD, st.LEVEL, head[:, st.LEVEL] < count, head[:, st.LEVEL], f"0 to {count - 1}")
        fixed = self.levels.head[head[:, st.LEVEL]]
        for column, of_level in _FIXED:
            self.equal(st.HEAD, column, head[:, column], fixed[:, of_level])
        seats = np.full(len(head), self.world.tanks.shape[1])
        self.equal(st.HEAD, st.N_SEATS, head[:, st.N_SEATS], seats)
        for column, most in ((st.TICK, st.TIME_LIMIT), (st.CORE_HP, st.CORE_HP_MAX)):
            limit = head[:, most]
            right = head[:, column] <= limit
            at = int(limit[np.argmin(right)])
            self.expect(st.HEAD, column, right, head[:, column], f"at most {at}")

    def bounds(self) -> None:
        """Positions, cells and seats are within the level and the seats of the batch."""
        head = self.world.head
        limits = {
            co.WIDTH: head[:, st.WIDTH],
            co.HEIGHT: head[:, st.HEIGHT],
            co.CELL: (head[:, st.HEIGHT] + 2) * head[:, st.STRIDE],
            co.SEATS: head[:, st.N_SEATS],
        }
        for columns, field in zip(st.FIELDS, World._fields, strict=True):
            if not any(row.bound for row in columns.rows):
                continue
            highs = np.tile(columns.highs(), (len(head), 1))
            for n, row in enumerate(columns.rows):
                if row.bound in (co.WIDTH, co.HEIGHT):
                    highs[:, n] = limits[row.bound] * ((row.high + 1) // rules.MAX_SIDE) - 1
                elif row.bound:
                    highs[:, n] = limits[row.bound] - 1
            found = getattr(self.world, field)
            spread = highs.reshape(len(head), *[1] * (found.ndim - 2), len(columns))
            check_columns(columns, found, f"{self.where}.{field}", spread)

    def terrain(self) -> None:
        """The tiles are the level's, except bricks that were hit, with wall all around."""
        found = self.world.terrain
        base = np.full_like(found, rules.WALL)
        for w, level in enumerate(self.world.head[:, st.LEVEL].tolist()):
            at, size = self.levels.head[level, [ar.LEVEL_TERRAIN, ar.LEVEL_TERRAIN_SIZE]].tolist()
            base[w, :size] = self.levels.terrain[at : at + size]
        worn = (base == rules.BRICK) & ((found == rules.BRICK_CRACKED) | (found == rules.FLOOR))
        worn |= (base == rules.BRICK_CRACKED) & (found == rules.FLOOR)
        self.expect(st.TERRAIN, 0, (found == base) | worn, found, base)

    def tanks(self) -> None:
        """A living tank takes part, has hit points, faces a direction and touches no solid tile."""
        tanks, head = self.world.tanks, self.world.head
        active, alive = tanks[..., st.TANK_ACTIVE] != 0, tanks[..., st.TANK_ALIVE] != 0
        self.expect(st.TANKS, st.TANK_ALIVE, ~alive | active, tanks[..., st.TANK_ALIVE], "0 in an empty seat")
        hp = tanks[..., st.TANK_HP]
        armour = ARMOUR[tanks[..., st.TANK_CLASS]]
        self.expect(st.TANKS, st.TANK_HP, ~alive | (hp > 0), hp, "at least 1 while it is alive")
        self.expect(st.TANKS, st.TANK_HP, hp <= armour, hp, "at most the armour of its class")
        for column in (st.TANK_FACING, st.TANK_SPAWN_FACING):
            here = active if column == st.TANK_SPAWN_FACING else alive
            facing = tanks[..., column]
            self.expect(st.TANKS, column, ~here | (facing > 0), facing, f"1 to {rules.N_MOVES - 1}")
        teams = np.where(active, tanks[..., st.TANK_TEAM] + 1, 0).max(axis=1)
        self.equal(st.HEAD, st.N_TEAMS, head[:, st.N_TEAMS], teams)
        worlds = np.arange(len(head))[:, None]
        for dx in (-rules.TANK_RADIUS, rules.TANK_RADIUS - 1):
            for dy in (-rules.TANK_RADIUS, rules.TANK_RADIUS - 1):
                x, y = tanks[..., st.TANK_X] + dx, tanks[..., st.TANK_Y] + dy
                cell = ((y >> 8) + 1) * head[:, st.STRIDE, None] + (x >> 8) + 1
                free = BLOCKS_TANK[self.world.terrain[worlds, np.where(alive, cell, 0)]] == 0
                self.expect(
                    st.TANKS, st.TANK_X, ~alive | free, tanks[..., st.TANK_X], "a place clear of solid tiles"
                )

    def objects(self) -> None:
        """Pick-ups and energy cells are the level's; a cell's carrier and a tank's carried cell match."""
        world, level = self.world, self.world.head[:, st.LEVEL]
        number = np.arange(rules.MAX_PICKUPS)
        exists = (number < self.levels.head[level, ar.LEVEL_PICKUPS, None]).astype(np.int64)
        self.equal(st.PICKUPS, st.PICKUP_EXISTS, world.pickups[..., st.PICKUP_EXISTS], exists)
        for n, column in enumerate((st.PICKUP_KIND, st.PICKUP_X, st.PICKUP_Y)):
            self.equal(
                st.PICKUPS, column, world.pickups[..., column], self.levels.pickups[level][..., n] * exists
            )
        number = np.arange(rules.MAX_CELLS)
        collects = world.head[:, st.OBJECTIVE, None] == rules.COLLECT
        here = (number < self.levels.head[level, ar.LEVEL_CELLS, None]) & collects
        self.equal(st.CELLS, st.CELL_EXISTS, world.cells[..., st.CELL_EXISTS], here.astype(np.int64))
        for n, column in enumerate((st.CELL_HOME_X, st.CELL_HOME_Y)):
            self.equal(st.CELLS, column, world.cells[..., column], self.levels.cells[level][..., n] * here)
        carrier = world.cells[..., st.CELL_CARRIER]
        seats = np.arange(world.tanks.shape[1])
        carries = here[:, None, :] & (carrier[:, None, :] == seats[:, None])  # (world, seat, cell)
        carry = world.tanks[..., st.TANK_CARRY]
        expected = np.where(carries.any(axis=2), carries.argmax(axis=2) + 1, 0)
        self.equal(st.TANKS, st.TANK_CARRY, carry, expected)
        once = ~carries | (carry[:, :, None] == number + 1)
        self.expect(st.CELLS, st.CELL_CARRIER, once.all(axis=1), carrier, "a seat that carries no other")

    def flights(self) -> None:
        """Shots and mines fill the first rows, the rest are empty; a shot's leg ends where its flight is computed to end."""
        world, head = self.world, self.world.head
        for columns, rows, count in (
            (st.SHOTS, world.shots, st.N_SHOTS),
            (st.MINES, world.mines, st.N_MINES),
        ):
            there = np.arange(rows.shape[1]) < head[:, count, None]
            for column in range(len(columns)):
                self.expect(
                    columns, column, there | (rows[..., column] == 0), rows[..., column], "0 beyond the last"
                )
            life = st.SHOT_LIFE if columns is st.SHOTS else st.MINE_LIFE
            self.expect(columns, life, ~there | (rows[..., life] > 0), rows[..., life], "at least 1")
        flying = np.arange(rules.MAX_SHOTS) < head[:, st.N_SHOTS, None]
        owner = np.where(flying, world.shots[..., st.SHOT_OWNER], -1)
        own = (owner[:, None, :] == np.arange(world.tanks.shape[1])[:, None]).sum(axis=2)
        self.equal(st.TANKS, st.TANK_SHOTS, world.tanks[..., st.TANK_SHOTS], own)
        time, end = world.shots[..., st.SHOT_LEG_TIME], world.shots[..., st.SHOT_LEG_END]
        self.expect(st.SHOTS, st.SHOT_LEG_TIME, ~flying | (time < end), time, "less than leg_end")
        with np.errstate(over="ignore"):
            for w in np.flatnonzero(head[:, st.N_SHOTS]).tolist():
                n = int(first_wrong_leg(world, w))
                if n >= 0:
                    row = world.shots[w, n]
                    found = f"{row[st.SHOT_LEG_END]} in cell {row[st.SHOT_LEG_CELL]}"
                    expected = "the end of this leg"
                    refuse(st.SHOTS, (w, n), st.SHOT_LEG_END, f"{self.where}.shots", expected, found)

    def events(self) -> None:
        """Events name existing seats."""
        events, seats = self.world.events, self.world.tanks.shape[1]
        kind = events[..., st.EVENT_KIND]
        for column, kinds in ((st.EVENT_A, _SEATS_IN_A), (st.EVENT_B, _SEATS_IN_B)):
            value = events[..., column]
            names_one = np.isin(kind, kinds) & (value >= 0)
            right = ~names_one | ((value & ev.SEAT_MASK) < seats)
            self.expect(st.EVENT, column, right, value, f"a seat 0 to {seats - 1}")


@jit
def first_wrong_leg(world: World, w: int) -> int:
    """Return the first shot of world `w` whose leg ends elsewhere than its flight, computed from the leg's start; -1: none.

    A leg that begins at the gun is computed for a shot's lifetime, any other for one tick more.
    """
    shots = world.shots
    for n in range(world.head[w, st.N_SHOTS]):
        right = False
        for more in range(2):
            time, cell, axis = next_leg(
                world.terrain[w],
                world.head[w, st.STRIDE],
                shots[w, n, st.SHOT_LEG_X],
                shots[w, n, st.SHOT_LEG_Y],
                shots[w, n, st.SHOT_CLASS],
                shots[w, n, st.SHOT_AIM],
                (rules.SHOT_LIFE + more) * Q12,
            )
            if (
                time == shots[w, n, st.SHOT_LEG_END]
                and cell == shots[w, n, st.SHOT_LEG_CELL]
                and axis == shots[w, n, st.SHOT_LEG_AXIS]
            ):
                right = True
        if not right:
            return n
    return -1
