"""One thread for work that may take longer than a frame; results are delivered between two frames."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from safefiles.causes import message_of
from safefiles.messages import Message
from safefiles.phrases import say
from safefiles.text import clean, shown_path

JOIN_SECONDS: Final = 2.0


@dataclass(frozen=True)
class _Job:
    work: Callable[[], Any]
    then: Callable[[Any], None]
    failed: Callable[[Message], None]


class Worker:
    """Runs jobs one after the other. The thread starts with the first job."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._open = 0  # jobs whose result is not delivered yet
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether there is a job whose result is not delivered yet."""
        return self._open > 0

    def submit(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], None] = lambda _: None,
        failed: Callable[[Message], None] = lambda _: None,
    ) -> None:
        """Do `work` in the thread; then `poll` calls `then` with its result, or `failed` with one line."""
        if self._closed:
            return
        self._open += 1
        self._waiting.put(_Job(work, then, failed))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def poll(self) -> None:
        """Deliver the results of finished jobs; call it in the frame's thread."""
        while not self._done.empty():
            deliver = self._done.get()
            self._open -= 1
            deliver()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until all submitted jobs are done and delivered (for tests and the end); return whether they are."""
        reached = threading.Event()
        self.submit(reached.set)
        over = self._closed or reached.wait(seconds)
        while over and self._open and not self._closed:
            self.poll()
        return over

    def close(self) -> None:
        """Take no more jobs and end the thread; waiting jobs are dropped, the running job gets a short time."""
        self._closed = True
        with suppress(queue.Empty):
            while True:  # do not wait here, as the thread takes jobs too
                self._waiting.get_nowait()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None:
            self._done.put(_outcome(job))


def _outcome(job: _Job) -> Callable[[], None]:
    try:
        result = job.work()
    except OSError as error:
        place = shown_path(error.filename) if error.filename else say("a_file")
        line = say("of_file", where=place, why=message_of(error))
    except ValueError as error:
        line = message_of(error)
    except (
        Exception
    ) as error:  # a bug in a job must not end the thread: the player sees the message, the game goes on
        line = say("bug", kind=type(error).__name__, told=clean(str(error)))
    else:
        return lambda: job.then(result)
    return lambda: job.failed(line)
