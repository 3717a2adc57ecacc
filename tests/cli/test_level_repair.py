"""`levels repair`, as a modder meets it."""

import json
from pathlib import Path
from typing import Any

import pytest

from game.cli.root import run
from game.core.levels.tmj import read_level
from tests.core.levels.hostile import Map, set_property, sound_map

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    return tmp_path


def damaged() -> Map:
    """The sound map with a start on a wall and much that the game does not use."""
    data = sound_map()
    data["layers"][0]["data"][1 * 16 + 4] = 2
    things = data["layers"][1]
    things["objects"][0] |= {"x": 4 * 32, "y": 2 * 32, "name": "gate"}
    data["layers"].append({"type": "imagelayer", "name": "sky", "image": "sky.png", "id": 7, "visible": True})
    return data


def write(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_each_change_is_told_and_nothing_is_written_unasked(home: Path, capsys: Captured) -> None:
    path = write(home / "canyon.tmj", damaged())
    before = path.read_bytes()
    assert run(["levels", "repair", str(path)]) == 0
    said = capsys.readouterr().out
    assert "canyon.tmj › " in said
    assert "E040 expected floor under a start, found wall" in said
    assert "nothing was written" in said
    assert path.read_bytes() == before
    assert run(["levels", "repair", str(path), "--language", "zh"]) == 0
    assert "E040 " in (chinese := capsys.readouterr().out)
    assert "expected" not in chinese


def test_in_place_keeps_what_the_game_does_not_use(home: Path) -> None:
    path, facts = write(home / "canyon.tmj", damaged()), home / "facts.json"
    assert run(["levels", "check", str(path)]) == 1
    assert run(["levels", "repair", str(path), "--in-place", "--json", str(facts)]) == 0
    assert run(["levels", "check", str(path), "--strict"]) == 0
    data = json.loads(path.read_text())
    assert [layer["name"] for layer in data["layers"]] == ["arena", "objects", "sky"]
    assert data["layers"][1]["objects"][0]["name"] == "gate"
    (told,) = json.loads(facts.read_text())["levels"]
    assert told["repaired"]
    assert [change["code"] for change in told["changes"]] == ["E040"]
    assert told["left"] == []


def test_a_folder_gets_a_level_of_its_own_and_keeps_what_is_there(home: Path, capsys: Captured) -> None:
    path, out = write(home / "canyon.tmj", damaged()), home / "out"
    before = path.read_bytes()
    words = ["levels", "repair", str(path), "--out", str(out)]
    assert run(words) == 0
    assert read_level(out / "canyon.tmj").arena.spawns
    assert (out / "bankshot.tsj").exists()
    assert run(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert run([*words, "--force"]) == 0
    assert run(["levels", "repair", str(path), "--out", str(home), "--force"]) == 2
    assert "--in-place" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_what_a_machine_cannot_repair_is_one_located_error(home: Path, capsys: Captured) -> None:
    data = damaged()
    set_property(data, "objective", "race")
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("E015 ")
    assert "objective" in line
    assert json.loads(path.read_text()) == data


def test_pinned_tiles_stay(home: Path, capsys: Captured) -> None:
    data = damaged()
    pin = {"id": 80, "x": 128, "y": 32, "width": 32, "height": 32}
    data["layers"].append({"type": "objectgroup", "name": "pins", "id": 8, "objects": [pin]})
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 1
    assert "E040" in capsys.readouterr().err
    assert json.loads(path.read_text()) == data
    pin["x"] = 320
    write(path, data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 0
    assert json.loads(path.read_text())["layers"][-1] == data["layers"][-1]
