"""The same seed and actions give the same bits:

in another process, position, batch size or number of threads.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.contracts.tree import ROOT
from tests.env.builders import NVEC, make_vec, seeded_actions, trajectory_digest


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile once, here, so that no two processes compile the same side by side."""
    env = make_vec("Duel", 1)
    env.reset(seed=1)
    env.step(next(seeded_actions(1)))


def digest_of_process(hash_seed: int, *arguments: str, **environment: str) -> str:
    """What `tests.env.rollout` prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.env.rollout", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(hash_seed), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def two_processes(*arguments: str) -> list[str]:
    """The digests of two processes that run the same side by side."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda hash_seed: digest_of_process(hash_seed, *arguments), (1, 2)))


def test_two_processes_return_the_same_bits() -> None:
    one, other = two_processes("--steps", "2000")
    assert len(one) == 64
    assert one == other


def test_a_bot_that_draws_from_the_process_is_found_out() -> None:
    one, other = two_processes("--steps", "300", "--broken")
    assert len(one) == 64
    assert one != other


@pytest.mark.slow
@pytest.mark.parametrize("seats", ["learner", "all"])
def test_two_processes_return_the_same_bits_over_100000_steps(seats: str) -> None:
    one, other = two_processes("--steps", "100000", "--seats", seats)
    assert one == other


@pytest.mark.slow
def test_a_broken_process_is_found_out_after_100000_steps() -> None:
    one, other = two_processes("--steps", "100000", "--broken")
    assert one != other


SHORT = ("--env", "Eliminate", "--levels", "first_light", "--envs", "2", "--steps", "30")


@pytest.mark.slow
def test_interpreted_it_returns_the_same_bits_as_compiled() -> None:
    compiled = digest_of_process(1, *SHORT)
    assert digest_of_process(1, *SHORT, NUMBA_DISABLE_JIT="1") == compiled
    assert digest_of_process(1, *SHORT, "--seed", "2") != compiled


@pytest.mark.slow
def test_no_index_is_ever_out_of_range() -> None:
    """Compiled with bounds checks, an index out of range raises; the bits are the same."""
    long = ("--levels", "train:16", "--steps", "500", "--seats", "all")
    assert digest_of_process(1, *long, NUMBA_BOUNDSCHECK="1") == digest_of_process(1, *long)


def run(seed: int, steps: int = 60, **arguments: object) -> str:
    env = make_vec("Eliminate", 6, opponent="chaser:1,marksman:1", **arguments)
    begin = env.reset(seed=seed)
    return trajectory_digest(env, seeded_actions(6), steps, begin)


def test_another_seed_plays_otherwise() -> None:
    assert run(1) == run(1)
    assert run(1) != run(2)


def test_threads_change_nothing() -> None:
    assert run(1, threads=3) == run(1)


def test_two_threads_are_the_default_where_there_is_work_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def threads_of(worlds: int, **arguments: object) -> int:
        env = make_vec("Eliminate", worlds, **arguments)
        count = env.unwrapped.engine.batch.threads.count
        env.close()
        return int(count)

    monkeypatch.setattr("game.core.sim.threads.processors", lambda: 2)
    assert [threads_of(worlds) for worlds in (1, 31, 32, 64)] == [1, 1, 2, 2]
    assert threads_of(64, threads=1) == 1
    assert threads_of(4, threads=3) == 3
    monkeypatch.setattr("game.core.sim.threads.processors", lambda: 1)
    assert threads_of(64) == 1


def test_threads_may_change_meanwhile() -> None:
    env = make_vec("Eliminate", 6, opponent="chaser:1,marksman:1")
    env.unwrapped.set_threads(2)
    begin = env.reset(seed=1)
    env.unwrapped.set_threads(100)
    assert trajectory_digest(env, seeded_actions(6), 60, begin) == run(1)
    env.close()


@pytest.mark.parametrize("name", ["Duel", "Arena"])
def test_a_row_does_not_depend_on_its_neighbours(name: str) -> None:
    mixture = "wanderer:1,marksman:1"
    whole = make_vec(name, 5, opponent=mixture, match_seconds=3)
    part = make_vec(name, 2, opponent=mixture, match_seconds=3, first_world=2)
    assert np.array_equal(whole.reset(seed=9)[0][2:4], part.reset(seed=9)[0])
    ended = 0
    for _, actions in zip(range(120), seeded_actions(5), strict=False):
        one, other = whole.step(actions), part.step(actions[2:4])
        for whole_array, part_array in zip(one[:4], other[:4], strict=True):
            assert np.array_equal(whole_array[2:4], part_array)
        ended += int(other[2].sum() + other[3].sum())
    assert ended > 2


def test_without_a_seed_the_next_matches_are_others() -> None:
    env = make_vec("Duel", 3, opponent="wanderer")
    first, _ = env.reset(seed=4)
    second, _ = env.reset()
    again, _ = env.reset(seed=4)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)


def test_two_environments_never_seeded_differ() -> None:
    begins = [make_vec("Duel", 8, levels="train:32").reset()[0] for _ in range(2)]
    assert not np.array_equal(*begins)


def test_one_seed_for_each_world_can_be_given() -> None:
    env = make_vec("Duel", 3)
    begin, _ = env.reset(seed=[7, 8, 7])
    assert np.array_equal(begin[0], begin[2])
    with pytest.raises(ValueError, match=r"seed: expected one number, or one for each of 3 worlds, found 2"):
        env.reset(seed=[7, 8])
    with pytest.raises(ValueError, match=r"seed: expected a whole number, found 1\.5"):
        env.reset(seed=[7, 8, 1.5])  # type: ignore[list-item]


def test_the_seeded_actions_of_these_tests_reach_every_head() -> None:
    actions = np.concatenate([table for _, table in zip(range(200), seeded_actions(8), strict=False)])
    assert (actions.max(axis=0) == NVEC - 1).all()
    assert (actions.min(axis=0) == 0).all()
