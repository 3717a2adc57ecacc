"""The policy's two MLPs, for actions and for values, on one flat tensor, with their derivatives written out.

Both first layers read the same observations and are one product; results go into memory that is kept. SB3's modules keep
their parameters, which become views of the flat tensor.
"""

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


class Towers:
    """Where the parameters of SB3's ActorCriticPolicy lie in a flat tensor, and that tensor."""

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
        return Layers(joint, policy, value, *(self._pair(flat, module) for module in self._ends))

    def _pair(self, flat: Tensor, module: nn.Linear) -> Pair:
        return self._view(flat, module.weight), self._view(flat, module.bias)

    def _view(self, flat: Tensor, parameter: Tensor) -> Tensor:
        start, shape = self._place[id(parameter)]
        return flat[start : start + shape.numel()].view(shape)


class Pass:
    """Working memory for one pass of up to `rows` rows, forwards and back; one thread at a time."""

    def __init__(self, towers: Towers, rows: int) -> None:
        """`towers` must not be replaced while this is in use; its numbers may change."""
        self.layers, self.activation = towers.layers, towers.activation
        widths = [[len(bias) for _, bias in tower] for tower in (self.layers.policy, self.layers.value)]
        self._outputs = [[torch.empty(rows * width) for width in tower] for tower in widths]
        self._slopes = [[torch.empty(rows * width) for width in tower] for tower in widths]
        joint = 0 if self.layers.joint is None else len(self.layers.joint[1])
        self._joint_output, self._joint_slope = torch.empty(rows * joint), torch.empty(rows * joint)
        self._values = torch.empty(rows)
        self._ones = torch.ones(rows)
        self.seen: list[list[Tensor]] = []  # inputs and outputs of both towers
        self._both = torch.empty(0)

    def policy_logits(self, features: Tensor, out: Tensor) -> Tensor:
        """Logits of `features` (rows, size) into `out` (choices, rows)."""
        return self._logits(self._up(self.layers.policy, [features], self._outputs[0])[-1], out)

    def values(self, features: Tensor) -> Tensor:
        """Values of `features`, (rows,), in working memory."""
        return self._value(self._up(self.layers.value, [features], self._outputs[1])[-1])

    def forward(self, features: Tensor, out: Tensor) -> tuple[Tensor, Tensor]:
        """Logits into `out` and values of `features`; `backward` may follow."""
        layers = self.layers
        if layers.joint is None:
            self.seen = [
                self._up(tower, [features], memory)
                for tower, memory in zip((layers.policy, layers.value), self._outputs, strict=True)
            ]
        else:
            self._both = self._up([layers.joint], [features], [self._joint_output])[-1]
            split = len(layers.policy[0][1])
            self.seen = [
                self._up(tower[1:], [part], memory[1:])
                for tower, part, memory in zip(
                    (layers.policy, layers.value),
                    (self._both[:, :split], self._both[:, split:]),
                    self._outputs,
                    strict=True,
                )
            ]
        return self._logits(self.seen[0][-1], out), self._value(self.seen[1][-1])

    def backward(
        self, features: Tensor, logits: Tensor, values: Tensor, gradient: Layers, *, add: bool
    ) -> None:
        """Set `gradient`, or add to it, from the loss's derivatives by logits (choices, rows) and values (rows,)."""
        layers, rows, beta = self.layers, len(features), int(add)
        ones = self._ones[:rows]
        policy, value = self.seen
        _outer_sum(gradient.action_head, logits, policy[-1], ones, beta)
        _outer_sum(gradient.value_head, values[None], value[-1], ones, beta)
        heads = (
            lambda out: torch.mm(logits.t(), layers.action_head[0], out=out),
            lambda out: torch.mm(values[:, None], layers.value_head[0], out=out),
        )
        towers, gradients = (layers.policy, layers.value), (gradient.policy, gradient.value)
        if layers.joint is None or gradient.joint is None:
            for number, tower in enumerate(towers):
                if tower:
                    last = heads[number](self._matrix(self._slopes[number][-1], rows))
                    self._down(tower, gradients[number], self.seen[number], last, number, None, beta)
            return
        slope = self._matrix(self._joint_slope, rows)
        split = len(layers.policy[0][1])
        for number, into in enumerate((slope[:, :split], slope[:, split:])):
            deeper = towers[number][1:]
            last = heads[number](self._matrix(self._slopes[number][-1], rows) if deeper else into)
            self._down(deeper, gradients[number][1:], self.seen[number], last, number, into, beta)
        self.activation.back(slope, self._both)
        _outer_sum(gradient.joint, slope.t(), features, ones, beta)

    def _up(self, layers: list[Pair], outputs: list[Tensor], memory: list[Tensor]) -> list[Tensor]:
        """Append the output of every layer."""
        for (weight, bias), into in zip(layers, memory, strict=True):
            hidden = self._matrix(into, len(outputs[-1]))
            self.activation.apply(torch.addmm(bias, outputs[-1], weight.t(), out=hidden))
            outputs.append(hidden)
        return outputs

    def _down(
        self,
        layers: list[Pair],
        gradients: list[Pair],
        outputs: list[Tensor],
        gradient: Tensor,
        tower: int,
        into: Tensor | None,
        beta: int,
    ) -> None:
        """Gradients of layers, given that of the last output; that of the first input goes into `into`."""
        ones = self._ones[: len(gradient)]
        memory = self._slopes[tower][-len(layers) :]
        for depth in range(len(layers) - 1, -1, -1):
            self.activation.back(gradient, outputs[depth + 1])
            _outer_sum(gradients[depth], gradient.t(), outputs[depth], ones, beta)
            below = self._matrix(memory[depth - 1], len(gradient)) if depth else into
            if below is not None:
                gradient = torch.mm(gradient, layers[depth][0], out=below)

    def _logits(self, hidden: Tensor, out: Tensor) -> Tensor:
        weight, bias = self.layers.action_head
        return torch.addmm(bias[:, None], weight, hidden.t(), out=out)

    def _value(self, hidden: Tensor) -> Tensor:
        weight, bias = self.layers.value_head
        return torch.addmv(bias.expand(len(hidden)), hidden, weight[0], out=self._values[: len(hidden)])

    def _matrix(self, memory: Tensor, rows: int) -> Tensor:
        """The first `rows` rows of memory for all rows."""
        width = len(memory) // len(self._ones)
        return memory[: rows * width].view(rows, width)


def _outer_sum(gradient: Pair, outputs: Tensor, inputs: Tensor, ones: Tensor, beta: int) -> None:
    """A layer's gradient: weight (out, in) and bias (out,), from outputs (out, rows) and inputs (rows, in)."""
    weight, bias = gradient
    torch.addmm(weight, outputs, inputs, beta=beta, out=weight)
    torch.addmv(bias, outputs, ones, beta=beta, out=bias)


class Activation:
    """An activation and its derivative, both in place."""

    def apply(self, values: Tensor) -> None:
        """Replace values by what the activation gives."""
        raise NotImplementedError

    def back(self, gradient: Tensor, output: Tensor) -> None:
        """Multiply a gradient by the derivative, from what the activation gave."""
        raise NotImplementedError


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
