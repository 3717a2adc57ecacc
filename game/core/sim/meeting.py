"""What a shot meets during its flight: the targets of a previewed flight, and the exact test of one leg against one target."""

from typing import Final, NamedTuple

from game.core import rules
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.flight import MAX_LEGS_PER_TICK
from game.core.sim.jit import jit, jit_inline
from game.core.sim.tables import Q12

# What a previewed flight meets first
MEETS_NOTHING: Final = 0
MEETS_ENEMY: Final = 1
MEETS_OWN: Final = 2  # the shooter or an ally, after a bank
MEETS_BRICK: Final = 3
MEETS_CORE: Final = 4

MAX_LEGS: Final = 3 * MAX_LEGS_PER_TICK
_REACH = rules.HIT_RADIUS * rules.HIT_RADIUS
_NEAR = rules.HIT_RADIUS + 4
_SIDE_REACH = _NEAR * _NEAR
CENTRE: Final = rules.POSITIONS // 2  # the aim with which a sector is previewed
NO_TICK: Final = 1 << 20
AIMS_PER_RADIAN: Final = 41  # 256 / 2π, rounded
TARGET_SIZE: Final = 5
TARGETS_SIZE: Final = rules.MAX_SEATS * TARGET_SIZE


class Firing(NamedTuple):
    """A shot as it leaves the gun, in any direction."""

    x: int  # fine
    y: int
    tank_class: int
    bank_limit: int  # walls it may bank off
    core_is_enemy: bool


class Targets(NamedTuple):
    """The tanks that a shot can meet."""

    rows: IntArray  # (TARGETS_SIZE,): TARGET_SIZE numbers each: x, y (su), velocity x, y (su per tick), seat
    enemies: int  # number of enemies, which are in the first rows
    total: int  # number of enemies, shooter and allies together


class Leg(NamedTuple):
    """One straight leg of a flight."""

    x: int  # fine, where it begins
    y: int
    vx: int  # fine per tick
    vy: int
    time: int  # q12 from the firing until it begins
    first_tick: int  # whole ticks since the firing at which the leg is sampled, as in the tick
    last_tick: int


class AimCorrection(NamedTuple):
    """How far to turn the aim so that the flight passes nearest to the target that it meets soonest, as known so far.

    The unfolded path of a shot is a straight line, so a turn by δ moves a point at path length L sideways by L·δ.
    """

    limit: int  # squared shot speed, (su / 16 per tick)²; 0: not needed
    scale: int  # ±AIMS_PER_RADIAN × 16, negative after an odd number of reflections, which mirror the side
    aims: int  # the turn; 0 if no target is within the sector
    tick: int  # tick at which that target is met, or NO_TICK


NO_TURNING: Final = AimCorrection(0, 0, 0, 0)


