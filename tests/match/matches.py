"""One match of the core without a window: begun as the game begins it, ticked with drivers, recorded."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.tick import tick
from game.match.npc import NpcDriver, SeatPolicy
from game.match.replay import Recorder

OLD_BRAIN = (
    Path(__file__).resolve().parents[1] / "old_brains" / "sniper.onnx"
)  # of before brains knew their delay


class HeadlessMatch:
    """A world of one level with every seat taken, as its spawns say."""

    def __init__(self, level: Level, seed: int = 1) -> None:
        self.level = level
        self.seed = seed
        self.levels = ar.pack_arenas([level.arena])
        self.seats = len(level.arena.spawns)
        self.world = st.new_world(1, self.seats, ar.terrain_of(level.arena).size)
        teams = [(spawn.team, setup.LEVEL_CLASS) for spawn in level.arena.spawns]
        self.roster: IntArray = np.array([teams], np.int64)
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, seed, self.roster, 0)
        self.actions: IntArray = np.zeros((1, self.seats, st.ACTION_SIZE), np.int64)
        self.drivers: list[Any] = []
        self.recorder: Recorder | None = None

    @property
    def ticks(self) -> int:
        return int(self.world.head[0, st.TICK])

    @property
    def over(self) -> bool:
        return bool(self.world.head[0, st.DONE])

    def drive(self, policies: Mapping[int, SeatPolicy], **settings: Any) -> NpcDriver:
        """Add a driver for these seats and return it."""
        driver = NpcDriver(self.seats, policies, **settings)
        self.drivers.append(driver)
        return driver

    def drive_all(self, policy: SeatPolicy, **settings: Any) -> NpcDriver:
        return self.drive(dict.fromkeys(range(self.seats), policy), **settings)

    def record(self, **facts: Any) -> Recorder:
        self.recorder = Recorder(self.level, self.seed, self.roster, **facts)
        return self.recorder

    def tick(self) -> None:
        """Advance one tick."""
        for driver in self.drivers:
            driver.act(self.world, self.levels, 0, self.actions)
        if self.recorder is not None:
            self.recorder.record(self.world, self.actions)
        with np.errstate(over="ignore"):
            tick(self.world, self.levels, 0, self.actions)

    def run(self, ticks: int, each: Callable[["HeadlessMatch"], None] | None = None) -> "HeadlessMatch":
        """Advance up to `ticks` ticks, until the match is over."""
        for _ in range(ticks):
            if self.over:
                break
            self.tick()
            if each is not None:
                each(self)
        return self


def random_brain(folder: Path, name: str = "random", widths: tuple[int, ...] = (32,)) -> Path:
    """Write a policy with random weights that fits this game, and return its path."""
    from agents.contract import Contract
    from game.core.sim.contract import policy_contract
    from tests.agents.helpers import brain_bytes, small_recipe

    recipe = small_recipe(net={"pi": list(widths), "vf": list(widths)})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    path.write_bytes(brain_bytes(recipe, Contract.from_dict(policy_contract())))
    return path
