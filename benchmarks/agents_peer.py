"""Our own learner."""

from collections.abc import Callable
from typing import Any

from agents.adapter import GymVecEnv
from agents.learner import MaskedPPO
from agents.recipe_reading import recipe_from
from benchmarks.task import GAME, MINIBATCH, ROWS, STEPS, WIDTH, Task


def make(task: Task) -> Callable[[], int]:
    """Return a function that does one iteration: a rollout and its update."""
    model = make_model(task)

    def iterate() -> int:
        before = model.num_timesteps
        model.learn(1, reset_num_timesteps=False)
        return model.num_timesteps - before

    return iterate


def make_model(task: Task) -> MaskedPPO:
    """Return the learner."""
    tables: dict[str, Any] = {
        "title": "benchmark",
        "env": {"id": GAME, "num_envs": ROWS},
        "ppo": {"n_steps": STEPS, "batch_size": MINIBATCH, "n_epochs": task.epochs},
        "net": {"pi": [WIDTH, WIDTH], "vf": [WIDTH, WIDTH], "activation": task.activation},
    }
    env = GymVecEnv(task.make_env(), seed=1)
    return MaskedPPO(env, recipe_from(tables, "benchmark"), lambda: False, task.threads)
