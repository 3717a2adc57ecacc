"""The grades there are: those that ship with the game, and those that were measured here and lie in the player's cache.

A grade belongs to what a match on the level is (`grade_key`), to the panel and to the rules (`graders_key`). Grades under
another key are stale and not used: a brain that is trained anew plays otherwise. `bankshot levels grade` measures what has none.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from game.core.levels.generator import by_name
from game.core.levels.reads import file_stamp
from game.match.grading.batches import (
    CountedBatch,
    add_batch,
    join_batches,
    parse_batch,
    parse_counts,
    seeds_of,
    total_counts,
)
from game.match.grading.endless_shelf import shelf_grades, shelf_seed
from game.match.grading.grade import N_STEPS, Counts, Grade
from game.match.grading.graders import graders_key
from game.match.grading.measured_scales import scales, scales_key, shipped_measurements
from safefiles.foreign import parse_json, read_regular
from safefiles.writing import write_atomic

if TYPE_CHECKING:
    from game.core.levels.model import Level

KEPT_FILE: Final = "grades.json"  # in the player's cache
SCHEMA: Final = 1
MAX_BYTES: Final = 8_000_000
MAX_KEPT: Final = 5000  # levels; the oldest go first
MOST_NUMBER: Final = 100


class GradeRow(NamedTuple):
    """A grade and its level: the path of the file, or the level's name."""

    grade: Grade
    name: str
    batches: tuple[CountedBatch, ...] = ()  # what was counted; none in a file that ships


def grade_key(level: "Level") -> str:
    """Return the key of a grade: the level's digest with the person's seat and the brains that the level names."""
    brains = [plan.brain for plan in level.roster]
    own = level.team_seats(0)
    if not any(brains) and (not own or level.player_seat == own[0]):
        return level.digest
    content = json.dumps([level.digest, level.player_seat, brains])
    return hashlib.sha256(content.encode()).hexdigest()


class GradeBook:
    """Grades of levels. Reading never fails: a damaged file counts as empty."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where grades that are measured here are kept; None: nowhere."""
        self._file = None if folder is None else folder / KEPT_FILE
        self._stamp = (
            None if self._file is None else file_stamp(self._file)
        )  # before it is read: later is news
        self._rows = _kept(self._file) if self._file is not None else {}
        self._new: set[str] = (
            set()
        )  # keys of what was measured here: what others write meanwhile is joined with it
        self._names: tuple[dict[str, GradeRow], frozenset[str]] = {}, frozenset()  # of rows: whose they are

    def find(self, level: "Level") -> Grade | None:
        """Return the grade of a level; None if it was not measured with this panel and these rules."""
        key = grade_key(level)
        row = self._rows.get(key) or _shipped_rows().get(key)
        return _of_shelf(level) if row is None else row.grade

    def is_stale(self, level: "Level") -> bool:
        """Return whether the level's file was graded with other content, that is, edited since."""
        rows, names = self._names
        if rows is not self._rows:  # asked of hundreds of levels for each time that there are others
            rows = self._rows
            names = frozenset(row.name for row in rows.values())
            self._names = rows, names
        return _name(level) in names and self.find(level) is None

    def keep(self, level: "Level", counts: Counts, seeds: Collection[int]) -> Grade:
        """Add the counts of these seeds to those of the same content, and return the grade.

        No match counts twice: at a difficulty at which matches of these seeds are known, the more of both stay.
        """
        known, key, before = self.find(level), grade_key(level), self._batches(level)
        batches = add_batch(before, CountedBatch(frozenset(seeds), counts))
        if known is not None and batches == before:
            return known
        (grade,) = _reckoned([(level.objective_name, total_counts(batches))])
        rows = {name: row for name, row in self._rows.items() if name != key}
        self._rows = {
            **rows,
            key: GradeRow(grade, _name(level), batches),
        }  # the newest last; who reads in another thread has the old
        self._new.add(key)
        return grade

    def seeds(self, level: "Level") -> set[int]:
        """Return the seeds of the matches on which a level's grade is based."""
        return seeds_of(self._batches(level))

    def _batches(self, level: "Level") -> tuple[CountedBatch, ...]:
        key = grade_key(level)
        row = self._rows.get(key) or _shipped_rows().get(key)
        if row is not None:
            return row.batches
        grade = _of_shelf(level)
        return () if grade is None else (CountedBatch(frozenset((shelf_seed(),)), grade.counts),)

    def fresh_seed(self, level: "Level", first: int) -> int:
        """Return the first seed from `first` on with which no match was counted."""
        used = self.seeds(level)
        return next(seed for seed in count(first) if seed not in used)

    def reread(self) -> bool:
        """Read what another program has stored since; return whether it has written."""
        if self._file is None or file_stamp(self._file) == self._stamp:
            return False
        self._stamp = file_stamp(self._file)
        self._take_over(_kept(self._file))
        return True

    def _take_over(self, kept: Mapping[str, GradeRow]) -> None:
        """Join what a file holds; what was measured here comes last, with what was counted of the same level elsewhere."""
        there = {key: row for key, row in kept.items() if key not in self._new}
        old = {key: row for key, row in self._rows.items() if key not in self._new}
        new = {key: _both(self._rows[key], kept.get(key)) for key in self._new}
        self._rows = {**old, **there, **new}

    def save(self) -> None:
        """Write the grades, merged with those that another program has stored in the meantime. Raises OSError."""
        if self._file is None:
            return
        self._take_over(_kept(self._file))
        rows = dict(list(self._rows.items())[-MAX_KEPT:])
        content = {
            "schema": SCHEMA,
            "graders": graders_key(),
            "scales": scales_key(),
            "levels": rows_to_json(rows),
        }
        write_atomic(self._file, json.dumps(content).encode())
        self._stamp = file_stamp(self._file)


