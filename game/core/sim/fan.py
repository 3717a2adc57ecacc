"""The sight lines of all aim sectors, WIDTH flights at a time.

`preview.fly_preview` computes what one flight meets; `fly_fan` gives bit-identical results in vectors of int32
(`sim.lanes`). All lanes advance one leg at a time: each walks its tiles until every lane has met one, then the effects of
these tiles are computed for all lanes, without branches. Targets are first tested roughly, all lanes together; the few that
may be met are tested exactly, by `meeting.meet_target`.

No table is read during a flight: a bank negates a component of the velocity, a mirror exchanges them, and the times from
face to face change in the same way (the rules' cosines are exactly symmetrical).
"""

from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim.arrays import ByteArray, IntArray
from game.core.sim.flight import TILE_SHIFT, TileMap
from game.core.sim.jit import jit, jit_inline
from game.core.sim.lanes import (
    WIDTH,
    Lanes,
    any_lane,
    equal,
    gather,
    lane_numbers,
    load,
    maximum,
    minimum,
    product_shifted,
    quotient,
    rough_quotient,
    splat,
    store,
    where,
)
from game.core.sim.meeting import (
    AIMS_PER_RADIAN,
    MAX_LEGS,
    MEETS_BRICK,
    MEETS_CORE,
    MEETS_ENEMY,
    MEETS_NOTHING,
    MEETS_OWN,
    NO_TICK,
    NO_TURNING,
    TARGET_SIZE,
    TARGETS_SIZE,
    AimCorrection,
    Firing,
    Leg,
    Targets,
    meet_target,
    relevant_distance,
)
from game.core.sim.tables import (
    FINE_PER_TILE,
    INVERSE_VX,
    INVERSE_VY,
    Q12,
    ROW_INVERSE,
    SHOT_SPEED,
    SHOT_VX,
    SHOT_VY,
    STOPS_SHOT,
)

_LATE: Final = 1 << 29  # q12, after the end of any flight
_LIMIT: Final = rules.PREVIEW_TICKS * Q12
_IN_TILE: Final = FINE_PER_TILE - 1
_NEAR: Final = rules.HIT_RADIUS + 12  # su
_BEHIND: Final = 165  # su; farther than HIT_RADIUS * sqrt(2) in x or y
_AHEAD: Final = 250  # su; more than any target is met before or after it is nearest
_ABREAST: Final = (
    1 << 12
)  # (su / 16 per tick)²; target and shot move almost together: `wait` is too inexact below this
_STOP_BITS: Final = int(sum(1 << tile for tile in range(rules.N_TILES) if STOPS_SHOT[tile] != 0))

# [class * AIMS + aim]; where a component is zero, _LATE is used as time from face to face
_VX = SHOT_VX.ravel().copy()
_VY = SHOT_VY.ravel().copy()
_INVERSE_X = np.where(_VX == 0, 0, INVERSE_VX.ravel())
_INVERSE_Y = np.where(_VY == 0, 0, INVERSE_VY.ravel())

# Working memory: int64. Rows of SECTORS for input and output of a fan, at an offset that the caller chooses
FAN_AIM: Final = 0  # in
FAN_KIND: Final = rules.SECTORS  # out: MEETS_*
FAN_TICKS: Final = 2 * rules.SECTORS  # out
FAN_BANKS: Final = 3 * rules.SECTORS  # out
FAN_TURN: Final = 4 * rules.SECTORS  # out: aims
FAN_SIZE: Final = 5 * rules.SECTORS
# Rows of WIDTH for the exact tests of a group, at the offset GROUP
GROUP: Final = TARGETS_SIZE
GROUP_SIZE: Final = 14 * WIDTH
(
    _X, _Y, _LEG_VX, _LEG_VY, _TIME, _FIRST, _LAST, _SCALE, _BANKED, _NEED, _TURN, _TURN_TICK, _KIND, _TICK,
) = range(GROUP, GROUP + GROUP_SIZE, WIDTH)  # fmt: skip


class LaneMap(NamedTuple):
    """The tiles of one world, with what the lanes need to walk over them."""

    tiles: ByteArray
    portal_to: IntArray
    stride: int
    row_inverse: Lanes  # tables.ROW_INVERSE of the stride
    last_cell: Lanes


class Flight(NamedTuple):
    """The state of each lane's flight at the beginning of a leg."""

    x: Lanes  # fine
    y: Lanes
    vx: Lanes  # fine per tick
    vy: Lanes
    inverse_x: Lanes  # q12 per fine, times 2**20
    inverse_y: Lanes
    time: Lanes  # q12 since the shot was fired
    next_tick: Lanes  # the first whole tick sampled on this leg or later
    banks: Lanes
    scale: Lanes  # meeting.AimCorrection.scale


