"""stable-baselines3's PPO with batched infos, masked rows and fewer, larger operations.

The mathematics is SB3's: with every row active, `train` takes the same gradient steps (a test compares them).
Differences: no per-env info dicts, one value call for all truncated episodes, rows without a living seat left out of the loss,
of advantage normalisation and of GAE, and observation statistics inside the policy.
"""

from collections.abc import Callable
from dataclasses import fields
from statistics import fmean
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from agents.acting import RolloutPolicy
from agents.adapter import GymVecEnv, StepBatch
from agents.envs import Floats, Ints
from agents.gradient import PpoGradient, matmul_precision
from agents.heads import Losses, LossSettings
from agents.networks import NormalisedObservation, policy_heads, policy_settings
from agents.own_code import RewardTerms
from agents.recipe import Recipe, Schedule
from agents.rollout import EpisodeStats, MaskedRolloutBuffer
from agents.sampling import MASKED, box_head
from agents.snapshot import SnapshotNet
from agents.spaces import action_heads
from agents.towers import Towers
from agents.workers import Workers

REFERENCE_ROWS = 4096  # rows of the reference policy computed at a time


class MaskedPPO(PPO):
    """PPO for a `GymVecEnv`; the rest of SB3's API (predict, policy, callbacks, logger) is unchanged."""

    rollout_buffer: MaskedRolloutBuffer

    def __init__(
        self,
        env: GymVecEnv,
        recipe: Recipe,
        after_iteration: Callable[[], bool] | None = None,
        threads: int = 1,
    ) -> None:
        """Build policy and optimizer from the recipe. `after_iteration` returns False to stop training.

        It also decides when the metrics are written (`write_figures`), as it may add its own.

        The result is the same with any number of threads.
        """
        ppo = recipe.ppo
        self.after_iteration = after_iteration
        self.iteration = 0  # iterations of this session
        self.ent_schedule = ppo.ent_coef
        self.bfloat16 = ppo.matmul == "bfloat16"
        self.action_heads = policy_heads(action_heads(env.action_space, "environment"), recipe)
        self.heads = [
            head.size for head in self.action_heads
        ]  # the choices of each head, or how many numbers a box has
        self.stats = EpisodeStats(env.num_envs)
        self.last_losses: dict[str, float] = {}
        self.kl_schedule = recipe.imitation.kl
        self.reward_terms: RewardTerms | None = None
        self.reference: SnapshotNet | None = None  # the reference policy of `[imitation] kl`
        super().__init__(
            "MlpPolicy",
            env,
            learning_rate=_of_remaining(ppo.learning_rate),
            n_steps=ppo.n_steps,
            # SB3 warns about remainders; `_epoch` splits evenly, so SB3 gets one large batch size.
            batch_size=ppo.n_steps * env.num_envs,
            n_epochs=ppo.n_epochs,
            gamma=ppo.gamma,
            gae_lambda=ppo.gae_lambda,
            clip_range=_of_remaining(ppo.clip_range),
            clip_range_vf=ppo.clip_range_vf or None,
            normalize_advantage=ppo.normalize_advantage,
            ent_coef=ppo.ent_coef.start,
            vf_coef=ppo.vf_coef,
            max_grad_norm=ppo.max_grad_norm,
            target_kl=ppo.target_kl or None,
            rollout_buffer_class=MaskedRolloutBuffer,
            policy_kwargs=policy_settings(recipe),
            seed=recipe.seed,
            device="cpu",
        )
        self.batch_size = ppo.batch_size
        self.workers = Workers(threads)
        towers = Towers(self.policy)
        self.gradient = PpoGradient(towers, self.action_heads, self.workers)
        self.acting = RolloutPolicy(towers, self.action_heads, self.policy.features_extractor, self.workers)

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: RolloutBuffer, n_rollout_steps: int
    ) -> bool:
        """Fill the buffer with `n_rollout_steps` steps of every row; counts only living rows as timesteps."""
        assert isinstance(env, GymVecEnv)
        assert isinstance(rollout_buffer, MaskedRolloutBuffer)
        assert isinstance(self._last_obs, np.ndarray)
        self.policy.set_training_mode(False)
        buffer = rollout_buffer
        buffer.reset()
        callback.on_rollout_start()
        cut: list[tuple[int, StepBatch]] = []
        with torch.inference_mode(), matmul_precision(self.bfloat16):
            self.acting.begin(buffer)
            for step in range(n_rollout_steps):
                active, mask = env.active, env.mask
                actions, log_probs = self.acting.act(self._last_obs, mask)
                chosen = actions.t().contiguous().numpy()
                buffer.add_step(self._last_obs, active, chosen, None, log_probs, mask)
                given = self._for_env(chosen)
                batch = env.step_batch(given, buffer.next_observation())
                if self.reward_terms is not None:
                    batch = self.reward_terms.add(self._last_obs, given, batch, active)
                # A row whose seat is gone ends its episode there, even if the env's flags do not say so.
                buffer.add_result(batch.reward, batch.done | ~batch.active)
                if len(batch.cut_rows):
                    cut.append((step, batch))
                self.stats.add(batch, active)
                self.num_timesteps += int(active.sum())
                self._last_obs = batch.observation
                self._last_episode_starts = batch.done
                if not callback.on_step():
                    return False
            self.acting.end()
            self._bootstrap(buffer, cut)
            values = self.acting.values(self._last_obs)
        buffer.compute_returns_and_advantage(values, buffer.ends[-1])
        callback.on_rollout_end()
        return True

    def _for_env(self, chosen: Ints | Floats) -> Ints | Floats:
        """Actions (rows, heads) in the env's form: a choice for each row, several, or numbers inside the box."""
        box = box_head(self.action_heads)
        if box is not None:
            return box.inside(chosen)
        return chosen[:, 0] if isinstance(self.action_space, spaces.Discrete) else chosen

    def _bootstrap(self, buffer: MaskedRolloutBuffer, cut: list[tuple[int, StepBatch]]) -> None:
        """Add the discounted value of the last observation of truncated episodes, in one call."""
        if not cut:
            return
        last = np.concatenate([batch.cut_observation for _, batch in cut])
        values = self.acting.values(last)
        steps = np.concatenate([np.full(len(batch.cut_rows), step) for step, batch in cut])
        rows = np.concatenate([batch.cut_rows for _, batch in cut])
        buffer.rewards[steps, rows] += np.float32(self.gamma) * values.numpy()

    def train(self) -> None:
        """`n_epochs` passes over the living steps of the rollout in equal minibatches of about
        `batch_size`.
        """
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        self.ent_coef = self.ent_schedule.at(1.0 - self._current_progress_remaining)
        clip = self.clip_range(self._current_progress_remaining)  # type: ignore[operator]
        clip_vf = None if self.clip_range_vf is None else self.clip_range_vf(self._current_progress_remaining)  # type: ignore[operator]
        kl = 0.0 if self.reference is None else self.kl_schedule.at(1.0 - self._current_progress_remaining)
        settings = LossSettings(clip, clip_vf, self.ent_coef, self.vf_coef, self.normalize_advantage, kl)
        data = self.rollout_buffer.flat()
        if self.reference is not None and kl:
            data["reference"] = self._reference_logs(data["observations"], data.get("masks"))
        valid = torch.from_numpy(self.rollout_buffer.valid())
        seen: list[Losses] = []
        if len(valid) > 1:
            with matmul_precision(self.bfloat16):
                for _ in range(self.n_epochs):
                    if not self._epoch(data, valid, settings, seen):
                        break
                    self._n_updates += 1
            if isinstance(self.policy.features_extractor, NormalisedObservation):
                self.policy.features_extractor.update(data["observations"], valid)
        self._log(seen, data, valid, clip)

    def _reference_logs(self, observations: Tensor, masks: Tensor | None) -> Tensor:
        """Log-probabilities of the reference policy, (rows, choices); of continuous actions its columns."""
        assert self.reference is not None
        parts = []
        with torch.inference_mode(), matmul_precision(self.bfloat16):
            for number, block in enumerate(observations.split(REFERENCE_ROWS)):
                logits = self.reference.logits(block.numpy())
                if masks is not None:
                    logits.masked_fill_(~masks.split(REFERENCE_ROWS)[number], MASKED)
                if box_head(self.action_heads) is None:
                    logits = torch.cat([head.log_softmax(1) for head in logits.split(self.heads, 1)], 1)
                parts.append(logits)
        return torch.cat(parts).clone()

    def _epoch(
        self, data: dict[str, Tensor], valid: Tensor, settings: LossSettings, seen: list[Losses]
    ) -> bool:
        """One pass in a new random order; False if the policy moved further than `target_kl` allows."""
        order = valid[torch.randperm(len(valid))]
        for index in torch.tensor_split(order, max(1, round(len(valid) / self.batch_size))):
            losses = self.gradient.minibatch(data, index, settings)
            seen.append(losses)
            if self.target_kl is not None and losses.approx_kl > 1.5 * self.target_kl:
                return False
            self.gradient.clip(self.max_grad_norm)
            self.policy.optimizer.step()
        return True

    def _log(self, seen: list[Losses], data: dict[str, Tensor], valid: Tensor, clip: float) -> None:
        names = [item.name for item in fields(Losses)] if seen else []
        self.last_losses = {name: fmean(getattr(losses, name) for losses in seen) for name in names}
        if "reference" not in data:
            self.last_losses.pop("reference_kl", None)
        for name, value in self.last_losses.items():
            self.logger.record(f"train/{name}", value)
        returns, values = data["returns"][valid], data["values"][valid]
        spread = float(returns.var()) if len(valid) > 1 else 0.0
        explained = float("nan") if spread == 0.0 else 1.0 - float((returns - values).var()) / spread
        self.last_losses["explained_variance"] = explained
        self.logger.record("train/explained_variance", explained)
        self.logger.record("train/clip_range", clip)
        self.logger.record("train/ent_coef", self.ent_coef)
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")

    def begin(self) -> None:
        """Reset the env, as `learn` does at its start, so that there is a state to save."""
        self._setup_learn(1, None, reset_num_timesteps=False)

    def learn(
        self,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 1,
        tb_log_name: str = "PPO",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> "MaskedPPO":
        """SB3's loop, with `after_iteration` between two iterations, when the state can be saved."""
        total, callback = self._setup_learn(
            total_timesteps, callback, reset_num_timesteps, tb_log_name, progress_bar
        )
        callback.on_training_start(locals(), globals())
        assert self.env is not None
        self.iteration = 0
        while self.num_timesteps < total:
            if not self.collect_rollouts(self.env, callback, self.rollout_buffer, self.n_steps):
                break
            self.iteration += 1
            self._update_current_progress_remaining(self.num_timesteps, total)
            self.train()
            if self.after_iteration is None:
                if log_interval and self.iteration % log_interval == 0:
                    self.write_figures()
            elif not self.after_iteration():
                break
        callback.on_training_end()
        return self

    def write_figures(self) -> None:
        """Write the metrics of this iteration, and others recorded meanwhile, to the logger."""
        self.stats.log(self.logger)
        self.dump_logs(self.iteration)


def _of_remaining(schedule: Schedule) -> Callable[[float], float]:
    """SB3 counts progress down from 1 to 0."""
    return lambda remaining: schedule.at(1.0 - remaining)
