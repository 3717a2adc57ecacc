"""PettingZoo's parallel environments as vector envs in the layout of `seats="all"`: worlds x agents are the rows.

`[env] id = "pettingzoo:mpe2.simple_tag_v3"` names a module with the usual functions: `parallel_env()`, or `env()`, which
PettingZoo turns into a parallel one if its metadata allows it. `num_envs` counts worlds, and one policy plays every agent.

- Agents whose names differ by more than their number (`adversary_0`, `agent_0`) are of different *kinds*: their observations
  end with one number for each kind. Kinds are teams; if all agents are of one kind, every agent is its own team.
- Observations of unequal length are padded with zeros. Unequal numbers of choices become masks; other unequal spaces are refused.
- `info["action_mask"]` of an agent, or the `action_mask` next to an `observation` in a dictionary, is its mask.
- An agent that is out is not `active` until its world is reset, which happens immediately when no agent is left.
- `info["active"]` of an agent, if present, says whether its next action matters.
- With `seats="all"` an agent's own `info["outcome"]` decides the result at the end; without it the team with the highest return
  wins, and equal returns are a draw.
"""

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from agents.env_ids import PETTINGZOO
from agents.errors import EnvRefused
from agents.masks import flat_mask
from agents.sampling import box_head
from agents.spaces import FlatActions, FlatObservations, action_heads

SCHEME = PETTINGZOO
_SEEN, _MASK = "observation", "action_mask"  # keys of the observation dictionary of PettingZoo's board games


def register_module(module: ModuleType) -> None:
    """Register the environment of an imported PettingZoo module under the module's name.

    EnvRefused if it has no environment.
    """
    name = module.__name__
    if not any(callable(getattr(module, maker, None)) for maker in ("parallel_env", "env")):
        raise EnvRefused(
            f"environment '{SCHEME}:{name}': expected a module with parallel_env() or env(), found neither"
        )
    if name not in gymnasium.registry:
        gymnasium.register(name, vector_entry_point=make_parallel_vector, kwargs={"module": name})


def make_parallel(module: str, kwargs: Mapping[str, Any]) -> Any:
    """One parallel environment of a registered module; ValueError if its agents take turns."""
    found = sys.modules[module]
    if callable(getattr(found, "parallel_env", None)):
        return found.parallel_env(**kwargs)
    env = found.env(**kwargs)
    if not env.metadata.get("is_parallelizable", False):
        raise ValueError(
            "expected agents that act at the same time, found ones that take turns; a wrapper must make a parallel "
            "environment of it"
        )
    from pettingzoo.utils.conversions import aec_to_parallel

    return aec_to_parallel(env)


