"""What every brain is measured by: all bots in all objectives, on levels that no training has seen."""

import numpy as np
import pytest

from agents.match_panel import panel_of
from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.levels.catalogue import select
from game.env.vector import make_vector


def test_the_panel_has_every_bot_in_every_objective_from_the_right_side() -> None:
    rows = {row.title: row for row in panel_of("game:Bankshot/Duel-v0", {})}
    assert set(rows) == {"duel", *rules.OBJECTIVE_NAMES}
    assert all(sorted(row.opponents) == sorted(BOT_NAMES) for row in rows.values())
    assert {title: row.side for title, row in rows.items() if row.side is not None} == {
        "defend": 0,
        "survive": 0,
    }


def test_who_is_told_a_delay_is_measured_without_any() -> None:
    rows = panel_of("game:Bankshot/Duel-v0", {"delay": {"0": 1, "12": 1}})
    assert [row.kwargs["delay"] for row in rows] == [0] * len(rows)
    assert all("delay" not in row.kwargs for row in panel_of("game:Bankshot/Duel-v0", {}))


def test_no_level_of_the_panel_is_one_of_the_trainings() -> None:
    levels = {
        name: {level.digest for level in select(name, objective="eliminate")} for name in ("train", "test")
    }
    assert not levels["train"] & levels["test"]


@pytest.mark.parametrize("seats", ["all", "learner"])
def test_bots_look_on_and_say_what_they_would_do(seats: str) -> None:
    """What an onlooker says is what the same bot does in that seat; it moves nothing."""
    env = make_vector(6, seats=seats, levels="test:4")
    observation, _ = env.reset(seed=5)
    names: list[str | None] = ["marksman", "turret", "camper", "fleeing", "rusher", None]
    names = (names * 2)[: env.num_envs] if seats == "all" else names
    said = env.bot_actions(names)
    assert said.shape == (env.num_envs, len(rules.ACTION_HEADS))
    assert not said[[name is None for name in names]].any()
    again = make_vector(6, seats=seats, levels="test:4")
    before, _ = again.reset(seed=5)
    assert np.array_equal(observation, before)
    quiet = np.zeros_like(said)
    assert np.array_equal(env.step(quiet)[0], again.step(quiet)[0]), "looking on moves nothing"


def test_an_onlooker_does_what_a_seated_bot_does() -> None:
    """A marksman that is asked and obeyed plays the match that a seated one plays, while their streams agree."""
    asked, seated = (make_vector(4, seats="all", levels="test:4") for _ in range(2))
    first, _ = asked.reset(seed=9)
    second, _ = seated.reset(seed=9)
    seated.assign_bots(np.arange(8), ["turret"] * 8)  # a turret draws nothing at random but its side
    idle = np.zeros((8, 5), np.int64)
    for _ in range(40):
        assert np.array_equal(first, second)
        first = asked.step(asked.bot_actions(["turret"] * 8))[0]
        second = seated.step(idle)[0]


@pytest.mark.parametrize(
    ("names", "message"),
    [(["idle"], "expected a name for each of 4 rows, found 1"), (["chasser"] * 4, "bot: expected one of")],
)
def test_wrong_names_are_refused(names: list[str | None], message: str) -> None:
    env = make_vector(2, seats="all", levels="test:2")
    env.reset(seed=1)
    with pytest.raises(ValueError, match=message):
        env.bot_actions(names)
