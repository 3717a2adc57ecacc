"""Broken and hostile files: each is refused by a located error and nothing else, in bounded memory."""

import json
import os
import tracemalloc
from pathlib import Path

import pytest

from game.core.levels.problems import ERROR, MAX_PROBLEMS, LevelError
from game.core.levels.tmj import parse_level, read_level
from tests.core.levels.hostile import MEGABYTE, Case, all_cases, sound_map, write_case

CASES = all_cases()


def refusal(path: Path) -> LevelError:
    with pytest.raises(LevelError) as caught:
        read_level(path)
    return caught.value


def test_the_corpus_holds_at_least_sixty_files_of_different_names() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_file_gives_its_error_at_its_place(case: Case, tmp_path: Path) -> None:
    error = refusal(write_case(case, tmp_path))
    found = [problem for problem in error.problems if problem.code == case.code]
    assert any(case.where in problem.where for problem in found), [str(p) for p in error.problems]
    for problem in error.problems:
        assert problem.message.isprintable()
        assert len(str(problem)) < 400


def test_the_map_that_all_cases_change_is_sound() -> None:
    level = parse_level(json.dumps(sound_map()).encode(), "sound")
    assert level.notes == ()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_reading_takes_little_memory(case: Case, tmp_path: Path) -> None:
    path = write_case(case, tmp_path)
    tracemalloc.start()
    try:
        refusal(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * MEGABYTE


def test_the_memory_check_can_fail(tmp_path: Path) -> None:
    """The twin: the same bytes through the plain parser take more than the bound above."""
    case = next(case for case in CASES if case.name == "many_objects")
    tracemalloc.start()
    try:
        value = json.loads(case.content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(value) > 1
    assert peak > 24 * MEGABYTE


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    data = sound_map()
    data["layers"][0]["data"][12 + 7 * 16] = 999
    data["layers"][1]["objects"][0]["x"] = "left"
    data["properties"].append({"name": "difficulty", "type": "int", "value": 9})
    data["tilesets"].append({"firstgid": 5000, "source": "../up.tsj"})
    data["layers"][0]["data"][0] = 5000
    error = refusal(write_case(Case("four", "", "", json.dumps(data).encode()), tmp_path))
    codes = [problem.code for problem in error.problems if problem.severity == ERROR]
    assert {"E017", "E010", "E014", "E026"} <= set(codes)
    assert len(str(error).splitlines()) == len(codes)


def test_the_message_of_an_unknown_tile_names_file_layer_cell_and_guess(tmp_path: Path) -> None:
    data = sound_map()
    data["layers"][0]["name"] = "walls"
    data["layers"][0]["data"][12 + 7 * 16] = 999
    error = refusal(write_case(Case("fortress", "", "", json.dumps(data).encode()), tmp_path))
    assert str(error) == "E017 fortress.tmj › walls (12,7): tile 999 is in no tileset"


def test_a_fault_in_many_cells_is_one_line(tmp_path: Path) -> None:
    data = sound_map()
    data["layers"][0]["data"] = [777] * 192
    error = refusal(write_case(Case("one_line", "", "", json.dumps(data).encode()), tmp_path))
    assert "(more such cells: 191)" in str(error)
    assert len([problem for problem in error.problems if problem.code == "E017"]) == 1


def test_countless_errors_are_counted_not_listed(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "many_unknown_tiles")
    error = refusal(write_case(case, tmp_path))
    assert len(error.problems) <= MAX_PROBLEMS + 1
    assert error.problems[-1].code == "E099"
    assert "more problems" in error.problems[-1].message


def test_a_folder_is_no_level(tmp_path: Path) -> None:
    (tmp_path / "folder.tmj").mkdir()
    assert refusal(tmp_path / "folder.tmj").problems[0].code == "E001"


def test_a_missing_file_is_no_level(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.tmj").problems[0].code == "E001"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tmj")
    assert "a device or pipe" in str(refusal(tmp_path / "pipe.tmj"))


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.tsj"
    secret.write_text('{"tilecount": 1}')
    inside = tmp_path / "pack"
    inside.mkdir()
    try:
        (inside / "link.tsj").symlink_to(secret)
    except OSError:
        pytest.skip("this system lets us make no links")
    data = sound_map()
    data["tilesets"] = [{"firstgid": 1, "source": "link.tsj"}]
    error = refusal(write_case(Case("linked", "", "", json.dumps(data).encode()), inside))
    assert "E026" in str(error)


def test_a_tileset_in_a_folder_below_is_read(tmp_path: Path) -> None:
    """The twin of the traversal cases: what lies inside the level's folder is allowed."""
    data = sound_map()
    data["tilesets"] = [{"firstgid": 1, "source": "art/bankshot.tsj"}]
    path = write_case(Case("below", "", "", json.dumps(data).encode()), tmp_path)
    (tmp_path / "art").mkdir()
    (tmp_path / "bankshot.tsj").rename(tmp_path / "art" / "bankshot.tsj")
    assert read_level(path).notes == ()
