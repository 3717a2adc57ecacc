"""Records as files that other programs read: CSV (one kind in a file) and JSON (all kinds in one document).

    ratings.csv   player,item,stars[,time,source]
    attempts.csv  player,item,outcome,seconds[,time,deaths,retries,score,against,source]
    plays.csv     player,item,event[,value,time]
    items.csv     name,titles,tags,numbers[,finish_rate]      titles, tags and numbers are JSON in their cells
    records.json  {"schema": 1, "items": [{…}], "ratings": […], "attempts": […], "plays": […]}, the same names in each

The header determines the kind of a CSV file; columns may be in any order, those in brackets may be missing. Any other table has
ratings or items as other programs write them: `recommender.records.tables` and `item_tables` read it, also for `evaluate`.
Files written here are read back equal, bit for bit; a text that a spreadsheet would run as a formula gets an apostrophe before
it in the CSV (`safefiles.cells`). A bad row is named by its line, with what was expected and found. Rows are in the order of
entry, in which they are stored; rows of other programs' tables (ratings without exactly our five columns) are in the order of
their times, if they have times. Of a pair's ratings the last row counts.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from recommender.errors import RatingsRefused, TableRefused
from recommender.records.item_tables import describes_items, read_items
from recommender.records.kinds import PLAYED, Attempt, Item, Play, Rating
from recommender.records.scale import STARS, rescale_stars
from recommender.records.tables import Reading, header_of, name_of, rating_rows, wrong_time
from recommender.store.rows import ATTEMPTS, ITEMS, PLAYS, RATINGS, Kind
from safefiles.cells import escape_cell, unescape_cell
from safefiles.foreign import read_bytes
from safefiles.text import shown_path
from safefiles.writing import write_text

SCHEMA: Final = 1
MAX_BYTES: Final = 256 * 1024 * 1024
KINDS: Final[Mapping[str, Kind[Any]]] = {kind.table: kind for kind in (ITEMS, RATINGS, ATTEMPTS, PLAYS)}
OPTIONAL: Final = frozenset(
    {"time", "source", "deaths", "retries", "score", "against", "finish_rate", "value"}
)
# Columns that identify the kind of a table; a table without them has ratings
_TELLING: Final[Mapping[str, Kind[Any]]] = {
    "titles": ITEMS, "tags": ITEMS, "numbers": ITEMS, "finish_rate": ITEMS,
    "outcome": ATTEMPTS, "seconds": ATTEMPTS, "event": PLAYS,
}  # fmt: skip
_Row = tuple[str, str, float, float, str]  # player, item, value, time, source
_NUMBERS: Final = frozenset(
    {"stars", "time", "seconds", "deaths", "retries", "score", "finish_rate", "value"}
)
_JSON_CELLS: Final = frozenset({"titles", "tags", "numbers"})
_NAMES: Final = frozenset({"player", "item", "name", "event", "outcome", "source"})
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SPACE: Final = re.compile(r"[ \t\r\n]*")


@dataclass
class Records:
    """The content of a file: its records in order, and a line about each bad row."""

    items: list[Item] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    plays: list[Play] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def of(self, table: str) -> list[Any]:
        """The records of a kind, by the name of its table."""
        found: list[Any] = getattr(self, table)
        return found

    def __len__(self) -> int:
        return sum(len(self.of(table)) for table in KINDS)


def read_records(path: Path, reading: Reading | None = None, untimed: float = 0.0) -> Records:
    """Read a `.json` document or a table. Bad rows are described in `bad`; TableRefused for any other file.

    Stars are converted to the scale of 1 to 5 from any `reading.scale`. `untimed`: the time of ratings without one.
    """
    reading = reading or Reading()
    if path.suffix.lower() == ".json":
        text = _text(path)
        records = _collected(path, _json_rows(path, text), reading, untimed)
    elif describes_items(path):
        items, bad = read_items(path)
        records = Records(
            items=items, bad=[f"{shown_path(path.name)}, line {line}: {fault}" for line, fault in bad]
        )
    elif not _TELLING.keys().isdisjoint(header_of(path)):
        records = _collected(path, _csv_rows(path, _text(path)), reading, untimed)
    else:
        records = _of_a_table(path, reading, untimed)
    if not len(records) + len(records.bad):
        raise TableRefused(f"{shown_path(path.name)}: expected records, found none")
    return records


def _of_a_table(path: Path, reading: Reading, untimed: float) -> Records:
    """The records of a table of ratings, or of counts of plays."""
    found = rating_rows(path, reading)
    records = Records()
    rows = [*zip(found.players, found.items, found.values, found.times, found.sources)]
    if found.timed and not found.exported:
        rows = _by_time(rows)
    if reading.plays:
        records.plays = [Play(player, item, PLAYED, value, time) for player, item, value, time, _ in rows]
    else:
        records.ratings = [
            Rating(player, item, rescale_stars(value, found.scale), time if found.timed else untimed, source)
            for player, item, value, time, source in rows
        ]
    records.bad = [f"{shown_path(path.name)}, line {line}: {fault}" for line, fault in found.bad]
    return records


def _by_time(rows: list[_Row]) -> list[_Row]:
    """The rows of another program's table in the order of their times, as their order of entry is unknown.

    Rows with equal times keep their order, and so do rows of one pair: the last of them counts, with any time.
    """
    moments: dict[tuple[str, str], float] = {}
    keys = [row[3] for row in rows]
    for place in range(len(rows) - 1, -1, -1):
        pair = rows[place][:2]
        keys[place] = moments[pair] = min(keys[place], moments.get(pair, math.inf))
    return [rows[place] for place in sorted(range(len(rows)), key=keys.__getitem__)]


def _collected(
    path: Path, rows: "Iterator[tuple[Kind[Any], int, Any]]", reading: Reading, untimed: float
) -> Records:
    """The records of rows that were read."""
    records = Records()
    seen: dict[tuple[str, object], int] = {}
    for kind, line, found in rows:
        try:
            if isinstance(found, RatingsRefused):
                raise found
            record = _record(kind, found, reading, untimed)
            if kind in (ITEMS, ATTEMPTS):  # ratings may be repeated, and plays are counted
                key = record.name if isinstance(record, Item) else record
                earlier = seen.setdefault((kind.table, key), line)
                if earlier != line:
                    raise RatingsRefused(
                        f"row: expected each one once, found the one of line {earlier} again"
                    )
        except RatingsRefused as error:
            records.bad.append(f"{shown_path(path.name)}, line {line}: {error}")
        else:
            records.of(kind.table).append(record)
    return records


def csv_text(table: str, records: Iterable[object]) -> str:
    """A table of one kind as CSV (RFC 4180)."""
    kind = KINDS[table]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(kind.columns)
    writer.writerows(map(escape_cell, kind.row(record)) for record in records)
    return stream.getvalue()


def json_text(records: Records) -> str:
    """All kinds as one JSON document, a record a line."""
    parts = [f'{{"schema": {SCHEMA}']
    for table, kind in KINDS.items():
        rows = [_object(kind, kind.row(record)) for record in records.of(table)]
        parts.append(f'"{table}": [\n' + ",\n".join(rows) + "\n]" if rows else f'"{table}": []')
    return ",\n".join(parts) + "}\n"


def write_records(path: Path, records: Records, table: str = "") -> list[Path]:
    """Write a `.json` document, a `.csv` table of the kind `table`, or a folder of one CSV file for each kind present.

    Returns the files. Each is replaced completely or not at all.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        files = {path: json_text(records)}
    elif suffix == ".csv":
        files = {path: csv_text(table, records.of(table))}
    else:
        files = {path / f"{kind}.csv": csv_text(kind, records.of(kind)) for kind in KINDS if records.of(kind)}
    for file, text in files.items():
        write_text(file, text)
    return list(files)


