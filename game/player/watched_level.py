"""`WatchedLevel`: notices changes of a level file that is edited while it is played.

Editors write a new file next to the old one and rename it, or overwrite it in parts, or do so twice; for a moment the file is
missing or incomplete. So a playable file counts immediately, a broken one only if it stays unchanged for a while, and a save
without changed bytes is ignored. `look` reads files and may take milliseconds: call it in a thread.
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

SETTLED: Final = 0.4  # seconds that a broken file must stay unchanged before its errors are reported
GONE: Final = 2.0  # seconds that it may be missing


@dataclass(frozen=True)
class LevelFileChange:
    """A change of the file: another level with its warnings, errors, or neither if it is again as it was before."""

    level: "Level | None" = None
    problems: "tuple[Problem, ...]" = ()

    @property
    def mended(self) -> bool:
        """Whether the file is again as it was before it was broken."""
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
        """`level` is the level being played, read from the file earlier; `brains` is the player's brains folder."""
        self.path = path
        self._brains = brains
        self._clock = clock
        self._level = level  # the last reported state
        self._broken = False  # whether errors were reported since
        self._content: dict[Path, str] = {}  # of the files that it was read from
        self._files: tuple[Path, ...] = (self.path,)
        self._taken: dict[Path, FileStamp | None] = {}  # the last judged state
        self._seen: dict[
            Path, FileStamp | None
        ] = {}  # the stamps at the last look, and when they were first seen
        self._since = 0.0

    def look(self) -> LevelFileChange | None:
        """Return the change since the last call; None if nothing changed, or if it is too early to say."""
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
            return None  # it was written during the reading
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
        # Before the first look it is unknown which bytes the level was read from
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
