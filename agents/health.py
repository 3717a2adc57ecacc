"""Signs that a running training went wrong: checked between two iterations, reported and kept."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from agents.learner import MaskedPPO
from agents.sampling import box_head

ENTROPY_SHARE = 1e-3  # of the highest entropy: below it the policy takes one action and learns nothing new
VALUE_FACTOR = 10.0  # values this many times beyond any return that the rewards can give
UNEXPLAINED = 50  # consecutive updates in which the values explain less of the returns than their mean does
LOSSES = ("loss", "policy_gradient_loss", "value_loss", "entropy_loss")

Warning = dict[str, Any]  # kind, first, last (samples), text of the last time


class Health:
    """Checks every update; keeps the first and last time of each kind of problem."""

    def __init__(self, model: MaskedPPO, gamma: float, found: Sequence[Mapping[str, Any]] = ()) -> None:
        """`found`: warnings of earlier sessions of the run."""
        self.model, self.gamma = model, gamma
        # continuous actions have no lowest entropy
        discrete = box_head(model.action_heads) is None
        self.most_entropy = sum(math.log(size) for size in model.heads) if discrete else 0.0
        self.warnings: list[Warning] = [dict(warning) for warning in found]
        self.unexplained = 0

    def finite(self) -> bool:
        """Whether all parameters of the policy are finite."""
        return all(bool(torch.isfinite(parameter).all()) for parameter in self.model.policy.parameters())

    def look(self, samples: int, losses: Mapping[str, float]) -> list[str]:
        """Record the problems after an update; returns the texts of kinds that are new in this run."""
        new: list[str] = []
        for kind, text in self._troubles(losses):
            known = next((item for item in self.warnings if item["kind"] == kind), None)
            if known is None:
                self.warnings.append({"kind": kind, "first": samples, "last": samples, "text": text})
                new.append(text)
            else:
                known |= {"last": samples, "text": text}
        return new

    def _troubles(self, losses: Mapping[str, float]) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        if number := self.model.stats.odd_rewards:
            found.append(("rewards", f"the environment gave {number:,} rewards that are not finite numbers"))
        if not losses:
            return found
        odd = [name for name in LOSSES if not math.isfinite(losses.get(name, 0.0))]
        if odd:
            found.append(("loss", f"{odd[0]} is {losses[odd[0]]}, not a finite number"))
            if not np.isfinite(self.model.rollout_buffer.observations).all():
                found.append(
                    ("observations", "the environment gave observations that are not finite numbers")
                )
        entropy = -losses.get("entropy_loss", 0.0)
        if self.most_entropy > 0 and entropy < ENTROPY_SHARE * self.most_entropy:
            found.append(
                (
                    "entropy",
                    f"the policy takes one action whatever it sees or is certain of every one: entropy {entropy:.2g} "
                    f"of at most {self.most_entropy:.2g}",
                )
            )
        bound = self._largest_return()
        loss = losses.get("value_loss", 0.0)
        if math.isfinite(loss) and math.sqrt(max(loss, 0.0)) > VALUE_FACTOR * bound:
            found.append(
                (
                    "values",
                    f"value_loss {loss:.2g}: values are far beyond the largest return {bound:.2g} of such rewards",
                )
            )
        explained = losses.get("explained_variance", 0.0)
        self.unexplained = self.unexplained + 1 if explained < 0 else 0
        if self.unexplained >= UNEXPLAINED:
            found.append(
                (
                    "explained_variance",
                    f"explained_variance {explained:.2g}, below 0 for {UNEXPLAINED} updates: values predict returns worse than "
                    "their mean would; a smaller ppo.learning_rate, larger net.vf or smaller rewards may help",
                )
            )
        return found

    def _largest_return(self) -> float:
        """The largest return that rewards of the size seen so far could give; at least that of rewards of 1."""
        reward = max(1.0, self.model.stats.largest_reward)
        longest = max((length for _, length in self.model.stats.finished), default=0)
        horizon = 1.0 / (1.0 - self.gamma) if self.gamma < 1.0 else max(1000.0, float(longest))
        return reward * horizon


def warning_lines(warnings: Sequence[Mapping[str, Any]]) -> list[str]:
    """One line for each warning, with the samples at which it was true first and last."""
    lines = []
    for item in warnings:
        first, last = int(item["first"]), int(item["last"])
        when = f"at {first:,} samples" if first == last else f"from {first:,} to {last:,} samples"
        lines.append(f"{item['text']} ({when})")
    return lines