def _text(path: Path) -> str:
    data = read_bytes(path, MAX_BYTES, "records", TableRefused)
    if not data.strip():
        raise TableRefused(f"{shown_path(path.name)}: expected records, found an empty file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableRefused(
            f"{shown_path(path.name)}, line {line}: expected UTF-8, found {error.reason}"
        ) from None


def _record(kind: Kind[Any], found: Mapping[str, Any], reading: Reading, untimed: float) -> Any:
    """The record of a row. RatingsRefused for invalid values."""
    missing = [column for column in kind.columns if column not in found and column not in OPTIONAL]
    unknown = [column for column in found if column not in kind.columns]
    if missing or unknown:
        what = f"no {missing[0]!r}" if missing else f"{unknown[0]!r:.60}"
        raise RatingsRefused(f"row: expected {', '.join(kind.columns)}, found {what}")
    values = dict(found)
    if "time" in kind.columns:
        values["time"] = _time(values, reading, untimed if kind is RATINGS else 0.0)
    if kind is RATINGS:
        values["stars"] = _stars(values["stars"], reading)
    return kind.make(**values)


def _stars(value: Any, reading: Reading) -> Any:
    """Stars on the store's scale; a value that is no number stays unchanged, for the refusal."""
    low, high = reading.scale or STARS
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return value
    if not low <= value <= high:
        raise RatingsRefused(f"stars: expected {low:g} to {high:g}, found {value:g}")
    return rescale_stars(value, (low, high))


def _time(values: Mapping[str, Any], reading: Reading, untimed: float) -> Any:
    """Seconds since 1970; a value that is no number stays unchanged, for the refusal."""
    if "time" not in values or not reading.times:
        return untimed
    value = values["time"]
    if not isinstance(value, int | float) or isinstance(value, bool):
        return value
    seconds = value / 1000 if reading.milliseconds else value
    if wrong := wrong_time(seconds, reading):
        raise RatingsRefused(f"time: expected {wrong}")
    return seconds


