"""Hover-tank pictures: three silhouettes, pre-rotated, in the colour and with the shape of each team.

Shapes are in tile units around the tank's centre and point right; x forward, y to the tank's right.
"""

from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.view import sdf
from game.view.palette import TEAM_SHAPES, Colour, Palette, mix, scale_colour
from game.view.sdf import Canvas, FloatArray
from game.view.shapes import team_shape

HULL_HEADINGS: Final = 64
TURRET_HEADINGS: Final = 128
HULL_SIDE: Final = 1.40  # tiles
TURRET_SIDE: Final = 1.50
RING_SIDE: Final = 1.90
GROWTH: Final = 1.10  # hulls are drawn a little larger than their collision box
RELOAD_STEPS: Final = 24
STEEL: Final = (20, 24, 40)
WHITE: Final = (255, 255, 255)

# By class: convex parts of the hull, back to front, as (points, plate): plates are lit, skirts are dark.
_SCOUT: Final = (
    (((0.02, -0.20), (-0.40, -0.42), (-0.44, -0.20), (-0.20, -0.08)), False),
    (((0.02, 0.20), (-0.40, 0.42), (-0.44, 0.20), (-0.20, 0.08)), False),
    (((0.48, 0.0), (0.06, 0.22), (-0.26, 0.20), (-0.34, 0.0), (-0.26, -0.20), (0.06, -0.22)), True),
)
_RANGER: Final = (
    (((0.22, -0.26), (0.16, -0.42), (-0.34, -0.42), (-0.40, -0.24)), False),
    (((0.22, 0.26), (0.16, 0.42), (-0.34, 0.42), (-0.40, 0.24)), False),
    (((0.42, 0.13), (0.42, -0.13), (0.20, -0.31), (-0.30, -0.31),
      (-0.40, -0.16), (-0.40, 0.16), (-0.30, 0.31), (0.20, 0.31)), True),
)  # fmt: skip
_HEAVY: Final = (
    (((0.44, -0.26), (0.36, -0.47), (-0.40, -0.47), (-0.47, -0.40), (-0.47, -0.26)), False),
    (((0.44, 0.26), (0.36, 0.47), (-0.40, 0.47), (-0.47, 0.40), (-0.47, 0.26)), False),
    (((0.40, 0.34), (0.40, -0.34), (-0.40, -0.34), (-0.46, -0.22), (-0.46, 0.22), (-0.40, 0.34)), True),
    (((0.49, 0.24), (0.49, -0.24), (0.36, -0.30), (0.36, 0.30)), False),
)
HULLS: Final = (_SCOUT, _RANGER, _HEAVY)  # by rules.SCOUT…

# By class: barrels as (y, length, half width), radius of the dome
BARRELS: Final = (
    (((-0.055, 0.50, 0.030), (0.055, 0.50, 0.030)), 0.150),
    (((0.0, 0.60, 0.048),), 0.180),
    (((0.0, 0.58, 0.085),), 0.225),
)
# By class: where the thrusters are (x, y)
THRUSTERS: Final = (
    ((-0.40, -0.28), (-0.40, 0.28)),
    ((-0.40, -0.33), (-0.40, 0.33)),
    ((-0.48, -0.36), (-0.48, 0.36)),
)


