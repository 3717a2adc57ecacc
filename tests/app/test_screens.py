"""Every screen and every widget, by keyboard alone, by gamepad alone, by mouse alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pygame
import pytest

from game.app.app import App
from game.app.inputs import Press
from game.app.launch import MatchChoice, settings_choice, start_match
from game.app.screens.dialog import Dialog, confirm
from game.app.screens.jukebox import JukeboxScreen
from game.app.screens.jukebox_compose import ComposeScreen
from game.app.screens.jukebox_edit import EditScreen
from game.app.screens.jukebox_pick import PickScreen
from game.app.screens.jukebox_rename import RenameScreen
from game.app.screens.levels import LevelCard, LevelsScreen
from game.app.screens.pause import PauseScreen
from game.app.screens.play import PlayScreen
from game.app.screens.prepare import PrepareScreen
from game.app.screens.results import ResultsScreen
from game.app.screens.settings import SettingsScreen
from game.app.screens.setup import SetupScreen
from game.app.screens.title import TitleScreen
from game.app.ui.picks import StarRow
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button, Choice, Slider, Toggle
from game.app.warm import EXPECTED_KERNELS, WarmUp
from game.sim import state as st
from tests.app.conftest import Hands
from tests.music.fakes import fake_generators

LEVEL = "first_light"


def finish(app: App, winner: int = 0) -> None:
    """End the running match in favour of a team, as the core would."""
    match = app.current_match()
    assert match is not None
    match.world.head[match.w, st.WINNER] = winner
    match.world.head[match.w, st.DONE] = 1


def open_play(app: App, *, watch: bool = False) -> PlayScreen:
    info = app.library.find(LEVEL)
    assert info is not None
    start_match(app, info, settings_choice(app, watch=watch))
    assert isinstance(app.top, PlayScreen)
    return app.top


def open_setup(app: App) -> SetupScreen:
    info = app.library.find(LEVEL)
    assert info is not None
    screen = SetupScreen(app, info)
    app.push(screen)
    return screen


def open_results(app: App) -> ResultsScreen:
    play = open_play(app)
    finish(app)
    screen = ResultsScreen(app, play, None)
    app.push(screen)
    return screen


def open_settings(app: App, page: str) -> SettingsScreen:
    screen = SettingsScreen(app)
    app.push(screen)
    screen._show(page)
    screen.place()
    return screen


def open_jukebox(app: App) -> JukeboxScreen:
    """The jukebox with pieces of three states, one of them chosen."""
    app.jukebox._load_generators = fake_generators
    screen = JukeboxScreen(app)
    app.push(screen)
    for mood in ("calm", "dark", "bright"):
        screen.compose(mood, 0.5, 8, 1)
    assert app.jukebox.worker.wait()
    names = [entry.name for entry in screen.entries]
    screen.change(lambda library: library.keep(names[0]), lambda _: None)
    screen.change(lambda library: library.reject(names[1]), lambda _: None)
    assert app.jukebox.worker.wait()
    return screen


def open_shipped(app: App) -> Screen:
    """The jukebox with nothing but the pieces that ship."""
    screen = JukeboxScreen(app)
    app.push(screen)
    assert app.jukebox.worker.wait()
    return screen


def open_edit(app: App) -> Screen:
    jukebox = open_jukebox(app)
    assert jukebox.entry is not None
    return pushed(app, EditScreen(app, jukebox, jukebox.entry))


def open_pick(app: App) -> Screen:
    jukebox = open_jukebox(app)
    rows = jukebox._levels(jukebox.chosen)
    return pushed(app, PickScreen(app, "Where?", lambda: rows, lambda item: None))


def open_rename(app: App) -> Screen:
    jukebox = open_jukebox(app)
    assert jukebox.entry is not None
    return pushed(app, RenameScreen(app, jukebox.entry.piece, lambda title: None))


def pushed(app: App, screen: Screen) -> Screen:
    app.push(screen)
    return screen


SCREENS: dict[str, Callable[[App], Screen]] = {
    "title": lambda app: app.top,
    "levels": lambda app: pushed(app, LevelsScreen(app)),
    "setup": open_setup,
    "settings sound": lambda app: open_settings(app, "sound"),
    "settings video": lambda app: open_settings(app, "video"),
    "settings game": lambda app: open_settings(app, "game"),
    "pause": lambda app: pushed(app, PauseScreen(app, open_play(app))),
    "results": open_results,
    "dialog": lambda app: pushed(app, confirm(app, "Sure?", "Really sure?", "Yes", lambda: None)),
    "prepare": lambda app: pushed(app, PrepareScreen(app, lambda: None)),
    "jukebox": open_jukebox,
    "jukebox shipped": open_shipped,
    "jukebox edit": open_edit,
    "jukebox compose": lambda app: pushed(app, ComposeScreen(app, lambda *_: None)),
    "jukebox pick": open_pick,
    "jukebox rename": open_rename,
}
SIZES = {"usual": (1280, 720), "small": (640, 360), "tall": (800, 1000), "wide": (2560, 1080)}


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, app: App) -> Screen:
    if request.param == "prepare":
        app.warm.ready = False
    screen = SCREENS[request.param](app)
    app.frame(1 / 60)
    return screen


def walked(screen: Screen, step: Callable[[str], None]) -> set[str]:
    """Names of the widgets that the focus reaches by trying every direction from each of them."""
    graph = screen.graph()
    targets = screen.targets()
    assert screen.focus is not None
    seen = {screen.focus.name}
    waiting = [screen.focus.name]
    while waiting:
        name = waiting.pop()
        for direction in ("up", "down", "left", "right"):
            widget = next(widget for widget in targets if widget.name == name)
            if widget.adjusts and direction in ("left", "right"):
                continue
            screen.set_focus(widget, sound=False)
            step(direction)
            assert screen.focus is not None
            if screen.focus.name not in seen:
                seen.add(screen.focus.name)
                waiting.append(screen.focus.name)
    assert graph.reachable(0) == set(range(len(targets)))
    return seen


def test_arrow_keys_reach_every_widget(screen: Screen, hands: Hands) -> None:
    assert walked(screen, hands.key) == {widget.name for widget in screen.targets()}


def test_the_pad_reaches_every_widget(screen: Screen, hands: Hands) -> None:
    assert walked(screen, lambda direction: hands.pad(f"dpad_{direction}")) == {
        w.name for w in screen.targets()
    }


def test_the_stick_moves_the_focus_too(screen: Screen, hands: Hands) -> None:
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


def layout_faults(screen: Screen, size: tuple[int, int]) -> list[str]:
    """What is wrong with a layout: widgets that are tiny, outside the window or on each other."""
    window = pygame.Rect((0, 0), size)
    targets = screen.targets()
    faults = []
    for n, widget in enumerate(targets):
        if widget.rect.width <= 10 or widget.rect.height <= 10:
            faults.append(f"{widget.name} is tiny")
        if not widget.scrolls and not window.contains(widget.rect):
            faults.append(f"{widget.name} leaves the window")
        for other in targets[n + 1 :]:
            if widget.scrolls == other.scrolls and widget.rect.colliderect(other.rect):
                faults.append(f"{widget.name} lies on {other.name}")
    return faults


def test_no_widget_leaves_the_window_or_lies_on_another(screen: Screen) -> None:
    faults = {}
    for name, size in SIZES.items():
        for scale in (0.8, 1.0, 1.4):
            screen.kit.resize(size, scale)
            screen.place()
            if found := layout_faults(screen, size):
                faults[name, scale] = found
    assert faults == {}


def test_a_bad_layout_is_noticed(app: App) -> None:
    app.top.widgets[0].rect = pygame.Rect(-50, 0, 100, 40)
    app.top.widgets[1].rect = pygame.Rect(0, 0, 100, 40)
    app.top.widgets[2].rect = pygame.Rect(0, 300, 3, 40)
    faults = layout_faults(app.top, app.window.size)
    assert "play leaves the window" in faults
    assert "play lies on quick" in faults
    assert "watch is tiny" in faults


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
def test_every_screen_draws_in_both_languages(screen: Screen, language: str) -> None:
    app = screen.app
    app.change_setting("language", language)
    assert app.kit.strings.language == language
    app.frame(1 / 60)
    picture = pygame.surfarray.array3d(app.window.surface)
    assert len({tuple(pixel) for row in picture[::16] for pixel in row[::16]}) > 20


# Whole ways through the game


def play_by(device: str, hands: Hands) -> dict[str, Callable[[], None]]:
    if device == "keyboard":
        return {
            name: (lambda key=key: hands.key(key))
            for name, key in {
                "ok": "return",
                "pause": "escape",
                "down": "down",
                "back": "escape",
                "restart": "r",
            }.items()
        }  # type: ignore[misc]
    return {
        name: (lambda key=key: hands.pad(key))
        for name, key in {
            "ok": "a",
            "pause": "start",
            "down": "dpad_down",
            "back": "b",
            "restart": "x",
        }.items()
    }  # type: ignore[misc]


@pytest.mark.parametrize("device", ["keyboard", "pad"])
def test_from_the_title_through_a_match_and_back(device: str, hands: Hands, app: App) -> None:
    do = play_by(device, hands)
    do["ok"]()
    assert isinstance(app.top, LevelsScreen)
    do["ok"]()
    assert isinstance(app.top, SetupScreen)
    do["ok"]()
    play = app.top
    assert isinstance(play, PlayScreen)
    hands.frames(30)
    assert play.match.ticks >= 28
    do["pause"]()
    assert isinstance(app.top, PauseScreen)
    stopped = play.match.ticks
    hands.frames(10)
    assert play.match.ticks == stopped
    do["back"]()
    hands.frames(5)
    assert play.match.ticks > stopped
    finish(app)
    hands.frames(120)
    results = app.top
    assert isinstance(results, ResultsScreen)
    assert results.outcome == "won"
    do["restart"]()
    assert app.top is play
    assert play.match.ticks < 5
    assert play.retries == 1
    do["pause"]()
    for _ in range(3):
        do["down"]()
    do["ok"]()
    dialog = app.top
    assert isinstance(dialog, Dialog)
    assert dialog.focus is not None
    assert dialog.focus.name == "no"
    do["ok"]()
    assert isinstance(app.top, PauseScreen)
    do["ok"]()
    app.top.focus_name("yes")
    do["ok"]()
    assert isinstance(app.top, LevelsScreen)
    best = app.profile.best(LEVEL)
    assert best is not None
    assert (best.played, best.won) == (2, 1)


def test_from_the_title_through_a_match_and_back_by_mouse(hands: Hands, app: App) -> None:
    hands.click_widget("play")
    hands.click_widget(LEVEL)
    hands.click_widget("tank_class")
    hands.click_widget("start")
    play = app.top
    assert isinstance(play, PlayScreen)
    hands.frames(5)
    play.pause()
    hands.frames(2)
    hands.click_widget("resume")
    assert app.top is play
    finish(app, winner=1)
    hands.frames(120)
    assert isinstance(app.top, ResultsScreen)
    assert app.top.outcome == "lost"
    row = hands.widget("stars")
    assert isinstance(row, StarRow)
    hands.click(row._boxes[1].center)
    assert app.profile.rating(LEVEL) == 2
    hands.click_widget("levels")
    assert isinstance(app.top, LevelsScreen)
    assert app.top.stars[LEVEL] == 2


@pytest.mark.parametrize("stars", range(1, 6))
def test_stars_are_one_key_press(stars: int, hands: Hands, app: App) -> None:
    open_results(app)
    hands.key(str(stars))
    assert app.profile.rating(LEVEL) == stars
    assert any(str(stars) in text for text in app.toasts.texts())


def test_stars_by_pad(hands: Hands, app: App) -> None:
    screen = open_results(app)
    screen.focus_name("stars")
    hands.pad("dpad_left")
    hands.pad("a")
    assert app.profile.rating(LEVEL) == 3


def test_quit_asks_first_and_then_quits(hands: Hands, app: App) -> None:
    hands.key("escape")
    assert isinstance(app.top, Dialog)
    hands.key("return")
    assert app.running
    hands.key("escape")
    app.top.focus_name("yes")
    hands.key("return")
    assert not app.running


def test_closing_the_window_over_a_match_asks_first(hands: Hands, app: App) -> None:
    open_play(app)
    hands.send(pygame.QUIT)
    assert app.running
    assert isinstance(app.top, Dialog)
    app.top.focus_name("yes")
    hands.key("return")
    assert not app.running


def test_losing_the_focus_pauses_a_match_unless_told_not_to(hands: Hands, app: App) -> None:
    play = open_play(app)
    app.settings.set("pause_on_focus_loss", False)
    hands.send(pygame.WINDOWFOCUSLOST)
    assert app.top is play
    app.settings.set("pause_on_focus_loss", True)
    hands.send(pygame.WINDOWFOCUSLOST)
    assert isinstance(app.top, PauseScreen)
    hands.send(pygame.WINDOWFOCUSLOST)
    assert len(app.stack) == 3


def test_pulling_the_pad_out_pauses_and_tells(hands: Hands, app: App) -> None:
    open_play(app)
    hands.send(pygame.JOYDEVICEREMOVED, instance_id=0)
    assert isinstance(app.top, PauseScreen)
    assert app.top.reason == "pause.pad"
    assert any("disconnected" in text for text in app.toasts.texts())


def test_restart_is_one_key_in_a_match(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(20)
    hands.key("r")
    assert play.match.ticks < 5
    assert play.retries == 1


def test_a_left_match_is_recorded_as_quit_once(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(10)
    play.leave()
    rows = app.profile._results.rows("SELECT level, outcome FROM matches")
    assert rows == [(LEVEL, "quit")]
    assert [play.event for play in app.profile.repository.plays()] == ["start"]
    assert [(attempt.item, attempt.outcome) for attempt in app.profile.repository.attempts()] == [
        (LEVEL, "quit")
    ]


def test_watching_the_ai_records_nothing_and_turns_the_camera(hands: Hands, app: App) -> None:
    play = open_play(app, watch=True)
    hands.frames(10)
    assert play._focus_seat == -1
    hands.key("tab")
    assert play._focus_seat == 0
    finish(app)
    hands.frames(120)
    assert isinstance(app.top, ResultsScreen)
    assert not hands.widget("stars").visible
    play.leave()
    assert app.profile._results.rows("SELECT * FROM matches") == []


# Settings


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


# Levels


def test_a_broken_level_is_grey_and_tells_why(hands: Hands, app: App) -> None:
    (app.folders.levels / "wreck.tmj").write_text('{"width": -3}')
    (app.folders.levels / "noise.tmj").write_bytes(b"\x00\x01")
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    hands.frames(3)
    cards = {widget.name: widget for widget in screen.widgets if isinstance(widget, LevelCard)}
    assert set(cards) == {"wreck", "noise"}
    assert all(card.info.errors for card in cards.values())
    screen.focus_name("wreck")
    hands.key("return")
    dialog = app.top
    assert isinstance(dialog, Dialog)
    assert "wreck.tmj" in dialog.title
    assert dialog.text.splitlines() == cards["wreck"].info.errors
    hands.key("return")
    assert app.top is screen


def test_an_own_level_can_be_played(hands: Hands, app: App) -> None:
    from game.levels.catalogue import new_level

    new_level(app.folders.levels, "my_first")
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    screen.focus_name("my_first")
    hands.key("return")
    assert isinstance(app.top, SetupScreen)
    hands.key("return")
    assert isinstance(app.top, PlayScreen)
    hands.frames(30)
    assert app.top.match.ticks > 20


def test_the_list_shows_results_and_opens_at_the_last_level(hands: Hands, app: App) -> None:
    play = open_play(app)
    finish(app)
    play._record()
    app.pop()
    screen = LevelsScreen(app)
    app.push(screen)
    assert screen.best[LEVEL].won == 1
    assert screen.focus is not None
    assert screen.focus.name == LEVEL


@pytest.mark.parametrize("objective", ["eliminate", "defend", "collect", "survive"])
def test_the_filter_shows_one_objective(app: App, objective: str) -> None:
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show(objective)
    cards = [widget for widget in screen.widgets if isinstance(widget, LevelCard)]
    assert len(cards) >= 4
    assert {card.info.objective for card in cards} == {objective}


# Waiting for the kernels


def test_a_match_asked_for_too_early_waits_and_then_starts(hands: Hands, app: App) -> None:
    app.warm.ready = False
    info = app.library.find(LEVEL)
    assert info is not None
    start_match(app, info, MatchChoice(watch=True))
    assert isinstance(app.top, PrepareScreen)
    hands.frames(5)
    assert isinstance(app.top, PrepareScreen)
    app.warm.ready = True
    hands.frames(2)
    assert isinstance(app.top, PlayScreen)


def test_the_progress_bar_never_goes_back_and_never_claims_to_be_done() -> None:
    warm = WarmUp()
    shown = []
    for n in range(400):
        warm._share = n / EXPECTED_KERNELS
        shown.append(warm.progress)
    assert shown == sorted(shown)
    assert shown[-1] < 1.0
    warm.ready = True
    assert warm.progress == 1.0


# Pictures and hints


def test_a_picture_is_saved_on_demand(hands: Hands, app: App) -> None:
    hands.key("f12")
    pictures = list(app.folders.screenshots.glob("*.png"))
    assert len(pictures) == 1
    assert pygame.image.load(pictures[0]).get_size() == app.window.size


def test_the_first_match_teaches_and_the_second_does_not(hands: Hands, app: App) -> None:
    play = open_play(app)
    hint = play.hints.current
    assert hint is not None
    assert hint.id == "move"
    seen = []
    for _ in range(4000):
        hint = play.hints.current
        if hint is None:
            break
        if not seen or seen[-1] != hint.id:
            seen.append(hint.id)
        deeds = play.hints.deeds
        deeds.moved, deeds.aimed, deeds.shots, deeds.banked, deeds.specials = 1e6, 1000, 9, 9, 9
        play.update(1 / 60)
    assert seen == ["move", "aim", "fire", "bank", "danger", "special", "goal"]
    assert app.settings.text("hints_done") == "done"
    play.restart()
    assert play.hints.current is None


def test_the_debug_overlay_changes_the_picture_and_nothing_else(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(30)
    from game.sim.digest import world_hash

    before = world_hash(play.match.world)
    plain = pygame.surfarray.array3d(app.window.surface)
    play.press(Press("debug", "keys"))
    app.draw(1.0)
    overlaid = pygame.surfarray.array3d(app.window.surface)
    assert (plain != overlaid).any()
    assert world_hash(play.match.world) == before


def test_own_levels_folder_is_named_when_it_is_empty(app: App, tmp_path: Path) -> None:
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    app.frame(1 / 60)
    assert screen.focus is screen.tabs
