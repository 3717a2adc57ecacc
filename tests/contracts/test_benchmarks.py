"""The side-by-side scripts in `benchmarks/` run: our learner, SB3's and the plain loop each do an iteration."""

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks.learners import _table
from benchmarks.task import MINIBATCH, ROWS, STEPS, Net, Task
from tests.contracts.tree import ROOT, run_python

SMALL = Task("free", 1, "relu")


@pytest.mark.parametrize("peer", ["agents", "sb3", "cleanrl"])
def test_a_learner_does_an_iteration(peer: str) -> None:
    iterate = importlib.import_module(f"benchmarks.{peer}_peer").make(SMALL)
    assert iterate() == ROWS * STEPS >= MINIBATCH


def test_all_learners_have_the_network_and_spaces_of_the_game() -> None:
    from game.core import rules
    from game.core.sim.slots import OBSERVATION_SIZE

    env = SMALL.make_env()
    assert env.single_observation_space.shape == (OBSERVATION_SIZE,)
    assert env.single_action_space.nvec.tolist() == [size for _, size in rules.ACTION_HEADS]
    model: Any = importlib.import_module("benchmarks.agents_peer")
    numbers = sum(parameter.numel() for parameter in Net(SMALL).parameters())
    assert model.make_model(SMALL).gradient.towers.size == numbers
    logits, values = Net(SMALL)(torch.zeros(3, OBSERVATION_SIZE))
    assert sum(part.shape[1] for part in logits) == sum(env.single_action_space.nvec)
    assert values.shape == (3, 1)


def test_ratios_are_those_of_the_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    def peer(name: str, seconds: list[float]) -> Any:
        rounds = [{"samples": 100, "cpu": spent, "wall": 1.0} for spent in seconds]
        return SimpleNamespace(name=name, rounds=rounds, versions={"numpy": "2"})

    # The second round was slow for both: the ratio stays 2, though that of the medians would be another.
    _table([peer("agents", [1.0, 10.0]), peer("sb3", [2.0, 20.0])], "cpu")
    assert "| sb3 | 28 | 50 | 2.00 | numpy 2 |" in capsys.readouterr().out


def test_the_commands_explain_themselves() -> None:
    done = run_python("-m", "benchmarks.learners", "--help", cwd=ROOT)
    assert done.returncode == 0
    assert "--puffer-python" in done.stdout
