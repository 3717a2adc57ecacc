"""A small map of the whole arena, for arenas larger than the view."""

from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.core.sim import state
from game.core.sim.arrays import ByteArray
from game.core.sim.state import World
from game.view.palette import Colour, Palette, scale_colour

LARGEST_SIDE: Final = 170  # px at scale 1


def tile_colours(
    palette: Palette, theme_edge: Colour = (92, 112, 255)
) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """Return the colour of each tile id on the map, (N_TILES, 3)."""
    table: dict[int, Colour] = {
        rules.FLOOR: (10, 12, 26),
        rules.WALL: scale_colour(theme_edge, 0.72),
        rules.BRICK: palette.brick,
        rules.BRICK_CRACKED: scale_colour(palette.brick, 0.62),
        rules.WATER: scale_colour(palette.water, 0.8),
        rules.COVER: scale_colour(palette.cover, 0.62),
        rules.MIRROR_SLASH: palette.mirror,
        rules.MIRROR_BACKSLASH: scale_colour(palette.mirror, 0.85),
        rules.PORTAL: palette.portals[0],
        rules.CORE: palette.core,
    }
    for team in range(rules.MAX_TEAMS):
        table[rules.HOME + team] = scale_colour(palette.teams[team], 0.42)
    return np.array([table[tile] for tile in range(rules.N_TILES)], np.uint8)


class Minimap:
    """Keeps a picture of the terrain and draws tanks, cells and the visible part over it."""

    def __init__(self, palette: Palette, ui_scale: float) -> None:
        self.palette = palette
        self._scale = ui_scale
        self._terrain: ByteArray = np.zeros((0, 0), np.uint8)
        self._picture = pygame.Surface((1, 1), 0, 32)
        self._unit = 1
        self.box = pygame.Rect(0, 0, 0, 0)  # the rectangle of the last drawing

    def update(self, terrain: ByteArray) -> None:
        """Take over changes of the terrain (rows, columns, ring of wall included)."""
        if terrain.shape == self._terrain.shape and np.array_equal(terrain, self._terrain):
            return
        self._terrain = terrain.copy()
        inner = terrain[1:-1, 1:-1]
        self._unit = max(1, round(LARGEST_SIDE * self._scale / max(inner.shape)))
        pixels = tile_colours(self.palette)[inner].repeat(self._unit, 0).repeat(self._unit, 1)
        self._picture = pygame.Surface((pixels.shape[1], pixels.shape[0]), 0, 32)
        pygame.surfarray.blit_array(self._picture, pixels.swapaxes(0, 1))

    def draw(
        self,
        surface: pygame.Surface,
        world: World,
        w: int,
        focus_seat: int,
        view: tuple[float, float, float, float],
    ) -> None:
        """Draw the map bottom right; `view` is the visible part (x, y, width, height) in tiles."""
        unit, (width, height) = self._unit, self._picture.get_size()
        left = surface.get_width() - width - round(16 * self._scale)
        top = surface.get_height() - height - round(16 * self._scale)
        self.box = pygame.Rect(left - 4, top - 4, width + 8, height + 8)
        surface.fill(self.palette.panel, self.box)
        pygame.draw.rect(surface, scale_colour(self.palette.text_dim, 0.6), self.box, 1)
        surface.blit(self._picture, (left, top))
        team = int(world.tanks[w, focus_seat, state.TANK_TEAM]) if focus_seat >= 0 else -1
        for row in world.cells[w].tolist():
            if row[state.CELL_EXISTS] and row[state.CELL_WAIT] == 0:
                self._dot(surface, left, top, row[state.CELL_X], row[state.CELL_Y], self.palette.energy, 2)
        for seat, row in enumerate(world.tanks[w].tolist()):
            if not row[state.TANK_ALIVE] or (team >= 0 and row[state.TANK_HIDDEN] >> team & 1):
                continue
            colour = self.palette.teams[row[state.TANK_TEAM] % rules.MAX_TEAMS]
            self._dot(
                surface,
                left,
                top,
                row[state.TANK_X],
                row[state.TANK_Y],
                colour,
                4 if seat == focus_seat else 3,
            )
        frame = pygame.Rect(left + view[0] * unit, top + view[1] * unit, view[2] * unit, view[3] * unit)
        pygame.draw.rect(surface, self.palette.text, frame.clip((left, top, width, height)), 1)

    def _dot(
        self, surface: pygame.Surface, left: int, top: int, x: int, y: int, colour: Colour, radius: int
    ) -> None:
        place = (left + x * self._unit // rules.SU_PER_TILE, top + y * self._unit // rules.SU_PER_TILE)
        pygame.draw.circle(surface, (0, 0, 0), place, round((radius + 1) * self._scale))
        pygame.draw.circle(surface, colour, place, round(radius * self._scale))
