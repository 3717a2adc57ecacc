"""Broken and hostile level files, each with the error a modder must get and the place it must name.

Every case changes one sound map; `write_case` puts it into a folder as a modder or an attacker would.
"""

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from game.core.levels.starter import starter_level
from game.core.levels.tile_data import zstd
from game.core.levels.tileset.sheet import tileset_json
from game.core.levels.writer import write_level

MEGABYTE = 1024 * 1024
Map = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One file: what makes it, the code of an error it must give, and a part of the place named."""

    name: str
    code: str
    where: str
    content: bytes
    beside: dict[str, bytes] = field(default_factory=dict)  # further files of the folder


def sound_map() -> Map:
    """Return a sound 16 × 12 map as Tiled's JSON: tile layer `arena`, object layer `objects`."""
    return json.loads(write_level(starter_level("sound")))  # type: ignore[no-any-return]


def set_property(data: Map, name: str, value: Any, kind: str = "string") -> None:
    """Give a map a custom property, in place of one of the same name."""
    others = [entry for entry in data["properties"] if entry["name"] != name]
    data["properties"] = [*others, {"name": name, "type": kind, "value": value}]


def write_case(case: Case, folder: Path) -> Path:
    """Write the case's files into `folder`; return the path of the level."""
    for name, content in {"bankshot.tsj": tileset_json(), **case.beside}.items():
        (folder / name).write_bytes(content)
    path = folder / f"{case.name}.tmj"
    path.write_bytes(case.content)
    return path


def _changed(change: Callable[[Map], None]) -> bytes:
    data = sound_map()
    change(data)
    return json.dumps(data).encode()


def _top(**values: Any) -> bytes:
    return _changed(lambda data: data.update(values))


def _without(key: str) -> bytes:
    return _changed(lambda data: data.pop(key))


def _layer(number: int = 0, **values: Any) -> bytes:
    return _changed(lambda data: data["layers"][number].update(values))


def _cell(cell: int, value: Any) -> bytes:
    def change(data: Map) -> None:
        data["layers"][0]["data"][cell] = value

    return _changed(change)


def _object(number: int = 0, **values: Any) -> bytes:
    return _changed(lambda data: data["layers"][1]["objects"][number].update(values))


def _property(name: str, value: Any, kind: str = "string") -> bytes:
    return _changed(lambda data: set_property(data, name, value, kind))


def _packed(data: bytes, compression: str) -> bytes:
    return _layer(encoding="base64", compression=compression, data=base64.b64encode(data).decode())


def _cells_bytes() -> bytes:
    return struct.pack("<192I", *sound_map()["layers"][0]["data"])


def _nested(opening: str, closing: str, depth: int) -> bytes:
    return (opening * depth + closing * depth).encode()


def _groups(depth: int) -> bytes:
    def change(data: Map) -> None:
        layers = data["layers"]
        for level in range(depth):
            layers = [{"type": "group", "name": f"group {level}", "id": 100 + level, "layers": layers}]
        data["layers"] = layers

    return _changed(change)


def _objects(count: int) -> bytes:
    cells = [{"id": n + 1, "x": 16.0, "y": 16.0, "type": "cell", "point": True} for n in range(count)]
    return _layer(1, objects=cells)


def _tileset(source: str) -> bytes:
    return _top(tilesets=[{"firstgid": 1, "source": source}])


def _paint(*cells: tuple[int, int]) -> bytes:
    def change(data: Map) -> None:
        for cell, gid in cells:
            data["layers"][0]["data"][cell] = gid

    return _changed(change)


def _raw(text: str, old: str, new: str) -> bytes:
    assert old in text
    return text.replace(old, new, 1).encode()


