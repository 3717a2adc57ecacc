"""Every screen and every widget, by keyboard alone, by gamepad alone, by mouse alone."""

import pygame
import pytest

from game.app.app import App
from game.app.crash import Journal, save_crash
from game.app.jukebox.base import MusicScreen
from game.app.menu.error import ErrorScreen
from game.app.menu.title import TitleScreen
from game.app.playing.screen import PlayScreen
from game.app.ui.dialog import Dialog
from game.app.ui.screen import Screen
from tests.app.conftest import Hands
from tests.app.opened import SCREENS, SIZES, layout_faults, layout_faults_anywhere, texts_outside, walked


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_last_screen_names_only_what_was_saved(app: App, language: str) -> None:
    app.change_setting("language", language)
    texts = []
    for recording in (lambda: b"a match", None):
        report = save_crash(app.folders, RuntimeError("the arena caught fire"), Journal(), {}, recording)
        screen = ErrorScreen(app, report)
        assert str(report.folder) in screen.text
        assert "the arena caught fire" in screen.text
        texts.append(screen.text)
    word = "replay" if language == "en" else "录像"
    assert [word in text for text in texts] == [True, False]


@pytest.mark.parametrize(
    ("language", "line", "fault"),
    [
        ("en", "out of ink", "out of ink"),
        ("zh", "出了点问题（out of ink）", "程序内部错误（ValueError）"),
    ],
)
def test_a_text_that_is_no_message_stands_in_brackets_on_a_chinese_screen(
    app: App, language: str, line: str, fault: str
) -> None:
    app.change_setting("language", language)
    app.library.messages.append("out of ink")
    app.frame(1 / 60)
    assert app.toasts.texts()[-1] == line
    jukebox = SCREENS["jukebox shipped"](app)
    assert isinstance(jukebox, MusicScreen)

    def broken() -> None:
        raise ValueError("out of ink")

    jukebox.work(broken)
    assert app.jukebox.worker.wait()
    assert jukebox.note == fault


# What an arrow key does the pad does too, by the same graph: tried on a screen of each kind.
OF_EACH_KIND = ("title", "levels", "settings game", "results", "jukebox", "jukebox edit", "dialog")


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, app: App) -> Screen:
    if request.param == "prepare":
        app.warm.ready = False
    screen = SCREENS[request.param](app)
    app.frame(1 / 60)
    return screen


def test_arrow_keys_reach_every_widget(screen: Screen, hands: Hands) -> None:
    assert walked(screen, hands.key) == {widget.name for widget in screen.targets()}


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_the_pad_reaches_every_widget(name: str, app: App, hands: Hands) -> None:
    screen = SCREENS[name](app)
    app.frame(1 / 60)
    assert walked(screen, lambda direction: hands.pad(f"dpad_{direction}")) == {
        w.name for w in screen.targets()
    }


@pytest.mark.parametrize("name", OF_EACH_KIND)
def test_the_stick_moves_the_focus_too(name: str, app: App, hands: Hands) -> None:
    screen = SCREENS[name](app)
    app.frame(1 / 60)
    axes = {
        "up": ("left_y", -1.0),
        "down": ("left_y", 1.0),
        "left": ("left_x", -1.0),
        "right": ("left_x", 1.0),
    }

    def push(direction: str) -> None:
        axis, value = axes[direction]
        hands.stick(axis, value)
        hands.stick(axis, 0.0)

    assert walked(screen, push) == {widget.name for widget in screen.targets()}


def test_tab_reaches_every_widget(screen: Screen, hands: Hands) -> None:
    seen = set()
    for _ in screen.targets():
        assert screen.focus is not None
        seen.add(screen.focus.name)
        hands.key("tab")
    assert seen == {widget.name for widget in screen.targets()}


def test_the_mouse_reaches_every_widget(screen: Screen, hands: Hands) -> None:
    for name in [widget.name for widget in screen.targets()]:
        widget = hands.widget(name)
        for _ in range(40):
            area = screen.scroll_area
            if not widget.scrolls or area is None or area.collidepoint(widget.rect.center):
                break
            hands.move(area.center)
            hands.wheel(-1 if widget.rect.centery > area.centery else 1)
            hands.frames(12)
        hands.move(widget.rect.center)
        assert screen.focus is widget, name


def test_no_widget_leaves_the_window_or_lies_on_another(screen: Screen) -> None:
    assert layout_faults_anywhere(screen) == {}


def test_a_bad_layout_is_noticed(app: App) -> None:
    app.top.widgets[0].rect = pygame.Rect(-50, 0, 100, 40)
    app.top.widgets[1].rect = pygame.Rect(0, 0, 100, 40)
    app.top.widgets[2].rect = pygame.Rect(0, 300, 3, 40)
    app.top.widgets[3].rect = app.top.prompts_box().inflate(10, 10)
    faults = layout_faults(app.top, app.window.size)
    assert "play leaves the window" in faults
    assert "play lies on quick" in faults
    assert "watch is tiny" in faults
    assert "jukebox lies on the prompts" in faults


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.2, 1.4])
@pytest.mark.parametrize("size", SIZES.values())
def test_the_menu_leaves_the_sign_alone(size: tuple[int, int], scale: float, app: App) -> None:
    title = app.top
    assert isinstance(title, TitleScreen)
    title.kit.resize(size, scale)
    title.place()
    assert pygame.Rect((0, 0), size).contains(title.sign)
    assert title.sign.height >= title.kit.px(60)
    assert title.sign.bottom < title.widgets[0].rect.top


def test_back_leaves_every_screen_by_key_and_by_pad(screen: Screen, hands: Hands, app: App) -> None:
    depth = len(app.stack)
    hands.key("escape")
    assert app.top is not screen
    while len(app.stack) > 1 and not isinstance(app.top, TitleScreen | PlayScreen):
        before = len(app.stack)
        hands.pad("b")
        assert len(app.stack) < before
    assert len(app.stack) <= depth or isinstance(app.top, Dialog)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_screen_draws_in_both_languages_and_within_every_window(
    screen: Screen, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = screen.stage
    app.change_setting("language", language)
    assert app.kit.strings.language == language
    app.frame(1 / 60)
    picture = pygame.surfarray.array3d(app.window.surface)
    assert len({tuple(pixel) for row in picture[::16] for pixel in row[::16]}) > 20
    outside = {}
    for name in ("small", "usual", "tall"):
        pygame.display.set_mode(SIZES[name])
        app.handle(pygame.event.Event(pygame.VIDEORESIZE, size=SIZES[name]))
        app.apply_settings()
        app.frame(1 / 60)
        if found := texts_outside(app, monkeypatch):
            outside[name] = found
    assert outside == {}


def test_a_text_beyond_the_window_is_noticed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = app.kit.strings("title.tagline") * 20
    monkeypatch.setattr(app.top, "draw_front", lambda target: app.kit.text(target, wide, (5, 5)))
    (found,) = texts_outside(app, monkeypatch)
    assert wide in found
