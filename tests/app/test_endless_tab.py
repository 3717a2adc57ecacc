"""The page of endless levels: what fits, nearest first, a page at a time; what was played is apart."""

from dataclasses import replace

import pygame
import pytest

from game.app.app import App
from game.app.browse.card import LevelCard
from game.app.browse.endless_tab import PAGE, EndlessRequest, find_page
from game.app.browse.screen import LevelsScreen
from game.app.grades.edge import ENOUGH, PlayerEdge, fitting_levels, player_edge, short_objectives
from game.app.playing.setup_screen import SetupScreen
from game.app.strings import LANGUAGES
from game.core import rules
from game.match.grading.endless_shelf import shelf
from game.match.grading.grade import OFFERED
from recommender.advisor.skill import SkillPoint
from tests.app.conftest import Hands
from tests.app.fake_advice import RECORD
from tests.app.opened import drawn, in_small_window, open_levels

FIT = PlayerEdge(25.0, "regular", 0.7)


def cards(screen: LevelsScreen) -> list[LevelCard]:
    return [widget for widget in screen.widgets if isinstance(widget, LevelCard)]


def names(kind: str, first: int = 0, fit: PlayerEdge = FIT, played: tuple[str, ...] = ()) -> list[str]:
    return [info.item for info in find_page(shelf(), EndlessRequest(kind, first, fit, played), {}).infos]


def test_the_nearest_to_the_edge_come_first_and_only_what_is_offered() -> None:
    known = {one.name: one.grade.chance(FIT.strength, FIT.difficulty) for one in shelf()}
    total = find_page(shelf(), EndlessRequest("all", 0, FIT, ()), {}).total
    found = [name for first in range(0, total, PAGE) for name in names("all", first)]
    assert len(found) == total == len(set(found))
    away = [abs(known[name] - 0.7) for name in found]
    assert away == pytest.approx(sorted(away), abs=1e-5)
    assert all(OFFERED[0] <= known[name] <= OFFERED[1] for name in found)
    may = {one.name for one in shelf() if one.grade.may_be_offered(FIT.strength, FIT.difficulty)}
    assert set(found) == may


def test_what_fits_depends_on_the_player_and_the_difficulty() -> None:
    weak, strong = (set(names("all", 0, FIT._replace(strength=strength))) for strength in (18.0, 32.0))
    assert not weak & strong
    assert set(names("all", 0, FIT._replace(difficulty="ace"))) != set(names("all"))


@pytest.mark.parametrize("objective", rules.OBJECTIVE_NAMES)
def test_one_objective(objective: str) -> None:
    found = names(objective)
    assert len(found) == PAGE
    assert {name.split("-")[1] for name in found} == {objective}


def test_played_levels_are_apart() -> None:
    first, second, *_ = names("all")
    assert first not in names("all", played=(first,))
    assert names("played", played=("foundry", first, "rings-defend-17")) == [first, "rings-defend-17"]
    assert second in names("all", played=(first,))


def test_a_page_beyond_the_end_is_the_last() -> None:
    page = find_page(shelf(), EndlessRequest("collect", 10**6, FIT, ()), {})
    assert page.first + len(page.infos) == page.total
    assert page.infos


def test_objectives_of_which_little_is_left_are_told() -> None:
    found = fitting_levels(shelf(), FIT, ())
    counts = {name: len(rows) for name, rows in found.items()}
    assert min(counts.values()) >= ENOUGH
    assert short_objectives(counts) == ()
    assert short_objectives({**counts, "defend": ENOUGH - 1, "survive": 3}) == ("survive", "defend")
    levels = [one for one in shelf() if one.objective != "defend"]
    assert find_page(levels, EndlessRequest("defend", 0, FIT, ()), {}).infos == ()


def test_the_players_edge_is_what_the_recommender_and_the_settings_say(app: App) -> None:
    app.settings.set("difficulty", "ace")
    before = player_edge(app.settings, app.for_you)
    assert before == PlayerEdge(25.0, "ace", pytest.approx(0.7), known=False)
    app.for_you.prepare()
    assert app.for_you.beliefs is not None
    strength = app.for_you.beliefs.skill[-1].value
    assert player_edge(app.settings, app.for_you) == before._replace(strength=strength, known=True)


