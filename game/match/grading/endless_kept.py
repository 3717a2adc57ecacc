"""Endless levels beyond the shelf that ships, graded on this machine: kept in the player's cache as the shelf is, row by row.

Reading never fails: a damaged file, or one of another panel or generator, is one without levels, and they are graded again.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from game.core import rules
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.generator import endless_name
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.endless_shelf import ShelfLevel, shelf
from game.match.grading.grade import Counts
from game.match.grading.graders import PANEL, graders_key
from game.match.grading.measured_scales import scales
from game.match.grading.posterior import grades_of
from safefiles.foreign import parse_json, read_regular
from safefiles.writing import write_atomic

FILE: Final = "endless.json"
SCHEMA: Final = 2
ROUNDS: Final = 2  # of the panel at each difficulty, as of what ships
MATCHES: Final = ROUNDS * len(PANEL)
MOST: Final = 2500  # levels of an objective that are kept
MAX_BYTES: Final = 1_000_000
GENERATOR: Final = 1  # what endless seeds draw; raise it when they draw other levels: a test tells
FIRST: Final = 1  # the generator of those files that name none, or name it by a hash of some levels
_FIRST_HASH: Final = "1db32eaaa0b75af9aacc01fc8da83489e2d04a81e8ba1d1d6b47194889ee286b"

Row = tuple[int, ...]  # place, wins at each difficulty


class NextLevel(NamedTuple):
    """The level to grade next."""

    place: int
    name: str
    rounds: int  # of the panel


class EndlessGrades:
    """The grades of endless levels in one folder. One thread at a time may call it."""

    def __init__(self, folder: Path | None) -> None:
        """`folder`: where the file lies; None: nothing outlives the process."""
        self._file = None if folder is None else folder / FILE
        self._rows = _kept(self._file)
        self._levels: dict[str, ShelfLevel] = {}
        self._grade(self._all())

    @property
    def levels(self) -> tuple[ShelfLevel, ...]:
        """The shipped levels and those graded here."""
        return (*shelf(), *self._levels.values())

    def following(self, objective: str, but: Collection[int] = ()) -> NextLevel | None:
        """Return the first ungraded level of an objective, except the places `but`; None if enough are graded."""
        rows = self._rows[objective]
        taken = _shipped()[objective] | rows.keys() | set(but)
        if len(rows) >= MOST:
            return None
        place = next(place for place in range(len(ENDLESS_SEEDS)) if place not in taken)
        return NextLevel(place, endless_name(objective, place), ROUNDS)

    def add(self, objective: str, place: int, won: Sequence[int]) -> None:
        """Store the counts of a level, MATCHES at each difficulty. Raises OSError if they cannot be written."""
        row = (place, *won)
        self._rows[objective][place] = row
        self._grade([(objective, row)])
        self._save()

    def _save(self) -> None:
        if self._file is None:
            return
        there = _kept(self._file)  # what another game has added meanwhile
        rows = {name: {**there[name], **self._rows[name]} for name in rules.OBJECTIVE_NAMES}
        content = {
            "schema": SCHEMA,
            "graders": graders_key(),
            "generator": GENERATOR,
            "matches": MATCHES,
            "levels": {name: sorted(each.values())[:MOST] for name, each in rows.items()},
        }
        write_atomic(self._file, json.dumps(content, separators=(",", ":")).encode())

    def _all(self) -> list[tuple[str, Row]]:
        return [(objective, row) for objective, rows in self._rows.items() for row in rows.values()]

    def _grade(self, rows: Iterable[tuple[str, Row]]) -> None:
        listed = list(rows)
        counts = [Counts(tuple(row[1:]), (MATCHES,) * len(DIFFICULTY_IDS)) for _, row in listed]
        grades = grades_of([objective for objective, _ in listed], counts, scales(), graders_key())
        for (objective, row), grade in zip(listed, grades, strict=True):
            name = endless_name(objective, row[0])
            self._levels[name] = ShelfLevel(name, objective, row[0], grade)


@cache
def _shipped() -> dict[str, frozenset[int]]:
    """Return the shipped places, by objective."""
    return {
        name: frozenset(one.place for one in shelf() if one.objective == name)
        for name in rules.OBJECTIVE_NAMES
    }


def _is_current(content: dict[str, Any]) -> bool:
    """Return whether a file's levels were generated and graded as in this build. Raises LookupError, TypeError."""
    schema, generator = content["schema"], content.get("generator")
    if schema == 1 or generator == _FIRST_HASH:
        generator = FIRST
    written = (content["graders"], generator, content["matches"])
    return schema in (1, SCHEMA) and written == (graders_key(), GENERATOR, MATCHES)


def _kept(file: Path | None) -> dict[str, dict[int, Row]]:
    """Return a file's rows by objective and place, without those that ship now."""
    rows: dict[str, dict[int, Row]] = {name: {} for name in rules.OBJECTIVE_NAMES}
    if file is None:
        return rows
    try:
        content = parse_json(read_regular(file, MAX_BYTES), file.name)
        if not _is_current(content):
            return rows
        return {
            name: {
                row[0]: row for row in map(_row, content["levels"][name]) if row[0] not in _shipped()[name]
            }
            for name in rows
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return rows


def _row(row: Any) -> Row:
    """Return a row of a file. Raises ValueError or TypeError for anything else."""
    limits = (len(ENDLESS_SEEDS) - 1, *(MATCHES,) * len(DIFFICULTY_IDS))
    if len(row) != len(limits) or not all(
        type(value) is int and 0 <= value <= limit for value, limit in zip(row, limits, strict=True)
    ):
        raise ValueError(f"row: expected a place and wins of {MATCHES}, found {row!r:.60}")
    return tuple(row)
