"""Reachability: flood fill over a whole level, with the open tiles as bits of one integer.

Tile (x, y) is bit y * (width + 1) + x; the spare column keeps a step to the right from entering the next
row. A tank fits through a gap of one tile and cannot cut corners, so four neighbours are enough. Bricks can be
destroyed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from game.core import rules
from game.core.sim.arena import Arena
from game.core.sim.arrays import ByteArray

Place = tuple[int, int]

PASSABLE: Final = frozenset(
    tile_id
    for tile_id, tile in enumerate(rules.TILES)
    if not tile.blocks_tank or tile.name.startswith("brick")
)
STANDING: Final = frozenset(tile_id for tile_id, tile in enumerate(rules.TILES) if not tile.blocks_tank)

_PASSABLE_TABLE: Final = np.array([tile_id in PASSABLE for tile_id in range(256)])


class Ground:
    """The passable tiles of an arena and the connections by portals."""

    def __init__(self, tiles: ByteArray, portals: Iterable[tuple[Place, Place]] = ()) -> None:
        height, width = (int(side) for side in tiles.shape)
        self.width = width
        self.stride = width + 1
        padded = np.zeros((height, self.stride), np.bool_)
        padded[:, :width] = _PASSABLE_TABLE[tiles]
        self.open = int.from_bytes(np.packbits(padded, bitorder="little").tobytes(), "little")
        self._doors = tuple((self.bit(a), self.bit(b)) for a, b in portals)

    @classmethod
    def of(cls, arena: Arena) -> "Ground":
        """Return the ground of an arena."""
        return cls(arena.tiles, arena.portals)

    def bit(self, place: Place) -> int:
        """Return the bit of a tile."""
        return 1 << (place[1] * self.stride + place[0])

    def places(self, bits: int) -> list[Place]:
        """Return the tiles of a set of bits, row by row."""
        found = []
        while bits:
            low = bits & -bits
            index = low.bit_length() - 1
            found.append((index % self.stride, index // self.stride))
            bits ^= low
        return found

    def reachable(self, start: Place) -> int:
        """Return the bits of all tiles that a tank on `start` can reach, none if `start` is solid."""
        area = self.bit(start) & self.open
        while True:
            grown = area
            while True:
                wider = (
                    grown | grown << 1 | grown >> 1 | grown << self.stride | grown >> self.stride
                ) & self.open
                if wider == grown:
                    break
                grown = wider
            for one, other in self._doors:
                if grown & (one | other):
                    grown |= (one | other) & self.open
            if grown == area:
                return area
            area = grown

    def largest_area(self, starts: Sequence[Place]) -> int:
        """Return the bits of the area that contains most of the given tiles; of several the largest, of equal ones the first."""
        areas: list[int] = []
        for start in starts:
            if not any(self.bit(start) & area for area in areas):
                areas.append(self.reachable(start))
        return max(
            areas,
            key=lambda area: (sum(bool(self.bit(start) & area) for start in starts), area.bit_count()),
            default=0,
        )

    def open_neighbours(self, place: Place) -> int:
        """Return the bits of the open tiles among the four that share a side with a tile."""
        bit = self.bit(place)
        return (bit << 1 | bit >> 1 | bit << self.stride | bit >> self.stride) & self.open
