"""The policy's two MLPs, for actions and for values, on one flat tensor, with explicit derivatives.

Both first layers read the same observations and are computed as one product; results go into reused memory. SB3's modules keep
their parameters, which become views of the flat tensor.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Pair = tuple[Tensor, Tensor]  # weight (out, in) and bias (out,), or their gradients


@dataclass(frozen=True)
class Layers:
    """Views of one flat tensor, layer by layer; `joint` is the first layer of both, also the first of each."""

    joint: Pair | None
    policy: list[Pair]
    value: list[Pair]
    action_head: Pair
    value_head: Pair
    log_std: Tensor | None = None  # only for continuous actions, (size,)


class Towers:
    """The layout of SB3's ActorCriticPolicy parameters in a flat tensor, and that tensor."""

    def __init__(self, policy: Any) -> None:
        """Moves the policy's parameters into the flat tensor and gives each a gradient in another."""
        towers = policy.mlp_extractor
        self.activation = ACTIVATIONS[policy.activation_fn]
        self._modules = [
            [module for module in network if isinstance(module, nn.Linear)]
            for network in (towers.policy_net, towers.value_net)
        ]
        self._ends = [policy.action_net, policy.value_net]
        self.joined = all(self._modules)
        order = [name for module in self._order() for name in (module.weight, module.bias)]
        self._log_std: nn.Parameter | None = getattr(policy, "log_std", None)
        if self._log_std is not None:
            order.append(self._log_std)
        if self.joined:  # weight, bias, weight, bias -> weight, weight, bias, bias
            order[1], order[2] = order[2], order[1]
        self._place: dict[int, tuple[int, torch.Size]] = {}
        self.size = 0
        for parameter in order:
            self._place[id(parameter)] = (self.size, parameter.shape)
            self.size += parameter.numel()
        self.flat, self.gradient = torch.zeros(self.size), torch.zeros(self.size)
        for parameter in order:
            view = self._view(self.flat, parameter)
            view.copy_(parameter.detach())
            parameter.data = view
            parameter.grad = self._view(self.gradient, parameter)
        self.layers = self.views(self.flat)
        self.inputs = int(policy.features_extractor.features_dim)

    def _order(self) -> list[nn.Linear]:
        policy, value = self._modules
        if self.joined:
            return [policy[0], value[0], *policy[1:], *value[1:], *self._ends]
        return [*policy, *value, *self._ends]

    def views(self, flat: Tensor) -> Layers:
        """The layers of a flat tensor laid out as the parameters."""
        policy, value = ([self._pair(flat, module) for module in tower] for tower in self._modules)
        joint = None
        if self.joined:
            (first, inputs), (second, _) = policy[0][0].shape, value[0][0].shape
            weights = (first + second) * inputs
            joint = (
                flat[:weights].view(first + second, inputs),
                flat[weights : weights + first + second],
            )
        action, critic = (self._pair(flat, module) for module in self._ends)
        log_std = None if self._log_std is None else self._view(flat, self._log_std)
        return Layers(joint, policy, value, action, critic, log_std)

    def _pair(self, flat: Tensor, module: nn.Linear) -> Pair:
        return self._view(flat, module.weight), self._view(flat, module.bias)

    def _view(self, flat: Tensor, parameter: Tensor) -> Tensor:
        start, shape = self._place[id(parameter)]
        return flat[start : start + shape.numel()].view(shape)


@dataclass(frozen=True)
class _Memory:
    """The results of a pass of a certain number of rows, (rows, width) each, by tower and layer."""

    outputs: list[list[Tensor]]
    slopes: list[list[Tensor]]  # derivatives of the loss by the outputs
    joint_output: Tensor
    joint_slope: Tensor
    values: Tensor
    ones: Tensor
    value_bias: Tensor


