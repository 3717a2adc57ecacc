"""Masks of ours: what they forbid has no effect, what they allow has."""

from typing import Any

import gymnasium
import numpy as np
import pytest

from agents.adapter import GymVecEnv
from agents.contract import Contract
from agents.learner import MaskedPPO
from game.core import rules
from game.core.sim import state as st
from game.env.parallel import env as turns
from game.env.parallel import parallel_env
from tests.agents.helpers import small_recipe
from tests.env.builders import make_vec, seeded_actions

FIRE, SPECIAL = -3, -1  # columns of "hold the trigger" and "press the special"


@pytest.mark.parametrize("head", [3, 4])
def test_a_choice_has_an_effect_exactly_where_it_is_allowed(head: int) -> None:
    column = FIRE if head == 3 else SPECIAL
    timer = st.TANK_RELOAD if head == 3 else st.TANK_SPECIAL
    env = make_vec("Duel", 1, seats="all", levels="train:1", masks=True, match_seconds=600)
    met = set()
    for ticks in range(8):
        env.reset(seed=2)
        world = env.unwrapped.engine.batch.world
        world.tanks[0, 0, timer] = ticks + rules.DECISION_PERIOD
        still = np.zeros((2, 5), np.int64)
        _, _, _, _, info = env.step(still)
        assert world.tanks[0, 0, timer] == ticks
        allowed = bool(info["action_mask"][0, column])
        assert (env.unwrapped.action_masks() == info["action_mask"]).all()
        pressed = still.copy()
        pressed[0, head] = 1
        env.step(pressed)
        left = max(0, ticks - rules.DECISION_PERIOD)
        acted = bool(world.tanks[0, 0, timer] != left)  # the timer was set anew
        assert acted == allowed, ticks
        met.add(allowed)
    assert met == {True, False}


@pytest.mark.parametrize("head", [3, 4])
def test_who_acts_late_is_asked_about_the_ticks_in_which_it_acts(head: int) -> None:
    column, timer = (FIRE, st.TANK_RELOAD) if head == 3 else (SPECIAL, st.TANK_SPECIAL)
    late, period = 12, rules.DECISION_PERIOD
    env = make_vec("Duel", 1, seats="all", levels="train:1", masks=True, match_seconds=600, delay=late)
    still = np.zeros((2, 5), np.int64)
    met = set()
    for ticks in range(late - 2, late + 7):
        env.reset(seed=2)
        world = env.unwrapped.engine.batch.world
        world.tanks[0, 0, timer] = ticks + period
        allowed = bool(env.step(still)[4]["action_mask"][0, column])
        pressed = still.copy()
        pressed[0, head] = 1
        env.step(pressed)
        for _ in range(late // period):
            env.step(still)
        acted = bool(world.tanks[0, 0, timer] != max(0, ticks - period - late))
        assert acted == allowed, ticks
        met.add(allowed)
    assert met == {True, False}


def test_rows_without_a_tank_are_free_and_nothing_else_is_bound() -> None:
    env = make_vec("Eliminate", 4, seats="all", levels="train:2", masks=True, match_seconds=20)
    env.reset(seed=1)
    bound = 0
    for _, actions in zip(range(80), seeded_actions(env.num_envs), strict=False):
        info = env.step(actions)[4]
        mask = info["action_mask"]
        assert mask.shape == (env.num_envs, 53)
        assert mask[~info["active"]].all()
        bound += int((mask == 0).sum())
        assert np.delete(mask, [53 + FIRE, 53 + SPECIAL], axis=1).all()
    assert bound > 50


def test_single_and_parallel_environments_tell_them_too() -> None:
    single = gymnasium.make("game:Bankshot/Duel-v0", masks=True, levels="train:1")
    _, info = single.reset(seed=1)
    assert info["action_mask"].tolist() == single.unwrapped.action_masks().tolist() == [1] * 53  # type: ignore[attr-defined]
    many = parallel_env(masks=True, levels="train:1")
    _, infos = many.reset(seed=1)
    assert all(info["action_mask"].shape == (53,) for info in infos.values())
    plain = gymnasium.make("game:Bankshot/Duel-v0", levels="train:1")
    assert not hasattr(plain.unwrapped, "action_masks")
    assert "action_mask" not in plain.reset(seed=1)[1]
    for make in (lambda: make_vec("Duel", 1, masks=1), lambda: parallel_env(masks=1)):
        with pytest.raises(ValueError, match="masks: expected true or false, found 1"):
            make()


def test_a_policy_of_ours_learns_with_them() -> None:
    env = make_vec("Duel", 4, levels="train:1", masks=True)
    assert Contract.from_dict(env.unwrapped.policy_contract()).masks
    model = MaskedPPO(GymVecEnv(env, 1), small_recipe())
    model.learn(128)
    buffer = model.rollout_buffer
    assert buffer.masks is not None
    fired = buffer.actions[..., 3] == 1
    allowed = buffer.masks[..., FIRE]
    assert allowed[fired & buffer.active].all()
    assert not allowed.all()


def test_modules_functions_are_those_of_pettingzoo() -> None:
    from pettingzoo.test import api_test

    game: Any = turns("Bankshot/Duel-v0", levels="train:1", match_seconds=4)
    api_test(game, num_cycles=40)
    game.reset(seed=1)
    assert game.agent_selection == "team0_0"
