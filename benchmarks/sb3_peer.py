"""stable-baselines3's PPO, unchanged, with our adapter for batched environments."""

from collections.abc import Callable

from stable_baselines3 import PPO
from torch import nn

from agents.adapter import GymVecEnv
from benchmarks.task import MINIBATCH, STEPS, WIDTH, Task


def make(task: Task) -> Callable[[], int]:
    """Return a function that does one iteration: a rollout and its update."""
    model = PPO(
        "MlpPolicy",
        GymVecEnv(task.make_env(), seed=1),
        n_steps=STEPS,
        batch_size=MINIBATCH,
        n_epochs=task.epochs,
        policy_kwargs={
            "net_arch": {"pi": [WIDTH, WIDTH], "vf": [WIDTH, WIDTH]},
            "activation_fn": {"relu": nn.ReLU, "tanh": nn.Tanh}[task.activation],
        },
        device="cpu",
        seed=1,
    )

    def iterate() -> int:
        before = model.num_timesteps
        model.learn(1, reset_num_timesteps=False)
        return model.num_timesteps - before

    return iterate
