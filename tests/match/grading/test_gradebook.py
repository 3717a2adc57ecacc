"""Grades that are kept: for the same content, panel and rules alone; a damaged file is one without grades."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from game.core import rules
from game.core.levels import generator
from game.core.levels.catalogue import list_levels, load_level
from game.core.levels.generator import ENDLESS_SEEDS, generate
from game.core.levels.model import Level
from game.core.levels.starter import starter_level
from game.match.grading import gradebook
from game.match.grading.batches import MOST, CountedBatch, add_batch, seeds_of, total_counts
from game.match.grading.endless_shelf import SHELF_FILE, shelf, shelf_seed
from game.match.grading.grade import Counts
from game.match.grading.gradebook import (
    KEPT_FILE,
    GradeBook,
    drawn_digest,
    grade_key,
    shipped_book,
    shipped_grades,
)
from game.match.grading.graders import graders_key
from game.match.grading.measured_scales import scales, shipped_measurements

COUNTS = Counts((8, 6, 3, 1), (9, 9, 9, 9))
REMAKE = "measured with other brains or rules: python -m game.cli.remake"


def test_what_is_kept_is_found_again_and_added_to(tmp_path: Path) -> None:
    level = starter_level("mine")
    book = GradeBook(tmp_path)
    assert book.find(level) is None
    book.keep(level, COUNTS, (7,))
    book.save()
    again = GradeBook(tmp_path)
    found = again.find(level)
    assert found is not None
    assert found.counts == COUNTS
    assert again.keep(level, COUNTS, (8,)).counts == COUNTS + COUNTS
    assert found.rate("rookie") > found.rate("ace")


def test_no_match_counts_twice(tmp_path: Path) -> None:
    level = starter_level("mine")
    book = GradeBook(tmp_path)
    book.keep(level, COUNTS, (3, 4))
    assert book.keep(level, COUNTS, (4,)).counts == COUNTS
    assert book.keep(level, COUNTS, (3, 4)).counts == COUNTS
    assert book.keep(level, COUNTS + COUNTS, (3, 4)).counts == COUNTS + COUNTS, "more of the same"
    book.save()
    again = GradeBook(tmp_path)
    assert again.seeds(level) == {3, 4}
    assert again.keep(level, COUNTS, (3,)).counts == COUNTS + COUNTS
    assert [again.fresh_seed(level, first) for first in (0, 3, 4, 9)] == [0, 5, 5, 9]


def test_matches_at_one_difficulty_leave_the_others(tmp_path: Path) -> None:
    level, book = starter_level("mine"), GradeBook(tmp_path)
    book.keep(level, Counts((0, 60, 0, 0), (0, 108, 0, 0)), (5,))
    found = book.keep(level, Counts((0, 0, 40, 0), (0, 0, 180, 0)), (5, 6))
    assert found.counts == Counts((0, 60, 40, 0), (0, 108, 180, 0))


def test_seeds_have_no_end(tmp_path: Path) -> None:
    level, book = starter_level("mine"), GradeBook(tmp_path)
    for _ in range(2):
        book.keep(level, COUNTS, (book.fresh_seed(level, 2**31 - 1),))
    book.save()
    found = GradeBook(tmp_path).find(level)
    assert found is not None
    assert found.counts == COUNTS + COUNTS


@pytest.mark.parametrize("seeds", [[3], [], None])
def test_rows_of_earlier_builds_count_where_they_say_with_which_seeds(
    tmp_path: Path, seeds: list[int] | None
) -> None:
    level, book = starter_level("mine"), GradeBook(tmp_path)
    book.keep(level, COUNTS, (3,))
    book.save()
    file = tmp_path / KEPT_FILE
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["scales"]
    (row,) = content["levels"].values()
    del row["batches"]
    row.update(mode=[0.0] * 4, spread=[9.0] * 4, kind=0.4)
    if seeds is not None:
        row["seeds"] = seeds
    file.write_text(json.dumps(content), encoding="utf-8")
    again = GradeBook(tmp_path)
    if seeds:
        assert again.find(level) == book.find(level), "reckoned anew"
        assert again.fresh_seed(level, 3) == 4
    else:
        assert again.find(level) is None, "its matches might be played again, and count twice"
    assert again.keep(level, COUNTS, (3,)) == book.find(level)
    assert again.keep(level, COUNTS, (4,)).counts == COUNTS + COUNTS


def test_counts_outlive_a_file_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level, one, other = starter_level("mine"), GradeBook(tmp_path), GradeBook(tmp_path)
    one.keep(level, COUNTS, (0,))
    with monkeypatch.context() as patch:
        patch.setattr(gradebook, "write_atomic", unwritable)
        with pytest.raises(OSError, match="full"):
            one.save()
    other.keep(level, COUNTS, (5,))
    other.save()
    assert one.reread()
    assert one.seeds(level) == {0, 5}
    one.save()
    assert GradeBook(tmp_path).seeds(level) == {0, 5}


def unwritable(*_: object) -> None:
    raise OSError("the disk is full")


def test_two_programs_that_save_at_the_same_moment_lose_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One reads, the other writes, the one writes over it: the other has its own again with the next reading."""
    level, one, other = starter_level("mine"), GradeBook(tmp_path), GradeBook(tmp_path)
    one.keep(level, COUNTS, (0,))
    other.keep(level, COUNTS, (5,))
    write = gradebook.write_atomic

    def late(file: Path, data: bytes) -> None:
        monkeypatch.setattr(gradebook, "write_atomic", write)
        other.save()
        write(file, data)

    monkeypatch.setattr(gradebook, "write_atomic", late)
    one.save()
    assert other.reread()
    assert other.seeds(level) == {0, 5}
    other.save()
    assert GradeBook(tmp_path).seeds(level) == {0, 5}


