"""Reads untrusted JSON: size, nesting and number of values are limited before it is parsed.

Each object of the result is a `Located` with its line.
"""

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from game.core.levels.node import Located
from game.core.levels.problems import MAX_PROBLEMS, Findings, Location, quoted, say
from game.core.levels.reads import record_read
from safefiles.causes import json_error_id, system_message
from safefiles.foreign import PARSER_ERRORS, NotRegular, read_regular, short_reason
from safefiles.messages import Message
from safefiles.text import clean

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 40  # nested brackets: eight groups of layers and a class-valued property
_MAX_COUNTS: Final = (
    ("[", "lists", 20_000),
    ("{", "objects", 20_000),
    ('"', "quotes", 120_000),
    (",", "values", 120_000),
)
_BRACKETS: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)  # linear: no backtracking
_MOST_TOKENS: Final = 20_000  # most texts and brackets of an object that are searched for the line of a key
_COLON: Final = re.compile(r"[ \t\r\n]*+:")
_LARGE_EXPONENT: Final = re.compile(r"[eE]\+?[0-9]{3}")  # numbers that may overflow to infinity
_BYTE_ORDER_MARKS: Final = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_OTHER_FILES: Final = (
    (b"PK\x03\x04", "packed_file"),
    (b"7z\xbc\xaf", "packed_file"),
    (b"Rar!", "packed_file"),
    (b"\x1f\x8b", "packed_file"),
    (b"\x89PNG", "picture"),
)


class _TooManyNonFinite(Exception):
    """Stops the parser: the file has more NaN and Infinity than are listed."""


def read_bounded(path: Path) -> bytes | Message:
    """Return the file's bytes (MAX_BYTES + 1 if it is larger), or a message about what was found instead of a file."""
    data = _read(path)
    record_read(path, data if isinstance(data, bytes) else None)
    return data


def _read(path: Path) -> bytes | Message:
    try:
        return read_regular(path, MAX_BYTES)
    except NotRegular as error:
        return say("folder" if error.kind == "a folder" else "device")
    except FileNotFoundError:
        return say("no_file")
    except PARSER_ERRORS as error:
        return say(
            "unreadable", why=system_message(error) if isinstance(error, OSError) else short_reason(error)
        )


def decode(data: bytes, findings: Findings) -> str | None:
    """Return the text of a file, a UTF-8 BOM allowed; None after adding a problem."""
    if len(data) > MAX_BYTES:
        findings.add("E002", limit=MAX_BYTES, found=say("or_more", count=len(data)))
        return None
    for mark, what in _OTHER_FILES:
        if data.startswith(mark):
            findings.add("E001", found=say(what))
            return None
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            findings.add("E003", found=encoding)
            return None
    data = data.removeprefix(_UTF8_MARK)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte, line = f"{data[error.start]:#04x}", data.count(b"\n", 0, error.start) + 1
        findings.add("E003", Location(line=line), found=say("byte_at", byte=byte, offset=error.start))
        return None


def parse_json(text: str, findings: Findings) -> Any:
    """Return the JSON value of a text that `decode` has bounded; None after adding problems."""
    for sign, what, limit in _MAX_COUNTS:
        found = text.count(sign)
        if found > limit:
            findings.add("E007", limit=limit, what=say(what), found=found)
            return None
    starts = _object_starts(text)
    if starts is None:
        findings.add("E006", limit=MAX_DEPTH)
        return None
    findings.keys = _Keys(text).line
    return _parse(text, starts, findings)


def _object_starts(text: str) -> list[tuple[int, int]] | None:
    """Return line and offset of each object in the order of their ends; None if brackets are nested too deep.

    Brackets inside texts do not count.
    """
    depth, line, last = 0, 1, 0
    opened: list[tuple[int, int]] = []
    closed: list[tuple[int, int]] = []
    for match in _BRACKETS.finditer(text):
        sign = match[0]
        if sign[0] == '"':
            continue
        if sign == "{":
            start = match.start()
            line += text.count("\n", last, start)
            last = start
            opened.append((line, start))
        elif sign == "}" and opened:
            closed.append(opened.pop())
        depth += 1 if sign in "[{" else -1
        if depth > MAX_DEPTH:
            return None
    return closed


class _Keys:
    """Finds the lines of an object's keys, when a message first needs one of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, dict[str, int]] = {}  # by the object's offset

    def line(self, data: dict[str, Any], key: str) -> int:
        """Return the line of a key, 0 if not known."""
        if not isinstance(data, Located) or data.start < 0:
            return 0
        if data.start not in self._known:
            self._known[data.start] = self._lines_of(data.start, data.line)
        return self._known[data.start].get(key, 0)

    def _lines_of(self, start: int, line: int) -> dict[str, int]:
        text, depth, last = self._text, 0, start
        found: dict[str, int] = {}
        for match in islice(_BRACKETS.finditer(text, start), _MOST_TOKENS):
            sign = match[0]
            if sign in ("[", "{"):
                depth += 1
            elif sign in ("]", "}"):
                depth -= 1
                if not depth:
                    break
            elif depth == 1 and _COLON.match(text, match.end()):
                line += text.count("\n", last, match.start())
                last = match.start()
                found[sign[1:-1]] = line
        return found


def _parse(text: str, starts: list[tuple[int, int]], findings: Findings) -> Any:
    odd_numbers = 0
    doubles: list[str] = []

    def constant(name: str) -> float:
        nonlocal odd_numbers
        odd_numbers += 1
        if odd_numbers > MAX_PROBLEMS:
            raise _TooManyNonFinite
        return float(name)

    ended = iter(starts)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = Located.at(*next(ended, (0, -1)))
        for name, value in pairs:
            if name in found and len(doubles) < MAX_PROBLEMS:
                doubles.append(name)
            found[name] = value
        return found

    try:
        value = json.loads(text, parse_constant=constant, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        place = Location(line=error.lineno)
        found = _syntax_error(error.msg) if text.strip() else say("json_empty")
        findings.add("E005", place, found=found, line=error.lineno, column=error.colno)
        return None
    except _TooManyNonFinite:
        findings.add("E008", found=say("odd_numbers", count=MAX_PROBLEMS))
        return None
    except ValueError:  # an integer with more digits than Python converts
        findings.add("E008", found=say("endless_number"))
        return None
    for name in doubles:
        findings.add("E009", key=quoted(name))
    if odd_numbers or _LARGE_EXPONENT.search(text):
        odd_numbers = _report_non_finite(value, findings)
    return None if odd_numbers else value


def _syntax_error(words: str) -> Message:
    """Return the parser's error as a message."""
    return say(json_error_id(words), told=clean(words, 80))


def _report_non_finite(value: Any, findings: Findings) -> int:
    """Add a problem for each NaN and infinity, with its path in the JSON; return how many were added."""
    found = list(islice(_non_finite_numbers(value, ""), MAX_PROBLEMS))
    for where, number in found:
        findings.add("E008", where, found=quoted(number))
    return len(found)


def _non_finite_numbers(value: Any, where: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers that are not finite, each with its path in the JSON; nesting was limited before parsing."""
    if isinstance(value, float):
        if not math.isfinite(value):
            yield where, value
    elif isinstance(value, dict):
        for key, child in value.items():
            name = key if key.isidentifier() and len(key) <= 40 else quoted(key)
            yield from _non_finite_numbers(child, f"{where}.{name}".lstrip("."))
    elif isinstance(value, list):
        for n, child in enumerate(value):
            yield from _non_finite_numbers(child, f"{where}[{n}]")
