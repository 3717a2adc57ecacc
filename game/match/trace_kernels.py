"""The compiled part of traces: adds one tick of a match to the counts of its level. `game.match.traces` holds the counts.

It only reads the world and the events of the tick (`game.core.sim.events`); the match is the same with and without it.
"""

from typing import Final, NamedTuple

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, int64
from game.core.sim.jit import jit
from game.core.sim.state import World
from game.core.sim.tables import STOPS_SHOT
from game.core.sim.tick import tick
from game.match.kernels import Seats, act_seat

# kinds of tiles[kind, side, cell]
DRIVEN: Final = 0  # ticks that a tank of the side spent on the tile
KILLED: Final = 1  # tanks of the side that were destroyed there
STRUCK: Final = 2  # hits that tanks of the side took there
RICOCHETS: Final = 3  # shots of the side that a wall or a mirror there turned
CRUMBLED: Final = 4  # bricks that the side broke there
N_KINDS: Final = 5

# A side is 0: the player's team, 1: every other team.
SIDES: Final = 2

# facts[world, column]: of the match that is played there
CONTACT_TICK: Final = 0  # of the first hit, -1: no hit
CONTACT_X: Final = 1  # su, where the tank that was hit stood
CONTACT_Y: Final = 2
CORE_LEFT: Final = 3  # hit points after the last hit on the core, -1: it was not hit
SHOTS_FIRED: Final = 4
SHOTS_TURNED: Final = 5  # banks and mirrors
HITS: Final = 6  # on tanks, by shots and mines
BANKED_HITS: Final = 7  # by shots that had banked
N_FACTS: Final = 8


class Trace(NamedTuple):
    """Counts of L levels and the facts of N matches at a time. `cells` is the sum of the levels' terrains, rings included."""

    own_team: IntArray  # (L,): the player's team
    tiles: IntArray  # (N_KINDS, SIDES, cells)
    entered: IntArray  # (cells,): matches in which a tank was on the tile
    stamps: IntArray  # (N, largest terrain): the last match of this world in which a tank was there
    serial: IntArray  # (N,): number of the match that a world plays, from 1
    pickups: IntArray  # (L, MAX_PICKUPS, SIDES): times taken
    cells: IntArray  # (L, MAX_CELLS, SIDES): energy cells taken up
    homes: IntArray  # (L, MAX_CELLS, SIDES): energy cells brought home
    facts: IntArray  # (N, N_FACTS)


@jit
def trace_begin(trace: Trace, w: int) -> None:
    """Begin a match in world w: reset its facts."""
    trace.serial[w] += 1
    for column in range(N_FACTS):
        trace.facts[w, column] = 0
    trace.facts[w, CONTACT_TICK] = -1
    trace.facts[w, CORE_LEFT] = -1


@jit
def trace_tick(world: World, levels: ar.Levels, w: int, trace: Trace) -> None:
    """Add the last tick of world w: the positions of its tanks, and its events."""
    head = world.head
    tanks = world.tanks
    level = head[w, st.LEVEL]
    stride = head[w, st.STRIDE]
    first = levels.head[level, ar.LEVEL_TERRAIN]
    own = trace.own_team[level]
    for seat in range(head[w, st.N_SEATS]):
        if tanks[w, seat, st.TANK_ALIVE] == 0:
            continue
        cell = ((tanks[w, seat, st.TANK_Y] >> 8) + 1) * stride + (tanks[w, seat, st.TANK_X] >> 8) + 1
        side = 0 if tanks[w, seat, st.TANK_TEAM] == own else 1
        trace.tiles[DRIVEN, side, first + cell] += 1
        if trace.stamps[w, cell] != trace.serial[w]:
            trace.stamps[w, cell] = trace.serial[w]
            trace.entered[first + cell] += 1
    for n in range(head[w, st.N_EVENTS]):
        _event(world, w, n, level, first, own, trace)


