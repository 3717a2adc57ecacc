"""The layer `pins`: which cells it pins, that it is no part of the arena, and that it outlives every write."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.levels.generator import generate
from game.core.levels.pins import MOST
from game.core.levels.plain_level import level_from_plain, level_to_plain
from game.core.levels.problems import LevelError
from game.core.levels.tiled import MAX_TILE_LAYERS
from game.core.levels.tmj import parse_level
from game.core.levels.updater import update_level
from game.core.levels.writer import write_level
from tests.core.levels.hostile import Map, sound_map
from tests.core.levels.packing import packed
from tests.core.levels.tiled_dialects import infinite

Cells = set[tuple[int, int]]


def pinned(*objects: Map, **layer: Any) -> Map:
    """The sound map, 16 x 12 tiles of 32 pixels, with an object layer of pins."""
    data = sound_map()
    entries = [{"id": 60 + number, **entry} for number, entry in enumerate(objects)]
    data["layers"].append(
        {"type": "objectgroup", "name": "pins", "id": 9, "visible": True, "objects": entries, **layer}
    )
    return data


def read(data: Map) -> Any:
    return parse_level(json.dumps(data).encode(), "made")


def box(left: int, top: int, wide: int, high: int) -> Cells:
    return {(x, y) for x in range(left, left + wide) for y in range(top, top + high)}


@pytest.mark.parametrize(
    ("entry", "cells"),
    [
        ({"x": 64, "y": 32, "width": 96, "height": 64}, box(2, 1, 3, 2)),
        ({"x": 70, "y": 40, "width": 90, "height": 50}, box(2, 1, 3, 2)),
        ({"x": 82, "y": 32, "width": 60, "height": 32}, {(3, 1)}),
        ({"x": 5, "y": 5, "width": 8, "height": 8}, {(0, 0)}),
        ({"x": 40, "y": 70, "point": True}, {(1, 2)}),
        ({"x": 64, "y": 96, "gid": 2, "width": 32, "height": 32}, {(2, 2)}),
        ({"x": 128, "y": 64, "width": 64, "height": 32, "rotation": 90}, box(3, 2, 1, 2)),
        ({"x": 64, "y": 32, "width": 64, "height": 64, "ellipse": True}, box(2, 1, 2, 2)),
        ({"x": 64, "y": 32, "width": 96, "height": 96, "ellipse": True, "rotation": 45}, box(1, 2, 2, 3)),
        ({"x": -500, "y": -500, "width": 9000, "height": 9000}, box(0, 0, 16, 12)),
    ],
)
def test_an_object_pins_the_cells_whose_middle_it_covers(entry: Map, cells: Cells) -> None:
    found = read(pinned(entry))
    assert found.pins == cells
    assert found.notes == ()


def test_an_ellipse_leaves_out_the_corners_of_its_rectangle() -> None:
    entry = {"x": 64, "y": 32, "width": 160, "height": 160, "ellipse": True}
    corners = {(2, 1), (6, 1), (2, 5), (6, 5)}
    assert read(pinned(entry)).pins == box(2, 1, 5, 5) - corners


@pytest.mark.parametrize(
    ("alignment", "cell"),
    [
        ("unspecified", (4, 3)),
        ("bottomleft", (4, 3)),
        ("topleft", (4, 4)),
        ("center", (4, 4)),
        ("bottomright", (3, 3)),
    ],
)
def test_a_tile_pins_where_tiled_draws_it(alignment: str, cell: tuple[int, int]) -> None:
    """A tile of 32 pixels at (128, 128), or at (144, 144) by its middle."""
    at = 144 if alignment == "center" else 128
    data = pinned({"x": at, "y": at, "gid": 900})
    made = {"tilecount": 1, "tilewidth": 32, "tileheight": 32, "name": "flags", "objectalignment": alignment}
    data["tilesets"].append({"firstgid": 900, **made})
    assert read(data).pins == {cell}
    data["tilesets"][-1]["tileoffset"] = {"x": 64, "y": -32}
    assert read(data).pins == {(cell[0] + 2, cell[1] - 1)}


@pytest.mark.parametrize("ending", ["tx", "tj"])
def test_a_pin_takes_its_size_from_its_template(ending: str, tmp_path: Path) -> None:
    texts = {
        "tx": '<template><object width="96" height="64" name="keep"/></template>',
        "tj": json.dumps({"type": "template", "object": {"width": 96, "height": 64, "name": "keep"}}),
    }
    (tmp_path / f"keep.{ending}").write_text(texts[ending])
    data = pinned(
        {"x": 64, "y": 32, "template": f"keep.{ending}"},
        {"x": 0, "y": 0, "height": 32, "template": f"keep.{ending}"},
    )
    level = parse_level(json.dumps(data).encode(), "made", tmp_path)
    assert level.pins == box(2, 1, 3, 2) | box(0, 0, 3, 1)
    (tmp_path / f"keep.{ending}").unlink()
    with pytest.raises(LevelError, match=rf"E027 .*pins object 60.*keep.{ending}"):
        parse_level(json.dumps(data).encode(), "made", tmp_path)


def grouped(visible: bool, *layers: Map, name: str = "plans", **more: Any) -> Map:
    """The sound map with a group."""
    data = sound_map()
    group = {"type": "group", "name": name, "id": 20, "visible": visible, "layers": [*layers], **more}
    data["layers"].append(group)
    return data


def boxes(**more: Any) -> Map:
    """An object layer that pins (2, 1)."""
    entry = {"id": 60, "x": 64, "y": 32, "width": 32, "height": 32}
    return {"type": "objectgroup", "name": "pins", "id": 9, "visible": True, "objects": [entry], **more}


def test_pins_in_a_hidden_group_pin() -> None:
    """The group's other layers are left out, and it says so; one with pins alone needs no word."""
    alone = read(grouped(False, boxes(), offsetx=32))
    assert (alone.pins, alone.notes) == ({(3, 1)}, ())
    inner = {"type": "group", "name": "in", "id": 21, "layers": [boxes(visible=False)], "offsety": 32}
    picture = {"type": "imagelayer", "name": "sky", "id": 22}
    mixed = read(grouped(False, picture, inner))
    assert mixed.pins == {(2, 2)}
    assert [(note.code, note.where) for note in mixed.notes] == [("W101", "plans")]
    assert read(grouped(False, picture)).pins == set()


