"""Reads tables of common formats: CSV, TSV, MovieLens's files, recbole's `.inter`, Orange's `.tab`.

This is the only reader of such tables, for `evaluate` and for `import`. A ratings table has the columns player, item, rating
and optionally timestamp, under any of their usual names (`NAMES`) or, without a header, in this order. The order of the rows is
kept as the order of entry. Unreadable content is refused in one line that names the file and the line.

Names are stripped of surrounding spaces and converted to Unicode's form NFC, so that equal-looking names are equal. Only a
table with exactly the columns that `export` writes is read unchanged (`EXPORTED`).

Ratings must be on a known scale: 1 to 5, or half stars from 0.5, unless another is declared. So a column of play counts is
never taken for stars. Times in milliseconds are detected too.
"""

import csv
import io
import math
import re
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from recommender.errors import TableRefused
from recommender.records.kinds import REAL, SIMULATED
from recommender.records.ratings import Ratings
from recommender.records.scale import HALF_STARS, STARS, Scale
from safefiles.cells import unescape_cell
from safefiles.foreign import read_bytes
from safefiles.text import clean, shown_path

WRITTEN: Final = (  # headers of tables that `recommender.store.exchange` writes
    "player,item,stars,time,source", "player,item,event,value,time", "player,item,outcome,seconds,time", "name,titles,tags",
)  # fmt: skip
MAX_BYTES: Final = 512 * 1024 * 1024
MAX_ROWS: Final = 30_000_000
MOST_HEADER: Final = 1 << 16  # most characters of the first line
MOST_TOLD: Final = 600  # characters of a refusal
LISTED: Final = 5  # most further bad lines that a refusal names
MILLISECONDS_FROM: Final = 1e11  # in seconds this is the year 5138
DAY: Final = 86400.0
NAMES: Final = {
    "player": ("player", "user", "userid", "uid", "player_id", "user_id", "reviewer"),
    "item": ("item", "itemid", "iid", "movie", "movieid", "item_id", "movie_id", "book", "song", "level"),
    "rating": ("rating", "ratings", "stars", "score", "value"),
    "time": ("timestamp", "time", "unix_time"),
    "source": ("source",),  # as `recommender.store.exchange` writes it
    "count": ("count", "counts", "plays", "play_count", "playcount", "listens", "weight"),
}
EXPORTED: Final = ("player", "item", "stars", "time", "source")
LATIN_1: Final = ("u.item", "movies.dat")  # MovieLens's files that are not in UTF-8
Read = TypeVar("Read")
ORANGE_TYPES: Final = {"c", "d", "s", "t", "continuous", "discrete", "string", "time", "meta", "class", ""}
_LINE_ENDS: Final = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Reading:
    """How ambiguous cells are read."""

    scale: Scale | None = None  # the fewest and the most stars; None: 1 to 5, or half stars
    plays: bool = False  # the third column counts plays
    milliseconds: bool = False  # times are in milliseconds
    times: bool = True  # False: times are ignored
    now: float = field(default_factory=time.time)
    can: tuple[str, ...] = ("--scale",)  # the options that a refusal may suggest


@dataclass(frozen=True)
class Table:
    """The cells of a file, all text: `lines` (n,) are the numbers of the rows' lines in it."""

    path: Path
    header: tuple[str, ...]  # () if there is none
    types: tuple[str, ...]  # recbole's (`token`, `float`, ...), "" where unknown
    rows: list[list[str]]
    lines: list[int]

    def refuse(self, line: int, expected: str, found: str) -> TableRefused:
        """The error for a line: the caller raises it."""
        return TableRefused(
            clean(f"{shown_path(self.path.name)}, line {line}: expected {expected}, found {found}", MOST_TOLD)
        )


@dataclass
class RatingRows:
    """Rows of a ratings table, in its order; each list (n,)."""

    scale: Scale = STARS  # the scale of `values`; arbitrary for play counts
    timed: bool = False  # whether there are times; otherwise they are 0
    exported: bool = False  # whether `export` wrote the table, so that its rows are in the order of entry
    players: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)  # stars, or counts of plays
    times: list[float] = field(default_factory=list)  # seconds since 1970
    sources: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)  # line, fault


