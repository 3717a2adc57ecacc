"""The policy half of a saved network, for playing: raw observations to logits."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from agents.envs import Floats
from agents.networks import ACTIVATIONS, EPSILON

Weights = dict[str, NDArray[Any]]


class SnapshotNet:
    """The policy half of a saved network: raw observations to logits, no gradients."""

    def __init__(self, tensors: Weights, activation: str) -> None:
        """`tensors` are named as in the policy's state dict."""
        values = {name: torch.from_numpy(np.asarray(array)) for name, array in tensors.items()}
        self.activation = ACTIVATIONS[activation]()
        self.layers: list[tuple[Tensor, Tensor]] = []
        while (key := f"mlp_extractor.policy_net.{2 * len(self.layers)}.weight") in values:
            self.layers.append((values[key], values[key.replace("weight", "bias")]))
        self.head = (values["action_net.weight"], values["action_net.bias"])
        self.log_std = values.get("log_std")  # only for continuous actions
        self.mean = values.get("features_extractor.mean")
        self.scale = (
            None if self.mean is None else torch.rsqrt(values["features_extractor.variance"] + EPSILON)
        )
        self.clip = float(values["clip"]) if "clip" in values else 10.0

    def logits(self, observations: Floats) -> Tensor:
        """(rows, size) to (rows, columns of all heads): see `sampling.Head`."""
        x = torch.from_numpy(observations)
        if self.mean is not None and self.scale is not None:
            x = ((x - self.mean) * self.scale).clamp(-self.clip, self.clip)
        for weight, bias in self.layers:
            x = self.activation(nn.functional.linear(x, weight, bias))
        columns = nn.functional.linear(x, *self.head)
        if self.log_std is None:
            return columns
        return torch.cat([columns, self.log_std.expand(len(columns), -1)], 1)
