"""Neon shapes, baked once and cached: glowing panels, key caps, soft light, stars and bars."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Final

import pygame

from game.app.ui.theme import Colour, mix

MOST_SURFACES: Final = 260  # cached surfaces
_surfaces: OrderedDict[Hashable, pygame.Surface] = OrderedDict()


def cached_surface(key: Hashable, make: Callable[[], pygame.Surface]) -> pygame.Surface:
    """Return the surface stored under `key`, made at the first call; the least recently used ones are dropped."""
    surface = _surfaces.get(key)
    if surface is None:
        surface = make()
        _surfaces[key] = surface
        if len(_surfaces) > MOST_SURFACES:
            _surfaces.popitem(last=False)
    else:
        _surfaces.move_to_end(key)
    return surface


def rounded_rect(
    size: tuple[int, int], radius: int, colour: Colour, alpha: int, width: int = 0
) -> pygame.Surface:
    """Return an anti-aliased rounded rectangle, filled, or an outline of `width` pixels."""
    scale = 2
    big = pygame.Surface((max(1, size[0]) * scale, max(1, size[1]) * scale), pygame.SRCALPHA)
    big.fill((*colour, 0))
    pygame.draw.rect(big, (*colour, alpha), big.get_rect(), width * scale, radius * scale)
    return pygame.transform.smoothscale(big, (max(1, size[0]), max(1, size[1])))


def _glow_corner(radius: int, reach: int, colour: Colour) -> pygame.Surface:
    """Return the light around a small rounded rectangle, which can be stretched to any size."""
    side = 2 * (radius + reach) + 8
    surface = pygame.Surface((side, side))
    inner = pygame.Rect(reach, reach, side - 2 * reach, side - 2 * reach)
    pygame.draw.rect(surface, colour, inner, max(2, reach // 4), radius)
    wide = pygame.transform.gaussian_blur(surface, max(1, reach // 2))
    near = pygame.transform.gaussian_blur(surface, max(1, reach // 6))
    wide.blit(near, (0, 0), special_flags=pygame.BLEND_RGB_ADD)
    wide.blit(wide, (0, 0), special_flags=pygame.BLEND_RGB_ADD)
    return wide


def _stretch(source: pygame.Surface, size: tuple[int, int], edge: int) -> pygame.Surface:
    """Return `source` stretched to `size`; its corners of `edge` pixels stay unchanged."""
    width, height = max(size[0], 2 * edge + 1), max(size[1], 2 * edge + 1)
    target = pygame.Surface((width, height))
    side = source.get_width()
    middle = side - 2 * edge
    for row, (sy, sh, ty, th) in enumerate(_bands(edge, middle, height)):
        for column, (sx, sw, tx, tw) in enumerate(_bands(edge, middle, width)):
            if row == column == 1:
                continue
            part = source.subsurface((sx, sy, sw, sh))
            target.blit(pygame.transform.scale(part, (tw, th)), (tx, ty))
    return target


def _bands(edge: int, middle: int, length: int) -> list[tuple[int, int, int, int]]:
    return [
        (0, edge, 0, edge),
        (edge, middle, edge, length - 2 * edge),
        (edge + middle, edge, length - edge, edge),
    ]


def draw_glow(
    target: pygame.Surface, rect: pygame.Rect, radius: int, reach: int, colour: Colour, strength: float
) -> None:
    """Add light of `colour` around `rect`; `strength` 0 to 1."""
    level = round(min(1.0, strength) * 8)
    if level <= 0 or reach <= 1 or rect.width < 4 or rect.height < 4:
        return
    lit = mix((0, 0, 0), colour, level / 8)

    def make() -> pygame.Surface:
        corner = cached_surface(("corner", radius, reach, lit), lambda: _glow_corner(radius, reach, lit))
        edge = radius + reach + 2
        return _stretch(corner, (rect.width + 2 * reach, rect.height + 2 * reach), edge)

    light = cached_surface(("glow", rect.size, radius, reach, lit), make)
    target.blit(light, (rect.x - reach, rect.y - reach), special_flags=pygame.BLEND_RGB_ADD)


def draw_panel(
    target: pygame.Surface,
    rect: pygame.Rect,
    radius: int,
    fill: Colour,
    line: Colour,
    alpha: int = 225,
    width: int = 1,
) -> None:
    """Draw a translucent rounded panel with a thin bright edge."""
    if rect.width < 2 or rect.height < 2:
        return

    def make() -> pygame.Surface:
        surface = rounded_rect(rect.size, radius, fill, alpha)
        sheen = pygame.Surface(rect.size, pygame.SRCALPHA)
        reach = max(1, min(rect.height, 90))
        for y in range(reach):
            sheen.fill((255, 255, 255, round(11 * (1 - y / reach) ** 2)), (0, y, rect.width, 1))
        mask = rounded_rect(rect.size, radius, (255, 255, 255), 255)
        sheen.blit(mask, (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
        surface.blit(sheen, (0, 0))
        surface.blit(rounded_rect(rect.size, radius, line, 235, width), (0, 0))
        return surface

    target.blit(cached_surface(("panel", rect.size, radius, fill, line, alpha, width), make), rect)


def darken_rect(target: pygame.Surface, rect: pygame.Rect, alpha: int, colour: Colour = (4, 5, 14)) -> None:
    """Darken a rectangle of the picture."""
    if alpha <= 0:
        return

    def make() -> pygame.Surface:
        surface = pygame.Surface(rect.size)
        surface.fill(colour)
        surface.set_alpha(alpha)
        return surface

    target.blit(cached_surface(("shade", rect.size, alpha, colour), make), rect)


def fade_left(target: pygame.Surface, width: int, alpha: int, colour: Colour = (4, 5, 14)) -> None:
    """Darken the left `width` pixels, fading out to the right."""
    height = target.get_height()

    def make() -> pygame.Surface:
        strip = pygame.Surface((max(2, width), 1), pygame.SRCALPHA)
        for x in range(width):
            share = 1 - x / width
            strip.set_at((x, 0), (*colour, round(alpha * share * share * (3 - 2 * share))))
        return pygame.transform.scale(strip, (max(2, width), height))

    target.blit(cached_surface(("fade", width, height, alpha, colour), make), (0, 0))


def draw_vignette(target: pygame.Surface, strength: int = 150) -> None:
    """Darken the picture's corners."""
    size = target.get_size()

    def make() -> pygame.Surface:
        small = pygame.Surface((64, 36), pygame.SRCALPHA)
        for y in range(36):
            for x in range(64):
                distance = math.hypot((x - 31.5) / 36, (y - 17.5) / 22)
                small.set_at((x, y), (3, 4, 12, round(strength * min(1.0, max(0.0, distance - 0.35)) ** 1.4)))
        return pygame.transform.smoothscale(small, size)

    target.blit(cached_surface(("vignette", size, strength), make), (0, 0))


