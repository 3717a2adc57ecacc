"""Level geometry for the core: what a match needs from a level, packed so that all worlds share it.

`Arena` is one level as the core sees it. `pack_arenas` turns arenas into `Levels`, flat arrays with offsets, and computes
the shortest paths ("ways") between walkable tiles (`sim.hub_labels`). These never change during a match: bricks count as
walkable at the cost of destroying them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim.arrays import ByteArray, CostArray, IntArray
from game.core.sim.hub_labels import AT, build_labels, empty_labels

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
LEVEL_TERRAIN: Final = 11  # offset of the level in `Levels.terrain`
LEVEL_TERRAIN_SIZE: Final = 12
LEVEL_FORKS: Final = 13  # of its path labels (`sim.hub_labels`): the forks in each,
LEVEL_CORES: Final = 14  # the cores in each
LEVEL_HOME: Final = 15  # 4 columns: terrain index of a home tile of each team, 0: none
LEVEL_HEAD_SIZE: Final = 19

# spawns[level, n]
SPAWN_X: Final = 0  # su
SPAWN_Y: Final = 1
SPAWN_TEAM: Final = 2
SPAWN_CLASS: Final = 3
SPAWN_FACING: Final = 4  # move 1..8
SPAWN_SIZE: Final = 5


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
    way_places: (
        IntArray  # like terrain, 2 columns: where the label of a walkable tile begins, see `sim.hub_labels`
    )
    way_lengths: CostArray
    way_moves: CostArray
    spawns: IntArray  # (L, MAX_SEATS, SPAWN_SIZE)
    pickups: IntArray  # (L, MAX_PICKUPS, 3): kind, x, y (su)
    cells: IntArray  # (L, MAX_CELLS, 2): x, y (su)


def tile_centre(tile: int) -> int:
    """Return the su of the middle of the given tile column or row."""
    return tile * rules.SU_PER_TILE + rules.SU_PER_TILE // 2


def terrain_of(arena: Arena) -> ByteArray:
    """Return the arena's tiles inside a ring of wall, row-major."""
    return np.pad(arena.tiles.astype(np.uint8), 1, constant_values=rules.WALL).reshape(-1)


def pack_arenas(arenas: Sequence[Arena], *, ways: bool = True) -> Levels:
    """Pack arenas into the arrays that kernels read.

    ways: compute the paths. Without them no tile counts as walkable: ticks work, but observations have no paths. Raises
    ValueError if there is no arena, or one has more spawns, pick-ups or cells than the caps allow.
    """
    if not arenas:
        raise ValueError("arenas: expected at least one, found none")
    count = len(arenas)
    head = np.zeros((count, LEVEL_HEAD_SIZE), np.int64)
    spawns = np.zeros((count, rules.MAX_SEATS, SPAWN_SIZE), np.int64)
    pickups = np.zeros((count, rules.MAX_PICKUPS, 3), np.int64)
    cells = np.zeros((count, rules.MAX_CELLS, 2), np.int64)
    terrains, portals, measures = [], [], []
    terrain_offset = label_offset = 0
    for n, arena in enumerate(arenas):
        terrain = terrain_of(arena)
        portal_to = _portal_table(arena, terrain.size)
        _fill_head(head[n], arena, terrain, terrain_offset)
        _fill_objects(arena, spawns[n], pickups[n], cells[n])
        terrains.append(terrain)
        portals.append(portal_to)
        measured = (
            build_labels(terrain, portal_to, arena.tiles.shape[1] + 2) if ways else empty_labels(terrain.size)
        )
        head[n, LEVEL_FORKS], head[n, LEVEL_CORES] = measured.forks, measured.cores
        measured.places[measured.places[:, AT] >= 0, AT] += label_offset
        measures.append(measured)
        terrain_offset += terrain.size
        label_offset += measured.lengths.size
    return Levels(
        head,
        np.concatenate(terrains),
        np.concatenate(portals),
        np.concatenate([each.places for each in measures]),
        np.concatenate([each.lengths for each in measures]),
        np.concatenate([each.moves for each in measures]),
        spawns,
        pickups,
        cells,
    )


def _fill_head(row: IntArray, arena: Arena, terrain: ByteArray, offset: int) -> None:
    height, width = arena.tiles.shape
    row[LEVEL_WIDTH], row[LEVEL_HEIGHT], row[LEVEL_STRIDE] = width, height, width + 2
    row[LEVEL_OBJECTIVE] = arena.objective
    row[LEVEL_TIME_LIMIT] = arena.time_limit
    row[LEVEL_GOAL] = arena.goal
    row[LEVEL_CORE_HP] = arena.core_hp
    row[LEVEL_SPAWNS] = len(arena.spawns)
    row[LEVEL_PICKUPS] = len(arena.pickups)
    row[LEVEL_CELLS] = len(arena.cells)
    row[LEVEL_TERRAIN] = offset
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
