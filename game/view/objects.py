"""Pictures of objects in the arena: pick-ups, energy cells, mines, portals and the core."""

from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.view import sdf
from game.view.palette import TEAM_SHAPES, Colour, Palette, mix, scale_colour
from game.view.sdf import Canvas, FloatArray
from game.view.shapes import PICKUP_ICONS, Icon, bolt, team_shape

SWIRL_PHASES: Final = 24
PULSES: Final = 12
CORE_STEPS: Final = 24
WHITE: Final = (255, 255, 255)


class ObjectSprites:
    """Bakes and caches the pictures of arena objects at one tile size."""

    def __init__(self, tile_px: int, palette: Palette, glow: float = 1.0) -> None:
        self.tile_px = tile_px
        self.palette = palette
        self.glow = glow
        self._pixel = 1.0 / tile_px
        self._made: dict[tuple[object, ...], pygame.Surface] = {}

    def _grid(self, tiles: float) -> tuple[FloatArray, FloatArray]:
        side = 2 * round(tiles * self.tile_px / 2)
        return sdf.grid(side, side, self.tile_px)

    def prepare(self, teams: set[int], pairs: set[int], objective: int) -> None:
        """Bake the pictures for a match of these teams with these portal pairs now, so that no frame has to."""
        for kind in range(len(PICKUP_ICONS)):
            self.pickup(kind)
            self.pickup_spot(kind)
        for phase in range(PULSES):
            if objective == rules.COLLECT:
                self.energy_cell(phase)
            if objective == rules.DEFEND:
                self.core_heart(phase, False)
                self.core_heart(phase, True)
        for step in range(CORE_STEPS + 1):
            if objective == rules.DEFEND:
                self.core_ring(step / CORE_STEPS)
        for pair in pairs:
            for phase in range(SWIRL_PHASES):
                self.portal(pair, phase)
        for team in teams:
            for armed in (False, True):
                for lit in (False, True):
                    self.mine(team, armed, lit)

    def pickup(self, kind: int) -> pygame.Surface:
        """Return a pick-up: a lit tablet with its icon; each kind has its own outline, icon and colour."""
        key = ("pickup", kind)
        if key not in self._made:
            colour, pixel = self.palette.pickups[kind], self._pixel
            x, y = self._grid(1.1)
            canvas = Canvas(x.shape)
            sides = (0, 6, 3, 4, 8)[kind % 5]
            if sides == 0:
                tablet = sdf.circle(x, y, 0, 0, 0.34)
            elif sides == 3:
                tablet = sdf.regular(x, y - np.float32(0.05), 3, 0.50, -np.pi / 2)
            else:
                tablet = sdf.regular(
                    x, y, sides, 0.37 if sides > 4 else 0.42, np.pi / sides if sides != 4 else 0.0
                )
            canvas.glowing(colour, sdf.halo(tablet, 0.16, 2.0), 0.55 * self.glow)
            canvas.over(scale_colour(mix(colour, (10, 14, 30), 0.72), 1.0), sdf.fill(tablet, pixel), 0.94)
            canvas.over(colour, sdf.line(tablet + np.float32(pixel), 2.2 * pixel, pixel))
            shift = np.float32(0.04 if sides == 3 else 0.0)
            icon = PICKUP_ICONS[kind](x, y - shift, 0.15 if sides == 3 else 0.19)
            canvas.over(mix(colour, WHITE, 0.72), sdf.fill(icon, pixel))
            self._made[key] = canvas.sprite()
        return self._made[key]

    def pickup_spot(self, kind: int) -> pygame.Surface:
        """Return the faint mark at the place where a taken pick-up will come back, for an additive blit."""
        key = ("spot", kind)
        if key not in self._made:
            x, y = self._grid(1.0)
            ring = sdf.circle(x, y, 0, 0, 0.30)
            dashes = np.mod(np.arctan2(y, x) / np.float32(2 * np.pi) * 10, 1) < 0.5
            light = sdf.line(ring, 1.5 * self._pixel, self._pixel) * dashes * np.float32(0.42)
            icon = sdf.fill(PICKUP_ICONS[kind](x, y, 0.13), self._pixel) * np.float32(0.25)
            self._made[key] = sdf.rgb_surface(
                (light + icon)[..., None] * np.array(self.palette.pickups[kind], np.float32)
            )
        return self._made[key]

    def energy_cell(self, phase: int) -> pygame.Surface:
        """Return an energy cell, phase 0..PULSES-1 of its pulse."""
        key = ("cell", phase)
        if key not in self._made:
            x, y = self._grid(1.1)
            canvas, pixel, colour = Canvas(x.shape), self._pixel, self.palette.energy
            beat = 0.5 + 0.5 * float(np.cos(2 * np.pi * phase / PULSES))
            hexagon = sdf.regular(x, y, 6, 0.30 + 0.02 * beat, np.pi / 6)
            canvas.glowing(colour, sdf.halo(hexagon, 0.20, 1.8), (0.35 + 0.4 * beat) * self.glow)
            canvas.over((46, 40, 14), sdf.fill(hexagon, pixel))
            canvas.over(colour, sdf.line(hexagon, 2.4 * pixel, pixel))
            canvas.over(mix(colour, WHITE, 0.5 + 0.4 * beat), sdf.fill(bolt(x, y, 0.19), pixel))
            self._made[key] = canvas.sprite()
        return self._made[key]

    def mine(self, team: int, armed: bool, lit: bool) -> pygame.Surface:
        """Return a mine in its team's colour and shape; its lamp is lit or dark."""
        key = ("mine", team, armed, lit)
        if key not in self._made:
            x, y = self._grid(1.1)
            canvas, pixel = Canvas(x.shape), self._pixel
            colour = self.palette.teams[team]
            body = team_shape(TEAM_SHAPES[team], x, y, 0.20)
            spikes = body
            for n in range(4):
                dx, dy = (
                    float(np.cos(n * np.pi / 2 + 0.785)) * 0.34,
                    float(np.sin(n * np.pi / 2 + 0.785)) * 0.34,
                )
                spikes = np.minimum(spikes, sdf.segment(x, y, (0.0, 0.0), (dx, dy)) - np.float32(0.030))
            lamp = self.palette.danger if armed else self.palette.warning
            canvas.over((4, 5, 10), sdf.fill(spikes - np.float32(1.5 * pixel), pixel), 0.9)
            canvas.over(scale_colour(colour, 0.45), sdf.fill(spikes, pixel))
            canvas.over((26, 28, 40), sdf.fill(body, pixel))
            canvas.over(colour, sdf.line(body + np.float32(0.5 * pixel), 1.8 * pixel, pixel))
            if lit:
                canvas.glowing(lamp, sdf.halo(sdf.circle(x, y, 0, 0, 0.05), 0.38, 2.0), 0.75 * self.glow)
            dot = sdf.fill(sdf.circle(x, y, 0, 0, 0.075), pixel)
            canvas.over(mix(lamp, WHITE, 0.5) if lit else scale_colour(lamp, 0.45), dot)
            self._made[key] = canvas.sprite()
        return self._made[key]

    def portal(self, pair: int, phase: int) -> pygame.Surface:
        """Return a swirling portal; its pair's number determines colour and arms. For an additive blit."""
        key = ("portal", pair, phase)
        if key not in self._made:
            x, y = self._grid(1.5)
            colour = self.palette.portals[pair % len(self.palette.portals)]
            radius, angle = np.hypot(x, y), np.arctan2(y, x)
            arms = 2 + pair % 4
            turn = np.float32(2 * np.pi * phase / SWIRL_PHASES)
            wave = np.float32(0.5) + np.float32(0.5) * np.cos(arms * angle + radius * 16 - turn)
            disc = sdf.fill(radius - np.float32(0.40), self._pixel)
            light = disc * (
                wave**2 * np.clip(radius / np.float32(0.30), 0, 1) * np.float32(1.05) + np.float32(0.10)
            )
            rim = np.abs(radius - np.float32(0.43))
            light = light + sdf.halo(rim, 0.24, 2.4) * np.float32(0.25 + 0.45 * self.glow)
            rgb = light[..., None] * np.array(colour, np.float32)
            edge = sdf.fill(rim - np.float32(0.022), self._pixel) * np.float32(0.85)
            rgb = rgb + edge[..., None] * np.array(mix(colour, WHITE, 0.55), np.float32)
            self._made[key] = sdf.rgb_surface(rgb)
        return self._made[key]

    def core_heart(self, phase: int, hurt: bool) -> pygame.Surface:
        """Return the beating heart of the core, for an additive blit."""
        key = ("heart", phase, hurt)
        if key not in self._made:
            x, y = self._grid(2.6)
            colour = self.palette.bad if hurt else self.palette.core
            beat = 0.5 + 0.5 * float(np.cos(2 * np.pi * phase / PULSES))
            gem = sdf.regular(x, y, 6, 0.20 + 0.035 * beat, np.pi / 6)
            light = sdf.halo(gem, 1.0, 2.6) * np.float32((0.28 + 0.22 * beat) * (0.4 + 0.6 * self.glow))
            light = light + sdf.fill(gem, self._pixel) * np.float32(0.8)
            light = light + sdf.line(
                sdf.circle(x, y, 0, 0, 0.33), 1.6 * self._pixel, self._pixel
            ) * np.float32(0.5)
            rgb = light[..., None] * np.array(colour, np.float32)
            inner = sdf.fill(gem + np.float32(0.08), self._pixel) * np.float32(0.7)
            self._made[key] = sdf.rgb_surface(rgb + inner[..., None] * np.array(WHITE, np.float32))
        return self._made[key]

    def core_ring(self, share: float) -> pygame.Surface:
        """Return the ring around the core that shows its hit points, share 0..1, for an additive blit."""
        step = max(0, min(CORE_STEPS, round(share * CORE_STEPS)))
        key = ("core_ring", step)
        if key not in self._made:
            x, y = self._grid(2.0)
            ring = np.abs(sdf.circle(x, y, 0, 0, 0.74)) - np.float32(0.045)
            turn = np.mod(np.arctan2(x, -y) / np.float32(2 * np.pi), 1)
            full = turn * CORE_STEPS < step
            gaps = np.abs(np.mod(turn * 12 + np.float32(0.5), 1) - np.float32(0.5)) > 0.06
            colour = self._health_colour(step / CORE_STEPS)
            body = sdf.fill(ring, self._pixel) * gaps
            rgb = (body * np.where(full, 1.0, 0.14).astype(np.float32))[..., None] * np.array(
                colour, np.float32
            )
            rgb = rgb + (sdf.halo(ring, 0.16, 2.0) * full * gaps * np.float32(0.4 * self.glow))[
                ..., None
            ] * np.array(colour, np.float32)
            self._made[key] = sdf.rgb_surface(rgb)
        return self._made[key]

    def _health_colour(self, share: float) -> Colour:
        if share > 0.6:
            return self.palette.core
        return self.palette.warning if share > 0.3 else self.palette.bad


def icon_sprite(icon: Icon, side: int, colour: Colour, dark_rim: bool = True) -> pygame.Surface:
    """Return a pictogram `side` pixels square in one colour, for menus and the display (premultiplied)."""
    x, y = sdf.grid(side, side, side / 2)
    canvas = Canvas(x.shape)
    pixel = 2 / side
    distance = icon(x, y, 0.74)
    if dark_rim:
        canvas.over((3, 4, 10), sdf.fill(distance - np.float32(1.2 * pixel), pixel), 0.7)
    canvas.over(colour, sdf.fill(distance, pixel))
    return canvas.sprite()
