"""Mutators of Tiled's levels (.tmj) and tilesets (.tsj) that know what the JSON means: gids, layers, objects, properties."""

import base64
import gzip
import struct
import zlib
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from game.core.levels import schema
from tests.fuzz.mutate import (
    NUMBERS,
    TEXTS,
    dumps,
    hostile_value,
    json_tokens,
    json_tree,
    loads,
    nonsense,
    one_of,
    raw_bytes,
)

_GIDS: Final = (
    0,
    1,
    5,
    12,
    99,
    4096,
    1 << 28,
    0x80000001,
    0x40000002,
    0x20000001,
    0x10000001,
    0xFFFFFFFF,
    1 << 32,
    -1,
    2.5,
)
_CLASSES: Final = (*schema.TILE_CLASSES, *schema.OBJECT_CLASSES, "nobody")
_FIELDS: Final = (*schema.LEVEL_FIELDS, *schema.SPAWN_FIELDS, *schema.PICKUP_FIELDS, *schema.PORTAL_FIELDS)
_NAMES: Final = tuple(field.name for field in _FIELDS)
_WORDS: Final = tuple(word for field in _FIELDS for word in field.choices)
_SOURCES: Final = (
    "bankshot.tsj", "set.tsj", "nowhere.tsj", "../up.tsj", "/dev/zero", "/proc/self/mem",
    "a" * 300 + ".tsj", "set.tsx", "C:\\con.tsj", "\0",
    "a\udfff.tsj", ".", "", "self.tmj", "fifo.tsj", "folder", "x/" * 2000, "http://example.invalid/a.tsj",
)  # fmt: skip
_TYPES: Final = ("int", "string", "bool", "float", "class", "color", "file", "object", 7)
_MANY: Final = (1, 2, 30, 700)  # copies of an object or layer


