"""A Gymnasium vector env as a stable-baselines3 VecEnv, with the differences between the two handled.

- SB3 stores an observation *after* the next step, so an env that fills one buffer again and again would shift
  every stored observation by one: all returned arrays are copies.
- An episode cut off by a time limit carries its last observation and `TimeLimit.truncated`.
- `step_batch` gives whole arrays to our learner, for any spaces and autoreset mode of the env (`plain`).
- `step_wait` makes the per-env dicts that SB3 needs. SB3 has no step that only resets, so envs with autoreset NEXT_STEP are
  refused there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.vec_env import VecEnv

from agents.env_calls import env_name, reset_env, step_env
from agents.envs import Bools, EndedMatches, Floats, Ints, ended_matches, final_observations
from agents.errors import EnvRefused
from agents.infos import active_rows
from agents.masks import allowed_actions, first_allowed
from agents.plain import PlainVectorEnv, plain_env
from agents.spaces import action_heads


@dataclass(frozen=True)
class StepBatch:
    """One step of every learner row. No array is shared with the env or with another step, except an `out` given for the
    observation.
    """

    observation: Floats  # (rows, size); of the next episode if `done`
    reward: Floats  # (rows,)
    done: Bools  # (rows,) the episode ended, for any reason
    cut_rows: Ints  # rows whose episode was cut off by a limit
    cut_observation: Floats  # (len(cut_rows), size), their last observations
    active: Bools  # (rows,) the row has a living seat in `observation`
    ended: EndedMatches | None  # matches that ended


class GymVecEnv(VecEnv):
    """Every row of `env` is a learner."""

    def __init__(self, env: VectorEnv[Any, Any, Any], seed: int | None = None) -> None:
        """`seed` seeds the first reset; SB3's own `seed()` overrides it."""
        env = plain_env(env, env_name(env))
        self.env = env
        self.heads = action_heads(env.single_action_space, env_name(env))
        self.active: Bools = np.ones(env.num_envs, dtype=np.bool_)
        self.mask: Bools | None = None  # (rows, choices) that are allowed now; None if the env gives no masks
        self.heeds_masks = True
        self._first_seed = seed
        self._actions: Any = None
        self._returns = np.zeros(env.num_envs, dtype=np.float64)
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    @property
    def observation_size(self) -> int:
        """Floats in one observation."""
        shape = self.observation_space.shape
        assert shape is not None
        return int(shape[0])

    def reset(self) -> Floats:
        """Start every episode; returns a fresh array and sets `active`."""
        seed = self._seeds[0] if self._seeds[0] is not None else self._first_seed
        observation, info = reset_env(self.env, seed)
        self._first_seed = None
        self._reset_seeds()
        self._reset_options()
        self.active = active_rows(info, self.env.num_envs)
        self.mask = self._allowed(info, self.active)
        self._returns[:] = 0.0
        self._lengths[:] = 0
        return np.array(observation, dtype=np.float32)

    def first_actions(self) -> Any:
        """Actions that every row may take now, as `step_batch` takes them."""
        actions = first_allowed(self.heads, self.mask, self.env.num_envs)
        return actions.reshape(self.env.num_envs, *(self.action_space.shape or ()))

    def _allowed(self, info: dict[str, Any], active: Bools) -> Bools | None:
        return allowed_actions(info, self.heads, active) if self.heeds_masks else None

    def skip_seeding(self) -> None:
        """Discard requested seeds: the env was put into a saved state and continues from it."""
        self._first_seed = None
        self._reset_seeds()

    def step_batch(self, actions: Ints | Floats, out: Floats | None = None) -> StepBatch:
        """Step every row with `actions` of shape (rows,) or (rows, heads); the observation goes into `out`."""
        observation, reward, terminated, truncated, info = step_env(self.env, actions)
        rows = self.env.num_envs
        cut = np.asarray(truncated, dtype=np.bool_) & ~np.asarray(terminated, dtype=np.bool_)
        cut_rows = np.flatnonzero(cut)
        size = self.observation_size
        batch = StepBatch(
            observation=_copied(observation, out),
            reward=np.array(reward, dtype=np.float32),
            done=np.asarray(terminated, dtype=np.bool_) | np.asarray(truncated, dtype=np.bool_),
            cut_rows=cut_rows,
            cut_observation=(
                final_observations(info, cut_rows, rows, size)
                if len(cut_rows)
                else np.empty((0, size), dtype=np.float32)
            ),
            active=active_rows(info, rows),
            ended=ended_matches(info, np.asarray(truncated, dtype=np.bool_)),
        )
        # For the dict interface, which needs the last observation of every episode.
        self._last_info = info
        self.active = batch.active
        self.mask = self._allowed(info, self.active)
        return batch

    def step_async(self, actions: Any) -> None:
        """Remember the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> tuple[Floats, Floats, Bools, list[dict[str, Any]]]:
        """Step with per-env info dicts as SB3 wants them: for use with other SB3 algorithms and wrappers."""
        if isinstance(self.env, PlainVectorEnv) and self.env.mode == AutoresetMode.NEXT_STEP:
            raise EnvRefused(
                f"environment {env_name(self.env)!r}: expected autoreset mode SAME_STEP or DISABLED for algorithms other "
                "than this package's own, found NEXT_STEP"
            )
        batch = self.step_batch(self._actions)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        self._returns += batch.reward
        self._lengths += 1
        done_rows = np.flatnonzero(batch.done)
        last = self._terminal_observations(done_rows, batch)
        cut = set(batch.cut_rows.tolist())
        for index, row in enumerate(done_rows.tolist()):
            infos[row]["terminal_observation"] = last[index]
            infos[row]["TimeLimit.truncated"] = row in cut
            infos[row]["episode"] = {"r": float(self._returns[row]), "l": int(self._lengths[row]), "t": 0.0}
        if batch.ended is not None:
            for row, outcome in zip(batch.ended.rows.tolist(), batch.ended.outcome.tolist(), strict=True):
                infos[row]["outcome"] = outcome
        for row in np.flatnonzero(~batch.active).tolist():
            infos[row]["active"] = False
        self._returns[done_rows] = 0.0
        self._lengths[done_rows] = 0
        return batch.observation, batch.reward, batch.done, infos

    def _terminal_observations(self, done_rows: Ints, batch: StepBatch) -> Floats:
        """Last observations of `done_rows`; an env may leave them out if the episode terminated."""
        size = self.observation_size
        if len(done_rows) == len(batch.cut_rows) or "final_obs" not in self._last_info:
            found = dict(zip(batch.cut_rows.tolist(), batch.cut_observation, strict=True))
            empty = np.zeros(size, dtype=np.float32)
            rows = [found.get(row, empty) for row in done_rows.tolist()]
            return np.stack(rows) if rows else np.empty((0, size), dtype=np.float32)
        return final_observations(self._last_info, done_rows, self.env.num_envs, size)

    def close(self) -> None:
        """Close the env."""
        self.env.close()

    def _indices(self, indices: int | Iterable[int] | None) -> Sequence[int]:
        if indices is None:
            return range(self.num_envs)
        return [indices] if isinstance(indices, int) else list(indices)

    def get_attr(self, attr_name: str, indices: int | Iterable[int] | None = None) -> list[Any]:
        """The batched env's attribute, once per asked row (it has no per-row objects)."""
        if attr_name == "render_mode":
            return [self.env.render_mode for _ in self._indices(indices)]
        value = getattr(self.env.unwrapped, attr_name)
        return [value for _ in self._indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: int | Iterable[int] | None = None) -> None:
        """Set an attribute of the whole batched env."""
        setattr(self.env.unwrapped, attr_name, value)

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: int | Iterable[int] | None = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """Call a method of the batched env once; a result with one entry per row is split over the rows."""
        result = getattr(self.env.unwrapped, method_name)(*method_args, **method_kwargs)
        chosen = self._indices(indices)
        if isinstance(result, (list, tuple, np.ndarray)) and len(result) == self.num_envs:
            return [result[index] for index in chosen]
        return [result for _ in chosen]

    def env_is_wrapped(self, wrapper_class: Any, indices: int | Iterable[int] | None = None) -> list[bool]:
        """A batched env has no per-row wrappers."""
        return [False for _ in self._indices(indices)]


def _copied(values: Any, out: Floats | None) -> Floats:
    """A float32 copy, into `out` or new memory."""
    if out is None:
        return np.array(values, dtype=np.float32)
    np.copyto(out, values, casting="unsafe")
    return out
