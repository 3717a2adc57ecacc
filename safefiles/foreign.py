"""The only way to read untrusted or possibly damaged files: with limits, located errors and cleaned texts.

Every error of a parser or the file system becomes an error of one line that says what was expected, what was found, and
where. Readers pass the class of their error; the default is `FileRefused`.
"""

import csv
import json
import math
import stat
import struct
import tokenize
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from safefiles.causes import message_of, parser_message, system_message
from safefiles.errors import FileRefused
from safefiles.messages import Message
from safefiles.phrases import say
from safefiles.text import clean, shown_path

Refusal = type[ValueError]

MAX_DEPTH: Final = 60  # nested brackets
MAX_DIGITS: Final = 40  # of a whole number: the 128-bit state of a random generator has 39
_TOO_LARGE: Final = 10**MAX_DIGITS
_FOUND: Final = 160  # characters of a parser's own words
# What parsers and the file system raise for bad input. TypeError and AttributeError are not among them: they mean
# that a reader took a value for another kind without looking, which is a fault of the reader.
PARSER_ERRORS: Final = (
    OSError, ValueError, OverflowError, RecursionError, MemoryError, LookupError, EOFError, struct.error, zlib.error,
    zipfile.BadZipFile, zipfile.LargeZipFile, csv.Error, tokenize.TokenError, NotImplementedError, ZeroDivisionError,
)  # fmt: skip


class NotRegular(OSError):
    """The path is not a regular file; `kind` says what it is."""

    def __init__(self, kind: Message) -> None:
        super().__init__(kind)
        self.kind = kind


@contextmanager
def refuse_errors(
    where: Path | str, expected: str, refusal: Refusal = FileRefused, *, missing: bool = False
) -> Iterator[None]:
    """Turn a parser's errors inside the block into `refusal`: ``WHERE: expected EXPECTED, found ...``.

    `where` is a path, of which the name is shown, or a place as text. A `refusal` raised inside passes unchanged; with
    `missing` so does a FileNotFoundError, for callers that accept an absent file.
    """
    try:
        yield
    except (refusal, FileRefused) as error:
        if isinstance(error, refusal):
            raise
        raise refusal(message_of(error)) from error
    except PARSER_ERRORS as error:
        if missing and isinstance(error, FileNotFoundError):
            raise
        place = shown_path(where.name or where) if isinstance(where, Path) else where
        key = "unread" if isinstance(error, OSError | MemoryError) else "malformed"
        raise refusal(say(key, where=place, expected=expected, found=short_reason(error))) from error


def short_reason(error: BaseException) -> Message:
    """Return the reason of an error in a few words on one line, without paths and without a parser's long texts."""
    if isinstance(error, NotRegular):
        return error.kind
    if isinstance(error, FileNotFoundError):
        return say("no_file")
    if isinstance(error, OSError) and error.strerror:
        return say("unreadable", why=system_message(error))
    if isinstance(error, RecursionError):
        return say("nested")
    if isinstance(error, MemoryError):
        return say("memory_full")
    if isinstance(error, UnicodeDecodeError):
        byte = f"{error.object[error.start]:#04x}"
        return say("not_text", byte=byte, offset=error.start, encoding=error.encoding)
    if isinstance(error, LookupError):
        return say("absent", what=clean(str(error), 60))
    return parser_message(error)


def place_inside(where: str, *steps: str, mark: str = " › ") -> str:
    """Return the name of a place inside another for messages; any part may be a message."""
    for step in filter(None, steps):
        known = isinstance(where, Message) or isinstance(step, Message)
        where = say("inside", where=where, mark=mark, step=step) if known else f"{where}{mark}{step}"
    return where


def expand_path(path: Path | str) -> Path:
    """Return a user's path as an absolute path; `~` and `~name` are replaced by that user's folder.

    Raises FileRefused for an unknown user, and for a relative path if the current folder is gone.
    """
    with refuse_errors(shown_path(path), say("path")):
        try:
            return Path(path).expanduser().absolute()
        except RuntimeError:  # pathlib's answer to a user without a folder
            found = say("unknown_user")
            raise FileRefused(
                say("refused", where=shown_path(path), expected=say("path"), found=found)
            ) from None


