"""The header of a replay: what was played, by whom and by which rules, as bounded and checked JSON."""

from dataclasses import dataclass
from typing import Any, Final

from game.core import rules
from game.core.sim import setup
from game.match.replay.errors import ReplayRefused
from safefiles.foreign import parse_json
from safefiles.text import clean

MAX_TEXT: Final = 200  # characters of a name
MAX_INFO: Final = 32  # entries
MAX_NUMBER: Final = 2**63 - 1
MAX_DELAY: Final = 120  # ticks, as in `game.match.npc`
MAX_TEMPERATURE: Final = 100.0
HASH_DIGITS: Final = 64  # hex


@dataclass(frozen=True)
class SeatBrain:
    """The driver of an NPC's seat: a bot, or a brain by the SHA-256 of its file."""

    brain: str  # name; `mind` in the file
    sha256: str  # empty: a bot
    delay: int  # ticks
    temperature: float
    gave_way: tuple[int, str] | None  # tick from which a bot took over, and that bot

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        values = dict(vars(self))
        return {"mind": values.pop("brain"), **values}


@dataclass(frozen=True)
class Drivers:
    """The drivers of all seats, as `NpcDriver.record` returns them."""

    seed: int
    seats: tuple[SeatBrain | None, ...]  # None: nobody of this driver, a person say

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return {"seed": self.seed, "seats": [None if seat is None else seat.to_dict() for seat in self.seats]}


@dataclass(frozen=True)
class Header:
    """Everything about a match except its inputs and states."""

    rules: str  # hash
    game_version: str
    level_name: str
    level_digest: str
    width: int  # tiles
    height: int
    seed: int
    shuffle: int
    roster: tuple[tuple[int, int], ...]  # (team, class) per seat
    names: tuple[str, ...]
    info: dict[str, str | int]
    ticks: int
    complete: bool
    winner: int
    timed_out: bool
    scores: tuple[int, ...]
    sections: dict[str, tuple[int, int]]  # stored and raw bytes, filled in when written
    drivers: "Drivers | None" = None  # None in older files

    def to_dict(self) -> dict[str, Any]:
        """Return the header as JSON-able data; `read_header` reads it back."""
        table = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**table, "drivers": None if self.drivers is None else self.drivers.to_dict()}


def read_header(data: bytes, sections: tuple[str, ...], where: str) -> Header:
    """Read a header. Raises ReplayRefused that names the entry, what was expected and what was found."""
    table: Any = parse_json(data, where, ReplayRefused)
    read = _Reader(_object(table, where), where)
    roster = tuple(
        (
            _whole(row[0], place, -1, rules.MAX_TEAMS - 1),
            _whole(row[1], place, setup.RANDOM_CLASS, rules.N_CLASSES - 1),
        )
        for row, place in read.rows("roster", 1, rules.MAX_SEATS, 2)
    )
    seats = len(roster)
    sizes = _object(read.value("sections"), f"{where} › sections")
    if set(sizes) != set(sections):
        raise ReplayRefused(
            f"{where} › sections: expected {', '.join(sections)}, found {', '.join(sizes)[:80]}"
        )
    return Header(
        rules=read.text("rules", HASH_DIGITS),
        game_version=read.text("game_version"),
        level_name=read.text("level_name"),
        level_digest=read.text("level_digest", HASH_DIGITS),
        width=read.whole("width", rules.MIN_SIDE, rules.MAX_SIDE),
        height=read.whole("height", rules.MIN_SIDE, rules.MAX_SIDE),
        seed=read.whole("seed", -MAX_NUMBER - 1, MAX_NUMBER),
        shuffle=read.whole("shuffle", 0, 1),
        roster=roster,
        names=tuple(_text(item, place) for item, place in read.items("names", seats, seats)),
        info=_info(read.value("info"), f"{where} › info"),
        ticks=read.whole("ticks", 0, MAX_NUMBER),
        complete=read.flag("complete"),
        winner=read.whole("winner", -1, rules.MAX_TEAMS - 1),
        timed_out=read.flag("timed_out"),
        scores=tuple(
            _whole(item, place, -MAX_NUMBER, MAX_NUMBER) for item, place in read.items("scores", seats, seats)
        ),
        sections={name: _pair(sizes[name], f"{where} › sections › {name}") for name in sections},
        drivers=_drivers(read.value("drivers"), seats, f"{where} › drivers") if "drivers" in table else None,
    )


