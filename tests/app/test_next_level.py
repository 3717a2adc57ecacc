"""The next level on the results screen, and what the recommender learns of a match and its stars."""

from dataclasses import replace

import pytest

from game.app.app import App
from game.app.foryou.service import FAILED, IDLE
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from tests.app.conftest import Hands
from tests.app.fake_advice import RECORD
from tests.app.opened import (
    LEVEL,
    SIZES,
    advice_of,
    drawn,
    finish,
    layout_faults,
    open_levels,
    open_play,
    open_results,
    told,
)


def test_next_takes_the_top_suggestion(app: App, hands: Hands) -> None:
    results = open_results(app)
    hands.frames(1)
    top = app.for_you.top
    assert top is not None
    assert top.item != LEVEL
    assert app.words.title(top.item) in results.next_up.label()
    results.focus_name("next")
    hands.key("return")
    assert isinstance(app.top, PlayScreen)
    assert app.top.info.item == top.item


def test_the_match_is_learnt_before_the_next_level_is_asked_for(app: App, hands: Hands) -> None:
    open_levels(app)
    open_play(app)
    finish(app)
    hands.frames(120)
    rows = [row[:2] for row in advice_of(app).told if row[0] in ("played", "asked")]
    assert rows[-2:] == [("played", LEVEL), ("asked", 1)]
    assert told(app, "played") == [("played", LEVEL, "won", True)]


def test_stars_are_stored_and_told_once_and_change_what_comes_next(app: App, hands: Hands) -> None:
    open_results(app)
    asked = len(told(app, "asked"))
    hands.key("2")
    assert told(app, "rated") == [("rated", LEVEL, 2)]
    assert app.profile.all_ratings() == {LEVEL: 2}
    assert len(told(app, "asked")) == asked + 1


def test_next_is_played_at_the_difficulty_that_is_suggested(
    app: App, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.for_you.prepare()
    advice_of(app).against = "veteran"
    results = open_results(app)
    app.kit.resize((1280, 720), 1.0)
    hands.frames(1)
    top = app.for_you.top
    assert top is not None
    assert results.next_up.label() == f"Next: {app.words.title(top.item)} (Veteran)"
    assert "At Veteran" in drawn(app, monkeypatch)
    results.focus_name("next")
    hands.key("return")
    play = app.top
    assert isinstance(play, PlayScreen)
    assert play.match.plan.difficulty == "veteran"
    assert app.settings.text("difficulty") == play.choice.difficulty == "rookie"
    play.countdown.stop()
    finish(app, 1)
    hands.frames(120)
    assert told(app, "played")[-1][1] == top.item
    hands.listen()
    app.top.focus_name("again")
    hands.key("return")
    assert app.top is play
    assert play.match.plan.difficulty == "veteran"
    advice_of(app).against = ""
    results = open_results_of(app)
    results.focus_name("next")
    hands.key("return")
    assert play.match.plan.difficulty == "rookie"


def open_results_of(app: App) -> ResultsScreen:
    """The results of the match that runs."""
    play = app.top
    assert isinstance(play, PlayScreen)
    finish(app)
    play._record()
    screen = ResultsScreen(app, play, None)
    app.push(screen)
    app.frame(1 / 60)
    return screen


@pytest.mark.parametrize("device", ["key", "pad", "mouse"])
def test_the_next_level_can_be_refused(device: str, app: App, hands: Hands) -> None:
    results = open_results(app)
    app.frame(1 / 60)
    top = app.for_you.top
    assert top is not None
    if device == "mouse":
        hands.click_widget("dismiss")
    else:
        hands.key("x") if device == "key" else hands.pad("y")
    assert advice_of(app).dismissed == {top.item}
    assert app.for_you.top is not None
    assert app.for_you.top.item != top.item
    hands.key("u")
    assert results.next_up.suggestion is not None
    assert results.next_up.suggestion.item == top.item


@pytest.mark.parametrize("scale", [1.0, 1.4])  # with a panel for it, and with a line
@pytest.mark.parametrize("simulated", [True, False])
def test_what_rests_on_simulated_players_says_so(
    simulated: bool, scale: float, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = open_results(app)
    app.kit.resize(app.window.size, scale)
    results.place()
    assert results.next_up.visible == (scale == 1.0)
    top = app.for_you.top
    assert top is not None
    app.for_you.suggestions = (replace(top, simulated=simulated),)
    assert (app.kit.strings("for_you.simulated") in drawn(app, monkeypatch)) is simulated


def test_the_button_to_take_it_back_lies_on_nothing(app: App, hands: Hands) -> None:
    results = open_results(app)
    hands.key("x")
    hands.frames(1)
    assert results.not_for_me.button.visible
    for size in SIZES.values():
        for scale in (0.8, 1.0, 1.2, 1.4):
            app.kit.resize(size, scale)
            results.place()
            assert layout_faults(results, size) == []
            assert not results.not_for_me.button.rect.colliderect(results.box)
            assert results.not_for_me.button.rect.width >= app.kit.px(200)


def test_the_prompt_of_the_results_is_not_about_the_level_just_played(app: App, hands: Hands) -> None:
    results = open_results(app)
    hands.frames(1)
    assert results.prompts[0] == ("menu_dismiss", "prompt.another")


def test_without_suggestions_next_is_the_following_level(app: App, hands: Hands) -> None:
    app.for_you.state = FAILED
    results = open_results(app)
    app.for_you.suggestions = ()
    after = app.library.after(LEVEL)
    assert results.next_up.info == after
    assert results.next_up.label() == app.kit.strings("results.next")


def test_a_match_before_anyone_asked_builds_nothing(app: App) -> None:
    app.for_you.learn_match(RECORD)
    app.for_you.learn_rating("canal", 4)
    assert app.for_you.state == IDLE
