"""Jobs run in another thread, in order; what comes of them arrives in the frame's thread."""

import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from game.app.worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker("test")
    yield worker
    worker.close()


def test_results_are_handed_over_in_order_by_poll(worker: Worker) -> None:
    told: list[object] = []
    threads: list[str] = []

    def work(number: int) -> int:
        threads.append(threading.current_thread().name)
        return number

    for number in range(5):
        worker.submit(lambda number=number: work(number), told.append)  # type: ignore[misc]
    assert worker.busy
    assert told == []
    assert worker.wait()
    assert told == [0, 1, 2, 3, 4]
    assert set(threads) == {"test"}
    assert not worker.busy


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bars: expected 8, found 9"), "bars: expected 8, found 9"),
        (OSError(28, "No space left on device", "x.mid"), "x.mid: No space left on device"),
        (OSError("odd"), "file: odd"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failure_is_one_line_and_the_thread_goes_on(worker: Worker, error: Exception, line: str) -> None:
    def fail() -> None:
        raise error

    lines: list[str] = []
    done: list[int] = []
    worker.submit(fail, failed=lines.append)
    worker.submit(lambda: 1, done.append)
    assert worker.wait()
    assert (lines, done) == ([line], [1])


def test_a_job_may_give_another(worker: Worker) -> None:
    told: list[int] = []
    worker.submit(lambda: 1, lambda first: worker.submit(lambda: first + 1, told.append))
    assert worker.wait()
    assert worker.wait()
    assert told == [2]


def test_nothing_runs_after_the_end() -> None:
    worker = Worker("test")
    started, release = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        release.wait(10)

    ran: list[int] = []
    worker.submit(slow)
    worker.submit(lambda: ran.append(1))
    assert started.wait(10)
    release.set()
    worker.close()
    worker.submit(lambda: ran.append(2))
    worker.close()
    assert ran in ([], [1])


def test_the_end_never_waits_for_a_job_that_the_thread_has_taken_meanwhile() -> None:
    class Hasty(queue.SimpleQueue[Any]):
        """Says that a job waits which the thread has just taken."""

        def empty(self) -> bool:
            return False

    worker = Worker("test")
    worker.submit(lambda: None)
    assert worker.wait()
    worker._waiting.put(None)
    assert worker._thread is not None
    worker._thread.join(10)
    worker._waiting = Hasty()
    closing = threading.Thread(target=worker.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()


def test_a_worker_that_did_nothing_has_no_thread_to_wait_for() -> None:
    before = threading.active_count()
    worker = Worker("nothing to do")
    worker.close()
    worker.submit(lambda: None)
    assert worker._thread is None
    assert threading.active_count() == before
