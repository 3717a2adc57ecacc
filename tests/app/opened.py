"""Ways to open every screen, and what tests ask of any of them."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pygame
import pytest

from game.app.app import App
from game.app.browse.problems_screen import ProblemsScreen
from game.app.browse.screen import LevelsScreen
from game.app.browse.shelf import SuggestionCard
from game.app.jukebox.changes import ChangesScreen, list_changes
from game.app.jukebox.compose_panel import ComposeScreen
from game.app.jukebox.edit import EditScreen
from game.app.jukebox.pick import PickScreen
from game.app.jukebox.rename import RenameScreen
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.settings_screen import SettingsScreen
from game.app.playing.launch import open_match, settings_choice
from game.app.playing.pause import PauseScreen
from game.app.playing.prepare import PrepareScreen
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.ui.dialog import confirm
from game.app.ui.screen import Screen
from game.core.sim import state as st
from music.midi.remarks import REMARKS, remark
from tests.app.fake_advice import FakeAdvice
from tests.core.levels.hostile import sound_map
from tests.music.fakes import fake_generators

LEVEL = "first_light"
REMARK_FIELDS = (
    "tempo", "low", "high", "count", "sharps", "mode", "tonic", "moved", "notes", "names", "said", "found", "title", "voices",
)  # fmt: skip


def in_small_window(app: App, language: str, scale: float) -> None:
    """Show the program in the smallest window that is promised to hold everything, in a language and at a scale."""
    app.overrides["language"] = language
    app.settings.set("ui_scale", scale)
    app.window.surface = pygame.display.set_mode((1280, 720))
    app.apply_settings()


def finish(app: App, winner: int = 0) -> None:
    """End the running match in favour of a team, as the core would."""
    match = app.current_match()
    assert match is not None
    match.world.head[match.w, st.WINNER] = winner
    match.world.head[match.w, st.DONE] = 1


def open_play(app: App, *, watch: bool = False, counting: bool = False) -> PlayScreen:
    """A match that runs; `counting`: its countdown has just begun."""
    info = app.library.find(LEVEL)
    assert info is not None
    open_match(app, info, settings_choice(app, watch=watch))
    play = app.top
    assert isinstance(play, PlayScreen)
    if not counting:
        play.countdown.stop()
    return play


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
        screen.actions.compose(mood, 0.5, 8, 1)
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
    rows = jukebox.actions._levels(jukebox.chosen)
    return pushed(app, PickScreen(app, "Where?", lambda: rows, lambda item: None))


def open_rename(app: App) -> Screen:
    jukebox = open_jukebox(app)
    assert jukebox.entry is not None
    return pushed(app, RenameScreen(app, jukebox.entry.piece, lambda title: None))


def open_changes(app: App) -> Screen:
    jukebox = open_jukebox(app)
    assert jukebox.entry is not None
    lines = [remark(code, **dict.fromkeys(REMARK_FIELDS, "3")) for code in REMARKS]
    told = {**jukebox.entry.piece.origin, "import": {"file": "a.mid", "remarks": lines}}
    piece = replace(jukebox.entry.piece, origin=told)
    return pushed(app, ChangesScreen(app, "What changed", list_changes(app.kit.strings, piece)))


def advice_of(app: App) -> FakeAdvice:
    advice = app.for_you._backend
    assert isinstance(advice, FakeAdvice)
    return advice


def told(app: App, kind: str) -> list[tuple[object, ...]]:
    return [row for row in advice_of(app).told if row[0] == kind]


def open_levels(app: App) -> LevelsScreen:
    screen = LevelsScreen(app)
    app.push(screen)
    app.frame(1 / 60)
    return screen


def shown(screen: LevelsScreen) -> list[str]:
    return [widget.info.item for widget in screen.widgets if isinstance(widget, SuggestionCard)]


def pushed(app: App, screen: Screen) -> Screen:
    app.push(screen)
    return screen


def open_problems(app: App) -> Screen:
    """What is wrong with a level, more than has room."""
    cells = [{"id": n, "x": 900, "y": 5, "type": "cell"} for n in range(40)]
    data = {**sound_map(), "layers": [{"type": "objectgroup", "name": "cells", "objects": cells}]}
    (app.folders.levels / "wreck.tmj").write_text(json.dumps(data))
    app.library.refresh()
    info = app.library.find("wreck")
    assert info is not None
    return pushed(app, ProblemsScreen(app, info))


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
    "problems": open_problems,
    "prepare": lambda app: pushed(app, PrepareScreen(app, lambda: None)),
    "jukebox": open_jukebox,
    "jukebox shipped": open_shipped,
    "jukebox edit": open_edit,
    "jukebox compose": lambda app: pushed(app, ComposeScreen(app, lambda *_: None)),
    "jukebox pick": open_pick,
    "jukebox rename": open_rename,
    "jukebox changes": open_changes,
}
SIZES = {"usual": (1280, 720), "small": (640, 360), "tall": (800, 1000), "wide": (2560, 1080)}


def walked(screen: Screen, step: Callable[[str], None]) -> set[str]:
    """Names of the widgets that the focus reaches by trying every direction from each of them; each is drawn with it once."""
    app = screen.stage
    graph = screen.graph()
    targets = screen.targets()
    assert screen.focus is not None
    seen = {screen.focus.name}
    waiting = [screen.focus.name]
    while waiting:
        name = waiting.pop()
        widget = next(widget for widget in targets if widget.name == name)
        screen.set_focus(widget, sound=False)
        app.draw(1.0)
        for direction in ("up", "down", "left", "right"):
            if widget.adjusts and direction in ("left", "right"):
                continue
            screen.set_focus(widget, sound=False)
            with undrawn(app):
                step(direction)
            assert screen.focus is not None
            if screen.focus.name not in seen:
                seen.add(screen.focus.name)
                waiting.append(screen.focus.name)
    assert graph.reachable(0) == set(range(len(targets)))
    return seen


@contextmanager
def undrawn(app: App) -> Iterator[None]:
    """Let frames that nobody looks at take no time: all of a frame but its picture."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "draw", lambda alpha: None)
        yield


