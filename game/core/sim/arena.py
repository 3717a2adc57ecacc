"""Level geometry for the core: what a match needs of a level, packed so that all worlds share it.

`Arena` is one level as the core sees it. `pack` turns arenas into `Levels`, flat arrays with offsets, and measures
the shortest way between any two walkable tiles, which never changes during a match: bricks count as walkable at the
cost of shooting them away.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim.arrays import ByteArray, CostArray, IntArray
from game.core.sim.jit import jit

# level_head[level]
LEVEL_WIDTH: Final = 0
LEVEL_HEIGHT: Final = 1
LEVEL_STRIDE: Final = 2
LEVEL_OBJECTIVE: Final = 3
LEVEL_TIME_LIMIT: Final = 4  # ticks
LEVEL_GOAL: Final = 5
LEVEL_CORE_HP: Final = 6
LEVEL_CORE_CELL: Final = 7  # terrain index, 0: none
LEVEL_SPAWNS: Final = 8
LEVEL_PICKUPS: Final = 9
LEVEL_CELLS: Final = 10
LEVEL_TERRAIN: Final = 11  # offset of the terrain
LEVEL_TERRAIN_SIZE: Final = 12
LEVEL_NAV: Final = 13  # offset of the distance table
LEVEL_NAV_SIZE: Final = 14  # walkable tiles
LEVEL_HOME: Final = 15  # 4 columns: terrain index of a home tile of each team, 0: none
LEVEL_HEAD_SIZE: Final = 19

# spawns[level, n]
SPAWN_X: Final = 0  # su
SPAWN_Y: Final = 1
SPAWN_TEAM: Final = 2
SPAWN_CLASS: Final = 3
SPAWN_FACING: Final = 4  # move 1..8
SPAWN_SIZE: Final = 5

NAV_STRAIGHT: Final = 2  # cost of a step along an axis, so that a diagonal costs 3
NAV_DIAGONAL: Final = 3
NAV_BRICK: Final = 6  # on top, to shoot a brick away
BUCKETS: Final = 16  # of the search for ways: more than its dearest step
NAV_FAR: Final = 65535  # no way


@dataclass(frozen=True)
class Spawn:
    """A start: tile, team, tank class and the direction the hull faces (move 1..8)."""

    x: int
    y: int
    team: int
    tank_class: int = rules.RANGER
    facing: int = 1


@dataclass(frozen=True)
class PickupSpot:
    """Where a pick-up appears: tile and kind."""

    x: int
    y: int
    kind: int


@dataclass(frozen=True)
class Arena:
    """One level as the core sees it. Coordinates are tiles from the top left corner."""

    name: str
    tiles: ByteArray  # (height, width) tile ids, without the ring of wall
    objective: int
    spawns: tuple[Spawn, ...]
    time_limit: int  # ticks
    goal: int = 0
    core_hp: int = rules.CORE_HP
    pickups: tuple[PickupSpot, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()  # energy cells (x, y)
    portals: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = field(default=())  # pairs of portal tiles


class Levels(NamedTuple):
    """All levels a batch may play; L levels, flat arrays with offsets in `head`."""

    head: IntArray  # (L, LEVEL_HEAD_SIZE)
    terrain: ByteArray  # concatenated, each with its ring of wall
    portal_to: IntArray  # like terrain: terrain index of the other end, 0: none
    nav_index: IntArray  # like terrain: number among the walkable tiles, -1: not walkable
    nav: CostArray  # per level walkable × walkable: cost of the way, NAV_FAR: none
    spawns: IntArray  # (L, MAX_SEATS, SPAWN_SIZE)
    pickups: IntArray  # (L, MAX_PICKUPS, 3): kind, x, y (su)
    cells: IntArray  # (L, MAX_CELLS, 2): x, y (su)


def tile_centre(tile: int) -> int:
    """Return the su of the middle of the given tile column or row."""
    return tile * rules.SU_PER_TILE + rules.SU_PER_TILE // 2


def terrain_of(arena: Arena) -> ByteArray:
    """Return the arena's tiles inside a ring of wall, row-major."""
    return np.pad(arena.tiles.astype(np.uint8), 1, constant_values=rules.WALL).reshape(-1)


