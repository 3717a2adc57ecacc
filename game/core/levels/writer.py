"""Writes a level as Tiled's JSON: a level always gives the same bytes, and reading them gives the same level."""

import json
from collections.abc import Iterable
from typing import Any, Final

from game.core import rules
from game.core.levels import schema
from game.core.levels.model import FACING_NAMES, FORMAT, PORTAL_PAIRS, Level
from game.core.levels.pins import MOST
from game.core.levels.tileset.sheet import TILE_PIXELS, gid_of

TILED_VERSION: Final = "1.10"
DEFAULT_TILESET: Final = "bankshot.tsj"
_TYPE_NAMES: Final = {bool: "bool", int: "int", str: "string"}


def write_level(level: Level, tileset: str = DEFAULT_TILESET) -> bytes:
    """Return the level as the bytes of a `.tmj` file.

    `tileset` is the path from the file's folder to `bankshot.tsj`. Raises ValueError for data that a file cannot
    hold: a time limit that is no whole number of seconds, more pairs of portals than letters.
    """
    arena = level.arena
    if arena.time_limit % rules.TICKS_PER_SECOND:
        raise ValueError(
            f"{level.name}: expected a time limit of whole seconds, found {arena.time_limit} ticks"
        )
    if len(arena.portals) > len(PORTAL_PAIRS):
        raise ValueError(
            f"{level.name}: expected at most {len(PORTAL_PAIRS)} pairs of portals, found {len(arena.portals)}"
        )
    objects = _objects(level)
    pins = [_pin_layer(level, len(objects) + 1)] if level.pins else []
    content: dict[str, Any] = {
        "compressionlevel": -1,
        "height": level.height,
        "infinite": False,
        "layers": [_tile_layer(level), _object_layer(objects), *pins],
        "nextlayerid": 3 + len(pins),
        "nextobjectid": len(objects) + 1 + sum(len(layer.get("objects", ())) for layer in pins),
        "orientation": "orthogonal",
        "properties": properties_of(level_values(level), schema.LEVEL_FIELDS),
        "renderorder": "right-down",
        "tiledversion": TILED_VERSION,
        "tileheight": TILE_PIXELS,
        "tilesets": [{"firstgid": 1, "source": tileset}],
        "tilewidth": TILE_PIXELS,
        "type": "map",
        "class": schema.LEVEL,
        "version": TILED_VERSION,
        "width": level.width,
    }
    return _dump(content, level.width)


def level_values(level: Level) -> dict[str, str | int | bool]:
    """Return the values of the level's properties by name."""
    arena = level.arena
    return {
        "objective": level.objective_name,
        "title_en": level.title.en,
        "title_zh": level.title.zh,
        "author": level.author,
        "licence": level.licence,
        "mood": level.mood,
        "music": level.music,
        "difficulty": level.difficulty,
        "time_limit": arena.time_limit // rules.TICKS_PER_SECOND,
        "goal": arena.goal,
        "core_hp": arena.core_hp,
        "seed": level.seed,
        "family": level.family,
        "format": FORMAT,
    }


def properties_of(
    values: dict[str, str | int | bool], fields: tuple[schema.Field, ...], *, defaults: bool = False
) -> list[dict[str, str | int | bool]]:
    """Return Tiled's list of properties, sorted by name as in Tiled; with `defaults` also those with default values."""
    found = []
    for field in sorted(fields, key=lambda field: field.name):
        value = values[field.name]
        if value == field.default and not defaults:
            continue
        if field.as_text and type(value) is int and value > schema.INT32[1]:
            value = str(value)
        entry: dict[str, str | int | bool] = {"name": field.name}
        if field.enum:
            entry["propertytype"] = field.enum
        found.append({**entry, "type": _TYPE_NAMES[type(value)], "value": value})
    return found


def _tile_layer(level: Level) -> dict[str, Any]:
    letters = {
        end: letter for letter, pair in zip(PORTAL_PAIRS, level.arena.portals, strict=False) for end in pair
    }
    cells = [
        gid_of(rules.TILES[tile].name, letters.get((x, y), ""))
        for y, row in enumerate(level.arena.tiles.tolist())
        for x, tile in enumerate(row)
    ]
    return {
        "data": cells,
        "height": level.height,
        "id": 1,
        "name": "arena",
        "opacity": 1,
        "type": "tilelayer",
        "visible": True,
        "width": level.width,
        "x": 0,
        "y": 0,
    }


