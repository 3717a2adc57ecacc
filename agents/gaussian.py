"""The arithmetic of continuous actions: a diagonal normal distribution whose deviations do not depend on the observation.

The same three methods as `heads`, with arrays of shape (numbers of an action, rows). Samples are kept as drawn: clipping to the
box, or squashing by tanh, happens before the environment and is not part of the loss (the ratio of two densities is not changed
by a function of the action, and the entropy is that of the normal distribution).
"""

import math

import torch
from torch import Tensor

from agents.heads import Losses, LossSettings, PolicyRows, surrogate

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class GaussianHead:
    """Working memory for up to `rows` rows; one thread at a time."""

    def __init__(self, size: int, rows: int, log_std: Tensor, gradient: Tensor | None = None) -> None:
        """`log_std` (size,) is the policy's tensor, read at every call; `policy_gradient` writes `gradient`, of its shape."""
        self.size, self.log_std, self.gradient = size, log_std, gradient
        self._means = torch.empty(size * rows)
        self.starts = torch.zeros(1, 1)  # the numbers of an action are not indices

    def logits(self, rows: int) -> Tensor:
        """Memory (size, rows) for the means that `sample` and `policy_gradient` take."""
        return self._means[: self.size * rows].view(self.size, rows)

    def sample(
        self, means: Tensor, generator: torch.Generator | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw numbers (size, rows) around `means`, and their joint log-density (rows,)."""
        assert mask is None  # continuous actions have no choices
        noise = torch.randn(means.shape, generator=generator)
        log_std = self.log_std[:, None]
        log_prob = (noise.square() * -0.5 - log_std - HALF_LOG_TAU).sum(0)
        return torch.addcmul(means, noise, log_std.exp()), log_prob

    def policy_gradient(
        self,
        means: Tensor,
        rows: PolicyRows,
        total: int,
        settings: LossSettings,
        losses: Losses,
        *,
        add: bool = False,
    ) -> Tensor:
        """Add the clipped surrogate and entropy of these rows, out of `total`; returns d loss / d means (size, rows).

        With z = (a - mean) / std: d log p / d mean = z / std, d log p / d log std = z^2 - 1, d entropy / d log std = 1, and
        for a reference of mean m and deviation s, KL = log std - log s + (s^2 + (m - mean)^2) / (2 std^2) - 1/2. Sets
        the gradient of `log_std`, or adds to it.
        """
        count, log_std = means.shape[1], self.log_std[:, None]
        spread = log_std.exp()
        scores = (rows.chosen - means).div_(spread)
        squares = scores.square()
        log_probs = (squares * -0.5 - log_std - HALF_LOG_TAU).sum(0)
        weight = surrogate(log_probs.sub_(rows.log_probs), rows.advantages, total, settings, losses)
        entropy = float(self.log_std.sum()) + self.size * (0.5 + HALF_LOG_TAU)
        losses.entropy_loss -= entropy * count / total
        deviations = (squares.sub_(1.0) @ weight).sub_(settings.ent_coef * count / total)
        gradient = scores.mul_(weight).div_(spread)
        if rows.reference is not None:
            mean, log_other = rows.reference.t().split(self.size)
            gap = means - mean
            ratio = (log_other.mul(2).exp() + gap.square()) / spread.square()
            losses.reference_kl += float((log_std - log_other + 0.5 * ratio - 0.5).sum()) / total
            gradient.add_(gap.div_(spread.square()), alpha=settings.kl_coef / total)
            deviations.add_((1.0 - ratio).sum(1), alpha=settings.kl_coef / total)
        assert self.gradient is not None
        if add:
            self.gradient.add_(deviations)
        else:
            self.gradient.copy_(deviations)
        return gradient