def _file_cases() -> list[Case]:
    text = write_level(starter_level("sound")).decode()
    return [
        Case("empty", "E005", "", b""),
        Case("not_json", "E005", "", b"hello"),
        Case("cut_off", "E005", "", text[:700].encode()),
        Case("list_on_top", "E010", "", b"[1, 2, 3]"),
        Case("number_on_top", "E010", "", b"12"),
        Case("xml", "E011", "width", b'<?xml version="1.0"?><map version="1.10"/>'),
        Case("utf16", "E003", "", text.encode("utf-16")),
        Case("latin1", "E003", "", _raw(text, '"sound"', '"s@und"').replace(b"@", b"\xe4")),
        Case("too_large", "E002", "", b" " * (2 * MEGABYTE) + text.encode()),
        Case("deep_lists", "E006", "", _nested("[", "]", 20_000)),
        Case("deep_objects", "E006", "", (b'{"a":' * 9_000) + b"1" + b"}" * 9_000),
        Case("deep_properties", "E006", "", _property("p", json.loads(_nested("[", "]", 60)), "list")),
        Case("many_lists", "E007", "", b"[" + b"[]," * 600_000 + b"[]]"),
        Case("many_objects", "E007", "", b"[" + b'{"":0},' * 290_000 + b"0]"),
        Case("many_numbers", "E007", "", b"[" + b"1," * 1_000_000 + b"1]"),
        Case("many_texts", "E007", "", b"[" + b'"",' * 600_000 + b'""]'),
        Case("floats_below_the_cap", "E010", "", b"[" + b"1.5," * 119_000 + b"1]"),
        Case("nans_below_the_cap", "E008", "", b"[" + b"NaN," * 119_000 + b"1]"),
        Case("infinities_below_the_cap", "E008", "[0]", b"[" + b"1e999," * 119_000 + b"1]"),
        Case("objects_below_the_cap", "E010", "", b"[" + b'{"a":{}},' * 9_900 + b"1]"),
        Case("double_keys_below_the_cap", "E009", "", b"{" + b'"a":1,' * 59_000 + b'"a":1}'),
        Case("broken_texts", "E005", "", b'"\\' * 60_000),
        Case("escaped_quotes", "E005", "", b'{"a": "' + b'\\"' * 59_000),
        Case("nan", "E008", "layers[1].objects[0].x", _object(x=float("nan"))),
        Case("infinity", "E008", "layers[1].objects[1].y", _object(1, y=float("inf"))),
        Case("overflowing_float", "E008", "opacity", _raw(text, '"opacity": 1', '"opacity": 1e999')),
        Case("endless_integer", "E008", "", _raw(text, '"width": 16', '"width": ' + "9" * 5000)),
        Case("double_key", "E009", "", _raw(text, '"infinite": false', '"width": 16, "infinite": false')),
    ]


def _frame_cases() -> list[Case]:
    return [
        Case("no_width", "E011", "width", _without("width")),
        Case("no_layers", "E011", "layers", _without("layers")),
        Case("no_tilewidth", "E011", "tilewidth", _without("tilewidth")),
        Case("null_height", "E010", "height", _top(height=None)),
        Case("giant", "E014", "width", _top(width=10**9, height=10**9)),
        Case("too_wide", "E014", "width", _top(width=65)),
        Case("too_small", "E014", "height", _top(height=7)),
        Case("zero", "E014", "width", _top(width=0)),
        Case("negative", "E014", "height", _top(height=-12)),
        Case("float_width", "E010", "width", _top(width=16.5)),
        Case("text_width", "E010", "width", _top(width="16")),
        Case("true_width", "E010", "width", _top(width=True)),
        Case("zero_tilewidth", "E014", "tilewidth", _top(tilewidth=0)),
        Case("isometric", "E012", "orientation", _top(orientation="isometric")),
        Case("infinite_map", "E013", "", _infinite((0, 0), (90, 0))),
        Case("small_infinite_map", "E013", "", _infinite((-3, -3), (3, 2))),
        Case("far_infinite_map", "E014", "arena.chunks[0].x", _infinite((10**7, 0))),
        Case("tileset_as_level", "E001", "", tileset_json()),
        Case("layers_object", "E010", "layers", _top(layers={})),
        Case("layer_number", "E010", "layers[0]", _top(layers=[5])),
        Case("no_tile_layer", "E024", "", _changed(lambda data: data["layers"].pop(0))),
        Case("unknown_layer", "E015", "arena.type", _layer(type="voxels")),
        Case(
            "many_layers", "E016", "layers", _top(layers=[{"type": "group", "name": "g", "layers": []}] * 65)
        ),
        Case("deep_groups", "E016", "group 0", _groups(9)),
        Case("control_sign_title", "E010", "title_en", _property("title_en", "a\x1b[31mb")),
        Case("lone_surrogate", "E010", "title_zh", _property("title_zh", "\ud800")),
        Case("long_title", "E010", "title_en", _property("title_en", "x" * 100_000)),
        Case("unknown_objective", "E015", "objective", _property("objective", "defnd")),
        Case("text_difficulty", "E010", "difficulty", _property("difficulty", "3")),
        Case("huge_goal", "E014", "goal", _property("goal", 10**12, "int")),
        Case("short_time", "E014", "time_limit", _property("time_limit", 1, "int")),
    ]