def pack(arenas: Sequence[Arena]) -> Levels:
    """Pack arenas into the arrays that kernels read, way-point distances included.

    Raises ValueError when there is none, or one has more spawns, pick-ups or cells than the caps allow.
    """
    if not arenas:
        raise ValueError("arenas: expected at least one, found none")
    count = len(arenas)
    head = np.zeros((count, LEVEL_HEAD_SIZE), np.int64)
    spawns = np.zeros((count, rules.MAX_SEATS, SPAWN_SIZE), np.int64)
    pickups = np.zeros((count, rules.MAX_PICKUPS, 3), np.int64)
    cells = np.zeros((count, rules.MAX_CELLS, 2), np.int64)
    terrains, portals, indices, navs = [], [], [], []
    terrain_offset = nav_offset = 0
    for n, arena in enumerate(arenas):
        terrain = terrain_of(arena)
        portal_to = _portal_table(arena, terrain.size)
        index, nav = _nav_table(arena, terrain, portal_to)
        _fill_head(head[n], arena, terrain, (terrain_offset, nav_offset, int(index.max()) + 1))
        _fill_objects(arena, spawns[n], pickups[n], cells[n])
        terrains.append(terrain)
        portals.append(portal_to)
        indices.append(index)
        navs.append(nav.reshape(-1))
        terrain_offset += terrain.size
        nav_offset += nav.size
    return Levels(
        head,
        np.concatenate(terrains),
        np.concatenate(portals),
        np.concatenate(indices),
        np.concatenate(navs),
        spawns,
        pickups,
        cells,
    )


