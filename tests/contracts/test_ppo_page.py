"""The page of PPO says what the code does: its functions give the learner's numbers, and every place that it names is there."""

import importlib
import re
from typing import Any

import numpy as np
import pytest
import torch

from agents.rollout import MaskedRolloutBuffer
from tests.contracts.tree import ROOT

PAGES = ("docs/ppo.md", "docs/zh/ppo.md")
MODULE = re.compile(r"`(agents/\w+\.py)`")
NAME = re.compile(r"`([A-Z]\w+(?:\.\w+)?)`")


def functions(page: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL):
        exec(block, found)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_is_named_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    modules = [
        importlib.import_module(name.removesuffix(".py").replace("/", "."))
        for name in set(MODULE.findall(text))
    ]
    assert len(modules) > 8
    names = set(NAME.findall(text))
    assert len(names) > 12
    for name in names:
        owner, _, member = name.partition(".")
        assert any(
            hasattr(getattr(module, owner, None), member) if member else hasattr(module, owner)
            for module in modules
        ), name


@pytest.mark.parametrize("page", PAGES)
def test_its_advantages_are_the_buffers(page: str) -> None:
    from gymnasium import spaces

    steps, rows = 7, 5
    random = np.random.default_rng(1)
    box = spaces.Box(-1, 1, (2,), np.float32)
    buffer = MaskedRolloutBuffer(steps, box, spaces.Discrete(2), n_envs=rows, gamma=0.97, gae_lambda=0.9)
    buffer.reset()
    buffer.rewards[:] = random.normal(size=(steps, rows))
    buffer.values[:] = random.normal(size=(steps, rows))
    buffer.ends[:] = random.random((steps, rows)) < 0.3
    buffer.active[:] = random.random((steps, rows)) < 0.8
    last = random.normal(size=rows).astype(np.float32)
    buffer.compute_returns_and_advantage(torch.from_numpy(last), buffer.ends[-1])
    found = functions(page)["advantages"](
        buffer.rewards, buffer.values, last, buffer.ends.astype(float), buffer.active, 0.97, 0.9
    )
    assert np.allclose(found, buffer.advantages, atol=1e-5)


@pytest.mark.parametrize("page", PAGES)
def test_the_derivative_of_its_loss_is_the_learners(page: str) -> None:
    from agents.heads import CategoricalHeads, Losses, LossSettings, PolicyRows

    sizes, rows = [3, 4], 32
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(rows, sum(sizes), generator=generator, requires_grad=True)
    actions = torch.stack([torch.randint(size, (rows,), generator=generator) for size in sizes], 1)
    old = -torch.rand(rows, generator=generator) * 3
    advantages, values = torch.randn(rows, generator=generator), torch.zeros(rows)
    loss = functions(page)["loss"](
        logits.split(sizes, 1), values, actions, old, advantages, values, 0.2, 0.01, 0.5
    )
    loss.backward()
    heads = CategoricalHeads(sizes, rows)
    given = heads.logits(rows)
    given.copy_(logits.detach().t())
    chosen = actions.t() + heads.starts
    scaled = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    settings = LossSettings(0.2, None, 0.01, 0.5, True)
    losses = Losses()
    gradient = heads.policy_gradient(given, PolicyRows(chosen, old, scaled), rows, settings, losses)
    assert logits.grad is not None
    assert torch.allclose(gradient.t(), logits.grad, atol=1e-6)
    assert float(loss.detach()) == pytest.approx(
        losses.policy_gradient_loss + 0.01 * losses.entropy_loss, abs=1e-5
    )
