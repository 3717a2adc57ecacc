"""Which files a level was read from: its own, and every tileset and template that it names, the missing ones too.

Whoever keeps what was read (`game.player.level_cache`) or waits for a change (`game.player.watched_level`) must know them
all: a tileset may change while the map does not. `safe_json.read_bounded`, through which every reader here gets its bytes,
notes them.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, NamedTuple

_noted: Final[ContextVar["dict[Path, str] | None"]] = ContextVar("noted", default=None)


class FileStamp(NamedTuple):
    """What tells a file from another without reading it: nanoseconds of its last changes, bytes, and its number on the disk."""

    modified: int  # may be set back by whoever copies or unpacks a file …
    changed: int  # … this may not (on Windows: when the file was made)
    size: int
    number: int


def file_stamp(path: Path) -> FileStamp | None:
    """Return a file's stamp, None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return FileStamp(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


@contextmanager
def record_reads() -> Iterator[dict[Path, str]]:
    """Note every file that is read inside, with the SHA-256 of what was read; "" where there was nothing to read."""
    noted: dict[Path, str] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def record_read(path: Path, data: bytes | None) -> None:
    """Note a file where somebody wants to know; `data` None: it could not be read."""
    noted = _noted.get()
    if noted is not None:
        noted[path] = hash_of(data)


def hash_of(data: bytes | None) -> str:
    """Return what `record_reads` says of these bytes."""
    return "" if data is None else hashlib.sha256(data).hexdigest()
