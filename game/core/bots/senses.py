"""How bots read an observation: slot offsets as constants, and every number as an integer.

A slot's float is converted to an integer in units of 1/ONE before it is used, so no decision depends
on how a platform, or numba, rounds floats. A distance slot, scaled by FAR_TILES tiles, becomes su in this way.
"""

from typing import Final

import numpy as np

from game.core import rules
from game.core.sim.arrays import SenseArray, int64
from game.core.sim.jit import jit, jit_inline
from game.core.sim.slots import ENEMIES, ENEMY_SIZE, FAR_TILES, OFFSETS
from game.core.sim.tables import COSINE, SINE

ONE: Final = FAR_TILES * rules.SU_PER_TILE  # the integer for 1.0; a distance in tiles / FAR_TILES becomes su
RELOAD_UNIT: Final = 64  # ticks of an own_reload of 1.0
SPECIAL_UNIT: Final = 512  # ticks of an own_special of 1.0
WAY_UNIT: Final = 64  # tiles of a path length of 1.0

OWN_CLASS: Final = OFFSETS["own_class"]
OWN_HP: Final = OFFSETS["own_hp"]
OWN_RELOAD: Final = OFFSETS["own_reload"]
OWN_SPECIAL: Final = OFFSETS["own_special"]
OWN_SHIELD: Final = OFFSETS["own_boosts"]
OWN_TRIPLE: Final = OWN_SHIELD + 1
OWN_PLACE: Final = OFFSETS["own_place"]
OWN_VELOCITY: Final = OFFSETS["own_velocity"]
OWN_CARRY: Final = OFFSETS["own_carry"]
RAY: Final = OFFSETS["rays"] - 1  # + move 1..8
DANGER: Final = OFFSETS["danger"]  # + move 0..8
WAY_OBJECTIVE: Final = OFFSETS["way_objective"]
WAY_ENEMY: Final = OFFSETS["way_enemy"]
WAY_PICKUP: Final = OFFSETS["way_pickup"]
PICKUP_KIND: Final = OFFSETS["pickup_kind"]
OBJECTIVE: Final = OFFSETS["objective"]
ROLE: Final = OFFSETS["role"]
MINE: Final = OFFSETS["mine"]
ENEMY: Final = OFFSETS["enemies"]
ENEMY_X: Final = 1  # offsets within an enemy
ENEMY_Y: Final = 2
ENEMY_HP: Final = 6
ENEMY_AGE: Final = 7
ENEMY_SHIELDED: Final = 8
ENEMY_POINTS_HERE: Final = 9
THREAT: Final = OFFSETS["threats"]
THREAT_VX: Final = 3  # offsets within a threat
THREAT_VY: Final = 4
THREAT_URGENCY: Final = 5
TARGET: Final = OFFSETS["preview_target"]  # + sector
TICKS: Final = OFFSETS["preview_ticks"]
BANKED: Final = OFFSETS["preview_banks"]
POSITION: Final = OFFSETS["preview_position"]

MEETS_NOTHING: Final = 0  # what a previewed shot meets first
MEETS_ENEMY: Final = 1
MEETS_CORE: Final = 2
MEETS_BRICK: Final = 3
MEETS_FRIEND: Final = 4


@jit
def read_fixed(row: SenseArray, n: int) -> int:
    """Return number `n` of an observation row (D,) as an integer in units of 1/ONE."""
    return int64(np.floor(np.float64(row[n]) * np.float64(ONE) + np.float64(0.5)))


@jit
def is_alive(row: SenseArray) -> bool:
    """Return whether the observing tank is alive."""
    return bool(row[OWN_HP] > 0)


@jit
def one_hot(row: SenseArray, first: int, size: int) -> int:
    """Return which of the `size` numbers from `first` is set, -1: none."""
    for n in range(size):
        if row[first + n] > 0:
            return n
    return -1


@jit
def must_survive(row: SenseArray) -> bool:
    """Return whether this seat's team wins by staying alive."""
    return one_hot(row, OBJECTIVE, rules.N_OBJECTIVES) == rules.SURVIVE and row[ROLE] > 0


@jit
def has_way(row: SenseArray, way: int) -> bool:
    """Return whether there is a path for the way-point at offset `way`."""
    return bool(row[way] != 0 or row[way + 1] != 0)


