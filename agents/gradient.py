"""PPO's gradient for an MLP with several action heads, written out by hand.

The loss is SB3's (Schulman et al. 2017, eq. 9, with the value and entropy terms). Working it out directly, in
blocks of rows that stay in the processor's cache, takes about half the time that autograd needs for whole
minibatches. Tests compare every gradient with SB3's own step.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

BLOCK = 2048  # rows worked on at once

Layer = tuple[nn.Parameter, nn.Parameter]


@dataclass(frozen=True)
class LossSettings:
    """The coefficients of the loss for one update."""

    clip: float
    clip_vf: float | None
    ent_coef: float
    vf_coef: float
    normalize_advantage: bool


@dataclass
class Losses:
    """Means over one minibatch."""

    loss: float = 0.0
    policy_gradient_loss: float = 0.0
    value_loss: float = 0.0
    entropy_loss: float = 0.0
    clip_fraction: float = 0.0
    approx_kl: float = 0.0


class PpoGradient:
    """Computes the gradient of a minibatch into the parameters' `.grad`."""

    def __init__(self, policy: Any, heads: list[int]) -> None:
        """`policy` is SB3's ActorCriticPolicy with separate MLPs for actions and value."""
        self.features = policy.features_extractor
        self.activation = policy.activation_fn
        self.pi = _linear_layers(policy.mlp_extractor.policy_net)
        self.vf = _linear_layers(policy.mlp_extractor.value_net)
        self.action_head: Layer = (policy.action_net.weight, policy.action_net.bias)
        self.value_head: Layer = (policy.value_net.weight, policy.value_net.bias)
        self.heads = heads
        starts = torch.tensor([0, *heads[:-1]]).cumsum(0)
        self.starts: Tensor = starts  # where each head's logits begin
        # member[i, h] = 1 where logit i belongs to head h: sums per head become one product.
        self.member = torch.repeat_interleave(torch.eye(len(heads)), torch.tensor(heads), dim=0)

    @torch.no_grad()
    def minibatch(self, data: dict[str, Tensor], index: Tensor, settings: LossSettings) -> Losses:
        """Set every `.grad` to the gradient of the mean loss over rows `index` of `data`."""
        for parameter in self._parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            else:
                parameter.grad.zero_()
        advantages = data["advantages"].index_select(0, index)
        if settings.normalize_advantage and len(advantages) > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        losses = Losses()
        for start in range(0, len(index), BLOCK):
            block = index[start : start + BLOCK]
            rows = {
                name: tensor.index_select(0, block) for name, tensor in data.items() if name != "advantages"
            }
            self._block(rows, advantages[start : start + BLOCK], len(index), settings, losses)
        losses.loss = (
            losses.policy_gradient_loss
            + settings.ent_coef * losses.entropy_loss
            + settings.vf_coef * losses.value_loss
        )
        return losses

    def _parameters(self) -> Iterator[nn.Parameter]:
        for layer in (*self.pi, *self.vf, self.action_head, self.value_head):
            yield from layer

    def _block(
        self, rows: dict[str, Tensor], advantages: Tensor, total: int, settings: LossSettings, losses: Losses
    ) -> None:
        features = self.features(rows["observations"])
        actor = self._forward(self.pi, features)
        grad_logits = self._policy_loss(
            _affine(self.action_head, actor[-1]), rows, advantages, total, settings, losses
        )
        self._backward(self.pi, actor, _head_backward(self.action_head, actor[-1], grad_logits))
        critic = self._forward(self.vf, features)
        values = _affine(self.value_head, critic[-1]).squeeze(1)
        grad_values = self._value_loss(values, rows, total, settings, losses)
        self._backward(self.vf, critic, _head_backward(self.value_head, critic[-1], grad_values[:, None]))

    def _policy_loss(
        self,
        logits: Tensor,
        rows: dict[str, Tensor],
        advantages: Tensor,
        total: int,
        settings: LossSettings,
        losses: Losses,
    ) -> Tensor:
        """Add this block's clipped surrogate and entropy; returns d loss / d logits.

        With p the probabilities of one head and H its entropy: d log p_a / dz = onehot(a) - p and
        dH / dz = -p (log p + H).
        """
        logs = torch.cat([part.log_softmax(1) for part in logits.split(self.heads, 1)], 1)
        chosen = rows["actions"] + self.starts
        log_prob = logs.gather(1, chosen).sum(1)
        log_ratio = log_prob - rows["log_probs"]
        ratio = log_ratio.exp()
        plain, clipped = advantages * ratio, advantages * ratio.clamp(1 - settings.clip, 1 + settings.clip)
        probabilities = logs.exp()
        entropies = -(probabilities * logs) @ self.member
        losses.policy_gradient_loss -= float(torch.min(plain, clipped).sum()) / total
        losses.entropy_loss -= float(entropies.sum()) / total
        losses.clip_fraction += float(((ratio - 1).abs() > settings.clip).sum()) / total
        losses.approx_kl += float(((ratio - 1) - log_ratio).sum()) / total
        # Where the clipped branch is the smaller one, the ratio has no influence.
        weight = torch.where(plain <= clipped, plain, 0.0) / -total
        gradient = (
            logs.add_(entropies @ self.member.t()).mul_(settings.ent_coef / total).sub_(weight[:, None])
        )
        gradient.mul_(probabilities)
        return gradient.scatter_add_(1, chosen, weight[:, None].expand_as(chosen))

    def _value_loss(
        self, values: Tensor, rows: dict[str, Tensor], total: int, settings: LossSettings, losses: Losses
    ) -> Tensor:
        """Add this block's squared error; returns d loss / d values."""
        moved: Tensor | None = None
        if settings.clip_vf is not None:
            old = rows["values"]
            moved = (values - old).abs() <= settings.clip_vf
            values = old + (values - old).clamp(-settings.clip_vf, settings.clip_vf)
        error = values - rows["returns"]
        losses.value_loss += float(error.square().sum()) / total
        gradient = error * (2 * settings.vf_coef / total)
        return gradient if moved is None else gradient * moved

    def _forward(self, layers: list[Layer], features: Tensor) -> list[Tensor]:
        """The features, then the output of every hidden layer."""
        outputs = [features]
        for layer in layers:
            hidden = _affine(layer, outputs[-1])
            if self.activation is nn.Tanh:
                hidden.tanh_()
            elif self.activation is nn.ReLU:
                hidden.relu_()
            else:
                nn.functional.elu_(hidden)
            outputs.append(hidden)
        return outputs

    def _backward(self, layers: list[Layer], outputs: list[Tensor], gradient: Tensor) -> None:
        """Add the layers' gradients, given that of the last output; the outputs are used up."""
        for depth in range(len(layers) - 1, -1, -1):
            weight, bias = layers[depth]
            assert weight.grad is not None
            assert bias.grad is not None
            gradient = gradient.mul_(self._slope(outputs[depth + 1]))
            weight.grad.addmm_(gradient.t(), outputs[depth])
            bias.grad.add_(gradient.sum(0))
            if depth:
                gradient = gradient @ weight

    def _slope(self, output: Tensor) -> Tensor:
        """The activation's derivative, from what it gave."""
        if self.activation is nn.Tanh:
            return output.square_().neg_().add_(1.0)
        if self.activation is nn.ReLU:
            return (output > 0).to(output.dtype)
        return output.clamp_(max=0.0).add_(1.0)


def _affine(layer: Layer, inputs: Tensor) -> Tensor:
    return torch.addmm(layer[1], inputs, layer[0].t())


def _head_backward(layer: Layer, inputs: Tensor, gradient: Tensor) -> Tensor:
    """Add an output layer's gradients; returns that of its inputs."""
    weight, bias = layer
    assert weight.grad is not None
    assert bias.grad is not None
    weight.grad.addmm_(gradient.t(), inputs)
    bias.grad.add_(gradient.sum(0))
    return gradient @ weight


def _linear_layers(network: nn.Sequential) -> list[Layer]:
    linear = [module for module in network if isinstance(module, nn.Linear)]
    parameters = [tuple(module.parameters()) for module in linear]
    return [(weight, bias) for weight, bias in parameters]


@contextmanager
def matmul_precision(bfloat16: bool) -> Iterator[None]:
    """Let products of float32 matrices be rounded to bfloat16 inside; sums and everything else stay float32.

    Several times faster on processors with matrix units for it, without effect on others.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if bfloat16 else before)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
