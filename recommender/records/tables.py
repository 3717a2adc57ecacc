"""Tables of ratings from files that anyone may have: CSV, TSV, recbole's `.inter`, Orange's `.tab`.

A ratings table has the columns player, item, rating and perhaps timestamp, under any of their usual names (`NAMES`) or, without a
header, in this order. The order of the rows is kept: evaluation protocols number them. What cannot be read is refused
in one line that names the file and the line; tables of items and players are read by `recommender.records.side_tables`.
"""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from recommender.errors import TableRefused
from recommender.records.ratings import STARS, Ratings, Row
from safefiles.cells import original
from safefiles.foreign import read_bytes
from safefiles.text import clean, shown

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_ROWS: Final = 30_000_000
MAX_STARS: Final = 1000.0  # no scale is wider; a timestamp in the wrong column is
MOST_TOLD: Final = 600  # characters of a refusal
LISTED: Final = 5  # further bad lines that a refusal names
NAMES: Final = {
    "player": ("player", "user", "userid", "uid", "player_id", "user_id", "reviewer"),
    "item": ("item", "itemid", "iid", "movie", "movieid", "item_id", "movie_id", "book", "song", "level"),
    "rating": ("rating", "ratings", "stars", "score", "value"),
    "time": ("timestamp", "time", "unix_time"),
}
PASSED_OVER: Final = ("source",)  # as `recommender.store.exchange` writes it
ORANGE_TYPES: Final = {"c", "d", "s", "t", "continuous", "discrete", "string", "time", "meta", "class", ""}


@dataclass(frozen=True)
class Table:
    """The cells of a file, all text: `lines` (n,) are the numbers of the rows' lines in it."""

    path: Path
    header: tuple[str, ...]  # () where there is none
    types: tuple[str, ...]  # recbole's (`token`, `float`, ...), "" where unknown
    rows: list[list[str]]
    lines: list[int]

    def refuse(self, line: int, expected: str, found: str) -> TableRefused:
        """The error for a line: the caller raises it."""
        return TableRefused(
            clean(f"{shown(self.path)} line {line}: expected {expected}, found {found}", MOST_TOLD)
        )


def read_table(path: Path, *, header: bool | None = None) -> Table:
    """Read a text table; `header` None: the first line is one where it holds no number. TableRefused otherwise."""
    text = _text(path)
    numbered = [(line, cells) for line, cells in _cells(path, text) if any(cell.strip() for cell in cells)]
    if not numbered:
        raise TableRefused(f"{shown(path)}: expected rows, found an empty file")
    first = [cell.strip() for cell in numbered[0][1]]
    named = not any(_is_number(cell) for cell in first) if header is None else header
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ("",) * len(first)
    start = 0
    if named:
        parts = [cell.partition(":") for cell in first]
        names, types = tuple(part[0] for part in parts), tuple(part[2] for part in parts)
        start = 3 if _is_orange(path, numbered) else 1
    rows = numbered[start:]
    if not rows:
        raise TableRefused(f"{shown(path)}: expected rows below the header, found none")
    if len(rows) > MAX_ROWS:
        raise TableRefused(f"{shown(path)}: expected at most {MAX_ROWS} rows, found {len(rows)}")
    table = Table(path, names, types, [cells for _, cells in rows], [line for line, _ in rows])
    for line, cells in rows:
        if len(cells) != len(first):
            raise table.refuse(line, f"{len(first)} columns", str(len(cells)))
    return table


def read_ratings(path: Path, *, repeated: str = "refuse") -> Ratings:
    """Read ratings in the order of the file; the scale is 1 to 5 where the stars fit it, else their own range.

    `repeated`: what a second rating of a pair is, "refuse" an error or "last" the one that counts.
    TableRefused for everything that is no such table.
    """
    table = read_table(path)
    columns = _columns(table)
    rows: list[Row] = []
    seen: dict[tuple[str, str], int] = {}
    bad: list[tuple[int, str, str]] = []
    for line, cells in zip(table.lines, table.rows):
        try:
            row = _row(cells, columns)
        except _Cell as error:
            bad.append((line, error.expected, error.found))
            continue
        earlier = seen.setdefault((row[0], row[1]), line)
        if earlier != line and repeated == "refuse":
            pair = f"a second rating of {row[1]!r} by {row[0]!r}, after line {earlier}"
            bad.append((line, "one rating of a pair (`--repeated last` takes the last)", pair))
            continue
        rows.append(row)
    if bad:
        line, expected, found = bad[0]
        raise table.refuse(line, expected, found + _also([other for other, _, _ in bad[1:]]))
    return Ratings.of(rows, scale=_scale([row[2] for row in rows]))