class Pass:
    """Working memory for one pass of up to `rows` rows, forwards and back; one thread at a time."""

    def __init__(self, towers: Towers, rows: int) -> None:
        """`towers` must not be replaced while this is in use; its values may change."""
        self.layers, self.activation = towers.layers, towers.activation
        self._towers = (self.layers.policy, self.layers.value)
        widths = [[bias.shape[0] for _, bias in tower] for tower in self._towers]
        joint = 0 if self.layers.joint is None else self.layers.joint[1].shape[0]
        self._outputs = [[torch.empty(rows * width) for width in tower] for tower in widths]
        self._slopes = [[torch.empty(rows * width) for width in tower] for tower in widths]
        self._joint_output, self._joint_slope = torch.empty(rows * joint), torch.empty(rows * joint)
        self._values, self._ones = torch.empty(rows), torch.ones(rows)
        self._seen: list[list[Tensor]] = []  # inputs and outputs of both towers
        self._views: dict[int, _Memory] = {}

    def policy_logits(self, features: Tensor, out: Tensor) -> Tensor:
        """Logits of `features` (rows, size) into `out` (choices, rows)."""
        memory = self._memory(features.shape[0])
        return self._logits(self._up(self.layers.policy, [features], memory.outputs[0])[-1], out)

    def values(self, features: Tensor) -> Tensor:
        """Values of `features`, (rows,), in working memory."""
        memory = self._memory(features.shape[0])
        return self._value(self._up(self.layers.value, [features], memory.outputs[1])[-1], memory)

    def forward(self, features: Tensor, out: Tensor) -> tuple[Tensor, Tensor]:
        """Logits into `out` and values of `features`; `backward` may follow."""
        memory = self._memory(features.shape[0])
        joint = self.layers.joint
        if joint is None:
            begun, skip = [features, features], 0
        else:
            self._up([joint], [features], [memory.joint_output])
            begun, skip = _halves(memory.joint_output, self.layers), 1
        self._seen = [
            self._up(tower[skip:], [first], outputs[skip:])
            for tower, first, outputs in zip(self._towers, begun, memory.outputs, strict=True)
        ]
        return self._logits(self._seen[0][-1], out), self._value(self._seen[1][-1], memory)

    def backward(
        self, features: Tensor, logits: Tensor, values: Tensor, gradient: Layers, *, add: bool
    ) -> None:
        """Set `gradient`, or add to it, from the loss's derivatives by logits (choices, rows) and values (rows,)."""
        memory, beta = self._memory(features.shape[0]), int(add)
        ends = (self.layers.action_head, self.layers.value_head)
        losses = (logits, values[None])
        towers = (gradient.policy, gradient.value)
        _outer_sum(gradient.action_head, logits, self._seen[0][-1], memory.ones, beta)
        _outer_sum(gradient.value_head, losses[1], self._seen[1][-1], memory.ones, beta)
        joint = gradient.joint is not None
        into = _halves(memory.joint_slope, self.layers) if joint else [None, None]
        for number, tower in enumerate(self._towers):
            layers, slopes = tower[joint:], memory.slopes[number][joint:]
            first = into[number]
            last = slopes[-1] if layers else first
            if last is not None:
                torch.mm(losses[number].t(), ends[number][0], out=last)
            self._down(layers, towers[number][joint:], self._seen[number], slopes, first, memory.ones, beta)
        if gradient.joint is not None:
            self.activation.back(memory.joint_slope, memory.joint_output)
            _outer_sum(gradient.joint, memory.joint_slope.t(), features, memory.ones, beta)

    def _up(self, layers: list[Pair], outputs: list[Tensor], memory: list[Tensor]) -> list[Tensor]:
        """Append the output of every layer."""
        for (weight, bias), hidden in zip(layers, memory, strict=True):
            torch.addmm(bias, outputs[-1], weight.t(), out=hidden)
            self.activation.apply(hidden)
            outputs.append(hidden)
        return outputs

    def _down(
        self,
        layers: list[Pair],
        gradients: list[Pair],
        outputs: list[Tensor],
        slopes: list[Tensor],
        into: Tensor | None,
        ones: Tensor,
        beta: int,
    ) -> None:
        """Gradients of layers, given that of the last output in `slopes`; that of the first input goes into `into`."""
        for depth in range(len(layers) - 1, -1, -1):
            slope = slopes[depth]
            self.activation.back(slope, outputs[depth + 1])
            _outer_sum(gradients[depth], slope.t(), outputs[depth], ones, beta)
            below = slopes[depth - 1] if depth else into
            if below is not None:
                torch.mm(slope, layers[depth][0], out=below)

    def _logits(self, hidden: Tensor, out: Tensor) -> Tensor:
        weight, bias = self.layers.action_head
        return torch.addmm(bias[:, None], weight, hidden.t(), out=out)

    def _value(self, hidden: Tensor, memory: _Memory) -> Tensor:
        return torch.addmv(memory.value_bias, hidden, self.layers.value_head[0][0], out=memory.values)

    def _memory(self, rows: int) -> _Memory:
        """Views of the memory for a number of rows, cached, as few different numbers occur."""
        if rows not in self._views:
            most = self._ones.shape[0]

            def cut(memory: Tensor) -> Tensor:
                width = memory.shape[0] // most
                return memory[: rows * width].view(rows, width)

            if len(self._views) > 64:
                self._views.clear()
            self._views[rows] = _Memory(
                [[cut(memory) for memory in tower] for tower in self._outputs],
                [[cut(memory) for memory in tower] for tower in self._slopes],
                cut(self._joint_output),
                cut(self._joint_slope),
                self._values[:rows],
                self._ones[:rows],
                self.layers.value_head[1].expand(rows),
            )
        return self._views[rows]


