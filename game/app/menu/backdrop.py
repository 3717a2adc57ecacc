"""The live match behind the menus: NPCs against each other, level after level, and the picture until it can run.

Until the kernels are compiled, and if no match can run, streaks of light bounce through a dark grid instead.
"""

import math
import random
from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import cached_surface
from game.app.ui.theme import mix

if TYPE_CHECKING:
    from game.app.playing.session import Match
    from game.app.stage import Stage
    from game.view.renderer import Renderer

END_TICKS: Final = 150  # a finished match is shown this long
LONGEST_TICKS: Final = 60 * 50  # after this the next level starts
STREAKS: Final = 9
GRID: Final = 48  # pt
LARGEST_SIDE: Final = 40  # tiles; a level up to this size is shown whole


class MenuBackdrop:
    """Runs and draws the match or the streaks behind the menus."""

    def __init__(self, stage: "Stage") -> None:
        self.stage = stage
        self.match: Match | None = None
        self._renderer: Renderer | None = None
        self._over_for = 0
        self._random = random.Random(stage.options.seed)
        self._failed = False
        self._streaks = Streaks(self._random)

    def caption(self) -> str:
        """Return the line with the brains and the level of the match."""
        if self.match is None:
            return ""
        from game.app.playing.launch import opponents_of

        strings = self.stage.kit.strings
        title = self.match.plan.info.title(strings.language)
        return strings("title.live", level=title, brains=opponents_of(self.stage, self.match))

    def resize(self) -> None:
        """Apply the window's size and the settings."""
        renderer = self._renderer
        if renderer is None or self.match is None:
            return
        from game.app.playing.viewing import picture_size, render_options

        size = picture_size(self.stage)
        if (renderer.size, renderer.ui_scale) != (size, self.stage.kit.unit):
            renderer.resize(size, self.stage.kit.unit, self.match.world, self.match.w)
        options = render_options(self.stage)
        if options != renderer.options:
            renderer.set_options(options, self.match.world, self.match.w)

    def give_up(self) -> None:
        """Show only the streaks from now on."""
        self._failed = True
        self.match = None

    def close(self) -> None:
        """Stop the match."""
        if self.match is not None:
            self.match.close()
            self.match = None

    def tick(self) -> None:
        """Advance one tick; begin the next match when there is none."""
        self._streaks.tick()
        if not self.stage.warm.ready or self._failed:
            return
        if self.match is None or self._over_for > END_TICKS or self.match.ticks > LONGEST_TICKS:
            self._next()
        match = self.match
        if match is None or self._renderer is None:
            return
        match.tick()
        self._renderer.after_tick(match.world, match.w)
        self._over_for = self._over_for + 1 if match.over else 0

    def draw(self, target: pygame.Surface, alpha: float) -> None:
        """Draw the match, or the streaks."""
        if self.match is None or self._renderer is None or self._renderer.size != target.get_size():
            self._streaks.draw(target, self.stage.kit.unit)
            return
        self._renderer.draw(target, self.match.world, self.match.w, alpha)

    def _next(self) -> None:
        from game.app.playing.launch import demo_match

        self.close()
        self._over_for = 0
        levels = [
            info
            for info in self.stage.library.builtin
            if info.level is not None and max(info.level.width, info.level.height) <= LARGEST_SIDE
        ]
        if not levels:
            self._failed = True
            return
        try:
            self.match = demo_match(self.stage, self._random.choice(levels), self._random.getrandbits(31))
        except (OSError, ValueError) as error:
            self.stage.journal.note(f"no match behind the title: {error}")
            self._failed = True
            return
        self._show(self.match)

    def _show(self, match: "Match") -> None:
        from game.app.playing.viewing import make_renderer

        if self._renderer is None:
            self._renderer = make_renderer(self.stage, hud=False, always_fit=True)
        self._renderer.start(match.world, match.w, match.levels)


class Streaks:
    """Streaks of light that bounce off the window's edges."""

    def __init__(self, source: random.Random) -> None:
        self._shots = [
            (source.random(), source.random(), source.random() * math.tau, source.random())
            for _ in range(STREAKS)
        ]
        self._time = 0.0

    def tick(self) -> None:
        """Let 1/60 s pass."""
        self._time += 1 / 60

    def draw(self, target: pygame.Surface, unit: float) -> None:
        """Draw grid and streaks."""
        width, height = target.get_size()
        step = max(8, round(GRID * unit))

        def ground() -> pygame.Surface:
            surface = pygame.Surface((width, height))
            surface.fill(theme.INK)
            for x in range(step // 2, width, step):
                pygame.draw.line(surface, (16, 22, 46), (x, 0), (x, height))
            for y in range(step // 2, height, step):
                pygame.draw.line(surface, (16, 22, 46), (0, y), (width, y))
            return surface

        target.blit(cached_surface(("ground", width, height, step), ground), (0, 0))
        for n, (x, y, angle, share) in enumerate(self._shots):
            colour = (theme.CYAN, theme.MAGENTA, theme.AMBER)[n % 3]
            speed = (90 + 130 * share) * unit
            for k in range(26):
                travelled = (self._time - k * 0.016 + 40) * speed
                place = (
                    _bounce(x * width + math.cos(angle) * travelled, width),
                    _bounce(y * height + math.sin(angle) * travelled, height),
                )
                lit = mix((0, 0, 0), colour, (1 - k / 26) ** 2 * 0.8)
                size = max(2, round(5 * unit * (1 - k / 40)))
                spot = cached_surface(("streak", size, lit), lambda size=size, lit=lit: _spot(size, lit))  # type: ignore[misc]
                target.blit(spot, spot.get_rect(center=place), special_flags=pygame.BLEND_RGB_ADD)


def _spot(size: int, colour: theme.Colour) -> pygame.Surface:
    surface = pygame.Surface((size * 4, size * 4))
    pygame.draw.circle(surface, colour, (size * 2, size * 2), size)
    return pygame.transform.gaussian_blur(surface, max(1, size // 2))


def _bounce(value: float, length: int) -> float:
    """Return the position between 0 and `length` after a straight way with bounces at both ends."""
    folded = value % (2 * length)
    return folded if folded <= length else 2 * length - folded