class TankSprites:
    """All pictures of tanks at one tile size; a (class, team) set is baked as a whole at its first use."""

    def __init__(self, tile_px: int, palette: Palette, glow: float = 1.0) -> None:
        self.tile_px = tile_px
        self.palette = palette
        self.glow = glow
        self._pixel = 1.0 / tile_px
        self._hulls: dict[tuple[int, int], list[pygame.Surface]] = {}
        self._turrets: dict[tuple[int, int], list[pygame.Surface]] = {}
        self._rings: dict[tuple[int, int], pygame.Surface] = {}
        self._emblems: dict[int, pygame.Surface] = {}
        self._bubbles: dict[tuple[int, int], pygame.Surface] = {}
        self._pips: dict[tuple[int, int, int], pygame.Surface] = {}
        self._reloads: dict[int, pygame.Surface] = {}
        self._shadow: pygame.Surface | None = None
        self._pointer: pygame.Surface | None = None

    def prepare(self, kinds: set[tuple[int, int]]) -> None:
        """Bake the sets of these (class, team) pairs now, so that no frame has to."""
        for tank_class, team in kinds:
            self.hull(tank_class, team, 0.0)
            self.turret(tank_class, team, 0.0)
            armour = rules.TANK_CLASSES[tank_class].armour
            for hp in range(armour + 1):
                self.pips(hp, armour, team)
        for team in {team for _, team in kinds}:
            self.emblem(team)
            for level in (1, 3):
                self.ring(team, level)
            for phase in range(8):
                self.bubble(team, phase)
        for step in range(RELOAD_STEPS + 1):
            self.reload(step / RELOAD_STEPS)
        self.pointer()

    def hull(self, tank_class: int, team: int, turn: float) -> pygame.Surface:
        """Return the hull turned by `turn` 256ths of a circle."""
        key = (tank_class, team)
        if key not in self._hulls:
            self._hulls[key] = self._bake_hulls(tank_class, self.palette.teams[team])
        return self._hulls[key][round(turn * HULL_HEADINGS / 256) % HULL_HEADINGS]

    def turret(self, tank_class: int, team: int, aim: float) -> pygame.Surface:
        """Return the turret turned by `aim` 256ths of a circle."""
        key = (tank_class, team)
        if key not in self._turrets:
            self._turrets[key] = self._bake_turrets(tank_class, self.palette.teams[team])
        return self._turrets[key][round(aim * TURRET_HEADINGS / 256) % TURRET_HEADINGS]

    def _bake_hulls(self, tank_class: int, colour: Colour) -> list[pygame.Surface]:
        side, pixel = _even(HULL_SIDE * self.tile_px), self._pixel
        x, y = sdf.turned_grids(side, self.tile_px, HULL_HEADINGS)
        canvas = Canvas(x.shape)
        whole: FloatArray | None = None
        parts = [
            (sdf.convex(x, y, [(a * GROWTH, b * GROWTH) for a, b in points]), plate)
            for points, plate in HULLS[tank_class]
        ]
        for distance, _ in parts:
            whole = distance if whole is None else np.minimum(whole, distance)
        assert whole is not None
        canvas.glowing(colour, sdf.halo(whole, 0.17, 1.8), 0.34 * self.glow)
        canvas.over((3, 4, 10), sdf.fill(whole - np.float32(2.0 * pixel), pixel), 0.95)
        for distance, plate in parts:
            inside = sdf.fill(distance, pixel)
            if plate:
                canvas.over(scale_colour(colour, 0.56), inside)
                shine = np.clip((x + np.float32(0.35)) * np.float32(1.3), 0, 1) * inside
                canvas.over(scale_colour(colour, 0.95), shine, 0.8)
                deck = distance + np.float32(0.105)
                canvas.over(scale_colour(mix(STEEL, colour, 0.6), 0.46), sdf.fill(deck, pixel), 0.9)
            else:
                canvas.over(scale_colour(colour, 0.32), inside)
            canvas.over(
                mix(colour, WHITE, 0.14), sdf.line(distance + np.float32(0.6 * pixel), 2.0 * pixel, pixel)
            )
        self._hull_details(canvas, tank_class, colour, x, y)
        return self._all_turns(canvas)

    def _hull_details(
        self, canvas: Canvas, tank_class: int, colour: Colour, x: FloatArray, y: FloatArray
    ) -> None:
        """Light the nose and the thrusters, so that front and back are clearly different."""
        pixel = self._pixel
        nose = {rules.SCOUT: 0.36, rules.RANGER: 0.33, rules.HEAVY: 0.42}[tank_class]
        width = {rules.SCOUT: 0.05, rules.RANGER: 0.12, rules.HEAVY: 0.20}[tank_class]
        lamp = sdf.segment(x, y, (nose * GROWTH, -width), (nose * GROWTH, width)) - np.float32(0.022)
        canvas.glowing(colour, sdf.halo(lamp, 0.08, 2.0), 0.6 * self.glow)
        canvas.over(mix(colour, WHITE, 0.75), sdf.fill(lamp, pixel))
        for tx, ty in THRUSTERS[tank_class]:
            jet = sdf.box(x, y, (tx * GROWTH + 0.03, ty * GROWTH), (0.035, 0.06), 0.01)
            canvas.over(mix(colour, WHITE, 0.5), sdf.fill(jet, pixel), 0.9)

    def _bake_turrets(self, tank_class: int, colour: Colour) -> list[pygame.Surface]:
        side, pixel = _even(TURRET_SIDE * self.tile_px), self._pixel
        x, y = sdf.turned_grids(side, self.tile_px, TURRET_HEADINGS)
        canvas = Canvas(x.shape)
        barrels, radius = BARRELS[tank_class]
        dome = (
            sdf.circle(x, y, 0, 0, radius)
            if tank_class != rules.HEAVY
            else sdf.regular(x, y, 6, radius * 1.1)
        )
        shapes = [sdf.box(x, y, (length / 2, by), (length / 2, half)) for by, length, half in barrels]
        whole = dome
        for shape in shapes:
            whole = np.minimum(whole, shape)
        canvas.over((4, 6, 14), sdf.fill(whole - np.float32(1.5 * pixel), pixel), 0.92)
        for shape, (by, length, half) in zip(shapes, barrels, strict=True):
            canvas.over(mix(colour, WHITE, 0.45), sdf.fill(shape, pixel))
            core = sdf.segment(x, y, (0.1, by), (length - 0.03, by)) - np.float32(half * 0.25)
            canvas.over(mix(colour, WHITE, 0.85), sdf.fill(core, pixel))
            muzzle = sdf.box(x, y, (length - 0.03, by), (0.035, half + 0.022), 0.01)
            canvas.over(mix(colour, WHITE, 0.88), sdf.fill(muzzle, pixel))
        canvas.over(mix(STEEL, colour, 0.12), sdf.fill(dome, pixel))
        canvas.over(colour, sdf.line(dome + np.float32(0.6 * pixel), 1.9 * pixel, pixel))
        return self._all_turns(canvas)

    @staticmethod
    def _all_turns(canvas: Canvas) -> list[pygame.Surface]:
        rgb, alpha = sdf.quarter_turns(canvas.rgb), sdf.quarter_turns(canvas.alpha)
        return [sdf.rgba_surface(rgb[n], alpha[n]) for n in range(rgb.shape[0])]

    def emblem(self, team: int) -> pygame.Surface:
        """Return the team's shape in white, to sit upright on the turret."""
        if team not in self._emblems:
            side = _even(0.44 * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            canvas = Canvas(x.shape)
            shape = team_shape(TEAM_SHAPES[team], x, y, 0.100)
            canvas.over(WHITE, sdf.fill(shape, self._pixel))
            self._emblems[team] = canvas.sprite()
        return self._emblems[team]

    def ring(self, team: int, level: int) -> pygame.Surface:
        """Return the light below a tank in its team's shape, level 0..3 bright, for an additive blit."""
        key = (team, level)
        if key not in self._rings:
            side = _even(RING_SIDE * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            colour, pixel = self.palette.teams[team], self._pixel
            shape = team_shape(TEAM_SHAPES[team], x, y, 0.60)
            light = sdf.halo(shape, 0.16, 2.0) * np.float32(0.10 + 0.04 * level) * np.float32(self.glow)
            light = light + sdf.halo(np.abs(shape), 0.12, 2.0) * np.float32((0.10 + 0.06 * level) * self.glow)
            rgb = light[..., None] * np.array(colour, np.float32)
            outline = sdf.line(shape, (1.3 + 0.2 * level) * pixel, pixel) * np.float32(0.32 + 0.14 * level)
            rgb = rgb + outline[..., None] * np.array(mix(colour, WHITE, 0.10 * level), np.float32)
            self._rings[key] = sdf.rgb_surface(rgb)
        return self._rings[key]

    def ghost(self, team: int, share: float) -> pygame.Surface:
        """Return the dashed mark of a tank's last seen place, share 1 (just now) to 0; additive."""
        step = max(1, min(4, round(share * 4)))
        key = (team, 10 + step)
        if key not in self._rings:
            side = _even(RING_SIDE * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            shape = team_shape(TEAM_SHAPES[team], x, y, 0.50)
            dashes = np.mod(np.arctan2(y, x) / np.float32(2 * np.pi) * 12, 1) < 0.55
            light = sdf.line(shape, 1.8 * self._pixel, self._pixel) * dashes * np.float32(step / 4 * 0.7)
            self._rings[key] = sdf.rgb_surface(
                light[..., None] * np.array(self.palette.teams[team], np.float32)
            )
        return self._rings[key]

    def pointer(self) -> pygame.Surface:
        """Return the white arrow head above the player's own tank."""
        if self._pointer is None:
            side = _even(0.36 * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            canvas = Canvas(x.shape)
            arrow = sdf.convex(x, y, [(-0.13, -0.09), (0.13, -0.09), (0.0, 0.11)])
            canvas.over((4, 5, 12), sdf.fill(arrow - np.float32(1.5 * self._pixel), self._pixel))
            canvas.over(WHITE, sdf.fill(arrow, self._pixel))
            self._pointer = canvas.sprite()
        return self._pointer

    def reload(self, share: float) -> pygame.Surface:
        """Return the arc that closes while the gun reloads, share 0..1, for an additive blit."""
        step = max(0, min(RELOAD_STEPS, round(share * RELOAD_STEPS)))
        if step not in self._reloads:
            side = _even(1.9 * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            turn = np.mod(np.arctan2(x, -y) / np.float32(2 * np.pi), 1)
            ring = sdf.line(sdf.circle(x, y, 0, 0, 0.80), 1.8 * self._pixel, self._pixel)
            light = ring * np.where(turn * RELOAD_STEPS < step, 0.75, 0.10).astype(np.float32)
            self._reloads[step] = sdf.rgb_surface(light[..., None] * np.array(WHITE, np.float32))
        return self._reloads[step]

    def shadow(self) -> pygame.Surface:
        """Return the soft shadow below a hovering hull."""
        if self._shadow is None:
            side = _even(1.2 * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            canvas = Canvas(x.shape)
            canvas.over((0, 0, 0), sdf.halo(sdf.circle(x, y, 0, 0, 0.26), 0.30, 1.3), 0.62)
            self._shadow = canvas.sprite()
        return self._shadow

    def bubble(self, team: int, phase: int) -> pygame.Surface:
        """Return the shield around a tank, phase 0..7 of its ripple, for an additive blit."""
        key = (team, phase)
        if key not in self._bubbles:
            side = _even(1.7 * self.tile_px)
            x, y = sdf.grid(side, side, self.tile_px)
            colour = mix(self.palette.shield, self.palette.teams[team], 0.35)
            radius = np.hypot(x, y)
            shell = sdf.circle(x, y, 0, 0, 0.66)
            inside = sdf.fill(shell, self._pixel)
            light = inside * np.clip(radius / np.float32(0.66), 0, 1) ** 4 * np.float32(0.55)
            cells = _hexagons(x * 6, y * 6)
            wave = np.float32(0.5) + np.float32(0.5) * np.cos(radius * 14 - np.float32(phase * np.pi / 4))
            light = light + inside * sdf.fill(cells - np.float32(0.05), 6 * self._pixel) * wave * np.float32(
                0.34
            )
            light = light + sdf.halo(np.abs(shell), 0.12, 2.0) * np.float32(0.5 * self.glow)
            rgb = light[..., None] * np.array(colour, np.float32)
            rgb = rgb + sdf.line(shell, 1.8 * self._pixel, self._pixel)[..., None] * np.array(
                mix(colour, WHITE, 0.6), np.float32
            ) * np.float32(0.9)
            self._bubbles[key] = sdf.rgb_surface(rgb)
        return self._bubbles[key]

    def pips(self, hp: int, armour: int, team: int) -> pygame.Surface:
        """Return a tank's hit points as a row of blocks."""
        key = (hp, armour, team)
        if key not in self._pips:
            unit = max(3, round(self.tile_px * 0.125))
            height = max(3, round(self.tile_px * 0.09))
            surface = pygame.Surface((armour * (unit + 1) + 3, height + 4), pygame.SRCALPHA, 32)
            surface.fill((3, 4, 10, 190))
            share = hp / max(armour, 1)
            colour = self.palette.teams[team] if share > 0.34 else self.palette.bad
            for n in range(armour):
                shade = colour if n < hp else (44, 48, 66)
                surface.fill(shade, (2 + n * (unit + 1), 2, unit, height))
            self._pips[key] = surface
        return self._pips[key]


def _hexagons(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the distance to the borders of a honeycomb with cells of width 1."""
    height = np.float32(np.sqrt(3))
    best: FloatArray | None = None
    for ox, oy in ((0.0, 0.0), (0.5, 0.5)):
        px = np.mod(x + np.float32(ox), 1) - np.float32(0.5)
        py = np.mod(y / height + np.float32(oy), 1) * height - height / 2
        inner = np.maximum(np.abs(px), np.abs(px) * np.float32(0.5) + np.abs(py) * height / 2)
        best = inner if best is None else np.minimum(best, inner)
    assert best is not None
    return np.float32(0.5) - best


def _even(value: float) -> int:
    return 2 * round(value / 2)
