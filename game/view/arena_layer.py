"""The static part of an arena as one surface, drawn again only around changed tiles; and the water's shimmer."""

from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.core.sim.arrays import ByteArray
from game.view import sdf
from game.view.palette import Palette, Theme, mix
from game.view.sdf import FloatArray
from game.view.tiles import CANOPY_SIDE, VARIANTS, TileBaker

SHIMMER_PHASES: Final = 24
SHIMMER_TILES: Final = 3  # tiles after which the pattern repeats
SHIMMER_TICKS: Final = 5  # per phase of the shimmer


class ArenaLayer:
    """A picture of the whole terrain, ring of wall included, `tile_px` pixels per tile.

    The world's point (0, 0) is at pixel (tile_px, tile_px).
    """

    def __init__(self, tile_px: int, palette: Palette, theme: Theme, glow: float = 1.0) -> None:
        self.tile_px = tile_px
        self.baker = TileBaker(tile_px, palette, theme, glow)
        self.palette = palette
        self.theme = theme
        self.surface = pygame.Surface((tile_px, tile_px), 0, 32)
        self.cover: dict[tuple[int, int], int] = {}  # (column, row): variant
        self.water: list[tuple[int, int]] = []
        self.portals: list[tuple[int, int]] = []
        self._terrain = np.zeros((0, 0), np.uint8)
        self._shimmer: list[list[pygame.Surface]] = []

    def bake(self, terrain: ByteArray) -> None:
        """Draw all tiles of `terrain` (rows, columns), the ring of wall included."""
        rows, columns = terrain.shape
        self._terrain = terrain.copy()
        self.surface = pygame.Surface((columns * self.tile_px, rows * self.tile_px), 0, 32)
        for row in range(rows):
            for column in range(columns):
                self._draw(column, row)
        self._list_animated()

    def update(self, terrain: ByteArray) -> int:
        """Draw changed tiles and their neighbours again; return the number of tiles drawn."""
        if terrain.shape != self._terrain.shape:
            self.bake(terrain)
            return terrain.size
        changed = np.argwhere(terrain != self._terrain)
        if not changed.size:
            return 0
        self._terrain[...] = terrain
        rows, columns = terrain.shape
        around = {
            (column + dx, row + dy)
            for row, column in changed.tolist()
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
            if 0 <= column + dx < columns and 0 <= row + dy < rows
        }
        for column, row in around:
            self._draw(column, row)
        self._list_animated()
        return len(around)

    def _draw(self, column: int, row: int) -> None:
        picture = self._picture(column, row, int(self._terrain[row, column]))
        self.surface.blit(picture, (column * self.tile_px, row * self.tile_px))

    def _picture(self, column: int, row: int, kind: int) -> pygame.Surface:
        """Return the picture of a place for a tile of this kind."""
        group = (rules.BRICK, rules.BRICK_CRACKED) if kind in (rules.BRICK, rules.BRICK_CRACKED) else (kind,)
        walls = self._around(column, row, (rules.WALL,))
        same = self._around(column, row, group) if kind not in (rules.FLOOR, rules.WALL) else 0
        return self.baker.tile(kind, walls, same, self._variant(column, row, kind))

    def _around(self, column: int, row: int, kinds: tuple[int, ...]) -> int:
        """Return nine bits: which tiles around are of these kinds; outside the ring all is wall."""
        rows, columns = self._terrain.shape
        bits = 0
        for n in range(9):
            c, r = column + n % 3 - 1, row + n // 3 - 1
            tile = int(self._terrain[r, c]) if 0 <= c < columns and 0 <= r < rows else rules.WALL
            bits |= (tile in kinds) << n
        return bits

    @staticmethod
    def _variant(column: int, row: int, kind: int) -> int:
        if kind == rules.WALL:
            return 0
        value = (column * 73856093 ^ row * 19349663) % 97
        if kind in (rules.BRICK, rules.BRICK_CRACKED, rules.COVER):
            return value % VARIANTS
        return value if value < VARIANTS else 0

    def _list_animated(self) -> None:
        def places(kind: int) -> list[tuple[int, int]]:
            return [(int(c), int(r)) for r, c in np.argwhere(self._terrain == kind)]

        self.cover = {(c, r): self._variant(c, r, rules.COVER) for c, r in places(rules.COVER)}
        self.water = places(rules.WATER)
        self.portals = places(rules.PORTAL)

    def prepare(self) -> None:
        """Bake the pictures of animated tiles and cracks of this arena now, so that no frame has to."""
        if self.water:
            self.shimmer(0, 0, 0)
        for variant in set(self.cover.values()):
            for faded in (False, True):
                self.baker.canopy(variant, faded)
        for row, column in np.argwhere(self._terrain == rules.BRICK).tolist():
            walls = self._around(column, row, (rules.WALL,))
            self.baker.prepare_brick(walls, self._variant(column, row, rules.BRICK))

    def shimmer(self, column: int, row: int, phase: int) -> pygame.Surface:
        """Return the moving light on a water tile, for an additive blit."""
        if not self._shimmer:
            self._shimmer = _bake_shimmer(self.tile_px, self.palette)
        index = (row % SHIMMER_TILES) * SHIMMER_TILES + column % SHIMMER_TILES
        return self._shimmer[phase % SHIMMER_PHASES][index]

    @property
    def canopy_offset(self) -> int:
        """Pixels that a canopy hangs over its tile's top left corner."""
        return (round(self.tile_px * CANOPY_SIDE) - self.tile_px) // 2


def _bake_shimmer(tile_px: int, palette: Palette) -> list[list[pygame.Surface]]:
    """Return, for each phase, the tiles of a caustic pattern that repeats in space and time."""
    side = tile_px * SHIMMER_TILES
    x, y = sdf.grid(side, side, side / (2 * np.pi))  # one period across
    phases = []
    for phase in range(SHIMMER_PHASES):
        t = np.float32(2 * np.pi * phase / SHIMMER_PHASES)
        light = _caustic(x, y, t)
        rgb = (
            light[..., None]
            * np.array(mix(palette.water, (120, 220, 255), 0.5), np.float32)
            * np.float32(0.62)
        )
        whole = sdf.rgb_surface(rgb)
        tiles = [
            whole.subsurface((column * tile_px, row * tile_px, tile_px, tile_px))
            for row in range(SHIMMER_TILES)
            for column in range(SHIMMER_TILES)
        ]
        phases.append(tiles)
    return phases


def _caustic(x: FloatArray, y: FloatArray, t: np.float32) -> FloatArray:
    """Return thin moving veins of light, periodic in x, y and t."""
    warp_x = x + np.float32(0.55) * np.sin(2 * y + t) + np.float32(0.3) * np.sin(3 * x - t)
    warp_y = y + np.float32(0.55) * np.sin(2 * x - t) + np.float32(0.3) * np.cos(3 * y + t)
    wave = np.sin(2 * warp_x + np.sin(3 * warp_y + t)) + np.sin(3 * warp_y - np.sin(2 * warp_x - t))
    veins: FloatArray = np.clip(1 - np.abs(wave) * np.float32(1.5), 0, 1) ** np.float32(1.6)
    return veins
