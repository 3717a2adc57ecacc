"""`levels fairer`, as a modder meets it."""

import json
from pathlib import Path

import pytest

from game.cli.root import run
from game.core.levels.starter import starter_level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.match.making.fairer import LEAST_DECIDED, FairSearch
from game.match.testing.figures import Proportion
from tests.match.making.test_fairer import lopsided, rate_of, thrown

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    return tmp_path


def test_a_fairer_level_is_written_beside_the_old_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(rate_of))
    path, out, facts = home / "mine.tmj", home / "out", home / "facts.json"
    path.write_bytes(before := write_level(lopsided()))
    assert run(["levels", "fairer", str(path)]) == 0
    assert "nothing was written; --out FOLDER does" in capsys.readouterr().out
    assert run(["levels", "fairer", str(path), "--out", str(out), "--json", str(facts)]) == 0
    (row,) = json.loads(facts.read_text())["levels"]
    assert abs(row["after"]["rate"] - 0.5) < abs(row["before"]["rate"] - 0.5)
    made = read_level(out / "mine-fairer.tmj")
    assert made.arena.cells != read_level(path).arena.cells
    assert path.read_bytes() == before
    said = capsys.readouterr().out
    assert "are won from team 0's ground" in said
    assert "on seeds that the search did not use" in said
    assert "energy cell moved from (" in said


def test_what_is_not_found_is_said(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(lambda level: 0.7))
    path = home / "mine.tmj"
    path.write_bytes(write_level(lopsided()))
    assert run(["levels", "fairer", str(path), "--out", str(home / "out")]) == 1
    assert capsys.readouterr().err.startswith("error: mine: found no edit that is certainly fairer, in ")
    assert not (home / "out").exists()


def test_real_matches_are_played(home: Path, capsys: Captured) -> None:
    path = home / "duel.tmj"
    path.write_bytes(write_level(starter_level("duel")))
    assert run(["levels", "fairer", str(path), "--matches", "20"]) == 0
    said = capsys.readouterr().out
    assert "--matches: 36 are played instead of 20: a multiple of 18" in said
    assert "duel: of the matches of equal players " in said
    assert "both sides have identical ground" in said


def test_a_file_that_is_there_is_told_before_a_match(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(lambda level: 1 / 0))
    path, there = home / "mine.tmj", home / "out" / "mine-fairer.tmj"
    path.write_bytes(write_level(lopsided()))
    there.parent.mkdir()
    there.write_text("mine")
    assert run(["levels", "fairer", str(path), "--out", str(there.parent)]) == 2
    assert "mine-fairer.tmj is there already" in capsys.readouterr().err
    assert there.read_text() == "mine"


@pytest.mark.parametrize("decided", [0, LEAST_DECIDED - 1])
def test_without_decided_matches_nothing_is_called_fair(
    decided: int, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    share = Proportion(decided // 2, decided)
    monkeypatch.setattr(FairSearch, "shares", lambda self, levels, *_rest: [share for _ in levels])
    path = home / "mine.tmj"
    path.write_bytes(write_level(lopsided()))
    assert run(["levels", "fairer", str(path)]) == 1
    said = capsys.readouterr()
    assert said.err == (
        f"error: mine: expected at least 20 decided matches, found {decided}: too few to say whether it is fair\n"
    )
    assert "fair according" not in said.out


def test_a_folder_is_refused_by_name(home: Path, capsys: Captured) -> None:
    (home / "maps").mkdir()
    assert run(["levels", "fairer", str(home / "maps")]) == 2
    assert capsys.readouterr().err.startswith(
        "error: level: expected a level's name or file, found the folder '"
    )
