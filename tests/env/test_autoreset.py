"""NEXT_STEP plays the very matches of SAME_STEP, a step later each, and Gymnasium's own vector wrappers take it."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from agents.plain import plain_env
from tests.env.builders import make_vec, seeded_actions

QUICK: dict[str, Any] = {"match_seconds": 2, "levels": "train:6"}


def _next_step(kind: str, worlds: int, **more: Any) -> Any:
    return make_vec(kind, worlds, autoreset_mode="NextStep", **QUICK, **more)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("Duel", {"seats": "learner"}),
        ("Arena", {"seats": "all"}),
        ("Duel", {"opponent": "hunter", "brain_temperature": 0.0}),  # is told what it decided last
    ],
)
def test_every_world_plays_what_it_would_have_played(kind: str, more: dict[str, Any]) -> None:
    same = make_vec(kind, 5, **more, **QUICK)
    late = _next_step(kind, 5, **more)
    rows, of_world = same.num_envs, same.num_envs // 5
    table = np.stack([actions for _, actions in zip(range(120), seeded_actions(rows), strict=False)])
    seen: dict[str, list[list[Any]]] = {"same": [[] for _ in range(rows)], "late": [[] for _ in range(rows)]}
    observation, info = same.reset(seed=3)
    for actions in table:
        before = observation, info
        observation, reward, terminated, truncated, info = same.step(actions)
        for row in range(rows):
            over = terminated[row] | truncated[row]
            last = info["final_obs"][row] if over else observation[row]
            told = (reward[row], terminated[row], truncated[row], last.tobytes())
            seen["same"][row].append((before[0][row].tobytes(), *told))
    observation, info = late.reset(seed=3)
    at = np.zeros(rows, np.int64)  # each row's own next action
    resting = np.zeros(rows, np.bool_)
    rests = 0
    for _ in range(120):
        actions = np.where(resting[:, None], 1, table[at.clip(max=119), np.arange(rows)])
        before, awake = observation, ~resting
        observation, reward, terminated, truncated, info = late.step(actions)
        assert not reward[resting].any()
        assert not (terminated | truncated)[resting].any()
        for row in np.flatnonzero(awake).tolist():
            told = (reward[row], terminated[row], truncated[row], observation[row].tobytes())
            seen["late"][row].append((before[row].tobytes(), *told))
        at += awake
        ended = info["_outcome"] if "_outcome" in info else np.zeros(rows, np.bool_)
        assert not info["active"][ended].any()
        assert ended.reshape(5, of_world).all(1).sum() * of_world == ended.sum()  # a world rests as a whole
        resting = ended
        rests += int(ended.sum())
    assert rests >= 5 * of_world
    for one, other in zip(seen["same"], seen["late"], strict=True):
        assert one[: len(other)] == other
        assert len(other) > 90


def test_parts_and_states_know_who_rests() -> None:
    whole, split = (_next_step("Duel", 6, threads=2) for _ in range(2))
    assert np.array_equal(whole.reset(seed=4)[0], split.reset(seed=4)[0])
    parts = split.unwrapped.parts()
    assert len(parts) == 2
    stream = seeded_actions(6)
    ended = 0
    for _, actions in zip(range(60), stream, strict=False):
        expected = whole.step(actions)
        found = [part.step(actions[3 * n : 3 * n + 3]) for n, part in enumerate(parts)]
        assert np.array_equal(np.concatenate([step[0] for step in found]), expected[0])
        ended += int((expected[2] | expected[3]).sum())
        if (expected[2] | expected[3]).any():
            saved = whole.state_dict()
    assert ended > 2
    again = [_next_step("Duel", 6) for _ in range(2)]
    for env in again:
        env.reset(seed=9)
        env.load_state_dict(saved)
    assert saved["rest.worlds"].any()
    for _, actions in zip(range(20), seeded_actions(6), strict=False):
        first, second = (env.step(actions) for env in again)
        assert np.array_equal(first[0], second[0])
    with pytest.raises(ValueError, match=r"state › rest.active: expected bool \(6,\), found NoneType"):
        again[0].load_state_dict({**saved, "rest.active": None})


def test_gymnasiums_own_vector_wrappers_take_it() -> None:
    with pytest.raises(ValueError, match="autoreset_mode"):
        gymnasium.wrappers.vector.NormalizeObservation(make_vec("Duel", 2, **QUICK))
    env = gymnasium.wrappers.vector.NormalizeObservation(_next_step("Duel", 3))
    env = gymnasium.wrappers.vector.RecordEpisodeStatistics(env)
    env.reset(seed=1)
    finished = []
    for _, actions in zip(range(60), seeded_actions(3), strict=False):
        observation, _, terminated, truncated, info = env.step(actions)
        assert np.isfinite(observation).all()
        finished += info.get("episode", {}).get("l", np.zeros(3))[terminated | truncated].tolist()
    assert len(finished) > 2
    assert max(finished) <= 2 * 15 + 1


def test_the_rules_of_the_learner_take_it() -> None:
    env = plain_env(_next_step("Duel", 3), "x")
    assert env.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    env.reset(seed=1)
    rested = 0
    for _, actions in zip(range(60), seeded_actions(3), strict=False):
        _, _, terminated, truncated, info = env.step(actions)
        over = terminated | truncated
        assert not info["active"][over].any()
        rested += int(over.sum())
    assert rested > 2


@pytest.mark.parametrize("given", [AutoresetMode.SAME_STEP, "SameStep", "SAME_STEP"])
def test_modes_go_by_value_and_name(given: Any) -> None:
    assert make_vec("Duel", 1, autoreset_mode=given).metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    with pytest.raises(ValueError, match="expected 'SameStep' or 'NextStep', found 'Disabled'"):
        make_vec("Duel", 1, autoreset_mode="Disabled")
