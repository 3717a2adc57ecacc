"""Records as rows of tables and back: one description of each kind, for the store and for the files of `exchange`."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from recommender.errors import RatingsRefused
from recommender.messages import say
from recommender.records.kinds import (
    EVENTS,
    OUTCOMES,
    REAL,
    SIMULATED,
    Attempt,
    Item,
    Play,
    Rating,
    Shown,
)
from recommender.records.scale import STARS

Record = TypeVar("Record")
Row = tuple[Any, ...]
SOURCES: Final = (REAL, SIMULATED)
MOST: Final = 2.0**53  # largest count


@dataclass(frozen=True)
class Kind(Generic[Record]):
    """How one kind of record is stored in its table."""

    table: str
    columns: tuple[str, ...]
    row: Callable[[Record], Row]  # the row of a record; RatingsRefused for invalid values
    make: Callable[..., Record]  # the record of a row's values, also by column names; the same refusal

    @property
    def insert(self) -> str:
        """The statement that appends a row."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.table}({', '.join(self.columns)}) VALUES ({marks})"

    @property
    def select(self) -> str:
        """The query of all rows."""
        return f"SELECT {', '.join(self.columns)} FROM {self.table}"


def _refused(what: str, expected: str, found: str) -> RatingsRefused:
    return RatingsRefused(say("refused", where=what, expected=expected, found=found))


