"""Checks whether an SQLite file is undamaged: its pages, and its indexes against its tables, within a time limit."""

import re
import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from safefiles.messages import Message
from safefiles.phrases import say
from safefiles.text import clean

CHECK_SECONDS: Final = 2.0  # for the full check; 200,000 records took 0.5 s on a slow core
READ_CHECK_SECONDS: Final = 0.25  # of a file that is only read: what is damaged then is found when it is read
FULL_RATE: Final = (
    40 << 20
)  # bytes a second: what no machine exceeds, so that a check that cannot end is not begun
MOST_PROBLEMS: Final = 200  # told by SQLite
_STEPS: Final = 10_000  # of SQLite's machine between two looks at the clock
# What SQLite says where an index and its table disagree and both are sound otherwise
_OF_AN_INDEX: Final = re.compile(
    r"row \d+ missing from index |wrong # of entries in index |row \d+ values differ from index |non-unique entry in "
)


@dataclass(frozen=True)
class Problems:
    """Problems found by the check; `unfinished` if time ran out: only the pages were checked, or even these only `partly`."""

    found: tuple[str, ...] = ()
    unfinished: bool = False
    partly: bool = False

    @property
    def told(self) -> Message:
        """The first problem in a few words, and the number of problems."""
        more = f" and {len(self.found) - 1} more" if len(self.found) > 1 else ""
        return say("db_unsound", told=clean(self.found[0]), more=more, count=len(self.found))

    @property
    def only_indexes(self) -> bool:
        """Whether rebuilding the indexes is enough."""
        return len(self.found) < MOST_PROBLEMS and all(map(_OF_AN_INDEX.match, self.found))


def check_database(
    connection: sqlite3.Connection, seconds: float = CHECK_SECONDS, *, pages: bool = True
) -> Problems:
    """Check every page, every index against its table and every type. Raises sqlite3.Error if it is not a database.

    Where that takes longer than `seconds`, or would by the file's size, the indexes are left and the pages alone are
    checked, which takes a tenth of the time; not longer than `seconds` either, and without `pages` not at all.
    """
    count, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "page_size")
    )
    if count * size <= seconds * FULL_RATE:
        found = _within(connection, seconds, f"PRAGMA integrity_check({MOST_PROBLEMS})")
        if found is not None:
            return Problems(found)
    found = _within(connection, seconds, f"PRAGMA quick_check({MOST_PROBLEMS})") if pages else None
    return Problems(found or (), unfinished=True, partly=found is None)


def _within(connection: sqlite3.Connection, seconds: float, pragma: str) -> tuple[str, ...] | None:
    """Return the result of a check; None if it does not end in time."""
    deadline = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        return _lines(connection, pragma)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return None
    finally:
        connection.set_progress_handler(None, 0)


def _lines(connection: sqlite3.Connection, pragma: str) -> tuple[str, ...]:
    text = "\n".join(str(row[0]) for row in connection.execute(pragma).fetchall())
    lines = [" ".join(line.replace("*** in database main ***", "").split()) for line in text.splitlines()]
    return tuple(line for line in lines if line not in ("", "ok"))
