"""The level list: broken levels, own ones, results and filters."""

import shutil
from pathlib import Path

import pygame
import pytest

from game.app.app import App
from game.app.browse.level_library import LevelLibrary
from game.app.browse.screen import LevelCard, LevelsScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.ui.dialog import Dialog, confirm
from game.core.levels.generator import generate
from game.core.levels.writer import write_level
from tests.app.conftest import Hands
from tests.app.opened import LEVEL, drawn, finish, open_levels, open_play


def test_a_broken_level_is_grey_and_tells_why(
    hands: Hands, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    (app.folders.levels / "wreck.tmj").write_text('{"width": -3}')
    (app.folders.levels / "noise.tmj").write_bytes(b"\x00\x01")
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    hands.frames(3)
    cards = {widget.name: widget for widget in screen.widgets if isinstance(widget, LevelCard)}
    assert set(cards) == {"wreck", "noise"}
    assert [card.info.count("error") for card in cards.values()].count(1) == 1
    lines = drawn(app, monkeypatch)
    assert "1 problem" in lines
    assert "1 problems" not in lines
    screen.focus_name("wreck")
    hands.key("return")
    dialog = app.top
    assert isinstance(dialog, Dialog)
    assert "wreck.tmj" in dialog.title
    errors = cards["wreck"].info.problems("error", "en")
    assert len(errors) > 1
    assert dialog.text.splitlines() == [str(app.folders.levels / "wreck.tmj"), *errors]
    hands.key("return")
    assert app.top is screen


def test_an_own_level_can_be_played(hands: Hands, app: App) -> None:
    from game.core.levels.catalogue import new_level

    new_level(app.folders.levels, "my_first")
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    screen.focus_name("my_first")
    hands.key("return")
    assert isinstance(app.top, SetupScreen)
    hands.key("return")
    assert isinstance(app.top, PlayScreen)
    hands.go()
    hands.frames(30)
    assert app.top.match.ticks > 20


def test_the_list_shows_results_and_opens_at_the_last_level(hands: Hands, app: App) -> None:
    play = open_play(app)
    finish(app)
    play._record()
    app.back()
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


def test_own_levels_folder_is_named_when_it_is_empty(app: App, tmp_path: Path) -> None:
    screen = LevelsScreen(app)
    app.push(screen)
    screen._show("mine")
    app.frame(1 / 60)
    assert screen.focus is screen.tabs


def test_levels_that_are_read_meanwhile_join_the_grid(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.app.browse.level_library.FRAME_READ_SECONDS", 0.0)
    monkeypatch.setattr("game.app.browse.level_library.WORKER_READ_SECONDS", 0.0)
    for seed in range(4):
        (app.folders.levels / f"own_{seed}.tmj").write_bytes(write_level(generate(seed)))
    app.library = LevelLibrary(app.folders)
    screen = open_levels(app)
    app.library.wait()
    for _ in range(40):
        app.frame(1 / 60)
    names = [widget.name for widget in screen.widgets]
    assert [name for name in names if name.startswith("own_")] == [f"own_{seed}" for seed in range(4)]
    assert app.library.unread == 0


def test_a_level_that_was_changed_behind_the_list_is_new_on_return(app: App) -> None:
    path = app.folders.levels / "own.tmj"
    path.write_bytes(write_level(generate(1)))
    screen = open_levels(app)
    app.open_dialog(confirm(app, "Sure?", "", "Yes", lambda: None))
    path.write_bytes(write_level(generate(2)))
    app.back()
    card = next(widget for widget in screen.widgets if widget.name == "own")
    assert isinstance(card, LevelCard)
    assert card.info.level is not None
    assert card.info.level.digest == generate(2).digest


def settled(app: App, screen: LevelsScreen, seconds: float = 2.0) -> None:
    """Let time pass on the library's clock, as if nobody did anything."""
    for _ in range(6):
        app.library._looked -= seconds
        app.frame(0.5)


def picture_at(app: App, name: str) -> bytes:
    """The card's picture as it is drawn."""
    card = next(widget for widget in app.top.widgets if widget.name == name)  # type: ignore[attr-defined]
    target = pygame.Surface(app.window.surface.get_size())
    card.rect = pygame.Rect(20, 20, 200, 180)
    card.draw(target, app.kit)
    assert isinstance(card, LevelCard)
    return pygame.image.tobytes(target.subsurface((28, 28, 184, 100)), "RGB")


def test_a_level_that_is_edited_while_the_list_is_open_has_its_new_picture(app: App) -> None:
    path = app.folders.levels / "own.tmj"
    path.write_bytes(write_level(generate(1)))
    screen = open_levels(app)
    screen._show("mine")
    settled(app, screen)
    old = picture_at(app, "own")
    path.write_bytes(write_level(generate(2)))
    settled(app, screen)
    card = next(widget for widget in screen.widgets if isinstance(widget, LevelCard))
    assert card.info.level is not None
    assert card.info.level.digest == generate(2).digest
    new = picture_at(app, "own")
    assert new != old
    path.write_bytes(write_level(generate(1)))
    settled(app, screen)
    assert picture_at(app, "own") == old


def test_files_that_come_and_go_while_the_list_is_open_are_seen(app: App) -> None:
    screen = open_levels(app)
    screen._show("mine")
    path = app.folders.levels / "own.tmj"
    path.write_bytes(write_level(generate(1)))
    settled(app, screen)
    assert any(widget.name == "own" for widget in screen.widgets)
    path.unlink()
    settled(app, screen)
    assert not any(widget.name == "own" for widget in screen.widgets)


@pytest.mark.parametrize("unlisted", ["", "E050", "E051"])
def test_what_nobody_changes_is_not_read_or_kept_again(
    app: App, monkeypatch: pytest.MonkeyPatch, unlisted: str
) -> None:
    monkeypatch.setattr("game.player.level_cache.YOUNG", -(10**12))  # as if the files were old
    for number in range(2):
        (app.folders.levels / f"own_{number}.tmj").write_bytes(write_level(generate(1)))
    if unlisted == "E050":
        shutil.rmtree(app.folders.levels)
        app.folders.levels.write_bytes(b"")  # no folder: it cannot be listed
    if unlisted == "E051":
        monkeypatch.setattr("game.core.levels.catalogue.MAX_USER_LEVELS", 1)
    screen = open_levels(app)
    lines = [each.code for info in app.library.levels for each in info.entry.problems if info.level is None]
    assert lines == [unlisted] * bool(unlisted)
    settled(app, screen)
    changes = app.library.changes
    monkeypatch.setattr("game.player.level_cache.LevelCache.read", None)
    monkeypatch.setattr("game.player.level_cache.LevelCache.save", None)
    settled(app, screen)
    assert app.library.changes == changes


def test_the_set_up_follows_the_file(hands: Hands, app: App) -> None:
    path = app.folders.levels / "own.tmj"
    path.write_bytes(write_level(generate(1)))
    screen = open_levels(app)
    screen._show("mine")
    settled(app, screen)
    path.write_bytes(write_level(generate(2)))
    screen.focus_name("own")
    hands.key("return")  # before the list has looked again
    assert isinstance(app.top, SetupScreen)
    assert app.top.info.level is not None
    assert app.top.info.level.digest == generate(2).digest
    path.write_bytes(write_level(generate(3)))
    settled(app, screen)
    assert app.top.info.level.digest == generate(3).digest
    path.write_bytes(write_level(generate(4)))
    hands.key("return")
    assert isinstance(app.top, PlayScreen)
    assert app.top.match.level.digest == generate(4).digest


def test_a_file_that_breaks_under_the_set_up_leads_back_to_the_list(hands: Hands, app: App) -> None:
    path = app.folders.levels / "own.tmj"
    path.write_bytes(write_level(generate(1)))
    screen = open_levels(app)
    screen._show("mine")
    screen.focus_name("own")
    hands.key("return")
    assert isinstance(app.top, SetupScreen)
    path.write_text("{")
    hands.key("return")
    assert app.top is screen


def test_the_mouse_focuses_cards_again_after_a_click_has_opened_the_set_up(hands: Hands, app: App) -> None:
    screen = open_levels(app)
    screen._show("eliminate")
    hands.frames(2)
    first, second = [widget for widget in screen.widgets if isinstance(widget, LevelCard)][:2]
    hands.click(first.rect.center)
    assert isinstance(app.top, SetupScreen)
    app.back()
    hands.frames(2)
    first, second = [widget for widget in screen.widgets if isinstance(widget, LevelCard)][:2]
    for card in (second, first):
        hands.move(card.rect.center)
        assert screen.focus is card
