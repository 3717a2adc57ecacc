"""Sparks, debris and smoke: a fixed pool of particles in numpy arrays, and their sprites.

Positions are su and move by ticks, so a paused match freezes them and a slow one slows them.
"""

from typing import Any, Final

import numpy as np
import pygame

from game.core import rules
from game.view import sdf
from game.view.palette import Colour, Palette, mix
from game.view.sdf import FloatArray

CAPACITY: Final = 640

# Kinds of particles
STREAK: Final = 0  # long, along its path
SPARK: Final = 1  # short, along its path
DOT: Final = 2
PUFF: Final = 3  # soft and large
SHARD: Final = 4  # a tumbling splinter
HEADINGS: Final = (16, 16, 1, 1, 16)  # by kind; streaks look the same in both directions
SIDES: Final = (0.62, 0.34, 0.20, 0.72, 0.30)  # tiles, by kind
N_KINDS: Final = len(HEADINGS)
LEVELS: Final = 6  # brightness steps
_HEADINGS: Final = np.array(HEADINGS)

# Columns of a particle: su, su per tick, ticks, turns, turns per tick
X, Y, VX, VY, DRAG, LIFE, LEFT, TURN, SPIN, KIND, COLOUR = range(11)
N_FIELDS: Final = 11
N_RANDOM: Final = 7  # random numbers for a new particle

# Colours of particles: a table per palette, by these numbers
WHITE: Final = 0
DANGER: Final = 1
BRICK: Final = 2
SHIELD: Final = 3
ENERGY: Final = 4
CORE: Final = 5
MIRROR: Final = 6
FIRE: Final = 7
PORTAL: Final = 8
TEAM: Final = 9  # + team
PICKUP: Final = TEAM + rules.MAX_TEAMS  # + kind
N_COLOURS: Final = PICKUP + len(rules.PICKUP_NAMES)


def colour_table(palette: Palette) -> tuple[Colour, ...]:
    """Return the colours of particles by number."""
    return (
        (255, 246, 226), palette.danger, palette.brick_glow, palette.shield, palette.energy, palette.core,
        palette.mirror, (255, 168, 60), palette.portals[0], *palette.teams, *palette.pickups,
    )  # fmt: skip


class ParticleSprites:
    """Light sprites by kind, colour, heading and brightness, in one flat list with a table of offsets."""

    def __init__(self, tile_px: int, palette: Palette) -> None:
        self._tile_px = tile_px
        self._colours = colour_table(palette)
        self.flat: list[pygame.Surface] = []
        self.offsets = np.full((N_KINDS, N_COLOURS), -1, np.int64)
        self.half = np.array([self._side(kind) / 2 for kind in range(N_KINDS)], np.float32)
        self._masks: dict[int, tuple[FloatArray, FloatArray]] = {}

    def _side(self, kind: int) -> int:
        return 2 * max(2, round(SIDES[kind] * self._tile_px / 2))

    def ensure(self, kind: int, colour: int) -> None:
        """Bake the sprites of a kind and colour unless they exist."""
        if self.offsets[kind, colour] >= 0:
            return
        if kind not in self._masks:
            self._masks[kind] = self._mask(kind)
        tint, core = self._masks[kind]
        rgb = np.array(self._colours[colour], np.float32)
        hot = np.array(mix(self._colours[colour], (255, 255, 255), 0.7), np.float32)
        light = tint[..., None] * rgb + core[..., None] * hot
        self.offsets[kind, colour] = len(self.flat)
        for picture in light:
            for level in range(LEVELS):
                self.flat.append(sdf.rgb_surface(picture * np.float32((level + 1) / LEVELS)))

    def _mask(self, kind: int) -> tuple[FloatArray, FloatArray]:
        """Return tint and hot core (headings, side, side), 0..1."""
        side = self._side(kind)
        count = HEADINGS[kind]
        x, y = sdf.grid(side, side, side / 2)
        angle = (np.arange(count, dtype=np.float32) * np.float32(np.pi / count))[:, None, None]
        if kind == SHARD:
            angle = angle * 2
        lx = x * np.cos(angle) + y * np.sin(angle)
        ly = y * np.cos(angle) - x * np.sin(angle)
        pixel = 2 / side
        if kind in (STREAK, SPARK):
            body = sdf.segment(lx, ly, (-0.72, 0.0), (0.72, 0.0))
            return sdf.halo(body, 0.26, 2.0) * np.float32(0.8), sdf.fill(body - np.float32(0.02), pixel * 1.3)
        if kind == SHARD:
            body = sdf.convex(lx, ly, [(0.62, 0.0), (-0.42, 0.46), (-0.50, -0.34)])
            return sdf.fill(body, pixel) * np.float32(0.75), sdf.line(body, pixel, pixel) * np.float32(0.6)
        radius = np.hypot(lx, ly)
        if kind == DOT:
            return sdf.halo(radius, 1.0, 2.0) * np.float32(0.9), sdf.halo(radius, 0.5, 1.0) * np.float32(0.7)
        return sdf.halo(radius, 1.0, 1.8) * np.float32(0.30), np.zeros_like(radius)


