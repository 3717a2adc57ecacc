"""What a run may begin from: the newest checkpoint of another run, or the policy inside a brain file.

Either gives the tensors of a policy and a record of the stage that made it, which the new run keeps for its card.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from agents.contract import Contract, largest_difference
from agents.errors import RunError
from agents.recipe import Recipe
from agents.runtime import Brain, load_brain

Arrays = dict[str, NDArray[Any]]
_ACTIVATIONS = {"Tanh": "tanh", "Relu": "relu", "Elu": "elu"}


@dataclass(frozen=True)
class Parent:
    """A policy to go on from."""

    where: str  # for messages
    tensors: Arrays  # named as in the policy's state dict
    stages: list[dict[str, Any]]  # title, recipe (TOML), samples, seconds of each stage so far, oldest first
    contract: Contract


def brain_parent(path: Path, recipe: Recipe) -> Parent:
    """Read the policy of a brain that `agents export` wrote, to train it further by `recipe`.

    The optimizer starts afresh. RunError where the recipe's `[net]` is not the brain's, or the graph is not one of
    ours; BrainRefused where the file is no brain at all.
    """
    brain = load_brain(path, None)
    where = f"brain {path.name!r}"
    graph = onnx.load_model_from_string(path.read_bytes()).graph
    constants = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.initializer}
    _check_net(recipe, constants, {node.op_type for node in graph.node}, where)
    tensors = {name: value for name, value in constants.items() if name.endswith((".weight", ".bias"))}
    if recipe.net.normalize_observations:
        tensors |= _statistics(constants, brain.card.samples)
    card = brain.card
    stage = {"title": card.title, "recipe": card.recipe, "samples": card.samples, "seconds": card.seconds}
    parent = Parent(where, tensors, [stage], brain.contract)
    _check_logits(parent, recipe, brain)
    return parent


def _check_net(recipe: Recipe, constants: Arrays, operators: set[str], where: str) -> None:
    """The recipe must describe the very network that the file holds."""
    found: dict[str, Any] = {}
    for key, tower in (("pi", "policy_net"), ("vf", "value_net")):
        widths: list[int] = []
        while (name := f"mlp_extractor.{tower}.{2 * len(widths)}.weight") in constants:
            widths.append(constants[name].shape[0])
        found[key] = widths
    if not found["pi"] or not {"action_net.weight", "value_net.weight"} <= constants.keys():
        raise RunError(f"{where}: expected a model written by `agents export`, found another graph")
    known = [_ACTIVATIONS[operator] for operator in sorted(operators) if operator in _ACTIVATIONS]
    found["activation"] = known[0] if known else "none"
    found["normalize_observations"] = "mean" in constants
    for key, value in found.items():
        wanted = getattr(recipe.net, key)
        wanted = list(wanted) if isinstance(wanted, tuple) else wanted
        if wanted != value:
            raise RunError(
                f"{where}: expected net.{key} = {value} of the recipe, as in the brain, found {wanted}"
            )


def _statistics(constants: Arrays, samples: int) -> Arrays:
    """The observation statistics that the export folded into the graph; they weigh what the training saw."""
    variance = np.maximum(1.0 / np.square(constants["scale"].astype(np.float64)) - 1e-8, 0.0)
    tensors: Arrays = {}
    # SB3 lists the shared extractor under three names.
    for extractor in ("", "pi_", "vf_"):
        prefix = f"{extractor}features_extractor"
        tensors[f"{prefix}.mean"] = constants["mean"].astype(np.float32)
        tensors[f"{prefix}.variance"] = variance.astype(np.float32)
        tensors[f"{prefix}.count"] = np.array(float(max(samples, 1)))
    tensors["clip"] = np.array(constants["highest"].reshape(-1)[0], dtype=np.float64)
    return tensors


def _check_logits(parent: Parent, recipe: Recipe, brain: Brain) -> None:
    """The policy that training will begin with must answer as the file does."""
    from agents.selfplay import SnapshotNet

    size = brain.contract.observation_size
    observations = np.random.default_rng(0).standard_normal((16, size)).astype(np.float32)
    logits = SnapshotNet(parent.tensors, recipe.net.activation).logits(observations).numpy()
    difference = largest_difference(logits, brain.logits(observations))
    if difference > 1e-3:
        raise RunError(
            f"{parent.where}: expected the policy read from it to answer as the brain does, "
            f"found a difference of {difference:.3g}"
        )
