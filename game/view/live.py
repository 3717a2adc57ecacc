"""A window that shows a match while it is stepped:

Gymnasium's `human` mode. No sound; the only input is closing it.
"""

from typing import Final

import pygame

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim.state import World
from game.view.renderer import Renderer

WINDOW_SIZE: Final = (960, 540)  # px


class LiveView:
    """Opens a window at the first match and draws every tick at the speed of the game."""

    def __init__(self, size: tuple[int, int] = WINDOW_SIZE, title: str = "Bankshot") -> None:
        self._size = size
        self._title = title
        self._renderer = Renderer(size, max(0.5, size[1] / 720), always_fit=True)
        self._surface: pygame.Surface | None = None
        self._clock = pygame.time.Clock()
        self.closed = False  # whether the window was closed, by the user or by `close`

    def start(
        self, world: World, w: int = 0, levels: ar.Levels | None = None, *, focus_seat: int = -1
    ) -> None:
        """Begin a match; a spectator's view unless a seat is given."""
        if self._surface is None and not self.closed:
            pygame.display.init()
            pygame.display.set_caption(self._title)
            self._surface = pygame.display.set_mode(self._size)
        self._renderer.start(world, w, levels, focus_seat=focus_seat)
        self._draw(world, w)

    def after_tick(self, world: World, w: int = 0) -> None:
        """Take over a tick of the core, draw it, and wait until the next is due."""
        self._renderer.after_tick(world, w)
        self._draw(world, w)
        if self._surface is not None:
            self._clock.tick(rules.TICKS_PER_SECOND)

    def close(self) -> None:
        """Close the window; later steps are not shown."""
        if self._surface is not None:
            self._surface = None
            pygame.display.quit()
        self.closed = True

    def _draw(self, world: World, w: int) -> None:
        if self._surface is None:
            return
        if any(event.type == pygame.QUIT for event in pygame.event.get()):
            self.close()
            return
        self._renderer.draw(self._surface, world, w, 1.0)
        pygame.display.flip()
