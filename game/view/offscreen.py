"""Pictures as arrays, for Gymnasium's `rgb_array`: no window and no display mode are needed."""

from typing import Any, Final

import numpy as np
import pygame

from game.core.sim import arena as ar
from game.core.sim.state import World
from game.view.options import RenderOptions
from game.view.renderer import Renderer

RgbArray = np.ndarray[Any, np.dtype[np.uint8]]

DEFAULT_SIZE: Final = (640, 360)  # px


class OffscreenView:
    """Draws one world into an array: `start` a match, `after_tick` every tick, `rgb` for a picture.

    hud: whether clock, scores and banners are drawn.
    """

    def __init__(
        self, size: tuple[int, int] = DEFAULT_SIZE, options: RenderOptions | None = None, *, hud: bool = True
    ) -> None:
        chosen = options if options is not None else RenderOptions(shake=0.0)
        self._surface = pygame.Surface(size, 0, 32)
        self._renderer = Renderer(size, max(0.5, size[1] / 720), chosen, hud=hud, always_fit=True)

    def start(
        self, world: World, w: int = 0, levels: ar.Levels | None = None, *, focus_seat: int = -1
    ) -> None:
        """Begin a match; a spectator's view unless a seat is given."""
        self._renderer.start(world, w, levels, focus_seat=focus_seat)

    def after_tick(self, world: World, w: int = 0) -> None:
        """Take over a tick of the core."""
        self._renderer.after_tick(world, w)

    def rgb(self, world: World, w: int = 0) -> RgbArray:
        """Return the picture now, uint8 (height, width, 3), a fresh array."""
        self._renderer.draw(self._surface, world, w, 1.0)
        return np.ascontiguousarray(pygame.surfarray.array3d(self._surface).swapaxes(0, 1))


_views: dict[tuple[int, int], OffscreenView] = {}


def render_rgb(
    world: World, w: int = 0, levels: ar.Levels | None = None, size: tuple[int, int] = DEFAULT_SIZE
) -> RgbArray:
    """Return one picture of world w, uint8 (height, width, 3), without the effects of earlier ticks."""
    if size not in _views:
        if len(_views) > 3:
            _views.clear()
        _views[size] = OffscreenView(size)
    view = _views[size]
    view.start(world, w, levels)
    return view.rgb(world, w)
