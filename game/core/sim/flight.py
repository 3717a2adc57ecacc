"""How a shot flies: straight legs from tile to tile. The tick and the sight-line preview share these kernels.

A leg starts at a point (fine units, 1/256 su) and ends where the shot meets a tile that stops or turns it. It is
found by walking the tiles on the line (Amanatides & Woo 1987, "A fast voxel traversal algorithm") with integer
times in q12 (1/4096 tick). `bounce` decides what happens there: bank, mirror, portal or the end of the flight.
"""

from typing import Final, NamedTuple

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import ByteArray, IntArray
from game.core.sim.jit import jit
from game.core.sim.state import AXIS_MIRROR, AXIS_X, AXIS_Y, World
from game.core.sim.tables import (
    FINE_PER_TILE,
    INVERSE_VX,
    INVERSE_VY,
    ROW_INVERSE,
    SHOT_VX,
    SHOT_VY,
    STOPS_SHOT,
)

TILE_SHIFT: Final = 16  # fine >> 16 = tile
MAX_LEGS_PER_TICK: Final = 8  # a shot caught between mirrors or portals ends here
NO_CELL: Final = 0  # leg_cell of a leg that outlasts its limit (cell 0 is in the ring)


class TileMap(NamedTuple):
    """The tiles of one world, as tanks and shots meet them."""

    tiles: ByteArray  # (cells,): a row of `World.terrain`
    portal_to: IntArray  # `Levels.portal_to` from this level on: terrain index of the other end, 0: none
    stride: int


@jit
def tile_map(world: World, levels: ar.Levels, w: int) -> TileMap:
    """Return the tiles of world `w` as views, without copies."""
    first = levels.head[world.head[w, st.LEVEL], ar.LEVEL_TERRAIN]
    return TileMap(world.terrain[w], levels.portal_to[first:], world.head[w, st.STRIDE])


@jit
def next_leg(
    tiles: ByteArray, stride: int, x: int, y: int, tank_class: int, aim: int, limit: int
) -> tuple[int, int, int]:
    """Return (q12 until the leg ends, terrain index of the tile met, AXIS_*).

    x, y: fine. A leg that lasts longer than `limit` q12 returns (limit + 1, NO_CELL, AXIS_X). The tile the leg
    starts in is not tested, so a shot can leave a mirror or a portal.
    """
    vx = SHOT_VX[tank_class, aim]
    vy = SHOT_VY[tank_class, aim]
    inverse_x = INVERSE_VX[tank_class, aim]
    inverse_y = INVERSE_VY[tank_class, aim]
    tile_x = x >> TILE_SHIFT
    tile_y = y >> TILE_SHIFT
    offset_x = x - (tile_x << TILE_SHIFT)
    offset_y = y - (tile_y << TILE_SHIFT)
    step_x = 1
    if vx > 0:
        offset_x = FINE_PER_TILE - offset_x
    else:
        step_x = -1
    step_y = stride
    if vy > 0:
        offset_y = FINE_PER_TILE - offset_y
    else:
        step_y = -stride
    next_x = (offset_x * inverse_x) >> 20
    next_y = (offset_y * inverse_y) >> 20
    delta_x = inverse_x >> 4
    delta_y = inverse_y >> 4
    cell = (tile_y + 1) * stride + tile_x + 1
    while True:
        # all bits set if the next face is vertical; masks, because a branch here is unpredictable
        mask = -int(next_x < next_y)
        time = min(next_x, next_y)
        cell += (step_x & mask) | (step_y & ~mask)
        next_x += delta_x & mask
        next_y += delta_y & ~mask
        if time > limit:
            return limit + 1, NO_CELL, AXIS_X
        tile = tiles[cell]
        if STOPS_SHOT[tile] == 0:
            continue
        if tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
            wait = _until_mirror(tile, cell, stride, x + ((vx * time) >> 12), y + ((vy * time) >> 12), vx, vy)
            if wait < 0 or time + wait > min(next_x, next_y):
                continue
            return time + wait, cell, AXIS_MIRROR
        return time, cell, AXIS_Y + mask * (AXIS_Y - AXIS_X)


