"""Shots: a bright head with a trail. A head has its team's colour and shape; after a bank it is a red star."""

import itertools
from typing import Final, NamedTuple

import numpy as np
import pygame

from game.core import rules
from game.core.sim import state
from game.core.sim.arrays import IntArray
from game.core.sim.meeting import MEETS_BRICK, MEETS_ENEMY, MEETS_NOTHING, MEETS_OWN
from game.core.sim.state import World
from game.view import sdf
from game.view.glow import LEVELS, GlowBank, Sprite, centre_on
from game.view.motion import Motion, Point
from game.view.palette import TEAM_SHAPES, Colour, Palette, mix
from game.view.shapes import team_shape

HEADINGS: Final = 32
HEAD_SIDE: Final = 1.30  # tiles
TRAIL_STEP: Final = 0.11  # tiles between two lights of a trail
TRAIL_LIGHTS: Final = 17
MUZZLE: Final = 0.42  # tiles from the tank's centre at which a shot becomes visible
SPIN_PERIOD: Final = 16  # ticks a star takes for a quarter turn
DOT_STEP: Final = 0.24  # tiles between two dots of the sight line
WHITE: Final = (255, 255, 255)


class SightLine(NamedTuple):
    """The path of the next shot, from `game.core.sim.preview.sight_line`."""

    points: IntArray  # (n, 2 or 3): x, y (su) and 1 where the line is interrupted before the point (a portal)
    meets: int = MEETS_NOTHING  # MEETS_*
    seat: int = -1  # the tank that is hit
    banks: int = 0


class ShotSprites:
    """Heads of shots, baked at their first use."""

    def __init__(self, tile_px: int, palette: Palette, glow: float = 1.0) -> None:
        self.tile_px = tile_px
        self.palette = palette
        self.glow = glow
        self._heads: dict[tuple[int, int], list[pygame.Surface]] = {}
        self._trails: dict[tuple[Colour, bool], list[tuple[pygame.Surface, float]]] = {}
        self._stars: list[pygame.Surface] = []

    def prepare(self, kinds: set[tuple[int, int]], bank: GlowBank) -> None:
        """Bake heads and trails of these (class, team) pairs now, so that no frame has to."""
        self.star(0)
        for tank_class, team in kinds:
            self.head(tank_class, team, 0)
            self.trail(bank, self.palette.teams[team], tank_class == rules.HEAVY)
            self.trail(bank, self.palette.danger, True)

    def head(self, tank_class: int, team: int, aim: float) -> pygame.Surface:
        """Return the head of a shot that has not banked, for an additive blit."""
        key = (tank_class, team)
        if key not in self._heads:
            self._heads[key] = self._bake_heads(tank_class, team)
        return self._heads[key][round(aim * HEADINGS / rules.AIMS) % HEADINGS]

    def trail(self, bank: GlowBank, colour: Colour, large: bool) -> list[tuple[pygame.Surface, float]]:
        """Return the lights of a trail from the head backwards, TRAIL_STEP apart, each with half its side."""
        key = (colour, large)
        if key not in self._trails:
            lights = []
            for n in range(1, TRAIL_LIGHTS + 1):
                share = 1 - n / (TRAIL_LIGHTS + 1)
                radius = max(2, round(self.tile_px * (0.22 if large else 0.17) * (0.40 + 0.60 * share)))
                lights.append(
                    (bank.spot(colour, radius, max(1, round(share**1.25 * (LEVELS - 1)))), float(radius))
                )
            self._trails[key] = lights
        return self._trails[key]

    def star(self, tick: float) -> pygame.Surface:
        """Return the head of a shot that hurts anyone: a turning star."""
        if not self._stars:
            self._stars = self._bake_stars()
        return self._stars[int(tick) % SPIN_PERIOD]

    def _bake_heads(self, tank_class: int, team: int) -> list[pygame.Surface]:
        side, pixel = 2 * round(HEAD_SIDE * self.tile_px / 2), 1 / self.tile_px
        x, y = sdf.turned_grids(side, self.tile_px, HEADINGS)
        size = 0.085 if rules.TANK_CLASSES[tank_class].damage == 1 else 0.12
        # The team's shape, pointing ahead and stretched along the path.
        shape = team_shape(TEAM_SHAPES[team], y, -x / np.float32(1.7), size)
        colour = self.palette.teams[team]
        light = sdf.halo(shape, 0.24, 2.0) * np.float32(0.35 + 0.45 * self.glow)
        rgb = light[..., None] * np.array(colour, np.float32)
        rgb = rgb + sdf.fill(shape - np.float32(0.012), pixel)[..., None] * np.array(colour, np.float32)
        rgb = rgb + sdf.fill(shape + np.float32(0.022), pixel)[..., None] * np.array(
            (200, 200, 200), np.float32
        )
        return [sdf.rgb_surface(frame) for frame in sdf.quarter_turns(rgb)]

    def _bake_stars(self) -> list[pygame.Surface]:
        side = 2 * round(1.25 * self.tile_px / 2)
        grid_x, grid_y = sdf.grid(side, side, self.tile_px)
        frames = []
        for n in range(SPIN_PERIOD):
            angle = n / SPIN_PERIOD * np.pi / 2
            x = grid_x * np.float32(np.cos(angle)) + grid_y * np.float32(np.sin(angle))
            y = grid_y * np.float32(np.cos(angle)) - grid_x * np.float32(np.sin(angle))
            spikes = np.minimum(
                np.abs(x) * 5.5 + np.abs(y),
                np.abs(y) * 5.5 + np.abs(x),
            ) - np.float32(0.45)
            light = sdf.halo(np.hypot(x, y), 0.52, 2.4) * np.float32(0.45 + 0.4 * self.glow)
            rgb = light[..., None] * np.array(self.palette.danger, np.float32)
            rgb = rgb + sdf.fill(spikes, 4 / self.tile_px)[..., None] * np.array(
                mix(self.palette.danger, WHITE, 0.25), np.float32
            )
            core = sdf.fill(np.hypot(x, y) - np.float32(0.10), 1.5 / self.tile_px)
            rgb = rgb + core[..., None] * np.array((255, 225, 190), np.float32)
            frames.append(sdf.rgb_surface(rgb))
        return frames


