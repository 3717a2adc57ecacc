"""What make and make_vec are given: understood, or refused in one line."""

from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.bots.table import CHASER, MARKSMAN, WANDERER
from game.core.sim.arena import Spawn
from game.core.sim.setup import LEVEL_CLASS, RANDOM_CLASS
from game.env.arguments import parse_mixture, resolve_arguments
from game.env.kernels import ANY_TEAM, MIXTURE_SCALE
from game.env.setups import ENV_IDS, find_setup
from tests.env.builders import hall

DUEL = find_setup("Bankshot/Duel-v0")
ELIMINATE = find_setup("game:Bankshot/Eliminate-v0")
ARENA = find_setup("Bankshot/Arena-v0")


@pytest.mark.parametrize(
    ("given", "bots", "shares"),
    [
        ("chaser", [CHASER], [1.0]),
        ("chaser:1,marksman:3", [CHASER, MARKSMAN], [0.25, 1.0]),
        ("wanderer, chaser", [WANDERER, CHASER], [0.5, 1.0]),
        ({"marksman": 2, "wanderer": 2}, [MARKSMAN, WANDERER], [0.5, 1.0]),
        (["chaser", "wanderer", "chaser"], [CHASER, WANDERER], [2 / 3, 1.0]),
        ({"chaser": 1, "marksman": 0}, [CHASER, MARKSMAN], [1.0, 1.0]),
    ],
)
def test_a_mixture_gives_each_bot_its_share(given: Any, bots: list[int], shares: list[float]) -> None:
    table = parse_mixture("opponent", given, [])
    assert table[:, 0].tolist() == bots
    assert table[:, 1] / MIXTURE_SCALE == pytest.approx(shares, abs=1e-6)
    assert table[-1, 1] == MIXTURE_SCALE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("chasser", r"opponent › bot: expected one of .*, found 'chasser'; did you mean 'chaser'\?"),
        ("chaser:x", r"opponent › chaser: expected a weight, found 'x'"),
        ({"chaser": -1}, r"opponent › chaser: expected a weight of at least 0, found -1"),
        ({"chaser": "1"}, r"opponent › chaser: expected a weight, found '1'"),
        ({"chaser": float("inf")}, r"opponent › chaser: expected a weight of at least 0, found inf"),
        ({"chaser": 0}, r"opponent: expected a bot with a weight above 0"),
        ({}, r"opponent: expected a bot with a weight above 0"),
        (7, r"opponent: expected a bot's name or a mixture, found 7"),
    ],
)
def test_a_wrong_mixture_is_refused(given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_mixture("opponent", given, [])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"levels": "no_such_level"}, r"level: expected a level's name"),
        ({"levels": "fortress"}, r"levels › fortress: expected a level of eliminate .* found one of defend"),
        ({"opponent": "nobody"}, r"opponent › bot: expected one of"),
        ({"seats": "some"}, r"seats: expected one of learner, all, found 'some'"),
        ({"seats": "all", "opponent": "chaser"}, r"opponent: expected None with seats='all'"),
        ({"seats": "all", "side": 0}, r"side: expected None with seats='all'"),
        ({"side": 2}, r"side: expected a team of every level, found 2, not in"),
        ({"side": "left"}, r"side: expected 'random' or a team 0 to 3, found 'left'"),
        ({"side": True}, r"side: expected 'random' or a team 0 to 3, found True"),
        (
            {"tank_class": "tank"},
            r"tank_class: expected one of random, level, scout, ranger, heavy, found 'tank'",
        ),
        ({"team_sizes": (2, 2)}, r"team_sizes › team 0: expected at most 1 for Bankshot/Duel-v0, found 2"),
        ({"team_sizes": 2}, r"team_sizes: expected two whole numbers, found 2"),
        ({"level_size": (12.5, 10)}, r"level_size: expected two whole numbers"),
        ({"level_size": (5, 5)}, r"width: expected 12 to 40 tiles, found 5"),
        ({"match_seconds": 0}, r"match_seconds: expected 1 to 3600, found 0"),
        ({"match_seconds": "1"}, r"match_seconds: expected a number, found '1'"),
        ({"reward": {"winn": 1}}, r"reward › winn: .* did you mean 'win'"),
        ({"preview": 1}, r"preview: expected true or false, found 1"),
        ({"threads": 0}, r"threads: expected 1 to 256, found 0"),
    ],
)
def test_a_wrong_argument_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_arguments(DUEL, **({"levels": "train:2"} | given))


def test_an_unknown_id_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"found 'Bankshot/Due-v0'; did you mean 'Bankshot/Duel-v0'\?"):
        find_setup("Bankshot/Due-v0")


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_default_levels_play_the_objective_of_the_id(env_id: str) -> None:
    setup = find_setup(env_id)
    arguments = resolve_arguments(setup, levels="train:24")
    found = {level.objective_name for level in arguments.levels}
    assert found == ({setup.objective} if setup.objective else set(rules.OBJECTIVE_NAMES))


def test_a_duel_seats_one_tank_a_team_on_any_level() -> None:
    arguments = resolve_arguments(DUEL, levels="foundry, first_light")
    assert arguments.teams == (0, 1)
    assert (arguments.level_roster[:, :, 0] == [0, 1]).all()


def test_team_fights_are_as_large_as_the_level_up_to_four_a_team() -> None:
    arguments = resolve_arguments(ELIMINATE, levels="first_light, foundry, metropolis")
    assert arguments.teams == (0, 1) * 4
    assert arguments.level_roster[0, :, 0].tolist() == [0, 1] + [-1] * 6
    assert arguments.level_roster[1, :, 0].tolist() == [0, 1] * 4
    assert arguments.level_roster[2, :, 0].tolist() == [0, 1] * 4


def test_uneven_teams_get_as_many_seats_as_any_level_needs() -> None:
    one = hall(Spawn(1, 1, 0), Spawn(8, 1, 1), Spawn(8, 2, 1), Spawn(8, 3, 1))
    other = hall(Spawn(1, 1, 0), Spawn(1, 2, 0), Spawn(8, 1, 1))
    arguments = resolve_arguments(ELIMINATE, levels=[one, other])
    assert arguments.teams == (0, 1, 0, 1, 1)
    assert arguments.level_roster[:, :, 0].tolist() == [[0, 1, -1, 1, 1], [0, 1, 0, -1, -1]]


@pytest.mark.parametrize(
    ("name", "number"), [("random", RANDOM_CLASS), ("level", LEVEL_CLASS), ("heavy", rules.HEAVY)]
)
def test_the_tank_class_goes_to_every_seat(name: str, number: int) -> None:
    arguments = resolve_arguments(DUEL, levels="train:2", tank_class=name)
    assert (arguments.level_roster[:, :, 1] == number).all()


def test_the_learner_takes_either_side_unless_it_defends() -> None:
    assert resolve_arguments(DUEL, levels="train:1").side == ANY_TEAM
    assert resolve_arguments(DUEL, levels="train:1", side=1).side == 1
    assert resolve_arguments(find_setup("Bankshot/Defend-v0"), levels="train:1").side == 0
    assert (
        resolve_arguments(find_setup("Bankshot/Defend-v0"), levels="train:1", side="random").side == ANY_TEAM
    )


def test_another_match_length_leaves_the_level_itself_alone() -> None:
    level = hall(seconds=60)
    arguments = resolve_arguments(DUEL, levels=level, match_seconds=2.5)
    assert arguments.arenas[0].time_limit == 150
    assert level.arena.time_limit == 3600
    assert np.array_equal(arguments.arenas[0].tiles, level.arena.tiles)
