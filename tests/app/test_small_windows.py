"""No window is too small or too odd for any screen: it may be unreadable there, but the game goes on."""

from typing import Any

import pygame
import pytest

from game.app.app import App
from game.app.menu.title import TitleScreen
from game.app.playing.launch import MatchChoice, open_match
from game.app.playing.screen import PlayScreen
from game.app.playing.viewing import make_renderer
from game.app.strings import LANGUAGES
from game.app.ui.logo import draw_logo
from game.app.ui.prompts import draw_prompts
from game.app.window import SMALLEST, Window, fit_to_screen
from tests.app.opened import SCREENS, open_play

EVERYWHERE = SCREENS | {"play": open_play, "watch": lambda app: open_play(app, watch=True)}
SIZES = ((300, 200), (160, 120), (240, 200), (1400, 120), (120, 900), (1, 1))


@pytest.mark.parametrize("name", EVERYWHERE)
def test_every_screen_is_drawn_in_every_window(name: str, app: App) -> None:
    app.warm.ready = name != "prepare"
    screen = EVERYWHERE[name](app)
    for number, size in enumerate(SIZES):
        app.settings.set("ui_scale", (0.8, 1.4)[number // 2 % 2])
        app.overrides["language"] = LANGUAGES[number % 2]
        pygame.display.set_mode(size)
        app.handle(pygame.event.Event(pygame.VIDEORESIZE, size=size))
        app.apply_settings()
        app.frame(1 / 60)
        assert app.window.surface.get_size() == size
        assert app.top is screen


def test_the_sign_is_left_out_where_there_is_no_room(app: App) -> None:
    assert draw_logo(app.window.surface, 5, 5, -137, 1.0).size == (0, 0)
    assert draw_logo(app.window.surface, 5, 5, 200, 1.0).width == 200


def test_a_window_is_asked_to_stay_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Real:
        minimum_size = property(lambda self: asked[-1], lambda self, size: asked.append(size))

    class Module:
        from_display_module = Real

    monkeypatch.setattr("pygame.Window", Module)
    Window((100, 100), False, real=True)
    assert asked == [SMALLEST]
    Window((100, 100), False, real=False)
    assert asked == [SMALLEST]


def test_the_prompts_of_a_watched_match_stay_clear_of_the_minimap(app: App) -> None:
    info = app.library.find("foundry")
    assert info is not None
    pygame.display.set_mode((1280, 720))
    app.window.resized()
    app.apply_settings()
    open_match(app, info, MatchChoice(watch=True))
    boxes: list[pygame.Rect] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "game.app.playing.screen.draw_prompts",
            lambda *args: boxes.append(draw_prompts(*args)) or boxes[-1],
        )
        app.draw(1.0)
    play = app.top
    assert isinstance(play, PlayScreen)
    minimap = play.renderer._hud.minimap.box
    assert minimap.width > 100
    assert boxes[0].width > 100
    assert not boxes[0].colliderect(minimap)


def test_a_picture_is_at_least_as_large_as_a_renderer_needs(app: App) -> None:
    pygame.display.set_mode((4, 300))
    app.window.resized()
    assert make_renderer(app).size == (16, 300)


@pytest.mark.parametrize(
    ("desktop", "expected"),
    [
        ((1280, 720), (1126, 633)),  # a window of the screen's own size would have its foot below the screen
        ((1366, 768), (1201, 675)),
        ((1920, 1080), (1280, 720)),
        ((800, 480), (750, 422)),
        ((640, 480), (640, 360)),
    ],
)
def test_the_first_window_fits_on_the_screen_with_its_title_bar(
    desktop: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert fit_to_screen((1280, 720), desktop) == expected


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (2560, 1080)])
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.4])
def test_what_plays_behind_the_title_is_not_written_over_the_sign(
    app: App, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], scale: float
) -> None:
    monkeypatch.setattr(app, "caption", lambda: "LIVE  ·  Maelstrom  ·  Guardian, Wanderer, Hunter, Sniper")
    app.kit.resize(size, scale)
    title = app.top
    assert isinstance(title, TitleScreen)
    title.place()
    boxes: list[pygame.Rect] = []
    text = app.kit.text

    def listen(target: pygame.Surface, line: str, *args: Any, **options: Any) -> pygame.Rect:
        box = text(target, line, *args, **options)
        boxes.extend([box] * line.startswith("LIVE"))
        return box

    monkeypatch.setattr(app.kit, "text", listen)
    title.draw_front(pygame.Surface(size))
    assert len(boxes) == 1
    assert not boxes[0].colliderect(title.sign)