def read_table(path: Path, *, header: bool | None = None) -> Table:
    """Read a text table; `header` None: the first line is a header if it has no number. TableRefused for other files."""
    table, rows = _begun(path, header)
    for line, cells in rows:
        if len(cells) != len(table.types):
            raise table.refuse(line, f"{len(table.types)} columns", str(len(cells)))
        table.lines.append(line)
        table.rows.append(cells)
    return table


def header_of(path: Path) -> tuple[str, ...]:
    """The names of a table's columns; () without a header. TableRefused if the file is no table."""
    return _begun(path, None)[0].header


def read_ratings(
    path: Path,
    *,
    repeated: str = "refuse",
    scale: Scale | None = None,
    milliseconds: bool = False,
) -> Ratings:
    """Read ratings in the order of the file.

    `repeated`: a second rating of a pair is an error ("refuse"), or the last one counts ("last"). `scale`: the fewest
    and the most stars; without it they are 1 to 5, or half stars from 0.5. `milliseconds`: whether times are in milliseconds.
    TableRefused if the file is no ratings table.
    """
    found = rating_rows(path, Reading(scale, milliseconds=milliseconds, can=("--scale", "--milliseconds")))
    bad = list(found.bad)
    seen: dict[tuple[str, str], int] = {}
    for player, item, line in zip(found.players, found.items, found.lines):
        earlier = seen.setdefault((player, item), line)
        if earlier != line and repeated == "refuse":
            pair = f"a second rating of {item!r} by {player!r}, after line {earlier}"
            bad.append(
                (line, f"expected one rating of a pair (`--repeated last` takes the last), found {pair}")
            )
    if bad:
        line, fault = min(bad)
        raise TableRefused(
            clean(f"{shown_path(path.name)}, line {line}: {fault}{_also(sorted(bad)[1:])}", MOST_TOLD)
        )
    return Ratings.of(zip(found.players, found.items, found.values, found.times), scale=found.scale)


def rating_rows(path: Path, reading: Reading) -> RatingRows:
    """Read the rows of a ratings table; faulty rows go to `bad`.

    TableRefused if the file is no ratings table, and for values on an undeclared scale.
    """
    table, rows = _begun(path, None)
    columns = _columns(table, reading)
    cell = _Cells(table, columns, reading)
    found = RatingRows(timed="time" in columns and reading.times, exported=table.header == EXPORTED)
    for line, cells in rows:
        try:
            player, item, value, moment, source = cell.row(cells)
        except _Cell as error:
            found.bad.append((line, str(error)))
            continue
        found.players.append(player)
        found.items.append(item)
        found.values.append(value)
        found.times.append(moment)
        found.sources.append(source)
        found.lines.append(line)
    if not reading.plays:
        found.scale = reading.scale or _scale(table, found, reading)
    return found


