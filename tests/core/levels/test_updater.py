"""A level written into a file that somebody drew: the game reads the new level, and what it does not use is still there."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import list_levels
from game.core.levels.generator import generate
from game.core.levels.model import Level, SeatPlan, Title
from game.core.levels.problems import LevelError
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import parse_level, read_draft
from game.core.levels.updater import update_level, update_parts
from game.core.levels.writer import write_level
from game.core.sim.arena import PickupSpot, Spawn
from tests.core.levels.hostile import Map, set_property, sound_map
from tests.core.levels.packing import packed
from tests.core.levels.tiled_dialects import infinite

CASES = Path(__file__).parent / "cases"
Change = Callable[[Level], Level]


def decorated() -> Map:
    """The sound map with much that the game does not use, in every part of it."""
    data = sound_map()
    set_property(data, "weather", "rain")
    data |= {"backgroundcolor": "#102030", "mine": {"a": [1, 2]}}
    floor, things = data["layers"]
    floor |= {
        "opacity": 0.5,
        "tintcolor": "#ff0000",
        "properties": [{"name": "depth", "type": "int", "value": 3}],
    }
    things["objects"][0] |= {
        "name": "north gate",
        "properties": [*things["objects"][0]["properties"], own("mark", 7)],
    }
    things["objects"].append(
        {"id": 40, "x": 5, "y": 5, "polygon": [{"x": 0, "y": 0}, {"x": 4, "y": 9}], "type": ""}
    )
    sky = {"type": "imagelayer", "name": "sky", "image": "sky.png", "id": 7, "opacity": 1, "visible": True}
    hidden = {
        "type": "objectgroup",
        "name": "plans",
        "id": 8,
        "visible": False,
        "objects": [{"id": 41, "x": 1, "y": 1}],
    }
    data["layers"] = [sky, {"type": "group", "name": "all", "id": 9, "layers": [floor, things]}, hidden]
    data["nextobjectid"] = 50
    return data


def own(name: str, value: Any) -> Map:
    return {"name": name, "type": "int", "value": value}


def text(data: Map) -> bytes:
    return json.dumps(data).encode()


def walls(level: Level) -> Level:
    tiles = level.arena.tiles.copy()
    tiles[0, 0:5] = rules.WALL
    tiles[11, 3] = rules.WATER
    return replace(level, arena=replace(level.arena, tiles=tiles))


def starts(level: Level) -> Level:
    old = level.arena.spawns
    spawns = (
        replace_start(old[0], x=2, y=0, team=0),
        replace_start(old[1], facing=3),
        Spawn(8, 0, 0, rules.SCOUT, 3),
    )
    arena = replace(level.arena, spawns=(*spawns, Spawn(8, 11, 1, rules.HEAVY, 7)))
    plans = (SeatPlan(player=True), SeatPlan(brain="hunter"), SeatPlan(), SeatPlan())
    return replace(level, arena=arena, roster=plans)


def replace_start(spawn: Spawn, **values: int) -> Spawn:
    return spawn._replace(**values) if hasattr(spawn, "_replace") else replace(spawn, **values)


def fewer(level: Level) -> Level:
    return replace(level, arena=replace(level.arena, pickups=level.arena.pickups[1:]))


def other_pickups(level: Level) -> Level:
    spots = (PickupSpot(8, 1, rules.PICKUP_NAMES.index("bank")), PickupSpot(1, 1, 0), PickupSpot(2, 1, 1))
    return replace(level, arena=replace(level.arena, pickups=spots))


def facts(level: Level) -> Level:
    arena = replace(level.arena, time_limit=100 * 60, goal=0)
    return replace(
        level, arena=arena, title=Title("Other", "别的"), difficulty=4, mood="dark", seed=3_000_000_000
    )


def portals(level: Level) -> Level:
    tiles = level.arena.tiles.copy()
    tiles[0, 0] = tiles[11, 15] = rules.PORTAL
    return replace(level, arena=replace(level.arena, tiles=tiles, portals=(((0, 0), (15, 11)),)))


def larger(level: Level) -> Level:
    tiles = np.zeros((14, 20), np.uint8)
    tiles[:12, :16] = level.arena.tiles
    tiles[13, 19] = rules.WALL
    return replace(level, arena=replace(level.arena, tiles=tiles))


CHANGES = [walls, starts, fewer, other_pickups, facts, portals, larger]


def same(one: Level, other: Level) -> bool:
    names = ("digest", "roster", "title", "difficulty", "mood", "seed", "author")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_game_does_not_use_stays(change: Change) -> None:
    source = decorated()
    level = change(parse_level(text(source), "made"))
    made = update_level(text(source), level)
    assert same(parse_level(made, "made"), level)
    data = json.loads(made)
    assert [layer["name"] for layer in data["layers"]] == ["sky", "all", "plans"]
    assert (data["mine"], data["backgroundcolor"]) == ({"a": [1, 2]}, "#102030")
    floor, things = data["layers"][1]["layers"]
    assert (floor["tintcolor"], floor["properties"][0]["value"]) == ("#ff0000", 3)
    assert data["layers"][2] == source["layers"][2]
    assert any(entry["name"] == "weather" for entry in data["properties"])
    gate = things["objects"][0]
    assert (gate["id"], gate["name"]) == (1, "north gate")
    assert own("mark", 7) in gate["properties"]
    (drawn,) = [entry for entry in things["objects"] if "polygon" in entry]
    assert drawn == {"id": 40, "x": 5, "y": 5, "polygon": [{"x": 0, "y": 0}, {"x": 4, "y": 9}], "type": ""}
    ids = [entry["id"] for entry in things["objects"]]
    assert len(set(ids)) == len(ids)


def test_the_same_level_changes_nothing() -> None:
    source = decorated()
    assert json.loads(update_level(text(source), parse_level(text(source), "made"))) == source


@pytest.mark.parametrize("way", ["", "zlib", "gzip", "zstd"])
def test_a_layer_stays_packed_as_it_was(way: str) -> None:
    source = sound_map()
    layer = source["layers"][0]
    layer |= {"encoding": "base64", "compression": way, "data": packed(layer["data"], way)}
    level = walls(parse_level(text(source), "made"))
    made = update_level(text(source), level)
    assert json.loads(made)["layers"][0]["compression"] == way
    assert same(parse_level(made, "made"), level)


@pytest.mark.parametrize("change", [walls, starts, other_pickups, facts, portals])
def test_an_infinite_map_stays_infinite(change: Change) -> None:
    source = sound_map()
    infinite(source, Path())
    level = change(parse_level(text(source), "made"))
    made = update_level(text(source), level)
    assert json.loads(made)["infinite"] is True
    assert same(parse_level(made, "made"), level)


def test_an_infinite_map_keeps_its_size() -> None:
    source = sound_map()
    infinite(source, Path())
    with pytest.raises(ValueError, match="expected the size of the infinite map"):
        update_level(text(source), larger(parse_level(text(source), "made")))


@pytest.mark.parametrize(
    "name", ["plain.tmx", "tiled-templates_tx.tmj", "v1_0.tmj", "tiled-rotated_objects_90.tmj"]
)
def test_every_dialect_can_be_changed(name: str) -> None:
    source = (CASES / name).read_bytes()
    level = parse_level(source, "made", CASES)
    spots = (*level.arena.pickups, PickupSpot(3, 11, 1))
    changed = facts(replace(level, arena=replace(level.arena, pickups=spots)))
    changed = replace(changed, arena=replace(changed.arena, goal=level.arena.goal))
    assert same(parse_level(update_level(source, changed, CASES), "made", CASES), changed)


def test_painted_things_become_objects_where_they_change() -> None:
    source = sound_map()
    source["layers"][0]["data"][0] = gid_of("pickup", "repair")
    level = other_pickups(parse_level(text(source), "made"))
    assert len(parse_level(text(source), "made").arena.pickups) == 3
    assert same(parse_level(update_level(text(source), level), "made"), level)


def test_a_tile_that_no_tileset_has_comes_from_the_games() -> None:
    source = sound_map()
    source["tilesets"] = [
        {"firstgid": 1, "name": "own", "tilecount": 1, "tiles": [{"id": 0, "type": "floor"}]}
    ]
    source["layers"][0]["data"] = [1] * 192
    for entry, team in zip(source["layers"][1]["objects"][:2], (0, 1), strict=True):
        entry |= {"gid": 0, "type": "spawn", "y": entry["y"] - 32, "properties": [own("team", team)]}
    del source["layers"][1]["objects"][2:]
    level = walls(parse_level(text(source), "made"))
    made = update_level(text(source), level)
    assert json.loads(made)["tilesets"][1] == {"firstgid": 2, "source": "bankshot.tsj"}
    assert same(parse_level(made, "made"), level)


def test_any_level_goes_into_any_file() -> None:
    files = [entry.path.read_bytes() for entry in list_levels() if entry.builtin][::4]
    for seed, source in enumerate(files):
        level = generate(seed, objective=seed % 4)
        made = update_level(source, level)
        assert same(parse_level(made, level.name), parse_level(write_level(level), level.name))


def test_a_broken_file_is_refused() -> None:
    with pytest.raises(LevelError):
        update_level(b"{", generate(1))


def test_a_start_that_is_moved_points_where_it_pointed() -> None:
    """`facing` is `auto` in the file: from another place that would be another way."""
    source = sound_map()
    for entry in source["layers"][1]["objects"][:2]:
        entry["properties"] = [one for one in entry.get("properties", []) if one["name"] != "facing"]
    level = parse_level(text(source), "made")
    spawn = level.arena.spawns[0]
    moved = replace_start(spawn, x=8, y=11)
    level = replace(level, arena=replace(level.arena, spawns=(moved, *level.arena.spawns[1:])))
    assert same(parse_level(update_level(text(source), level), "made"), level)


def test_the_letters_of_portals_stay_and_new_ones_take_free_letters() -> None:
    source = sound_map()
    cells = source["layers"][0]["data"]
    cells[0], cells[15] = gid_of("portal", "B"), gid_of("portal", "B")
    level = parse_level(text(source), "made")
    tiles = level.arena.tiles.copy()
    tiles[11, 0] = tiles[11, 15] = rules.PORTAL
    pairs = (((0, 11), (15, 11)), *level.arena.portals)
    level = replace(level, arena=replace(level.arena, tiles=tiles, portals=pairs))
    made = update_level(text(source), level)
    assert same(parse_level(made, "made"), level)
    data = json.loads(made)["layers"][0]["data"]
    assert (data[0], data[15]) == (cells[0], cells[15])
    assert (data[176], data[191]) == (gid_of("portal", "A"), gid_of("portal", "A"))


def test_portals_keep_their_letters(tmp_path: Path) -> None:
    """A pair stays, a lone end gives its letter to the pair that it becomes part of, and only a new pair takes a free one."""
    data = sound_map()
    cells = data["layers"][0]["data"]
    for cell, letter in ((0, "B"), (15, "B"), (17, "D")):
        cells[cell] = gid_of("portal", letter)
    (tmp_path / "made.tmj").write_bytes(text(data))
    _, parts = read_draft(tmp_path / "made.tmj", frozenset({"E043"}))
    tiles = parts.level.arena.tiles.copy()
    tiles[9, 3] = tiles[0, 3] = tiles[0, 5] = rules.PORTAL
    pairs = (((3, 0), (5, 0)), ((0, 0), (15, 0)), ((3, 9), (1, 1)))
    level = replace(parts.level, arena=replace(parts.level.arena, tiles=tiles, portals=pairs), notes=())
    made = json.loads(update_parts(parts, level))
    found = {
        n: gid
        for n, gid in enumerate(made["layers"][0]["data"])
        if gid in map(gid_of, ["portal"] * 8, "ABCDEFGH")
    }
    assert {cell: "ABCDEFGH"[gid - gid_of("portal", "A")] for cell, gid in found.items()} == {
        0: "B", 15: "B", 17: "D", 9 * 16 + 3: "D", 3: "A", 5: "A",
    }  # fmt: skip
