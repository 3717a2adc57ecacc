"""Self-play: who learns, who answers, and what survives a kill."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.envs import make_env
from agents.errors import EnvRefused, RunError
from agents.recipe import Recipe
from agents.selfplay import OpponentStats, SelfPlayVecEnv, SnapshotPool
from agents.snapshot import SnapshotNet
from tests.plugin_demo.paddle import PaddleVectorEnv

from .helpers import DEMO, CountingEnv, paddle_contract, policy_weights, small_recipe

WEIGHTS = policy_weights(small_recipe(), paddle_contract())


def _recipe(**selfplay: Any) -> Recipe:
    table = {
        "enabled": True,
        "mirror": 0.25,
        "bot_share": 0.5,
        "bots": {"tracker": 1.0},
        "snapshot_every": 1000,
        "pool_size": 3,
    }
    return small_recipe(env={"num_envs": 8}, selfplay={**table, **selfplay})


def _env(folder: Path, weights: Any = WEIGHTS, **selfplay: Any) -> SelfPlayVecEnv:
    recipe = _recipe(**selfplay)
    return SelfPlayVecEnv(make_env(DEMO, 8, {"seats": "all"}), recipe, folder, lambda: weights)


def test_only_learner_rows_are_shown(tmp_path: Path) -> None:
    env = _env(tmp_path)
    # Two mirror worlds with both seats, then one seat of each world, left and right in turn.
    assert env.learners.tolist() == [0, 1, 2, 3, 4, 7, 8, 11, 12, 15]
    assert env.reset().shape == (10, 8)
    batch = env.step_batch(np.zeros((10, 2), dtype=np.int64))
    assert batch.observation.shape == (10, 8)
    assert (batch.reward.shape, batch.done.shape, batch.active.shape) == ((10,), (10,), (10,))


def test_only_the_chosen_teams_learn(tmp_path: Path) -> None:
    env = _env(tmp_path, mirror=0.0, teams=[1])
    assert env.learners.tolist() == [1, 3, 5, 7, 9, 11, 13, 15]


def test_opponents_are_answered_by_their_own_network(tmp_path: Path) -> None:
    # A snapshot whose biases force one action, whatever it sees.
    forced = {name: np.zeros_like(value) for name, value in WEIGHTS.items()}
    forced["action_net.bias"] = np.array([0, 90, 0, 0, 90], dtype=np.float32)
    env = _env(tmp_path, forced, bot_share=0.0, mirror=0.0)
    env.reset()
    everyone = np.zeros((16, 2), dtype=np.int64)
    env._answer_others(everyone)
    assert (everyone[env.others] == [1, 1]).all()
    assert (everyone[env.learners] == 0).all()


def test_bots_are_announced_and_taken_back(tmp_path: Path) -> None:
    calls: list[tuple[list[int], list[str | None]]] = []

    class Listening(PaddleVectorEnv):
        def assign_bots(self, rows: Any, names: Any) -> None:
            calls.append((rows.tolist(), list(names)))
            super().assign_bots(rows, names)

    recipe = _recipe(mirror=0.0, bot_share=0.5)
    env = SelfPlayVecEnv(Listening(8, seats="all"), recipe, tmp_path, lambda: WEIGHTS)
    env.reset()
    for _ in range(600):
        env.step_batch(np.zeros((8, 2), dtype=np.int64))
        bots = {int(row) for row in env.others if str(env.opponent[row // 2]).startswith("bot:")}
        assert {int(row) for row in np.flatnonzero(env.env.unwrapped._bot.reshape(-1) >= 0)} == bots
    named = [name for _, names in calls for name in names]
    assert "tracker" in named
    assert None in named
    assert set(env.opponent_stats.results) >= {"bot:tracker", "snapshot-000000000000.safetensors"}


def test_an_env_without_bots_plays_snapshots_or_says_so(tmp_path: Path) -> None:
    class NoBots(PaddleVectorEnv):
        assign_bots = None  # type: ignore[assignment]

        def __getattribute__(self, name: str) -> Any:
            if name == "assign_bots":
                raise AttributeError(name)
            return super().__getattribute__(name)

    with pytest.raises(EnvRefused, match=r"expected assign_bots\(rows, names\) for \[selfplay\] bots"):
        SelfPlayVecEnv(NoBots(8, seats="all"), _recipe(), tmp_path, lambda: WEIGHTS)
    env = SelfPlayVecEnv(NoBots(8, seats="all"), _recipe(bot_share=0.0), tmp_path, lambda: WEIGHTS)
    env.reset()
    env.step_batch(np.zeros((10, 2), dtype=np.int64))


def test_results_are_booked_once_per_world(tmp_path: Path) -> None:
    env = _env(tmp_path, mirror=0.0, bot_share=1.0)
    env.reset()
    ended = 0
    for _ in range(500):
        batch = env.step_batch(np.zeros((8, 2), dtype=np.int64))
        if batch.ended is not None:
            ended += len(batch.ended.rows)
            assert batch.ended.rows.max() < 8
    assert ended > 8
    record = env.opponent_stats.results["bot:tracker"]
    decayed = sum(OpponentStats.DECAY**age for age in range(ended))
    assert record[0] == pytest.approx(decayed)


def test_a_world_whose_first_seat_is_empty_still_counts(tmp_path: Path) -> None:
    class EmptySeat(PaddleVectorEnv):
        """Seat 0 of the learning team is never filled: it has no result of its own."""

        def step(self, actions: Any) -> Any:
            *rest, info = super().step(actions)
            if "outcome" in info:
                info["_outcome"] = info["_outcome"] & (np.arange(self.num_envs) % 2 == 1)
            return (*rest, info)

    inner = EmptySeat(4, seats="all")
    inner.team_of_row[:] = 0
    inner.team_of_row[:4:2] = 1
    recipe = _recipe(mirror=0.0, bot_share=1.0, teams=[0])
    env = SelfPlayVecEnv(inner, recipe, tmp_path, lambda: WEIGHTS)
    env.reset()
    for _ in range(900):
        env.step_batch(np.zeros((len(env.learners), 2), dtype=np.int64))
    assert env.opponent_stats.results["bot:tracker"][0] > 8


def test_hard_opponents_are_met_more_often() -> None:
    book = OpponentStats()
    for _ in range(50):
        book.add("easy", 1)
        book.add("even", 0)
        book.add("hard", -1)
    assert book.weight("easy") < book.weight("even") < book.weight("hard")
    assert book.weight("easy") > 0


def test_the_pool_keeps_the_newest_in_play_and_all_files(tmp_path: Path) -> None:
    pool = SnapshotPool(tmp_path, 2, "tanh")
    names = [pool.add(samples, WEIGHTS) for samples in (0, 10, 20)]
    assert pool.names == names[1:]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    with pytest.raises(KeyError):
        pool.net(names[0])
    again = SnapshotPool(tmp_path, 2, "tanh")
    again.restore(names[1:], WEIGHTS)
    senses = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    assert torch.equal(again.net(names[1]).logits(senses), pool.net(names[1]).logits(senses))


def test_a_pool_with_a_missing_or_foreign_name_is_refused(tmp_path: Path) -> None:
    pool = SnapshotPool(tmp_path, 2, "tanh")
    with pytest.raises(
        RunError, match=r"snapshot-000000000001\.safetensors: expected a tensor file, found no such"
    ):
        pool.restore(["snapshot-000000000001.safetensors"], WEIGHTS)
    with pytest.raises(RunError, match="expected file names"):
        pool.restore(["../outside.safetensors"], WEIGHTS)
    name = pool.add(5, WEIGHTS)
    other = {key: value[..., :-1] if value.ndim else value for key, value in WEIGHTS.items()}
    with pytest.raises(RunError, match=f"{name} › .*: expected float"):
        pool.restore([name], other)


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu", "elu"])
def test_snapshots_compute_what_the_policy_computes(normalised: bool, activation: str) -> None:
    from agents.export import rebuild_policy, torch_logits

    recipe = small_recipe(net={"normalize_observations": normalised, "activation": activation, "pi": [16, 8]})
    weights = policy_weights(recipe, paddle_contract())
    senses = np.random.default_rng(0).normal(0, 3, (20, 8)).astype(np.float32)
    with torch.inference_mode():
        found = SnapshotNet(weights, activation).logits(senses).numpy()
    assert np.allclose(
        found, torch_logits(rebuild_policy(recipe, paddle_contract(), weights), senses), atol=1e-5
    )


def test_saved_state_goes_on_exactly(tmp_path: Path) -> None:
    def run(env: SelfPlayVecEnv, steps: int, start: int) -> list[Any]:
        out = []
        for step in range(start, start + steps):
            actions = np.random.default_rng(step).integers(0, (3, 2), (10, 2))
            batch = env.step_batch(actions)
            out.append((batch.observation.tolist(), batch.reward.tolist(), list(env.opponent)))
            env.after_update(100 * step)
        return out

    straight = _env(tmp_path / "a")
    straight.reset()
    run(straight, 120, 0)
    expected = run(straight, 200, 120)

    first = _env(tmp_path / "b")
    first.reset()
    run(first, 120, 0)
    arrays, values = first.state()
    inner = first.env.unwrapped.state_dict()
    arrays = {name: array.copy() for name, array in arrays.items()}
    # Going on after the save must not leak into what was saved.
    run(first, 50, 120)

    second = _env(tmp_path / "b")
    second.env.reset(seed=1)
    second.env.unwrapped.load_state_dict(inner)
    second.load_state(arrays, values, resumed_env=True)
    assert run(second, 200, 120) == expected


def test_a_snapshot_that_leaves_the_pool_leaves_the_field(tmp_path: Path) -> None:
    env = _env(tmp_path, bot_share=0.0, newest=0.0, mirror=0.0)
    env.reset()
    for samples in (1000, 2000, 3000, 4000):
        assert env.after_update(samples)
        assert not env.after_update(samples)
        env.step_batch(np.zeros((8, 2), dtype=np.int64))
    assert set(env.opponent) <= set(env.pool.names)
    assert len(env.pool.names) == 3


def test_idle_seats_of_opponents_are_not_asked(tmp_path: Path) -> None:
    env = _env(tmp_path, bot_share=0.0, mirror=0.0)
    env.reset()
    env._all_active = env._all_active.copy()
    env._all_active[env.others] = False
    everyone = np.full((16, 2), 7, dtype=np.int64)
    env._answer_others(everyone)
    assert (everyone == 7).all()


def test_an_env_that_does_not_describe_itself_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvRefused, match="expected worlds, seats_per_world, team_of_row"):
        SelfPlayVecEnv(CountingEnv(), _recipe(), tmp_path, lambda: WEIGHTS)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "opponent",
            ["bot:wizard"] * 8,
            "world 0: expected a bot of the recipe or a snapshot of the pool, found 'bot:wizard'",
        ),
        ("opponent", [3] * 8, "world 0: expected a bot of the recipe or a snapshot of the pool, found 3"),
        ("opponent", [None], "opponent: expected a list of 8 to 8 entries, found 1"),
        (
            "book",
            {"bot:random": [1.0, float("inf")]},
            "book › bot:random: expected a number from 0 to 1e.06, found inf",
        ),
    ],
)
def test_a_state_from_elsewhere_is_checked(tmp_path: Path, key: str, value: Any, message: str) -> None:
    env = _env(tmp_path)
    env.reset()
    arrays, values = env.state()
    with pytest.raises(RunError, match=message):
        env.load_state(arrays, values | {key: value}, True)
