"""The window itself: opening, resizing, full screen, and how often to draw."""

import os
import sys
from typing import Final

import pygame

from game.app.ui.draw import clear_surface_cache

SMALLEST: Final = (640, 360)
ROOM: Final = (0.97, 0.88)  # share of the screen for a window, with room for its title bar and a task bar
TITLE: Final = "Bankshot"
HIGHEST_RATE: Final = 240


def has_display() -> bool:
    """Return whether this machine can show a window."""
    if sys.platform.startswith(("win", "darwin", "cygwin")):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def choose_drivers() -> bool:
    """Pick SDL's dummy drivers if there is no display; return whether the window is a real one."""
    if "SDL_VIDEODRIVER" not in os.environ and not has_display():
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    if os.environ.get("SDL_VIDEODRIVER") in ("dummy", "offscreen"):
        os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
        return False
    return True


def fit_to_screen(size: tuple[int, int], desktop: tuple[int, int]) -> tuple[int, int]:
    """Return a window's size with its aspect ratio, small enough for the screen with a title bar and a task bar."""
    share = min(1.0, *(room * side / asked for room, side, asked in zip(ROOM, desktop, size, strict=True)))
    if share == 1.0:
        return size
    return max(SMALLEST[0], int(size[0] * share)), max(SMALLEST[1], int(size[1] * share))


class Window:
    """The game's window. Draw on `surface`; it is a new one after each resize."""

    def __init__(self, size: tuple[int, int], fullscreen: bool, *, real: bool) -> None:
        """Open it. Raises pygame.error if no window can be opened."""
        self.real = real
        self.fullscreen = fullscreen and real
        self._windowed = (max(SMALLEST[0], size[0]), max(SMALLEST[1], size[1]))
        pygame.display.init()
        if real:
            self._windowed = fit_to_screen(self._windowed, pygame.display.get_desktop_sizes()[0])
        pygame.display.set_caption(TITLE)
        pygame.display.set_icon(_icon())
        self.surface = self._open()
        self._known = self.surface.get_size()  # pygame resizes the surface in place

    @property
    def size(self) -> tuple[int, int]:
        """Pixels."""
        return self.surface.get_size()

    def set_fullscreen(self, on: bool) -> None:
        """Switch between window and full screen."""
        if on == self.fullscreen or not self.real:
            return
        if on:
            self._windowed = self.size
        self.fullscreen = on
        self.surface = self._open()
        self._known = self.surface.get_size()
        clear_surface_cache()

    def resized(self) -> bool:
        """Take over the new surface after the player dragged the window's edge; return whether its size changed."""
        surface = pygame.display.get_surface()
        if surface is None:
            return False
        self.surface = surface
        changed = surface.get_size() != self._known
        self._known = surface.get_size()
        if changed:
            clear_surface_cache()
        return changed

    def rate(self, limit: str) -> int:
        """Return how many frames a second to draw for the setting `limit` ("auto" or a number)."""
        if limit.isdigit():
            return int(limit)
        try:
            rate = pygame.display.get_current_refresh_rate()
        except (pygame.error, AttributeError):
            rate = 0
        return min(HIGHEST_RATE, rate) if rate >= 30 else 60

    def _open(self) -> pygame.Surface:
        if self.fullscreen:
            return pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        surface = pygame.display.set_mode(self._windowed, pygame.RESIZABLE if self.real else 0)
        if self.real:
            self._keep_readable()
        return surface

    @staticmethod
    def _keep_readable() -> None:
        """Ask the system to keep the window large enough to read its screens; it may ignore this."""
        try:
            pygame.Window.from_display_module().minimum_size = SMALLEST
        except (AttributeError, ValueError, pygame.error):
            return


def _icon() -> pygame.Surface:
    """Return the icon: a shot that bounces off a corner."""
    icon = pygame.Surface((64, 64), pygame.SRCALPHA)
    pygame.draw.rect(icon, (10, 14, 32, 255), (0, 0, 64, 64), border_radius=14)
    pygame.draw.line(icon, (255, 74, 170), (10, 54), (40, 12), 7)
    pygame.draw.line(icon, (70, 222, 255), (40, 12), (54, 40), 7)
    pygame.draw.circle(icon, (255, 255, 255), (54, 42), 7)
    return icon
