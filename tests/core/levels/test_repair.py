"""Damaged levels are mended with few changes, each told; what is pinned stays; what cannot be mended is said."""

import contextlib
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.levels.repairs import DAMAGES, WALL, Canvas, run
from game.core import rules
from game.core.levels.board import NONE, START, TILE, LevelChange, merge_changes
from game.core.levels.catalogue import builtin_levels
from game.core.levels.checks import check_arena
from game.core.levels.messages_en import MESSAGES
from game.core.levels.model import Level, SeatPlan, Title
from game.core.levels.problems import ERROR, Problem
from game.core.levels.repair import REPAIRABLE, REPAIRABLE_WARNINGS, REPAIRS, Repair, fixes_more, repair_level
from game.core.levels.tmj import parse_level, read_draft
from game.core.levels.updater import update_parts
from game.core.sim.arena import Spawn
from tests.core.levels.arenas import arena

DUEL = """
A.........
..........
..#.......
..........
..........
..........
......%...
..........
.........B
..........
"""

SIDES = """
................
................
................
................
................
.A..............
..............B.
................
................
................
................
................
"""
MIRRORED = """
....B....
.........
.#.....#.
.........
.........
.........
.........
....A....
.........
"""


def level_of(picture: str, objective: int = rules.ELIMINATE, pins: Any = (), **changes: Any) -> Level:
    made = arena(picture, objective, **changes)
    return Level("drawn", Title("", ""), made, tuple(SeatPlan() for _ in made.spawns), pins=frozenset(pins))


def row(picture: str, y: int, text: str) -> str:
    rows = picture.split()
    rows[y] = text
    return "\n".join(rows)


def sound(found: Repair) -> bool:
    return not any(problem.severity == ERROR for problem in check_arena(found.level.arena))


def test_a_sound_level_is_left_alone() -> None:
    for entry in builtin_levels()[:8]:
        assert entry.level is not None
        found = repair_level(entry.level)
        assert (found.changes, found.left) == ((), ())
        assert found.level.digest == entry.level.digest


CASES = {
    "a start on a wall": (DUEL, {"spawns": [(2, 2, 0), (9, 8, 1)]}, "E040"),
    "a start outside": (DUEL, {"spawns": [(-3, 2, 0), (9, 8, 1)]}, "E031"),
    "two starts on a tile": (DUEL, {"spawns": [(0, 0, 0), (9, 8, 1), (9, 8, 1), (1, 1, 0)]}, "E041"),
    "no enemy": (DUEL.replace("B", "."), {}, "E042"),
    "no start of one's own": (DUEL.replace("A", "."), {}, "E042"),
    "a start behind walls": (row(row(DUEL, 0, "A#........"), 1, "##........"), {}, "E047"),
    "a pick-up on a wall": (DUEL, {"pickups": [(2, 2)]}, "E040"),
    "a pick-up behind walls": (row(row(DUEL, 4, ".#+#......"), 5, "..#......."), {}, None),
    "starts of enemies side by side": (DUEL.replace("B", "."), {"spawns": [(0, 0, 0), (2, 1, 1)]}, "W107"),
}


def damaged(picture: str, objective: int, changes: dict[str, Any]) -> Level:
    from game.core.sim.arena import PickupSpot, Spawn

    made: dict[str, Any] = {}
    if "spawns" in changes:
        made["spawns"] = tuple(Spawn(x, y, team, facing=1) for x, y, team in changes["spawns"])
    if "pickups" in changes:
        made["pickups"] = tuple(PickupSpot(x, y, 0) for x, y in changes["pickups"])
    return level_of(picture, objective, **made)


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_mended_by_one_change(name: str) -> None:
    picture, changes, code = CASES[name]
    level = damaged(picture, rules.ELIMINATE, changes)
    found = repair_level(level)
    assert sound(found)
    assert found.left == ()
    assert len(found.changes) == (0 if code is None else 1)
    assert [change.code for change in found.changes] == ([] if code is None else [code])
    assert len(found.level.roster) == len(found.level.arena.spawns)
    assert not found.changes or found.changes[0].why


