"""The graph of a brain file, built from the weights by hand, and the torch policy that it is compared with.

Observation statistics, policy network -> `logits`, value network -> `value`, batch free; no tracer, so no dependence on
torch's exporter.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from stable_baselines3.common.policies import ActorCriticPolicy

from agents import __version__
from agents.brain_file import INPUT, LOGITS, VALUE
from agents.contract import GOLDEN_ROWS, Card, Contract, Golden, write_metadata
from agents.errors import RunError
from agents.networks import ACTIVATION_OPERATORS, EPSILON, policy_settings
from agents.recipe import Recipe

OPSET = 17
IR_VERSION = 8


def new_policy(recipe: Recipe, contract: Contract) -> ActorCriticPolicy:
    """An untrained policy of the recipe's network for the contract's senses and actions."""
    low, high = (np.full(contract.observation_size, bound, dtype=np.float32) for bound in (-np.inf, np.inf))
    return ActorCriticPolicy(
        spaces.Box(low, high, dtype=np.float32),
        spaces.MultiDiscrete([head.size for head in contract.heads]),
        lambda _: 0.0,
        **policy_settings(recipe),
    )


def rebuild_policy(
    recipe: Recipe, contract: Contract, tensors: Mapping[str, NDArray[Any]]
) -> ActorCriticPolicy:
    """The stable-baselines3 policy with the checkpoint's weights: the reference that the export is compared
    with.
    """
    policy = new_policy(recipe, contract)
    expected = policy.state_dict()
    missing = [
        name
        for name, tensor in expected.items()
        if tensors.get(name, np.empty(0)).shape != tuple(tensor.shape)
    ]
    if missing:
        raise RunError(
            f"checkpoint: expected tensor {missing[0]!r} of shape {list(expected[missing[0]].shape)}"
        )
    policy.load_state_dict({name: torch.from_numpy(tensors[name]) for name in expected})
    policy.set_training_mode(False)
    return policy


def torch_logits(policy: ActorCriticPolicy, observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """What stable-baselines3 computes: features, policy network, action network."""
    with torch.inference_mode():
        features = policy.features_extractor(torch.from_numpy(observations))
        logits: NDArray[np.float32] = policy.action_net(policy.mlp_extractor.forward_actor(features)).numpy()
    return logits


def torch_values(policy: ActorCriticPolicy, observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """The value network's estimate, one per row."""
    with torch.inference_mode():
        features = policy.features_extractor(torch.from_numpy(observations))
        values: NDArray[np.float32] = policy.value_net(policy.mlp_extractor.forward_critic(features)).numpy()[
            :, 0
        ]
    return values


def build_model(
    recipe: Recipe, contract: Contract, card: Card, golden: Golden, tensors: Mapping[str, NDArray[Any]]
) -> bytes:
    """The ONNX file's bytes: the same input gives the same bytes."""
    builder = _Builder(tensors, ACTIVATION_OPERATORS[recipe.net.activation])
    features = builder.normalise(INPUT)
    hidden = builder.tower("mlp_extractor.policy_net", features)
    builder.linear("action_net", hidden, LOGITS)
    hidden = builder.tower("mlp_extractor.value_net", features)
    builder.linear("value_net", hidden, VALUE)
    sizes = {INPUT: contract.observation_size, LOGITS: contract.logits_size, VALUE: 1}
    info = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
        for name, size in sizes.items()
    }
    graph = helper.make_graph(
        builder.nodes, "policy", [info[INPUT]], [info[LOGITS], info[VALUE]], builder.tensors
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="agents",
        producer_version=__version__,
    )
    helper.set_model_props(model, write_metadata(contract, card, golden))
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _Builder:
    """Collects nodes and tensors of the graph; names follow the policy's own."""

    def __init__(self, source: Mapping[str, NDArray[Any]], activation: str) -> None:
        self.source, self.activation = source, activation
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=f"{operator}_{output}", **attributes)
        )
        return output

    def normalise(self, source: str) -> str:
        """(x - mean) * scale, clipped, where the recipe normalised; else the observation as it is."""
        if "features_extractor.mean" not in self.source:
            return source
        # float32 throughout, as the learner computed it.
        scale = 1.0 / np.sqrt(
            self.source["features_extractor.variance"].astype(np.float32) + np.float32(EPSILON)
        )
        clip = float(self.source["clip"])
        shifted = self.node(
            "Sub", [source, self.constant("mean", self.source["features_extractor.mean"])], "shifted"
        )
        scaled = self.node("Mul", [shifted, self.constant("scale", scale)], "scaled")
        bounds = [
            self.constant(name, np.array(value)) for name, value in (("lowest", -clip), ("highest", clip))
        ]
        return self.node("Clip", [scaled, *bounds], "normalised")

    def tower(self, name: str, source: str) -> str:
        """The hidden layers of one network."""
        index = 0
        while f"{name}.{index}.weight" in self.source:
            source = self.linear(f"{name}.{index}", source, f"{name}.{index}")
            source = self.node(self.activation, [source], f"{name}.{index + 1}")
            index += 2
        return source

    def linear(self, name: str, source: str, output: str) -> str:
        weight, bias = (
            self.constant(f"{name}.{part}", self.source[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        return self.node("Gemm", [source, weight, bias], output, transB=1)


def make_golden(policy: ActorCriticPolicy, contract: Contract, seen: NDArray[Any] | None) -> Golden:
    """GOLDEN_ROWS observations, most of them met in training, the rest drawn from the slots' ranges."""
    random = np.random.default_rng(16)
    low = np.concatenate([np.full(s.size, -1.0 if s.low is None else s.low) for s in contract.slots])
    high = np.concatenate([np.full(s.size, 1.0 if s.high is None else s.high) for s in contract.slots])
    rows = random.uniform(low, high, (GOLDEN_ROWS, contract.observation_size)).astype(np.float32)
    if seen is not None and seen.ndim == 2 and seen.shape[1] == contract.observation_size:
        real = seen[np.linspace(0, len(seen) - 1, min(len(seen), GOLDEN_ROWS - 4)).astype(np.int64)]
        rows[: len(real)] = real
    return Golden(rows, torch_logits(policy, rows))
