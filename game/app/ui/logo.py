"""The name of the game as a neon sign: letters of straight strokes, and a shot that bounces around them."""

import math
from itertools import pairwise
from typing import Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import cached_surface
from game.app.ui.theme import Colour, mix

# Strokes on a grid 4 wide and 6 high, y down
LETTERS: Final = {
    "B": (
        ((0, 3), (3.1, 3), (4, 3.9), (4, 5.1), (3.1, 6), (0, 6), (0, 0), (2.9, 0), (3.7, 0.8), (3.7, 2.2), (2.9, 3)),
    ),
    "A": (((0, 6), (0, 1.3), (1.3, 0), (2.7, 0), (4, 1.3), (4, 6)), ((0, 3.9), (4, 3.9))),
    "N": (((0, 6), (0, 0), (4, 6), (4, 0)),),
    "K": (((0, 0), (0, 6)), ((4, 0), (1, 3), (4, 6)), ((0, 3), (1, 3))),
    "S": (
        (
            (4, 0.9), (3.1, 0), (0.9, 0), (0, 0.9), (0, 2.1), (0.9, 3), (3.1, 3), (4, 3.9), (4, 5.1), (3.1, 6),
            (0.9, 6), (0, 5.1),
        ),
    ),
    "H": (((0, 0), (0, 6)), ((4, 0), (4, 6)), ((0, 3), (4, 3))),
    "O": (((1, 0), (3, 0), (4, 1), (4, 5), (3, 6), (1, 6), (0, 5), (0, 1), (1, 0)),),
    "T": (((-0.1, 0), (4.1, 0)), ((2, 0), (2, 6))),
}  # fmt: skip
WORD: Final = "BANKSHOT"
PITCH: Final = 5.5  # grid units from letter to letter
SLANT: Final = 0.14
GRID_WIDTH: Final = PITCH * len(WORD) - 0.4
GRID_HEIGHT: Final = 7.0
ASPECT: Final = GRID_WIDTH / GRID_HEIGHT  # width by height of the letters' box
SMALLEST: Final = 32  # pixels; in a smaller width the sign cannot be read
MARGIN: Final = 4.0  # grid units of light around the box
# A shot's way around the letters, as shares of the sign's width and height
PATH: Final = ((-0.04, 0.62), (0.13, -0.12), (0.37, 1.1), (0.6, -0.1), (0.83, 1.08), (1.02, 0.2))
LAP_SECONDS: Final = 4.2
TRAIL: Final = 56  # sparks behind the shot
SHOT_SHARE: Final = 0.42  # share of a lap in which the shot is visible


def _points(letter: int, unit: float, left: float, top: float) -> list[list[tuple[float, float]]]:
    strokes = []
    for stroke in LETTERS[WORD[letter]]:
        strokes.append(
            [(left + (letter * PITCH + x + (6 - y) * SLANT) * unit, top + y * unit) for x, y in stroke]
        )
    return strokes


def _thick(target: pygame.Surface, colour: Colour, points: list[tuple[float, float]], width: float) -> None:
    radius = width / 2
    for (ax, ay), (bx, by) in pairwise(points):
        length = math.hypot(bx - ax, by - ay) or 1.0
        nx, ny = -(by - ay) / length * radius, (bx - ax) / length * radius
        pygame.draw.polygon(
            target, colour, [(ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny)]
        )
    for x, y in points:
        pygame.draw.circle(target, colour, (x, y), radius)