class LegEnd(NamedTuple):
    """How a leg ends in each lane."""

    duration: Lanes  # q12
    over: Lanes  # mask: the leg outlasts the flight
    cell: Lanes  # terrain index of the tile met, 0 if the leg outlasts the flight
    tile: Lanes
    row: Lanes  # row of `cell`
    left: Lanes  # fine, of the tile
    top: Lanes
    across: Lanes  # mask: the shot met its left or right face
    mirror: Lanes  # mask: the shot met a mirror's diagonal
    slash: Lanes  # mask: the tile is a mirror ╱


class LaneLeg(NamedTuple):
    """One leg in each lane, in the units of the target tests."""

    x: Lanes  # su, where it begins
    y: Lanes
    vx: Lanes  # su / 16 per tick
    vy: Lanes


@jit_inline
def _moved(velocity: Lanes, time: Lanes) -> Lanes:
    """Return velocity * time >> 12, computed within 32 bits."""
    return velocity * (time >> 12) + (velocity * (time & (Q12 - 1)) >> 12)


@jit_inline
def _until_face(offset: Lanes, velocity: Lanes, inverse: Lanes) -> Lanes:
    """Return q12 until the next face of a tile, `offset` fine ahead."""
    never = equal(velocity, 0) & (offset > 0)
    return where(never, splat(_LATE), product_shifted(offset, inverse, 20))


@jit_inline
def _until_mirror(slash: Lanes, flight: Flight, flown: Lanes, left: Lanes, top: Lanes) -> Lanes:
    """Return q12 until a shot that flew `flown` q12 into a mirror's tile meets the diagonal, -1 if it does not."""
    u = flight.x + _moved(flight.vx, flown) - left
    v = flight.y + _moved(flight.vy, flown) - top
    gap = where(slash, splat(FINE_PER_TILE) - u - v, v - u)
    rate = where(slash, flight.vx + flight.vy, flight.vx - flight.vy)
    gap = where(rate < 0, -gap, gap)
    rate = where(rate < 0, -rate, rate)
    never = equal(rate, 0) | (gap < 0)
    wait = quotient(maximum(gap, splat(0)) * Q12, maximum(rate, splat(1)))
    return where(never, splat(-1), wait)


@jit_inline
def _length(x: Lanes, y: Lanes) -> Lanes:
    """Return an upper bound of the length of a vector, at most 12 % too large."""
    x = maximum(x, -x)
    y = maximum(y, -y)
    return maximum(x, y) + (minimum(x, y) >> 1) + 1


@jit_inline
def _may_meet(rows: IntArray, at: int, time: Lanes, rest: Lanes, leg: LaneLeg, turn: Lanes) -> Lanes:
    """Return the mask of legs that may meet a target: never false if `meet_target` would change a result.

    rest: remaining ticks of the leg, or more. turn: squared shot speed (su per tick)² times two, 0 if no turn
    is wanted.
    """
    target_vx = splat(rows[at + 2])
    target_vy = splat(rows[at + 3])
    gap_x = (target_vx * time >> 12) + splat(rows[at]) - leg.x
    gap_y = (target_vy * time >> 12) + splat(rows[at + 1]) - leg.y
    rel_x = leg.vx - (target_vx << 4)
    rel_y = leg.vy - (target_vy << 4)
    side = gap_y * rel_x - gap_x * rel_y
    side = maximum(side, -side)
    ahead = gap_x * rel_x + gap_y * rel_y
    length = _length(rel_x, rel_y)
    near = (gap_x < _BEHIND) & (-gap_x < _BEHIND) & (gap_y < _BEHIND) & (-gap_y < _BEHIND)
    in_time = ahead < length * ((rest * length >> 4) + _AHEAD)
    touched = (side < length * _NEAR) & in_time & ((ahead > 0) | near)
    # for a turn: within 4.5 aims of the direction, and during the leg
    square = rel_x * rel_x + rel_y * rel_y
    wait = rough_quotient(ahead, maximum(square >> 4, splat(1)))
    turned = (side < turn * ((time >> 12) + wait + 3)) & (wait < rest) | (square < _ABREAST)
    return touched | (turned & (ahead > 0) & (turn > 0))


