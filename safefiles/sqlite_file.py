"""An SQLite file of ours: checked when opened, brought to the present form, set aside when damaged.

Runs in WAL with synchronous=FULL, so what a write acknowledged survives a killed process. A file that cannot be used
never stops the program: the session then lives in memory, and `messages` says why.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from safefiles.errors import FileRefused

LOCK_SECONDS: Final = 2.0  # how long a write waits for another process
LAST_FORM: Final = 999  # a form beyond is damage, not a newer version
Step = Callable[[sqlite3.Connection], None]  # brings a file from one form to the next
Layout = Mapping[str, frozenset[str]]  # table -> its columns
Statement = tuple[str, Iterable[Sequence[object]]]  # SQL, and the rows to run it with
NO_VALUES: Final[Sequence[Sequence[object]]] = ((),)

# Trouble of the place, not of the file: it is told and the file stays as it is.
_PLACE_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_AUTH,
    }
)  # fmt: skip


class SqliteFile:
    """One file and its connection; every method may be called from any thread.

    `steps[n]` brings form n to form n + 1, and `PRAGMA user_version` counts them; form 0 is an empty file. `path` is
    None while everything is in memory.
    """

    def __init__(
        self,
        path: Path | None,
        steps: Sequence[Step],
        *,
        owner: str,
        messages: list[str],
        sets_aside: bool = True,
    ) -> None:
        """Open `path`. With `sets_aside` false a file that cannot be used is left alone and FileRefused is raised."""
        self.path = path
        self._steps = steps
        self._owner = owner
        self._messages = messages
        self._sets_aside = sets_aside
        self._lock = threading.RLock()
        self._connection = self._memory(None) if path is None else self._opened(path)

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.path.name if self.path else "memory"

    def write(self, statements: Iterable[Statement]) -> bool:
        """Run the statements, each with all its rows, as one transaction; return whether it is safe on the disk."""
        with self._lock:
            try:
                with _transaction(self._connection):
                    for statement, rows in statements:
                        self._connection.executemany(statement, rows)
            except (sqlite3.Error, UnicodeError) as error:
                self._messages.append(f"{self.name}: not saved ({error})")
                return False
            return True

    def rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; none, with a message, when the file cannot be read."""
        with self._lock:
            try:
                return self._connection.execute(query, tuple(values)).fetchall()
            except (sqlite3.Error, UnicodeError) as error:
                self._messages.append(f"{self.name}: not readable ({error})")
                return []

    def scrub(self) -> None:
        """Leave no trace of deleted rows in the write-ahead log; readers may delay it, so it may do nothing."""
        if self.path is not None:
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self) -> "SqliteFile":
        """Return the same content in memory, with messages of its own list."""
        other = SqliteFile(None, self._steps, owner=self._owner, messages=self._messages)
        with self._lock:
            try:
                self._connection.backup(other._connection)
            except sqlite3.Error as error:
                self._messages.append(f"{self.name}: not readable ({error})")
        return other

    def close(self) -> None:
        """Close the file. Later writes and reads fail with a message."""
        with self._lock:
            self._connection.close()

    # How a file is opened

    def _opened(self, path: Path) -> sqlite3.Connection:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._checked(path)
        except _Newer as error:
            return self._memory(f"{path.name}: {error}")
        except _Foreign as error:
            return self._fresh(path, str(error))
        except (sqlite3.Error, UnicodeError) as error:
            if _is_damage(error, path):
                return self._fresh(path, str(error))
            return self._memory(f"{path.name}: cannot be opened ({error})", path)
        except OSError as error:
            return self._memory(f"{path.name}: {error.strerror}")

    def _checked(self, path: Path) -> sqlite3.Connection:
        """Open a sound file of a form we know and bring it to ours."""
        connection = _connect(path)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                told = " ".join(str(verdict).replace("*** in database main ***", "").split())
                raise sqlite3.DatabaseError(f"expected a sound database, found: {told}")
            self._recognise(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _recognise(self, connection: sqlite3.Connection) -> int:
        """Return the form of a file of ours; raise _Newer or _Foreign for another."""
        form = int(connection.execute("PRAGMA user_version").fetchone()[0])
        found = layout(connection)
        if len(self._steps) < form <= LAST_FORM:
            if found.keys() & layout_of(self._steps).keys():
                raise _Newer(
                    f"expected form {len(self._steps)} or older, found form {form} of a newer {self._owner}"
                )
        elif 0 <= form <= len(self._steps):
            expected = layout_of(self._steps[:form])
            ours = all(columns <= found.get(table, frozenset()) for table, columns in expected.items())
            if ours and (form > 0 or not found):
                return form
        raise _Foreign(f"expected a file of {self._owner}, found another program's tables")

    def _migrate(self, connection: sqlite3.Connection) -> None:
        with _transaction(connection):
            form = self._recognise(connection)  # again: another process may have come first
            for step in self._steps[form:]:
                step(connection)
            if form < len(self._steps):
                connection.execute(f"PRAGMA user_version={len(self._steps)}")

    def _memory(self, reason: str | None, readable: Path | None = None) -> sqlite3.Connection:
        """A database in memory, with what can be read of `readable`; raise FileRefused where that is no answer."""
        if reason is not None:
            if not self._sets_aside:
                raise FileRefused(reason)
            self._messages.append(f"{reason}; this session's records are not kept")
        self.path = None
        connection = None if readable is None else self._copied(readable)
        if connection is None:
            connection = _connect(":memory:")
            self._migrate(connection)
        return connection

    def _copied(self, path: Path) -> sqlite3.Connection | None:
        """The content of a file that cannot be written, in memory; None where it cannot even be read."""
        for mode in ("mode=ro", "immutable=1"):
            connection = _connect(":memory:")
            try:
                source = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=LOCK_SECONDS)
                try:
                    source.backup(connection)
                finally:
                    source.close()
                self._migrate(connection)
            except (sqlite3.Error, UnicodeError, _Newer, _Foreign):
                connection.close()
                continue
            return connection
        return None

    def _fresh(self, path: Path, reason: str) -> sqlite3.Connection:
        """Set a file aside and begin a fresh one."""
        if not self._sets_aside:
            raise FileRefused(f"{path.name}: {reason}")
        aside = _free_name(path)
        try:
            for ending in ("", "-wal", "-shm"):
                part = path.with_name(path.name + ending)
                if part.exists():
                    part.replace(aside.with_name(aside.name + ending))
            connection = self._checked(path)
        except (OSError, sqlite3.Error, UnicodeError, _Newer, _Foreign) as error:
            return self._memory(f"{path.name}: damaged ({reason}) and not replaceable ({error})")
        self._messages.append(f"{path.name}: damaged ({reason}); kept as {aside.name}, a fresh one begins")
        return connection


