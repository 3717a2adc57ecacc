"""What a modder may draw in Tiled, and what the game makes of it."""

import base64
import gzip
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.levels.model import Level
from game.core.levels.problems import NOTE, WARNING
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import parse_level, read_level
from tests.core.levels.hostile import Map, set_property, sound_map

Change = Callable[[Map], None]


def read(change: Change | None = None, folder: Path | None = None) -> Level:
    data = sound_map()
    if change is not None:
        change(data)
    return parse_level(json.dumps(data).encode(), "sound", folder)


def codes(level: Level) -> list[str]:
    return [problem.code for problem in level.notes]


def test_the_starter_map_reads_as_drawn() -> None:
    level = read()
    assert (level.width, level.height, level.objective_name) == (16, 12, "eliminate")
    assert level.arena.tiles[2, 4] == rules.WALL
    assert [(s.x, s.y, s.team) for s in level.arena.spawns] == [(1, 5, 0), (14, 6, 1)]
    assert level.player_seats == (0,)
    assert level.enemy_seats == (1,)
    assert level.arena.time_limit == rules.OBJECTIVES[rules.ELIMINATE].default_ticks
    assert not level.arena.tiles.flags.writeable


@pytest.mark.parametrize(
    ("compression", "pack"),
    [("", bytes), ("zlib", zlib.compress), ("gzip", gzip.compress)],
    ids=["plain", "zlib", "gzip"],
)
def test_every_encoding_gives_the_same_level(compression: str, pack: Callable[[bytes], bytes]) -> None:
    def change(data: Map) -> None:
        layer = data["layers"][0]
        raw = struct.pack("<192I", *layer["data"])
        layer.update(encoding="base64", compression=compression, data=base64.b64encode(pack(raw)).decode())

    assert read(change).digest == read().digest


def test_a_map_saved_by_tiled_itself_reads_the_same() -> None:
    """`saved_by_tiled.tmj` is `first_light`, with a hunter in it, as Tiled 1.8.2 wrote it, tiles as base64 and zlib."""
    level = read_level(Path(__file__).parent / "saved_by_tiled.tmj")
    own, other = load_level("first_light").roster
    assert level.digest == load_level("first_light").digest
    assert level.title == load_level("first_light").title
    assert level.roster == (own, replace(other, brain="hunter"))
    assert codes(level) == ["N203"]


def test_a_byte_order_mark_is_no_matter() -> None:
    text = json.dumps(sound_map()).encode()
    assert parse_level(b"\xef\xbb\xbf" + text, "sound").digest == read().digest
    assert parse_level(b"\n\n" + text, "sound").digest == read().digest


FLIPS = {
    "not at all": (0, rules.MIRROR_SLASH),
    "left to right": (0x80000000, rules.MIRROR_BACKSLASH),
    "upside down": (0x40000000, rules.MIRROR_BACKSLASH),
    "half a turn": (0xC0000000, rules.MIRROR_SLASH),
    "a quarter turn": (0xA0000000, rules.MIRROR_BACKSLASH),
    "along the diagonal": (0x20000000, rules.MIRROR_SLASH),
}


@pytest.mark.parametrize(("flags", "expected"), FLIPS.values(), ids=FLIPS)
def test_a_flipped_mirror_reads_as_tiled_shows_it(flags: int, expected: int) -> None:
    def change(data: Map) -> None:
        data["layers"][0]["data"][3] = gid_of("mirror_slash") | flags
        data["layers"][0]["data"][4] = gid_of("wall") | flags

    level = read(change)
    assert level.arena.tiles[0, 3] == expected
    assert level.arena.tiles[0, 4] == rules.WALL


def test_an_upper_layer_covers_a_lower_one_where_it_is_painted() -> None:
    def change(data: Map) -> None:
        cells = [0] * 192
        cells[5] = gid_of("water")
        data["layers"].insert(1, {**data["layers"][0], "name": "canal", "data": cells})

    level = read(change)
    assert level.arena.tiles[0, 5] == rules.WATER
    assert level.arena.tiles[2, 4] == rules.WALL


def test_groups_are_opened_and_hidden_layers_left_out_with_a_warning() -> None:
    def change(data: Map) -> None:
        wall = {**data["layers"][0], "name": "more", "data": [gid_of("wall")] * 192, "visible": False}
        data["layers"] = [{"type": "group", "name": "all", "id": 9, "layers": [*data["layers"], wall]}]

    level = read(change)
    assert level.digest == read().digest
    assert codes(level) == ["W101"]
    assert "more" in level.notes[0].where


def test_what_the_game_does_not_use_is_noted_not_refused() -> None:
    def change(data: Map) -> None:
        data["layers"].append({"type": "imagelayer", "name": "sky", "image": "sky.png"})
        data["layers"][0].update(opacity=0.5, tintcolor="#ff0000")
        data["layers"][1]["objects"].append({"id": 90, "x": 5, "y": 5, "text": {"text": "hello"}})
        data["layers"][1]["objects"].append({"id": 91, "x": 5, "y": 5, "type": "decoration"})
        data["weather"] = "rain"
        set_property(data, "titel_en", "x")
        data["layers"][0]["properties"] = [{"name": "depth", "type": "int", "value": 3}]

    level = read(change)
    assert level.digest == read().digest
    assert sorted(codes(level)) == ["N201", "N201", "N201", "N201", "N202", "N204", "W108", "W114"]
    assert any("did you mean title_en?" in problem.message for problem in level.notes)
    assert {problem.severity for problem in level.notes} == {NOTE, WARNING}