@jit
def _meet_exactly(targets: Targets, turn_limit: int, scratch: IntArray) -> None:
    """Test the legs of a group exactly against the targets that they may meet."""
    for lane in range(WIDTH):
        need = scratch[_NEED + lane]
        scratch[_KIND + lane] = MEETS_NOTHING
        if need == 0:
            continue
        leg = Leg(
            scratch[_X + lane],
            scratch[_Y + lane],
            scratch[_LEG_VX + lane],
            scratch[_LEG_VY + lane],
            scratch[_TIME + lane],
            scratch[_FIRST + lane],
            scratch[_LAST + lane],
        )
        turning = AimCorrection(
            turn_limit, scratch[_SCALE + lane], scratch[_TURN + lane], scratch[_TURN_TICK + lane]
        )
        reach = relevant_distance(leg, turn_limit)
        hit_tick = NO_TICK
        for n in range(targets.enemies):
            if (need >> n) & 1 != 0:
                tick, aims, turn_tick = meet_target(targets.rows, n, leg, turning, reach, hit_tick)
                hit_tick = min(hit_tick, tick)
                turning = AimCorrection(turn_limit, turning.scale, aims, turn_tick)
        scratch[_TURN + lane] = turning.aims
        scratch[_TURN_TICK + lane] = turning.tick
        if hit_tick != NO_TICK:
            scratch[_KIND + lane] = MEETS_ENEMY
            scratch[_TICK + lane] = hit_tick
        if scratch[_BANKED + lane] == 0:
            continue
        before = Leg(leg.x, leg.y, leg.vx, leg.vy, leg.time, leg.first_tick, min(leg.last_tick, hit_tick - 1))
        reach = relevant_distance(before, 0)
        hit_tick = NO_TICK
        for n in range(targets.enemies, targets.total):
            if (need >> n) & 1 != 0:
                tick, _, _ = meet_target(targets.rows, n, before, NO_TURNING, reach, hit_tick)
                hit_tick = min(hit_tick, tick)
        if hit_tick != NO_TICK:
            scratch[_KIND + lane] = MEETS_OWN
            scratch[_TICK + lane] = hit_tick


@jit_inline
def _walk(level: LaneMap, flight: Flight, alive: Lanes) -> LegEnd:
    """Walk from face to face until every living lane has met a tile or its time is over."""
    right = flight.vx > 0
    down = flight.vy > 0
    full = splat(FINE_PER_TILE)
    late = splat(_LATE)
    offset_x = flight.x & _IN_TILE
    offset_y = flight.y & _IN_TILE
    next_x = _until_face(where(right, full - offset_x, offset_x), flight.vx, flight.inverse_x)
    next_y = _until_face(where(down, full - offset_y, offset_y), flight.vy, flight.inverse_y)
    delta_x = where(equal(flight.vx, 0), late, flight.inverse_x >> 4)
    delta_y = where(equal(flight.vy, 0), late, flight.inverse_y >> 4)
    step_x = where(right, splat(1), splat(-1))
    step_y = where(down, splat(level.stride), splat(-level.stride))
    cell = ((flight.y >> TILE_SHIFT) + 1) * level.stride + (flight.x >> TILE_SHIFT) + 1
    left_time = splat(_LIMIT) - flight.time
    walks = alive
    while True:
        ahead_x = next_x
        ahead_y = next_y
        ahead = cell
        while any_lane(walks):
            # All lanes continue, also those that have met a tile, so that no step has to wait for the last tile's load;
            # the position before the step that met a tile is kept.
            next_x = where(walks, ahead_x, next_x)
            next_y = where(walks, ahead_y, next_y)
            cell = where(walks, ahead, cell)
            upright = ahead_x < ahead_y
            until = minimum(ahead_x, ahead_y)
            ahead = ahead + where(upright, step_x, step_y)
            ahead_x = ahead_x + (delta_x & upright)
            ahead_y = ahead_y + (delta_y & ~upright)
            tile = gather(level.tiles, minimum(maximum(ahead, splat(0)), level.last_cell))
            walks = walks & ((splat(_STOP_BITS) >> tile & 1) - 1) & ~(until > left_time)
        upright = next_x < next_y
        flown = minimum(next_x, next_y)
        over = flown > left_time
        met = cell + where(upright, step_x, step_y)
        met = met & ~over  # cell 0 is in the ring: a wall
        tile = gather(level.tiles, met)
        row = product_shifted(met, level.row_inverse, 20)
        left = (met - row * level.stride - 1) << TILE_SHIFT
        top = (row - 1) << TILE_SHIFT
        slash = equal(tile, rules.MIRROR_SLASH)
        mirror = (slash | equal(tile, rules.MIRROR_BACKSLASH)) & alive
        if any_lane(mirror):
            wait = _until_mirror(slash, flight, flown, left, top)
            after_x = next_x + (delta_x & upright)
            after_y = next_y + (delta_y & ~upright)
            walks = mirror & ((wait < 0) | (flown + wait > minimum(after_x, after_y)))
            if any_lane(walks):  # past the diagonal: continue to the next tile
                cell = where(walks, met, cell)
                next_x = where(walks, after_x, next_x)
                next_y = where(walks, after_y, next_y)
                continue
            flown = where(mirror, flown + wait, flown)
        break
    return LegEnd(
        where(over, left_time + 1, flown), over, met, tile, row, left, top, upright & ~mirror, mirror, slash
    )


