"""The shared tileset: one table gives tileset, picture and Tiled project, and those are shipped."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from game.core import rules
from game.core.levels import schema
from game.core.levels.model import PORTAL_PAIRS
from game.core.levels.tileset.draw import draw_tileset, png_bytes, write_files
from game.core.levels.tileset.sheet import COLUMNS, SHEET, TILE_PIXELS, gid_of, project_json, tileset_json
from game.core.levels.tilesets import SHARED_TILESET, shared_tileset

Pixels = np.ndarray


def read_png(data: bytes) -> Pixels:
    """Decode an RGBA picture whose rows have no filter, as our writer makes them."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 4 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 4)


def difference(one: Pixels, other: Pixels) -> int:
    """Return the largest difference of a colour value; platforms may round the last bit differently."""
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_the_shipped_picture_is_what_the_script_draws() -> None:
    shipped = read_png(SHARED_TILESET.with_suffix(".png").read_bytes())
    drawn = draw_tileset()
    assert shipped.shape == drawn.shape
    assert difference(shipped, drawn) <= 2
    spoilt = drawn.copy()
    spoilt[40, 40] = 255 - spoilt[40, 40]
    assert difference(shipped, spoilt) > 2


def test_a_picture_survives_the_png_writer() -> None:
    pixels = np.arange(8 * 5 * 4, dtype=np.uint8).reshape(5, 8, 4)
    assert np.array_equal(read_png(png_bytes(pixels)), pixels)


def test_the_shipped_tileset_and_project_are_what_the_tables_give() -> None:
    assert SHARED_TILESET.read_bytes() == tileset_json()
    assert SHARED_TILESET.with_name("bankshot.tiled-project").read_bytes() == project_json()


def test_the_script_writes_all_three(tmp_path: Path) -> None:
    write_files(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "bankshot.png",
        "bankshot.tsj",
        "bankshot.tiled-project",
    }


def test_every_tile_of_the_game_is_on_the_sheet() -> None:
    classes = [info.tile_class for info in shared_tileset().tiles.values()]
    assert set(classes) == {*schema.TILE_CLASSES, *schema.OBJECT_CLASSES}
    for letter in PORTAL_PAIRS:
        assert gid_of("portal", letter)
    for kind in rules.PICKUP_NAMES:
        assert gid_of("pickup", kind)
    for team in range(rules.MAX_TEAMS):
        assert gid_of("spawn", str(team))


def test_no_tile_of_the_sheet_looks_like_another() -> None:
    sheet = draw_tileset()
    seen = set()
    for number in range(len(SHEET)):
        top, left = number // COLUMNS * TILE_PIXELS, number % COLUMNS * TILE_PIXELS
        seen.add(sheet[top : top + TILE_PIXELS, left : left + TILE_PIXELS].tobytes())
    assert len(seen) == len(SHEET)


# Maps out there name tiles by these numbers.
PINNED = {
    ("floor", ""): 1,
    ("wall", ""): 2,
    ("brick", ""): 3,
    ("water", ""): 5,
    ("mirror_slash", ""): 7,
    ("core", ""): 9,
    ("home_1", ""): 11,
    ("portal", "A"): 14,
    ("portal", "H"): 21,
    ("spawn", "0"): 22,
    ("pickup", "repair"): 26,
    ("cell", ""): 31,
}


@pytest.mark.parametrize(("tile", "gid"), PINNED.items())
def test_tiles_keep_their_numbers(tile: tuple[str, str], gid: int) -> None:
    assert gid_of(*tile) == gid


def test_the_project_offers_every_class_and_choice() -> None:
    types = {entry["name"]: entry for entry in json.loads(project_json())["propertyTypes"]}
    assert types["objective"]["values"] == list(rules.OBJECTIVE_NAMES)
    assert {member["name"] for member in types["level"]["members"]} == {f.name for f in schema.LEVEL_FIELDS}
    assert types["spawn"]["useAs"] == ["object", "tile"]
    assert (types["pins"]["type"], types["pins"]["useAs"], types["pins"]["members"]) == (
        "class",
        ["layer"],
        [],
    )
    numbers = [entry["id"] for entry in types.values()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_project_brings_commands_with_a_key_each() -> None:
    commands = json.loads(project_json())["commands"]
    assert [command["shortcut"] for command in commands] == ["F5", "F6", "F7", "F8"]
    for command in commands:
        assert command.keys() == {
            "arguments", "command", "enabled", "name", "saveBeforeExecute", "shortcut", "showOutput", "workingDirectory",
        }  # fmt: skip
        assert command["command"] == "bankshot"
        assert command["arguments"].endswith(" %mapfile")
        assert command["saveBeforeExecute"]
