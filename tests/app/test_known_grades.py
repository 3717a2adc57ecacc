"""Grading beside the game: own levels and endless ones, in slices, never while somebody plays; and what people's attempts say."""

from dataclasses import replace
from pathlib import Path

import pytest

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.grades import edge
from game.app.grades.background import BackgroundGrader
from game.app.grades.known import ROUNDS, LevelGrades
from game.core.levels.catalogue import load_level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.endless_kept import EndlessGrades
from game.match.grading.endless_shelf import shelf
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook
from game.match.grading.graders import PANEL
from game.player.hardness import GRADING, MEASURED, REGRADING, STALE, UNGRADED
from tests.app.conftest import Hands
from tests.app.fake_advice import RECORD, InlineWorker
from tests.app.fake_grader import FakePlayer
from tests.app.opened import finish, open_play
from tests.app.own_grading import EDGE, SLICES, Grading, graded_before, levels_left, own_level


def test_an_own_level_is_graded_in_slices_and_kept(grading: Grading, tmp_path: Path) -> None:
    level = own_level(tmp_path)
    assert grading.grades.hardness(level).state == UNGRADED
    grading.grades.request([level])
    grading.frames(1)
    assert grading.grades.hardness(level).state == GRADING
    changes = grading.grades.changes
    grading.frames(len(DIFFICULTY_IDS) - 1)
    first = grading.grades.hardness(level)
    assert first.state == MEASURED  # from the first round on, with a doubt that shrinks
    assert grading.grades.changes > changes
    grading.frames(SLICES)
    assert len(grading.player.asked) == SLICES
    assert len({(one["difficulty"], one["seed"]) for one in grading.player.asked}) == SLICES
    done = grading.grades.hardness(level)
    assert done.grade is not None
    assert first.grade is not None
    assert done.grade.counts.matches == (ROUNDS * len(PANEL),) * len(DIFFICULTY_IDS)
    assert done.grade.counts.won == (6 * ROUNDS,) * len(DIFFICULTY_IDS)
    assert done.grade.uncertainty < first.grade.uncertainty
    assert GradeBook(tmp_path / "cache").find(level) == done.grade


@pytest.mark.parametrize(
    ("counts", "seeds", "rounds"),
    [
        (Counts((5,) * 4, (9,) * 4), (101,), ROUNDS - 1),
        (Counts((5,) * 4, (9 * (ROUNDS - 1),) * 4), (100, 102, 103), 1),
        (Counts((0, 5, 0, 0), (0, 9, 0, 0)), (100,), ROUNDS),  # at one difficulty only
    ],
)
def test_rounds_are_played_with_seeds_that_were_not_counted(
    grading: Grading, tmp_path: Path, counts: Counts, seeds: tuple[int, ...], rounds: int
) -> None:
    level = graded_before(tmp_path, counts, *seeds)
    grading.grades.request([level])
    grading.frames(400)
    played = [one["seed"] for one in grading.player.asked]
    assert len(played) == rounds * len(DIFFICULTY_IDS)
    assert len(set(played)) == rounds
    assert set(played).isdisjoint(seeds)
    grade = grading.grades.hardness(level).grade
    assert grade is not None
    assert grade.counts.matches == tuple(before + 9 * rounds for before in counts.matches)
    assert grading.notes == []


def test_the_same_arena_with_a_named_brain_is_another_level(grading: Grading, tmp_path: Path) -> None:
    level = own_level(tmp_path)
    brains = tuple(replace(plan, brain="hunter") for plan in level.roster)
    other = replace(level, roster=brains)
    assert other.digest == level.digest
    grading.grades.request([level])
    grading.frames(1)
    assert grading.grades.hardness(level).state == GRADING
    assert grading.grades.hardness(other).state != GRADING
    grading.grades.request([other])
    grading.frames(1)
    assert grading.grades.hardness(other).state == GRADING
    assert grading.grades.hardness(level).state != GRADING


def test_what_was_begun_in_an_earlier_run_goes_on(grading: Grading, tmp_path: Path) -> None:
    level = own_level(tmp_path)
    grading.grades.request([level])
    grading.frames(len(DIFFICULTY_IDS) + 2)  # a round and a half
    later = Grading(tmp_path / "cache")
    later.grades.request([level])
    later.frames(2 * SLICES)
    assert len(later.player.asked) == SLICES - len(DIFFICULTY_IDS)
    later.grades.close()
    later.profile.close()


