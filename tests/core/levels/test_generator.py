"""Generated levels: playable, fair, the same for the same seed, never in both training and test set."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from game.core import rules
from game.core.levels.checks import check_arena
from game.core.levels.generator import (
    DEFAULT_MAX_SIZE,
    DEFAULT_MIN_SIZE,
    FAMILIES,
    MAX_SIZE,
    MIN_SIZE,
    TEST_SEEDS,
    TRAIN_SEEDS,
    generate,
)
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.core.levels.reach import Ground
from game.core.levels.symmetry import symmetry_of
from game.core.sim.arena import pack_arenas
from tests.core.levels.test_reach import slow_reach

GOLDEN = Path(__file__).parent / "golden_levels.txt"
SEEDS = 500


def errors(level: Level) -> list[str]:
    return [str(problem) for problem in check_arena(level.arena) if problem.severity == ERROR]


def assert_playable(seed: int, family: str, objective: str) -> None:
    level = generate(seed, family, objective)
    assert errors(level) == []
    assert (level.objective_name, level.family, level.seed) == (objective, family, seed)
    if objective in ("eliminate", "collect"):
        assert symmetry_of(level.arena) is not None, level.name


@pytest.mark.parametrize("family", FAMILIES)
def test_every_seed_gives_a_playable_level(family: str) -> None:
    for seed in range(SEEDS):
        assert_playable(seed, family, rules.OBJECTIVE_NAMES[seed % rules.N_OBJECTIVES])


@pytest.mark.slow
@pytest.mark.parametrize("objective", rules.OBJECTIVE_NAMES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_seed_gives_a_playable_level_for_each_objective(family: str, objective: str) -> None:
    for seed in (*TRAIN_SEEDS[:SEEDS], *TEST_SEEDS[:SEEDS]):
        assert_playable(seed, family, objective)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_seat_walks_to_all_it_needs(family: str) -> None:
    """The same promise, by walking tile by tile instead of asking the generator's own checks."""
    for seed in range(12):
        for objective in rules.OBJECTIVE_NAMES:
            arena = generate(seed, family, objective).arena
            start = arena.spawns[0]
            area = slow_reach(arena.tiles, (start.x, start.y), arena.portals)
            assert {(s.x, s.y) for s in arena.spawns} | set(arena.cells) <= area
            assert {(p.x, p.y) for p in arena.pickups} <= area
            if objective == "defend":
                y, x = (int(axis[0]) for axis in (arena.tiles == rules.CORE).nonzero())
                assert area & {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)}


def test_a_level_cut_in_two_is_seen() -> None:
    """The twin: a wall across a generated level leaves team 1 out of reach."""
    level = generate(5, "pillars", "eliminate")
    tiles = level.arena.tiles.copy()
    one, other = level.arena.spawns[:2]
    if one.x != other.x:
        tiles[:, (one.x + other.x) // 2] = rules.WALL
    else:
        tiles[(one.y + other.y) // 2, :] = rules.WALL
    broken = replace(level, arena=replace(level.arena, tiles=tiles, pickups=()))
    assert any("E047" in error for error in errors(broken))


def test_a_seed_means_the_level_it_always_meant() -> None:
    lines = [
        line.split() for line in GOLDEN.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    assert len(lines) >= 24
    for family, objective, seed, size, digest in lines:
        width, height = (int(side) for side in size.split("x"))
        level = generate(int(seed), family, objective, (width, height))
        assert level.digest[:16] == digest, (family, objective, seed)


def test_another_process_draws_the_same_levels() -> None:
    code = "from game.core.levels.generator import generate\nprint([generate(s).digest for s in range(20)])"
    root = Path(__file__).resolve().parents[3]
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert out.stdout.strip() == str([generate(seed).digest for seed in range(20)])


def test_training_and_test_levels_have_nothing_in_common() -> None:
    assert not set(TRAIN_SEEDS) & set(TEST_SEEDS)
    train = {generate(seed).digest for seed in TRAIN_SEEDS[:1000]}
    test = {generate(seed).digest for seed in TEST_SEEDS[:1000]}
    assert len(train) == len(test) == 1000
    assert not train & test


def test_a_seed_decides_what_is_left_out() -> None:
    levels = [generate(seed) for seed in range(200)]
    assert {level.family for level in levels} == set(FAMILIES)
    assert {level.objective for level in levels} == set(range(rules.N_OBJECTIVES))
    assert len({(level.width, level.height) for level in levels}) > 50
    for level in levels:
        assert DEFAULT_MIN_SIZE[0] <= level.width <= DEFAULT_MAX_SIZE[0]
        assert DEFAULT_MIN_SIZE[1] <= level.height <= DEFAULT_MAX_SIZE[1]


@pytest.mark.parametrize("size", [MIN_SIZE, (13, 11), (40, 10), (12, 30), MAX_SIZE])
@pytest.mark.parametrize("family", FAMILIES)
def test_any_size_and_any_teams_can_be_had(family: str, size: tuple[int, int]) -> None:
    for seed, objective in enumerate(rules.OBJECTIVE_NAMES):
        for teams in ((1, 1), (4, 4), (1, 4)):
            level = generate(seed, family, objective, size, teams)
            assert (level.width, level.height) == size
            assert (len(level.team_seats(0)), len(level.team_seats(1))) == teams
            assert errors(level) == []


def test_the_first_seats_are_one_against_one() -> None:
    for seed in range(50):
        level = generate(seed, team_sizes=(3, 3))
        assert [spawn.team for spawn in level.arena.spawns] == [0, 1, 0, 1, 0, 1]
        assert level.player_seats == (0,)


def test_the_core_takes_generated_levels() -> None:
    levels = pack_arenas([generate(seed).arena for seed in range(8)])
    assert levels.head.shape[0] == 8


def test_starts_of_enemies_do_not_see_each_other_along_a_row_or_column_as_a_rule() -> None:
    seen = 0
    for seed in range(200):
        arena = generate(seed, objective="eliminate", team_sizes=(1, 1)).arena
        one, other = arena.spawns
        if one.x == other.x or one.y == other.y:
            xs = range(min(one.x, other.x), max(one.x, other.x) + 1)
            ys = range(min(one.y, other.y), max(one.y, other.y) + 1)
            seen += not any(rules.TILES[arena.tiles[y, x]].stops_shot for x in xs for y in ys)
    assert seen <= 4


def test_arguments_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="family: expected one of pillars"):
        generate(1, "castles")
    with pytest.raises(ValueError, match="objective: expected one of eliminate"):
        generate(1, objective="win")
    with pytest.raises(ValueError, match="objective: expected 0 to 3, found 4"):
        generate(1, objective=4)
    with pytest.raises(ValueError, match="width: expected 12 to 40 tiles, found 41"):
        generate(1, size=(41, 20))
    with pytest.raises(ValueError, match="seed: expected 0"):
        generate(-1)
    with pytest.raises(ValueError, match="team 1: expected 1 to 4 seats, found 5"):
        generate(1, team_sizes=(1, 5))


def test_the_ground_of_a_level_is_mostly_open() -> None:
    for seed in range(100):
        level = generate(seed)
        ground = Ground.of(level.arena)
        assert ground.open.bit_count() * 100 >= 40 * level.width * level.height