def layout_faults(screen: Screen, size: tuple[int, int]) -> list[str]:
    """What is wrong with a layout: widgets that are tiny, outside the window, on each other or on the prompts."""
    window, foot = pygame.Rect((0, 0), size), screen.prompts_box()
    targets = screen.targets()
    faults = []
    for n, widget in enumerate(targets):
        if widget.rect.width <= 10 or widget.rect.height <= 10:
            faults.append(f"{widget.name} is tiny")
        if not widget.scrolls and not window.contains(widget.rect):
            faults.append(f"{widget.name} leaves the window")
        if not widget.scrolls and widget.rect.colliderect(foot):
            faults.append(f"{widget.name} lies on the prompts")
        for other in targets[n + 1 :]:
            if widget.scrolls == other.scrolls and widget.rect.colliderect(other.rect):
                faults.append(f"{widget.name} lies on {other.name}")
    return faults


def texts_outside(app: App, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every line of text that the next picture would have beyond the window: at its sides, or below it where all is shown."""
    outside = []
    text = app.kit.text

    def listen(target: pygame.Surface, line: str, *args: Any, **options: Any) -> pygame.Rect:
        box = text(target, line, *args, **options)
        if target is not app.window.surface:  # a scratch surface, on which a width is measured
            return box
        whole, seen = target.get_rect(), target.get_clip()
        cut = seen != whole  # a list that scrolls
        beyond = box.left < 0 or box.right > whole.right
        if (not cut and not whole.contains(box)) or (cut and beyond and seen.colliderect(box)):
            outside.append(f"{line!r} at {tuple(box)}")
        return box

    with monkeypatch.context() as patch:
        patch.setattr(app.kit, "text", listen)
        app.draw(1.0)
    return outside


def drawn(app: App, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every line of text that the next picture has."""
    lines = []
    text = app.kit.text

    def listen(target: pygame.Surface, line: str, *args: Any, **options: Any) -> pygame.Rect:
        lines.append(line)
        return text(target, line, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(app.kit, "text", listen)
        app.draw(1.0)
    return lines


def layout_faults_anywhere(screen: Screen) -> dict[tuple[str, float], list[str]]:
    """What is wrong with a layout, by the window's size and the scale of texts, over all of them."""
    faults = {}
    for name, size in SIZES.items():
        for scale in (0.8, 1.0, 1.4):
            screen.kit.resize(size, scale)
            screen.place()
            if found := layout_faults(screen, size):
                faults[name, scale] = found
    return faults
