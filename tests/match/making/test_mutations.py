"""Edits keep a level playable, mirrored where it was, and leave alone what is pinned; every kind of edit happens."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import builtin_levels
from game.core.levels.checks import check_arena
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.core.levels.symmetry import image_place, is_symmetric, symmetry_of
from game.match.making.mutations import Mutator, level_differences

LEVELS = [entry.level for entry in builtin_levels() if entry.level is not None]


def chain(level: Level, seed: int, length: int, *, uneven: bool = False) -> Iterator[Level]:
    mutator = Mutator(level, np.random.default_rng(seed))
    for _ in range(length):
        made = mutator.mutant(level, 2, uneven=uneven)
        if made is not None:
            level = made
            yield level


@pytest.mark.parametrize("level", LEVELS[:4] + LEVELS[12:14], ids=lambda level: level.name)
def test_mutants_can_be_played_and_stay_mirrored(level: Level) -> None:
    found = list(chain(level, 1, 30))
    assert len(found) > 20
    for made in found:
        assert not any(problem.severity == ERROR for problem in check_arena(made.arena))
        assert len(made.roster) == len(made.arena.spawns)
        assert [plan.player for plan in made.roster].count(True) == 1
        assert made.arena.tiles.shape == level.arena.tiles.shape
        tiles = made.arena.tiles
        assert any(
            np.array_equal(
                np.isin(tiles, [rules.WALL, rules.BRICK]), np.isin(turned, [rules.WALL, rules.BRICK])
            )
            for turned in (tiles[::-1, ::-1], tiles[:, ::-1], tiles[::-1])
        ), "all built-in levels are mirrored"
        if symmetry_of(level.arena):
            assert symmetry_of(made.arena) is not None
    assert len({made.digest for made in found}) > len(found) * 0.8


# Generated levels with pick-ups or cells on the axis itself.
ON_AXIS = [("eliminate", 23), ("collect", 31), ("collect", 34), ("collect", 58)]


@pytest.mark.parametrize(("objective", "seed"), ON_AXIS)
def test_a_mirrored_level_stays_so_whatever_is_edited(objective: str, seed: int) -> None:
    level = generate(seed, objective=objective)
    name = symmetry_of(level.arena)
    assert name is not None
    height, width = level.arena.tiles.shape
    on_axis = [
        place
        for place in [*level.arena.cells, *((spot.x, spot.y) for spot in level.arena.pickups)]
        if image_place(name, width, height, place) == place
    ]
    assert on_axis
    made = [one for start in range(4) for one in chain(level, start, 25)]
    assert len(made) > 90
    assert all(is_symmetric(one.arena, name) for one in made)


def test_only_enemies_get_another_brain() -> None:
    level = generate(0, objective="eliminate", team_sizes=(2, 2))
    made = list(chain(level, 3, 60))
    allies = list(level.team_seats(level.own_team))
    enemies = list(level.team_seats(1))
    assert len(allies) == len(enemies) == 2
    assert all(
        [one.roster[seat] for seat in allies] == [level.roster[seat] for seat in allies] for one in made
    )
    assert any(
        [one.roster[seat] for seat in enemies] != [level.roster[seat] for seat in enemies] for one in made
    )


def test_sides_become_unequal_only_where_that_is_allowed() -> None:
    level = next(level for level in LEVELS if level.name == "orchard")
    made = list(chain(level, 2, 40, uneven=True))
    assert any(symmetry_of(one.arena) is None for one in made)
    assert {tuple(map(len, (one.team_seats(0), one.team_seats(1)))) for one in made} > {(1, 1)}
    assert all(one.team_seats(0) and one.team_seats(1) for one in made)


def test_every_part_of_a_level_is_edited() -> None:
    level = next(level for level in LEVELS if level.objective == rules.DEFEND)
    rows = [row for made in chain(level, 3, 80) for row in level_differences(level, made)]
    assert {row["what"] for row in rows} >= {"tile", "start", "pickup", "time_limit", "goal", "core_hp"}
    collect = generate(11, objective="collect")
    assert "cell" in {
        row["what"] for made in chain(collect, 4, 40) for row in level_differences(collect, made)
    }


def test_what_is_pinned_stays() -> None:
    level = LEVELS[1]
    height, width = level.arena.tiles.shape
    left = frozenset((x, y) for x in range(width // 2) for y in range(height))
    pinned = replace(level, pins=left)
    assert list(chain(pinned, 5, 20)), "numbers and brains may change"
    for made in chain(pinned, 5, 20):
        places = [
            (row["x"], row["y"])
            for row in level_differences(level, made)
            if row["what"] != "start" and row["x"] is not None
        ]
        assert not left & set(places)
        assert np.array_equal(made.arena.tiles, level.arena.tiles), "the image of each tile is pinned too"
        assert [s for s in made.arena.spawns if (s.x, s.y) in left] == [
            s for s in level.arena.spawns if (s.x, s.y) in left
        ]
    assert not all(np.array_equal(made.arena.tiles, level.arena.tiles) for made in chain(level, 5, 20)), (
        "without pins they change"
    )


def test_the_same_seed_makes_the_same_mutants() -> None:
    one, other = ([made.digest for made in chain(LEVELS[4], 7, 10)] for _ in range(2))
    assert one == other
    assert one != [made.digest for made in chain(LEVELS[4], 8, 10)]


def test_a_difference_names_what_was_and_what_is() -> None:
    level = LEVELS[0]
    assert level_differences(level, level) == []
    arena = level.arena
    moved = replace(arena.spawns[0], x=arena.spawns[0].x + 1)
    tiles = arena.tiles.copy()
    tiles[0, 0] = rules.WATER
    changed = replace(
        level, arena=replace(arena, tiles=tiles, spawns=(moved, *arena.spawns[1:]), pickups=arena.pickups[1:])
    )
    rows = {
        (row["what"], row["was"].split()[0], row["now"].split()[0])
        for row in level_differences(level, changed)
    }
    start, pickup = arena.spawns[0], rules.PICKUP_NAMES[arena.pickups[0].kind]
    assert rows == {
        ("tile", rules.TILES[int(arena.tiles[0, 0])].name, "water"),
        ("start", f"({start.x},{start.y})", f"({start.x + 1},{start.y})"),
        ("pickup", pickup, "none"),
    }
