"""`bankshot levels test`: its table, its files, its exit codes, and what it refuses before the first match."""

import json
from pathlib import Path

import pytest

from game.cli import level_testing
from game.cli.root import run
from game.core.levels.catalogue import load_level, new_level
from game.match.grading.gradebook import GradeBook
from game.match.replay import load_replay, verify
from game.match.testing import seating
from game.player.paths import UserFolders
from tests.cli.test_cli import refused
from tests.match.matches import random_brain

Captured = pytest.CaptureFixture[str]
LEVELS = Path(__file__).parents[1] / "match" / "levels"


def test_it_prints_a_table_and_writes_figures_page_and_replays(
    tmp_path: Path, user_dir: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = [
        "levels",
        "test",
        "first_light",
        "--matches",
        "24",
        "--json",
        "f.json",
        "--report",
        "out/page.html",
    ]
    assert run(command) == 0
    out = capsys.readouterr().out
    for told in (
        "first_light: eliminate, 16x12",
        "against ace",
        "marksman (reacts in 0.23 s)",
        "hunter",
        "time runs out, no winner",
    ):
        assert told in out
    figures = json.loads(Path("f.json").read_text(encoding="utf-8"))
    level = figures["levels"][0]
    assert level["matches"] == {"usual": 24, "even": 12}
    assert level["won"]["of"] == 24
    assert sum(player["won"]["count"] for player in level["players"]) == level["won"]["count"]
    assert len(level["maps"]["map_driven_0"]) == level["height"]
    assert level["findings"][0]["message"].keys() == {"en", "zh"}
    page = Path("out/page.html").read_text(encoding="utf-8")
    assert len(page) < 1_500_000
    names = {row["file"] for row in level["replays"]}
    assert names == {f"page_replays/{path.name}" for path in Path("out/page_replays").iterdir()}
    assert {path.name for path in Path("out").iterdir()} == {"page.html", "page_replays"}
    for row in level["replays"]:
        replay = load_replay(Path("out") / row["file"])
        assert replay.winner == row["winner"]
        assert verify(replay).ok
        assert row["file"] in page
    assert not list(Path("out").rglob("*.part"))


def test_the_same_call_gives_the_same_bytes(tmp_path: Path, user_dir: Path, capsys: Captured) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        page = str(tmp_path / name / "p.html")
        assert run(["levels", "test", "first_light", "--matches", "8", "--report", page, "--no-replays"]) == 0
    one, two = ((tmp_path / name / "p.html").read_bytes() for name in ("a", "b"))
    assert one == two
    assert not (tmp_path / "a" / "p_replays").exists()


def test_several_levels_are_one_table_with_a_line_for_each_finding(user_dir: Path, capsys: Captured) -> None:
    levels = ["crossfire", "train:collect:1v1:1", str(LEVELS / "unwinnable.tmj")]
    assert run(["levels", "test", *levels, "--matches", "20"]) == 0
    out = capsys.readouterr().out
    assert out.count("of 20 ") >= 3
    assert "unwinnable: error: " in out
    assert "crossfire: " in out


def test_strict_fails_where_a_verdict_is_an_error(user_dir: Path, capsys: Captured) -> None:
    path = str(LEVELS / "unwinnable.tmj")
    assert run(["levels", "test", path, "--matches", "24", "--difficulty", "ace", "--strict"]) == 1
    assert "1 of 1 levels have errors, which --strict does not allow" in capsys.readouterr().err
    assert run(["levels", "test", "crossfire", "--matches", "24", "--strict"]) == 0


def test_a_broken_level_is_told_with_its_problems(tmp_path: Path, user_dir: Path, capsys: Captured) -> None:
    path = tmp_path / "bad.tmj"
    path.write_text((LEVELS / "unfair.tmj").read_text(encoding="utf-8").replace("orthogonal", "isometric"))
    assert run(["levels", "test", str(path)]) == 2
    error = capsys.readouterr().err
    assert "isometric" in error
    assert "bad.tmj" in error
    assert error.count("\n") == 1
    assert run(["levels", "test", str(tmp_path), "first_light", "--matches", "1"]) == 1
    told = capsys.readouterr()
    assert "left out: 1 of 2 levels, which cannot be played" in told.err
    assert "bad.tmj:" in told.err
    assert "first_light: eliminate" in told.out


def test_a_brain_and_difficulties_of_choice(tmp_path: Path, user_dir: Path, capsys: Captured) -> None:
    brain = str(random_brain(tmp_path, "mine"))
    options = [
        "--brains",
        brain,
        "--difficulty",
        "ace,rookie",
        "--matches",
        "20",
        "--json",
        str(tmp_path / "f.json"),
    ]
    assert run(["levels", "test", "first_light", *options]) == 0
    assert "mine (" in capsys.readouterr().out
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert figures["difficulties"] == ["rookie", "ace"]
    own = [player for player in figures["levels"][0]["players"] if player["own"]]
    assert [(player["name"], player["kind"], player["won"]["of"]) for player in own] == [("mine", "brain", 2)]
    assert figures["levels"][0]["difficulties"].keys() == {"rookie", "ace"}
    assert figures["levels"][0]["grade"]["win_rates"]["ace"]["matches"] == 36, "what ships, of the same seed"


def test_a_level_without_a_grade_has_one_after_its_test(
    tmp_path: Path, user_dir: Path, capsys: Captured
) -> None:
    path = next(file for file in new_level(tmp_path, "mine") if file.suffix == ".tmj")
    book = GradeBook(UserFolders.find().cache)
    assert book.find(load_level(path)) is None
    assert run(["levels", "test", str(path), "--matches", "36", "--json", str(tmp_path / "f.json")]) == 0
    assert "Measured difficulty " in capsys.readouterr().out
    told = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["levels"][0]["grade"]
    kept = GradeBook(UserFolders.find().cache).find(load_level(path))
    assert kept is not None
    assert kept.counts.matches == (9, 9, 9, 9)
    assert told["stars"] == kept.stars
    assert (
        run(["levels", "test", str(path), "--matches", "36"]) == 0
    )  # the same matches are not counted twice
    again = GradeBook(UserFolders.find().cache).find(load_level(path))
    assert again is not None
    assert again.counts == kept.counts


def test_what_cannot_be_done_is_refused_before_a_match(
    tmp_path: Path, user_dir: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a match began")

    monkeypatch.setattr("game.match.testing.measuring.play_matches", never)
    assert level_testing.MOST_MATCHES == seating.MOST_MATCHES
    start = ["levels", "test", "first_light"]
    same, drawn = str(tmp_path / "x"), tmp_path / "mine.tmj"
    drawn.write_bytes((LEVELS / "unfair.tmj").read_bytes())
    for more, told in (
        (["--matches", "0"], "--matches: expected at least 1, found '0'"),
        (["--matches", "2000000"], "--matches: expected at most 100000, found '2000000'"),
        (["--difficulty", "hard"], "--difficulty: expected rookie, regular, veteran or ace, found 'hard'"),
        (["--brains", "huntr"], "did you mean 'hunter'?"),
        (["--language", "fr"], "--language: expected en or zh, found 'fr'"),
        (["--report", str(tmp_path)], "--report: expected a file, found the folder"),
        (["--json", str(tmp_path)], "--json: expected a file, found the folder"),
        (["--json", str(drawn)], "expected a new file or one ending in .json, found"),
        (["--report", str(drawn)], "expected a new file or one ending in .html or .htm, found"),
        (["--report", str(tmp_path / "x")], "--report: expected a name ending in .html or .htm, found"),
        (["--report", same, "--json", same], "--json: expected another file than --report"),
    ):
        assert told in refused([*start, *more], capsys)
    assert "expected at most 200 in one call, found 201" in refused(["levels", "test", "train:201"], capsys)
    assert "did you mean first_light?" in refused(["levels", "test", "first_ligth"], capsys)


def test_ctrl_c_ends_it_in_one_line_and_leaves_no_file(
    tmp_path: Path, user_dir: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, on_end: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("game.cli.level_report.play_levels", interrupted)
    monkeypatch.chdir(tmp_path)
    assert run(["levels", "test", "first_light", "--report", "p.html", "--json", "f.json"]) == 130
    assert "error: interrupted" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
