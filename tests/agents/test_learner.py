"""Our PPO is SB3's PPO, with idle rows left out and cut episodes bootstrapped at once."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from agents.adapter import GymVecEnv
from agents.heads import CategoricalHeads, Losses, LossSettings, PolicyRows
from agents.learner import MaskedPPO
from agents.networks import NormalisedObservation, policy_settings
from agents.rollout import MaskedRolloutBuffer
from tests.agents.helpers import evaluate_heads, logits_and_values, sample_heads
from tests.plugin_demo.paddle import PaddleVectorEnv

from .helpers import CountingEnv, small_recipe


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _learner(env: Any = None, **tables: Any) -> MaskedPPO:
    recipe = small_recipe(**tables)
    return MaskedPPO(GymVecEnv(env or PaddleVectorEnv(16), recipe.seed), recipe)


def _collect(model: PPO, samples: int, steps: int = 32) -> None:
    """One rollout, without an update."""
    model._setup_learn(samples)
    assert model.env is not None
    model.collect_rollouts(model.env, model._init_callback(None), model.rollout_buffer, steps)


@pytest.mark.parametrize(
    "net",
    [
        {"activation": "tanh", "pi": [16, 8], "vf": [16]},
        {"activation": "relu", "pi": [16], "vf": [16, 8, 8]},
        {"activation": "elu", "pi": [16, 16], "vf": [8]},
        {"activation": "tanh", "pi": [16], "vf": [16], "normalize_observations": True},
    ],
    ids=["tanh", "relu", "elu", "normalised"],
)
@pytest.mark.parametrize("clip_vf", [0.0, 0.05])
def test_gradient_steps_equal_those_of_sb3(net: dict[str, Any], clip_vf: float) -> None:
    # Large steps on one batch: from the second epoch on, both sides of the clipping are met.
    settings = {
        "n_epochs": 5,
        "batch_size": 512,
        "clip_range_vf": clip_vf,
        "learning_rate": 0.01,
        "ent_coef": 0.05,
    }
    ours = _learner(ppo=settings, net=net)
    theirs = PPO(
        "MlpPolicy",
        GymVecEnv(PaddleVectorEnv(16), 3),
        n_steps=32,
        batch_size=512,
        n_epochs=5,
        learning_rate=0.01,
        ent_coef=0.05,
        clip_range_vf=clip_vf or None,
        policy_kwargs={**policy_settings(small_recipe(net=net)), "optimizer_kwargs": {"eps": 1e-5}},
        device="cpu",
    )
    extractor = ours.policy.features_extractor
    if isinstance(extractor, NormalisedObservation):
        extractor.mean.fill_(0.3)
        extractor.variance.fill_(0.5)
    _collect(ours, 512)
    theirs._setup_learn(512)
    theirs.set_logger(ours.logger)
    for name in ("observations", "actions", "rewards", "returns", "values", "log_probs", "advantages"):
        getattr(theirs.rollout_buffer, name)[:] = getattr(ours.rollout_buffer, name)
    theirs.rollout_buffer.full = True
    theirs.policy.load_state_dict(ours.policy.state_dict())
    before = [parameter.detach().clone() for parameter in ours.policy.parameters()]
    theirs.train()
    said = dict(theirs.logger.name_to_value)
    ours.train()
    for mine, other, old in zip(ours.policy.parameters(), theirs.policy.parameters(), before, strict=True):
        assert torch.allclose(mine, other, atol=2e-5)
        assert not torch.allclose(mine, old, atol=1e-3)
    # The losses that a person watches are the same numbers, and clipping did take place.
    for name in ("policy_gradient_loss", "value_loss", "entropy_loss", "clip_fraction"):
        assert ours.last_losses[name] == pytest.approx(said[f"train/{name}"], abs=1e-4)
    assert said["train/clip_fraction"] > 0.005


def test_the_gradient_does_not_depend_on_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    gradients = []
    for block in (512, 100):
        monkeypatch.setattr("agents.gradient.BLOCK", block)
        model = _learner(ppo={"batch_size": 512, "n_epochs": 1})
        _collect(model, 512)
        settings = LossSettings(0.2, None, 0.01, 0.5, True)
        model.gradient.minibatch(model.rollout_buffer.flat(), torch.arange(512), settings)
        gradients.append(
            [parameter.grad.clone() for parameter in model.policy.parameters() if parameter.grad is not None]
        )
    assert len(gradients[0]) == 8
    for first, second in zip(*gradients, strict=True):
        assert torch.allclose(first, second, atol=1e-6)


@pytest.mark.parametrize(
    ("rows", "blocks"), [(2, [2]), (1023, [1023]), (1025, [513, 512]), (6145, [1537, 1536, 1536, 1536])]
)
def test_how_a_minibatch_is_cut_depends_on_its_size_alone(
    monkeypatch: pytest.MonkeyPatch, rows: int, blocks: list[int]
) -> None:
    model, cut = _learner(), []
    monkeypatch.setattr("agents.gradient._block", lambda lane, data, index, *_, **__: cut.append(len(index)))
    settings = LossSettings(0.2, None, 0.01, 0.5, True)
    model.gradient.minibatch({"advantages": torch.zeros(rows)}, torch.arange(rows), settings)
    assert cut == blocks


def test_bfloat16_products_are_close_and_leave_no_trace() -> None:
    before = torch.get_float32_matmul_precision()
    weights = []
    for precision in ("float32", "bfloat16"):
        model = _learner(ppo={"matmul": precision})
        model.learn(512)
        weights.append(torch.cat([parameter.detach().reshape(-1) for parameter in model.policy.parameters()]))
    assert torch.get_float32_matmul_precision() == before
    assert torch.allclose(weights[0], weights[1], atol=0.02)


def test_returns_and_advantages_equal_those_of_sb3() -> None:
    class Plain(GymVecEnv):
        """The same env through SB3's own, per-env code path."""

    recipe = small_recipe()
    ours = _learner(CountingEnv(rows=3, length=5))
    theirs = PPO(
        "MlpPolicy",
        Plain(CountingEnv(rows=3, length=5)),
        n_steps=32,
        gamma=0.99,
        device="cpu",
        seed=3,
        policy_kwargs={"net_arch": {"pi": [16], "vf": [16]}},
    )
    theirs.policy.load_state_dict(ours.policy.state_dict())
    for model in (ours, theirs):
        _collect(model, 96)
    assert recipe.ppo.gae_lambda == theirs.gae_lambda
    # CountingEnv ignores actions, so both saw the same; the values and the bootstraps must agree.
    assert np.allclose(ours.rollout_buffer.values, theirs.rollout_buffer.values, atol=1e-6)
    assert np.allclose(ours.rollout_buffer.rewards, theirs.rollout_buffer.rewards, atol=1e-6)
    assert np.allclose(ours.rollout_buffer.advantages, theirs.rollout_buffer.advantages, atol=1e-5)
    assert not np.allclose(ours.rollout_buffer.rewards, 1.0)  # there were bootstraps to compare