@jit
def gather_targets(tanks: IntArray, w: int, seats: int, seat: int, rows: IntArray) -> Targets:
    """List the tanks that a shot of `seat` can meet: enemies it can see, then itself and its allies.

    rows: (TARGETS_SIZE,) int64, written.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    count = 0
    enemies = 0
    for side in range(2):
        for other in range(seats):
            if tanks[w, other, st.TANK_ALIVE] == 0:
                continue
            own = tanks[w, other, st.TANK_TEAM] == team
            if own != (side == 1) or (tanks[w, other, st.TANK_HIDDEN] >> team) & 1 != 0:
                continue
            at = count * TARGET_SIZE
            rows[at] = tanks[w, other, st.TANK_X]
            rows[at + 1] = tanks[w, other, st.TANK_Y]
            rows[at + 2] = tanks[w, other, st.TANK_VX]
            rows[at + 3] = tanks[w, other, st.TANK_VY]
            rows[at + 4] = other
            count += 1
        if side == 0:
            enemies = count
    return Targets(rows, enemies, count)


@jit_inline
def relevant_distance(leg: Leg, turn_limit: int) -> int:
    """Return the distance from a leg (su) within which a target matters: half a sector at this path length, or a hit."""
    reach = _NEAR + 8
    if turn_limit != 0:
        reach += max(abs(leg.vx >> 4), abs(leg.vy >> 4)) * leg.last_tick * 3 >> 8
    return reach


@jit
def meet_target(
    rows: IntArray, n: int, leg: Leg, turning: AimCorrection, reach: int, hit_tick: int
) -> tuple[int, int, int]:
    """Follow one leg past target `n`; `hit_tick` is the tick at which another target was hit, NO_TICK: none was.

    Returns (tick of an earlier hit or NO_TICK, aims and tick of the correction now).
    """
    at = n * TARGET_SIZE
    gap_x = rows[at] + (rows[at + 2] * leg.time >> 12) - (leg.x >> 8)
    gap_y = rows[at + 1] + (rows[at + 3] * leg.time >> 12) - (leg.y >> 8)
    rel_x = (leg.vx >> 4) - (rows[at + 2] << 4)  # 1/16 su per tick
    rel_y = (leg.vy >> 4) - (rows[at + 3] << 4)
    side = gap_y * rel_x - gap_x * rel_y
    square = rel_x * rel_x + rel_y * rel_y
    if side * side >= reach * reach * square:
        return NO_TICK, turning.aims, turning.tick
    ahead = gap_x * rel_x + gap_y * rel_y
    if ahead <= 0 and gap_x * gap_x + gap_y * gap_y >= 2 * _REACH:
        return NO_TICK, turning.aims, turning.tick
    square = max(square, 1)
    touch = NO_TICK
    if side * side < _SIDE_REACH * square:
        closest = (leg.time >> 12) + ahead * 16 // square
        span = rules.HIT_RADIUS * 16 // max(abs(rel_x), abs(rel_y), 16) + 2
        touch = first_overlap(rows, at, leg, closest - span, min(closest + span, hit_tick - 1))
    if turning.limit == 0 or ahead <= 0:
        return touch, turning.aims, turning.tick
    # meeting × square, to compare without a division
    meeting = (leg.time >> 12) * square + ahead * 16
    scaled = side * turning.scale
    if 2 * abs(scaled) * square > 9 * turning.limit * meeting or meeting > leg.last_tick * square:
        return touch, turning.aims, turning.tick
    tick = max(meeting // square, 1)
    if tick < turning.tick:
        limit = turning.limit * tick
        turn = (2 * scaled + limit) // (2 * limit)
        if -CENTRE <= turn < rules.POSITIONS - CENTRE:
            return touch, turn, tick
    return touch, turning.aims, turning.tick


@jit
def meet_targets(
    rows: IntArray, first: int, last: int, leg: Leg, turning: AimCorrection
) -> tuple[int, int, int, int]:
    """Follow one leg past targets first..last-1.

    Returns (tick of the first hit or NO_TICK, number of that target or -1, aims and tick of the correction now).
    """
    hit_tick = NO_TICK
    hit = -1
    aims = turning.aims
    turn_tick = turning.tick
    reach = relevant_distance(leg, turning.limit)
    for n in range(first, last):
        now = AimCorrection(turning.limit, turning.scale, aims, turn_tick)
        tick, aims, turn_tick = meet_target(rows, n, leg, now, reach, hit_tick)
        if tick != NO_TICK:
            hit_tick = tick
            hit = n
    return hit_tick, hit, aims, turn_tick


@jit
def first_overlap(rows: IntArray, at: int, leg: Leg, first: int, last: int) -> int:
    """Return the first tick first..last of the leg at which the shot overlaps the target at rows[at], NO_TICK: none."""
    for tick in range(max(leg.first_tick, first), min(leg.last_tick, last) + 1):
        since = tick * Q12 - leg.time
        dx = rows[at] + rows[at + 2] * tick - ((leg.x + ((leg.vx * since) >> 12)) >> 8)
        dy = rows[at + 1] + rows[at + 3] * tick - ((leg.y + ((leg.vy * since) >> 12)) >> 8)
        if dx * dx + dy * dy < _REACH:
            return tick
    return NO_TICK
