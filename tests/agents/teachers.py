"""A vector env with bots and masks: of four choices one is forbidden in each step, and the bot takes the next one."""

from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from agents.contract import generic_contract
from agents.spaces import FlatObservations


class Teachers(VectorEnv[Any, Any, Any]):
    """Sees which choice is forbidden; taking it is a mistake, which the env counts."""

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

    mistakes: ClassVar[list[int]] = []  # rows, of all envs of the class

    def __init__(self, num_envs: int = 1) -> None:
        self.num_envs = num_envs
        self.single_observation_space = spaces.Box(0, 3, (1,), np.float32)
        self.single_action_space = spaces.Discrete(4)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.at = 0

    def _seen(self) -> tuple[Any, dict[str, Any]]:
        self.forbidden = (self.at + np.arange(self.num_envs)) % 4
        mask = np.arange(4) != self.forbidden[:, None]
        return self.forbidden.astype(np.float32)[:, None], {"action_mask": mask}

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        self.at = 0
        return self._seen()

    def bot_actions(self, names: list[str | None]) -> Any:
        return ((self.forbidden + 1) % 4)[:, None]

    def step(self, actions: Any) -> Any:
        self.mistakes.extend(np.flatnonzero(np.asarray(actions) == self.forbidden).tolist())
        self.at += 1
        over = np.full(self.num_envs, self.at % 10 == 0)
        seen, info = self._seen()
        info |= {"final_obs": seen.copy(), "_final_obs": over}
        return seen, np.ones(self.num_envs), over, np.zeros_like(over), info


class WithoutMasks(Teachers):
    """Its contract knows no masks."""

    def policy_contract(self) -> dict[str, Any]:
        slots = FlatObservations(self.single_observation_space, "x").slots
        return generic_contract(slots, [4], "x").to_dict()


gymnasium.register("Teachers-v0", vector_entry_point=Teachers)
gymnasium.register("WithoutMasks-v0", vector_entry_point=WithoutMasks)