@jit
def _until_mirror(tile: int, cell: int, stride: int, x: int, y: int, vx: int, vy: int) -> int:
    """Return q12 until a shot at (x, y) in a mirror's tile meets the diagonal, -1 if it does not."""
    row = cell * ROW_INVERSE[stride] >> 20
    u = x - ((cell - row * stride - 1) << TILE_SHIFT)
    v = y - ((row - 1) << TILE_SHIFT)
    if tile == rules.MIRROR_SLASH:
        gap = FINE_PER_TILE - u - v
        rate = vx + vy
    else:
        gap = v - u
        rate = vx - vy
    if rate < 0:
        gap = -gap
        rate = -rate
    if rate == 0 or gap < 0:
        return -1
    return int(gap * 4096 // rate)


@jit
def leg_end(
    stride: int, x: int, y: int, tank_class: int, aim: int, time: int, cell: int, axis: int
) -> tuple[int, int]:
    """Return the point (fine) where a leg from x, y meets `cell` after `time` q12, always outside a wall."""
    vx = SHOT_VX[tank_class, aim]
    vy = SHOT_VY[tank_class, aim]
    row = cell * ROW_INVERSE[stride] >> 20
    left = (cell - row * stride - 1) << TILE_SHIFT
    top = (row - 1) << TILE_SHIFT
    end_x = min(max(x + ((vx * time) >> 12), left), left + FINE_PER_TILE - 1)
    end_y = min(max(y + ((vy * time) >> 12), top), top + FINE_PER_TILE - 1)
    if axis == AXIS_X:
        end_x = left - 1 if vx > 0 else left + FINE_PER_TILE
    elif axis == AXIS_Y:
        end_y = top - 1 if vy > 0 else top + FINE_PER_TILE
    return end_x, end_y


@jit
def bounce(
    ground: TileMap, cell: int, axis: int, x: int, y: int, tank_class: int, aim: int, may_bank: bool
) -> tuple[int, int, int, int]:
    """Return the effect of the tile at the end of a leg: (event, aim, x, y), the start of the next leg.

    x, y: fine, where the leg ended. The event is BANKED, MIRRORED or SHOT_PORTAL; after SHOT_ENDED no leg follows.
    """
    tile = ground.tiles[cell]
    if tile == rules.WALL and may_bank:
        return ev.BANKED, bank_aim(aim, axis), x, y
    if tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
        return ev.MIRRORED, mirror_aim(aim, tile), x, y
    if tile == rules.PORTAL and ground.portal_to[cell] != 0:
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        out_x, out_y = through_portal(x, y, vx, vy, axis, cell, ground.portal_to[cell], ground.stride)
        return ev.SHOT_PORTAL, aim, out_x, out_y
    return ev.SHOT_ENDED, aim, x, y


@jit
def bank_aim(aim: int, axis: int) -> int:
    """Return the direction after banking off a vertical (AXIS_X) or horizontal (AXIS_Y) face."""
    if axis == AXIS_X:
        return (128 - aim) & 255
    return (-aim) & 255


@jit
def mirror_aim(aim: int, tile: int) -> int:
    """Return the direction after a mirror."""
    if tile == rules.MIRROR_SLASH:
        return (192 - aim) & 255
    return (64 - aim) & 255


@jit
def through_portal(
    x: int, y: int, vx: int, vy: int, axis: int, cell: int, exit_cell: int, stride: int
) -> tuple[int, int]:
    """Return the point (fine) just inside the exit portal for a shot that entered portal `cell` at x, y."""
    shift_x = (exit_cell % stride - cell % stride) << TILE_SHIFT
    shift_y = (exit_cell // stride - cell // stride) << TILE_SHIFT
    if axis == AXIS_X:
        x += 1 if vx > 0 else -1
    else:
        y += 1 if vy > 0 else -1
    return x + shift_x, y + shift_y
