"""What every learner is given: the environments, the network and the sizes."""

from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from torch import Tensor, nn

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
            return FreeEnv()
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


class FreeEnv(VectorEnv[Any, Any, Any]):
    """The game's spaces without the game: a step hands out arrays drawn ahead."""

    metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    def __init__(self) -> None:
        """ROWS rows."""
        self.num_envs = ROWS
        self.single_observation_space = spaces.Box(-1, 1, (OBSERVATION,), np.float32)
        self.single_action_space = spaces.MultiDiscrete(list(HEADS))
        self.observation_space = batch_space(self.single_observation_space, ROWS)
        self.action_space = batch_space(self.single_action_space, ROWS)
        source = np.random.default_rng(0)
        self._seen = source.uniform(-1, 1, (ROWS, OBSERVATION)).astype(np.float32)
        self._reward = source.normal(0, 0.1, ROWS).astype(np.float32)
        self._never = np.zeros(ROWS, np.bool_)

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin."""
        return self._seen, {}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Nothing ever ends."""
        return self._seen, self._reward, self._never, self._never, {}


def one_thread() -> None:
    """torch computes on the caller's thread alone."""
    torch.set_num_threads(1)
