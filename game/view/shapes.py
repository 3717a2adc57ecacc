"""Small pictograms as distances: team shapes and the icons of pick-ups, specials and objectives.

All are drawn around the origin; `size` is about the radius.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from game.core import rules
from game.view import sdf
from game.view.palette import SHAPE_CIRCLE, SHAPE_DIAMOND, SHAPE_SQUARE, SHAPE_TRIANGLE
from game.view.sdf import FloatArray

Icon = Callable[[FloatArray, FloatArray, float], FloatArray]


def team_shape(shape: int, x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """Return the distance to a team's shape; the four cover about the same area."""
    if shape == SHAPE_CIRCLE:
        return sdf.circle(x, y, 0, 0, size)
    if shape == SHAPE_DIAMOND:
        return sdf.regular(x, y, 4, size * 1.28)
    if shape == SHAPE_TRIANGLE:
        return sdf.regular(x, y - np.float32(size * 0.16), 3, size * 1.48, -np.pi / 2)
    if shape == SHAPE_SQUARE:
        return sdf.box(x, y, (0, 0), (size * 0.92, size * 0.92))
    raise ValueError(f"team shape: expected 0 to {SHAPE_SQUARE}, found {shape}")


def _union(*parts: FloatArray) -> FloatArray:
    result = parts[0]
    for part in parts[1:]:
        result = np.minimum(result, part)
    return result


def repair(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A plus sign."""
    return _union(
        sdf.box(x, y, (0, 0), (size * 0.9, size * 0.3)),
        sdf.box(x, y, (0, 0), (size * 0.3, size * 0.9)),
    )


def shield(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A heater shield."""
    points = [(-0.8, -0.85), (0.8, -0.85), (0.8, 0.15), (0.42, 0.68), (0.0, 1.0), (-0.42, 0.68), (-0.8, 0.15)]
    outer = sdf.convex(x, y, [(px * size, py * size) for px, py in points])
    ring: FloatArray = np.maximum(outer, -(outer + np.float32(size * 0.3)))
    return ring


def triple(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """Three shots that spread from one muzzle."""
    rays = []
    for turn in (-0.5, 0.0, 0.5):
        dx, dy = float(np.sin(turn)) * size, -float(np.cos(turn)) * size
        start = (dx * 0.4, dy * 0.4 + size * 0.75)
        rays.append(sdf.segment(x, y, start, (dx * 1.55, dy * 1.55 + size * 0.75)) - np.float32(size * 0.19))
    return _union(*rays)


def bank(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A path that bounces off a wall."""
    s = size
    path = sdf.path(x, y, [(-s * 0.95, -s * 0.7), (0.0, s * 0.55), (s * 0.9, -s * 0.65)]) - np.float32(
        s * 0.16
    )
    wall = sdf.box(x, y, (0, s * 0.92), (s * 0.95, s * 0.12))
    head = sdf.convex(x, y, [(s * 0.98, -s * 0.98), (s * 1.0, -s * 0.2), (s * 0.36, -s * 0.62)])
    return _union(path, wall, head)


def speed(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """Two chevrons to the right."""
    s = size
    chevrons = [
        sdf.path(x, y, [(dx, -s * 0.72), (dx + s * 0.68, 0.0), (dx, s * 0.72)])
        for dx in (-s * 0.72, s * 0.08)
    ]
    return _union(*chevrons) - np.float32(s * 0.19)


def bolt(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A lightning bolt: energy."""
    s = size
    upper = sdf.convex(x, y, [(s * 0.25, -s), (-s * 0.6, s * 0.18), (s * 0.12, s * 0.18)])
    lower = sdf.convex(x, y, [(-s * 0.25, s), (s * 0.6, -s * 0.18), (-s * 0.12, -s * 0.18)])
    return _union(upper, lower)


def mine(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A ball with six spikes."""
    spikes = []
    for n in range(6):
        dx, dy = float(np.cos(n * np.pi / 3)) * size, float(np.sin(n * np.pi / 3)) * size
        spikes.append(sdf.segment(x, y, (dx * 0.5, dy * 0.5), (dx, dy)) - np.float32(size * 0.13))
    return _union(sdf.circle(x, y, 0, 0, size * 0.58), *spikes)


def target(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """Cross-hairs: eliminate."""
    ring = np.abs(sdf.circle(x, y, 0, 0, size * 0.66)) - np.float32(size * 0.12)
    bars = [
        sdf.segment(x, y, (dx * size * 0.4, dy * size * 0.4), (dx * size, dy * size))
        - np.float32(size * 0.12)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    return _union(ring, *bars)


def core(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A ringed octagon: defend."""
    outer = sdf.regular(x, y, 8, size, np.pi / 8)
    return _union(
        np.abs(outer + np.float32(size * 0.12)) - np.float32(size * 0.11), sdf.circle(x, y, 0, 0, size * 0.4)
    )


def clock(x: FloatArray, y: FloatArray, size: float) -> FloatArray:
    """A clock: survive."""
    s = size
    ring = np.abs(sdf.circle(x, y, 0, 0, s * 0.85)) - np.float32(s * 0.12)
    hands = sdf.path(x, y, [(0.0, -s * 0.55), (0.0, 0.0), (s * 0.4, s * 0.24)]) - np.float32(s * 0.11)
    return _union(ring, hands)


PICKUP_ICONS: Final[tuple[Icon, ...]] = (repair, shield, triple, bank, speed)  # by rules.PICKUP_*
SPECIAL_ICONS: Final[tuple[Icon, ...]] = (speed, mine, shield)  # by rules.SPECIAL_*
OBJECTIVE_ICONS: Final[tuple[Icon, ...]] = (target, core, bolt, clock)  # by objective

if len(PICKUP_ICONS) != len(rules.PICKUP_NAMES) or len(OBJECTIVE_ICONS) != rules.N_OBJECTIVES:
    raise ImportError("game.view.shapes: expected an icon for every pick-up and objective of game.core.rules")
