"""Observe some seats of one world in one call: what drivers of NPCs use outside the batch."""

from game.core.sim.jit import jit
from game.core.sim.observe import observe


@jit
def observe_seats(world, levels, w, seats, with_preview, out, scratch):  # type: ignore[no-untyped-def]
    """Write what each of `seats` (int64) senses into its row of out (S, OBSERVATION_SIZE) float32.

    scratch: (SCRATCH_SIZE,) int64, overwritten.
    """
    for n in range(seats.shape[0]):
        observe(world, levels, w, seats[n], with_preview, out[seats[n]], scratch)
