"""`LevelCache`: caches the entries of the player's level files, so that a list of hundreds opens immediately.

A line is kept with every file that was read for it, its tilesets too, each with the SHA-256 of its bytes: it holds as long
as all of them hold those bytes, in a build whose reader is this one. Bytes are compared only where a file's stamp (times of
change to the nanosecond, size, number on the disk) is another one, or where the file was so young when it was read that a
second change might have left the same stamp. Nothing a player does by accident changes a file and leaves its stamp: a
program that sets the time of change back still changes the other time.

On the disk there is one file of plain data with a checksum. A lost, damaged or foreign one costs time and nothing else.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import game
from game.core.levels import tilesets
from game.core.levels.catalogue import LevelEntry, read_entry
from game.core.levels.plain_level import (
    level_from_plain,
    level_to_plain,
    problem_from_plain,
    problem_to_plain,
)
from game.core.levels.problems import Problem
from game.core.levels.reads import FileStamp, file_stamp, hash_of, record_reads
from game.core.levels.safe_json import read_bounded
from game.core.sim.prebuilt import digest_of
from safefiles.foreign import read_regular
from safefiles.writing import write_atomic

NAME: Final = "levels.cache"
MOST_BYTES: Final = 16 * 1024 * 1024  # size of the file; entries beyond it are read again
YOUNG: Final = 3_000_000_000  # ns; the coarsest clock of a file system in use has steps of two seconds
_HEAD: Final = b"bankshot levels "
_UNTRACKED: Final = ("E026", "W112")  # depend on the target of a link, which no stamp shows


@dataclass(frozen=True)
class _Part:
    """One file that was read: its content's hash, and its stamp if that alone proves it unchanged."""

    content: str  # as `record_reads` says
    stamp: FileStamp | None


@dataclass(frozen=True)
class _Kept:
    """An entry of the list and the files that it was read from."""

    entry: LevelEntry
    parts: dict[Path, _Part]


