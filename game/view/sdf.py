"""Signed distances and the canvas that turns them into sprites: all pre-baked pictures are drawn with them.

A shape is an array of distances to its edge (negative inside) over a grid of pixel centres, in any unit;
`Canvas` turns distances into anti-aliased fills, lines and halos. Arrays may carry leading axes (one per
heading, say), so that a whole set of rotated sprites is one computation.
Method: distance functions as collected by Inigo Quilez, "2D distance functions".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pygame

from game.view.palette import Colour

FloatArray = np.ndarray[Any, np.dtype[np.floating[Any]]]


def grid(width: int, height: int, unit: float) -> tuple[FloatArray, FloatArray]:
    """Return x and y (height, width) of the pixel centres, zero in the middle; `unit` pixels are 1."""
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5 - width / 2)) / np.float32(unit)
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5 - height / 2)) / np.float32(unit)
    return np.broadcast_to(x[None, :], (height, width)), np.broadcast_to(y[:, None], (height, width))


def turned_grids(side: int, unit: float, headings: int) -> tuple[FloatArray, FloatArray]:
    """Return x and y (headings / 4, side, side) turned by the first quarter of `headings` directions.

    `quarter_turns` completes the circle: a square canvas looks the same after a quarter turn.
    """
    x, y = grid(side, side, unit)
    angle = (np.arange(headings // 4, dtype=np.float32) * np.float32(2 * np.pi / headings))[:, None, None]
    cos, sin = np.cos(angle), np.sin(angle)
    return x * cos + y * sin, y * cos - x * sin


def quarter_turns(frames: FloatArray) -> FloatArray:
    """Return the frames (n, side, side, ...) followed by their turns by 90, 180 and 270 degrees clockwise."""
    return np.concatenate([np.rot90(frames, -turn, axes=(1, 2)) for turn in range(4)])


def circle(x: FloatArray, y: FloatArray, cx: float, cy: float, radius: float) -> FloatArray:
    """Return the distance to a circle."""
    distance: FloatArray = np.hypot(x - np.float32(cx), y - np.float32(cy)) - np.float32(radius)
    return distance


def box(
    x: FloatArray, y: FloatArray, centre: tuple[float, float], half: tuple[float, float], radius: float = 0.0
) -> FloatArray:
    """Return the distance to an upright box with rounded corners."""
    qx = np.abs(x - np.float32(centre[0])) - np.float32(half[0] - radius)
    qy = np.abs(y - np.float32(centre[1])) - np.float32(half[1] - radius)
    outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
    result: FloatArray = outside + np.minimum(np.maximum(qx, qy), 0) - np.float32(radius)
    return result


def segment(x: FloatArray, y: FloatArray, start: tuple[float, float], end: tuple[float, float]) -> FloatArray:
    """Return the distance to a line segment."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = x - np.float32(start[0]), y - np.float32(start[1])
    along = np.clip((px * np.float32(dx) + py * np.float32(dy)) / np.float32(dx * dx + dy * dy), 0, 1)
    result: FloatArray = np.hypot(px - along * np.float32(dx), py - along * np.float32(dy))
    return result


def path(
    x: FloatArray, y: FloatArray, points: Sequence[tuple[float, float]], closed: bool = False
) -> FloatArray:
    """Return the distance to a chain of line segments."""
    ends = [*points[1:], points[0]] if closed else list(points[1:])
    result = segment(x, y, points[0], ends[0])
    for start, end in zip(points[1:], ends[1:], strict=False):
        result = np.minimum(result, segment(x, y, start, end))
    return result


def convex(x: FloatArray, y: FloatArray, points: Sequence[tuple[float, float]]) -> FloatArray:
    """Return the distance to a convex polygon; its edges are extended beyond its corners, which stay sharp."""
    area = sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True))
    sign = 1.0 if area > 0 else -1.0
    result: FloatArray | None = None
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        length = float(np.hypot(bx - ax, by - ay))
        nx, ny = sign * (by - ay) / length, -sign * (bx - ax) / length
        edge = (x - np.float32(ax)) * np.float32(nx) + (y - np.float32(ay)) * np.float32(ny)
        result = edge if result is None else np.maximum(result, edge)
    assert result is not None
    return result