def _bake(width: int) -> pygame.Surface:
    """Return the sign on black, to be added to the picture: tubes, hot cores and light around them."""
    margin = _margin(width)
    scale = 2
    unit = width * scale / GRID_WIDTH
    left, top = margin * scale + 0.5 * unit, margin * scale + 0.5 * unit
    width, height = width + 2 * margin, round(width / ASPECT) + 2 * margin
    size = (width * scale, height * scale)
    tubes = pygame.Surface(size)
    cores = pygame.Surface(size)
    for letter in range(len(WORD)):
        colour = theme.CYAN if letter < 4 else theme.MAGENTA
        for points in _points(letter, unit, left, top):
            _thick(tubes, mix((0, 0, 0), colour, 0.85), points, 0.86 * unit)
            _thick(cores, mix(colour, (255, 255, 255), 0.8), points, 0.3 * unit)
    small = pygame.transform.smoothscale(tubes, (width // 2, height // 2))
    wide = pygame.transform.gaussian_blur(small, max(2, round(unit * 0.42)))
    near = pygame.transform.gaussian_blur(small, max(1, round(unit * 0.12)))
    sign = pygame.transform.smoothscale(wide, (width, height))
    sign.blit(pygame.transform.smoothscale(near, (width, height)), (0, 0), special_flags=pygame.BLEND_RGB_ADD)
    body = pygame.transform.smoothscale(tubes, (width, height))
    body.fill((150, 150, 150), special_flags=pygame.BLEND_RGB_MULT)
    sign.blit(body, (0, 0), special_flags=pygame.BLEND_RGB_ADD)
    soft_cores = pygame.transform.gaussian_blur(cores, max(1, round(unit * 0.07)))
    sign.blit(
        pygame.transform.smoothscale(soft_cores, (width, height)), (0, 0), special_flags=pygame.BLEND_RGB_ADD
    )
    return sign


def _margin(width: int) -> int:
    return round(MARGIN * width / GRID_WIDTH)


def _spark(radius: int, colour: Colour) -> pygame.Surface:
    surface = pygame.Surface((radius * 4, radius * 4))
    pygame.draw.circle(surface, colour, (radius * 2, radius * 2), radius)
    surface = pygame.transform.gaussian_blur(surface, max(1, radius // 2))
    core = mix(colour, (255, 255, 255), max(colour) / 255 * 0.7)
    pygame.draw.circle(surface, core, (radius * 2, radius * 2), max(1, radius // 2))
    return surface


def draw_logo(target: pygame.Surface, left: int, top: int, width: int, seconds: float) -> pygame.Rect:
    """Draw the sign `width` pixels wide with its shot in flight; return its box. Below SMALLEST nothing is drawn."""
    if width < SMALLEST:
        return pygame.Rect(left, top, 0, 0)
    sign = cached_surface(("logo", width), lambda: _bake(width))
    box = pygame.Rect(left, top, width, round(width / ASPECT))
    corner = (left - _margin(width), top - _margin(width))
    flicker = 1.0 if seconds > 0.9 or (seconds * 17) % 1 > 0.35 * (1 - seconds) else 0.35
    if flicker < 1:
        dim = cached_surface(("logo dim", width), lambda: _dim(sign))
        target.blit(dim, corner, special_flags=pygame.BLEND_RGB_ADD)
    else:
        target.blit(sign, corner, special_flags=pygame.BLEND_RGB_ADD)
    _draw_shot(target, box, seconds)
    return box


def _dim(sign: pygame.Surface) -> pygame.Surface:
    copy = sign.copy()
    copy.fill((80, 80, 80), special_flags=pygame.BLEND_RGB_MULT)
    return copy


def _draw_shot(target: pygame.Surface, box: pygame.Rect, seconds: float) -> None:
    lap = (seconds % LAP_SECONDS) / LAP_SECONDS / SHOT_SHARE
    points = [(box.x + x * box.width, box.y + y * box.height) for x, y in PATH]
    lengths = [math.dist(a, b) for a, b in pairwise(points)]
    total = sum(lengths)
    radius = max(3, box.height // 26)
    for n in range(TRAIL):
        travelled = (lap - n * 0.0042) * total
        if not 0 <= travelled <= total:
            continue
        place, banks = _along(points, lengths, travelled)
        colour = mix((0, 0, 0), mix(theme.CYAN, theme.AMBER, banks / 4), (1 - n / TRAIL) ** 1.8)
        size = max(2, round(radius * (1 - 0.7 * n / TRAIL)))
        spark = cached_surface(("spark", size, colour), lambda size=size, colour=colour: _spark(size, colour))  # type: ignore[misc]
        target.blit(spark, spark.get_rect(center=place), special_flags=pygame.BLEND_RGB_ADD)


def _along(
    points: list[tuple[float, float]], lengths: list[float], travelled: float
) -> tuple[tuple[int, int], int]:
    """Return the position after `travelled` pixels of the path, and the number of turns so far."""
    for n, length in enumerate(lengths):
        if travelled <= length:
            share = travelled / length
            (ax, ay), (bx, by) = points[n], points[n + 1]
            return (round(ax + (bx - ax) * share), round(ay + (by - ay) * share)), n
        travelled -= length
    return (round(points[-1][0]), round(points[-1][1])), len(lengths) - 1
