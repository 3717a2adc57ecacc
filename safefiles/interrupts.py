"""Ctrl-C while modules load. Python loses an interrupt inside its import system, and a package written in C turns it into an
ImportError, which would be reported as a crash: here it waits until the module is loaded.

Only small modules of the standard library are imported, so that the handler is set before anything else loads.
"""

import _thread
import atexit
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

AT_ONCE: Final = 2  # this many Ctrl-C do not wait for a module
AGAIN: Final = 0.02  # seconds until it is tried again
INTERRUPTED: Final = 130  # exit code
_LOADING: Final = "<frozen importlib"  # how the files of Python's import system are called in a frame


class _Handler:
    """Handles a Ctrl-C."""

    def __init__(self) -> None:
        self.presses = 0
        self._ours = False  # the call that comes is our own
        self._timer: threading.Timer | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        ours, self._ours = self._ours, False
        if ours and self._timer is None:
            return  # the Ctrl-C that it repeats has been raised already, by the next one
        self.presses += not ours
        self.stop()
        if self.presses >= AT_ONCE or not _is_loading(frame):
            raise KeyboardInterrupt
        self._timer = threading.Timer(AGAIN, self._call)
        self._timer.daemon = True
        self._timer.start()

    def _call(self) -> None:
        self._ours = True
        if hasattr(
            signal, "pthread_kill"
        ):  # a real signal: it also ends a call that waits, such as `time.sleep`
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:
            _thread.interrupt_main()

    def stop(self) -> None:
        """Cancel a waiting Ctrl-C."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            if timer is not threading.current_thread():
                timer.join()


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_LOADING):
            return True
        frame = frame.f_back
    return False


@contextmanager
def late_interrupts() -> Iterator[None]:
    """Let a Ctrl-C raise KeyboardInterrupt when no module is being loaded; the second one raises immediately.

    Only if Python's own handler is set, in the main thread; inside another such block its handler stays.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    handler = _Handler()
    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        handler.stop()
        for _ in range(2):  # the first may meet a call that was on its way, which leaves the handler in place
            with suppress(KeyboardInterrupt):
                signal.signal(signal.SIGINT, signal.default_int_handler)


def interrupted() -> bool:
    """Return whether a Ctrl-C came since the block began: it is then the cause of any error that ends the work."""
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(handler, _Handler) and handler.presses > 0


def exit_process(code: int) -> NoReturn:
    """End this process with an exit code, also if Python would die of SIGINT (as after an interrupted `exec`)."""
    if code == INTERRUPTED and hasattr(signal, "pthread_sigmask"):
        atexit.register(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGINT})
    sys.exit(code)
