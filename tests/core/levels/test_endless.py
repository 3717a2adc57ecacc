"""Endless levels: what a seed means stays; each plays, has a name that finds it, and they differ in what makes a level hard."""

from collections import Counter

import pytest

from game.core import rules
from game.core.levels.catalogue import load_level, select
from game.core.levels.checks import check_arena
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.generator import SEED_LIMIT, TEST_SEEDS, TRAIN_SEEDS, by_name, generate
from game.core.levels.measures import measures_of
from game.core.levels.problems import ERROR
from game.core.levels.tmj import parse_level
from game.core.levels.writer import write_level

EACH = 60
GOLDEN = {
    "eliminate": ("a5c3ac4e10803ef0", "9c6c345303bc2a3b"),
    "defend": ("80c34116d845b6f5", "c03ff68ade7c69f3"),
    "collect": ("4fedb7dad31be87c", "9a655a996531a83d"),
    "survive": ("cb31443869366062", "2aba94330ac3ccfa"),
}


@pytest.mark.parametrize("objective", rules.OBJECTIVE_NAMES)
def test_an_endless_seed_has_always_meant_the_same_level(objective: str) -> None:
    """Grades that ship, results and names of levels rest on it."""
    found = tuple(generate(ENDLESS_SEEDS[place], None, objective).digest[:16] for place in (3, 123_456))
    assert found == GOLDEN[objective]


@pytest.mark.parametrize("objective", rules.OBJECTIVE_NAMES)
def test_endless_levels_play_and_differ(objective: str) -> None:
    levels = select(f"endless:{objective}:{EACH}")
    assert len({level.digest for level in levels}) == EACH
    assert len({level.name for level in levels}) == EACH
    sides = Counter((len(level.team_seats(0)), len(level.team_seats(1))) for level in levels)
    assert len(sides) >= 5
    for level in levels:
        assert level.objective_name == objective
        assert not [found for found in check_arena(level.arena) if found.severity == ERROR]
        assert load_level(level.name).digest == level.digest
        assert parse_level(write_level(level), level.name).digest == level.digest
    assert len({level.arena.time_limit for level in levels}) > 1 or objective == "defend"
    if objective in ("defend", "collect"):
        assert len({level.arena.goal for level in levels}) >= 4
    numbers = [measures_of(level) for level in levels]
    assert len({round(row["way"], 2) for row in numbers}) > EACH // 4


def test_no_seed_is_of_two_ranges() -> None:
    for range_ in (TRAIN_SEEDS, TEST_SEEDS):
        assert range_.stop <= ENDLESS_SEEDS.start or range_.start >= ENDLESS_SEEDS.stop
    assert ENDLESS_SEEDS.stop < SEED_LIMIT


@pytest.mark.parametrize(
    "name",
    [
        "rings-defend",
        "rings-defend-",
        "rings-defend-01",
        "rings-defend-1000000",
        "towers-defend-1",
        "rings-race-1",
        "x-rings-defend-1",
    ],
)
def test_what_is_no_endless_levels_name_finds_none(name: str) -> None:
    assert by_name(name) is None
    with pytest.raises(ValueError, match="expected a level's name"):
        load_level(name)