def read_bytes(
    path: Path, most: int, expected: str, refusal: Refusal = FileRefused, *, missing: bool = False
) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes.

    Raises `refusal` for anything else: a folder, a device or pipe (which is not opened), a larger file, an invalid
    path. With `missing` an absent file raises FileNotFoundError.
    """
    with refuse_errors(path, expected, refusal, missing=missing):
        data = read_regular(path, most)
        if len(data) > most:
            raise refusal(say("too_large", where=shown_path(path.name), expected=expected, most=most))
    return data


def read_regular(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file, at most `most` + 1 of them, for readers with their own error messages.

    Raises NotRegular for a folder, a device or a pipe, which is not opened, and OSError or ValueError as the system does.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise NotRegular(say("folder" if stat.S_ISDIR(mode) else "device"))
    with path.open("rb") as stream:
        return stream.read(most + 1)


def parse_json(
    data: bytes | str,
    where: str,
    refusal: Refusal = FileRefused,
    *,
    finite: bool = True,
    cleaned: bool = True,
) -> Any:
    """Return the JSON value of `data`: UTF-8 with or without a mark, at most `MAX_DEPTH` nested, every text `clean`.

    Line ends stay in the texts. Without `cleaned` texts are unchanged, for data that goes back to its source; such
    texts must not be shown. Raises `refusal` that names the place for NaN, Infinity and numbers beyond a
    double's range (unless `finite` is false), for whole numbers of more than `MAX_DIGITS` digits, and for an object that
    has a name twice, also if two names are equal only after cleaning: readers would see one of the two values.
    """
    with refuse_errors(where, say("json"), refusal):
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        return _Check(where, refusal, finite, cleaned).value(
            json.loads(text, parse_int=_whole, object_pairs_hook=_object)
        )


def parse_toml(data: bytes | str, where: str, refusal: Refusal = FileRefused) -> dict[str, Any]:
    """Return the tables of a TOML document, under the same rules as `parse_json`; dates stay dates."""
    with refuse_errors(where, say("toml"), refusal):
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        table: dict[str, Any] = _Check(where, refusal, True).value(tomllib.loads(text))
    return table


def _whole(digits: str) -> int:
    """Return a whole number; if it has too many digits, a shortened one that the check refuses with its place."""
    return int(digits[: MAX_DIGITS + 2])


class _Doubled(dict[str, Any]):
    """An object that has a name twice; the check refuses it with its place."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    doubled, seen = _Doubled(), set()
    doubled.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return doubled


class _Check:
    """Walks through a parsed value once, cleans its texts, and refuses what is not allowed, with its path."""

    def __init__(self, where: str, refusal: Refusal, finite: bool, cleaned: bool = True) -> None:
        self._where = where
        self._cleaned = cleaned
        self._refusal = refusal
        self._finite = finite
        self._way: list[str | int] = []

    def value(self, value: Any) -> Any:
        """Return the value with its texts cleaned."""
        if isinstance(value, str):
            return clean(value, lines=True) if self._cleaned else value
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            # Long lists of whole numbers, a piece's notes, make up most of what is read: those are looked at here.
            return [
                child
                if type(child) is int and -_TOO_LARGE < child < _TOO_LARGE
                else self._inside(index, child)
                for index, child in enumerate(value)
            ]
        if isinstance(value, float) and self._finite and not math.isfinite(value):
            self._refuse("finite", most=MAX_DIGITS, found=value)
        if isinstance(value, int) and abs(value) >= _TOO_LARGE:
            self._refuse("digits", most=MAX_DIGITS)
        return value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        if isinstance(value, _Doubled):
            self._refuse("name_twice", name=clean(value.name, 60))
        result: dict[str, Any] = {}
        for key, child in value.items():
            name = clean(key) if self._cleaned else key
            if name in result:
                self._refuse("name_alike", name=clean(name, 60))
            result[name] = self._inside(name, child)
        return result

    def _inside(self, step: str | int, value: Any) -> Any:
        self._way.append(step)
        if len(self._way) > MAX_DEPTH:
            self._refuse("nested_values", most=MAX_DEPTH)
        result = self.value(value)
        self._way.pop()
        return result

    def _refuse(self, key: str, **fields: object) -> None:
        way = "".join(f"[{step}]" if isinstance(step, int) else f".{clean(step, 40)}" for step in self._way)
        raise self._refusal(say(key, where=place_inside(self._where, way.lstrip(".")[:_FOUND]), **fields))
