"""Ratings out of a store as columns: SQLite gathers each player's rows, so that Python makes no object for a rating.

A row of the answer is one player: the items' names, and whole numbers that stand for stars and rowids, each joined to one
text. Stars go exactly: twice a number of half stars is whole, and any other double from 1 to 5 is times 2^52. A table with
a row that could be no rating is left to the caller.
"""

import sqlite3
from typing import Final

from recommender.records.packed import Packed
from recommender.records.ratings import Ratings

MARK: Final = "\x1f"  # between names; where one has it the numbers of cells differ
FINE_STARS: Final = 1 << 52
PLAYERS_AT_ONCE: Final = 100
# Whole and half stars are doubled, in words that SQLite need not make; others are negative, times FINE_STARS
_DOUBLED: Final = " ".join(f"WHEN {n / 2} THEN '{n}'" for n in (2, 4, 6, 8, 10, 3, 5, 7, 9))
_STARS: Final = f"CASE stars {_DOUBLED} ELSE -CAST(stars * {FINE_STARS} AS INTEGER) END"
_QUERY: Final = f"""SELECT player, count(*), total(source = 'real' AND time BETWEEN 0 AND 1e308),
    group_concat(item, '{MARK}'), group_concat({_STARS}), group_concat(rowid) FROM ratings GROUP BY player"""
_STRANGE: Final = """SELECT EXISTS(SELECT 1 FROM ratings
    WHERE source NOT IN ('real', 'simulated') OR time NOT BETWEEN 0 AND 1e308)"""


def read_rating_columns(connection: sqlite3.Connection) -> Ratings | None:
    """Return the rating of each pair that was entered last, in the order of entry, without times.

    None where a row makes no sense. Raises sqlite3.Error.
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
