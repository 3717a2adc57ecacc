"""Threads that share one piece of work: torch and NumPy release the interpreter lock while they compute."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import torch


class Workers:
    """`threads` threads, the caller's among them."""

    def __init__(self, threads: int = 1) -> None:
        """With one thread none is started: the caller does all the work."""
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads - 1, "agents", _one_thread) if threads > 1 else None

    def run(self, job: Callable[[int], None], count: int) -> None:
        """Call job(0) to job(count - 1), each once, in any order and at the same time."""
        shares = min(self.threads, count)

        def share(first: int) -> None:
            for number in range(first, count, shares):
                job(number)

        others = [self._pool.submit(share, first) for first in range(1, shares)] if self._pool else []
        try:
            share(0)
        finally:
            wait(others)
        for other in others:
            other.result()

    def start(self, job: Callable[[], None]) -> "Future[None]":
        """Run a job in another thread; with one thread it is run immediately."""
        if self._pool is not None:
            return self._pool.submit(job)
        done: Future[None] = Future()
        job()
        done.set_result(None)
        return done

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()


def _one_thread() -> None:
    """Limit torch to one thread in this thread; torch keeps the number for each thread."""
    torch.set_num_threads(1)
