"""`WatchedLevel`: a level file on which somebody works in an editor while it is played: what has become of it?

Editors write a file anew beside the old one and rename it, write over it in parts, or do so twice; for a moment there is
no file, or half of one. So what can be played counts at once, what is broken only when it stays as it is, and a save that
changes no byte not at all. `look` reads files and may take milliseconds: call it in a thread.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from game.core.levels.catalogue import LevelEntry, read_entry
from game.core.levels.reads import FileStamp, file_stamp, record_reads
from game.player.level_lint import add_brain_warnings

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.core.levels.problems import Problem

SETTLED: Final = 0.4  # seconds that a broken file must stay as it is before its errors are told
GONE: Final = 2.0  # seconds that it may be missing


@dataclass(frozen=True)
class LevelFileChange:
    """What has become of the file: another level with its warnings, errors, or (neither) again what it was before."""

    level: "Level | None" = None
    problems: "tuple[Problem, ...]" = ()

    @property
    def mended(self) -> bool:
        """Whether the file is again what it was before it was broken."""
        return self.level is None and not self.problems


class WatchedLevel:
    """One level file and the files that it names. One thread at a time may call `look`."""

    def __init__(
        self,
        path: Path,
        level: "Level",
        brains: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`level` is what is played, read from the file some time ago; `brains` is the folder of the player's own."""
        self.path = path
        self._brains = brains
        self._clock = clock
        self._level = level  # what was told last
        self._broken = False  # whether errors were told since
        self._content: dict[Path, str] = {}  # of the files that it was read from
        self._files: tuple[Path, ...] = (self.path,)
        self._taken: dict[Path, FileStamp | None] = {}  # what was judged last
        self._seen: dict[Path, FileStamp | None] = {}  # what was there when last looked at, and since when
        self._since = 0.0

    def look(self) -> LevelFileChange | None:
        """Return what has changed since the last time; None where nothing has, or where it is too early to say."""
        stamps = _stamps(self._files)
        if stamps == self._taken:
            return None
        if stamps != self._seen:
            self._seen, self._since = stamps, self._clock()
        entry, content = self._read()
        self._files = tuple(dict.fromkeys((self.path, *content, *self._content)))
        if set(self._files) != stamps.keys():  # read again with the stamps of all of them from before
            stamps = self._seen = _stamps(self._files)
            entry, content = self._read()
        if _stamps((*self._files, *content)) != stamps:
            return None  # it was being written meanwhile
        if entry.level is not None:
            return self._sound(entry.level, entry.problems, content)
        patience = SETTLED if self.path.exists() else GONE
        if self._clock() - self._since < patience:
            return None
        self._taken = stamps
        self._broken = True
        return LevelFileChange(problems=entry.problems)

    def _sound(
        self, level: "Level", problems: "tuple[Problem, ...]", content: dict[Path, str]
    ) -> LevelFileChange | None:
        """Judge a file that can be played."""
        self._taken = self._seen
        was_broken, self._broken = self._broken, False
        # Before the first look nobody knows which bytes the level was read from
        same = content == self._content if self._content else _facts(level) == _facts(self._level)
        self._content = content
        if same:
            return LevelFileChange() if was_broken else None
        self._level = level
        return LevelFileChange(level, problems)

    def _read(self) -> tuple[LevelEntry, dict[Path, str]]:
        """Read the file; return its line and every file that was read for it."""
        with record_reads() as content:
            entry = read_entry(self.path)
        return add_brain_warnings([entry], self._brains)[0], content


def _stamps(files: Iterable[Path]) -> dict[Path, FileStamp | None]:
    return {path: file_stamp(path) for path in files}


def _facts(level: "Level") -> tuple[object, ...]:
    return (
        level.digest, level.roster, level.title, level.author, level.mood, level.music, level.difficulty, level.seed,
    )  # fmt: skip
