"""Factors, the models' shares and the ranker's weights, refitted in a separate process, so that no caller waits.

    python -m recommender.advisor.refit JOB.npz RESULT.npz

`BackgroundRefit` writes the job (plain arrays, no pickle), starts the process at a lower priority and returns the result once
it has been written completely: the file appears in one step. If the process dies, the earlier models stay in use; if its parent
dies in any way, it sees its standard input end, removes the folder and ends too. The shares are chosen on an inner tenth of the
ratings that the models of that run have not seen (`recommender.advisor.fitting`); the returned models are then fitted to all
ratings.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.fitting import RefitJob, RefitResult, enough_ratings, learn_all
from recommender.messages import say
from safefiles.causes import system_message
from safefiles.child import child_environment, python_command
from safefiles.foreign import PARSER_ERRORS, short_reason
from safefiles.text import clean
from safefiles.writing import write_atomic

END_SECONDS: Final = 2.0  # seconds that a stopped process gets before it is killed
WATCH: Final = "--watch"  # option: end with the standard input
FOLDER: Final = "recommender-"  # prefix of the name of a refit's own folder
Arrays = Mapping[str, NDArray[Any]]


class BackgroundRefit:
    """At most one refit at a time. A thread writes the job, waits for the process and reads the result; callers never wait."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._learned: RefitResult | None = None
        self._stopping = False
        self._starting = threading.Lock()  # `close` does not interrupt the start of a process

    @property
    def running(self) -> bool:
        """Whether a refit was started and its result not yet taken."""
        return self._thread is not None

    def start(self, job: RefitJob) -> bool:
        """Start a refit, unless one is running or there is too little to learn from; errors go to `messages`."""
        if self.running or not enough_ratings(job.given):
            return False
        self._stopping, self._learned = False, None
        self._thread = threading.Thread(target=self._work, args=(job,), name="refit", daemon=True)
        self._thread.start()
        return True

    def poll(self) -> RefitResult | None:
        """The result of a finished refit; None while it runs, and if it failed."""
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread = None
        return self._learned

    def close(self) -> None:
        """Stop the process, if one runs."""
        if self._thread is None:
            return
        with self._starting:
            self._stopping = True
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
        self._thread.join(END_SECONDS)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()
            self._thread.join()
        self._thread = None

    def _work(self, job: RefitJob) -> None:
        """Write the job, run the process and read the result."""
        try:
            with tempfile.TemporaryDirectory(prefix=FOLDER, ignore_cleanup_errors=True) as name:
                self._folder = folder = Path(name)
                write_atomic(folder / "job.npz", pack_arrays(job.arrays()))
                if self._run(folder):
                    self._learned = self._read(folder / "result.npz")
        except OSError as error:
            self.messages.append(say("refit_start", why=system_message(error)))

    def _run(self, folder: Path) -> bool:
        """Run the process to its end; False if it was stopped or failed."""
        with self._starting:
            if self._stopping:
                return False
            self._process = subprocess.Popen(
                python_command(
                    "-m",
                    "recommender.advisor.refit",
                    str(folder / "job.npz"),
                    str(folder / "result.npz"),
                    WATCH,
                ),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(
                    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
                ),  # it uses one thread
            )
        code = self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        done = code == 0 and (folder / "result.npz").is_file()
        if not done and not self._stopping:
            self.messages.append(say("refit_ended", code=code))
        return done and not self._stopping

    def _read(self, result: Path) -> RefitResult | None:
        try:
            with np.load(result, allow_pickle=False) as arrays:
                return RefitResult.from_arrays({name: arrays[name] for name in arrays.files})
        except PARSER_ERRORS as error:
            self.messages.append(say("refit_unread", why=short_reason(error)))
            return None


def pack_arrays(arrays: Arrays) -> bytes:
    """Arrays as the bytes of an `.npz` file. It can be read without pickle."""
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **dict(arrays))
    return stream.getvalue()


def _end_with(stream: io.FileIO, folder: Path, ending: threading.Lock) -> None:
    """Wait for the end of a stream without writers: it ends when the parent process is gone.

    The folder is removed if it was made for a refit. The lock `ending` is kept, so that nothing is written afterwards.
    """
    stream.readall()
    ending.acquire()
    with contextlib.suppress(OSError):
        if folder.name.startswith(FOLDER) and folder.parent.samefile(tempfile.gettempdir()):
            shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main(arguments: list[str]) -> int:
    """Read the job, learn, write the result; 2 for other arguments.

    With `--watch` it ends as soon as its standard input does, and removes a folder made by `BackgroundRefit`.
    """
    if len(arguments) not in (2, 3) or arguments[2:] not in ([], [WATCH]):
        print("usage: python -m recommender.advisor.refit JOB.npz RESULT.npz [--watch]", file=sys.stderr)
        return 2
    ending = threading.Lock()
    if arguments[2:]:
        if hasattr(os, "nice"):
            os.nice(10)
        watched = io.FileIO(sys.stdin.fileno(), closefd=False)
        threading.Thread(
            target=_end_with, args=(watched, Path(arguments[1]).parent, ending), daemon=True
        ).start()
    code = _refit(Path(arguments[0]), Path(arguments[1]), ending)
    ending.acquire()  # so that the end of this thread does not interrupt a removal
    return code


def _refit(job_file: Path, result: Path, ending: threading.Lock) -> int:
    try:
        with np.load(job_file, allow_pickle=False) as arrays:
            job = RefitJob.from_arrays({name: arrays[name] for name in arrays.files})
        learned = learn_all(job)
        learnt = pack_arrays(learned.arrays() if learned is not None else {})
        with ending:
            write_atomic(result, learnt)
    except PARSER_ERRORS as error:
        message = f"error: {job_file.name}: expected a job to learn from, found: {error}"
        print(clean(message), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