def test_the_page_opens_turns_and_plays(hands: Hands, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = open_levels(app)
    screen._show("endless")
    hands.frames(2)
    assert len(cards(screen)) == PAGE
    assert any("the most suitable first" in line for line in drawn(app, monkeypatch))
    first = [card.info.item for card in cards(screen)]
    screen.focus_name("more")
    hands.key("return")
    hands.frames(2)
    second = [card.info.item for card in cards(screen)]
    assert not set(first) & set(second)
    assert screen.focus is cards(screen)[0]
    screen.focus_name("earlier")
    hands.key("return")
    hands.frames(2)
    assert [card.info.item for card in cards(screen)] == first
    screen.focus_name(first[0])
    hands.key("return")
    assert isinstance(app.top, SetupScreen)
    assert app.top.info.item == first[0]


def test_a_played_level_moves_to_the_played_ones(hands: Hands, app: App) -> None:
    screen = open_levels(app)
    screen._show("endless")
    item = cards(screen)[0].info.item
    app.profile.record_match(replace(RECORD, level=item))
    screen.opened()
    hands.frames(2)
    assert item not in [card.info.item for card in cards(screen)]
    screen.endless._choose("played")
    hands.frames(2)
    assert [card.info.item for card in cards(screen)] == [item]
    assert screen.best[item].won == 1


def test_a_page_without_levels_says_why(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.match.grading.endless_kept.EndlessGrades.levels", ())
    screen = open_levels(app)
    screen._show("endless")
    app.frame(1 / 60)
    assert app.kit.strings("endless.none") in drawn(app, monkeypatch)
    screen.endless._choose("played")
    app.frame(1 / 60)
    assert app.kit.strings("endless.none_played") in drawn(app, monkeypatch)
    assert screen.focus is screen.tabs


def test_nothing_is_looked_for_until_the_page_is_opened(app: App) -> None:
    screen = open_levels(app)
    assert app.grades._endless._kept is None
    screen._show("endless")
    assert app.grades._endless._kept is not None


def test_the_details_tell_the_players_own_chance(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.window.surface = pygame.display.set_mode((1280, 720))
    app._fit()
    app.for_you.prepare()
    screen = open_levels(app)
    screen._show("endless")
    app.frame(1 / 60)
    card = cards(screen)[0]
    screen.set_focus(card)
    assert card.info.level is not None
    grade = app.grades.hardness(card.info.level).grade
    edge = player_edge(app.settings, app.for_you)
    assert grade is not None
    chance = round(100 * grade.chance(edge.strength, edge.difficulty))
    said = drawn(app, monkeypatch)
    assert said.index("You") < said.index(f"{chance}% to finish") < said.index("Standard player, Rookie")


def test_the_page_is_looked_for_again_when_the_player_is_known(hands: Hands, app: App) -> None:
    screen = open_levels(app)
    app.for_you.beliefs = None
    screen._show("endless")
    hands.frames(2)
    before = [card.info.item for card in cards(screen)]
    app.for_you.prepare()
    app.for_you.request_beliefs()
    beliefs = app.for_you.beliefs
    assert beliefs is not None
    app.for_you.beliefs = replace(beliefs, skill=(*beliefs.skill, SkillPoint(9.0, 34.0, 1.0)))
    hands.frames(2)
    after = [card.info.item for card in cards(screen)]
    assert after != before
    expected = find_page(shelf(), EndlessRequest("all", 0, player_edge(app.settings, app.for_you), ()), {})
    assert after == [info.item for info in expected.infos]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_the_details_keep_every_row(
    app: App, monkeypatch: pytest.MonkeyPatch, language: str, scale: float
) -> None:
    in_small_window(app, language, scale)
    app.for_you.prepare()
    screen = open_levels(app)
    screen._show("endless")
    app.frame(1 / 60)
    for card in cards(screen)[:6]:
        screen.set_focus(card)
        said, strings = drawn(app, monkeypatch), app.kit.strings
        for key in ("for_you.expected", "grade.tries", "levels.size", "levels.won", "levels.your_stars"):
            assert strings(key) in said, key
