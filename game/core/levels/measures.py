"""Numbers of a level that can be computed without playing it; they indicate how hard and how open it is.

| number | meaning |
|---|---|
| own, enemies | log2 of the number of seats of the player's team, of all other teams |
| armour, speed, damage, reload | of the average tank: own minus enemy (hit points; su per tick; hit points; ticks / 10) |
| way | root of the tiles that a tank drives from the player's start to the nearest enemy's |
| core_way | the same from the nearest enemy's start to the player's core |
| repairs_own, repairs_enemy, pickups_own, pickups_enemy | repairs and other pick-ups, by the side whose starts are nearer |
| cells_own, cells_enemy | the same for energy cells |
| home_way | tiles from the player's home to the nearest cell, minus the same for the enemy |
| goal, core, seconds | log2 of the waves or cells, of the core's hit points / 30, of the time limit / 60 |
| size | log2 of the number of tiles / 300 |
| wall, bricks, water, cover, mirrors | share of the tiles |
| openness, sight | see the functions |
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from game.core import rules
from game.core.levels.model import Level
from game.core.levels.reach import Place
from game.core.sim.arena import Arena, Spawn

STANDING: Final = np.array([not tile.blocks_tank for tile in rules.TILES])
STOPS_SHOT: Final = np.array([tile.stops_shot for tile in rules.TILES])
GROUPS: Final = {
    "wall": (rules.WALL,),
    "bricks": (rules.BRICK, rules.BRICK_CRACKED),
    "water": (rules.WATER,),
    "cover": (rules.COVER,),
    "mirrors": (rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH),
}
_PASSABLE: Final = STANDING | np.array([tile.name.startswith("brick") for tile in rules.TILES])
_NOWHERE: Final = 99.0  # distance for unreachable tiles

Floats = NDArray[np.float64]


def measures_of(level: Level) -> dict[str, float]:
    """Return the numbers of a level, by the table in the module docstring."""
    arena, tiles = level.arena, level.arena.tiles
    own = [spawn for spawn in arena.spawns if spawn.team == level.own_team]
    enemies = [spawn for spawn in arena.spawns if spawn.team != level.own_team]
    from_own, from_enemies = (
        driving_distances(level, _places(own)),
        driving_distances(level, _places(enemies)),
    )
    counts = np.bincount(tiles.reshape(-1), minlength=rules.N_TILES)
    start = arena.spawns[level.player_seat] if arena.spawns else Spawn(0, 0, 0, 0, 1)
    return {
        "own": math.log2(max(len(own), 1)),
        "enemies": math.log2(max(len(enemies), 1)),
        **_tanks(own, enemies),
        "way": math.sqrt(from_enemies[start.y, start.x]),
        "core_way": math.sqrt(_nearest(from_enemies, _adjacent_tiles(tiles, rules.CORE)))
        if (tiles == rules.CORE).any()
        else 0.0,
        **_sides(level, from_own, from_enemies),
        "home_way": _home_way(level),
        "goal": math.log2(max(arena.goal, 1)),
        "core": math.log2(max(arena.core_hp, 1) / 30),
        "seconds": math.log2(arena.time_limit / rules.TICKS_PER_SECOND / 60),
        "size": math.log2(tiles.size / 300),
        **{name: float(counts[list(group)].sum() / tiles.size) for name, group in GROUPS.items()},
        "openness": openness(STANDING[tiles]),
        "sight": sight(STOPS_SHOT[tiles], STANDING[tiles]),
    }


def openness(standing: NDArray[np.bool_]) -> float:
    """Return the share of standable tiles whose eight neighbours are all standable."""
    height, width = standing.shape
    padded = np.pad(standing, 1)
    around = standing.copy()
    for dy in range(3):
        for dx in range(3):
            around &= padded[dy : dy + height, dx : dx + width]
    return float(around.sum() / max(int(standing.sum()), 1))


def sight(stops: NDArray[np.bool_], standing: NDArray[np.bool_]) -> float:
    """Return the mean number of tiles that a shot passes, over standable tiles and the four directions."""
    total = 0.0
    for blocked, start in ((stops, standing), (stops.T, standing.T)):
        for flip in (1, -1):
            run = np.zeros(blocked.shape[0])
            table, seats = blocked[:, ::flip], start[:, ::flip]
            for column in range(table.shape[1]):  # run: free tiles behind this column
                total += float(run[seats[:, column]].sum())
                run = np.where(table[:, column], 0.0, run + 1.0)
    return total / (4 * max(int(standing.sum()), 1))


def driving_distances(level: Level, starts: Sequence[Place]) -> Floats:
    """Return the tiles that a tank drives from the nearest start to each tile, (height, width); bricks count as open."""
    return arena_distances(level.arena, starts)


def arena_distances(arena: Arena, starts: Sequence[Place]) -> Floats:
    """Return `driving_distances` for an arena."""
    tiles = arena.tiles
    open_tiles = _PASSABLE[tiles]
    ways = np.full(tiles.shape, _NOWHERE)
    doors = {end: other for pair in arena.portals for end, other in (pair, pair[::-1])}
    ring = [place for place in starts if 0 <= place[1] < tiles.shape[0] and 0 <= place[0] < tiles.shape[1]]
    for x, y in ring:
        ways[y, x] = 0.0
    far = 0
    while ring:
        far += 1
        wider: list[Place] = []
        for x, y in ring:
            steps = [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
            if (x, y) in doors:
                steps.append(doors[x, y])
            for nx, ny in steps:
                inside = 0 <= nx < tiles.shape[1] and 0 <= ny < tiles.shape[0]
                if inside and open_tiles[ny, nx] and ways[ny, nx] == _NOWHERE and far < _NOWHERE:
                    ways[ny, nx] = float(far)
                    wider.append((nx, ny))
        ring = wider
    return ways


def _places(spawns: Sequence[Spawn]) -> list[Place]:
    return [(spawn.x, spawn.y) for spawn in spawns]


def _tanks(own: Sequence[Spawn], enemies: Sequence[Spawn]) -> dict[str, float]:
    def mean(spawns: Sequence[Spawn], name: str) -> float:
        values = [getattr(rules.TANK_CLASSES[spawn.tank_class], name) for spawn in spawns]
        return sum(values) / len(values) if values else 0.0

    names = (("armour", 1.0), ("speed", 1.0), ("damage", 1.0), ("reload", 0.1))
    return {name: scale * (mean(own, name) - mean(enemies, name)) for name, scale in names}


def _sides(level: Level, from_own: Floats, from_enemies: Floats) -> dict[str, float]:
    found = dict.fromkeys(
        ("repairs_own", "repairs_enemy", "pickups_own", "pickups_enemy", "cells_own", "cells_enemy"), 0.0
    )

    def side(x: int, y: int) -> str:
        return "own" if from_own[y, x] <= from_enemies[y, x] else "enemy"

    for spot in level.arena.pickups:
        kind = "repairs" if spot.kind == rules.PICKUP_REPAIR else "pickups"
        found[f"{kind}_{side(spot.x, spot.y)}"] += 1.0
    for x, y in level.arena.cells:
        found[f"cells_{side(x, y)}"] += 1.0
    return found


def _home_way(level: Level) -> float:
    """Return the tiles from the own home to the nearest cell, minus those from the enemy's home; 0 if there are none."""
    tiles = level.arena.tiles
    ways = []
    for team in (0, 1):
        homes = [(int(x), int(y)) for y, x in np.argwhere(tiles == rules.HOME + team)]
        if not homes or not level.arena.cells:
            return 0.0
        ways.append(_nearest(driving_distances(level, homes), level.arena.cells))
    return (ways[0] - ways[1]) * (1.0 if level.own_team == 0 else -1.0)


def _nearest(ways: Floats, places: Sequence[Place]) -> float:
    return min((float(ways[y, x]) for x, y in places), default=_NOWHERE)


def _adjacent_tiles(tiles: NDArray[np.uint8], kind: int) -> list[Place]:
    """Return the tiles adjacent to tiles of a kind."""
    height, width = tiles.shape
    found = []
    for y, x in np.argwhere(tiles == kind):
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            if 0 <= x + dx < width and 0 <= y + dy < height:
                found.append((int(x + dx), int(y + dy)))
    return found
