"""Mutators of SQLite files: single bits, pages, the header, and what another program could do through SQL."""

import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from tests.fuzz.mutate import TEXTS, nonsense, one_of, raw_bytes

PAGE: Final = 4096
_VALUES: Final = (
    None, 0, -1, 1.5, 2**53, 2**63 - 1, -(2**63), 1e308, float("inf"), float("-inf"), "", "x", "NaN", "won", b"",
    b"\xff\xfe", "\ufffd" * 3,
    "9" * 400, "\x1b[31m", "{}", "[1]", '{"a": NaN}',
)  # fmt: skip


def one_bit(chance: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """A single flipped bit, as of a bad disk or memory: in any page, in half of the cases in one that is used."""
    if not data:
        return raw_bytes(chance, data, ())
    found = bytearray(data)
    at = chance.randrange(len(found))
    if chance.randrange(2):
        used = [n for n in range(0, len(found), PAGE) if any(found[n : n + PAGE])]
        page = used[chance.randrange(len(used))] if used else 0
        at = min(len(found) - 1, page + chance.randrange(PAGE))
    found[at] ^= 1 << chance.randrange(8)
    return bytes(found)


def pages(chance: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """Pages blanked, swapped, cut off, doubled, or a page's own header set to an end."""
    if not data:
        return raw_bytes(chance, data, ())
    found = bytearray(data)
    count = max(1, len(found) // PAGE)
    first, second = (chance.randrange(count) * PAGE for _ in range(2))
    kind = chance.randrange(6)
    if kind == 0:
        found[first : first + PAGE] = bytes(len(found[first : first + PAGE]))
    elif kind == 1:
        found[first : first + PAGE], found[second : second + PAGE] = (
            found[second : second + PAGE],
            found[first : first + PAGE],
        )
    elif kind == 2:
        del found[first + chance.choice((0, 17, 2048)) :]
    elif kind == 3:
        found[first : first + PAGE] = found[second : second + PAGE]
    elif kind == 4:
        at = first + (100 if first == 0 else 0) + chance.randrange(12)
        found[at : at + 2] = chance.choice((b"\0\0", b"\xff\xff", b"\x0d\x05", b"\x02\x0a"))
    else:
        at = chance.randrange(16, 100)
        found[at : at + 1] = bytes([chance.choice((0, 1, 2, 255, 64))])
    return bytes(found)


def through_sql(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Values of a wrong type or range, rows doubled or gone, columns and tables renamed, other forms and schemas."""
    with tempfile.TemporaryDirectory(prefix="fuzz-sql-") as folder:
        path = Path(folder) / "a.sqlite"
        path.write_bytes(data)
        try:
            connection = sqlite3.connect(path, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous=OFF")
                connection.execute("PRAGMA journal_mode=DELETE")
                for _ in range(chance.choice((1, 1, 2))):
                    _change(chance, connection)
            finally:
                connection.close()
        except (sqlite3.Error, UnicodeError):
            return raw_bytes(chance, data, others)
        return path.read_bytes()


def _change(chance: Random, connection: sqlite3.Connection) -> None:
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
        )
    ]
    if not names:
        connection.execute("CREATE TABLE diary(entry)")
        return
    table = chance.choice(sorted(names))
    columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]
    column = chance.choice(columns)
    kind = chance.randrange(12)
    if kind <= 4:
        # A strict table refuses a wrong type; then the file stays as another program could not have made it either.
        value = chance.choice((*_VALUES, *[text.encode("utf-8", "replace").decode() for text in TEXTS]))
        rows = chance.choice(
            ("", " WHERE rowid % 7 = 3", " WHERE rowid = (SELECT max(rowid) FROM t)")
        ).replace(" t)", f' "{table}")')
        connection.execute(f'UPDATE "{table}" SET "{column}" = ?{rows}', (value,))
    elif kind == 5:
        connection.execute(f'DELETE FROM "{table}"')
    elif kind == 6:
        connection.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "{column}2"')
    elif kind == 7:
        connection.execute(f"PRAGMA user_version={chance.choice((0, 1, 2, 3, 7, 99, 1000, -1, 2**31 - 1))}")
    elif kind == 8:
        connection.execute(
            chance.choice(
                (
                    f'DROP TABLE "{table}"',
                    f'CREATE TABLE "{table}2" AS SELECT * FROM "{table}"',
                    "CREATE TABLE diary(entry)",
                )
            )
        )
    elif kind == 9:
        connection.execute(f'CREATE TRIGGER odd AFTER INSERT ON "{table}" BEGIN DELETE FROM "{table}"; END')
    elif kind == 10:
        connection.execute(f'ALTER TABLE "{table}" RENAME TO "{table}_old"')
        connection.execute(f'CREATE VIEW "{table}" AS SELECT * FROM "{table}_old"')
    else:
        connection.execute(f'INSERT INTO "{table}" SELECT * FROM "{table}"')


database_file: Final = one_of((5, one_bit), (4, pages), (6, through_sql), (2, raw_bytes), (1, nonsense))
