"""Counting of matches: a fixed number per row, with one thread for each part of an environment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock

import numpy as np

from agents.envs import EndedMatches, Ints, env_parts
from agents.plain import AnyVectorEnv


class MatchCounter:
    """Counts the first `left` (rows,) matches of every row."""

    def __init__(self, left: Ints) -> None:
        """`left` is counted down."""
        self.left = left
        self.wins = self.losses = self.draws = self.timeouts = self.ticks = self.matches = 0

    def add(self, rows: Ints, ended: EndedMatches) -> None:
        """`rows`: the counter of each ended match."""
        for row, outcome, ticks, late in zip(rows, ended.outcome, ended.ticks, ended.timed_out, strict=True):
            if self.left[row] <= 0:
                continue
            self.left[row] -= 1
            self.matches += 1
            self.ticks += int(ticks)
            self.wins += int(outcome > 0)
            self.losses += int(outcome < 0)
            self.timeouts += int(outcome == 0 and late)
            self.draws += int(outcome == 0 and not late)

    def join(self, other: "MatchCounter") -> None:
        """Add the counts of another counter."""
        for name in ("wins", "losses", "draws", "timeouts", "ticks", "matches"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def done(self) -> bool:
        """Whether every row has played all its matches."""
        return not (self.left > 0).any()


def quotas(rows: int, quota: int, matches: int) -> Ints:
    """How many matches of each row count: at most `quota`, in total `matches`; the last rows count one less if needed."""
    left = np.full(rows, quota, dtype=np.int64)
    surplus = rows * quota - matches
    if surplus > 0:
        left[-surplus:] -= 1
    return left


class MatchProgress:
    """How many matches ended in all threads; `stopped` is True once a thread failed."""

    def __init__(self, on_match: Callable[[int], None] | None, matches: int = 0) -> None:
        """`on_match` is called with the total, from any of the threads; `matches` ended before."""
        self._on_match, self._matches = on_match, matches
        self._lock = Lock()
        self.stopped = False

    def add(self, matches: int) -> None:
        """Add `matches` and report the total."""
        with self._lock:
            self._matches += matches
            if self._on_match is not None and not self.stopped:
                self._on_match(self._matches)

    def guard(self, play: Callable[[], MatchCounter]) -> MatchCounter:
        """Play; an exception stops the other threads too."""
        try:
            return play()
        except BaseException:
            self.stopped = True
            raise


def run_parts(
    env: AnyVectorEnv,
    parallel: bool,
    tally: MatchProgress,
    play: Callable[[AnyVectorEnv, slice], MatchCounter],
) -> MatchCounter:
    """Call `play` for each part of a reset env, with its rows, each in its own thread; return the summed counts."""
    parts = env_parts(env) if parallel else [env]
    ends = np.cumsum([part.num_envs for part in parts]).tolist()
    jobs = [(part, slice(end - part.num_envs, end)) for part, end in zip(parts, ends, strict=True)]
    total = MatchCounter(np.zeros(0, dtype=np.int64))
    with ThreadPoolExecutor(len(jobs)) as pool:
        others = [pool.submit(tally.guard, partial(play, *job)) for job in jobs[1:]]
        total.join(tally.guard(partial(play, *jobs[0])))
        for other in others:
            total.join(other.result())
    return total
