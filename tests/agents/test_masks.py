"""Choices that an env forbids: read in every form, never drawn, no part of the gradient, an input of the brain."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from agents.adapter import GymVecEnv
from agents.envs import contract_and_masks, make_env
from agents.errors import BrainFailure, EnvRefused
from agents.evaluate import policy_player
from agents.export import export_run
from agents.heads import CategoricalHeads, Losses, LossSettings, PolicyRows
from agents.learner import MaskedPPO
from agents.masks import allowed_actions
from agents.measure import measure_returns
from agents.recipe import Recipe
from agents.rollout import MaskedRolloutBuffer
from agents.runtime import load_brain
from agents.sampling import MASKED, Head
from agents.train import create_run, open_run, train

from .helpers import quiet, small_recipe

HEADS = (Head("a", 3), Head("b", 2))
ALL = np.ones(2, dtype=np.bool_)
WANTED = [[True, False, True, True, False], [False, True, True, False, True]]


class Doors(gymnasium.Env[Any, Any]):
    """Four doors, one of which is locked anew every step; who walks into it is shown the door. Reward: the door's number."""

    said_by = "info"

    def __init__(self) -> None:
        self.observation_space = spaces.Box(0, 1, (2,), np.float32)
        self.action_space = spaces.Discrete(4, start=3)

    def _next(self) -> tuple[Any, dict[str, Any]]:
        self.locked = int(self.np_random.integers(4))
        self.left -= 1
        info = {"action_mask": self.action_masks().astype(np.int8)} if self.said_by == "info" else {}
        return self.np_random.random(2, dtype=np.float32), info

    def action_masks(self) -> Any:
        return np.arange(4) != self.locked

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.left = 6
        return self._next()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert action - 3 != self.locked, "a masked choice was made"
        seen, info = self._next()
        return seen, float(action - 3), self.left == 0, False, info


class SaidByMethod(Doors):
    said_by = "method"


gymnasium.register("Doors-v0", Doors)
gymnasium.register("DoorsMethod-v0", SaidByMethod)


def _doors(env_id: str = "Doors-v0", **tables: Any) -> Recipe:
    return small_recipe(**({"env": {"id": env_id, "num_envs": 8}} | tables))


@pytest.mark.parametrize(
    "value",
    [
        np.array(WANTED, dtype=np.int8),
        np.array(WANTED, dtype=np.float64),
        (np.array(WANTED)[:, :3], np.array(WANTED)[:, 3:]),
        tuple(np.array(row) for row in WANTED),
        np.array([(row[:3], row[3:]) for row in WANTED] + [None], dtype=object)[:2],
    ],
    ids=["bytes", "floats", "arrays by head", "one for each row", "objects by head"],
)
def test_masks_are_read_in_every_form(value: Any) -> None:
    found = allowed_actions({"action_mask": value}, HEADS, ALL)
    assert found is not None
    assert found.tolist() == WANTED


def test_rows_without_a_mask_or_a_seat_are_free() -> None:
    mask = np.zeros((2, 5))
    mask[0] = WANTED[0]
    told = {"action_mask": mask, "_action_mask": np.array([True, False])}
    assert allowed_actions(told, HEADS, ALL).tolist() == [WANTED[0], [True] * 5]  # type: ignore[union-attr]
    assert allowed_actions({"action_mask": mask}, HEADS, np.array([True, False]))[1].all()  # type: ignore[index]
    assert allowed_actions({}, HEADS, ALL) is None


def test_masks_that_help_nobody_are_refused_in_one_line() -> None:
    mask = np.array(WANTED)
    mask[1, 3:] = False
    with pytest.raises(
        EnvRefused, match=r"at least one allowed choice of action head 1 .* found none in row 1$"
    ):
        allowed_actions({"action_mask": mask}, HEADS, ALL)
    with pytest.raises(EnvRefused, match=r"expected a number for each of 5 choices, found shape \[4\]"):
        allowed_actions({"action_mask": np.ones((2, 4))}, HEADS, ALL)


def test_masked_draws_and_gradient_are_those_of_a_categorical_over_what_is_allowed() -> None:
    torch.manual_seed(4)
    sizes, rows = [3, 4], 400
    logits = torch.randn(rows, 7, requires_grad=True)
    mask = torch.rand(rows, 7) < 0.6
    mask[:, [1, 5]] = True
    heads = CategoricalHeads(sizes, rows)
    with torch.no_grad():
        actions, log_probs = heads.sample(logits.t().contiguous(), mask=mask.t())
    assert mask.gather(1, (actions + heads.starts).t()).all()
    parts = [
        torch.distributions.Categorical(logits=part)
        for part in logits.masked_fill(~mask, -torch.inf).split(sizes, 1)
    ]
    new = sum(part.log_prob(action) for part, action in zip(parts, actions, strict=True))
    assert isinstance(new, torch.Tensor)
    assert torch.allclose(log_probs, new, atol=1e-5)
    old, advantages = new.detach() + 0.3 * torch.randn(rows), torch.randn(rows)
    ratio = (new - old).exp()
    reference = torch.cat(
        [part.log_softmax(1) for part in torch.randn(rows, 7).masked_fill(~mask, MASKED).split(sizes, 1)], 1
    )
    own = torch.cat([part.logits for part in parts], 1)
    kl = (reference.exp() * (reference - own)).where(mask, torch.tensor(0.0)).sum(1)
    entropy = sum(-(part.probs * part.logits.clamp(min=-1e9)).sum(1) for part in parts)  # 0 log 0 is nothing
    surrogate = -torch.min(advantages * ratio, advantages * ratio.clamp(0.8, 1.2)).mean()
    loss = surrogate - 0.05 * entropy.mean() + 0.4 * kl.mean()  # type: ignore[union-attr]
    loss.backward()
    with torch.no_grad():
        found = heads.policy_gradient(
            logits.detach().t().contiguous(),
            PolicyRows(actions + heads.starts, old, advantages, reference, mask),
            rows,
            LossSettings(0.2, None, 0.05, 0.5, False, 0.4),
            losses := Losses(),
        )
    assert logits.grad is not None
    assert torch.allclose(found.t(), logits.grad.nan_to_num(), atol=1e-6)
    assert (found.t()[~mask] == 0).all()
    told = losses.policy_gradient_loss + 0.05 * losses.entropy_loss + 0.4 * losses.reference_kl
    assert told == pytest.approx(loss.item(), abs=1e-5)


