"""Small hand-drawn worlds: put tanks down, give actions, look at what happens."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.digest import world_hash
from game.core.sim.events import EVENTS
from game.core.sim.tick import tick
from tests.core.levels.arenas import arena

EVENT_NAMES = {row.kind: row.name for row in EVENTS}
RIGHT, DOWN, LEFT, UP = 0, 64, 128, 192  # aims
HALL = """
    ................
    ................
    ................
    ................
    ................
    ................
    ................
    ................
"""
Action = tuple[int, int, int, int]


class Scene:
    """One world of a drawn arena; A and B are the starts of teams 0 and 1, in reading order."""

    def __init__(
        self,
        picture: str,
        objective: int = rules.ELIMINATE,
        classes: Sequence[int] | int = rules.RANGER,
        *,
        seed: int = 1,
        shuffle: int = 0,
        teams: Sequence[int] | None = None,
        **changes: Any,
    ) -> None:
        self.arena = arena(picture, objective, **changes)
        spawns = self.arena.spawns
        if teams is None:
            teams = [spawn.team for spawn in spawns]
        if isinstance(classes, int):
            classes = [classes] * len(teams)
        self.levels = ar.pack_arenas([self.arena])
        self.world = st.new_world(1, len(teams), ar.terrain_of(self.arena).size)
        self.roster: IntArray = np.array([list(zip(teams, classes, strict=True))], np.int64)
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, seed, self.roster, shuffle)
        self.head = self.world.head[0]
        self.tanks = self.world.tanks[0]
        self.shots = self.world.shots[0]
        self.log: list[tuple[str, int, int, int, int]] = []

    @property
    def hash(self) -> int:
        return world_hash(self.world)

    @property
    def over(self) -> bool:
        return bool(self.head[st.DONE])

    def at(self, x: int, y: int) -> int:
        """Return the tile at column x, row y."""
        return int(self.world.terrain[0, (y + 1) * self.head[st.STRIDE] + x + 1])

    def put(self, seat: int, x: float, y: float) -> None:
        """Put a tank with its centre at x, y in tiles (0.5 is the middle of the first)."""
        self.tanks[seat, st.TANK_X], self.tanks[seat, st.TANK_Y] = round(x * 256), round(y * 256)

    def remove(self, seat: int) -> None:
        """Take a tank off the arena without ending the match: it waits for its respawn."""
        self.tanks[seat, st.TANK_ALIVE], self.tanks[seat, st.TANK_RESPAWN] = 0, 10**6

    def place(self, seat: int) -> tuple[int, int]:
        """Return a tank's centre in su."""
        return int(self.tanks[seat, st.TANK_X]), int(self.tanks[seat, st.TANK_Y])

    def step(
        self, ticks: int = 1, actions: Mapping[int, Action] | None = None
    ) -> list[tuple[str, int, int, int, int]]:
        """Advance with these actions held (others stand); return the events: (name, a, b, x, y)."""
        table = np.zeros((1, self.tanks.shape[0], st.ACTION_SIZE), np.int64)
        table[0, :, st.ACTION_AIM] = self.tanks[:, st.TANK_AIM]
        for seat, action in (actions or {}).items():
            table[0, seat] = action
        found = []
        for _ in range(ticks):
            with np.errstate(over="ignore"):
                tick(self.world, self.levels, 0, table)
            rows = self.world.events[0, : int(self.head[st.N_EVENTS])].tolist()
            found += [(EVENT_NAMES[row[0]], row[1], row[2], row[3], row[4]) for row in rows]
        self.log += found
        return found

    def fire(self, seat: int, aim: int, ticks: int = 1) -> list[tuple[str, int, int, int, int]]:
        """Fire one shot and let `ticks` pass, the first included."""
        found = self.step(1, {seat: (0, aim, 1, 0)})
        return found + self.step(ticks - 1)

    def names(self) -> list[str]:
        """Return the names of all events so far."""
        return [row[0] for row in self.log]


def named(events: list[tuple[str, int, int, int, int]], name: str) -> list[tuple[str, int, int, int, int]]:
    """Return the events of that name."""
    return [row for row in events if row[0] == name]
