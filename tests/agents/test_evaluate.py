"""Win rates are counted without favour and reported with their uncertainty."""

from typing import Any

import gymnasium
import numpy as np
import pytest

from agents.counting import MatchCounter
from agents.envs import EndedMatches
from agents.errors import EnvRefused
from agents.evaluate import Player, duel, evaluate, wilson
from tests.plugin_demo.paddle import PaddleVectorEnv

from .helpers import DEMO, CountingEnv


def _still(observations: Any) -> Any:
    return np.tile(np.array([90, 0, 0, 90, 0], dtype=np.float32), (len(observations), 1))


def _follower(observations: Any) -> Any:
    """Moves towards the ball, always."""
    gap = observations[:, 3] - observations[:, 0]
    logits = np.zeros((len(observations), 5), dtype=np.float32)
    logits[:, 0] = 45
    logits[gap < -0.05, 1] = 90
    logits[gap > 0.05, 2] = 90
    logits[:, 3] = 90
    return logits


STILL, FOLLOWER = Player("still-net", _still), Player("follower", _follower)


@pytest.mark.parametrize(
    ("wins", "matches", "low", "high"),
    # Published examples of Wilson's interval, and the edges.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_intervals(wins: int, matches: int, low: float, high: float) -> None:
    assert wilson(wins, matches) == pytest.approx((low, high), abs=5e-5)


def test_the_better_player_wins_and_everything_adds_up() -> None:
    told: list[int] = []
    report = evaluate(
        FOLLOWER,
        DEMO,
        "still",
        matches=100,
        num_envs=16,
        seed=1,
        kwargs={"levels": "calm"},
        on_match=told.append,
    )
    assert report.matches == report.wins + report.losses + report.draws + report.timeouts == told[-1] == 100
    assert report.win_rate > 0.9
    assert report.interval[0] < report.win_rate <= report.interval[1]
    assert report.levels == "calm"
    assert 0 < report.mean_ticks < 400
    assert "follower vs still on calm: " in report.line()
    worse = evaluate(STILL, DEMO, "tracker", matches=50, num_envs=16, seed=1)
    assert worse.losses > 40


def test_the_same_seed_gives_the_same_matches() -> None:
    reports = [
        evaluate(Player("x", lambda o: np.zeros((len(o), 5))), DEMO, "random", matches=40, seed=s)
        for s in (5, 5, 6)
    ]
    rows = [{**report.to_dict(), "seconds": 0, "seed": 0} for report in reports]
    assert rows[0] == rows[1] != rows[2]


def test_short_matches_are_not_favoured() -> None:
    # Row 0 loses quickly and often, row 1 wins slowly: with 2 matches each, both weigh the same.
    count = MatchCounter(np.full(2, 2))
    for _ in range(5):
        count.add(np.array([0]), _ended(0, -1))
    count.add(np.array([1]), _ended(1, 1))
    assert not count.done
    count.add(np.array([1]), _ended(1, 1))
    assert count.done
    assert (count.wins, count.losses, count.matches) == (2, 2, 4)


def _ended(row: int, outcome: int) -> EndedMatches:
    return EndedMatches(np.array([row]), np.array([outcome]), np.array([10]), np.array([False]))


def test_duels_swap_sides_and_mirror() -> None:
    there = duel(FOLLOWER, STILL, DEMO, matches=60, num_worlds=8, seed=2)
    back = duel(STILL, FOLLOWER, DEMO, matches=60, num_worlds=8, seed=2)
    assert there.matches == back.matches == 60
    assert there.wins > 50
    assert back.losses > 50


def test_a_side_that_is_better_does_not_decide_a_duel(monkeypatch: pytest.MonkeyPatch) -> None:
    original = PaddleVectorEnv.step

    def left_always_wins(self: PaddleVectorEnv, actions: Any) -> Any:
        *rest, info = original(self, actions)
        if "outcome" in info:
            info["outcome"] = np.where(self.team_of_row == 0, 1, -1)
        return (*rest, info)

    monkeypatch.setattr(PaddleVectorEnv, "step", left_always_wins)
    report = duel(FOLLOWER, STILL, DEMO, matches=40, num_worlds=8)
    assert (report.wins, report.losses) == (20, 20)


def test_bots_can_duel() -> None:
    report = duel(Player("tracker"), Player("still"), DEMO, matches=30, num_worlds=8, seed=3)
    assert report.wins > 25
    assert duel(FOLLOWER, Player("still"), DEMO, matches=30, num_worlds=8, seed=3).wins > 25


def test_fewer_matches_than_rows() -> None:
    assert evaluate(FOLLOWER, DEMO, "still", matches=3, num_envs=64).matches == 3
    assert duel(FOLLOWER, STILL, DEMO, matches=1, num_worlds=64).matches == 1


def test_an_env_that_reports_no_outcome_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.evaluate.PATIENCE", 50)
    gymnasium.register("Silent-v0", vector_entry_point=lambda num_envs, opponent: CountingEnv(rows=num_envs))
    try:
        with pytest.raises(
            EnvRefused, match=r"expected info\['outcome'\] when a match ends, found none in 50 steps"
        ):
            evaluate(Player("x", lambda o: np.zeros((len(o), 2))), "Silent-v0", "none", matches=2)
    finally:
        gymnasium.registry.pop("Silent-v0")


def test_an_env_for_one_player_is_refused_where_policies_are_to_meet() -> None:
    with pytest.raises(
        EnvRefused, match=r"'CartPole-v1': expected one that seats several players.*found none"
    ):
        duel(STILL, FOLLOWER, "CartPole-v1", matches=2, num_worlds=2)
