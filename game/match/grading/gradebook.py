"""The grades there are: those that ship with the game, and those that were measured here and lie in the player's cache.

A grade belongs to a level's content (its digest), to the panel and to the rules (`graders_key`). Grades under another key are
stale and not used: a brain that is trained anew plays otherwise. `bankshot levels grade` measures what has none.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from game.match.grading.grade import Counts, Grade, Scale, grades_of
from game.match.grading.graders import graders_key
from safefiles.foreign import parse_json, read_regular
from safefiles.writing import write_atomic

if TYPE_CHECKING:
    from game.core.levels.model import Level

SHIPPED_FILE: Final = Path(__file__).resolve().parent / "grades.json"
KEPT_FILE: Final = "grades.json"  # in the player's cache
SCHEMA: Final = 1
MAX_BYTES: Final = 4_000_000
MAX_KEPT: Final = 5000  # levels; the oldest go first
MOST_MATCHES: Final = 10**6

Row = tuple[str, Counts, str]  # objective, counts, the file's path or the level's name


class GradeBook:
    """Grades by a level's digest. Reading it never fails: a damaged file of grades is one without any."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where grades that are measured here are kept; None: nowhere."""
        self._file = None if folder is None else folder / KEPT_FILE
        self._rows: dict[str, Row] = {}
        if self._file is not None:
            self._rows = _kept(self._file)
        self._grades: dict[str, Grade] = {}

    def find(self, digest: str) -> Grade | None:
        """Return the grade of a level's content; None where it was not measured with this panel and these rules."""
        if digest not in self._grades:
            row = self._rows.get(digest) or _shipped_rows().get(digest)
            if row is None:
                return None
            self._grades[digest] = Grade.of(row[0], row[1], scales(), graders_key())
        return self._grades[digest]

    def was_graded(self, source: str, digest: str) -> bool:
        """Tell whether a file was graded with another content: it was edited since."""
        return digest not in self._rows and any(row[2] == source for row in self._rows.values())

    def keep(self, level: "Level", counts: Counts, source: str = "") -> Grade:
        """Take over what was counted, added to what is known of the same content, and return the grade."""
        known = self._rows.get(level.digest) or _shipped_rows().get(level.digest)
        total = counts if known is None else known[1] + counts
        self._rows.pop(level.digest, None)  # it is the newest now
        self._rows[level.digest] = level.objective_name, total, source or level.name
        self._grades.pop(level.digest, None)
        found = self.find(level.digest)
        assert found is not None
        return found

    def save(self) -> None:
        """Write what is kept here. Raises OSError."""
        if self._file is None:
            return
        rows = list(self._rows.items())[-MAX_KEPT:]
        content = {"schema": SCHEMA, "graders": graders_key(), "levels": rows_to_json(rows)}
        write_atomic(self._file, json.dumps(content).encode())


def rows_to_json(rows: Iterable[tuple[str, Row]]) -> dict[str, Any]:
    """Return rows as a file holds them."""
    return {
        digest: {"level": name, "objective": objective, "won": counts.won, "matches": counts.matches}
        for digest, (objective, counts, name) in rows
    }


def _kept(file: Path) -> dict[str, Row]:
    try:
        content = parse_json(read_regular(file, MAX_BYTES), file.name)
        if content["schema"] != SCHEMA or content["graders"] != graders_key():
            return {}
        return {str(digest): _row(row) for digest, row in content["levels"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}  # it can be measured again


def _row(row: Mapping[str, Any]) -> Row:
    """Return a row of a file. Raises ValueError or TypeError for anything else."""
    counts = [tuple(_count(value) for value in row[key]) for key in ("won", "matches")]
    return str(row["objective"]), Counts(counts[0], counts[1]), str(row["level"])


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_MATCHES:
        raise ValueError(f"count: expected 0 to {MOST_MATCHES}, found {value!r}")
    return value


@cache
def shipped() -> dict[str, Any]:
    """Return the shipped measurements: schema, graders, recipe, `scales` by objective, and `levels` by digest."""
    content: dict[str, Any] = json.loads(SHIPPED_FILE.read_text(encoding="utf-8"))
    return content


@cache
def _shipped_rows() -> dict[str, Row]:
    return {digest: _row(row) for digest, row in shipped()["levels"].items()}


@cache
def scales() -> dict[str, Scale]:
    """Return what is known of each objective's levels."""
    return {name: Scale.from_json(row) for name, row in shipped()["scales"].items()}


def shipped_grades() -> dict[str, Grade]:
    """Return the grades that ship, by digest."""
    rows = _shipped_rows()
    grades = grades_of(
        [row[0] for row in rows.values()], [row[1] for row in rows.values()], scales(), graders_key()
    )
    return dict(zip(rows, grades, strict=True))
