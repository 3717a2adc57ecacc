"""The storage of a rollout, and statistics of its episodes."""

import math
from collections import deque
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.buffers import RolloutBuffer
from torch import Tensor

from agents.adapter import StepBatch
from agents.envs import Bools, Floats, Ints


class MaskedRolloutBuffer(RolloutBuffer):
    """SB3's rollout buffer, with storage that is kept between rollouts and a record of which steps had a living seat."""

    active: Bools
    ends: Bools
    masks: Bools | None  # (steps, rows, choices) that were allowed; None if the env gives no masks
    features: Floats  # inputs of the layers; the observations themselves if they are not transformed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As RolloutBuffer."""
        self._allocated = False
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Start a rollout; the arrays are allocated once."""
        if not self._allocated:
            super().reset()
            if not isinstance(self.action_space, spaces.Box):
                self.actions = self.actions.astype(np.int64)
            self.masks = None
            self.features = self.observations
            self.active = np.ones((self.buffer_size, self.n_envs), dtype=np.bool_)
            self.ends = np.zeros((self.buffer_size, self.n_envs), dtype=np.bool_)
            self._allocated = True
        self.pos = 0
        self.full = False
        self._given: Floats | None = None

    def add_step(
        self,
        observation: Floats,
        active: Bools,
        actions: Ints | Floats,
        values: Tensor | None,
        log_probs: Tensor,
        mask: Bools | None = None,
    ) -> None:
        """Store observation and action; `add_result` completes the step. Values may be filled in later."""
        if mask is not None:
            if self.masks is None:
                self.masks = np.ones((self.buffer_size, *mask.shape), dtype=np.bool_)
            self.masks[self.pos] = mask
        elif self.masks is not None:  # not that of the previous rollout
            self.masks[self.pos] = True
        if observation is not self._given:  # otherwise it is in place already
            self.observations[self.pos] = observation
        self.active[self.pos] = active
        self.actions[self.pos] = actions.reshape(self.n_envs, self.action_dim)
        if values is not None:
            self.values[self.pos] = values.numpy()
        self.log_probs[self.pos] = log_probs.numpy()

    def next_observation(self) -> Floats | None:
        """The array for the observation after this step; None after the last step, whose next observation is not stored."""
        self._given = self.observations[self.pos + 1] if self.pos + 1 < self.buffer_size else None
        return self._given

    def add_result(self, reward: Floats, ends: Bools) -> None:
        """Store the results of the step; `ends`: the rows whose episode ends with it."""
        self.rewards[self.pos] = reward
        self.ends[self.pos] = ends
        self.pos += 1
        self.full = self.pos == self.buffer_size

    def compute_returns_and_advantage(self, last_values: Tensor, dones: NDArray[Any]) -> None:
        """GAE(lambda) (Schulman et al. 2015) over living steps; idle steps get zero and do not propagate values.

        `dones` is unused: `add_result` has the ends of episodes.
        """
        next_values = last_values.numpy().reshape(-1)
        running = np.zeros(self.n_envs, dtype=np.float32)
        for step in reversed(range(self.buffer_size)):
            goes_on = (~self.ends[step]).astype(np.float32)
            delta = self.rewards[step] + self.gamma * next_values * goes_on - self.values[step]
            running = (delta + self.gamma * self.gae_lambda * goes_on * running) * self.active[step]
            self.advantages[step] = running
            next_values = self.values[step]
        np.add(self.advantages, self.values, out=self.returns)

    def valid(self) -> Ints:
        """Flat indices (step x rows + row) of the steps that had a living seat."""
        return np.flatnonzero(self.active.reshape(-1))

    def flat(self) -> dict[str, Tensor]:
        """The rollout as tensors with one row per step and env, sharing the buffer's memory."""
        rows = self.buffer_size * self.n_envs
        names = ("values", "log_probs", "advantages", "returns")
        flat = {name: torch.from_numpy(getattr(self, name).reshape(rows)) for name in names}
        flat["observations"] = torch.from_numpy(self.observations.reshape(rows, -1))
        flat["features"] = torch.from_numpy(self.features.reshape(rows, -1))
        flat["actions"] = torch.from_numpy(self.actions.reshape(rows, -1))
        if self.masks is not None:
            flat["masks"] = torch.from_numpy(self.masks.reshape(rows, -1))
        return flat


class EpisodeStats:
    """Running returns of every row, and the episodes that ended since the last report."""

    def __init__(self, rows: int) -> None:
        """All counts start at zero."""
        self.returns = np.zeros(rows, dtype=np.float64)
        self.lengths = np.zeros(rows, dtype=np.int64)
        self.finished: deque[tuple[float, int]] = deque(maxlen=1000)
        self.outcomes: deque[int] = deque(maxlen=1000)
        self.largest_reward = 0.0  # largest absolute reward of this session
        self.odd_rewards = 0  # number of non-finite rewards of this session

    def add(self, batch: StepBatch, active: Bools) -> None:
        """Add one step; `active`: the rows that had a living seat before it."""
        self.returns += np.where(active, batch.reward, 0.0)
        largest = float(np.abs(batch.reward).max(initial=0.0))
        if not math.isfinite(largest):
            sound = np.isfinite(batch.reward)
            self.odd_rewards += int((~sound).sum())
            largest = float(np.abs(batch.reward[sound]).max(initial=0.0))
        self.largest_reward = max(self.largest_reward, largest)
        self.lengths += active
        over = np.flatnonzero((batch.done | ~batch.active) & active)
        if len(over):
            self.finished.extend(zip(self.returns[over].tolist(), self.lengths[over].tolist(), strict=True))
            self.returns[over] = 0.0
            self.lengths[over] = 0
        if batch.ended is not None:
            self.outcomes.extend(batch.ended.outcome.tolist())

    def means(self) -> dict[str, float]:
        """Mean return and length of the last 1000 episodes, and shares of won and drawn matches."""
        out: dict[str, float] = {}
        if self.finished:
            out["ep_rew_mean"] = float(np.mean([value for value, _ in self.finished]))
            out["ep_len_mean"] = float(np.mean([length for _, length in self.finished]))
        if self.outcomes:
            results = np.array(self.outcomes)
            out["win_rate"] = float((results > 0).mean())
            out["draw_rate"] = float((results == 0).mean())
        return out

    def log(self, logger: Any) -> None:
        """Record the means under `rollout/`."""
        for name, value in self.means().items():
            logger.record(f"rollout/{name}", value)
