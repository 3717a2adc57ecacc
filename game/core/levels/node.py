"""Typed, located access to parsed JSON: a wrong value becomes a problem, not an exception."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from game.core.levels.problems import Findings, Place, hint, inside, quoted, say
from game.core.levels.schema import INT32, Field
from safefiles.messages import Message

_TYPE_NAMES: Final = {
    int: say("whole_number"),
    bool: say("yes_or_no"),
    str: say("text"),
    list: say("list"),
    dict: say("object_value"),
}


class Node:
    """One JSON object and its place for messages. Every getter returns None after adding a problem."""

    def __init__(self, data: dict[str, Any], where: Place, findings: Findings) -> None:
        self.data = data
        self.where = where
        self.findings = findings

    def place(self, key: str) -> Place:
        """Return how messages call the value of a key."""
        return inside(self.where, key)

    def integer(
        self, key: str, low: int, high: int, unit: Message | str = "", default: int | None = None
    ) -> int | None:
        """Return a whole number from low to high; a missing key is a problem unless there is a default."""
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
        """Return a finite number no larger than a map could need."""
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
        """Return a text; a missing key is a problem unless there is a default."""
        if key not in self.data and default is not None:
            return default
        return self._typed(key, str)  # type: ignore[no-any-return]

    def flag(self, key: str, default: bool) -> bool | None:
        """Return true or false."""
        return self._typed(key, bool) if key in self.data else default

    def items(self, key: str, default: list[Any] | None = None) -> list[Any] | None:
        """Return a list; a missing key is a problem unless there is a default."""
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
        found = []
        for n, item in enumerate(items):
            where = self.place(f"{key}[{n}]")
            if isinstance(item, dict):
                found.append(Node(item, where, self.findings))
            else:
                self.findings.add("E010", where, expected=say("object_value"), found=quoted(item))
        return found

    def properties(self) -> dict[str, Any]:
        """Return the custom properties by name, of whatever type; a name that comes twice is a problem."""
        found: dict[str, Any] = {}
        for node in self.nodes("properties", 100, "properties"):
            name = node.text("name")
            if name is None:
                continue
            if name in found:
                self.findings.add("E009", self.where, key=quoted(name))
            if "value" not in node.data:
                self.findings.add("E011", node.place("value"), expected=say("value"))
                continue
            found[name] = node.data["value"]
        return found

    def note_unused(self, neutral: dict[str, Any]) -> None:
        """Note the keys of `neutral` that hold anything else: Tiled shows them, the game does not."""
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
    fields: Sequence[Field], properties: dict[str, Any], where: Place, findings: Findings
) -> dict[str, Any]:
    """Return a value for each field: the property's where it is sound, else the default.

    Adds an error for a property of the wrong kind, a warning for one that surely is misspelt, and a note for any other
    that is not in the table.
    """
    values: dict[str, Any] = {field.name: field.default for field in fields}
    known = {field.name: field for field in fields}
    for name, value in properties.items():
        field = known.get(name)
        place = inside(where, name)
        if field is None:
            suggestion = findings.misspelt(name, known)
            if suggestion:
                findings.add("W114", where, found=quoted(name), hint=suggestion)
            else:
                findings.add("N202", where, found=partial(quoted, name))
            continue
        if field.as_text:
            value = _from_text(field, value, place, findings)
        if _is_sound(field, value, place, findings):
            values[name] = value
    return values


def _from_text(field: Field, value: Any, place: Place, findings: Findings) -> Any:
    """Return the whole number that a text holds, and one that Tiled cut to 32 bits with those 32 bits as they were."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(field.high)):
        return int(value)
    if type(value) is int and INT32[0] <= value < 0:
        used = value % (1 << 32)
        findings.add("W116", place, found=value, used=used)
        return used
    return value


def _is_sound(field: Field, value: Any, place: Place, findings: Findings) -> bool:
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
            hint=partial(hint, value, field.choices),
        )
    elif kind is int and not field.low <= value <= field.high:
        findings.add("E014", place, low=field.low, high=field.high, unit="", found=quoted(value))
    elif kind is str and not field.choices and (len(value) > field.high or not value.isprintable()):
        findings.add("E010", place, expected=say("printable", limit=field.high), found=quoted(value))
    else:
        return True
    return False