def _halves(both: Tensor, layers: Layers) -> list[Tensor]:
    """The parts of the joint first layer's columns that belong to the towers."""
    split = layers.policy[0][1].shape[0]
    return [both[:, :split], both[:, split:]]


def _outer_sum(gradient: Pair, outputs: Tensor, inputs: Tensor, ones: Tensor, beta: int) -> None:
    """A layer's gradient: weight (out, in) and bias (out,), from outputs (out, rows) and inputs (rows, in)."""
    weight, bias = gradient
    torch.addmm(weight, outputs, inputs, beta=beta, out=weight)
    torch.addmv(bias, outputs, ones, beta=beta, out=bias)


class Activation(ABC):
    """An activation and its derivative, both in place."""

    @abstractmethod
    def apply(self, values: Tensor) -> None:
        """Replace values by the activation's outputs."""

    @abstractmethod
    def back(self, gradient: Tensor, output: Tensor) -> None:
        """Multiply a gradient by the derivative, computed from the activation's outputs."""


class _Tanh(Activation):
    def apply(self, values: Tensor) -> None:
        # tanh(x) = 2 sigmoid(2x) - 1, within 2e-7: torch's tanh takes three times as long.
        values.mul_(2).sigmoid_().mul_(2).sub_(1)

    def back(self, gradient: Tensor, output: Tensor) -> None:
        torch.ops.aten.tanh_backward.grad_input(gradient, output, grad_input=gradient)


class _Relu(Activation):
    def apply(self, values: Tensor) -> None:
        values.relu_()

    def back(self, gradient: Tensor, output: Tensor) -> None:
        torch.ops.aten.threshold_backward.grad_input(gradient, output, 0, grad_input=gradient)


class _Elu(Activation):
    def apply(self, values: Tensor) -> None:
        nn.functional.elu_(values)

    def back(self, gradient: Tensor, output: Tensor) -> None:
        torch.ops.aten.elu_backward.grad_input(gradient, 1.0, 1, 1, True, output, grad_input=gradient)


ACTIVATIONS: dict[type[nn.Module], Activation] = {nn.Tanh: _Tanh(), nn.ReLU: _Relu(), nn.ELU: _Elu()}
