"""A window without a screen: an app on dummy drivers, in a separate folder, driven by synthetic events."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pygame
import pytest

from game.app.app import App
from game.app.browse.level_library import LevelLibrary
from game.app.foryou.service import ForYou
from game.app.grades.known import LevelGrades
from game.app.input.keyboard import SCANCODES, key_input
from game.app.input.pads import AXES, BUTTONS
from game.app.menu.title import TitleScreen
from game.app.playing.screen import PlayScreen
from game.app.strings import Strings
from game.app.ui.widgets import Widget
from game.app.window_options import AppOptions
from game.core.levels.model import arena_digest
from game.core.sim.arena import Arena
from game.match.brain_library import SHIPPED, SHIPPED_FOLDER, BrainEntry, _entry
from game.player.paths import UserFolders
from game.player.settings import load_settings
from game.view.options import RenderOptions
from game.view.palette import Theme
from game.view.scene import Scene
from game.view.thumbnail import level_thumbnail
from music.library import SHIPPED_PIECES
from music.piece import Piece, read_piece
from tests.app.fake_advice import InlineWorker, fake_plan
from tests.app.own_grading import Grading

BUTTON_NUMBERS = {name: number for number, name in BUTTONS.items()}
AXIS_NUMBERS = {name: number for number, name in AXES.items()}
FRAME = 1 / 60
SIZE = (640, 360)  # small, so that drawing is fast
MOST_SCENES = 16  # scenes whose sprites are kept


class Hands:
    """Sends key, button and mouse events to an app, one frame per change."""

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
        """Wait until a screen that opened by itself accepts input."""
        while self.app.guard.active:
            self.app.frame(0.1)

    def send(self, kind: int, **values: object) -> None:
        self.app.post(pygame.event.Event(kind, values))
        self.app.frame(FRAME)

    def key(self, name: str) -> None:
        self.hold_key(name)
        self.hold_key(name, down=False)

    def hold_key(self, name: str, *, down: bool = True) -> None:
        """Press or release the key with this name on a US keyboard."""
        self.hold_scancode(_key_code(name), SCANCODES.get(name, 0), down=down)

    def hold_scancode(self, code: int, scancode: int, *, down: bool = True) -> None:
        """Press or release the key at a scancode, on a layout with the key code `code` there."""
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


@cache
def _key_code(name: str) -> int:
    numbers = (number for number in vars(pygame).values() if isinstance(number, int))
    return next(number for number in numbers if key_input(number) == f"key:{name}")


@pytest.fixture(autouse=True)
def every_text_is_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test if a screen requests a text that is not in the catalogue; the game would show its key."""
    missing: set[str] = set()
    call = Strings.__call__

    def looked_up(strings: Strings, key: str, **values: object) -> str:
        if not strings.has(key) and not key.startswith("no.such"):
            missing.add(key)
        return call(strings, key, **values)

    monkeypatch.setattr(Strings, "__call__", looked_up)
    yield
    assert missing == set()


@pytest.fixture(scope="session")
def drawn_levels() -> dict[tuple[str, tuple[int, int]], pygame.Surface]:
    """Thumbnails of levels, shared by all tests."""
    return {}


@pytest.fixture(autouse=True)
def each_level_is_drawn_once(
    drawn_levels: dict[tuple[str, tuple[int, int]], pygame.Surface], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All apps show the same shipped levels: draw each in the first test that needs it, later tests get a copy."""

    def drawn(arena: Arena, size: tuple[int, int]) -> pygame.Surface:
        key = (arena_digest(arena), size)
        if key not in drawn_levels:
            drawn_levels[key] = level_thumbnail(arena, size)
        return drawn_levels[key].copy()

    monkeypatch.setattr("game.view.thumbnail.level_thumbnail", drawn)


@pytest.fixture(scope="session")
def baked_sprites() -> OrderedDict[tuple[object, ...], Scene]:
    """Scenes whose sprites are shared by all matches."""
    return OrderedDict()


@pytest.fixture(autouse=True)
def sprites_are_baked_once(
    baked_sprites: OrderedDict[tuple[object, ...], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sprites only depend on the tile size and the options: a match uses those of an earlier test.

    Each match has its own picture of the arena, which it changes.
    """
    begin = Scene.__init__

    def begun(scene: Scene, tile_px: int, options: RenderOptions, theme: Theme) -> None:
        begin(scene, tile_px, options, theme)
        key = (tile_px, repr(options), repr(theme))
        kept = baked_sprites.setdefault(key, scene)
        baked_sprites.move_to_end(key)
        if len(baked_sprites) > MOST_SCENES:
            baked_sprites.popitem(last=False)
        for bank in ("bank", "tanks", "shots", "objects", "particles"):
            setattr(scene, bank, getattr(kept, bank))
        scene.arena.baker = kept.arena.baker

    monkeypatch.setattr(Scene, "__init__", begun)


@pytest.fixture(scope="session")
def shipped_files() -> Iterator[dict[Path, object]]:
    """Shipped pieces and brains, read by any test; at the end they must be unchanged, so that no test has modified them."""
    read: dict[Path, object] = {}
    yield read
    for path, found in read.items():
        again = _entry(path, found.name, SHIPPED) if isinstance(found, BrainEntry) else read_piece(path)
        assert found == again, path


@pytest.fixture(autouse=True)
def what_ships_is_read_once(shipped_files: dict[Path, object], monkeypatch: pytest.MonkeyPatch) -> None:
    """All apps list the shipped brains and pieces: read each in the first test that lists it."""

    def piece(path: Path) -> Piece:
        if path.parent != SHIPPED_PIECES:
            return read_piece(path)
        found = shipped_files.get(path) or shipped_files.setdefault(path, read_piece(path))
        assert isinstance(found, Piece)
        return found

    def entry(path: Path, name: str, kind: str) -> BrainEntry:
        if kind != SHIPPED or not path.is_relative_to(SHIPPED_FOLDER):
            return _entry(path, name, kind)
        found = shipped_files.get(path) or shipped_files.setdefault(path, _entry(path, name, kind))
        assert isinstance(found, BrainEntry)
        assert found.name == name
        return found

    monkeypatch.setattr("music.library.read_piece", piece)
    monkeypatch.setattr("game.match.brain_library._entry", entry)


@pytest.fixture
def folders(tmp_path: Path) -> UserFolders:
    folders = UserFolders(tmp_path / "player")
    folders.create()
    return folders


@pytest.fixture
def app(folders: UserFolders) -> Iterator[App]:
    """An app on its title screen; kernels are compiled when first called, nothing plays behind the menus.

    Its suggestions come from a fake, immediately.
    """
    app = App(
        AppOptions(seed=5, language="en", size=SIZE), folders, load_settings(folders.settings), real=False
    )
    app.warm.ready = True
    app.backdrop.give_up()
    app.library = LevelLibrary(app.folders, InlineWorker())
    app.for_you = ForYou(fake_plan, lambda: [info.entry for info in app.library.playable], InlineWorker())
    app.profile.follow(app.for_you)
    app._grades = LevelGrades(folders.cache, app.profile, active=False, worker=InlineWorker())
    app.profile.follow(app._grades)
    app.push(TitleScreen(app))
    yield app
    app.close()


@pytest.fixture
def hands(app: App) -> Hands:
    return Hands(app)


@pytest.fixture
def grading(tmp_path: Path) -> Iterator[Grading]:
    found = Grading(tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    yield found
    found.grades.close()
    found.profile.close()
