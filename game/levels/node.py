"""Typed, located access to parsed JSON: a wrong value becomes a problem, not an exception."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from game.levels.problems import Findings, hint, quoted
from game.levels.schema import Field

_TYPE_NAMES: Final = {bool: "true or false", str: "a text", list: "a list", dict: "an object"}


class Node:
    """One JSON object and its place for messages. Every getter returns None after adding a problem."""

    def __init__(self, data: dict[str, Any], where: str, findings: Findings) -> None:
        self.data = data
        self.where = where
        self.findings = findings

    def place(self, key: str) -> str:
        """Return how messages call the value of a key."""
        return f"{self.where}.{key}" if self.where else key

    def integer(
        self, key: str, low: int, high: int, unit: str = "", default: int | None = None
    ) -> int | None:
        """Return a whole number from low to high; a missing key is a problem unless there is a default."""
        if key not in self.data and default is not None:
            return default
        value = self._get(key, "a whole number")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.findings.add("E010", self.place(key), expected="a whole number", found=quoted(value))
            return None
        if not low <= value <= high:
            self.findings.add("E014", self.place(key), low=low, high=high, unit=unit, found=quoted(value))
            return None
        return value

    def number(self, key: str, default: float) -> float | None:
        """Return a finite number no larger than a map could need."""
        value = self.data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.findings.add("E010", self.place(key), expected="a number", found=quoted(value))
            return None
        if not abs(value) < 1e9 or not math.isfinite(value):
            self.findings.add(
                "E014", self.place(key), low=-(10**9), high=10**9, unit=" pixels", found=quoted(value)
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
        """Return the objects of a list, at most `limit` of them, each placed as `key[n]`."""
        items = self.items(key, [])
        if items is None:
            return []
        if len(items) > limit:
            self.findings.add("E016", self.place(key), limit=limit, what=what, found=len(items))
            return []
        found = []
        for n, item in enumerate(items):
            where = f"{self.place(key)}[{n}]"
            if isinstance(item, dict):
                found.append(Node(item, where, self.findings))
            else:
                self.findings.add("E010", where, expected="an object", found=quoted(item))
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
                self.findings.add("E011", node.place("value"), expected="a value")
                continue
            found[name] = node.data["value"]
        return found

    def note_unused(self, neutral: dict[str, Any]) -> None:
        """Note the keys of `neutral` that hold anything else: Tiled shows them, the game does not."""
        for key, value in neutral.items():
            if key in self.data and self.data[key] != value:
                self.findings.add("N201", self.where, what=key)

    def _get(self, key: str, expected: str) -> Any:
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
    fields: Sequence[Field], properties: dict[str, Any], where: str, findings: Findings
) -> dict[str, Any]:
    """Return a value for each field: the property's where it is sound, else the default.

    Adds an error for a property of the wrong kind and a note for one that is not in the table.
    """
    values: dict[str, Any] = {field.name: field.default for field in fields}
    known = {field.name: field for field in fields}
    for name, value in properties.items():
        field = known.get(name)
        if field is None:
            findings.add("N202", where, found=partial(quoted, name), hint=partial(hint, name, known))
        elif _is_sound(field, value, f"{where}.{name}" if where else name, findings):
            values[name] = value
    return values


def _is_sound(field: Field, value: Any, place: str, findings: Findings) -> bool:
    kind = type(field.default)
    mistyped = type(value) is not kind
    if mistyped:
        expected = {int: "a whole number", bool: "true or false", str: "a text"}[kind]
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
        findings.add(
            "E010", place, expected=f"at most {field.high} printable characters", found=quoted(value)
        )
    else:
        return True
    return False
