"""Side data of items and players as numbers for a model.

`FeatureRows` are columns of zeros, ones and numbers with readable names. They come from a table (`read_features`: CSV, TSV,
recbole's `.item` and `.user`) or from any dictionaries (`FeatureRows.of`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from recommender.errors import TableRefused
from recommender.records.ratings import Floats
from recommender.records.tables import Table, cell_number, read_table
from safefiles.text import shown_path

MIN_ROWS: Final = 5  # a value of fewer rows does not generalise
MIN_COVER: Final = 0.8  # least share of a column's entries with frequent values: drops titles and postcodes
BINS: Final = 8  # quantile bins of a number, in addition to the number itself
SEVERAL: Final = "|"  # separators of values in one cell, besides recbole's token_seq (spaces)


@dataclass(frozen=True)
class FeatureRows:
    """f features of n rows: `values` (n, f), in the order of the players or items of some ratings; unknown rows 0."""

    names: tuple[str, ...]
    values: Floats

    @classmethod
    def of(
        cls, tags: Sequence[Sequence[str]], numbers: Sequence[Mapping[str, float]] = (), *, least: int = 1
    ) -> "FeatureRows":
        """Features of rows' tags (kept where at least `least` rows have them) and numbers (0 where missing)."""
        counts = Counter(tag for row in tags for tag in set(row))
        kept = sorted(tag for tag, count in counts.items() if count >= least)
        titles = sorted({title for row in numbers for title in row})
        values = np.zeros((len(tags), len(kept) + len(titles)))
        place = {tag: column for column, tag in enumerate(kept)}
        for row, own in enumerate(tags):
            values[row, [place[tag] for tag in own if tag in place]] = 1.0
        for row, pairs in enumerate(numbers):
            for title, value in pairs.items():
                values[row, len(kept) + titles.index(title)] = value
        return cls((*kept, *titles), values)

    def standardised(self) -> Floats:
        """The values with mean 0 and variance 1 in each column, (n, f); constant columns are 0."""
        spread = self.values.std(axis=0)
        values: Floats = (self.values - self.values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
        return values


@dataclass(frozen=True)
class SideData:
    """Features of the players and of the items of some ratings; either may be unknown."""

    players: FeatureRows | None = None
    items: FeatureRows | None = None

    def __bool__(self) -> bool:
        return self.players is not None or self.items is not None


def read_features(path: Path, rows: Sequence[str]) -> FeatureRows:
    """Read the features of `rows` (names of players or items) from a table whose first column holds their names.

    Text columns become one feature for each frequent value; `a|b` and recbole's token_seq hold several. A number becomes a
    standardised column and quantile bins. Columns of nearly unique text (titles) are left out. TableRefused for a table without
    a header, a name twice, no row about any of `rows`, or a cell of a float column that is not a number.
    """
    table = read_table(path, header=True)
    if len(table.header) < 2:
        raise table.refuse(1, "a column of names and at least one more", ", ".join(table.header))
    place = {name: row for row, name in enumerate(rows)}
    found: dict[int, list[str]] = {}
    seen: dict[str, int] = {}
    for line, cells in zip(table.lines, table.rows):
        name = cells[0].strip()
        if name in seen:
            raise table.refuse(line, "each name once", f"{name!r} again, after line {seen[name]}")
        seen[name] = line
        if name in place:
            found[place[name]] = cells
    if not found:
        raise TableRefused(
            f"{shown_path(path)}: expected rows about {rows[0]!r} and others of the ratings, found none of them"
        )
    tags: list[list[str]] = [[] for _ in rows]
    numbers: list[dict[str, float]] = [{} for _ in rows]
    for column in range(1, len(table.header)):
        _add_column(table, column, found, tags, numbers)
    features = FeatureRows.of(tags, numbers)
    if not features.names:
        raise TableRefused(
            f"{shown_path(path)}: expected a column with values that several rows share, found none"
        )
    return features


def _add_column(
    table: Table,
    column: int,
    found: Mapping[int, list[str]],
    tags: list[list[str]],
    numbers: list[dict[str, float]],
) -> None:
    """Add one column's features to the rows that the table describes."""
    title, kind = table.header[column].strip(), table.types[column]
    cells = {row: cells[column].strip() for row, cells in found.items() if cells[column].strip()}
    values = {row: cell_number(text) for row, text in cells.items()}
    if kind == "float" and None in values.values():
        name = next(found[row][0] for row, value in values.items() if value is None)
        raise table.refuse(
            next(line for line, row in zip(table.lines, table.rows) if row[0] == name),
            f"a number in column {title!r}",
            repr(cells[next(row for row, value in values.items() if value is None)]),
        )
    known = {row: value for row, value in values.items() if value is not None}
    if known and len(known) == len(cells) and len(set(known.values())) > BINS:
        _add_number(title, known, tags, numbers)
        return
    several = {row: _split(text, kind) for row, text in cells.items()}
    counts = Counter(value for own in several.values() for value in set(own))
    frequent = {value for value, count in counts.items() if count >= min(MIN_ROWS, max(1, len(cells) // 4))}
    if sum(counts[value] for value in frequent) < MIN_COVER * sum(counts.values()):
        return
    for row, own in several.items():
        tags[row].extend(f"{title}={value}" for value in own if value in frequent)


def _add_number(
    title: str, known: Mapping[int, float], tags: list[list[str]], numbers: list[dict[str, float]]
) -> None:
    """A number, standardised over the rows that have it, and its quantile bin."""
    values = np.array(list(known.values()))
    spread = float(values.std()) or 1.0
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS))
    for row, value in known.items():
        numbers[row][title] = (value - float(values.mean())) / spread
        tags[row].append(f"{title}~{int(np.searchsorted(edges, value, side='right'))}")


def _split(text: str, kind: str) -> list[str]:
    if kind == "token_seq":
        return text.split()
    return [part.strip() for part in text.split(SEVERAL) if part.strip()]
