"""Pictures of the tiles, baked on demand: adjacent walls, pools and homes merge into one outline.

A tile's picture depends on its own kind and its eight neighbours only: a broken brick changes nine pictures.
Coordinates are tile units from the tile's top left corner; `around` is nine bits, bit (dy + 1) * 3 + dx + 1
set if the neighbour at (dx, dy) belongs to the shape.
"""

from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.view import sdf
from game.view.palette import TEAM_SHAPES, Palette, Theme, mix, scale_colour
from game.view.sdf import Canvas, FloatArray
from game.view.shapes import team_shape

CENTRE_BIT: Final = 1 << 4
CORNER: Final = 0.22  # tiles; rounding of outer wall corners
FAR: Final = np.float32(9.0)
VARIANTS: Final = 4
CANOPY_SIDE: Final = 1.44  # tiles by which leaves reach over their tile


def bit(dx: int, dy: int) -> int:
    """Return the bit of `around` for the neighbour at (dx, dy)."""
    return 1 << ((dy + 1) * 3 + dx + 1)


def merged_distance(x: FloatArray, y: FloatArray, around: int, corner: float = CORNER) -> FloatArray:
    """Return the distance to the outline of the merged tiles in `around`, over the middle tile.

    Outer corners are rounded by `corner`; edges between two tiles of the shape vanish.
    """
    if around & CENTRE_BIT:
        return _inside_distance(x, y, around, corner)
    result = np.full(x.shape, FAR)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if around & bit(dx, dy):
                result = np.minimum(result, _neighbour_distance(x, y, around, (dx, dy), corner))
    return result


def _neighbour_distance(
    x: FloatArray, y: FloatArray, around: int, at: tuple[int, int], corner: float
) -> FloatArray:
    """Return the distance from the open middle tile to one neighbour, its outer corners rounded."""
    dx, dy = at
    cx, cy = dx + 0.5, dy + 0.5
    sharp = sdf.box(x, y, (cx, cy), (0.5, 0.5))
    soft = sdf.box(x, y, (cx, cy), (0.5, 0.5), corner)
    rounded = np.zeros(x.shape, bool)
    for sx in (-1, 1):
        for sy in (-1, 1):
            side, other = (dx + sx, dy), (dx, dy + sy)
            if all(abs(a) <= 1 and abs(b) <= 1 and not around & bit(a, b) for a, b in (side, other)):
                rounded |= ((x - cx) * sx > 0.5 - corner) & ((y - cy) * sy > 0.5 - corner)
    return np.where(rounded, soft, sharp)


def _inside_distance(x: FloatArray, y: FloatArray, around: int, corner: float) -> FloatArray:
    result = np.full(x.shape, FAR)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            if not around & bit(dx, dy):
                result = np.minimum(result, sdf.box(x, y, (dx + 0.5, dy + 0.5), (0.5, 0.5)))
    distance: FloatArray = -result
    soft = sdf.box(x, y, (0.5, 0.5), (0.5, 0.5), corner)
    for sx in (-1, 1):
        for sy in (-1, 1):
            if not around & bit(sx, 0) and not around & bit(0, sy):
                zone = ((x - 0.5) * sx > 0.5 - corner) & ((y - 0.5) * sy > 0.5 - corner)
                distance = np.where(zone, soft, distance)
    return distance


def around_corners(number: int) -> int:
    """Return `around` of a tile with four equal corners.

    number: bit 0 for the neighbours above and below, bit 1 for those to the sides, bit 2 for the diagonal ones.
    """
    around = CENTRE_BIT
    for n in range(9):
        dx, dy = n % 3 - 1, n // 3 - 1
        kind = 2 if dx and dy else 1 if dx else 0
        if (dx or dy) and number >> kind & 1:
            around |= bit(dx, dy)
    return around


