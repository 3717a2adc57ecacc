"""The belief page and its settings: what is shown, changed, switched off and forgotten."""

import json

import pygame
import pytest

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.foryou.screen import BeliefsScreen
from game.app.menu.settings_screen import SettingsScreen
from game.app.ui.dialog import Dialog
from game.app.ui.plots import Point, bounds, draw_band_plot, draw_split_bar, plot_outlines, thin_points
from game.app.ui.widgets import Choice, Slider, Toggle
from tests.app.conftest import Hands
from tests.app.opened import SIZES, advice_of, layout_faults_anywhere, open_settings, told, walked


@pytest.fixture
def screen(app: App) -> BeliefsScreen:
    screen = BeliefsScreen(app)
    app.push(screen)
    app.frame(1 / 60)
    return screen


@pytest.mark.parametrize("where", ["levels", "settings"])
def test_the_page_is_reached_from_levels_and_settings(where: str, app: App, hands: Hands) -> None:
    if where == "levels":
        app.push(LevelsScreen(app))
    else:
        open_settings(app, "for_you")
    below = app.top
    below.focus_name("beliefs")
    hands.key("return")
    assert isinstance(app.top, BeliefsScreen)
    hands.key("escape")
    assert app.top is below


def test_over_a_match_the_settings_do_not_lead_there(app: App) -> None:
    screen = SettingsScreen(app, over_match=True)
    app.push(screen)
    screen._show("for_you")
    assert "beliefs" not in {widget.name for widget in screen.widgets}


@pytest.mark.parametrize("device", ["key", "pad"])
def test_everything_is_reached(device: str, screen: BeliefsScreen, hands: Hands) -> None:
    step = hands.key if device == "key" else lambda direction: hands.pad(f"dpad_{direction}")
    assert walked(screen, step) == {widget.name for widget in screen.targets()}


def test_nothing_leaves_the_window_or_lies_on_another(screen: BeliefsScreen) -> None:
    assert layout_faults_anywhere(screen) == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_label_of_a_row_is_cut(language: str, screen: BeliefsScreen) -> None:
    screen.stage.change_setting("language", language)
    for size in SIZES.values():
        for scale in (0.8, 1.0, 1.4):
            screen.kit.resize(size, scale)
            screen.place()
            for row in screen.rows:
                assert isinstance(row, Choice | Slider | Toggle)
                lines, _ = row.label_lines(screen.kit)
                assert " ".join(lines) == row.label()
                assert len(lines) <= 2


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("known", [True, False])
def test_it_draws_with_and_without_knowledge(language: str, known: bool, screen: BeliefsScreen) -> None:
    app = screen.stage
    app.change_setting("language", language)
    if not known:
        app.for_you.beliefs = None
    app.frame(1 / 60)
    picture = pygame.surfarray.array3d(app.window.surface)
    assert len({tuple(pixel) for row in picture[::16] for pixel in row[::16]}) > 20


def test_presets_and_exact_values_set_the_zone(screen: BeliefsScreen, app: App, hands: Hands) -> None:
    screen.focus_name("zone")
    hands.key("right")
    assert (app.settings.number("flow_low"), app.settings.number("flow_high")) == (0.35, 0.65)
    assert told(app, "zone")[-1] == ("zone", 0.35, 0.65)
    screen.focus_name("flow_low")
    hands.key("right")
    assert app.settings.number("flow_low") == pytest.approx(0.4)
    assert screen._zone() == "own"
    hands.key("escape")
    stored = json.loads(app.folders.settings.read_text())
    assert stored["flow_low"] == pytest.approx(0.4)


def test_every_preset_is_reached_and_stays(screen: BeliefsScreen) -> None:
    for name in ("relaxed", "hard", "normal", "relaxed"):
        screen._choose_zone(name)
        assert screen._zone() == name


def test_the_ends_push_each_other(screen: BeliefsScreen, app: App) -> None:
    app.change_setting("flow_low", 0.85)
    assert app.settings.number("flow_high") == pytest.approx(0.95)
    app.change_setting("flow_high", 0.3)
    assert app.settings.number("flow_low") == pytest.approx(0.2)