def cell_number(text: str) -> float | None:
    """The finite number in a cell, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def name_of(cell: str) -> str:
    """The name in a cell of a table not written by `export`: stripped, in form NFC."""
    text = unescape_cell(cell.strip())
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def wrong_time(seconds: float, reading: Reading) -> str:
    """The fault of a time, "" if there is none: milliseconds, or a time in the future."""
    if seconds > MILLISECONDS_FROM and not reading.milliseconds:
        return f"a time in seconds since 1970, found {seconds:.15g}, as if in milliseconds{_advice(reading, '--milliseconds')}"
    if seconds > reading.now + DAY:
        return f"a time in the past, found {seconds:.15g}, in the future{_advice(reading, '--without-times')}"
    return ""


class _Cell(Exception):
    """A cell that is invalid for its column."""


class _Read(dict[str, Read]):
    """Parsed cells, each text parsed once, as a table repeats names and stars."""

    def __init__(self, read: Callable[[str], Read]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: str) -> Read:
        self[cell] = found = self._read(cell)
        return found


class _Cells:
    """Reads the cells of a ratings table's rows."""

    def __init__(self, table: Table, columns: dict[str, int], reading: Reading) -> None:
        self._width = len(table.types)
        self._player, self._item = columns["player"], columns["item"]
        self._value = columns["count" if "count" in columns else "rating"]
        self._time = columns.get("time", -1) if reading.times else -1
        self._source = columns.get("source", -1)
        self._reading = reading
        self._names = _Read(unescape_cell if table.header == EXPORTED else name_of)
        self._values = _Read(self._number)
        self._scale = None if reading.plays else reading.scale
        self._latest = min(MILLISECONDS_FROM, reading.now + DAY)

    def row(self, cells: Sequence[str]) -> tuple[str, str, float, float, str]:
        """Player, item, value, seconds and source of a row. Raises _Cell if the row is no rating."""
        if len(cells) != self._width:
            raise _Cell(f"expected {self._width} columns, found {len(cells)}")
        player, item = self._names[cells[self._player]], self._names[cells[self._item]]
        if not player or not item:
            raise _Cell(f"expected the name of {'an item' if player else 'a player'}, found an empty cell")
        source = REAL if self._source < 0 else cells[self._source].strip()
        if source not in (REAL, SIMULATED):
            raise _Cell(f"source: expected {REAL} or {SIMULATED}, found {source!r:.60}")
        seconds = 0.0 if self._time < 0 else self._seconds(cells[self._time])
        return player, item, self._values[cells[self._value]], seconds, source

    def _number(self, cell: str) -> float:
        value = cell_number(cell)
        if self._reading.plays:
            if value is None or value <= 0:
                raise _Cell(f"plays: expected a number above 0, found {cell.strip()!r:.60}")
        elif value is None:
            raise _Cell(f"stars: expected a finite number, found {cell.strip()!r:.60}")
        elif self._scale is not None and not self._scale[0] <= value <= self._scale[1]:
            raise _Cell(f"stars: expected {self._scale[0]:g} to {self._scale[1]:g}, found {value:g}")
        return value

    def _seconds(self, cell: str) -> float:
        seconds = cell_number(cell)
        if seconds is None or seconds < 0:
            raise _Cell(f"time: expected a timestamp in seconds, found {cell.strip()!r:.60}")
        if self._reading.milliseconds:
            seconds /= 1000.0
        if seconds > self._latest:
            raise _Cell(f"time: expected {wrong_time(seconds, self._reading)}")
        return seconds


def _advice(reading: Reading, option: str) -> str:
    """A hint: the option that helps, if the command has it, otherwise another remedy."""
    if option in reading.can:
        return f" ({option} reads it)" if option == "--milliseconds" else f" ({option} passes times over)"
    return " (drop the column)"


def _columns(table: Table, reading: Reading) -> dict[str, int]:
    """Where the columns of a ratings table are. TableRefused for unknown or missing ones."""
    width = len(table.types)
    if not table.header:
        if width not in (3, 4):
            raise table.refuse(1, "player, item, rating and perhaps timestamp", f"{width} columns")
        return dict(zip(("player", "item", "rating", "time"), range(width)))
    known = {name: column for column, names in NAMES.items() for name in names}
    found: dict[str, int] = {}
    for place, title in enumerate(table.header):
        column = known.get(title.strip().lower().replace(" ", "_"))
        if column == "count" and not reading.plays:
            advice = "; --plays reads it as counts" if "--plays" in reading.can else ""
            raise table.refuse(1, "a column of ratings", f"one that counts plays, {title!r}{advice}")
        if column is None or column in found:
            kind = "an unknown column" if column is None else f"a second {column} column"
            raise table.refuse(
                1, "columns player, item, rating and perhaps timestamp", f"{kind} {title!r:.60}"
            )
        found[column] = place
    for column in ("player", "item", "rating"):
        if column not in found and not (column == "rating" and "count" in found):
            raise table.refuse(
                1, f"a column {column} ({', '.join(NAMES[column][:4])})", ", ".join(table.header)
            )
    return found


def _scale(table: Table, found: RatingRows, reading: Reading) -> Scale:
    """The scale of values without a declared scale. TableRefused if it is neither 1 to 5 nor half stars."""
    for low, high, halves in ((*STARS, False), (*HALF_STARS, True)):
        if all(low <= value <= high and not (halves and 2 * value % 1) for value in found.values):
            return low, high
    off = [
        (line, value)
        for line, value in zip(found.lines, found.values)
        if not STARS[0] <= value <= STARS[1] and value != HALF_STARS[0]
    ] or [(line, value) for line, value in zip(found.lines, found.values) if value < STARS[0]]
    line, value = off[0]
    advice = "--scale LOW HIGH declares another scale"
    if "--plays" in reading.can:
        advice += ", --plays that the column counts plays"
    expected = f"stars from {STARS[0]:g} to {STARS[1]:g}"
    raise table.refuse(line, expected, f"{value:g}{_also(off[1:])}; {advice}")