class _Newer(Exception):
    """The file was written by a newer version."""


class _Foreign(Exception):
    """The file is a sound database of another program."""


def script(text: str) -> Step:
    """A step that runs SQL statements, each ended by a semicolon; no semicolon may stand inside one."""

    def step(connection: sqlite3.Connection) -> None:
        for statement in text.split(";"):
            if statement.strip():
                connection.execute(statement)  # executescript would commit the transaction it runs in

    return step


def layout(connection: sqlite3.Connection) -> Layout:
    """Return the tables of a database and their columns."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {
        name: frozenset(
            row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        )
        for (name,) in names.fetchall()
    }


def layout_of(steps: Sequence[Step]) -> Layout:
    """Return the tables that the steps make."""
    connection = _connect(":memory:")
    try:
        for step in steps:
            step(connection)
        return layout(connection)
    finally:
        connection.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what happens inside, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _is_damage(error: Exception, path: Path) -> bool:
    """Whether the file itself is to blame."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code == sqlite3.SQLITE_IOERR_SHORT_READ:
        return True
    if code == sqlite3.SQLITE_READONLY:  # a damaged header may claim it
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return code & 0xFF not in _PLACE_CODES


def _free_name(path: Path) -> Path:
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    number = 0
    while True:
        ending = f"-{number}" if number else ""
        aside = path.with_name(f"{path.stem}.damaged-{stamp}{ending}{path.suffix}")
        if not aside.exists():
            return aside
        number += 1
