"""The PettingZoo parallel environment."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from game.core.bots.table import NO_BOT, bot_id
from game.core.sim import state as st
from game.core.sim.arena import Spawn
from game.env.brains import FIRST_BRAIN
from game.env.parallel import BankshotParallelEnv, parallel_env
from game.env.setups import ENV_IDS
from tests.env.builders import depot, digest_of, hall, make_vec, seeded_actions

TWO_A_SIDE = [Spawn(1, 2, 0), Spawn(10, 2, 1), Spawn(1, 5, 0), Spawn(10, 5, 1)]


@pytest.mark.filterwarnings("ignore:No agents present:UserWarning")
@pytest.mark.parametrize("env_id", ENV_IDS)
def test_pettingzoos_checkers_are_content(env_id: str) -> None:
    parallel_api_test(parallel_env(env_id, levels="train:3", match_seconds=6), 150)
    parallel_seed_test(lambda: parallel_env(f"game:{env_id}", levels="train:3"), num_cycles=20)


def test_the_checker_finds_a_lie() -> None:
    env = parallel_env(levels="train:1")
    env.step = lambda actions: ({}, {}, {}, {})  # type: ignore[method-assign, assignment, return-value]
    with pytest.raises(ValueError, match="not enough values to unpack"):
        parallel_api_test(env, 5)


def play(env: BankshotParallelEnv, seed: int | None, steps: int) -> list[Any]:
    out: list[Any] = [env.reset(seed=seed)]
    for _, table in zip(range(steps), seeded_actions(len(env.possible_agents)), strict=False):
        if not env.agents:
            out.append(env.reset())
        actions = {agent: table[env.possible_agents.index(agent)] for agent in env.agents}
        out.append(env.step(actions))
    return out


def test_seeds_reach_everything_exactly() -> None:
    digests = [
        digest_of(play(parallel_env("Bankshot/Eliminate-v0", levels="train:4", match_seconds=3), seed, 200))
        for seed in (1, 1, 2)
    ]
    assert digests[0] == digests[1] != digests[2]


def test_agents_are_the_rows_of_the_all_seats_vector() -> None:
    vector = make_vec("Collect", 1, levels=depot(), seats="all")
    env = parallel_env("Bankshot/Collect-v0", levels=depot())
    assert env.possible_agents == ["team0_0", "team1_0"]
    begin, _ = vector.reset(seed=[4])
    assert np.array_equal(np.stack(list(env.reset(seed=4)[0].values())), begin)
    for _, table in zip(range(60), seeded_actions(2), strict=False):
        observations, rewards, *_ = vector.step(table)
        mine = env.step(dict(zip(env.agents, table, strict=True)))
        assert np.array_equal(np.stack(list(mine[0].values())), observations)
        assert list(mine[1].values()) == rewards.tolist()


def test_the_fallen_leave_and_the_match_goes_on() -> None:
    env = parallel_env("Bankshot/Eliminate-v0", levels=hall(*TWO_A_SIDE))
    assert env.possible_agents == ["team0_0", "team1_0", "team0_1", "team1_1"]
    env.reset(seed=1)
    tanks = env.engine.batch.world.tanks[0]
    tanks[1, st.TANK_ALIVE], tanks[1, st.TANK_RESPAWN] = 0, -1
    before = [agent for agent in env.agents if agent != "team1_0"]
    tanks[1, st.TANK_ALIVE] = 1
    tanks[1, st.TANK_HP] = 1
    # its own mate's mines and shots aside, only an enemy takes the last hit point: put one next to it
    tanks[0, st.TANK_X], tanks[0, st.TANK_Y] = tanks[1, st.TANK_X] - 300, tanks[1, st.TANK_Y]
    tanks[1, st.TANK_SHIELD] = tanks[1, st.TANK_GRACE] = 0
    shoot = {agent: np.zeros(5, np.int64) for agent in env.agents}
    shoot["team0_0"][3] = 1
    terminated: dict[str, bool] = {}
    for _ in range(10):
        _, _, terminated, truncated, _ = env.step({agent: shoot[agent] for agent in env.agents})
        if any(terminated.values()):
            break
    assert terminated == {"team0_0": False, "team1_0": True, "team0_1": False, "team1_1": False}
    assert not any(truncated.values())
    assert env.agents == before


def test_only_agents_with_a_start_in_the_level_take_part() -> None:
    env = parallel_env("Bankshot/Eliminate-v0", levels=[hall(), hall(*TWO_A_SIDE)])
    seen = set()
    for _ in range(12):
        observations, infos = env.reset(seed=None if seen else 1)
        assert list(observations) == list(infos) == env.agents
        seen.add(tuple(env.agents))
    assert seen == {("team0_0", "team1_0"), ("team0_0", "team1_0", "team0_1", "team1_1")}


def test_everybody_is_told_how_the_match_ended() -> None:
    env = parallel_env(levels=hall(), match_seconds=1)
    env.reset(seed=1)
    for _ in range(15):
        _, _, _, truncated, infos = env.step({agent: np.zeros(5, np.int64) for agent in env.agents})
    assert truncated == {"team0_0": True, "team1_0": True}
    assert [info["outcome"] for info in infos.values()] == [0, 0]
    assert [info["ticks"] for info in infos.values()] == [60, 60]
    assert env.agents == []
    assert env.step({}) == ({}, {}, {}, {}, {})


@pytest.mark.parametrize("given", [["team0_0"], ["team0_0", "team1_0", "team7_0"]])
def test_actions_must_be_those_of_the_agents(given: list[str]) -> None:
    env = parallel_env(levels=hall())
    env.reset(seed=1)
    with pytest.raises(ValueError, match="actions: expected one for each of team0_0, team1_0, found"):
        env.step({agent: np.zeros(5, np.int64) for agent in given})


def test_pictures_of_a_parallel_environment() -> None:
    env = parallel_env(levels="first_light", render_mode="rgb_array")
    env.reset(seed=1)
    env.step({agent: np.array([1, 0, 0, 1, 0]) for agent in env.agents})
    picture = env.render()
    assert picture.shape == (360, 640, 3)
    assert picture.std() > 5
    env.close()


def test_learners_seats_are_not_for_a_parallel_environment() -> None:
    with pytest.raises(ValueError, match="seats: expected 'all', found 'learner'"):
        parallel_env(seats="learner")
    with pytest.raises(ValueError, match="opponent: expected None with seats='all'"):
        parallel_env(opponent="chaser")


def test_bots_and_brains_can_play_agents_which_then_are_none() -> None:
    env = parallel_env(
        "Bankshot/Eliminate-v0", levels="foundry", players={"team1": "hunter", "team0_1": "marksman"}
    )
    assert env.possible_agents == ["team0_0", "team0_2", "team0_3"]
    env.reset(seed=1)
    assert env.agents == env.possible_agents
    seats = env.engine.bots.ids[0].tolist()
    assert seats == [
        NO_BOT,
        FIRST_BRAIN,
        bot_id("marksman"),
        FIRST_BRAIN,
        NO_BOT,
        FIRST_BRAIN,
        NO_BOT,
        FIRST_BRAIN,
    ]
    places = []
    for _ in range(40):
        env.step({agent: np.zeros(5, np.int64) for agent in env.agents})
        places.append(env.engine.batch.world.tanks[0, :, st.TANK_X].copy())
    moved = np.ptp(np.array(places), axis=0) > 0
    assert moved[[1, 2, 3, 5, 7]].all()
    assert not moved[[0, 4, 6]].any()
    again = parallel_env(
        "Bankshot/Eliminate-v0", levels="foundry", players={"team1": "hunter", "team0_1": "marksman"}
    )
    again.reset(seed=1)
    for place in places:
        again.step({agent: np.zeros(5, np.int64) for agent in again.agents})
        assert np.array_equal(again.engine.batch.world.tanks[0, :, st.TANK_X], place)


@pytest.mark.parametrize(
    ("players", "message"),
    [
        ({"team3": "hunter"}, "players: expected agents among team0_0, team1_0, or a team, found 'team3'"),
        ({"team1": "huntre"}, r"players › team1 › bot: expected one of .*, found 'huntre'"),
        ({"team1": 3}, "players › team1: expected a bot or a brain by name, found 3"),
        (
            {"team1": "hunter", "team0": "chaser"},
            "players: expected an agent to be left of team0_0, team1_0, found none",
        ),
        ("hunter", "players: expected a player by agent or team, found 'hunter'"),
    ],
)
def test_players_that_cannot_be_are_refused(players: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parallel_env("Bankshot/Duel-v0", players=players)


def test_players_stand_beside_agents_not_beside_a_learner() -> None:
    with pytest.raises(ValueError, match="players: expected None without seats='all'"):
        gymnasium.make("game:Bankshot/Duel-v0", players={"team1": "hunter"})
