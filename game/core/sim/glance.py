"""Observe some seats of one world in one call: for NPC drivers, which work without a batch."""

from game.core.sim import arena as ar
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.jit import jit
from game.core.sim.observe import observe
from game.core.sim.state import World


@jit
def observe_seats(
    world: World,
    levels: ar.Levels,
    w: int,
    seats: IntArray,
    with_preview: bool,
    out: SenseArray,
    scratch: IntArray,
) -> None:
    """Write the observation of each of `seats` (int64) into its row of out (S, OBSERVATION_SIZE) float32.

    scratch: (SCRATCH_SIZE,) int64, overwritten.
    """
    for n in range(seats.shape[0]):
        observe(world, levels, w, seats[n], with_preview, out[seats[n]], scratch)
