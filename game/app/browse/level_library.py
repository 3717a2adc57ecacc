"""The levels for the lists: built-in ones and the player's own, with picture, errors and results."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

import pygame

from game.app.strings import LANGUAGES
from game.app.worker import Worker
from game.core import rules
from game.player.messages import say
from game.player.paths import UserFolders
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from game.core.levels.model import Level
    from game.core.levels.problems import Problem
    from game.core.levels.reads import FileStamp
    from game.player.level_cache import LevelCache

MOST_PICTURES: Final = 400  # cached pictures
FRAME_READ_SECONDS: Final = (
    0.02  # seconds for reading level files in the frame's thread; the worker's thread reads the rest
)
WORKER_READ_SECONDS: Final = (
    0.1  # seconds of reading in the worker, until the result is shown and a picture can be drawn
)
SHOW_SECONDS: Final = 0.5  # between two additions of new levels to the list
SAVE_SECONDS: Final = 3.0  # between two saves of the cache while files are still being read
LOOK_SECONDS: Final = 1.0  # between two checks of the files while the list is shown
_Key = tuple[str, tuple[int, int]]  # a level's digest, size


@dataclass(frozen=True)
class LevelInfo:
    """One line of the level list."""

    item: str  # id in ratings and results
    entry: "LevelEntry"
    alike: frozenset[str] = frozenset()  # languages in which another level has the same title

    @property
    def level(self) -> "Level | None":
        """The level, None when the file is broken."""
        return self.entry.level

    @property
    def objective(self) -> str:
        """The objective's name, empty for a broken level."""
        return self.level.objective_name if self.level is not None else ""

    def problems(self, severity: str, language: str) -> list[str]:
        """Return the file's problems, one line each: its errors, its warnings or its notes."""
        return [problem.line(language) for problem in self.entry.problems if problem.severity == severity]

    def count(self, severity: str) -> int:
        """Return how many problems of a severity the file has."""
        return sum(problem.severity == severity for problem in self.entry.problems)

    def title(self, language: str) -> str:
        """Return the level's title, or its file name if it has none; both if another level has the same title."""
        text, file = self._title(language), shown_path(self.entry.path.stem)
        return f"{text} ({file})" if language in self.alike and text != file else text or file

    def _title(self, language: str) -> str:
        return self.level.title.text(language) if self.level is not None else ""