def drivers_of(record: dict[str, Any], seats: int) -> Drivers:
    """Return the result of `NpcDriver.record`, checked as if read from a file. Raises ReplayRefused."""
    found = _drivers(record, seats, "drivers")
    assert found is not None
    return found


def _drivers(value: Any, seats: int, where: str) -> Drivers | None:
    if value is None:
        return None
    read = _Reader(_object(value, where), where)
    return Drivers(
        seed=read.whole("seed", -MAX_NUMBER - 1, MAX_NUMBER),
        seats=tuple(_seat_brain(item, place) for item, place in read.items("seats", seats, seats)),
    )


def _seat_brain(value: Any, where: str) -> SeatBrain | None:
    if value is None:
        return None
    read = _Reader(_object(value, where), where)
    sha256 = read.text("sha256")
    if sha256 and (len(sha256) != HASH_DIGITS or set(sha256) - set("0123456789abcdef")):
        raise ReplayRefused(
            f"{where} › sha256: expected {HASH_DIGITS} hex digits or none, found {sha256:.40}"
        )
    gave_way = read.value("gave_way")
    if gave_way is not None:
        (tick, at), (bot, place) = read.items("gave_way", 2, 2)
        gave_way = _whole(tick, at, 0, MAX_NUMBER), _text(bot, place)
    temperature = read.value("temperature")
    if type(temperature) not in (int, float) or not 0 <= temperature <= MAX_TEMPERATURE:
        raise ReplayRefused(
            f"{where} › temperature: expected a number from 0 to {MAX_TEMPERATURE:g}, found {temperature!r:.40}"
        )
    return SeatBrain(
        brain=read.text("mind"),
        sha256=sha256,
        delay=read.whole("delay", 0, MAX_DELAY),
        temperature=float(temperature),
        gave_way=gave_way,
    )


class _Reader:
    """Reads the entries of one object, with the place of each in its errors."""

    def __init__(self, table: dict[str, Any], where: str) -> None:
        self._table = table
        self._where = where

    def value(self, name: str) -> Any:
        if name not in self._table:
            raise ReplayRefused(f"{self._where}: expected an entry {name!r}, found none")
        return self._table[name]

    def text(self, name: str, length: int | None = None) -> str:
        value = _text(self.value(name), f"{self._where} › {name}")
        if length is not None and len(value) != length:
            raise ReplayRefused(f"{self._where} › {name}: expected {length} characters, found {len(value)}")
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        return _whole(self.value(name), f"{self._where} › {name}", low, high)

    def flag(self, name: str) -> bool:
        value = self.value(name)
        if not isinstance(value, bool):
            raise ReplayRefused(f"{self._where} › {name}: expected true or false, found {value!r:.40}")
        return value

    def items(self, name: str, least: int, most: int) -> list[tuple[Any, str]]:
        value = self.value(name)
        if not isinstance(value, list) or not least <= len(value) <= most:
            found = f"{len(value)}" if isinstance(value, list) else f"{value!r:.40}"
            raise ReplayRefused(
                f"{self._where} › {name}: expected a list of {least} to {most}, found {found}"
            )
        return [(item, f"{self._where} › {name} {n}") for n, item in enumerate(value)]

    def rows(self, name: str, least: int, most: int, width: int) -> list[tuple[list[Any], str]]:
        rows = self.items(name, least, most)
        for item, place in rows:
            if not isinstance(item, list) or len(item) != width:
                raise ReplayRefused(f"{place}: expected a list of {width}, found {item!r:.40}")
        return rows


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ReplayRefused(f"{where}: expected an object, found {value!r:.40}")
    return value


def _whole(value: Any, where: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ReplayRefused(f"{where}: expected a whole number from {low} to {high}, found {value!r:.40}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ReplayRefused(f"{where}: expected a text of at most {MAX_TEXT} characters, found {value!r:.40}")
    return clean(value)


def _pair(value: Any, where: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ReplayRefused(f"{where}: expected two sizes, found {value!r:.40}")
    first, second = (_whole(item, where, 0, MAX_NUMBER) for item in value)
    return first, second


def _info(value: Any, where: str) -> dict[str, str | int]:
    table = _object(value, where)
    if len(table) > MAX_INFO:
        raise ReplayRefused(f"{where}: expected at most {MAX_INFO} entries, found {len(table)}")
    return {
        _text(key, where): (
            _whole(item, f"{where} › {key:.40}", -MAX_NUMBER, MAX_NUMBER)
            if isinstance(item, int)
            else _text(item, f"{where} › {key:.40}")
        )
        for key, item in table.items()
    }
