"""`Renderer`: the interface of the view. It holds camera, effects and sprites; it never writes a World.

renderer = Renderer((1280, 720))
renderer.start(world, w, levels)       # a new match
renderer.after_tick(world, w)          # after every tick of the core
renderer.draw(surface, world, w, alpha)  # any number of frames between two ticks, alpha 0..1
"""

from collections.abc import Sequence
from typing import Final

import pygame

from game.core.sim import arena as ar
from game.core.sim import state
from game.core.sim.state import World
from game.view.bloom import PostProcessing
from game.view.camera import Camera
from game.view.debug import DebugInfo, DebugOverlay
from game.view.effects import Effects, prepare_lights, prepare_rings
from game.view.event_effects import EFFECTS
from game.view.expected_pictures import find_expected_pictures
from game.view.glow import ADD
from game.view.hud import BOTTOM_BAND, TOP_BAND, Hud
from game.view.motion import Motion, Point
from game.view.options import RenderOptions
from game.view.palette import Theme
from game.view.scene import FrameState, Scene, terrain_grid
from game.view.shots import SightLine
from game.view.starfield import Starfield
from game.view.text import FontProvider, Strings

__all__ = ["DebugInfo", "RenderOptions", "Renderer", "SightLine"]

SMALLEST_SIDE: Final = 16  # pixels
LOOK_AHEAD: Final = 0.16  # share of the way from tank to cursor by which the camera is ahead
CROSSHAIR: Final = 11  # px at scale 1


