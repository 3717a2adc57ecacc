"""How the window uses the view: a renderer in the player's options, and the sight line of the own tank."""

from typing import TYPE_CHECKING

import numpy as np

from game.core.sim.preview import sight_line
from game.view.renderer import SMALLEST_SIDE, Renderer, RenderOptions, SightLine

if TYPE_CHECKING:
    from game.app.app import App
    from game.app.playing.session import Match


def render_options(app: "App") -> RenderOptions:
    """Return what the settings say about the look."""
    settings = app.settings
    return RenderOptions(shake=settings.number("screen_shake"), flash=settings.number("flash"))


def picture_size(app: "App") -> tuple[int, int]:
    """Return the window's size in pixels, as large at least as a renderer needs; what lies outside is cut off."""
    width, height = app.window.size
    return max(SMALLEST_SIDE, width), max(SMALLEST_SIDE, height)


def make_renderer(app: "App", *, hud: bool = True, always_fit: bool = False) -> Renderer:
    """Return a renderer of the window's size with the window's fonts and texts."""
    kit = app.kit

    def text(key: str, **values: object) -> str:
        return app.kit.strings(key, **values)  # asked each time: the language may change meanwhile

    return Renderer(
        picture_size(app),
        kit.unit,
        render_options(app),
        fonts=kit.fonts.font,
        strings=text,
        hud=hud,
        always_fit=always_fit,
    )


def own_sight_line(match: "Match", seat: int, aim: int) -> SightLine:
    """Return where the next shot of `seat` would fly."""
    with np.errstate(over="ignore"):
        found = sight_line(match.world, match.levels, match.w, seat, aim)
    return SightLine(*found)