class _Agent:
    """An agent's flattened spaces."""

    def __init__(self, name: str, env: Any, where: str) -> None:
        self.name, self.kind = name, name.rstrip("0123456789").rstrip("_")
        seen = env.observation_space(name)
        self.masked = isinstance(seen, spaces.Dict) and set(seen.spaces) == {_SEEN, _MASK}
        self.observations = FlatObservations(seen[_SEEN] if self.masked else seen, where)
        self.actions = FlatActions(env.action_space(name), where)
        self.heads = action_heads(self.actions.space, where)

    def row(self, observation: Any) -> NDArray[np.float32]:
        """Its observation as floats."""
        batch = np.full(1, None, dtype=object)
        batch[0] = observation[_SEEN] if self.masked else observation
        numbers: NDArray[np.float32] = self.observations.rows(batch, np.zeros(1, dtype=np.int64))[0]
        return numbers

    def allowed(self, mask: Any, choices: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the common choices it may take now, out of its own `choices`; `mask`: its action mask, None if it has none."""
        found = choices.copy()
        if mask is None or box_head(self.heads) is not None:
            return found
        own = sum(head.size for head in self.heads)
        allowed = flat_mask(mask)
        if len(allowed) != own:
            raise EnvRefused(
                f"{_MASK} of agent {self.name!r}: expected a number for each of {own} choices, found {len(allowed)}"
            )
        found[:own] = allowed != 0
        return found


class ParallelVectorEnv(VectorEnv[Any, Any, Any]):
    """See the module's head."""

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012  (Gymnasium's own form)

    def __init__(self, num_envs: int = 1, *, module: str, seats: str = "learner", **kwargs: Any) -> None:
        """`num_envs` worlds; `kwargs` are those of the module's function. EnvRefused for spaces that do not fit together."""
        if seats not in ("learner", "all"):
            raise ValueError(f"seats: expected 'learner' or 'all', found {seats!r}")
        where = f"{SCHEME}:{module}"
        self.envs = [make_parallel(module, kwargs) for _ in range(num_envs)]
        self.told_outcome = seats == "all"
        first = self.envs[0]
        if not getattr(first, "possible_agents", None):
            raise ValueError("expected possible_agents, found none")
        self.agents = [_Agent(name, first, where) for name in first.possible_agents]
        self.worlds, self.seats_per_world = num_envs, len(self.agents)
        self.num_envs = self.worlds * self.seats_per_world
        kinds = sorted({agent.kind for agent in self.agents})
        self._kinds = kinds if len(kinds) > 1 else []
        of_world = [
            kinds.index(agent.kind) if self._kinds else seat for seat, agent in enumerate(self.agents)
        ]
        self.team_of_row = np.tile(np.array(of_world, dtype=np.int64), self.worlds)
        self.single_action_space, self._choices = _common_actions(self.agents, where)
        self.single_observation_space = self._observation_space()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._returns = np.zeros((self.worlds, self.seats_per_world))
        self._alive = np.zeros((self.worlds, self.seats_per_world), dtype=np.bool_)
        self._awake = np.ones_like(self._alive)
        self._masks: NDArray[np.bool_] | None = None

    def _observation_space(self) -> spaces.Box:
        size = max(agent.observations.size for agent in self.agents)
        low, high = np.zeros(size, np.float32), np.zeros(size, np.float32)
        for agent in self.agents:
            own = agent.observations
            low[: own.size] = np.minimum(low[: own.size], own.space.low)
            high[: own.size] = np.maximum(high[: own.size], own.space.high)
        if all(agent.observations.size == size for agent in self.agents):
            low = np.min([agent.observations.space.low for agent in self.agents], axis=0)
            high = np.max([agent.observations.space.high for agent in self.agents], axis=0)
        kinds = len(self._kinds)
        self._size, self._width = size, size + kinds
        return spaces.Box(
            np.concatenate([low, np.zeros(kinds, np.float32)]),
            np.concatenate([high, np.ones(kinds, np.float32)]),
            dtype=np.float32,
        )

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Reset every world; worlds have different seeds."""
        rows = np.zeros((self.num_envs, self._width), dtype=np.float32)
        self._masks = None
        for world in range(self.worlds):
            self._begin(world, rows, None if seed is None else int(seed) + world)
        return rows, self._info()

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step every world; a world whose agents are all out is reset immediately."""
        rows = np.zeros((self.num_envs, self._width), dtype=np.float32)
        final = np.zeros_like(rows)
        reward = np.zeros(self.num_envs, dtype=np.float64)
        terminated, truncated = np.zeros((2, self.num_envs), dtype=np.bool_)
        outcome, ended = np.zeros(self.num_envs, np.int64), np.zeros(self.num_envs, np.bool_)
        for world, env in enumerate(self.envs):
            first = world * self.seats_per_world
            by_agent = {
                agent.name: self._action(agent, actions[first + seat])
                for seat, agent in enumerate(self.agents)
                if self._alive[world, seat]
            }
            seen, rewards, over, cut, infos = env.step(by_agent)
            for seat, agent in enumerate(self.agents):
                if agent.name in by_agent:
                    row = first + seat
                    reward[row] = float(rewards.get(agent.name, 0.0))
                    terminated[row], truncated[row] = bool(over[agent.name]), bool(cut[agent.name])
                    self._alive[world, seat] = not (terminated[row] or truncated[row])
                    self._returns[world, seat] += reward[row]
                    self._show(world, seat, seen, infos, rows)
                    final[row] = rows[row]  # an agent may be truncated while its world continues
            if not env.agents or not self._alive[world].any():
                own = slice(first, first + self.seats_per_world)
                # an agent left without a flag counts as truncated
                truncated[own] |= self._alive[world] & ~terminated[own]
                outcome[own], ended[own] = self._outcome(world, infos), True
                self._begin(world, rows, None)
        info = self._info() | {"final_obs": final, "_final_obs": terminated | truncated}
        if self.told_outcome and ended.any():
            info |= {"outcome": outcome, "_outcome": ended}
        return rows, reward, terminated, truncated, info

    def _action(self, agent: _Agent, action: Any) -> Any:
        """An agent's own action from that of a row."""
        flat = np.asarray(action).reshape(1, -1)
        value = agent.actions.values(flat)[0]
        return value.item() if value.ndim == 0 else value

    def _begin(self, world: int, rows: NDArray[np.float32], seed: int | None) -> None:
        env = self.envs[world]
        seen, infos = env.reset(seed=seed)
        self._returns[world] = 0.0
        for seat, agent in enumerate(self.agents):
            self._alive[world, seat] = agent.name in env.agents
            rows[world * self.seats_per_world + seat] = 0.0
            self._show(world, seat, seen, infos or {}, rows)

    def _show(
        self,
        world: int,
        seat: int,
        seen: Mapping[str, Any],
        infos: Mapping[str, Any],
        rows: NDArray[np.float32],
    ) -> None:
        """Fill in an agent's observation and mask."""
        agent, row = self.agents[seat], world * self.seats_per_world + seat
        self._awake[world, seat] = bool(infos.get(agent.name, {}).get("active", True))
        if agent.name not in seen:
            return
        rows[row, : agent.observations.size] = agent.row(seen[agent.name])
        if self._kinds:
            rows[row, self._size + self._kinds.index(agent.kind)] = 1.0
        mask = seen[agent.name][_MASK] if agent.masked else infos.get(agent.name, {}).get(_MASK)
        if mask is not None or self._masks is not None:
            self._all_masks()[row] = agent.allowed(mask, self._choices[seat])

    def _all_masks(self) -> NDArray[np.bool_]:
        if self._masks is None:
            self._masks = np.tile(self._choices, (self.worlds, 1))
        return self._masks

    def _info(self) -> dict[str, Any]:
        everyone = np.ones(self.num_envs, dtype=np.bool_)
        info: dict[str, Any] = {"active": (self._alive & self._awake).reshape(-1), "_active": everyone}
        if self._masks is not None or not self._choices.all():
            info |= {_MASK: self._all_masks().copy(), f"_{_MASK}": everyone}
        return info

    def _outcome(self, world: int, infos: Mapping[str, Any]) -> NDArray[np.int64]:
        """+1 for the seats of the team with the highest return, 0 if several have it, -1 for the others.

        Outcomes in the agents' infos take precedence; an agent that left earlier gets a team mate's outcome, or the opposite of
        an opponent's.
        """
        outcomes = {seat: infos.get(agent.name, {}).get("outcome") for seat, agent in enumerate(self.agents)}
        known = {
            int(self.team_of_row[seat]): int(np.sign(said))
            for seat, said in outcomes.items()
            if said is not None
        }
        if known:
            rest = -max(known.values())
            return np.array([known.get(int(team), rest) for team in self.team_of_row[: len(self.agents)]])
        teams = self.team_of_row[: self.seats_per_world]
        totals = np.array([self._returns[world, teams == team].mean() for team in range(teams.max() + 1)])
        best = np.isclose(totals, totals.max())
        won = 0 if best.sum() > 1 else 1
        return np.where(best[teams], won, -1).astype(np.int64)

    def close_extras(self, **kwargs: Any) -> None:
        """Close every world."""
        for env in self.envs:
            env.close()


def _common_actions(agents: list[_Agent], where: str) -> tuple[Any, NDArray[np.bool_]]:
    """A space that contains every agent's actions, and which of its choices each agent has (agents, choices)."""
    spaces_of = [agent.actions.space for agent in agents]
    if all(isinstance(space, spaces.Discrete) for space in spaces_of):
        most = max(int(space.n) for space in spaces_of)
        return spaces.Discrete(most), np.arange(most) < np.array([[int(space.n)] for space in spaces_of])
    if any(space != spaces_of[0] for space in spaces_of):
        odd = next(agent for agent in agents if agent.actions.space != spaces_of[0])
        raise EnvRefused(
            f"environment {where!r}: expected agents of one action space, or of Discrete ones, found "
            f"{' '.join(str(spaces_of[0]).split())} of {agents[0].name} and {' '.join(str(odd.actions.space).split())} of "
            f"{odd.name}"
        )
    columns = sum(head.size for head in agents[0].heads)
    return spaces_of[0], np.ones((len(agents), columns), dtype=np.bool_)


def make_parallel_vector(num_envs: int = 1, **kwargs: Any) -> ParallelVectorEnv:
    """Make a vector environment: the registry's `vector_entry_point`."""
    return ParallelVectorEnv(num_envs, **kwargs)