def number(text: str) -> float | None:
    """The finite number that a cell holds, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class _Cell(Exception):
    """A cell that is not what its column wants."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected)
        self.expected, self.found = expected, found


def _row(cells: Sequence[str], columns: dict[str, int]) -> Row:
    """One rating of a row. _Cell for a cell that holds none."""
    player, item = (original(cells[columns[name]].strip()) for name in ("player", "item"))
    if not player or not item:
        raise _Cell(f"the name of {'an item' if player else 'a player'}", "an empty cell")
    text = cells[columns["rating"]].strip()
    stars = number(text)
    if stars is None or not 0 <= stars <= MAX_STARS:
        raise _Cell(f"a rating from 0 to {MAX_STARS:g}", repr(text))
    if "time" not in columns:
        return player, item, stars
    stamp = cells[columns["time"]].strip()
    time = number(stamp)
    if time is None or time < 0:
        raise _Cell("a timestamp in seconds", repr(stamp))
    return player, item, stars, time


def _columns(table: Table) -> dict[str, int]:
    """Where the columns of a ratings table are. TableRefused for unknown or missing ones."""
    width = len(table.types)
    if not table.header:
        if width not in (3, 4):
            raise table.refuse(
                table.lines[0], "player, item, rating and perhaps timestamp", f"{width} columns"
            )
        return dict(zip(("player", "item", "rating", "time"), range(width)))
    known = {name: column for column, names in NAMES.items() for name in names}
    found: dict[str, int] = {}
    for place, title in enumerate(table.header):
        name = title.strip().lower().replace(" ", "_")
        if name in PASSED_OVER:
            continue
        column = known.get(name)
        if column is None or column in found:
            kind = "an unknown column" if column is None else f"a second {column} column"
            raise table.refuse(1, "columns player, item, rating and perhaps timestamp", f"{kind} {title!r}")
        found[column] = place
    for column in ("player", "item", "rating"):
        if column not in found:
            raise table.refuse(
                1, f"a column {column} ({', '.join(NAMES[column][:4])})", ", ".join(table.header)
            )
    return found


def _scale(stars: Sequence[float]) -> tuple[float, float]:
    low, high = min(stars), max(stars)
    if STARS[0] <= low and high <= STARS[1]:
        return STARS
    return low, high


def _text(path: Path) -> str:
    """The whole file as text. TableRefused for one that is none, too big or not UTF-8."""
    data = read_bytes(path, MAX_BYTES, "a table", TableRefused)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableRefused(
            f"{shown(path)} line {line}: expected text in UTF-8, found the byte 0x{data[error.start]:02x}"
        ) from None
    if "\0" in text:
        raise TableRefused(
            f"{shown(path)} line {text[: text.index(chr(0))].count(chr(10)) + 1}: expected text, found a zero byte"
        )
    return text


def _cells(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, split at the tab, `::`, semicolon or comma that the first line holds."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    mark = next((mark for mark in ("\t", "::", ";", ",") if mark in first), None)
    if mark is None:
        if first:
            raise TableRefused(
                f"{shown(path)} line 1: expected columns split by tab, comma or semicolon, found {first[:40]!r}"
            )
        return
    if mark in ("\t", "::"):
        yield from ((place, line.split(mark)) for place, line in enumerate(lines, 1))
        return
    reader = csv.reader(lines, delimiter=mark)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise TableRefused(
            f"{shown(path)} line {reader.line_num}: expected a row of a CSV file, found: {error}"
        ) from None


def _is_number(text: str) -> bool:
    return number(text) is not None


def _is_orange(path: Path, numbered: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether lines 2 and 3 are Orange's types and flags."""
    return (
        path.suffix == ".tab"
        and len(numbered) > 2
        and all(cell.strip() in ORANGE_TYPES for cell in numbered[1][1])
        and not any(_is_number(cell) for cell in numbered[2][1])
    )


def _also(lines: Sequence[int]) -> str:
    """Which other lines are bad, in brackets."""
    if not lines:
        return ""
    more = ", …" if len(lines) > LISTED else ""
    return f" (and {len(lines)} more: line {', '.join(map(str, lines[:LISTED]))}{more})"