@lru_cache(maxsize=64)
def star(size: int, colour: Colour, filled: bool) -> pygame.Surface:
    """Return a five-pointed star in a square of `size` pixels."""
    big = size * 4
    surface = pygame.Surface((big, big), pygame.SRCALPHA)
    surface.fill((*colour, 0))
    points = []
    for n in range(10):
        radius = big * (0.47 if n % 2 == 0 else 0.2)
        turn = math.pi * (n / 5 - 0.5)
        points.append((big / 2 + radius * math.cos(turn), big / 2 + 0.03 * big + radius * math.sin(turn)))
    if filled:
        pygame.draw.polygon(surface, (*colour, 255), points)
    pygame.draw.lines(surface, (*colour, 255), True, points, max(4, big // 16))
    return pygame.transform.smoothscale(surface, (size, size))


def draw_bar(
    target: pygame.Surface, rect: pygame.Rect, share: float, colour: Colour, back: Colour = (28, 36, 66)
) -> None:
    """Draw a horizontal bar filled to `share` (0 to 1)."""
    radius = rect.height // 2
    pygame.draw.rect(target, back, rect, border_radius=radius)
    width = round(rect.width * min(1.0, max(0.0, share)))
    if width >= rect.height:
        pygame.draw.rect(target, colour, (rect.x, rect.y, width, rect.height), border_radius=radius)
    elif width > 0:
        pygame.draw.circle(target, colour, (rect.x + radius, rect.centery), radius)


def draw_cross(
    target: pygame.Surface, centre: tuple[int, int], reach: int, width: int, colour: Colour
) -> None:
    """Draw a cross of two strokes that reach `reach` pixels to each side."""
    x, y = centre
    for sign in (-1, 1):
        start, end = (x - reach, y - sign * reach), (x + reach, y + sign * reach)
        pygame.draw.line(target, colour, start, end, width)


def clear_surface_cache() -> None:
    """Drop every cached surface (the window's size or the display's format changed)."""
    _surfaces.clear()
