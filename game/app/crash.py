"""Crash reports of uncaught errors: a folder with the log and the match's replay, and one line with its path.

A fault in a library ends the process before such a folder can be written. For that case the operating system's signal
writes Python's stacks to a file opened in advance (`watch_crashes`); the next start turns it into a log and shows its path
(`collect_crash_logs`). Nothing is sent anywhere, and a log contains no name of a person: paths below the player's home are
shortened to `~`.
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
from game.app.exit_handler import print_line
from game.player.paths import UserFolders, without_home
from safefiles.foreign import read_regular
from safefiles.writing import STALE_SECONDS, write_atomic

KEPT_LINES: Final = 200
PACKAGES: Final = ("pygame-ce", "numpy", "numba", "onnxruntime")
LOG_NAME: Final = "error.txt"
REPLAY_NAME: Final = "match.replay"
FATAL_PREFIX: Final = "fatal-"  # name of a log made by `collect_crash_logs`
WAITING_PREFIX: Final = "running-"  # prefix of the file opened for a signal
MOST_FATAL_BYTES: Final = 1 << 20


@dataclass
class Journal:
    """The last actions of the window, for the crash log."""

    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))

    def note(self, text: str) -> None:
        """Remember a line."""
        self.lines.append(f"{datetime.now():%H:%M:%S} {text}")


@dataclass(frozen=True)
class CrashReport:
    """The path of a crash report, and the error."""

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
    """Write the log and, if a match ran, its replay; an error with one does not stop the other."""
    summary = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    folder = _new_folder(folders.crashes)
    replay_path: Path | None = None
    problem = ""
    if replay_bytes is not None:
        try:
            replay_path = folder / REPLAY_NAME
            write_atomic(replay_path, replay_bytes())
        except Exception as failure:  # the same error may break the replay too
            problem, replay_path = f"replay not saved: {type(failure).__name__}: {failure}", None
    text = _log_text(error, journal, facts, problem)
    try:
        write_atomic(folder / LOG_NAME, text.encode("utf-8", "replace"))
    except OSError:
        for line in text.splitlines():
            print_line(line)
        return CrashReport(None, summary, replay_path)
    return CrashReport(folder, summary, replay_path)


@contextlib.contextmanager
def watch_crashes(folders: UserFolders) -> Iterator[Path | None]:
    """Let a signal that ends the process write the stacks of all threads to a file of this process.

    Yields that file, None if it cannot be written; a file that stayed empty is removed. A second `watch_crashes` in the
    same process changes nothing.
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
                path.parent.rmdir()  # a name that no other crash has


_watched = False


def collect_crash_logs(folders: UserFolders) -> list[Path]:
    """Make a log from the file of each ended process, oldest first; return the new logs. Each is returned once.

    An empty file belongs to a running process, or to one that was killed before it could write; if that process is gone,
    the file is removed after a day.
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
    """Return whether an empty file is a day old and its process, on this machine, is gone. Raises OSError."""
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
    while os.path.lexists(folder):  # also false if that cannot be known
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
