"""The sight lines of all aim sectors, WIDTH flights at a time.

`preview.fly_preview` says what one flight meets; `fly_fan` gives the same answers to the last bit, in vectors of int32
(`sim.lanes`). The lanes go leg by leg: each walks its tiles until all have met one, then what each tile does to its shot is
worked out for all of them, without branches. Targets are first tested roughly, all lanes at once; the few that may
be met are tested by `preview.meet_target`, the exact one.

No table is read under way: a bank negates a component of the velocity, a mirror exchanges them, and the times from face to
face go with them (the rules' cosines are symmetrical to the last unit).
"""

from typing import Final

import numpy as np

from game.core import rules
from game.core.sim.arrays import IntArray
from game.core.sim.flight import TILE_SHIFT, TileMap
from game.core.sim.jit import jit, jit_inline
from game.core.sim.lanes import (
    WIDTH,
    Lanes,
    any_lane,
    gather,
    higher,
    lane_numbers,
    load,
    lower,
    product_shifted,
    quotient,
    same,
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
    Firing,
    Leg,
    Targets,
    Turning,
    meet_target,
    reach_of,
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
_STOP_BITS: Final = int(sum(1 << tile for tile in range(rules.N_TILES) if STOPS_SHOT[tile] != 0))

# [class * AIMS + aim]; times from face to face of components that are zero are left to _LATE
_VX = SHOT_VX.ravel().copy()
_VY = SHOT_VY.ravel().copy()
_INVERSE_X = np.where(_VX == 0, 0, INVERSE_VX.ravel())
_INVERSE_Y = np.where(_VY == 0, 0, INVERSE_VY.ravel())

# Working memory: int64. Rows of SECTORS for what goes in and comes out of a fan, from any place on that the caller names
FAN_AIM: Final = 0  # in
FAN_KIND: Final = rules.SECTORS  # out: MEETS_*
FAN_TICKS: Final = 2 * rules.SECTORS  # out
FAN_BANKS: Final = 3 * rules.SECTORS  # out
FAN_TURN: Final = 4 * rules.SECTORS  # out: aims
FAN_SIZE: Final = 5 * rules.SECTORS
# Rows of WIDTH for the exact tests of a group, from GROUP on
GROUP: Final = TARGETS_SIZE
GROUP_SIZE: Final = 14 * WIDTH
(
    _X, _Y, _LEG_VX, _LEG_VY, _TIME, _FIRST, _LAST, _SCALE, _BANKED, _NEED, _TURN, _TURN_TICK, _KIND, _TICK,
) = range(GROUP, GROUP + GROUP_SIZE, WIDTH)  # fmt: skip


@jit_inline
def _moved(velocity: Lanes, time: Lanes) -> Lanes:
    """Return velocity * time >> 12 without leaving 32 bits."""
    return velocity * (time >> 12) + (velocity * (time & (Q12 - 1)) >> 12)


@jit_inline
def _until_face(offset: Lanes, velocity: Lanes, inverse: Lanes) -> Lanes:
    """Return q12 until the next face of a tile, `offset` fine ahead."""
    never = same(velocity, 0) & (offset > 0)
    return where(never, splat(_LATE), product_shifted(offset, inverse, 20))


@jit_inline
def _until_mirror(slash: Lanes, x: Lanes, y: Lanes, left: Lanes, top: Lanes, vx: Lanes, vy: Lanes) -> Lanes:
    """Return q12 until a shot at (x, y) in a mirror's tile meets the diagonal, -1 when it does not."""
    u = x - left
    v = y - top
    gap = where(slash, splat(FINE_PER_TILE) - u - v, v - u)
    rate = where(slash, vx + vy, vx - vy)
    gap = where(rate < 0, -gap, gap)
    rate = where(rate < 0, -rate, rate)
    never = same(rate, 0) | (gap < 0)
    wait = quotient(higher(gap, splat(0)) * Q12, higher(rate, splat(1)))
    return where(never, splat(-1), wait)


@jit_inline
def _length(x: Lanes, y: Lanes) -> Lanes:
    """Return a bit more than the length of a vector, 12 % at most."""
    x = higher(x, -x)
    y = higher(y, -y)
    return higher(x, y) + (lower(x, y) >> 1) + 1


@jit_inline
def _may_meet(
    rows: IntArray, at: int, time: Lanes, rest: Lanes, x: Lanes, y: Lanes, vx: Lanes, vy: Lanes, reach: Lanes
) -> Lanes:
    """Return the mask of legs that may have to do with a target: never false where `meet_target` does something.

    x, y: su, vx, vy: su / 16 per tick, rest: ticks that the leg still has, reach: su beside it.
    """
    target_vx = splat(rows[at + 2])
    target_vy = splat(rows[at + 3])
    gap_x = (target_vx * time >> 12) + splat(rows[at]) - x
    gap_y = (target_vy * time >> 12) + splat(rows[at + 1]) - y
    rel_x = vx - (target_vx << 4)
    rel_y = vy - (target_vy << 4)
    side = gap_y * rel_x - gap_x * rel_y
    ahead = gap_x * rel_x + gap_y * rel_y
    length = _length(rel_x, rel_y)
    beside = (side < reach * length) & (-side < reach * length)
    near = (gap_x < _BEHIND) & (-gap_x < _BEHIND) & (gap_y < _BEHIND) & (-gap_y < _BEHIND)
    in_time = ahead < length * ((rest * length >> 4) + _AHEAD)
    return beside & ((ahead > 0) | near) & in_time


@jit
def _meet_exactly(targets: Targets, turn_limit: int, scratch: IntArray) -> None:
    """Test the legs of a group against the targets that they may meet."""
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
        turning = Turning(
            turn_limit, scratch[_SCALE + lane], scratch[_TURN + lane], scratch[_TURN_TICK + lane]
        )
        reach = reach_of(leg, turn_limit)
        hit_tick = NO_TICK
        for n in range(targets.enemies):
            if (need >> n) & 1 != 0:
                tick, aims, turn_tick = meet_target(targets.rows, n, leg, turning, reach, hit_tick)
                hit_tick = min(hit_tick, tick)
                turning = Turning(turn_limit, turning.scale, aims, turn_tick)
        scratch[_TURN + lane] = turning.aims
        scratch[_TURN_TICK + lane] = turning.tick
        if hit_tick != NO_TICK:
            scratch[_KIND + lane] = MEETS_ENEMY
            scratch[_TICK + lane] = hit_tick
        if scratch[_BANKED + lane] == 0:
            continue
        before = Leg(leg.x, leg.y, leg.vx, leg.vy, leg.time, leg.first_tick, min(leg.last_tick, hit_tick - 1))
        reach = reach_of(before, 0)
        hit_tick = NO_TICK
        for n in range(targets.enemies, targets.total):
            if (need >> n) & 1 != 0:
                tick, _, _ = meet_target(targets.rows, n, before, NO_TURNING, reach, hit_tick)
                hit_tick = min(hit_tick, tick)
        if hit_tick != NO_TICK:
            scratch[_KIND + lane] = MEETS_OWN
            scratch[_TICK + lane] = hit_tick


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
    """Fly `count` shots in thought, in the directions at scratch[at + FAN_AIM].

    Writes what `fly_preview` returns for each at FAN_KIND, FAN_TICKS, FAN_BANKS and FAN_TURN from `at` on.
    scratch: int64; GROUP_SIZE numbers at GROUP are overwritten.
    """
    for first in range(0, count, WIDTH):
        for n in range(count, first + WIDTH):
            scratch[at + FAN_AIM + n] = 0
        _fly_group(ground, targets, firing, want_turn, scratch, at + first, lane_numbers() < count - first)


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
    stride = ground.stride
    tiles = ground.tiles
    row = load(scratch, at + FAN_AIM) + firing.tank_class * rules.AIMS
    vx = gather(_VX, row)
    vy = gather(_VY, row)
    inverse_x = gather(_INVERSE_X, row)
    inverse_y = gather(_INVERSE_Y, row)
    speed = SHOT_SPEED[firing.tank_class]
    turn_limit = speed * speed * 256 if want_turn else 0
    widening = splat(3 if want_turn else 0)
    zero = splat(0)
    late = splat(_LATE)
    x = splat(firing.x)
    y = splat(firing.y)
    time = zero
    banks = zero
    next_tick = splat(1)
    scale = splat(AIMS_PER_RADIAN * 16)
    turn = zero
    turn_tick = splat(NO_TICK)
    kind = zero
    ticks = splat(rules.PREVIEW_TICKS)
    row_inverse = splat(ROW_INVERSE[stride])
    full = splat(FINE_PER_TILE)
    last_cell = splat(tiles.shape[0] - 1)
    for _leg in range(MAX_LEGS):
        # walk from face to face until every lane has met a tile or the end of its time
        right = vx > 0
        down = vy > 0
        offset_x = x & _IN_TILE
        offset_y = y & _IN_TILE
        next_x = _until_face(where(right, full - offset_x, offset_x), vx, inverse_x)
        next_y = _until_face(where(down, full - offset_y, offset_y), vy, inverse_y)
        delta_x = where(same(vx, 0), late, inverse_x >> 4)
        delta_y = where(same(vy, 0), late, inverse_y >> 4)
        step_x = where(right, splat(1), splat(-1))
        step_y = where(down, splat(stride), splat(-stride))
        cell = ((y >> TILE_SHIFT) + 1) * stride + (x >> TILE_SHIFT) + 1
        left_time = splat(_LIMIT) - time
        walks = alive
        while True:
            ahead_x = next_x
            ahead_y = next_y
            at_cell = cell
            while any_lane(walks):
                # the lanes run on, whether they have met a tile or not, so that no step waits for the tile of the last;
                # what is kept is where they were before the step that met one
                next_x = where(walks, ahead_x, next_x)
                next_y = where(walks, ahead_y, next_y)
                cell = where(walks, at_cell, cell)
                upright = ahead_x < ahead_y
                until = lower(ahead_x, ahead_y)
                at_cell = at_cell + where(upright, step_x, step_y)
                ahead_x = ahead_x + (delta_x & upright)
                ahead_y = ahead_y + (delta_y & ~upright)
                tile = gather(tiles, lower(higher(at_cell, zero), last_cell))
                walks = walks & ((splat(_STOP_BITS) >> tile & 1) - 1) & ~(until > left_time)
            upright = next_x < next_y
            flown = lower(next_x, next_y)
            met = cell + where(upright, step_x, step_y)
            over = flown > left_time
            met = met & ~over  # cell 0 lies in the ring: a wall
            tile = gather(tiles, met)
            met_row = product_shifted(met, row_inverse, 20)
            left = (met - met_row * stride - 1) << TILE_SHIFT
            top = (met_row - 1) << TILE_SHIFT
            slash = same(tile, rules.MIRROR_SLASH)
            mirror = (slash | same(tile, rules.MIRROR_BACKSLASH)) & alive
            if not any_lane(mirror):
                break
            wait = _until_mirror(slash, x + _moved(vx, flown), y + _moved(vy, flown), left, top, vx, vy)
            after_x = next_x + (delta_x & upright)
            after_y = next_y + (delta_y & ~upright)
            walks = mirror & ((wait < 0) | (flown + wait > lower(after_x, after_y)))
            if not any_lane(walks):
                flown = where(mirror, flown + wait, flown)
                break
            # past the diagonal: on to the next tile
            cell = where(walks, met, cell)
            next_x = where(walks, after_x, next_x)
            next_y = where(walks, after_y, next_y)
        duration = where(over, left_time + 1, flown)
        # what is met on the way
        last_tick = lower((time + duration - 1) >> 12, splat(rules.PREVIEW_TICKS))
        flies = alive & (last_tick > (next_tick - 1))
        su_x = x >> 8
        su_y = y >> 8
        shot_x = vx >> 4
        shot_y = vy >> 4
        rest = last_tick - (time >> 12) + 3
        reach = (higher(higher(shot_x, -shot_x), higher(shot_y, -shot_y)) * last_tick * widening >> 8) + _NEAR
        need = zero
        for n in range(targets.enemies):
            may = _may_meet(targets.rows, n * TARGET_SIZE, time, rest, su_x, su_y, shot_x, shot_y, reach)
            need = need | (may & (1 << n))
        banked = flies & (banks > 0)
        if any_lane(banked):
            beside = splat(_NEAR)
            for n in range(targets.enemies, targets.total):
                may = _may_meet(targets.rows, n * TARGET_SIZE, time, rest, su_x, su_y, shot_x, shot_y, beside)
                need = need | (may & banked & (1 << n))
        need = need & flies
        hit = zero
        if any_lane(need > 0):
            store(scratch, _NEED, need)
            store(scratch, _X, x)
            store(scratch, _Y, y)
            store(scratch, _LEG_VX, vx)
            store(scratch, _LEG_VY, vy)
            store(scratch, _TIME, time)
            store(scratch, _FIRST, next_tick)
            store(scratch, _LAST, last_tick)
            store(scratch, _SCALE, scale)
            store(scratch, _BANKED, banks)
            store(scratch, _TURN, turn)
            store(scratch, _TURN_TICK, turn_tick)
            store(scratch, _TICK, ticks)
            _meet_exactly(targets, turn_limit, scratch)
            turn = load(scratch, _TURN)
            turn_tick = load(scratch, _TURN_TICK)
            found = load(scratch, _KIND)
            hit = found > 0
            kind = where(hit, found, kind)
            ticks = where(hit, load(scratch, _TICK), ticks)
        next_tick = where(flies, last_tick + 1, next_tick)
        alive = alive & ~hit & ~over
        # what the tile does to the shot
        time = time + duration
        end_x = lower(higher(x + _moved(vx, duration), left), left + _IN_TILE)
        end_y = lower(higher(y + _moved(vy, duration), top), top + _IN_TILE)
        across = upright & ~mirror
        along = ~upright & ~mirror
        end_x = where(across, where(right, left - 1, left + FINE_PER_TILE), end_x)
        end_y = where(along, where(down, top - 1, top + FINE_PER_TILE), end_y)
        bank = same(tile, rules.WALL) & (banks < firing.bank_limit)
        portal = same(tile, rules.PORTAL) & alive
        if any_lane(portal):
            way_out = gather(ground.portal_to, met & portal)
            portal = portal & (way_out > 0)
            out_row = product_shifted(way_out, row_inverse, 20)
            shift_x = (way_out - out_row * stride - (met - met_row * stride)) << TILE_SHIFT
            shift_y = (out_row - met_row) << TILE_SHIFT
            inside_x = where(right, splat(1), splat(-1)) & across
            inside_y = where(down, splat(1), splat(-1)) & along
            end_x = end_x + ((shift_x + inside_x) & portal)
            end_y = end_y + ((shift_y + inside_y) & portal)
        ends = alive & ~(bank | mirror | portal)
        solid = same(tile, rules.BRICK) | same(tile, rules.BRICK_CRACKED)
        into = solid & MEETS_BRICK
        if firing.core_is_enemy:
            into = into | (same(tile, rules.CORE) & MEETS_CORE)
        kind = where(ends, into, kind)
        ticks = where(ends, lower((time + (Q12 - 1)) >> 12, splat(rules.PREVIEW_TICKS)), ticks)
        alive = alive & ~ends
        if not any_lane(alive):
            break
        banks = banks - (bank & alive)
        scale = where(bank | mirror, -scale, scale)
        x = where(alive, end_x, x)
        y = where(alive, end_y, y)
        turned_x = where(bank & across, -vx, vx)
        turned_y = where(bank & along, -vy, vy)
        back = mirror & ~slash
        vx = where(mirror, where(back, vy, -vy), turned_x)
        vy = where(mirror, where(back, turned_x, -turned_x), turned_y)
        swapped = where(mirror, inverse_y, inverse_x)
        inverse_y = where(mirror, inverse_x, inverse_y)
        inverse_x = swapped
    store(scratch, at + FAN_KIND, kind)
    store(scratch, at + FAN_TICKS, ticks)
    store(scratch, at + FAN_BANKS, banks)
    store(scratch, at + FAN_TURN, turn)
