"""`levels export` and `levels render`: what is written is the level, and nothing of the user's is lost."""

import json
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from game.cli.root import run
from game.core.levels.catalogue import BUILTIN_FOLDER, select
from game.core.levels.model import Level
from game.core.levels.starter import starter_level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.view.palette import DEFAULT
from tests.core.levels.hostile import sound_map

Captured = pytest.CaptureFixture[str]


def facts(level: Level) -> tuple[object, ...]:
    return (
        level.digest, level.roster, level.title, level.author, level.licence, level.mood, level.music, level.difficulty,
        level.seed, level.family,
    )  # fmt: skip


@pytest.mark.parametrize(
    "spec", ["builtin", "train:24", "train:collect:2v2:4", "test:pillars:2:40x30", "9223372036854775807"]
)
def test_a_written_level_is_read_back_as_it_was(spec: str, tmp_path: Path) -> None:
    assert run(["levels", "export", spec, "--out", str(tmp_path)]) == 0
    levels = select(spec)
    for level in levels:
        again = read_level(tmp_path / f"{level.name}.tmj")
        assert facts(again) == facts(level)
        assert again.notes == ()
    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{level.name}.tmj" for level in levels),
        "bankshot.tsj", "bankshot.png", "bankshot.tiled-project",
    }  # fmt: skip


