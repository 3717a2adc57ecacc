"""Files that could not be written, kept in memory and tried again, because a full disk or a lost share may recover."""

from pathlib import Path
from typing import Final

from safefiles.causes import system_message
from safefiles.phrases import say
from safefiles.writing import write_atomic

MOST_BYTES: Final = 64 << 20  # files kept; beyond that the oldest are dropped


class LateWrites:
    """Writes complete files; failed writes wait here. `messages` reports a problem once, and when it is over."""

    def __init__(self, messages: list[str]) -> None:
        self._messages = messages
        self._waiting: dict[Path, bytes] = {}
        self._trouble = ""

    @property
    def behind(self) -> bool:
        """Whether files wait to be tried again."""
        return bool(self._waiting)

    def write(self, path: Path, data: bytes) -> bool:
        """Write a file as `write_atomic` does; return whether it is safe. The newest content of a path counts."""
        self._waiting.pop(path, None)
        try:
            write_atomic(path, data)
        except OSError as error:
            self._keep(path, data, system_message(error))
            return False
        if self._waiting:
            self.catch_up()
        return True

    def catch_up(self) -> bool:
        """Try every file that waits; return whether none is left."""
        saved = []
        for path, data in list(self._waiting.items()):
            try:
                write_atomic(path, data)
            except OSError as error:
                self._trouble = system_message(error)
                continue
            del self._waiting[path]
            saved.append(path.name)
        if saved:
            self._messages.append(say("saved_after_all", name=", ".join(saved)))
        if not self._waiting:
            self._trouble = ""
        return not self._waiting

    def close(self) -> None:
        """Try a last time and report what is lost."""
        if self._waiting and not self.catch_up():
            for path in self._waiting:
                self._messages.append(say("never_saved", name=path.name, reason=self._trouble))
            self._waiting.clear()

    def _keep(self, path: Path, data: bytes, reason: str) -> None:
        if reason != self._trouble:
            self._messages.append(say("not_saved", name=path.name, reason=reason))
            self._trouble = reason
        self._waiting[path] = data
        while sum(map(len, self._waiting.values())) > MOST_BYTES and len(self._waiting) > 1:
            oldest = next(iter(self._waiting))
            del self._waiting[oldest]
            self._messages.append(say("never_saved", name=oldest.name, reason=reason))