def _fill_head(row: IntArray, arena: Arena, terrain: ByteArray, offsets: tuple[int, int, int]) -> None:
    height, width = arena.tiles.shape
    row[LEVEL_WIDTH], row[LEVEL_HEIGHT], row[LEVEL_STRIDE] = width, height, width + 2
    row[LEVEL_OBJECTIVE] = arena.objective
    row[LEVEL_TIME_LIMIT] = arena.time_limit
    row[LEVEL_GOAL] = arena.goal
    row[LEVEL_CORE_HP] = arena.core_hp
    row[LEVEL_SPAWNS] = len(arena.spawns)
    row[LEVEL_PICKUPS] = len(arena.pickups)
    row[LEVEL_CELLS] = len(arena.cells)
    row[LEVEL_TERRAIN], row[LEVEL_NAV], row[LEVEL_NAV_SIZE] = offsets
    row[LEVEL_TERRAIN_SIZE] = terrain.size
    core = np.flatnonzero(terrain == rules.CORE)
    row[LEVEL_CORE_CELL] = core[0] if core.size else 0
    for team in range(rules.MAX_TEAMS):
        home = np.flatnonzero(terrain == rules.HOME + team)
        row[LEVEL_HOME + team] = home[home.size // 2] if home.size else 0


def _fill_objects(arena: Arena, spawns: IntArray, pickups: IntArray, cells: IntArray) -> None:
    for what, found, cap in (
        ("spawns", len(arena.spawns), rules.MAX_SEATS),
        ("pick-ups", len(arena.pickups), rules.MAX_PICKUPS),
        ("energy cells", len(arena.cells), rules.MAX_CELLS),
    ):
        if found > cap:
            raise ValueError(f"arena {arena.name!r}: expected at most {cap} {what}, found {found}")
    for n, s in enumerate(arena.spawns):
        spawns[n] = (tile_centre(s.x), tile_centre(s.y), s.team, s.tank_class, s.facing)
    for n, p in enumerate(arena.pickups):
        pickups[n] = (p.kind, tile_centre(p.x), tile_centre(p.y))
    for n, (x, y) in enumerate(arena.cells):
        cells[n] = (tile_centre(x), tile_centre(y))


def _portal_table(arena: Arena, size: int) -> IntArray:
    stride = arena.tiles.shape[1] + 2
    table = np.zeros(size, np.int64)
    for (ax, ay), (bx, by) in arena.portals:
        a = (ay + 1) * stride + ax + 1
        b = (by + 1) * stride + bx + 1
        table[a], table[b] = b, a
    return table


def _nav_table(arena: Arena, terrain: ByteArray, portal_to: IntArray) -> tuple[IntArray, CostArray]:
    """Number the tiles a tank may stand on (bricks and the core included) and measure all ways between them."""
    blocked = np.array([tile.blocks_tank for tile in rules.TILES])
    blocked[[rules.BRICK, rules.BRICK_CRACKED, rules.CORE]] = False
    walkable = ~blocked[terrain]
    index = np.where(walkable, np.cumsum(walkable) - 1, -1).astype(np.int64)
    count = int(walkable.sum())
    nav = np.full((count, count), NAV_FAR, np.uint16)
    if count:
        work = [np.zeros(shape, np.int64) for shape in (count, count, (BUCKETS, 10 * count), BUCKETS)]
        _measure_ways(terrain, index, portal_to, arena.tiles.shape[1] + 2, nav, *work)
    return index, nav


@jit
def _measure_ways(
    terrain: ByteArray,
    index: IntArray,
    portal_to: IntArray,
    stride: int,
    nav: CostArray,
    cells: IntArray,
    dist: IntArray,
    queue: IntArray,
    length: IntArray,
) -> None:
    """Fill nav[a, b] with the cost of the way from walkable tile a to b: a bucket search from every b.

    Costs are NAV_STRAIGHT and NAV_DIAGONAL a step and NAV_BRICK for entering a brick; a portal's far end costs one
    step. A diagonal step needs both tiles beside it free, as a tank does. The core can be reached, not crossed.
    Working memory: cells and dist (count,), queue (BUCKETS, 10 * count), length (BUCKETS,).
    """
    size = terrain.shape[0]
    count = nav.shape[0]
    for cell in range(size):
        if index[cell] >= 0:
            cells[index[cell]] = cell
    for target in range(count):
        dist[:] = NAV_FAR
        dist[target] = 0
        length[:] = 0
        queue[0, 0] = target
        length[0] = 1
        waiting = 1
        cost = 0
        while waiting > 0:
            bucket = cost % BUCKETS
            n = 0
            while n < length[bucket]:
                here = queue[bucket, n]
                n += 1
                waiting -= 1
                if dist[here] != cost:
                    continue
                cell = cells[here]
                if terrain[cell] == rules.CORE and here != target:
                    continue
                # the search runs backwards, so entering `here` is paid for by its neighbours
                toll = 0
                if terrain[cell] == rules.BRICK or terrain[cell] == rules.BRICK_CRACKED:
                    toll = NAV_BRICK
                for move in range(9):
                    if move == 8:
                        there_cell = portal_to[cell]
                        step = NAV_STRAIGHT
                        if there_cell == 0:
                            continue
                    else:
                        dx = (1, 1, 0, -1, -1, -1, 0, 1)[move]
                        dy = (0, 1, 1, 1, 0, -1, -1, -1)[move]
                        there_cell = cell + dy * stride + dx
                        step = NAV_STRAIGHT
                        if dx != 0 and dy != 0:
                            step = NAV_DIAGONAL
                            side = cell + dx
                            other = cell + dy * stride
                            if not (_open_way(terrain[side]) and _open_way(terrain[other])):
                                continue
                    there = index[there_cell]
                    if there < 0:
                        continue
                    total = cost + step + toll
                    if total < dist[there]:
                        dist[there] = total
                        slot = total % BUCKETS
                        queue[slot, length[slot]] = there
                        length[slot] += 1
                        waiting += 1
            length[bucket] = 0
            cost += 1
        for source in range(count):
            nav[source, target] = min(dist[source], NAV_FAR)


@jit
def _open_way(tile: int) -> bool:
    return (
        tile == rules.FLOOR
        or tile == rules.COVER
        or tile == rules.PORTAL
        or rules.HOME <= tile < rules.HOME + rules.MAX_TEAMS
    )
