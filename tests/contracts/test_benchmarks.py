"""The side-by-side scripts in `benchmarks/` run: our learner, SB3's and the plain loop each do an iteration."""

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from agents.recipe_reading import load_recipe
from benchmarks import from_nothing
from benchmarks.agents import ratings
from benchmarks.learners import _table
from benchmarks.task import MINIBATCH, ROWS, STEPS, Net, Task
from game.match.strengths import MEASURED_FILE
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


def test_a_learner_from_nothing_is_kept_and_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "few.toml"
    recipe.write_text(
        'title = "Few"\n[env]\nid = "game:Bankshot/Arena-v0"\n'
        '[env.kwargs]\nlevels = ["train:eliminate:1v1:2", "train:collect:4", "train:4"]\n'
        "[net]\npi = [16, 16]\nvf = [16, 16]\n[selfplay]\nenabled = true\nbots = { idle = 1.0, turret = 1.0 }\n"
    )
    assert from_nothing.duels(load_recipe(recipe))["levels"] == ["train:eliminate:1v1:2"]
    assert from_nothing.duels(load_recipe("hunter"))["levels"] == [
        "train:eliminate:1v1:48000-48831",
        "train:eliminate:1v1:41000-41191:34x26",
    ]
    assert from_nothing.duels(load_recipe("hunter-basics"))["levels"] == ["train:256"]
    with pytest.raises(ValueError, match="expected levels for one against one"):
        from_nothing.duels(load_recipe("hunter", ["env.kwargs.levels='train:collect:4'"]))
    kept, table, picture = (tmp_path / name for name in ("kept", "found.csv", "found.png"))
    for words in (
        ["train", "cleanrl", "--recipe", str(recipe), "--minutes", "0.001", "--out", str(kept)],
        [
            "measure",
            str(kept),
            "--name",
            "cleanrl",
            "--recipe",
            str(recipe),
            "--matches",
            "2",
            "--csv",
            str(table),
        ],
        ["plot", str(table), str(picture)],
    ):
        monkeypatch.setattr("sys.argv", ["from_nothing", *words])
        from_nothing.main()
    header, row = table.read_text().splitlines()
    assert header == "learner,minutes,samples,idle,fleeing,camper,chaser,marksman"
    assert row.startswith("cleanrl,")
    assert row.split(",")[2] == str(ROWS * STEPS)
    assert picture.stat().st_size > 5_000


def test_ratings_foretell_pairings_they_have_not_seen_as_well_as_elos() -> None:
    results = ratings.pairings(json.loads(MEASURED_FILE.read_text()), 10)
    found = ratings.forecast_losses(results)
    assert len(results) > 100
    assert found["floor"] < found["ours"] < min(found["ours by predict_win"], 0.75 * found["even"])
    assert found["ours"] < min(loss for name, loss in found.items() if name.startswith("Elo")) + 0.01


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
