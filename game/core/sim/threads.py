"""`WorldThreads`: one kernel over all worlds of a batch, a share of them in each thread.

Kernels hold no GIL and a world's course depends on itself alone, so the number of threads changes nothing but the time.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

import numpy as np

from game.core.sim.observe import SCRATCH_SIZE

USUAL_THREADS: Final = 2
LEAST_WORLDS: Final = 16  # a thread: waking one costs as much as some worlds


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_threads(worlds: int) -> int:
    """Return how many threads share a batch where nobody says: two, of a machine and a batch that have work for them."""
    return max(1, min(USUAL_THREADS, processors(), worlds // LEAST_WORLDS))


class WorldThreads:
    """Splits worlds 0..worlds-1 among threads, the caller's among them, each with working memory of its own."""

    def __init__(self, worlds: int, threads: int = 1) -> None:
        """Of one thread none is made: the caller's does the work. Raises ValueError for less than one."""
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
        """How many threads share the worlds."""
        return len(self._shares)

    def run(self, kernel: Callable[..., None], *arguments: object) -> None:
        """Call kernel(*arguments, scratch, first, last) for all worlds first..last-1; an error in one is raised here."""
        if self._process != os.getpid():
            self._begin()  # a fork takes no threads along
        own, *others = self._shares
        jobs = (
            [self._pool.submit(_ignore_overflow, kernel, *arguments, *share) for share in others]
            if self._pool
            else []
        )
        try:
            _ignore_overflow(kernel, *arguments, *own)
        finally:
            wait(jobs)  # nobody may still write into the arrays when this returns
        for job in jobs:
            job.result()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.shutdown()


def _ignore_overflow(kernel: Callable[..., None], *arguments: object) -> None:
    """Interpreted kernels overflow on purpose; NumPy's settings are each thread's own."""
    with np.errstate(over="ignore"):
        kernel(*arguments)
