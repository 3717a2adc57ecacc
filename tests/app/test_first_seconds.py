"""What a player meets first: countdowns, opponents that wait, easy levels; and screens that take no stray press."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.input.guard import QUIET_SECONDS, InputGuard
from game.app.input.hub import RESTING, InputHub
from game.app.playing.countdown import COUNTS, SECONDS, Countdown
from game.app.playing.launch import MatchChoice, open_match, quick_match, settings_choice
from game.app.playing.newcomer import STREAK, TICKS_WITHOUT_FIRE, raise_difficulty_after_streak
from game.app.playing.pause import PauseScreen
from game.app.playing.prepare import PrepareScreen
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.warm import WarmUp
from game.app.ui.dialog import Dialog
from game.core.sim import state as st
from game.match.grading.gradebook import shipped_book
from game.match.replay import Replay, verify
from game.match.replay.file import parse_replay
from game.player.ease import level_ease
from game.player.profile import MatchRecord
from game.player.settings import load_settings
from tests.app.conftest import AXIS_NUMBERS, BUTTON_NUMBERS, FRAME, Hands
from tests.app.opened import LEVEL, drawn, finish, open_play, open_results

QUIET = round(QUIET_SECONDS * 60) + 2  # frames

# Countdowns


def test_a_match_begins_after_a_countdown_with_the_goal(
    hands: Hands, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = open_play(app, counting=True)
    before = play.match.world.tanks.copy()
    shown = []
    while play.countdown.running:
        lines = drawn(app, monkeypatch)
        assert "Objective: destroy every enemy tank" in lines
        shown += [line for line in lines if line in ("3", "2", "1") and line not in shown]
        assert play.match.ticks == 0
        app.frame(SECONDS / 12)
    assert shown == ["3", "2", "1"]
    assert (play.match.world.tanks == before).all()
    assert play.match.recorder is not None
    assert play.match.recorder.ticks == 0
    hands.frames(10)
    assert play.match.ticks >= 9
    assert play.renderer._hud._banner is None  # it would say the same once more


def test_nothing_skips_a_countdown_and_what_is_held_counts_at_its_end(hands: Hands, app: App) -> None:
    play = open_play(app, counting=True)
    for name in ("return", "space", "f"):
        hands.key(name)
    hands.hold_key("d")
    hands.frames(5)
    assert play.countdown.running
    hands.go()
    x = int(play.match.world.tanks[0, play.match.human_seat, st.TANK_X])
    hands.frames(20)
    assert play.match.stats.shots == 0
    assert not play.match.world.mines.any()
    assert int(play.match.world.tanks[0, play.match.human_seat, st.TANK_X]) != x


def test_a_match_goes_on_after_a_pause_with_a_countdown(hands: Hands, app: App) -> None:
    play = open_play(app)
    hands.frames(5)
    for resume in (lambda: hands.key("escape"), lambda: hands.click_widget("resume")):
        hands.key("escape")
        ticks = play.match.ticks
        resume()
        assert app.top is play
        app.frame(SECONDS - 0.1)
        assert play.match.ticks == ticks
        hands.frames(12)
        assert play.match.ticks > ticks


def test_a_restart_counts_down_too_and_leaves_no_record_of_nothing(hands: Hands, app: App) -> None:
    play = open_play(app, counting=True)
    hands.frames(3)
    hands.key("r")
    assert play.countdown.number == COUNTS
    play.leave()
    assert app.profile.best(LEVEL) is None


def test_who_watches_does_not_wait(hands: Hands, app: App) -> None:
    play = open_play(app, watch=True, counting=True)
    hands.frames(3)
    assert play.match.ticks >= 2


def test_the_numbers_are_equally_long() -> None:
    count = Countdown()
    assert (count.running, count.number) == (False, 0)
    count.start()
    numbers = []
    while count.running:
        numbers.append(count.number)
        count.update(FRAME)
    assert [numbers.count(n) for n in (3, 2, 1)] == [round(SECONDS * 60 / COUNTS)] * 3


# Screens that open by themselves


def end_while(hands: Hands, app: App) -> ResultsScreen:
    """Let the match end; whoever pressed something goes on pressing."""
    finish(app, winner=1)
    while isinstance(app.top, PlayScreen):
        app.frame(0.1)
    assert isinstance(app.top, ResultsScreen)
    return app.top


def test_results_stay_while_the_player_still_taps_space_and_clicks(hands: Hands, app: App) -> None:
    open_play(app)
    results = end_while(hands, app)
    button = hands.widget("next").rect.center
    for _ in range(5):
        hands.key("space")
        app.frame(0.1)
        hands.click(button)
        app.frame(0.1)
    assert app.top is results
    hands.frames(QUIET)
    hands.key("space")
    assert app.top is not results


HELD: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "space": ((pygame.KEYDOWN, pygame.KEYUP), {"key": pygame.K_SPACE, "scancode": pygame.KSCAN_SPACE}),
    "mouse": ((pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP), {"button": 1, "pos": (9, 9)}),
    "pad": (
        (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP),
        {"instance_id": 0, "button": BUTTON_NUMBERS["a"]},
    ),
}


def test_results_wait_until_everything_that_was_held_is_let_go(hands: Hands, app: App) -> None:
    open_play(app)
    for (down, _), values in HELD.values():
        hands.send(down, **values)
    results = end_while(hands, app)
    for (_, up), values in HELD.values():
        app.frame(QUIET_SECONDS)
        app.frame(QUIET_SECONDS)
        assert app.guard.active
        hands.key("return")
        assert app.top is results
        hands.send(up, **values)
    hands.frames(QUIET - 4)
    assert app.guard.active
    hands.frames(4)
    assert not app.guard.active
    hands.key("return")
    assert app.top is not results


def test_keys_are_told_only_when_they_count(hands: Hands, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    open_play(app)
    results = end_while(hands, app)
    seen: list[bool] = []
    monkeypatch.setattr(
        type(results), "_draw_prompts", lambda *_: seen.append(True) or pygame.Rect(0, 0, 1, 1)
    )
    results.draw_foot(app.window.surface)
    assert seen == []
    hands.frames(QUIET)
    seen.clear()
    results.draw_foot(app.window.surface)
    assert seen == [True]


def test_a_pause_and_a_question_that_come_by_themselves_take_no_stray_press(hands: Hands, app: App) -> None:
    open_play(app)
    hands.send(pygame.WINDOWFOCUSLOST)
    pause = app.top
    assert isinstance(pause, PauseScreen)
    hands.key("return")
    assert app.top is pause
    hands.send(pygame.QUIT)
    assert isinstance(app.top, Dialog)
    question = app.top
    hands.key("escape")
    assert app.top is question
    hands.frames(QUIET)
    hands.key("escape")
    assert app.top is pause


def test_what_the_player_opens_listens_at_once(hands: Hands, app: App) -> None:
    open_play(app)
    hands.key("escape")
    assert isinstance(app.top, PauseScreen)
    hands.key("escape")
    assert isinstance(app.top, PlayScreen)


def test_a_drifting_stick_does_not_keep_a_screen_deaf(app: App) -> None:
    guard = InputGuard(app.hub)
    drift = pygame.event.Event(pygame.CONTROLLERAXISMOTION, instance_id=0, axis=0, value=30000)
    app.hub.handle(drift, app.top.context)
    guard.start()
    guard.update(QUIET_SECONDS + FRAME)
    assert not guard.active


@pytest.mark.parametrize("rests", ["trigger", "button"])
def test_what_rests_pressed_keeps_a_screen_deaf_for_a_few_seconds_only(
    hands: Hands, app: App, rests: str
) -> None:
    if rests == "trigger":
        hands.send(pygame.CONTROLLERAXISMOTION, instance_id=0, axis=AXIS_NUMBERS["left_trigger"], value=32767)
    else:
        hands.send(pygame.CONTROLLERBUTTONDOWN, instance_id=0, button=BUTTON_NUMBERS["a"])
    assert app.hub.touched
    guard = InputGuard(app.hub)
    guard.start()
    for _ in range(round(RESTING) - 1):
        app.hub.repeats(1.0)
        guard.update(1.0)
    assert guard.active
    if rests == "trigger":  # a trigger that trembles is not let go
        hands.send(pygame.CONTROLLERAXISMOTION, instance_id=0, axis=AXIS_NUMBERS["left_trigger"], value=30000)
    app.hub.repeats(1.0)
    guard.update(1.0)
    assert not guard.active
    hands.hold_key("space")
    assert app.hub.touched  # whoever presses now is heard


def test_losing_the_focus_lets_go_of_everything(app: App) -> None:
    hub: InputHub = app.hub
    hub.handle(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_SPACE, scancode=44), app.top.context)
    assert hub.touched
    hub.release_all()
    assert hub.touched
    hub.handle(pygame.event.Event(pygame.WINDOWFOCUSLOST), app.top.context)
    assert not hub.touched


def test_the_button_for_the_next_level_waits_when_it_names_another_one(hands: Hands, app: App) -> None:
    results = open_results(app)
    hands.frames(40)
    assert not results.next_up.changing
    results.next_up._named = "another"
    hands.frames(1)
    results._next()
    assert app.top is results
    hands.frames(30)
    results._next()
    assert app.top is not results


# What counts as a best result


def test_only_a_win_sets_a_best(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    play = open_play(app)
    play.match.world.tanks[0, play.match.human_seat, st.TANK_SCORE] = 65
    for objective, winner, best in (
        ("eliminate", 0, (True, True)),
        ("eliminate", 1, (False, False)),
        ("survive", 0, (True, False)),
        ("survive", 1, (False, False)),
    ):
        monkeypatch.setattr(type(play.match), "objective", objective)
        finish(app, winner=winner)
        results = ResultsScreen(app, play, None)
        assert (results._new_best_score(), results._new_best_time()) == best


# The first start, and later ones


def test_a_first_start_tells_what_was_counted_and_a_later_one_only_that_it_loads(
    hands: Hands, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    warm = app.warm
    warm.ready = False
    hands.frames(70)
    title = drawn(app, monkeypatch)
    app.push(PrepareScreen(app, lambda: None))
    assert [line for line in (*title, *drawn(app, monkeypatch)) if "the game …" in line] == [
        "Loading the game …"
    ] * 2
    warm.compiling, warm.done, warm.total, warm._share = True, 30, 120, 0.25
    lines = drawn(app, monkeypatch)
    app.back()
    hands.frames(70)
    for shown in (lines, drawn(app, monkeypatch)):
        assert any("30 of about 120 parts are ready" in line for line in shown)
        assert not any(" s left" in line or "_" in line for line in shown)


def test_what_a_first_start_counts_comes_from_its_child(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "print('1/3'); print('noise'); print('2/3 _trace'); print('4/3')"
    start, warm = subprocess.Popen, WarmUp()
    seen: list[bool] = []
    monkeypatch.setattr("subprocess.Popen", lambda command, **o: start([command[0], "-c", lines], **o))
    monkeypatch.setattr("game.app.playing.warm._load_kernels", lambda: seen.append(warm.compiling))
    warm._compile()
    assert (warm.done, warm.total, warm.ready, warm.failed) == (4, 3, True, "")
    assert seen == [False]


@pytest.mark.parametrize("code", [0, 3])
def test_a_child_that_says_a_lot_beside_its_counts_does_not_hang(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    lines = (
        "import sys; sys.stderr.write('a warning\\n' * 40_000); print('2/3', flush=True); "
        f"sys.stderr.buffer.write(b'last words \\xff\\n'); sys.stderr.flush(); sys.exit({code})"
    )
    start, warm = subprocess.Popen, WarmUp()
    monkeypatch.setattr("subprocess.Popen", lambda command, **o: start([command[0], "-c", lines], **o))
    monkeypatch.setattr("game.app.playing.warm._load_kernels", lambda: None)
    monkeypatch.setattr("game.app.playing.warm.marker_path", lambda: Path("nowhere"))
    monkeypatch.setattr("game.app.playing.warm.has_prebuilt_kernels", lambda: False)
    warm.start()
    assert warm.wait(30)
    assert (warm.done, warm.ready) == (2, code == 0)
    assert warm.failed == ("last words \N{REPLACEMENT CHARACTER}" if code else "")


# Newcomers


def record(outcome: str, difficulty: str = "rookie", item: str = LEVEL) -> MatchRecord:
    return MatchRecord(item, "0" * 64, "eliminate", "Hunter", difficulty, "ranger", outcome, 10, 600, 1, 0, 0)


def recorded(play: PlayScreen) -> Replay:
    assert play.match.recorder is not None
    return parse_replay(play.match.recorder.data(), "this match")


def fired(play: PlayScreen, ticks: int) -> list[int]:
    """Ticks in which an opponent pressed fire or special."""
    match, found = play.match, []
    enemies = [seat for seat in range(match.seats) if match.world.tanks[0, seat, st.TANK_TEAM] != 0]
    for _ in range(ticks):
        now = match.ticks
        match.tick()
        if match.actions[0, enemies][:, [st.ACTION_FIRE, st.ACTION_SPECIAL]].any():
            found.append(now)
    return found


def test_opponents_hold_their_fire_in_the_first_match_and_the_replay_says_so(app: App) -> None:
    app.settings.set("difficulty", "ace")
    app.settings.set("brain", "chaser")
    play = open_play(app)
    assert fired(play, TICKS_WITHOUT_FIRE) == []
    replay = recorded(play)
    assert replay.info["held_fire"] == TICKS_WITHOUT_FIRE
    assert verify(replay).ok
    app.profile.record_match(record("lost"))
    play.restart()
    assert fired(play, TICKS_WITHOUT_FIRE) != []
    assert "held_fire" not in recorded(play).info


def test_a_match_that_was_only_left_is_not_the_first_one_played(app: App) -> None:
    app.profile.record_match(record("quit"))
    assert app.profile.last_outcomes(3) == []
    play = open_play(app)
    play.match.tick()
    assert "held_fire" in recorded(play).info


def test_a_newcomer_meets_rookies_until_a_streak_of_wins(app: App) -> None:
    assert settings_choice(app, watch=False).difficulty == "rookie"
    choice = MatchChoice(watch=False, difficulty="rookie")
    for outcome in ("won", "won", "lost", "won", "won"):
        app.profile.record_match(record(outcome))
        assert raise_difficulty_after_streak(app, choice) == choice
    app.profile.record_match(record("won"))
    assert STREAK == 3
    assert raise_difficulty_after_streak(app, choice).difficulty == "regular"
    assert load_settings(app.folders.settings).text("difficulty") == "regular"
    assert any("3 wins in a row" in text for text in app.toasts.texts())


def test_who_chose_rookie_keeps_it(hands: Hands, app: App) -> None:
    hands.key("return")
    assert isinstance(app.top, LevelsScreen)
    hands.key("return")
    app.top.focus_name("difficulty")
    hands.key("right")
    hands.key("left")
    assert app.settings.text("difficulty") == "rookie"
    for _ in range(STREAK):
        app.profile.record_match(record("won"))
    choice = settings_choice(app, watch=False)
    assert raise_difficulty_after_streak(app, choice) == choice


def test_the_first_quick_match_is_the_easiest_level(app: App) -> None:
    quick_match(app)
    play = app.top
    assert isinstance(play, PlayScreen)
    assert play.info.level is not None
    grade = shipped_book().find(play.info.level)
    assert grade is not None
    assert grade.rate("rookie") > 0.9
    assert play.info.level.difficulty == 1
    ease = [level_ease(info.level, shipped_book()) for info in app.library.playable if info.level is not None]
    assert level_ease(play.info.level, shipped_book()) == max(each for each in ease if each is not None)


def test_a_player_on_the_other_side_is_told_the_other_goal(app: App) -> None:
    info = app.library.find("last_post")
    assert info is not None
    open_match(app, info, settings_choice(app, watch=False))
    play = app.top
    assert isinstance(play, PlayScreen)
    assert play.match.goal == "defend"
    play.match.world.tanks[0, :, st.TANK_TEAM] = np.int64(1)
    assert play.match.goal == "attack"