class LevelCache:
    """Entries of level files by path. Any thread may call it."""

    def __init__(self, folder: Path | None, clock: Callable[[], int] = time.time_ns) -> None:
        """`folder` is the folder of the cache file; None: nothing is kept after the process."""
        self._path = folder / NAME if folder is not None else None
        self._clock = clock
        self._kept: dict[Path, _Kept] | None = None  # None: not read from the disk yet
        self._written: frozenset[Path] = frozenset()
        self._changed = False
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read the cache file."""
        self._lines()

    def last(self, path: Path, name: str) -> LevelEntry | None:
        """Return the entry read the last time, even if the file changed since; None if there is none."""
        kept = self._lines().get(path)
        return kept.entry if kept is not None and kept.entry.name == name else None

    def known(
        self, path: Path, name: str, stamps: dict[Path, FileStamp | None] | None = None
    ) -> LevelEntry | None:
        """Return the entry of a file that is certainly unchanged, without reading it; otherwise None.

        `stamps` keeps the stamps looked up: a tileset that many levels share is looked up once.
        """
        kept = self._lines().get(path)
        if kept is None or kept.entry.name != name:
            return None
        seen = {} if stamps is None else stamps
        for file, part in kept.parts.items():
            if file not in seen:
                seen[file] = file_stamp(file)
            if seen[file] != part.stamp or (part.stamp is None and part.content):
                return None
        return kept.entry

    def read(self, path: Path, name: str) -> LevelEntry:
        """Return the entry of a file; it is read again unless the bytes of all its files are unchanged. May take milliseconds."""
        lines, now = self._lines(), self._clock()
        kept = lines.get(path)
        if kept is not None and kept.entry.name == name:
            contents = {file: _content(file) for file in kept.parts}
            before = {file: file_stamp(file) for file in contents}
            if all(contents[file] == part.content for file, part in kept.parts.items()):
                self._keep(kept.entry, contents, before, now)
                return kept.entry
        before = {
            path: file_stamp(path),
            **({} if kept is None else {file: file_stamp(file) for file in kept.parts}),
        }
        with record_reads() as contents:
            entry = read_entry(path, name)
        # A stamp from after the reading may be that of a later change: such a file is compared by its bytes
        stamps = {file: before.get(file, file_stamp(file)) for file in contents}
        self._keep(entry, contents, stamps, now)
        return entry

    def save(self, paths: Iterable[Path]) -> None:
        """Write the entries of these files (all that are listed) if some are new; failures are ignored."""
        known = dict(self._lines())  # other threads read at the same time
        listed = [path for path in paths if path in known]
        if self._path is None or (not self._changed and frozenset(listed) == self._written):
            return
        self._changed = False
        lines, size = [], 0
        for path in listed:
            line = json.dumps(_to_plain(known[path]))
            size += len(line)
            if size > MOST_BYTES - 1000:
                break
            lines.append(line)
        body = ("[" + ",\n".join(lines) + "]").encode("ascii")
        with suppress(OSError):
            write_atomic(self._path, _head(body) + body)
        self._written = frozenset(listed)

    def _keep(
        self, entry: LevelEntry, contents: dict[Path, str], stamps: dict[Path, FileStamp | None], now: int
    ) -> None:
        lines = self._lines()
        if any(problem.code in _UNTRACKED for problem in entry.problems):
            lines.pop(entry.path, None)
            return
        parts = {file: _Part(content, _old(stamps[file], now)) for file, content in contents.items()}
        lines[entry.path] = _Kept(entry, parts)
        self._changed = True

    def _lines(self) -> dict[Path, _Kept]:
        with self._lock:
            if self._kept is None:
                self._kept = {} if self._path is None else _load(self._path)
                self._written = frozenset(self._kept)
            return self._kept


def _old(stamp: FileStamp | None, now: int) -> FileStamp | None:
    """Return a stamp that proves by itself that a file is unchanged; None if the file was changed just before."""
    if stamp is None or max(stamp.modified, stamp.changed) > now - YOUNG:
        return None
    return stamp


def _content(path: Path) -> str:
    data = read_bounded(path)
    return hash_of(data if isinstance(data, bytes) else None)


@lru_cache(maxsize=1)
def _reader() -> str:
    """Return a hash of everything that determines how bytes become a level: the reader's sources and the game's tileset."""
    levels = Path(tilesets.__file__).parent
    core = levels.parent
    sources = [*sorted(levels.rglob("*.py")), core / "rules.py", core / "sim" / "arena.py", Path(__file__)]
    try:
        made_of = digest_of([*sources, tilesets.SHARED_TILESET])
    except OSError:  # an installation without sources changes only with the version
        made_of = ""
    return f"{game.__version__} {made_of}"


def _head(body: bytes) -> bytes:
    digest = hashlib.sha256(_reader().encode() + b"\0" + body).hexdigest()
    return _HEAD + digest.encode() + b"\n"


def _load(path: Path) -> dict[Path, _Kept]:
    """Return the entries of the file; none if it is missing, damaged, or of another build."""
    try:
        data = read_regular(path, MOST_BYTES)
        head, _, body = data.partition(b"\n")
        if len(data) > MOST_BYTES or head + b"\n" != _head(body):
            return {}
        path_of = cache(Path)  # a tileset is named by many levels
        kept = [_from_plain(row, path_of) for row in json.loads(body)]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return {each.entry.path: each for each in kept}


def _to_plain(kept: _Kept) -> list[Any]:
    entry = kept.entry
    notes = [problem_to_plain(problem) for problem in entry.problems]
    level = level_to_plain(entry.level) if entry.level is not None else None
    parts = [[str(file), part.content, part.stamp] for file, part in kept.parts.items()]
    brains = [
        problem_to_plain(Problem("W117", "", where, (("found", brain),))) for brain, where in entry.brains
    ]
    return [str(entry.path), entry.name, parts, level, notes, brains]


def _from_plain(row: Any, path_of: Callable[[str], Path]) -> _Kept:
    path, name, parts, level, notes, named = row
    brains = tuple((str(dict(each.args)["found"]), each.place) for each in map(problem_from_plain, named))
    problems = tuple(map(problem_from_plain, notes))
    file = path_of(path)
    found = level_from_plain(level, file, problems) if level is not None else None
    stamps = {
        path_of(each): _Part(str(content), FileStamp(*map(int, stamp)) if stamp is not None else None)
        for each, content, stamp in parts
    }
    return _Kept(LevelEntry(str(name), file, False, found, problems, brains), stamps)
