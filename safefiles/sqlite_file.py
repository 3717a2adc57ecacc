"""Our SQLite files: checked when opened, migrated to the present schema, repaired or set aside when damaged.

Runs in WAL with synchronous=FULL, so what a write acknowledged survives a killed process. A file that cannot be used
never stops the program: the session is then kept in memory, and `messages` says why. A write that fails for a temporary
reason (a full disk, another process's lock) is kept and tried again before the next one, by `catch_up` and at the end.
"""

import os
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from safefiles.aside import free_name
from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.phrases import say
from safefiles.sqlite_check import CHECK_SECONDS, READ_CHECK_SECONDS, Problems, check_database
from safefiles.sqlite_forms import LEFT_OUT, Step, columns_of_steps, skipped_rows, sql_step, table_columns
from safefiles.sqlite_lock import FINISH_SECONDS, LOCK_SECONDS, immediate_transaction, is_locked, pause
from safefiles.sqlite_log import Log
from safefiles.sqlite_mending import (
    ENDINGS,
    is_in_use,
    is_temporary,
    read_log,
    read_settled_log,
    rebuild_indexes,
    remove_database,
    repair_log,
    replace_database,
)
from safefiles.text import clean

__all__ = ["SqliteFile", "Statement", "Step", "columns_of_steps", "sql_step", "table_columns"]

LAST_FORM: Final = 999  # a form beyond is damage, not a newer version
MARK: Final = 0x42530000  # application_id, with the form: a second place that tells it
MOST_UNSAVED: Final = 10_000  # transactions that wait for a disk
Value = TypeVar("Value")
Statement = tuple[str, Iterable[Sequence[object]]]  # SQL, and the rows to run it with
ONCE: Final[list[Sequence[object]]] = [()]  # the rows of a statement without values
MOST_BYTES: Final = 2 << 30  # of a database, whose content is copied into memory; a record has some 200


