"""Callbacks and reward terms that a recipe names: what they are given, what they may do, and who may name them."""

import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from agents.cli import app
from agents.errors import AgentsError, RecipeError, RunError
from agents.exploit import recipe_of_card
from agents.league import LeagueTable, new_league
from agents.league_run import check_league, stage_run
from agents.recipe_text import recipe_to_toml
from agents.seed_runs import train_seeds
from agents.tensors import load_tensors
from agents.train import Run, create_run, open_run, train

from .helpers import quiet, small_recipe

MODULE = """
import numpy as np

told, steps, more = [], [], 1.0

def listen(iteration):
    told.append((iteration.samples, dict(iteration.row), iteration.model.num_timesteps, iteration.folder))

def stop_at_1024(iteration):
    return iteration.samples < 1024

def writes(iteration):
    iteration.row["samples"] = 0

def fails(iteration):
    if iteration.samples >= 1024:
        raise ValueError("the disk is full\\nreally")

def answers(iteration):
    return "yes"

def one(observation, action, reward, next_observation, terminated, info):
    steps.append((observation.copy(), action.copy(), reward.copy(), next_observation.copy(), terminated.copy(), info))
    return np.ones(len(reward))

def scribbles(observation, *rest):
    observation[:] = 0
    return np.zeros(len(observation))

def too_few(observation, *rest):
    return np.zeros(1)

def late(observation, *rest):
    if len(steps) > 40:
        raise KeyError("x")
    steps.append(0)
    return np.zeros(len(observation))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of the trainer's own, under a name that nothing else has."""
    name = f"own_module_{tmp_path.name}"
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "code"))
    yield name
    sys.modules.pop(name, None)


def _train(folder: Path, **tables: Any) -> Run:
    return train(create_run(folder, small_recipe(**tables)), quiet())


def _command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_callback_is_told_of_every_iteration_and_disturbs_nothing(tmp_path: Path, module: str) -> None:
    run = _train(tmp_path / "run", train={"callbacks": [f"{module}:listen"]})
    told = sys.modules[module].told
    rows = json.loads((run.folder / "curve.json").read_text())["rows"]
    assert [samples for samples, *_ in told] == [512, 1024, 1536, 2048]
    assert [row["value_loss"] for _, row, *_ in told] == [row["value_loss"] for row in rows]
    assert told[-1][2:] == (2048, run.folder)
    plain = _train(tmp_path / "plain")
    weights = [load_tensors(one.latest())[0]["policy/action_net.weight"] for one in (run, plain)]
    assert weights[0].tobytes() == weights[1].tobytes()


def test_a_callback_ends_a_training(tmp_path: Path, module: str) -> None:
    run = _train(tmp_path / "run", train={"callbacks": [f"{module}:stop_at_1024"]})
    assert (run.facts["status"], run.facts["samples"]) == ("done", 1024)
    assert run.facts["ended"]["by"] == f"the callback {module}:stop_at_1024"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fails", "ValueError: the disk is full really$"),
        ("writes", "TypeError: 'mappingproxy' object does not support item assignment"),
        ("answers", "expected True, False or None, found 'yes'"),
    ],
)
def test_a_callback_that_fails_ends_it_in_one_line_and_what_was_trained_is_kept(
    tmp_path: Path, module: str, name: str, message: str
) -> None:
    with pytest.raises(RunError, match=message) as found:
        _train(tmp_path / "run", train={"callbacks": [f"{module}:{name}"]}, checkpoint={"every": 0})
    assert str(found.value).startswith(f"[train] callbacks '{module}:{name}': ")
    facts = open_run(tmp_path / "run").facts
    assert (facts["status"], facts["ended"]["by"]) == ("stopped", "a callback that failed")
    assert facts["samples"] == (1024 if name == "fails" else 512)


