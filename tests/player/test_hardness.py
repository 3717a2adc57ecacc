"""What is said of how hard a level is: measured, the author's wish where it is another, and why nothing is known."""

from dataclasses import replace
from pathlib import Path

import pytest

from game.core.levels.catalogue import load_level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook
from game.player.hardness import MEASURED, STALE, UNGRADED, hardness_of


def own_level(folder: Path, spec: str, difficulty: int = 4) -> Path:
    path = folder / "own.tmj"
    path.write_bytes(write_level(replace(load_level(spec), name="own", difficulty=difficulty)))
    return path


def test_a_built_in_level_is_measured() -> None:
    found = hardness_of(load_level("first_light"), GradeBook())
    assert (found.state, found.stars, found.words()) == (MEASURED, 1, "1")
    assert not found.disagrees


def test_the_author_is_told_where_the_measure_is_another(tmp_path: Path) -> None:
    level = read_level(own_level(tmp_path, "first_light", 5))
    found = hardness_of(level, GradeBook())
    assert found.disagrees
    assert found.words() == "1 (author: 5)"


def test_own_levels_are_ungraded_then_measured_then_stale(tmp_path: Path) -> None:
    book = GradeBook(tmp_path)
    level = read_level(own_level(tmp_path, "caves-defend-900"))
    assert hardness_of(level, book).state == UNGRADED
    assert hardness_of(level, book).words() == "not graded", "the generator is no author"
    assert hardness_of(replace(level, author="Ann"), book).words() == "not graded (author: 4)"
    book.keep(level, Counts((9,) * 4, (36,) * 4), (1,))
    assert hardness_of(level, book).state == MEASURED
    edited = read_level(own_level(tmp_path, "caves-defend-901"))
    found = hardness_of(edited, book)
    assert (found.state, found.stars) == (STALE, 0)
    assert found.words() == "edited since its grade"


@pytest.mark.parametrize("spec", ["rings-defend-17", "7"])
def test_a_generated_level_has_no_author(spec: str) -> None:
    from game.core.levels.generator import generate

    level = generate(7) if spec == "7" else load_level(spec)
    found = hardness_of(level, GradeBook())
    assert found.wish == 0
    assert found.words() == "not graded"
