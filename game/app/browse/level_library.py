"""The levels as the lists show them: built-in ones and the player's own, with picture, errors and results."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pygame

from game.app.strings import LANGUAGES
from game.app.worker import Worker
from game.core import rules
from game.player.messages import say
from game.player.paths import UserFolders
from safefiles.text import shown

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from game.core.levels.model import Level

MOST_PICTURES: Final = 400  # kept
_Key = tuple[str, tuple[int, int]]  # a level's digest, size


@dataclass(frozen=True)
class LevelInfo:
    """One line of the level list."""

    item: str  # id in ratings and results
    entry: "LevelEntry"
    alike: frozenset[str] = frozenset()  # languages in which another level has its title

    @property
    def level(self) -> "Level | None":
        """The level, None when the file is broken."""
        return self.entry.level

    @property
    def objective(self) -> str:
        """The objective's name, empty for a broken level."""
        return self.level.objective_name if self.level is not None else ""

    def problems(self, severity: str, language: str) -> list[str]:
        """Return what is wrong with the file, one line each: its errors, its warnings or its notes."""
        return [problem.line(language) for problem in self.entry.problems if problem.severity == severity]

    def count(self, severity: str) -> int:
        """Return how many problems of a severity the file has."""
        return sum(problem.severity == severity for problem in self.entry.problems)

    def title(self, language: str) -> str:
        """Return the level's title, or its file name where it has none; both where another level has the title."""
        text, file = self._title(language), shown(self.entry.path.stem)
        return f"{text} ({file})" if language in self.alike and text != file else text or file

    def _title(self, language: str) -> str:
        return self.level.title.text(language) if self.level is not None else ""


class LevelLibrary:
    """Loads the list when it is first asked for, and draws pictures one by one in a thread."""

    def __init__(self, folders: UserFolders, worker: Worker | None = None) -> None:
        self._folders = folders
        self._worker = worker or Worker("pictures")
        self._wanted: dict[_Key, tuple[Level, int]] = {}  # asked for: the level, and in which frame
        self._frame = 0
        self._drawing = False
        self._failed: set[_Key] = set()
        self.messages: list[str] = []  # for the player; the app shows and empties it
        self._levels: list[LevelInfo] | None = None
        self._pictures: dict[_Key, pygame.Surface] = {}

    @property
    def levels(self) -> Sequence[LevelInfo]:
        """Every level, broken ones included."""
        if self._levels is None:
            from game.core.levels.catalogue import list_levels
            from game.player.level_lint import linted

            entries = linted(list_levels(self._folders.levels), self._folders.brains)
            self._levels = _told_apart([LevelInfo(entry.name, entry) for entry in entries])
        return self._levels

    @property
    def playable(self) -> list[LevelInfo]:
        """The levels that can be played."""
        return [info for info in self.levels if info.level is not None]

    def refresh(self) -> None:
        """Read the player's folder again."""
        self._levels = None

    def read_again(self, info: LevelInfo) -> LevelInfo:
        """Read the file of a level as it is now; one in the player's folder is new in the list too."""
        from game.core.levels.catalogue import read_entry
        from game.player.level_lint import linted

        self.refresh()
        listed = self.find(info.item)
        if listed is not None and listed.entry.path == info.entry.path:
            return listed
        (entry,) = linted([read_entry(info.entry.path)], self._folders.brains)
        return LevelInfo(info.item, replace(entry, name=info.entry.name))

    def find(self, item: str) -> LevelInfo | None:
        """Return the level of that id."""
        return next((info for info in self.levels if info.item == item), None)

    def after(self, item: str) -> LevelInfo | None:
        """Return the playable level that follows in the list, the first one after the last."""
        levels = self.playable
        items = [info.item for info in levels]
        if not levels:
            return None
        return levels[(items.index(item) + 1) % len(levels)] if item in items else levels[0]

    def picture(self, info: LevelInfo, size: tuple[int, int]) -> pygame.Surface | None:
        """Return a level's picture; None when it has none, or while it is being drawn, which begins when it is asked for."""
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
        """Return a small picture of about the same shape, made from a larger one where there is one: that is cheap."""
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
            return None  # the larger one is on its way
        return self.picture(info, size)

    def poll(self) -> None:
        """Take over the picture that is drawn, and begin another that was asked for in the last frame; call it every frame."""
        self._worker.poll()
        self._wanted = {key: wish for key, wish in self._wanted.items() if wish[1] >= self._frame}
        self._frame += 1
        self._draw_next()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait for every picture that was asked for (tests)."""
        over = True
        while over and self._wanted:
            self._draw_next()
            over = self._worker.wait(seconds)
        return over

    def close(self) -> None:
        """Draw no more pictures."""
        self._worker.close()

    def _draw_next(self) -> None:
        """Let the thread draw one of the wanted pictures; one at a time, so that what nobody wants any more is not drawn."""
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


def _told_apart(levels: list[LevelInfo]) -> list[LevelInfo]:
    """Let the player's own levels that are titled as another one show their files' names too."""
    times = Counter((language, info.title(language)) for info in levels for language in LANGUAGES)
    return [
        info
        if info.entry.builtin
        else replace(info, alike=frozenset(each for each in LANGUAGES if times[each, info.title(each)] > 1))
        for info in levels
    ]


def info_of(level: "Level", item: str | None = None) -> LevelInfo:
    """Return the line for a level that is in no list (a path, a generated one)."""
    from game.core.levels.catalogue import LevelEntry

    path = level.source or Path(level.name)
    return LevelInfo(item or level.name, LevelEntry(level.name, path, False, level, level.notes))


def time_text(ticks: int) -> str:
    """Return a duration as minutes:seconds.tenths."""
    tenths = ticks * 10 // rules.TICKS_PER_SECOND
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