def _both(row: GradeRow, other: GradeRow | None) -> GradeRow:
    """Return one row with the counts of two programs for a level."""
    batches = row.batches if other is None else join_batches(row.batches, other.batches)
    if batches == row.batches:
        return row
    (grade,) = _reckoned([(row.grade.objective, total_counts(batches))])
    return GradeRow(grade, row.name, batches)


def _reckoned(levels: Sequence[tuple[str, Counts]]) -> list[Grade]:
    """Return the grades for objectives and counts."""
    from game.match.grading.posterior import grades_of

    return grades_of([one[0] for one in levels], [one[1] for one in levels], scales(), graders_key())


def _of_shelf(level: "Level") -> Grade | None:
    """Return the grade of a shipped endless level; None for any other, also for the same seed in another size."""
    if level.source is not None:
        return None
    grade = shelf_grades().get(level.name)
    return grade if grade is not None and drawn_digest(level.name) == level.digest else None


@lru_cache(maxsize=MAX_KEPT)
def drawn_digest(name: str) -> str:
    """Return the digest of the endless level with this name, "" for another name; each is generated once."""
    level = by_name(name)
    return level.digest if level is not None else ""


def _name(level: "Level") -> str:
    return level.name if level.source is None else str(level.source)


def rows_to_json(rows: Mapping[str, GradeRow]) -> dict[str, Any]:
    """Return rows as they are stored in a file."""
    return {
        key: {
            "level": row.name,
            "objective": row.grade.objective,
            "won": row.grade.counts.won,
            "matches": row.grade.counts.matches,
            "mode": row.grade.mode,
            "spread": row.grade.spread,
            **({"batches": [one.to_json() for one in row.batches]} if row.batches else {}),
        }
        for key, row in rows.items()
    }


def _kept(file: Path) -> dict[str, GradeRow]:
    try:
        content = parse_json(read_regular(file, MAX_BYTES), file.name)
        if content["schema"] != SCHEMA or content["graders"] != graders_key():
            return {}
        rows = {str(key): _kept_row(row) for key, row in content["levels"].items() if _has_seeds(row)}
        return rows if content.get("scales") == scales_key() else _anew(rows)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # it can be measured again


def _has_seeds(row: Mapping[str, Any]) -> bool:
    """Tell whether a row says with which seeds it was counted: else its matches might be played and counted again."""
    return "batches" in row or bool(row.get("seeds"))


def _kept_row(row: Mapping[str, Any]) -> GradeRow:
    """Return a row of the cache; earlier builds kept the seeds of all its matches together."""
    found = _row(row)
    if "batches" in row:
        batches = tuple(parse_batch(one) for one in row["batches"])
        if total_counts(batches) != found.grade.counts:
            raise ValueError(f"batches: expected {found.grade.counts}, found {total_counts(batches)}")
    else:
        batches = (parse_batch((row["seeds"], row["won"], row["matches"])),)
    return found._replace(batches=batches)


def _anew(rows: Mapping[str, GradeRow]) -> dict[str, GradeRow]:
    """Return rows whose grades were reckoned on other scales with those of today."""
    grades = _reckoned([(row.grade.objective, row.grade.counts) for row in rows.values()])
    return {key: row._replace(grade=grade) for (key, row), grade in zip(rows.items(), grades, strict=True)}


def _row(row: Mapping[str, Any]) -> GradeRow:
    """Return a row of a file. Raises ValueError, TypeError or LookupError for anything else."""
    mode, spread = (tuple(_number(value) for value in row[key]) for key in ("mode", "spread"))
    if len(mode) != N_STEPS or len(spread) != N_STEPS:
        raise ValueError(f"mode, spread: expected {N_STEPS} numbers, found {len(mode)}, {len(spread)}")
    counts, objective = parse_counts(row["won"], row["matches"]), str(row["objective"])
    grade = Grade(objective, counts, mode, spread, scales()[objective].unlike, graders_key())
    return GradeRow(grade, str(row["level"]))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST_NUMBER:
        raise ValueError(f"number: expected -{MOST_NUMBER} to {MOST_NUMBER}, found {value!r}")
    return float(value)


@cache
def _shipped_rows() -> dict[str, GradeRow]:
    content = shipped_measurements()
    seeds = frozenset((content["recipe"]["seed"],))
    rows = {key: _row(row) for key, row in content["levels"].items()}
    return {key: row._replace(batches=(CountedBatch(seeds, row.grade.counts),)) for key, row in rows.items()}


@cache
def shipped_book() -> GradeBook:
    """Return the book of shipped grades."""
    return GradeBook()


def shipped_grades() -> dict[str, Grade]:
    """Return the shipped grades by the level's name."""
    return {row.name: row.grade for row in _shipped_rows().values()}