class SqliteFile:
    """One file and its connection; every method may be called from any thread.

    `steps[n]` migrates schema version n ("form") to n + 1, and `PRAGMA user_version` counts them; form 0 is an empty file.
    `path` is None while everything is in memory.
    """

    def __init__(
        self,
        path: Path | None,
        steps: Sequence[Step],
        *,
        owner: str,
        messages: list[str],
        sets_aside: bool = True,
        only_read: bool = False,
    ) -> None:
        """Open `path`. With `sets_aside` false an unusable file is left unchanged and FileRefused is raised.

        With `only_read` too the file is not written, its pages are not checked before they are read, and what cannot
        be read then is a FileRefused as well.
        """
        self.path = path
        self._steps = steps
        self._owner = owner
        self._messages = messages
        self._sets_aside = sets_aside and not only_read
        self._only_read = only_read
        self._lock = threading.RLock()
        self._lost = False  # a file was asked for, and this session will never reach it
        self._later: Path | None = None  # the same, but it may yet be reached
        self._unsaved: list[list[tuple[str, list[Sequence[object]]]]] = []
        self._trouble = ""  # why the first of them is not saved; told
        self._patience = (
            LOCK_SECONDS if self._sets_aside else FINISH_SECONDS
        )  # of a write, for another process
        self._connection = _memory(steps) if path is None else self._opened(path)

    @property
    def name(self) -> str:
        """Its name in messages."""
        path = self.path or self._later
        return path.name if path else "memory"

    @property
    def behind(self) -> bool:
        """Whether writes wait to be tried again."""
        return bool(self._unsaved)

    def write(self, statements: Iterable[Statement]) -> bool:
        """Run the statements, each with all its rows, as one transaction; return whether it is safe on the disk.

        A write that fails for a temporary reason is kept for `catch_up`, which every later write calls.
        """
        with self._lock:
            transaction = [(statement, list(rows)) for statement, rows in statements]
            if self.path is None:
                error = self._run(transaction)
                if error is not None:
                    self._messages.append(say("not_saved", name=self.name, reason=message_of(error)))
                if error is not None or self._later is None:
                    return error is None and not self._lost
            if len(self._unsaved) >= MOST_UNSAVED:
                self._messages.append(say("not_saved", name=self.name, reason=self._trouble))
                return False
            self._unsaved.append(transaction)
            return self._caught_up()

    def catch_up(self) -> bool:
        """Try the failed writes again; return whether none is left."""
        with self._lock:
            self._caught_up()
            return not self._unsaved

    def rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; none, with a message, when the file cannot be read."""
        found = self.read(lambda connection: connection.execute(query, tuple(values)).fetchall())
        return found or []

    def read(self, use: Callable[[sqlite3.Connection], Value]) -> Value | None:
        """Return what `use` reads from the connection; None, with a message, when the file cannot be read."""
        with self._lock:
            try:
                return use(self._connection)
            except (sqlite3.Error, UnicodeError) as error:
                told = say("unread_rows", name=self.name, reason=message_of(error))
                if self._only_read:
                    raise FileRefused(told) from None
                self._messages.append(told)
                return None

    def scrub(self) -> None:
        """Remove deleted rows from the write-ahead log; readers may block this, so it may do nothing."""
        if self.path is not None:
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self) -> "SqliteFile":
        """Return a copy of the content in memory, with a separate list of messages."""
        other = SqliteFile(None, (), owner=self._owner, messages=self._messages)
        other._steps = self._steps
        with self._lock:
            try:
                self._connection.backup(other._connection)
            except sqlite3.Error as error:
                self._messages.append(say("unread_rows", name=self.name, reason=message_of(error)))
                other._connection = _memory(self._steps)
        return other

    def close(self) -> None:
        """Close the file, after a last try of the failed writes. Later writes and reads fail with a message."""
        with self._lock:
            self._patience = FINISH_SECONDS
            if self._unsaved and not self.catch_up():
                self._messages.append(say("never_saved", name=self.name, reason=self._trouble))
                self._unsaved.clear()
            self._later = None
            self._connection.close()

    # Writing

    def _run(self, transaction: Iterable[Statement]) -> Exception | None:
        """Run one transaction; return what was in the way."""
        try:
            # Nobody else has what is in memory: there is no lock to wait for.
            with immediate_transaction(self._connection, self._patience if self.path is not None else 0.0):
                for statement, rows in transaction:
                    if rows == ONCE:
                        self._connection.execute(statement)
                    else:
                        self._connection.executemany(statement, rows)
        except (sqlite3.Error, UnicodeError) as error:
            return error
        return None

    def _caught_up(self) -> bool:
        """Write what waits, in order; return whether all of it is safe: False too for what no file could take."""
        all_safe = True
        if self._unsaved and self.path is None and not self._reached():
            return False
        while self._unsaved:
            error = self._run(self._unsaved[0])
            passing = error is not None and self._sets_aside and is_temporary(error)
            if error is not None and (not passing or str(error) != self._trouble):
                self._messages.append(say("not_saved", name=self.name, reason=message_of(error)))
            if passing:
                self._trouble = str(error)
                return False
            del self._unsaved[0]
            all_safe = all_safe and error is None
        if self._trouble and self.path is not None:
            self._trouble = ""
            self._messages.append(say("saved_after_all", name=self.name))
        return all_safe

    def _reached(self) -> bool:
        """Try to open the file that could not be opened before; its own content counts, and what waits comes on top."""
        if self._later is None:
            return False
        try:
            self._later.parent.mkdir(parents=True, exist_ok=True)
            log = read_log(self._later)
            if log.bits or log.lost or _unfit(self._later):
                return False  # for the next start, which says so
            connection = self._checked(self._later, cut=log.rest)
        except (OSError, sqlite3.Error, UnicodeError, _Unusable):
            return False
        self._connection.close()
        self._connection, self.path, self._later = connection, self._later, None
        return True

    # Opening a file

    def _opened(self, path: Path) -> sqlite3.Connection:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if unfit := _unfit(path):
                return self._in_memory(path, unfit)
            log = read_settled_log(path)
            if log.lost:
                return self._mended(path, say("db_log_lost"), log)
            if log.bits:
                reason = say("db_log_bit" if log.bits == 1 else "db_log_bits", count=log.bits)
                if not self._sets_aside:
                    raise FileRefused(say("of_file", where=path.name, why=reason))
                repair_log(path, log)
                self._messages.append(say("mended_log", name=path.name, reason=reason))
            return self._patiently(path, log)
        except _Newer as error:
            return self._in_memory(path, message_of(error))
        except _Damaged as error:
            return self._mended(path, error.problems.told, None, error.problems)
        except _Foreign as error:
            return self._mended(path, message_of(error), None)
        except (sqlite3.Error, UnicodeError) as error:
            if _is_damage(error, path):
                return self._mended(path, message_of(error), None)
            return self._in_memory(path, message_of(error), passing=True)
        except OSError as error:
            return self._in_memory(path, message_of(error), passing=True)

    def _patiently(self, path: Path, log: Log) -> sqlite3.Connection:
        """Open an undamaged file; try again if another process is just making or closing it."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                if self._only_read:
                    return self._to_read(path)
                return self._checked(path, cut=log.rest)
            except sqlite3.OperationalError as error:
                if not is_locked(error) or time.monotonic() >= deadline:
                    raise
            pause()

    def _to_read(self, path: Path) -> sqlite3.Connection:
        """Open a file that is there for reading alone, as far as it can be: one of an older form as a new one in memory."""
        for way in ("rw", "ro"):
            connection = _connect(f"{path.absolute().as_uri()}?mode={way}", uri=True)
            try:
                connection.execute("PRAGMA query_only=ON")
                problems = check_database(connection, READ_CHECK_SECONDS, pages=False)
                if problems.found:
                    raise _Damaged(problems)
                form = self._recognise(connection)
            except sqlite3.OperationalError:
                connection.close()
                if way == "ro":
                    break
                continue
            except BaseException:
                connection.close()
                raise
            if form == len(self._steps):
                return connection
            connection.close()
            break
        found = self._copied(path)
        if found is None:
            reason = say("sqlite_closed", told="unable to open database file")
            raise FileRefused(say("db_cannot_open", name=path.name, reason=reason))
        return found

    def _checked(self, path: Path, *, cut: bool = False) -> sqlite3.Connection:
        """Open a sound file of a form we know and bring it to ours; with `cut` its log begins anew."""
        connection = _connect(path)
        try:
            problems = check_database(connection)
            if problems.found:
                raise _Damaged(problems)
            self._recognise(connection)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            page = int(connection.execute("PRAGMA page_size").fetchone()[0])
            connection.execute(f"PRAGMA max_page_count={MOST_BYTES // page}")
            if cut:  # so that no later commit comes to stand before frames that were never acknowledged
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._migrate(connection, path.name)
        except BaseException:
            connection.close()
            raise
        if problems.unfinished:
            key = "partly_checked" if problems.partly else "unchecked"
            self._messages.append(say(key, name=path.name, reason=f"{CHECK_SECONDS:g} s"))
        return connection

    def _recognise(self, connection: sqlite3.Connection) -> int:
        """Return the form of a file of ours; raise _Newer or _Foreign for another."""
        form = _form(connection)
        found = table_columns(connection)
        # A trigger or a view is code in an untrusted file: it could undo an acknowledged write.
        odd = connection.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view') ORDER BY name"
        ).fetchone()
        if odd is not None:
            raise _Foreign(say("db_odd", kind=odd[0], what=clean(str(odd[1]), 60)))
        if len(self._steps) < form <= LAST_FORM:
            if found.keys() & columns_of_steps(self._steps).keys():
                raise _Newer(say("db_newer", own=len(self._steps), form=form, owner=self._owner))
        elif 0 <= form <= len(self._steps):
            expected = columns_of_steps(self._steps[:form])
            ours = all(columns <= found.get(table, frozenset()) for table, columns in expected.items())
            if ours and (form > 0 or not found):
                return form
        raise _Foreign(say("db_foreign", owner=self._owner))

    def _migrate(self, connection: sqlite3.Connection, name: str) -> None:
        newest = len(self._steps)
        marks = (("user_version", newest), ("application_id", MARK | newest))
        if self._recognise(connection) == newest and all(
            connection.execute(f"PRAGMA {pragma}").fetchone()[0] == value for pragma, value in marks
        ):
            return  # without a lock, which another process may hold for long
        with immediate_transaction(connection):
            form = self._recognise(connection)  # again: another process may have come first
            before = skipped_rows(connection)
            for step in self._steps[form:]:
                step(connection)
            after = skipped_rows(connection)
            for pragma, value in marks:
                if connection.execute(f"PRAGMA {pragma}").fetchone()[0] != value:
                    connection.execute(f"PRAGMA {pragma}={value}")
        for table, count in after.items():
            if table not in before:
                of = table.removeprefix(LEFT_OUT)
                self._messages.append(say("rows_left_out", name=name, count=count, table=of, aside=table))

    # Unusable files

    def _in_memory(self, path: Path, reason: str, *, passing: bool = False) -> sqlite3.Connection:
        """A database in memory; with `passing` it has what can be read of the file, which is tried again later."""
        if not self._sets_aside:
            cannot = say("db_cannot_open", name=path.name, reason=reason)
            raise FileRefused(cannot if passing else say("of_file", where=path.name, why=reason))
        self._messages.append(say("not_yet" if passing else "not_kept", name=path.name, reason=reason))
        self.path = None
        self._lost, self._later = not passing, path if passing else None
        self._trouble = reason if passing else ""
        found = self._copied(path) if passing else None
        return _memory(self._steps) if found is None else found

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
                self._migrate(connection, path.name)
            except (sqlite3.Error, UnicodeError, _Unusable):
                connection.close()
                continue
            return connection
        return None

    def _mended(
        self, path: Path, reason: str, log: Log | None, problems: Problems | None = None
    ) -> sqlite3.Connection:
        """Set a damaged file aside and continue with its indexes rebuilt, its readable rows, or a new file."""
        if not self._sets_aside:
            raise FileRefused(say("of_file", where=path.name, why=reason))
        aside = free_name(path)
        try:
            for ending in ENDINGS[:2]:
                part = path.with_name(path.name + ending)
                if part.exists():
                    shutil.copy2(part, aside.with_name(aside.name + ending))
            if is_in_use(path):
                remove_database(aside)
                return self._in_memory(path, say("db_in_use", reason=reason), passing=True)
            if problems is not None and problems.only_indexes and rebuild_indexes(path):
                connection = self._checked(path)
                self._messages.append(say("healed", name=path.name, reason=reason, aside=aside.name))
                return connection
            count = replace_database(path, aside, log, self._steps)
            connection = self._checked(path)
        except (OSError, sqlite3.Error, UnicodeError, _Unusable) as error:
            return self._in_memory(path, say("db_stuck", reason=reason, why=message_of(error)), passing=True)
        key = "salvaged" if count else "fresh"
        self._messages.append(say(key, name=path.name, reason=reason, aside=aside.name, count=count))
        return connection


