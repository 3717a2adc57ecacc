"""The layout of `bankshot.png`, and the files that describe it to Tiled: tileset and project."""

import json
from typing import Any, Final, NamedTuple

from game.core.levels import schema

TILE_PIXELS: Final = 32
COLUMNS: Final = 8
TILESET_NAME: Final = "bankshot"


class SheetTile(NamedTuple):
    """One tile of the sheet: its class and, if a class has several pictures, which of them."""

    tile_class: str
    variant: str = ""  # portal: letter, spawn: team, pickup: kind


_PLAIN_TILES: Final = (
    *(
        "floor",
        "wall",
        "brick",
        "brick_cracked",
        "water",
        "cover",
        "mirror_slash",
        "mirror_backslash",
        "core",
    ),
    *("home_0", "home_1", "home_2", "home_3"),
)
# Maps refer to tiles by their index here: append, never move.
SHEET: Final = (
    *(SheetTile(name) for name in _PLAIN_TILES),
    *(SheetTile(schema.PORTAL, letter) for letter in "ABCDEFGH"),
    *(SheetTile(schema.SPAWN, team) for team in "0123"),
    *(SheetTile(schema.PICKUP, kind) for kind in ("repair", "shield", "triple", "bank", "speed")),
    SheetTile(schema.CELL),
    SheetTile("floor", "marked"),
)
# Name, key and arguments of the commands under Tiled's *File > Commands*; the first is the toolbar button.
COMMANDS: Final = (
    ("Play", "F5", "play %mapfile"),
    ("Check", "F6", "levels check %mapfile"),
    ("Watch the AI", "F7", "watch %mapfile"),
    ("Test with the AI", "F8", "levels test %mapfile"),
)
_GIDS: Final = {tile: n + 1 for n, tile in enumerate(SHEET)}  # if the tileset's first gid is 1
_VARIANT_PROPERTIES: Final = {
    schema.PORTAL: ("pair", "portal_pair"),
    schema.SPAWN: ("team", ""),
    schema.PICKUP: ("kind", "pickup_kind"),
}


def gid_of(tile_class: str, variant: str = "") -> int:
    """Return the gid of a tile if the tileset's first gid is 1. Raises LookupError for a tile that has no cell yet."""
    tile = SheetTile(tile_class, variant)
    if tile not in _GIDS:
        raise LookupError(
            f"tile {tile_class!r} {variant}: expected a cell of SHEET in {__name__}, found none"
        )
    return _GIDS[tile]


def tileset_json() -> bytes:
    """Return `bankshot.tsj`: each tile's class, and the property that distinguishes tiles of one class."""
    rows = -(-len(SHEET) // COLUMNS)
    tiles: list[dict[str, Any]] = []
    for number, tile in enumerate(SHEET):
        entry: dict[str, Any] = {"id": number, "type": tile.tile_class}
        if tile.tile_class in _VARIANT_PROPERTIES:
            name, enum = _VARIANT_PROPERTIES[tile.tile_class]
            value: str | int = int(tile.variant) if name == "team" else tile.variant
            kind = "int" if name == "team" else "string"
            entry["properties"] = [{"name": name, "type": kind, "value": value}]
            if enum:
                entry["properties"][0]["propertytype"] = enum
        tiles.append(entry)
    content = {
        "columns": COLUMNS,
        "image": f"{TILESET_NAME}.png",
        "imageheight": rows * TILE_PIXELS,
        "imagewidth": COLUMNS * TILE_PIXELS,
        "margin": 0,
        "name": TILESET_NAME,
        "spacing": 0,
        "tilecount": len(SHEET),
        "tiledversion": "1.10",
        "tileheight": TILE_PIXELS,
        "tiles": tiles,
        "tilewidth": TILE_PIXELS,
        "type": "tileset",
        "version": "1.10",
    }
    return _dump(content)


def project_json() -> bytes:
    """Return `bankshot.tiled-project`: the classes and choices of the schema, and commands, so that Tiled offers them."""
    classes: list[tuple[str, tuple[schema.Field, ...], list[str]]] = [
        (schema.LEVEL, schema.LEVEL_FIELDS, ["map"]),
        (schema.SPAWN, schema.SPAWN_FIELDS, ["object", "tile"]),
        (schema.PICKUP, schema.PICKUP_FIELDS, ["object", "tile"]),
        (schema.CELL, (), ["object", "tile"]),
        (schema.PORTAL, schema.PORTAL_FIELDS, ["tile"]),
    ]
    classes += [(name, (), ["tile"]) for name in _PLAIN_TILES]
    classes += [(schema.PINS, (), ["layer"])]
    types: list[dict[str, Any]] = []
    for _, fields, _ in classes:
        for field in fields:
            if field.enum and field.enum not in [known["name"] for known in types]:
                types.append(
                    {
                        "id": len(types) + 1,
                        "name": field.enum,
                        "storageType": "string",
                        "type": "enum",
                        "values": list(field.choices),
                        "valuesAsFlags": False,
                    }
                )
    for name, fields, uses in classes:
        types.append(
            {
                "color": "#ff33d6ff",
                "drawFill": True,
                "id": len(types) + 1,
                "members": [_member(field) for field in fields],
                "name": name,
                "type": "class",
                "useAs": uses,
            }
        )
    content = {
        "automappingRulesFile": "",
        "commands": [_command(*row) for row in COMMANDS],
        "compatibilityVersion": 1100,
        "extensionsPath": "extensions",
        "folders": ["."],
        "properties": [],
        "propertyTypes": types,
    }
    return _dump(content)


def _command(name: str, shortcut: str, arguments: str) -> dict[str, Any]:
    """Return a command in the form of Tiled 1.4 to 1.12; %mapfile is the path of the map, in quotes."""
    return {
        "arguments": arguments,
        "command": "bankshot",
        "enabled": True,
        "name": name,
        "saveBeforeExecute": True,
        "shortcut": shortcut,
        "showOutput": True,  # shown in Tiled's Console
        "workingDirectory": "%mappath",
    }


def _member(field: schema.Field) -> dict[str, Any]:
    kind = {bool: "bool", int: "int", str: "string"}[type(field.default)]
    member: dict[str, Any] = {"name": field.name, "type": kind, "value": field.default}
    if field.enum:
        member["propertyType"] = field.enum
    return member


def _dump(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")
