"""Interpreted and compiled bots decide the same: a child process runs the same source without numba.

Both sense the same: a match that was played once, and random numbers. That matches with bots in them take the same
course interpreted is proved in `tests/env/test_determinism.py`, the senses in `tests/core/sim/test_parity.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from game.core.bots.decide import decide
from game.core.bots.drive import BotDriver
from game.core.bots.table import BOTS
from game.core.sim.arrays import SenseArray
from game.core.sim.batch import Batch
from game.core.sim.digest import array_hash
from tests.contracts.tree import ROOT
from tests.core.bots.builders import duel_arenas, random_rows

DECISIONS = 1500
RANDOM_ROWS = 30
PROGRAM = """
import sys
import numpy as np
from tests.core.bots.test_parity import trace

print(*trace(np.load(sys.argv[1]), int(sys.argv[2])), sep="\\n")
"""


def matches_sensed() -> SenseArray:
    """Return what two bots sensed (DECISIONS, 1, 2, D), match after match."""
    batch = Batch(duel_arenas(1), 1, [(0, 0), (1, 2)], seed=11)
    driver = BotDriver(1, 2, 11)
    driver.bot_ids[:] = (3, 2)
    sensed = []
    for _decision in range(DECISIONS):
        sensed.append(batch.io.observations.copy())
        driver.decide(batch.io.observations, batch.io.npc_actions)
        driver.reset_ended(batch.step().ended)
    return np.array(sensed)


def trace(sensed: SenseArray, seed: int) -> list[str]:
    """Return what every bot decides, line by line; the first line says whether numba compiled."""
    lines = ["compiled" if hasattr(decide, "py_func") else "interpreted"]
    driver = BotDriver(4, 4, seed)
    driver.bot_ids[:] = np.arange(4)
    for n in range(RANDOM_ROWS):
        actions = np.zeros((4, 4, 5), np.int64)
        driver.decide(random_rows(4, 4, n), actions)
        lines.append(f"random {n} {array_hash(actions)}")
    for bot in BOTS:
        driver = BotDriver(1, 2, seed)
        driver.bot_ids[:] = bot.id
        for n, observations in enumerate(sensed):
            actions = np.zeros((1, 2, 5), np.int64)
            driver.decide(observations, actions)
            lines.append(f"{bot.name} {n} {actions.tolist()}")
        lines.append(f"{bot.name} memory {array_hash(driver.state)} {array_hash(driver.rng)}")
    return lines


@pytest.fixture(scope="module")
def sensed() -> SenseArray:
    return matches_sensed()


def test_interpreted_bots_decide_as_compiled_ones(sensed: SenseArray, tmp_path: Path) -> None:
    np.save(tmp_path / "sensed.npy", sensed)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "sensed.npy"), "11"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled, interpreted = trace(sensed, 11), done.stdout.splitlines()
    assert (compiled[0], interpreted[0]) == ("compiled", "interpreted")
    assert len(compiled) == 1 + RANDOM_ROWS + len(BOTS) * (DECISIONS + 1)
    assert compiled[1:] == interpreted[1:]


def test_the_trace_tells_courses_apart(sensed: SenseArray) -> None:
    assert trace(sensed, 11) == trace(sensed, 11)
    assert trace(sensed, 11)[1:] != trace(sensed, 12)[1:]


def test_the_matches_are_more_than_one_way_to_stand(sensed: SenseArray) -> None:
    decided = {line.split(" ", 2)[2] for line in trace(sensed, 11) if line.startswith("marksman")}
    assert len(decided) > DECISIONS / 4
