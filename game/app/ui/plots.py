"""Plots in the window's neon style: a line with its band of uncertainty, and bars to both sides of a centre."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import pygame

from game.app.ui import theme
from game.app.ui.draw import cached_surface
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix

LINES: Final = 4  # horizontal grid lines
MOST_POINTS: Final = 240  # largest number of drawn points; longer series are thinned


class Point(NamedTuple):
    """A value and its uncertainty to each side."""

    value: float
    spread: float


def thin_points(points: Sequence[Point], most: int = MOST_POINTS) -> list[Point]:
    """Return at most `most` points, evenly spaced, including the first and the last."""
    if len(points) <= most:
        return list(points)
    last = len(points) - 1
    return [points[round(n * last / (most - 1))] for n in range(most)]


def bounds(points: Sequence[Point]) -> tuple[float, float]:
    """Return the lowest and highest value of the band with a small margin; never equal."""
    low = min(point.value - point.spread for point in points)
    high = max(point.value + point.spread for point in points)
    room = max(1e-6, (high - low) * 0.06)
    return low - room, high + room


def plot_outlines(
    points: Sequence[Point], rect: pygame.Rect
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the pixels of the line and the outline of its band inside `rect`."""
    low, high = bounds(points)

    def at(n: int, value: float) -> tuple[int, int]:
        x = rect.x + round(n / max(1, len(points) - 1) * (rect.width - 1))
        return x, rect.bottom - 1 - round((value - low) / (high - low) * (rect.height - 1))

    line = [at(n, point.value) for n, point in enumerate(points)]
    above = [at(n, point.value + point.spread) for n, point in enumerate(points)]
    below = [at(n, point.value - point.spread) for n, point in enumerate(points)]
    return line, above + below[::-1]


def draw_band_plot(
    target: pygame.Surface, kit: Kit, rect: pygame.Rect, points: Sequence[Point], colour: Colour
) -> None:
    """Draw a series from left to right with its band; at least two points."""
    shown = tuple(thin_points(points))
    size = rect.size

    def make() -> pygame.Surface:
        scale = 2
        big = pygame.Surface((size[0] * scale, size[1] * scale), pygame.SRCALPHA)
        line, band = plot_outlines(shown, big.get_rect())
        pygame.draw.polygon(big, (*colour, 46), band)
        half = len(band) // 2
        for edge in (band[:half], band[half:]):
            pygame.draw.lines(big, (*colour, 110), False, edge, max(1, kit.px(scale)))
        glow = pygame.Surface(big.get_size(), pygame.SRCALPHA)
        pygame.draw.lines(glow, (*colour, 150), False, line, max(3, kit.px(5 * scale)))
        big.blit(pygame.transform.gaussian_blur(glow, max(1, kit.px(4 * scale))), (0, 0))
        pygame.draw.lines(
            big, (*mix(colour, (255, 255, 255), 0.5), 255), False, line, max(2, kit.px(2 * scale))
        )
        pygame.draw.circle(big, (255, 255, 255, 255), line[-1], kit.px(4 * scale))
        return pygame.transform.smoothscale(big, size)

    for n in range(LINES + 1):
        y = rect.y + round(n * (rect.height - 1) / LINES)
        pygame.draw.line(target, mix(theme.PANEL, theme.LINE, 0.5), (rect.x, y), (rect.right - 1, y))
    target.blit(cached_surface(("band", shown, size, colour), make), rect)


def draw_split_bar(
    target: pygame.Surface, rect: pygame.Rect, value: float, reach: float, colours: tuple[Colour, Colour]
) -> None:
    """Draw a bar from the middle of `rect`: to the right for a positive value, the value `reach` fills a half."""
    middle = rect.centerx
    back = mix(theme.PANEL, theme.LINE, 0.35)
    pygame.draw.rect(target, back, rect, border_radius=rect.height // 2)
    length = round(min(1.0, abs(value) / reach) * (rect.width // 2))
    left = middle if value >= 0 else middle - length
    colour = colours[0] if value >= 0 else colours[1]
    pygame.draw.rect(
        target, colour, (left, rect.y, max(1, length), rect.height), border_radius=rect.height // 3
    )
    pygame.draw.line(target, theme.DIM, (middle, rect.y - 2), (middle, rect.bottom + 1))


def draw_marks(
    target: pygame.Surface,
    kit: Kit,
    rect: pygame.Rect,
    points: Sequence[Point],
    said: Callable[[float], str],
) -> None:
    """Write the highest, middle and lowest value of a band plot left of it."""
    low, high = bounds(points)
    for share in (0.0, 0.5, 1.0):
        y = rect.bottom - 1 - round(share * (rect.height - 1))
        place = (rect.x - kit.px(8), y)
        kit.text(target, said(low + share * (high - low)), place, 12, theme.FAINT, anchor="midright")
