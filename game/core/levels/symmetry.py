"""Symmetries of a level that exchange teams 0 and 1, and whether they leave the level unchanged."""

from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.reach import Place
from game.core.sim.arena import Arena

ROTATE: Final = "rotate"  # rotation by half a turn
MIRROR_X: Final = "mirror_x"  # left and right are exchanged
MIRROR_Y: Final = "mirror_y"  # top and bottom are exchanged
SYMMETRIES: Final = (ROTATE, MIRROR_X, MIRROR_Y)
_SWAPPED: Final = {
    rules.MIRROR_SLASH: rules.MIRROR_BACKSLASH,
    rules.MIRROR_BACKSLASH: rules.MIRROR_SLASH,
}


def image_place(symmetry: str, width: int, height: int, place: Place) -> Place:
    """Return the image of a place under a symmetry."""
    x, y = place
    if symmetry != MIRROR_Y:
        x = width - 1 - x
    if symmetry != MIRROR_X:
        y = height - 1 - y
    return x, y


def image_tile(symmetry: str, tile: int) -> int:
    """Return the image of a tile id: reflections flip mirrors, teams 0 and 1 swap homes."""
    if tile in (rules.HOME, rules.HOME + 1):
        return 2 * rules.HOME + 1 - tile
    return tile if symmetry == ROTATE else _SWAPPED.get(tile, tile)


def image_facing(symmetry: str, facing: int) -> int:
    """Return the image of a direction (move 1..8) under a symmetry."""
    dx, dy = rules.MOVES[facing]
    if symmetry != MIRROR_Y:
        dx = -dx
    if symmetry != MIRROR_X:
        dy = -dy
    return rules.MOVES.index((dx, dy))


def symmetry_of(arena: Arena) -> str | None:
    """Return the symmetry that maps the arena onto itself with teams 0 and 1 exchanged, or None."""
    return next((symmetry for symmetry in SYMMETRIES if is_symmetric(arena, symmetry)), None)


def is_symmetric(arena: Arena, symmetry: str) -> bool:
    """Return whether tiles and objects are unchanged under the symmetry, with teams 0 and 1 exchanged."""
    height, width = arena.tiles.shape

    def image(place: Place) -> Place:
        return image_place(symmetry, width, height, place)

    step_x = 1 if symmetry == MIRROR_Y else -1
    step_y = 1 if symmetry == MIRROR_X else -1
    twins = np.array([image_tile(symmetry, tile) for tile in range(rules.N_TILES)], np.uint8)
    if not np.array_equal(twins[arena.tiles[::step_y, ::step_x]], arena.tiles):
        return False
    spawns = {(s.x, s.y, s.team, s.tank_class, s.facing) for s in arena.spawns}
    swapped = {
        (
            *image((s.x, s.y)),
            1 - s.team if s.team < 2 else s.team,
            s.tank_class,
            image_facing(symmetry, s.facing),
        )
        for s in arena.spawns
    }
    pickups = {(p.x, p.y, p.kind) for p in arena.pickups}
    portals = {frozenset(pair) for pair in arena.portals}
    return (
        spawns == swapped
        and pickups == {(*image((x, y)), kind) for x, y, kind in pickups}
        and set(arena.cells) == {image(cell) for cell in arena.cells}
        and portals == {frozenset(image(end) for end in pair) for pair in portals}
    )


def facing_towards(place: Place, target: Place) -> int:
    """Return the move 1..8 that points from a tile to another; right if they are the same."""
    dx, dy = target[0] - place[0], target[1] - place[1]
    step_x = 0 if 2 * abs(dx) < abs(dy) else (dx > 0) - (dx < 0)
    step_y = 0 if 2 * abs(dy) < abs(dx) else (dy > 0) - (dy < 0)
    return max(1, rules.MOVES.index((step_x, step_y)))