def test_what_is_written_while_the_file_is_read_is_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level, writer = starter_level("mine"), GradeBook(tmp_path)
    writer.keep(level, COUNTS, (0,))
    writer.save()
    read = gradebook.read_regular

    def slowly(*arguments: Any) -> bytes:
        content = read(*arguments)
        monkeypatch.setattr(gradebook, "read_regular", read)
        writer.keep(level, COUNTS, (1,))
        writer.save()
        return content

    monkeypatch.setattr(gradebook, "read_regular", slowly)
    reader = GradeBook(tmp_path)
    assert reader.seeds(level) == {0}
    assert reader.reread()
    assert reader.seeds(level) == {0, 1}


def test_two_programs_that_grade_one_level_keep_what_both_counted(tmp_path: Path) -> None:
    level, one, other = starter_level("mine"), GradeBook(tmp_path), GradeBook(tmp_path)
    one.keep(level, COUNTS, (0,))
    one.save()
    other.keep(level, COUNTS, (5,))
    other.save()
    for book in (other, GradeBook(tmp_path)):
        found = book.find(level)
        assert found is not None
        assert found.counts == COUNTS + COUNTS
        assert book.seeds(level) == {0, 5}
    one.keep(level, COUNTS, (5,))
    one.save()
    assert GradeBook(tmp_path).find(level) == other.find(level)


def test_many_batches_stay_few() -> None:
    found: tuple[CountedBatch, ...] = ()
    for seed in range(100):
        found = add_batch(found, CountedBatch(frozenset((seed,)), COUNTS))
    assert len(found) == MOST
    assert total_counts(found).matches == (900,) * 4
    assert seeds_of(found) == set(range(100))


def test_what_ships_was_counted_with_its_seed(tmp_path: Path) -> None:
    book = GradeBook(tmp_path)
    for level, used in (
        (load_level("first_light"), shipped_measurements()["recipe"]["seed"]),
        (load_level(shelf()[7].name), shelf_seed()),
    ):
        assert book.seeds(level) == {used}
        assert book.keep(level, COUNTS, (used,)) == shipped_book().find(level)


def test_an_edited_level_has_no_grade_and_is_known_as_edited(tmp_path: Path) -> None:
    level = replace(starter_level("mine"), source=Path("/levels/mine.tmj"))
    book = GradeBook(tmp_path)
    assert not book.is_stale(level)
    book.keep(level, COUNTS, (7,))
    assert not book.is_stale(level)
    edited = replace(level, arena=replace(level.arena, time_limit=level.arena.time_limit + 60))
    assert book.find(edited) is None
    assert book.is_stale(edited)
    assert not book.is_stale(replace(edited, source=Path("/levels/other.tmj")))


def test_the_brains_that_a_level_names_are_part_of_what_is_graded() -> None:
    level = starter_level("mine")
    own, other = level.roster
    easy = replace(level, roster=(own, replace(other, brain="wanderer")))
    swapped = replace(level, roster=(replace(own, player=False), replace(other, player=True)))
    keys = {grade_key(one) for one in (level, easy, swapped)}
    assert len(keys) == 3
    assert grade_key(level) == level.digest


