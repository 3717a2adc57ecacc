"""Repairs a damaged SQLite file: corrects its log, rebuilds its indexes, or replaces it by a new file."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from safefiles.foreign import read_regular
from safefiles.sqlite_check import check_database
from safefiles.sqlite_forms import Step
from safefiles.sqlite_log import MOST_BYTES, Log, examine_log
from safefiles.sqlite_rescue import rescue_rows

LOOKS: Final = 4  # at a log with something wrong in it
LOOK_SECONDS: Final = 0.03  # between two of them
ENDINGS: Final = ("", "-wal", "-shm")

# Errors of the disk or system, not of the file: they are reported and the file stays unchanged.
_PLACE_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_AUTH,
    }
)  # fmt: skip


def read_log(path: Path) -> Log:
    """Return the problems of the write-ahead log next to a file. Raises OSError."""
    try:
        return examine_log(read_regular(path.with_name(path.name + "-wal"), MOST_BYTES))
    except FileNotFoundError:
        return Log()


def read_settled_log(path: Path) -> Log:
    """Return the same, read again after a problem: another process may be writing at that moment. Raises OSError."""
    log = read_log(path)
    for _ in range(LOOKS):
        if not (log.bits or log.lost):
            break
        time.sleep(LOOK_SECONDS)
        log = read_log(path)
    return log


def repair_log(path: Path, log: Log) -> None:
    """Correct the log's wrong bits in place, before SQLite reads it. Raises OSError.

    The checksums say what is right, so another process that reads the log is not disturbed.
    """
    assert log.data is not None
    with path.with_name(path.name + "-wal").open("r+b") as stream:
        for place, (wrong, right) in enumerate(zip(stream.read(), log.data)):
            if wrong != right:
                stream.seek(place)
                stream.write(bytes([right]))
        stream.flush()
        os.fsync(stream.fileno())


def is_in_use(path: Path) -> bool:
    """Whether another process has the file open. Asking may cut a damaged log."""
    with contextlib.closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in (
                sqlite3.SQLITE_BUSY,
                sqlite3.SQLITE_LOCKED,
            )
    return False


def remove_database(path: Path, *endings: str) -> None:
    """Remove a file with its log files, or only the latter."""
    for ending in endings or ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def rebuild_indexes(path: Path) -> bool:
    """Rebuild the indexes from their tables; return whether that repaired the file.

    Not where an index holds a row that its table lost, or where one cannot be read.
    """
    indexes = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'"
    with contextlib.closing(sqlite3.connect(path, timeout=2.0, isolation_level=None)) as connection:
        try:
            for table, index in connection.execute(indexes).fetchall():
                rows = f"SELECT rowid FROM {table}"
                more = f"{rows} INDEXED BY {index} EXCEPT {rows} NOT INDEXED"
                if connection.execute(f"SELECT EXISTS({more})").fetchone()[0]:
                    return False
            connection.execute("REINDEX")
            return not check_database(connection).found
        except sqlite3.DatabaseError as error:
            if is_temporary(error):
                raise
            return False


def is_temporary(error: Exception) -> bool:
    """Whether the error is temporary, so that the same write may succeed later."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _PLACE_CODES and code != sqlite3.SQLITE_IOERR_SHORT_READ


def replace_database(path: Path, aside: Path, log: Log | None, steps: Sequence[Step]) -> int:
    """Replace the damaged file by one with its readable records; return their number."""
    found = rescue_rows(aside, log.data if log is not None else None, steps)
    if found is not None and found.count == 0:
        found = None
    new = path.with_name(f".{path.name}.rescued.part")
    remove_database(new)
    if found is not None:
        source, target = found.database(steps), sqlite3.connect(new, isolation_level=None)
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        finally:
            source.close()
            target.close()
    remove_database(path, *ENDINGS[1:])  # the old log goes first: a new file must never meet it
    if found is None:
        remove_database(path)
        return 0
    new.replace(path)
    return found.count
