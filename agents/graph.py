"""The graph of a brain file, built directly from the weights, and the torch policy that it is compared with.

Observation statistics, policy network -> `logits`, value network -> `value`, any batch size; no tracing, so no dependence on
torch's exporter.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy

from agents import __version__
from agents.brain_file import INPUT, LOGITS, MASK, VALUE
from agents.contract import GOLDEN_ROWS, Card, Contract, Golden, write_metadata
from agents.errors import RunError
from agents.networks import ACTIVATION_OPERATORS, EPSILON, policy_settings
from agents.recipe import Recipe
from agents.sampling import MASKED, box_head
from safefiles.onnx_writer import GraphBuilder


def new_policy(recipe: Recipe, contract: Contract) -> ActorCriticPolicy:
    """An untrained policy with the recipe's network for the contract's observations and actions."""
    low, high = (np.full(contract.observation_size, bound, dtype=np.float32) for bound in (-np.inf, np.inf))
    return ActorCriticPolicy(
        spaces.Box(low, high, dtype=np.float32),
        _action_space(contract),
        lambda _: 0.0,
        **policy_settings(recipe),
    )


def _action_space(contract: Contract) -> spaces.Space[Any]:
    box = box_head(contract.heads)
    if box is None:
        return spaces.MultiDiscrete([head.size for head in contract.heads])
    return spaces.Box(-1.0, 1.0, (box.size,), dtype=np.float32)  # its bounds are no part of the network


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
    """The logits as stable-baselines3 computes them: features, policy network, action network; of a box with its
    log-deviations.
    """
    with torch.inference_mode():
        features = policy.features_extractor(torch.from_numpy(observations))
        columns = policy.action_net(policy.mlp_extractor.forward_actor(features))
        if hasattr(policy, "log_std"):
            columns = torch.cat([columns, policy.log_std.expand(len(columns), -1)], 1)
        logits: NDArray[np.float32] = columns.numpy()
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
    graph = GraphBuilder()
    activation = ACTIVATION_OPERATORS[recipe.net.activation]
    features = _normalise(graph, tensors, INPUT)
    hidden = _tower(graph, tensors, activation, "mlp_extractor.policy_net", features)
    _action_net(graph, contract, tensors, hidden)
    hidden = _tower(graph, tensors, activation, "mlp_extractor.value_net", features)
    _linear(graph, tensors, "value_net", hidden, VALUE)
    return graph.model(
        "policy",
        {INPUT: contract.observation_size} | ({MASK: contract.logits_size} if contract.masks else {}),
        {LOGITS: contract.logits_size, VALUE: 1},
        write_metadata(contract, card, golden),
        ("agents", __version__),
    )


def _action_net(
    graph: GraphBuilder, contract: Contract, tensors: Mapping[str, NDArray[Any]], source: str
) -> None:
    """The output LOGITS: means and constant log-deviations of a box; otherwise logits, MASKED for choices that a mask forbids."""
    if "log_std" in tensors:
        # The deviations do not depend on the input: rows of the layer whose weights are zero.
        weight, log_std = tensors["action_net.weight"], tensors["log_std"]
        weight = np.concatenate([weight, np.zeros((len(log_std), weight.shape[1]), np.float32)])
        bias = np.concatenate([tensors["action_net.bias"], log_std])
        graph.linear("action_net", weight, bias, source, LOGITS)
    elif not contract.masks:
        _linear(graph, tensors, "action_net", source, LOGITS)
    else:
        free = _linear(graph, tensors, "action_net", source)
        one, far = (graph.constant(name, np.array(value)) for name, value in (("one", 1.0), ("far", -MASKED)))
        allowed = graph.node("Mul", [free, MASK], "allowed")
        forbidden = graph.node("Sub", [MASK, one], "forbidden")
        graph.node("Add", [allowed, graph.node("Mul", [forbidden, far], "fall")], LOGITS)


def _normalise(graph: GraphBuilder, tensors: Mapping[str, NDArray[Any]], source: str) -> str:
    """(x - mean) * scale, clipped, if the recipe normalises; otherwise the observation unchanged."""
    if "features_extractor.mean" not in tensors:
        return source
    # float32 throughout, as in the learner.
    scale = 1.0 / np.sqrt(tensors["features_extractor.variance"].astype(np.float32) + np.float32(EPSILON))
    clip = float(tensors["clip"])
    mean = graph.constant("mean", tensors["features_extractor.mean"])
    shifted = graph.node("Sub", [source, mean], "shifted")
    scaled = graph.node("Mul", [shifted, graph.constant("scale", scale)], "scaled")
    bounds = [graph.constant(name, np.array(value)) for name, value in (("lowest", -clip), ("highest", clip))]
    return graph.node("Clip", [scaled, *bounds], "normalised")


def _tower(
    graph: GraphBuilder, tensors: Mapping[str, NDArray[Any]], activation: str, name: str, source: str
) -> str:
    """The hidden layers of one network, named as in the policy."""
    index = 0
    while f"{name}.{index}.weight" in tensors:
        source = _linear(graph, tensors, f"{name}.{index}", source)
        source = graph.node(activation, [source], f"{name}.{index + 1}")
        index += 2
    return source


def _linear(
    graph: GraphBuilder,
    tensors: Mapping[str, NDArray[Any]],
    name: str,
    source: str,
    output: str | None = None,
) -> str:
    return graph.linear(name, tensors[f"{name}.weight"], tensors[f"{name}.bias"], source, output)


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