def _pin_layer(level: Level, first: int) -> dict[str, Any]:
    """Return the pins as rectangles of runs in rows or in columns, whichever are fewer; `first`: the first object's id.

    If there are more than the reader accepts, they become a tile layer, which is hidden because it would cover the arena.
    """
    rows = _rectangles(level.pins)
    columns = [(y, x, high, wide) for x, y, wide, high in _rectangles({(y, x) for x, y in level.pins})]
    found = min(rows, columns, key=len)
    if len(found) > MOST:
        gid = gid_of("wall")
        cells = [gid if (x, y) in level.pins else 0 for y in range(level.height) for x in range(level.width)]
        return {**_tile_layer(level), "data": cells, "id": 3, "name": schema.PINS, "visible": False}
    entries = [
        {
            "height": high * TILE_PIXELS,
            "id": first + number,
            "name": "",
            "rotation": 0,
            "type": "",
            "visible": True,
            "width": wide * TILE_PIXELS,
            "x": x * TILE_PIXELS,
            "y": y * TILE_PIXELS,
        }
        for number, (x, y, wide, high) in enumerate(found)
    ]
    return {**_object_layer(entries), "id": 3, "name": schema.PINS}


def _rectangles(cells: Iterable[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """Return cells as rectangles (x, y, width, height): runs in rows, merged with equal runs in the rows below."""
    runs: list[list[int]] = []  # x, y, width
    for y, x in sorted((y, x) for x, y in cells):
        if runs and runs[-1][1] == y and runs[-1][0] + runs[-1][2] == x:
            runs[-1][2] += 1
        else:
            runs.append([x, y, 1])
    found: dict[tuple[int, int, int], int] = {}  # height by x, width, and the row below it
    for x, y, wide in runs:
        found[x, wide, y + 1] = found.pop((x, wide, y), 0) + 1
    return [(x, below - high, wide, high) for (x, wide, below), high in sorted(found.items())]


def _object_layer(objects: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "draworder": "index",
        "id": 2,
        "name": "objects",
        "objects": objects,
        "opacity": 1,
        "type": "objectgroup",
        "visible": True,
        "x": 0,
        "y": 0,
    }


def _objects(level: Level) -> list[dict[str, Any]]:
    """Return starts, pick-ups and cells as tile objects, so that Tiled shows their pictures."""
    found: list[dict[str, Any]] = []

    def add(tile: str, place: tuple[int, int], properties: list[dict[str, str | int | bool]]) -> None:
        entry: dict[str, Any] = {
            "gid": gid_of(*tile.split(":")),
            "height": TILE_PIXELS,
            "id": len(found) + 1,
            "name": "",
            "rotation": 0,
            "type": "",
            "visible": True,
            "width": TILE_PIXELS,
            "x": place[0] * TILE_PIXELS,
            "y": (place[1] + 1) * TILE_PIXELS,
        }
        if properties:
            entry["properties"] = properties
        found.append(entry)

    for spawn, plan in zip(level.arena.spawns, level.roster, strict=True):
        values: dict[str, str | int | bool] = {
            "tank": schema.TANK_NAMES[spawn.tank_class],
            "facing": FACING_NAMES[spawn.facing - 1],
            "player": plan.player,
            "brain": plan.brain,
            "team": 0,  # given by the tile
        }
        add(f"spawn:{spawn.team}", (spawn.x, spawn.y), properties_of(values, schema.SPAWN_FIELDS))
    for pickup in level.arena.pickups:
        add(f"pickup:{rules.PICKUP_NAMES[pickup.kind]}", (pickup.x, pickup.y), [])
    for cell in level.arena.cells:
        add("cell:", cell, [])
    return found


def _dump(content: dict[str, Any], width: int) -> bytes:
    """Return JSON with a line for each row of tiles, so that differences between versions can be read.

    The marker that the tiles replace comes before all texts of the author: keys are sorted and `layers` precede
    `properties`.
    """
    cells = content["layers"][0]["data"]
    content["layers"][0]["data"] = "@rows"
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
    rows = [",".join(f"{gid:2}" for gid in cells[n : n + width]) for n in range(0, len(cells), width)]
    return (text.replace('"@rows"', "[\n" + ",\n".join(rows) + "]", 1) + "\n").encode("utf-8")
