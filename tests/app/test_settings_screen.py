"""The settings screen: every page, every kind of row."""

import json

import pygame
import pytest

from game.app.app import App
from game.app.ui.widgets import Button, Choice, Slider, Toggle
from tests.app.conftest import Hands
from tests.app.opened import open_settings


def test_settings_act_at_once_and_are_written_when_closed(hands: Hands, app: App) -> None:
    screen = open_settings(app, "sound")
    screen.focus_name("effects_volume")
    before = app.settings.number("effects_volume")
    hands.key("left")
    assert app.settings.number("effects_volume") == pytest.approx(before - 0.05)
    assert app.audio.volume == app.settings.number("effects_volume")
    hands.key("escape")
    document = json.loads(app.folders.settings.read_text())
    assert document["effects_volume"] == pytest.approx(before - 0.05)


def test_the_language_changes_at_once(hands: Hands, app: App) -> None:
    app.settings.set("language", "en")
    screen = open_settings(app, "game")
    screen.focus_name("language")
    hands.key("right")
    assert app.settings.text("language") == "zh"
    assert app.kit.strings("settings.title") == "设置"
    button = hands.widget("done")
    assert isinstance(button, Button)
    assert button.text() == "完成"


def test_a_slider_follows_the_mouse(hands: Hands, app: App) -> None:
    open_settings(app, "sound")
    hands.frames(2)
    slider = hands.widget("music_volume")
    assert isinstance(slider, Slider)
    track = slider._track
    hands.move(track.midleft)
    hands.send(pygame.MOUSEBUTTONDOWN, pos=track.midleft, button=1)
    assert app.settings.number("music_volume") == 0.0
    hands.send(pygame.MOUSEMOTION, pos=(track.right + 300, track.y), rel=(50, 0), buttons=(1, 0, 0))
    assert app.settings.number("music_volume") == 1.0
    hands.send(pygame.MOUSEBUTTONUP, pos=track.midright, button=1)
    hands.send(pygame.MOUSEMOTION, pos=track.center, rel=(-50, 0), buttons=(0, 0, 0))
    assert app.settings.number("music_volume") == 1.0


def test_toggles_and_choices_work_by_each_device(hands: Hands, app: App) -> None:
    screen = open_settings(app, "video")
    screen.focus_name("show_fps")
    toggle = hands.widget("show_fps")
    assert isinstance(toggle, Toggle)
    hands.key("return")
    assert app.settings.flag("show_fps")
    hands.pad("dpad_left")
    assert not app.settings.flag("show_fps")
    choice = hands.widget("frame_limit")
    assert isinstance(choice, Choice)
    screen.focus_name("frame_limit")
    hands.key("left")
    assert app.settings.text("frame_limit") == "240"
    hands.key("right")
    assert app.settings.text("frame_limit") == "auto"


def test_a_page_can_be_reset(hands: Hands, app: App) -> None:
    app.settings.set("flash", 0.0)
    screen = open_settings(app, "video")
    screen.focus_name("reset")
    hands.key("return")
    assert app.settings.number("flash") == 1.0


def test_shoulder_buttons_turn_pages(hands: Hands, app: App) -> None:
    screen = open_settings(app, "sound")
    hands.pad("right_shoulder")
    assert screen.page == "video"
    hands.key("q")
    assert screen.page == "sound"


def test_a_held_direction_repeats(hands: Hands, app: App) -> None:
    screen = open_settings(app, "sound")
    screen.focus_name("music_volume")
    hands.hold_key("left")
    hands.frames(60)
    held = app.settings.number("music_volume")
    assert held < 0.4
    hands.hold_key("left", down=False)
    hands.frames(30)
    assert app.settings.number("music_volume") == held


def test_the_interface_grows_with_its_setting(hands: Hands, app: App) -> None:
    before = hands.widget("play").rect.height
    app.settings.set("ui_scale", 1.3)
    app.apply_settings()
    assert hands.widget("play").rect.height == pytest.approx(before * 1.3, abs=2)
