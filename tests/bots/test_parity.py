"""Interpreted and compiled bots decide the same: a child process runs the same source without numba."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
import numpy as np
from game.bots.drive import BotDriver
from game.bots.decide import decide
from game.sim.digest import array_hash
from tests.bots.builders import duel_arenas, random_rows
from game.sim.batch import Batch

seed = int(sys.argv[1])
print("compiled" if hasattr(decide, "py_func") else "interpreted")
driver = BotDriver(4, 4, seed)
driver.bot_ids[:] = np.arange(4)
for n in range(30):
    actions = np.zeros((4, 4, 5), np.int64)
    driver.decide(random_rows(4, 4, n), actions)
    print("random", n, array_hash(actions))
print("memory", array_hash(driver.state), array_hash(driver.rng))

batch = Batch(duel_arenas(1), 1, [(0, 0), (1, 2)], seed=seed)
driver = BotDriver(1, 2, seed)
driver.bot_ids[:] = (3, 2)
for n in range(8):
    driver.decide(batch.io.observations, batch.io.npc_actions)
    print("match", n, array_hash(batch.io.observations), batch.io.npc_actions.tolist())
    batch.step()
"""


def trace(compiled: bool, seed: int = 11) -> list[str]:
    """Return what a child process decided, line by line; its first line says whether numba compiled."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0" if compiled else "1"}
    command = [sys.executable, "-c", PROGRAM, str(seed)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_interpreted_bots_decide_as_compiled_ones() -> None:
    compiled, interpreted = trace(compiled=True), trace(compiled=False)
    assert (compiled[0], interpreted[0]) == ("compiled", "interpreted")
    assert len(compiled) == 1 + 30 + 1 + 8
    assert compiled[1:] == interpreted[1:]


def test_the_trace_tells_courses_apart() -> None:
    first, second = trace(compiled=True), trace(compiled=True, seed=12)
    assert first[0] == second[0]
    assert first[1:] != second[1:]
