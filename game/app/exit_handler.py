"""How the window is ended from outside: signals, and a closing console on Windows. It always saves first."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final

from safefiles.console import echo

INTERRUPTS: Final = ("SIGINT", "SIGBREAK")  # a person's Ctrl-C or Ctrl-Break: exit code 130
SIGNALS: Final = (*INTERRUPTS, "SIGTERM", "SIGHUP")  # those that the system has
FORCED_EXIT_COUNT: Final = 3  # number of Ctrl-C that end a game that hangs
CONSOLE_ENDS: Final = (2, 5, 6)  # Windows: the console closes, the user logs off, the system shuts down
CONSOLE_SECONDS: Final = 4.5  # shorter than the 5 s that Windows gives a process


class ExitHandler:
    """A context manager: inside it, a signal makes the game end after the current frame.

    A signal that was ignored (`nohup`) stays ignored. Only the main thread can handle signals.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        """`end` makes the game leave its loop."""
        self._end = end
        self._before: dict[int, Any] = {}
        self._count = 0
        self._ended = threading.Event()
        self._console: object | None = None  # the callback: it must stay alive while Windows may call it
        self.interrupted = False  # a person pressed Ctrl-C

    def __enter__(self) -> "ExitHandler":
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._on_signal)
            if os.name == "nt":
                self._console = _watch_console(self.console_closes)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number in [getattr(signal, name, None) for name in INTERRUPTS]:
            self.interrupted = True
            self._count += 1
            if self._count >= FORCED_EXIT_COUNT:
                raise KeyboardInterrupt
        self._end()

    def console_closes(self, event: int) -> bool:
        """Windows, in a thread of its own: end the game and wait for it, since the process dies when this returns."""
        if event not in CONSOLE_ENDS:
            return False
        self._end()
        self._ended.wait(CONSOLE_SECONDS)
        return True


def _watch_console(handler: Callable[[int], bool]) -> object:
    """Windows: let the system call `handler` when the console closes; return the object that must be kept alive."""
    import ctypes

    library: Any = ctypes
    callback = library.WINFUNCTYPE(library.c_int, library.c_uint)(handler)
    library.windll.kernel32.SetConsoleCtrlHandler(callback, True)
    return callback


def print_line(line: str) -> None:
    """Print a line on the terminal, which may be gone."""
    try:
        echo(line, err=True)
    except (OSError, ValueError):
        return
