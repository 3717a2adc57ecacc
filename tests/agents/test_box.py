"""Continuous actions: SB3's normal distribution, its gradient by hand, seeded sampling, and the brain that carries it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.distributions import DiagGaussianDistribution
from torch import nn

from agents.adapter import GymVecEnv
from agents.checkpoint import policy_tensors
from agents.contract import Contract, check_contract
from agents.envs import env_contract, make_env
from agents.errors import BrainRefused, EnvRefused, RunError
from agents.export import export_run
from agents.gaussian import GaussianHead
from agents.heads import Losses, LossSettings, PolicyRows
from agents.learner import MaskedPPO
from agents.networks import policy_heads, policy_settings
from agents.parents import policy_from_brain
from agents.recipe import Recipe
from agents.runtime import load_brain
from agents.sampling import BOX, Head, make_streams, sample_actions
from agents.snapshot import SnapshotNet
from agents.spaces import FlatActions, action_heads
from agents.train import create_run, open_run, train

from .helpers import quiet, small_recipe

CLIPPED = Head("action_0", 2, BOX, (-1.0, None), (1.0, None))
SQUASHED = Head("action_0", 2, BOX, (-1.0, 0.0), (1.0, 4.0), squash=True)


class Aim(gymnasium.Env[Any, Any]):
    """One decision an episode: the reward is high where the numbers are near what is seen."""

    def __init__(self, space: Any = None) -> None:
        self.observation_space = spaces.Box(-1, 1, (2,), np.float32)
        self.action_space = space if space is not None else spaces.Box(-1, 1, (2,), np.float32)
        self.taken: list[Any] = []

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.seen = self.np_random.uniform(-1, 1, 2).astype(np.float32)
        return self.seen, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), action
        self.taken.append(action)
        gap = np.asarray(action, np.float64).reshape(-1)[:2] - self.seen
        return self.seen, -float(np.square(gap).sum()), True, False, {}


def _open_aim() -> Aim:
    return Aim(spaces.Box(-np.inf, np.inf, (2,), np.float32))


gymnasium.register("Aim-v0", Aim)
gymnasium.register("AimOpen-v0", _open_aim)


def _aim(**tables: Any) -> Recipe:
    return small_recipe(**({"env": {"id": "Aim-v0", "num_envs": 16}} | tables))


def _learner(recipe: Recipe) -> MaskedPPO:
    return MaskedPPO(GymVecEnv(make_env(recipe.env.id, recipe.env.num_envs), recipe.seed), recipe)


def test_draws_and_densities_are_those_of_sb3s_distribution() -> None:
    torch.manual_seed(2)
    means, log_std = torch.randn(2, 40_000), torch.tensor([0.3, -1.1])
    actions, log_probs = GaussianHead(2, 40_000, log_std).sample(means)
    theirs = DiagGaussianDistribution(2)
    theirs.proba_distribution(means.t(), log_std)
    assert torch.allclose(log_probs, theirs.log_prob(actions.t()), atol=1e-5)
    assert (actions - means).std(1).tolist() == pytest.approx(log_std.exp().tolist(), rel=0.02)


@pytest.mark.parametrize("kl_coef", [0.0, 0.7])
def test_the_gradient_is_that_of_autograd(kl_coef: float) -> None:
    torch.manual_seed(1)
    rows, kept = 60, LossSettings(0.2, None, 0.03, 0.5, False, kl_coef)
    means = torch.randn(3, rows, requires_grad=True)
    log_std = torch.randn(3).mul_(0.4).requires_grad_()
    actions, advantages = torch.randn(3, rows), torch.randn(rows)
    normal = torch.distributions.Normal(means, log_std.exp()[:, None])
    new = normal.log_prob(actions).sum(0)
    old = new.detach() + 0.3 * torch.randn(rows)
    ratio = (new - old).exp()
    reference = torch.cat([torch.randn(rows, 3), torch.full((rows, 3), -0.4)], 1)
    other = torch.distributions.Normal(reference[:, :3].t(), reference[:, 3:].t().exp())
    kl = torch.distributions.kl_divergence(other, normal).sum(0).mean()
    surrogate = -torch.min(advantages * ratio, advantages * ratio.clamp(0.8, 1.2)).mean()
    loss = surrogate - 0.03 * normal.entropy().sum(0).mean() + kl_coef * kl
    loss.backward()
    gradient = torch.full((3,), 9.0)
    with torch.no_grad():
        ours = GaussianHead(3, rows, log_std.detach(), gradient)
        told = PolicyRows(actions, old, advantages, reference if kl_coef else None)
        found = ours.policy_gradient(means.detach().clone(), told, rows, kept, losses := Losses())
    assert means.grad is not None
    assert log_std.grad is not None
    assert torch.allclose(found, means.grad, atol=1e-5)
    assert torch.allclose(gradient, log_std.grad, atol=1e-5)
    sum_of_terms = losses.policy_gradient_loss + 0.03 * losses.entropy_loss + kl_coef * losses.reference_kl
    assert sum_of_terms == pytest.approx(float(loss), abs=1e-5)


def test_gradient_steps_equal_those_of_sb3() -> None:
    settings: dict[str, Any] = {"n_epochs": 4, "batch_size": 512, "learning_rate": 0.01, "ent_coef": 0.02}
    ours = _learner(_aim(ppo=settings))
    theirs = PPO(
        "MlpPolicy",
        GymVecEnv(SyncVectorEnv([Aim] * 16, autoreset_mode=AutoresetMode.SAME_STEP), 3),
        n_steps=32,
        **settings,
        policy_kwargs={**policy_settings(_aim()), "optimizer_kwargs": {"eps": 1e-5}},
        device="cpu",
    )
    for model in (ours, theirs):
        model._setup_learn(512)
    assert ours.env is not None
    ours.collect_rollouts(ours.env, ours._init_callback(None), ours.rollout_buffer, 32)
    ours.rollout_buffer.active[:] = True  # the steps that only reset are rows like others for SB3
    theirs.set_logger(ours.logger)
    for name in ("observations", "actions", "rewards", "returns", "values", "log_probs", "advantages"):
        getattr(theirs.rollout_buffer, name)[:] = getattr(ours.rollout_buffer, name)
    theirs.rollout_buffer.full = True
    theirs.policy.load_state_dict(ours.policy.state_dict())
    before = ours.policy.log_std.detach().clone()
    theirs.train()
    ours.train()
    assert not torch.allclose(ours.policy.log_std, before, atol=1e-3)
    for (name, mine), other in zip(ours.policy.named_parameters(), theirs.policy.parameters(), strict=True):
        assert torch.allclose(mine, other, atol=3e-5), name


def test_numbers_are_clipped_or_squashed_into_the_box() -> None:
    drawn = np.array([[-3.0, -50.0], [0.25, 50.0]])
    assert CLIPPED.inside(drawn).tolist() == [[-1.0, -50.0], [0.25, 50.0]]
    squashed = SQUASHED.inside(drawn)
    assert squashed[:, 0] == pytest.approx(np.tanh(drawn[:, 0]), abs=1e-6)
    assert squashed[:, 1].tolist() == [0.0, 4.0]


def test_samples_are_seeded_and_the_temperature_scales_the_deviation() -> None:
    logits = np.tile(np.array([0.2, -0.1, -1.0, -2.0], np.float32), (20_000, 1))
    head = Head("a", 2, BOX, (None, None), (None, None))
    found = {heat: sample_actions(logits, [head], heat, make_streams(5, 20_000)) for heat in (0.0, 1.0, 0.5)}
    assert np.array_equal(found[1.0], sample_actions(logits, [head], 1.0, make_streams(5, 20_000)))
    assert found[0.0] == pytest.approx(logits[:, :2])
    assert found[1.0].std(0) == pytest.approx(np.exp([-1.0, -2.0]), rel=0.03)
    assert found[1.0].mean(0) == pytest.approx([0.2, -0.1], abs=0.01)
    assert found[0.5] - found[0.0] == pytest.approx((found[1.0] - found[0.0]) / 2, abs=1e-6)
    # A row's stream goes on by as many draws at any temperature.
    streams = [make_streams(5, 3), make_streams(5, 3)]
    for heat, stream in zip((0.0, 1.0), streams, strict=True):
        sample_actions(logits[:3], [head], heat, stream)
    assert np.array_equal(*streams)


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(-1, 1, (2,), np.float32),
        spaces.Box(np.array([-1.0, 0.0]), np.array([1.0, 9.0]), dtype=np.float64),
        spaces.Box(0, 255, (2,), np.uint8),
        spaces.Box(-7, 7, (2, 3), np.int16),
        spaces.Box(-np.inf, np.inf, (2,), np.float32),
        spaces.Box(-1, 1, (), np.float32),
    ],
    ids=["plain", "float64", "uint8", "int16 table", "open", "scalar"],
)
def test_every_box_of_actions_gets_what_it_contains(space: Any) -> None:
    flat = FlatActions(space, "x")
    (head,) = action_heads(flat.space, "x")
    drawn = np.random.default_rng(0).normal(0, 300, (50, head.size))
    values = flat.values(head.inside(drawn))
    assert all(space.contains(value if space.shape else space.dtype.type(value)) for value in values)
    assert (head.low[0] is None) == (not np.isfinite(space.low.reshape(-1)[0]))


def test_mixed_actions_are_refused_in_one_line() -> None:
    mixed = spaces.Tuple((spaces.Discrete(2), spaces.Box(-1, 1, (1,))))
    with pytest.raises(
        EnvRefused, match=r"environment 'x': expected .* or Box actions, found a mixture, Tuple"
    ) as told:
        FlatActions(mixed, "x")
    assert "\n" not in str(told.value)


def test_an_open_box_cannot_be_squashed() -> None:
    heads = action_heads(FlatActions(spaces.Box(-np.inf, np.inf, (2,), np.float32), "x").space, "x")
    assert policy_heads(heads, _aim()) == heads
    with pytest.raises(RunError, match="box_actions: expected 'clip' for actions without bounds"):
        policy_heads(heads, _aim(net={"box_actions": "squash"}))


@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_actions_without_bounds_are_learnt(mode: str) -> None:
    env = make_env("AimOpen-v0", 4, {"vector_kwargs": {"autoreset_mode": AutoresetMode(mode)}})
    model = MaskedPPO(GymVecEnv(env, 1), _aim(ppo={"batch_size": 64}))
    model.learn(256)
    assert np.abs(model.rollout_buffer.actions).max() > 1.5


def test_contracts_of_a_box_are_read_back_and_compared() -> None:
    contract = env_contract(make_env("Aim-v0", 1), "Aim-v0")
    assert contract.to_dict()["version"] == 2
    assert Contract.from_dict(contract.to_dict()) == contract
    squashed = replace(contract, heads=(contract.heads[0]._replace(squash=True),))
    assert check_contract(contract, squashed, "x") == []  # the brain's own affair
    other = replace(contract, heads=(contract.heads[0]._replace(high=(1.0, 2.0)),))
    with pytest.raises(
        BrainRefused, match=r"action head 0 'action_0' to end at 1\.0 in number 1, found 2\.0"
    ):
        check_contract(contract, other, "x")
    table = contract.to_dict()
    table["heads"] = [*table["heads"], {"name": "jump", "size": 2}]
    with pytest.raises(BrainRefused, match="expected discrete heads alone or one box, found box, discrete"):
        Contract.from_dict(table)


@pytest.mark.parametrize("way", ["clip", pytest.param("squash", marks=pytest.mark.slow)])
def test_a_box_is_learnt_exported_resumed_and_gone_on_from(way: str, tmp_path: Path) -> None:
    recipe = _aim(
        net={"box_actions": way},
        ppo={"n_steps": 64, "n_epochs": 8, "learning_rate": 3e-3, "ent_coef": 0.0},
        budget={"samples": 12_000},
        eval={"matches": 64},
    )
    run = train(create_run(tmp_path / "run", recipe), quiet(), 1)
    assert run.facts["evaluation"][0]["mean_return"] > -0.45  # from -1.6 at the start
    report = export_run(run, tmp_path / "aim.onnx", matches=20)
    assert report["largest_difference"] < 1e-4
    brain = load_brain(tmp_path / "aim.onnx", None)
    assert (brain.heads[0].kind, brain.heads[0].squash) == (BOX, way == "squash")
    seen = np.random.default_rng(1).uniform(-1, 1, (64, 2)).astype(np.float32)
    taken = sample_actions(brain.logits(seen), brain.heads, 0.0, make_streams(1, 64))
    assert np.abs(taken - seen).mean() < 0.3
    parent = policy_from_brain(tmp_path / "aim.onnx")
    logits = SnapshotNet(parent.tensors, parent.activation).logits(seen).numpy()
    assert logits == pytest.approx(brain.logits(seen), abs=1e-4)
    again = train(create_run(tmp_path / "next", recipe, parent), quiet(), 1)
    assert again.facts["evaluation"][0]["mean_return"] > -0.45
    assert train(open_run(tmp_path / "run"), quiet(), 1).facts["status"] == "done"


def test_a_stopped_run_of_a_box_goes_on_bit_by_bit(tmp_path: Path) -> None:
    from agents.checkpoint import load_checkpoint, save_checkpoint

    def learner() -> MaskedPPO:
        recipe = _aim(net={"activation": "relu"})
        return _learner(recipe)

    first = learner()
    first.learn(512)
    save_checkpoint(tmp_path / "x.safetensors", first, {})
    second = learner()
    load_checkpoint(tmp_path / "x.safetensors", second)
    for name, tensor in policy_tensors(first).items():
        assert np.array_equal(tensor, policy_tensors(second)[name]), name
    assert isinstance(second.policy.log_std, nn.Parameter)
    assert second.policy.optimizer.state[second.policy.log_std]["exp_avg"].abs().sum() > 0
