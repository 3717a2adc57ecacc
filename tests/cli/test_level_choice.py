"""What the commands of levels take as levels and as places to write: the same, in the same words, before any work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from game.cli.root import run
from game.core.levels.catalogue import new_level

ROOT = Path(__file__).resolve().parents[2]
Captured = pytest.CaptureFixture[str]
MANY = {
    "grade": ["--rounds", "1"],
    "test": ["--matches", "1"],
    "export": ["--out", "out"],
    "render": ["--out", "out", "--scale", "4"],
}
ONE = {"generate": ["--win-rate", "0.5", "--out", "out", "--from"], "fairer": []}
ONE_KINDS = "a level's name, a path ending in .tmj or .tmx, a seed or a SPEC such as train:caves:1"
MANY_KINDS = ONE_KINDS.replace("a seed", "a folder, a seed")


@pytest.fixture
def maps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to call from: a sound level in a folder of its own, and one that is broken."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    new_level(tmp_path / "work" / "canyon", "canyon")
    text = (tmp_path / "work" / "canyon" / "canyon.tmj").read_text(encoding="utf-8")
    (tmp_path / "work" / "bad.tmj").write_text(text.replace("orthogonal", "isometric"), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    return tmp_path / "work"


def ended(capsys: Captured, *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["levels", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("command", MANY)
def test_a_folder_or_a_pattern_is_all_in_it_and_what_is_broken_is_told(
    maps: Path, capsys: Captured, command: str
) -> None:
    for word, code in (("work/canyon", 0), ("work/*/*.tmj", 0), ("work", 1)):
        found = ended(capsys, command, word, *MANY[command], *(["--force"] if command == "export" else []))
        assert found[0] == code, (word, found)
        assert "canyon" in found[1]
        assert ("left out: 1 of 2 levels" in found[2]) == (code == 1)
        assert ("E012 work/bad.tmj:" in found[2]) == (code == 1)


def test_a_broken_level_of_the_users_is_told_by_a_picture_too(
    maps: Path, user_dir: Path, capsys: Captured
) -> None:
    (user_dir / "levels").mkdir()
    (user_dir / "levels" / "bad.tmj").write_bytes((maps / "bad.tmj").read_bytes())
    new_level(user_dir / "levels", "mine")
    code, out, error = ended(capsys, "render", "user", "--out", "out", "--scale", "4")
    assert (code, out.count("\n")) == (1, 1)
    assert "mine.png" in out
    assert "bad.tmj" in error


@pytest.mark.parametrize(
    ("word", "many", "one"),
    [
        ("gone.tmj", "level: expected a level file at 'gone.tmj', found none", ""),
        ("gone", f"level: expected {MANY_KINDS}, found 'gone'", f"level: expected {ONE_KINDS}, found 'gone'"),
        ("gone*.tmj", "levels: expected files that match 'gone*.tmj', found none", ""),
        (
            "empty",
            "levels: expected .tmj or .tmx files in 'empty', found none",
            "level: expected a level's name or file, found the folder 'empty'",
        ),
        (
            "work/canyon",
            "",
            "level: expected a level's name or file, found the folder 'work/canyon'; it contains work/canyon/canyon.tmj",
        ),
        (
            "work/canyon/canyon",
            f"level: expected {MANY_KINDS}, found 'work/canyon/canyon'; did you mean work/canyon/canyon.tmj?",
            f"level: expected {ONE_KINDS}, found 'work/canyon/canyon'; did you mean work/canyon/canyon.tmj?",
        ),
        ("", "levels: expected at least one level, found none for ''", ""),
    ],
)
def test_what_is_no_level_is_refused_in_the_same_words(
    maps: Path, capsys: Captured, word: str, many: str, one: str
) -> None:
    for command, more in MANY.items() if many else ():
        assert ended(capsys, command, word, *more) == (2, "", f"error: {many}\n"), command
    for command, more in ONE.items():
        code, _, error = ended(capsys, command, *more, word)
        assert (code, error) == (2, f"error: {one or many}\n"), command
    if many:
        assert ended(capsys, "check", word) == (2, "", f"error: {many}\n")


@pytest.mark.parametrize(
    ("command", "arguments"), [*MANY.items(), ("check", []), ("repair", []), ("list", [])]
)
def test_a_place_that_takes_no_file_is_refused_before_any_work(
    maps: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, command: str, arguments: list[str]
) -> None:
    for work in ("specs.look_up", "catalogue.list_levels"):
        monkeypatch.setattr(f"game.core.levels.{work}", lambda *_: 1 / 0)
    monkeypatch.setattr("game.cli.level_changes.look_up", lambda *_: 1 / 0)
    level = maps / "canyon" / "canyon.tmj"
    before = level.read_bytes()
    words = [command, *(["foundry"] if command != "list" else [])]
    if "--out" not in arguments:
        code, _, error = ended(capsys, *words, *arguments, "--json", "empty")
        assert (code, error) == (2, "error: --json: expected a file, found the folder empty\n")
        code, _, error = ended(capsys, *words, *arguments, "--json", str(level))
        assert (code, level.read_bytes()) == (2, before)
        assert "expected a new file or one ending in .json, found" in error
        code, _, error = ended(capsys, *words, *arguments, "--json", "work/bad.tmj/x.json")
        assert (code, error) == (2, "error: --json: expected a folder, found the file work/bad.tmj\n")
        return
    for place in ("work/bad.tmj", "new.tmj", "x.jpg"):
        code, _, error = ended(capsys, command, "foundry", *arguments, "--out", place)
        assert (code, error.startswith("error: --out: expected a ")) == (2, True), error
    assert not Path("new.tmj").exists()
    assert not Path("x.jpg").exists()


def test_the_levels_own_file_is_never_written_over(maps: Path, capsys: Captured) -> None:
    level = maps / "canyon" / "canyon.tmj"
    before = level.read_bytes()
    code, _, error = ended(capsys, "export", str(level), "--out", str(level.parent), "--force")
    assert code == 2
    assert "--out: expected another folder than that of" in error
    assert level.read_bytes() == before


def test_a_level_that_two_words_name_is_there_once(maps: Path, capsys: Captured) -> None:
    words = ("work/canyon", "work/canyon/canyon.tmj", "work/*/canyon.tmj")
    assert ended(capsys, "grade", *words, "--rounds", "1", "--json", "grades.json")[0] == 0
    assert len(json.loads(Path("grades.json").read_text(encoding="utf-8"))["levels"]) == 1
    assert ended(capsys, "check", *words)[1] == "1 of 1 levels can be played\n"


def test_levels_of_one_name_are_told_apart(maps: Path, user_dir: Path, capsys: Captured) -> None:
    new_level(user_dir / "levels", "foundry")
    for folder in ("a", "b"):
        new_level(maps / folder, "canyon")
    words = ("foundry", "user/foundry", "work/a", "work/b", "endless:defend:1")
    assert ended(capsys, "grade", *words, "--rounds", "1", "--json", "grades.json")[0] == 0
    rows = json.loads(Path("grades.json").read_text(encoding="utf-8"))["levels"]
    names = ["foundry", "user/foundry", "work/a/canyon.tmj", "work/b/canyon.tmj", "rings-defend-0"]
    assert [row["name"] for row in rows] == names
    assert [row["author_difficulty"] for row in rows] == [3, 0, 0, 0, 0], "a generated level has no author"
    assert ended(capsys, "export", "work/a", "work/b", "--out", "out")[0] == 0
    assert {path.name for path in Path("out").glob("*.tmj")} == {"canyon.tmj", "canyon-2.tmj"}


def test_levels_of_one_long_path_are_told_apart_too(maps: Path, capsys: Captured) -> None:
    deep = "a-folder-of-a-game/levels/that/are/final"
    for folder in ("old", "new"):
        new_level(maps / folder / deep, "v")
    assert ended(capsys, "grade", "work/old", "work/new", "--rounds", "1", "--json", "grades.json")[0] == 0
    rows = json.loads(Path("grades.json").read_text(encoding="utf-8"))["levels"]
    assert [row["name"] for row in rows] == ["old/…/v.tmj", "new/…/v.tmj"]


def test_a_broken_file_does_not_widen_the_list(maps: Path, user_dir: Path, capsys: Captured) -> None:
    (user_dir / "levels").mkdir()
    (user_dir / "levels" / "bad one.tmj").write_bytes((maps / "bad.tmj").read_bytes())
    code, out, _ = ended(capsys, "list")
    rows = out.splitlines()
    assert code == 0
    path = user_dir / "levels" / "bad one.tmj"
    assert rows[-1] == f"bad one          1 error: bankshot levels check '{path}'"
    assert max(map(len, rows[:-1])) < 80
    assert ended(capsys, "check", "bad one")[0] == 1, "the command that it names works"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such path")
def test_a_report_is_written_into_a_pipe(maps: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "game", "levels", "check", "work/canyon", "--json", "/dev/stdout"],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(ended.stdout.rsplit(b"}", 1)[0] + b"}")["levels"][0]["playable"]


def test_a_starter_needs_a_folder(maps: Path, capsys: Captured) -> None:
    code, _, error = ended(capsys, "new", "mine", "--folder", "work/bad.tmj")
    assert (code, error) == (2, "error: --folder: expected a folder, found the file work/bad.tmj\n")


@pytest.mark.parametrize("command", [*MANY, *ONE])
def test_a_broken_level_alone_is_one_line(maps: Path, capsys: Captured, command: str) -> None:
    """The command that it names may be typed as it stands."""
    data = json.loads((maps / "bad.tmj").read_text(encoding="utf-8"))
    path = maps / "bad one.tmj"
    data["orientation"] = "orthogonal"
    data["layers"][1]["objects"] = []
    path.write_text(json.dumps(data), encoding="utf-8")
    more = "; 1 more: bankshot levels check 'work/bad one.tmj'"
    code, _, error = ended(capsys, command, *{**MANY, **ONE}[command], "work/bad one.tmj")
    told = f"error: E042 work/bad one.tmj:1: team 0 has no start (add a start of this team){more}\n"
    assert (code, error) == (2, told)


@pytest.mark.parametrize("word", ["test", "train:2", "endless", "user", "builtin", "7", "keep"])
def test_a_folder_with_levels_comes_before_whatever_has_its_name(
    maps: Path, capsys: Captured, word: str
) -> None:
    (maps / "canyon").rename(word)
    (maps / "bad.tmj").rename(f"{word}/bad.tmj")
    code, out, error = ended(capsys, "check", word)
    assert (code, out.splitlines()[-1]) == (1, "1 of 2 levels can be played")
    assert f"E012 {word}/bad.tmj:" in error
    code, out, error = ended(capsys, "repair", word)
    assert (code, out) == (1, f"{word}/canyon.tmj: nothing to repair\n")
    assert f"E012 {word}/bad.tmj:" in error


@pytest.mark.parametrize("word", ["test", "7", "keep"])
@pytest.mark.parametrize("command", [*ONE, "play", "watch"])
def test_where_one_level_is_wanted_such_a_folder_is_refused(
    maps: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, command: str, word: str
) -> None:
    for name in ("SDL_VIDEODRIVER", "SDL_AUDIODRIVER"):
        monkeypatch.setenv(name, "dummy")
    (maps / "canyon").rename(word)
    words = ["levels", command, *ONE[command]] if command in ONE else [command]
    code = run([*words, word])
    told = (
        f"level: expected a level's name or file, found the folder '{word}'; it contains {word}/canyon.tmj\n"
    )
    assert (code, capsys.readouterr().err) == (2, f"error: {told}")


@pytest.mark.parametrize("sign", ["foundry,", "canyon "])
def test_a_word_may_be_longer_than_a_files_name(maps: Path, capsys: Captured, sign: str) -> None:
    word = sign * 600
    for command in ("check", "fairer"):
        code, _, error = ended(capsys, command, word)
        assert "File name too long" not in error
        assert "Errno" not in error
        if sign == "foundry,":
            assert (code, "found 600 in 'foundry,foundry" in error) == {
                "check": (0, False),
                "fairer": (2, True),
            }[command]
        else:
            assert (code, error.startswith("error: level: expected a level's name, a path ending in ")) == (
                2,
                True,
            )


def test_a_folder_without_levels_hides_nothing(maps: Path, capsys: Captured) -> None:
    Path("test").mkdir()
    assert ended(capsys, "check", "test")[:2] == (0, "128 of 128 levels can be played\n")


@pytest.mark.parametrize("name", ["keep", "test", "7", "rings-defend-17"])
def test_a_file_without_an_ending_hides_no_known_name(maps: Path, capsys: Captured, name: str) -> None:
    Path(name).touch()
    many = 128 if name == "test" else 1
    assert ended(capsys, "check", name)[:2] == (0, f"{many} of {many} levels can be played\n")
    if many == 1:
        assert ended(capsys, "render", name, "--out", "one.png", "--scale", "4")[0] == 0


def test_what_the_list_calls_a_level_names_it(maps: Path, user_dir: Path, capsys: Captured) -> None:
    """Two of the names are also a spec and a seed, one has an ending; with `user/` before it, too."""
    levels = user_dir / "levels"
    for name in ("test", "7", "canyon", "keep"):
        new_level(levels, name)
    (levels / "canyon.tmx").write_bytes((levels / "canyon.tmj").read_bytes())
    for word in ("test", "7", "canyon.tmx", "user/test", "user/canyon.tmx", "user/canyon", "user/keep"):
        path = levels / f"{word.removeprefix('user/')}{'' if word.endswith('.tmx') else '.tmj'}"
        assert ended(capsys, "check", word)[1].endswith("1 of 1 levels can be played\n"), word
        assert ended(capsys, "repair", word)[:2] == (0, f"{path}: nothing to repair\n"), word


def test_repair_takes_the_words_of_the_other_commands(
    maps: Path, user_dir: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels = user_dir / "levels"
    levels.mkdir()
    (levels / "bad.tmj").write_bytes((maps / "bad.tmj").read_bytes())
    for word in ("user/bad", "bad", "user"):
        code, out, error = ended(capsys, "repair", word)
        assert (code, out, f"E012 {levels}/bad.tmj:" in error) == (1, "", True), (word, error)
    monkeypatch.setenv("HOME", str(maps))
    assert ended(capsys, "repair", "~/canyon/canyon.tmj")[:2] == (
        0,
        f"{maps}/canyon/canyon.tmj: nothing to repair\n",
    )
    code, _, error = ended(capsys, "repair", "train:1")
    assert (code, error.startswith("error: level: expected a level's file, found the generated ")) == (
        2,
        True,
    )


def test_a_file_in_the_place_of_the_users_folder_is_told_as_such(user_dir: Path, capsys: Captured) -> None:
    (user_dir / "levels").write_text("mine")
    for command in ("check", "repair"):
        code, _, error = ended(capsys, command, "user")
        assert (code, error.splitlines()[0].startswith(f"E050 {user_dir}/levels: expected a folder")) == (
            1,
            True,
        ), error


def test_what_repair_does_not_look_at_in_the_users_folder_is_told(
    maps: Path, user_dir: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        new_level(user_dir / "levels", name)
    monkeypatch.setattr("game.core.levels.catalogue.MAX_USER_LEVELS", 2)
    code, out, error = ended(capsys, "repair", "user")
    assert (code, out.count("nothing to repair")) == (1, 2)
    assert error == f"E051 {user_dir}/levels: expected at most 2 level files, found more: 1 left out\n"


def test_a_broken_level_is_refused_with_what_explains_it(maps: Path, capsys: Captured) -> None:
    text = (maps / "canyon" / "canyon.tmj").read_text(encoding="utf-8")
    data = json.loads(text)
    for thing in data["layers"][1]["objects"]:
        thing["type"] = "spwan"
    (maps / "canyon" / "class.tmj").write_text(json.dumps(data), encoding="utf-8")
    data["layers"][1]["visible"] = False
    (maps / "canyon" / "hidden.tmj").write_text(json.dumps(data), encoding="utf-8")
    for command, more in (*MANY.items(), *ONE.items()):
        code, _, error = ended(capsys, command, *more, "work/canyon/class.tmj")
        assert (code, error.count("\n")) == (2, 1), command
        assert "team 0 has no start" in error
        assert "W108 objects object 1: unknown class 'spwan'" in error
        assert "did you mean spawn?" in error
        assert error.endswith("more: bankshot levels check work/canyon/class.tmj\n")
        code, _, error = ended(capsys, command, *more, "work/canyon/hidden.tmj")
        assert "hidden layers: objects (show the layer in Tiled" in error
    code, _, error = ended(capsys, "test", "work/canyon", *MANY["test"])
    assert code == 1
    assert "W108 work/canyon/class.tmj" in error


def test_a_misspelt_objective_or_family_is_answered_with_the_known_one(maps: Path, capsys: Captured) -> None:
    for words, close in (
        (("generate", "--objective", "collct", "--out", "out"), "collect"),
        (("generate", "--family", "cavs", "--out", "out"), "caves"),
        (("export", "builtin:defnd", "--out", "out"), "defend"),
        (("export", "train:cavs:1", "--out", "out"), "caves"),
    ):
        code, _, error = ended(capsys, *words)
        assert code == 2
        assert error.replace("'", "").endswith(f"; did you mean {close}?\n"), error
    assert not (maps.parent / "out").exists()
