"""A message names the cause, where it is, and what helps; what only follows from it is not told too."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from game.core.levels.problems import LevelError, Problem
from game.core.levels.repair import REPAIRABLE
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import parse_level, read_draft, read_level
from tests.core.levels.hostile import Map, set_property, sound_map


def told(content: bytes) -> tuple[Problem, ...]:
    with pytest.raises(LevelError) as caught:
        parse_level(content, "made")
    return caught.value.problems


def told_of(change: Callable[[Map], object]) -> tuple[Problem, ...]:
    data = sound_map()
    change(data)
    return told(json.dumps(data, indent=1).encode())


def test_a_number_of_the_level_is_told_with_its_line_and_with_the_zero_that_is_allowed() -> None:
    data = sound_map()
    set_property(data, "time_limit", 5, "int")
    text = json.dumps(data, indent=1)
    (problem,) = told(text.encode())
    line = text[: text.index('"time_limit"')].count("\n")  # that of the bracket before the name
    assert (problem.code, problem.at.line) == ("E014", line)
    assert "10 to 600 seconds, or 0 for the objective's default, found 5" in problem.message
    (waves,) = told_of(
        lambda data: (
            set_property(data, "objective", "defend"),
            set_property(data, "goal", 30, "int"),
            data["layers"][0]["data"].__setitem__(20, gid_of("core")),
        )
    )
    assert (waves.where, waves.at.line > 0) == ("goal", True)
    assert "1 to 20 waves, or 0" in waves.message


@pytest.mark.parametrize(
    ("content", "code", "line", "found", "advice"),
    [
        (b"", "E005", 1, "an empty file", "restore a copy"),
        (json.dumps(sound_map(), indent=1).encode()[:900], "E005", 0, "", "restore a copy"),
        (b'{\n<<<<<<< HEAD\n "height": 12\n=======', "E004", 2, "merge", "keep one side"),
        (b"<map>\n<<<<<<< HEAD\n</map>", "E004", 2, "merge", "keep one side"),
        (b"<map>", "E035", 1, "no tag", "restore a copy"),
    ],
)
def test_a_file_that_tiled_cannot_open_is_not_sent_there(
    content: bytes, code: str, line: int, found: str, advice: str
) -> None:
    (problem,) = told(content)
    assert problem.code == code
    assert problem.at.line == line or not line
    assert found in problem.message
    assert str(problem.advice).startswith(advice)


def test_small_tiles_are_told_once_and_nothing_is_moved_for_them(tmp_path: Path) -> None:
    (problem,) = told_of(lambda data: data.update(tilewidth=16, tileheight=16))
    assert (problem.code, problem.where) == ("E038", "tilewidth")
    assert problem.at.line > 0
    assert "32 × 32 pixels" in problem.message
    assert "found 16 × 16" in problem.message
    path = tmp_path / "small.tmj"
    path.write_text(json.dumps(sound_map() | {"tilewidth": 16, "tileheight": 16}))
    with pytest.raises(LevelError, match="E038"):
        read_draft(path, REPAIRABLE)
    (lost,) = told_of(lambda data: data["layers"][1]["objects"][0].update(x=-320))
    assert lost.code == "E031", "of a map whose tiles have their size"


def test_the_side_of_a_map_is_changed_where_tiled_changes_it() -> None:
    problem = next(each for each in told_of(lambda data: data.update(width=6)) if each.where == "width")
    assert "Resize Map" in str(problem.advice)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"type": "tileset", "name": "tiles"}, "a tileset of Tiled"),
        ({"type": "template"}, "a template of Tiled"),
        ({"type": "world", "maps": []}, "a world of Tiled"),
        ({"automappingRulesFile": "", "folders": ["."], "propertyTypes": []}, "a project of Tiled"),
        ({"activeFile": "", "openFiles": []}, "a session of Tiled"),
    ],
)
def test_another_file_of_tiled_is_told_as_what_it_is(content: dict[str, object], found: str) -> None:
    (problem,) = told(json.dumps(content).encode())
    assert problem.code == "E001"
    assert found in problem.message


def test_one_wall_round_a_start_is_told_once() -> None:
    def close(data: Map) -> None:
        start = data["layers"][1]["objects"][0]
        x, y = int(start["x"] // 32), int(start["y"] // 32) - ("gid" in start)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                if dx or dy:
                    data["layers"][0]["data"][(y + dy) * 16 + x + dx] = gid_of("wall")

    (problem,) = told_of(close)
    assert problem.code == "E047"
    assert problem.at.object == sound_map()["layers"][1]["objects"][0]["id"], "the start that is closed in"


def test_a_sound_map_is_still_sound(tmp_path: Path) -> None:
    path = tmp_path / "sound.tmj"
    path.write_text(json.dumps(sound_map()))
    assert not [note for note in read_level(path).notes if note.severity != "note"]
