"""A match follows the file of its level: saved in an editor, it begins anew; broken, the last sound level plays on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from game.app.app import App
from game.app.browse.level_library import LevelInfo, info_of
from game.app.playing import hot_reload
from game.app.playing.launch import open_match, settings_choice
from game.app.playing.screen import PlayScreen
from game.core.levels.catalogue import new_level
from game.core.levels.starter import starter_level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.player.watched_level import SETTLED
from tests.app.conftest import Hands
from tests.app.fake_advice import InlineWorker
from tests.app.opened import LEVEL, drawn, finish


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look in every frame, at once."""
    monkeypatch.setattr(hot_reload, "SECONDS", 0.0)
    monkeypatch.setattr(hot_reload, "Worker", lambda name: InlineWorker())
    monkeypatch.setattr("game.player.watched_level.SETTLED", 0.0)


@pytest.fixture
def path(app: App) -> Path:
    return new_level(app.folders.levels, "canyon")[0]


def edited(*, x: int = 3, brain: str = "") -> bytes:
    level = starter_level("canyon")
    spawn = replace(level.arena.spawns[0], x=x)
    roster = (level.roster[0], replace(level.roster[1], brain=brain))
    arena = replace(level.arena, spawns=(spawn, *level.arena.spawns[1:]))
    return write_level(replace(level, arena=arena, roster=roster))


def listed(app: App) -> LevelInfo:
    app.library.refresh()
    info = app.library.find("canyon")
    assert info is not None
    return info


def play(app: App, info: LevelInfo, *, watch: bool = False) -> PlayScreen:
    choice = replace(
        settings_choice(app, watch=watch), difficulty="ace", tank_class="heavy", brains=("marksman",)
    )
    open_match(app, info, choice)
    screen = app.top
    assert isinstance(screen, PlayScreen)
    app.frame(1 / 60)
    screen.countdown.stop()
    return screen


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize("way", ["path", "list"])
def test_a_save_begins_the_match_anew_with_the_same_choices(
    app: App, hands: Hands, path: Path, way: str
) -> None:
    screen = play(app, info_of(read_level(path)) if way == "path" else listed(app))
    hands.frames(90)
    first, choice = screen.match, screen.choice
    assert first.ticks > 60
    path.write_bytes(edited())
    hands.frames(2)
    assert screen.match is not first
    assert screen.match.level.arena.spawns[0].x == 3
    assert screen.choice == choice
    assert screen.match.plan.difficulty == "ace"
    assert app.toasts.texts() == ["Level reloaded"]
    assert screen.info.level is screen.match.level


@pytest.mark.usefixtures("inline")
def test_a_match_that_a_save_breaks_off_is_no_result(app: App, hands: Hands, path: Path) -> None:
    play(app, listed(app))
    hands.frames(90)
    path.write_bytes(edited())
    hands.frames(5)
    assert app.profile.best("canyon") is None
    assert list(app.folders.replays.iterdir()) == []
    app.back()  # left before it began anew for long: the twin, after a second, is kept
    play(app, listed(app))
    hands.frames(90)
    app.back()
    assert len(list(app.folders.replays.iterdir())) == 1


@pytest.mark.usefixtures("inline")
def test_a_match_that_was_over_counts_once_and_its_results_close(app: App, hands: Hands, path: Path) -> None:
    screen = play(app, listed(app))
    hands.frames(70)
    finish(app)
    for _ in range(40):
        app.frame(0.1)
    assert app.top.name == "results"
    path.write_bytes(edited())
    hands.frames(3)
    assert app.top is screen
    assert not screen.match.over
    best = app.profile.best("canyon")
    assert best is not None
    assert (best.played, best.won) == (1, 1)


