"""What leaves the training is what was trained, and proves it."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from rich.console import Console

from agents.contract import CARD_KEY, largest_difference, read_metadata
from agents.errors import RunError
from agents.export import (
    build_model,
    export_run,
    make_card,
    make_golden,
    rebuild_policy,
    torch_logits,
    torch_values,
    verify_logits,
    write_companions,
)
from agents.networks import EPSILON
from agents.recipe_reading import parse_toml, recipe_from
from agents.runtime import load_brain
from agents.train import Run, create_run, train

from .helpers import ROOT, brain_bytes, paddle_contract, policy_weights, small_recipe

SETTINGS = [
    {"activation": "tanh"},
    {"activation": "relu", "pi": [32, 16], "vf": [8]},
    {"activation": "elu", "normalize_observations": True, "clip_observations": 2.0},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, quick: pytest.MonkeyPatch) -> Run:
    recipe = small_recipe(
        title="Trained",
        character="rookie",
        net={"normalize_observations": True},
        eval={"opponents": ["random"], "matches": 16, "num_envs": 8},
    )
    folder = tmp_path_factory.mktemp("runs") / "run"
    quick.undo()  # its curve is drawn
    return train(create_run(folder, recipe), Console(quiet=True))


def test_an_export_is_tried_where_a_kill_leaves_nothing_that_is_listed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def killed(path: Path, *_: object) -> None:
        seen.append(path)
        raise KeyboardInterrupt

    monkeypatch.setattr("agents.export.load_brain", killed)
    with pytest.raises(KeyboardInterrupt):
        export_run(run, tmp_path / "mine.onnx", matches=0)
    assert seen[0].name == "mine.onnx"
    assert tmp_path not in seen[0].parents
    assert not seen[0].exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("net", SETTINGS, ids=["tanh", "relu", "normalised"])
def test_onnxruntime_agrees_with_torch_at_every_batch_size(net: dict[str, object], tmp_path: Path) -> None:
    recipe, contract = small_recipe(net=net), paddle_contract()
    policy = rebuild_policy(recipe, contract, policy_weights(recipe, contract))
    session = onnxruntime.InferenceSession(brain_bytes(recipe))
    random = np.random.default_rng(3)
    for rows in (1, 7, 64):
        senses = random.normal(0, 2, (rows, 8)).astype(np.float32)
        logits, values = session.run(["logits", "value"], {"observation": senses})
        assert largest_difference(logits, torch_logits(policy, senses)) < 1e-4
        assert largest_difference(values[:, 0], torch_values(policy, senses)) < 1e-4


def test_a_difference_would_be_noticed(tmp_path: Path) -> None:
    recipe, contract = small_recipe(), paddle_contract()
    path = tmp_path / "a.onnx"
    path.write_bytes(brain_bytes(recipe))
    brain = load_brain(path, contract, smoke=False)
    weights = policy_weights(recipe, contract)
    verify_logits(rebuild_policy(recipe, contract, weights), brain)
    weights["action_net.bias"] = weights["action_net.bias"] + np.float32(0.01)
    with pytest.raises(RunError, match=r"expected torch and onnxruntime to agree within 0.0001, found 0.0"):
        verify_logits(rebuild_policy(recipe, contract, weights), brain)


@pytest.mark.usefixtures("whole")
def test_an_exported_run_is_complete(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "rookie.onnx"
    report = export_run(run, out, matches=24)
    assert report["largest_difference"] < 1e-4
    comparison = report["comparisons"][0]
    assert comparison["before"]["matches"] == comparison["after"]["matches"] == 24
    brain = load_brain(out, paddle_contract())
    assert brain.sha256 == report["sha256"]
    card = brain.card
    assert (card.title, card.character, card.samples, card.seed, card.licence) == (
        "Trained",
        "rookie",
        2048,
        3,
        "MIT",
    )
    assert card.env.endswith("Paddle/Volley-v0")
    assert "[net]" in card.recipe
    assert card.evaluation[0]["opponent"] == "random"
    assert card.evaluation[0]["matches"] == 24
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*", card.created)
    assert not list(tmp_path.glob(".*"))
    assert {path.name for path in write_companions(run, out)} == {
        "recipe.toml",
        "card.json",
        "curve.png",
        "curve.csv",
    }
    assert json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))["title"] == "Trained"


def test_the_file_is_one_small_standard_onnx_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "rookie.onnx"
    export_run(run, out, matches=0)
    model = onnx.load(str(out))
    onnx.checker.check_model(model, full_check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["rookie.onnx"]
    assert model.opset_import[0].version == 17
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert {node.op_type for node in model.graph.node} == {"Sub", "Mul", "Clip", "Gemm", "Tanh"}
    # Without new matches the card carries the evaluation of the training.
    assert load_brain(out, None, smoke=False).card.evaluation[0]["matches"] == 16


def test_the_same_run_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        export_run(run, tmp_path / name, matches=0)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_golden_observations_come_from_play_and_fill_the_ranges(run: Run) -> None:
    recipe, contract = small_recipe(), paddle_contract()
    weights = policy_weights(recipe, contract)
    policy = rebuild_policy(recipe, contract, weights)
    seen = np.full((100, 8), 0.25, dtype=np.float32)
    golden = make_golden(policy, contract, seen)
    assert golden.observations.shape == (16, 8)
    assert (golden.observations[:12] == 0.25).all()
    assert not (golden.observations[12:] == 0.25).any()
    data = build_model(recipe, contract, make_card(run, 1, 2.0), golden, weights)
    assert onnx.load_from_string(data).graph.name == "policy"


def variance_of(scale: np.ndarray) -> np.ndarray:
    """A float32 variance for each scale that an export made of it: the nearest that gives the same float again."""
    eps = np.float32(EPSILON)
    middle = (1.0 / np.square(scale.astype(np.float64)) - EPSILON).astype(np.float32)
    steps = middle.view(np.int32)[:, None] + np.arange(-8, 9, dtype=np.int32)
    near = steps.view(np.float32)
    fits = 1.0 / np.sqrt(near + eps) == scale[:, None]
    assert fits.any(axis=1).all()
    return np.take_along_axis(near, fits.argmax(axis=1)[:, None], axis=1)[:, 0]


@pytest.mark.parametrize("name", ["hunter", "sniper", "guardian", "raider"])
def test_a_shipped_brain_is_built_again_to_the_byte(name: str) -> None:
    """The shipped files came from an older builder; from their weights today's gives the same, golden logits included.

    Their cards are older than one of its entries.
    """
    data = (ROOT / "game" / "brains" / name / "brain.onnx").read_bytes()
    model = onnx.load_from_string(data)
    tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    tensors["features_extractor.mean"] = tensors["mean"]
    tensors["features_extractor.variance"] = variance_of(tensors["scale"])
    tensors["clip"] = tensors["highest"][0]
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    contract, card, golden = read_metadata(metadata, name)
    recipe = recipe_from(parse_toml(card.recipe, name), name)
    again = onnx.load_from_string(build_model(recipe, contract, card, golden, tensors))
    (shown,) = (entry for entry in again.metadata_props if entry.key == CARD_KEY)
    assert json.loads(shown.value) == {"env_kwargs": {}, **json.loads(metadata[CARD_KEY])}
    shown.value = metadata[CARD_KEY]
    assert again.SerializeToString(deterministic=True) == data


def test_names_that_are_not_models_are_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"expected a file name that ends in .onnx"):
        export_run(run, tmp_path / "brain.bin")


def test_a_refused_export_leaves_nothing_behind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagree(*args: object) -> float:
        raise RunError("export: expected torch and onnxruntime to agree")

    monkeypatch.setattr("agents.export.verify_logits", disagree)
    with pytest.raises(RunError):
        export_run(run, tmp_path / "a.onnx", matches=0)
    assert list(tmp_path.iterdir()) == []
