"""Ctrl-C while modules load. Python drops an interrupt that meets its import system, and a package written in C makes an
ImportError of it, which would be told as a crash: here it waits until the module is loaded.

Nothing but the standard library's small modules is imported, so that the handler stands before anything else loads.
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

AT_ONCE: Final = 2  # so many Ctrl-C do not wait for a module
AGAIN: Final = 0.02  # seconds until it is tried again
INTERRUPTED: Final = 130  # exit code
_LOADING: Final = "<frozen importlib"  # how the files of Python's import system are called in a frame


class _Handler:
    """What is called for a Ctrl-C."""

    def __init__(self) -> None:
        self.presses = 0
        self._ours = False  # the call that comes is our own
        self._timer: threading.Timer | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if not self._ours:
            self.presses += 1
        self._ours = False
        if self.presses >= AT_ONCE or not _is_loading(frame):
            raise KeyboardInterrupt
        self.stop()
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
        """Forget a Ctrl-C that waits."""
        if self._timer is not None:
            self._timer.cancel()
            if self._timer is not threading.current_thread():
                self._timer.join()


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_LOADING):
            return True
        frame = frame.f_back
    return False


@contextmanager
def late_interrupts() -> Iterator[None]:
    """Let a Ctrl-C raise KeyboardInterrupt once no module is being loaded; the second one at once.

    Only where Python's own handler stands, in the main thread; within another such block that one's handler stays.
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
    """Tell whether a Ctrl-C came since the block began: whatever ends the work then, it is what did."""
    handler = signal.getsignal(signal.SIGINT)
    return isinstance(handler, _Handler) and handler.presses > 0


def exit_process(code: int) -> NoReturn:
    """End this process with an exit code, also where Python would die of SIGINT: it does where `exec` was interrupted."""
    if code == INTERRUPTED and hasattr(signal, "pthread_sigmask"):
        atexit.register(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGINT})
    sys.exit(code)
