"""A canvas for symmetric levels: everything drawn on a tile also appears on its image."""

import numpy as np

from game.core import rules
from game.core.levels.reach import PASSABLE, STANDING, Ground, Place
from game.core.levels.symmetry import MIRROR_Y, image_place, image_tile
from game.core.sim.arrays import ByteArray

STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


class TileCanvas:
    """Tiles under construction, all floor at first. Drawing outside the canvas has no effect."""

    def __init__(self, width: int, height: int, symmetry: str) -> None:
        self.width = width
        self.height = height
        self.symmetry = symmetry
        self.rows = [[rules.FLOOR] * width for _ in range(height)]
        self.portals: list[tuple[Place, Place]] = []

    def inside(self, place: Place, margin: int = 0) -> bool:
        """Return whether a tile is on the canvas, at least `margin` tiles from its edge."""
        x, y = place
        return margin <= x < self.width - margin and margin <= y < self.height - margin

    def image(self, place: Place) -> Place:
        """Return the tile that corresponds to `place` for the other team."""
        return image_place(self.symmetry, self.width, self.height, place)

    def at(self, place: Place) -> int:
        """Return the tile id at a position."""
        return self.rows[place[1]][place[0]]

    def put(self, place: Place, tile: int) -> None:
        """Draw a tile and its image.

        A mirror on the axis of a reflection cannot be its own image: a wall is drawn there.
        """
        if not self.inside(place):
            return
        other = self.image(place)
        twin = image_tile(self.symmetry, tile)
        if other == place and twin != tile:
            tile = twin = rules.WALL
        self.rows[place[1]][place[0]] = tile
        self.rows[other[1]][other[0]] = twin

    def block(self, place: Place, width: int, height: int, tile: int) -> None:
        """Draw a filled rectangle from its top left tile."""
        for y in range(place[1], place[1] + height):
            for x in range(place[0], place[0] + width):
                self.put((x, y), tile)

    def portal(self, one: Place, other: Place) -> None:
        """Draw a pair of portals and, unless it is its own image, the image of the pair."""
        pairs = [(one, other)]
        if self.image(one) not in (one, other):
            pairs.append((self.image(one), self.image(other)))
        for pair in pairs:
            self.portals.append(pair)
            for x, y in pair:
                self.rows[y][x] = rules.PORTAL

    def is_floor(self, place: Place) -> bool:
        """Return whether a tile is on the canvas and is plain floor."""
        return self.inside(place) and self.at(place) == rules.FLOOR

    def is_standing(self, place: Place) -> bool:
        """Return whether a tank may stand on a tile."""
        return self.inside(place) and self.at(place) in STANDING

    def is_passable(self, place: Place) -> bool:
        """Return whether a tank can enter a tile, bricks included."""
        return self.inside(place) and self.at(place) in PASSABLE

    def half(self) -> tuple[int, int]:
        """Return the size of the top left part that, with its image, covers the canvas."""
        width = self.width if self.symmetry == MIRROR_Y else (self.width + 1) // 2
        height = self.height if self.symmetry != MIRROR_Y else (self.height + 1) // 2
        return width, height

    def tiles(self) -> ByteArray:
        """Return the tiles in the core's format, read-only."""
        tiles = np.array(self.rows, np.uint8)
        tiles.flags.writeable = False
        return tiles

    def ground(self) -> Ground:
        """Return the passable tiles now."""
        return Ground(np.array(self.rows, np.uint8), self.portals)
