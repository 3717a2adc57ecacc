"""What cannot be graded is left out, and the others go on."""

from pathlib import Path

import pytest

from game.app.grades import edge
from game.app.grades.known import QUIET_SECONDS, ROUNDS
from game.core.levels.plain_level import level_to_plain
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook
from game.player.hardness import MEASURED, UNGRADED
from tests.app.own_grading import EDGE, SLICES, Grading, graded_before, levels_left, own_level


def test_a_level_of_which_a_round_changes_nothing_is_left_out(
    grading: Grading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = graded_before(tmp_path, Counts((5,) * 4, (9,) * 4), 101)
    other = own_level(tmp_path, "caves-defend-901", "other")
    fresh = GradeBook.fresh_seed
    monkeypatch.setattr(
        GradeBook,
        "fresh_seed",
        lambda book, asked, first: 101 if asked.source == level.source else fresh(book, asked, first),
    )
    grading.grades.request([level, other])
    grading.frames(400)
    assert len(grading.player.asked) == len(DIFFICULTY_IDS) + SLICES
    assert grading.notes == [f"not graded: {level.source}: a round has changed nothing"]
    assert grading.grades.hardness(other).state == MEASURED
    assert grading.told == [other] * ROUNDS


def test_a_round_that_another_program_counted_meanwhile_leaves_no_level_out(
    grading: Grading, tmp_path: Path
) -> None:
    level = own_level(tmp_path)
    grading.grades.request([level])
    grading.frames(2)
    (seed,) = {one["seed"] for one in grading.player.asked}
    graded_before(tmp_path, Counts((6,) * 4, (9,) * 4), seed)
    grading.grades.request([level])
    grading.frames(400)
    grade = grading.grades.hardness(level).grade
    assert grade is not None
    assert grade.counts.matches == (9 * ROUNDS,) * 4
    assert grading.notes == []


def test_a_slice_at_which_the_process_ended_is_played_again(grading: Grading, tmp_path: Path) -> None:
    grading.grades.request([own_level(tmp_path)])
    grading.player.gone = True
    grading.frames(1)
    assert grading.player.asked == []
    grading.player.gone = False
    grading.frames(SLICES + 1)
    assert len(grading.player.asked) == SLICES


def test_a_level_that_ends_the_process_costs_itself_and_no_other(grading: Grading, tmp_path: Path) -> None:
    killers = [own_level(tmp_path, f"caves-defend-{910 + n}", f"killer{n}") for n in range(4)]
    good = own_level(tmp_path, "caves-defend-901", "good")
    grading.player.deadly = {level_to_plain(level)["name"] for level in killers}
    grading.grades.request([*killers, good])
    grading.frames(400)
    assert grading.grades.hardness(good).state == MEASURED
    assert [grading.grades.hardness(level).state for level in killers] == [UNGRADED] * 4
    assert [line.split(":")[0] for line in grading.notes] == ["not graded"] * 4
    assert "killer0.tmj: ended" in grading.notes[0]
    assert grading.player.deaths == 2 * 4
    assert grading.grades._wait == QUIET_SECONDS  # the good one has shown that the process can play


def test_a_process_that_always_ends_is_begun_ever_less_often(grading: Grading, tmp_path: Path) -> None:
    grading.player.gone = True
    grading.grades.request([own_level(tmp_path, f"caves-defend-{910 + n}", f"own{n}") for n in range(6)])
    grading.frames(130)
    assert grading.player.deaths == 2 * 6
    assert grading.grades._wait == 2**6 * QUIET_SECONDS


def test_a_level_that_cannot_be_played_does_not_stop_the_others(grading: Grading, tmp_path: Path) -> None:
    bad, good = own_level(tmp_path, name="bad"), own_level(tmp_path, "caves-defend-901", "good")
    grading.grades.request([bad, good])
    grading.player.refuses = True
    grading.frames(1)
    grading.player.refuses = False
    grading.frames(SLICES + 2)
    assert grading.grades.hardness(bad).state == UNGRADED
    assert grading.grades.hardness(good).state == MEASURED
    grading.grades.request([bad, good])
    grading.frames(3)
    assert len(grading.player.asked) == SLICES


def test_grading_in_vain_ends(grading: Grading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.app.grades.endless_grading.MOST_MISFITS", 3)
    monkeypatch.setattr(
        "game.app.grades.endless_grading.fitting_levels", lambda *_: {"defend": [], "collect": []}
    )
    grading.edge = EDGE
    grading.grades.prepare()
    grading.frames(200)
    assert len(grading.player.asked) == 2 * 3 * 8
    grading.edge = EDGE._replace(difficulty="ace")  # for another difficulty others may fit
    grading.frames(200)
    assert len(grading.player.asked) == 2 * 2 * 3 * 8


def test_an_endless_level_that_cannot_be_played_gives_way_to_the_next(
    grading: Grading, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels_left(monkeypatch, defend=edge.ENOUGH - 1)
    grading.edge = EDGE
    grading.grades.prepare()
    grading.player.refuses = True
    grading.frames(2)
    grading.player.refuses = False
    grading.frames(20)
    assert len(grading.notes) == 2
    assert len(grading.player.asked) == 8
    assert not any(str(grading.player.asked[0]["name"]) in line for line in grading.notes)


def test_a_level_whose_round_cannot_be_kept_is_left_out(
    grading: Grading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = own_level(tmp_path)

    def refused(*_: object) -> None:
        raise ValueError("won: expected 0 to 9, found 12")

    monkeypatch.setattr(GradeBook, "keep", refused)
    grading.grades.request([level])
    grading.frames(400)
    assert len(grading.player.asked) == len(DIFFICULTY_IDS)
    assert grading.notes == [f"not graded: {level.source}: won: expected 0 to 9, found 12"]
