"""Draws the match of an environment. It draws a copy of the world, so that rendering cannot change a match."""

from typing import Protocol

import numpy as np

from game.core.sim import state as st
from game.core.sim.arena import Levels
from game.core.sim.arrays import ByteArray, IntArray
from game.core.sim.state import World
from game.core.sim.tick import tick

RENDER_MODES = ("human", "rgb_array")


class View(Protocol):
    """The common interface of `game.view.live.LiveView` and `game.view.offscreen.OffscreenView`."""

    def start(self, world: World, w: int = 0, levels: Levels | None = None, *, focus_seat: int = -1) -> None:
        """Begin a match."""

    def after_tick(self, world: World, w: int = 0) -> None:
        """Update the view after a tick."""


class Picture:
    """World 0 of an environment in a window (`human`) or as arrays (`rgb_array`), tick by tick."""

    def __init__(self, mode: str) -> None:
        """Import the view, which imports pygame."""
        self.mode = mode
        self._view = _make_view(mode)
        self._world: World | None = None

    def start(self, world: World, levels: Levels, focus_seat: int) -> None:
        """Begin to show a match in its present state in `world`."""
        self._world = st.copy_world(world)
        self._view.start(self._world, 0, levels, focus_seat=focus_seat)

    def follow(self, world: World, levels: Levels, actions: IntArray) -> None:
        """Step the copy to the state of `world`, tick by tick, with the same actions (1, S, ACTION_SIZE)."""
        if self._world is None:
            raise RuntimeError("picture: expected start() before follow()")
        with np.errstate(over="ignore"):
            for _ in range(int(world.head[0, st.TICK] - self._world.head[0, st.TICK])):
                tick(self._world, levels, 0, actions)
                self._view.after_tick(self._world)

    def rgb(self) -> ByteArray | None:
        """Return the current picture, uint8 (height, width, 3); None in `human` mode, where the window shows it."""
        if self.mode == "human" or self._world is None:
            return None
        picture: ByteArray = self._view.rgb(self._world)  # type: ignore[attr-defined]
        return picture

    def close(self) -> None:
        """Close the window, if there is one."""
        if self.mode == "human":
            self._view.close()  # type: ignore[attr-defined]


def check_render_mode(mode: str | None) -> None:
    """Raise ValueError for an unknown render mode."""
    if mode is not None and mode not in RENDER_MODES:
        raise ValueError(f"render_mode: expected None, {' or '.join(RENDER_MODES)}, found {mode!r}")


def _make_view(mode: str) -> View:
    if mode == "human":
        from game.view.live import LiveView

        return LiveView()
    from game.view.offscreen import OffscreenView

    return OffscreenView()
