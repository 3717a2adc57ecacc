"""What an uncaught error leaves behind: a folder with the log and the match's replay, and one line that says where.

Nothing leaves the machine, and the log names no person: paths below the player's home are shortened to `~`.
"""

import platform
import sys
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import game
from game.paths import UserFolders
from safefiles.writing import write_atomic

KEPT_LINES: Final = 200
PACKAGES: Final = ("pygame-ce", "numpy", "numba", "onnxruntime")
LOG_NAME: Final = "error.txt"
REPLAY_NAME: Final = "match.replay"


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
        sys.stderr.write(text)
        return CrashReport(None, summary, replay_path)
    return CrashReport(folder, summary, replay_path)


def _new_folder(root: Path) -> Path:
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    folder, number = root / stamp, 1
    while folder.exists():
        number += 1
        folder = root / f"{stamp}-{number}"
    return folder


def _log_text(error: BaseException, journal: Journal, facts: dict[str, object], problem: str) -> str:
    lines = [
        f"Bankshot {game.__version__}",
        f"Python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}",
        *(f"{name} {_version(name)}" for name in PACKAGES),
        "",
        *(f"{key}: {value}" for key, value in facts.items()),
        *([problem] if problem else []),
        "",
        "".join(traceback.format_exception(error)).rstrip(),
        "",
        *journal.lines,
    ]
    return "\n".join(lines).replace(str(Path.home()), "~") + "\n"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
