"""Records as files that other programs read: CSV (one kind in a file) and JSON (all kinds in one document).

    ratings.csv   player,item,stars[,time,source]
    attempts.csv  player,item,outcome,seconds[,time,deaths,retries,score,against,source]
    items.csv     name,titles,tags,numbers[,finish_rate]      titles, tags and numbers are JSON in their cells
    records.json  {"schema": 1, "items": [{…}], "ratings": [{…}], "attempts": [{…}]}, the same names in each object

The header says of which kind a CSV file is; columns may come in any order, those in brackets may be missing. What is
written here reads back equal, bit for bit; a text that a spreadsheet would run as a formula has an apostrophe before it in
the CSV (`safefiles.cells`). A bad row is named by its line, with what was expected and what was found.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from recommender.errors import RatingsRefused, TableRefused
from recommender.records.kinds import Attempt, Item, Rating
from recommender.records.ratings import STARS
from recommender.store.rows import ATTEMPTS, ITEMS, RATINGS, Kind
from safefiles.cells import inert, original
from safefiles.foreign import read_bytes
from safefiles.text import shown
from safefiles.writing import write_text

SCHEMA: Final = 1
MAX_BYTES: Final = 256 * 1024 * 1024
KINDS: Final[Mapping[str, Kind[Any]]] = {kind.table: kind for kind in (ITEMS, RATINGS, ATTEMPTS)}
OPTIONAL: Final = frozenset({"time", "source", "deaths", "retries", "score", "against", "finish_rate"})
_NUMBERS: Final = frozenset({"stars", "time", "seconds", "deaths", "retries", "score", "finish_rate"})
_JSON_CELLS: Final = frozenset({"titles", "tags", "numbers"})
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_Row = tuple[int, dict[str, Any]]  # line, column -> value


@dataclass
class Records:
    """What a file held: its records in order, and a line about each bad row."""

    items: list[Item] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def of(self, table: str) -> list[Any]:
        """The records of a kind, by the name of its table."""
        found: list[Any] = getattr(self, table)
        return found

    def __len__(self) -> int:
        return sum(len(self.of(table)) for table in KINDS)


def read_records(path: Path, scale: tuple[float, float] = STARS, untimed: float = 0.0) -> Records:
    """Read a `.json` document or a CSV table. Bad rows are told in `bad`; what is no such file is TableRefused.

    `scale`: the fewest and the most stars. `untimed`: the time of ratings that tell none.
    """
    text = _text(path)
    records = Records()
    seen: dict[tuple[str, object], int] = {}
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(path, text)
    for kind, line, found in rows:
        try:
            if isinstance(found, RatingsRefused):
                raise found
            record = _record(kind, found, scale, untimed)
            key = record.name if isinstance(record, Item) else record
            earlier = seen.setdefault((kind.table, key), line)
            if earlier != line:
                raise RatingsRefused(f"row: expected each one once, found the one of line {earlier} again")
        except RatingsRefused as error:
            records.bad.append(f"{shown(path.name)}, line {line}: {error}")
        else:
            records.of(kind.table).append(record)
    if not len(records) + len(records.bad):
        raise TableRefused(f"{shown(path.name)}: expected records, found none")
    return records


def csv_text(table: str, records: Iterable[object]) -> str:
    """A table of one kind as CSV (RFC 4180)."""
    kind = KINDS[table]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(kind.columns)
    writer.writerows(map(inert, kind.row(record)) for record in records)
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

    Returns the files. Each is replaced whole or not at all.
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
        raise TableRefused(f"{shown(path.name)}: expected records, found an empty file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableRefused(f"{shown(path.name)}, line {line}: expected UTF-8, found {error.reason}") from None


def _record(kind: Kind[Any], found: Mapping[str, Any], scale: tuple[float, float], untimed: float) -> Any:
    """The record of a row. RatingsRefused for values that it may not have."""
    missing = [column for column in kind.columns if column not in found and column not in OPTIONAL]
    unknown = [column for column in found if column not in kind.columns]
    if missing or unknown:
        what = f"no {missing[0]!r}" if missing else f"{unknown[0]!r:.60}"
        raise RatingsRefused(f"row: expected {', '.join(kind.columns)}, found {what}")
    untold = {"time": untimed if kind is RATINGS else 0.0} if "time" in kind.columns else {}
    record = kind.make(**{**untold, **found})
    if isinstance(record, Rating) and not scale[0] <= record.stars <= scale[1]:
        raise RatingsRefused(f"stars: expected {scale[0]:g} to {scale[1]:g}, found {record.stars:g}")
    return record


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
                yield kind, at, _cells(header, cells)
    except csv.Error as error:
        raise TableRefused(
            f"{shown(path.name)}, line {reader.line_num}: expected CSV, found: {error}"
        ) from None


def _kind_of(path: Path, line: int, header: Sequence[str]) -> Kind[Any]:
    """The kind of records that a header announces: the one that knows most of its columns and lacks fewest."""
    titles = set(header)

    def fit(kind: Kind[Any]) -> tuple[int, int]:
        return len(titles & set(kind.columns)), -len(set(kind.columns) - OPTIONAL - titles)

    kind = max(KINDS.values(), key=fit)
    needed = [column for column in kind.columns if column not in OPTIONAL]
    where = f"{shown(path.name)}, line {line}"
    if not titles & set(needed):
        raise TableRefused(
            f"{where}: expected a header such as {','.join(RATINGS.columns)}, found {header[0]!r:.60}"
        )
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


def _cells(header: Sequence[str], cells: Sequence[str]) -> dict[str, Any] | RatingsRefused:
    """The values of a row's text."""
    found: dict[str, Any] = {}
    for column, cell in zip(header, cells):
        if column not in _NUMBERS:
            found[column] = original(cell)
        elif column == "finish_rate" and not cell:
            found[column] = None
        elif _NUMBER.fullmatch(cell.strip()):
            found[column] = float(cell)
        else:
            return RatingsRefused(f"{column}: expected a finite number, found {cell!r:.60}")
    return found


def _object(kind: Kind[Any], row: Sequence[Any]) -> str:
    """A row as a JSON object; the cells that are JSON already go in as they are."""
    pairs = (
        f'"{column}": {value if column in _JSON_CELLS else json.dumps(value, ensure_ascii=False, allow_nan=False)}'
        for column, value in zip(kind.columns, row)
    )
    return "{" + ", ".join(pairs) + "}"


def _json_rows(path: Path, text: str) -> Iterator[tuple[Kind[Any], int, Any]]:
    scanner = _Scanner(shown(path.name), text)
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
                f"{shown(path.name)}, line {line}: expected schema, {', '.join(KINDS)}, found {key!r:.60}"
            )
        elif (schema := scanner.value()) != SCHEMA:
            raise TableRefused(
                f"{shown(path.name)}, line {line}: expected schema {SCHEMA}, found {schema!r:.60}"
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
        self._counted = 0, 1  # up to here, the line
        self._decoder = json.JSONDecoder()

    @property
    def line(self) -> int:
        """The line of what comes next."""
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
        """Take a sign if it comes next."""
        self._skip()
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) if found else 0
        return found

    def expect(self, sign: str) -> None:
        """Take a sign, or the end of the text ("")."""
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
