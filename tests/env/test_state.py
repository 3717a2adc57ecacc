"""Saving and going on: bit by bit, as arrays and JSON."""

import io
import json
from typing import Any

import gymnasium
import numpy as np
import pytest

from game.core.sim.columns import WORDS
from game.core.sim.state import TANK_X
from game.env.saved import STATE_ARRAYS
from game.env.vector import BankshotVectorEnv
from tests.env.builders import Array, make_vec, seeded_actions, trajectory_digest


def through_files(state: dict[str, Any]) -> dict[str, Any]:
    """What is left of a state after it went through JSON and an .npz without pickle."""
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    file = io.BytesIO()
    np.savez(file, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as read:
        back = {name: read[name] for name in arrays}
    return back | json.loads(json.dumps({name: value for name, value in state.items() if name not in arrays}))


def advance(env: BankshotVectorEnv, actions: Any, steps: int) -> None:
    for _, action in zip(range(steps), actions, strict=False):
        env.step(action)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Eliminate", {"opponent": "chaser:1,marksman:1", "allies": "wanderer"}),
        ("Arena", {"seats": "all", "match_seconds": 3}),
        ("Duel", {"opponent": "marksman", "stagger": True, "match_seconds": 8}),
    ],
)
def test_a_saved_environment_goes_on_bit_by_bit(name: str, arguments: dict[str, Any]) -> None:
    env = make_vec(name, 5, **arguments)
    rows = env.num_envs
    env.reset(seed=1)
    if "seats" in arguments:
        env.assign_bots([0, rows - 1], ["chaser", "marksman"])
    actions = seeded_actions(rows)
    advance(env, actions, 47)
    state = through_files(env.state_dict())
    later: list[Array] = [next(actions) for _ in range(150)]
    expected = trajectory_digest(env, later, 150)

    other = make_vec(name, 5, **arguments)
    other.reset(seed=99)
    advance(other, seeded_actions(rows, 3), 20)
    other.load_state_dict(state)
    assert trajectory_digest(other, later, 150) == expected
    env.load_state_dict(state)
    assert trajectory_digest(env, later, 150) == expected


def test_a_state_is_no_view_of_the_environment() -> None:
    env = make_vec("Duel", 2)
    env.reset(seed=1)
    state = env.state_dict()
    before = {name: value.copy() for name, value in state.items() if isinstance(value, np.ndarray)}
    advance(env, seeded_actions(2), 10)
    assert all(np.array_equal(state[name], array) for name, array in before.items())


@pytest.mark.parametrize(
    "forgotten", ["bots.rng", "bots.state", "seating.row_seat", "batch.match_rng", "batch.way"]
)
def test_an_array_that_is_not_restored_is_found_out(forgotten: str) -> None:
    """The twin of the round trip: each of these arrays matters to what follows."""
    arguments = {"opponent": "chaser:1,marksman:1", "match_seconds": 5}
    env = make_vec("Duel", 6, **arguments)
    env.reset(seed=1)
    actions = seeded_actions(6)
    advance(env, actions, 60)
    state = env.state_dict()
    later = [next(actions) for _ in range(120)]
    expected = trajectory_digest(env, later, 120)
    other = make_vec("Duel", 6, **arguments)
    other.reset(seed=2)
    advance(other, seeded_actions(6, 3), 45)
    kept = other.state_dict()[forgotten]
    other.load_state_dict(state | {forgotten: kept})
    assert trajectory_digest(other, later, 120) != expected


