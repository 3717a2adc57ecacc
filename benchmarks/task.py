"""What every learner is given: the environments, the network and the sizes."""

from dataclasses import dataclass
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
    """One measurement: `env` is `free` or `duel`."""

    env: str
    epochs: int
    activation: str
    threads: int = 1

    def make_env(self) -> VectorEnv[Any, Any, Any]:
        """The environment with ROWS rows."""
        if self.env == "free":
            env: VectorEnv[Any, Any, Any] = free_env()
            return env
        return gymnasium.make_vec(
            GAME, num_envs=ROWS, levels="train:64", opponent="chaser", threads=self.threads
        )

    def layers(self) -> list[nn.Module]:
        """The hidden layers of one of the two towers."""
        kind = {"relu": nn.ReLU, "tanh": nn.Tanh}[self.activation]
        return [nn.Linear(OBSERVATION, WIDTH), kind(), nn.Linear(WIDTH, WIDTH), kind()]


class Net(nn.Module):
    """Two towers of two hidden layers, for actions and for the value: what our learner and SB3 use."""

    def __init__(self, task: Task) -> None:
        """Weights as torch draws them; speed does not depend on them."""
        super().__init__()
        self.policy = nn.Sequential(*task.layers(), nn.Linear(WIDTH, sum(HEADS)))
        self.value = nn.Sequential(*task.layers(), nn.Linear(WIDTH, 1))

    def forward(self, observations: Tensor, state: Any = None) -> tuple[tuple[Tensor, ...], Tensor]:
        """Logits by head, and values."""
        return self.policy(observations).split(HEADS, 1), self.value(observations)

    def forward_eval(self, observations: Tensor, state: Any = None) -> tuple[tuple[Tensor, ...], Tensor]:
        """The same, under the name that PufferLib asks for."""
        logits, value = self(observations, state)
        return logits, value


def one_thread() -> None:
    """torch computes on the caller's thread alone."""
    torch.set_num_threads(1)
