"""The initial policy of a run: the newest checkpoint of another run, or the policy inside a brain file.

Both give the tensors of a policy and a record of the training stages that made it, which the new run keeps for its card.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from agents.brain_file import LIMITS
from agents.contract import GOLDEN_TOLERANCE, Contract, check_contract, largest_difference
from agents.errors import RunError
from agents.networks import ACTIVATION_OPERATORS, EPSILON
from agents.recipe import Recipe
from agents.runtime import Brain, load_brain
from agents.sampling import box_head
from agents.snapshot import SnapshotNet
from safefiles import foreign

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class InitialPolicy:
    """A policy from which a training starts."""

    where: str  # for messages
    tensors: Arrays  # named as in the policy's state dict, and `clip`
    activation: str
    stages: list[dict[str, Any]]  # title, recipe (TOML), samples, seconds of each stage so far, oldest first
    contract: Contract
    notes: tuple[str, ...] = ()  # what the user should know about its origin

    def check(self, recipe: Recipe, env: Contract) -> list[str]:
        """Refuse a recipe with another network, or an env with other observations or actions; return notes.

        `env` is the contract of the recipe's env. Raises RunError or BrainRefused naming the field.
        """
        self._check_net(recipe)
        return check_contract(env, self.contract, self.where)

    def _check_net(self, recipe: Recipe) -> None:
        widths: dict[str, list[int]] = {"policy_net": [], "value_net": []}
        for tower, found in widths.items():
            while (name := f"mlp_extractor.{tower}.{2 * len(found)}.weight") in self.tensors:
                found.append(self.tensors[name].shape[0])
        table: dict[str, Any] = {
            "pi": widths["policy_net"],
            "vf": widths["value_net"],
            "activation": self.activation,
            "normalize_observations": "features_extractor.mean" in self.tensors,
        }
        box = box_head(self.contract.heads)
        if box is not None:
            table["box_actions"] = "squash" if box.squash else "clip"
        if "clip" in self.tensors:
            table["clip_observations"] = float(self.tensors["clip"])
        for key, value in table.items():
            wanted = getattr(recipe.net, key)
            if wanted != value:
                raise RunError(f"{self.where}: expected a recipe with net.{key} = {value}, found {wanted}")


def policy_from_brain(path: Path) -> InitialPolicy:
    """Read the policy of a brain that `agents export` wrote, to train it further.

    RunError if the graph was not written by `agents export`; BrainRefused if the file is no brain.
    """
    brain = load_brain(path, None)
    where = f"brain {path.name!r}"
    data = foreign.read_bytes(path, LIMITS.file_bytes, "a model (.onnx)", RunError)
    if hashlib.sha256(data).hexdigest() != brain.sha256:
        raise RunError(f"{where}: expected the file that was checked, found it changed meanwhile")
    graph = onnx.load_model_from_string(data).graph
    constants = {tensor.name: numpy_helper.to_array(tensor).copy() for tensor in graph.initializer}
    tensors = {name: value for name, value in constants.items() if name.endswith((".weight", ".bias"))}
    operators = {node.op_type for node in graph.node}
    known = [name for name, operator in ACTIVATION_OPERATORS.items() if operator in operators]
    statistics = {"mean", "scale", "lowest", "highest"}
    found = statistics & constants.keys()
    towers = {"mlp_extractor.policy_net.0.weight", "mlp_extractor.value_net.0.weight"}
    heads = {"action_net.weight", "value_net.weight"}
    if len(known) != 1 or not (towers | heads) <= tensors.keys() or found not in (set(), statistics):
        raise RunError(f"{where}: expected a model written by `agents export`, found another graph")
    box = box_head(brain.contract.heads)
    if box is not None:  # the export appended the deviations to the layer's rows
        weight, bias = tensors["action_net.weight"], tensors["action_net.bias"]
        tensors |= {"action_net.weight": weight[: box.size], "action_net.bias": bias[: box.size]}
        tensors["log_std"] = bias[box.size :]
    if found:
        tensors |= _statistics(constants, brain.card.samples)
    card = brain.card
    stage = {"title": card.title, "recipe": card.recipe, "samples": card.samples, "seconds": card.seconds}
    parent = InitialPolicy(where, tensors, known[0], [stage], brain.contract)
    _check_logits(parent, brain)
    return parent


def _statistics(constants: Arrays, samples: int) -> Arrays:
    """The observation statistics that the export folded into the graph, weighted by the samples of the training."""
    variance = np.maximum(1.0 / np.square(constants["scale"].astype(np.float64)) - EPSILON, 0.0)
    tensors: Arrays = {}
    # SB3 stores the shared extractor under three names.
    for extractor in ("", "pi_", "vf_"):
        prefix = f"{extractor}features_extractor"
        tensors[f"{prefix}.mean"] = constants["mean"].astype(np.float32)
        tensors[f"{prefix}.variance"] = variance.astype(np.float32)
        tensors[f"{prefix}.count"] = np.array(float(max(samples, 1)))
    tensors["clip"] = np.array(constants["highest"].reshape(-1)[0], dtype=np.float64)
    return tensors


def _check_logits(parent: InitialPolicy, brain: Brain) -> None:
    """Check that the policy from which training will start gives the same logits as the file."""
    size = brain.contract.observation_size
    observations = np.random.default_rng(0).standard_normal((16, size)).astype(np.float32)
    try:
        logits = SnapshotNet(parent.tensors, parent.activation).logits(observations).numpy()
        # for an input that never changed, the statistics are restored with a small error
        difference = largest_difference(logits, brain.logits(observations))
    except (KeyError, RuntimeError, ValueError) as error:
        raise RunError(f"{parent.where}: expected a model written by `agents export` ({error})") from error
    if difference > 10 * GOLDEN_TOLERANCE:
        raise RunError(
            f"{parent.where}: expected the policy read from it to give the brain's logits, "
            f"found a difference of {difference:.3g}"
        )
