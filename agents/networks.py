"""The policy network's parts beyond SB3's own, and the arithmetic of several action heads at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from agents.errors import RunError
from agents.recipe import Recipe
from agents.sampling import Head, box_head

ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "elu": nn.ELU}
ACTIVATION_OPERATORS = {"tanh": "Tanh", "relu": "Relu", "elu": "Elu"}  # in an ONNX graph
STATISTICS_ROWS = 512  # rows in one update of the statistics: they stay in the cache
EPSILON = 1e-8  # added to a variance before the square root


def policy_settings(recipe: Recipe) -> dict[str, Any]:
    """The recipe's `[net]` as keyword arguments of SB3's ActorCriticPolicy."""
    net = recipe.net
    settings: dict[str, Any] = {
        "net_arch": {"pi": list(net.pi), "vf": list(net.vf)},
        "activation_fn": ACTIVATIONS[net.activation],
        "optimizer_kwargs": {"eps": 1e-5, "fused": True},
    }
    if net.normalize_observations:
        settings["features_extractor_class"] = NormalisedObservation
        settings["features_extractor_kwargs"] = {"clip": net.clip_observations}
    return settings


def policy_heads(heads: Sequence[Head], recipe: Recipe) -> tuple[Head, ...]:
    """An env's heads as the recipe's policy uses them: a box is clipped or squashed.

    RunError if a box without bounds would be squashed.
    """
    if box_head(heads) is None or recipe.net.box_actions == "clip":
        return tuple(heads)
    (box,) = heads
    if None in (*box.low, *box.high):
        raise RunError(
            "[net] box_actions: expected 'clip' for actions without bounds, found 'squash', which needs a bound on every side"
        )
    return (box._replace(squash=True),)


class NormalisedObservation(BaseFeaturesExtractor):
    """Observations, shifted and scaled by running statistics that live in the policy's tensors.

    The statistics change only in `update`, which the learner calls between a policy update and the next
    rollout, so stored log-probabilities stay those of the policy that acted. Export folds them into the
    graph.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, observation_space: spaces.Box, clip: float = 10.0) -> None:
        """Statistics start at mean 0 and variance 1, with weight 0."""
        size = int(np.prod(observation_space.shape))
        super().__init__(observation_space, features_dim=size)
        self.clip = clip
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    def forward(self, observations: Tensor) -> Tensor:
        """(x - mean) / sqrt(variance + EPSILON), clipped."""
        return self.into(observations, torch.empty_like(observations))

    def into(self, observations: Tensor, out: Tensor) -> Tensor:
        """`forward` into existing memory."""
        torch.sub(observations, self.mean, out=out)
        return out.mul_(torch.rsqrt(self.variance + EPSILON)).clamp_(-self.clip, self.clip)

    def update(self, observations: Tensor, index: Tensor | None = None) -> None:
        """Merge a batch, or its rows `index`, into the running statistics (Chan et al. 1979, parallel variance).

        Within a block of rows float32 is enough, as the block's own mean is subtracted; the blocks are combined in float64.
        """
        rows = torch.arange(observations.shape[0]) if index is None else index
        if rows.shape[0] < 2:
            return
        blocks = rows.split(STATISTICS_ROWS)
        weights = torch.tensor([block.shape[0] for block in blocks], dtype=torch.float64)[:, None]
        means = torch.empty(len(blocks), observations.shape[1])
        squares = torch.empty_like(means)
        memory, ones = torch.empty(STATISTICS_ROWS, observations.shape[1]), torch.ones(STATISTICS_ROWS)
        for number, block in enumerate(blocks):
            count = block.shape[0]
            part = torch.index_select(observations, 0, block, out=memory[:count])
            torch.mv(part.t(), ones[:count], out=means[number]).div_(count)
            torch.mv(part.sub_(means[number]).square_().t(), ones[:count], out=squares[number])
        own, total = means.double(), float(rows.shape[0])
        mean = (own * weights).sum(0) / total
        spread = squares.double().sum(0) + ((own - mean).square() * weights).sum(0)
        self._merge(mean, spread, total)

    def _merge(self, mean: Tensor, spread: Tensor, rows: float) -> None:
        """Merge the mean of `rows` rows and the sum of squares around it."""
        count = float(self.count)
        delta, total = mean - self.mean.double(), count + rows
        merged = self.variance.double() * count + spread + delta.square() * (count * rows / total)
        self.mean.copy_(self.mean.double() + delta * (rows / total))
        self.variance.copy_(merged / total)
        self.count.fill_(total)