def test_grades_of_another_panel_or_other_rules_are_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = starter_level("mine")
    book = GradeBook(tmp_path)
    book.keep(level, COUNTS, (7,))
    book.save()
    monkeypatch.setattr(gradebook, "graders_key", lambda: "0" * 64)
    assert GradeBook(tmp_path).find(level) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": 1}',
        '{"schema": 2, "graders": "KEY", "levels": {}}',
        '{"schema": 1, "graders": "KEY", "levels": []}',
        '{"schema": 1, "graders": "KEY", "levels": {"d": 7}}',
        '{"schema": 1, "graders": "KEY", "levels": {"d": {"level": "x", "objective": "defend", "won": [9], "matches": [9]}}}',
        '{"schema": 1, "graders": "KEY", "levels": {"d": {"level": "x", "objective": "defend", "won": [1, 1, 1, 99],'
        ' "matches": [9, 9, 9, 9]}}}',
        '{"schema": 1, "graders": "KEY", "levels": {"d": {"level": "x", "objective": "defend", "won": [1, 1, 1, -1],'
        ' "matches": [9, 9, 9, 9]}}}',
        '{"schema": 1, "graders": "KEY", "levels": {"d": {"level": "x", "objective": "defend", "won": [1, 1, 1, 1e400],'
        ' "matches": [9, 9, 9, 9]}}}',
    ],
)
def test_a_damaged_file_is_one_without_grades(tmp_path: Path, text: str) -> None:
    (tmp_path / KEPT_FILE).write_text(text.replace("KEY", graders_key()), encoding="utf-8")
    book = GradeBook(tmp_path)
    first = load_level("first_light")
    assert book.find(first) is not None, "what ships is still there"
    book.keep(first, COUNTS, (7,))
    book.save()
    assert json.loads((tmp_path / KEPT_FILE).read_text(encoding="utf-8"))["graders"] == graders_key()


def test_a_kept_grade_of_a_built_in_level_goes_on_from_the_shipped_one(tmp_path: Path) -> None:
    first = load_level("first_light")
    book = GradeBook(tmp_path)
    shipped_grade = book.find(first)
    assert shipped_grade is not None
    assert book.keep(first, COUNTS, (7,)).counts == shipped_grade.counts + COUNTS


def test_every_built_in_level_was_graded_with_these_brains_and_rules() -> None:
    assert shipped_measurements()["graders"] == graders_key(), REMAKE
    levels = {grade_key(entry.level): entry.name for entry in list_levels() if entry.level is not None}
    assert {key: row["level"] for key, row in shipped_measurements()["levels"].items()} == levels, REMAKE
    for grade in shipped_grades().values():
        assert min(grade.counts.matches) >= 36
        assert grade.rate("rookie") > grade.rate("ace"), "stronger opponents win more"


def test_every_objective_has_a_scale_on_which_opponents_grow_stronger() -> None:
    assert scales().keys() == set(rules.OBJECTIVE_NAMES)
    for scale in scales().values():
        assert list(scale.mean) == sorted(scale.mean, reverse=True)
        assert 0 < scale.unlike.kind < scale.unlike.steep < 2


def test_the_shelf_was_graded_with_these_brains_and_rules() -> None:
    content = json.loads(SHELF_FILE.read_text(encoding="utf-8"))
    assert content["graders"] == graders_key(), REMAKE
    for rows in content["levels"].values():
        assert [row[0] for row in rows] == list(range(len(rows)))
    levels = shelf()
    assert {one.objective for one in levels} == set(rules.OBJECTIVE_NAMES)
    assert len({one.name for one in levels}) == len(levels)
    one = levels[len(levels) // 2]
    level = load_level(one.name)
    assert (level.objective_name, one.grade.objective) == (one.objective, one.objective)


def test_levels_of_the_shelf_are_graded() -> None:
    one = shelf()[7]
    level = load_level(one.name)
    assert shipped_book().find(level) == one.grade
    other = generate(ENDLESS_SEEDS[one.place], None, one.objective, (40, 30))
    assert other.digest != level.digest
    assert (
        shipped_book().find(replace(other, name=one.name)) is None
    )  # of the same seed and name, and yet another


def test_two_games_keep_what_both_measured(tmp_path: Path) -> None:
    first, second = starter_level("one"), load_level("rings-defend-17")
    one, other = GradeBook(tmp_path), GradeBook(tmp_path)
    one.keep(first, COUNTS, (7,))
    one.save()
    other.keep(second, COUNTS, (7,))
    other.save()
    one.keep(first, COUNTS, (8,))
    one.save()
    found = GradeBook(tmp_path)
    grades = found.find(first), found.find(second)
    assert [grade and grade.counts for grade in grades] == [COUNTS + COUNTS, COUNTS]
    assert one.find(second) == grades[1]


def test_a_level_that_was_just_drawn_is_not_drawn_again_for_its_grade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[int] = []

    def counted(seed: int, *words: Any) -> Level:
        drawn.append(seed)
        return generate(seed, *words)

    generator.by_name.cache_clear()
    drawn_digest.cache_clear()
    monkeypatch.setattr(generator, "generate", counted)
    one = shelf()[3]
    assert GradeBook().find(load_level(one.name)) == one.grade
    assert len(drawn) == 1
