"""Parts of an environment, each in a thread of its own, play what the whole would have played; so do evaluations."""

import gc
import os
import subprocess
import sys
import threading
import weakref
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import game.env  # noqa: F401  (registers the environments)
from agents.evaluate import Player, duel, evaluate
from game.core.rules import ACTION_HEADS
from game.core.sim import jit
from game.core.sim.threads import WorldThreads
from tests.contracts.tree import ROOT
from tests.env.builders import make_vec, seeded_actions

LOGITS = sum(size for _, size in ACTION_HEADS)


@pytest.mark.parametrize("seats", ["learner", "all"])
def test_parts_step_as_the_whole(seats: str) -> None:
    settings: dict[str, Any] = {"seats": seats, "match_seconds": 3, "threads": 3}
    whole, split = make_vec("Arena", 7, **settings), make_vec("Arena", 7, **settings)
    assert np.array_equal(whole.reset(seed=4)[0], split.reset(seed=4)[0])
    parts = split.unwrapped.parts()
    bounds = np.cumsum([0, *(part.num_envs for part in parts)]).tolist()
    assert len(parts) == 3
    assert bounds[-1] == whole.num_envs
    ended = 0
    for _, actions in zip(range(100), seeded_actions(whole.num_envs), strict=False):
        expected = whole.step(actions)
        for part, (first, last) in zip(parts, pairwise(bounds), strict=True):
            found = part.step(actions[first:last])
            for ours, theirs in zip(found[:4], expected[:4], strict=True):
                assert np.array_equal(ours, theirs[first:last])
            for name in found[4].keys() - {"final_info", "_final_info"}:
                assert np.array_equal(found[4][name], expected[4][name][first:last]), name
            ended += int(found[2].sum() + found[3].sum())
    assert ended > 5
    whole.close()
    split.close()


def test_an_environment_of_one_thread_is_its_only_part() -> None:
    env = make_vec("Duel", 4, threads=1)
    env.reset(seed=1)
    (part,) = env.unwrapped.parts()
    assert part.num_envs == 4


class Policy:
    """A policy of any number of rows at once, which remembers who asked."""

    def __init__(self) -> None:
        self.asked_by: set[str] = set()

    def __call__(self, observations: NDArray[np.float32]) -> NDArray[np.float64]:
        self.asked_by.add(threading.current_thread().name)
        return np.tile(observations[:, :8].sum(axis=1, keepdims=True), (1, LOGITS)) * np.arange(LOGITS) % 3.0


def played(kind: str, threads: int, parallel: bool = True) -> tuple[dict[str, Any], set[str], list[int]]:
    """What a number of short matches come to, in which threads, and what was told meanwhile."""
    policy, told = Policy(), []
    player = Player("any", policy, parallel=parallel)
    settings: dict[str, Any] = {"levels": "train:4", "match_seconds": 3, "threads": threads}
    if kind == "evaluate":
        report = evaluate(
            player,
            "Bankshot/Duel-v0",
            "chaser",
            matches=21,
            num_envs=6,
            seed=2,
            kwargs=settings,
            on_match=told.append,
        )
    else:
        other = Player("wanderer") if kind == "bot" else player
        report = duel(
            player,
            other,
            "Bankshot/Duel-v0",
            matches=21,
            num_worlds=6,
            seed=2,
            kwargs=settings,
            on_match=told.append,
        )
    return {**report.to_dict(), "seconds": 0}, policy.asked_by, told


@pytest.mark.parametrize("kind", ["evaluate", "duel", "bot"])
def test_an_evaluation_does_not_depend_on_the_threads(kind: str) -> None:
    report, asked_by, told = played(kind, 1)
    assert (report["matches"], len(asked_by), told[-1]) == (21, 1, 21)
    for threads in (2, 3):
        again, asked_by, told = played(kind, threads)
        assert again == report
        assert len(asked_by) >= 2, "the caller, and others"
        assert told == sorted(told)
        assert told[-1] == 21
    again, asked_by, _ = played(kind, 2, parallel=False)
    assert again == report
    assert len(asked_by) == 1, "a policy that does not say so is asked by one thread"


def test_what_one_thread_raises_ends_an_evaluation() -> None:
    def broken(observations: NDArray[np.float32]) -> NDArray[np.float64]:
        if threading.current_thread() is not threading.main_thread():
            raise OSError("the model is gone")
        return np.zeros((len(observations), LOGITS))

    player = Player("any", broken, parallel=True)
    before = threading.active_count()
    with pytest.raises(OSError, match="the model is gone"):
        evaluate(player, "Bankshot/Duel-v0", "chaser", matches=10_000, num_envs=6, kwargs={"threads": 2})
    assert threading.active_count() == before


FORK = """
import os, signal
import numpy as np
from tests.env.builders import make_vec, seeded_actions

env = make_vec("Duel", 64, threads=2)
env.reset(seed=1)
actions = np.zeros((64, 5), np.int64)
env.step(actions)
child = os.fork()
if not child:
    signal.alarm(60)
    env.step(actions)
    env.close()
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_steps_on_with_threads_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["7"], done.stderr


def test_actions_that_cannot_be_written_to_are_copied() -> None:
    missed: list[str] = []
    jit.MISSES.append(lambda kernel: missed.append(kernel.py_func.__name__))
    try:
        env = make_vec("Duel", 2)
        env.reset(seed=1)
        actions = np.zeros((2, 5), np.int64)
        actions.flags.writeable = False
        env.step(actions)
    finally:
        jit.MISSES.pop()
    assert missed == []


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads: int) -> None:
    with pytest.raises(ValueError, match=f"threads: expected at least 1, found {threads}"):
        WorldThreads(4, threads)


def test_a_closed_environment_lets_go_of_its_arrays() -> None:
    env = make_vec("Duel", 4)
    env.reset(seed=1)
    env.step(np.zeros((4, 5), np.int64))
    known = weakref.ref(env.unwrapped.engine.batch.world.tanks)
    env.close()
    del env
    gc.collect()
    assert known() is None
