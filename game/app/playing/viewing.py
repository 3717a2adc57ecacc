"""How the window uses the view: a renderer with the player's options."""

from typing import TYPE_CHECKING

from game.view.renderer import SMALLEST_SIDE, Renderer, RenderOptions

if TYPE_CHECKING:
    from game.app.stage import Stage


def render_options(stage: "Stage") -> RenderOptions:
    """Return the render options of the settings."""
    settings = stage.settings
    return RenderOptions(shake=settings.number("screen_shake"), flash=settings.number("flash"))


def picture_size(stage: "Stage") -> tuple[int, int]:
    """Return the window's size in pixels, at least the smallest size of a renderer; the rest is cut off."""
    width, height = stage.window.size
    return max(SMALLEST_SIDE, width), max(SMALLEST_SIDE, height)


def make_renderer(stage: "Stage", *, hud: bool = True, always_fit: bool = False) -> Renderer:
    """Return a renderer of the window's size with the window's fonts and texts."""
    kit = stage.kit

    def text(key: str, **values: object) -> str:
        return stage.kit.strings(key, **values)  # looked up each time: the language may change

    return Renderer(
        picture_size(stage),
        kit.unit,
        render_options(stage),
        fonts=kit.fonts.font,
        strings=text,
        hud=hud,
        always_fit=always_fit,
    )
