"""Errors as messages for users: our own unchanged, those of the system and of parsers by their kind.

The English text is that of the error; the Chinese text names the kind of error.
"""

import binascii
import errno
import json
import re
import sqlite3
import struct
import tomllib
import zipfile
import zlib
from typing import Final

from safefiles.messages import Message
from safefiles.phrases import PHRASES, say
from safefiles.text import clean

_MOST: Final = 160  # characters of a parser's own words
_TOML_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
# The beginnings of the JSON parser's texts, and our phrases for them.
_JSON_MISTAKES: Final = {
    "Expecting value": "json_value",
    "Expecting property name": "json_name",
    "Expecting ':'": "json_colon",
    "Expecting ','": "json_comma",
    "Illegal trailing comma": "json_comma",
    "Extra data": "json_extra",
    "Unterminated string": "json_quote",
    "Invalid control character": "json_control",
    "Invalid \\": "json_escape",
}
# SQLite's primary result codes that matter to a player.
_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "sqlite_busy",
    sqlite3.SQLITE_LOCKED: "sqlite_busy",
    sqlite3.SQLITE_READONLY: "os_EROFS",
    sqlite3.SQLITE_PERM: "os_EACCES",
    sqlite3.SQLITE_AUTH: "os_EACCES",
    sqlite3.SQLITE_FULL: "os_ENOSPC",
    sqlite3.SQLITE_IOERR: "os_EIO",
    sqlite3.SQLITE_CANTOPEN: "sqlite_closed",
    sqlite3.SQLITE_CORRUPT: "sqlite_damaged",
    sqlite3.SQLITE_NOTADB: "sqlite_other_file",
    sqlite3.SQLITE_TOOBIG: "sqlite_memory",
    sqlite3.SQLITE_NOMEM: "sqlite_memory",
}


def message_of(error: BaseException) -> Message:
    """Return an error's message for users: its own, the system's, or for any other error that it is a bug.

    The English text is that of the error.
    """
    own = _own(error)
    if own is not None:
        return own
    if isinstance(error, OSError):
        return system_message(error)
    if isinstance(error, sqlite3.Error):
        return database_message(error)
    name = type(error).__name__
    return say("fault", told=clean(str(error) or name), kind=name)


def system_message(error: OSError) -> Message:
    """Return the system's error; the English text is the system's own."""
    if isinstance(error.strerror, Message):
        return error.strerror
    told = clean(str(error.strerror or error), _MOST)
    key = f"os_{errno.errorcode.get(error.errno or 0, '')}"
    if key in PHRASES.table:
        return say(key, told=told)
    return say("os_other", told=told, number=error.errno or "?")


def database_message(error: sqlite3.Error) -> Message:
    """Return SQLite's error; the English text is SQLite's own."""
    told, code = clean(str(error), _MOST), getattr(error, "sqlite_errorcode", 0)
    return say(_SQLITE.get(code & 0xFF, "sqlite_other"), told=told, number=code)


def parser_message(error: BaseException) -> Message:
    """Return a parser's error; the English text is the parser's own."""
    own = _own(error)
    if own is not None:
        return own
    told = clean(str(error) or type(error).__name__, _MOST)
    if isinstance(error, json.JSONDecodeError):
        mistake = say(json_error_id(error.msg), told=clean(error.msg, _MOST))
        return say("json_at", told=told, mistake=mistake, line=error.lineno, column=error.colno)
    if isinstance(error, tomllib.TOMLDecodeError):
        place = _TOML_PLACE.search(str(error))
        return (
            say("toml_at", told=told, line=place[1], column=place[2]) if place else say("toml_end", told=told)
        )
    for kinds, key in (
        ((zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile), "packed"),
        ((EOFError, struct.error), "cut_off"),
        ((binascii.Error,), "base64"),
    ):
        if isinstance(error, kinds):
            return say(key, told=told)
    return say("unfit", told=told, kind=type(error).__name__)


def _own(error: BaseException) -> Message | None:
    """Return the `Message` that an error was raised with."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Message) else None


def json_error_id(words: str) -> str:
    """Return the id of the JSON parser's error, "json_other" if it is not in the table."""
    known = (key for start, key in _JSON_MISTAKES.items() if words.startswith(start))
    return next(known, "json_other")
