"""Writing a level and reading it again gives the same level, byte for byte the same file."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game.core import rules
from game.core.levels.checks import check_arena
from game.core.levels.generator import FAMILIES, generate
from game.core.levels.model import AUTO_MOOD, LEVEL_MOODS, Level, SeatPlan, Title
from game.core.levels.problems import ERROR
from game.core.levels.tmj import parse_level
from game.core.levels.writer import write_level
from game.core.sim.arena import Arena, PickupSpot, Spawn

TEXTS = st.text(st.characters(min_codepoint=32, categories=("L", "N", "P", "S", "Zs")), max_size=20).filter(
    str.isprintable
)


def same(one: Level, other: Level) -> bool:
    """Tell whether two levels are alike in everything that a file holds."""
    return (
        one.digest == other.digest
        and [set(pair) for pair in one.arena.portals] == [set(pair) for pair in other.arena.portals]
        and (
            one.title,
            one.author,
            one.licence,
            one.mood,
            one.music,
            one.difficulty,
            one.seed,
            one.family,
            one.roster,
        )
        == (
            other.title,
            other.author,
            other.licence,
            other.mood,
            other.music,
            other.difficulty,
            other.seed,
            other.family,
            other.roster,
        )
    )


@st.composite
def drawn_levels(draw: st.DrawFn) -> Level:
    """Any playable mix of tiles, starts and things on a small open arena."""
    width, height = draw(st.integers(10, 20)), draw(st.integers(8, 14))
    solid = [
        rules.WALL,
        rules.BRICK,
        rules.BRICK_CRACKED,
        rules.WATER,
        rules.COVER,
        rules.MIRROR_SLASH,
        rules.MIRROR_BACKSLASH,
    ]
    tiles = np.zeros((height, width), np.uint8)
    # Rows 1 and up are dealt out; row 0 and every other column stay floor, so that all is joined.
    for x in range(1, width, 2):
        for y in range(1, height):
            tiles[y, x] = draw(st.sampled_from([rules.FLOOR, *solid]))
    free = [(x, y) for x in range(0, width, 2) for y in range(height)]
    places = draw(st.permutations(free))
    objective = draw(st.integers(0, rules.N_OBJECTIVES - 1))
    enemies, things, portals = draw(st.integers(1, 4)), draw(st.integers(0, 6)), draw(st.integers(0, 2))
    take = iter(places)
    spawns = [
        Spawn(*next(take), team, draw(st.integers(0, rules.N_CLASSES - 1)), draw(st.integers(1, 8)))
        for team in [0] + [1] * enemies
    ]
    pickups = tuple(PickupSpot(*next(take), draw(st.integers(0, 4))) for _ in range(things))
    cells = tuple(next(take) for _ in range(2))
    pairs = tuple((next(take), next(take)) for _ in range(portals))
    for pair in pairs:
        for x, y in pair:
            tiles[y, x] = rules.PORTAL
    for team in (0, 1):
        x, y = next(take)
        tiles[y, x] = rules.HOME + team
    if objective == rules.DEFEND:
        tiles[0, 1] = rules.CORE
    arena = Arena(
        "drawn",
        tiles,
        objective,
        tuple(spawns),
        time_limit=60 * draw(st.integers(10, 600)),
        goal=draw(st.integers(1, 20)),
        core_hp=draw(st.integers(1, 100)),
        pickups=pickups,
        cells=cells,
        portals=pairs,
    )
    roster = [
        SeatPlan(True, draw(TEXTS)),
        *(SeatPlan(draw(st.booleans()), draw(TEXTS)) for _ in range(enemies)),
    ]
    return Level(
        "drawn",
        Title(draw(TEXTS.filter(bool)), draw(TEXTS)),
        arena,
        tuple(roster),
        author=draw(TEXTS),
        licence=draw(TEXTS),
        mood=draw(st.sampled_from((AUTO_MOOD, *LEVEL_MOODS))),
        music=draw(TEXTS),
        difficulty=draw(st.integers(1, 5)),
        seed=draw(st.integers(0, (1 << 63) - 1)),
        family=draw(TEXTS),
    )


@settings(max_examples=60)
@given(drawn_levels())
def test_any_sound_level_survives_the_file(level: Level) -> None:
    if any(problem.severity == ERROR for problem in check_arena(level.arena)):
        return
    written = write_level(level)
    again = parse_level(written, "drawn")
    assert same(again, level)
    assert write_level(again) == written


@pytest.mark.parametrize("family", FAMILIES)
def test_generated_levels_survive_the_file(family: str) -> None:
    for seed in range(20):
        level = generate(seed, family)
        written = write_level(level)
        assert same(parse_level(written, level.name), level)
        assert written == write_level(generate(seed, family))


def test_the_comparison_sees_a_difference() -> None:
    """The twin: each part that a file holds is looked at."""
    level = generate(1)
    assert same(level, level)
    for changed in (
        replace(level, title=Title("other", level.title.zh)),
        replace(level, music="dawn"),
        replace(level, mood="dark" if level.mood != "dark" else "calm"),
        replace(level, difficulty=level.difficulty % 5 + 1),
        replace(level, arena=replace(level.arena, time_limit=level.arena.time_limit + 60)),
        replace(level, roster=(*level.roster[:-1], SeatPlan(brain="hunter"))),
    ):
        assert not same(changed, level)


def test_a_text_that_looks_like_the_place_of_the_tiles_stays_a_text() -> None:
    level = replace(generate(2), title=Title("@rows", "@rows"))
    assert parse_level(write_level(level), level.name).title == level.title


def test_the_file_has_a_line_for_each_row_of_tiles() -> None:
    level = generate(3)
    lines = write_level(level).decode().splitlines()
    rows = [line for line in lines if line.rstrip(",]").count(",") == level.width - 1]
    assert len(rows) == level.height
    assert json.loads("\n".join(lines))["width"] == level.width


def test_what_a_file_cannot_hold_is_refused() -> None:
    level = generate(4)
    odd = replace(level, arena=replace(level.arena, time_limit=61))
    with pytest.raises(ValueError, match="whole seconds, found 61 ticks"):
        write_level(odd)
    many = replace(level, arena=replace(level.arena, portals=(((0, 0), (1, 0)),) * 9))
    with pytest.raises(ValueError, match="at most 8 pairs"):
        write_level(many)
