"""Whole ways through the game, by every device."""

from collections.abc import Callable

import pygame
import pytest

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.input.hub import Press
from game.app.playing.hints import GOALS, HintGuide, hint_names
from game.app.playing.launch import MatchChoice, open_match
from game.app.playing.pause import PauseScreen
from game.app.playing.prepare import PrepareScreen
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.playing.warm import EXPECTED_KERNELS, WarmUp
from game.app.ui.dialog import Dialog
from game.app.ui.picks import StarRow
from game.player.settings import load_settings
from tests.app.conftest import Hands
from tests.app.opened import LEVEL, finish, open_play, open_results


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
    hands.go()
    hands.frames(30)
    assert play.match.ticks >= 28
    do["pause"]()
    assert isinstance(app.top, PauseScreen)
    stopped = play.match.ticks
    hands.frames(10)
    assert play.match.ticks == stopped
    do["back"]()
    hands.go()
    hands.frames(5)
    assert play.match.ticks > stopped
    finish(app)
    hands.frames(130)
    results = app.top
    assert isinstance(results, ResultsScreen)
    assert results.outcome == "won"
    do["restart"]()
    assert app.top is play
    assert play.match.ticks < 5
    assert play.retries == 1
    hands.go()
    hands.frames(2)
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
    hands.go()
    finish(app, winner=1)
    hands.frames(130)
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
    hands.frames(30)
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


# Waiting for the kernels


def test_a_match_asked_for_too_early_waits_and_then_starts(hands: Hands, app: App) -> None:
    app.warm.ready = False
    info = app.library.find(LEVEL)
    assert info is not None
    open_match(app, info, MatchChoice(watch=True))
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


def taught(play: PlayScreen, most: int = 4000) -> list[str]:
    """The hints of a match by somebody who does at once what they say."""
    seen: list[str] = []
    for _ in range(most):
        hint = play.hints.current
        if hint is None:
            break
        if not seen or seen[-1] != hint.id:
            seen.append(hint.id)
        progress = play.hints.progress
        progress.moved, progress.aimed, progress.shots, progress.banked, progress.specials = (
            1e6,
            1000,
            9,
            9,
            9,
        )
        play.update(1 / 60)
    return seen


EVERY_HINT = ["goal", "move", "aim", "fire", "bank", "danger", "special"]


def test_the_first_match_tells_the_goal_first_and_the_second_nothing(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(2)
    assert taught(play) == EVERY_HINT
    play.restart()
    play.countdown.stop()
    assert play.hints.current is None
    play.leave()
    assert "goal:eliminate,move" in load_settings(app.folders.settings).text("hints_done")


def test_a_goal_is_told_once_for_each_objective() -> None:
    told = ",".join(hint_names("eliminate"))
    guide = HintGuide(enabled=True, goal="collect", shown=told)
    assert guide.current is not None
    assert guide.current.id == "goal"
    for goal in GOALS:
        guide = HintGuide(enabled=True, goal=goal, shown=told)
        while guide.current is not None:
            guide.update(0.1)
        told = guide.shown
    assert told == "done"
    assert HintGuide(enabled=True, goal="collect", shown=told).finished


def test_hints_go_on_in_the_next_match_where_a_death_cut_them_off(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(2)
    seen = taught(play, most=400)
    assert seen == EVERY_HINT[: len(seen)]
    finish(app, winner=1)
    hands.frames(130)
    assert isinstance(app.top, ResultsScreen)
    told = play.hints.current
    app.top._again()
    assert play.hints.current == told
    assert told is not None
    assert told.id in EVERY_HINT[len(seen) - 1 :]
    assert load_settings(app.folders.settings).text("hints_done") == app.settings.text("hints_done") != ""


def test_the_debug_overlay_changes_the_picture_and_nothing_else(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(30)
    from game.core.sim.digest import world_hash

    before = world_hash(play.match.world)
    plain = pygame.surfarray.array3d(app.window.surface)
    play.press(Press("debug", "keys"))
    app.draw(1.0)
    overlaid = pygame.surfarray.array3d(app.window.surface)
    assert (plain != overlaid).any()
    assert world_hash(play.match.world) == before
