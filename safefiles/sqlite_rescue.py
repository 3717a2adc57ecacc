"""Reads the readable part of a damaged SQLite file into a new database in memory.

A table's rows come from the table itself and from its indexes, read from both ends up to where they break; an index
over all columns holds each row a second time. Where the first page is damaged (header and table definitions), that of a
new file of the same form takes its place.
"""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from safefiles.sqlite_forms import Layout, Step, columns, empty_database, has_type, table_columns

PAGE: Final = 4096  # bytes, of every file that we make
ALIKE: Final = (
    0.9  # share of a first page's bytes that must be as in a new file for that one's to take its place
)
_HEADER: Final = 100  # bytes before the table definitions
_BROKEN: Final = (sqlite3.Error, UnicodeError, OverflowError, ValueError)


class RescuedRows:
    """The rows read, by table; `form` is the newest form whose tables they fit."""

    def __init__(self, form: int, rows: dict[str, dict[int, tuple[Any, ...]]]) -> None:
        self.form = form
        self.rows = rows

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(map(len, self.rows.values()))

    def database(self, steps: Sequence[Step]) -> sqlite3.Connection:
        """Return the rows in a database in memory, migrated to the newest form."""
        connection = empty_database(steps[: self.form])
        connection.execute("BEGIN")
        for table, found in self.rows.items():
            names = tuple(columns(connection, table))
            marks = ", ".join("?" * (len(names) + 1))
            put = f"INSERT OR IGNORE INTO {table}(rowid, {', '.join(names)}) VALUES ({marks})"
            connection.executemany(put, [(rowid, *row) for rowid, row in sorted(found.items())])
        for step in steps[self.form :]:
            step(connection)
        connection.execute(f"PRAGMA user_version={len(steps)}")
        connection.execute("COMMIT")
        return connection


def rescue_rows(path: Path, log: bytes | None, steps: Sequence[Step]) -> RescuedRows | None:
    """Read the readable part of the file; None if it has no tables of ours.

    `log` stands for its write-ahead log; None for the one beside it, where there is one.
    Works on a copy, so the file is unchanged. Raises OSError if there is no room for a copy.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="bankshot-rescue-") as folder:
        for number, first in enumerate((None, _first_page(path, steps))):
            if number and first is None:
                continue
            copy = Path(folder) / f"{number}.sqlite"
            shutil.copyfile(path, copy)
            if first is not None:
                with copy.open("r+b") as stream:
                    stream.write(first)
            beside = copy.with_name(copy.name + "-wal")
            if log is not None:
                beside.write_bytes(log)
            else:
                with contextlib.suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(path.name + "-wal"), beside)
            read = _read(copy, steps)
            if read is not None:
                found.append(read)
    return max(found, key=lambda one: one.count, default=None)


def _first_page(path: Path, steps: Sequence[Step]) -> bytes | None:
    """The first page of a new file, fit for this one; None where the file's own is of another kind."""
    with path.open("rb") as stream:
        own = stream.read(PAGE)
        size = stream.seek(0, 2)
    connection = empty_database(steps)
    try:
        page = bytearray(connection.serialize()[:PAGE])
    except (AttributeError, sqlite3.Error):  # a library built without it
        return None
    finally:
        connection.close()
    same = sum(one == other for one, other in zip(own[_HEADER:], page[_HEADER:]))
    if len(own) < PAGE or same < ALIKE * (PAGE - _HEADER):
        return None
    page[18:20] = b"\2\2"  # write-ahead log
    page[28:32] = (size // PAGE).to_bytes(4, "big")
    page[32:40] = bytes(8)  # free pages: none are needed for reading
    return bytes(page)


def _read(path: Path, steps: Sequence[Step]) -> RescuedRows | None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    try:
        found = table_columns(connection)
        form = _newest_form(found, steps)
        if form == 0:
            return None
        expected = empty_database(steps[:form])
        try:
            tables = table_columns(expected)
            return RescuedRows(form, {table: _rows(connection, table, expected) for table in tables})
        finally:
            expected.close()
    except _BROKEN:
        return None
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _newest_form(found: Layout, steps: Sequence[Step]) -> int:
    """The newest form whose tables and columns are all there; 0 for none. A form number may be damaged, names agree."""
    for form in range(len(steps), 0, -1):
        made = empty_database(steps[:form])
        try:
            expected = table_columns(made)
        finally:
            made.close()
        if all(names <= found.get(table, frozenset()) for table, names in expected.items()):
            return form
    return 0


def _rows(
    connection: sqlite3.Connection, table: str, expected: sqlite3.Connection
) -> dict[int, tuple[Any, ...]]:
    """The rows of a table by rowid: those of the table itself count, then those of an index that holds all columns."""
    kinds = columns(expected, table)
    names = ", ".join(kinds)
    found: dict[int, tuple[Any, ...]] = {}
    ways = {"NOT INDEXED": ["rowid"]}
    ways |= {f"INDEXED BY {name}": order for name, order in _whole_indexes(expected, table).items()}
    for source, order in ways.items():
        for direction in ("ASC", "DESC"):
            ordered = ", ".join(f"{name} {direction}" for name in order)
            query = f"SELECT rowid, {names} FROM {table} {source} ORDER BY {ordered}"
            complete = False
            for rowid, *row in _until_broken(connection, query):
                if rowid is None:
                    complete = True
                elif rowid not in found and all(
                    has_type(value, *kind) for value, kind in zip(row, kinds.values())
                ):
                    found[rowid] = tuple(row)
            if complete:
                break
    return found


def _until_broken(connection: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query up to where the file breaks; a row of None says that it did not."""
    try:
        yield from connection.execute(query)
    except _BROKEN:
        return
    yield (None,)


def _whole_indexes(connection: sqlite3.Connection, table: str) -> dict[str, list[str]]:
    """Indexes that hold every column of a table, of which there is none or one, and the order of the columns."""
    names = connection.execute("SELECT name FROM pragma_index_list(?)", (table,)).fetchall()
    wanted = sorted(columns(connection, table))
    whole = {}
    for (name,) in names:
        held = [row[0] for row in connection.execute("SELECT name FROM pragma_index_info(?)", (name,))]
        if sorted(held) == wanted:
            whole[str(name)] = held
    return whole
