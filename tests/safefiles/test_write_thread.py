"""Writes in a thread: in order, all of them, and nothing that goes wrong stops the next."""

import threading
from pathlib import Path

from safefiles.write_thread import WriteThread
from tests.contracts.tree import ROOT, run_python


def test_writes_happen_in_order_and_the_caller_does_not_wait() -> None:
    thread, gate, done = WriteThread([]), threading.Event(), []

    def first() -> bool:
        gate.wait()
        done.append(-1)
        return True

    assert thread.submit(first)
    for n in range(100):
        thread.submit(lambda n=n: not done.append(n))
    assert done == [], "the first write still waits"
    gate.set()
    assert thread.flush()
    assert done == [-1, *range(100)]
    thread.close()


def test_a_write_that_fails_or_raises_is_told_by_the_next_flush_only() -> None:
    messages: list[str] = []
    thread = WriteThread(messages, "notes")
    thread.submit(lambda: False)
    assert not thread.flush()
    thread.submit(lambda: 1 // 0 == 0)
    assert not thread.flush()
    assert messages == ["notes: not saved (integer division or modulo by zero)"]
    thread.submit(lambda: True)
    assert thread.flush()
    thread.close()


def test_a_flush_that_runs_out_of_time_promises_nothing() -> None:
    thread, gate = WriteThread([]), threading.Event()
    thread.submit(gate.wait)
    assert not thread.flush(0.01)
    gate.set()
    assert thread.close()


def test_closing_finishes_the_writes_and_refuses_more() -> None:
    messages: list[str] = []
    thread, done = WriteThread(messages), []
    for n in range(50):
        thread.submit(lambda n=n: not done.append(n))
    assert thread.close()
    assert done == list(range(50))
    assert not thread.submit(lambda: True)
    assert "closed" in messages[0]
    assert thread.close(), "again: nothing happens"


def test_a_thread_that_never_wrote_flushes_and_closes() -> None:
    thread = WriteThread([])
    assert thread.flush()
    assert thread.close()


def test_a_program_that_ends_without_closing_finishes_its_writes(tmp_path: Path) -> None:
    program = (
        "import time\nfrom pathlib import Path\nfrom safefiles.write_thread import WriteThread\n"
        "thread = WriteThread([])\n"
        "for n in range(5):\n"
        "    thread.submit(lambda n=n: time.sleep(0.02) or Path(f'{n}').touch() or True)\n"
    )
    assert run_python("-c", program, cwd=tmp_path, PYTHONPATH=str(ROOT)).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2", "3", "4"]
