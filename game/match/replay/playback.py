"""`ReplayDriver`: gives all seats the actions of a recorded match, tick by tick. It runs no model."""

from typing import Final

from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.state import World
from game.match.replay.file import Replay

STAND: Final = 0


class ReplayDriver:
    """Drives every seat of a match that began with the replay's level, seed, roster and shuffle."""

    def __init__(self, replay: Replay) -> None:
        self.replay = replay

    def over(self, world: World, w: int = 0) -> bool:
        """Whether the recording has no further tick."""
        return int(world.head[w, st.TICK]) >= self.replay.ticks

    def act(self, world: World, levels: ar.Levels, w: int, actions: IntArray) -> None:
        """Write the recorded actions of the coming tick; after the last one, all tanks stand."""
        tick = int(world.head[w, st.TICK])
        if tick < self.replay.ticks:
            actions[w, : self.replay.seats] = self.replay.actions[tick]
        else:
            actions[w] = STAND
            actions[w, :, st.ACTION_AIM] = world.tanks[w, :, st.TANK_AIM]

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
