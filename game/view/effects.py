"""The running effects of a match: particles, rings, lights, flashes and shakes, and their start by events.

Everything advances by ticks and only reads the world, so drawing never changes a match.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import pygame

from game.core import rules
from game.core.sim import state
from game.core.sim.state import World
from game.view import particles as p
from game.view.camera import Camera
from game.view.flares import FlashLimiter, Light, Popup, Ring
from game.view.glow import LEVELS, GlowBank, Sprite, centre_on
from game.view.palette import Colour, Palette
from game.view.particles import Particles

RING_STAGES: Final = 14
RECOIL_TICKS: Final = 7
HIT_TICKS: Final = 9
POPUP_TICKS: Final = 54
POPUP_GAP: Final = 24  # ticks within which texts at one place are stacked
POPUP_ROW: Final = 150  # su

# Rings as (end radius, width) in tiles; lights as radius in tiles
RING_SMALL: Final = (0.55, 0.10)
RING_MEDIUM: Final = (1.15, 0.16)
RING_LARGE: Final = (2.5, 0.30)
LIGHT_SMALL: Final = 0.55
LIGHT_MEDIUM: Final = 1.1
LIGHT_LARGE: Final = 2.6


EXHAUST: Final = (p.DOT, p.STREAK)  # particles behind a tank, in its team's colour
SMOKE: Final = (p.SPARK, p.FIRE)  # particles from a damaged tank

Effect = Callable[["Effects", int, int, float, float], None]  # effects, a, b, x, y (su)


class Effects:
    """All short-lived effects.

    table: the function for each kind of event (`game.view.event_effects.EFFECTS`); amounts are 0..1.
    """

    def __init__(
        self,
        palette: Palette,
        table: Mapping[int, Effect],
        particle_amount: float = 1.0,
        flash_amount: float = 1.0,
    ) -> None:
        self.palette = palette
        self._table = table
        self.particles = Particles(amount=particle_amount)
        self.flash = FlashLimiter(flash_amount)
        self.rings: list[Ring] = []
        self.lights: list[Light] = []
        self.popups: list[Popup] = []
        self.recoil: dict[int, int] = {}  # seat -> ticks left
        self.hit: dict[int, int] = {}
        self.core_hit = 0
        self.focus_seat = -1
        self._camera: Camera | None = None
        self.world: World | None = None
        self.w = 0

    def clear(self) -> None:
        """Remove all effects."""
        self.particles.clear()
        for running in (self.rings, self.lights, self.popups):
            running.clear()
        self.recoil.clear()
        self.hit.clear()
        self.core_hit = 0

    def after_tick(self, world: World, w: int, camera: Camera, focus_seat: int) -> None:
        """Advance running effects by a tick and start those of the tick's events."""
        self.particles.tick()
        self.flash.advance()
        for ring in self.rings:
            ring.age += 1
        for light in self.lights:
            light.age += 1
        for popup in self.popups:
            popup.age += 1
        self.rings = [ring for ring in self.rings if ring.age < ring.life][-48:]
        self.lights = [light for light in self.lights if light.age < light.life][-64:]
        self.popups = [popup for popup in self.popups if popup.age < POPUP_TICKS][-12:]
        self.recoil = {seat: left - 1 for seat, left in self.recoil.items() if left > 1}
        self.hit = {seat: left - 1 for seat, left in self.hit.items() if left > 1}
        self.core_hit = max(0, self.core_hit - 1)
        self.world, self.w, self._camera, self.focus_seat = world, w, camera, focus_seat
        for kind, a, b, x, y in world.events[w, : int(world.head[w, state.N_EVENTS])].tolist():
            effect = self._table.get(kind)
            if effect is not None:
                effect(self, a, b, float(x), float(y))
        self._exhaust(world, w)
        self.world = None

    def ring(self, x: float, y: float, form: tuple[float, float], colour: Colour, life: int) -> None:
        """Start a growing ring."""
        self.rings.append(Ring(x, y, form, colour, life))

    def light(self, x: float, y: float, radius: float, colour: Colour, life: int) -> None:
        """Start a fading glow."""
        self.lights.append(Light(x, y, radius, colour, life))

    def popup(self, x: float, y: float, key: str, colour: Colour) -> None:
        """Start a rising text, above others that have just started at the same place."""
        young = [popup for popup in self.popups if popup.age < POPUP_GAP]
        near = [old for old in young if abs(old.x - x) < POPUP_ROW and abs(old.y - y) < 4 * POPUP_ROW]
        self.popups.append(Popup(x, y - POPUP_ROW * len(near), key, colour))

    def shake(self, amount: float, x: float, y: float) -> None:
        """Shake the view, less for events far from the focused tank."""
        if self._camera is None or self.world is None:
            return
        if self.focus_seat >= 0:
            tank = self.world.tanks[self.w, self.focus_seat]
            away = (
                max(abs(float(tank[state.TANK_X]) - x), abs(float(tank[state.TANK_Y]) - y))
                / rules.SU_PER_TILE
            )
            amount *= max(0.15, 1 - away / 14)
        self._camera.shake(amount)

    def team_of(self, seat: int) -> int:
        """Return the team of a seat of the current world."""
        if self.world is None or not 0 <= seat < self.world.tanks.shape[1]:
            return 0
        return int(self.world.tanks[self.w, seat, state.TANK_TEAM]) % rules.MAX_TEAMS

    def team_colour(self, seat: int) -> Colour:
        """Return the colour of a seat's team."""
        return self.palette.teams[self.team_of(seat)]

    def is_visible(self, seat: int) -> bool:
        """Return whether the focused team sees this seat's tank, so that effects do not reveal a hidden tank."""
        if self.world is None or self.focus_seat < 0:
            return True
        hidden = int(self.world.tanks[self.w, seat, state.TANK_HIDDEN])
        return not hidden >> self.team_of(self.focus_seat) & 1

    def _exhaust(self, world: World, w: int) -> None:
        """Emit glowing exhaust behind moving tanks, streaks behind dashing ones, sparks from damaged ones."""
        tick = int(world.head[w, state.TICK])
        for seat, row in enumerate(world.tanks[w].tolist()):
            if not row[state.TANK_ALIVE] or not self.is_visible(seat):
                continue
            x, y, team = (
                float(row[state.TANK_X]),
                float(row[state.TANK_Y]),
                row[state.TANK_TEAM] % rules.MAX_TEAMS,
            )
            back = (row[state.TANK_FACING] - 1) / 8 + 0.5
            moving = row[state.TANK_VX] != 0 or row[state.TANK_VY] != 0
            if row[state.TANK_DASH] > 0:
                self.particles.burst(
                    p.STREAK,
                    p.TEAM + team,
                    (x, y),
                    5,
                    speed=(2, 14),
                    life=(10, 22),
                    towards=back,
                    spread=0.06,
                    scatter=70,
                )
            elif moving and (tick + seat) % 3 == 0:
                self.particles.burst(
                    p.DOT,
                    p.TEAM + team,
                    (x, y),
                    1,
                    speed=(6, 14),
                    life=(9, 18),
                    towards=back,
                    spread=0.07,
                    scatter=45,
                )
            if row[state.TANK_HP] == 1 and (tick + 5 * seat) % 9 == 0:
                self.particles.burst(*SMOKE, (x, y), 2, speed=(4, 16), life=(10, 22), scatter=50)

    def ring_sprites(
        self, bank: GlowBank, tile_px: int, offset: tuple[float, float], alpha: float
    ) -> list[Sprite]:
        """Return the rings and lights to blit additively."""
        su_px = tile_px / rules.SU_PER_TILE
        sprites = []
        for light in self.lights:
            share = max(0.0, 1 - (light.age + alpha) / light.life)
            level = round(share * (LEVELS - 1))
            if level:
                picture = light_picture(bank, tile_px, light.radius, light.colour, level)
                sprites.append(centre_on(picture, light.x * su_px + offset[0], light.y * su_px + offset[1]))
        for ring in self.rings:
            stage = min(RING_STAGES - 1, int((ring.age + alpha) / ring.life * RING_STAGES))
            picture = ring_picture(bank, tile_px, ring.form, ring.colour, stage)
            sprites.append(centre_on(picture, ring.x * su_px + offset[0], ring.y * su_px + offset[1]))
        return sprites