def test_properties_reach_the_level() -> None:
    def change(data: Map) -> None:
        set_property(data, "title_zh", "沙漠")
        set_property(data, "mood", "dark")
        set_property(data, "difficulty", 4, "int")
        set_property(data, "time_limit", 75, "int")
        set_property(data, "author", "Ada")
        set_property(data, "music", "dawn-2")

    level = read(change)
    assert level.title.text("zh") == "沙漠"
    assert level.title.text("en") == "sound"
    assert (level.mood, level.music, level.difficulty, level.author) == ("dark", "dawn-2", 4, "Ada")
    assert (read().mood, read().music) == ("auto", "")
    assert level.arena.time_limit == 75 * rules.TICKS_PER_SECOND


def test_objects_may_be_points_rectangles_tiles_or_painted_tiles() -> None:
    def change(data: Map) -> None:
        data["layers"][1]["objects"] += [
            {
                "id": 20,
                "x": 2.5 * 32,
                "y": 1.5 * 32,
                "point": True,
                "type": "pickup",
                "properties": kind("speed"),
            },
            {
                "id": 21,
                "x": 3 * 32,
                "y": 32,
                "width": 32,
                "height": 32,
                "class": "pickup",
                "properties": kind("bank"),
            },
            {
                "id": 22,
                "gid": gid_of("pickup", "triple"),
                "x": 4 * 32,
                "y": 2 * 32,
                "width": 32,
                "height": 32,
            },
        ]
        data["layers"][0]["data"][5 + 16] = gid_of("pickup", "shield")

    def kind(name: str) -> list[Map]:
        return [{"name": "kind", "type": "string", "value": name}]

    places = {(p.x, p.y): rules.PICKUP_NAMES[p.kind] for p in read(change).arena.pickups}
    assert {at: places[at] for at in ((2, 1), (3, 1), (4, 1), (5, 1))} == {
        (2, 1): "speed",
        (3, 1): "bank",
        (4, 1): "triple",
        (5, 1): "shield",
    }


@pytest.mark.parametrize(
    ("alignment", "x", "y"),
    [
        ("unspecified", 0, 32),
        ("bottomleft", 0, 32),
        ("topleft", 0, 0),
        ("center", 16, 16),
        ("bottomright", 32, 32),
    ],
)
def test_a_tile_object_lies_where_its_tileset_aligns_it(alignment: str, x: int, y: int) -> None:
    def change(data: Map) -> None:
        tiles = [{"id": 0, "type": "pickup"}]
        data["tilesets"].append(
            {"firstgid": 100, "name": "own", "tilecount": 1, "objectalignment": alignment, "tiles": tiles}
        )
        data["layers"][1]["objects"].append(
            {"id": 50, "gid": 100, "x": 9 * 32 + x, "y": 32 + y, "width": 32, "height": 32}
        )

    assert (9, 1) in {(p.x, p.y) for p in read(change).arena.pickups}


def test_an_objects_own_property_comes_before_its_tiles() -> None:
    def change(data: Map) -> None:
        data["layers"][1]["objects"][1]["gid"] = gid_of("spawn", "0")
        data["layers"][1]["objects"][1]["properties"] = [{"name": "team", "type": "int", "value": 1}]

    assert [spawn.team for spawn in read(change).arena.spawns] == [0, 1]


def test_portals_are_paired_by_letter() -> None:
    def change(data: Map) -> None:
        for cell, letter in ((0, "B"), (15, "A"), (176, "A"), (191, "B")):
            data["layers"][0]["data"][cell] = gid_of("portal", letter)

    assert set(read(change).arena.portals) == {((15, 0), (0, 11)), ((0, 0), (15, 11))}


def test_the_first_of_team_0_is_the_players_where_none_is_said_to_be() -> None:
    def change(data: Map) -> None:
        data["layers"][1]["objects"][0]["properties"] = []

    assert read(change).player_seats == (0,)


def test_a_level_away_from_its_tileset_uses_the_games_own(tmp_path: Path) -> None:
    path = tmp_path / "alone.tmj"
    path.write_text(json.dumps(sound_map()), encoding="utf-8")
    level = read_level(path)
    assert codes(level) == ["N203"]
    assert level.digest == read().digest
    assert level.source == path


def test_an_own_tileset_with_our_classes_works() -> None:
    def change(data: Map) -> None:
        names = [tile.name for tile in rules.TILES]
        data["tilesets"].append(
            {
                "firstgid": 200,
                "name": "own",
                "tilecount": len(names),
                "tiles": [{"id": n, "class": name} for n, name in enumerate(names)],
            }
        )
        data["layers"][0]["data"][8] = 200 + rules.COVER

    assert read(change).arena.tiles[0, 8] == rules.COVER


def test_the_digest_tells_what_matters_to_a_match_apart() -> None:
    def move(data: Map) -> None:
        data["layers"][1]["objects"][0]["x"] += 32

    def rename(data: Map) -> None:
        set_property(data, "title_zh", "别名")

    assert read(move).digest != read().digest
    assert read(rename).digest == read().digest
    assert np.array_equal(read(move).arena.tiles, read().arena.tiles)
