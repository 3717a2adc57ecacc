"""Columns: what a number of the state is called, what it means and between which bounds it lies.

`Columns` numbers the columns of one field in the order in which they are named, so that a constant, its name, its range
and its meaning stand on one line (`sim.state`, `bots.memory`, `env.kernels`). Checks of foreign states
(`sim.checks`), the names in messages and `docs/state.md` come from these lines.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from game.core import rules

ANY: Final = ""
WIDTH: Final = "width"  # su within the level, from its left edge
HEIGHT: Final = "height"  # su within the level, from its top edge
CELL: Final = "cell"  # terrain index within the level
SEATS: Final = "seats"  # a seat that there is
SIDE: Final = rules.MAX_SIDE * rules.SU_PER_TILE  # su of the largest level
LARGE: Final = 2**31 - 1  # of numbers that only count up
MOST_TICKS: Final = 3600 * rules.TICKS_PER_SECOND  # of a match
WORDS: Final = 2**64 - 1  # of a random stream


_NARROWER: Final = {
    WIDTH: ", within the level",
    HEIGHT: ", within the level",
    CELL: ", within the level",
    SEATS: ", a seat there is",
}


class Column(NamedTuple):
    """One column of a field: whole numbers from low to high, both included.

    `bound` says by what the range is narrower still where the level is known.
    """

    field: str
    name: str
    low: int
    high: int
    meaning: str
    bound: str = ANY


class Columns:
    """The columns of one field, numbered as they are named."""

    def __init__(self, field: str, entity: str = "") -> None:
        """`entity`: what a row of the field is called in messages, "seat" or "shot"; empty for a single row."""
        self.field = field
        self.entity = entity
        self.rows: list[Column] = []

    def __call__(
        self, name: str, low: int, high: int, meaning: str, bound: str = ANY, *, count: int = 1
    ) -> int:
        """Name the next column, or a run of `count` of them, and return the number of the first."""
        first = len(self.rows)
        for n in range(count):
            self.rows.append(Column(self.field, f"{name} {n}" if n else name, low, high, meaning, bound))
        return first

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self.rows)

    def lows(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Return the lowest value of each column."""
        return np.array([row.low for row in self.rows], np.int64)

    def highs(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Return the highest value of each column."""
        return np.array([min(row.high, 2**63 - 1) for row in self.rows], np.int64)


def columns_markdown(fields: "Iterable[tuple[str, Columns]]") -> str:
    """Return the tables of these fields, each under its name, as Markdown, for the documentation."""
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
