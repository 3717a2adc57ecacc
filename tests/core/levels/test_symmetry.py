"""Symmetries: what changes places, and that a claim of fairness can be wrong."""

from dataclasses import replace

import pytest

from game.core import rules
from game.core.levels.symmetry import (
    MIRROR_X,
    MIRROR_Y,
    ROTATE,
    SYMMETRIES,
    facing_towards,
    image_facing,
    image_place,
    image_tile,
    symmetry_of,
)
from game.core.sim.arena import PickupSpot, Spawn
from tests.core.levels.arenas import arena

ROTATED = """
    A./...~~
    ..,..#..
    ..%..#..
    .......+
    +.......
    ..#..%..
    ..#..,..
    ~~.../.B
"""
MIRRORED = """
    ../..\\..
    .A.##.B.
    0......1
    ..%..%..
    ..*..*..
    ...~~...
    ........
    a......a
"""


def test_a_rotated_and_a_mirrored_arena_are_known_as_such() -> None:
    assert symmetry_of(arena(ROTATED)) == ROTATE
    assert symmetry_of(arena(MIRRORED)) == MIRROR_X


def test_every_difference_between_the_teams_is_seen() -> None:
    """The twin: one tile, start, class, direction, pick-up, cell or portal out of place is enough."""
    fair = arena(MIRRORED)
    first, second = fair.spawns
    tiles = fair.tiles.copy()
    tiles[6, 0] = rules.BRICK
    mirrors = fair.tiles.copy()
    mirrors[0, 2] = rules.MIRROR_BACKSLASH
    for unfair in (
        replace(fair, tiles=tiles),
        replace(fair, tiles=mirrors),
        replace(fair, spawns=(first, replace(second, x=5))),
        replace(fair, spawns=(first, replace(second, tank_class=rules.HEAVY))),
        replace(fair, spawns=(first, replace(second, facing=1))),
        replace(fair, spawns=(first, second, Spawn(7, 6, 1))),
        replace(fair, pickups=(PickupSpot(0, 0, 0),)),
        replace(fair, cells=fair.cells[:1]),
        replace(fair, portals=(((0, 7), (6, 7)),)),
    ):
        assert symmetry_of(unfair) is None


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_a_symmetry_undoes_itself(symmetry: str) -> None:
    for place in ((0, 0), (3, 5), (8, 6)):
        assert image_place(symmetry, 9, 7, image_place(symmetry, 9, 7, place)) == place
    for tile in range(rules.N_TILES):
        assert image_tile(symmetry, image_tile(symmetry, tile)) == tile
    for facing in range(1, rules.N_MOVES):
        assert image_facing(symmetry, image_facing(symmetry, facing)) == facing


def test_a_reflection_turns_mirrors_over_and_a_rotation_does_not() -> None:
    assert image_tile(MIRROR_X, rules.MIRROR_SLASH) == rules.MIRROR_BACKSLASH
    assert image_tile(MIRROR_Y, rules.MIRROR_SLASH) == rules.MIRROR_BACKSLASH
    assert image_tile(ROTATE, rules.MIRROR_SLASH) == rules.MIRROR_SLASH


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ((9, 5), (1, 0)),
        ((9, 9), (1, 1)),
        ((5, 9), (0, 1)),
        ((1, 5), (-1, 0)),
        ((2, 1), (-1, -1)),
        ((6, 0), (0, -1)),
    ],
)
def test_a_tank_faces_the_compass_point_nearest_to_the_target(
    target: tuple[int, int], name: tuple[int, int]
) -> None:
    assert rules.MOVES[facing_towards((5, 5), target)] == name