def _layer_cases() -> list[Case]:
    cells = sound_map()["layers"][0]["data"]
    return [
        Case("few_cells", "E018", "arena", _layer(data=cells[:-1])),
        Case("many_cells", "E018", "arena", _layer(data=cells * 20)),
        Case("no_data", "E011", "arena.data", _changed(lambda data: data["layers"][0].pop("data"))),
        Case("text_without_encoding", "E010", "arena.data", _layer(data="AAAA")),
        Case("other_size", "E019", "arena", _layer(width=17)),
        Case("giant_layer", "E019", "arena", _layer(width=10**8, height=10**8)),
        Case("unknown_tile", "E017", "arena (12,7)", _cell(12 + 7 * 16, 999)),
        Case("many_unknown_tiles", "E017", "arena (0,0)", _layer(data=list(range(1000, 1192)))),
        Case("negative_tile", "E025", "arena (3,0)", _cell(3, -1)),
        Case("text_tile", "E025", "arena (4,0)", _cell(4, "2")),
        Case("float_tile", "E025", "arena (5,0)", _cell(5, 1.5)),
        Case("huge_tile", "E025", "arena (6,0)", _cell(6, 1 << 40)),
        Case("unknown_encoding", "E015", "arena.encoding", _layer(encoding="hex", data="00")),
        Case("unknown_compression", "E015", "arena.compression", _packed(_cells_bytes(), "lzma")),
        Case("not_zstd", "E021", "arena.data", _packed(_cells_bytes(), "zstd")),
        Case("zstd_bomb", "E021", "arena.data", _packed(zstd.compress(bytes(64 * MEGABYTE)), "zstd")),
        Case("cut_zstd", "E021", "arena.data", _packed(zstd.compress(_cells_bytes())[:-9], "zstd")),
        Case("not_base64", "E020", "arena.data", _layer(encoding="base64", data="!!!!")),
        Case("short_base64", "E021", "arena.data", _packed(_cells_bytes()[:-4], "")),
        Case("odd_base64", "E021", "arena.data", _packed(_cells_bytes() + b"\0", "")),
        Case("not_zlib", "E021", "arena.data", _packed(b"not compressed at all", "zlib")),
        Case("cut_zlib", "E021", "arena.data", _packed(zlib.compress(_cells_bytes())[:40], "zlib")),
        Case("zlib_bomb", "E021", "arena.data", _packed(_zlib_zeros(400), "zlib")),
        Case("gzip_bomb", "E021", "arena.data", _packed(gzip.compress(bytes(64 * MEGABYTE)), "gzip")),
        Case("gzip_as_zlib", "E021", "arena.data", _packed(gzip.compress(_cells_bytes()), "zlib")),
    ]