def prepare_lights(bank: GlowBank, tile_px: int, colours: Iterable[tuple[float, Colour]]) -> None:
    """Bake the fading glows of these radii (tiles) and colours, so that no frame has to."""
    for radius, colour in colours:
        for level in range(1, LEVELS):
            light_picture(bank, tile_px, radius, colour, level)


def prepare_rings(
    bank: GlowBank, tile_px: int, colours: Iterable[tuple[tuple[float, float], Colour]]
) -> None:
    """Bake the growing rings of these forms and colours, so that no frame has to."""
    for form, colour in colours:
        for stage in range(RING_STAGES):
            ring_picture(bank, tile_px, form, colour, stage)


def light_picture(bank: GlowBank, tile_px: int, radius: float, colour: Colour, level: int) -> pygame.Surface:
    """Return a glow of `radius` tiles at one of its brightness levels."""
    return bank.spot(colour, max(4, round(radius * tile_px)), level, True)


def ring_picture(
    bank: GlowBank, tile_px: int, form: tuple[float, float], colour: Colour, stage: int
) -> pygame.Surface:
    """Return a growing ring at one of RING_STAGES stages: fast at first, fading at the end."""
    share = (stage + 1) / RING_STAGES
    radius = max(2, round(form[0] * tile_px * (1 - (1 - share) ** 2)))
    level = max(1, round((LEVELS - 1) * min(1.0, 1.5 * (1 - share) + 0.06)))
    return bank.ring(colour, radius, max(3, round(form[1] * tile_px)), level)
