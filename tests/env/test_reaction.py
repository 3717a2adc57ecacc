"""Delays in the environments: acts come late by just so much, rows are told, and states, parts and seeds hold."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from game.env.reaction import Reaction, parse_delay
from game.match.reflexes import FULL_SIZE, REFLEX_SIZE, full_contract
from tests.env.builders import make_vec, seeded_actions, trajectory_digest

PERIOD = rules.DECISION_PERIOD
HEADS = len(rules.ACTION_HEADS)


def test_a_decision_is_acted_on_after_its_delay_and_a_tank_stands_until_then() -> None:
    delays = [0, 4, 12, 24]
    for ticks in delays:
        reaction = Reaction(parse_delay(ticks), 3, 0)
        reaction.begin(5, 1)
        seen = np.zeros((3, OBSERVATION_SIZE), np.float32)
        seen[:, OFFSETS["own_aim"]] = [1, 0, -np.sqrt(0.5)]
        seen[:, OFFSETS["own_aim"] + 1] = [0, -1, np.sqrt(0.5)]
        reaction.add_reflexes(seen, np.ones(3, np.bool_), np.ones(3, np.bool_))
        given = [np.full((3, HEADS), n % 2 + 1) for n in range(10)]
        for n, actions in enumerate(given):
            due = reaction.delay_actions(actions)
            if n >= ticks // PERIOD:
                assert np.array_equal(due, given[n - ticks // PERIOD])
            else:  # stands, holds fire, and aims where its turret points: right, up, down left
                assert due.tolist() == [[0, aim // 8, aim % 8, 0, 0] for aim in (0, 192, 96)]


def test_a_row_is_told_its_delay_and_its_last_decision() -> None:
    env = make_vec("Duel", 4, delay=12)
    seen, _ = env.reset(seed=1)
    assert seen.shape == (4, FULL_SIZE)
    at_first = [0.5, 0, 0, 1, 0, 0]  # stands, aims right, holds fire
    assert seen[:, OBSERVATION_SIZE:].tolist() == [at_first] * 4
    actions = np.array([[1, 0, 0, 0, 0], [3, 8, 0, 1, 0], [2, 16, 0, 0, 1], [5, 24, 0, 1, 0]])
    seen, *_ = env.step(actions)
    half = np.float32(np.sqrt(0.5))
    expected = [
        [0.5, 1, 0, 1, 0, 0],
        [0.5, 0, 1, 0, 1, 1],
        [0.5, half, half, -1, 0, 0],
        [0.5, -1, 0, 0, -1, 1],
    ]
    assert np.allclose(seen[:, OBSERVATION_SIZE:], expected, atol=1e-6)


def test_without_a_delay_the_match_is_the_one_that_rows_without_reflexes_play() -> None:
    plain, told = make_vec("Duel", 6, match_seconds=4), make_vec("Duel", 6, match_seconds=4, delay=0)
    first, second = plain.reset(seed=2)[0], told.reset(seed=2)[0]
    ended = 0
    for _, actions in zip(range(150), seeded_actions(6), strict=False):
        assert np.array_equal(first, second[:, :OBSERVATION_SIZE])
        first, reward, *_, info = plain.step(actions)
        second, other, *_, more = told.step(actions)
        assert np.array_equal(reward, other)
        if "final_obs" in info:
            rows = info["_final_obs"]
            assert np.array_equal(info["final_obs"], more["final_obs"][:, :OBSERVATION_SIZE])
            living = rows & (info["final_obs"] != 0).any(1)
            assert told.observation_space.contains(more["final_obs"])
            assert (more["final_obs"][~living] == 0).all()
            ended += int(living.sum())
    assert ended


def test_a_delay_makes_itself_felt() -> None:
    """The same decisions lead elsewhere: a tank that is told to go right at once has gone farther."""
    right = np.tile([1, 0, 0, 0, 0], (16, 1))
    gone = []
    for ticks in (0, 8, 24):
        env = make_vec("Duel", 16, levels="test:16", delay=ticks)
        seen, _ = env.reset(seed=3)
        start = seen[:, OFFSETS["own_place"]].copy()
        for _ in range(8):
            seen, *_ = env.step(right)
        gone.append(float(np.abs(seen[:, OFFSETS["own_place"]] - start).sum()))
    assert gone[0] > gone[1] > gone[2]


def test_delays_are_drawn_by_their_weights_for_every_match_anew() -> None:
    env = make_vec("Duel", 400, match_seconds=1, delay={"0": 3, 12: 1})
    seen, _ = env.reset(seed=4)
    first = seen[:, OBSERVATION_SIZE].copy()
    assert set(first.tolist()) == {0.0, 0.5}
    assert 0.18 < float((first > 0).mean()) < 0.32
    quiet = np.zeros((400, HEADS), np.int64)
    for _ in range(20):
        seen, *_ = env.step(quiet)
    assert 0.1 < float((seen[:, OBSERVATION_SIZE] != first).mean()) < 0.6


@pytest.mark.parametrize("seats", ["learner", "all"])
def test_parts_and_restarts_play_what_the_whole_plays(seats: str) -> None:
    settings: dict[str, Any] = {"seats": seats, "match_seconds": 3, "threads": 3, "delay": [0, 24]}
    whole, split = make_vec("Arena", 7, **settings), make_vec("Arena", 7, **settings)
    assert np.array_equal(whole.reset(seed=4)[0], split.reset(seed=4)[0])
    parts = split.unwrapped.parts()
    bounds = np.cumsum([0, *(part.num_envs for part in parts)]).tolist()
    actions = seeded_actions(whole.num_envs)
    state: dict[str, Any] = {}
    for step in range(100):
        chosen = next(actions)
        expected = whole.step(chosen)
        for part, (first, last) in zip(parts, pairwise(bounds), strict=True):
            assert np.array_equal(part.step(chosen[first:last])[0], expected[0][first:last])
        if step == 60:
            state = {
                key: value.copy() if isinstance(value, np.ndarray) else value
                for key, value in whole.state_dict().items()
            }
    later = [next(actions) for _ in range(90)]
    again = make_vec("Arena", 7, **settings)
    again.reset(seed=9)
    again.load_state_dict(state)
    whole.load_state_dict(state)
    assert trajectory_digest(whole, later, 90) == trajectory_digest(again, later, 90)
    state["reaction.delay"][2, 0] = 7
    with pytest.raises(
        ValueError, match=r"state › reaction\.delay › world 2, row 0 › delay: expected 0 to 6, found 7"
    ):
        again.load_state_dict(state)


@pytest.mark.parametrize(
    ("delay", "message"),
    [
        (5, "delay: expected ticks, a multiple of 4 from 0 to 24, found 5"),
        (28, "delay: expected ticks, a multiple of 4 from 0 to 24, found 28"),
        ([24, 0], r"delay: expected the least and the most ticks, found \[24, 0\]"),
        ([0, 8, 24], "delay: expected the least and the most ticks"),
        ({}, "delay: expected a delay with a weight above 0"),
        ({4: -1}, "delay › 4: expected a weight of at least 0, found -1"),
        ("soon", "delay: expected ticks, a multiple of 4 from 0 to 24, found 'soon'"),
        (True, "delay: expected ticks, .* found True"),
    ],
)
def test_another_delay_is_refused(delay: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_vec("Duel", 1, delay=delay)


def test_the_contract_has_the_reflexes_behind_the_senses() -> None:
    env = make_vec("Duel", 1, delay=0)
    contract = env.unwrapped.policy_contract()
    assert contract == full_contract()
    assert sum(slot["size"] for slot in contract["slots"]) == FULL_SIZE == OBSERVATION_SIZE + REFLEX_SIZE
    assert [slot["name"] for slot in contract["slots"]][-2:] == ["own_delay", "own_decision"]
    assert env.single_observation_space.shape == (FULL_SIZE,)
