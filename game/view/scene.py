"""The match itself: floor, objects, tanks, canopy and shots, drawn in this order onto a surface."""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import pygame

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import state
from game.core.sim.arrays import ByteArray
from game.core.sim.state import World
from game.view.arena_layer import SHIMMER_TICKS, ArenaLayer
from game.view.camera import MARGIN
from game.view.effects import HIT_TICKS, RECOIL_TICKS, Effects
from game.view.glow import ADD, GlowBank, Sprite, centre_on
from game.view.motion import Motion, Point, TankPose
from game.view.objects import PULSES, SWIRL_PHASES, ObjectSprites
from game.view.options import RenderOptions
from game.view.palette import Theme, scale_colour
from game.view.particles import ParticleSprites
from game.view.shots import ShotSprites, SightLine, shot_sprites, sight_sprites
from game.view.tank_sprites import TankSprites

PREMULTIPLIED: Final = pygame.BLEND_PREMULTIPLIED
RECOIL: Final = 0.10  # tiles of a turret's recoil
SHOW_THROUGH: Final = 0.95  # tiles around a visible tank in which leaves fade
GHOST_TICKS: Final = 180  # how long the last-seen place of a hidden enemy is marked


class FrameState(NamedTuple):
    """The state to draw: a world between two ticks, seen by a seat."""

    world: World
    w: int
    alpha: float  # 0..1, from the last tick to this one
    tick: float  # ticks since the match began, fraction included
    focus_seat: int  # -1: a spectator, who sees everything
    offset: Point  # px: position of the world's origin


def terrain_grid(world: World, w: int) -> ByteArray:
    """Return the terrain of world w as (rows, columns), ring of wall included."""
    stride, rows = int(world.head[w, state.STRIDE]), int(world.head[w, state.HEIGHT]) + 2
    return world.terrain[w, : stride * rows].reshape(rows, stride)


