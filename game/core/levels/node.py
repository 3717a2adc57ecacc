"""Typed access to parsed JSON with places: a wrong value becomes a problem, not an exception."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from game.core.levels.problems import (
    NOWHERE,
    Findings,
    Location,
    Place,
    as_location,
    closest_word,
    quoted,
    say,
)
from game.core.levels.schema import INT32, Field
from safefiles.messages import Message

MAX_PROPERTIES: Final = 100  # per object
_TYPE_NAMES: Final = {
    int: say("whole_number"),
    bool: say("yes_or_no"),
    str: say("text"),
    list: say("list"),
    dict: say("object_value"),
}


class Located(dict[str, Any]):
    """An object of a file, with the line on which it begins."""

    __slots__ = ("line", "start")
    line: int  # from 1; 0: not known
    start: int  # offset of its opening bracket; -1: not known

    @classmethod
    def at(cls, line: int, start: int = -1) -> "Located":
        """Return an empty one."""
        made = cls()
        made.line, made.start = line, start
        return made


def line_of(data: object) -> int:
    """Return the line on which an object begins, 0 if not known."""
    return data.line if isinstance(data, Located) else 0


class Prop(NamedTuple):
    """The value of a custom property. `counted`: an enum value, which Tiled may store as its number."""

    value: Any
    counted: bool = False
    line: int = 0


Props = dict[str, Prop]


class Node:
    """One JSON object and its place for messages. Every getter returns None after adding a problem."""

    def __init__(self, data: dict[str, Any], where: Place, findings: Findings) -> None:
        self.data = data
        self.findings = findings
        self._where: Location | None = as_location(where)
        self._inside: tuple[Location, str] = NOWHERE, ""

    @classmethod
    def of_list(cls, data: dict[str, Any], where: Location, key: str, findings: Findings) -> "Node":
        """Return an object of a list at `where`; its own place is computed only when it is needed."""
        made = cls.__new__(cls)
        made.data, made.findings, made._where, made._inside = data, findings, None, (where, key)
        return made

    @property
    def where(self) -> Location:
        """The name of its place in messages."""
        if self._where is None:
            self._where = self._inside[0].inside(self._inside[1], line_of(self.data))
        return self._where

    @where.setter
    def where(self, place: Location) -> None:
        self._where = place

    def place(self, key: str) -> Location:
        """Return the name of the place of a key's value in messages."""
        keys = self.findings.keys
        return self.where.inside(key, keys(self.data, key) if keys is not None else 0)

    def integer(
        self, key: str, low: int, high: int, unit: Message | str = "", default: int | None = None
    ) -> int | None:
        """Return a whole number from low to high; without a default a missing key is a problem."""
        if key not in self.data and default is not None:
            return default
        value = self._get(key, _TYPE_NAMES[int])
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.findings.add("E010", self.place(key), expected=_TYPE_NAMES[int], found=quoted(value))
            return None
        if not low <= value <= high:
            self.findings.add("E014", self.place(key), low=low, high=high, unit=unit, found=quoted(value))
            return None
        return value

    def number(self, key: str, default: float) -> float | None:
        """Return a finite number not larger than any map needs."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.findings.add("E010", self.place(key), expected=say("number"), found=quoted(value))
            return None
        if not abs(value) < 1e9 or not math.isfinite(value):
            self.findings.add(
                "E014", self.place(key), low=-(10**9), high=10**9, unit=say("in_pixels"), found=quoted(value)
            )
            return None
        return float(value)

    def text(self, key: str, default: str | None = None) -> str | None:
        """Return a text; without a default a missing key is a problem."""
        if key not in self.data and default is not None:
            return default
        return self._typed(key, str)  # type: ignore[no-any-return]

    def flag(self, key: str, default: bool) -> bool | None:
        """Return true or false."""
        return self._typed(key, bool) if key in self.data else default

    def items(self, key: str, default: list[Any] | None = None) -> list[Any] | None:
        """Return a list; without a default a missing key is a problem."""
        if key not in self.data and default is not None:
            return default
        return self._typed(key, list)  # type: ignore[no-any-return]

    def nodes(self, key: str, limit: int, what: str) -> list["Node"]:
        """Return the objects of a list, at most `limit` of them, each placed as `key[n]`; `what` is a phrase."""
        items = self.items(key, [])
        if items is None:
            return []
        if len(items) > limit:
            self.findings.add("E016", self.place(key), limit=limit, what=say(what), found=len(items))
            return []
        found, here = [], self.where
        for n, item in enumerate(items):
            if isinstance(item, dict):
                found.append(Node.of_list(item, here, f"{key}[{n}]", self.findings))
            else:
                where = here.inside(f"{key}[{n}]")
                self.findings.add("E010", where, expected=say("object_value"), found=quoted(item))
        return found

    def properties(self, own_class: str = "") -> Props:
        """Return the custom properties by name, of any type; a name that appears twice is a problem.

        The members of a property that is of the class `own_class` come first, as if they were set one by one.
        """
        found: Props = {}
        members: Props = {}
        if isinstance(self.data.get("properties"), dict):  # Tiled 1.0 and 1.1
            old = {name: Prop(value) for name, value in self.data["properties"].items()}
            return dict(list(old.items())[:MAX_PROPERTIES])
        for node in self.nodes("properties", MAX_PROPERTIES, "properties"):
            name = node.data.get("name")
            if type(name) is not str and (name := node.text("name")) is None:
                continue
            line = line_of(node.data)
            if name in found:
                self.findings.add("E009", self.where.inside(quoted(name), line), key=quoted(name))
            if "value" not in node.data:
                self.findings.add("E011", node.place("value"), expected=say("value"))
                continue
            value, of = node.data["value"], node.data.get("propertytype")
            if own_class and of == own_class and isinstance(value, dict):
                members |= {name: Prop(each, counted=True, line=line) for name, each in value.items()}
                continue
            found[name] = Prop(value, counted=bool(of), line=line)
        return {**dict(list(members.items())[:MAX_PROPERTIES]), **found}

    def note_unused(self, neutral: dict[str, Any]) -> None:
        """Add a note for each key whose value differs from `neutral`: Tiled shows it, the game does not."""
        for key, value in neutral.items():
            if key in self.data and self.data[key] != value:
                self.findings.add("N201", self.where, what=key)

    def _get(self, key: str, expected: Message) -> Any:
        if key not in self.data:
            self.findings.add("E011", self.place(key), expected=expected)
            return None
        value = self.data[key]
        if value is None:
            self.findings.add("E010", self.place(key), expected=expected, found="null")
        return value

    def _typed(self, key: str, kind: type) -> Any:
        value = self._get(key, _TYPE_NAMES[kind])
        if value is None or isinstance(value, kind):
            return value
        self.findings.add("E010", self.place(key), expected=_TYPE_NAMES[kind], found=quoted(value))
        return None


def read_fields(
    fields: Sequence[Field], properties: Mapping[str, Prop], where: Place, findings: Findings
) -> dict[str, Any]:
    """Return a value for each field: the property's if it is valid, otherwise the default.

    Adds an error for a property of the wrong type, a warning for a probably misspelt one, and a note for any other
    that is not in the table.
    """
    values: dict[str, Any] = {field.name: field.default for field in fields}
    known = {field.name: field for field in fields}
    here = as_location(where)
    for name, entry in properties.items():
        field = known.get(name)
        if field is None:
            place = partial(here._replace, line=entry.line or here.line)
            suggestion = findings.likely_word(name, known)
            if suggestion:
                findings.add("W114", place, found=partial(quoted, name), hint=suggestion)
            else:
                findings.add("N202", place, found=partial(quoted, name))
            continue
        place = partial(here.inside, name, entry.line)
        value = _plain(field, entry)
        if field.as_text:
            value = _from_text(field, value, place, findings)
        if _is_sound(field, value, place, findings):
            values[name] = value
    return values


def _plain(field: Field, entry: Prop) -> Any:
    """Return a value in the type of the table: 120.0 as 120, and the number of an enum value as that value."""
    value = entry.value
    if field.choices and entry.counted and type(value) is int and 0 <= value < len(field.choices):
        return field.choices[value]
    if type(field.default) is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _from_text(field: Field, value: Any, place: Callable[[], Location], findings: Findings) -> Any:
    """Return the whole number in a text, and one that Tiled cut to 32 bits with those 32 bits as they were."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(field.high)):
        return int(value)
    if type(value) is int and INT32[0] <= value < 0:
        used = value % (1 << 32)
        findings.add("W116", place, found=value, used=used)
        return used
    return value


def _is_sound(field: Field, value: Any, place: Callable[[], Location], findings: Findings) -> bool:
    kind = type(field.default)
    mistyped = type(value) is not kind
    if mistyped:
        expected = say("whole_or_text") if field.as_text else _TYPE_NAMES[kind]
        findings.add("E010", place, expected=expected, found=quoted(value))
    elif field.choices and value not in field.choices:
        findings.add(
            "E015",
            place,
            expected=", ".join(field.choices),
            found=quoted(value),
            hint=partial(closest_word, value, field.choices),
        )
    elif kind is int and not field.low <= value <= field.high:
        findings.add("E014", place, low=field.low, high=field.high, unit="", found=quoted(value))
    elif kind is str and not field.choices and (len(value) > field.high or not value.isprintable()):
        findings.add("E010", place, expected=say("printable", limit=field.high), found=quoted(value))
    else:
        return True
    return False