def text(value: object, what: str) -> str:
    """Check a name: non-empty text that UTF-8 can encode."""
    if not isinstance(value, str) or not value:
        raise _refused(what, say("name"), f"{value!r:.60}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(what, say("whole_text"), f"{value!r:.60}") from None
    return value


def number(value: object, what: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Check a finite number from `low` to `high`, of any numeric type."""
    try:
        found = math.nan if isinstance(value, str | bytes | bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found) or not low <= found <= high:
        bounds = (
            say("from", low=low) if low > -math.inf else "",
            say("to", high=high) if high < math.inf else "",
        )
        expected = say("finite_number", low=bounds[0], high=bounds[1])
        raise _refused(what, expected, f"{value!r:.60}")
    return found


def count(value: object, what: str) -> int:
    """Check a whole number, 0 or more, that a table can hold."""
    found = number(value, what, 0.0, MOST)
    if found != int(found):
        raise _refused(what, say("whole"), f"{found:g}")
    return int(found)


def one_of(value: object, what: str, choices: Sequence[str]) -> str:
    """Check that a value is one of some words."""
    if value not in choices:
        raise _refused(what, say("one_of", known=", ".join(choices)), f"{value!r:.60}")
    return str(value)


def _rating(player: object, item: object, stars: object, time: object, source: object = REAL) -> Rating:
    return Rating(
        text(player, "player"),
        text(item, "item"),
        number(stars, "stars", *STARS),
        number(time, "time", 0.0),
        one_of(source, "source", SOURCES),
    )


def _attempt(
    player: object,
    item: object,
    outcome: object,
    seconds: object,
    time: object,
    deaths: object = 0,
    retries: object = 0,
    score: object = 0.0,
    against: object = "",
    source: object = REAL,
) -> Attempt:
    return Attempt(
        text(player, "player"),
        text(item, "item"),
        one_of(outcome, "outcome", OUTCOMES),
        number(seconds, "seconds", 0.0),
        number(time, "time", 0.0),
        count(deaths, "deaths"),
        count(retries, "retries"),
        number(score, "score"),
        text(against, "against") if against else "",
        one_of(source, "source", SOURCES),
    )


def _play(player: object, item: object, event: object, value: object = 1.0, time: object = 0.0) -> Play:
    return Play(
        text(player, "player"),
        text(item, "item"),
        text(event, "event"),
        number(value, "value", 0.0 if event in EVENTS else -math.inf),
        number(time, "time", 0.0),
    )


def _shown(
    player: object, item: object, place: object, propensity: object, explored: object, time: object
) -> Shown:
    return Shown(
        text(player, "player"),
        text(item, "item"),
        count(place, "place"),
        number(propensity, "propensity", 0.0, 1.0),
        bool(explored),
        number(time, "time", 0.0),
    )


def _item_row(item: Item) -> Row:
    titles = {text(language, "language"): text(title, "title") for language, title in item.titles.items()}
    tags = sorted(text(tag, "tag") for tag in item.tags)
    numbers = {text(key, "number"): number(value, key) for key, value in item.numbers.items()}
    rate = None if item.finish_rate is None else number(item.finish_rate, "finish_rate", 0.0, 1.0)
    return text(item.name, "name"), _json(titles), _json(tags), _json(numbers), rate


def _item(name: object, titles: object, tags: object, numbers: object, finish_rate: object = None) -> Item:
    return Item(
        text(name, "name"),
        {text(k, "language"): text(v, "title") for k, v in _parsed(titles, "titles", dict).items()},
        frozenset(text(tag, "tag") for tag in _parsed(tags, "tags", list)),
        {text(k, "number"): number(v, k) for k, v in _parsed(numbers, "numbers", dict).items()},
        None if finish_rate is None else number(finish_rate, "finish_rate", 0.0, 1.0),
    )


def _json(value: Mapping[str, Any] | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _parsed(cell: object, what: str, kind: type) -> Any:
    expected = say("json_object" if kind is dict else "json_list")
    try:
        value = json.loads(cell) if isinstance(cell, str) else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise _refused(what, expected, f"{cell!r:.60}")
    return value


def _values(kind: Callable[..., Record], columns: tuple[str, ...]) -> Callable[[Record], Row]:
    """The row of a plain record: its fields, checked and converted to SQLite's types."""

    def row(record: Record) -> Row:
        checked = kind(*(getattr(record, column) for column in columns))
        return tuple(getattr(checked, column) for column in columns)

    return row


def _rating_row(rating: Rating) -> Row:
    """The row of a rating; common ones take a fast path, as there may be millions."""
    player, item, stars, time = rating.player, rating.item, rating.stars, rating.time
    usual = (
        type(player) is type(item) is str and player and item and player.isascii() and item.isascii()
        and type(stars) is type(time) is float and STARS[0] <= stars <= STARS[1] and 0.0 <= time < math.inf
        and rating.source in SOURCES
    )  # fmt: skip
    return (player, item, stars, time, rating.source) if usual else _checked_rating(rating)


def _shown_row(shown: Shown) -> Row:
    """The row of a suggestion; common ones take a fast path, as every list writes ten."""
    player, item, place, propensity, time = (
        shown.player,
        shown.item,
        shown.place,
        shown.propensity,
        shown.time,
    )
    usual = (
        type(player) is type(item) is str and player and item and player.isascii() and item.isascii()
        and type(place) is int and 0 <= place < MOST and type(propensity) is type(time) is float
        and 0.0 <= propensity <= 1.0 and 0.0 <= time < math.inf and type(shown.explored) is bool
    )  # fmt: skip
    return (player, item, place, propensity, shown.explored, time) if usual else _checked_shown(shown)


def _kind(table: str, columns: str, make: Callable[..., Record]) -> Kind[Record]:
    names = tuple(columns.split())
    return Kind(table, names, _values(make, names), make)


_RATING_COLUMNS: Final = ("player", "item", "stars", "time", "source")
_checked_rating: Final = _values(_rating, _RATING_COLUMNS)
RATINGS: Final = Kind("ratings", _RATING_COLUMNS, _rating_row, _rating)
ATTEMPTS: Final = _kind(
    "attempts", "player item outcome seconds time deaths retries score against source", _attempt
)
PLAYS: Final = _kind("plays", "player item event value time", _play)
_SHOWN_COLUMNS: Final = ("player", "item", "place", "propensity", "explored", "time")
_checked_shown: Final = _values(_shown, _SHOWN_COLUMNS)
SHOWN: Final = Kind("shown", _SHOWN_COLUMNS, _shown_row, _shown)
ITEMS: Final = Kind("items", ("name", "titles", "tags", "numbers", "finish_rate"), _item_row, _item)
