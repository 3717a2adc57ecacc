"""Convert any Gymnasium vector env to one form: flat float32 observations, action heads from zero, SAME_STEP.

Masks of an env that has a method `action_masks` come as `info["action_mask"]`.

The three autoreset modes of a vector env (`gymnasium.vector.AutoresetMode`) become one:

- SAME_STEP is unchanged: the observation returned is the first of the next episode, `info["final_obs"]` the last of the old one.
- NEXT_STEP, Gymnasium's default: the step after an episode's end only resets, and its action is ignored. Meanwhile the row is
  reported as not `active`, like a seat without a tank, so that this step is in no rollout and in no return, and no transition
  spans two episodes.
- DISABLED: rows that ended are reset here, within the step.
"""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from agents.contract import Slot
from agents.errors import EnvRefused
from agents.infos import active_rows
from agents.masks import MASK, allowed_actions, mask_source
from agents.spaces import FlatActions, FlatObservations, action_heads

AnyVectorEnv = VectorEnv[Any, Any, Any]
Bools = NDArray[np.bool_]


def plain_env(env: AnyVectorEnv, name: str) -> AnyVectorEnv:
    """The env itself if it has this form already, otherwise wrapped; EnvRefused for unsupported spaces or modes."""
    if isinstance(env, PlainVectorEnv):
        return env
    mode = env.metadata.get("autoreset_mode")
    if not isinstance(mode, AutoresetMode):
        found = "none declared" if mode is None else repr(mode)[:60]
        raise EnvRefused(
            f"environment {name!r}: expected an autoreset mode in its metadata (SAME_STEP, NEXT_STEP or DISABLED), "
            f"found {found}"
        )
    observations = FlatObservations(env.single_observation_space, name)
    actions = FlatActions(env.single_action_space, name)
    if mode == AutoresetMode.SAME_STEP and observations.plain and actions.plain and not mask_source(env):
        return env
    return PlainVectorEnv(env, mode, observations, actions)


def observation_slots(env: AnyVectorEnv, name: str) -> tuple[Slot, ...]:
    """The slots of a contract made from the env's own observation space."""
    if isinstance(env, PlainVectorEnv):
        return env.observations.slots
    return FlatObservations(env.single_observation_space, name).slots


class PlainVectorEnv(VectorWrapper):
    """Translates spaces and autoreset; use `plain_env`."""

    def __init__(
        self, env: AnyVectorEnv, mode: AutoresetMode, observations: FlatObservations, actions: FlatActions
    ) -> None:
        """`observations` and `actions` translate the env's spaces."""
        super().__init__(env)
        self.mode, self.observations, self.actions = mode, observations, actions
        self.single_observation_space = observations.space
        self.single_action_space = actions.space
        self.observation_space = batch_space(observations.space, env.num_envs)
        self.action_space = batch_space(actions.space, env.num_envs)
        self._everyone = np.arange(env.num_envs)
        self._masks = mask_source(env)
        self._heads = action_heads(actions.space, "environment")

    def reset(self, *, seed: Any = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start every episode."""
        observation, info = self.env.reset(seed=seed, options=options)
        return self.observations.rows(observation, self._everyone), self._masked(info)

    def _masked(self, info: dict[str, Any]) -> dict[str, Any]:
        """The info, with the masks of an env that gives them by a method."""
        return info if self._masks is None or MASK in info else {**info, MASK: self._masks()}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """Step every row; `info` has `final_obs` and `active`."""
        given = actions if self.actions.plain else self.actions.values(actions)
        observation, reward, terminated, truncated, info = self.env.step(given)
        info = self._masked(info)
        over = np.asarray(terminated, dtype=np.bool_) | np.asarray(truncated, dtype=np.bool_)
        if self.mode == AutoresetMode.SAME_STEP:
            rows = self.observations.rows(observation, self._everyone)
            return rows, reward, terminated, truncated, self._flat_final(info, over)
        rows = self.observations.rows(observation, self._everyone)
        info = {**info, "final_obs": rows, "_final_obs": over}
        if self.mode == AutoresetMode.NEXT_STEP:
            # A resting row becomes active only after its own reset.
            return rows, reward, terminated, truncated, self._resting(info, over)
        if over.any():
            rows, info = self._reset_rows(over, rows, info)
        return rows, reward, terminated, truncated, info

    def _flat_final(self, info: dict[str, Any], over: Bools) -> dict[str, Any]:
        """The info with last observations as flat rows."""
        if "final_obs" not in info or not over.any():
            return info
        wanted = np.flatnonzero(over)
        mask = info.get("_final_obs")
        if mask is not None:
            wanted = wanted[np.asarray(mask, dtype=np.bool_)[wanted]]
        final = np.zeros((self.num_envs, self.observations.size), dtype=np.float32)
        final[wanted] = self.observations.rows(info["final_obs"], wanted)
        there = np.zeros(self.num_envs, dtype=np.bool_)
        there[wanted] = True
        return {**info, "final_obs": final, "_final_obs": there}

    def _resting(self, info: dict[str, Any], over: Bools) -> dict[str, Any]:
        """The info with `active` false for rows whose next step only resets."""
        awake = ~over
        if "active" in info:
            awake &= active_rows(info, self.num_envs)
        return {**info, "active": awake, "_active": np.ones(self.num_envs, dtype=np.bool_)}

    def _reset_rows(self, over: Bools, rows: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Reset the rows that ended; the info is that of the step, with `active` of the rows' new episodes."""
        observation, begun = self.env.reset(options={"reset_mask": over.copy()})
        fresh = self.observations.rows(observation, self._everyone)
        fresh[~over] = rows[~over]
        begun = self._masked(begun)
        if MASK in begun or MASK in info:
            everyone = np.ones(self.num_envs, dtype=np.bool_)
            masks = [
                allowed_actions(one, self._heads, alive) for one, alive in ((info, ~over), (begun, over))
            ]
            before, after = (everyone[:, None] if mask is None else mask for mask in masks)
            info = {**info, MASK: np.where(over[:, None], after, before), f"_{MASK}": everyone}
        if "active" in begun:
            active = active_rows(info, self.num_envs)
            active[over] = active_rows(begun, self.num_envs)[over]
            info = {**info, "active": active, "_active": np.ones(self.num_envs, dtype=np.bool_)}
        return fresh, info