class _Unusable(Exception):
    """The file cannot be used as it is."""


class _Newer(_Unusable):
    """The file was written by a newer version."""


class _Foreign(_Unusable):
    """The file is a sound database of another program."""


class _Damaged(_Unusable):
    """The check found something."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems.told)
        self.problems = problems


def _unfit(path: Path) -> str:
    """Why SQLite is not given what stands at a path: it is too large, or no file. Raises OSError."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ""
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # of a folder SQLite says it
        return say("db_device")
    if found.st_size > MOST_BYTES:
        return say("db_large", most=MOST_BYTES, found=found.st_size)
    return ""


def _memory(steps: Sequence[Step]) -> sqlite3.Connection:
    """An empty database of the newest form in memory."""
    connection = _connect(":memory:")
    with immediate_transaction(connection):
        for step in steps:
            step(connection)
        connection.execute(f"PRAGMA user_version={len(steps)}")
    return connection


def _connect(path: Path | str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False, uri=uri
    )
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _form(connection: sqlite3.Connection) -> int:
    """The form that the file says it has; a wrong bit in it is known by the second place that tells it."""
    form = int(connection.execute("PRAGMA user_version").fetchone()[0])
    mark = int(connection.execute("PRAGMA application_id").fetchone()[0])
    again = mark & 0xFFFF
    if mark & ~0xFFFF == MARK and ((form & 0xFFFFFFFF) ^ again).bit_count() == 1:
        return again
    return form


def _is_damage(error: Exception, path: Path) -> bool:
    """Whether the file itself is to blame."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY:  # a damaged header may claim it
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    return not is_temporary(error)
