"""The PettingZoo parallel environment: every seat of a match is an agent. Needs PettingZoo, from the extra `train`.

```
from game.env.parallel import parallel_env

env = parallel_env("Bankshot/Eliminate-v0", levels="foundry")
observations, infos = env.reset(seed=7)
```
"""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from pettingzoo import ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec
from pettingzoo.utils.wrappers import AssertOutOfBoundsWrapper, OrderEnforcingWrapper

from game.core import rules
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.env.allowed import MASK, action_masks
from game.env.arguments import ALL, agent_names, resolve_arguments
from game.env.describe import parallel_manual
from game.env.engine import Engine
from game.env.kernels import Rows
from game.env.picture import RENDER_MODES, Picture, check_render_mode
from game.env.setups import find_setup
from game.env.spaces import STEPS_PER_SECOND, action_space, observation_space

Info = dict[str, Any]


class BankshotParallelEnv(ParallelEnv[str, SenseArray, IntArray]):  # type: ignore[misc]
    """Every seat is an agent; the text of `parallel_manual` replaces this line."""

    metadata: dict[str, Any] = {  # noqa: RUF012  (PettingZoo's own form)
        "name": "bankshot_v0",
        "render_modes": list(RENDER_MODES),
        "render_fps": STEPS_PER_SECOND,
        "is_parallelizable": True,
    }

    def __init__(
        self, env_id: str = "Bankshot/Duel-v0", *, render_mode: str | None = None, **arguments: Any
    ) -> None:
        """Make the environment; the docstring of the class lists the `arguments`."""
        check_render_mode(render_mode)
        if arguments.get("seats", ALL) != ALL:
            raise ValueError(
                f"seats: expected {ALL!r}, found {arguments['seats']!r}; gymnasium.make has one learner"
            )
        self.engine = Engine(
            resolve_arguments(find_setup(env_id), **arguments | {"seats": ALL}), 1, auto_reset=False
        )
        self.render_mode = render_mode
        teams = self.engine.arguments.teams
        names, played = agent_names(teams), set(self.engine.arguments.players[:, 0].tolist())
        self._seat = {agent: seat for seat, agent in enumerate(names) if seat not in played}
        self.possible_agents = list(self._seat)
        if not self._seat:
            raise ValueError(f"players: expected an agent to be left of {', '.join(names)}, found none")
        self.agents: list[str] = []
        self.observation_spaces = {
            agent: observation_space(self.engine.reflexes) for agent in self.possible_agents
        }
        self.action_spaces = {agent: action_space() for agent in self.possible_agents}
        self._begun = False
        self._picture: Picture | None = None

    def observation_space(self, agent: str) -> gymnasium.spaces.Box:
        """Return the observation space of an agent: always the same object."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.MultiDiscrete:
        """Return the action space of an agent: always the same object."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, SenseArray], dict[str, Info]]:
        """Begin a new match; a seed determines it and all later ones, without a seed the streams continue."""
        if seed is None and not self._begun:
            seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
        self._begun = True
        rows = self.engine.begin(seed)
        batch = self.engine.batch
        takes_part = batch.world.tanks[0, :, st.TANK_ACTIVE] != 0
        self.agents = [agent for agent in self.possible_agents if takes_part[self._seat[agent]]]
        if self.render_mode is not None:
            self._picture = self._picture or Picture(self.render_mode)
            self._picture.start(batch.world, batch.levels, -1)
        return self._observations(rows), self._infos(rows)

    def step(
        self, actions: Mapping[str, IntArray]
    ) -> tuple[dict[str, SenseArray], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Info]]:
        """Step by one decision; `actions` has one for each of `agents`. Raises ValueError for other agents."""
        if not self.agents:
            return {}, {}, {}, {}, {}
        wrong = set(self.agents) ^ set(actions)
        if wrong:
            raise ValueError(
                f"actions: expected one for each of {', '.join(self.agents)}, found {sorted(actions)}"
            )
        table = np.zeros((self.engine.rows, len(rules.ACTION_HEADS)), np.int64)
        for agent, action in actions.items():
            table[self._seat[agent]] = action
        rows = self.engine.step(table)
        if self._picture is not None:
            batch = self.engine.batch
            self._picture.follow(batch.world, batch.levels, batch.io.actions)
        observations, infos = self._observations(rows), self._infos(rows)
        rewards = {agent: float(rows.rewards[self._seat[agent]]) for agent in self.agents}
        terminated = {agent: bool(rows.terminated[self._seat[agent]]) for agent in self.agents}
        truncated = {agent: bool(rows.truncated[self._seat[agent]]) for agent in self.agents}
        self.agents = [agent for agent in self.agents if not (terminated[agent] or truncated[agent])]
        return observations, rewards, terminated, truncated, infos

    def render(self) -> Any:
        """Return the current picture with `render_mode="rgb_array"`, uint8 (height, width, 3); otherwise None."""
        return None if self._picture is None else self._picture.rgb()

    def state(self) -> "np.ndarray[Any, Any]":
        """Return the observations of all agents, seat by seat: float32 (seats * OBSERVATION_SIZE,)."""
        found: SenseArray = self.engine.batch.io.observations[0].reshape(-1).copy()
        return found

    def close(self) -> None:
        """Close the window and end the threads."""
        if self._picture is not None:
            self._picture.close()
            self._picture = None
        self.engine.close()

    def _observations(self, rows: Rows) -> dict[str, SenseArray]:
        return {agent: rows.observations[self._seat[agent]] for agent in self.agents}

    def _infos(self, rows: Rows) -> dict[str, Info]:
        infos: dict[str, Info] = {
            agent: {"active": bool(rows.active[self._seat[agent]])} for agent in self.agents
        }
        if self.engine.arguments.masks:
            masks = action_masks(rows.observations)
            for agent, info in infos.items():
                info[MASK] = masks[self._seat[agent]]
        results = self.engine.results()
        for agent, info in infos.items():
            if results is None:
                break
            for name in ("outcome", "score", "ticks", "timed_out"):
                info[name] = getattr(results, name)[self._seat[agent]].item()
        return infos


BankshotParallelEnv.__doc__ = parallel_manual()


def parallel_env(env_id: str = "Bankshot/Duel-v0", **arguments: Any) -> BankshotParallelEnv:
    """Make a parallel environment for an id of `game.env.setups`, with or without the prefix `game:`."""
    return BankshotParallelEnv(env_id, **arguments)


def env(env_id: str = "Bankshot/Duel-v0", **arguments: Any) -> Any:
    """Make the same as an AEC environment, whose agents act one after the other, with PettingZoo's usual checks."""
    return OrderEnforcingWrapper(AssertOutOfBoundsWrapper(raw_env(env_id, **arguments)))


def raw_env(env_id: str = "Bankshot/Duel-v0", **arguments: Any) -> Any:
    """Make the same as an AEC environment (PettingZoo: agents act one after the other), without checks."""
    return parallel_to_aec(parallel_env(env_id, **arguments))