@jit_inline
def way_aim(row: SenseArray, way: int) -> int:
    """Return the aim towards the next step of a path."""
    return aim_of(read_fixed(row, way), read_fixed(row, way + 1))


@jit
def way_tiles(row: SenseArray, way: int) -> int:
    """Return the length of a path in tiles, rounded down."""
    return read_fixed(row, way + 2) * WAY_UNIT // ONE


@jit
def waits_at_portal(row: SenseArray, way: int) -> bool:
    """Return whether the path continues at the other end of the portal it stands on: no step, but goal not reached."""
    near = max(abs(read_fixed(row, way)), abs(read_fixed(row, way + 1))) < ONE // 2
    return near and row[way + 2] > 0


@jit
def known_enemy(row: SenseArray) -> int:
    """Return the offset of the nearest visible enemy, otherwise of the nearest known one, otherwise -1."""
    found = -1
    for n in range(ENEMIES):
        offset = ENEMY + n * ENEMY_SIZE
        if row[offset] <= 0:
            continue
        if row[offset + ENEMY_AGE] <= 0:
            return offset
        if found < 0:
            found = offset
    return found


@jit
def nearest_enemy(row: SenseArray) -> tuple[int, int, int]:
    """Return (offset of `known_enemy` or -1, x, y in su relative to the tank), zeros without one."""
    enemy = known_enemy(row)
    if enemy < 0:
        return enemy, 0, 0
    return enemy, read_fixed(row, enemy + ENEMY_X), read_fixed(row, enemy + ENEMY_Y)


@jit
def is_visible(row: SenseArray, enemy: int) -> bool:
    """Return whether the enemy at offset `enemy` (-1: none) is visible now."""
    return enemy >= 0 and row[enemy + ENEMY_AGE] <= 0


@jit
def preview_hit(row: SenseArray, sector: int) -> int:
    """Return what a shot fired now in this sector would meet first, MEETS_*."""
    target = read_fixed(row, TARGET + sector)
    if target < 0:
        return MEETS_FRIEND
    if target == ONE:
        return MEETS_ENEMY
    if target > ONE // 2:
        return MEETS_CORE
    if target > 0:
        return MEETS_BRICK
    return MEETS_NOTHING


@jit
def preview_ticks(row: SenseArray, sector: int) -> int:
    """Return the ticks until a shot fired now in this sector meets something."""
    return (read_fixed(row, TICKS + sector) * rules.PREVIEW_TICKS + ONE // 2) // ONE


@jit
def preview_banks(row: SenseArray, sector: int) -> int:
    """Return the number of banks until a shot fired now in this sector meets something."""
    return (read_fixed(row, BANKED + sector) * 4 + ONE // 2) // ONE


@jit
def preview_position(row: SenseArray, sector: int) -> int:
    """Return the previewed position 0..7 within the sector."""
    last = rules.POSITIONS - 1
    return min(max(((read_fixed(row, POSITION + sector) + ONE) * last + ONE) // (2 * ONE), 0), last)


@jit
def aim_of(x: int, y: int) -> int:
    """Return the aim 0..255 nearest to the direction (x, y), any integers below 2**40; 0 for (0, 0)."""
    across = abs(x)
    down = abs(y)
    low = 0
    high = rules.AIMS // 4
    while high - low > 1:
        middle = (low + high) >> 1
        if SINE[middle] * across <= COSINE[middle] * down:
            low = middle
        else:
            high = middle
    beyond = COSINE[low] * down - SINE[low] * across
    short = SINE[high] * across - COSINE[high] * down
    quarter = low if beyond <= short else high
    if across == 0 and down == 0:
        return 0
    if x < 0:
        quarter = rules.AIMS // 2 - quarter
    return quarter if y >= 0 else (-quarter) & (rules.AIMS - 1)


@jit
def move_of(aim: int) -> int:
    """Return the move 1..8 nearest to an aim."""
    return (((aim + 16) >> 5) & 7) + 1


@jit
def turn_move(move: int, eighths: int) -> int:
    """Return the move 1..8 that is `eighths` of a turn clockwise from move 1..8."""
    return ((move - 1 + eighths) & 7) + 1


@jit
def free_distance(row: SenseArray, move: int) -> int:
    """Return how far a tank can move towards move 1..8, su."""
    return read_fixed(row, RAY + move) * (8 * rules.SU_PER_TILE) // ONE
