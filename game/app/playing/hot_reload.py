"""Hot reload: a match on the player's own file follows that file; saving it in an editor shows the new level immediately.

Messages are drawn over every screen, the pause menu too, as the author of a level has the editor's window in front. While
the file is broken, the match stays on its last valid level and shows the file's errors.
"""

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from game.app.browse.card import problem_count
from game.app.browse.level_library import LevelInfo
from game.app.toasts import Pinned
from game.app.ui import theme
from game.app.worker import Worker
from game.player.watched_level import LevelFileChange, WatchedLevel

if TYPE_CHECKING:
    from game.app.stage import Stage

SECONDS: Final = 0.1  # between two checks of the files
ABOUT: Final = "level file"  # the subject of these messages: only the newest is shown


class ReloadTarget(Protocol):
    """A match screen that can reload its level's file."""

    info: LevelInfo

    def reload_level(self, info: LevelInfo) -> None:
        """Continue with the file's current content."""


class HotReload:
    """Checks the files of a match's level in a thread, and restarts the match after a change."""

    def __init__(self, stage: "Stage", play: ReloadTarget) -> None:
        self._stage = stage
        self._play = play
        self._worker = Worker("level file")
        self._watched: WatchedLevel | None = None
        self._next = 0.0
        self.broken: LevelInfo | None = None  # the current file, if it cannot be played

    @property
    def active(self) -> bool:
        """Whether the match follows a file."""
        return self._watched is not None

    def follow(self, info: LevelInfo) -> None:
        """Follow the file of this level from now on; none if it is built in, generated or from a replay."""
        level = info.level
        self._watched = None
        if level is not None and level.source is not None and not info.entry.builtin:
            self._watched = WatchedLevel(level.source, level, self._stage.folders.brains)
        self._next = 0.0
        self._hide_errors()

    def poll(self) -> None:
        """Check the file at intervals, and take over the result; call it every frame."""
        self._worker.poll()
        watched, now = self._watched, time.monotonic()
        if watched is None or self._worker.busy or now < self._next:
            return
        self._next = now + SECONDS
        self._worker.submit(watched.look, lambda change: self._take(watched, change), self._failed)

    def close(self) -> None:
        """Stop checking."""
        self._watched = None
        self._hide_errors()
        self._worker.close()

    def _take(self, watched: WatchedLevel, change: LevelFileChange | None) -> None:
        if change is None or watched is not self._watched:
            return
        info, strings = self._play.info, self._stage.kit.strings
        if change.problems and change.level is None:
            self.broken = LevelInfo(info.item, replace(info.entry, level=None, problems=change.problems))
            self._show_errors(self.broken)
            return
        was_broken = self.broken is not None
        self._hide_errors()
        if change.level is None:
            if was_broken:
                self._stage.toasts.add(strings("toast.mended"), theme.GREEN, ABOUT)
            return
        entry = replace(info.entry, level=change.level, problems=change.problems)
        fresh = replace(info, entry=entry)
        self._play.reload_level(fresh)
        warned = fresh.count("warning")
        text = strings("toast.reloaded")
        if warned:
            warnings = problem_count(self._stage.kit, fresh, "warning")
            text = strings("toast.reloaded_warned", warnings=warnings)
        self._stage.toasts.add(text, theme.AMBER if warned else theme.GREEN, ABOUT)

    def _show_errors(self, info: LevelInfo) -> None:
        kit = self._stage.kit
        strings = kit.strings
        self._stage.toasts.withdraw(ABOUT)
        errors = problem_count(kit, info, "error")
        self._stage.toasts.pinned = Pinned(
            strings("reload.broken", errors=errors),
            tuple(info.problems("error", strings.language)),
            strings("reload.more", count="{count}"),
            theme.RED,
        )

    def _hide_errors(self) -> None:
        self.broken = None
        self._stage.toasts.pinned = None

    def _failed(self, reason: str) -> None:
        self._stage.journal.note(f"level file: {reason}")
