"""Long work is asked to stop by signals and keeps what it has; a terminal that is gone does not end it."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from safefiles.child import child_environment
from safefiles.stopping import SIGNALS, stoppable
from tests.terminals import Terminal

HERE = [name for name in SIGNALS if hasattr(signal, name)]


@pytest.mark.parametrize("name", HERE)
def test_each_signal_asks_once_and_its_handler_comes_back(name: str) -> None:
    number, told = signal.Signals[name], []
    before = signal.getsignal(number)
    with stoppable(lambda: told.append(name)) as stopped:
        assert not stopped()
        signal.raise_signal(number)
        assert stopped()
    assert told == [name]
    assert signal.getsignal(number) is before


def test_the_second_ctrl_c_stops_at_once() -> None:
    told: list[int] = []
    with stoppable(lambda: told.append(1)) as stopped:
        signal.raise_signal(signal.SIGINT)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert told == [1]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
def test_a_closing_terminal_may_say_it_more_than_once() -> None:
    with stoppable(lambda: None) as stopped:
        for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGTERM):
            signal.raise_signal(number)
        assert stopped()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
def test_a_hang_up_that_was_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable(lambda: None) as stopped:
            signal.raise_signal(signal.SIGHUP)
            assert not stopped()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_works_and_hears_nothing() -> None:
    heard: list[bool] = []

    def work() -> None:
        with stoppable(lambda: None) as stopped:
            heard.append(stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [False]


# Works until it is asked to stop, prints on the terminal all the while, and keeps a file.
WORKER = """
import sys, time
from pathlib import Path
from safefiles.stopping import stoppable
end = time.monotonic() + 30
with {context} as stopped:
    Path("ready").touch()
    while not stopped() and time.monotonic() < end:
        time.sleep(0.01)
print("saved", flush=True)
print("saved", file=sys.stderr, flush=True)
Path("kept").touch()
sys.exit(130)
"""
HEARD = "stoppable(lambda: print('stopping', flush=True))"
UNHEARD = "__import__('contextlib').nullcontext(lambda: False)"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("context", "code"), [(HEARD, 130), (UNHEARD, -1)], ids=["heard", "as before"])
def test_work_whose_terminal_closes_keeps_what_it_has(tmp_path: Path, context: str, code: int) -> None:
    terminal = Terminal(WORKER.format(context=context), cwd=tmp_path, env=child_environment())
    worker = terminal.process
    try:
        while not (tmp_path / "ready").exists():
            assert worker.poll() is None
            time.sleep(0.01)
        terminal.close()
        assert worker.wait(timeout=30) == code
        assert (tmp_path / "kept").exists() == (code == 130)
    finally:
        worker.kill()