@pytest.mark.parametrize(
    "selfplay", [{}, {"enabled": True, "mirror": 0.25, "bot_share": 1.0, "bots": {"tracker": 1.0}}]
)
def test_a_reward_term_sees_each_step_and_adds_to_its_reward(
    tmp_path: Path, module: str, selfplay: dict[str, Any]
) -> None:
    run = _train(
        tmp_path / "run", train={"reward_terms": [f"{module}:one"]}, selfplay=selfplay, env={"num_envs": 8}
    )
    steps = sys.modules[module].steps[1:]  # the first was a trial
    rows = len(steps[0][2])
    assert rows == (10 if selfplay else 8)
    for observation, action, reward, after, terminated, info in steps:
        assert observation.shape == after.shape == (rows, 8)
        assert action.shape == (rows, 2)
        assert reward.shape == terminated.shape == info["truncated"].shape == info["active"].shape == (rows,)
    assert all(np.array_equal(one[3], other[0]) for one, other in itertools.pairwise(steps))
    ended = np.array([step[4] for step in steps])
    assert 0 < ended.mean() < 0.5
    assert any("outcome" in step[5] and step[5]["outcome"].any() for step in steps)
    last = json.loads((run.folder / "curve.json").read_text())["rows"][-1]
    own = {name: value for name, value in last.items() if name in ("ep_rew_mean", "ep_len_mean")}
    assert own["ep_rew_mean"] == pytest.approx(own["ep_len_mean"], rel=0.2), (
        "a point and one more for each step"
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"callbacks": ["gone_module:f"]},
            "[train] callbacks 'gone_module:f': module 'gone_module' cannot be imported (ModuleNotFoundError: "
            "No module named 'gone_module'); your own module must be installed, or be in a folder named by PYTHONPATH=FOLDER",
        ),
        ({"callbacks": ["{module}:gone"]}, "expected a function in module '{module}', found none"),
        ({"reward_terms": ["{module}:more"]}, "expected a function in module '{module}', found a float"),
        ({"reward_terms": ["{module}:too_few"]}, "expected 2 rewards, one for each row, found shape (1,)"),
        ({"reward_terms": ["{module}:scribbles"]}, "ValueError: assignment destination is read-only"),
        (
            {"reward_terms": ["{module}:listen"]},
            "TypeError: listen() takes 1 positional argument but 6 were given",
        ),
    ],
)
def test_what_cannot_be_called_is_one_line_before_a_folder_is_made(
    tmp_path: Path, module: str, table: dict[str, list[str]], message: str
) -> None:
    filled = {key: [name.replace("{module}", module) for name in names] for key, names in table.items()}
    with pytest.raises(RunError) as found:
        create_run(tmp_path / "run", small_recipe(train=filled))
    assert message.replace("{module}", module) in str(found.value)
    assert "\n" not in str(found.value)
    assert not (tmp_path / "run").exists()


def test_a_term_that_fails_later_is_one_line_too(tmp_path: Path, module: str) -> None:
    with pytest.raises(RunError, match=r"^\[train\] reward_terms 'own_module.*:late': KeyError: 'x'$"):
        _train(tmp_path / "run", train={"reward_terms": [f"{module}:late"]}, checkpoint={"every": 512})
    assert open_run(tmp_path / "run").facts["samples"] == 512


@pytest.mark.parametrize("name", ["noise", "a:b:c", ":f", "a:", "a b:c", "os;x:y", "a:b()"])
def test_names_have_one_form(name: str) -> None:
    with pytest.raises(RecipeError, match=r"\[train\] callbacks: expected module:function, found"):
        small_recipe(train={"callbacks": [name]})


def test_a_run_folder_names_no_code_unless_the_person_does(tmp_path: Path, module: str) -> None:
    run = create_run(tmp_path / "run", small_recipe(train={"callbacks": [f"{module}:stop_at_1024"]}))
    train(run, quiet())
    sys.modules.pop(module)
    folder = tmp_path / "run"
    done = _command("resume", folder, "--set", "budget.samples=4096")
    assert done.exit_code == 2
    assert f"if you trust the module, add --code {module}" in done.output
    assert module not in sys.modules
    done = _command("resume", folder, "--code", module)
    assert done.exit_code == 0, done.output
    assert open_run(folder).facts["samples"] == 1536, "asked again after one more iteration"
    done = _command("export", folder, "--out", tmp_path / "x.onnx", "--matches", "0")
    assert done.exit_code == 0, done.output


def test_the_line_that_goes_on_names_the_code(
    tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        recipe_to_toml(small_recipe(train={"callbacks": [f"{module}:listen"]})), encoding="utf-8"
    )
    monkeypatch.setattr("agents.train._Session._after_iteration", lambda self: False)
    done = _command("train", recipe, "--out", tmp_path / "run")
    assert done.exit_code == 130
    assert done.output.rstrip().endswith(f"--code {module}")


def test_the_same_command_goes_on_with_several_seeds(tmp_path: Path, module: str) -> None:
    recipe = small_recipe(budget={"samples": 512}, train={"callbacks": [f"{module}:listen"]})
    assert len(train_seeds(tmp_path, recipe, [1])) == 1
    assert len(train_seeds(tmp_path, recipe, [1, 2])) == 2


def test_neither_a_card_nor_a_league_names_code(
    tmp_path: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from .test_exploit import REGISTERED, _brain_with

    own = {"callbacks": [f"{module}:listen"]}
    selfplay = {"enabled": True, "bots": {"tracker": 1.0}}
    card = _brain_with(tmp_path / "odd.onnx", recipe_to_toml(small_recipe(train=own)))
    assert recipe_of_card(card, REGISTERED, {}).train.callbacks == []
    league = new_league(
        tmp_path / "l", small_recipe(selfplay=selfplay, train=own), LeagueTable(bots=["tracker"])
    )
    for refuses in (lambda: check_league(league), lambda: stage_run(league, "main", 1)):
        with pytest.raises(AgentsError, match="expected neither"):
            refuses()
    assert module not in sys.modules
