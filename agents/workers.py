"""A few threads that share one piece of work: torch and NumPy leave the interpreter to others while they compute."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import torch


class Workers:
    """`threads` threads, the caller's among them."""

    def __init__(self, threads: int = 1) -> None:
        """Of one thread none is made: the caller does all of it."""
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
        """Have another thread do it meanwhile; with one thread it is done now."""
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
    """torch keeps its own number of threads for each thread; none may start more."""
    torch.set_num_threads(1)
