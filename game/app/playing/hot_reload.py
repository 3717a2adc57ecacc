"""Hot reload: a match on a file of the player's follows that file; who saves it in an editor sees the new level at once.

What is drawn here goes over every screen, the pause menu too: who draws a level has the editor's window in front. A file
that is broken leaves the match on the last level that was sound, with its errors above it until it is mended.
"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from game.app.browse.card import problem_count
from game.app.browse.level_library import LevelInfo
from game.app.toasts import Pinned
from game.app.ui import theme
from game.app.worker import Worker
from game.player.watched_level import Change, WatchedLevel

if TYPE_CHECKING:
    from game.app.stage import Stage

SECONDS: Final = 0.1  # between two looks at the files


class ReloadTarget(Protocol):
    """A match that can follow its level's file."""

    info: LevelInfo

    def reload_level(self, info: LevelInfo) -> None:
        """Go on with what the file holds now."""


class HotReload:
    """Looks at the files of a match's level in a thread, and lets the match begin anew."""

    def __init__(self, stage: "Stage", play: ReloadTarget) -> None:
        self._stage = stage
        self._play = play
        self._worker = Worker("level file")
        self._watched: WatchedLevel | None = None
        self._next = 0.0
        self.broken: LevelInfo | None = None  # the file as it is now, where it cannot be played

    @property
    def active(self) -> bool:
        """Whether the match follows a file."""
        return self._watched is not None

    def follow(self, info: LevelInfo) -> None:
        """Follow the file of this level from now on; none where it is built in, generated or of a replay."""
        level = info.level
        self._watched = None
        if level is not None and level.source is not None and not info.entry.builtin:
            self._watched = WatchedLevel(level.source, level, self._stage.folders.brains)
        self._next = 0.0
        self._mend()

    def poll(self) -> None:
        """Look again when it is time, and take over what was found; call it every frame."""
        self._worker.poll()
        watched, now = self._watched, time.monotonic()
        if watched is None or self._worker.busy or now < self._next:
            return
        self._next = now + SECONDS
        self._worker.submit(watched.look, lambda change: self._take(watched, change), self._failed)

    def close(self) -> None:
        """Look no more."""
        self._watched = None
        self._mend()
        self._worker.close()

    def _take(self, watched: WatchedLevel, change: Change | None) -> None:
        if change is None or watched is not self._watched:
            return
        info, strings = self._play.info, self._stage.kit.strings
        if change.problems and change.level is None:
            self.broken = LevelInfo(info.item, replace(info.entry, level=None, problems=change.problems))
            self._tell_broken(self.broken)
            return
        was_broken = self.broken is not None
        self._mend()
        if change.level is None:
            if was_broken:
                self._stage.toasts.add(strings("toast.mended"), theme.GREEN)
            return
        entry = replace(info.entry, level=change.level, problems=change.problems)
        fresh = replace(info, entry=entry)
        self._play.reload_level(fresh)
        warned = fresh.count("warning")
        text = strings("toast.reloaded")
        if warned:
            told = problem_count(self._stage.kit, fresh, "warning")
            text = strings("toast.reloaded_warned", warnings=told)
        self._stage.toasts.add(text, theme.AMBER if warned else theme.GREEN)

    def _tell_broken(self, info: LevelInfo) -> None:
        kit = self._stage.kit
        strings = kit.strings
        errors = problem_count(kit, info, "error")
        self._stage.toasts.pinned = Pinned(
            strings("reload.broken", errors=errors),
            tuple(info.problems("error", strings.language)),
            strings("reload.more", count="{count}"),
            theme.RED,
        )

    def _mend(self) -> None:
        self.broken = None
        self._stage.toasts.pinned = None

    def _failed(self, reason: str) -> None:
        self._stage.journal.note(f"level file: {reason}")
