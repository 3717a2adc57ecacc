"""What several test files share: small recipes, untrained brains and tiny envs with known flaws."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from rich.console import Console
from torch import Tensor

from agents.contract import Card, Contract
from agents.heads import CategoricalHeads
from agents.learner import MaskedPPO
from agents.recipe import Recipe
from agents.recipe_reading import recipe_from
from tests.plugin_demo.paddle import PaddleVectorEnv

ROOT = Path(__file__).resolve().parents[2]
DEMO = "tests.plugin_demo.paddle:Paddle/Volley-v0"


def quiet() -> Console:
    """A console for trainings whose words no test reads."""
    return Console(quiet=True)


def small_recipe(**tables: Any) -> Recipe:
    """A recipe for the demo game that trains in well under a second; keyword tables replace or extend it."""
    data: dict[str, Any] = {
        "title": "small",
        "seed": 3,
        "env": {"id": DEMO, "num_envs": 16, "kwargs": {}},
        "budget": {"samples": 2048},
        "ppo": {"n_steps": 32, "batch_size": 128, "n_epochs": 2},
        "net": {"pi": [16], "vf": [16]},
        "checkpoint": {"every": 512},
    }
    for name, table in tables.items():
        data[name] = {**data.get(name, {}), **table} if isinstance(table, dict) else table
    return recipe_from(data, "small.toml")


def paddle_contract() -> Contract:
    """The demo game's own contract."""
    return Contract.from_dict(PaddleVectorEnv(1).policy_contract())


def policy_weights(recipe: Recipe, contract: Contract, seed: int = 5) -> dict[str, NDArray[Any]]:
    """Random weights under the names of the policy's state dict, large enough for logits that differ."""
    random = np.random.default_rng(seed)
    out: dict[str, NDArray[Any]] = {}
    for tower, widths in (("policy_net", recipe.net.pi), ("value_net", recipe.net.vf)):
        size = contract.observation_size
        for index, width in enumerate(widths):
            out[f"mlp_extractor.{tower}.{2 * index}.weight"] = random.normal(0, 0.7, (width, size))
            out[f"mlp_extractor.{tower}.{2 * index}.bias"] = random.normal(0, 0.1, width)
            size = width
        head, rows = ("action_net", contract.logits_size) if tower == "policy_net" else ("value_net", 1)
        out[f"{head}.weight"] = random.normal(0, 0.7, (rows, size))
        out[f"{head}.bias"] = random.normal(0, 0.1, rows)
    if recipe.net.normalize_observations:
        out["features_extractor.mean"] = random.normal(0, 0.5, contract.observation_size)
        out["features_extractor.variance"] = random.uniform(0.2, 3.0, contract.observation_size)
        out["features_extractor.count"] = np.array(100.0, dtype=np.float64)
        # SB3 lists the shared extractor under three names.
        for name in ("mean", "variance", "count"):
            for part in ("pi", "vf"):
                out[f"{part}_features_extractor.{name}"] = out[f"features_extractor.{name}"]
        out["clip"] = np.array(recipe.net.clip_observations)
    return {name: value.astype(np.float32) if value.ndim else value for name, value in out.items()}


def brain_bytes(recipe: Recipe | None = None, contract: Contract | None = None) -> bytes:
    """A valid model file with random weights."""
    from agents.export import build_model, make_golden, rebuild_policy

    recipe = recipe or small_recipe()
    contract = contract or paddle_contract()
    weights = policy_weights(recipe, contract)
    policy = rebuild_policy(recipe, contract, weights)
    golden = make_golden(policy, contract, None)
    return build_model(recipe, contract, Card(title="random", env=DEMO, licence="MIT"), golden, weights)