def test_every_layer_of_a_group_called_pins_pins() -> None:
    data = grouped(True, boxes(name="mine"), boxes(name="yours", offsetx=64), name="Pins")
    assert (read(data).pins, read(data).digest) == ({(2, 1), (4, 1)}, read(sound_map()).digest)


def test_a_pin_outside_of_the_level_is_told() -> None:
    found = read(pinned({"x": -90, "y": 0, "width": 32, "height": 32}, {"x": 0, "y": 0, "point": True}))
    assert found.pins == {(0, 0)}
    (note,) = found.notes
    assert str(note) == (
        "W120 made.tmj › pins object 60: expected pins inside the map, found one at (-3,0) outside"
    )
    data = sound_map()
    cells = [0] * 192
    cells[15], cells[14] = 2, 2
    layer = {"type": "tilelayer", "name": "pins", "id": 9, "width": 16, "height": 12, "data": cells}
    data["layers"].append({**layer, "offsetx": 32})
    assert read(data).pins == {(15, 0)}
    assert [str(note).split(": ")[1] for note in read(data).notes] == [
        "expected pins inside the map, found tiles of this layer (1) outside"
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pin", True),
        ("Pin", True),
        ("pinned", True),
        ("pinss", True),
        ("pns", True),
        ("pisn", True),
        ("pibns", True),
        ("pins2", True),
        ("Pins 2", True),
        ("points", False),
        ("paints", False),
        ("spins", False),
        ("pines", False),
        ("pinpoints", False),
        ("in", False),
        ("bins", False),
        ("pens", False),
    ],
)
def test_a_layer_that_was_meant_to_pin_is_told(name: str, told: bool) -> None:
    found = read(pinned({"x": 64, "y": 32, "width": 32, "height": 32}, name=name))
    assert found.pins == set()
    words = [str(note) for note in found.notes if note.code == "W121"]
    assert words == [f"W121 made.tmj › {name}: the layer '{name}' pins nothing; did you mean pins?"] * told


@pytest.mark.parametrize(
    "layer",
    [
        {},
        {"visible": False},
        {"name": " Pins"},
        {"name": "mine", "class": "pins"},
        {"offsetx": 0, "offsety": 0},
    ],
)
def test_a_layer_of_pins_is_no_part_of_the_arena(layer: Map) -> None:
    plain, found = read(sound_map()), read(pinned({"x": 64, "y": 32, "width": 32, "height": 32}, **layer))
    assert found.pins == {(2, 1)}
    assert (found.digest, found.roster, found.notes) == (plain.digest, plain.roster, plain.notes)