def test_nothing_is_overwritten_without_force(tmp_path: Path, capsys: Captured) -> None:
    mine = tmp_path / "foundry.tmj"
    mine.write_text("my own work")
    (tmp_path / "bankshot.png").write_text("my own art")
    assert run(["levels", "export", "foundry", "orchard", "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "foundry.tmj is there already; --force replaces level files" in error
    assert {path.name for path in tmp_path.iterdir()} == {"foundry.tmj", "bankshot.png"}
    assert run(["levels", "export", "foundry", "--out", str(tmp_path), "--force"]) == 0
    assert read_level(mine).digest == read_level(BUILTIN_FOLDER / "foundry.tmj").digest
    assert (tmp_path / "bankshot.png").read_text() == "my own art"


def test_levels_of_one_name_do_not_replace_one_another(tmp_path: Path) -> None:
    specs = ["train:pillars:collect:1", "train:pillars:defend:1", "train:pillars:collect:1"]
    assert run(["levels", "export", *specs, "--out", str(tmp_path)]) == 0
    written = sorted(path.name for path in tmp_path.glob("*.tmj"))
    assert written == ["pillars-0-2.tmj", "pillars-0.tmj"]
    assert [read_level(tmp_path / name).objective_name for name in written] == ["defend", "collect"]


def test_a_tileset_beside_that_changes_a_level_is_refused(tmp_path: Path, capsys: Captured) -> None:
    assert run(["levels", "export", "foundry", "--out", str(tmp_path)]) == 0
    tileset = tmp_path / "bankshot.tsj"
    tileset.write_text(tileset.read_text().replace('"brick"', '"water"'))
    assert run(["levels", "export", "orchard", "--out", str(tmp_path)]) == 2
    assert "expected the game's tileset, found another" in capsys.readouterr().err
    assert not (tmp_path / "orchard.tmj").exists()


def test_a_picture_shows_tiles_and_starts(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "pictures" / "duel.PNG"
    assert run(["levels", "render", "first_light", "--out", str(path), "--scale", "20"]) == 0
    level = select("first_light")[0]
    picture = pygame.image.load(str(path))
    edge = 2 * 6  # a little of the wall round it
    assert picture.get_size() == (level.width * 20 + edge, level.height * 20 + edge)
    assert f"{edge + level.width * 20} x {edge + level.height * 20} pixels" in capsys.readouterr().out
    for spawn in level.arena.spawns:
        middle = (edge // 2 + spawn.x * 20 + 10, edge // 2 + spawn.y * 20 + 10)
        assert (
            max(
                abs(a - b) for a, b in zip(picture.get_at(middle)[:3], DEFAULT.teams[spawn.team], strict=True)
            )
            < 40
        )


def test_several_pictures_need_a_folder(tmp_path: Path, capsys: Captured) -> None:
    assert run(["levels", "render", "train:2", "--out", str(tmp_path / "a.png"), "--scale", "4"]) == 2
    assert "expected a folder for 2 levels" in capsys.readouterr().err
    assert run(["levels", "render", "train:2", "--out", str(tmp_path / "all"), "--scale", "4"]) == 0
    assert len(list((tmp_path / "all").glob("*.png"))) == 2


@pytest.mark.parametrize("command", ["export", "render"])
def test_a_file_is_no_folder(command: str, tmp_path: Path, capsys: Captured) -> None:
    notes = tmp_path / "notes"
    notes.write_text("mine")
    assert run(["levels", command, "foundry", "--out", str(notes)]) == 2
    assert "found the file" in capsys.readouterr().err
    assert notes.read_text() == "mine"


def pin_boxes(path: Path) -> list[tuple[int, int, int, int]]:
    (layer,) = [one for one in json.loads(path.read_text())["layers"] if one["name"] == "pins"]
    return sorted(
        (one["x"] // 32, one["y"] // 32, one["width"] // 32, one["height"] // 32) for one in layer["objects"]
    )


def test_a_level_of_a_file_keeps_what_the_game_does_not_use(tmp_path: Path) -> None:
    """Pins as their author drew them, too: two that overlap are not cut into others."""
    data = sound_map()
    data["layers"].append({"type": "imagelayer", "name": "sky", "image": "sky.png", "id": 7, "visible": True})
    boxes = [(1, 1, 4, 3), (3, 2, 5, 5)]
    entries = [
        {"id": 80 + n, "x": 32 * x, "y": 32 * y, "width": 32 * wide, "height": 32 * high}
        for n, (x, y, wide, high) in enumerate(boxes)
    ]
    data["layers"].append({"type": "objectgroup", "name": "pins", "id": 9, "objects": entries})
    (tmp_path / "mine.tmj").write_text(json.dumps(data))
    assert run(["levels", "export", str(tmp_path / "mine.tmj"), "--out", str(tmp_path / "out")]) == 0
    made = tmp_path / "out" / "mine.tmj"
    assert facts(read_level(made)) == facts(read_level(tmp_path / "mine.tmj"))
    assert pin_boxes(made) == boxes
    assert json.loads(made.read_text())["layers"][2]["name"] == "sky"


def test_a_second_file_of_a_name_keeps_what_the_game_does_not_use_too(
    tmp_path: Path, capsys: Captured
) -> None:
    """Neither says a title, so that both are called after their file."""
    out, files = tmp_path / "out", [tmp_path / folder / "mine.tmj" for folder in "ab"]
    for path, sky in zip(files, ("clouds", "stars"), strict=True):
        data = sound_map()
        data["layers"].append(
            {"type": "imagelayer", "name": sky, "image": "sky.png", "id": 7, "visible": True}
        )
        path.parent.mkdir()
        path.write_text(json.dumps(data))
    assert run(["levels", "export", *map(str, files), "--out", str(out)]) == 0
    for path, name, sky in zip(files, ("mine", "mine-2"), ("clouds", "stars"), strict=True):
        made = out / f"{name}.tmj"
        assert [layer["name"] for layer in json.loads(made.read_text())["layers"]][-1] == sky
        assert facts(read_level(made)) == facts(read_level(path))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("broken", [False, True])
def test_no_level_is_written_over_another_that_is_exported(
    tmp_path: Path, capsys: Captured, broken: bool
) -> None:
    """Two files of one name, one of them in the folder that is written into."""
    first, second = tmp_path / "a" / "mine.tmj", tmp_path / "b" / "mine.tmj"
    for path in (first, second):
        path.parent.mkdir()
        path.write_text(json.dumps(sound_map()))
    if broken:
        second.write_text("{")
    before = second.read_bytes()
    words = [str(first), str(second), "--out", str(second.parent), "--force"]
    assert run(["levels", "export", *words]) == 2
    assert (
        f"expected another folder than that of {second}; it would be overwritten" in capsys.readouterr().err
    )
    assert [path.name for path in second.parent.iterdir()] == ["mine.tmj"]
    assert second.read_bytes() == before


def test_a_level_that_is_drawn_anew_is_told(tmp_path: Path, capsys: Captured) -> None:
    data = sound_map()
    wall = {"id": 0, "type": "wall"}
    data["tilesets"].append({"firstgid": 500, "source": "own.tsj"})
    own = {
        "name": "own",
        "tilewidth": 32,
        "tileheight": 32,
        "tilecount": 1,
        "columns": 1,
        "tiles": [wall],
        "type": "tileset",
    }
    (tmp_path / "own.tsj").write_text(json.dumps(own))
    data["layers"][0]["data"][5] = 500
    (tmp_path / "mine.tmj").write_text(json.dumps(data))
    out = tmp_path / "out"
    assert run(["levels", "export", str(tmp_path / "mine.tmj"), "--out", str(out)]) == 0
    assert read_level(out / "mine.tmj").digest == read_level(tmp_path / "mine.tmj").digest
    assert capsys.readouterr().err == (
        f"{out}/mine.tmj: written as a new map with the game's tileset, without the parts that the game does not use\n"
    )


@pytest.mark.parametrize(
    "boxes",
    [
        [(2, 1, 5, 4)],
        [(0, 0, 3, 2), (4, 0, 3, 2)],
        [(1, 1, 4, 1), (1, 2, 1, 5)],
        [(1, 1, 1, 6), (2, 3, 3, 1), (2, 6, 2, 1)],
        [],
    ],
)
def test_pins_are_drawn_as_few_rectangles(boxes: list[tuple[int, int, int, int]], tmp_path: Path) -> None:
    cells = {(x + i, y + j) for x, y, wide, high in boxes for i in range(wide) for j in range(high)}
    path = tmp_path / "pinned.tmj"
    path.write_bytes(write_level(replace(starter_level("pinned"), pins=frozenset(cells))))
    assert read_level(path).pins == cells
    if boxes:
        assert pin_boxes(path) == boxes
