"""A brain file is something to train further: its policy comes back out of the graph."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from rich.console import Console

from agents.contract import Contract, Slot
from agents.errors import BrainRefused, RunError
from agents.export import export_run
from agents.parents import policy_from_brain
from agents.recipe import Recipe
from agents.tensors import load_tensors
from agents.train import create_run, open_run, train

from .helpers import DEMO, brain_bytes, paddle_contract, quiet, small_recipe


def _file(folder: Path, recipe: Recipe, contract: Contract | None = None) -> Path:
    path = folder / "rival.onnx"
    path.write_bytes(brain_bytes(recipe, contract))
    return path


@pytest.mark.parametrize("activation", ["tanh", "relu", "elu"])
@pytest.mark.parametrize("normalise", [False, True])
def test_a_run_goes_on_from_a_brain(tmp_path: Path, normalise: bool, activation: str) -> None:
    recipe = small_recipe(net={"normalize_observations": normalise, "activation": activation})
    brain = _file(tmp_path, recipe)
    run = create_run(tmp_path / "run", recipe, policy_from_brain(brain))
    begun = load_tensors(run.folder / "initial.safetensors")[0]
    train(run, quiet())
    after = load_tensors(run.latest())[0]
    moved = np.abs(after["policy/action_net.weight"] - begun["action_net.weight"]).max()
    assert 0 < moved < 0.2, "a short training moves the brain's weights a little"
    stage = open_run(run.folder).facts["parents"][0]
    assert (stage["title"], stage["samples"]) == ("random", 0)


def test_what_was_exported_and_read_back_is_the_trained_policy(tmp_path: Path) -> None:
    recipe = small_recipe(net={"normalize_observations": True})
    run = train(create_run(tmp_path / "run", recipe), quiet())
    export_run(run, tmp_path / "brain.onnx", matches=0)
    trained = load_tensors(run.latest())[0]
    parent = policy_from_brain(tmp_path / "brain.onnx")
    assert parent.stages[0]["samples"] == run.facts["samples"]
    for name, value in parent.tensors.items():
        if name.endswith((".weight", ".bias", ".mean")):
            assert np.array_equal(value, trained[f"policy/{name}"]), name
        elif name.endswith(".variance"):
            # where a number never changed, 1/sqrt(1e-8) is all the file tells
            assert np.allclose(value, trained[f"policy/{name}"], rtol=1e-4, atol=1e-9), name


@pytest.mark.parametrize(
    ("net", "message"),
    [
        ({"pi": [24]}, r"expected a recipe with net.pi = \[16\], found \[24\]"),
        ({"vf": [16, 16]}, r"expected a recipe with net.vf = \[16\], found \[16, 16\]"),
        ({"activation": "relu"}, "expected a recipe with net.activation = tanh, found relu"),
        (
            {"normalize_observations": False},
            "expected a recipe with net.normalize_observations = True, found False",
        ),
        ({"clip_observations": 0.5}, "expected a recipe with net.clip_observations = 10.0, found 0.5"),
    ],
)
def test_a_recipe_for_another_network_is_refused_and_leaves_no_folder(
    tmp_path: Path, net: dict[str, Any], message: str
) -> None:
    own = {"activation": "tanh", "normalize_observations": True}
    parent = policy_from_brain(_file(tmp_path, small_recipe(net=own)))
    with pytest.raises(RunError, match=f"brain 'rival.onnx': {message}"):
        create_run(tmp_path / "run", small_recipe(net={**own, **net}), parent)
    assert not (tmp_path / "run").exists()
    assert create_run(tmp_path / "run", small_recipe(net=own), parent).facts["notes"] == []


def test_a_brain_with_other_senses_is_refused_by_the_name_of_the_slot(tmp_path: Path) -> None:
    contract = paddle_contract()
    first = contract.slots[0]
    other = replace(
        contract, slots=(Slot("elsewhere", first.size, first.low, first.high), *contract.slots[1:])
    )
    recipe = small_recipe()
    with pytest.raises(BrainRefused, match=f"expected observation slot 0 '{first.name}'"):
        create_run(tmp_path / "run", recipe, policy_from_brain(_file(tmp_path, recipe, other)))
    assert not (tmp_path / "run").exists()


def test_other_rules_are_a_note_that_the_training_tells(tmp_path: Path) -> None:
    recipe = small_recipe()
    other = replace(paddle_contract(), rules_hash="0123456789abcdef")
    run = create_run(tmp_path / "run", recipe, policy_from_brain(_file(tmp_path, recipe, other)))
    console = Console(file=io.StringIO(), width=200)
    train(run, console)
    assert "note: brain 'rival.onnx': trained under other rules (0123456789ab" in console.file.getvalue()


def test_a_graph_that_export_did_not_write_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, small_recipe())
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        tensor.name = tensor.name.replace("value_net.weight", "judge")
    for node in model.graph.node:
        node.input[:] = [name.replace("value_net.weight", "judge") for name in node.input]
    path.write_bytes(model.SerializeToString())
    with pytest.raises(RunError, match="expected a model written by `agents export`, found another graph"):
        policy_from_brain(path)


def test_a_file_that_is_no_brain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(BrainRefused, match=r"noise\.onnx"):
        policy_from_brain(path)


def test_the_command_takes_a_brain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from agents.cli import app
    from agents.recipe_text import recipe_to_toml

    monkeypatch.chdir(tmp_path)
    recipe = small_recipe()
    brain = _file(tmp_path, recipe)
    (tmp_path / "more.toml").write_text(recipe_to_toml(recipe), encoding="utf-8")
    result = CliRunner().invoke(app, ["train", "more.toml", "--from", str(brain), "--env", DEMO])
    assert result.exit_code == 0, result.output
    assert open_run(tmp_path / "runs" / "more-3").facts["parents"][0]["title"] == "random"