def _zlib_zeros(megabytes: int) -> bytes:
    """Return what unpacks to so many megabytes of zeros; one of them is packed, and the block repeated."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (megabytes * MEGABYTE % 65521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + block * megabytes + packer.flush(zlib.Z_FINISH) + check.to_bytes(4, "big")


def _tileset_cases() -> list[Case]:
    tile = {"id": 0, "type": "wal"}
    wall = {"firstgid": 1, "name": "own", "tilecount": 1, "tiles": [tile]}
    shared = {"firstgid": 1, "source": "bankshot.tsj"}
    return [
        Case("traversal", "E026", "tilesets[0].source", _tileset("../../../secret.tsj")),
        Case("absolute", "E026", "tilesets[0].source", _tileset("/etc/passwd")),
        Case("device", "E026", "tilesets[0].source", _tileset("/dev/zero")),
        Case("windows_path", "E026", "tilesets[0].source", _tileset("C:\\Windows\\win.ini")),
        Case("unc_path", "E026", "tilesets[0].source", _tileset("\\\\server\\share\\a.tsj")),
        Case("zero_byte", "E026", "tilesets[0].source", _tileset("a\0b.tsj")),
        Case("missing_tileset", "E027", "", _tileset("nowhere.tsj")),
        Case("folder_as_tileset", "E027", "", _tileset(".")),
        Case("tsx", "E027", "tilesets[0].source", _tileset("tiles.tsx")),
        Case("broken_tileset", "E005", "", _tileset("bad.tsj"), {"bad.tsj": b"{"}),
        Case("xml_tileset", "E011", "bad.tsx › tilecount", _tileset("bad.tsx"), {"bad.tsx": b"<tileset/>"}),
        Case("map_as_tileset", "E010", "bad.tsx", _tileset("bad.tsx"), {"bad.tsx": b"<map/>"}),
        Case(
            "giant_tileset",
            "E014",
            "tilecount",
            _tileset("bad.tsj"),
            {"bad.tsj": b'{"tilecount":1000000000}'},
        ),
        Case("large_tileset", "E002", "", _tileset("bad.tsj"), {"bad.tsj": b" " * (3 * MEGABYTE)}),
        Case("nested_tileset", "E006", "", _tileset("bad.tsj"), {"bad.tsj": _nested("[", "]", 5000)}),
        Case(
            "overlapping_tilesets", "E028", "tilesets[1]", _top(tilesets=[shared, {**shared, "firstgid": 9}])
        ),
        Case("zero_firstgid", "E014", "tilesets[0].firstgid", _top(tilesets=[{**shared, "firstgid": 0}])),
        Case("many_tilesets", "E016", "tilesets", _top(tilesets=[shared] * 17)),
        Case("no_tilesets", "E017", "arena (0,0)", _top(tilesets=[])),
        Case("misspelt_class", "E023", "arena (0,0)", _top(tilesets=[wall])),
        Case(
            "tile_id_twice",
            "E034",
            "tilesets[0].tiles[1]",
            _top(tilesets=[{**wall, "tiles": [tile, tile]}]),
        ),
        Case(
            "many_tile_layers", "E016", "layer 8", _large([_tile_layer(n, [0] * 4096) for n in range(9)], [])
        ),
        Case("many_misspelt_classes", "E023", "arena (0,0)", _many_misspelt_classes()),
        Case("layers_of_unknown_tiles", "E017", "layer 0 (0,0)", _layers_of_unknown_tiles()),
    ]


def _object_cases() -> list[Case]:
    return [
        Case("many_objects_501", "E016", "objects", _objects(501)),
        Case("objects_text", "E010", "objects.objects", _layer(1, objects="none")),
        Case("object_outside", "E031", "objects object 1", _object(x=-64)),
        Case("object_far_away", "E014", "objects object 1.x", _object(x=1e300)),
        Case("text_position", "E010", "objects object 1.x", _object(x="5")),
        Case("template", "E026", "objects object 1.template", _object(template="../spawn.tj")),
        Case("lost_template", "E027", "objects object 1.template", _object(template="spawn.tj")),
        Case("broken_template", "E005", "spawn.tj", _object(template="spawn.tj"), {"spawn.tj": b"{"}),
        Case(
            "empty_template",
            "E011",
            "spawn.tx › object",
            _object(template="spawn.tx"),
            {"spawn.tx": b"<template/>"},
        ),
        Case("many_templates", "E016", "object 64", _templates(70), _many_templates(70)),
        Case("layer_between_tiles", "E037", "objects", _layer(1, offsetx=16)),
        Case("tiles_between_tiles", "E037", "arena", _layer(offsety=-5.5)),
        Case("polygon_spawn", "E032", "objects object 1", _object(type="spawn", polygon=[{"x": 0, "y": 0}])),
        Case("unknown_object_tile", "E033", "objects object 1", _object(gid=777)),
        Case("spawn_in_wall", "E040", "objects object 1 (4,2)", _object(x=4 * 32, y=3 * 32)),
        Case("spawns_share_tile", "E041", "objects object 2 (1,5)", _object(1, x=32, y=6 * 32)),
        Case("no_enemy", "E042", "", _changed(lambda data: data["layers"][1]["objects"].pop(1))),
        Case("single_portal", "E043", "(0,0)", _paint((0, 14))),
        Case("three_portals", "E043", "(2,0)", _paint((0, 14), (1, 14), (2, 14))),
        Case("no_core", "E044", "", _property("objective", "defend")),
        Case("no_home", "E045", "", _property("objective", "collect")),
        Case("no_cells", "E046", "", _property("objective", "collect")),
        Case(
            "walled_in",
            "E047",
            "objects object 2 (14,6)",
            _paint(*((13 + x + (5 + y) * 16, 2) for x in range(3) for y in range(3) if (x, y) != (1, 1))),
        ),
        Case("wrong_team", "E048", "objects object 2 (14,6)", _spawn_of_team_3()),
        Case("misspelt_properties", "E042", "", _misspelt_properties()),
        Case(
            "unknown_facing",
            "E015",
            "objects object 1.facing",
            _object(properties=[{"name": "facing", "value": "north"}]),
        ),
    ]


def _infinite(*corners: tuple[int, int]) -> bytes:
    chunks = [{"x": x, "y": y, "width": 1, "height": 1, "data": [1]} for x, y in corners]

    def change(data: Map) -> None:
        data["infinite"] = True
        data["layers"][0]["chunks"] = chunks
        del data["layers"][0]["data"]

    return _changed(change)


def _templates(count: int) -> bytes:
    cells = [{"id": n, "x": 16.0, "y": 16.0, "template": f"o{n}.tj"} for n in range(count)]
    return _layer(1, objects=cells)


def _many_templates(count: int) -> dict[str, bytes]:
    return {
        f"o{n}.tj": b'{"type": "template", "object": {"type": "cell", "point": true}}' for n in range(count)
    }


def _spawn_of_team_3() -> bytes:
    def change(data: Map) -> None:
        set_property(data, "objective", "survive")
        data["layers"][1]["objects"][1]["properties"] = [{"name": "team", "type": "int", "value": 3}]

    return _changed(change)


def _large(layers: list[Map], tilesets: list[Map]) -> bytes:
    data = {**sound_map(), "width": 64, "height": 64, "layers": layers, "tilesets": tilesets}
    return json.dumps(data, separators=(",", ":")).encode()


def _tile_layer(number: int, cells: list[int]) -> Map:
    return {"type": "tilelayer", "name": f"layer {number}", "width": 64, "height": 64, "data": cells}


def _layers_of_unknown_tiles() -> bytes:
    layers = [_tile_layer(n, list(range(10_000 + 4096 * n, 14_096 + 4096 * n))) for n in range(8)]
    return _large(layers, [])


def _many_misspelt_classes() -> bytes:
    tiles = [{"id": n, "type": f"mirror_slush_{n}"} for n in range(4096)]
    layer = {**_tile_layer(0, list(range(1, 4097))), "name": "arena"}
    return _large([layer], [{"firstgid": 1, "name": "own", "tilecount": 4096, "tiles": tiles}])


def _misspelt_properties() -> bytes:
    entries = [{"name": f"facin{n}", "value": 1} for n in range(20)]
    cells = [{"id": n, "x": 1, "y": 1, "type": "pickup", "properties": entries} for n in range(450)]
    data = {**sound_map(), "layers": [sound_map()["layers"][0], {"type": "objectgroup", "objects": cells}]}
    return json.dumps(data, separators=(",", ":")).encode()


@cache
def all_cases() -> tuple[Case, ...]:
    """Return the whole corpus."""
    return (*_file_cases(), *_frame_cases(), *_layer_cases(), *_tileset_cases(), *_object_cases())