def test_a_closed_off_place_is_opened_or_filled() -> None:
    closed = row(row(row(DUEL, 3, "####......"), 4, "...#......"), 5, "####......")
    found = repair_level(level_of(closed), guided=False)
    assert [(change.was, change.now, change.code) for change in found.changes] == [("wall", "floor", "W103")]
    niche = row(row(row(DUEL, 3, ".###......"), 4, ".#.#......"), 5, ".###......")
    (change,) = repair_level(
        level_of(niche, pins={(x, y) for x in range(1, 4) for y in (3, 5)} | {(1, 4), (3, 4)})
    ).changes
    assert (change.place, change.now) == ((2, 4), "wall"), "its walls are pinned"


def test_what_each_objective_lacks_is_added() -> None:
    defend = repair_level(level_of(DUEL, rules.DEFEND))
    assert sound(defend)
    assert [change.code for change in defend.changes] == ["E044"]
    core = defend.changes[0].place
    assert core == (1, 1), "by the defenders, with open tiles all round"
    sides = repair_level(level_of(SIDES, rules.DEFEND))
    assert sound(sides)
    assert [change.place for change in sides.changes] == [(1, 3)], "by the start (1,5), in no corner"
    axis = repair_level(level_of(MIRRORED, rules.DEFEND))
    assert [change.place for change in axis.changes] == [(4, 5)], "on the axis of a mirrored level"
    twice = repair_level(level_of(row(DUEL, 4, "..C...C..."), rules.DEFEND))
    assert (twice.changes[0].place, twice.changes[0].was, twice.changes[0].now) == ((6, 4), "core", "floor")
    collect = repair_level(level_of(DUEL, rules.COLLECT))
    assert sound(collect)
    assert [change.code for change in collect.changes][:2] == ["E045", "E045"]
    assert {change.code for change in collect.changes[2:]} == {"E046"}


def test_a_team_without_a_part_joins_the_enemy() -> None:
    level = damaged(DUEL, rules.SURVIVE, {"spawns": [(0, 0, 0), (9, 8, 1), (5, 5, 3)]})
    found = repair_level(level)
    assert [spawn.team for spawn in found.level.arena.spawns] == [0, 1, 1]
    assert [change.code for change in found.changes] == ["E048"]


@pytest.mark.parametrize("ends", [1, 3])
def test_a_portal_has_two_ends(ends: int) -> None:
    tiles = level_of(DUEL).arena.tiles.copy()
    places = [(4, 4), (7, 2), (1, 7)][:ends]
    for x, y in places:
        tiles[y, x] = rules.PORTAL
    level = level_of(DUEL)
    level = replace(level, arena=replace(level.arena, tiles=tiles))
    found = repair_level(level, dict.fromkeys(places, "B"), guided=False)
    assert sound(found)
    assert [change.code for change in found.changes] == ["E043"]
    assert len(found.level.arena.portals) == ends // 2


def test_the_other_side_shows_what_was_there() -> None:
    level = next(entry.level for entry in builtin_levels() if entry.name == "orchard")
    assert level is not None
    own = next(spawn for spawn in level.arena.spawns if spawn.team == 1)
    left = [spawn for spawn in level.arena.spawns if spawn.team == 0]
    gone = replace(level, arena=replace(level.arena, spawns=tuple(left)), roster=(SeatPlan(player=True),))
    guided, blind = repair_level(gone), repair_level(gone, guided=False)
    assert guided.level.arena.spawns[1] == own
    assert sound(blind)
    assert blind.level.arena.spawns[1] != own


def test_what_is_pinned_stays() -> None:
    level = damaged(DUEL, rules.ELIMINATE, {"spawns": [(2, 2, 0), (9, 8, 1)]})
    assert repair_level(level).changes
    pinned = repair_level(replace(level, pins=frozenset({(2, 2)})))
    assert pinned.changes == ()
    assert [problem.code for problem in pinned.left] == ["E040"]
    assert "a start" in str(pinned.left[0])
    boxed = level_of(row(row(DUEL, 0, "A#........"), 1, "##........"), pins={(0, 0), (1, 0), (0, 1), (1, 1)})
    found = repair_level(boxed)
    assert found.changes == ()
    assert found.left[0].code == "E047"


