"""A foreign state is refused by field, row and column; whatever a match comes to passes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level, select
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.checks import check_columns, check_worlds
from game.core.sim.columns import Columns
from game.core.sim.state import World, copy_world, new_world
from tests.core.sim.proof import Course

Change = Callable[[World], Any]
COLUMNS = [
    pytest.param(field, n, id=f"{field.field}-{row.name}")
    for field in st.FIELDS
    for n, row in enumerate(field.rows)
]


def played_until(level: str, reached: Callable[[World], bool]) -> Course:
    """A match between bots at the first tick at which `reached` holds."""
    course = Course(load_level(level), 5, bots=True)
    for _ in range(5000):
        course.tick()
        if reached(course.world):
            return course
    raise AssertionError(f"{level} never came to it")


@pytest.fixture(scope="module")
def fight() -> Course:
    """A match with shots in flight."""
    return played_until("crossfire", lambda world: bool(world.head[0, st.N_SHOTS] >= 3))


@pytest.fixture(scope="module")
def harvest() -> Course:
    """A match in which a cell is carried, by another seat than the first."""
    return played_until("orchard", lambda world: bool((world.cells[0, :, st.CELL_CARRIER] > 0).any()))


def test_every_constant_names_the_column_of_its_name() -> None:
    prefixes = {
        "head": "", "tanks": "TANK_", "shots": "SHOT_", "mines": "MINE_", "pickups": "PICKUP_", "cells": "CELL_",
        "seen": "SEEN_", "events": "EVENT_",
    }  # fmt: skip
    for field in st.FIELDS:
        if field.field not in prefixes:
            continue
        for n, row in enumerate(field.rows):
            name, _, later = row.name.partition(" ")
            assert getattr(st, prefixes[field.field] + name.upper()) + int(later or 0) == n


def test_every_array_has_as_many_columns_as_its_table_names() -> None:
    world = new_world(1, 2, 100)
    assert [field.field for field in st.FIELDS] == list(World._fields)
    for field in st.FIELDS:
        if field.field != "terrain":
            assert getattr(world, field.field).shape[-1] == len(field)


@pytest.mark.parametrize("level", ["crossfire", "orchard", "foundry", "train:3", "train:9"])
def test_whatever_a_match_comes_to_passes(level: str) -> None:
    """The twin of the refusals: the check knows no match that the core would not play."""
    course = Course(select(level)[0], 11, bots=True)
    for now in range(900):
        course.tick()
        if now % 9 == 0:
            check_worlds(course.world, course.levels)


@pytest.mark.parametrize(("field", "column"), COLUMNS)
def test_a_number_outside_its_columns_range_is_refused_by_its_place(
    fight: Course, field: Columns, column: int
) -> None:
    row = field.rows[column]
    for value in (row.low - 1, row.high + 1, 2**40, -(2**40)):
        world = copy_world(fight.world)
        array = getattr(world, field.field)
        if array.dtype != np.int64:
            value %= 256
        if array.dtype == np.uint64 or row.low <= value <= row.high:
            continue
        table = array if len(field) > 1 else array[..., None]
        table[(..., column)].reshape(-1)[0] = value
        target = (0,) * (table.ndim - 1) + (column,)
        table[target] = value
        with pytest.raises(ValueError, match="expected ") as refused:
            check_worlds(world, fight.levels)
        line = str(refused.value)
        assert line.startswith(f"world.{field.field} › world 0")
        assert f" › {row.name}: expected " in line
        assert line.endswith(f"found {value}")
        assert "\n" not in line


def put(field: str, index: Any, value: int) -> Change:
    def change(world: World) -> None:
        getattr(world, field)[index] = value

    return change


def move_shot(world: World) -> None:
    world.shots[0, 0, st.SHOT_LEG_X] += 300 * 256


INVARIANTS = {
    "another level": (
        put("head", (0, st.LEVEL), 1),
        "world.head › world 0 › level: expected 0 to 0, found 1",
    ),
    "a wider arena": (put("head", (0, st.WIDTH), 40), "world.head › world 0 › width: expected "),
    "a longer row": (put("head", (0, st.STRIDE), 60), "stride: expected "),
    "more seats than there are": (put("head", (0, st.N_SEATS), 16), "n_seats: expected "),
    "a core elsewhere": (put("head", (0, st.CORE_CELL), 3), "core_cell: expected 0, found 3"),
    "beyond the clock": (put("head", (0, st.TICK), 200_000), "tick: expected at most "),
    "another number of teams": (put("head", (0, st.N_TEAMS), 4), "n_teams: expected 2, found 4"),
    "outside this arena": (
        put("tanks", (0, 1, st.TANK_Y), 16_000),
        "world.tanks › world 0, seat 1 › y: expected 0 to ",
    ),
    "in a wall": (
        lambda world: world.tanks[0, 0].__setitem__(slice(st.TANK_X, st.TANK_Y + 1), (10, 10)),
        "seat 0 › x: expected a place clear of solid tiles, found 10",
    ),
    "seen outside": (
        put("seen", (0, 1, 1, st.SEEN_X), 16_000),
        "world.seen › world 0, team 1, seat 1 › x: expected 0 to ",
    ),
    "a gap in the ring": (
        put("terrain", (0, 0), 0),
        "world.terrain › world 0, cell 0 › tile: expected 1, found 0",
    ),
    "a tile that no shot makes": (
        lambda world: world.terrain[0].__setitem__(np.flatnonzero(world.terrain[0] == 0)[0], rules.PORTAL),
        "tile: expected 0, found 8",
    ),
    "more shots than there are": (put("head", (0, st.N_SHOTS), 60), "life: expected at least 1, found 0"),
    "fewer shots than there are": (put("head", (0, st.N_SHOTS), 1), "shot 1 › "),
    "a mine that is none": (put("head", (0, st.N_MINES), 16), "life: expected at least 1, found 0"),
    "a shot of nobody": (
        put("shots", (0, 0, st.SHOT_OWNER), 15),
        "world.shots › world 0, shot 0 › owner: expected 0 to ",
    ),
    "a leg that starts elsewhere": (move_shot, "expected the end of this leg"),
    "a leg that meets nothing there": (
        put("shots", (0, 0, st.SHOT_LEG_CELL), 1),
        "expected the end of this leg",
    ),
    "a leg longer than its flight": (
        put("shots", (0, 0, st.SHOT_LEG_END), 500_000),
        "expected the end of this leg",
    ),
    "a leg that is over": (
        put("shots", (0, 0, st.SHOT_LEG_TIME), 640_000),
        "leg_time: expected less than leg_end",
    ),
    "shots that a tank did not fire": (put("tanks", (0, 0, st.TANK_SHOTS), 7), "seat 0 › shots: expected "),
    "a dead tank on the field": (
        put("tanks", (0, 0, st.TANK_HP), 0),
        "hp: expected at least 1 while it is alive",
    ),
    "more hit points than armour": (
        lambda world: (
            world.tanks[0, 0].__setitem__(slice(st.TANK_HP, st.TANK_HP + 1), 6)
            or world.tanks[0, 0].__setitem__(slice(st.TANK_CLASS, st.TANK_CLASS + 1), 0)
        ),
        "hp: expected at most the armour of its class, found 6",
    ),
    "a start without a direction": (
        put("tanks", (0, 0, st.TANK_SPAWN_FACING), 0),
        "spawn_facing: expected 1 to 8",
    ),
    "a cell that is none": (put("tanks", (0, 0, st.TANK_CARRY), 3), "carry: expected 0, found 3"),
    "a pick-up of another kind": (put("pickups", (0, 0, st.PICKUP_KIND), 4), "pick-up 0 › kind: expected "),
    "a pick-up that is none": (
        put("pickups", (0, 23, st.PICKUP_EXISTS), 1),
        "pick-up 23 › exists: expected 0, found 1",
    ),
    "an even stream": (
        put("rng", (0, 1), 4),
        "world.rng › world 0 › stream: expected an odd number, found 4",
    ),
    "an event of no seat": (
        lambda world: world.events[0, 100].__setitem__(slice(0, 2), (1, 15)),
        "event 100 › a: expected a seat 0 to ",
    ),
}


@pytest.mark.parametrize("name", INVARIANTS)
def test_numbers_that_contradict_each_other_or_the_level_are_refused(fight: Course, name: str) -> None:
    change, message = INVARIANTS[name]
    world = copy_world(fight.world)
    check_worlds(world, fight.levels)
    change(world)
    with pytest.raises(ValueError, match="expected ") as refused:
        check_worlds(world, fight.levels)
    assert message in str(refused.value)


def test_a_carried_cell_knows_its_carrier_and_the_other_way_round(harvest: Course) -> None:
    check_worlds(harvest.world, harvest.levels)
    cell = int(np.argmax(harvest.world.cells[0, :, st.CELL_CARRIER] > 0))
    seat = int(harvest.world.cells[0, cell, st.CELL_CARRIER])
    for change, message in (
        (put("cells", (0, cell, st.CELL_CARRIER), -1), f"seat {seat} › carry: expected 0, found {cell + 1}"),
        (put("tanks", (0, seat, st.TANK_CARRY), 0), f"seat {seat} › carry: expected {cell + 1}, found 0"),
        (put("cells", (0, cell, st.CELL_CARRIER), 15), f"cell {cell} › carrier: expected -1 to "),
        (put("cells", (0, 0, st.CELL_HOME_X), 5), "cell 0 › home_x: expected "),
        (put("mines", (0, 0, st.MINE_OWNER), 15), "mine 0 › owner: expected 0 to "),
    ):
        world = copy_world(harvest.world)
        change(world)
        with pytest.raises(ValueError, match="expected ") as refused:
            check_worlds(world, harvest.levels)
        assert message in str(refused.value)


def test_the_second_of_many_worlds_is_named() -> None:
    level = load_level("first_light")
    levels = ar.pack_arenas([level.arena])
    one = Course(level, 1).world
    world = World(*(np.repeat(array, 3, axis=0) for array in one))
    check_worlds(world, levels)
    world.tanks[1, 1, st.TANK_X] = 2**40
    with pytest.raises(
        ValueError, match=r"world\.tanks › world 1, seat 1 › x: expected 0 to \d+, found 1099511627776$"
    ):
        check_worlds(world, levels)


def test_a_field_of_one_column_needs_no_axis_for_it() -> None:
    columns = Columns("out", "row")
    columns("out", 0, 1, "")
    check_columns(columns, np.ones(1, np.int64), "out")
    with pytest.raises(ValueError, match="out › world 0 › out: expected 0 to 1, found 2"):
        check_columns(columns, np.full(1, 2), "out")
    with pytest.raises(ValueError, match="out › world 2, row 0 › out: expected 0 to 1, found -1"):
        check_columns(columns, np.array([[0], [1], [-1]]), "out")
