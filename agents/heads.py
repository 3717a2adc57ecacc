"""The arithmetic of several action heads at once: sampling, and the gradient of PPO's loss.

Logits are transposed here, (choices of all heads, rows): a sum over the choices of a head then adds whole rows, and each
operation runs over long, contiguous memory. Only small results are allocated.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from agents.sampling import MASKED

SAFE_LOGIT = 60.0  # exp() of this number, and sums of thousands of them, are within the range of float32


@dataclass(frozen=True)
class LossSettings:
    """The coefficients of the loss for one update."""

    clip: float
    clip_vf: float | None
    ent_coef: float
    vf_coef: float
    normalize_advantage: bool
    kl_coef: float = 0.0  # coefficient of the divergence from the reference policy


@dataclass
class Losses:
    """Means over one minibatch."""

    loss: float = 0.0
    policy_gradient_loss: float = 0.0
    value_loss: float = 0.0
    entropy_loss: float = 0.0
    clip_fraction: float = 0.0
    approx_kl: float = 0.0
    reference_kl: float = 0.0  # KL(reference || policy), summed over the heads; 0 without a reference


@dataclass(frozen=True)
class PolicyRows:
    """The data of some rows that the policy's loss needs, each (rows,) except `chosen` (heads, rows)."""

    chosen: Tensor  # index of the chosen logit, by head; of a box the drawn numbers
    log_probs: Tensor  # from the time of the action
    advantages: Tensor
    reference: Tensor | None = (
        None  # log-probabilities of the reference policy, (rows, choices); of a box its columns
    )
    masks: Tensor | None = None  # allowed choices, booleans (rows, choices)


def surrogate(
    log_ratio: Tensor, advantages: Tensor, total: int, settings: LossSettings, losses: Losses
) -> Tensor:
    """Add the clipped surrogate of these rows, out of `total`, to the losses; returns d loss / d log-probability (rows,)."""
    ratio = log_ratio.exp()
    plain = advantages * ratio
    clipped = ratio.clamp(1 - settings.clip, 1 + settings.clip).mul_(advantages)
    losses.policy_gradient_loss -= float(torch.min(plain, clipped).sum()) / total
    ratio.sub_(1)
    losses.approx_kl += float((ratio - log_ratio).sum()) / total
    losses.clip_fraction += float((ratio.abs_() > settings.clip).sum()) / total
    # Where the clipped branch is the smaller one, the ratio has no influence.
    return torch.where(plain <= clipped, plain, 0.0).div_(-total)