PAINTED: Final = frozenset(
    {
        rules.FLOOR,
        rules.WALL,
        rules.BRICK,
        rules.BRICK_CRACKED,
        rules.WATER,
        rules.COVER,
        rules.MIRROR_SLASH,
        rules.MIRROR_BACKSLASH,
        rules.PORTAL,
        rules.CORE,
        *(rules.HOME + team for team in range(rules.MAX_TEAMS)),
    }
)


class TileBaker:
    """Bakes and caches the static pictures of tiles at one size.

    `tile_px` is a tile's side in pixels, `glow` scales every halo (0..1).
    """

    def __init__(self, tile_px: int, palette: Palette, theme: Theme, glow: float = 1.0) -> None:
        self.tile_px = tile_px
        self.palette = palette
        self.theme = theme
        self.glow = glow
        self._pixel = 1.0 / tile_px
        x, y = sdf.grid(tile_px, tile_px, tile_px)
        self._x, self._y = x + np.float32(0.5), y + np.float32(0.5)
        self._tiles: dict[tuple[int, int, int, int], pygame.Surface] = {}
        self._canopies: dict[tuple[int, bool], pygame.Surface] = {}
        # bricks break during a match, and no frame may wait for a new picture
        self._bricks: dict[tuple[bool, int, int], list[pygame.Surface]] = {}  # cracked, walls, variant
        self._outlines: FloatArray | None = None
        self._courses: list[tuple[FloatArray, FloatArray, FloatArray]] = []
        self._cracks: dict[int, tuple[FloatArray, FloatArray, FloatArray, FloatArray]] = {}

    def tile(self, kind: int, walls: int, same: int, variant: int) -> pygame.Surface:
        """Return a tile's picture: `walls` and `same` are its `around` for walls and for its own kind."""
        key = (kind, walls, same, variant)
        if key not in self._tiles:
            if kind in (rules.BRICK, rules.BRICK_CRACKED):
                self._tiles[key] = self._brick_tile(kind == rules.BRICK_CRACKED, walls, same, variant)
            else:
                self._tiles[key] = self._bake(kind, walls, same, variant)
        return self._tiles[key]

    def _bake(self, kind: int, walls: int, same: int, variant: int) -> pygame.Surface:
        if kind not in PAINTED:
            raise LookupError(
                f"tile {rules.TILES[kind].name!r}: expected a picture in {__name__}, found none"
            )
        canvas = Canvas(self._x.shape, self.theme.floor)
        self._floor(canvas, variant)
        if kind == rules.WALL:
            self._wall(canvas, walls)
            return canvas.opaque()
        if kind == rules.WATER:
            self._water(canvas, same)
        elif kind == rules.COVER:
            self._undergrowth(canvas, same)
        elif kind >= rules.HOME:
            self._home(canvas, kind - rules.HOME, same)
        self._wall_light(canvas, walls)
        if kind in (rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH):
            self._mirror(canvas, kind == rules.MIRROR_SLASH)
        elif kind == rules.PORTAL:
            self._portal_base(canvas)
        elif kind == rules.CORE:
            self._core_base(canvas)
        return canvas.opaque()

    def _floor(self, canvas: Canvas, variant: int) -> None:
        """Paint plates with a thin grid, brighter where the grid lines cross."""
        theme, pixel = self.theme, self._pixel
        edge = np.minimum(np.minimum(self._x, 1 - self._x), np.minimum(self._y, 1 - self._y))
        corner = np.minimum(np.abs(self._x - np.round(self._x)) + np.abs(self._y - np.round(self._y)), 1)
        canvas.add(theme.grid, np.where(edge < pixel * 0.75, 1, 0).astype(np.float32), 0.42)
        canvas.add(theme.grid, sdf.halo(corner, 0.16, 1.0) * (edge < pixel * 0.75), 0.8)
        canvas.darken(sdf.halo(edge, 0.3, 1.5), 0.20)
        if variant == 1:
            plate = sdf.box(self._x, self._y, (0.5, 0.5), (0.32, 0.32), 0.06)
            canvas.add(theme.grid, sdf.line(plate, pixel, pixel), 0.22)
        elif variant == 2:
            canvas.add(theme.grid, sdf.fill(sdf.box(self._x, self._y, (0.5, 0.5), (0.5, 0.5)), pixel), 0.05)
        elif variant == 3:
            for dx in (0.2, 0.8):
                canvas.add(theme.grid, sdf.fill(sdf.circle(self._x, self._y, dx, 0.2, 0.025), pixel), 0.5)

    def _wall_light(self, canvas: Canvas, walls: int) -> None:
        """Paint the neon light of neighbouring walls onto the tile, and their shadow towards the bottom."""
        if not walls & ~CENTRE_BIT:
            return
        shadow = merged_distance(self._x - np.float32(0.05), self._y - np.float32(0.16), walls & ~CENTRE_BIT)
        canvas.darken(sdf.halo(shadow, 0.16, 1.2), 0.55)
        distance = merged_distance(self._x, self._y, walls & ~CENTRE_BIT)
        canvas.add(self.theme.wall_edge, sdf.halo(distance, 0.62, 2.6), 0.34 * self.glow)
        canvas.add(self.theme.wall_edge, sdf.halo(distance, 0.16, 1.5), 0.30 * self.glow)

    def _wall(self, canvas: Canvas, walls: int) -> None:
        """Paint a raised block: dark inside, bevelled towards its bright edge."""
        theme, pixel = self.theme, self._pixel
        distance = merged_distance(self._x, self._y, walls)
        inside = sdf.fill(distance, pixel)
        canvas.add(theme.wall_edge, sdf.halo(distance, 0.62, 2.6), 0.34 * self.glow)
        canvas.over(scale_colour(theme.wall_fill, 0.62), inside)
        stripe = np.abs(np.mod((self._x + self._y) * 3, 1) - np.float32(0.5))
        canvas.add(theme.wall_fill, sdf.fill((stripe - np.float32(0.17)) / 3, pixel) * inside, 0.16)
        depth = np.clip(-distance, 0, 1)
        slope_y, slope_x = np.gradient(np.clip(distance, -0.4, 0.4))
        lit = np.clip((-slope_x * 0.5 - slope_y) / np.float32(pixel), -1, 1)
        bevel = sdf.halo(np.abs(depth - np.float32(0.10)), 0.12, 1.0) * inside
        canvas.add(theme.wall_edge, bevel * (np.float32(0.30) - lit * np.float32(0.22)), 1.0)
        canvas.add(theme.wall_edge, sdf.halo(depth, 0.5, 2.0) * inside, 0.20 * self.glow)
        rim = distance + np.float32(1.6 * pixel)
        canvas.over(mix(theme.wall_edge, (255, 255, 255), 0.30), sdf.line(rim, 2.4 * pixel, pixel))
        canvas.over((255, 255, 255), sdf.line(rim, 1.0 * pixel, pixel), 0.55)

    def _water(self, canvas: Canvas, same: int) -> None:
        """Paint a sunken pool with a lit shore; the shimmer on it moves and is drawn each frame."""
        water, pixel = self.palette.water, self._pixel
        distance = merged_distance(self._x, self._y, same | CENTRE_BIT, 0.3)
        inside = sdf.fill(distance + np.float32(0.03), pixel)
        canvas.over(scale_colour(water, 0.34), inside)
        canvas.darken(sdf.halo(np.abs(distance + np.float32(0.10)), 0.16, 1.2) * inside, 0.42)
        canvas.over(
            mix(water, (255, 255, 255), 0.32), sdf.line(distance + np.float32(0.04), 1.8 * pixel, pixel), 0.75
        )
        canvas.add(water, sdf.halo(np.abs(distance + np.float32(0.04)), 0.2, 2.0), 0.5 * self.glow)

    def _undergrowth(self, canvas: Canvas, same: int) -> None:
        cover, pixel = self.palette.cover, self._pixel
        distance = merged_distance(self._x, self._y, same | CENTRE_BIT, 0.34)
        canvas.over(scale_colour(cover, 0.17), sdf.fill(distance, pixel), 0.9)
        canvas.add(cover, sdf.halo(np.abs(distance), 0.2, 2.0), 0.12 * self.glow)

    def _home(self, canvas: Canvas, team: int, same: int) -> None:
        """Paint a home tile in the team's colour, with the team's shape on it."""
        colour, pixel = self.palette.teams[team], self._pixel
        distance = merged_distance(self._x, self._y, same | CENTRE_BIT, 0.2)
        inside = sdf.fill(distance, pixel)
        canvas.add(colour, inside, 0.13)
        stripe = np.abs(np.mod((self._x - self._y) * 2, 1) - np.float32(0.5))
        canvas.add(colour, sdf.fill((stripe - np.float32(0.12)) / 2, pixel) * inside, 0.07)
        emblem = team_shape(TEAM_SHAPES[team], self._x - np.float32(0.5), self._y - np.float32(0.5), 0.22)
        canvas.add(colour, sdf.line(emblem, 1.6 * pixel, pixel), 0.55)
        canvas.add(colour, sdf.line(distance + np.float32(0.05), 2 * pixel, pixel), 0.9)
        canvas.add(colour, sdf.halo(np.abs(distance + np.float32(0.05)), 0.22, 2.0), 0.35 * self.glow)

    def prepare_brick(self, walls: int, variant: int) -> None:
        """Bake the pictures that a brick at such a place may need, so that no frame has to."""
        for cracked in (False, True):
            self._brick_quarters(cracked, walls, variant)

    def _brick_tile(self, cracked: bool, walls: int, same: int, variant: int) -> pygame.Surface:
        """Return a brick's picture, composed of its quarters: each depends only on the three neighbours at its corner."""
        whole = self._brick_quarters(cracked, walls, variant)
        picture = whole[0].copy()
        half = self.tile_px // 2
        for dx, left, width in ((-1, 0, half), (1, half, self.tile_px - half)):
            for dy, top, height in ((-1, 0, half), (1, half, self.tile_px - half)):
                near = (bit(0, dy), bit(dx, 0), bit(dx, dy))
                number = sum(bool(same & one) << n for n, one in enumerate(near))
                picture.blit(whole[number], (left, top), (left, top, width, height))
        return picture

    def _brick_quarters(self, cracked: bool, walls: int, variant: int) -> list[pygame.Surface]:
        """Return eight pictures of a brick with four equal corners; `around_corners` defines its neighbours."""
        key = (cracked, walls, variant)
        found = self._bricks.get(key)
        if found is None:
            if self._outlines is None:
                shapes = [merged_distance(self._x, self._y, around_corners(n), 0.10) for n in range(8)]
                self._outlines = np.stack(shapes)
            ground = Canvas(self._x.shape, self.theme.floor)
            self._floor(ground, variant)
            self._wall_light(ground, walls)
            canvas = Canvas(self._outlines.shape)
            canvas.rgb[...] = ground.rgb
            self._brick(canvas, cracked, self._outlines, variant)
            found = self._bricks[key] = [sdf.rgb_surface(rgb) for rgb in canvas.rgb]
        return found

    def _brick(self, canvas: Canvas, cracked: bool, distance: FloatArray, variant: int) -> None:
        """Paint masonry in two courses that continue into neighbouring bricks; `distance` is to the edge of them all."""
        brick, pixel = self.palette.brick, self._pixel
        inside = sdf.fill(distance + np.float32(0.035), pixel)
        canvas.darken(sdf.halo(distance, 0.1, 1.0), 0.7)
        canvas.over(scale_colour(brick, 0.42), inside)
        shades = np.random.default_rng(variant + 5).uniform(0.86, 1.14, 4)
        for n, (cover, top, shade) in enumerate(self._masonry()):
            canvas.over(scale_colour(brick, float(shades[min(n, 3)]) * 0.92), cover * inside)
            canvas.add(self.palette.brick_glow, top * inside, 0.30)
            canvas.darken(shade, 0.40)
        if cracked:
            self._crack(canvas, inside, variant)
        rim = sdf.line(distance + np.float32(0.045), 1.3 * pixel, pixel)
        canvas.over(self.palette.brick_glow, rim, 0.34 if cracked else 0.62)

    def _masonry(self) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
        """Return for each block of a brick's two courses its area, its lit top and its shaded foot."""
        blocks = (
            (0.25, 0.25, 0.25),
            (0.75, 0.25, 0.25),
            (0.5, 0.75, 0.25),
            (0.0, 0.75, 0.25),
            (1.0, 0.75, 0.25),
        )
        for cx, cy, half in blocks[len(self._courses) :]:
            block = sdf.box(self._x, self._y, (cx, cy), (half, 0.25), 0.04) + np.float32(0.028)
            cover = sdf.fill(block, self._pixel)
            top = sdf.fill(block + np.float32(0.02), self._pixel)
            top = top * np.clip((cy - self._y) / np.float32(0.2), 0, 1)
            self._courses.append((cover, top, cover * np.clip((self._y - cy) / np.float32(0.25), 0, 1)))
        return self._courses

    def _crack(self, canvas: Canvas, inside: FloatArray, variant: int) -> None:
        if variant not in self._cracks:
            self._cracks[variant] = self._crack_shapes(variant)
        glow, crack, chips, rim = self._cracks[variant]
        canvas.darken(inside, 0.30)
        canvas.add(self.palette.brick_glow, glow * inside, 0.55)
        canvas.over((10, 5, 8), crack * inside, 0.96)
        canvas.over(scale_colour(self.theme.floor, 0.9), chips, 0.95)
        canvas.over(self.palette.brick_glow, rim * inside, 0.45)

    def _crack_shapes(self, variant: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the crack's glow, the crack, the corners that have broken off, and their rim."""
        pixel, flip = self._pixel, variant % 2 == 1
        x = 1 - self._x if flip else self._x
        y = 1 - self._y if variant >= VARIANTS // 2 else self._y
        main = sdf.path(
            x, y, [(0.12, 0.02), (0.34, 0.28), (0.28, 0.44), (0.60, 0.56), (0.56, 0.76), (0.82, 0.98)]
        )
        twig = sdf.path(x, y, [(0.30, 0.42), (0.12, 0.62), (0.16, 0.80)])
        other = sdf.path(x, y, [(0.60, 0.56), (0.80, 0.42), (0.78, 0.20), (0.94, 0.10)])
        distance = np.minimum(main, np.minimum(twig, other))
        chips = np.minimum(sdf.circle(x, y, 0.96, 0.04, 0.17), sdf.circle(x, y, 0.03, 0.97, 0.19))
        return (
            sdf.halo(distance, 0.16, 2.2),
            sdf.fill(distance - np.float32(0.030), pixel),
            sdf.fill(chips, pixel),
            sdf.line(chips, 1.2 * pixel, pixel),
        )

    def _mirror(self, canvas: Canvas, slash: bool) -> None:
        """Paint a bright blade from corner to corner, silvered on both sides."""
        mirror, pixel = self.palette.mirror, self._pixel
        x = self._x if slash else 1 - self._x
        y = self._y
        blade = sdf.segment(x, y, (0.10, 0.90), (0.90, 0.10))
        along = np.clip((x + 1 - y) / 2, 0, 1)
        canvas.darken(sdf.halo(sdf.segment(x, y, (0.16, 1.0), (0.96, 0.2)), 0.2, 1.2), 0.5)
        canvas.add(mirror, sdf.halo(blade, 0.46, 2.2), 0.52 * self.glow)
        body = sdf.fill(blade - np.float32(0.095), pixel)
        canvas.over(scale_colour(mirror, 0.55), body)
        gleam = np.abs(np.mod(along * 3, 1) - np.float32(0.5))
        canvas.add(mirror, sdf.fill((gleam - np.float32(0.14)) / 3, pixel) * body, 0.34)
        canvas.over((255, 255, 255), sdf.line(blade - np.float32(0.095), 1.7 * pixel, pixel), 0.95)
        for cx, cy in ((0.12, 0.88), (0.88, 0.12)):
            post = sdf.box(x, y, (cx, cy), (0.10, 0.10), 0.03)
            canvas.over(scale_colour(mirror, 0.35), sdf.fill(post, pixel))
            canvas.over(mirror, sdf.line(post, 1.4 * pixel, pixel))

    def _portal_base(self, canvas: Canvas) -> None:
        ring = sdf.circle(self._x, self._y, 0.5, 0.5, 0.46)
        canvas.over((3, 3, 8), sdf.fill(ring, self._pixel), 0.9)

    def _core_base(self, canvas: Canvas) -> None:
        core, pixel = self.palette.core, self._pixel
        plate = sdf.regular(self._x - np.float32(0.5), self._y - np.float32(0.5), 8, 0.52, np.pi / 8)
        canvas.over((16, 26, 38), sdf.fill(plate, pixel))
        canvas.over(scale_colour(core, 0.55), sdf.line(plate + np.float32(0.03), 2 * pixel, pixel))
        canvas.add(core, sdf.halo(plate, 0.3, 2.0), 0.2 * self.glow)

    def canopy(self, variant: int, faded: bool) -> pygame.Surface:
        """Return leaves that are drawn over tanks in cover; `faded` leaves let a tank show through."""
        key = (variant, faded)
        if key not in self._canopies:
            self._canopies[key] = self._bake_canopy(variant, 0.34 if faded else 0.93)
        return self._canopies[key]

    def _bake_canopy(self, variant: int, opacity: float) -> pygame.Surface:
        side = round(self.tile_px * CANOPY_SIDE)
        x, y = sdf.grid(side, side, self.tile_px)
        canvas = Canvas(x.shape)
        pixel, cover = self._pixel, self.palette.cover
        random = np.random.default_rng(40 + variant)
        leaves = 30
        for n in range(leaves):
            spot = random.uniform(-0.47, 0.47, 2)
            turn = random.uniform(0, 2 * np.pi)
            size = random.uniform(0.15, 0.24)
            cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
            lx = (x - np.float32(spot[0])) * cos + (y - np.float32(spot[1])) * sin
            ly = (y - np.float32(spot[1])) * cos - (x - np.float32(spot[0])) * sin
            bow = size * 0.85
            reach = float(np.hypot(size, bow))
            leaf = np.maximum(sdf.circle(lx, ly, 0, bow, reach), sdf.circle(lx, ly, 0, -bow, reach))
            light = 0.34 + 0.5 * n / leaves + float(random.uniform(-0.06, 0.06))
            canvas.darken(sdf.halo(leaf, 0.05, 1.0) * canvas.alpha, 0.5)
            canvas.over(scale_colour(cover, light), sdf.fill(leaf, pixel))
            rib = sdf.segment(lx, ly, (-size * 0.8, 0.0), (size * 0.8, 0.0)) - np.float32(0.006)
            canvas.over(mix(cover, (220, 255, 200), 0.45), sdf.fill(rib, pixel) * sdf.fill(leaf, pixel), 0.45)
            canvas.over(
                mix(cover, (190, 255, 170), 0.4), sdf.line(leaf, pixel, pixel), 0.25 + 0.35 * n / leaves
            )
        return sdf.rgba_surface(canvas.rgb * np.float32(opacity), canvas.alpha * np.float32(opacity))
