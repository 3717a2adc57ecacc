"""Records which files a level was read from: its own, and every tileset and template that it names, also missing ones.

The cache (`game.player.level_cache`) and the watcher of changes (`game.player.watched_level`) must know all of them: a
tileset may change while the map does not. `safe_json.read_bounded`, through which every reader gets its bytes, records
them.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, NamedTuple

_noted: Final[ContextVar["dict[Path, str] | None"]] = ContextVar("noted", default=None)


class FileStamp(NamedTuple):
    """Identifies the content of a file without reading it: times of its last changes (ns), size, and its inode number."""

    modified: int  # programs that copy or unpack a file may set it back …
    changed: int  # … but not this one (on Windows: the time of creation)
    size: int
    number: int


def file_stamp(path: Path) -> FileStamp | None:
    """Return a file's stamp, None if there is no file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return FileStamp(found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


@contextmanager
def record_reads() -> Iterator[dict[Path, str]]:
    """Record every file read inside the block, with the SHA-256 of its content; "" if it could not be read."""
    noted: dict[Path, str] = {}
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def record_read(path: Path, data: bytes | None) -> None:
    """Record a file if recording is on; `data` None: it could not be read."""
    noted = _noted.get()
    if noted is not None:
        noted[path] = hash_of(data)


def hash_of(data: bytes | None) -> str:
    """Return the hash that `record_reads` stores for these bytes."""
    return "" if data is None else hashlib.sha256(data).hexdigest()