@jit
def _event(world: World, w: int, n: int, level: int, first: int, own: int, trace: Trace) -> None:
    """Add event n of world w."""
    kind = world.events[w, n, st.EVENT_KIND]
    a = world.events[w, n, st.EVENT_A]
    b = world.events[w, n, st.EVENT_B]
    x = world.events[w, n, st.EVENT_X]
    y = world.events[w, n, st.EVENT_Y]
    facts = trace.facts
    if kind == ev.FIRED:
        facts[w, SHOTS_FIRED] += 1
    elif kind == ev.BANKED or kind == ev.MIRRORED:
        facts[w, SHOTS_TURNED] += 1
        cell = _turning_cell(world, w, x, y)
        trace.tiles[RICOCHETS, _side(world, w, a, own), first + cell] += 1
    elif kind == ev.BRICK_BROKEN:
        trace.tiles[CRUMBLED, _side(world, w, a, own), first + b] += 1
    elif kind == ev.TANK_HIT:
        facts[w, HITS] += 1
        if b & ev.BANKED_FLAG != 0:
            facts[w, BANKED_HITS] += 1
        if facts[w, CONTACT_TICK] < 0:
            facts[w, CONTACT_TICK] = world.head[w, st.TICK]
            facts[w, CONTACT_X] = x
            facts[w, CONTACT_Y] = y
        trace.tiles[STRUCK, _side(world, w, a, own), first + _cell(world, w, x, y)] += 1
    elif kind == ev.TANK_DESTROYED:
        trace.tiles[KILLED, _side(world, w, a, own), first + _cell(world, w, x, y)] += 1
    elif kind == ev.PICKUP_TAKEN:
        for slot in range(rules.MAX_PICKUPS):
            if world.pickups[w, slot, st.PICKUP_EXISTS] == 0:
                break
            if world.pickups[w, slot, st.PICKUP_X] == x and world.pickups[w, slot, st.PICKUP_Y] == y:
                trace.pickups[level, slot, _side(world, w, a, own)] += 1
                break
    elif kind == ev.CELL_TAKEN:
        trace.cells[level, b, _side(world, w, a, own)] += 1
    elif kind == ev.CELL_HOME:
        trace.homes[level, b, _side(world, w, a, own)] += 1
    elif kind == ev.CORE_HIT:
        facts[w, CORE_LEFT] = b


@jit
def _side(world: World, w: int, seat: int, own: int) -> int:
    return 0 if world.tanks[w, seat, st.TANK_TEAM] == own else 1


@jit
def _cell(world: World, w: int, x: int, y: int) -> int:
    """Return the terrain index of a place (su)."""
    stride: int = world.head[w, st.STRIDE]
    return ((y >> 8) + 1) * stride + (x >> 8) + 1


@jit
def _turning_cell(world: World, w: int, x: int, y: int) -> int:
    """Return the terrain index of the tile that turned a shot at x, y (su); at a face, the tile on its solid side."""
    cell = _cell(world, w, x, y)
    if STOPS_SHOT[world.terrain[w, cell]] != 0:
        return cell
    for dy in range(-1, 2):
        for dx in range(-1, 2):
            near = _cell(world, w, x + dx, y + dy)
            if STOPS_SHOT[world.terrain[w, near]] != 0:
                return near
    return cell


@jit
def advance_traced(
    world: World,
    levels: ar.Levels,
    running: IntArray,
    stop: IntArray,
    seats: Seats,
    actions: IntArray,
    ended: IntArray,
    trace: Trace,
) -> int:
    """Run as `advance`, and add every tick to `trace`."""
    count = int64(0)
    for w in range(running.shape[0]):
        if running[w] == 0:
            continue
        for _tick in range(rules.DECISION_PERIOD):
            for seat in range(actions.shape[1]):
                act_seat(world, w, seats, w, seat, actions)
            tick(world, levels, w, actions)
            trace_tick(world, levels, w, trace)
            if world.head[w, st.DONE] != 0 or world.head[w, st.TICK] >= stop[w]:
                running[w] = 0
                ended[count] = w
                count += 1
                break
    return count