def shot_sprites(
    world: World,
    w: int,
    motion: Motion,
    sprites: ShotSprites,
    bank: GlowBank,
    offset: Point,
    alpha: float,
    tick: float,
) -> list[Sprite]:
    """Return trails and heads of all shots in flight, to blit additively."""
    result: list[Sprite] = []
    heads: list[Sprite] = []
    tile_px = sprites.tile_px
    su_px = tile_px / rules.SU_PER_TILE
    palette = sprites.palette
    for row in world.shots[w, : int(world.head[w, state.N_SHOTS])].tolist():
        identity, banks = row[state.SHOT_ID], row[state.SHOT_BANKS]
        team, aim = row[state.SHOT_TEAM] % rules.MAX_TEAMS, row[state.SHOT_AIM]
        tank_class = row[state.SHOT_CLASS] % rules.N_CLASSES
        x, y = motion.shot(identity, float(row[state.SHOT_X]), float(row[state.SHOT_Y]), alpha)
        points = [*motion.trail(identity), (x, y)]
        if row[state.SHOT_LIFE] >= rules.SHOT_LIFE - 1:
            left = motion.shots.get(identity)
            if left is not None and _distance(left.legs[0], (x, y)) < MUZZLE * rules.SU_PER_TILE:
                continue
        colour = palette.danger if banks else palette.teams[team]
        lights = sprites.trail(bank, colour, bool(banks) or tank_class == rules.HEAVY)
        result += _trail(points, lights, su_px, offset)
        picture = sprites.star(tick + identity * 5) if banks else sprites.head(tank_class, team, aim)
        heads.append(centre_on(picture, x * su_px + offset[0], y * su_px + offset[1]))
    return result + heads


