"""What makes an arena unplayable or dubious; every rule has an arena that breaks it alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from game.core import rules
from game.core.levels.checks import check_arena
from game.core.levels.problems import ERROR, WARNING
from game.core.levels.reach import Place
from game.core.sim.arena import Arena, PickupSpot, Spawn
from tests.core.levels.arenas import arena

DUEL = """
    ..........
    .A....%...
    ....#.....
    ....#..+..
    ..,.......
    ..,....~..
    ......#...
    ......#.B.
"""
DEFEND = DUEL.replace("..,.......", "C.,.......")
COLLECT = DUEL.replace("    ..........\n", "    00......11\n").replace("....#.....", "*...#.....")
SURVIVE = DUEL
SOUND = {
    "eliminate": arena(DUEL),
    "defend": arena(DEFEND, rules.DEFEND),
    "collect": arena(COLLECT, rules.COLLECT),
    "survive": arena(SURVIVE, rules.SURVIVE),
}


def codes(made: Arena) -> list[str]:
    return [problem.code for problem in check_arena(made)]


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_arena_has_no_problem(name: str) -> None:
    assert check_arena(SOUND[name]) == ()


def moved(x: int, y: int) -> Arena:
    made = SOUND["eliminate"]
    return replace(made, spawns=(made.spawns[0], replace(made.spawns[1], x=x, y=y)))


def edited(picture: str, signs: dict[Place, str], objective: int = rules.ELIMINATE) -> Arena:
    """Return the arena of a picture with other signs in some places."""
    rows = [list(row) for row in picture.split()]
    for (x, y), sign in signs.items():
        rows[y][x] = sign
    return arena("\n".join("".join(row) for row in rows), objective)


def walls_round(x: int, y: int) -> dict[Place, str]:
    """Walls on the eight tiles round a place, as far as they lie in the 10 × 8 arena."""
    ring = [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    return {(a, b): "#" for a, b in ring if 0 <= a < 10 and 0 <= b < 8}


START_OF_TEAM_1 = (8, 7)


BROKEN: dict[str, tuple[str, Callable[[], Arena]]] = {
    "too small": ("E014", lambda: replace(SOUND["eliminate"], tiles=SOUND["eliminate"].tiles[:7])),
    "no time": ("E014", lambda: replace(SOUND["eliminate"], time_limit=9 * rules.TICKS_PER_SECOND)),
    "too much time": ("E014", lambda: replace(SOUND["eliminate"], time_limit=601 * rules.TICKS_PER_SECOND)),
    "no waves": ("E014", lambda: replace(SOUND["defend"], goal=0)),
    "too many cells to bring": ("E014", lambda: replace(SOUND["collect"], goal=51)),
    "a core of nothing": ("E014", lambda: replace(SOUND["defend"], core_hp=0)),
    "start outside": ("E031", lambda: moved(10, 3)),
    "start in a wall": ("E040", lambda: moved(4, 2)),
    "start in water": ("E040", lambda: moved(7, 5)),
    "start in a brick": ("E040", lambda: moved(6, 1)),
    "starts on one tile": ("E041", lambda: moved(1, 1)),
    "no enemy": ("E042", lambda: replace(SOUND["eliminate"], spawns=SOUND["eliminate"].spawns[:1])),
    "seventeen seats": (
        "E016",
        lambda: replace(
            SOUND["eliminate"], spawns=tuple(Spawn(x % 10, x // 10 * 4, x % 2) for x in range(17))
        ),
    ),
    "unknown tank": (
        "E015",
        lambda: replace(SOUND["eliminate"], spawns=(Spawn(1, 1, 0, 3), Spawn(8, 7, 1))),
    ),
    "unknown direction": (
        "E015",
        lambda: replace(SOUND["eliminate"], spawns=(Spawn(1, 1, 0, 0, 9), Spawn(8, 7, 1))),
    ),
    "unknown pick-up": ("E015", lambda: replace(SOUND["eliminate"], pickups=(PickupSpot(0, 0, 9),))),
    "third team defends": (
        "E048",
        lambda: replace(SOUND["defend"], spawns=(*SOUND["defend"].spawns, Spawn(9, 0, 2))),
    ),
    "pick-up in a wall": ("E040", lambda: replace(SOUND["eliminate"], pickups=(PickupSpot(4, 2, 0),))),
    "two pick-ups on one tile": (
        "E049",
        lambda: replace(SOUND["eliminate"], pickups=(PickupSpot(0, 0, 0), PickupSpot(0, 0, 1))),
    ),
    "a portal alone": ("E043", lambda: arena(DUEL.replace("..,....~..", "a.,....~.."))),
    "a portal pair without tiles": ("E043", lambda: replace(SOUND["eliminate"], portals=(((0, 0), (9, 0)),))),
    "no core": ("E044", lambda: replace(SOUND["eliminate"], objective=rules.DEFEND, goal=3)),
    "two cores": ("E044", lambda: arena(DEFEND.replace("..,....~..", "C.,....~.."), rules.DEFEND)),
    "no home for team 1": ("E045", lambda: arena(COLLECT.replace("11", ".."), rules.COLLECT)),
    "no cells": ("E046", lambda: replace(SOUND["collect"], cells=())),
    "team 1 walled in": ("E047", lambda: edited(DUEL, walls_round(*START_OF_TEAM_1))),
    "core walled in": ("E047", lambda: edited(DEFEND, walls_round(0, 4), rules.DEFEND)),
    "cell walled in": ("E047", lambda: edited(COLLECT, {**walls_round(0, 4), (0, 4): "*"}, rules.COLLECT)),
    "home walled in": ("E047", lambda: edited(COLLECT, {**walls_round(9, 0), (9, 0): "1"}, rules.COLLECT)),
}


@pytest.mark.parametrize(("code", "make"), BROKEN.values(), ids=BROKEN)
def test_each_rule_is_enforced(code: str, make: Callable[[], Arena]) -> None:
    problems = check_arena(make())
    assert code in [problem.code for problem in problems]
    assert all(problem.severity == ERROR for problem in problems if problem.code == code)


def with_home_of_team_2() -> Arena:
    made = arena(COLLECT, rules.COLLECT)
    tiles = made.tiles.copy()
    tiles[7, 0] = rules.HOME + 2
    return replace(made, tiles=tiles)


DUBIOUS: dict[str, tuple[str, Callable[[], Arena]]] = {
    "a core to eliminate": ("W104", lambda: arena(DEFEND)),
    "homes to defend": ("W104", lambda: arena(DEFEND.replace("..........", "0........."), rules.DEFEND)),
    "cells to survive": ("W104", lambda: replace(SOUND["survive"], cells=((0, 0),))),
    "a home for nobody": ("W104", with_home_of_team_2),
    "two against one": (
        "W105",
        lambda: replace(SOUND["eliminate"], spawns=(*SOUND["eliminate"].spawns, Spawn(9, 0, 1))),
    ),
    "a pick-up out of reach": ("W106", lambda: edited(DUEL, walls_round(7, 3))),
    "starts side by side": ("W107", lambda: moved(4, 1)),
    "a closed yard": ("W103", lambda: edited(DUEL, walls_round(0, 7))),
}


@pytest.mark.parametrize(("code", "make"), DUBIOUS.values(), ids=DUBIOUS)
def test_what_an_author_surely_did_not_mean_is_a_warning(code: str, make: Callable[[], Arena]) -> None:
    problems = check_arena(make())
    assert code in [problem.code for problem in problems]
    assert {problem.severity for problem in problems} == {WARNING}


def test_bricks_and_portals_make_a_way_into_a_walled_place() -> None:
    """The twin of the starts that are walled in."""
    walled = walls_round(*START_OF_TEAM_1)
    assert "E047" in codes(edited(DUEL, walled))
    assert codes(edited(DUEL, {**walled, (8, 6): "%"})) == []
    assert codes(edited(DUEL, {**walled, (9, 7): "a", (0, 0): "a"})) == []


def test_the_file_name_is_in_the_message() -> None:
    problems = check_arena(moved(4, 2), "duel.tmj")
    assert str(problems[0]) == "E040 duel.tmj › arena (4,2): expected floor under a start, found wall"
