"""The start-up community: simulated players, so that the first real one finds a recommender that knows something.

A folder holds `ratings.csv` (player,item,stars,time), `attempts.csv` (player,item,outcome,seconds,time and any of the
other columns of an Attempt) and `card.json`, which says how the players were made. Everything read here is marked
`simulated` and stays so in reports and on screens.

How much they count falls as real ratings come in: with n real ratings a simulated player's trust is

    trust = TRUST / (1 + n / HALF),   n in steps of STEP

so that a real rating outweighs several simulated ones from the start, and twice as many after HALF of them. The weight
is applied where they are neighbours and where they move biases and counts.
"""

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from recommender.errors import TableRefused
from recommender.records.kinds import OUTCOMES, SIMULATED, Attempt, Rating
from recommender.records.ratings import STARS
from safefiles.cells import original
from safefiles.foreign import parse_json, read_bytes, refusing

TRUST: Final = 0.25  # of a simulated player beside a real one, before any real rating
HALF: Final = 200.0  # real ratings that halve it
STEP: Final = 20  # real ratings after which the weight is looked at again
RATING_COLUMNS: Final = ("player", "item", "stars", "time")
ATTEMPT_COLUMNS: Final = ("player", "item", "outcome", "seconds", "time")
_NUMBERS: Final[dict[str, Callable[[str], Any]]] = {
    "stars": float, "seconds": float, "time": float, "score": float, "deaths": int, "retries": int,
}  # fmt: skip
MAX_BYTES: Final = 64 * 1024 * 1024  # of one file
LARGEST: Final = 2.0**53  # of any number
_RANGES: Final = {"stars": STARS, "score": (-LARGEST, LARGEST)}  # the others: not negative
_MORE: Final = tuple(column.name for column in fields(Attempt) if column.name != "source")


@dataclass(frozen=True)
class Community:
    """Records of simulated players, oldest first, and the card that says where they come from."""

    ratings: tuple[Rating, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    card: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Community":
        """Read the three files. TableRefused names the file and the line."""
        card_file = folder / "card.json"
        card = parse_json(
            read_bytes(card_file, MAX_BYTES, "a card", TableRefused), card_file.name, TableRefused
        )
        if not isinstance(card, dict):
            raise TableRefused(f"{card_file.name}: expected an object, found {type(card).__name__}")
        ratings = [
            Rating(source=SIMULATED, **row)
            for row in _rows(folder / "ratings.csv", RATING_COLUMNS, RATING_COLUMNS)
        ]
        attempts = [
            Attempt(source=SIMULATED, **row) for row in _rows(folder / "attempts.csv", ATTEMPT_COLUMNS, _MORE)
        ]
        return cls(
            tuple(sorted(ratings, key=lambda rating: rating.time)),
            tuple(sorted(attempts, key=lambda attempt: attempt.time)),
            card,
        )

    @property
    def players(self) -> tuple[str, ...]:
        """Everyone who rated or tried something, in order of name."""
        return tuple(
            sorted({rating.player for rating in self.ratings} | {attempt.player for attempt in self.attempts})
        )


def trust(real_ratings: int) -> float:
    """The weight of a simulated player beside `real_ratings` real ratings."""
    return TRUST / (1 + real_ratings // STEP * STEP / HALF)


def _rows(file: Path, needed: tuple[str, ...], known: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    data = read_bytes(file, MAX_BYTES, "a CSV table", TableRefused)
    with refusing(file.name, "a CSV table in UTF-8", TableRefused):
        reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
        header = next(reader, [])
        missing, unknown = set(needed) - set(header), set(header) - set(known) - {"source"}
        if missing or unknown:
            what = f"no {sorted(missing)[0]!r}" if missing else f"{sorted(unknown)[0]!r:.60}"
            raise TableRefused(f"{file.name}, line 1: expected the columns {', '.join(known)}, found {what}")
        try:
            for cells in reader:
                where = f"{file.name}, line {reader.line_num}"
                if len(cells) != len(header):
                    raise TableRefused(f"{where}: expected {len(header)} values, found {len(cells)}")
                row = {
                    name: _value(name, cell, where) for name, cell in zip(header, cells) if name != "source"
                }
                yield row
        except csv.Error as error:
            raise TableRefused(f"{file.name}, line {reader.line_num}: expected CSV, found {error}") from None


def _value(name: str, cell: str, where: str) -> Any:
    if name == "outcome" and cell not in OUTCOMES:
        raise TableRefused(f"{where}: expected an outcome of {', '.join(OUTCOMES)}, found {cell!r:.60}")
    if name in ("player", "item") and not cell:
        raise TableRefused(f"{where}: expected a {name}, found nothing")
    read = _NUMBERS.get(name)
    if read is None:
        return original(cell)
    low, high = _RANGES.get(name, (0.0, LARGEST))
    try:
        number = read(cell)
    except ValueError:
        number = math.nan
    if not low <= number <= high:  # a NaN is nowhere
        expected = "stars from 1 to 5" if name == "stars" else f"a number for {name}"
        raise TableRefused(f"{where}: expected {expected}, found {cell!r:.60}")
    return number
