"""The built-in levels: sound, many-sided, fair where they should be, and as the writer writes them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import BUILTIN_FOLDER, list_levels
from game.core.levels.checks import check_arena
from game.core.levels.model import AUTO_MOOD, LEVEL_MOODS, Level
from game.core.levels.symmetry import symmetry_of
from game.core.levels.writer import write_level
from game.core.sim.arena import pack_arenas

ENTRIES = list_levels()
LEVELS = [entry.level for entry in ENTRIES if entry.level is not None]
each_level = pytest.mark.parametrize("level", LEVELS, ids=[level.name for level in LEVELS])


def by_name(name: str) -> Level:
    return next(level for level in LEVELS if level.name == name)


def test_there_are_at_least_four_levels_for_each_objective() -> None:
    counts = Counter(level.objective_name for level in LEVELS)
    assert all(counts[name] >= 4 for name in rules.OBJECTIVE_NAMES)
    assert len(LEVELS) == len(list(BUILTIN_FOLDER.glob("*.tmj"))) >= 16


@each_level
def test_each_level_reads_without_as_much_as_a_note(level: Level) -> None:
    assert level.notes == ()
    assert check_arena(level.arena) == ()


def test_a_spoilt_level_would_be_seen() -> None:
    """The twin: a start of `foundry` walled over is an error."""
    arena = by_name("foundry").arena
    tiles = arena.tiles.copy()
    tiles[arena.spawns[0].y, arena.spawns[0].x] = rules.WALL
    assert check_arena(replace(arena, tiles=tiles)) != ()


@each_level
def test_each_level_is_presented_in_both_languages(level: Level) -> None:
    assert level.title.en.isascii()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in level.title.zh)
    assert level.title.text("zh") != level.title.text("en")
    assert level.mood in (AUTO_MOOD, *LEVEL_MOODS)
    assert level.licence == "MIT"
    assert level.author


@each_level
def test_duels_and_collections_are_fair(level: Level) -> None:
    if level.objective in (rules.ELIMINATE, rules.COLLECT):
        assert symmetry_of(level.arena) is not None


@each_level
def test_exactly_one_seat_is_the_players(level: Level) -> None:
    assert len(level.player_seats) == 1
    assert level.arena.spawns[level.player_seats[0]].team == 0
    assert len(level.roster) == len(level.arena.spawns)
    for seat in level.enemy_seats:
        assert level.roster[seat].brain


@each_level
def test_the_file_is_what_the_writer_writes(level: Level) -> None:
    assert level.source is not None
    assert write_level(level, "../tileset/bankshot.tsj") == level.source.read_bytes()


def test_the_list_begins_with_the_easy_ones() -> None:
    assert LEVELS[0].name == "first_light"
    difficulties = [level.difficulty for level in LEVELS]
    assert difficulties == sorted(difficulties)
    assert set(difficulties) == set(range(1, 6))


def test_all_tiles_and_pick_ups_are_used_somewhere() -> None:
    tiles = set(np.concatenate([level.arena.tiles.reshape(-1) for level in LEVELS]).tolist())
    assert tiles >= set(range(rules.HOME + 2))
    assert {p.kind for level in LEVELS for p in level.arena.pickups} == set(range(len(rules.PICKUP_NAMES)))


def test_sizes_run_from_a_duel_to_the_largest() -> None:
    sizes = {(level.width, level.height) for level in LEVELS}
    assert (64, 48) in sizes
    assert sum(level.width <= 24 and level.height <= 18 for level in LEVELS) >= 6


def test_the_benchmark_level_has_eight_seats_on_32_by_24_tiles() -> None:
    foundry = by_name("foundry")
    assert (foundry.width, foundry.height, foundry.objective_name) == (32, 24, "eliminate")
    assert (len(foundry.team_seats(0)), len(foundry.team_seats(1))) == (4, 4)


def test_the_core_takes_all_of_them_together() -> None:
    packed = pack_arenas([level.arena for level in LEVELS])
    assert packed.head.shape[0] == len(LEVELS)
