"""Gymnasium's autoreset mode NEXT_STEP, for an engine that begins the next match in the step in which one ends.

A world whose match ended rests: its next step ignores the actions and returns the first observation of the match that has
already begun. The engine's changes to it in that step are undone, so that matches are the same in both modes.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from game.core.sim.arrays import BoolArray, IntArray, SenseArray
from game.env.engine import Engine
from game.env.kernels import Rows

_STATE = ("worlds", "observations", "active")


def autoreset_mode(given: Any) -> AutoresetMode:
    """Return SAME_STEP or NEXT_STEP from Gymnasium's value or name. Raises ValueError for any other."""
    for mode in (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP):
        if given in (mode, mode.value, mode.name):
            return mode
    raise ValueError(f"autoreset_mode: expected 'SameStep' or 'NextStep', found {given!r}")


class NextStep:
    """Steps an engine in the mode NEXT_STEP."""

    def __init__(self, rows: int, size: int, worlds: int) -> None:
        """Begin with no resting world."""
        self.worlds: BoolArray = np.zeros(worlds, np.bool_)  # (N,) worlds that rest in the next step
        self.observations: SenseArray = np.zeros((rows, size), np.float32)  # (rows, D) returned in that step
        self.active: BoolArray = np.zeros(rows, np.bool_)

    def part(self, first: int, last: int) -> "NextStep":
        """Return worlds first..last-1, on the same arrays."""
        other = NextStep(0, 0, 0)
        seats = len(self.active) // len(self.worlds)
        rows = slice(first * seats, last * seats)
        other.worlds = self.worlds[first:last]
        other.observations, other.active = self.observations[rows], self.active[rows]
        return other

    def begin(self) -> None:
        """Begin a new match in every world; none rests."""
        self.worlds[:] = False

    def step(self, engine: Engine, actions: IntArray) -> Rows:
        """Step all worlds except those that rest; rows whose match ended get its last observation and rest in the next step."""
        rested = self.worlds.copy()
        taken = engine.snapshot(rested) if rested.any() else None
        rows = engine.step(actions)
        if taken is not None:
            engine.restore(rested, taken)
            mine = np.repeat(rested, engine.rows_per_world)
            rows.observations[mine], rows.active[mine] = self.observations[mine], self.active[mine]
            rows.rewards[mine] = 0.0
            rows.terminated[mine] = rows.truncated[mine] = False
        self.worlds[:] = engine.batch.io.ended != 0
        if self.worlds.any():
            over = np.repeat(self.worlds, engine.rows_per_world)
            self.observations[over], self.active[over] = rows.observations[over], rows.active[over]
            rows.observations[over] = engine.final_observations(over)[over]
            rows.active[over] = False
        return rows

    def state_dict(self) -> dict[str, Any]:
        """Return copies of the resting worlds' state."""
        return {f"rest.{name}": getattr(self, name).copy() for name in _STATE}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Restore a `state_dict`. Raises ValueError, with nothing changed, for a missing array or another shape or type."""
        for name in _STATE:
            own, found = getattr(self, name), saved.get(f"rest.{name}")
            if not isinstance(found, np.ndarray) or (found.shape, found.dtype) != (own.shape, own.dtype):
                description = (
                    f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
                )
                raise ValueError(
                    f"state › rest.{name}: expected {own.dtype} {own.shape}, found {description}"
                )
        for name in _STATE:
            np.copyto(getattr(self, name), saved[f"rest.{name}"])