def test_every_kind_of_damage_to_the_built_in_levels_is_mended() -> None:
    rows = run(len(DAMAGES), seed=5)
    assert {found["damage"] for found in rows} == {damage.__name__ for damage in DAMAGES}
    assert all(found["left"] == [] for found in rows)
    assert {code for found in rows for code in found["faults"]} >= REPAIRABLE - {"E046", "E048", "E049"}


def test_the_table_of_what_is_mended_has_codes_that_there_are() -> None:
    assert REPAIRS.keys() <= MESSAGES.keys()
    assert REPAIRS.keys() > REPAIRABLE_WARNINGS


@pytest.mark.parametrize("seed", range(2))
def test_levels_damaged_in_many_ways_end_in_a_sound_file_or_an_error(seed: int, tmp_path: Path) -> None:
    random = np.random.default_rng(seed)
    levels = [entry.level for entry in builtin_levels() if entry.level is not None and entry.level.width < 30]
    written = 0
    for number in range(8):
        canvas = Canvas(levels[int(random.integers(len(levels)))], random)
        for damage in random.choice(len(DAMAGES), 4):
            with contextlib.suppress(IndexError, ValueError):  # what this level does not have
                DAMAGES[int(damage)](canvas)
        canvas.objects[0] |= {
            "x": int(random.integers(-(10**6), 10**6)),
            "y": int(random.integers(-(10**6), 10**6)),
        }
        for cell in random.integers(len(canvas.cells), size=10):
            canvas.cells[int(cell)] = WALL
        path = tmp_path / f"{number}.tmj"
        path.write_text(json.dumps(canvas.data))
        _, parts = read_draft(path, REPAIRABLE)
        found = repair_level(parts.level, parts.letters, parts.names)
        if any(problem.severity == ERROR for problem in found.left):
            continue
        again = parse_level(update_parts(parts, found.level, tmp_path), "again")
        assert again.digest == found.level.digest
        assert {note.code for note in again.notes} & REPAIRABLE_WARNINGS <= {
            problem.code for problem in found.left
        }
        written += 1
    assert written >= 6


def closed_pocket(core: tuple[int, int], pocket: tuple[int, int]) -> Level:
    """An open arena with a core, and one tile of floor between four walls."""
    rows = [list("." * 20) for _ in range(12)]
    rows[1][1], rows[10][18], rows[core[1]][core[0]] = "A", "B", "C"
    x, y = pocket
    for column, line in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
        rows[line][column] = "#"
    return level_of("\n".join(map("".join, rows)), rules.DEFEND)


def test_a_pocket_is_not_filled_with_the_core_that_the_other_side_shows() -> None:
    found = repair_level(closed_pocket((13, 3), (6, 8)))
    assert found.changes
    assert (found.level.arena.tiles == rules.CORE).sum() == 1
    assert sound(found)