@jit_inline
def _may_meet_any(targets: Targets, flight: Flight, last_tick: Lanes, turn_reach: Lanes) -> Lanes:
    """Return the targets that each leg may meet, one bit each; the shooter and its allies only after a bank."""
    leg = LaneLeg(flight.x >> 8, flight.y >> 8, flight.vx >> 4, flight.vy >> 4)
    rest = last_tick - (flight.time >> 12) + 3
    need = splat(0)
    for n in range(targets.enemies):
        may = _may_meet(targets.rows, n * TARGET_SIZE, flight.time, rest, leg, turn_reach)
        need = need | (may & (1 << n))
    banked = flight.banks > 0
    if any_lane(banked):
        for n in range(targets.enemies, targets.total):
            may = _may_meet(targets.rows, n * TARGET_SIZE, flight.time, rest, leg, splat(0))
            need = need | (may & banked & (1 << n))
    return need


@jit_inline
def _keep_group(flight: Flight, last_tick: Lanes, need: Lanes, scratch: IntArray) -> None:
    """Write a group's legs to the scratch memory that `_meet_exactly` reads."""
    store(scratch, _NEED, need)
    store(scratch, _X, flight.x)
    store(scratch, _Y, flight.y)
    store(scratch, _LEG_VX, flight.vx)
    store(scratch, _LEG_VY, flight.vy)
    store(scratch, _TIME, flight.time)
    store(scratch, _FIRST, flight.next_tick)
    store(scratch, _LAST, last_tick)
    store(scratch, _SCALE, flight.scale)
    store(scratch, _BANKED, flight.banks)


@jit_inline
def _bounce(
    level: LaneMap, flight: Flight, met: LegEnd, bank_limit: int, alive: Lanes
) -> tuple[Flight, Lanes]:
    """Return how each flight leaves the tile that it met, and the mask of flights that continue."""
    right = flight.vx > 0
    down = flight.vy > 0
    along = ~met.across & ~met.mirror
    x = minimum(maximum(flight.x + _moved(flight.vx, met.duration), met.left), met.left + _IN_TILE)
    y = minimum(maximum(flight.y + _moved(flight.vy, met.duration), met.top), met.top + _IN_TILE)
    x = where(met.across, where(right, met.left - 1, met.left + FINE_PER_TILE), x)
    y = where(along, where(down, met.top - 1, met.top + FINE_PER_TILE), y)
    bank = equal(met.tile, rules.WALL) & (flight.banks < bank_limit)
    portal = equal(met.tile, rules.PORTAL) & alive
    if any_lane(portal):
        way_out = gather(level.portal_to, met.cell & portal)
        portal = portal & (way_out > 0)
        row = product_shifted(way_out, level.row_inverse, 20)
        shift_x = (way_out - row * level.stride - (met.cell - met.row * level.stride)) << TILE_SHIFT
        shift_y = (row - met.row) << TILE_SHIFT
        inside_x = where(right, splat(1), splat(-1)) & met.across
        inside_y = where(down, splat(1), splat(-1)) & along
        x = x + ((shift_x + inside_x) & portal)
        y = y + ((shift_y + inside_y) & portal)
    vx = where(bank & met.across, -flight.vx, flight.vx)
    vy = where(bank & along, -flight.vy, flight.vy)
    after = Flight(
        x,
        y,
        where(met.mirror, where(met.slash, -vy, vy), vx),
        where(met.mirror, where(met.slash, -vx, vx), vy),
        where(met.mirror, flight.inverse_y, flight.inverse_x),
        where(met.mirror, flight.inverse_x, flight.inverse_y),
        flight.time + met.duration,
        flight.next_tick,
        flight.banks - bank,
        where(bank | met.mirror, -flight.scale, flight.scale),
    )
    return after, bank | met.mirror | portal