class Particles:
    """The pool: when it is full, the oldest are replaced. `amount` (0..1) is the share that is emitted."""

    def __init__(self, seed: int = 0, amount: float = 1.0) -> None:
        self.amount = amount
        self._random = np.random.default_rng(seed)
        self._next = 0
        self._rows = np.zeros((CAPACITY, N_FIELDS), np.float32)
        self.wanted: set[tuple[int, int]] = set()  # kinds and colours emitted so far

    @property
    def count(self) -> int:
        """Number of living particles."""
        return int((self._rows[:, LEFT] > 0).sum())

    def clear(self) -> None:
        """Remove all particles."""
        self._rows[:, LEFT] = 0

    def burst(
        self,
        kind: int,
        colour: int,
        at: tuple[float, float],
        count: int,
        *,
        speed: tuple[float, float],
        life: tuple[float, float],
        towards: float | None = None,
        spread: float = 0.5,
        drag: float = 0.90,
        scatter: float = 0.0,
    ) -> None:
        """Emit `count` particles at (x, y) su.

        `speed` su per tick and `life` ticks are ranges; `towards` is a direction in turns with `spread` turns
        to either side (None: all around); `scatter` su is their largest distance from the place at the start.
        """
        number = min(CAPACITY, max(1, round(count * self.amount))) if self.amount > 0 else 0
        if number == 0:
            return
        self.wanted.add((kind, colour))
        random = self._random.random((N_RANDOM, number))
        turn = random[0] if towards is None else towards + spread * (2 * random[0] - 1)
        fast = _within(speed, random[1])
        angle = turn * (2 * np.pi)
        begun = np.empty((number, N_FIELDS), np.float32)
        begun[:, X] = _within((at[0] - scatter, at[0] + scatter), random[2])
        begun[:, Y] = _within((at[1] - scatter, at[1] + scatter), random[3])
        begun[:, VX] = np.cos(angle) * fast
        begun[:, VY] = np.sin(angle) * fast
        begun[:, DRAG] = drag
        begun[:, LIFE] = begun[:, LEFT] = _within(life, random[4])
        begun[:, TURN] = random[5]
        begun[:, SPIN] = _within((-0.04, 0.04), random[6])
        begun[:, KIND] = kind
        begun[:, COLOUR] = colour
        fits = min(number, CAPACITY - self._next)
        self._rows[self._next : self._next + fits] = begun[:fits]
        self._rows[: number - fits] = begun[fits:]
        self._next = (self._next + number) % CAPACITY

    def tick(self) -> None:
        """Advance all particles by one tick."""
        rows = self._rows
        rows[:, X : Y + 1] += rows[:, VX : VY + 1]
        rows[:, VX : VY + 1] *= rows[:, DRAG, None]
        rows[:, TURN] += rows[:, SPIN]
        rows[:, LEFT] -= 1

    def sprites(
        self,
        bank: ParticleSprites,
        alpha: float,
        su_px: float,
        offset: tuple[float, float],
        size: tuple[int, int],
    ) -> list[Any]:
        """Return the sprites to blit additively: surfaces with their corners on a view of `size` pixels."""
        rows = self._rows[self._rows[:, LEFT] > 0]
        if not len(rows):
            return []
        x, y, vx, vy, _, life, left, turn, _, _, _ = rows.T
        kind, colour = rows[:, KIND:].astype(np.int64).T
        back = np.float32(alpha - 1)
        half = bank.half[kind]
        x = (x + vx * back) * np.float32(su_px) + np.float32(offset[0])
        y = (y + vy * back) * np.float32(su_px) + np.float32(offset[1])
        shown = (x > -half) & (y > -half) & (x < size[0] + half) & (y < size[1] + half)
        share = (left - back) / life * np.float32(LEVELS * 1.3)
        level = np.minimum(share.astype(np.int64), LEVELS - 1)
        headings = _HEADINGS[kind]
        turn = np.where(kind == SHARD, turn, np.arctan2(vy, vx) / np.float32(np.pi))
        heading = np.rint(turn * headings).astype(np.int64) % headings
        index = (bank.offsets[kind, colour] + heading * LEVELS + level)[shown].tolist()
        corners = zip((x - half)[shown].tolist(), (y - half)[shown].tolist(), strict=True)
        flat = bank.flat
        return [(flat[i], corner) for i, corner in zip(index, corners, strict=True)]


def _within(ends: tuple[float, float], share: FloatArray) -> FloatArray:
    return ends[0] + (ends[1] - ends[0]) * share
