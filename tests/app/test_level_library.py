"""The levels' pictures: drawn in a thread, only while somebody wants them."""

import threading
import time
from dataclasses import replace

import pygame
import pytest

from game.app.app import App
from game.app.browse import level_library
from game.app.browse.level_library import LevelLibrary, info_of
from game.app.playing.launch import build_match, settings_choice
from game.core.levels.generator import generate
from game.core.levels.starter import starter_level
from game.core.levels.writer import write_level
from game.core.sim import state as st
from game.player.level_items import level_numbers
from tests.app.fake_advice import InlineWorker
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


def folder_of(app: App, count: int) -> None:
    for seed in range(count):
        (app.folders.levels / f"own_{seed:03d}.tmj").write_bytes(write_level(generate(seed)))


def test_what_takes_longer_than_a_moment_is_read_in_the_thread(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level_library, "FRAME_READ_SECONDS", 0.0)
    monkeypatch.setattr(level_library, "WORKER_READ_SECONDS", 0.0)
    folder_of(app, 5)
    library = LevelLibrary(app.folders)
    assert len(library.levels) == len(library.builtin) + 1
    assert library.unread == 4
    for _ in range(1000):
        library.poll()
        if not library.unread:
            break
        time.sleep(0.005)
    assert [info.item for info in library.levels[-5:]] == [f"own_{seed:03d}" for seed in range(5)]
    assert library.changes
    library.close()


def test_a_second_run_reads_no_file(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(app, 4)
    monkeypatch.setattr("game.player.level_cache.YOUNG", -(10**12))  # as if the files were old
    first = LevelLibrary(app.folders, InlineWorker())
    assert first.find("own_003") is not None
    monkeypatch.setattr("game.player.level_cache.read_entry", None)
    second = LevelLibrary(app.folders, InlineWorker())
    second.prepare()
    assert [info.item for info in second.levels[-4:]] == [f"own_{seed:03d}" for seed in range(4)]
    info = second.find("own_002")
    assert info is not None
    assert info.level is not None
    assert info.level.digest == generate(2).digest


def test_a_level_that_changed_since_the_last_run_is_mended_by_itself(app: App) -> None:
    folder_of(app, 2)
    first = LevelLibrary(app.folders, InlineWorker())
    assert len(first.levels) > 2
    (app.folders.levels / "own_001.tmj").write_bytes(write_level(generate(9)))
    (app.folders.levels / "own_000.tmj").unlink()
    library = LevelLibrary(app.folders)
    assert [info.item for info in library.levels if not info.entry.builtin] == ["own_001"]
    assert library.wait()
    info = library.levels[-1]
    assert info.level is not None
    assert info.level.digest == generate(9).digest
    assert library.changes == 1
    library.close()


def test_a_level_is_found_as_its_file_is_now(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(app, 1)
    monkeypatch.setattr("game.player.level_cache.YOUNG", -(10**12))
    library = LevelLibrary(app.folders)
    before = library.find("own_000")
    assert before is not None
    assert library.find("own_000") is before
    (app.folders.levels / "own_000.tmj").write_bytes(write_level(generate(9)))
    info = library.find("own_000")
    assert info is not None
    assert info.level is not None
    assert info.level.digest == generate(9).digest
    assert library.find("nowhere") is None
    library.close()


def test_a_change_that_the_thread_has_read_already_is_found_too(app: App) -> None:
    folder_of(app, 1)
    library = LevelLibrary(app.folders, InlineWorker())
    before = library.find("own_000")
    assert before is not None
    (app.folders.levels / "own_000.tmj").write_bytes(write_level(generate(9)))
    library._read_some([before.entry.path], 1.0)  # what the thread does, between two frames
    info = library.find("own_000")
    assert info is not None
    assert info.level is not None
    assert info.level.digest == generate(9).digest
