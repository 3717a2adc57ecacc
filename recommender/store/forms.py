"""The schema versions ("forms") of the store's file, and the migration of older files.

`PRAGMA user_version` is the form. Form 1 is the file that Bankshot wrote before the store existed; it stored attempts as plays.
Form 2 keeps its `ratings` and `plays`, row for row, and adds the other tables. Form 3 has the same tables, STRICT: a row with a
value of a wrong type is left out. Each of its indexes contains whole rows, so that a disk fault is found by comparing them with
the tables, and an unreadable table is read from its index.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from recommender.errors import RatingsRefused
from recommender.store.plays import attempts_from_plays
from recommender.store.rows import ATTEMPTS, PLAYS
from safefiles.sqlite_forms import Step, declared_columns, make_strict, sql_step

Made = TypeVar("Made")
_FORM_1: Final = """
CREATE TABLE ratings(player TEXT NOT NULL, item TEXT NOT NULL, stars REAL NOT NULL, time REAL NOT NULL);
CREATE TABLE plays(
    player TEXT NOT NULL, item TEXT NOT NULL, event TEXT NOT NULL, value REAL NOT NULL, time REAL NOT NULL);
CREATE INDEX ratings_by_item ON ratings(item);
CREATE INDEX plays_by_item ON plays(item);
"""

_FORM_2: Final = """
ALTER TABLE ratings ADD COLUMN source TEXT NOT NULL DEFAULT 'real';
CREATE TABLE attempts(
    player TEXT NOT NULL, item TEXT NOT NULL, outcome TEXT NOT NULL, seconds REAL NOT NULL, time REAL NOT NULL,
    deaths INTEGER NOT NULL, retries INTEGER NOT NULL, score REAL NOT NULL, against TEXT NOT NULL,
    source TEXT NOT NULL);
CREATE TABLE players(name TEXT NOT NULL PRIMARY KEY);
CREATE TABLE items(
    name TEXT NOT NULL PRIMARY KEY, titles TEXT NOT NULL, tags TEXT NOT NULL, numbers TEXT NOT NULL, finish_rate REAL);
CREATE TABLE dismissed(player TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY(player, item));
CREATE TABLE shown(
    player TEXT NOT NULL, item TEXT NOT NULL, place INTEGER NOT NULL, propensity REAL NOT NULL,
    explored INTEGER NOT NULL, time REAL NOT NULL);
DROP INDEX IF EXISTS ratings_by_item;
DROP INDEX IF EXISTS plays_by_item;
CREATE INDEX ratings_by_player ON ratings(player, item);
CREATE INDEX plays_by_player ON plays(player);
CREATE INDEX attempts_by_player ON attempts(player);
CREATE INDEX shown_by_player ON shown(player);
"""


_NAMES: Final = "player TEXT NOT NULL, item TEXT NOT NULL"
# Table -> its columns and keys, and the columns of the index for looking up a player's rows
_FORM_3: Final = {
    "ratings": f"{_NAMES}, stars REAL NOT NULL, time REAL NOT NULL, source TEXT NOT NULL DEFAULT 'real'",
    "plays": f"{_NAMES}, event TEXT NOT NULL, value REAL NOT NULL, time REAL NOT NULL",
    "attempts": f"{_NAMES}, outcome TEXT NOT NULL, seconds REAL NOT NULL, time REAL NOT NULL, deaths INTEGER NOT NULL, "
    "retries INTEGER NOT NULL, score REAL NOT NULL, against TEXT NOT NULL, source TEXT NOT NULL",
    "players": "name TEXT NOT NULL PRIMARY KEY",
    "items": "name TEXT NOT NULL PRIMARY KEY, titles TEXT NOT NULL, tags TEXT NOT NULL, numbers TEXT NOT NULL, "
    "finish_rate REAL",
    "dismissed": f"{_NAMES}, PRIMARY KEY(player, item)",
    "shown": f"{_NAMES}, place INTEGER NOT NULL, propensity REAL NOT NULL, explored INTEGER NOT NULL, time REAL NOT NULL",
}
_WITH_WHOLE_KEY: Final = ("players", "dismissed")  # their primary keys contain every column already


def _to_form_2(connection: sqlite3.Connection) -> None:
    """Add the tables of form 2 and derive attempts from the plays; every row of form 1 stays."""
    sql_step(_FORM_2)(connection)
    rows = connection.execute("SELECT player, item, event, value, time FROM plays ORDER BY rowid")
    plays = _sensible(PLAYS.make, rows)
    attempts = _sensible(ATTEMPTS.row, ((one,) for one in attempts_from_plays(plays)))
    connection.executemany(ATTEMPTS.insert, attempts)
    connection.execute(
        "INSERT INTO players SELECT player FROM (SELECT player, min(rowid) AS place FROM "
        "(SELECT player, rowid FROM ratings UNION ALL SELECT player, rowid FROM plays) GROUP BY player) ORDER BY place"
    )


def _to_form_3(connection: sqlite3.Connection) -> None:
    """Make every table STRICT, with an index over whole rows."""
    for table, definition in _FORM_3.items():
        make_strict(connection, table, definition)
        if table not in _WITH_WHOLE_KEY:
            connection.execute(whole_index(table))


def whole_index(table: str) -> str:
    """The statement that creates the index over whole rows of a table of form 3."""
    names = ", ".join(declared_columns(_FORM_3[table]))
    return f"CREATE INDEX IF NOT EXISTS {table}_whole ON {table}({names})"


def _sensible(make: Callable[..., Made], rows: Iterable[Sequence[Any]]) -> list[Made]:
    """The attempts of valid rows; rows that no record can hold stay plays."""
    found = []
    for row in rows:
        with contextlib.suppress(RatingsRefused):
            found.append(make(*row))
    return found


STEPS: Final[tuple[Step, ...]] = (sql_step(_FORM_1), _to_form_2, _to_form_3)
FORM: Final = len(STEPS)
