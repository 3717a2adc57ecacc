"""Small worlds made by hand, so that the view is tested without running the core."""

from collections.abc import Iterable, Sequence

import numpy as np

from game.core import rules
from game.core.sim import events, state
from game.core.sim.state import World, new_world

LETTERS = {
    ".": rules.FLOOR, "#": rules.WALL, "B": rules.BRICK, "b": rules.BRICK_CRACKED,
    "~": rules.WATER, "%": rules.COVER, "/": rules.MIRROR_SLASH,
    "\\": rules.MIRROR_BACKSLASH, "P": rules.PORTAL, "C": rules.CORE,
    "1": rules.HOME, "2": rules.HOME + 1, "3": rules.HOME + 2, "4": rules.HOME + 3,
}  # fmt: skip
EVERYTHING = (
    "..............",
    ".##..BB..~~...",
    ".#...Bb..~~.P.",
    "...%%......./.",
    "..%%%...C...\\.",
    "......11..22..",
    ".P....33..44..",
    "..............",
)


def centre(tile: int) -> int:
    return tile * rules.SU_PER_TILE + rules.SU_PER_TILE // 2


def make_world(
    rows: Sequence[str] = EVERYTHING,
    tanks: Iterable[tuple[int, int, int, int]] = ((2, 6, 0, 1), (11, 3, 1, 2)),
    objective: int = rules.ELIMINATE,
) -> World:
    """Return one world of the drawn tiles; tanks are (column, row, team, class)."""
    placed = list(tanks)
    tiles = np.array([[LETTERS[letter] for letter in row] for row in rows], np.uint8)
    height, width = tiles.shape
    world = new_world(1, max(1, len(placed)), (height + 2) * (width + 2))
    head = world.head[0]
    head[state.WIDTH], head[state.HEIGHT], head[state.STRIDE] = width, height, width + 2
    head[state.OBJECTIVE], head[state.TIME_LIMIT], head[state.TICK] = objective, 3600, 100
    head[state.GOAL], head[state.CORE_HP], head[state.CORE_HP_MAX] = 4, 9, 12
    head[state.N_SEATS], head[state.WINNER] = len(placed), -1
    terrain = np.pad(tiles, 1, constant_values=rules.WALL)
    world.terrain[0] = terrain.reshape(-1)
    core = np.flatnonzero(world.terrain[0] == rules.CORE)
    head[state.CORE_CELL] = core[0] if core.size else 0
    for seat, (column, row, team, tank_class) in enumerate(placed):
        tank = world.tanks[0, seat]
        tank[state.TANK_ACTIVE] = tank[state.TANK_ALIVE] = 1
        tank[state.TANK_TEAM], tank[state.TANK_CLASS] = team, tank_class
        tank[state.TANK_X], tank[state.TANK_Y] = centre(column), centre(row)
        tank[state.TANK_FACING], tank[state.TANK_HP] = 1, rules.TANK_CLASSES[tank_class].armour
    return world


def add_shot(
    world: World, identity: int, x: int, y: int, *, team: int = 0, aim: int = 0, banks: int = 0
) -> None:
    n = int(world.head[0, state.N_SHOTS])
    shot = world.shots[0, n]
    shot[state.SHOT_X], shot[state.SHOT_Y], shot[state.SHOT_TEAM], shot[state.SHOT_AIM] = x, y, team, aim
    shot[state.SHOT_BANKS], shot[state.SHOT_ID], shot[state.SHOT_LIFE] = banks, identity, 90
    world.head[0, state.N_SHOTS] = n + 1


def add_event(world: World, kind: int, a: int = 0, b: int = 0, x: int = 900, y: int = 900) -> None:
    n = int(world.head[0, state.N_EVENTS])
    world.events[0, n] = (kind, a, b, x, y)
    world.head[0, state.N_EVENTS] = n + 1


def next_tick(world: World) -> None:
    world.head[0, state.TICK] += 1
    world.head[0, state.N_EVENTS] = 0


def busy_world(objective: int = rules.DEFEND) -> World:
    """Return a world in which everything that can be drawn exists, and every event happens."""
    world = make_world(
        tanks=((2, 6, 0, 0), (11, 3, 1, 1), (4, 3, 2, 2), (9, 6, 3, 0), (6, 2, 0, 1), (12, 7, 1, 2)),
        objective=objective,
    )
    tanks = world.tanks[0]
    tanks[0, [state.TANK_DASH, state.TANK_SHIELD, state.TANK_RELOAD, state.TANK_VX]] = (4, 60, 9, 70)
    tanks[0, [state.TANK_TRIPLE, state.TANK_BANK, state.TANK_SPEED, state.TANK_SPECIAL]] = (99, 99, 99, 50)
    tanks[1, [state.TANK_HP, state.TANK_CARRY, state.TANK_GRACE]] = (1, 1, 5)
    tanks[2, state.TANK_HIDDEN] = 1
    world.seen[0, 0, 2] = (centre(4), centre(3), 30)
    tanks[5, [state.TANK_ALIVE, state.TANK_RESPAWN]] = (0, 90)
    for n in range(12):
        add_shot(world, n + 1, 300 + 250 * n, 500 + 97 * n % 1400, team=n % 4, aim=n * 21 % 256, banks=n % 3)
    for n, kind in enumerate((0, 1, 2, 3, 4, 0)):
        spot = (1, kind, centre(2 * n + 1), centre(7), 0 if n < 5 else 300)
        world.pickups[0, n, : len(spot)] = spot
    for n in range(3):
        world.cells[0, n] = (1, centre(3 + n), centre(0), centre(3 + n), centre(0), -1 if n else 1, 0)
    for n in range(2):
        world.mines[0, n] = (centre(9 + n), centre(0), n, n, 20 * n, 900)
    world.head[0, state.N_MINES] = 2
    for event in events.EVENTS:
        add_event(world, event.kind, 0, 1)
    return world