class LevelLibrary:
    """Loads the list at its first use, and draws pictures one by one in a thread.

    Levels of the player that were read before, in this run or an earlier one, and have not changed are in the list
    immediately; the others are added when the thread has read them.
    """

    def __init__(self, folders: UserFolders, worker: Worker | None = None) -> None:
        self._folders = folders
        self._worker = worker or Worker("pictures")
        self._wanted: dict[_Key, tuple[Level, int]] = {}  # requested: the level, and in which frame
        self._frame = 0
        self._drawing = False
        self._failed: set[_Key] = set()
        self.messages: list[str] = []  # for the player; the app shows and empties it
        self._levels: list[LevelInfo] | None = None
        self._made: LevelCache | None = None
        self._lock = threading.Lock()
        self._files: dict[Path, str] = {}  # the player's, with their ids
        self._unlisted: list[LevelEntry] = []  # lines for what could not be listed
        self._read: dict[Path, LevelEntry] = {}
        self._listed: dict[Path, LevelEntry] = {}  # in the order of the list
        self._unread: list[Path] = []
        self._saved = self._shown = 0.0  # time of the last save and of the last update of the list
        self._news = False  # whether read levels are not in the list yet
        self._unsaved = True  # the read levels, or the files found
        self._looked = 0.0  # time of the last check of the files
        self._round = 0  # number of listings; levels read for an earlier one are dropped
        self.changes = 0  # how often levels were added to the list in the background
        self._pictures: dict[_Key, pygame.Surface] = {}
        self._drawn: dict[str, LevelInfo | None] = {}  # endless levels by name; None: no such level

    @property
    def levels(self) -> Sequence[LevelInfo]:
        """Every level, broken ones included; without the unread ones."""
        if self._levels is None:
            self._list()
        assert self._levels is not None
        return self._levels

    @property
    def playable(self) -> list[LevelInfo]:
        """The levels that can be played."""
        return [info for info in self.levels if info.level is not None]

    @property
    def builtin(self) -> list[LevelInfo]:
        """The built-in levels; this does not read the player's folder."""
        return [LevelInfo(entry.name, entry) for entry in _catalogue().builtin_levels()]

    @property
    def _cache(self) -> "LevelCache":
        """The cache of read levels; the reader is imported at the first use of levels."""
        from game.player.level_cache import LevelCache

        with self._lock:
            if self._made is None:
                self._made = LevelCache(self._folders.cache)
            return self._made

    @property
    def unread(self) -> int:
        """How many level files are not read yet."""
        return len(self._unread)

    def prepare(self) -> None:
        """Load the cache of earlier runs, in the thread."""

        def load() -> None:  # the reader is imported in the thread
            self._cache.load()

        self._worker.submit(load)

    def refresh(self) -> None:
        """List the player's folder again."""
        self._levels = None

    def watch(self) -> None:
        """Check at intervals whether files were changed, added or deleted; call it every frame while levels are shown."""
        now = time.monotonic()
        if self._levels is None or self._worker.busy or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        number = self._round

        def then(found: "tuple[dict[Path, str], list[LevelEntry]]") -> None:
            if number != self._round or self._levels is None:
                return
            files, unlisted = found
            if files == self._files and _entry_keys(unlisted) == _entry_keys(self._unlisted):
                self._read_on(number, list(self._files))
            else:
                self.refresh()
                self.changes += 1

        self._worker.submit(lambda: _catalogue().folder_files(self._folders.levels), then)

    def _list(self) -> None:
        """List the folder: cached levels immediately; the thread checks whether their files have changed, and reads new ones.

        A few new ones are read here, so that the list is complete when it opens.
        """
        self._round += 1
        self._looked = time.monotonic()
        self._unsaved = True
        self._files, self._unlisted = _catalogue().folder_files(self._folders.levels)
        known = {path: self._cache.last(path, name) for path, name in self._files.items()}
        self._read = {path: entry for path, entry in known.items() if entry is not None}
        new = [path for path, entry in known.items() if entry is None]
        self._unread, _ = self._read_some(new, FRAME_READ_SECONDS)
        self._show()
        self._read_on(self._round, list(self._read))

    def _read_some(self, paths: list[Path], seconds: float) -> tuple[list[Path], bool]:
        """Check files for that many seconds, at least one; read new and changed ones; return the rest, and if one was read."""
        start = time.perf_counter()
        files, read = self._files, self._read  # of this listing, even if another one follows
        stamps: dict[Path, FileStamp | None] = {}
        news = False
        for n, path in enumerate(paths):
            if n and time.perf_counter() - start > seconds:
                return paths[n:], news
            entry = self._cache.known(path, files[path], stamps) or self._cache.read(path, files[path])
            news = news or read.get(path) is not entry
            read[path] = entry
        return [], news

    def _read_on(self, number: int, unsure: list[Path]) -> None:
        """Let the thread continue, first with new files, then with those that may have changed, and show the result."""
        new = self._unread

        def done(outcome: tuple[list[Path], bool]) -> None:
            if number != self._round:
                return
            left, news = outcome
            if new:
                self._unread = left
            self._news, self._unsaved = self._news or news, self._unsaved or news
            now = time.monotonic()
            if self._news and (not left or now - self._shown > SHOW_SECONDS):
                self._show()
                self.changes += 1
            if self._unsaved and (not left or now - self._saved > SAVE_SECONDS):
                self._save()
            if new or left:
                self._read_on(number, unsure if new else left)

        def failed(reason: str) -> None:
            if number == self._round:
                self._unread = []
            self.messages.append(reason)

        self._worker.submit(lambda: self._read_some(new or unsure, WORKER_READ_SECONDS), done, failed)

    def _save(self) -> None:
        self._saved, self._unsaved = time.monotonic(), False
        paths = list(self._files)
        self._worker.submit(lambda: self._cache.save(paths))

    def _show(self) -> None:
        self._shown, self._news = time.monotonic(), False
        self._listed = {path: self._read[path] for path in self._files if path in self._read}
        own = self._listed.values()
        entries = self._add_lint([*_catalogue().builtin_levels(), *own, *self._unlisted])
        self._levels = _mark_equal_titles([LevelInfo(entry.name, entry) for entry in entries])

    def _add_lint(self, entries: "list[LevelEntry]") -> "list[LevelEntry]":
        """Return the entries with warnings about brains that do not exist."""
        from game.player.level_lint import add_brain_warnings

        return add_brain_warnings(entries, self._folders.brains)

    def read_again(self, info: LevelInfo) -> LevelInfo:
        """Read a level's file again; if it is in the player's folder, the list gets the new version too."""
        self.refresh()
        listed = self.find(info.item)
        if listed is not None and listed.entry.path == info.entry.path:
            return listed
        (entry,) = self._add_lint([_catalogue().read_entry(info.entry.path)])
        return LevelInfo(info.item, replace(entry, name=info.entry.name))

    def find(self, item: str) -> LevelInfo | None:
        """Return the level of that id, from the current content of its file."""
        info = next((info for info in self.levels if info.item == item), None) or self._endless(item)
        path = info.entry.path if info is not None else None
        if path not in self._files:
            return info
        self._read_some([path], FRAME_READ_SECONDS)
        if self._read[path] is self._listed.get(path):
            return info
        self._show()  # the thread may have read the change too, but not shown it yet
        self.changes += 1
        return next((info for info in self.levels if info.item == item), None)

    def _endless(self, item: str) -> LevelInfo | None:
        """Return the endless level of that name; it is generated once."""
        if item not in self._drawn:
            entry = _catalogue().endless_entry(item)
            self._drawn[item] = None if entry is None else LevelInfo(item, entry)
        return self._drawn[item]

    def after(self, item: str) -> LevelInfo | None:
        """Return the next playable level of the list; after the last one the first."""
        levels = self.playable
        items = [info.item for info in levels]
        if not levels:
            return None
        return levels[(items.index(item) + 1) % len(levels)] if item in items else levels[0]

    def picture(self, info: LevelInfo, size: tuple[int, int]) -> pygame.Surface | None:
        """Return a level's picture; None if it has none or it is not drawn yet; the call requests the drawing."""
        level = info.level
        if level is None:
            return None
        key = (level.digest, size)
        picture = self._pictures.get(key)
        if picture is None and key not in self._failed:
            self._wanted[key] = level, self._frame
            self._draw_next()
            picture = self._pictures.get(key)
        return picture

    def small_picture(self, info: LevelInfo, size: tuple[int, int]) -> pygame.Surface | None:
        """Return a small picture of about the same shape; it is scaled from a larger one if there is one, which is cheap."""
        level = info.level
        picture = self._pictures.get((level.digest, size)) if level is not None else None
        if picture is not None or level is None:
            return picture
        larger = [kept for key, kept in self._pictures.items() if key[0] == level.digest and key[1] >= size]
        if larger:
            picture = pygame.transform.smoothscale(larger[0], size)
            self._keep((level.digest, size), picture)
            return picture
        if any(digest == level.digest and other >= size for digest, other in self._wanted):
            return None  # the larger one is being drawn
        return self.picture(info, size)

    def poll(self) -> None:
        """Take over the finished picture, and start another that was requested in the last frame; call it every frame."""
        self._worker.poll()
        self._wanted = {key: wish for key, wish in self._wanted.items() if wish[1] >= self._frame}
        self._frame += 1
        self._draw_next()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait for every level and every requested picture (tests)."""
        over = True
        while over and (self._wanted or self._worker.busy):
            self._draw_next()
            over = self._worker.wait(seconds)
        return over

    def close(self) -> None:
        """Stop drawing pictures."""
        self._worker.close()

    def _draw_next(self) -> None:
        """Let the thread draw one of the requested pictures; one at a time, so that no outdated request is drawn."""
        if self._drawing or not self._wanted:
            return
        key, (level, _) = next(iter(self._wanted.items()))
        self._drawing = True

        def draw() -> pygame.Surface:
            from game.view.thumbnail import level_thumbnail

            return level_thumbnail(level.arena, key[1])

        def failed(reason: str) -> None:
            self._done(key)
            self._failed.add(key)
            self.messages.append(say("no_picture", level=level.name, why=reason))

        def drawn(picture: pygame.Surface) -> None:
            self._done(key)
            self._keep(key, picture)

        self._worker.submit(draw, drawn, failed)

    def _done(self, key: _Key) -> None:
        self._drawing = False
        self._wanted.pop(key, None)

    def _keep(self, key: _Key, picture: pygame.Surface) -> None:
        if len(self._pictures) >= MOST_PICTURES:
            self._pictures.clear()
        self._pictures[key] = picture


def _entry_keys(unlisted: "list[LevelEntry]") -> "list[tuple[str, Path, tuple[Problem, ...]]]":
    """Return a comparable key of the entries without a level: the entries themselves are new objects after each listing."""
    return [(entry.name, entry.path, entry.problems) for entry in unlisted]


def _mark_equal_titles(levels: list[LevelInfo]) -> list[LevelInfo]:
    """Let the player's own levels show their file names too if another level has the same title."""
    times = Counter((language, info.title(language)) for info in levels for language in LANGUAGES)
    return [
        info
        if info.entry.builtin
        else replace(info, alike=frozenset(each for each in LANGUAGES if times[each, info.title(each)] > 1))
        for info in levels
    ]


def _catalogue() -> ModuleType:
    """Return the module that lists and reads levels; imported late, so that the title does not wait for it."""
    from game.core.levels import catalogue

    return catalogue


def info_of(level: "Level", item: str | None = None) -> LevelInfo:
    """Return the LevelInfo of a level that is in no list (a path, a generated level)."""
    path = level.source or Path(level.name)
    return LevelInfo(item or level.name, _catalogue().LevelEntry(level.name, path, False, level, level.notes))


def time_text(ticks: int) -> str:
    """Return a duration as minutes:seconds.tenths."""
    tenths = ticks * 10 // rules.TICKS_PER_SECOND
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
