"""Schema versions ("forms") of an SQLite file: its tables, and the migration of older files.

A step migrates a file from one form to the next; `PRAGMA user_version` counts them. A step makes a table STRICT with
`make_strict`: a value of a wrong type is never converted; its row is left out and kept in another table.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

Step = Callable[[sqlite3.Connection], None]  # brings a file from one form to the next
Layout = Mapping[str, frozenset[str]]  # table -> its columns
LEFT_OUT: Final = "left_out_"  # begins the names of tables with rows of a wrong type
# SQLite 3.37 (2021) and newer; an older one still has the checks of what is read
STRICT: Final = " STRICT" if sqlite3.sqlite_version_info >= (3, 37) else ""
# Declared type -> what typeof() may say. A whole number is a REAL value; the other way round it is not.
_TYPES: Final = {"INTEGER": ("integer",), "REAL": ("real", "integer"), "TEXT": ("text",)}


def sql_step(text: str) -> Step:
    """A step that runs SQL statements, each ended by a semicolon; no semicolon may stand inside one."""

    def step(connection: sqlite3.Connection) -> None:
        for statement in text.split(";"):
            if statement.strip():
                connection.execute(statement)  # executescript would commit the transaction it runs in

    return step


def table_columns(connection: sqlite3.Connection) -> Layout:
    """Return the tables of a database and their columns."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {name: frozenset(columns(connection, name)) for (name,) in names.fetchall()}


def columns_of_steps(steps: Sequence[Step]) -> Layout:
    """Return the tables that the steps make."""
    return _layout_of(tuple(steps))


@cache
def _layout_of(steps: tuple[Step, ...]) -> Layout:
    connection = empty_database(steps)
    try:
        return table_columns(connection)
    finally:
        connection.close()


def empty_database(steps: Sequence[Step]) -> sqlite3.Connection:
    """Return an empty database in memory of the form that the steps make."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for step in steps:
        step(connection)
    return connection


def columns(connection: sqlite3.Connection, table: str) -> dict[str, tuple[str, bool]]:
    """Return a table's columns in order: the declared type, and whether NULL is allowed."""
    rows = connection.execute('SELECT name, type, "notnull" FROM pragma_table_info(?)', (table,)).fetchall()
    return {str(name): (str(kind), not required) for name, kind, required in rows}


def declared_columns(definition: str) -> dict[str, tuple[str, bool]]:
    """The same of a table's definition, as between the brackets of CREATE TABLE."""
    connection = empty_database([sql_step(f"CREATE TABLE one({definition})")])
    try:
        return columns(connection, "one")
    finally:
        connection.close()


def has_type(value: object, kind: str, nullable: bool) -> bool:
    """Whether a value has a column's declared type without conversion."""
    if value is None:
        return nullable
    if kind == "TEXT":
        return isinstance(value, str)
    if kind == "INTEGER":
        return isinstance(value, int)
    return isinstance(value, float | int) if kind == "REAL" else True


def type_condition(found: Mapping[str, tuple[str, bool]]) -> str:
    """Return the SQL condition that every column's value is of its declared type."""
    parts = []
    for name, (kind, nullable) in found.items():
        if kind in _TYPES:
            names = (*_TYPES[kind], "null") if nullable else _TYPES[kind]
            parts.append(f"typeof({name}) IN ({', '.join(repr(one) for one in names)})")
    return " AND ".join(parts) or "1"


def make_strict(connection: sqlite3.Connection, table: str, definition: str) -> None:
    """Replace a table by a STRICT one with its rows; run inside a transaction.

    `definition`: the columns and keys, as between the brackets of CREATE TABLE. Rows with a value of a wrong type go
    to the table `left_out_TABLE`, as they are; indexes of the old table go, the caller makes the new ones.
    """
    connection.execute(f"CREATE TABLE new_{table}({definition}){STRICT}")
    found = columns(connection, f"new_{table}")
    names, condition = ", ".join(found), type_condition(found)
    connection.execute(
        f"INSERT INTO new_{table}(rowid, {names}) SELECT rowid, {names} FROM {table} WHERE {condition} ORDER BY rowid"
    )
    if connection.execute(f"SELECT EXISTS(SELECT 1 FROM {table} WHERE NOT ({condition}))").fetchone()[0]:
        connection.execute(
            f"CREATE TABLE {LEFT_OUT}{table} AS SELECT {names} FROM {table} WHERE NOT ({condition})"
        )
    connection.execute(f"DROP TABLE {table}")
    connection.execute(f"ALTER TABLE new_{table} RENAME TO {table}")


def skipped_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the tables of rows that were left out, and their numbers of rows."""
    names = [name for name in table_columns(connection) if name.startswith(LEFT_OUT)]
    return {
        name: int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]) for name in sorted(names)
    }