def portal_pairs(world: World, w: int, levels: ar.Levels | None) -> dict[tuple[int, int], int]:
    """Return the pair number of each portal tile (column, row in the terrain).

    Without `levels` portals are paired in reading order.
    """
    stride = int(world.head[w, state.STRIDE])
    grid = terrain_grid(world, w)
    cells = np.flatnonzero(grid.reshape(-1) == rules.PORTAL).tolist()
    pairs: dict[int, int] = {}
    if levels is not None:
        level = int(world.head[w, state.LEVEL])
        offset = int(levels.head[level, ar.LEVEL_TERRAIN])
        for cell in cells:
            other = int(levels.portal_to[offset + cell])
            if cell not in pairs:
                pairs[cell] = pairs[other] = len(set(pairs.values()))
    else:
        pairs = {cell: n // 2 for n, cell in enumerate(cells)}
    return {(cell % stride, cell // stride): pair for cell, pair in pairs.items()}


class Scene:
    """All sprite banks of one tile size and theme."""

    def __init__(self, tile_px: int, options: RenderOptions, theme: Theme) -> None:
        self.tile_px = tile_px
        self.su_px = tile_px / rules.SU_PER_TILE
        self.palette = options.palette
        self.arena = ArenaLayer(tile_px, options.palette, theme, options.glow)
        self.bank = GlowBank(options.glow)
        self.tanks = TankSprites(tile_px, options.palette, options.glow)
        self.shots = ShotSprites(tile_px, options.palette, options.glow)
        self.objects = ObjectSprites(tile_px, options.palette, options.glow)
        self.particles = ParticleSprites(tile_px, options.palette)
        self._pairs: dict[tuple[int, int], int] = {}

    def start(self, world: World, w: int, levels: ar.Levels | None) -> None:
        """Bake the arena and the sprites this match needs."""
        self.arena.bake(terrain_grid(world, w))
        self._pairs = portal_pairs(world, w, levels)
        rows = [row for row in world.tanks[w].tolist() if row[state.TANK_ACTIVE]]
        kinds = {
            (row[state.TANK_CLASS] % rules.N_CLASSES, row[state.TANK_TEAM] % rules.MAX_TEAMS) for row in rows
        }
        teams = {team for _, team in kinds}
        self.tanks.prepare(kinds)
        self.shots.prepare(kinds, self.bank)
        self.arena.prepare()
        self.objects.prepare(teams, set(self._pairs.values()), int(world.head[w, state.OBJECTIVE]))

    def draw_arena(self, surface: pygame.Surface, frame: FrameState) -> None:
        """Draw the floor and its moving parts: water, portals, the core."""
        self.arena.update(terrain_grid(frame.world, frame.w))
        ox, oy = frame.offset
        tile = self.tile_px
        self._draw_floor(surface, ox, oy)
        phase = int(frame.tick / SHIMMER_TICKS)
        lights: list[Sprite] = [
            (self.arena.shimmer(column, row, phase), (ox + (column - 1) * tile, oy + (row - 1) * tile))
            for column, row in self._in_view(surface, self.arena.water, frame.offset)
        ]
        swirl = int(frame.tick / 2.5) % SWIRL_PHASES
        for column, row in self._in_view(surface, self.arena.portals, frame.offset):
            picture = self.objects.portal(self._pairs.get((column, row), 0), swirl)
            lights.append(centre_on(picture, ox + (column - 0.5) * tile, oy + (row - 0.5) * tile))
        surface.fblits(lights, ADD)

    def _draw_floor(self, surface: pygame.Surface, ox: float, oy: float) -> None:
        """Blit the baked arena, its ring of wall cut to a frame."""
        place = self.floor_rect((ox, oy))
        cut = self.tile_px - round(MARGIN * self.tile_px)
        surface.blit(self.arena.surface, place, pygame.Rect(cut, cut, place.width, place.height))
        pygame.draw.rect(surface, scale_colour(self.arena.theme.wall_edge, 0.55), place, 2)

    def floor_rect(self, offset: Point) -> pygame.Rect:
        """Return the rectangle in pixels of the arena and its frame."""
        frame = round(MARGIN * self.tile_px)
        width, height = self.arena.surface.get_size()
        shrink = 2 * (self.tile_px - frame)
        return pygame.Rect(
            round(offset[0]) - frame, round(offset[1]) - frame, width - shrink, height - shrink
        )

    def _in_view(
        self, surface: pygame.Surface, tiles: Iterable[tuple[int, int]], offset: Point
    ) -> list[tuple[int, int]]:
        width, height = surface.get_size()
        first_column, last_column = -offset[0] / self.tile_px - 1, (width - offset[0]) / self.tile_px + 2
        first_row, last_row = -offset[1] / self.tile_px - 1, (height - offset[1]) / self.tile_px + 2
        return [(c, r) for c, r in tiles if first_column < c < last_column and first_row < r < last_row]

    def draw_objects(self, surface: pygame.Surface, frame: FrameState, effects: Effects) -> None:
        """Draw mines, pick-ups, energy cells and the core's heart."""
        world, w = frame.world, frame.w
        lights: list[Sprite] = []
        things: list[Sprite] = []
        for slot, row in enumerate(world.pickups[w].tolist()):
            if not row[state.PICKUP_EXISTS]:
                continue
            x, y = self._screen(row[state.PICKUP_X], row[state.PICKUP_Y], frame.offset)
            kind = row[state.PICKUP_KIND] % len(rules.PICKUP_NAMES)
            if row[state.PICKUP_WAIT] > 0:
                lights.append(centre_on(self.objects.pickup_spot(kind), x, y))
            else:
                bob = math.sin(frame.tick / 14 + slot * 1.7) * self.tile_px * 0.05
                things.append(centre_on(self.objects.pickup(kind), x, y + bob))
        pulse = int(frame.tick / 4)
        for slot, row in enumerate(world.cells[w].tolist()):
            if row[state.CELL_EXISTS] and row[state.CELL_WAIT] == 0 and row[state.CELL_CARRIER] < 0:
                x, y = self._screen(row[state.CELL_X], row[state.CELL_Y], frame.offset)
                things.append(centre_on(self.objects.energy_cell((pulse + 3 * slot) % PULSES), x, y))
        for row in world.mines[w, : int(world.head[w, state.N_MINES])].tolist():
            x, y = self._screen(row[state.MINE_X], row[state.MINE_Y], frame.offset)
            armed = row[state.MINE_ARM] == 0
            lit = int(frame.tick) % (14 if armed else 30) < (7 if armed else 5)
            things.append(
                centre_on(self.objects.mine(row[state.MINE_TEAM] % rules.MAX_TEAMS, armed, lit), x, y)
            )
        cell = int(world.head[w, state.CORE_CELL])
        if cell > 0 and int(world.head[w, state.OBJECTIVE]) == rules.DEFEND:
            lights += self._core_lights(frame, cell, effects)
        surface.fblits(lights, ADD)
        surface.fblits(things, PREMULTIPLIED)

    def _core_lights(self, frame: FrameState, cell: int, effects: Effects) -> list[Sprite]:
        head = frame.world.head[frame.w]
        stride = int(head[state.STRIDE])
        x = frame.offset[0] + (cell % stride - 0.5) * self.tile_px
        y = frame.offset[1] + (cell // stride - 0.5) * self.tile_px
        share = int(head[state.CORE_HP]) / max(1, int(head[state.CORE_HP_MAX]))
        beat = int(frame.tick / (5 if share > 0.4 else 2.5)) % PULSES
        return [
            centre_on(self.objects.core_heart(beat, effects.core_hit > 0), x, y),
            centre_on(self.objects.core_ring(share), x, y),
        ]

    def _screen(self, x: float, y: float, offset: Point) -> Point:
        return x * self.su_px + offset[0], y * self.su_px + offset[1]

    def visible_seats(self, frame: FrameState) -> list[int]:
        """Return the seats whose tanks live and are not hidden from the focused team."""
        tanks = frame.world.tanks[frame.w]
        team = int(tanks[frame.focus_seat, state.TANK_TEAM]) if frame.focus_seat >= 0 else -1
        return [
            seat
            for seat, row in enumerate(tanks.tolist())
            if row[state.TANK_ACTIVE]
            and row[state.TANK_ALIVE]
            and not (team >= 0 and row[state.TANK_HIDDEN] >> team & 1)
        ]

    def draw_tanks(
        self, surface: pygame.Surface, frame: FrameState, motion: Motion, effects: Effects
    ) -> list[Point]:
        """Draw the tanks that the focused seat may see; return their positions (su)."""
        rows = frame.world.tanks[frame.w].tolist()
        rings: list[Sprite] = self._ghosts(frame)
        shadows: list[Sprite] = []
        bodies: list[Sprite] = []
        lights: list[Sprite] = []
        places: list[Point] = []
        for seat in self.visible_seats(frame):
            row = rows[seat]
            team, tank_class = row[state.TANK_TEAM] % rules.MAX_TEAMS, row[state.TANK_CLASS] % rules.N_CLASSES
            pose = motion.tank(frame.world, frame.w, seat, frame.alpha)
            places.append((pose.x, pose.y))
            x, y = self._screen(pose.x, pose.y, frame.offset)
            hover = math.sin(frame.tick / 11 + seat * 2.1) * self.tile_px * 0.012
            shadows.append(centre_on(self.tanks.shadow(), x + self.tile_px * 0.06, y + self.tile_px * 0.12))
            rings.append(centre_on(self.tanks.ring(team, 3 if seat == frame.focus_seat else 1), x, y))
            hull = self.tanks.hull(tank_class, team, pose.heading)
            turret = self.tanks.turret(tank_class, team, pose.aim)
            kick = effects.recoil.get(seat, 0) / RECOIL_TICKS * RECOIL * self.tile_px
            angle = pose.aim / rules.AIMS * 2 * np.pi
            tx, ty = x - math.cos(angle) * kick, y - math.sin(angle) * kick + hover
            bodies.append(centre_on(hull, x, y + hover))
            bodies.append(centre_on(turret, tx, ty))
            bodies.append(centre_on(self.tanks.emblem(team), tx, ty))
            lights += self._tank_lights(frame, seat, row, (x, y), hull, effects)
            if row[state.TANK_CARRY] > 0:
                lifted = y - self.tile_px * 0.62 + hover
                bodies.append(centre_on(self.objects.energy_cell(int(frame.tick / 4) % PULSES), x, lifted))
        surface.fblits(shadows, PREMULTIPLIED)
        surface.fblits(rings, ADD)
        surface.fblits(bodies, PREMULTIPLIED)
        surface.fblits(lights, ADD)
        return places

    def _tank_lights(
        self, frame: FrameState, seat: int, row: list[int], at: Point, hull: pygame.Surface, effects: Effects
    ) -> list[Sprite]:
        """Return the lights over a tank: the flash of a hit and the bubble of a shield."""
        lights: list[Sprite] = []
        flash = effects.hit.get(seat, 0)
        if flash > HIT_TICKS // 3:
            lights.append(centre_on(hull, *at))
        shield = row[state.TANK_SHIELD]
        if shield > 0 and (shield > 30 or int(frame.tick / 4) % 2):
            team = row[state.TANK_TEAM] % rules.MAX_TEAMS
            lights.append(centre_on(self.tanks.bubble(team, int(frame.tick / 4) % 8), *at))
        return lights

    def _ghosts(self, frame: FrameState) -> list[Sprite]:
        """Return marks at the last seen places of hidden enemies."""
        if frame.focus_seat < 0:
            return []
        tanks = frame.world.tanks[frame.w].tolist()
        team = tanks[frame.focus_seat][state.TANK_TEAM]
        marks = []
        for seat, row in enumerate(tanks):
            if not (row[state.TANK_ALIVE] and row[state.TANK_HIDDEN] >> team & 1):
                continue
            x, y, age = frame.world.seen[frame.w, team, seat].tolist()
            if 0 < age < GHOST_TICKS:
                picture = self.tanks.ghost(row[state.TANK_TEAM] % rules.MAX_TEAMS, 1 - age / GHOST_TICKS)
                marks.append(centre_on(picture, *self._screen(x, y, frame.offset)))
        return marks

    def draw_canopy(self, surface: pygame.Surface, frame: FrameState, places: list[Point]) -> None:
        """Draw the leaves of cover, faded above a visible tank."""
        tile, overhang = self.tile_px, self.arena.canopy_offset
        near = SHOW_THROUGH * rules.SU_PER_TILE
        leaves: list[Sprite] = []
        variants = self.arena.cover
        for column, row in self._in_view(surface, variants, frame.offset):
            x, y = (column - 0.5) * rules.SU_PER_TILE, (row - 0.5) * rules.SU_PER_TILE
            faded = any(abs(px - x) < near and abs(py - y) < near for px, py in places)
            picture = self.arena.baker.canopy(variants[column, row], faded)
            sway = math.sin(frame.tick / 40 + column * 1.3 + row * 0.7) * tile * 0.018
            left = frame.offset[0] + (column - 1) * tile - overhang + sway
            leaves.append((picture, (left, frame.offset[1] + (row - 1) * tile - overhang)))
        surface.fblits(leaves, PREMULTIPLIED)

    def draw_sight(self, surface: pygame.Surface, frame: FrameState, line: SightLine) -> None:
        """Draw the path of the focused seat's next shot."""
        team = 0
        if frame.focus_seat >= 0:
            team = int(frame.world.tanks[frame.w, frame.focus_seat, state.TANK_TEAM]) % rules.MAX_TEAMS
        surface.fblits(
            sight_sprites(line, team, self.palette, self.bank, self.tile_px, frame.offset, frame.tick), ADD
        )

    def draw_shots(self, surface: pygame.Surface, frame: FrameState, motion: Motion) -> None:
        """Draw all shots in flight with their trails."""
        surface.fblits(
            shot_sprites(
                frame.world,
                frame.w,
                motion,
                self.shots,
                self.bank,
                frame.offset,
                frame.alpha,
                frame.tick,
            ),
            ADD,
        )

    def draw_effects(self, surface: pygame.Surface, frame: FrameState, effects: Effects) -> None:
        """Draw lights, rings and particles."""
        for kind, colour in effects.particles.wanted:
            self.particles.ensure(kind, colour)
        sprites = effects.ring_sprites(self.bank, self.tile_px, frame.offset, frame.alpha)
        sprites += effects.particles.sprites(
            self.particles, frame.alpha, self.su_px, frame.offset, surface.get_size()
        )
        surface.fblits(sprites, ADD)

    def draw_pips(self, surface: pygame.Surface, frame: FrameState, motion: Motion) -> None:
        """Draw hit points over each visible tank, and the reload and a pointer at the focused one."""
        rows = frame.world.tanks[frame.w].tolist()
        pips: list[Sprite] = []
        for seat in self.visible_seats(frame):
            row = rows[seat]
            pose: TankPose = motion.tank(frame.world, frame.w, seat, frame.alpha)
            x, y = self._screen(pose.x, pose.y, frame.offset)
            tank_class = rules.TANK_CLASSES[row[state.TANK_CLASS] % rules.N_CLASSES]
            picture = self.tanks.pips(
                row[state.TANK_HP], tank_class.armour, row[state.TANK_TEAM] % rules.MAX_TEAMS
            )
            lift = 0.98 if row[state.TANK_CARRY] > 0 else 0.74
            pips.append(centre_on(picture, x, y - self.tile_px * lift))
            if seat == frame.focus_seat:
                bob = math.sin(frame.tick / 9) * self.tile_px * 0.05
                pips.append(centre_on(self.tanks.pointer(), x, y - self.tile_px * (lift + 0.24) + bob))
                if row[state.TANK_RELOAD] > 0:
                    share = 1 - row[state.TANK_RELOAD] / tank_class.reload
                    surface.blit(*centre_on(self.tanks.reload(share), x, y), special_flags=ADD)
        surface.fblits(pips)
