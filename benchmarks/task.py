"""The task that all learners share: environments, network and sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import torch
from gymnasium.vector import VectorEnv
from torch import Tensor, nn

from game.cli.bench.programs.ppo_samples import free_env

ROWS = 256
STEPS = 32
MINIBATCH = 2048
WIDTH = 128
OBSERVATION = 256
HEADS = (9, 32, 8, 2, 2)
GAME = "game:Bankshot/Duel-v0"


@dataclass(frozen=True)
class Task:
    """One measurement: `env` is `free` or `duel`; `game` has the arguments of `duel`."""

    env: str
    epochs: int
    activation: str
    threads: int = 1
    width: int = WIDTH
    game: Mapping[str, Any] = field(default_factory=lambda: {"levels": "train:64", "opponent": "chaser"})

    def make_env(self) -> VectorEnv[Any, Any, Any]:
        """The environment with ROWS rows."""
        if self.env == "free":
            env: VectorEnv[Any, Any, Any] = free_env()
            return env
        return gymnasium.make_vec(GAME, num_envs=ROWS, threads=self.threads, **self.game)

    def layers(self) -> list[nn.Module]:
        """The hidden layers of one of the two towers."""
        kind = {"relu": nn.ReLU, "tanh": nn.Tanh}[self.activation]
        return [nn.Linear(OBSERVATION, self.width), kind(), nn.Linear(self.width, self.width), kind()]


class Net(nn.Module):
    """Two towers of two hidden layers, for actions and for the value, as in our learner and SB3."""

    def __init__(self, task: Task) -> None:
        """Initialise with torch's default weights; speed does not depend on them."""
        super().__init__()
        self.policy = nn.Sequential(*task.layers(), nn.Linear(task.width, sum(HEADS)))
        self.value = nn.Sequential(*task.layers(), nn.Linear(task.width, 1))

    def forward(self, observations: Tensor, state: Any = None) -> tuple[tuple[Tensor, ...], Tensor]:
        """Logits by head, and values."""
        return self.policy(observations).split(HEADS, 1), self.value(observations)

    def forward_eval(self, observations: Tensor, state: Any = None) -> tuple[tuple[Tensor, ...], Tensor]:
        """The same, under the name that PufferLib requires."""
        logits, value = self(observations, state)
        return logits, value


def one_thread() -> None:
    """Make torch compute only on the caller's thread."""
    torch.set_num_threads(1)