@pytest.mark.usefixtures("inline")
@pytest.mark.parametrize(("language", "told"), [("en", "The file has 1 problem"), ("zh", "文件有 1 个问题")])
def test_errors_stand_over_the_last_sound_level_until_they_are_mended(
    app: App, hands: Hands, path: Path, language: str, told: str
) -> None:
    app.change_setting("language", language)
    screen = play(app, listed(app))
    hands.frames(5)
    match, good = screen.match, path.read_bytes()
    path.write_bytes(b"{")
    hands.frames(3)
    pinned = app.toasts.pinned
    assert pinned is not None
    assert told in pinned.heading
    assert "canyon.tmj" in pinned.paragraphs[0]
    assert ("行" in pinned.paragraphs[0]) == (language == "zh")
    assert screen.match is match
    before = match.ticks
    hands.frames(30)
    assert match.ticks > before
    screen.pause()
    hands.frames(1)
    hands.click_widget("problems")
    assert app.top.name == "problems"
    app.back(levels=2)
    path.write_bytes(good)
    hands.frames(3)
    assert app.toasts.pinned is None
    assert screen.match is match
    screen.pause()
    hands.frames(1)
    assert not hands.widget("problems").visible
    path.write_bytes(b"{")
    hands.frames(3)
    assert app.toasts.pinned is not None
    app.back(levels=2)
    assert app.toasts.pinned is None


@pytest.mark.usefixtures("inline")
def test_a_paused_match_begins_anew_behind_the_menu(app: App, hands: Hands, path: Path) -> None:
    screen = play(app, listed(app))
    hands.frames(5)
    screen.focus_lost()
    assert app.top.name == "pause"
    path.write_bytes(edited(brain="huntr"))
    hands.frames(3)
    assert app.top.name == "pause"
    assert screen.match.level.arena.spawns[0].x == 3
    assert app.toasts.texts() == ["Level reloaded: 1 warning"]
    assert screen.match.ticks == 0


@pytest.mark.usefixtures("inline")
def test_what_is_watched_goes_on_in_the_background_and_keeps_its_camera(
    app: App, hands: Hands, path: Path
) -> None:
    screen = play(app, listed(app), watch=True)
    screen._focus_seat = 1
    screen.focus_lost()
    assert app.top is screen
    path.write_bytes(edited())
    hands.frames(3)
    assert screen.match.level.arena.spawns[0].x == 3
    assert screen._focus_seat == 1


def test_a_built_in_level_is_not_followed(app: App) -> None:
    info = app.library.find(LEVEL)
    assert info is not None
    screen = play(app, info, watch=True)
    assert not screen.reload.active
    screen.focus_lost()
    assert app.top.name == "pause"


def test_the_files_are_read_in_a_thread(app: App, hands: Hands, path: Path) -> None:
    screen = play(app, listed(app))
    path.write_bytes(edited())
    for _ in range(300):
        hands.frames(1)
        if screen.match.level.arena.spawns[0].x == 3:
            break
        screen.reload._worker.wait()
        screen.reload._next = 0.0
    assert screen.match.level.arena.spawns[0].x == 3
    assert SETTLED > hot_reload.SECONDS


@pytest.mark.usefixtures("inline")
def test_more_errors_than_have_room_are_counted(
    app: App, hands: Hands, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = play(app, listed(app))
    data = json.loads(path.read_bytes())
    cells = [{"id": n, "x": 900, "y": 5, "type": "cell", "point": True} for n in range(10, 50)]
    data["layers"].append({"type": "objectgroup", "name": "cells", "objects": cells})
    path.write_text(json.dumps(data))
    hands.frames(3)
    assert app.toasts.pinned is not None
    assert len(app.toasts.pinned.paragraphs) == 40
    assert screen.reload.broken is not None
    assert "{count}" in app.toasts.pinned.more
    lines: dict[str, list[str]] = {}
    for name in ("play", "pause", "problems"):
        if name != "play":
            app.show(name, *((screen,) if name == "pause" else (screen.reload.broken,)))
        lines[name] = [line for line in drawn(app, monkeypatch) if "and " in line and " more: pause" in line]
    assert [len(found) for found in lines.values()] == [
        1,
        1,
        0,
    ]  # the list of problems says all of them itself
    shown = 40 - int(lines["play"][0].split()[1])
    assert 3 <= shown < 12