def regular(x: FloatArray, y: FloatArray, sides: int, radius: float, turn: float = 0.0) -> FloatArray:
    """Return the distance to a regular polygon around the origin, corners at `radius`, turned by radians."""
    angles = [turn + 2 * np.pi * n / sides for n in range(sides)]
    return convex(x, y, [(radius * float(np.cos(a)), radius * float(np.sin(a))) for a in angles])


def fill(distance: FloatArray, pixel: float) -> FloatArray:
    """Return the share of each pixel inside the shape, 0..1; `pixel` is a pixel's side in the distance's unit."""
    coverage: FloatArray = np.clip(np.float32(0.5) - distance / np.float32(pixel), 0, 1)
    return coverage


def line(distance: FloatArray, width: float, pixel: float) -> FloatArray:
    """Return the coverage of a line of the given width along the edge."""
    return fill(np.abs(distance) - np.float32(width / 2), pixel)


def halo(distance: FloatArray, reach: float, power: float = 2.0) -> FloatArray:
    """Return a glow: 1 at the edge and inside, falling to 0 at `reach`."""
    near = np.clip(1 - np.maximum(distance, 0) / np.float32(reach), 0, 1)
    result: FloatArray = near ** np.float32(power)
    return result


class Canvas:
    """Premultiplied colour and alpha that shapes are painted on; leading axes are independent pictures."""

    def __init__(self, shape: tuple[int, ...], background: Colour | None = None) -> None:
        self.rgb = np.zeros((*shape, 3), np.float32)
        self.alpha = np.zeros(shape, np.float32)
        if background is not None:
            self.rgb[...] = background
            self.alpha[...] = 1.0

    def over(self, colour: Colour, coverage: FloatArray, opacity: float = 1.0) -> None:
        """Paint a colour over the canvas."""
        cover = np.clip(coverage * np.float32(opacity), 0, 1)
        self.rgb *= (1 - cover)[..., None]
        self.rgb += cover[..., None] * np.array(colour, np.float32)
        self.alpha *= 1 - cover
        self.alpha += cover

    def add(self, colour: Colour, amount: FloatArray, strength: float = 1.0) -> None:
        """Add light, independent of alpha."""
        self.rgb += (amount * np.float32(strength))[..., None] * np.array(colour, np.float32)

    def darken(self, amount: FloatArray, strength: float = 1.0) -> None:
        """Remove light; amount 1 at strength 1 gives black."""
        self.rgb *= 1 - np.clip(amount * np.float32(strength), 0, 1)[..., None]

    def glowing(self, colour: Colour, amount: FloatArray, strength: float = 1.0) -> None:
        """Paint a glow that fades into transparency and brightens the canvas below."""
        self.over(colour, amount, strength)

    def opaque(self) -> pygame.Surface:
        """Return a 32-bit surface without alpha, for plain or additive blits."""
        return rgb_surface(self.rgb)

    def sprite(self) -> pygame.Surface:
        """Return a premultiplied surface, for blits with BLEND_PREMULTIPLIED or BLEND_RGB_ADD."""
        return rgba_surface(self.rgb, self.alpha)


def rgb_surface(rgb: FloatArray) -> pygame.Surface:
    """Return a 32-bit surface of an array (height, width, 3) of 0..255, values outside are clipped."""
    height, width = rgb.shape[:2]
    surface = pygame.Surface((width, height), 0, 32)
    pixels = np.clip(rgb, 0, 255).astype(np.uint8).swapaxes(0, 1)
    pygame.surfarray.blit_array(surface, pixels)
    return surface


def rgba_surface(rgb: FloatArray, alpha: FloatArray) -> pygame.Surface:
    """Return a premultiplied 32-bit surface; light is capped at alpha, as the blit expects."""
    height, width = rgb.shape[:2]
    surface = pygame.Surface((width, height), pygame.SRCALPHA, 32)
    cap = np.clip(alpha, 0, 1) * np.float32(255)
    pixels = pygame.surfarray.pixels3d(surface)
    pixels[...] = np.minimum(np.clip(rgb, 0, 255), cap[..., None]).astype(np.uint8).swapaxes(0, 1)
    del pixels
    alphas = pygame.surfarray.pixels_alpha(surface)
    alphas[...] = cap.astype(np.uint8).swapaxes(0, 1)
    del alphas
    return surface
