"""Columns: name, meaning and range of each number of the state.

`Columns` numbers the columns of one field in the order in which they are defined, so that a constant, its name, its range
and its meaning are on one line (`sim.state`, `bots.memory`, `env.saved`). Checks of states from files
(`sim.checks`), the names in messages and `docs/state.md` use these lines.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from game.core import rules

ANY: Final = ""
WIDTH: Final = "width"  # su within the level, from its left edge
HEIGHT: Final = "height"  # su within the level, from its top edge
CELL: Final = "cell"  # terrain index within the level
SEATS: Final = "seats"  # a seat of the batch
SIDE: Final = rules.MAX_SIDE * rules.SU_PER_TILE  # su of the largest level
LARGE: Final = 2**31 - 1  # highest value of counters that only increase
MOST_TICKS: Final = 3600 * rules.TICKS_PER_SECOND  # longest match
WORDS: Final = 2**64 - 1  # highest value of a word of a random stream


_NARROWER: Final = {
    WIDTH: ", within the level",
    HEIGHT: ", within the level",
    CELL: ", within the level",
    SEATS: ", a seat of the match",
}


class Column(NamedTuple):
    """One column of a field: whole numbers from low to high, both included.

    `bound` names what narrows the range further once the level is known.
    """

    field: str
    name: str
    low: int
    high: int
    meaning: str
    bound: str = ANY


class Columns:
    """The columns of one field, numbered in the order of their definition."""

    def __init__(self, field: str, entity: str = "") -> None:
        """`entity`: the name of a row of the field in messages, such as "seat" or "shot"; empty for a single row."""
        self.field = field
        self.entity = entity
        self.rows: list[Column] = []

    def __call__(
        self, name: str, low: int, high: int, meaning: str, bound: str = ANY, *, count: int = 1
    ) -> int:
        """Define the next column, or `count` columns in a row, and return the number of the first."""
        first = len(self.rows)
        for n in range(count):
            self.rows.append(Column(self.field, f"{name} {n}" if n else name, low, high, meaning, bound))
        return first

    def __len__(self) -> int:
        """Number of columns."""
        return len(self.rows)

    def lows(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Return the lowest value of each column."""
        return np.array([row.low for row in self.rows], np.int64)

    def highs(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Return the highest value of each column."""
        return np.array([min(row.high, 2**63 - 1) for row in self.rows], np.int64)


def columns_markdown(fields: "Iterable[tuple[str, Columns]]") -> str:
    """Return the fields as Markdown tables, each under its name, for the documentation."""
    parts = []
    for title, field in fields:
        lines = ["| column | number | range | meaning |", "|---|---|---|---|"]
        for n, row in enumerate(field.rows):
            high = "2^64 - 1" if row.high == WORDS else str(row.high)
            narrower = _NARROWER.get(row.bound, "")
            lines.append(f"| `{row.name}` | {n} | {row.low} to {high}{narrower} | {row.meaning} |")
        entity = f", a row for each {field.entity}" if field.entity else ""
        parts.append(f"### `{title}`{entity}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)