@pytest.mark.parametrize("env_id", ["Doors-v0", "DoorsMethod-v0"])
@pytest.mark.parametrize("mode", ["SameStep", "NextStep", "Disabled"])
def test_no_rollout_makes_a_masked_choice(env_id: str, mode: str) -> None:
    modes = gymnasium.vector.AutoresetMode
    env = make_env(env_id, 8, {"vector_kwargs": {"autoreset_mode": modes(mode)}})
    model = MaskedPPO(GymVecEnv(env, 1), _doors(env_id))
    model.learn(2000)
    buffer = model.rollout_buffer
    assert buffer.masks is not None
    taken = np.take_along_axis(buffer.masks, buffer.actions.astype(np.int64), 2)[..., 0]
    assert taken[buffer.active].all()
    assert 0.6 < buffer.masks[buffer.active].mean() < 0.8


def test_a_brain_carries_the_mask_as_an_input(tmp_path: Path) -> None:
    recipe = _doors(
        budget={"samples": 4000}, ppo={"n_steps": 64, "learning_rate": 3e-3}, eval={"matches": 32}
    )
    run = train(create_run(tmp_path / "run", recipe), quiet(), 1)
    assert run.facts["contract"]["masks"]
    export_run(run, tmp_path / "doors.onnx", matches=20)
    brain = load_brain(tmp_path / "doors.onnx", None)
    assert (brain.contract.masks, brain.contract.version) == (True, 2)
    seen = np.random.default_rng(0).random((5, 2)).astype(np.float32)
    mask = np.ones((5, 4), dtype=np.bool_)
    mask[:, 2] = False
    free, bound = brain.logits(seen), brain.logits(seen, mask)
    assert np.array_equal(bound[mask], free[mask])
    assert (bound[:, 2] == MASKED).all()
    with pytest.raises(BrainFailure, match=r"expected an action mask of shape \(5, 4\), found \(5, 3\)"):
        brain.logits(seen, mask[:, :3])
    brain.bind(seen, bound).run(3)
    assert np.array_equal(bound[:3], free[:3])
    player = policy_player("doors", brain.logits, 0.0, brain.contract)
    report = measure_returns(player, "Doors-v0", episodes=40)  # the env asserts that no masked choice is made
    assert report.mean_return > 2 * 5
    assert train(open_run(tmp_path / "run"), quiet(), 1).facts["contract"]["masks"]


def test_a_run_begun_without_masks_goes_on_without(tmp_path: Path) -> None:
    class Forgiving(Doors):
        def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
            self.locked = -1
            return super().step(action)

    gymnasium.register("Forgiving-v0", Forgiving)
    run = train(create_run(tmp_path / "run", _doors("Forgiving-v0")), quiet(), 1)
    del run.facts["contract"]["masks"]  # as a build before masks wrote it
    run.facts["contract"]["version"] = 1
    run.recipe = _doors("Forgiving-v0", budget={"samples": 4096})
    resumed = train(run, quiet(), 1)
    assert "masks" not in resumed.facts["contract"]


def test_taxi_says_its_masks() -> None:
    env = make_env("Taxi-v4", 3)
    assert contract_and_masks(env, "Taxi-v4").masks
    assert not contract_and_masks(make_env("CartPole-v1", 3), "CartPole-v1").masks


def test_a_step_without_masks_is_not_given_those_of_the_rollout_before() -> None:
    buffer = MaskedRolloutBuffer(1, spaces.Box(0, 1, (2,)), spaces.Discrete(3), "cpu", n_envs=1)
    seen, one = np.zeros((1, 2), np.float32), np.ones(1, np.bool_)
    for mask, kept in ((np.array([[True, False, True]]), [True, False, True]), (None, [True] * 3)):
        buffer.add_step(seen, one, np.zeros((1, 1), np.int64), torch.zeros(1), torch.zeros(1), mask)
        assert buffer.flat()["masks"][0].tolist() == kept
        buffer.reset()


def test_what_a_reset_does_not_say_is_not_that_of_the_episode_before() -> None:
    """DISABLED: a row that was reset and tells no mask may choose whatever there is."""

    class SaysLate(gymnasium.Env[Any, Any]):
        observation_space, action_space = spaces.Box(0, 9, (1,), np.float32), spaces.Discrete(3)

        def reset(self, **_: Any) -> tuple[Any, dict[str, Any]]:
            self.at = 0
            return np.zeros(1, np.float32), {}

        def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
            self.at += 1
            mask = {"action_mask": np.array([0, 0, 1])}
            return np.zeros(1, np.float32), 0.0, self.at == 5, False, mask

    env = GymVecEnv(SyncVectorEnv([SaysLate], autoreset_mode=AutoresetMode.DISABLED))
    env.reset()
    for _ in range(5):
        masks = env.mask
        batch = env.step_batch(env.first_actions())
    assert masks is not None
    assert masks.tolist() == [[False, False, True]]
    assert batch.done[0]
    assert env.mask is not None
    assert env.mask.all()