def _begun(path: Path, header: bool | None) -> tuple[Table, Iterator[tuple[int, list[str]]]]:
    """A table without its rows, and an iterator of the rows with their lines. TableRefused if the file is no table."""
    numbered = ((line, cells) for line, cells in _cells(path, _text(path)) if any(map(str.strip, cells)))
    first = list(_taken(numbered, 3))
    if not first:
        raise TableRefused(f"{shown_path(path.name)}: expected rows, found an empty file")
    cells = [cell.strip() for cell in first[0][1]]
    names: tuple[str, ...] = ()
    types: tuple[str, ...] = ("",) * len(cells)
    if not any(_is_number(cell) for cell in cells) if header is None else header:
        parts = [cell.partition(":") for cell in cells]
        names, types = tuple(part[0] for part in parts), tuple(part[2] for part in parts)
        first = first[3:] if _is_orange(path, first) else first[1:]
        first = first or list(_taken(numbered, 1))
        if not first:
            raise TableRefused(f"{shown_path(path.name)}: expected rows below the header, found none")
    return Table(path, names, types, [], []), _bounded(path, first, numbered)


def _taken(rows: Iterator[tuple[int, list[str]]], count: int) -> Iterator[tuple[int, list[str]]]:
    for _ in range(count):
        yield from ((line, cells) for line, cells in (next(rows, (0, [])),) if line)


def _bounded(
    path: Path, first: list[tuple[int, list[str]]], rest: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    yield from first
    for count, row in enumerate(rest, len(first) + 1):
        if count > MAX_ROWS:
            raise TableRefused(f"{shown_path(path.name)}: expected at most {MAX_ROWS} rows, found more")
        yield row


def _text(path: Path) -> str:
    """The whole file as text. TableRefused if it is missing, too big or not UTF-8."""
    data = read_bytes(path, MAX_BYTES, "a table", TableRefused)
    try:
        text = data.decode("latin-1" if path.name in LATIN_1 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableRefused(
            f"{shown_path(path.name)}, line {line}: expected text in UTF-8, found the byte 0x{data[error.start]:02x}"
        ) from None
    if "\0" in text and not text.startswith(WRITTEN):  # an exported table is read unchanged
        raise TableRefused(
            f"{shown_path(path.name)}, line {text[: text.index(chr(0))].count(chr(10)) + 1}: expected text, found a zero byte"
        )
    return text


def _cells(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, split at the separator in the first line: tab, `::`, semicolon, comma or `|`."""
    first = next((line for line in _LINE_ENDS.split(text[:MOST_HEADER]) if line.strip()), "")
    mark = next((mark for mark in ("\t", "::", ";", ",", "|") if mark in first), None)
    if mark is None:
        if text.strip():
            raise TableRefused(
                f"{shown_path(path.name)}, line 1: expected columns split by tab, comma or semicolon, found {first[:40]!r}"
            )
        return
    if mark in ("\t", "::", "|"):
        yield from ((place, line.split(mark)) for place, line in enumerate(_LINE_ENDS.split(text), 1))
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1  # a quoted cell may run over several lines
    except csv.Error as error:
        raise TableRefused(
            f"{shown_path(path.name)}, line {reader.line_num}: expected a row of a CSV file, found: {error}"
        ) from None


def _is_number(text: str) -> bool:
    return cell_number(text) is not None


def _is_orange(path: Path, numbered: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether lines 2 and 3 are Orange's types and flags."""
    return (
        path.suffix == ".tab"
        and len(numbered) > 2
        and all(cell.strip() in ORANGE_TYPES for cell in numbered[1][1])
        and not any(_is_number(cell) for cell in numbered[2][1])
    )


def _also(bad: Sequence[tuple[int, object]]) -> str:
    """The numbers of further bad lines, in brackets."""
    if not bad:
        return ""
    more = ", …" if len(bad) > LISTED else ""
    return f" (and {len(bad)} more: line {', '.join(str(line) for line, _ in bad[:LISTED])}{more})"
