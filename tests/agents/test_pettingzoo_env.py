"""PettingZoo's parallel environments: rows of worlds and agents, kinds and teams, masks for unequal choices, self-play."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from agents.adapter import GymVecEnv
from agents.env_ids import import_env
from agents.envs import contract_and_masks, make_env, read_seat_layout
from agents.errors import EnvRefused, RecipeError
from agents.evaluate import Player, duel
from agents.export import export_run
from agents.measure import measure_returns
from agents.runtime import load_brain
from agents.train import create_run, open_run, train

from .helpers import quiet, small_recipe
from .seekers import LENGTH

SEEKERS = "pettingzoo:tests.agents.seekers"
ROCKS = "pettingzoo:pettingzoo.classic.rps_v2"


@pytest.fixture(autouse=True)
def _named() -> None:
    for env_id in (SEEKERS, ROCKS):
        import_env(env_id)


def test_rows_are_worlds_and_agents_of_kinds_that_are_teams() -> None:
    env = make_env(SEEKERS, 2, {"seats": "all"})
    layout = read_seat_layout(env, "x")
    assert (layout.worlds, layout.seats_per_world) == (2, 3)
    assert layout.team_of_row.tolist() == [1, 1, 0] * 2
    observation, info = env.reset(seed=1)
    # three numbers, a hider's filled up with zeros, then one for each kind: hider, seeker
    assert observation[:3].tolist() == [[0, 1, 2, 0, 1], [0, 1, 2, 0, 1], [0, 0, 0, 1, 0]]
    assert info["action_mask"][1:3].tolist() == [[True] * 4, [True, True, False, False]]
    assert contract_and_masks(env, "x").masks


def test_who_leaves_rests_until_the_world_begins_anew() -> None:
    env = make_env(SEEKERS, 1, {"seats": "all"})
    env.reset(seed=1)
    found = [env.step(np.array([3, 1, 1])) for _ in range(LENGTH)]
    assert [step[1].tolist() for step in found] == [[3, 1, 8]] + [[3, 1, 0]] * (LENGTH - 1)
    assert [step[2].tolist() for step in found] == [[False, False, True]] + [[False] * 3] * (LENGTH - 1)
    assert [step[4]["active"].tolist() for step in found[:2]] == [[True, True, False]] * 2
    observation, _, _, truncated, info = found[-1]
    assert truncated.tolist() == [True, True, False]
    assert info["active"].all()
    assert observation[:, 0].tolist() == [0, 0, 0]
    assert info["final_obs"][0].tolist() == [LENGTH, 1, 2, 0, 1]
    # seekers: 2 on average for five steps; the hider 8 once
    assert info["outcome"].tolist() == [1, 1, -1]


def test_who_is_cut_off_before_its_world_ends_is_bootstrapped_from_what_it_saw_last() -> None:
    env = GymVecEnv(make_env(SEEKERS, 1, {"hides": 2}), 1)
    env.reset()
    found = [env.step_batch(np.array([0, 0, 0])) for _ in range(2)]
    assert found[0].cut_rows.tolist() == []
    assert (found[1].cut_rows.tolist(), found[1].cut_observation.tolist()) == ([2], [[2, 0, 0, 1, 0]])
    assert found[1].active.tolist() == [True, True, False]


def test_a_mask_lasts_as_long_as_it_is_told() -> None:
    env = make_env(SEEKERS, 1, {"masks": {1: np.array([0, 1, 0, 1], np.int8)}})
    env.reset(seed=1)
    told = [env.step(np.array([1, 1, 0]))[4]["action_mask"].tolist() for _ in range(2)]
    hider = [True, True, False, False]
    assert told == [[[False, True, False, True]] * 2 + [hider], [[True] * 4] * 2 + [hider]]
    env = make_env(SEEKERS, 1, {"masks": {1: np.ones(3)}})
    env.reset(seed=1)
    with pytest.raises(
        EnvRefused, match="agent 'seeker_0': expected a number for each of 4 choices, found 3"
    ):
        env.step(np.array([1, 1, 0]))


def test_rows_of_one_kind_are_teams_of_their_own() -> None:
    env = make_env(ROCKS, 1, {"seats": "all", "max_cycles": 1})
    assert read_seat_layout(env, "x").team_of_row.tolist() == [0, 1]
    for actions, outcome in (([1, 0], [1, -1]), ([2, 2], [0, 0])):
        env.reset(seed=1)
        assert env.step(np.array(actions))[4]["outcome"].tolist() == outcome


def test_our_own_module_is_one_of_these() -> None:
    import_env("pettingzoo:game.env.parallel")
    env = make_env(
        "pettingzoo:game.env.parallel",
        2,
        {"seats": "all", "levels": "train:1", "match_seconds": 2, "masks": True},
    )
    assert read_seat_layout(env, "x").team_of_row.tolist() == [0, 1] * 2
    env.reset(seed=3)
    found = [env.step(np.zeros((4, 5), dtype=np.int64))[4] for _ in range(70)]
    told = [info["outcome"].reshape(2, 2) for info in found if "outcome" in info]
    assert len(told) >= 2
    assert all((pair.sum(1) == 0).all() for pair in told)
    assert found[0]["action_mask"].shape == (4, 53)


@pytest.mark.parametrize(
    ("env_id", "kwargs", "message"),
    [
        (SEEKERS, {"seats": "none"}, "seats: expected 'learner' or 'all', found 'none'"),
        (
            SEEKERS,
            {"seeker_actions": spaces.Box(-1, 1, (1,))},
            r"one action space, or of Discrete ones, found Box\(",
        ),
        (
            "pettingzoo:pettingzoo.classic.tictactoe_v3",
            {},
            "act at the same time, found ones that take turns",
        ),
        ("pettingzoo:json", {}, r"expected a module with parallel_env\(\) or env\(\), found neither"),
        ("pettingzoo:no.such", {}, "module 'no.such' cannot be imported"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_line(env_id: str, kwargs: Any, message: str) -> None:
    def made() -> None:
        import_env(env_id)
        make_env(env_id, 2, kwargs)

    with pytest.raises(EnvRefused, match=message) as told:
        made()
    assert "\n" not in str(told.value)


def test_data_cannot_choose_a_module() -> None:
    with pytest.raises(
        EnvRefused, match=r"if you trust the module 'a\.b', name it yourself: --env pettingzoo:a\.b"
    ):
        make_env("pettingzoo:a.b", 1)


def test_an_agent_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.measure.MAX_STEPS", 30)
    player = Player("x", lambda rows: np.tile([0.0, 1.0, 2.0, 3.0], (len(rows), 1)))
    report = measure_returns(player, SEEKERS, episodes=9, num_envs=3, kwargs={"late": 1})
    assert report.episodes == 3 * 2  # one each of the seeker and the hider that come
    with pytest.raises(EnvRefused, match="expected an episode to end, found none in 30 steps"):
        measure_returns(player, SEEKERS, episodes=9, num_envs=3, kwargs={"late": 3})


def test_a_batch_may_hold_all_agents_of_the_worlds() -> None:
    """Three agents: 8 worlds x 20 steps are 480 rows, which a recipe cannot know."""
    tables = {"env": {"id": SEEKERS, "num_envs": 8}, "ppo": {"n_steps": 20, "batch_size": 400}}
    assert small_recipe(**tables).ppo.batch_size == 400
    with pytest.raises(RecipeError, match="expected at most num_envs x n_steps = 160, found 400"):
        small_recipe(**tables | {"env": {"id": "CartPole-v1", "num_envs": 8}})


def test_one_policy_learns_for_every_agent(tmp_path: Path) -> None:
    recipe = small_recipe(
        env={"id": SEEKERS, "num_envs": 8},
        ppo={"n_steps": 20, "n_epochs": 6, "learning_rate": 5e-3},
        budget={"samples": 6000},
        eval={"matches": 30},
    )
    run = train(create_run(tmp_path / "run", recipe), quiet(), 1)
    export_run(run, tmp_path / "brain.onnx", matches=12)
    brain = load_brain(tmp_path / "brain.onnx", None)
    assert brain.contract.masks
    player = Player("x", brain.logits, 0.0, masked=True)
    report = measure_returns(player, SEEKERS, episodes=9, num_envs=3)
    assert report.episodes == 9
    assert report.mean_return > 0.9 * (15 + 15 + 35) / 3  # seekers take 3, who hides stays and takes 7


def test_self_play_and_duels_of_agents(tmp_path: Path) -> None:
    recipe = small_recipe(
        env={"id": ROCKS, "num_envs": 8},
        ppo={"n_steps": 32},
        budget={"samples": 2000},
        selfplay={"enabled": True, "bot_share": 0.0, "mirror": 0.5, "snapshot_every": 500},
    )
    run = train(create_run(tmp_path / "run", recipe), quiet(), 1)
    assert len(list((tmp_path / "run" / "pool").iterdir())) >= 3
    assert train(open_run(tmp_path / "run"), quiet(), 1).facts["status"] == "done"
    export_run(run, tmp_path / "brain.onnx", matches=0)
    paper = Player("paper", lambda rows: np.tile([-9.0, 9.0, -9.0], (len(rows), 1)))
    rock = Player("rock", lambda rows: np.tile([9.0, -9.0, -9.0], (len(rows), 1)))
    assert duel(paper, rock, ROCKS, matches=10, num_worlds=4).wins == 10
    assert load_brain(tmp_path / "brain.onnx", None).heads[0].size == 3