def _csv_rows(path: Path, text: str) -> Iterator[tuple[Kind[Any], int, Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    kind: Kind[Any] | None = None
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            at, line = line, reader.line_num + 1  # a quoted cell may run over several lines
            if not cells:
                continue
            if kind is None:
                header = [cell.strip() for cell in cells]
                kind = _kind_of(path, at, header)
            elif len(cells) != len(header):
                yield kind, at, RatingsRefused(f"row: expected {len(header)} cells, found {len(cells)}")
            else:
                exact = tuple(header) == kind.columns  # as `export` writes it
                yield kind, at, _cells(header, cells, exact)
    except csv.Error as error:
        raise TableRefused(
            f"{shown_path(path.name)}, line {reader.line_num}: expected CSV, found: {error}"
        ) from None


def _kind_of(path: Path, line: int, header: Sequence[str]) -> Kind[Any]:
    """The kind of records, from an identifying column of the header."""
    kind = next(_TELLING[column] for column in header if column in _TELLING)
    needed = [column for column in kind.columns if column not in OPTIONAL]
    where = f"{shown_path(path.name)}, line {line}"
    for place, column in enumerate(header):
        if column not in kind.columns:
            raise TableRefused(
                f"{where}: expected columns among {', '.join(kind.columns)}, found {column!r:.60}"
            )
        if column in header[:place]:
            raise TableRefused(f"{where}: expected each column once, found {column!r} twice")
    for column in needed:
        if column not in header:
            raise TableRefused(f"{where}: expected the columns {', '.join(needed)}, found no {column!r}")
    return kind


def _cells(header: Sequence[str], cells: Sequence[str], exact: bool) -> dict[str, Any] | RatingsRefused:
    """The values of a row's text; names stay unchanged if `export` wrote the table (`exact`)."""
    found: dict[str, Any] = {}
    for column, cell in zip(header, cells):
        if column not in _NUMBERS:
            found[column] = unescape_cell(cell) if exact or column not in _NAMES else name_of(cell)
        elif column == "finish_rate" and not cell:
            found[column] = None
        elif _NUMBER.fullmatch(cell.strip()):
            found[column] = float(cell)
        else:
            return RatingsRefused(f"{column}: expected a finite number, found {cell!r:.60}")
    return found


def _object(kind: Kind[Any], row: Sequence[Any]) -> str:
    """A row as a JSON object; cells that are JSON already are used unchanged."""
    pairs = (
        f'"{column}": {value if column in _JSON_CELLS else json.dumps(value, ensure_ascii=False, allow_nan=False)}'
        for column, value in zip(kind.columns, row)
    )
    return "{" + ", ".join(pairs) + "}"


def _json_rows(path: Path, text: str) -> Iterator[tuple[Kind[Any], int, Any]]:
    scanner = _Scanner(shown_path(path.name), text)
    scanner.expect("{")
    while True:
        line = scanner.line
        key = scanner.value()
        scanner.expect(":")
        kind = KINDS.get(key) if isinstance(key, str) else None
        if kind is not None:
            scanner.expect("[")
            while not scanner.take("]"):
                line = scanner.line
                yield kind, line, _members(scanner.value())
                if not scanner.take(","):
                    scanner.expect("]")
                    break
        elif key != "schema":
            raise TableRefused(
                f"{shown_path(path.name)}, line {line}: expected schema, {', '.join(KINDS)}, found {key!r:.60}"
            )
        elif (schema := scanner.value()) != SCHEMA:
            raise TableRefused(
                f"{shown_path(path.name)}, line {line}: expected schema {SCHEMA}, found {schema!r:.60}"
            )
        if not scanner.take(","):
            break
    scanner.expect("}")
    scanner.expect("")


def _members(value: object) -> dict[str, Any] | RatingsRefused:
    if not isinstance(value, dict):
        return RatingsRefused(f"row: expected an object, found {value!r:.60}")
    return {
        key: json.dumps(member, ensure_ascii=False) if key in _JSON_CELLS else member
        for key, member in value.items()
    }


class _Scanner:
    """Reads a JSON document value by value and knows the line of each."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._at = 0
        self._counted = 0, 1  # position so far, and its line
        self._decoder = json.JSONDecoder()

    @property
    def line(self) -> int:
        """The line of the next value."""
        self._skip()
        start, line = self._counted
        self._counted = self._at, line + self._text.count("\n", start, self._at)
        return self._counted[1]

    def value(self) -> Any:
        """Take the next value."""
        self._skip()
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise TableRefused(
                f"{self._name}, line {error.lineno}: expected JSON, found: {error.msg}"
            ) from None
        except (ValueError, RecursionError) as error:
            raise TableRefused(f"{self._name}, line {self.line}: expected JSON, found: {error}") from None
        return value

    def take(self, sign: str) -> bool:
        """Take a character if it is next."""
        self._skip()
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def expect(self, sign: str) -> None:
        """Take a character, or the end of the text ("")."""
        found = self.take(sign) if sign else self._skip() == len(self._text)
        if not found:
            rest = self._text[self._at : self._at + 20]
            expected = repr(sign) if sign else "the end"
            raise TableRefused(
                f"{self._name}, line {self.line}: expected {expected}, found {rest or 'the end'!r}"
            )

    def _skip(self) -> int:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at
