"""The policy's actions and values during a rollout.

Only the actions are needed immediately. Values are computed for several steps together, if possible by another thread while the
environment steps on. Which steps are grouped depends on sizes alone, so that the values are the same, bit for bit, on any
number of threads.
"""

from collections.abc import Sequence
from concurrent.futures import Future

import numpy as np
import torch
from torch import Tensor, nn

from agents.envs import Bools, Floats
from agents.gradient import arithmetic
from agents.networks import NormalisedObservation
from agents.rollout import MaskedRolloutBuffer
from agents.sampling import Head
from agents.towers import Pass, Towers
from agents.workers import Workers

BLOCK = 1024  # rows computed at a time


class RolloutPolicy:
    """Fills in features and values of a rollout buffer, and samples actions."""

    def __init__(self, towers: Towers, heads: Sequence[Head], extractor: nn.Module, workers: Workers) -> None:
        """`extractor` makes features from observations: SB3's flattening one, or NormalisedObservation."""
        self.workers = workers
        self.extractor = extractor if isinstance(extractor, NormalisedObservation) else None
        self._policy, self._value = Pass(towers, BLOCK), Pass(towers, BLOCK)
        self._heads = arithmetic(heads, BLOCK, towers.layers)
        self._job: Future[None] | None = None

    def begin(self, buffer: MaskedRolloutBuffer) -> None:
        """Start a rollout into `buffer`."""
        if self.extractor is not None and buffer.features is buffer.observations:
            buffer.features = np.zeros_like(buffer.observations)
        self._buffer = buffer
        self._steps = max(1, BLOCK // buffer.n_envs)  # the steps whose values are computed together
        self._valued = 0
        self._wait()

    def act(self, observations: Floats, mask: Bools | None = None) -> tuple[Tensor, Tensor]:
        """Sample actions (heads, rows) and their log-probability (rows,) for the buffer's next step.

        `mask` (rows, choices) says which may be drawn.
        """
        step = self._buffer.pos
        features = self._features(observations)
        if self._buffer.features is not self._buffer.observations:
            self._buffer.features[step] = features.numpy()
        if step - self._valued >= self._steps:
            self._value_until(step)
        masks = [None] * len(features) if mask is None else torch.from_numpy(mask).t().split(BLOCK, 1)
        parts = [
            self._heads.sample(
                self._policy.policy_logits(part, self._heads.logits(part.shape[0])), mask=masks[number]
            )
            for number, part in enumerate(features.split(BLOCK))
        ]
        if len(parts) == 1:
            return parts[0]
        return torch.cat([actions for actions, _ in parts], 1), torch.cat([logs for _, logs in parts])

    def end(self) -> None:
        """Wait until the buffer has the values of all its steps."""
        self._value_until(self._buffer.pos)
        self._wait()

    def values(self, observations: Floats) -> Tensor:
        """Values of observations outside the rollout, (rows,)."""
        return self._values(self._features(observations), self._policy)

    def _features(self, observations: Floats) -> Tensor:
        rows = torch.from_numpy(observations)
        return rows if self.extractor is None else self.extractor.into(rows, torch.empty_like(rows))

    def _value_until(self, step: int) -> None:
        first, self._valued = self._valued, step
        buffer = self._buffer
        self._wait()  # one job at a time uses the working memory

        def work() -> None:
            with torch.inference_mode():
                features = torch.from_numpy(
                    buffer.features[first:step].reshape(-1, buffer.features.shape[-1])
                )
                buffer.values[first:step] = (
                    self._values(features, self._value).numpy().reshape(-1, buffer.n_envs)
                )

        self._job = self.workers.start(work)

    def _wait(self) -> None:
        if self._job is not None:
            self._job.result()

    @staticmethod
    def _values(features: Tensor, work: Pass) -> Tensor:
        return torch.cat([work.values(part) for part in features.split(BLOCK)])
