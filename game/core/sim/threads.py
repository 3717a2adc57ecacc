"""`WorldThreads`: one kernel over all worlds of a batch, a share of them in each thread.

Kernels hold no GIL and a world's course depends on itself alone, so the number of threads changes nothing but the time.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from game.core.sim.observe import SCRATCH_SIZE


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorldThreads:
    """Splits worlds 0..worlds-1 among threads, each with working memory of its own."""

    def __init__(self, worlds: int, threads: int = 1) -> None:
        """Of one thread none is made: the caller's does the work."""
        self._shares = [
            (np.zeros(SCRATCH_SIZE, np.int64), worlds * n // threads, worlds * (n + 1) // threads)
            for n in range(threads)
        ]
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def run(self, kernel: Callable[..., None], *arguments: object) -> None:
        """Call kernel(*arguments, scratch, first, last) for all worlds first..last-1; an error in one is raised here."""
        if self._pool is None:
            for share in self._shares:
                _quietly(kernel, *arguments, *share)
            return
        jobs = [self._pool.submit(_quietly, kernel, *arguments, *share) for share in self._shares]
        for job in jobs:
            job.result()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()


def _quietly(kernel: Callable[..., None], *arguments: object) -> None:
    """Interpreted kernels overflow on purpose; NumPy's settings are each thread's own."""
    with np.errstate(over="ignore"):
        kernel(*arguments)
