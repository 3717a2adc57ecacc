"""A transaction of an SQLite file that several processes write.

SQLite increases the wait between two tries for a lock up to 100 ms, so that a process which writes many single rows blocks
the others for seconds. Here the tries are a few milliseconds apart, at random.
"""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LOCK_SECONDS: Final = 2.0  # how long a write waits for another process before it is kept for later
FINISH_SECONDS: Final = 60.0  # how long the last try waits, and one that nobody makes again
_PAUSE: Final = (0.0005, 0.005)  # seconds between two tries
_pauses: Final = random.Random()  # not the program's, which may be seeded


@contextmanager
def immediate_transaction(connection: sqlite3.Connection, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Commit everything in the block, or nothing. Raises sqlite3.OperationalError if it does not get the lock.

    `seconds` to wait for it; 0: SQLite's own way.
    """
    _begin(connection, seconds)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another connection holds the lock."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def pause() -> None:
    """Wait a little before another try."""
    time.sleep(_pauses.uniform(*_PAUSE))


def _begin(connection: sqlite3.Connection, seconds: float) -> None:
    if not seconds:
        connection.execute("BEGIN IMMEDIATE")
        return
    (own,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout=0")
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_locked(error) or time.monotonic() >= deadline:
                    raise
            else:
                return
            pause()
    finally:
        connection.execute(f"PRAGMA busy_timeout={own}")
