"""`levels grade` and `levels generate`, as a modder meets them."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.cli import level_making
from game.cli.root import run
from game.core import rules
from game.core.levels.catalogue import list_folder, load_level
from game.core.levels.tmj import read_level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook
from game.match.grading.graders import PANEL
from game.match.making import wish
from game.player.paths import UserFolders

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    return tmp_path


def throws(rate: float, counted: list[int]) -> Any:
    """Matches that are thrown."""

    def count(levels: list[Any], rounds: int, seed: int, **given: Any) -> list[Counts]:
        on = [name in given.get("difficulties", DIFFICULTY_IDS) for name in DIFFICULTY_IDS]
        played = rounds * len(PANEL)
        counted.append(played * len(levels))
        found = []
        for place, _ in enumerate(levels):
            won = int(np.random.default_rng([seed, place]).binomial(played, rate))
            found.append(Counts(tuple(won * one for one in on), tuple(played * one for one in on)))
        return found

    return count


def test_levels_are_written_as_the_seeds_come(home: Path, capsys: Captured) -> None:
    out = home / "made"
    words = ["levels", "generate", "--objective", "collect", "--seed", "5", "--count", "3", "--out", str(out)]
    assert run([*words, "--json", str(home / "made.json")]) == 0
    entries = list_folder(out)
    assert [found.code for entry in entries for found in entry.problems] == []
    assert {entry.level.digest for entry in entries if entry.level} == {
        load_level(row["name"]).digest for row in json.loads((home / "made.json").read_text())["levels"]
    }
    assert (out / "bankshot.tsj").exists()
    assert run(words) == 2, "nothing is overwritten"
    assert "is there already" in capsys.readouterr().err
    assert run([*words, "--force"]) == 0


@pytest.mark.parametrize("objective", ["eliminate", "collect"])
def test_uneven_teams_of_a_generated_level_are_meant(home: Path, capsys: Captured, objective: str) -> None:
    """The same map without its family, as if a person had drawn it, has lost a start."""
    out = home / "made"
    assert run(["levels", "generate", "--objective", objective, "--teams", "1v2", "--out", str(out)]) == 0
    assert run(["levels", "check", str(out), "--strict"]) == 0
    (path,) = out.glob("*.tmj")
    capsys.readouterr()
    assert run(["levels", "repair", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: nothing to repair\n"
    data = json.loads(path.read_text(encoding="utf-8"))
    data["properties"] = [each for each in data["properties"] if each["name"] != "family"]
    path.write_text(json.dumps(data), encoding="utf-8")
    assert run(["levels", "check", str(out), "--strict"]) == 1
    assert run(["levels", "repair", str(path)]) == 0
    said = capsys.readouterr().out
    assert "W105" in said
    assert "new start of team 0" in said


def test_family_size_and_teams_are_as_wished(home: Path) -> None:
    out = home / "made"
    words = ["--family", "rooms", "--size", "20x16", "--teams", "2v3", "--out", str(out)]
    assert run(["levels", "generate", "--objective", "survive", *words]) == 0
    (level,) = (entry.level for entry in list_folder(out) if entry.level)
    assert (level.family, level.width, level.height) == ("rooms", 20, 16)
    assert (len(level.team_seats(0)), len(level.team_seats(1))) == (2, 3)


def test_a_wish_that_is_met_is_told_with_its_matches_and_kept_as_a_grade(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    counted: list[int] = []
    monkeypatch.setattr(wish, "panel_counts", throws(0.6, counted))
    out, facts = home / "made", home / "made.json"
    words = ["levels", "generate", "--objective", "defend", "--win-rate", "0.6", "--out", str(out)]
    words += ["--seed", "50000"]  # beyond the shelf, whose levels have grades
    assert run([*words, "--json", str(facts)]) == 0
    (row,) = json.loads(facts.read_text())["levels"]
    assert row["within"]
    assert 0.5 < row["win_rate"] < 0.7
    assert row["low"] < row["win_rate"] < row["high"]
    said = capsys.readouterr().out
    assert f"won {100 * row['win_rate']:.0f} %" in said
    assert "at regular" in said
    level = load_level(row["file"])
    assert level.difficulty in (2, 3)
    capsys.readouterr()
    assert run(["levels", "grade", row["file"], "--json", str(facts)]) == 0
    (graded,) = json.loads(facts.read_text())["levels"]
    assert graded["win_rates"]["regular"]["matches"] == row["matches"], "no match was played again"
    assert graded["author_difficulty"] == 0, "the generator is no author"


def test_a_wish_that_cannot_be_met_is_said_and_fails(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(wish, "panel_counts", throws(0.35, []))
    words = ["levels", "generate", "--objective", "eliminate", "--grade", "25", "--out", str(home / "made")]
    assert run(words) == 1
    found = capsys.readouterr().out
    assert "not near enough" in found or not found


def test_a_grade_is_measured_once_and_an_edited_file_is_graded_anew(home: Path, capsys: Captured) -> None:
    assert run(["levels", "new", "mine", "--folder", str(home)]) == 0
    file, facts = home / "mine.tmj", home / "grade.json"
    words = ["levels", "grade", str(file), "--rounds", "1", "--json", str(facts)]
    assert run(words) == 0
    (first,) = json.loads(facts.read_text())["levels"]
    assert {row["matches"] for row in first["win_rates"].values()} == {len(PANEL)}
    rates = first["win_rates"]["regular"]
    assert rates["low"] < rates["rate"] < rates["high"]
    known = GradeBook(UserFolders.find().cache).find(read_level(file))
    assert known is not None
    assert first["attempts"]["median"] == round(1 / known.equal_rate(), 2)
    assert first["attempts"]["low"] < first["attempts"]["median"] < first["attempts"]["high"]
    assert run(words) == 0
    assert json.loads(facts.read_text())["levels"] == [first]
    assert run([*words, "--again"]) == 0
    (more,) = json.loads(facts.read_text())["levels"]
    assert more["win_rates"]["regular"]["matches"] == 2 * len(PANEL)
    content = json.loads(file.read_text())
    content["properties"] = [one for one in content["properties"] if one["name"] != "time_limit"]
    content["properties"].append({"name": "time_limit", "type": "int", "value": 77})
    file.write_text(json.dumps(content))
    assert run(words) == 0
    (edited,) = json.loads(facts.read_text())["levels"]
    assert edited["edited_since_its_grade"]
    assert edited["digest"] != first["digest"]
    assert edited["win_rates"]["regular"]["matches"] == len(PANEL)
    assert "measured with bots and brains" in capsys.readouterr().out


def test_a_shipped_grade_needs_no_match(home: Path, capsys: Captured) -> None:
    assert run(["levels", "grade", "first_light", "keep"]) == 0
    said = capsys.readouterr().out
    assert "first_light" in said
    assert "25 is the strength of the panel" in said


def test_a_folder_that_takes_no_file_is_told_before_the_search(
    tmp_path: Path, user_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("game.match.making.wish.panel_counts", lambda *_, **__: 1 / 0)
    (tmp_path / "file").write_text("mine")
    words = ["levels", "generate", "--objective", "defend", "--win-rate", "0.5", "--out"]
    for place in ("file", "file/below"):
        assert run([*words, str(tmp_path / place)]) == 2
        assert "--out: expected a folder, found the file" in capsys.readouterr().err


def test_a_found_level_does_not_replace_one_and_is_not_lost(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wish, "panel_counts", throws(0.6, []))
    out = home / "made"
    words = ["levels", "generate", "--win-rate", "60%", "--out", str(out)]
    assert run(words) == 0
    (first,) = out.glob("*.tmj")
    first.write_text("my own work")
    assert run(words) == 0
    assert first.read_text() == "my own work"
    assert load_level(str(out / f"{first.stem}-2.tmj")).objective_name == "eliminate", "by default"
    assert run([*words, "--force"]) == 0
    assert load_level(str(first)).family


def test_a_tileset_that_would_change_the_level_is_told_before_the_search(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(wish, "panel_counts", lambda *_, **__: 1 / 0)
    assert run(["levels", "new", "mine", "--folder", str(home)]) == 0
    tileset = home / "bankshot.tsj"
    tileset.write_text(tileset.read_text().replace('"brick"', '"water"'))
    for more in (["--objective", "defend"], ["--from", "foundry"]):
        assert run(["levels", "generate", *more, "--win-rate", "0.5", "--out", str(home)]) == 2
        assert "expected the game's tileset" in capsys.readouterr().err
    monkeypatch.setattr("game.match.making.fairer.FairSearch.shares", lambda *_, **__: 1 / 0)
    for word in ("foundry", "test:eliminate:1"):
        assert run(["levels", "fairer", word, "--out", str(home)]) == 2, word
        assert "expected the game's tileset" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ["--win-rate", "60"],
            "--win-rate: expected 0.05 to 0.95, or 5% to 95%, found '60'; did you mean 60%?",
        ),
        (["--win-rate", "half"], "--win-rate: expected 0.05 to 0.95, or 5% to 95%, found 'half'"),
        (["--win-rate", "nan"], "--win-rate: expected 0.05 to 0.95, or 5% to 95%, found 'nan'"),
        (["--win-rate", "99%"], "--win-rate: expected 0.05 to 0.95, or 5% to 95%, found '99%'"),
        (["--size", "9"], "--size: expected 12x10 to 40x30 tiles, such as 24x18, found '9'"),
        (["--size", "99x9"], "--size: expected 12x10 to 40x30 tiles, such as 24x18, found '99x9'"),
        (["--teams", "1v9"], "--teams: expected 1 to 4 tanks on each side, such as 1v2, found '1v9'"),
        (["--for", "ace"], "--for: expected --win-rate or --grade with it, found neither"),
        (
            ["--win-rate", "0.5", "--for", "easy"],
            "--for: expected rookie, regular, veteran or ace, found 'easy'",
        ),
        (
            ["--family", "hills"],
            "--family: expected pillars, rooms, canals, caves, mirrors or rings, found 'hills'; did you mean 'pillars'?",
        ),
        (["--seed", "999999", "--count", "2"], "--count: expected at most 1 from seed 999999 on, found 2"),
    ],
)
def test_a_mistake_is_told_without_an_objective(
    home: Path, capsys: Captured, options: list[str], told: str
) -> None:
    assert run(["levels", "generate", "--out", str(home / "made"), *options]) == 2
    assert capsys.readouterr().err == f"error: {told}\n"
    assert not (home / "made").exists()


@pytest.mark.parametrize("objective", rules.OBJECTIVE_NAMES)
def test_a_grade_may_be_what_its_objective_allows(home: Path, capsys: Captured, objective: str) -> None:
    """The limits that a refusal tells are taken, a little more is not."""
    words = ["levels", "generate", "--objective", objective, "--out", str(home / "made"), "--grade"]
    found: list[float] = []
    for grade in ("99", "-99", "nan"):
        assert run([*words, grade]) == 2
        error = capsys.readouterr().err
        told = re.fullmatch(r"error: --grade: expected (\S+) to (\S+) for (\w+), found (\S+)\n", error)
        assert told is not None, error
        assert told[3] == objective
        found = [float(told[1]), float(told[2])]
    assert found[0] < 16
    assert found[1] > 34
    rates = [level_making.win_rate_of_difficulty(grade, objective) for grade in (found[1], 25.0, found[0])]
    assert rates == pytest.approx([0.05, 0.5, 0.95], abs=0.01)
    with pytest.raises(ValueError, match="--grade: expected"):
        level_making.win_rate_of_difficulty(found[1] + 0.2, objective)


@pytest.mark.parametrize(
    ("text", "share"), [("0.6", 0.6), (".05", 0.05), ("95%", 0.95), ("60 %", 0.6), ("12.5%", 0.125)]
)
def test_a_share_is_read_in_either_form(text: str, share: float) -> None:
    assert level_making.parse_win_rate(text) == pytest.approx(share)