def test_the_shots_of_another_moment_do_not_fit_and_are_refused() -> None:
    env = make_vec("Duel", 6, opponent="chaser:1,marksman:1", match_seconds=5)
    env.reset(seed=1)
    actions = seeded_actions(6)
    advance(env, actions, 40)
    earlier = env.state_dict()["world.shots"]
    advance(env, actions, 20)
    with pytest.raises(ValueError, match=r"state › world\.(shots|tanks) › world \d"):
        env.load_state_dict(env.state_dict() | {"world.shots": earlier})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 0}, r"state › format: expected 2, found 0"),
        (
            {"env_id": "Bankshot/Arena-v0"},
            r"state › env_id: expected Bankshot/Duel-v0, found 'Bankshot/Arena-v0'",
        ),
        ({"levels": []}, r"state › levels: expected the levels of this environment, found others"),
        ({"world.tanks": None}, r"state › world\.tanks: expected int64 .*, found NoneType"),
        (
            {"bots.rng": np.zeros((3, 2, 2), np.uint64)},
            r"state › bots\.rng: expected uint64 \(2, 2, 2\), found",
        ),
        ({"bots.ids": np.zeros((2, 2), np.int32)}, r"state › bots\.ids: expected int64 .*, found int32"),
        (
            {"bots.ids": np.full((2, 2), 99)},
            r"state › bots\.ids › world 0, seat 0 › bot: expected -1 to 9, found 99",
        ),
        (
            {"seating.row_seat": np.full((2, 1), 7)},
            r"state › seating\.row_seat › world 0, row 0 › seat: expected 0 to 1, found 7",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(
    change: dict[str, Any], message: str
) -> None:
    env = make_vec("Duel", 2)
    env.reset(seed=1)
    before = trajectory_digest(env, seeded_actions(2), 5)
    env.reset(seed=1)
    with pytest.raises(ValueError, match=message):
        env.load_state_dict(env.state_dict() | change)
    assert trajectory_digest(env, seeded_actions(2), 5) == before


def test_a_single_environment_goes_on_too() -> None:
    env: Any = gymnasium.make("game:Bankshot/Duel-v0", levels="train:4", opponent="marksman").unwrapped
    env.reset(seed=3)
    actions = [table[0] for _, table in zip(range(60), seeded_actions(1), strict=False)]
    for action in actions[:10]:
        env.step(action)
    state = env.state_dict()
    expected = [env.step(action)[0] for action in actions[10:20]]
    other: Any = gymnasium.make("game:Bankshot/Duel-v0", levels="train:4", opponent="marksman").unwrapped
    other.load_state_dict(state)
    found = [other.step(action)[0] for action in actions[10:20]]
    assert all(np.array_equal(*pair) for pair in zip(found, expected, strict=True))
    with pytest.raises(ValueError, match="state › over: expected true or false, found None"):
        other.load_state_dict(state | {"over": None})


NUMBERS = [
    pytest.param(name, n, id=f"{name}-{row.name}")
    for name, columns in STATE_ARRAYS.items()
    for n, row in enumerate(columns.rows)
    if row.high != WORDS
]


@pytest.fixture(scope="module")
def played() -> BankshotVectorEnv:
    env = make_vec("Eliminate", 2, opponent="marksman", levels="train:2")
    env.reset(seed=1)
    advance(env, seeded_actions(env.num_envs), 30)
    return env


@pytest.mark.parametrize(("name", "column"), NUMBERS)
def test_a_number_outside_its_range_is_refused_by_its_place(
    played: BankshotVectorEnv, name: str, column: int
) -> None:
    columns = STATE_ARRAYS[name]
    row = columns.rows[column]
    for value in (row.low - 1, row.high + 1, 2**40, -(2**40)):
        state = played.state_dict()
        table = state[name] if len(columns) > 1 else state[name][..., None]
        table[(0,) * (table.ndim - 1) + (column,)] = value
        with pytest.raises(ValueError, match="expected ") as refused:
            played.load_state_dict(state)
        assert str(refused.value).startswith(f"state › {name} › world 0")
        assert f" › {row.name}: expected " in str(refused.value)
        assert str(refused.value).endswith(f"found {value}")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1.5, -1.5])
def test_an_observation_outside_its_slot_is_refused(played: BankshotVectorEnv, value: float) -> None:
    state = played.state_dict()
    state["batch.observations"][1, 2, 77] = value
    with pytest.raises(
        ValueError, match=r"batch\.observations › world 1, seat 2 › number 77: expected -1 to 1, found"
    ):
        played.load_state_dict(state)
    state = played.state_dict()
    state["batch.way"][0, 0, 1] = 1e9
    with pytest.raises(
        ValueError, match=r"batch\.way › world 0, seat 0 › number 1: expected -1 to 64, found"
    ):
        played.load_state_dict(state)


def test_a_tank_out_of_this_world_is_refused_in_one_line(played: BankshotVectorEnv) -> None:
    """The number that ended the process with signal 11."""
    state = played.state_dict()
    state["world.tanks"][0, 1, TANK_X] = 2**40
    with pytest.raises(
        ValueError,
        match=r"^state › world\.tanks › world 0, seat 1 › x: expected 0 to \d+, found 1099511627776$",
    ):
        played.load_state_dict(state)
