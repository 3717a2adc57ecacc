"""Read a store's ratings as columns: SQLite joins each player's rows, so that Python makes no object for a rating.

A row of the query is one player: the items' names, and whole numbers for stars and rowids, each joined to one text. Stars are
exact: half stars are doubled, and any other double from 1 to 5 is multiplied by 2^52. A table with an invalid rating is left to
the caller.
"""

import sqlite3
from typing import Final

from recommender.records.packed import Packed
from recommender.records.ratings import Ratings

MARK: Final = "\x1f"  # separator of names; if a name contains it, the numbers of cells differ
FINE_STARS: Final = 1 << 52
PLAYERS_AT_ONCE: Final = 100
# Whole and half stars are doubled, as constant texts; others are negative, times FINE_STARS
_DOUBLED: Final = " ".join(f"WHEN {n / 2} THEN '{n}'" for n in (2, 4, 6, 8, 10, 3, 5, 7, 9))
_STARS: Final = f"CASE stars {_DOUBLED} ELSE -CAST(stars * {FINE_STARS} AS INTEGER) END"
_QUERY: Final = f"""SELECT player, count(*), total(source = 'real' AND time BETWEEN 0 AND 1e308),
    group_concat(item, '{MARK}'), group_concat({_STARS}), group_concat(rowid) FROM ratings GROUP BY player"""
_STRANGE: Final = """SELECT EXISTS(SELECT 1 FROM ratings
    WHERE source NOT IN ('real', 'simulated') OR time NOT BETWEEN 0 AND 1e308)"""


def read_rating_columns(connection: sqlite3.Connection) -> Ratings | None:
    """Return the last entered rating of each pair, in the order of entry, without times.

    None if a row is invalid. Raises sqlite3.Error.
    """
    packed = Packed(MARK, FINE_STARS)
    usual = True
    cursor = connection.execute(_QUERY)
    while rows := cursor.fetchmany(PLAYERS_AT_ONCE):
        players, counts, plain, *cells = zip(*rows, strict=True)
        usual = usual and sum(plain) == sum(counts)
        if not packed.add(players, counts, *cells):
            cursor.close()
            return None
    if not usual and connection.execute(_STRANGE).fetchone()[0]:
        return None
    return packed.ratings()