def test_no_more_starts_are_added_than_a_level_may_have() -> None:
    enemies = tuple(Spawn(9 - number % 5, 8 - number // 5 * 2, 1) for number in range(10))
    level = level_of(DUEL.replace("A", ".").replace("B", "."), spawns=enemies)
    found = repair_level(replace(level, roster=(SeatPlan(),) * len(enemies)))
    assert len(found.level.arena.spawns) <= rules.MAX_SEATS
    assert {spawn.team for spawn in found.level.arena.spawns} == {0, 1}
    assert not any(problem.severity == ERROR for problem in found.left)


def test_no_way_is_opened_to_cells_that_nobody_collects() -> None:
    picture = row(row(row(DUEL, 4, ".###......"), 5, ".#.#......"), 6, ".###..%...")
    level = level_of(picture)
    level = replace(level, arena=replace(level.arena, cells=((2, 5),)))
    assert not [change for change in repair_level(level, guided=False).changes if change.code == "E047"]


def test_a_tile_that_is_laid_is_one_change_even_where_the_other_side_shows_brick() -> None:
    rows = [list("." * 10) for _ in range(10)]
    for x, y, sign in ((2, 2, "#"), (7, 7, "%"), (7, 2, "%"), (2, 7, "%")):
        rows[y][x] = sign
    level = damaged("\n".join(map("".join, rows)), rules.ELIMINATE, {"spawns": [(2, 2, 0), (9, 8, 1)]})
    (change,) = repair_level(level).changes
    assert (change.place, change.was, change.now) == ((2, 2), "wall", "floor")


def test_a_large_part_that_is_closed_off_is_opened_and_its_start_stays() -> None:
    """A wall of two tiles goes through the level: moving the enemy out of its half would leave that half to nobody."""
    thick = "\n".join(line[:4] + "##" + line[6:] for line in DUEL.split())
    found = repair_level(level_of(thick), guided=False)
    assert [(change.was, change.now, change.code) for change in found.changes] == [
        ("wall", "floor", "E047"), ("wall", "floor", "E047"),
    ]  # fmt: skip
    assert found.level.arena.spawns == level_of(thick).arena.spawns
    assert found.left == ()


def test_two_starts_on_a_tile_between_walls_come_apart() -> None:
    """The place that most starts share has room for one alone."""
    walled = row(row(DUEL, 0, ".#........"), 1, "#.........").replace("B", ".")
    found = repair_level(
        damaged(walled, rules.ELIMINATE, {"spawns": [(0, 0, 0), (0, 0, 0), (9, 8, 1)]}), guided=False
    )
    assert found.left == ()
    assert [change.code for change in found.changes] == ["E041", "E047"]


def test_a_team_gets_a_start_though_the_other_is_walled_in() -> None:
    walled = row(row(DUEL, 0, "A#........"), 1, "#.........").replace("B", ".")
    found = repair_level(level_of(walled), guided=False)
    assert found.left == ()
    assert [change.code for change in found.changes] == ["E042", "E047"]


def test_what_the_pins_forbid_is_named() -> None:
    thick = "\n".join(line[:4] + "##" + line[6:] for line in DUEL.split())
    pins = {(x, y) for x in (4, 5) for y in range(10)}
    found = repair_level(level_of(thick, pins=pins), guided=False)
    assert (found.changes, {each.code for each in found.left}) == ((), {"E047"})
    assert {change.place for change in found.pinned} <= pins
    assert [change.now for change in found.pinned] == ["floor", "floor"]
    assert repair_level(level_of(thick), guided=False).pinned == ()


def test_a_repair_is_judged_by_what_it_mends_not_by_how_much_is_left() -> None:
    start, way, other = (
        Problem("E040", "a", "here"),
        Problem("E047", "a", "here"),
        Problem("E040", "a", "there"),
    )
    assert fixes_more([start, way], [way])
    assert fixes_more([start], [other])
    assert not fixes_more([start], [start, way])
    assert not fixes_more([start], [replace(start, args=(("found", 2),))])


def test_changes_of_one_thing_are_told_once() -> None:
    moved = LevelChange(START, (3, 3), "", "", "E031", "first", 0, (-1, 3))
    again = LevelChange(START, (5, 3), "", "", "W107", "then", 0, (3, 3))
    team = LevelChange(START, (-1, 3), "team 3", "team 1", "E048", "", 0)
    new = LevelChange(START, (8, 8), NONE, "team 1", "E042", "", 1)
    pushed = LevelChange(START, (8, 4), "", "", "W107", "", 1, (8, 8))
    wall = LevelChange(TILE, (1, 1), "wall", "floor", "E040")
    back = LevelChange(TILE, (1, 1), "floor", "wall", "W103")
    found = merge_changes([team, moved, wall, new, again, pushed, back])
    assert found == (team, replace(moved, place=(5, 3)), replace(new, place=(8, 4)))


def test_a_half_of_the_largest_level_is_opened_at_once() -> None:
    """One search from all its tiles, not one from each: 57 seconds, once."""
    rows = ["." * 30 + "#" + "." * 33 for _ in range(64)]
    level = level_of("\n".join(rows), spawns=(Spawn(1, 1, 0), Spawn(9, 9, 1)))
    began = time.process_time()
    (change,) = repair_level(level).changes
    assert (change.place[0], change.now, change.code) == (30, "floor", "W103")
    assert time.process_time() - began < 3