def test_another_layer_pins_nothing() -> None:
    found = read(pinned({"x": 64, "y": 32, "width": 32, "height": 32}, name="plans"))
    assert found.pins == set()
    assert [note.code for note in found.notes] == ["N204"]


@pytest.mark.parametrize("way", ["csv", "zlib"])
def test_a_tile_layer_pins_where_it_has_any_tile(way: str) -> None:
    data = sound_map()
    cells = [0] * 192
    cells[16 + 3], cells[5 * 16] = 2, 999  # no tileset has the second
    layer = {"type": "tilelayer", "name": "pins", "width": 16, "height": 12, "data": cells, "visible": False}
    if way == "zlib":
        layer |= {"encoding": "base64", "compression": way, "data": packed(cells, way)}
    data["layers"].append({**layer, "id": 9, "offsetx": 32})
    assert read(data).pins == {(4, 1), (1, 5)}
    assert read(data).digest == read(sound_map()).digest


def test_pins_of_an_infinite_map_count_as_its_arena_does() -> None:
    data = pinned({"x": 64, "y": 32, "width": 32, "height": 32})
    infinite(data, Path())
    level, plain = read(data), sound_map()
    infinite(plain, Path())
    assert level.digest == read(plain).digest
    assert len(level.pins) == 1


def test_a_shape_that_covers_no_tiles_is_refused() -> None:
    with pytest.raises(LevelError, match=r"E032 .*pins object 60: expected .* as a pin, found a polygon"):
        read(pinned({"x": 0, "y": 0, "polygon": [{"x": 0, "y": 0}, {"x": 40, "y": 0}, {"x": 9, "y": 50}]}))


@pytest.mark.parametrize("kind", ["objects", "tiles"])
def test_pins_outlive_a_change_of_the_file(kind: str) -> None:
    if kind == "objects":
        source = pinned({"x": 64, "y": 32, "width": 96, "height": 32, "name": "mine"})
    else:
        source = sound_map()
        cells = [0] * 192
        cells[18:21] = [2, 2, 2]
        layer = {"type": "tilelayer", "name": "pins", "id": 9, "width": 16, "height": 12, "data": cells}
        source["layers"].append({**layer, "visible": True})
    level = read(source)
    tiles = np.zeros((14, 20), np.uint8)
    tiles[:12, :16] = level.arena.tiles
    tiles[0, 0] = rules.WALL
    larger = replace(level, arena=replace(level.arena, tiles=tiles))
    again = parse_level(update_level(json.dumps(source).encode(), larger), "made")
    assert again.pins == level.pins == box(2, 1, 3, 1)
    assert again.digest == larger.digest


WRITES: list[Callable[[Any], Any]] = [
    lambda level: parse_level(write_level(level), level.name),
    lambda level: level_from_plain(json.loads(json.dumps(level_to_plain(level))), Path("a.tmj"), ()),
]


@pytest.mark.parametrize("write", WRITES)
def test_pins_are_written_with_the_level(write: Callable[[Any], Any]) -> None:
    level = replace(generate(3), pins=frozenset(box(1, 1, 3, 2) | {(0, 5), (6, 5)}))
    again = write(level)
    assert again.pins == level.pins
    assert again.digest == level.digest
    assert again.notes == ()
    assert b"pins" not in write_level(generate(3)), "a level without any is written as before"


def test_more_pins_than_rectangles_may_be_are_written_as_tiles() -> None:
    level = generate(5, size=(40, 30))
    chequered = frozenset((x, y) for x in range(level.width) for y in range(level.height) if (x + y) % 2)
    again = parse_level(write_level(replace(level, pins=chequered)), level.name)
    assert (again.pins, again.digest, again.notes) == (chequered, level.digest, ())


def test_pins_are_bounded_over_all_layers() -> None:
    data = sound_map()
    point = {"id": 900, "name": "", "x": 33, "y": 33, "width": 1, "height": 1, "rotation": 0}
    for _ in range(2):
        layer: Map = {"type": "objectgroup", "name": "pins", "objects": [point] * (MOST // 2 + 1)}
        data["layers"].append(layer)
    with pytest.raises(LevelError, match=f"at most {MOST // 2 - 1}"):
        read(data)


def test_more_layers_of_pinned_tiles_than_are_read_are_an_error() -> None:
    data = sound_map()
    size = data["width"] * data["height"]
    for _ in range(MAX_TILE_LAYERS + 1):
        data["layers"].append(
            {
                "type": "tilelayer",
                "name": "pins",
                "width": data["width"],
                "height": data["height"],
                "data": [1] * size,
            }
        )
    with pytest.raises(LevelError, match="E016"):
        read(data)
