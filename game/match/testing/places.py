"""Places of a level that matches show to be of no use: out of reach, never entered, hardly ever entered."""

from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.levels.model import Level
from game.core.levels.reach import STANDING, Ground, Place
from game.core.sim.arrays import BoolArray, IntArray

_STANDING: Final = np.array([tile in STANDING for tile in range(rules.N_TILES)])
_BESIDE: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))


class Region(NamedTuple):
    """Tiles connected by their sides."""

    tiles: tuple[Place, ...]  # (x, y), row by row

    @property
    def first(self) -> Place:
        """The tile that identifies the region: the leftmost of the topmost row."""
        return self.tiles[0]

    @property
    def size(self) -> int:
        """How many tiles it has."""
        return len(self.tiles)


def floor_of(level: Level) -> BoolArray:
    """Return where a tank can stand when the level begins: (height, width)."""
    found: BoolArray = _STANDING[level.arena.tiles]
    return found


def reachable(level: Level) -> BoolArray:
    """Return the tiles that a tank can reach from any start, after bricks are destroyed: (height, width)."""
    ground = Ground.of(level.arena)
    bits = 0
    for spawn in level.arena.spawns:
        bits |= ground.reachable((spawn.x, spawn.y))
    found: BoolArray = np.zeros((level.height, level.width), np.bool_)
    for x, y in ground.places(bits):
        found[y, x] = True
    return found


def regions(mask: BoolArray) -> list[Region]:
    """Return the regions of the tiles that are set, the largest first."""
    left = {(int(x), int(y)) for y, x in np.argwhere(mask)}
    found = []
    while left:
        begin = min(left, key=lambda place: (place[1], place[0]))
        left.remove(begin)
        area, edge = [begin], [begin]
        while edge:
            x, y = edge.pop()
            for dx, dy in _BESIDE:
                near = (x + dx, y + dy)
                if near in left:
                    left.remove(near)
                    area.append(near)
                    edge.append(near)
        found.append(Region(tuple(sorted(area, key=lambda place: (place[1], place[0])))))
    return sorted(found, key=lambda region: -region.size)


def out_of_reach(level: Level) -> list[Region]:
    """Return the floor that no tank can reach."""
    return regions(floor_of(level) & ~reachable(level))


def rarely_entered(level: Level, entered: IntArray, most: int) -> list[Region]:
    """Return the regions of floor in reach whose tiles were entered in at most `most` matches each.

    entered: matches in which a tank was on the tile, (height, width).
    """
    cold: BoolArray = floor_of(level) & reachable(level) & (entered <= most)
    return regions(cold)


def entrance_width(level: Level, region: Region) -> int:
    """Return how many tiles of a region touch other floor in reach by a side: the width of its way in."""
    floor = floor_of(level) & reachable(level)
    inside = set(region.tiles)
    return sum(
        any(
            (x + dx, y + dy) not in inside
            and 0 <= x + dx < level.width
            and 0 <= y + dy < level.height
            and floor[y + dy, x + dx]
            for dx, dy in _BESIDE
        )
        for x, y in region.tiles
    )