def test_switching_the_simulated_players_builds_anew(screen: BeliefsScreen, app: App, hands: Hands) -> None:
    before = advice_of(app)
    screen.focus_name("simulated_players")
    hands.key("return")
    assert not app.settings.flag("simulated_players")
    assert before.told[-1] == ("close",)
    assert advice_of(app) is not before


def test_forgetting_asks_first(screen: BeliefsScreen, app: App, hands: Hands) -> None:
    screen.focus_name("reset")
    hands.key("return")
    assert isinstance(app.top, Dialog)
    hands.key("return")  # staying is what it proposes
    assert told(app, "reset") == []
    screen.focus_name("reset")
    hands.key("return")
    app.top.focus_name("yes")
    hands.key("return")
    assert told(app, "reset") == [("reset",)]
    assert app.for_you.beliefs is not None
    assert app.for_you.beliefs.attempts == 0


def test_the_page_of_settings_goes_back_to_its_defaults(app: App, hands: Hands) -> None:
    app.for_you.request()
    app.change_setting("flow_low", 0.2)
    app.change_setting("simulated_players", False)
    screen = open_settings(app, "for_you")
    screen.focus_name("reset")
    hands.key("return")
    assert app.settings.flag("simulated_players")
    assert app.settings.number("flow_low") == pytest.approx(0.55)


def test_the_real_advice_gets_what_the_settings_say(app: App) -> None:
    from game.player.level_recommender import LevelRecommender

    app.settings.set("simulated_players", False)
    app.settings.set("flow_low", 0.9 - 0.05)
    app.settings.set("flow_high", 0.5)
    advice = app._plan_backend(list)()
    assert isinstance(advice, LevelRecommender)
    assert not advice._settings.community
    zone = advice._settings.zone
    assert zone is not None
    assert (zone.low, zone.high) == pytest.approx((0.4, 0.5))
    advice.close()


# Plots


def test_a_band_lies_around_its_line_inside_the_plot() -> None:
    rect = pygame.Rect(10, 20, 200, 100)
    line, band = plot_outlines([Point(1, 3), Point(5, 2), Point(4, 0.5)], rect)
    assert [x for x, _ in line] == [10, 110, 209]
    above, below = band[:3], band[3:][::-1]
    for (x, y), top, bottom in zip(line, above, below, strict=True):
        assert top[0] == bottom[0] == x
        assert rect.top <= top[1] < y < bottom[1] < rect.bottom


def test_equal_values_have_a_range_too() -> None:
    low, high = bounds([Point(2, 0), Point(2, 0)])
    assert low < 2 < high


def test_long_series_are_thinned_to_their_ends() -> None:
    points = [Point(n, 1) for n in range(5000)]
    kept = thin_points(points, 100)
    assert len(kept) == 100
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert thin_points(points[:7], 100) == points[:7]


def test_bars_go_to_their_side(app: App) -> None:
    surface = pygame.Surface((100, 10))
    rect = surface.get_rect()
    draw_split_bar(surface, rect, 1.0, 2.0, ((0, 255, 0), (255, 0, 0)))
    assert surface.get_at((60, 5))[:3] == (0, 255, 0)
    draw_split_bar(surface, rect, -1.0, 2.0, ((0, 255, 0), (255, 0, 0)))
    assert surface.get_at((40, 5))[:3] == (255, 0, 0)
    assert surface.get_at((60, 5))[:3] != (0, 255, 0)


def test_a_plot_leaves_light_on_its_line(app: App) -> None:
    surface = pygame.Surface((200, 100))
    rect = surface.get_rect()
    points = [Point(1, 0.2), Point(1, 0.2), Point(1, 0.2)]
    draw_band_plot(surface, app.kit, rect, points, (0, 200, 255))
    assert sum(surface.get_at((100, 50))[:3]) > sum(surface.get_at((100, 5))[:3]) + 200
