"""The endless shelf: generated levels with their grades, as two words and a number each.

`shelf.json` holds what was counted of the first levels of the endless seeds, by objective: a row is the level's place and its
wins at each difficulty. A level is drawn when it is needed; its grade needs no level.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from game.core import rules
from game.core.levels.generator import endless_name
from game.match.grading.grade import Counts, Grade
from game.match.grading.graders import graders_key
from game.match.grading.measured_scales import scales

SHELF_FILE: Final = Path(__file__).resolve().parent / "shelf.json"
KIND: Final = "endless"
SCHEMA: Final = 1


class ShelfLevel(NamedTuple):
    """One generated level with its grade."""

    name: str  # as `bankshot play` takes it: rings-defend-17
    objective: str
    place: int  # of the endless seeds
    grade: Grade


def spec_of(objective: str, place: int) -> str:
    """Return the spec of one endless level."""
    return f"{KIND}:{objective}:{place}-{place}"


def shelf_rows(content: Mapping[str, Any]) -> Iterator[tuple[str, int, Counts]]:
    """Yield objective, place and counts of a file's levels."""
    for objective in rules.OBJECTIVE_NAMES:
        for place, *won in content["levels"].get(objective, ()):
            yield objective, place, Counts(tuple(won), tuple(content["matches"]))


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(SHELF_FILE.read_text(encoding="utf-8"))
    return content


def shelf_seed() -> int:
    """Return the seed of the counted matches."""
    return int(_content()["seed"])


@cache
def shelf() -> tuple[ShelfLevel, ...]:
    """Return the shipped graded levels."""
    from game.match.grading.posterior import grades_of

    rows = list(shelf_rows(_content()))
    grades = grades_of([row[0] for row in rows], [row[2] for row in rows], scales(), graders_key())
    return tuple(
        ShelfLevel(endless_name(objective, place), objective, place, grade)
        for (objective, place, _), grade in zip(rows, grades, strict=True)
    )


@cache
def shelf_grades() -> dict[str, Grade]:
    """Return the grades by the level's name."""
    return {one.name: one.grade for one in shelf()}
