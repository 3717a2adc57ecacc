"""The levels' pictures: drawn in a thread, only while somebody wants them."""

import threading
from dataclasses import replace

import pygame
import pytest

from game.app.app import App
from game.app.browse.level_library import LevelLibrary, info_of
from game.app.playing.launch import build_match, settings_choice
from game.core.levels.starter import starter_level
from game.core.sim import state as st
from game.player.level_items import level_numbers
from tests.app.opened import LEVEL


def test_pictures_are_drawn_in_a_thread_and_small_ones_come_from_larger_ones(app: App) -> None:
    library = LevelLibrary(app.folders)
    info = library.find(LEVEL)
    assert info is not None
    assert library.picture(info, (160, 90)) is None
    assert library.small_picture(info, (80, 45)) is None  # waits for the larger one
    assert library.wait()
    picture, small = library.picture(info, (160, 90)), library.small_picture(info, (80, 45))
    assert picture is not None
    assert small is not None
    assert (picture.get_size(), small.get_size()) == ((160, 90), (80, 45))
    assert library.small_picture(info, (80, 45)) is small
    assert library.small_picture(info, (320, 180)) is None
    assert library.wait()
    assert library.small_picture(info, (320, 180)) is not None
    library.close()


def test_sizes_that_nobody_wants_any_more_are_not_drawn(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[int, int]] = []
    gate = threading.Event()

    def draw(arena: object, size: tuple[int, int]) -> pygame.Surface:
        assert gate.wait(30)
        drawn.append(size)
        return pygame.Surface(size)

    monkeypatch.setattr("game.view.thumbnail.level_thumbnail", draw)
    library = LevelLibrary(app.folders)
    info = library.find(LEVEL)
    assert info is not None
    for width in range(100, 160):  # the window is dragged wider, frame by frame
        library.picture(info, (width, 90))
        library.poll()
    gate.set()
    assert library.wait()
    assert drawn == [(100, 90), (159, 90)]
    library.close()


def test_a_picture_that_cannot_be_drawn_is_told_once(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(arena: object, size: tuple[int, int]) -> pygame.Surface:
        raise ValueError("out of ink")

    monkeypatch.setattr("game.view.thumbnail.level_thumbnail", draw)
    info = app.library.find(LEVEL)
    assert info is not None
    assert [app.library.picture(info, (100, 90)) for _ in range(3)] == [None] * 3
    assert app.library.messages == [f"{LEVEL}: no picture (out of ink)"]


def test_a_person_on_team_1_is_played_there(app: App) -> None:
    level = starter_level("swapped")
    one, other = level.roster
    level = replace(level, roster=(replace(one, player=False), replace(other, player=True)))
    choice = replace(settings_choice(app, watch=False), brain="marksman", own_brain="idle")
    match = build_match(app, info_of(level), choice, seed=3)
    assert match.human_seat == 1
    assert match.plan.brain == app.opponents.label("marksman")
    assert app.opponents.assign(level, choice, 1) == {0: "marksman"}
    match.world.head[0, st.WINNER], match.world.head[0, st.DONE] = 1, 1
    assert match.outcome() == "won"
    numbers = level_numbers(level)
    assert (numbers["enemies"], numbers["allies"]) == (1, 0)
    match.close()