@jit_inline
def _next_leg(flight: Flight, after: Flight, next_tick: Lanes, alive: Lanes) -> Flight:
    """Return the start of each flight's next leg; finished flights stay unchanged."""
    return Flight(
        where(alive, after.x, flight.x),
        where(alive, after.y, flight.y),
        where(alive, after.vx, flight.vx),
        where(alive, after.vy, flight.vy),
        where(alive, after.inverse_x, flight.inverse_x),
        where(alive, after.inverse_y, flight.inverse_y),
        where(alive, after.time, flight.time),
        next_tick,
        where(alive, after.banks, flight.banks),
        where(alive, after.scale, flight.scale),
    )


@jit_inline
def _tile_meets(tile: Lanes, core_is_enemy: bool) -> Lanes:
    """Return MEETS_* for the tile that ends a flight."""
    brick = equal(tile, rules.BRICK) | equal(tile, rules.BRICK_CRACKED)
    core = equal(tile, rules.CORE) & (MEETS_CORE if core_is_enemy else MEETS_NOTHING)
    return (brick & MEETS_BRICK) | core


@jit
def _fly_group(
    ground: TileMap,
    targets: Targets,
    firing: Firing,
    want_turn: bool,
    scratch: IntArray,
    at: int,
    alive: Lanes,
) -> None:
    """Simulate the flights of one group: each iteration is one leg of every living lane."""
    level = LaneMap(
        ground.tiles,
        ground.portal_to,
        ground.stride,
        splat(ROW_INVERSE[ground.stride]),
        splat(ground.tiles.shape[0] - 1),
    )
    speed = SHOT_SPEED[firing.tank_class]
    turn_limit = speed * speed * 256 if want_turn else 0
    turn_reach = splat(2 * speed * speed if want_turn else 0)
    row = load(scratch, at + FAN_AIM) + firing.tank_class * rules.AIMS
    flight = Flight(
        splat(firing.x),
        splat(firing.y),
        gather(_VX, row),
        gather(_VY, row),
        gather(_INVERSE_X, row),
        gather(_INVERSE_Y, row),
        splat(0),
        splat(1),
        splat(0),
        splat(AIMS_PER_RADIAN * 16),
    )
    turn = splat(0)
    turn_tick = splat(NO_TICK)
    kind = splat(MEETS_NOTHING)
    ticks = splat(rules.PREVIEW_TICKS)
    for _leg in range(MAX_LEGS):
        met = _walk(level, flight, alive)
        last_tick = minimum((flight.time + met.duration - 1) >> 12, splat(rules.PREVIEW_TICKS))
        flies = alive & (last_tick > (flight.next_tick - 1))
        need = _may_meet_any(targets, flight, last_tick, turn_reach) & flies
        hit = splat(0)
        if any_lane(need > 0):
            _keep_group(flight, last_tick, need, scratch)
            store(scratch, _TURN, turn)
            store(scratch, _TURN_TICK, turn_tick)
            store(scratch, _TICK, ticks)
            _meet_exactly(targets, turn_limit, scratch)
            turn = load(scratch, _TURN)
            turn_tick = load(scratch, _TURN_TICK)
            ticks = load(scratch, _TICK)
            found = load(scratch, _KIND)
            hit = found > 0
            kind = where(hit, found, kind)
        alive = alive & ~hit & ~met.over
        after, goes_on = _bounce(level, flight, met, firing.bank_limit, alive)
        ends = alive & ~goes_on
        kind = where(ends, _tile_meets(met.tile, firing.core_is_enemy), kind)
        end_tick = minimum((flight.time + met.duration + (Q12 - 1)) >> 12, splat(rules.PREVIEW_TICKS))
        ticks = where(ends, end_tick, ticks)
        alive = alive & goes_on
        if not any_lane(alive):
            break
        flight = _next_leg(flight, after, where(flies, last_tick + 1, flight.next_tick), alive)
    store(scratch, at + FAN_KIND, kind)
    store(scratch, at + FAN_TICKS, ticks)
    store(scratch, at + FAN_BANKS, flight.banks)
    store(scratch, at + FAN_TURN, turn)


@jit
def fly_fan(
    ground: TileMap,
    targets: Targets,
    firing: Firing,
    want_turn: bool,
    scratch: IntArray,
    at: int,
    count: int,
) -> None:
    """Preview `count` shots, in the directions at scratch[at + FAN_AIM].

    Writes the results of `fly_preview` for each at FAN_KIND, FAN_TICKS, FAN_BANKS and FAN_TURN from `at` on.
    scratch: int64; GROUP_SIZE numbers at GROUP are overwritten.
    """
    for first in range(0, count, WIDTH):
        for n in range(count, first + WIDTH):
            scratch[at + FAN_AIM + n] = 0
        _fly_group(ground, targets, firing, want_turn, scratch, at + first, lane_numbers() < count - first)
