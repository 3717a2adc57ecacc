"""A picture of a level: a small one for lists and replays, or one with a given number of pixels a tile."""

from io import BytesIO
from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.core.sim.arena import Arena, terrain_of
from game.view import sdf
from game.view.arena_layer import ArenaLayer
from game.view.glow import ADD
from game.view.objects import ObjectSprites
from game.view.palette import DEFAULT, TEAM_SHAPES, Palette, Theme
from game.view.sdf import Canvas
from game.view.shapes import team_shape
from game.view.tiles import TileBaker

LARGEST_BAKE: Final = 24  # px of a tile that is baked before shrinking
FRAME: Final = 0.3  # visible tiles of the ring of wall
PREMULTIPLIED: Final = pygame.BLEND_PREMULTIPLIED


def level_thumbnail(
    arena: Arena, size: tuple[int, int], palette: Palette = DEFAULT, theme: int | None = None
) -> pygame.Surface:
    """Return a picture of the arena, `size` pixels, with starts, pick-ups and cells, on dark ground."""
    if size[0] < 1 or size[1] < 1:
        raise ValueError(f"thumbnail size: expected at least 1 x 1 pixels, found {size[0]} x {size[1]}")
    rows, columns = arena.tiles.shape
    wanted = min(size[0] / (columns + 2 * FRAME), size[1] / (rows + 2 * FRAME))
    chosen = _theme(arena, palette, theme)
    inner = _bake(arena, int(max(8, min(LARGEST_BAKE, 2 * wanted))), palette, chosen)
    scale = min(size[0] / inner.get_width(), size[1] / inner.get_height())
    small = (max(1, int(inner.get_width() * scale)), max(1, int(inner.get_height() * scale)))
    result = pygame.Surface(size, 0, 32)
    result.fill(chosen.void)
    shrunk = pygame.transform.smoothscale(inner, small)
    result.blit(shrunk, ((size[0] - small[0]) // 2, (size[1] - small[1]) // 2))
    return result


def level_picture(
    arena: Arena, tile: int, palette: Palette = DEFAULT, theme: int | None = None
) -> pygame.Surface:
    """Return a picture of the arena at the start of a match, `tile` pixels a tile, with a part of the wall around it."""
    if tile < 1:
        raise ValueError(f"picture: expected at least 1 pixel a tile, found {tile}")
    return _bake(arena, tile, palette, _theme(arena, palette, theme)).copy()


def png_of(picture: pygame.Surface) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    stream = BytesIO()
    pygame.image.save(picture, stream, "picture.png")
    return stream.getvalue()


def _theme(arena: Arena, palette: Palette, theme: int | None) -> Theme:
    themes = palette.themes
    return themes[(arena.objective if theme is None else theme) % len(themes)]


def _bake(arena: Arena, tile: int, palette: Palette, theme: Theme) -> pygame.Surface:
    """Return the arena with all its objects; of the ring of wall `FRAME` tiles are left."""
    rows, columns = arena.tiles.shape
    layer = ArenaLayer(tile, palette, theme)
    layer.bake(terrain_of(arena).reshape(rows + 2, columns + 2))
    picture = layer.surface
    _decorate(picture, arena, layer, palette)
    cut = tile - round(FRAME * tile)
    return picture.subsurface(picture.get_rect().inflate(-2 * cut, -2 * cut))


def _decorate(picture: pygame.Surface, arena: Arena, layer: ArenaLayer, palette: Palette) -> None:
    """Draw water light, leaves, portals, the core, pick-ups, cells and starts over the tiles."""
    tile = layer.tile_px
    objects = ObjectSprites(tile, palette)

    def put(sprite: pygame.Surface, column: float, row: float, flags: int) -> None:
        centre = ((column + 1.5) * tile, (row + 1.5) * tile)
        picture.blit(sprite, sprite.get_rect(center=centre), special_flags=flags)

    for column, row in layer.water:
        picture.blit(layer.shimmer(column, row, 0), (column * tile, row * tile), special_flags=ADD)
    for pair, ends in enumerate(arena.portals):
        for column, row in ends:
            put(objects.portal(pair, 0), column, row, ADD)
    for row, column in np.argwhere(arena.tiles == rules.CORE).tolist():
        put(objects.core_heart(0, False), column, row, ADD)
    for spot in arena.pickups:
        put(objects.pickup(spot.kind), spot.x, spot.y, PREMULTIPLIED)
    if arena.objective == rules.COLLECT:
        for column, row in arena.cells:
            put(objects.energy_cell(0), column, row, PREMULTIPLIED)
    for (column, row), variant in layer.cover.items():
        leaves = layer.baker.canopy(variant, False)
        place = (column * tile - layer.canopy_offset, row * tile - layer.canopy_offset)
        picture.blit(leaves, place, special_flags=PREMULTIPLIED)
    for spawn in arena.spawns:
        put(_start_mark(tile, spawn.team % rules.MAX_TEAMS, layer.baker), spawn.x, spawn.y, PREMULTIPLIED)


def _start_mark(tile: int, team: int, baker: TileBaker) -> pygame.Surface:
    side = 2 * (tile * 6 // 10)
    x, y = sdf.grid(side, side, tile)
    canvas = Canvas(x.shape)
    shape = team_shape(TEAM_SHAPES[team], x, y, 0.34)
    canvas.over((3, 4, 10), sdf.fill(shape - np.float32(0.08), 1 / tile), 0.9)
    canvas.over(baker.palette.teams[team], sdf.fill(shape, 1 / tile))
    return canvas.sprite()