class SometimesDead(CountingEnv):
    """Row 0 loses its seat after its second step and gets it back at the reset; what it shows
    then is `ghost`.
    """

    def __init__(self, ghost: float) -> None:
        super().__init__(rows=2, length=4, cut=False)
        self.ghost = ghost

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        observation, reward, terminated, truncated, info = super().step(actions)
        dead = np.array([2 <= self.count[0, 0] < 4, False])
        observation[dead] = self.ghost
        reward[dead & (self.count[:, 0] > 2)] = self.ghost
        terminated[dead & (self.count[:, 0] == 2)] = True
        return observation, reward, terminated, truncated, {**info, "active": ~dead}


def _collected(ghost: float) -> MaskedPPO:
    model = _learner(SometimesDead(ghost))
    _collect(model, 64)
    return model


def test_rows_without_a_seat_are_left_out() -> None:
    model = _collected(ghost=0.0)
    active = model.rollout_buffer.active[:, 0]
    # Steps per episode of row 0: acts on 0 and 1, is dead for two, then the world resets.
    assert active.reshape(8, 4).tolist() == [[True, True, False, False]] * 8
    assert model.rollout_buffer.active[:, 1].all()
    assert model.num_timesteps == 32 + 16
    assert (model.rollout_buffer.advantages[~model.rollout_buffer.active] == 0).all()


def test_what_a_dead_row_shows_changes_nothing() -> None:
    models = [_collected(ghost) for ghost in (0.0, 700.0)]
    first, second = (model.rollout_buffer for model in models)
    assert not np.array_equal(first.observations, second.observations)
    mask = first.active
    assert np.array_equal(first.advantages[mask], second.advantages[mask])
    for model in models:
        torch.manual_seed(0)
        model.train()
    for mine, other in zip(models[0].policy.parameters(), models[1].policy.parameters(), strict=True):
        assert torch.equal(mine, other)


