"""One file per checkpoint, tensors and JSON only, from which training goes on bit by bit.

A checkpoint is taken between two iterations, when no rollout is half full. It holds the policy, the
optimizer, the random states of Python, NumPy and torch, the last observation, the running statistics, the
self-play state and the env's own state where the env offers one.
"""

import json
import math
import random
import typing
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.adapter import GymVecEnv
from agents.errors import RunError
from agents.learner import MaskedPPO
from agents.plain import PlainVectorEnv
from agents.selfplay import SelfPlayVecEnv
from agents.tensors import load_tensors, save_tensors
from safefiles.foreign import parse_json

VERSION = 1
MAX_COUNT = 10**15  # samples and updates
Arrays = dict[str, NDArray[Any]]


def policy_tensors(model: MaskedPPO) -> Arrays:
    """The policy's tensors by name, copied."""
    tensors = {name: tensor.detach().numpy().copy() for name, tensor in model.policy.state_dict().items()}
    clip = getattr(model.policy.features_extractor, "clip", None)
    if clip is not None:
        tensors["clip"] = np.array(clip, dtype=np.float64)
    return tensors


def save_checkpoint(path: Path, model: MaskedPPO, extra: dict[str, Any]) -> None:
    """Write everything to `path` atomically. `extra` is JSON-able and comes back from `load_checkpoint`."""
    env = model.env
    assert isinstance(env, GymVecEnv)
    arrays: Arrays = {f"policy/{name}": value for name, value in policy_tensors(model).items()}
    for index, state in enumerate(_optimizer_states(model)):
        arrays |= {f"optimizer/{index}/{name}": value.detach().numpy() for name, value in state.items()}
    version, python_words, gauss = random.getstate()
    # An env or callback may use NumPy's global generator, so its state belongs to the run.
    numpy_state = typing.cast(tuple[Any, ...], np.random.get_state(legacy=True))  # noqa: NPY002
    arrays |= {
        "rng/python": np.array(python_words, dtype=np.uint64),
        "rng/numpy": np.asarray(numpy_state[1], dtype=np.uint32),
        "rng/torch": torch.get_rng_state().numpy(),
        "loop/observation": np.asarray(model._last_obs),
        "loop/starts": np.asarray(model._last_episode_starts, dtype=np.bool_),
        "loop/active": env.active,
        "stats/returns": model.stats.returns,
        "stats/lengths": model.stats.lengths,
        "stats/finished": np.array(list(model.stats.finished), dtype=np.float64).reshape(-1, 2),
        "stats/outcomes": np.array(list(model.stats.outcomes), dtype=np.int64),
    }
    values: dict[str, Any] = {
        "version": VERSION,
        "samples": model.num_timesteps,
        "updates": model._n_updates,
        "python": [version, gauss],
        "numpy": [str(numpy_state[0]), *[float(value) for value in numpy_state[2:]]],
        "extra": extra,
    }
    if isinstance(env, SelfPlayVecEnv):
        own, values["selfplay"] = env.state()
        arrays |= {f"selfplay/{name}": value for name, value in own.items()}
    if isinstance(env.env, PlainVectorEnv):
        arrays |= {f"plain/{name}": value for name, value in env.env.state().items()}
    inner = env.env.unwrapped
    if hasattr(inner, "state_dict") and hasattr(inner, "load_state_dict"):
        own, values["env"] = _split_state(inner.state_dict())
        arrays |= {f"env/{name}": value for name, value in own.items()}
    save_tensors(path, arrays, {"checkpoint": json.dumps(values)})


def load_checkpoint(path: Path, model: MaskedPPO) -> dict[str, Any]:
    """Put `model` and its env back into the saved state; returns `extra`. RunError where the file does not
    fit.
    """
    arrays, values = read_checkpoint(path)
    env = model.env
    assert isinstance(env, GymVecEnv)
    _load_policy(path, model, _under(arrays, "policy/"))
    try:
        _load_optimizer(model, _under(arrays, "optimizer/"))
        resumed = "env" in values and hasattr(env.env.unwrapped, "load_state_dict")
        if isinstance(env, SelfPlayVecEnv):
            env.load_state(_under(arrays, "selfplay/"), values["selfplay"], resumed)
        if resumed:
            # Some envs allocate on reset; their state is then replaced as a whole.
            env.env.reset(seed=model.seed)
            env.env.unwrapped.load_state_dict(_join_state(_under(arrays, "env/"), values["env"]))  # type: ignore[attr-defined]
            if isinstance(env.env, PlainVectorEnv):
                env.env.load_state(_under(arrays, "plain/"))
            model._last_obs = arrays["loop/observation"]
            model._last_episode_starts = arrays["loop/starts"]
            env.active = arrays["loop/active"]
            env.skip_seeding()
        else:
            model._last_obs = env.reset()
            model._last_episode_starts = np.ones(env.num_envs, dtype=np.bool_)
        model.stats.returns, model.stats.lengths = arrays["stats/returns"], arrays["stats/lengths"]
        model.stats.finished.extend((float(a), int(b)) for a, b in arrays["stats/finished"])
        model.stats.outcomes.extend(int(value) for value in arrays["stats/outcomes"])
        model.num_timesteps, model._n_updates = values["samples"], values["updates"]
        _load_random(arrays, values)
        for name in ("seconds", "cpu_seconds"):
            if not 0.0 <= float(values["extra"].get(name, 0.0)) < math.inf:
                raise ValueError(f"extra > {name}: expected a number of at least 0")
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(
            f"{path.name}: does not fit this environment ({type(error).__name__}: {error})"
        ) from error
    return dict(values["extra"])