def old_tensor_file(
    arrays: dict[str, NDArray[Any]], metadata: dict[str, str], *, sealed: bool = True
) -> bytes:
    """A tensor file as it was written before the library `safetensors` did it: sorted by name, no alignment."""
    unsealed = "0" * 64
    header: dict[str, Any] = {"__metadata__": {**metadata, **({"sha256": unsealed} if sealed else {})}}
    kinds = {"b": "BOOL", "u": "U", "i": "I", "f": "F"}
    body = b""
    for name in sorted(arrays):
        array, start = arrays[name], len(body)
        body += array.tobytes()
        size = "" if array.dtype.kind == "b" else str(8 * array.itemsize)
        header[name] = {
            "dtype": kinds[array.dtype.kind] + size,
            "shape": list(array.shape),
            "data_offsets": [start, len(body)],
        }
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + body
    return data.replace(unsealed.encode(), hashlib.sha256(data).hexdigest().encode(), 1) if sealed else data


class CountingEnv(VectorEnv[Any, Any, Any]):
    """Observation = number of steps in the episode; ends (or is cut) after `length` steps. Honest
    by default.
    """

    def __init__(
        self, rows: int = 2, length: int = 4, cut: bool = True, mode: Any = AutoresetMode.SAME_STEP
    ) -> None:
        self.metadata = {"autoreset_mode": mode}
        self.num_envs, self.length, self.cut = rows, length, cut
        self.single_observation_space = spaces.Box(0, 1000, (1,), dtype=np.float32)
        self.single_action_space = spaces.Discrete(2)
        self.observation_space = batch_space(self.single_observation_space, rows)
        self.action_space = batch_space(self.single_action_space, rows)
        self.count = np.zeros((rows, 1), dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.count[:] = 0
        return self.count.copy(), {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        self.count = self.count + 1
        over = self.count[:, 0] >= self.length
        info: dict[str, Any] = {}
        if over.any():
            info = {"final_obs": self.count.copy(), "_final_obs": over.copy()}
            self.count = np.where(over[:, None], 0, self.count).astype(np.float32)
        none = np.zeros(self.num_envs, dtype=np.bool_)
        reward = np.ones(self.num_envs, dtype=np.float32)
        return self.count.copy(), reward, none if self.cut else over, over if self.cut else none, info


class ReusedBufferEnv(CountingEnv):
    """The flaw that shifts SB3's observations by one: every array returned is the same memory."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shared = np.zeros_like(self.count)
        self.shared_reward = np.zeros(self.num_envs, dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        observation, info = super().reset(seed=seed)
        self.shared[:] = observation
        return self.shared, info

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        observation, reward, terminated, truncated, info = super().step(actions)
        self.shared[:] = observation
        self.shared_reward[:] = reward
        return self.shared, self.shared_reward, terminated, truncated, info


def sample_heads(logits: Tensor, heads: list[int]) -> tuple[Tensor, Tensor]:
    """Sample every head; actions (rows, heads) and their joint log-probability."""
    actions, log_prob = CategoricalHeads(heads, len(logits)).sample(logits.t().contiguous())
    return actions.t(), log_prob


def evaluate_heads(logits: Tensor, actions: Tensor, heads: list[int]) -> tuple[Tensor, Tensor]:
    """Joint log-probability of `actions` (rows, heads) and the joint entropy, each (rows,)."""
    log_prob: Tensor | None = None
    entropy: Tensor | None = None
    for part, choice in zip(logits.split(heads, 1), actions.split(1, 1), strict=True):
        logs = part.log_softmax(1)
        chosen = logs.gather(1, choice).squeeze(1)
        spread = -(logs.exp() * logs).sum(1)
        log_prob = chosen if log_prob is None else log_prob + chosen
        entropy = spread if entropy is None else entropy + spread
    assert log_prob is not None
    assert entropy is not None
    return log_prob, entropy


def logits_and_values(model: MaskedPPO, observations: Tensor) -> tuple[Tensor, Tensor]:
    """Action logits (rows, sum of heads) and values (rows,) of raw observations, as stable-baselines3 computes them."""
    policy = model.policy
    hidden_pi, hidden_vf = policy.mlp_extractor(policy.features_extractor(observations))
    return policy.action_net(hidden_pi), policy.value_net(hidden_vf).squeeze(-1)
