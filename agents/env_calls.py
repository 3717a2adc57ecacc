"""Calls into an environment's own code: an error there becomes one line with its place instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gymnasium.vector import VectorEnv

from agents.errors import EnvRefused, raised
from safefiles.errors import Refused, WorkFailed

AnyVectorEnv = VectorEnv[Any, Any, Any]


def env_name(env: AnyVectorEnv) -> str:
    """The id of a registered env, or its class if it was made without an id."""
    return env.spec.id if env.spec is not None else type(env.unwrapped).__name__


def reset_env(env: AnyVectorEnv, seed: int | None = None) -> tuple[Any, dict[str, Any]]:
    """`env.reset`; EnvRefused if its code raises."""
    with _refusing(env, "reset()"):
        observation, info = env.reset(seed=seed)
    return observation, info


def step_env(env: AnyVectorEnv, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
    """`env.step`; EnvRefused if its code raises."""
    with _refusing(env, "step()"):
        observation, reward, terminated, truncated, info = env.step(actions)
    return observation, reward, terminated, truncated, info


@contextmanager
def _refusing(env: AnyVectorEnv, call: str) -> Iterator[None]:
    try:
        yield
    except (Refused, WorkFailed, MemoryError):
        raise
    except Exception as error:  # an environment's code may raise anything
        raise EnvRefused(f"environment {env_name(env)!r}: {call} failed: {raised(error)}") from error
