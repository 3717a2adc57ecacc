"""What the debug overlay (F3) shows of a seat: its rays, next way-points, and its brain's outputs."""

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from game.core import rules
from game.core.sim import state as st
from game.core.sim.observe import SCRATCH_SIZE, observe
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS, RAYS
from game.view.debug import DebugInfo

if TYPE_CHECKING:
    from game.app.playing.session import Match

RAY_TILES: Final = 8  # length of a ray of value 1, as the slot table says
WAY_SLOTS: Final = ("way_objective", "way_enemy", "way_pickup")
SHOWN: Final = ("own_hp", "own_reload", "own_special", "clock", "core_hp")


def choose_debug_seat(match: "Match", focus: int) -> int:
    """Return the seat to show: the focused one, otherwise the living NPC nearest to the player, otherwise the first."""
    if focus >= 0 and focus != match.human_seat:
        return focus
    tanks = match.world.tanks[match.w]
    own = tanks[match.watched_seat]
    best, best_distance = match.watched_seat, math.inf
    for seat in range(match.seats):
        if seat == match.human_seat or not tanks[seat, st.TANK_ALIVE]:
            continue
        distance = math.hypot(*(tanks[seat, st.TANK_X : st.TANK_Y + 1] - own[st.TANK_X : st.TANK_Y + 1]))
        if match.human_seat < 0:
            return seat
        if distance < best_distance:
            best, best_distance = seat, distance
    return best


def debug_info(match: "Match", seat: int, tick_ms: float, frame_ms: float) -> DebugInfo:
    """Return the current debug information of `seat`."""
    observation = np.zeros(OBSERVATION_SIZE, np.float32)
    with np.errstate(over="ignore"):
        observe(
            match.world, match.levels, match.w, seat, False, observation, np.zeros(SCRATCH_SIZE, np.int64)
        )
    tank = match.world.tanks[match.w, seat]
    x, y = float(tank[st.TANK_X]), float(tank[st.TANK_Y])
    rays = []
    for n in range(RAYS):
        length = float(observation[OFFSETS["rays"] + n]) * RAY_TILES * rules.SU_PER_TILE
        dx, dy = rules.MOVES[n + 1]
        rays.append((x + dx * length, y + dy * length))
    way = [(float(observation[OFFSETS[slot]]), float(observation[OFFSETS[slot] + 1])) for slot in WAY_SLOTS]
    path = [(x, y), (x + way[0][0] * rules.SU_PER_TILE, y + way[0][1] * rules.SU_PER_TILE)]
    name = match.names[seat] or f"seat {seat}"
    lines = [f"{name} (seat {seat})", *(f"{slot} {observation[OFFSETS[slot]]:.2f}" for slot in SHOWN)]
    logits, value = [], None
    for driver in match.drivers:
        explained = getattr(driver, "explain", lambda seat: None)(seat)
        if explained is not None:
            logits, value = explained
    return DebugInfo(rays, (x, y), path, logits, value, tick_ms, frame_ms, lines)
