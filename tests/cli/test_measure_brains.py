"""`python -m game.cli.measure_brains`: what is played, what is counted, and what keeps it from writing."""

import json
from pathlib import Path

import pytest

from agents.match_ratings import Result
from game.cli import measure_brains
from game.core.levels.catalogue import select
from game.match.brain_library import SHIPPED, BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.npc import SeatPolicy
from game.match.simulation import MatchResult
from tests.match.matches import random_brain


def pairing(matches: int) -> measure_brains.Pairing:
    levels = select("test:8000-8001", objective="defend")
    return measure_brains.Pairing(
        ("a", SeatPolicy("chaser")), ("b", SeatPolicy("idle", 4)), "defend", levels, matches
    )


def ended(winner: int) -> MatchResult:
    return MatchResult(winner, winner < 0, False, 100, (0, 0), (0, 0), (0, 0))


def test_sides_change_on_the_same_level_with_the_same_seed() -> None:
    one = pairing(6)
    jobs = measure_brains.jobs_of(one, 7)
    assert [job.level.name for job in jobs] == [one.levels[k].name for k in (0, 0, 1, 1, 0, 0)]
    assert [job.seed - (7 << 20) for job in jobs] == [0, 0, 1, 1, 2, 2]
    for number, job in enumerate(jobs):
        first = 0 if number % 2 == 0 else 1
        teams = [spawn.team for spawn in job.level.arena.spawns]
        assert [seat.brain == "chaser" for seat in job.seats] == [
            (team == 0) == (first == 0) for team in teams
        ]


def test_a_win_counts_for_whoever_held_the_winning_team() -> None:
    played = [ended(0), ended(0), ended(1), ended(1), ended(-1), ended(0)]
    assert measure_brains.pairing_result(pairing(6), played) == Result("a", "b", "defend", 2, 3, 1)


def test_the_share_of_a_team_lies_in_its_interval() -> None:
    row = measure_brains.team_row(Result("a", "marksman", "collect", 10, 5, 5))
    assert (row["matches"], row["won"], row["drawn"], row["share"]) == (20, 10, 5, 0.625)
    assert row["low"] < 0.625 < row["high"]


def results(shares: dict[tuple[str, str], int]) -> list[Result]:
    found = []
    for place, low in enumerate(DIFFICULTY_IDS):
        for high in DIFFICULTY_IDS[place + 1 :]:
            wins = shares.get((low, high), 30)
            found.append(Result(f"x@{low}", f"x@{high}", "duel", wins, 100 - wins, 0))
    return found


def test_a_difficulty_that_does_not_beat_the_lower_ones_is_named() -> None:
    assert measure_brains.reversals("x", results({})) == []
    assert measure_brains.reversals("x", results({("regular", "ace"): 50})) == [
        "x: expected ace to beat regular, found 50.0 % of the points for regular"
    ]


def test_nothing_is_written_where_a_difficulty_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A brain of random weights plays alike at every delay: some pairing of its difficulties goes the wrong way."""
    random_brain(tmp_path / "brains" / "noise", "brain")
    monkeypatch.setattr(
        measure_brains, "BrainLibrary", lambda: BrainLibrary(shipped_folder=tmp_path / "brains")
    )
    for name in ("DUEL_LEVELS", "TEAM_LEVELS"):
        monkeypatch.setattr(measure_brains, name, "test:8000-8001")
    out = tmp_path / "strengths.json"
    out.write_text("kept", encoding="utf-8")
    assert measure_brains.main(["--matches", "2", "--out", str(out)]) == 1
    assert "noise: expected" in capsys.readouterr().err
    assert out.read_text(encoding="utf-8") == "kept"


def test_what_is_written_is_found_by_the_brains_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random_brain(tmp_path / "brains" / "noise", "brain")
    library = BrainLibrary(shipped_folder=tmp_path / "brains")
    monkeypatch.setattr(measure_brains, "measure_habits", lambda *_: {"distance": 3.5})
    entry = next(one for one in library.entries() if one.kind == SHIPPED)
    teams = [Result("noise@ace", "marksman", kind, 3, 1, 0) for kind in ("eliminate", "collect")]
    duels = [
        Result(one.first.replace("x@", "noise@"), one.second.replace("x@", "noise@"), "duel", 3, 7, 0)
        for one in results({})
    ]
    duels += [Result("noise@ace", bot, "duel", 5, 5, 0) for bot in measure_brains.BOTS]
    content = measure_brains.file_content([entry], [*duels, *teams], 10, 1)
    [row] = content["brains"]
    assert row["sha256"] == entry.sha256
    assert content["bots"]["chaser"] == 25
    ratings = [given["rating"] for given in row["difficulties"].values()]
    assert ratings == sorted(ratings)
    assert set(row["objectives"]) == {"eliminate", "collect"}
    assert row["telltale"] == {"distance": 3.5}
    assert json.dumps(content)
