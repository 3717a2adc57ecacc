"""Reads untrusted JSON: size, nesting and number of values are bounded before anything is built."""

import json
import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from game.core.levels.problems import MAX_PROBLEMS, Findings, quoted, say
from game.core.levels.reads import note_read
from safefiles.causes import json_mistake, system_message
from safefiles.foreign import PARSER_ERRORS, NotRegular, read_regular, reason
from safefiles.messages import Message
from safefiles.text import clean

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 40  # nested brackets: eight groups of layers and a class-valued property
_MAX_COUNTS: Final = (
    (b"[", "lists", 20_000),
    (b"{", "objects", 20_000),
    (b'"', "quotes", 120_000),
    (b",", "values", 120_000),
)
_BRACKETS: Final = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL
)  # linear: nothing to go back to
_LARGE_EXPONENT: Final = re.compile(r"[eE]\+?[0-9]{3}")  # what may overflow to infinity
_BYTE_ORDER_MARKS: Final = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"), (b"\x00\x00\xfe\xff", "UTF-32"))
_UTF8_MARK: Final = b"\xef\xbb\xbf"


class _TooManyOddNumbers(Exception):
    """Stops the parser: the file holds more NaN and Infinity than are worth listing."""


def read_bounded(path: Path) -> bytes | Message:
    """Return the file's bytes, one more than MAX_BYTES where it is larger, or what was found in place of a file."""
    data = _read(path)
    note_read(path, data if isinstance(data, bytes) else None)
    return data


def _read(path: Path) -> bytes | Message:
    try:
        return read_regular(path, MAX_BYTES)
    except NotRegular as error:
        return say("folder" if error.kind == "a folder" else "device")
    except FileNotFoundError:
        return say("no_file")
    except PARSER_ERRORS as error:
        return say("unreadable", why=system_message(error) if isinstance(error, OSError) else reason(error))


def parse_json(data: bytes, findings: Findings, xml_code: str = "E004") -> Any:
    """Return the JSON value of `data`, a UTF-8 BOM allowed; None after adding problems."""
    if len(data) > MAX_BYTES:
        findings.add("E002", limit=MAX_BYTES, found=say("or_more", count=len(data)))
        return None
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            findings.add("E003", found=encoding)
            return None
    data = data.removeprefix(_UTF8_MARK)
    if data.lstrip()[:1] == b"<":
        findings.add(xml_code, found="XML")
        return None
    if not _is_bounded(data, findings):
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = f"{data[error.start]:#04x}"
        findings.add("E003", found=say("byte_at", byte=byte, offset=error.start))
        return None
    return _parse(text, findings)


def _is_bounded(data: bytes, findings: Findings) -> bool:
    """Bound what the parser will build, from the bytes alone; brackets and commas inside text count too."""
    for sign, what, limit in _MAX_COUNTS:
        found = data.count(sign)
        if found > limit:
            findings.add("E007", limit=limit, what=say(what), found=found)
            return False
    depth = 0
    for match in _BRACKETS.finditer(data):
        sign = match[0]
        if sign in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                findings.add("E006", limit=MAX_DEPTH)
                return False
        elif sign in (b"]", b"}"):
            depth -= 1
    return True


def _parse(text: str, findings: Findings) -> Any:
    odd_numbers = 0
    doubles: list[str] = []

    def constant(name: str) -> float:
        nonlocal odd_numbers
        odd_numbers += 1
        if odd_numbers > MAX_PROBLEMS:
            raise _TooManyOddNumbers
        return float(name)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found and len(doubles) < MAX_PROBLEMS:
                doubles.append(name)
            found[name] = value
        return found

    try:
        value = json.loads(text, parse_constant=constant, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        findings.add("E005", found=_mistake(error.msg), line=error.lineno, column=error.colno)
        return None
    except _TooManyOddNumbers:
        findings.add("E008", found=say("odd_numbers", count=MAX_PROBLEMS))
        return None
    except ValueError:  # an integer of more digits than Python converts
        findings.add("E008", found=say("endless_number"))
        return None
    for name in doubles:
        findings.add("E009", key=quoted(name))
    if odd_numbers or _LARGE_EXPONENT.search(text):
        odd_numbers = _report_odd_numbers(value, findings)
    return None if odd_numbers else value


def _mistake(words: str) -> Message:
    """Return what the parser complains of."""
    return say(json_mistake(words), told=clean(words, 80))


def _report_odd_numbers(value: Any, findings: Findings) -> int:
    """Add a problem for each NaN and infinity, with the way to it; return how many were added."""
    found = list(islice(_odd_numbers(value, ""), MAX_PROBLEMS))
    for where, number in found:
        findings.add("E008", where, found=quoted(number))
    return len(found)


def _odd_numbers(value: Any, where: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers that are not finite, each with the way to it; nesting is bounded before parsing."""
    if isinstance(value, float):
        if not math.isfinite(value):
            yield where, value
    elif isinstance(value, dict):
        for key, child in value.items():
            name = key if key.isidentifier() and len(key) <= 40 else quoted(key)
            yield from _odd_numbers(child, f"{where}.{name}".lstrip("."))
    elif isinstance(value, list):
        for n, child in enumerate(value):
            yield from _odd_numbers(child, f"{where}[{n}]")
