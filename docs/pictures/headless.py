"""The game's window without a screen, in a new user folder: it gets the events that a user causes, and its frames are kept."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
os.environ.setdefault("SDL_NO_SIGNAL_HANDLERS", "1")  # Ctrl-C ends the program

import pygame
from PIL import Image

from game.app.app import App
from game.app.input.keyboard import SCANCODES
from game.app.jukebox.piece_preview import PiecePreview
from game.app.menu.backdrop import MenuBackdrop
from game.app.playing.launch import match_from_options, open_match
from game.app.playing.screen import PlayScreen
from game.app.ui.widgets import Widget
from game.app.window_options import AppOptions
from game.player.paths import UserFolders
from game.player.settings import load_settings

FRAMES_PER_SECOND: Final = 20
FRAME: Final = 1 / FRAMES_PER_SECOND  # seconds
ARROW: Final = ((0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (13, 12))  # of the mouse, px
POINTER_SECONDS: Final = 0.35  # of the mouse's way to the next place
Place = tuple[float, float]


class StillBackdrop(MenuBackdrop):
    """What is behind the menus, without motion, which would take most of a file."""

    def tick(self) -> None:
        """Let nothing move."""


class Enough(Exception):
    """The scene has all the frames that were asked for."""


class HeadlessApp:
    """The real app on SDL's dummy drivers. Time passes in frames of 1/20 s and only when `run` is called."""

    def __init__(
        self, options: AppOptions, size: tuple[int, int], scale: float = 1.0, *, most: int | None = None
    ) -> None:
        """`size`: px of the drawing surface, which may be below the smallest window; `scale`: of the interface.

        `most`: frames after which the `with` block ends; None: as many as it takes.
        """
        self._most = most
        self._folder = tempfile.TemporaryDirectory()
        folders = UserFolders(Path(self._folder.name))
        folders.create()
        self.app = App(options, folders, load_settings(folders.settings), real=False)
        app = self.app
        app.settings.set("hints", False)
        app.settings.values["ui_scale"] = scale  # also outside the range of the settings screen
        app.window.surface = pygame.display.set_mode(size)
        app.apply_settings()
        self.seconds = 0.0
        app.jukebox.preview = PiecePreview(app.jukebox.worker, audible=False, clock=lambda: self.seconds)
        app.backdrop = StillBackdrop(app)
        self.frames: list[Image.Image] = []
        self.pointer: tuple[int, int] | None = None
        self._picture: tuple[int, int] | None = None  # None: the whole window is shown
        self._part = size
        self._place: Place = (0, 0)
        app.warm.start()
        app.warm.wait()
        app.show("title")

    def __enter__(self) -> "HeadlessApp":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.app.close()
        self._folder.cleanup()
        return kind is Enough

    def settle(self) -> None:
        """Wait for every worker, without time passing in the window."""
        app = self.app
        for _ in range(3):  # what one has done may be another's task
            app.jukebox.worker.wait()
            app.for_you.wait()
            app.library._worker.wait()
            app.frame(0.0)

    def play(self, ticks: int = 0, level: Path | None = None) -> PlayScreen:
        """Begin the match that the options name and let so many ticks pass without drawing; return its screen.

        `level`: a file, instead of the level of the options.
        """
        app = self.app
        if level is not None:
            app.options = replace(app.options, level=str(level))
        open_match(app, *match_from_options(app))
        screen = app.top
        assert isinstance(screen, PlayScreen)
        screen.countdown.stop()
        for _ in range(ticks):
            app.tick()
        if ticks:
            screen.renderer.forget_banner()
        return screen

    def until(self, done: Callable[[], bool]) -> None:
        """Draw frames without taking them until something is so."""
        while not done():
            self.app.frame(FRAME)

    def run(self, seconds: float) -> None:
        """Let time pass, and take its frames."""
        for _ in range(round(seconds * FRAMES_PER_SECOND)):
            if len(self.frames) == self._most:
                raise Enough
            self.seconds += FRAME
            self.app.frame(FRAME)
            self.frames.append(self._shown(self.image()))

    def show_part(self, picture: tuple[int, int], part: tuple[int, int], place: Place) -> None:
        """From now on show a part of the window, at `place`, in pictures of that size; all in px."""
        self._picture, self._part, self._place = picture, part, place

    def pan(self, place: Place, seconds: float) -> None:
        """Go on to another part while time passes."""
        start, steps = self._place, round(seconds * FRAMES_PER_SECOND)
        for step in range(1, steps + 1):
            self._place = between(start, place, step / steps)
            self.run(FRAME)

    def _shown(self, image: Image.Image) -> Image.Image:
        if self._picture is None:
            return image
        x, y = self._place
        box = (x, y, x + self._part[0], y + self._part[1])
        return image.resize(self._picture, Image.Resampling.LANCZOS, box)

    def image(self) -> Image.Image:
        """The window as it is, with the mouse."""
        surface = self.app.window.surface
        if self.pointer is not None:
            surface = surface.copy()
            x, y = self.pointer
            points = [(x + dx, y + dy) for dx, dy in ARROW]
            pygame.draw.polygon(surface, (255, 255, 255), points)
            pygame.draw.aalines(surface, (0, 0, 0), True, points)
        return picture(surface)

    def post(self, kind: int, **values: object) -> None:
        """Post an event for the next frame."""
        self.app.post(pygame.event.Event(kind, values))

    def key(self, name: str, *, taken: bool = True) -> None:
        """Press a key and release it, in two frames; not `taken`: without time and images."""
        code = pygame.key.key_code(name)
        for kind in (pygame.KEYDOWN, pygame.KEYUP):
            self.post(kind, key=code, mod=0, unicode="", scancode=SCANCODES.get(name, 0))
            if taken:
                self.run(FRAME)
            else:
                self.app.frame(0.0)

    def widget(self, name: str) -> Widget:
        """The widget of this name on the top screen."""
        return next(widget for widget in self.app.top.widgets if widget.name == name)

    def point(self, place: tuple[int, int]) -> None:
        """Move the mouse, slower at both ends."""
        start = self.pointer or place
        steps = round(POINTER_SECONDS * FRAMES_PER_SECOND)
        for step in range(1, steps + 1):
            x, y = between(start, place, step / steps)
            self.pointer = (round(x), round(y))
            self.post(pygame.MOUSEMOTION, pos=self.pointer, rel=(1, 1), buttons=(0, 0, 0))
            self.run(FRAME)

    def click(self, target: str | tuple[int, int]) -> None:
        """Move the mouse to a widget or a place and click."""
        place = self.widget(target).rect.center if isinstance(target, str) else target
        self.point(place)
        for kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            self.post(kind, pos=place, button=1)
            self.run(FRAME)


def between(start: Place, end: Place, share: float) -> tuple[float, float]:
    """Return a place on the way, which begins and ends slowly."""
    share = share * share * (3 - 2 * share)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def picture(surface: pygame.Surface) -> Image.Image:
    """Return a surface as an image of Pillow."""
    return Image.frombytes("RGB", surface.get_size(), pygame.image.tobytes(surface, "RGB"))
