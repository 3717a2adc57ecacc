"""Requests to stop long work and keep its results: Ctrl-C, a signal of the system, or a closing terminal."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

INTERRUPTS: Final = ("SIGINT", "SIGBREAK")  # a person's Ctrl-C or Ctrl-Break
SIGNALS: Final = (*INTERRUPTS, "SIGTERM", "SIGHUP")  # if the system has them
AT_ONCE: Final = 2  # this many Ctrl-C stop immediately


@contextmanager
def stoppable(tell: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether the work should stop; `tell` is called at the first request.

    The second Ctrl-C raises KeyboardInterrupt. SIGTERM and SIGHUP never do: a terminal that closes sends more than one.
    Outside the main thread no signal is handled, and an ignored signal (`nohup`) stays ignored.
    """
    asked, presses = False, 0
    terminals = [stream.fileno() for stream in (sys.stdout, sys.stderr) if _is_terminal(stream)]

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked, presses
        for descriptor in terminals:
            if not os.isatty(descriptor):  # it has closed: writing there would end the work instead
                os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
        presses += number in interrupts
        if presses >= AT_ONCE:
            raise KeyboardInterrupt
        if not asked:
            asked = True
            tell()

    interrupts = [getattr(signal, name) for name in INTERRUPTS if hasattr(signal, name)]
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for name in SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, stop)
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty() and stream.fileno() >= 0)
    except (AttributeError, OSError, ValueError):  # none, closed, or not a system file
        return False
