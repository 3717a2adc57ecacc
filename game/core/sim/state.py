"""The state of a world: every array, column by column.

`World` holds a batch of worlds; axis 0 of every array is the world. All numbers are int64, except `terrain`
(uint8 tile ids, which are compared but never used in arithmetic) and `rng` (uint64). Each line below defines a column: its
constant, its name, its lowest and highest value and its meaning, so `world.tanks[w, seat, TANK_X]` is a tank's x.
`sim.checks` checks states from files against the ranges. `Levels` holds what never changes: the level geometry that
all worlds share. `events` is output, not state: it is cleared at the start of each tick and not hashed.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim.arrays import ByteArray, IntArray, WordArray
from game.core.sim.columns import CELL, LARGE, MOST_TICKS, SEATS, SIDE, WORDS, Columns
from game.core.sim.columns import HEIGHT as HIGH
from game.core.sim.columns import WIDTH as WIDE
from game.core.sim.events import N_EVENT_KINDS

MOST_CELLS: Final = (rules.MAX_SIDE + 2) ** 2  # largest number of cells of a terrain
_TILE: Final = rules.SU_PER_TILE
_FASTEST: Final = 128  # su per tick
_LONGEST_SHIELD: Final = max(rules.SHIELD_TICKS, rules.SPAWN_SHIELD, rules.PICKUP_SHIELD_TICKS)
_LONGEST_RESPAWN: Final = max(
    rules.SPAWN_SHIELD, *(max(row.respawn_own, row.respawn_enemy) for row in rules.OBJECTIVES)
)
_LONGEST_LEG: Final = (
    rules.SHOT_LIFE + 10
) * 4096  # q12: the lifetime of a shot plus the time through one more tile
_MOST_BANKS: Final = max(row.banks for row in rules.TANK_CLASSES) + 1

# head: one number per world
HEAD: Final = Columns("head")
TICK: Final = HEAD("tick", 0, MOST_TICKS, "ticks since the match began")
LEVEL: Final = HEAD("level", 0, LARGE, "index into the levels")
OBJECTIVE: Final = HEAD("objective", 0, rules.N_OBJECTIVES - 1, "eliminate, defend, collect, survive")
WIDTH: Final = HEAD("width", rules.MIN_SIDE, rules.MAX_SIDE, "tiles, without the border")
HEIGHT: Final = HEAD("height", rules.MIN_SIDE, rules.MAX_SIDE, "tiles, without the border")
STRIDE: Final = HEAD(
    "stride", rules.MIN_SIDE + 2, rules.MAX_SIDE + 2, "width + 2: terrain carries a ring of wall"
)
TIME_LIMIT: Final = HEAD("time_limit", 1, MOST_TICKS, "ticks")
N_SEATS: Final = HEAD("n_seats", 1, rules.MAX_SEATS, "seats of every world of the batch")
N_SHOTS: Final = HEAD("n_shots", 0, rules.MAX_SHOTS, "shots 0 to n_shots - 1 are in flight")
N_MINES: Final = HEAD("n_mines", 0, rules.MAX_MINES, "mines 0 to n_mines - 1 exist")
DONE: Final = HEAD("done", 0, 1, "1 when the match is decided or timed out")
WINNER: Final = HEAD("winner", -1, rules.MAX_TEAMS - 1, "team, or -1: nobody (draw or time-out)")
TIMED_OUT: Final = HEAD("timed_out", 0, 1, "1 if the match ended by its time limit")
GOAL: Final = HEAD("goal", 0, LARGE, "cells to bring home, or number of waves")
WAVE: Final = HEAD("wave", 0, LARGE, "waves begun (defend)")
WAVE_PAUSE_LEFT: Final = HEAD("wave_pause_left", 0, rules.WAVE_PAUSE, "ticks until the next wave")
CORE_HP: Final = HEAD("core_hp", 0, LARGE, "hit points of the core")
CORE_HP_MAX: Final = HEAD("core_hp_max", 1, LARGE, "hit points of the undamaged core")
CORE_CELL: Final = HEAD("core_cell", 0, MOST_CELLS - 1, "terrain index, 0: none", CELL)
SHOT_SERIAL: Final = HEAD("shot_serial", 0, LARGE, "shots fired so far")
TEAM_SCORE: Final = HEAD(
    "team_score", 0, LARGE,
    "of a team: kills; cells brought home; attackers destroyed / core damage; seconds / kills",
    count=rules.MAX_TEAMS,
)  # fmt: skip
N_EVENTS: Final = HEAD("n_events", 0, rules.MAX_EVENTS, "events of this tick")
EVENTS_LOST: Final = HEAD("events_lost", 0, LARGE, "events beyond the cap, since the match began")
N_TEAMS: Final = HEAD("n_teams", 0, rules.MAX_TEAMS, "highest team that takes part + 1")
HEAD_SIZE: Final = len(HEAD)

# terrain[w, cell]: row-major tiles inside a ring of wall
TERRAIN: Final = Columns("terrain", "cell")
TERRAIN("tile", 0, rules.N_TILES - 1, "tile of `rules`")

# tanks[w, seat]
TANKS: Final = Columns("tanks", "seat")
TANK_ACTIVE: Final = TANKS("active", 0, 1, "1: this seat takes part")
TANK_TEAM: Final = TANKS("team", 0, rules.MAX_TEAMS - 1, "team")
TANK_CLASS: Final = TANKS("class", 0, rules.N_CLASSES - 1, "scout, ranger, heavy")
TANK_ALIVE: Final = TANKS("alive", 0, 1, "1: it is alive")
TANK_X: Final = TANKS("x", 0, SIDE - 1, "su, centre; the arena's top left corner is (0, 0)", WIDE)
TANK_Y: Final = TANKS("y", 0, SIDE - 1, "su, centre", HIGH)
TANK_VX: Final = TANKS("vx", -_FASTEST, _FASTEST, "su moved in the last tick")
TANK_VY: Final = TANKS("vy", -_FASTEST, _FASTEST, "su moved in the last tick")
TANK_FACING: Final = TANKS("facing", 0, rules.N_MOVES - 1, "last move 1 to 8, the hull's direction")
TANK_AIM: Final = TANKS("aim", 0, rules.AIMS - 1, "direction of the turret")
TANK_HP: Final = TANKS("hp", 0, max(row.armour for row in rules.TANK_CLASSES), "hit points")
TANK_RELOAD: Final = TANKS(
    "reload", 0, max(row.reload for row in rules.TANK_CLASSES), "ticks until it can fire"
)
TANK_SPECIAL: Final = TANKS(
    "special", 0, max(row.special_cooldown for row in rules.TANK_CLASSES), "ticks until the special is ready"
)
TANK_SPECIAL_HELD: Final = TANKS("special_held", 0, 1, "1: the special was pressed in the last tick")
TANK_DASH: Final = TANKS("dash", 0, rules.DASH_TICKS, "ticks of dash left")
TANK_DASH_MOVE: Final = TANKS("dash_move", 0, rules.N_MOVES - 1, "direction of the dash 1 to 8")
TANK_SHIELD: Final = TANKS("shield", 0, _LONGEST_SHIELD, "ticks of shield left")
TANK_TRIPLE: Final = TANKS("triple", 0, rules.TRIPLE_TICKS, "ticks left of triple shots")
TANK_BANK: Final = TANKS("bank", 0, rules.BANK_TICKS, "ticks left of one more bank")
TANK_SPEED: Final = TANKS("speed", 0, rules.SPEED_TICKS, "ticks left of more speed")
TANK_GRACE: Final = TANKS("grace", 0, rules.HIT_GRACE, "ticks until it can be hurt again")
TANK_FIRED: Final = TANKS("fired", 0, rules.REVEAL_TICKS, "ticks since it fired, capped")
TANK_HIDDEN: Final = TANKS(
    "hidden", 0, (1 << rules.MAX_TEAMS) - 1, "bit per team: 1 = that team cannot see it"
)
TANK_PORTAL_LOCK: Final = TANKS("portal_lock", 0, 1, "1 while it stands on the portal from which it came")
TANK_RESPAWN: Final = TANKS("respawn", -1, _LONGEST_RESPAWN, "ticks until it respawns; -1: never")
TANK_CARRY: Final = TANKS("carry", 0, rules.MAX_CELLS, "energy cell carried + 1, 0: none")
TANK_SHOTS: Final = TANKS("shots", 0, rules.SHOTS_PER_TANK + 2, "own shots in flight")
TANK_SCORE: Final = TANKS("score", 0, LARGE, "points")
TANK_KILLS: Final = TANKS("kills", 0, LARGE, "enemies destroyed")
TANK_DEATHS: Final = TANKS("deaths", 0, LARGE, "times destroyed")
TANK_SPAWN_X: Final = TANKS("spawn_x", 0, SIDE - 1, "su, of its start", WIDE)
TANK_SPAWN_Y: Final = TANKS("spawn_y", 0, SIDE - 1, "su", HIGH)
TANK_SPAWN_FACING: Final = TANKS("spawn_facing", 0, rules.N_MOVES - 1, "move 1 to 8")
TANK_SIZE: Final = len(TANKS)

# shots[w, slot]: a flight is a chain of straight legs; fine = su / 256, q12 = tick / 4096
SHOTS: Final = Columns("shots", "shot")
SHOT_X: Final = SHOTS("x", -_TILE, SIDE + _TILE, "su now")
SHOT_Y: Final = SHOTS("y", -_TILE, SIDE + _TILE, "su now")
SHOT_OWNER: Final = SHOTS("owner", 0, rules.MAX_SEATS - 1, "seat", SEATS)
SHOT_TEAM: Final = SHOTS("team", 0, rules.MAX_TEAMS - 1, "the owner's team")
SHOT_CLASS: Final = SHOTS("class", 0, rules.N_CLASSES - 1, "tank class: speed and damage")
SHOT_AIM: Final = SHOTS("aim", 0, rules.AIMS - 1, "direction of this leg")
SHOT_LEG_X: Final = SHOTS("leg_x", 0, SIDE * 256 - 1, "fine, start of the leg", WIDE)
SHOT_LEG_Y: Final = SHOTS("leg_y", 0, SIDE * 256 - 1, "fine", HIGH)
SHOT_LEG_TIME: Final = SHOTS("leg_time", 0, _LONGEST_LEG, "q12 since the leg began")
SHOT_LEG_END: Final = SHOTS("leg_end", 0, _LONGEST_LEG, "q12 at which the leg meets a tile")
SHOT_LEG_CELL: Final = SHOTS("leg_cell", 0, MOST_CELLS - 1, "terrain index of that tile", CELL)
SHOT_LEG_AXIS: Final = SHOTS(
    "leg_axis", 0, 2, "the face met: left or right, top or bottom, a mirror's diagonal"
)
SHOT_BANKS: Final = SHOTS("banks", 0, _MOST_BANKS, "walls banked off so far")
SHOT_BANK_LIMIT: Final = SHOTS("bank_limit", 0, _MOST_BANKS, "walls it may bank off")
SHOT_LIFE: Final = SHOTS("life", 0, rules.SHOT_LIFE, "ticks left")
SHOT_ID: Final = SHOTS("id", 0, LARGE, "serial number, unique in the match")
SHOT_SIZE: Final = len(SHOTS)
AXIS_X: Final = 0  # met a tile's left or right face
AXIS_Y: Final = 1  # met a tile's top or bottom face
AXIS_MIRROR: Final = 2  # met a mirror's diagonal

# mines[w, slot]; the mines are mines[0:N_MINES]
MINES: Final = Columns("mines", "mine")
MINE_X: Final = MINES("x", 0, SIDE - 1, "su", WIDE)
MINE_Y: Final = MINES("y", 0, SIDE - 1, "su", HIGH)
MINE_OWNER: Final = MINES("owner", 0, rules.MAX_SEATS - 1, "seat", SEATS)
MINE_TEAM: Final = MINES("team", 0, rules.MAX_TEAMS - 1, "the owner's team")
MINE_ARM: Final = MINES("arm", 0, rules.MINE_ARM_TICKS, "ticks until armed")
MINE_LIFE: Final = MINES("life", 0, rules.MINE_LIFE, "ticks left")
MINE_SIZE: Final = len(MINES)

# pickups[w, slot]
PICKUPS: Final = Columns("pickups", "pick-up")
PICKUP_EXISTS: Final = PICKUPS("exists", 0, 1, "1: the level has it")
PICKUP_KIND: Final = PICKUPS("kind", 0, len(rules.PICKUP_NAMES) - 1, "repair, shield, triple, bank, speed")
PICKUP_X: Final = PICKUPS("x", 0, SIDE - 1, "su", WIDE)
PICKUP_Y: Final = PICKUPS("y", 0, SIDE - 1, "su", HIGH)
PICKUP_WAIT: Final = PICKUPS("wait", 0, rules.PICKUP_RESPAWN, "ticks until it appears; 0: it can be taken")
PICKUP_SIZE: Final = len(PICKUPS)

# cells[w, slot]: energy cells
CELLS: Final = Columns("cells", "cell")
CELL_EXISTS: Final = CELLS("exists", 0, 1, "1: the level has it")
CELL_X: Final = CELLS("x", 0, SIDE - 1, "su now (follows its carrier)", WIDE)
CELL_Y: Final = CELLS("y", 0, SIDE - 1, "su", HIGH)
CELL_HOME_X: Final = CELLS("home_x", 0, SIDE - 1, "su where it appears", WIDE)
CELL_HOME_Y: Final = CELLS("home_y", 0, SIDE - 1, "su", HIGH)
CELL_CARRIER: Final = CELLS("carrier", -1, rules.MAX_SEATS - 1, "seat, or -1", SEATS)
CELL_WAIT: Final = CELLS("wait", 0, rules.CELL_RESPAWN, "ticks until it appears")
CELL_SIZE: Final = len(CELLS)

# seen[w, team, seat]: where that team last saw that tank
SEEN_AGE_MAX: Final = 600
SEEN: Final = Columns("seen", "seat")
SEEN_X: Final = SEEN("x", 0, SIDE - 1, "su", WIDE)
SEEN_Y: Final = SEEN("y", 0, SIDE - 1, "su", HIGH)
SEEN_AGE: Final = SEEN("age", 0, SEEN_AGE_MAX, "ticks since then, capped")
SEEN_SIZE: Final = len(SEEN)

# rng[w]: PCG32
RNG: Final = Columns("rng")
RNG("state", 0, WORDS, "of PCG32")
RNG_STREAM: Final = RNG("stream", 0, WORDS, "of PCG32, an odd number")

# events[w, n]: kind (sim.events), a, b, x, y
EVENT: Final = Columns("events", "event")
EVENT_KIND: Final = EVENT("kind", 0, N_EVENT_KINDS, "of `sim.events`, 0: none")
EVENT_A: Final = EVENT("a", -1, LARGE, "as its kind says")
EVENT_B: Final = EVENT("b", -1, LARGE, "as its kind says")
EVENT_X: Final = EVENT("x", -_TILE, SIDE + _TILE, "su")
EVENT_Y: Final = EVENT("y", -_TILE, SIDE + _TILE, "su")
EVENT_SIZE: Final = len(EVENT)

# actions[w, seat], passed by the caller each tick
ACTION_MOVE: Final = 0  # 0..8
ACTION_AIM: Final = 1  # 0..255
ACTION_FIRE: Final = 2  # 0/1, held
ACTION_SPECIAL: Final = 3  # 0/1, acts when it changes from 0 to 1
ACTION_SIZE: Final = 4

FIELDS: Final = (
    HEAD,
    TERRAIN,
    TANKS,
    SHOTS,
    MINES,
    PICKUPS,
    CELLS,
    SEEN,
    RNG,
    EVENT,
)  # in the order of World


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
    rng: WordArray  # (N, 2): PCG32 state and stream
    events: IntArray  # (N, MAX_EVENTS, EVENT_SIZE): output, not state


STATE_FIELDS: Final = tuple(name for name in World._fields if name != "events")


def new_world(worlds: int, seats: int, terrain_size: int) -> World:
    """Return `worlds` empty worlds of `seats` seats, each with room for `terrain_size` tiles (ring included).

    Raises ValueError if a size is outside its cap.
    """
    if not 1 <= seats <= rules.MAX_SEATS:
        raise ValueError(f"seats: expected 1 to {rules.MAX_SEATS}, found {seats}")
    if worlds < 1:
        raise ValueError(f"worlds: expected at least 1, found {worlds}")
    if not 1 <= terrain_size <= MOST_CELLS:
        raise ValueError(f"terrain_size: expected 1 to {MOST_CELLS}, found {terrain_size}")

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


def check_shapes(world: World, saved: World) -> None:
    """Raise ValueError unless every array of `saved` has the shape and type of that of `world`."""
    for name, target, source in zip(World._fields, _arrays(world), _arrays(saved), strict=True):
        if target.shape != source.shape:
            raise ValueError(f"{name}: expected shape {target.shape}, found {source.shape}")
        if target.dtype != source.dtype:
            raise ValueError(f"{name}: expected {target.dtype}, found {source.dtype}")


def restore_world(world: World, saved: World) -> None:
    """Copy `saved`, which this process made, back into the arrays of `world`. Raises ValueError if the shapes differ.

    A state from outside must pass `sim.checks.check_worlds` first.
    """
    check_shapes(world, saved)
    for target, source in zip(_arrays(world), _arrays(saved), strict=True):
        np.copyto(target, source)
