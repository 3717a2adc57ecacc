"""A brain file is something to train further: its policy comes back out of the graph."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from agents.contract import Contract, Slot
from agents.errors import BrainRefused, RunError
from agents.export import export_run
from agents.parents import brain_parent
from agents.recipe import Recipe
from agents.tensors import load_tensors
from agents.train import create_run, open_run, train

from .helpers import DEMO, brain_bytes, paddle_contract, small_recipe


def _file(folder: Path, recipe: Recipe, contract: Contract | None = None) -> Path:
    path = folder / "rival.onnx"
    path.write_bytes(brain_bytes(recipe, contract))
    return path


def _quiet() -> Console:
    return Console(quiet=True)


@pytest.mark.parametrize("activation", ["tanh", "relu", "elu"])
@pytest.mark.parametrize("normalise", [False, True])
def test_a_run_goes_on_from_a_brain(tmp_path: Path, normalise: bool, activation: str) -> None:
    recipe = small_recipe(net={"normalize_observations": normalise, "activation": activation})
    brain = _file(tmp_path, recipe)
    run = create_run(tmp_path / "run", recipe, brain_parent(brain, recipe))
    begun = load_tensors(run.folder / "initial.safetensors")[0]
    train(run, _quiet())
    after = load_tensors(run.latest())[0]
    moved = np.abs(after["policy/action_net.weight"] - begun["action_net.weight"]).max()
    assert 0 < moved < 0.2, "a short training moves the brain's weights a little"
    stage = open_run(run.folder).facts["parents"][0]
    assert (stage["title"], stage["samples"]) == ("random", 0)


def test_what_was_exported_and_read_back_is_the_trained_policy(tmp_path: Path) -> None:
    recipe = small_recipe(net={"normalize_observations": True})
    run = train(create_run(tmp_path / "run", recipe), _quiet())
    export_run(run, tmp_path / "brain.onnx", matches=0)
    trained = load_tensors(run.latest())[0]
    parent = brain_parent(tmp_path / "brain.onnx", recipe)
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
        ({"pi": [24]}, r"expected net.pi = \[16\] of the recipe, as in the brain, found \[24\]"),
        ({"vf": [16, 16]}, r"expected net.vf = \[16\] of the recipe, as in the brain, found \[16, 16\]"),
        ({"activation": "relu"}, "expected net.activation = tanh of the recipe"),
        ({"normalize_observations": True}, "expected net.normalize_observations = False of the recipe"),
    ],
)
def test_a_recipe_for_another_network_is_refused(tmp_path: Path, net: dict[str, Any], message: str) -> None:
    net_of_brain = {"activation": "tanh", "normalize_observations": False}
    brain = _file(tmp_path, small_recipe(net=net_of_brain))
    with pytest.raises(RunError, match=f"brain 'rival.onnx': {message}"):
        brain_parent(brain, small_recipe(net={**net_of_brain, **net}))


def test_a_brain_with_other_senses_is_refused_by_the_name_of_the_slot(tmp_path: Path) -> None:
    contract = paddle_contract()
    first = contract.slots[0]
    other = replace(
        contract, slots=(Slot("elsewhere", first.size, first.low, first.high), *contract.slots[1:])
    )
    recipe = small_recipe()
    run = create_run(tmp_path / "run", recipe, brain_parent(_file(tmp_path, recipe, other), recipe))
    with pytest.raises(BrainRefused, match=f"expected observation slot 0 '{first.name}'"):
        train(run, _quiet())


def test_a_file_that_is_no_brain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(BrainRefused, match=r"noise\.onnx"):
        brain_parent(path, small_recipe())


def test_the_command_takes_a_brain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from agents.cli import app
    from agents.recipe import recipe_to_toml

    monkeypatch.chdir(tmp_path)
    recipe = small_recipe()
    brain = _file(tmp_path, recipe)
    (tmp_path / "more.toml").write_text(recipe_to_toml(recipe), encoding="utf-8")
    result = CliRunner().invoke(app, ["train", "more.toml", "--from", str(brain), "--env", DEMO])
    assert result.exit_code == 0, result.output
    assert open_run(tmp_path / "runs" / "more-3").facts["parents"][0]["title"] == "random"