def read_checkpoint(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and values of a checkpoint file, checked for being one."""
    arrays, metadata = load_tensors(path)
    if "checkpoint" not in metadata:
        raise RunError(f"{path.name}: expected a checkpoint, found a tensor file of another kind")
    # an env's state may hold infinities; what this package reads of it is checked by itself
    values = parse_json(metadata["checkpoint"], f"{path.name} > checkpoint", RunError, finite=False)
    if not isinstance(values, dict) or values.get("version") != VERSION:
        found = values.get("version") if isinstance(values, dict) else type(values).__name__
        raise RunError(f"{path.name}: expected checkpoint version {VERSION}, found {str(found)[:40]}")
    for key in ("samples", "updates"):
        count = values.get(key)
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_COUNT:
            raise RunError(
                f"{path.name} > {key}: expected a whole number of at least 0, found {str(count)[:40]}"
            )
    return arrays, values


def checkpoint_policy(path: Path) -> Arrays:
    """Only the policy's tensors of a checkpoint."""
    return _under(read_checkpoint(path)[0], "policy/")


def _under(arrays: Arrays, prefix: str) -> Arrays:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def load_policy(path: Path, model: MaskedPPO) -> None:
    """Begin from the policy in a tensor file: weights and observation statistics, nothing else of the run."""
    tensors, _ = load_tensors(path)
    _load_policy(path, model, tensors)


def _optimizer_states(model: MaskedPPO) -> list[dict[str, torch.Tensor]]:
    """Adam's tensors in the order of the policy's parameters; empty before the first step."""
    optimizer = model.policy.optimizer
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return [optimizer.state.get(parameter, {}) for parameter in parameters]


def _load_policy(path: Path, model: MaskedPPO, tensors: Arrays) -> None:
    expected = model.policy.state_dict()
    for name, tensor in expected.items():
        found = tensors.get(name)
        if found is None or tuple(found.shape) != tuple(tensor.shape):
            shape = "nothing" if found is None else f"shape {list(found.shape)}"
            raise RunError(
                f"{path.name}: expected tensor {name!r} of shape {list(tensor.shape)}, found {shape}"
            )
    model.policy.load_state_dict({name: torch.from_numpy(tensors[name]) for name in expected})


def _load_optimizer(model: MaskedPPO, tensors: Arrays) -> None:
    optimizer = model.policy.optimizer
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, parameter in enumerate(parameters):
        state = _under(tensors, f"{index}/")
        if state:
            optimizer.state[parameter] = {name: torch.from_numpy(value) for name, value in state.items()}


def _load_random(arrays: Arrays, values: dict[str, Any]) -> None:
    version, gauss = values["python"]
    random.setstate((version, tuple(int(word) for word in arrays["rng/python"]), gauss))
    name, position, has_gauss, cached = values["numpy"]
    np.random.set_state((name, arrays["rng/numpy"], int(position), int(has_gauss), cached))  # noqa: NPY002
    torch.set_rng_state(torch.from_numpy(arrays["rng/torch"]))


def _split_state(state: dict[str, Any]) -> tuple[Arrays, dict[str, Any]]:
    """An env's state as arrays (keys joined by '/') and JSON; refuses what is neither."""
    arrays: Arrays = {}
    values: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, np.ndarray) and value.dtype != object:
            arrays[name] = value
        else:
            try:
                values[name] = json.loads(json.dumps(value))
            except (TypeError, ValueError) as error:
                raise RunError(
                    f"env.state_dict()[{name!r}]: expected an array or JSON, found {type(value)}"
                ) from error
    return arrays, values


def _join_state(arrays: Arrays, values: dict[str, Any]) -> dict[str, Any]:
    return {**arrays, **values}
