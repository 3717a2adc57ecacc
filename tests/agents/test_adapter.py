"""The seam between Gymnasium and SB3, with the traps that others fall into."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3 import PPO

from agents.adapter import GymVecEnv
from agents.envs import env_contract, final_observations, make_env, read_seat_layout
from agents.errors import EnvRefused
from agents.infos import active_rows
from tests.plugin_demo.paddle import PaddleVectorEnv

from .helpers import DEMO, CountingEnv, ReusedBufferEnv

NO_ACTION = np.zeros(2, dtype=np.int64)


@pytest.mark.parametrize("kind", [CountingEnv, ReusedBufferEnv])
def test_stored_observations_are_those_that_were_acted_on(kind: type[CountingEnv]) -> None:
    env = GymVecEnv(kind())
    model = PPO("MlpPolicy", env, n_steps=8, batch_size=16, n_epochs=1, device="cpu", seed=0)
    model.learn(16)
    # SB3 has flattened the buffer env by env when it trained on it.
    flat = model.rollout_buffer.observations.reshape(-1).tolist()
    assert flat == [0, 1, 2, 3, 0, 1, 2, 3] * 2


def test_a_reused_buffer_would_shift_observations_without_the_adapter() -> None:
    env = ReusedBufferEnv()
    first, _ = env.reset()
    env.step(NO_ACTION)
    assert first[0, 0] == 1.0  # the trap is real: the observation acted on was 0
    adapted = GymVecEnv(ReusedBufferEnv())
    first = adapted.reset()
    batch = adapted.step_batch(NO_ACTION)
    again = adapted.step_batch(NO_ACTION)
    assert (first[0, 0], batch.observation[0, 0], again.observation[0, 0]) == (0.0, 1.0, 2.0)
    batch.reward[:] += 5.0  # SB3 adds the bootstrap into the reward array
    assert again.reward.tolist() == [1.0, 1.0]


def test_cut_episodes_carry_their_last_observation() -> None:
    env = GymVecEnv(CountingEnv(length=3, cut=True))
    env.reset()
    for _ in range(2):
        assert len(env.step_batch(NO_ACTION).cut_rows) == 0
    env.step_async(NO_ACTION)
    observation, _, done, infos = env.step_wait()
    assert observation.tolist() == [[0.0], [0.0]]
    assert done.all()
    assert infos[0]["terminal_observation"].tolist() == [3.0]
    assert infos[0]["TimeLimit.truncated"] is True
    assert infos[1]["episode"] == {"r": 1.0, "l": 1, "t": 0.0}  # step_batch before it was not counted here


def test_finished_episodes_are_not_bootstrapped() -> None:
    env = GymVecEnv(CountingEnv(length=1, cut=False))
    env.reset()
    env.step_async(NO_ACTION)
    _, _, done, infos = env.step_wait()
    assert done.all()
    assert infos[0]["TimeLimit.truncated"] is False
    assert infos[0]["terminal_observation"].tolist() == [1.0]


def test_gymnasiums_own_vector_env_works_through_the_adapter() -> None:
    inner = gymnasium.make_vec(
        "CartPole-v1",
        num_envs=3,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
        max_episode_steps=4,
    )
    env = GymVecEnv(inner, seed=1)
    env.reset()
    batches = [env.step_batch(np.array([0, 1, 0])) for _ in range(4)]
    last = batches[-1]
    assert last.cut_rows.tolist() == [0, 1, 2]
    assert last.cut_observation.shape == (3, 4)
    assert not np.allclose(last.cut_observation, last.observation)
    assert last.active.all()
    assert last.ended is None


@pytest.mark.parametrize("mode", [None, "next_step"])
def test_an_env_that_does_not_say_how_it_resets_is_refused(mode: Any) -> None:
    found = "none declared" if mode is None else "'next_step'"
    with pytest.raises(EnvRefused, match=f"CountingEnv': expected an autoreset mode .*, found {found}"):
        GymVecEnv(CountingEnv(mode=mode))


def test_a_cut_episode_without_its_last_observation_is_refused() -> None:
    class Forgetful(CountingEnv):
        def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
            return (*super().step(actions)[:4], {})

    env = GymVecEnv(Forgetful(length=1))
    env.reset()
    with pytest.raises(EnvRefused, match="expected 'final_obs' when an episode was cut off"):
        env.step_batch(NO_ACTION)


def test_both_forms_of_final_observations_are_read() -> None:
    batched = {"final_obs": np.arange(6.0).reshape(3, 2), "_final_obs": np.array([True, False, True])}
    objects = np.full(3, None, dtype=object)
    objects[0], objects[2] = np.array([0.0, 1.0]), np.array([4.0, 5.0])
    for info in (batched, {"final_obs": objects}, {"final_info": {}, "final_obs": objects}):
        assert final_observations(info, np.array([0, 2]), 3, 2).tolist() == [[0, 1], [4, 5]]
        with pytest.raises(EnvRefused, match="expected an observation for row 1"):
            final_observations(info, np.array([0, 1]), 3, 2)


def test_activity_is_read_with_and_without_a_mask() -> None:
    living = np.array([True, False])
    assert active_rows({}, 2).tolist() == [True, True]
    assert active_rows({"active": living}, 2).tolist() == [True, False]
    assert active_rows({"active": np.array([True, True]), "_active": living}, 2).tolist() == [True, False]
    with pytest.raises(EnvRefused, match=r"info\['active'\]: expected 3 rows, found shape \(2,\)"):
        active_rows({"active": living}, 3)


def test_seeds_reach_the_env() -> None:
    starts = []
    for seed in (1, 1, 2):
        env = GymVecEnv(PaddleVectorEnv(4), seed=seed)
        starts.append(env.reset().tolist())
    assert starts[0] == starts[1] != starts[2]
    env = GymVecEnv(PaddleVectorEnv(4))
    env.seed(2)
    assert env.reset().tolist() == starts[2]


def test_results_of_matches_pass_through() -> None:
    env = GymVecEnv(PaddleVectorEnv(8, opponent="tracker"), seed=1)
    env.reset()
    results = [
        batch.ended for batch in (env.step_batch(np.zeros((8, 2), dtype=np.int64)) for _ in range(400))
    ]
    ended = [result for result in results if result is not None]
    assert {int(outcome) for result in ended for outcome in result.outcome} <= {-1, 0, 1}
    assert all((result.timed_out == (result.outcome == 0)).all() for result in ended)
    assert sum(len(result.rows) for result in ended) >= 8


@pytest.mark.parametrize(
    ("env_id", "kwargs", "message"),
    [
        ("no.such.module:X-v0", {}, "expected an environment that this program has registered, found none"),
        ("NoSuchGame-v0", {}, "environment 'NoSuchGame-v0': expected an environment that is registered"),
        ("CartPole-v2", {}, r"did you mean 'CartPole-v1'\?"),
        (":X", {}, r"expected an id as in 'Name-v0' or 'module:Name-v0', found ':X'"),
        (
            DEMO,
            {"opponent": "wizard"},
            "refused {'opponent': 'wizard'}: opponent 'wizard': expected one of still",
        ),
        (DEMO, {"speed": 3}, "refused {'speed': 3}: .*unexpected keyword"),
    ],
)
def test_envs_that_cannot_serve_are_refused_in_one_line(
    env_id: str, kwargs: dict[str, Any], message: str
) -> None:
    with pytest.raises(EnvRefused, match=message) as refused:
        make_env(env_id, 2, kwargs)
    assert "\n" not in str(refused.value)


def test_seating_is_checked() -> None:
    with pytest.raises(EnvRefused, match="expected worlds, seats_per_world, team_of_row on the env"):
        read_seat_layout(CountingEnv(), "x")
    env = PaddleVectorEnv(3, seats="all")
    assert read_seat_layout(env, "x").world_of(np.array([0, 1, 5])).tolist() == [0, 0, 2]
    env.team_of_row = env.team_of_row[:-1]
    with pytest.raises(EnvRefused, match=r"worlds x seats_per_world = 3 x 2 rows and as many teams"):
        read_seat_layout(env, "x")


def test_contracts_come_from_the_env_or_its_spaces() -> None:
    assert env_contract(PaddleVectorEnv(1), "x").slots[2].name == "ball_position"
    generic = env_contract(CountingEnv(), "x")
    assert (generic.observation_size, [head.size for head in generic.heads]) == (1, [2])
    env = PaddleVectorEnv(1)
    contract = env.policy_contract()
    contract["heads"].pop()
    env.policy_contract = lambda: contract  # type: ignore[method-assign]
    with pytest.raises(EnvRefused, match=r"8 floats and heads \[3, 2\], found 8 and \[3\]"):
        env_contract(env, "x")
