"""The whole world at a glance: every array of the state, column by column.

`World` holds a batch of worlds; axis 0 of every array is the world. All numbers are int64, except `terrain`
(uint8 tile ids, which are compared but never computed with) and `rng` (uint64). Columns are named by the constants
below, so `world.tanks[w, seat, TANK_X]` is a tank's x. `Levels` holds what never changes: the level geometry that
all worlds share. `events` is output, not state: it is cleared at the start of each tick and not hashed.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from game import rules

IntArray = np.ndarray[Any, np.dtype[np.int64]]
ByteArray = np.ndarray[Any, np.dtype[np.uint8]]

# head: one number per world
TICK: Final = 0  # ticks since the match began
LEVEL: Final = 1  # index into Levels
OBJECTIVE: Final = 2  # rules.ELIMINATE…
WIDTH: Final = 3  # tiles, without the border
HEIGHT: Final = 4
STRIDE: Final = 5  # width + 2: terrain carries a ring of wall
TIME_LIMIT: Final = 6  # ticks
N_SEATS: Final = 7
N_SHOTS: Final = 8  # shots[0:N_SHOTS] are in flight
N_MINES: Final = 9
DONE: Final = 10  # 1 once the match is decided or timed out
WINNER: Final = 11  # team, or -1: nobody (draw or time-out)
TIMED_OUT: Final = 12  # 1 when the clock ended the match
GOAL: Final = 13  # cells to bring home, or waves
WAVE: Final = 14  # waves begun (defend)
WAVE_PAUSE_LEFT: Final = 15  # ticks until the next wave
CORE_HP: Final = 16
CORE_HP_MAX: Final = 17
CORE_CELL: Final = 18  # terrain index, 0: none
SHOT_SERIAL: Final = 19  # shots fired so far
TEAM_SCORE: Final = (
    20  # 4 columns: kills; cells brought home; attackers destroyed / core damage; seconds / kills
)
N_EVENTS: Final = TEAM_SCORE + rules.MAX_TEAMS  # events of this tick
EVENTS_LOST: Final = N_EVENTS + 1  # events beyond the cap, since the match began
N_TEAMS: Final = N_EVENTS + 2  # highest team that takes part + 1
HEAD_SIZE: Final = N_EVENTS + 3

# tanks[w, seat]
TANK_ACTIVE: Final = 0  # 1: this seat takes part
TANK_TEAM: Final = 1
TANK_CLASS: Final = 2
TANK_ALIVE: Final = 3
TANK_X: Final = 4  # su, centre; the arena's top left corner is (0, 0)
TANK_Y: Final = 5
TANK_VX: Final = 6  # su moved in the last tick
TANK_VY: Final = 7
TANK_FACING: Final = 8  # last move 1..8, the hull's direction
TANK_AIM: Final = 9  # 0..255
TANK_HP: Final = 10
TANK_RELOAD: Final = 11  # ticks until it can fire
TANK_SPECIAL: Final = 12  # ticks until the special is ready
TANK_SPECIAL_HELD: Final = 13  # 1: the special was pressed in the last tick
TANK_DASH: Final = 14  # ticks of dash left
TANK_DASH_MOVE: Final = 15  # direction of the dash 1..8
TANK_SHIELD: Final = 16  # ticks
TANK_TRIPLE: Final = 17  # ticks
TANK_BANK: Final = 18  # ticks of one more bank
TANK_SPEED: Final = 19  # ticks of more speed
TANK_GRACE: Final = 20  # ticks until it can be hurt again
TANK_FIRED: Final = 21  # ticks since it fired, capped at REVEAL_TICKS
TANK_HIDDEN: Final = 22  # bit per team: 1 = that team cannot see it
TANK_PORTAL_LOCK: Final = 23  # 1 while it stands on the portal it came out of
TANK_RESPAWN: Final = 24  # ticks until it respawns; -1: never
TANK_CARRY: Final = 25  # energy cell carried + 1, 0: none
TANK_SHOTS: Final = 26  # own shots in flight
TANK_SCORE: Final = 27
TANK_KILLS: Final = 28
TANK_DEATHS: Final = 29
TANK_SPAWN_X: Final = 30  # su
TANK_SPAWN_Y: Final = 31
TANK_SPAWN_FACING: Final = 32
TANK_SIZE: Final = 33

# shots[w, slot]: a flight is a chain of straight legs; fine = su / 256, q12 = tick / 4096
SHOT_X: Final = 0  # su now
SHOT_Y: Final = 1
SHOT_OWNER: Final = 2  # seat
SHOT_TEAM: Final = 3
SHOT_CLASS: Final = 4  # tank class: speed and damage
SHOT_AIM: Final = 5  # direction of this leg
SHOT_LEG_X: Final = 6  # fine, start of the leg
SHOT_LEG_Y: Final = 7
SHOT_LEG_TIME: Final = 8  # q12 since the leg began
SHOT_LEG_END: Final = 9  # q12 at which the leg meets a tile
SHOT_LEG_CELL: Final = 10  # terrain index of that tile
SHOT_LEG_AXIS: Final = 11  # AXIS_X, AXIS_Y or AXIS_MIRROR
SHOT_BANKS: Final = 12  # walls banked off so far
SHOT_BANK_LIMIT: Final = 13
SHOT_LIFE: Final = 14  # ticks left
SHOT_ID: Final = 15  # serial number, unique in the match
SHOT_SIZE: Final = 16
AXIS_X: Final = 0  # met a tile's left or right face
AXIS_Y: Final = 1  # met a tile's top or bottom face
AXIS_MIRROR: Final = 2  # met a mirror's diagonal

# mines[w, slot]; mines[0:N_MINES] lie
MINE_X: Final = 0  # su
MINE_Y: Final = 1
MINE_OWNER: Final = 2
MINE_TEAM: Final = 3
MINE_ARM: Final = 4  # ticks until armed
MINE_LIFE: Final = 5  # ticks
MINE_SIZE: Final = 6

# pickups[w, slot]
PICKUP_EXISTS: Final = 0
PICKUP_KIND: Final = 1
PICKUP_X: Final = 2  # su
PICKUP_Y: Final = 3
PICKUP_WAIT: Final = 4  # ticks until it is there; 0: take it
PICKUP_SIZE: Final = 5

# cells[w, slot]: energy cells
CELL_EXISTS: Final = 0
CELL_X: Final = 1  # su now (follows its carrier)
CELL_Y: Final = 2
CELL_HOME_X: Final = 3  # su where it appears
CELL_HOME_Y: Final = 4
CELL_CARRIER: Final = 5  # seat, or -1
CELL_WAIT: Final = 6  # ticks until it is there
CELL_SIZE: Final = 7

# seen[w, team, seat]: where that team last saw that tank
SEEN_X: Final = 0
SEEN_Y: Final = 1
SEEN_AGE: Final = 2  # ticks, capped at SEEN_AGE_MAX
SEEN_SIZE: Final = 3
SEEN_AGE_MAX: Final = 600

# events[w, n]: kind (sim.events), a, b, x, y
EVENT_KIND: Final = 0
EVENT_A: Final = 1
EVENT_B: Final = 2
EVENT_X: Final = 3  # su
EVENT_Y: Final = 4
EVENT_SIZE: Final = 5

# actions[w, seat], given by the caller each tick
ACTION_MOVE: Final = 0  # 0..8
ACTION_AIM: Final = 1  # 0..255
ACTION_FIRE: Final = 2  # 0/1, held
ACTION_SPECIAL: Final = 3  # 0/1, acts on the press
ACTION_SIZE: Final = 4


class World(NamedTuple):
    """A batch of worlds: N worlds of S seats (S <= MAX_SEATS is the same for all of them)."""

    head: IntArray  # (N, HEAD_SIZE)
    terrain: ByteArray  # (N, cells): row-major tiles with a ring of wall, stride head[STRIDE]
    tanks: IntArray  # (N, S, TANK_SIZE)
    shots: IntArray  # (N, MAX_SHOTS, SHOT_SIZE)
    mines: IntArray  # (N, MAX_MINES, MINE_SIZE)
    pickups: IntArray  # (N, MAX_PICKUPS, PICKUP_SIZE)
    cells: IntArray  # (N, MAX_CELLS, CELL_SIZE)
    seen: IntArray  # (N, MAX_TEAMS, S, SEEN_SIZE)
    rng: np.ndarray[Any, np.dtype[np.uint64]]  # (N, 2): PCG32 state and stream
    events: IntArray  # (N, MAX_EVENTS, EVENT_SIZE): output, not state


STATE_FIELDS: Final = tuple(name for name in World._fields if name != "events")


def new_world(worlds: int, seats: int, terrain_size: int) -> World:
    """Return `worlds` empty worlds of `seats` seats and room for `terrain_size` tiles each (ring included).

    Raises ValueError when a size is outside its cap.
    """
    if not 1 <= seats <= rules.MAX_SEATS:
        raise ValueError(f"seats: expected 1 to {rules.MAX_SEATS}, found {seats}")
    if worlds < 1:
        raise ValueError(f"worlds: expected at least 1, found {worlds}")
    largest = (rules.MAX_SIDE + 2) ** 2
    if not 1 <= terrain_size <= largest:
        raise ValueError(f"terrain_size: expected 1 to {largest}, found {terrain_size}")

    def ints(*shape: int) -> IntArray:
        return np.zeros((worlds, *shape), np.int64)

    return World(
        head=ints(HEAD_SIZE),
        terrain=np.full((worlds, terrain_size), rules.WALL, np.uint8),
        tanks=ints(seats, TANK_SIZE),
        shots=ints(rules.MAX_SHOTS, SHOT_SIZE),
        mines=ints(rules.MAX_MINES, MINE_SIZE),
        pickups=ints(rules.MAX_PICKUPS, PICKUP_SIZE),
        cells=ints(rules.MAX_CELLS, CELL_SIZE),
        seen=ints(rules.MAX_TEAMS, seats, SEEN_SIZE),
        rng=np.zeros((worlds, 2), np.uint64),
        events=ints(rules.MAX_EVENTS, EVENT_SIZE),
    )


def _arrays(world: World) -> list[np.ndarray[Any, Any]]:
    return [getattr(world, name) for name in World._fields]


def copy_world(world: World) -> World:
    """Return a world that shares no memory with `world`."""
    arrays: list[Any] = [array.copy() for array in _arrays(world)]
    return World(*arrays)


def restore_world(world: World, saved: World) -> None:
    """Write `saved` back into the arrays of `world` (same shapes, else ValueError)."""
    for name, target, source in zip(World._fields, _arrays(world), _arrays(saved), strict=True):
        if target.shape != source.shape:
            raise ValueError(f"{name}: expected shape {target.shape}, found {source.shape}")
        np.copyto(target, source)
