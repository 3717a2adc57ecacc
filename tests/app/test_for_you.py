"""Suggestions on the level list: the shelf, "not for me", and what the recommender is asked."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pygame
import pytest

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.browse.shelf import SuggestionCard, mark_of
from game.app.foryou.service import FAILED, ForYou, RecommenderBackend
from game.app.foryou.words import term_names
from game.app.playing.newcomer import STREAK, raise_difficulty_after_streak
from game.app.playing.screen import PlayScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.ui.widgets import Choice
from game.core.levels.catalogue import LevelEntry, list_levels, new_level
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.player.settings import NEWCOMER_DIFFICULTY
from recommender.reasons import Reason
from tests.app.conftest import Hands
from tests.app.fake_advice import RECORD, FakeAdvice, InlineWorker, fake_plan
from tests.app.opened import LEVEL, advice_of, drawn, open_levels, open_results, shown, told

# The shelf


def test_the_shelf_shows_the_suggestions_in_their_order(app: App) -> None:
    screen = open_levels(app)
    assert shown(screen) == [suggestion.item for suggestion in app.for_you.suggestions]
    assert len(shown(screen)) == 3


def visible(screen: LevelsScreen) -> list[str]:
    return [card.info.item for card in screen.shelf.cards if screen.can_focus(card)]


@pytest.mark.parametrize(("size", "scale", "room"), [((640, 360), 1.4, 1), ((2560, 1080), 0.8, 5)])
def test_what_is_asked_for_is_what_is_shown(
    size: tuple[int, int], scale: float, room: int, app: App, hands: Hands
) -> None:
    screen = open_levels(app)
    assert told(app, "asked") == [("asked", 3, ())]
    app.kit.resize(size, scale)
    hands.frames(5)
    assert told(app, "asked") == [("asked", 3, ()), ("asked", room, ())]
    assert visible(screen) == [suggestion.item for suggestion in app.for_you.suggestions]
    assert len(visible(screen)) == room
    screen.set_focus(screen.shelf.cards[0])
    hands.key("x")
    assert told(app, "asked")[2:] == [("asked", room, ())]


def test_without_a_shelf_nothing_is_asked_for(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    screen._show("defend")
    hands.key("x")
    app.kit.resize((640, 360), 1.4)
    hands.frames(3)
    assert len(told(app, "asked")) == 1
    screen._show("all")
    hands.frames(3)
    assert told(app, "asked")[1:] == [("asked", 1, ())]


def test_details_of_a_suggestion_tell_what_the_level_is(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = open_levels(app)
    screen.set_focus(screen.shelf.cards[0])
    lines = drawn(app, monkeypatch)
    for key in ("levels.size", "levels.tanks", "levels.best_time", "levels.your_stars"):
        assert app.kit.strings(key) in lines


def test_going_up_to_a_suggestion_shows_the_heading(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    app.kit.resize((640, 360), 1.4)
    hands.frames(2)
    screen.focus_name(app.library.playable[-1].item)
    hands.frames(60)
    assert screen.scroll_area is not None
    assert screen.shelf.rect.bottom < screen.scroll_area.top
    screen.set_focus(screen.shelf.cards[0])
    hands.frames(60)
    assert screen.scroll_area.contains(screen.shelf.rect)


@pytest.mark.parametrize("device", ["key", "pad", "mouse"])
def test_a_suggestion_is_set_up_like_any_level(device: str, app: App, hands: Hands) -> None:
    screen = open_levels(app)
    card = screen.shelf.cards[1]
    if device == "mouse":
        hands.click(card.rect.center)
    else:
        screen.set_focus(card)
        hands.key("return") if device == "key" else hands.pad("a")
    assert isinstance(app.top, SetupScreen)
    assert app.top.info.item == card.info.item


def test_the_arrows_lead_from_the_levels_to_the_shelf_and_back(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    assert screen.focus is not None
    level = screen.focus.name
    hands.key("up")
    assert isinstance(screen.focus, SuggestionCard)
    hands.key("down")
    assert screen.focus.name == level


@pytest.mark.parametrize("device", ["key", "pad", "mouse", "cross"])
def test_not_for_me_is_one_press_and_can_be_taken_back(device: str, app: App, hands: Hands) -> None:
    screen = open_levels(app)
    card = screen.shelf.cards[0]
    item = card.info.item
    hands.move(card.rect.center)
    if device == "cross":
        hands.click(card._cross.center)
    elif device == "mouse":
        hands.send(pygame.MOUSEBUTTONDOWN, pos=card.rect.center, button=3)
    else:
        hands.key("x") if device == "key" else hands.pad("y")
    assert app.top is screen
    assert item not in shown(screen)
    assert advice_of(app).dismissed == app.profile.repository.dismissed(app.profile.player) == {item}
    assert any(app.words.title(item) in text for text in app.toasts.texts())
    assert isinstance(screen.focus, SuggestionCard)
    if device in ("mouse", "cross"):
        hands.frames(1)
        hands.click_widget("undo")
    else:
        hands.key("u") if device == "key" else hands.pad("back")
    assert shown(screen)[0] == item
    assert advice_of(app).dismissed == app.profile.repository.dismissed(app.profile.player) == set()


def test_the_button_to_take_it_back_goes_away(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    screen.set_focus(screen.shelf.cards[0])
    hands.key("x")
    hands.frames(1)
    assert screen.not_for_me.button.visible
    for _ in range(60):
        app.frame(0.2)
    assert not screen.not_for_me.button.visible


@pytest.mark.parametrize("device", ["key", "pad", "mouse"])
def test_a_level_is_marked_and_taken_back_in_a_later_session(
    device: str, app: App, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press() -> None:
        if device == "mouse":
            hands.send(pygame.MOUSEBUTTONDOWN, pos=hands.widget(LEVEL).rect.center, button=3)
            hands.send(pygame.MOUSEBUTTONUP, pos=hands.widget(LEVEL).rect.center, button=3)
        else:
            hands.key("x") if device == "key" else hands.pad("y")

    def stored() -> frozenset[str]:
        return app.profile.repository.dismissed(app.profile.player)

    screen = open_levels(app)
    hands.move(screen.tabs.rect.center)
    if device != "mouse":  # which points at it, focused or not
        screen.focus_name(LEVEL)
    hands.frames(1)
    press()
    assert stored() == advice_of(app).dismissed == screen.not_for_me.marked == {LEVEL}
    assert LEVEL not in shown(screen)
    app.for_you.dismissed.clear()  # what the next session does not know
    app.back()
    later = open_levels(app)
    assert later.not_for_me.marked == {LEVEL}
    later.focus_name(LEVEL)
    hands.frames(1)
    assert later.prompts[0] == ("menu_dismiss", "prompt.take_back")
    said = f'Marked "not for me" ({"Y" if device == "pad" else "X"}: undo)'
    assert said in drawn(app, monkeypatch)
    press()
    hands.frames(1)
    assert stored() == advice_of(app).dismissed == later.not_for_me.marked == set()
    assert told(app, "dismiss") == [("dismiss", LEVEL, True), ("dismiss", LEVEL, False)]
    assert shown(later)[0] == LEVEL
    assert later.prompts[0] == ("menu_dismiss", "prompt.dismiss")
    assert said not in drawn(app, monkeypatch)


def test_a_marked_level_looks_different(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    screen.focus_name(LEVEL)
    card = hands.widget(LEVEL)

    def corner() -> bytes:
        place = pygame.Rect(card.rect.right - 30, card.rect.y, 30, 30)
        return pygame.image.tobytes(app.window.surface.subsurface(place), "RGB")

    hands.frames(30)
    plain = corner()
    screen.not_for_me.marked.add(LEVEL)
    app.draw(1.0)
    assert corner() != plain
    screen.not_for_me.marked.clear()
    app.draw(1.0)
    assert corner() == plain


def test_a_level_that_cannot_be_played_is_not_judged(app: App, hands: Hands) -> None:
    (app.folders.levels / "wreck.tmj").write_text('{"width": -3}')
    screen = open_levels(app)
    screen._show("mine")
    screen.focus_name("wreck")
    hands.key("x")
    assert told(app, "dismiss") == []
    assert "menu_dismiss" not in dict(screen.prompts)


def test_dismissing_without_a_level_does_nothing(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    screen.set_focus(screen.back_button)
    hands.key("x")
    hands.key("u")
    assert told(app, "dismiss") == []


def test_only_the_whole_list_has_a_shelf(app: App) -> None:
    screen = open_levels(app)
    screen._show("defend")
    app.frame(1 / 60)
    assert shown(screen) == []
    screen._show("all")
    assert len(shown(screen)) == 3


def test_cards_beyond_the_room_are_not_reached(app: App) -> None:
    screen = open_levels(app)
    for size, scale in (((640, 360), 1.4), ((1280, 720), 1.0), ((2560, 1080), 0.8)):
        screen.kit.resize(size, scale)
        screen.place()
        visible = [card for card in screen.shelf.cards if screen.can_focus(card)]
        assert visible
        assert all(card.rect.right <= screen.shelf.rect.right for card in visible)


def test_a_quiet_line_stands_there_until_the_first_answer(app: App) -> None:
    app.for_you = ForYou(fake_plan, list)
    app.profile.follow(app.for_you)
    screen = open_levels(app)
    text, _ = screen.shelf._state(app.kit)
    assert text == app.kit.strings("for_you.thinking")
    assert app.for_you.wait()


def test_an_error_is_a_message_and_the_list_stays(app: App, hands: Hands) -> None:
    def plan(levels: object) -> Callable[[], RecommenderBackend]:
        raise_it = (_ for _ in ()).throw

        return lambda: raise_it(OSError("no community"))

    app.for_you = ForYou(plan, list, InlineWorker())
    app.profile.follow(app.for_you)
    screen = open_levels(app)
    hands.frames(2)
    assert app.for_you.state == FAILED
    assert any("no community" in text for text in app.toasts.texts())
    text, _ = screen.shelf._state(app.kit)
    assert text == app.kit.strings("for_you.failed")
    hands.key("return")
    assert isinstance(app.top, SetupScreen)


def test_a_quarrel_while_answering_is_told_once(app: App, hands: Hands) -> None:
    open_levels(app)
    advice_of(app).broken = True
    app.for_you.request(2)
    hands.frames(2)
    assert sum("quarrel" in text for text in app.toasts.texts()) == 1
    assert app.for_you.state == FAILED


def test_new_levels_are_taken_over(app: App) -> None:
    open_levels(app)
    before = advice_of(app)
    new_level(app.folders.levels, "my_first")
    app.back()
    open_levels(app)
    assert advice_of(app) is not before
    assert before.told[-1] == ("close",)
    assert "my_first" in {entry.name for entry in advice_of(app).levels()}
    assert set(app.for_you.outlooks) == {info.item for info in app.library.playable}


def test_the_chosen_difficulty_counts(app: App) -> None:
    open_levels(app)
    app.settings.set("difficulty", "ace")
    app.back()
    open_levels(app)
    assert told(app, "difficulty") == [("difficulty", "ace")]


def test_the_difficulty_after_a_streak_counts(app: App) -> None:
    play = open_results(app).play  # which began the advice, at the settings' difficulty
    assert app.settings.text("difficulty") == NEWCOMER_DIFFICULTY
    for _ in range(STREAK):
        app.profile.record_match(replace(RECORD, level=LEVEL, difficulty=NEWCOMER_DIFFICULTY))
    choice = raise_difficulty_after_streak(app, play.choice)
    assert choice.difficulty == DEFAULT_DIFFICULTY
    assert told(app, "difficulty") == [("difficulty", DEFAULT_DIFFICULTY)]
    app.close_screens()
    open_levels(app)
    assert told(app, "difficulty") == [("difficulty", DEFAULT_DIFFICULTY)]  # once is enough


def test_a_difficulty_that_was_chosen_while_the_advice_was_built_counts() -> None:
    made: list[FakeAdvice] = []
    release = threading.Event()

    def plan(levels: Callable[[], Sequence[LevelEntry]]) -> Callable[[], FakeAdvice]:
        def build() -> FakeAdvice:
            assert release.wait(10)
            made.append(FakeAdvice(levels))
            return made[-1]

        return build

    for_you = ForYou(plan, list)
    for_you.request()
    for_you.set_difficulty("ace")
    release.set()
    assert for_you.wait()
    assert for_you.wait()
    assert [row[0] for row in made[0].told] == ["difficulty", "asked"]
    for_you.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_reasons_are_sentences_in_the_players_language(language: str, app: App) -> None:
    app.change_setting("language", language)
    title = app.words.title(LEVEL)
    values = {"items": (LEVEL, "canal"), "simulated": True, "chance": 0.5, "against": "ace", "defeats": 4}
    said = app.words.reason(Reason("together", values))
    assert (f'"{title}"' if language == "en" else f"《{title}》") in said
    assert app.kit.strings("difficulty.ace") in said
    assert "4" in said
    said = app.words.reason(Reason("neighbours", {"count": 7, "stars": 4.6, "simulated": True}))
    assert "4.6" in said
    assert ("imulated" if language == "en" else "模拟") in said
    assert "*" not in said
    taste = {"tag": "size:medium", "more": 0.6, "evidence": 3}
    assert (
        app.words.reason(Reason("taste", taste))
        == {
            "en": "You like medium-sized arenas: 0.6 stars more than the rest",
            "zh": "你偏爱中型地图：平均多给 0.6 星",
        }[language]
    )
    assert app.words.tag("wall:low") == {"en": "Few walls", "zh": "墙壁少的地图"}[language]
    assert app.words.tag("own:thing") == "Thing"


def test_every_tag_and_model_of_the_game_has_a_name(app: App) -> None:
    from game.player.level_items import item_of
    from recommender.advisor.features import Features
    from recommender.advisor.opinions import MODELS

    items = [item_of(entry.level, entry.name) for entry in list_levels() if entry.level is not None]
    tags = Features.of(items).names
    for language in ("en", "zh"):
        named = term_names(language)
        assert [tag for tag in tags if tag not in named] == []
        assert len(
            {named[tag] for tag in tags if tag.partition(":")[2] in ("low", "middle", "high")}
        ) == 3 * len({tag.partition(":")[0] for tag in tags if tag.endswith(":low")})
    assert [name for name in MODELS if not app.kit.strings.has(f"model.{name}")] == []


def test_marks_tell_new_and_explored(app: App) -> None:
    open_levels(app)
    assert [mark_of(suggestion) for suggestion in app.for_you.suggestions[:3]] == ["", "new", "explored"]


def test_a_right_press_beside_every_card_means_nothing(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    hands.send(pygame.MOUSEBUTTONDOWN, pos=(3, app.window.size[1] - 3), button=3)
    assert app.profile.repository.dismissed(app.profile.player) == set()
    assert screen.focus is not None


# Another difficulty than the player's


def suggest_at(app: App, difficulty: str) -> None:
    advice_of(app).against = difficulty
    app.for_you._answered = None
    app.for_you.request(3)
    app.frame(1 / 60)


def row_text(row: Choice) -> str:
    """What a row of the set-up shows as chosen."""
    return row.options()[row.index()][1]


def test_a_card_and_its_details_tell_another_difficulty(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = open_levels(app)
    app.kit.resize((1280, 720), 1.0)
    paragraphs: list[str] = []
    paragraph = app.kit.paragraph
    monkeypatch.setattr(
        app.kit,
        "paragraph",
        lambda target, text, *rest: paragraphs.append(text) or paragraph(target, text, *rest),
    )
    told_at = "Best played at Veteran (your setting: Rookie)"
    screen.set_focus(screen.shelf.cards[0])
    assert "At Veteran" not in drawn(app, monkeypatch)
    assert told_at not in paragraphs
    suggest_at(app, "veteran")
    screen.set_focus(screen.shelf.cards[0])
    lines = drawn(app, monkeypatch)
    assert lines.count("At Veteran") == len(screen.shelf.cards)
    assert told_at in paragraphs


def test_a_suggestion_is_played_at_its_difficulty_and_the_setting_stays(
    app: App, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = open_levels(app)
    suggest_at(app, "veteran")
    screen.set_focus(screen.shelf.cards[0])
    hands.key("return")
    setup = app.top
    assert isinstance(setup, SetupScreen)
    assert row_text(setup.difficulty) == "Veteran (suggested)"
    setup.focus_name("start")
    hands.key("return")
    play = app.top
    assert isinstance(play, PlayScreen)
    for _ in range(2):  # the match, and once more
        assert play.match.plan.difficulty == "veteran"
        assert "Difficulty: Veteran (suggested)" in drawn(app, monkeypatch)
        assert "Veteran (suggested)" in play.summary()
        play.restart()
    play.leave()
    assert app.top is screen
    assert app.settings.text("difficulty") == NEWCOMER_DIFFICULTY
    assert app.settings.text("difficulty_by") == "game"
    screen.focus_name(LEVEL)
    hands.key("return")
    assert isinstance(app.top, SetupScreen)
    assert row_text(app.top.difficulty) == "Rookie"


def test_whoever_chooses_a_difficulty_gets_it(app: App, hands: Hands) -> None:
    screen = open_levels(app)
    suggest_at(app, "veteran")
    screen.set_focus(screen.shelf.cards[0])
    hands.key("return")
    setup = app.top
    assert isinstance(setup, SetupScreen)
    setup.focus_name("difficulty")
    hands.key("left")
    assert row_text(setup.difficulty) == "Regular"
    setup.focus_name("start")
    hands.key("return")
    assert isinstance(app.top, PlayScreen)
    assert app.top.match.plan.difficulty == app.settings.text("difficulty") == "regular"


# The real thing


def test_the_games_advice_fits_the_window(app: App, tmp_path: Path) -> None:
    app.for_you = ForYou(app._plan_backend, lambda: [info.entry for info in app.library.playable])
    app.profile.follow(app.for_you)
    screen = open_levels(app)
    assert app.for_you.wait()
    assert app.for_you.messages == []
    app.frame(1 / 60)
    assert len(shown(screen)) == 3
    assert len(app.profile.repository.shown(app.profile.player)) == 3
    assert all(app.words.reason(card.suggestion.reason) for card in screen.shelf.cards)
    first = app.for_you.suggestions[0].item
    app.profile.rate(first, 1)
    before = app.for_you.outlooks[first].stars
    app.for_you.request()
    app.for_you.request_beliefs()
    assert app.for_you.wait()
    assert app.for_you.outlooks[first].stars < before
    assert app.for_you.beliefs is not None
    assert app.for_you.beliefs.ratings == 1


def test_a_new_grade_moves_what_is_expected_and_leaves_the_suggestions(app: App) -> None:
    from game.match.grading.gradebook import GradeBook

    app.for_you.request(3)
    asked = told(app, "asked")
    before = [each.item for each in app.for_you.suggestions]
    info = app.library.find(before[0])
    assert info is not None
    assert info.level is not None
    grade = GradeBook().find(info.level)
    assert grade is not None
    assert app.for_you.outlooks[before[0]].chance != grade.rate()
    app.for_you.learn_grade(info.level, grade)
    assert app.for_you.outlooks[before[0]].chance == grade.rate()
    assert app.for_you.suggestions[0].chance == grade.rate()
    assert [each.item for each in app.for_you.suggestions] == before
    assert told(app, "asked") == asked  # nothing was shown anew
    app.for_you.learn_grade(replace(info.level, source=app.folders.levels / "other.tmj"), grade)
    assert told(app, "graded") == [("graded", before[0])]
    app.for_you.request(3)
    assert len(told(app, "asked")) == len(asked) + 1  # what was learnt counts for the next


def test_a_level_whose_roster_is_edited_is_read_anew(app: App) -> None:
    app.for_you.request(3)
    first = advice_of(app)
    levels = list(app.for_you._levels())
    level = levels[-1].level
    assert level is not None
    plan = replace(level.roster[-1], brain="marksman" if level.roster[-1].brain != "marksman" else "chaser")
    edited = replace(levels[-1], level=replace(level, roster=(*level.roster[:-1], plan)))
    app.for_you._levels = lambda: [*levels[:-1], edited]
    app.for_you.request(3)
    assert advice_of(app) is not first


def test_what_is_believed_follows_the_matches_without_the_page_of_it(app: App) -> None:
    app.for_you.request(3)
    assert app.for_you.beliefs is not None
    before = app.for_you.beliefs.skill[-1].value
    app.profile.record_match(RECORD)
    app.for_you.request(3)
    assert app.for_you.beliefs.skill[-1].value > before