class CategoricalHeads:
    """Working memory for up to `rows` rows; one thread at a time."""

    def __init__(self, sizes: list[int], rows: int) -> None:
        """`sizes`: choices of each head."""
        self.sizes, self.width = sizes, sum(sizes)
        ends = torch.tensor(sizes).cumsum(0)
        self.starts = (ends - torch.tensor(sizes))[:, None]  # (heads, 1), where each head's logits begin
        self._last = torch.tensor(sizes)[:, None] - 1
        self._bounds = list(zip((ends - torch.tensor(sizes)).tolist(), ends.tolist(), strict=True))
        self._head_of = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
        # member[h, i] = 1 where logit i belongs to head h: sums per head become one product.
        self._member = torch.repeat_interleave(torch.eye(len(sizes)), torch.tensor(sizes), dim=1)
        self._wide = [torch.empty(self.width * rows) for _ in range(3)]
        self._narrow = [torch.empty(len(sizes) * rows) for _ in range(3)]

    def logits(self, rows: int) -> Tensor:
        """Memory (choices, rows) for the logits that `sample` and `policy_gradient` take."""
        return self._wide[0][: self.width * rows].view(self.width, rows)

    def sample(
        self, logits: Tensor, generator: torch.Generator | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Sample every head, one draw each; actions (heads, rows) and their joint log-probability (rows,).

        `logits` (choices, rows) may be shifted. `mask` (choices, rows) says which may be drawn.
        """
        rows = logits.shape[1]
        if mask is not None:
            logits.masked_fill_(~mask, MASKED)
        weights, totals = self._weights(logits)
        ladder = self._wide_view(2, rows)
        for start, end in self._bounds:
            torch.cumsum(weights[start:end], 0, out=ladder[start:end])
        draws = torch.rand(len(self.sizes), rows, generator=generator).mul_(totals)
        rungs = torch.index_select(draws, 0, self._head_of, out=weights)
        passed = torch.le(ladder, rungs, out=ladder)
        # Rounding may put the draw at the end of the last interval: the choice must stay valid.
        actions = torch.minimum((self._member @ passed).long(), self._last)
        if mask is not None:
            actions = self._allowed(actions, mask)
        log_prob = (logits.gather(0, actions + self.starts) - totals.log_()).sum(0)
        return actions, log_prob

    def _allowed(self, actions: Tensor, mask: Tensor) -> Tensor:
        """Actions; where rounding led to a forbidden choice, the last allowed one instead."""
        chosen = mask.gather(0, actions + self.starts)
        if not bool(chosen.all()):
            for head, (start, end) in enumerate(self._bounds):
                choices = torch.arange(end - start)[:, None] * mask[start:end]
                actions[head] = torch.where(chosen[head], actions[head], choices.amax(0))
        return actions

    def policy_gradient(
        self,
        logits: Tensor,
        rows: PolicyRows,
        total: int,
        settings: LossSettings,
        losses: Losses,
        *,
        add: bool = False,
    ) -> Tensor:
        """Add the clipped surrogate and entropy of these rows, out of `total`; returns d loss / d logits (choices, rows).

        With p the probabilities of one head and H its entropy: d log p_a / dz = onehot(a) - p and
        dH / dz = -p (log p + H), and for a reference q d KL(q || p) / dz = p - q. The result is in working memory; `logits` are
        overwritten.
        """
        if rows.masks is not None:
            logits.masked_fill_(~rows.masks.t(), MASKED)
        weights, sums = self._weights(logits)
        products = torch.mul(weights, logits, out=self._wide_view(2, logits.shape[1]))
        means = torch.mm(self._member, products, out=self._narrow_view(1, logits.shape[1])).div_(sums)
        logs = torch.log(sums, out=self._narrow_view(2, logits.shape[1]))
        losses.entropy_loss -= float((logs - means).sum()) / total
        log_ratio = (logits.gather(0, rows.chosen) - logs).sum(0).sub_(rows.log_probs)
        weight = surrogate(log_ratio, rows.advantages, total, settings, losses)
        anchor = None if rows.reference is None else rows.reference.t().contiguous()
        if anchor is not None:
            # KL = sum q (log q - z) + log sum, as q adds up to 1 in each head
            probabilities = anchor.exp()
            losses.reference_kl += float(((anchor - logits) * probabilities).sum() + logs.sum()) / total
            anchor = probabilities
        # log p + H = (z - log sum) + (log sum - mean) = z - mean: the logarithm cancels out.
        gradient = logits.sub_(torch.index_select(means, 0, self._head_of, out=products))
        gradient.mul_(settings.ent_coef / total).sub_(weight)
        weights.mul_(torch.index_select(sums.reciprocal_(), 0, self._head_of, out=products))
        gradient.mul_(weights)
        if anchor is not None:
            gradient.add_(weights.sub_(anchor), alpha=settings.kl_coef / total)
        return gradient.scatter_add_(0, rows.chosen, weight.expand_as(rows.chosen))

    def _weights(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """exp(logits) and its sum by head; logits too large for that are shifted first."""
        low, high = torch.aminmax(logits)
        if not (float(low) > -SAFE_LOGIT and float(high) < SAFE_LOGIT):
            for start, end in self._bounds:
                part = logits[start:end]
                part.sub_(part.amax(0))
        rows = logits.shape[1]
        weights = torch.exp(logits, out=self._wide_view(1, rows))
        return weights, torch.mm(self._member, weights, out=self._narrow_view(0, rows))

    def _wide_view(self, number: int, rows: int) -> Tensor:
        return self._wide[number][: self.width * rows].view(self.width, rows)

    def _narrow_view(self, number: int, rows: int) -> Tensor:
        return self._narrow[number][: len(self.sizes) * rows].view(len(self.sizes), rows)