def test_without_the_mask_a_dead_row_would_matter() -> None:
    results = []
    for ghost in (0.0, 700.0):
        model = _collected(ghost)
        model.rollout_buffer.active[:] = True
        torch.manual_seed(0)
        model.train()
        results.append(model.policy.action_net.weight.detach().clone())
    assert not torch.equal(results[0], results[1])


def test_advantages_by_hand() -> None:
    model = _learner(CountingEnv(rows=1, length=99))
    buffer = MaskedRolloutBuffer(
        4, model.observation_space, model.action_space, "cpu", gae_lambda=0.5, gamma=0.5, n_envs=1
    )
    values = [1.0, 2.0, 3.0, 4.0]
    for value, active, ends in zip(
        values, [True, True, False, True], [False, True, True, False], strict=True
    ):
        buffer.add_step(
            np.zeros((1, 1), np.float32),
            np.array([active]),
            np.zeros((1, 1), np.int64),
            torch.tensor([value]),
            torch.zeros(1),
        )
        buffer.add_result(np.array([10.0], dtype=np.float32), np.array([ends]))
    buffer.compute_returns_and_advantage(torch.tensor([8.0]), np.array([False]))
    last = 10 + 0.5 * 8 - 4
    second = 10 - 2  # the episode ends here: nothing of the idle step or the next episode gets in
    first = 10 + 0.5 * 2 - 1 + 0.25 * second
    assert buffer.advantages[:, 0].tolist() == [first, second, 0.0, last]
    assert buffer.returns[[0, 1, 3], 0].tolist() == [first + 1, second + 2, last + 4]


def test_a_cut_episode_gets_the_value_of_its_last_observation() -> None:
    model = _learner(CountingEnv(rows=2, length=4, cut=True))
    _collect(model, 64)
    with torch.no_grad():
        value = float(model.policy.predict_values(torch.tensor([[4.0]])))
    rewards = model.rollout_buffer.rewards[:, 0].reshape(8, 4)
    assert rewards[:, :3] == pytest.approx(1.0)
    assert rewards[:, 3] == pytest.approx(1.0 + 0.99 * value)


def test_heads_agree_with_torch_distributions() -> None:
    heads = [3, 2, 5]
    logits = torch.randn(200, 10, generator=torch.Generator().manual_seed(1))
    actions, log_prob = sample_heads(logits, heads)
    again, entropy = evaluate_heads(logits, actions, heads)
    parts = [torch.distributions.Categorical(logits=part) for part in logits.split(heads, 1)]
    expected = sum(part.log_prob(actions[:, index]) for index, part in enumerate(parts))
    assert torch.allclose(log_prob, expected, atol=1e-5)
    assert torch.allclose(again, expected, atol=1e-5)
    assert torch.allclose(entropy, sum(part.entropy() for part in parts), atol=1e-5)


def test_samples_follow_the_logits() -> None:
    torch.manual_seed(0)
    logits = torch.tensor([0.6, 0.4, 0.1, 0.9]).log().repeat(20_000, 1)
    actions, _ = sample_heads(logits, [2, 2])
    assert actions.double().mean(0).tolist() == pytest.approx([0.4, 0.9], abs=0.012)


def test_running_statistics_are_those_of_all_observations() -> None:
    random = np.random.default_rng(0)
    data = random.normal(3.0, 2.0, (1000, 4)).astype(np.float32)
    space = PaddleVectorEnv(1).single_observation_space
    extractor = NormalisedObservation(type(space)(-9, 9, (4,), dtype=np.float32), clip=2.0)
    for part in np.array_split(data, 7):
        extractor.update(torch.from_numpy(part))
    assert extractor.mean.numpy() == pytest.approx(data.mean(0), abs=1e-4)
    assert extractor.variance.numpy() == pytest.approx(data.var(0), rel=1e-4)
    scaled = extractor(torch.from_numpy(data))
    assert float(scaled.abs().max()) == 2.0
    assert scaled.median(0).values.abs().max() < 0.15


