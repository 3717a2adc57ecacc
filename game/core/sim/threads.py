"""`WorldThreads`: runs one kernel over all worlds of a batch, with a share of the worlds in each thread.

Kernels release the GIL and worlds do not affect each other, so the number of threads changes only the time.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

import numpy as np

from game.core.sim.observe import SCRATCH_SIZE

USUAL_THREADS: Final = 2
LEAST_WORLDS: Final = 16  # per thread: waking a thread costs as much as stepping some worlds


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads(worlds: int) -> int:
    """Return the default number of threads: two if the machine and the batch are large enough, otherwise one."""
    return max(1, min(USUAL_THREADS, processors(), worlds // LEAST_WORLDS))


class WorldThreads:
    """Splits worlds 0..worlds-1 among threads, including the caller's; each thread has its own working memory."""

    def __init__(self, worlds: int, threads: int = 1) -> None:
        """With one thread no new one is made: the caller's does the work. Raises ValueError for less than one."""
        if threads < 1:
            raise ValueError(f"threads: expected at least 1, found {threads}")
        self._shares = [
            (np.zeros(SCRATCH_SIZE, np.int64), worlds * n // threads, worlds * (n + 1) // threads)
            for n in range(threads)
        ]
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._pool = ThreadPoolExecutor(self.count - 1) if self.count > 1 else None

    @property
    def count(self) -> int:
        """Number of threads that share the worlds."""
        return len(self._shares)

    def run(self, kernel: Callable[..., None], *arguments: object) -> None:
        """Call kernel(*arguments, scratch, first, last) for all worlds first..last-1; an error in one is raised here."""
        if self._process != os.getpid():
            self._begin()  # a fork does not copy threads
        own, *others = self._shares
        jobs = (
            [self._pool.submit(_ignore_overflow, kernel, *arguments, *share) for share in others]
            if self._pool
            else []
        )
        try:
            _ignore_overflow(kernel, *arguments, *own)
        finally:
            wait(jobs)  # no thread may still write into the arrays when this returns
        for job in jobs:
            job.result()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.shutdown()


def _ignore_overflow(kernel: Callable[..., None], *arguments: object) -> None:
    """Interpreted kernels overflow on purpose; NumPy keeps its error settings per thread."""
    with np.errstate(over="ignore"):
        kernel(*arguments)