def level_meaning(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """One to three changes that a person, another program or a joker could make in Tiled."""
    tree = loads(data)
    if not isinstance(tree, dict):
        return raw_bytes(chance, data, others)
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice((_size, _cells, _cells, _layer, _object, _object, _property, _tileset, _encoding))(
            chance, tree
        )
    return dumps(tree)


def _layers(tree: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = tree.get("layers")
    listed = found if isinstance(found, list) else []
    return [layer for layer in listed if isinstance(layer, dict) and layer.get("type") == kind]


def _any(chance: Random, rows: list[Any]) -> Any:
    return rows[chance.randrange(len(rows))] if rows else None


def _size(chance: Random, tree: dict[str, Any]) -> None:
    """The map's size, tile size, orientation, version: alone, or together with its layers'."""
    key = chance.choice(
        (
            "width",
            "height",
            "tilewidth",
            "tileheight",
            "infinite",
            "orientation",
            "version",
            "nextobjectid",
            "class",
        )
    )
    tree[key] = chance.choice((*NUMBERS[:12], 8, 64, 65, 33, True, "hexagonal", "1.8", hostile_value(chance)))
    if chance.randrange(2) and key in ("width", "height"):
        for layer in _layers(tree, "tilelayer"):
            layer[key] = tree[key]


def _cells(chance: Random, tree: dict[str, Any]) -> None:
    """Some cells of a layer set to another tile, a flipped one, none, or no number."""
    layer = _any(chance, _layers(tree, "tilelayer"))
    cells = layer.get("data") if layer else None
    if not isinstance(cells, list) or not cells:
        return
    gid = chance.choice(_GIDS) if chance.randrange(3) else cells[chance.randrange(len(cells))]
    start = chance.randrange(len(cells))
    for at in range(start, min(len(cells), start + chance.choice((1, 1, 8, 200, 4096)))):
        cells[at] = gid
    if chance.randrange(8) == 0:
        layer["data"] = cells[: start or 1]


def _layer(chance: Random, tree: dict[str, Any]) -> None:
    """A layer dropped, doubled, hidden, moved, put into groups, or turned into another kind."""
    layers = tree.get("layers")
    if not isinstance(layers, list) or not layers:
        return
    at = chance.randrange(len(layers))
    kind = chance.randrange(7)
    if kind == 0:
        del layers[at]
    elif kind == 1:
        layers[at:at] = [layers[at]] * chance.choice(_MANY)
    elif kind == 2:
        for _ in range(chance.choice((1, 7, 40))):
            layers[at] = {
                "type": "group",
                "name": "g",
                "layers": [layers[at]],
                "x": 0,
                "y": 0,
                "visible": True,
                "opacity": 1,
            }
    elif isinstance(layers[at], dict):
        key, value = chance.choice(
            (("offsetx", 16), ("offsety", -32.5), ("x", 3), ("visible", False), ("opacity", -1), ("parallaxx", 0),
             ("name", _any(chance, list(TEXTS))),
             ("type", "imagelayer"), ("type", "objectgroup"), ("type", "tilelayer"), ("locked", 1), ("chunks", []), ("width", 3))
        )  # fmt: skip
        layers[at][key] = value


def _object(chance: Random, tree: dict[str, Any]) -> None:
    """An object moved, turned, scaled, doubled, dropped, given another class, tile, id or shape."""
    group = _any(chance, _layers(tree, "objectgroup"))
    rows = group.get("objects") if group else None
    if not isinstance(rows, list) or not rows:
        return
    at = chance.randrange(len(rows))
    kind = chance.randrange(8)
    if kind == 0:
        del rows[at]
    elif kind == 1:
        rows[at:at] = [rows[at]] * chance.choice(_MANY)
    elif isinstance(rows[at], dict):
        key = chance.choice(
            (
                "x",
                "y",
                "width",
                "height",
                "rotation",
                "gid",
                "class",
                "type",
                "id",
                "name",
                "point",
                "polygon",
                "template",
                "visible",
            )
        )
        near = (-1e9, 1e9, 0, -33, 16.0001, 45, 90, 360, 1e300, True, [], [{"x": 0, "y": 0}], "o.tx")
        rows[at][key] = chance.choice((*near, *_GIDS, *_CLASSES, hostile_value(chance)))


def _property(chance: Random, tree: dict[str, Any]) -> None:
    """A property of the map or an object: value, type, name; added, dropped, doubled, nested."""
    owners = [tree]
    for group in _layers(tree, "objectgroup"):
        rows = group.get("objects")
        owners += [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    owner = _any(chance, owners)
    rows = owner.setdefault("properties", [])
    if not isinstance(rows, list):
        return
    kind = chance.randrange(6)
    if kind == 0 or not rows:
        rows.append(
            {"name": chance.choice(_NAMES), "type": chance.choice(_TYPES), "value": hostile_value(chance)}
        )
    elif kind == 1:
        del rows[chance.randrange(len(rows))]
    elif kind == 2:
        rows += [rows[chance.randrange(len(rows))]] * chance.choice(_MANY)
    else:
        row = rows[chance.randrange(len(rows))]
        if isinstance(row, dict):
            row[chance.choice(("value", "value", "value", "type", "name", "propertytype"))] = chance.choice(
                (*_WORDS, *_NAMES, *NUMBERS, hostile_value(chance))
            )


def _tileset(chance: Random, tree: dict[str, Any]) -> None:
    """A tileset's source, first id, count or tiles; one more, one less."""
    sets = tree.setdefault("tilesets", [])
    if not isinstance(sets, list):
        return
    kind = chance.randrange(5)
    if kind == 0 or not sets:
        sets.append({"firstgid": chance.choice((1, 9, 500, 0, 1 << 28)), "source": chance.choice(_SOURCES)})
    elif kind == 1:
        del sets[chance.randrange(len(sets))]
    elif kind == 2:
        tiles = [{"id": 1, "class": chance.choice(_CLASSES)}]
        count = chance.choice((0, 4096, 1 << 30, -1))
        sets.append({"firstgid": 900, "tilecount": count, "tiles": tiles, "image": chance.choice(_SOURCES)})
    elif isinstance(row := sets[chance.randrange(len(sets))], dict):
        key = chance.choice(
            ("source", "source", "firstgid", "tilecount", "tiles", "objectalignment", "image")
        )
        row[key] = chance.choice(_SOURCES) if key in ("source", "image") else hostile_value(chance)


def _encoding(chance: Random, tree: dict[str, Any]) -> None:
    """A layer's cells as base64, compressed: rightly, cut, too many, or a bomb."""
    layer = _any(chance, _layers(tree, "tilelayer"))
    cells = layer.get("data") if layer else None
    if not isinstance(cells, list) or not all(
        isinstance(cell, int) and 0 <= cell < 1 << 32 for cell in cells
    ):
        return
    packed = struct.pack(f"<{len(cells)}I", *cells)
    packed = chance.choice((packed, packed, packed[:-3], packed * 2, b""))
    way = chance.choice(("", "zlib", "gzip", "zstd", "lzma"))
    if chance.randrange(6) == 0:
        way, packed = "zlib", _BOMB
    else:
        packed = {"zlib": zlib.compress, "gzip": lambda data: gzip.compress(data, mtime=0)}.get(way, bytes)(
            packed
        )
    text = base64.b64encode(packed).decode()
    layer |= {
        "data": chance.choice((text, text, text[:-2], f" {text}\n", text[:9] + "é")),
        "encoding": "base64",
        "compression": way,
    }


_BOMB: Final = zlib.compress(bytes(64 << 20), 9)
level_file: Final = one_of(
    (8, level_meaning), (3, json_tree), (2, json_tokens), (2, raw_bytes), (1, nonsense)
)
tileset_file: Final = one_of((6, json_tree), (3, json_tokens), (2, raw_bytes), (1, nonsense))