def test_statistics_stand_still_during_a_rollout() -> None:
    model = _learner(net={"normalize_observations": True})
    model._setup_learn(512)
    extractor = model.policy.features_extractor
    model.collect_rollouts(model.env, model._init_callback(None), model.rollout_buffer, 32)  # type: ignore[arg-type]
    assert float(extractor.count) == 0
    data = model.rollout_buffer.flat()
    with torch.no_grad():
        logits, _ = logits_and_values(model, data["observations"])
        log_prob, _ = evaluate_heads(logits, data["actions"], model.heads)
    assert torch.allclose(log_prob, data["log_probs"], atol=1e-5)
    model.train()
    assert float(extractor.count) == 512


def test_a_rollout_that_was_broken_off_leaves_nothing_behind() -> None:
    class Stop(BaseCallback):
        def _on_step(self) -> bool:
            return self.n_calls < 3

    model = _learner(CountingEnv(rows=2, length=99), net={"normalize_observations": True})
    model._setup_learn(64)
    assert model.env is not None
    stop = model._init_callback(Stop())
    assert not model.collect_rollouts(model.env, stop, model.rollout_buffer, 32)
    model.collect_rollouts(model.env, model._init_callback(None), model.rollout_buffer, 32)
    # The env counts its steps: the second rollout goes on where the first stopped, each step seen once.
    assert model.rollout_buffer.observations[:, 0, 0].tolist() == list(range(3, 35))
    assert np.isfinite(model.rollout_buffer.values).all()


def test_what_the_rollout_keeps_is_allocated_once() -> None:
    model = _learner(net={"normalize_observations": True}, ppo={"batch_size": 512})
    model.learn(1024)
    buffer, gradient = model.rollout_buffer, model.gradient
    kept = (buffer.observations, buffer.features, gradient.towers.flat, gradient.towers.gradient)
    lanes = [lane.gradient.data_ptr() for lane in gradient._lanes]
    places = [parameter.data_ptr() for parameter in model.policy.parameters()]
    model.learn(512, reset_num_timesteps=False)
    again = (buffer.observations, buffer.features, gradient.towers.flat, gradient.towers.gradient)
    assert all(before is after for before, after in zip(kept, again, strict=True))
    assert lanes == [lane.gradient.data_ptr() for lane in gradient._lanes]
    assert places == [parameter.data_ptr() for parameter in model.policy.parameters()]
    start, end = gradient.towers.flat.data_ptr(), gradient.towers.flat.data_ptr() + 4 * gradient.towers.size
    assert all(start <= place < end for place in places)


def test_a_loss_of_very_large_logits_is_finite_and_right() -> None:
    torch.manual_seed(0)
    sizes, rows = [3, 4], 50
    for scale in (1.0, 400.0):
        logits = (torch.randn(rows, 7) * scale).requires_grad_()
        with torch.no_grad():
            actions, log_probs = sample_heads(logits, sizes)
        assert torch.isfinite(log_probs).all()
        advantages = torch.randn(rows)
        new, entropy = evaluate_heads(logits, actions, sizes)
        ratio = (new - log_probs + 0.1).exp()
        loss = (
            -torch.min(advantages * ratio, advantages * ratio.clamp(0.8, 1.2)).mean() - 0.01 * entropy.mean()
        )
        loss.backward()
        heads = CategoricalHeads(sizes, rows)
        with torch.no_grad():
            found = heads.policy_gradient(
                logits.t().contiguous(),
                PolicyRows(actions.t() + heads.starts, log_probs - 0.1, advantages),
                rows,
                LossSettings(0.2, None, 0.01, 0.5, False),
                losses := Losses(),
            )
        assert logits.grad is not None
        assert torch.allclose(found.t(), logits.grad, atol=1e-6)
        assert losses.policy_gradient_loss + 0.01 * losses.entropy_loss == pytest.approx(
            float(loss), abs=1e-5
        )


def test_target_kl_stops_an_update_early() -> None:
    counts = []
    for target in (0.0, 1e-9):
        model = _learner(ppo={"target_kl": target, "n_epochs": 4, "learning_rate": 0.01})
        model.learn(512)
        counts.append(model._n_updates)
    assert counts[0] == 4
    assert counts[1] < 4


def test_sb3s_api_stays_usable() -> None:
    model = _learner()
    model.learn(512)
    actions, _ = model.predict(np.zeros((5, 8), dtype=np.float32), deterministic=True)
    assert actions.shape == (5, 2)
    assert model.num_timesteps == 512