class Renderer:
    """Draws one world at a time. `size` px, `ui_scale` 1 on a 720-line screen.

    fonts: returns a font for (pixel size, bold). strings: returns the text of a key of
    `game.view.text.HUD_STRINGS`. hud: whether the display is drawn and the arena leaves room for it.
    always_fit: show the whole arena at any size (attract mode, pictures).
    """

    def __init__(
        self,
        size: tuple[int, int],
        ui_scale: float = 1.0,
        options: RenderOptions | None = None,
        *,
        fonts: FontProvider | None = None,
        strings: Strings | None = None,
        hud: bool = True,
        always_fit: bool = False,
    ) -> None:
        self.options = options if options is not None else RenderOptions()
        self.hud = hud
        self._fonts, self._strings, self._always_fit = fonts, strings, always_fit
        self._motion = Motion()
        self._effects = Effects(self.options.palette, EFFECTS, self.options.particles, self.options.flash)
        self._scenes: dict[tuple[int, str], Scene] = {}
        self._levels: ar.Levels | None = None
        self._theme: Theme = self.options.palette.themes[0]
        self._focus_seat = -1
        self._scene: Scene | None = None
        self._camera: Camera | None = None
        self._set_size(size, ui_scale)

    def _set_size(self, size: tuple[int, int], ui_scale: float) -> None:
        if min(size) < SMALLEST_SIDE:
            least = f"{SMALLEST_SIDE} x {SMALLEST_SIDE}"
            raise ValueError(f"renderer size: expected at least {least} pixels, found {size[0]} x {size[1]}")
        self.size, self.ui_scale = size, ui_scale
        self._hud = Hud(size, ui_scale, self.options.palette, self._fonts, self._strings)
        self._debug = DebugOverlay(self._hud.texts, self.options.palette)
        self._post = PostProcessing(size)
        self._backdrop = Starfield(size, self._theme)

    def forget_banner(self) -> None:
        """Hide the banner of the objective, as the caller has shown it."""
        self._hud.forget_banner()

    @property
    def minimap_width(self) -> int:
        """How many pixels at the picture's right the minimap covers, 0 if there is none."""
        if self._camera is None or self._camera.fits:
            return 0
        return max(0, self.size[0] - self._hud.minimap.box.x)

    @property
    def player_panel_width(self) -> int:
        """How many pixels at the picture's left the panel of the followed tank and its boosts cover at most."""
        return self._hud.player_panel_width

    @property
    def camera(self) -> Camera:
        """The camera of the running match. RuntimeError before `start`."""
        if self._camera is None:
            raise RuntimeError("renderer: expected start() before drawing, found no match")
        return self._camera

    @property
    def effects(self) -> Effects:
        """The running effects."""
        return self._effects

    def resize(self, size: tuple[int, int], ui_scale: float, world: World | None = None, w: int = 0) -> None:
        """Set a new view size; during a match pass its world, so that it continues in the new size."""
        self._set_size(size, ui_scale)
        if world is not None:
            self._build(world, w)

    def set_options(self, options: RenderOptions, world: World | None = None, w: int = 0) -> None:
        """Set new options; during a match pass its world."""
        self.options = options
        self._scenes.clear()
        self._effects = Effects(options.palette, EFFECTS, options.particles, options.flash)
        self._set_size(self.size, self.ui_scale)
        if world is not None:
            self._build(world, w)

    def start(
        self,
        world: World,
        w: int = 0,
        levels: ar.Levels | None = None,
        *,
        focus_seat: int = -1,
        theme: int | None = None,
    ) -> None:
        """Begin a match: bake its arena, remove the effects of the last one.

        levels: for the pairs of portals. theme: the arena's colours, by objective if None.
        """
        themes = self.options.palette.themes
        chosen = int(world.head[w, state.OBJECTIVE]) if theme is None else theme
        if themes[chosen % len(themes)] is not self._theme:
            self._theme = themes[chosen % len(themes)]
            self._backdrop = Starfield(self.size, self._theme)
        self._levels = levels
        self._focus_seat = focus_seat
        self._effects.clear()
        self._motion.start(world, w)
        self._build(world, w)
        self._hud.start(world, w, focus_seat)

    def _build(self, world: World, w: int) -> None:
        play = (0, 0, *self.size)
        if self.hud:
            top, bottom = round(TOP_BAND * self.ui_scale), round(BOTTOM_BAND * self.ui_scale)
            play = (0, top, self.size[0], max(16, self.size[1] - top - bottom))
        arena = (int(world.head[w, state.WIDTH]), int(world.head[w, state.HEIGHT]))
        camera = Camera(self.size, play, arena, self.ui_scale, self.options.shake, self._always_fit)
        if not camera.fits and self.hud:
            whole, slack = (0, 0, *self.size), (play[1], self.size[1] - play[1] - play[3])
            camera = Camera(
                self.size, whole, arena, self.ui_scale, self.options.shake, self._always_fit, slack
            )
        self._camera = camera
        key = (camera.tile_px, repr(self._theme))
        if key not in self._scenes:
            if len(self._scenes) > 2:
                self._scenes.clear()
            self._scenes[key] = Scene(camera.tile_px, self.options, self._theme)
        self._scene = self._scenes[key]
        self._scene.start(world, w, self._levels)
        self._bake_expected(world, w, self._scene)
        self._look(world, w, None, now=True)

    def _bake_expected(self, world: World, w: int, scene: Scene) -> None:
        """Bake the pictures that effects may need, so that no frame has to."""
        pictures = find_expected_pictures(self.options.palette, world, w, self._focus_seat)
        prepare_lights(scene.bank, scene.tile_px, pictures.lights)
        prepare_rings(scene.bank, scene.tile_px, pictures.rings)
        for kind, colour in pictures.particles:
            scene.particles.ensure(kind, colour)
        if self.hud:
            self._hud.prepare(pictures.popups)

    def _look(self, world: World, w: int, cursor: Point | None, now: bool = False) -> None:
        camera = self.camera
        if 0 <= self._focus_seat < world.tanks.shape[1]:
            tank = world.tanks[w, self._focus_seat]
            x, y = float(tank[state.TANK_X]), float(tank[state.TANK_Y])
            if cursor is not None:
                cx, cy = self.to_world(cursor)
                x, y = x + (cx - x) * LOOK_AHEAD, y + (cy - y) * LOOK_AHEAD
            camera.look_at(x, y, now)
            return
        living = [row for row in world.tanks[w].tolist() if row[state.TANK_ALIVE]]
        if living:
            x = sum(row[state.TANK_X] for row in living) / len(living)
            y = sum(row[state.TANK_Y] for row in living) / len(living)
            camera.look_at(x, y, now)

    def after_tick(self, world: World, w: int = 0, cursor: Point | None = None) -> None:
        """Take over a tick: positions, and events turned into effects. Call it after every tick of the core.

        If the world was reset, the view starts again by itself.
        """
        camera = self.camera
        arena = (int(world.head[w, state.WIDTH]), int(world.head[w, state.HEIGHT]))
        if int(world.head[w, state.TICK]) < self._motion.tick or arena != camera.arena:
            self.start(world, w, self._levels, focus_seat=self._focus_seat)
            return
        self._motion.after_tick(world, w)
        self._effects.after_tick(world, w, camera, self._focus_seat)
        if self.hud:
            self._hud.after_tick(world, w, self._focus_seat)
        self._look(world, w, cursor)
        camera.tick()

    def draw(
        self,
        surface: pygame.Surface,
        world: World,
        w: int = 0,
        alpha: float = 1.0,
        *,
        focus_seat: int | None = None,
        sight_line: SightLine | None = None,
        names: Sequence[str] = (),
        debug: DebugInfo | None = None,
        cursor: Point | None = None,
    ) -> None:
        """Draw the world `alpha` (0..1) of the way from the last tick to this one.

        focus_seat: the seat whose view to draw, -1 a spectator's, None unchanged. cursor: the cross-hairs (px).
        """
        if surface.get_size() != self.size:
            raise ValueError(
                f"surface: expected {self.size[0]} x {self.size[1]} pixels, found {surface.get_size()}"
            )
        if focus_seat is not None:
            self._focus_seat = focus_seat
        camera, scene = self.camera, self._scene
        assert scene is not None
        alpha = min(1.0, max(0.0, alpha))
        exact = camera.offset(alpha)
        offset = (
            float(round(exact[0])),
            float(round(exact[1])),
        )  # whole pixels keep tiles and sprites aligned
        tick = float(world.head[w, state.TICK]) - 1 + alpha
        frame = FrameState(world, w, alpha, tick, self._focus_seat, offset)
        self._draw_world(surface, scene, frame, sight_line)
        flash = self._effects.flash.light()
        if flash is not None:
            surface.fill(flash, special_flags=pygame.BLEND_RGB_ADD)
        self._post.apply(surface, self.options.bloom and self.options.glow > 0)
        scene.draw_pips(surface, frame, self._motion)
        if self.hud:
            self._draw_display(surface, frame, names)
        if debug is not None:
            self._debug.draw(surface, debug, camera.su_px, offset)
        if cursor is not None:
            self._draw_crosshair(surface, cursor)

    def _draw_world(
        self, surface: pygame.Surface, scene: Scene, frame: FrameState, sight_line: SightLine | None
    ) -> None:
        self._backdrop.draw(surface, frame.offset, scene.floor_rect(frame.offset))
        scene.draw_arena(surface, frame)
        surface.fblits(self._backdrop.motes(scene.bank, frame.offset, frame.tick, self.ui_scale), ADD)
        scene.draw_objects(surface, frame, self._effects)
        if sight_line is not None and len(sight_line.points) > 1:
            scene.draw_sight(surface, frame, sight_line)
        places = scene.draw_tanks(surface, frame, self._motion, self._effects)
        scene.draw_canopy(surface, frame, places)
        scene.draw_shots(surface, frame, self._motion)
        scene.draw_effects(surface, frame, self._effects)
        scene.bank.trim()

    def _draw_display(self, surface: pygame.Surface, frame: FrameState, names: Sequence[str]) -> None:
        camera, world, w = self.camera, frame.world, frame.w
        self._hud.draw_popups(surface, self._effects.popups, camera.su_px, frame.offset)
        self._hud.draw(surface, world, w, frame.focus_seat, names)
        if not camera.fits:
            tile = camera.tile_px
            view = (
                -frame.offset[0] / tile, -frame.offset[1] / tile, self.size[0] / tile, self.size[1] / tile,
            )  # fmt: skip
            self._hud.minimap.update(terrain_grid(world, w))
            self._hud.minimap.draw(surface, world, w, frame.focus_seat, view)

    def _draw_crosshair(self, surface: pygame.Surface, cursor: Point) -> None:
        reach, gap = CROSSHAIR * self.ui_scale, 4 * self.ui_scale
        x, y = cursor
        for colour, width in (((0, 0, 0), 5), (self.options.palette.text, 2)):
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                start = (x + dx * gap, y + dy * gap)
                end = (x + dx * reach, y + dy * reach)
                pygame.draw.line(surface, colour, start, end, max(1, round(width * self.ui_scale)))
        pygame.draw.circle(surface, self.options.palette.text, (x, y), max(1, round(1.6 * self.ui_scale)))

    def to_world(self, px: Point) -> Point:
        """Return the point of the world (su) at a pixel."""
        camera = self.camera
        x, y = camera.offset(1.0)
        return (px[0] - x) / camera.su_px, (px[1] - y) / camera.su_px

    def to_screen(self, su: Point) -> Point:
        """Return the pixel of a point of the world (su)."""
        camera = self.camera
        x, y = camera.offset(1.0)
        return su[0] * camera.su_px + x, su[1] * camera.su_px + y