def test_nothing_is_graded_while_somebody_plays_or_moves(grading: Grading, tmp_path: Path) -> None:
    grading.grades.request([own_level(tmp_path)])
    grading.frames(20, playing=True)
    grading.frames(20, busy=True)
    assert grading.player.asked == []
    grading.frames(2)
    assert len(grading.player.asked) == 2
    assert grading.player.ends == 0
    grading.frames(5, playing=True)
    assert grading.player.ends == 1  # the match began: what was being played is ended, once
    assert len(grading.player.asked) == 2


def test_a_file_from_elsewhere_that_is_played_stays_wanted_when_the_list_opens(
    grading: Grading, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    outside = own_level(tmp_path / "elsewhere", "caves-defend-902", "outside")
    listed = own_level(tmp_path)
    grading.grades.request_first(outside)
    grading.frames(3)
    grading.grades.request([listed])
    grading.frames(2 * SLICES)
    assert grading.grades.hardness(outside).state == MEASURED
    assert grading.grades.hardness(listed).state == MEASURED
    assert len(grading.player.asked) == 2 * SLICES  # what was begun goes on


def test_a_list_that_opens_again_lets_what_was_begun_go_on(grading: Grading, tmp_path: Path) -> None:
    done, other = load_level("first_light"), own_level(tmp_path)
    grading.grades.request([done, other])
    grading.frames(2)
    grading.grades.request([done, own_level(tmp_path)])  # the same content, read anew
    grading.frames(SLICES)
    assert len(grading.player.asked) == SLICES


def test_what_another_program_has_graded_is_known_when_the_list_opens(
    grading: Grading, tmp_path: Path
) -> None:
    level = own_level(tmp_path)
    grading.grades.request([])
    book = GradeBook(tmp_path / "cache")
    book.keep(level, Counts((5,) * 4, (9 * ROUNDS,) * 4), range(ROUNDS))
    book.save()
    assert grading.grades.hardness(level).state == UNGRADED
    grading.grades.request([level])
    assert grading.grades.hardness(level).state == MEASURED
    grading.frames(3)
    assert grading.player.asked == []


def test_an_edited_level_says_so_until_it_is_graded_anew(grading: Grading, tmp_path: Path) -> None:
    level = own_level(tmp_path)
    grading.grades.request([level])
    grading.frames(SLICES)
    edited = own_level(tmp_path, "caves-defend-901")
    assert grading.grades.hardness(edited).state == STALE
    grading.grades.request_first(edited)
    grading.frames(1)
    assert grading.grades.hardness(edited).state == REGRADING
    grading.frames(SLICES)
    assert grading.grades.hardness(edited).state == MEASURED


def test_a_file_that_is_saved_anew_is_not_graded_as_it_was(grading: Grading, tmp_path: Path) -> None:
    old = own_level(tmp_path)
    grading.grades.request([old])
    grading.frames(1)
    new = own_level(tmp_path, "caves-defend-901")
    grading.grades.request([new])
    grading.frames(SLICES + 1)
    assert len(grading.player.asked) == 1 + SLICES
    assert grading.grades.hardness(old).state == STALE
    assert grading.grades.hardness(new).state == MEASURED


def test_a_file_that_is_played_goes_first_and_the_others_follow(grading: Grading, tmp_path: Path) -> None:
    one, other = own_level(tmp_path, name="one"), own_level(tmp_path, "caves-defend-901", "other")
    grading.grades.request([one])
    grading.frames(2)
    grading.grades.request_first(other)
    grading.frames(SLICES)
    assert grading.grades.hardness(other).state == MEASURED
    assert grading.grades.hardness(one).state == UNGRADED
    grading.frames(SLICES)
    assert grading.grades.hardness(one).state == MEASURED


def test_what_is_graded_already_is_not_played(grading: Grading) -> None:
    grading.grades.request([load_level("first_light"), load_level("foundry")])
    grading.frames(4)
    assert grading.player.asked == []


def test_endless_levels_are_added_where_few_are_left_until_there_are_enough(
    grading: Grading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels_left(monkeypatch, defend=edge.ENOUGH - 2, collect=edge.ENOUGH - 1)
    grading.edge = EDGE
    grading.grades.prepare()
    grading.frames(200)
    assert len(grading.player.asked) == 24
    found: list[int] = []
    grading.grades.shelf(lambda levels: found.append(len(levels)))
    assert found == [len(shelf()) + 3]
    new = EndlessGrades(tmp_path / "cache").levels[len(shelf()) :]
    assert sorted(one.objective for one in new) == ["collect", "defend", "defend"]
    assert all(one.grade.counts.won == (12,) * 4 for one in new)
    level = load_level(new[0].name)
    assert grading.grades.hardness(level).state == MEASURED
    grading.profile.record_match(replace(RECORD, level=new[0].name, level_hash=level.digest))
    grading.frames(200)
    assert len(grading.player.asked) == 32  # one is used up: one more


def test_nobody_has_endless_levels_graded_who_has_asked_for_none(
    grading: Grading, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels_left(monkeypatch, defend=0)
    grading.edge = EDGE._replace(known=False)
    grading.grades.prepare()
    grading.frames(20)
    assert grading.player.asked == []
    grading.grades.shelf(lambda _: None)
    grading.frames(20)
    assert grading.player.asked


def test_own_levels_go_before_endless_ones(
    grading: Grading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels_left(monkeypatch, defend=0)
    grading.edge = EDGE
    grading.grades.request([own_level(tmp_path)])
    grading.frames(SLICES + 2)
    assert ["level" in one for one in grading.player.asked][: SLICES + 1] == [True] * SLICES + [False]


def test_records_of_what_a_name_stood_for_before_do_not_count(grading: Grading) -> None:
    name = shelf()[0].name
    level = load_level(name)
    for hash_, told in (("of an older generator", 0), (level.digest, 4)):
        for n in range(4):
            record = replace(RECORD, level=name, level_hash=hash_, outcome="lost", time=100.0 + n, ticks=900)
            grading.profile.record_match(record)
        grading.grades.shelf(lambda _: None)
        grading.grades.set_levels([])
        grade = grading.grades.hardness(level).grade
        assert grade is not None
        assert grade.people == told


def test_new_grades_are_told(grading: Grading, tmp_path: Path) -> None:
    level = own_level(tmp_path)
    grading.grades.request([level])
    grading.frames(SLICES + 1)
    assert grading.told == [level] * ROUNDS


def test_peoples_attempts_move_the_grade(grading: Grading) -> None:
    level = load_level("first_light")
    before = grading.grades.hardness(level).grade
    assert before is not None
    for n in range(20):
        record = replace(
            RECORD, level="first_light", level_hash=level.digest, outcome="lost", time=100.0 + n, ticks=900
        )
        grading.profile.record_match(record)
    grading.grades.set_levels([])
    assert grading.grades.hardness(level).grade == before  # nobody has said which level that is
    grading.grades.set_levels([level])
    after = grading.grades.hardness(level).grade
    assert after is not None
    assert after.people == 20
    assert after.rate() < before.rate() - 0.03
    grading.grades.set_levels([level])
    assert grading.grades.hardness(level).grade == after


def test_attempts_at_what_a_file_held_before_do_not_count(grading: Grading, tmp_path: Path) -> None:
    level = own_level(tmp_path)
    grading.profile.record_match(replace(RECORD, level="own", level_hash="other content", outcome="lost"))
    grading.grades.request([level])
    grading.frames(SLICES)
    grading.grades.set_levels([level])
    grade = grading.grades.hardness(level).grade
    assert grade is not None
    assert grade.people == 0


def test_a_match_in_the_window_holds_the_grading(hands: Hands, app: App) -> None:
    own_level(app.folders.levels)
    player = FakePlayer()
    app._grades = LevelGrades(
        app.folders.cache, app.profile, worker=InlineWorker(), grader=BackgroundGrader(player, InlineWorker())
    )
    app.push(LevelsScreen(app))
    for _ in range(12):
        app.frame(0.25)
    assert len(player.asked) > 0
    open_play(app)
    asked = len(player.asked)
    for _ in range(20):
        app.frame(0.25)
    assert len(player.asked) == asked
    finish(app)
    for _ in range(20):
        app.frame(0.25)
    assert len(player.asked) > asked


def test_a_file_that_is_played_is_graded_first(app: App, tmp_path: Path) -> None:
    from game.app.browse.level_library import info_of
    from game.app.playing.launch import open_match, settings_choice

    level = own_level(tmp_path)
    open_match(app, info_of(level), settings_choice(app, watch=True))
    assert app.grades._queue.played == [level]
