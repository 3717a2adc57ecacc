"""What an uncaught error leaves behind: a folder with the log and the match's replay, and one line that says where.

What ends the process at once (a fault in a library, not an error of Python) can leave no such folder: for that the
operating system's signal writes Python's stacks to a file that waits for it (`watch_crashes`), and the next start makes a log
of it and names it (`collect_crash_logs`). Nothing leaves the machine, and a log names no person: paths below the player's
home are shortened to `~`.
"""

import contextlib
import faulthandler
import os
import platform
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import game
from game.app.endings import say
from game.player.paths import UserFolders, without_home
from safefiles.foreign import read_regular
from safefiles.writing import STALE_SECONDS, write_atomic

KEPT_LINES: Final = 200
PACKAGES: Final = ("pygame-ce", "numpy", "numba", "onnxruntime")
LOG_NAME: Final = "error.txt"
REPLAY_NAME: Final = "match.replay"
FATAL_PREFIX: Final = "fatal-"  # of a log that `collect_crash_logs` made
WAITING_PREFIX: Final = "running-"  # of the file that waits for a signal
MOST_FATAL_BYTES: Final = 1 << 20


@dataclass
class Journal:
    """The last things the window did, for the crash log."""

    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))

    def note(self, text: str) -> None:
        """Remember a line."""
        self.lines.append(f"{datetime.now():%H:%M:%S} {text}")


@dataclass(frozen=True)
class CrashReport:
    """Where a crash was written, and what it was."""

    folder: Path | None  # None: it could not be written
    summary: str  # the error's kind and message in one line
    replay: Path | None


def save_crash(
    folders: UserFolders,
    error: BaseException,
    journal: Journal,
    facts: dict[str, object],
    replay_bytes: Callable[[], bytes] | None,
) -> CrashReport:
    """Write the log and, where a match ran, its replay; trouble with one does not stop the other."""
    summary = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    folder = _new_folder(folders.crashes)
    replay_path: Path | None = None
    problem = ""
    if replay_bytes is not None:
        try:
            replay_path = folder / REPLAY_NAME
            write_atomic(replay_path, replay_bytes())
        except Exception as failure:  # whatever broke the match may break its replay too
            problem, replay_path = f"replay not saved: {type(failure).__name__}: {failure}", None
    text = _log_text(error, journal, facts, problem)
    try:
        write_atomic(folder / LOG_NAME, text.encode("utf-8", "replace"))
    except OSError:
        for line in text.splitlines():
            say(line)
        return CrashReport(None, summary, replay_path)
    return CrashReport(folder, summary, replay_path)


@contextlib.contextmanager
def watch_crashes(folders: UserFolders) -> Iterator[Path | None]:
    """Let a signal that ends the process write where every thread was to a file of this process's own.

    Yields that file, None where none can be written; a file that stayed empty is removed. A second `watch_crashes` in the
    same process leaves the first in place.
    """
    global _watched
    if _watched:
        yield None
        return
    path = folders.crashes / f"{WAITING_PREFIX}{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("w", encoding="utf-8")
    except OSError:
        yield None
        return
    before = faulthandler.is_enabled()
    faulthandler.enable(stream)
    _watched = True
    try:
        yield path
    finally:
        _watched = False
        faulthandler.disable()
        if before:
            with contextlib.suppress(AttributeError, OSError, ValueError):  # a stream without a file
                faulthandler.enable(sys.__stderr__ or sys.stderr)
        stream.close()
        with contextlib.suppress(OSError):
            if path.stat().st_size == 0:
                path.unlink()
                path.parent.rmdir()  # where no other crash lies


_watched = False


def collect_crash_logs(folders: UserFolders) -> list[Path]:
    """Make a log of what each ended process wrote, oldest first; return the new logs. Each is returned once.

    A file that is empty belongs to a process that runs, or that was killed and had no time to write: that of a process
    which is gone is removed after a day.
    """
    logs: list[Path] = []
    for path in sorted(folders.crashes.glob(f"{WAITING_PREFIX}*.txt")):
        try:
            found = read_regular(path, MOST_FATAL_BYTES)[:MOST_FATAL_BYTES].decode("utf-8", "replace")
            if not found:
                if _is_left_over(path):
                    path.unlink()
                continue
            log = path.with_name(FATAL_PREFIX + path.name.removeprefix(WAITING_PREFIX))
            text = "\n".join([*_versions(), "", without_home(found)])
            write_atomic(log, text.encode("utf-8", "replace"))
            path.unlink()
        except OSError:
            continue
        logs.append(log)
    return logs


def _is_left_over(path: Path) -> bool:
    """Whether an empty file that waits is a day old and its process, on this machine, is gone. Raises OSError."""
    if time.time() - path.stat().st_mtime < STALE_SECONDS:
        return False
    number = path.stem.rpartition("-")[2]
    if os.name == "nt" or not number.isascii() or not number.isdigit():
        return True  # Windows removes no file that is open
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # another user's process
        return False
    return False


def _new_folder(root: Path) -> Path:
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = root / stamp, 1
    while os.path.lexists(folder):  # false, too, where that cannot be known
        number += 1
        folder = root / f"{stamp}-{number}"
    return folder


def _log_text(error: BaseException, journal: Journal, facts: dict[str, object], problem: str) -> str:
    lines = [
        *_versions(),
        "",
        *(f"{key}: {value}" for key, value in facts.items()),
        *([problem] if problem else []),
        "",
        "".join(traceback.format_exception(error)).rstrip(),
        "",
        *journal.lines,
    ]
    return without_home("\n".join(lines)) + "\n"


def _versions() -> list[str]:
    return [
        f"Bankshot {game.__version__}",
        f"Python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}",
        *(f"{name} {_version(name)}" for name in PACKAGES),
    ]


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
