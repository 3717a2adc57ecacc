"""What the game writes survives a real Tiled: opened and saved, a level is still the same level."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from game.core.levels.catalogue import BUILTIN_FOLDER, list_levels
from game.core.levels.generator import generate
from game.core.levels.tileset.sheet import tileset_json
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from tests.core.levels.hostile import Map, sound_map
from tests.core.levels.tiled_dialects import DIALECTS, TILED, same, table, tiled

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(TILED is None, reason="needs Tiled: Debian's package tiled, or mapeditor.org"),
]


def saved_by_tiled(path: Path, out: Path) -> Path:
    """Open a map in Tiled and save it, as `File > Export As` does."""
    tiled(out.parent, "--export-map", "json", str(path), str(out))
    return out


def test_every_built_in_level_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "bankshot.tsj").write_bytes(tileset_json())
    paths = sorted(BUILTIN_FOLDER.glob("*.tmj"))
    for path in paths:
        (tmp_path / path.name).write_bytes(
            path.read_bytes().replace(b"../tileset/bankshot.tsj", b"bankshot.tsj")
        )
    with ThreadPoolExecutor(2) as pool:
        saved = pool.map(
            lambda path: saved_by_tiled(tmp_path / path.name, tmp_path / f"re-{path.name}"), paths
        )
    known = {entry.name: entry.level for entry in list_levels()}
    changed = []
    for path, again in zip(paths, saved, strict=True):
        level = known[path.stem]
        assert level is not None
        if not same(level, read_level(again)):
            changed.append(path.stem)
    assert len(paths) > 10
    assert changed == []


@pytest.mark.parametrize("seed", [7, 2**31 - 1, 2**31, 3_000_000_000, 2**63 - 1])
def test_a_seed_of_any_size_survives(tmp_path: Path, seed: int) -> None:
    (tmp_path / "bankshot.tsj").write_bytes(tileset_json())
    path = tmp_path / "seeded.tmj"
    path.write_bytes(write_level(replace(generate(7), seed=seed)))
    again = read_level(saved_by_tiled(path, tmp_path / "again.tmj"))
    assert again.seed == seed
    assert again.notes == ()


def test_tiled_cuts_a_larger_whole_number(tmp_path: Path) -> None:
    """The twin: written as a whole number, as levels were once, such a seed comes back as another; the game mends it."""
    (tmp_path / "bankshot.tsj").write_bytes(tileset_json())
    text = write_level(replace(generate(7), seed=3_000_000_000)).decode()
    old = text.replace(
        '"type": "string",\n   "value": "3000000000"', '"type": "int",\n   "value": 3000000000'
    )
    assert old != text
    (tmp_path / "old.tmj").write_text(old, encoding="utf-8")
    again = saved_by_tiled(tmp_path / "old.tmj", tmp_path / "again.tmj")
    assert "-1294967296" in again.read_text(encoding="utf-8")
    level = read_level(again)
    assert level.seed == 3_000_000_000
    assert [problem.code for problem in level.notes] == ["W116"]


@pytest.mark.parametrize("degrees", [90, 180, 270, -90, 30])
def test_a_turned_object_lies_where_tiled_draws_it(tmp_path: Path, degrees: int) -> None:
    """Tiled's own picture of the map shows the tile of the object on the cell that the game reads."""
    data = sound_map()
    data["tilesets"] = [{"firstgid": 1, "source": "bankshot.tsj"}]
    data["layers"][0]["data"] = [0] * 192
    start = data["layers"][1]["objects"][0]
    start.update(x=5 * 32, y=5 * 32, rotation=degrees)
    folder = Path(BUILTIN_FOLDER).parent / "tileset"
    for name in ("bankshot.tsj", "bankshot.png"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "turned.tmj").write_text(json.dumps(data))
    picture = tmp_path / "turned.png"
    raster = shutil.which("tmxrasterizer")
    if raster is None:
        pytest.skip("needs tmxrasterizer, of Tiled's package")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    subprocess.run(
        [raster, "--no-smoothing", str(tmp_path / "turned.tmj"), str(picture)],
        env=environment, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    spawn = read_level(tmp_path / "turned.tmj").arena.spawns[0]
    assert spawn.team == 0
    image = pygame.image.load(str(picture))
    painted = {
        (x, y): sum(
            image.get_at((x * 32 + dx, y * 32 + dy))[3] > 0
            for dx in range(0, 32, 4)
            for dy in range(0, 32, 4)
        )
        for x in range(3, 8)
        for y in range(3, 8)
    }
    assert max(painted, key=lambda cell: painted[cell]) == (spawn.x, spawn.y)


def test_a_level_in_each_dialect_that_tiled_writes(tmp_path: Path) -> None:
    found = table(["orchard"], list(DIALECTS), tmp_path)
    assert {pair: told for pair, told in found.items() if told != "same"} == {}


@pytest.mark.slow
def test_every_built_in_level_in_every_dialect_that_tiled_writes(tmp_path: Path) -> None:
    """As a table: `python -m tests.core.levels.tiled_dialects`."""
    names = sorted(path.stem for path in BUILTIN_FOLDER.glob("*.tmj"))
    found = table(names, list(DIALECTS), tmp_path)
    assert len(found) == len(names) * len(DIALECTS) > 250
    assert {pair: told for pair, told in found.items() if told != "same"} == {}


def test_another_level_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the table says so when a level comes back changed."""

    def change(data: Map, _folder: Path) -> None:
        data["properties"].append({"name": "difficulty", "type": "int", "value": 5})
        data["properties"] = [entry for entry in data["properties"] if entry.get("value") == 5]

    monkeypatch.setitem(DIALECTS, "changed", (change, "tmx", ()))
    assert table(["orchard"], ["changed"], tmp_path) == {("orchard", "changed"): "another level"}


DRAWN = [
    *({"width": side, "height": side, "rotation": turn} for side in (32, 96) for turn in (0, 90, 180, 270)),
    {"width": 96, "height": 32, "rotation": 90},
    {"width": 32, "height": 160, "rotation": 270},
    {"width": 96, "height": 32, "gid": 1 | 0x80000000},
]
SETS = {
    "unspecified": {},
    "centre": {"objectalignment": "center"},
    "top left": {"objectalignment": "topleft"},
    "drawn aside": {"tileoffset": {"x": 32, "y": -64}},
}


@pytest.mark.parametrize("own", SETS.values(), ids=SETS)
def test_a_turned_and_scaled_tile_object_stands_where_tiled_draws_it(tmp_path: Path, own: Map) -> None:
    """The middle of what Tiled's own picture shows of the object lies on the cell that the game reads."""
    raster = shutil.which("tmxrasterizer")
    if raster is None:
        pytest.skip("needs tmxrasterizer, of Tiled's package")
    picture = pygame.Surface((32, 32))
    picture.fill((255, 0, 0))
    pygame.image.save(picture, tmp_path / "solid.png")
    tileset = {
        "firstgid": 1, "name": "solid", "tilewidth": 32, "tileheight": 32, "tilecount": 1, "columns": 1, "margin": 0,
        "spacing": 0, "image": "solid.png", "imagewidth": 32, "imageheight": 32, "tiles": [{"id": 0, "type": "spawn"}], **own,
    }  # fmt: skip
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    for number, shape in enumerate(DRAWN):
        data = sound_map()
        data |= {"tilesets": [tileset], "width": 32, "height": 32}
        x, y = (16.25 * 32, 15.75 * 32)
        player = {"id": 1, "gid": 1, "x": x, "y": y, "name": "", "type": "", "visible": True, **shape}
        data["layers"] = [{**data["layers"][1], "objects": [player]}]
        path, out = tmp_path / f"{number}.tmj", tmp_path / f"{number}.png"
        path.write_text(json.dumps(data))
        subprocess.run(
            [raster, "--no-smoothing", str(path), str(out)],
            env=environment,
            check=True,
            capture_output=True,
            timeout=120,
        )
        (box,) = pygame.mask.from_surface(pygame.image.load(out)).get_bounding_rects()
        enemy = {
            "id": 2,
            "x": 5,
            "y": 5,
            "point": True,
            "type": "spawn",
            "properties": [{"name": "team", "value": 1}],
        }
        floor = {"type": "tilelayer", "name": "arena", "width": 32, "height": 32, "data": [0] * 1024}
        data["layers"][0]["objects"].append(enemy)
        data["layers"].append(floor)
        path.write_text(json.dumps(data))
        spawn = read_level(path).arena.spawns[0]
        assert (spawn.x, spawn.y) == (box.centerx // 32, box.centery // 32), shape


@pytest.mark.parametrize("way", ["json", "tmx"])
def test_pins_survive(tmp_path: Path, way: str) -> None:
    """Of every shape that is taken, turned and of a template, on a layer in a hidden group."""
    (tmp_path / "bankshot.tsj").write_bytes(tileset_json())
    (tmp_path / "keep.tx").write_text('<template><object name="keep" width="64" height="32"/></template>')
    data = sound_map()
    shapes: list[Map] = [
        {"x": 64, "y": 32, "width": 96, "height": 64},
        {"x": 300, "y": 60, "width": 130, "height": 130, "ellipse": True},
        {"x": 40, "y": 300, "point": True},
        {"x": 200, "y": 300, "width": 80, "height": 40, "rotation": 30},
        {"x": 384, "y": 320, "width": 64, "height": 64, "gid": 2},
        {"x": 0, "y": 0, "template": "keep.tx"},
    ]
    entries = [
        {
            "id": 60 + n,
            "visible": True,
            **({} if "template" in entry else {"name": "", "type": "", "rotation": 0}),
            **entry,
        }
        for n, entry in enumerate(shapes)
    ]
    pins = {"type": "objectgroup", "name": "pins", "id": 9, "visible": True, "opacity": 1, "x": 0, "y": 0}
    group = {**pins, "type": "group", "name": "notes", "id": 8, "visible": False}
    data["layers"].append({**group, "layers": [{**pins, "draworder": "index", "objects": entries}]})
    path = tmp_path / "pinned.tmj"
    path.write_text(json.dumps(data))
    before = read_level(path)
    assert len(before.pins) == 6 + 14 + 1 + 3 + 4 + 2
    out = tmp_path / f"again.{way.replace('json', 'tmj')}"
    tiled(tmp_path, "--export-map", way, str(path), str(out))
    assert (read_level(out).pins, read_level(out).digest) == (before.pins, before.digest)
