"""Judges one mutant: read, refused as it should be, or a fault; and what that cost."""

import contextlib
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final
from unittest import mock

from tests.fuzz.formats import Format

READ: Final = "read"
REFUSED: Final = "refused"
FAULT: Final = "fault"
HANGS: Final = 20  # seconds of the processor after which a reader is interrupted
LONGEST: Final = 2000  # characters of a line that a person must read
MOST_LINES: Final = 120
_OUTSIDE: Final = ("site-packages", os.sep + "lib" + os.sep, "<")


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    outcome: str  # READ, REFUSED or FAULT
    told: str = ""  # the refusal, or the fault with its place
    seconds: float = 0.0  # of the processor
    megabytes: float = 0.0  # the most that was resident beyond what was before; 0 where it was not measured


class Hangs(BaseException):
    """A reader was interrupted; not an Exception, so that no reader takes it for a bad file."""


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Empty the folder, then write the files into it."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def warm(row: Format, folder: Path, files: Mapping[str, bytes]) -> None:
    """Read a sound sample once, so that what is imported, compiled or loaded once is no mutant's doing."""
    write(folder, files)
    with contextlib.suppress(*row.refusals):
        row.read(folder)


def judge(row: Format, folder: Path, *, memory: bool = False) -> Verdict:
    """Read what lies in the folder and judge what came of it. `memory`: measure that too (Linux)."""
    before = _reset_peak() if memory else 0.0
    started = time.process_time()
    outcome, told = READ, ""
    try:
        with _interrupted(HANGS):
            messages = row.read(folder)
        if messages:
            outcome, told = REFUSED, "\n".join(messages)
    except row.refusals as error:
        outcome, told = REFUSED, str(error)
    except Hangs as error:
        outcome, told = FAULT, f"no end after {HANGS} s of the processor: {_place(error)}"
    except Exception as error:  # whatever it is, it is a fault; KeyboardInterrupt and SystemExit are none
        outcome, told = FAULT, f"{type(error).__name__}: {_one_line(error)} ({_place(error)})"
    seconds = time.process_time() - started
    megabytes = max(0.0, _peak() - before) if memory else 0.0
    if outcome == REFUSED and (problem := text_problem(told)):
        outcome, told = FAULT, f"the refusal {problem}: {told!r:.200}"
    elif outcome != FAULT and seconds > row.seconds:
        outcome, told = FAULT, f"{seconds:.2f} s of the processor"
    elif outcome != FAULT and megabytes > row.megabytes:
        outcome, told = FAULT, f"{megabytes:.0f} MB more than before"
    return Verdict(outcome, told, seconds, megabytes)


def text_problem(told: str) -> str:
    """What is wrong with a refusal as a text for a person; empty when nothing is."""
    lines = told.split("\n")
    if not told.strip():
        return "is empty"
    if not all(line.isprintable() for line in lines):
        return "holds signs that act or cannot be written"
    if len(lines) > MOST_LINES or max(map(len, lines)) > LONGEST:
        return f"is longer than {MOST_LINES} lines of {LONGEST} characters"
    return ""


@contextlib.contextmanager
def without_child() -> Iterator[None]:
    """Leave out the first run of an unknown model in a child process, which takes half a second each."""
    with mock.patch("safefiles.onnx_smoke.smoke_run", return_value=None):
        yield


@contextlib.contextmanager
def _interrupted(seconds: int) -> Iterator[None]:
    """Raise Hangs after so many seconds of the processor; nothing where the platform has no such timer."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Hangs

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _place(error: BaseException) -> str:
    """File and line of the product, the deepest of the traceback that is no library's."""
    frames = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in frames if frame.filename != __file__]
    own = [frame for frame in frames if not any(part in frame.filename for part in _OUTSIDE)]
    last = (own or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}"


def _one_line(error: BaseException) -> str:
    return ascii(" ".join(str(error).split()))[1:-1][:300]


def _reset_peak() -> float:
    """Forget the peak of resident memory so far; return the memory now, MB."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
            return _status("VmRSS")
    return _peak()


def _peak() -> float:
    if sys.platform == "linux":
        return _status("VmHWM")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


def _status(key: str) -> float:
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(text.split(f"{key}:", 1)[1].split(None, 1)[0]) / 1024