def _trail(
    points: list[Point], lights: list[tuple[pygame.Surface, float]], su_px: float, offset: Point
) -> list[Sprite]:
    """Return the lights along the path behind a head."""
    step = TRAIL_STEP * rules.SU_PER_TILE * su_px
    ox, oy = offset
    sprites: list[Sprite] = []
    n, count, travelled = 0, len(lights), 0.0
    bx, by = points[-1][0] * su_px + ox, points[-1][1] * su_px + oy
    for px, py in reversed(points[:-1]):
        ax, ay = px * su_px + ox, py * su_px + oy
        dx, dy = ax - bx, ay - by
        span = (dx * dx + dy * dy) ** 0.5
        while n < count and (n + 1) * step <= travelled + span:
            part = ((n + 1) * step - travelled) / span
            picture, half = lights[n]
            sprites.append((picture, (bx + dx * part - half, by + dy * part - half)))
            n += 1
        if n >= count:
            break
        travelled += span
        bx, by = ax, ay
    return sprites


def _distance(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def sight_sprites(
    line: SightLine, team: int, palette: Palette, bank: GlowBank, tile_px: int, offset: Point, tick: float
) -> list[Sprite]:
    """Return the dots of a sight line: the team's colour up to the first bank, then the colour of danger."""
    su_px = tile_px / rules.SU_PER_TILE
    points = line.points.tolist()
    sprites: list[Sprite] = []
    bends = 0
    step = DOT_STEP * rules.SU_PER_TILE
    due = MUZZLE * rules.SU_PER_TILE + (tick * 0.35 % 6) / 6 * step
    travelled = 0.0
    radius = max(3, round(tile_px * 0.105))
    for n, (start, end) in enumerate(itertools.pairwise(points)):
        if len(end) > 2 and end[2]:
            continue
        span = _distance((start[0], start[1]), (end[0], end[1]))
        danger = bends > 0 and n > 0
        colour = palette.danger if danger else mix(palette.teams[team], WHITE, 0.25)
        while due <= travelled + span and span > 0:
            part = (due - travelled) / span
            place = start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
            level = max(3, LEVELS - 1 - int(due / rules.SU_PER_TILE / 5))
            spot = bank.spot(colour, radius, level, True)
            sprites.append(centre_on(spot, place[0] * su_px + offset[0], place[1] * su_px + offset[1]))
            due += step
        travelled += span
        last = n == len(points) - 2
        if not last:
            bends += 1
            spot = bank.ring(palette.danger, max(3, round(tile_px * 0.11)), 4, LEVELS - 3)
            sprites.append(centre_on(spot, end[0] * su_px + offset[0], end[1] * su_px + offset[1]))
    if points:
        sprites += _end_mark(line, points[-1], palette, bank, tile_px, offset, tick)
    return sprites


def _end_mark(
    line: SightLine,
    end: list[int],
    palette: Palette,
    bank: GlowBank,
    tile_px: int,
    offset: Point,
    tick: float,
) -> list[Sprite]:
    """Return the mark at the end: a lock on an enemy, a warning on the own tank or an ally, otherwise a small ring."""
    x, y = end[0] * tile_px / rules.SU_PER_TILE + offset[0], end[1] * tile_px / rules.SU_PER_TILE + offset[1]
    pulse = 1 if int(tick / 8) % 2 else 0
    if line.meets == MEETS_ENEMY:
        colour, radius = palette.good, round(tile_px * (0.34 + 0.05 * pulse))
    elif line.meets == MEETS_OWN:
        colour, radius = palette.bad, round(tile_px * (0.34 + 0.05 * pulse))
    elif line.meets == MEETS_BRICK:
        colour, radius = palette.brick_glow, round(tile_px * 0.16)
    else:
        return [
            centre_on(
                bank.spot(mix(palette.danger, WHITE, 0.3), max(3, round(tile_px * 0.14)), 4, True), x, y
            )
        ]
    return [
        centre_on(bank.ring(colour, radius, 5, LEVELS - 2), x, y),
        centre_on(bank.spot(colour, max(3, round(tile_px * 0.14)), LEVELS - 2, True), x, y),
    ]
