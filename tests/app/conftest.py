"""A window without a screen: an app on dummy drivers, in a folder of its own, driven by synthetic events."""

from collections.abc import Iterator
from pathlib import Path

import pygame
import pytest

from game.app.app import App
from game.app.browse.level_library import LevelLibrary
from game.app.foryou.service import ForYou
from game.app.grades.known import KnownGrades
from game.app.input.keyboard import SCANCODES, key_input
from game.app.input.pads import AXES, BUTTONS
from game.app.menu.title import TitleScreen
from game.app.playing.screen import PlayScreen
from game.app.strings import Strings
from game.app.ui.widgets import Widget
from game.app.window_options import AppOptions
from game.player.paths import UserFolders
from game.player.settings import load_settings
from tests.app.fake_advice import InlineWorker, fake_plan

BUTTON_NUMBERS = {name: number for number, name in BUTTONS.items()}
AXIS_NUMBERS = {name: number for number, name in AXES.items()}
FRAME = 1 / 60
SIZE = (640, 360)  # small, so that drawing costs little


class Hands:
    """Presses keys, buttons and the mouse of an app, one frame for each change."""

    def __init__(self, app: App) -> None:
        self.app = app

    def frames(self, count: int) -> None:
        for _ in range(count):
            self.app.frame(FRAME)

    def go(self) -> None:
        """Wait for the end of the countdown."""
        play = self.app.top
        assert isinstance(play, PlayScreen)
        while play.countdown.running:
            self.app.frame(0.2)

    def listen(self) -> None:
        """Wait until a screen that opened by itself takes presses."""
        while self.app.guard.up:
            self.app.frame(0.1)

    def send(self, kind: int, **values: object) -> None:
        self.app.post(pygame.event.Event(kind, values))
        self.app.frame(FRAME)

    def key(self, name: str) -> None:
        self.hold_key(name)
        self.hold_key(name, down=False)

    def hold_key(self, name: str, *, down: bool = True) -> None:
        """Press or let go of the key that a US keyboard calls so."""
        code = next(
            number for number in vars(pygame).values() if isinstance(number, int) and _is_key(number, name)
        )
        self.hold_scancode(code, SCANCODES.get(name, 0), down=down)

    def hold_scancode(self, code: int, scancode: int, *, down: bool = True) -> None:
        """Press or let go of the key at a place, on a layout that prints `code` there."""
        kind = pygame.KEYDOWN if down else pygame.KEYUP
        self.send(kind, key=code, mod=0, unicode="", scancode=scancode)

    def pad(self, name: str) -> None:
        self.send(pygame.CONTROLLERBUTTONDOWN, instance_id=0, button=BUTTON_NUMBERS[name])
        self.send(pygame.CONTROLLERBUTTONUP, instance_id=0, button=BUTTON_NUMBERS[name])

    def stick(self, axis: str, value: float) -> None:
        self.send(
            pygame.CONTROLLERAXISMOTION, instance_id=0, axis=AXIS_NUMBERS[axis], value=round(value * 32767)
        )

    def move(self, position: tuple[int, int]) -> None:
        self.send(pygame.MOUSEMOTION, pos=position, rel=(5, 5), buttons=(0, 0, 0))

    def click(self, position: tuple[int, int]) -> None:
        self.move(position)
        self.send(pygame.MOUSEBUTTONDOWN, pos=position, button=1)
        self.send(pygame.MOUSEBUTTONUP, pos=position, button=1)

    def wheel(self, notches: int) -> None:
        self.send(pygame.MOUSEWHEEL, x=0, y=notches)

    def widget(self, name: str) -> Widget:
        return next(widget for widget in self.app.top.widgets if widget.name == name)

    def click_widget(self, name: str) -> None:
        self.click(self.widget(name).rect.center)


def _is_key(number: int, name: str) -> bool:
    return key_input(number) == f"key:{name}"


@pytest.fixture(autouse=True)
def every_text_is_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A screen that asks for a text which the catalogue lacks shows its key: the test that saw it fails."""
    missing: set[str] = set()
    call = Strings.__call__

    def looked_up(strings: Strings, key: str, **values: object) -> str:
        if not strings.has(key) and not key.startswith("no.such"):
            missing.add(key)
        return call(strings, key, **values)

    monkeypatch.setattr(Strings, "__call__", looked_up)
    yield
    assert missing == set()


@pytest.fixture
def folders(tmp_path: Path) -> UserFolders:
    folders = UserFolders(tmp_path / "player")
    folders.create()
    return folders


@pytest.fixture
def app(folders: UserFolders) -> Iterator[App]:
    """An app on its title screen; kernels are compiled when first called, nothing plays behind the menus.

    What it suggests comes from a fake, at once.
    """
    app = App(
        AppOptions(seed=5, language="en", size=SIZE), folders, load_settings(folders.settings), real=False
    )
    app.warm.ready = True
    app.backdrop.give_up()
    app.library = LevelLibrary(app.folders, InlineWorker())
    app.for_you = ForYou(fake_plan, lambda: [info.entry for info in app.library.playable], InlineWorker())
    app.profile.follow(app.for_you)
    app._grades = KnownGrades(folders.cache, app.profile, active=False, worker=InlineWorker())
    app.profile.follow(app._grades)
    app.push(TitleScreen(app))
    yield app
    app.close()


@pytest.fixture
def hands(app: App) -> Hands:
    return Hands(app)
