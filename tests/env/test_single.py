"""The single environment: a view of one world that passes every checker, and the pictures it makes."""

import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from game.core.sim.digest import world_hash
from game.env.setups import ENV_IDS
from game.env.single import BankshotEnv
from tests.contracts.tree import ROOT
from tests.env.builders import digest_of, hall, make_vec, seeded_actions


def make(name: str = "Duel", **arguments: Any) -> BankshotEnv:
    arguments.setdefault("levels", "train:4")
    env = gymnasium.make(f"game:Bankshot/{name}-v0", disable_env_checker=True, **arguments).unwrapped
    assert isinstance(env, BankshotEnv)
    return env


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_gymnasiums_checker_is_content(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(f"game:{env_id}", levels="train:2").unwrapped)


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_the_checker_of_stable_baselines3_is_content(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check_env(gymnasium.make(f"game:{env_id}", levels="train:2"))


def test_the_checkers_find_a_lie() -> None:
    env = make()
    env.observation_space = gymnasium.spaces.Box(0, 1, (7,))
    with pytest.raises(AssertionError):
        check_env(env)


@pytest.mark.parametrize("name", ["Duel", "Defend", "Collect", "Survive", "Arena"])
def test_a_single_environment_is_a_row_of_the_vector(name: str) -> None:
    arguments: dict[str, Any] = {"opponent": "chaser:1,marksman:1", "match_seconds": 4, "team_sizes": (1, 1)}
    vector = make_vec(name, 2, **arguments)
    single = make(name, **arguments)
    begin, _ = vector.reset(seed=[11, 12])
    assert np.array_equal(single.reset(seed=12)[0], begin[1])
    ends = 0
    for _, actions in zip(range(150), seeded_actions(2), strict=False):
        observations, rewards, terminated, truncated, _ = vector.step(actions)
        last, reward, *flags, _ = single.step(actions[1])
        assert reward == rewards[1]
        assert flags == [terminated[1], truncated[1]]
        if any(flags):
            ends += 1
            last, _ = single.reset()
        assert np.array_equal(last, observations[1])
    assert ends >= 2


def test_info_tells_what_is_played_and_how_it_ended() -> None:
    env = make("Duel", levels=[hall(), hall()], opponent="wanderer", side=1, match_seconds=1)
    _, info = env.reset(seed=1)
    assert info == {"active": True, "level": info["level"], "team": 1, "opponent": 1}
    assert env.level_names[info["level"]] == "hall"
    over = False
    while not over:
        _, _, terminated, truncated, info = env.step(np.zeros(5, np.int64))
        over = terminated or truncated
    assert {name: type(value) for name, value in info.items()} == {
        "active": bool, "level": int, "team": int, "opponent": int,
        "outcome": int, "score": int, "ticks": int, "timed_out": bool,
    }  # fmt: skip


def test_a_step_after_the_end_needs_a_reset() -> None:
    env = make(levels=hall(), match_seconds=1, opponent="idle")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros(5, np.int64))
    env.reset(seed=1)
    for _ in range(15):
        *_, truncated, _ = env.step(np.zeros(5, np.int64))
    assert truncated
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros(5, np.int64))
    env.reset()
    env.step(np.zeros(5, np.int64))


def test_an_action_out_of_range_is_named() -> None:
    env = make()
    env.reset(seed=1)
    with pytest.raises(ValueError, match=r"actions › row 0 › fire: expected 0 to 1, found 2"):
        env.step(np.array([0, 0, 0, 2, 0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seats": "all"}, r"seats: expected 'learner', found 'all'"),
        ({"render_mode": "ansi"}, r"render_mode: expected None, human or rgb_array, found 'ansi'"),
    ],
)
def test_what_a_single_environment_cannot_do_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BankshotEnv(levels="train:1", **arguments)


def play(render_mode: str | None, steps: int) -> tuple[str, BankshotEnv]:
    """Play to the end and on; return the digest of everything and the environment."""
    env = make("Duel", levels="first_light", opponent="marksman", render_mode=render_mode)
    out: list[Any] = [env.reset(seed=2)]
    for _, actions in zip(range(steps), seeded_actions(1), strict=False):
        step = env.step(actions[0])
        out.append(step)
        if step[2] or step[3]:
            out.append(env.reset())
    return digest_of(out), env


@pytest.mark.parametrize("render_mode", ["rgb_array", "human"])
def test_watching_changes_nothing_and_shows_the_very_world(render_mode: str) -> None:
    steps = 12 if render_mode == "human" else 60
    unseen, _ = play(None, steps)
    seen, env = play(render_mode, steps)
    assert seen == unseen
    assert env._picture is not None
    assert env._picture._world is not None
    assert world_hash(env._picture._world) == world_hash(env.engine.batch.world)
    env.close()


def test_a_world_that_was_not_followed_is_found_out() -> None:
    _, env = play("rgb_array", 5)
    picture = env._picture
    env._picture = None
    env.step(np.array([1, 0, 0, 0, 0]))
    assert picture is not None
    assert picture._world is not None
    assert world_hash(picture._world) != world_hash(env.engine.batch.world)


def test_pictures_are_arrays_that_follow_the_match() -> None:
    env = make("Duel", levels="first_light", render_mode="rgb_array")
    env.reset(seed=1)
    first = env.render()
    for _ in range(5):
        env.step(np.array([1, 0, 0, 1, 0]))
    second = env.render()
    assert first.dtype == np.uint8
    assert first.shape == second.shape == (360, 640, 3)
    assert first.std() > 5
    changed = (first != second).any(axis=2).mean()
    assert 0.0005 < changed < 0.9


def test_a_closed_window_is_not_opened_again() -> None:
    import pygame

    env = make("Duel", levels="first_light", render_mode="human")
    env.reset(seed=1)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    env.step(np.zeros(5, np.int64))
    env.step(np.zeros(5, np.int64))
    assert pygame.display.get_surface() is None
    assert env.render() is None
    env.close()


def modules_after(code: str) -> set[str]:
    """The top-level modules loaded, and those of `game`, once a fresh Python ran `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = done.stdout.split()
    return {name.partition(".")[0] for name in names} | {name for name in names if name.startswith("game.")}


@pytest.mark.parametrize(
    "imports",
    [
        "import game, gymnasium",
        "import gymnasium, game",
        "import game; from importlib.util import find_spec; assert find_spec('gymnasium'); import gymnasium",
    ],
    ids=["game first", "gymnasium first", "looked for before"],
)
def test_importing_the_game_registers_its_ids_and_loads_nothing_heavy(imports: str) -> None:
    loaded = modules_after(
        f"{imports}; assert sum(name.startswith('Bankshot/') for name in gymnasium.registry) == 6"
    )
    assert "gymnasium" in loaded
    assert not loaded & {"numba", "pygame", "pettingzoo", "torch", "game.core.sim", "game.env"}


def test_an_environment_that_shows_nothing_needs_neither_pygame_nor_a_learner() -> None:
    making = "gymnasium.make_vec('game:Bankshot/Duel-v0', num_envs=1, levels='train:1')"
    loaded = modules_after(f"import gymnasium; {making}.reset(seed=1)")
    assert "numpy" in loaded
    assert not loaded & {"pygame", "pettingzoo", "torch", "stable_baselines3", "game.view"}


def test_every_registered_id_has_a_setup_and_the_other_way_round() -> None:
    registered = {name for name in gymnasium.registry if name.startswith("Bankshot/")}
    assert registered == set(ENV_IDS)
