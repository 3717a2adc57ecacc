"""One file per checkpoint, tensors and JSON only, from which training resumes bit for bit.

A checkpoint may be untrusted or damaged: its values are checked before they reach torch, NumPy or the env.

A checkpoint is saved between two iterations, when no rollout is half full. It holds the policy, the
optimizer, the random states of Python, NumPy and torch, the last observation, the running statistics, the
self-play state and the env's own state if the env offers one.
"""

import json
import random
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents import checked
from agents.adapter import GymVecEnv
from agents.env_calls import reset_env
from agents.errors import RunError
from agents.learner import MaskedPPO
from agents.plain import AnyVectorEnv
from agents.selfplay import SelfPlayVecEnv
from agents.tensors import dump_tensors, load_tensors, parse_tensors, save_tensors
from safefiles.foreign import parse_json, refuse_errors
from safefiles.text import clean, shown_path

VERSION = 1
_MOST = 1 << 53  # largest value of a counter
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
    # An env or callback may use NumPy's global generator, so its state is part of the run.
    numpy_state = typing.cast(tuple[Any, ...], np.random.get_state(legacy=True))  # noqa: NPY002
    arrays |= {
        "rng/python": np.array(python_words, dtype=np.uint64),
        "rng/numpy": np.asarray(numpy_state[1], dtype=np.uint32),
        "rng/torch": torch.get_rng_state().numpy(),
        "loop/observation": np.asarray(model._last_obs),
        "loop/starts": np.asarray(model._last_episode_starts, dtype=np.bool_),
        "loop/active": env.active,
        **({} if env.mask is None else {"loop/masks": env.mask}),
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
    of_env = _env_state(env.env)
    if of_env is not None:
        arrays |= of_env[0]
        values["env"] = of_env[1]
    save_tensors(path, arrays, {"checkpoint": _as_text(values)})


def check_env_state(env: AnyVectorEnv) -> None:
    """Refuse, before training, an env whose state a checkpoint could not restore exactly."""
    state = _env_state(env)
    if state is not None:
        parse_tensors(dump_tensors(state[0], {"checkpoint": _as_text({"env": state[1]})}), "checkpoint")


def _env_state(env: AnyVectorEnv) -> tuple[Arrays, dict[str, Any]] | None:
    """The env's own state as arrays by their names in a checkpoint, and JSON; None if the env offers none."""
    inner: Any = env.unwrapped
    if not hasattr(inner, "state_dict") or not hasattr(inner, "load_state_dict"):
        return None
    arrays, values = _split_state(inner.state_dict())
    return {f"env/{name}": value for name, value in arrays.items()}, values


def _as_text(values: dict[str, Any]) -> str:
    """Values as the JSON of a checkpoint; RunError names the place of a value that reading would refuse or change."""
    text = json.dumps(values)
    _check_same(values, _from_text(text, "checkpoint"), "checkpoint")
    return text


def _from_text(text: str, where: str) -> Any:
    # Not `finite`, and texts unchanged: an env gets its own values back, including texts that may not be shown.
    return parse_json(text, where, RunError, finite=False, cleaned=False)


def _check_same(value: Any, read: Any, where: str) -> None:
    """Raise RunError if `read`, the result of a JSON round trip of `value`, differs from it."""
    if isinstance(value, dict):
        for key, child in value.items():
            if not isinstance(key, str):
                raise RunError(f"{where}: expected texts as keys, as JSON has them, found {key!r:.40}")
            _check_same(child, read[key], f"{where} › {clean(key, 40)}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _check_same(child, read[index], f"{where} › {index}")
    elif isinstance(value, tuple):
        raise RunError(f"{where}: expected a list, because JSON would turn it into one, found a tuple")
    elif value != read and (value == value or read == read):  # NaN is never equal
        raise RunError(f"{where}: expected a value that JSON keeps unchanged, found {value!r:.60}")


def load_checkpoint(path: Path, model: MaskedPPO) -> dict[str, Any]:
    """Restore the saved state of `model` and its env; returns `extra`.

    RunError if the file is damaged, does not fit, or holds values that no run can reach.
    """
    arrays, values = read_checkpoint(path)
    where = shown_path(path.name)
    env = model.env
    assert isinstance(env, GymVecEnv)
    with refuse_errors(where, "a checkpoint of this run's environment", RunError), _torch_refusing(where):
        _load_policy(path, model, _under(arrays, "policy/"))
        _load_optimizer(model, _under(arrays, "optimizer/"), where)
        resumed = "env" in values and hasattr(env.env.unwrapped, "load_state_dict")
        if isinstance(env, SelfPlayVecEnv):
            own = checked.json_object(values.get("selfplay"), f"{where} › selfplay")
            env.load_state(_under(arrays, "selfplay/"), own, resumed, f"{where} › selfplay")
        if resumed:
            _load_env(arrays, values, model, where)
        else:
            model._last_obs = env.reset()
            model._last_episode_starts = np.ones(env.num_envs, dtype=np.bool_)
        _load_stats(arrays, model, where)
        model.num_timesteps = checked.whole_number(values.get("samples"), f"{where} › samples", 0, _MOST)
        model._n_updates = checked.whole_number(values.get("updates"), f"{where} › updates", 0, _MOST)
        _load_random(arrays, values, where)
        extra = checked.json_object(values.get("extra"), f"{where} › extra")
        for name in ("seconds", "cpu_seconds"):
            if name in extra:
                checked.number(extra[name], f"{where} › extra › {name}", 0.0, _MOST)
    return extra


@contextmanager
def _torch_refusing(where: str) -> Iterator[None]:
    """Turn the errors of torch and of an env's own code for a bad state into a refusal."""
    try:
        yield
    except (RuntimeError, TypeError, AttributeError) as error:
        if isinstance(error, RunError):
            raise
        message = clean(f"{type(error).__name__}: {error}", 160)
        raise RunError(
            f"{where}: expected a checkpoint of this run's environment, found {message}"
        ) from error


def _load_env(arrays: Arrays, values: dict[str, Any], model: MaskedPPO, where: str) -> None:
    """Restore the env's saved state, and the position of the training loop."""
    env = model.env
    assert isinstance(env, GymVecEnv)
    rows, size = env.num_envs, env.observation_size
    state = _join_state(_under(arrays, "env/"), checked.json_object(values["env"], f"{where} › env"))
    observation = checked.array(arrays, "loop/observation", where, np.float32, (rows, size))
    starts = checked.array(arrays, "loop/starts", where, np.bool_, (rows,))
    active = checked.array(arrays, "loop/active", where, np.bool_, (rows,))
    # Some envs allocate their state on reset; it is then replaced completely.
    reset_env(env.env, model.seed)
    try:
        env.env.unwrapped.load_state_dict(state)  # type: ignore[attr-defined]
    except (LookupError, TypeError, ValueError) as error:
        message = str(error)
        if not isinstance(error, ValueError):
            message = f"expected the state of this environment, found {type(error).__name__}: {error}"
        raise RunError(f"{where} › env: {clean(message, 300)}") from error
    model._last_obs, model._last_episode_starts, env.active = observation, starts, active
    if "loop/masks" in arrays:
        width = sum(head.size for head in env.heads)
        env.mask = checked.array(arrays, "loop/masks", where, np.bool_, (rows, width))
    env.skip_seeding()


def _load_stats(arrays: Arrays, model: MaskedPPO, where: str) -> None:
    stats, rows = model.stats, len(model.stats.returns)
    returns = checked.array(arrays, "stats/returns", where, np.float64, (rows,))
    lengths = checked.array(arrays, "stats/lengths", where, np.int64, (rows,), 0, _MOST)
    finished = checked.array(arrays, "stats/finished", where, np.float64, (None, 2))
    outcomes = checked.array(arrays, "stats/outcomes", where, np.int64, (None,), -1, 1)
    stats.returns, stats.lengths = returns, lengths
    stats.finished.extend((float(a), int(b)) for a, b in finished)
    stats.outcomes.extend(int(value) for value in outcomes)


def read_checkpoint(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """The arrays and values of a file, after checking that it is a checkpoint."""
    arrays, metadata = load_tensors(path)
    name = shown_path(path.name)
    if "checkpoint" not in metadata:
        raise RunError(f"{name}: expected a checkpoint, found a tensor file of another kind")
    values = _from_text(metadata["checkpoint"], f"{name} › checkpoint")
    version = checked.json_object(values, f"{name} › checkpoint").get("version")
    if version != VERSION:
        raise RunError(f"{name}: expected checkpoint version {VERSION}, found {version!r:.40}")
    return arrays, values


def checkpoint_policy(path: Path) -> Arrays:
    """Only the policy's tensors of a checkpoint."""
    return _under(read_checkpoint(path)[0], "policy/")


def _under(arrays: Arrays, prefix: str) -> Arrays:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def load_policy(path: Path, model: MaskedPPO) -> None:
    """Start from the policy in a tensor file: weights and observation statistics, nothing more of the run."""
    tensors, _ = load_tensors(path)
    _load_policy(path, model, tensors)


def _optimizer_states(model: MaskedPPO) -> list[dict[str, torch.Tensor]]:
    """Adam's tensors in the order of the policy's parameters; empty before the first step."""
    optimizer = model.policy.optimizer
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return [optimizer.state.get(parameter, {}) for parameter in parameters]


def _load_policy(path: Path, model: MaskedPPO, tensors: Arrays) -> None:
    expected = model.policy.state_dict()
    where = shown_path(path.name)
    found = {
        name: checked.array(tensors, name, where, tensor.numpy().dtype, tuple(tensor.shape))
        for name, tensor in expected.items()
    }
    model.policy.load_state_dict({name: torch.from_numpy(values) for name, values in found.items()})


def _load_optimizer(model: MaskedPPO, tensors: Arrays, where: str) -> None:
    """Restore Adam; its fused kernel does not check that each tensor has its parameter's shape."""
    optimizer = model.policy.optimizer
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    states: list[dict[str, torch.Tensor]] = []
    for index, parameter in enumerate(parameters):
        if not tensors:
            break  # saved before the first step
        place, own = f"{where} › optimizer/{index}", _under(tensors, f"{index}/")
        shape, dtype = tuple(parameter.shape), parameter.detach().numpy().dtype
        checks: dict[str, tuple[tuple[int, ...], float | None]] = {
            "step": ((), 0), "exp_avg": (shape, None), "exp_avg_sq": (shape, 0)
        }  # fmt: skip
        if set(own) - set(checks):
            raise RunError(f"{place}: expected {', '.join(checks)}, found {', '.join(sorted(own)):.80}")
        states.append(
            {
                name: torch.from_numpy(checked.array(own, name, place, dtype, size, low))
                for name, (size, low) in checks.items()
            }
        )
    optimizer.state.update(zip(parameters, states))


def _load_random(arrays: Arrays, values: dict[str, Any], where: str) -> None:
    version, gauss = checked.json_list(values.get("python"), f"{where} › python", 2, 2)
    checked.whole_number(version, f"{where} › python › version", 3, 3)
    if gauss is not None:
        gauss = checked.number(gauss, f"{where} › python › gauss", -1e3, 1e3)
    words = checked.array(arrays, "rng/python", where, np.uint64, (625,), 0, 2**32 - 1)
    checked.array({"index": words[624:]}, "index", f"{where} › rng/python", np.uint64, (1,), 0, 624)
    name, position, has_gauss, cached = checked.json_list(values.get("numpy"), f"{where} › numpy", 4, 4)
    if name != "MT19937":
        raise RunError(f"{where} › numpy › generator: expected 'MT19937', found {name!r:.40}")
    place = int(checked.number(position, f"{where} › numpy › position", 0, 624))
    has_one = int(checked.number(has_gauss, f"{where} › numpy › has_gauss", 0, 1))
    cached = checked.number(cached, f"{where} › numpy › gauss", -1e3, 1e3)
    key = checked.array(arrays, "rng/numpy", where, np.uint32, (624,))
    length = len(torch.get_rng_state())
    torch_state = checked.array(arrays, "rng/torch", where, np.uint8, (length,))
    random.setstate((3, tuple(int(word) for word in words), gauss))
    np.random.set_state((name, key, place, has_one, cached))  # noqa: NPY002
    torch.set_rng_state(torch.from_numpy(torch_state))


def _split_state(state: dict[str, Any]) -> tuple[Arrays, dict[str, Any]]:
    """An env's state as arrays and JSON; refuses other values."""
    arrays: Arrays = {}
    values: dict[str, Any] = {}
    for name, value in state.items():
        if not isinstance(name, str):
            raise RunError(f"env.state_dict(): expected texts as keys, found {name!r:.40}")
        if isinstance(value, np.ndarray) and value.dtype != object:
            arrays[name] = value
        else:
            try:
                json.dumps(value)
            except (TypeError, ValueError, RecursionError) as error:
                found = clean(str(error), 80) if isinstance(value, dict | list) else type(value).__name__
                raise RunError(
                    f"env.state_dict()[{name!r:.60}]: expected an array or JSON, found {found}"
                ) from error
            values[name] = value
    return arrays, values


def _join_state(arrays: Arrays, values: dict[str, Any]) -> dict[str, Any]:
    return {**arrays, **values}
