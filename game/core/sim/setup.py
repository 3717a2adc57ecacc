"""Begin a match: copy a level into a world and place the tanks."""

from typing import Final

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.columns import Columns
from game.core.sim.jit import jit
from game.core.sim.objects import update_visibility
from game.core.sim.rng import below, seed_rng
from game.core.sim.state import World
from game.core.sim.tables import ARMOUR
from game.core.sim.tanks import place_tank

LEVEL_CLASS: Final = -1  # the class that the level's start gives
RANDOM_CLASS: Final = -2  # one class, drawn once per match for all seats with this value

# roster[w, seat]: team and class of each seat
ROSTER: Final = Columns("roster", "seat")
ROSTER_TEAM: Final = ROSTER("team", -1, rules.MAX_TEAMS - 1, "-1: the seat stays empty")
ROSTER_CLASS: Final = ROSTER(
    "class", RANDOM_CLASS, rules.N_CLASSES - 1, "tank class, -1: the level's, -2: drawn at random"
)
ROSTER_SIZE: Final = len(ROSTER)
FIRST_WAVE_TICKS: Final = 60


@jit
def begin_match(
    world: World, levels: ar.Levels, w: int, level: int, seed: int, roster: IntArray, shuffle: int
) -> None:
    """Start a match of `level` in world `w`: every array of the world is overwritten.

    roster: (N, S, ROSTER_SIZE). shuffle: 1 assigns a team's starts in random order. The same arguments give the same
    match. If a team has more seats than the level has starts, seats share starts, and wait until a shared start is free.
    """
    head = world.head
    seats = world.tanks.shape[1]
    _clear(world, w)
    seed_rng(world.rng, w, seed, level)
    for column in range(st.HEAD_SIZE):
        head[w, column] = 0
    head[w, st.LEVEL] = level
    head[w, st.OBJECTIVE] = levels.head[level, ar.LEVEL_OBJECTIVE]
    head[w, st.WIDTH] = levels.head[level, ar.LEVEL_WIDTH]
    head[w, st.HEIGHT] = levels.head[level, ar.LEVEL_HEIGHT]
    head[w, st.STRIDE] = levels.head[level, ar.LEVEL_STRIDE]
    head[w, st.TIME_LIMIT] = levels.head[level, ar.LEVEL_TIME_LIMIT]
    head[w, st.GOAL] = levels.head[level, ar.LEVEL_GOAL]
    head[w, st.CORE_HP] = levels.head[level, ar.LEVEL_CORE_HP]
    head[w, st.CORE_HP_MAX] = levels.head[level, ar.LEVEL_CORE_HP]
    head[w, st.CORE_CELL] = levels.head[level, ar.LEVEL_CORE_CELL]
    head[w, st.N_SEATS] = seats
    head[w, st.WINNER] = -1
    head[w, st.WAVE_PAUSE_LEFT] = FIRST_WAVE_TICKS
    offset = levels.head[level, ar.LEVEL_TERRAIN]
    for cell in range(levels.head[level, ar.LEVEL_TERRAIN_SIZE]):
        world.terrain[w, cell] = levels.terrain[offset + cell]
    _place_objects(world, levels, w, level)
    _seat_tanks(world, levels, w, level, roster, shuffle)
    update_visibility(world, w)


@jit
def _clear(world: World, w: int) -> None:
    world.terrain[w, :] = rules.WALL
    world.tanks[w, :, :] = 0
    world.shots[w, :, :] = 0
    world.mines[w, :, :] = 0
    world.pickups[w, :, :] = 0
    world.cells[w, :, :] = 0
    world.seen[w, :, :, :] = 0


@jit
def _place_objects(world: World, levels: ar.Levels, w: int, level: int) -> None:
    for n in range(levels.head[level, ar.LEVEL_PICKUPS]):
        world.pickups[w, n, st.PICKUP_EXISTS] = 1
        world.pickups[w, n, st.PICKUP_KIND] = levels.pickups[level, n, 0]
        world.pickups[w, n, st.PICKUP_X] = levels.pickups[level, n, 1]
        world.pickups[w, n, st.PICKUP_Y] = levels.pickups[level, n, 2]
    if world.head[w, st.OBJECTIVE] != rules.COLLECT:
        return
    for n in range(levels.head[level, ar.LEVEL_CELLS]):
        world.cells[w, n, st.CELL_EXISTS] = 1
        world.cells[w, n, st.CELL_X] = levels.cells[level, n, 0]
        world.cells[w, n, st.CELL_Y] = levels.cells[level, n, 1]
        world.cells[w, n, st.CELL_HOME_X] = levels.cells[level, n, 0]
        world.cells[w, n, st.CELL_HOME_Y] = levels.cells[level, n, 1]
        world.cells[w, n, st.CELL_CARRIER] = -1


@jit
def _seat_tanks(world: World, levels: ar.Levels, w: int, level: int, roster: IntArray, shuffle: int) -> None:
    head = world.head
    tanks = world.tanks
    spawns = levels.spawns
    n_spawns = levels.head[level, ar.LEVEL_SPAWNS]
    drawn_class = below(world.rng, w, rules.N_CLASSES)
    for team in range(rules.MAX_TEAMS):
        starts = 0
        for n in range(n_spawns):
            starts += spawns[level, n, ar.SPAWN_TEAM] == team
        turn = 0
        if shuffle != 0 and starts > 1:
            turn = below(world.rng, w, starts)
        number = 0
        for seat in range(head[w, st.N_SEATS]):
            if roster[w, seat, ROSTER_TEAM] != team or starts == 0:
                continue
            head[w, st.N_TEAMS] = team + 1
            start = _nth_start(spawns, level, n_spawns, team, (number + turn) % starts)
            tanks[w, seat, st.TANK_ACTIVE] = 1
            tanks[w, seat, st.TANK_TEAM] = team
            tanks[w, seat, st.TANK_SPAWN_X] = spawns[level, start, ar.SPAWN_X]
            tanks[w, seat, st.TANK_SPAWN_Y] = spawns[level, start, ar.SPAWN_Y]
            tanks[w, seat, st.TANK_SPAWN_FACING] = spawns[level, start, ar.SPAWN_FACING]
            tank_class = roster[w, seat, ROSTER_CLASS]
            if tank_class == LEVEL_CLASS:
                tank_class = spawns[level, start, ar.SPAWN_CLASS]
            elif tank_class == RANDOM_CLASS:
                tank_class = drawn_class
            tanks[w, seat, st.TANK_CLASS] = tank_class
            waits_for_wave = head[w, st.OBJECTIVE] == rules.DEFEND and team != 0
            if number >= starts and not waits_for_wave:
                tanks[w, seat, st.TANK_RESPAWN] = rules.SPAWN_SHIELD
            elif waits_for_wave:
                tanks[w, seat, st.TANK_RESPAWN] = -1
                tanks[w, seat, st.TANK_HP] = ARMOUR[tank_class]
            else:
                place_tank(tanks, w, seat, 0)
            number += 1


@jit
def _nth_start(spawns: IntArray, level: int, n_spawns: int, team: int, wanted: int) -> int:
    """Return the number of the `wanted`-th start of `team`."""
    found = 0
    for n in range(n_spawns):
        if spawns[level, n, ar.SPAWN_TEAM] == team:
            if found == wanted:
                return n
            found += 1
    return 0
