"""A thread that writes in order, so that the caller never waits for the disk."""

import atexit
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from safefiles.causes import message_of
from safefiles.phrases import say

SECONDS_TO_FINISH: Final = 60.0  # how long `close` waits before it reports unfinished writes
RETRY_SECONDS: Final = 15.0  # between two tries of a failed write
Write = Callable[[], bool]  # returns whether it is safe on the disk


class LateWriter(Protocol):
    """An object that keeps writes which failed for a temporary reason, such as a full disk."""

    @property
    def behind(self) -> bool:
        """Whether writes wait."""

    def catch_up(self) -> bool:
        """Try them again; return whether none is left."""


class WriteThread:
    """Runs writes in order in its own thread; their errors are reported in `messages`.

    The thread starts with the first write. A program that ends without `close` still finishes its writes. Failed
    writes of a watched file are tried again every `RETRY_SECONDS`, by `flush` and by `close`.
    """

    def __init__(self, messages: list[str], name: str = "writes") -> None:
        self._messages = messages
        self._name = name
        self._waiting: deque[Write] = deque()
        self._changed = threading.Condition()
        self._writing = False
        self._failed = 0  # since the last flush
        self._closed = False
        self._thread: threading.Thread | None = None
        self._late: list[LateWriter] = []

    def watch(self, late: LateWriter) -> None:
        """Retry the failed writes of `late`, to which the writes go."""
        self._late.append(late)

    @property
    def behind(self) -> bool:
        """Whether a watched file has writes that wait to be tried again."""
        return any(late.behind for late in self._late)

    def submit(self, write: Write) -> bool:
        """Queue a write; return whether it was accepted (never after `close`). Only `flush` says that it is safe."""
        with self._changed:
            if self._closed:
                self._messages.append(say("late", name=self._name))
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
                atexit.register(self.close)
            self._waiting.append(write)
            self._changed.notify_all()
            return True

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything accepted is written; return whether all of it since the last flush is safe."""
        with self._changed:
            if self._thread is not None and self.behind and not self._closed:
                self._waiting.append(self._catch_up)
                self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting and not self._writing, timeout)
            failed, self._failed = self._failed, 0
            return done and failed == 0 and not self.behind

    def close(self) -> bool:
        """Finish the writes and end the thread; return what `flush` returns. Calling it again does nothing."""
        atexit.unregister(self.close)
        safe = self.flush(SECONDS_TO_FINISH)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)
        if self._waiting:
            self._messages.append(say("unfinished", name=self._name, count=len(self._waiting)))
        return safe

    def _catch_up(self) -> bool:
        for late in self._late:
            late.catch_up()
        return not self.behind

    def _work(self) -> None:
        while True:
            with self._changed:
                wait = RETRY_SECONDS if self.behind else None
                self._changed.wait_for(lambda: bool(self._waiting) or self._closed, wait)
                if self._closed and not self._waiting:
                    return
                write = self._waiting.popleft() if self._waiting else self._catch_up
                self._writing = True
            safe = False
            try:
                safe = write()
            except Exception as error:  # after any error, the next write is run
                self._messages.append(say("not_saved", name=self._name, reason=message_of(error)))
            finally:
                with self._changed:
                    self._writing = False
                    self._failed += (
                        not safe and not self.behind
                    )  # waiting writes may still succeed: `flush` tries them
                    self._changed.notify_all()
