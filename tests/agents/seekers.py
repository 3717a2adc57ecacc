"""A PettingZoo module of two kinds of agents of unequal spaces: who seeks may do more, who hides sees less and may leave."""

from typing import Any

import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

LENGTH = 5


class Seekers(ParallelEnv[str, Any, Any]):  # type: ignore[misc]
    """A seeker sees [step, 1, 2], a hider [step]; action 1 of a hider leaves. Rewards: the action's number."""

    metadata: dict[str, Any] = {"name": "seekers_v0", "is_parallelizable": True}  # noqa: RUF012

    def __init__(
        self,
        seekers: int = 2,
        *,
        seeker_actions: Any = None,
        hides: int = LENGTH,
        masks: dict[int, Any] | None = None,
        late: int = 0,
    ) -> None:
        """`hides`: steps after which a hider is cut off; `masks` of seekers by the step; so many seekers never come."""
        self.hides, self.masks, self.late = hides, masks or {}, late
        self.possible_agents = [*(f"seeker_{n}" for n in range(seekers)), "hider_0"]
        self.own = seeker_actions or spaces.Discrete(4)
        self.agents: list[str] = []
        self.at = 0

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(-9, 9, (3 if agent.startswith("seeker") else 1,), np.float32)

    def action_space(self, agent: str) -> Any:
        return self.own if agent.startswith("seeker") else spaces.Discrete(2, start=7)

    def _seen(self) -> dict[str, Any]:
        full = np.array([self.at, 1.0, 2.0], np.float32)
        return {agent: full if agent.startswith("seeker") else full[:1] for agent in self.agents}

    def reset(self, seed: int | None = None, options: Any = None) -> tuple[Any, Any]:
        self.agents, self.at = self.possible_agents[self.late :], 0
        return self._seen(), {agent: {} for agent in self.agents}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any]:
        assert set(actions) == set(self.agents)
        self.at += 1
        rewards = {agent: float(action) for agent, action in actions.items()}
        terminated = {agent: agent == "hider_0" and action == 8 for agent, action in actions.items()}
        cut = self.at == LENGTH
        truncated = {agent: cut or (agent == "hider_0" and self.at == self.hides) for agent in actions}
        seen = self._seen()
        self.agents = [agent for agent in self.agents if not (terminated[agent] or truncated[agent])]
        mask = {"action_mask": self.masks[self.at]} if self.at in self.masks else {}
        infos = {agent: mask if agent.startswith("seeker") else {} for agent in actions}
        return seen, rewards, terminated, truncated, infos


def parallel_env(**kwargs: Any) -> Seekers:
    """As PettingZoo's modules have it."""
    return Seekers(**kwargs)
