"""The start-up community: simulated players, so that the recommender has data for the first real player.

A folder holds `ratings.csv` (player,item,stars,time), `attempts.csv` (player,item,outcome,seconds,time and any of the
other columns of an Attempt) and `card.json`, which describes how the players were made. All records read here are marked
`simulated` and stay so in reports and on screens.

Their weight falls as real ratings come in: with n real ratings a simulated player's weight (`trust`) is

    trust = TRUST / (1 + n / HALF),   n in steps of STEP

so that a real rating outweighs several simulated ones from the start, and twice as many after HALF of them. The weight applies
to simulated players as neighbours, and in biases and counts.
"""

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from recommender.errors import TableRefused
from recommender.messages import say
from recommender.records.kinds import OUTCOMES, SIMULATED, Attempt, Rating
from recommender.records.ratings import STARS
from safefiles.cells import unescape_cell
from safefiles.foreign import parse_json, read_bytes, refuse_errors

TRUST: Final = 0.25  # weight of a simulated player relative to a real one, before any real rating
HALF: Final = 200.0  # real ratings that halve the weight
STEP: Final = 20  # real ratings after which the weight is recomputed
RATING_COLUMNS: Final = ("player", "item", "stars", "time")
ATTEMPT_COLUMNS: Final = ("player", "item", "outcome", "seconds", "time")
_NUMBERS: Final[dict[str, Callable[[str], Any]]] = {
    "stars": float, "seconds": float, "time": float, "score": float, "deaths": int, "retries": int,
}  # fmt: skip
MAX_BYTES: Final = 64 * 1024 * 1024  # largest size of a table
MAX_CARD_BYTES: Final = 1 << 20
LARGEST: Final = 2.0**53  # largest number in a table
_RANGES: Final = {"stars": STARS, "score": (-LARGEST, LARGEST)}  # the other columns: not negative
_MORE: Final = tuple(column.name for column in fields(Attempt) if column.name != "source")


@dataclass(frozen=True)
class Community:
    """Records of simulated players, oldest first, and the card that describes their origin."""

    ratings: tuple[Rating, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    card: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Community":
        """Read the three files. TableRefused names the file and the line."""
        card_file = folder / "card.json"
        card = parse_json(
            read_bytes(card_file, MAX_CARD_BYTES, say("card"), TableRefused), card_file.name, TableRefused
        )
        if not isinstance(card, dict):
            raise TableRefused(
                say("refused", where=card_file.name, expected=say("object"), found=type(card).__name__)
            )
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
        """All players with a rating or an attempt, in order of name."""
        return tuple(
            sorted({rating.player for rating in self.ratings} | {attempt.player for attempt in self.attempts})
        )


def simulated_weight(real_ratings: int) -> float:
    """The weight of a simulated player when there are `real_ratings` real ratings."""
    return TRUST / (1 + real_ratings // STEP * STEP / HALF)


def _rows(file: Path, needed: tuple[str, ...], known: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    data = read_bytes(file, MAX_BYTES, say("csv"), TableRefused)
    with refuse_errors(file.name, say("csv_utf8"), TableRefused):
        reader = csv.reader(io.StringIO(data.decode("utf-8"), newline=""))
        header = next(reader, [])
        missing, unknown = set(needed) - set(header), set(header) - set(known) - {"source"}
        if missing or unknown:
            odd = f"{sorted(unknown)[0]!r:.60}" if unknown else ""
            what = say("absent", what=repr(sorted(missing)[0])) if missing else odd
            raise TableRefused(say("columns", where=_line(file, 1), known=", ".join(known), found=what))
        try:
            for cells in reader:
                where = _line(file, reader.line_num)
                if len(cells) != len(header):
                    raise TableRefused(say("values", where=where, expected=len(header), found=len(cells)))
                row = {
                    name: _value(name, cell, where) for name, cell in zip(header, cells) if name != "source"
                }
                yield row
        except csv.Error as error:
            raise TableRefused(say("no_csv", where=_line(file, reader.line_num), told=str(error))) from None


def _line(file: Path, number: int) -> str:
    return say("line", name=file.name, number=number)


def _value(name: str, cell: str, where: str) -> Any:
    if name == "outcome" and cell not in OUTCOMES:
        raise TableRefused(say("outcome", where=where, known=", ".join(OUTCOMES), found=f"{cell!r:.60}"))
    if name in ("player", "item") and not cell:
        raise TableRefused(say("empty_cell", where=where, name=name))
    read = _NUMBERS.get(name)
    if read is None:
        return unescape_cell(cell)
    low, high = _RANGES.get(name, (0.0, LARGEST))
    try:
        number = read(cell)
    except ValueError:
        number = math.nan
    if not low <= number <= high:  # a NaN is in no range
        expected = say("stars") if name == "stars" else say("number_for", name=name)
        raise TableRefused(say("refused", where=where, expected=expected, found=f"{cell!r:.60}"))
    return number
