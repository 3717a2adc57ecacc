"""Any vector env becomes flat rows, heads from zero and whole episodes, however it resets."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.vector.utils import create_empty_array, iterate

from agents.adapter import GymVecEnv
from agents.contract import Contract
from agents.envs import env_contract
from agents.errors import EnvRefused
from agents.learner import MaskedPPO
from agents.plain import PlainVectorEnv, plain_env
from agents.recipe import Recipe
from agents.spaces import FlatActions, FlatObservations

from .helpers import CountingEnv, small_recipe

MODES = [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED]
LENGTHS = (3, 5)  # steps of the episodes of each row

SPACES = {
    "float32": spaces.Box(-1, 1, (3,), np.float32),
    "float64": spaces.Box(-1, 1, (3,), np.float64),
    "uint8 image": spaces.Box(0, 255, (4, 4, 3), np.uint8),
    "scalar": spaces.Box(-1, 1, (), np.float32),
    "discrete": spaces.Discrete(5, start=-2),
    "multi-discrete": spaces.MultiDiscrete([3, 4], start=[1, 0]),
    "multi-discrete table": spaces.MultiDiscrete([[2, 3], [4, 5]]),
    "multi-binary": spaces.MultiBinary((2, 3)),
    "tuple": spaces.Tuple((spaces.Discrete(3), spaces.Box(0, 1, (2,), np.float64))),
    "dict": spaces.Dict({"b": spaces.Discrete(4), "a": spaces.Dict({"x": spaces.Box(-2, 2, (2, 2))})}),
}


class Walk(gymnasium.Env[Any, Any]):
    """Observes [episode, step]; ends, or is cut, after `length` steps; reward = number of the step."""

    def __init__(self, length: int = 3, cut: bool = True) -> None:
        self.observation_space = spaces.Box(0, 1000, (2,), np.float64)
        self.action_space = spaces.Discrete(2, start=5)
        self.length, self.cut, self.episode, self.at = length, cut, 0, 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.episode, self.at = self.episode + 1, 0
        return np.array([self.episode, 0.0]), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert action in (5, 6), "the offset of the action space is applied"
        self.at += 1
        over = self.at == self.length
        info = {"outcome": 1} if over else {}
        return (
            np.array([self.episode, self.at]),
            float(self.at),
            over and not self.cut,
            over and self.cut,
            info,
        )


def _walks(mode: AutoresetMode, *, cut: bool = True) -> SyncVectorEnv:
    return SyncVectorEnv([lambda n=n: Walk(n, cut) for n in LENGTHS], autoreset_mode=mode)


@pytest.mark.parametrize("name", SPACES)
def test_observations_are_those_of_gymnasiums_flatten(name: str) -> None:
    space = SPACES[name]
    space.seed(3)
    samples = [space.sample() for _ in range(7)]
    batched = gymnasium.vector.utils.batch_space(space, 7)
    batch = gymnasium.vector.utils.concatenate(space, samples, create_empty_array(space, 7))
    assert len(list(iterate(batched, batch))) == 7
    flat = FlatObservations(space, "x")
    expected = np.stack([spaces.flatten(space, sample) for sample in samples]).astype(np.float32)
    assert np.array_equal(flat.rows(batch, np.arange(7)), expected)
    objects = np.full(7, None, dtype=object)
    objects[2] = samples[2]
    assert np.array_equal(flat.rows(objects, np.array([2])), expected[2:3])
    whole = spaces.flatten_space(space)
    assert np.array_equal(flat.space.low, whole.low.astype(np.float32))
    assert np.array_equal(flat.space.high, whole.high.astype(np.float32))
    assert sum(slot.size for slot in flat.slots) == flat.size == expected.shape[1]


def test_parts_of_an_observation_keep_their_names() -> None:
    assert [slot.name for slot in FlatObservations(SPACES["dict"], "x").slots] == [
        "observation.a.x",
        "observation.b",
    ]


@pytest.mark.parametrize(
    "space", [spaces.Text(4), spaces.Sequence(spaces.Discrete(2)), spaces.Tuple((spaces.Text(1),))]
)
def test_observations_without_a_clear_row_are_refused(space: Any) -> None:
    with pytest.raises(EnvRefused, match="environment 'x': expected an observation of Box, Discrete"):
        FlatObservations(space, "x")


@pytest.mark.parametrize(
    "space",
    [
        spaces.Discrete(3, start=7),
        spaces.MultiDiscrete([2, 3], start=[1, -1]),
        spaces.MultiDiscrete([[2, 3], [4, 5]]),
        spaces.MultiBinary((2, 2)),
    ],
    ids=["discrete", "multi", "table", "binary"],
)
def test_every_choice_of_the_heads_is_an_action_of_the_env(space: Any) -> None:
    actions = FlatActions(space, "x")
    heads = (
        [int(actions.space.n)] if isinstance(actions.space, spaces.Discrete) else actions.space.nvec.tolist()
    )
    for number in range(max(heads)):
        choice = np.minimum(number, np.array(heads) - 1)
        batch = np.tile(choice, (2, 1)) if len(heads) > 1 else np.tile(choice, 2)
        for value in actions.values(batch):
            assert space.contains(space.dtype.type(value) if value.ndim == 0 else value), value


def test_images_are_refused_in_one_line() -> None:
    for space in (spaces.Box(0, 255, (84, 84), np.uint8), spaces.Box(0, 1, (3, 32, 32), np.float32)):
        with pytest.raises(
            EnvRefused, match=r"found an image, observation of shape .*; policies here have no conv"
        ):
            FlatObservations(space, "x")
    table = spaces.Box(-1, 1, (20, 20), np.float32)  # as large, and no picture
    assert FlatObservations(table, "x").size == 400


def _transitions(env: GymVecEnv, steps: int) -> list[list[tuple[Any, ...]]]:
    """What the learner stores, row by row: (observation, reward, next observation or None at an end, bootstrap)."""
    found: list[list[tuple[Any, ...]]] = [[] for _ in range(env.num_envs)]
    observation = env.reset()
    for _ in range(steps):
        active = env.active
        batch = env.step_batch(np.zeros(env.num_envs, dtype=np.int64))
        cut = dict(zip(batch.cut_rows.tolist(), batch.cut_observation.tolist(), strict=True))
        for row in np.flatnonzero(active).tolist():
            after = None if batch.done[row] else tuple(batch.observation[row].tolist())
            last = tuple(cut[row]) if row in cut else None
            found[row].append((tuple(observation[row].tolist()), float(batch.reward[row]), after, last))
        observation = batch.observation
    return found


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("mode", MODES)
def test_every_way_to_reset_gives_the_same_transitions_and_none_crosses_episodes(
    mode: AutoresetMode, cut: bool
) -> None:
    rows = _transitions(GymVecEnv(_walks(mode, cut=cut)), 24)
    for length, found in zip(LENGTHS, rows, strict=True):
        for number, (observation, reward, after, last) in enumerate(found):
            episode, step = 1 + number // length, number % length
            assert observation == (episode, step)
            assert reward == step + 1
            ends = step + 1 == length
            assert after == (None if ends else (episode, step + 1))
            assert last == ((episode, length) if ends and cut else None)
        assert len(found) >= 24 - 24 // (length + 1)


def test_without_the_mask_a_transition_would_cross_episodes() -> None:
    env = GymVecEnv(_walks(AutoresetMode.NEXT_STEP))
    env.reset()
    seen = [env.step_batch(np.zeros(2, dtype=np.int64)) for _ in range(4)]
    assert seen[3].observation[0].tolist() == [2, 0]
    assert seen[2].observation[0].tolist() == [1, 3]  # acted on in the next step, which only resets
    assert not seen[2].active[0]
    assert seen[3].active[0]


@pytest.mark.parametrize("mode", MODES)
def test_a_rollout_bootstraps_from_the_last_observation_of_a_cut_episode(mode: AutoresetMode) -> None:
    env = GymVecEnv(_walks(mode), seed=1)
    recipe: Recipe = small_recipe(ppo={"n_steps": 12, "batch_size": 24})
    model = MaskedPPO(env, recipe)
    model.learn(12)
    buffer = model.rollout_buffer
    # the policy of the rollout is gone after the update: only its own values tell what the bootstrap was
    for row, length in enumerate(LENGTHS):
        living = np.flatnonzero(buffer.active[:, row])
        rewards = buffer.rewards[living, row]
        plain = np.array([1 + number % length for number in range(len(living))], dtype=np.float32)
        ends = np.array([(number + 1) % length == 0 for number in range(len(living))])
        assert np.allclose(rewards[~ends], plain[~ends])
        assert (rewards[ends] != plain[ends]).all()
        assert buffer.ends[living, row].tolist() == ends.tolist()
    assert model.num_timesteps == buffer.active.sum()


def test_results_of_matches_pass_in_every_mode() -> None:
    for mode in MODES:
        env = GymVecEnv(_walks(mode))
        env.reset()
        ended = [env.step_batch(np.zeros(2, dtype=np.int64)).ended for _ in range(7)]
        rows = [ended_rows.rows.tolist() for ended_rows in ended if ended_rows is not None]
        assert rows[:2] == [[0], [1]], mode


def test_plain_sb3_is_not_given_steps_that_only_reset() -> None:
    env = GymVecEnv(_walks(AutoresetMode.NEXT_STEP))
    env.reset()
    env.step_async(np.zeros(2, dtype=np.int64))
    with pytest.raises(
        EnvRefused, match=r"expected autoreset mode SAME_STEP or DISABLED .*, found NEXT_STEP"
    ):
        env.step_wait()
    other = GymVecEnv(_walks(AutoresetMode.DISABLED))
    other.reset()
    for _ in range(3):
        other.step_async(np.zeros(2, dtype=np.int64))
        observation, _, _, infos = other.step_wait()
    assert observation[0].tolist() == [2, 0]
    assert infos[0]["terminal_observation"].tolist() == [1, 3]


def test_structured_observations_come_through_gymnasiums_own_vector_envs() -> None:
    for vector in (
        gymnasium.make_vec("Blackjack-v1", num_envs=3),
        gymnasium.make_vec("Blackjack-v1", 3, vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}),
    ):
        env = GymVecEnv(vector, seed=1)
        env.reset()
        for _ in range(20):
            batch = env.step_batch(np.array([0, 1, 1]))
            assert batch.observation.shape == (3, 45)
            assert (batch.observation.sum(axis=1) == 3).all()  # a hand, a card, an ace or none


def test_a_process_for_each_env_works_too() -> None:
    vector = AsyncVectorEnv([Walk, Walk])
    try:
        assert _transitions(GymVecEnv(vector), 4)[0][2][2:] == (None, (1.0, 3.0))
    finally:
        vector.close()


def test_what_needs_no_translation_is_left_alone() -> None:
    env = CountingEnv()
    assert plain_env(env, "x") is env
    wrapped = plain_env(CountingEnv(mode=AutoresetMode.DISABLED), "x")
    assert isinstance(wrapped, PlainVectorEnv)
    assert plain_env(wrapped, "x") is wrapped


@pytest.mark.parametrize(
    ("observation", "action", "message"),
    [
        (
            spaces.Box(-1, 1, (5000,)),
            spaces.Discrete(2),
            "expected 1 to 4,096 observation floats, .* found 5,000",
        ),
        (
            spaces.Box(-1, 1, (2,)),
            spaces.Discrete(5000),
            "1 to 4,096 action choices of all heads, .* found 5,000",
        ),
        (spaces.Box(-1, 1, (2,)), spaces.MultiDiscrete([2] * 65), "1 to 64 action heads, .* found 65"),
    ],
)
def test_more_than_a_model_may_hold_is_refused(observation: Any, action: Any, message: str) -> None:
    env = CountingEnv()
    env.single_observation_space, env.single_action_space = observation, action
    with pytest.raises(EnvRefused, match=message):
        env_contract(env, "x")


def test_a_contract_of_spaces_survives_its_file() -> None:
    env = gymnasium.make_vec("Blackjack-v1", num_envs=1)
    contract = env_contract(env, "Blackjack-v1")
    assert [slot.size for slot in contract.slots] == [32, 11, 2]
    assert Contract.from_dict(contract.to_dict()) == contract
