"""The generator's families: each draws one type of terrain on half a canvas; the canvas draws the other half.

A family may leave areas cut off: the generator opens paths and fills areas that stay closed.
"""

from collections.abc import Callable
from typing import Final

from game.core import rules
from game.core.levels.canvas import STEPS, TileCanvas
from game.core.levels.dice import SeededRandom
from game.core.levels.reach import Place

_BLOCKS: Final = (
    (rules.WALL, 55),
    (rules.BRICK, 22),
    (rules.MIRROR_SLASH, 6),
    (rules.MIRROR_BACKSLASH, 6),
    (rules.COVER, 11),
)
_DOORS: Final = ((rules.FLOOR, 60), (rules.BRICK, 22), (rules.COVER, 18))
_MIRRORS: Final = (rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH)


def pillars(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Draw an open hall with rows of blocks, slightly displaced."""
    pitch_x, pitch_y = dice.between(3, 5), dice.between(3, 5)
    shift_x, shift_y = dice.between(1, 2), dice.between(1, 2)
    jitter = dice.chance(50)
    width, height = canvas.half()
    for top in range(shift_y, height, pitch_y):
        for left in range(shift_x, width, pitch_x):
            if dice.chance(12):
                continue
            x = left + (dice.below(2) if jitter else 0)
            y = top + (dice.below(2) if jitter else 0)
            tile = dice.weighted(_BLOCKS)
            shape = dice.below(5)
            if tile in _MIRRORS:
                canvas.put((x, y), tile)
            elif shape == 0:
                _plus(canvas, (x, y), tile)
            else:
                canvas.block((x, y), 1 + dice.below(2), 1 + dice.below(2), tile)
    _scatter(canvas, dice, rules.COVER, canvas.width * canvas.height // 60)


def rooms(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Draw rooms divided by walls, a door in every stretch of wall and something in every room."""
    columns = max(2, canvas.width // dice.between(6, 8))
    rows = max(2, canvas.height // dice.between(5, 7))
    lines_x = [canvas.width * n // columns for n in range(1, columns)]
    lines_y = [canvas.height * n // rows for n in range(1, rows)]
    for x in lines_x:
        canvas.block((x, 0), 1, canvas.height, rules.WALL)
    for y in lines_y:
        canvas.block((0, y), canvas.width, 1, rules.WALL)
    edges_x = [-1, *lines_x, canvas.width]
    edges_y = [-1, *lines_y, canvas.height]
    for row in range(rows):
        top, bottom = edges_y[row] + 1, edges_y[row + 1]
        for column in range(columns):
            left, right = edges_x[column] + 1, edges_x[column + 1]
            if column + 1 < columns:
                _door(canvas, dice, (right, dice.between(top, max(top, bottom - 2))), (0, 1))
            if row + 1 < rows:
                _door(canvas, dice, (dice.between(left, max(left, right - 2)), bottom), (1, 0))
            if right - left >= 3 and bottom - top >= 3:
                _furnish(canvas, dice, (dice.between(left + 1, right - 2), dice.between(top + 1, bottom - 2)))


def canals(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Draw winding canals with bridges: shots cross the water, tanks must not."""
    across = canvas.width >= canvas.height
    length, breadth = (canvas.height, canvas.width) if across else (canvas.width, canvas.height)
    for _ in range(1 + (breadth > 15) + (breadth > 25)):
        at = dice.between(breadth // 5 + 1, breadth // 2)
        wide = 1 + dice.chance(60)
        bridges = {dice.below(length) for _ in range(1 + length // 7)}
        for step in range(length):
            bridge = any(step - 1 <= b <= step for b in bridges)
            for lane in range(at, at + wide):
                tile = (rules.COVER if dice.chance(15) else rules.FLOOR) if bridge else rules.WATER
                canvas.put((lane, step) if across else (step, lane), tile)
            if dice.chance(35) and not bridge:
                at = min(max(at + dice.pick((-1, 1)), 2), breadth // 2)
    _scatter_blocks(canvas, dice, canvas.width * canvas.height // 26)
    _scatter(canvas, dice, rules.COVER, canvas.width * canvas.height // 45)


def caves(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Draw caves: random rock smoothed by its neighbours, dug through, bricks where the rock is thin."""
    width, height = canvas.half()
    density = dice.between(43, 47)
    for y in range(height):
        for x in range(width):
            if dice.chance(density):
                canvas.put((x, y), rules.WALL)
    for smoothing in range(2):
        counts = _rock_counts(canvas.rows, canvas.width, canvas.height)
        for y in range(height):
            for x in range(width):
                # The first round also puts pillars into wide halls.
                rock = counts[y][x] >= 5 or (smoothing == 0 and counts[y][x] <= 1)
                canvas.put((x, y), rules.WALL if rock else rules.FLOOR)
    for _ in range(2 + canvas.width * canvas.height // 90):
        _dig(canvas, dice, (dice.below(canvas.width), dice.below(canvas.height)))
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            if canvas.at((x, y)) != rules.WALL:
                continue
            thin = (canvas.is_floor((x - 1, y)) and canvas.is_floor((x + 1, y))) or (
                canvas.is_floor((x, y - 1)) and canvas.is_floor((x, y + 1))
            )
            if thin and dice.chance(35):
                canvas.put((x, y), rules.BRICK)
    _scatter(canvas, dice, rules.COVER, canvas.width * canvas.height // 24)
    _scatter(canvas, dice, rules.WATER, canvas.width * canvas.height // 90)


def mirrors(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Draw a hall of mirrors: diagonal chains and lenses that turn shots round corners, and portals."""
    width, height = canvas.half()
    for _ in range(2 + canvas.width * canvas.height // 90):
        x, y = dice.between(2, max(2, width - 2)), dice.between(1, max(1, height - 2))
        kind = dice.below(4)
        if kind == 0:
            tile, slope = dice.pick(((rules.MIRROR_SLASH, -1), (rules.MIRROR_BACKSLASH, 1)))
            for step in range(dice.between(2, 3)):
                canvas.put((x + step, y + slope * step), tile)
        elif kind == 1:
            for corner, tile in zip(((0, 0), (2, 0), (0, 2), (2, 2)), (6, 7, 7, 6), strict=True):
                canvas.put((x + corner[0], y + corner[1]), tile)
            canvas.put((x + 1, y + 1), dice.pick((rules.COVER, rules.BRICK, rules.FLOOR)))
        elif kind == 2:
            tile = dice.pick(_MIRRORS)
            across = dice.chance(50)
            for step in range(0, dice.between(3, 5), 2):
                canvas.put((x + step * across, y + step * (not across)), tile)
        else:
            across = dice.chance(50)
            long = dice.between(2, 4)
            canvas.block((x, y), long if across else 1, 1 if across else long, rules.WALL)
            canvas.put((x - across, y - (not across)), dice.pick(_MIRRORS))
    _scatter(canvas, dice, rules.COVER, canvas.width * canvas.height // 55)
    _portals(canvas, dice)


def rings(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Draw concentric rings of wall with gaps around an open middle."""
    depth = dice.between(2, 3)
    gap = dice.between(3, 4)
    while canvas.width - 2 * depth >= 4 and canvas.height - 2 * depth >= 4:
        right, bottom = canvas.width - 1 - depth, canvas.height - 1 - depth
        ring = [(x, y) for x in range(depth, right + 1) for y in (depth, bottom)]
        ring += [(x, y) for y in range(depth + 1, bottom) for x in (depth, right)]
        for place in ring:
            canvas.put(place, rules.WALL)
        corner = dice.below(3)
        if corner:
            for place, tile in (
                ((depth, depth), 6),
                ((right, depth), 7),
                ((depth, bottom), 7),
                ((right, bottom), 6),
            ):
                canvas.put(place, tile if corner == 1 else rules.FLOOR)
        for _ in range(2 + len(ring) // 16):
            x, y = dice.pick(ring)
            tile = dice.weighted(_DOORS)
            across = y in (depth, bottom)
            for step in range(dice.between(1, 3)):
                place = (x + step, y) if across else (x, y + step)
                if place in ring:
                    canvas.put(place, tile)
        depth += gap
    _scatter_blocks(canvas, dice, canvas.width * canvas.height // 50)
    _scatter(canvas, dice, rules.COVER, canvas.width * canvas.height // 50)


FAMILIES: Final[dict[str, Callable[[TileCanvas, SeededRandom], None]]] = {
    "pillars": pillars,
    "rooms": rooms,
    "canals": canals,
    "caves": caves,
    "mirrors": mirrors,
    "rings": rings,
}
FAMILY_TITLES: Final = {
    "pillars": ("Pillars", "石柱"),
    "rooms": ("Rooms", "房间"),
    "canals": ("Canals", "运河"),
    "caves": ("Caves", "洞穴"),
    "mirrors": ("Mirrors", "镜厅"),
    "rings": ("Rings", "环城"),
}


def _plus(canvas: TileCanvas, place: Place, tile: int) -> None:
    canvas.put(place, tile)
    for dx, dy in STEPS:
        canvas.put((place[0] + dx, place[1] + dy), tile)


def _dig(canvas: TileCanvas, dice: SeededRandom, start: Place) -> None:
    """Dig a tunnel with occasional turns, until it leaves the canvas or is long enough."""
    (x, y), (dx, dy) = start, dice.pick(STEPS)
    for _ in range((canvas.width + canvas.height) // 2):
        if not canvas.inside((x, y)):
            return
        canvas.put((x, y), rules.FLOOR)
        if dice.chance(25):
            dx, dy = dice.pick(((dy, dx), (-dy, -dx)))
        x, y = x + dx, y + dy


def _door(canvas: TileCanvas, dice: SeededRandom, place: Place, along: Place) -> None:
    tile = dice.weighted(_DOORS)
    for step in range(dice.between(1, 2)):
        canvas.put((place[0] + along[0] * step, place[1] + along[1] * step), tile)


def _furnish(canvas: TileCanvas, dice: SeededRandom, place: Place) -> None:
    kind = dice.below(7)
    if kind == 0:
        canvas.put(place, rules.WALL)
    elif kind == 1:
        canvas.block(place, 2, 1, rules.BRICK)
    elif kind == 2:
        canvas.put(place, dice.pick(_MIRRORS))
    elif kind == 3:
        canvas.block(place, 2, 2, rules.COVER)
    elif kind == 4:
        canvas.block(place, 2, 1, rules.WATER)
    elif kind == 5:
        _plus(canvas, place, rules.COVER)


def _scatter(canvas: TileCanvas, dice: SeededRandom, tile: int, count: int) -> None:
    """Put small patches of a tile on floor, about `count` tiles in all."""
    for _ in range((count + 1) // 2):
        x, y = dice.below(canvas.width), dice.below(canvas.height)
        for dx, dy in ((0, 0), dice.pick(STEPS)):
            if canvas.is_floor((x + dx, y + dy)):
                canvas.put((x + dx, y + dy), tile)


def _scatter_blocks(canvas: TileCanvas, dice: SeededRandom, count: int) -> None:
    """Put single and double blocks on floor surrounded by floor, so that no path is closed."""
    for _ in range(count):
        x, y = dice.below(canvas.width), dice.below(canvas.height)
        if all(canvas.is_floor((x + dx, y + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
            canvas.put((x, y), dice.weighted(_BLOCKS))


def _rock_counts(rows: list[list[int]], width: int, height: int) -> list[list[int]]:
    """Return how many of the nine tiles around each tile are rock; tiles outside count as floor."""
    rock = [[0, *(int(tile == rules.WALL) for tile in row), 0] for row in rows]
    sums = [[row[x] + row[x + 1] + row[x + 2] for x in range(width)] for row in rock]
    empty = [0] * width
    padded = [empty, *sums, empty]
    return [[padded[y][x] + padded[y + 1][x] + padded[y + 2][x] for x in range(width)] for y in range(height)]


def _portals(canvas: TileCanvas, dice: SeededRandom) -> None:
    """Connect a floor tile and its image by a pair of portals, if a tile with room around it is found."""
    for _ in range(20):
        place = (dice.below(canvas.width), dice.below(canvas.height))
        other = canvas.image(place)
        apart = max(abs(place[0] - other[0]), abs(place[1] - other[1]))
        room = sum(canvas.is_floor((place[0] + dx, place[1] + dy)) for dx, dy in STEPS)
        if apart >= 5 and room >= 2 and canvas.is_floor(place):
            canvas.portal(place, other)
            return
