"""`bankshot levels check`: what it looks at, what it says, in which form and language, and with which exit code."""

import json
from pathlib import Path
from typing import Any

import pytest

from game.cli.root import run
from game.core.levels import report
from game.core.levels.starter import starter_level
from game.core.levels.writer import write_level
from tests.core.levels.hostile import set_property, sound_map

Captured = pytest.CaptureFixture[str]
CASES = Path(__file__).parents[1] / "core" / "levels" / "cases"


@pytest.fixture
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to call from, with sound levels in folders below, one in capitals."""
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "maps"
    for name in ("a.tmj", "deep/er/b.TMJ", ".hidden/c.tmj"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(write_level(starter_level("a")))
    (folder / "deep" / "C.TMX").write_bytes((CASES / "plain.tmx").read_bytes())
    (folder / "deep" / "set.tsx").write_bytes((CASES / "set.tsx").read_bytes())
    return folder


def broken(path: Path) -> Path:
    data = sound_map()
    data["layers"][0]["name"] = "ground"
    data["layers"][1]["objects"][0].update(x=4 * 32, y=3 * 32, name="gate")
    path.write_text(json.dumps(data, indent=1), encoding="utf-8")
    return path


def checked(capsys: Captured, *arguments: str) -> tuple[int, list[str]]:
    """Exit code, and what was printed of errors and the rest together."""
    code = run(["levels", "check", *arguments])
    captured = capsys.readouterr()
    return code, [*captured.err.splitlines(), *captured.out.splitlines()]


def test_a_folder_is_searched_to_the_bottom(maps: Path, capsys: Captured) -> None:
    code, lines = checked(capsys, "maps")
    assert (code, lines[-1]) == (0, "3 of 3 levels can be played")
    assert any(line.startswith("N203 maps/deep/er/b.TMJ:") for line in lines)


@pytest.mark.parametrize(
    ("pattern", "count"), [("maps/*.tmj", 1), ("maps/**/*.TMX", 1), ("maps/deep/*", 3), ("m?ps", 3)]
)
def test_a_pattern_that_no_shell_has_replaced(maps: Path, capsys: Captured, pattern: str, count: int) -> None:
    (maps / "deep" / "set.tsx").unlink()
    _, lines = checked(capsys, pattern)
    assert lines[-1].endswith(f"{min(count, 3) if pattern != 'maps/deep/*' else 2} levels can be played")


def test_a_pattern_without_a_match_is_refused(maps: Path, capsys: Captured) -> None:
    code, lines = checked(capsys, "maps/*.txt")
    assert (code, lines) == (2, ["error: levels: expected files that match 'maps/*.txt', found none"])


def test_nothing_is_left_out_in_silence(
    maps: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    (maps / "pack.zip").write_bytes(b"PK\x03\x04")
    monkeypatch.setattr(report, "MAX_USER_LEVELS", 2)
    code, lines = checked(capsys, "maps", "--json", "out.json")
    assert code == 1
    assert "E051 maps: expected at most 2 level files, found more: 1 left out" in lines
    assert "W119 maps/pack.zip: a packed file is not read: unpack it first" in lines
    left = json.loads(Path("out.json").read_text(encoding="utf-8"))["left_out"]
    assert [entry["code"] for entry in left] == ["W119", "E051"]


def test_a_zip_is_said_to_be_one(maps: Path, capsys: Captured) -> None:
    (maps / "pack.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    code, lines = checked(capsys, "maps/pack.zip")
    assert code == 1
    assert "E001 maps/pack.zip: expected a level file, found a packed file: unpack it first" in lines


def test_a_problem_has_what_an_editor_needs(maps: Path, capsys: Captured) -> None:
    path = broken(maps / "bad.tmj")
    _, lines = checked(capsys, "maps/bad.tmj", "--json", "out.json")
    rows = path.read_text(encoding="utf-8").splitlines()
    (level,) = json.loads(Path("out.json").read_text(encoding="utf-8"))["levels"]
    found: dict[str, Any] = next(entry for entry in level["problems"] if entry["code"] == "E040")
    line = found["line"]
    near = "\n".join(rows[line - 1 : line + 16])
    assert '"name": "gate"' in near
    assert lines[0] == (
        f"E040 maps/bad.tmj:{line} › objects object 1 'gate' (4,2): expected floor under a start, found wall of the layer ground "
        "(move the object in Tiled)"
    )
    wanted = {
        "path": "maps/bad.tmj", "layer": "objects", "object": 1, "object_name": "gate", "x": 4, "y": 2, "found": "wall",
        "expected": "floor under a start", "severity": "error",
    }  # fmt: skip
    assert {key: found[key] for key in wanted} == wanted
    assert found["message_zh"] == "出生点下方应为地板，实际是墙（图层 ground）"


def test_a_problem_in_a_tileset_names_both_files(maps: Path, capsys: Captured) -> None:
    data = sound_map()
    data["tilesets"] = [{"firstgid": 1, "source": "own.tsx"}]
    (maps / "bad.tmj").write_text(json.dumps(data))
    (maps / "own.tsx").write_text("<tileset>\n <tile id='x'/></tileset>")
    _, lines = checked(capsys, "maps/bad.tmj", "--format", "github", "--json", "out.json")
    (level,) = json.loads(Path("out.json").read_text(encoding="utf-8"))["levels"]
    (found,) = [entry for entry in level["problems"] if entry["severity"] == "error"]
    assert (found["file"], Path(found["path"]).name, found["line"]) == ("bad.tmj", "own.tsx", 1)
    assert "own.tsx,line=1,title=E011::bad.tmj › own.tsx › tilecount: expected" in lines[0]


def test_annotations_of_a_workflow(maps: Path, capsys: Captured) -> None:
    data = sound_map()
    set_property(data, "dificulty", 4, "int")
    data["layers"][1]["name"] = "50%, all:\nthings"
    data["layers"][1]["objects"][0].update(x=-64)
    (maps / "a,b:c.tmj").write_text(json.dumps(data))
    _, lines = checked(capsys, "maps/a,b:c.tmj", "--format", "github")
    error, warning = lines[0], lines[1]
    assert error.startswith(
        "::error file=maps/a%2Cb%3Ac.tmj,line=1,title=E031::a,b:c.tmj › 50%25, all: things object 1: "
    )
    assert warning.startswith("::warning file=maps/a%2Cb%3Ac.tmj,line=1,title=W114::")


def test_in_chinese(maps: Path, capsys: Captured) -> None:
    broken(maps / "bad.tmj")
    code, lines = checked(capsys, "maps/bad.tmj", "maps/a.tmj", "--language", "zh")
    assert code == 1
    assert "出生点下方应为地板，实际是墙（图层 ground）" in lines[0]
    assert lines[-1] == "2 个关卡中有 1 个可以游玩"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--language", "fr"], "error: --language: expected en or zh, found 'fr'"),
        (["--format", "xml"], "error: --format: expected text or github, found 'xml'"),
    ],
)
def test_another_form_or_language_is_refused(
    maps: Path, capsys: Captured, arguments: list[str], told: str
) -> None:
    assert checked(capsys, "maps", *arguments) == (2, [told])


def test_a_warning_fails_where_it_is_wanted(maps: Path, capsys: Captured) -> None:
    data = sound_map()
    set_property(data, "Objective", "defend")
    (maps / "typo.tmj").write_text(json.dumps(data))
    assert checked(capsys, "maps/typo.tmj")[0] == 0
    code, lines = checked(capsys, "maps/typo.tmj", "--strict", "--language", "zh")
    assert code == 1
    assert "1 个关卡中有 1 个有警告，--strict 不允许警告" in lines


def test_a_tmx_is_played_as_any_level(maps: Path, capsys: Captured) -> None:
    from game.core.levels.catalogue import list_folder, load_level, select

    assert load_level("maps/deep/C.TMX").objective_name == "collect"
    assert [level.name for level in select(["maps/deep/C.TMX", "maps/a.tmj"])] == ["C", "a"]
    assert [entry.name for entry in list_folder(maps / "deep")] == ["C"]
    assert load_level("C", maps / "deep").digest == load_level("maps/deep/C.TMX").digest


def test_of_two_files_that_differ_in_their_ending_the_second_keeps_it(maps: Path) -> None:
    from game.core.levels.catalogue import list_folder

    (maps / "a.tmx").write_bytes((CASES / "plain.tmx").read_bytes())
    assert [entry.name for entry in list_folder(maps)] == ["a", "a.tmx"]
