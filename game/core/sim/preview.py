"""The sight line: where a shot fired now would fly. Drawn for the player, and one of the senses of an NPC.

A flight is the chain of legs that `sim.flight` gives, the very kernels that move shots, so a preview equals the flown
path. Tanks are taken to keep their velocity. Nothing here writes to a world.
"""

from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.flight import MAX_LEGS_PER_TICK, NO_CELL, TileMap, bounce, leg_end, next_leg, tile_map
from game.core.sim.jit import jit
from game.core.sim.slots import OFFSETS
from game.core.sim.state import World
from game.core.sim.tables import COSINE, FINE, Q12, SHOT_SPEED, SHOT_VX, SHOT_VY, SINE
from game.core.sim.tanks import bank_limit

# What a previewed flight meets first
MEETS_NOTHING: Final = 0
MEETS_ENEMY: Final = 1
MEETS_OWN: Final = 2  # the shooter or an ally, after a bank
MEETS_BRICK: Final = 3
MEETS_CORE: Final = 4

MAX_LEGS: Final = 3 * MAX_LEGS_PER_TICK
_LIMIT = rules.PREVIEW_TICKS * Q12
_REACH = rules.HIT_RADIUS * rules.HIT_RADIUS
_NEAR = rules.HIT_RADIUS + 4
_SIDE_REACH = _NEAR * _NEAR
_CENTRE = rules.POSITIONS // 2
NO_TICK: Final = 1 << 20
AIMS_PER_RADIAN: Final = 41  # 256 / 2π, rounded
TARGET_SIZE: Final = 5
TARGETS_SIZE: Final = rules.MAX_SEATS * TARGET_SIZE


class Firing(NamedTuple):
    """A shot as it leaves the gun, in whatever direction."""

    x: int  # fine
    y: int
    tank_class: int
    bank_limit: int  # walls it may bank off
    core_is_enemy: bool


class Targets(NamedTuple):
    """The tanks that a shot can meet."""

    rows: IntArray  # (TARGETS_SIZE,): TARGET_SIZE numbers each: x, y (su), velocity x, y (su per tick), seat
    enemies: int  # so many of them, first
    total: int  # enemies, then the shooter and its allies


class Leg(NamedTuple):
    """One straight leg of a flight."""

    x: int  # fine, where it begins
    y: int
    vx: int  # fine per tick
    vy: int
    time: int  # q12 from the firing until it begins
    first_tick: int  # the whole ticks from the firing at which it is sampled, as the tick does
    last_tick: int


class Turning(NamedTuple):
    """By how much to turn the aim so that the flight passes nearest to the target met the soonest, as known so far.

    The unfolded path of a shot is a straight line, so a turn by δ moves a point at path length L sideways by L·δ.
    """

    limit: int  # squared shot speed, (su / 16 per tick)²; 0: not asked for
    scale: int  # ±AIMS_PER_RADIAN × 16, negative where an odd number of reflections mirrors the side
    aims: int  # the turn; 0 where none is within the sector
    tick: int  # when that target is met, or NO_TICK


_NO_TURNING: Final = Turning(0, 0, 0, 0)


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


@jit
def meet_targets(
    rows: IntArray, first: int, last: int, leg: Leg, turning: Turning
) -> tuple[int, int, int, int]:
    """Follow one leg past targets first..last-1.

    Returns (tick of the first hit or NO_TICK, number of that target or -1, aims and tick of the turning now).
    """
    hit_tick = NO_TICK
    hit = -1
    aims = turning.aims
    turn_tick = turning.tick
    su_x = leg.x >> 8
    su_y = leg.y >> 8
    shot_x = leg.vx >> 4
    shot_y = leg.vy >> 4
    # su beside the leg where a target still matters: half a sector at this path length, or a hit
    reach = _NEAR + 8
    if turning.limit != 0:
        reach += max(abs(shot_x), abs(shot_y)) * leg.last_tick * 3 >> 8
    for n in range(first, last):
        at = n * TARGET_SIZE
        gap_x = rows[at] + (rows[at + 2] * leg.time >> 12) - su_x
        gap_y = rows[at + 1] + (rows[at + 3] * leg.time >> 12) - su_y
        rel_x = shot_x - (rows[at + 2] << 4)  # 1/16 su per tick
        rel_y = shot_y - (rows[at + 3] << 4)
        side = gap_y * rel_x - gap_x * rel_y
        square = rel_x * rel_x + rel_y * rel_y
        if side * side >= reach * reach * square:
            continue
        ahead = gap_x * rel_x + gap_y * rel_y
        if ahead <= 0 and gap_x * gap_x + gap_y * gap_y >= 2 * _REACH:
            continue
        square = max(square, 1)
        if side * side < _SIDE_REACH * square:
            closest = (leg.time >> 12) + ahead * 16 // square
            span = rules.HIT_RADIUS * 16 // max(abs(rel_x), abs(rel_y), 16) + 2
            tick = first_touch(rows, at, leg, closest - span, min(closest + span, hit_tick - 1))
            if tick != NO_TICK:
                hit_tick = tick
                hit = n
        if turning.limit == 0 or ahead <= 0:
            continue
        # meeting × square, to compare without a division
        meeting = (leg.time >> 12) * square + ahead * 16
        scaled = side * turning.scale
        if 2 * abs(scaled) * square > 9 * turning.limit * meeting or meeting > leg.last_tick * square:
            continue
        tick = max(meeting // square, 1)
        if tick < turn_tick:
            limit = turning.limit * tick
            turn = (2 * scaled + limit) // (2 * limit)
            if -_CENTRE <= turn < rules.POSITIONS - _CENTRE:
                aims = turn
                turn_tick = tick
    return hit_tick, hit, aims, turn_tick


@jit
def first_touch(rows: IntArray, at: int, leg: Leg, first: int, last: int) -> int:
    """Return the first tick first..last of the leg at which the shot is in the target at rows[at], NO_TICK: none."""
    for tick in range(max(leg.first_tick, first), min(leg.last_tick, last) + 1):
        since = tick * Q12 - leg.time
        dx = rows[at] + rows[at + 2] * tick - ((leg.x + ((leg.vx * since) >> 12)) >> 8)
        dy = rows[at + 1] + rows[at + 3] * tick - ((leg.y + ((leg.vy * since) >> 12)) >> 8)
        if dx * dx + dy * dy < _REACH:
            return tick
    return NO_TICK


@jit
def fly_preview(
    ground: TileMap, targets: Targets, firing: Firing, aim: int, want_turn: bool
) -> tuple[int, int, int, int]:
    """Fly one shot in thought past the targets.

    Returns (MEETS_*, ticks until then, banks used, turn). `turn`: aims by which to turn so that the flight passes
    nearest to an enemy, 0 where none is within the sector; looked for only with want_turn.
    """
    x = firing.x
    y = firing.y
    time = 0
    banks = 0
    next_tick = 1
    turn = 0
    turn_tick = NO_TICK
    scale = AIMS_PER_RADIAN * 16
    speed = SHOT_SPEED[firing.tank_class]
    turn_limit = speed * speed * 256 if want_turn else 0
    for _leg in range(MAX_LEGS):
        duration, cell, axis = next_leg(
            ground.tiles, ground.stride, x, y, firing.tank_class, aim, _LIMIT - time
        )
        last_tick = min((time + duration - 1) >> 12, rules.PREVIEW_TICKS)
        if last_tick >= next_tick:
            vx = SHOT_VX[firing.tank_class, aim]
            vy = SHOT_VY[firing.tank_class, aim]
            leg = Leg(x, y, vx, vy, time, next_tick, last_tick)
            turning = Turning(turn_limit, scale, turn, turn_tick)
            tick, hit, turn, turn_tick = meet_targets(targets.rows, 0, targets.enemies, leg, turning)
            if banks > 0:
                before = Leg(x, y, vx, vy, time, next_tick, min(last_tick, tick - 1))
                own_tick, own, _, _ = meet_targets(
                    targets.rows, targets.enemies, targets.total, before, _NO_TURNING
                )
                if own >= 0:
                    return MEETS_OWN, own_tick, banks, turn
            if hit >= 0:
                return MEETS_ENEMY, tick, banks, turn
            next_tick = last_tick + 1
        if cell == NO_CELL:
            break
        time += duration
        x, y = leg_end(ground.stride, x, y, firing.tank_class, aim, duration, cell, axis)
        event, aim, x, y = bounce(ground, cell, axis, x, y, firing.tank_class, aim, banks < firing.bank_limit)
        if event == ev.SHOT_ENDED:
            ticks = min((time + Q12 - 1) >> 12, rules.PREVIEW_TICKS)
            return meets_tile(ground.tiles[cell], firing.core_is_enemy), ticks, banks, turn
        if event == ev.BANKED:
            banks += 1
        if event != ev.SHOT_PORTAL:
            scale = -scale
    return MEETS_NOTHING, rules.PREVIEW_TICKS, banks, turn


@jit
def meets_tile(tile: int, core_is_enemy: bool) -> int:
    """Return MEETS_* for the tile that ends a flight."""
    if tile == rules.BRICK or tile == rules.BRICK_CRACKED:
        return MEETS_BRICK
    if tile == rules.CORE and core_is_enemy:
        return MEETS_CORE
    return MEETS_NOTHING


_MEETS_SENSE = np.array((0.0, 1.0, -1.0, 0.25, 0.75))  # [MEETS_*]: what `preview_target` says
_TARGET = OFFSETS["preview_target"]
_TICKS = OFFSETS["preview_ticks"]
_BANKS = OFFSETS["preview_banks"]
_POSITION = OFFSETS["preview_position"]
_BEST = OFFSETS["best_shot"]
_BEST_POSITION = OFFSETS["best_position"]


@jit
def preview_all(world: World, ground: TileMap, w: int, seat: int, out: SenseArray, rows: IntArray) -> None:
    """Write the preview slots of `seat` into its observation `out`: one refined flight per aim sector.

    rows: (TARGETS_SIZE,) int64 working memory.
    """
    tanks = world.tanks
    firing = Firing(
        tanks[w, seat, st.TANK_X] << 8,
        tanks[w, seat, st.TANK_Y] << 8,
        tanks[w, seat, st.TANK_CLASS],
        bank_limit(tanks, w, seat),
        world.head[w, st.OBJECTIVE] == rules.DEFEND and tanks[w, seat, st.TANK_TEAM] != 0,
    )
    targets = gather_targets(tanks, w, world.head[w, st.N_SEATS], seat, rows)
    best_ticks = NO_TICK
    best_aim = -1
    best_banks = 0
    for sector in range(rules.SECTORS):
        aim = sector * rules.POSITIONS + _CENTRE
        kind, ticks, banks, turn = fly_preview(ground, targets, firing, aim, True)
        if turn != 0:
            aim += turn
            kind, ticks, banks, turn = fly_preview(ground, targets, firing, aim, False)
        if kind == MEETS_ENEMY and ticks < best_ticks:
            best_ticks = ticks
            best_aim = aim
            best_banks = banks
        position = aim - sector * rules.POSITIONS
        out[_TARGET + sector] = _MEETS_SENSE[kind]
        out[_TICKS + sector] = ticks / rules.PREVIEW_TICKS
        out[_BANKS + sector] = min(banks, 4) * 0.25
        out[_POSITION + sector] = (2 * position - (rules.POSITIONS - 1)) / (rules.POSITIONS - 1)
    for n in range(_BEST, _BEST_POSITION + rules.POSITIONS):
        out[n] = 0.0
    if best_aim >= 0:
        out[_BEST] = 1.0
        out[_BEST + 1] = COSINE[best_aim] / rules.AIM_SCALE
        out[_BEST + 2] = SINE[best_aim] / rules.AIM_SCALE
        out[_BEST + 3] = best_ticks / rules.PREVIEW_TICKS
        out[_BEST + 4] = min(best_banks, 4) * 0.25
        out[_BEST_POSITION + best_aim % rules.POSITIONS] = 1.0


@jit
def trace(
    world: World, levels: ar.Levels, w: int, seat: int, aim: int, rows: IntArray, points: IntArray
) -> tuple[int, int, int, int]:
    """Write the corner points of a shot that `seat` would fire now into points (n, 3): x, y in fine, 1 after a portal.

    rows: (TARGETS_SIZE,) int64, the targets. Returns (number of points, MEETS_*, number of the target met or -1, banks
    used); any core is told as met.
    """
    tanks = world.tanks
    ground = tile_map(world, levels, w)
    targets = gather_targets(tanks, w, world.head[w, st.N_SEATS], seat, rows)
    tank_class = tanks[w, seat, st.TANK_CLASS]
    limit = bank_limit(tanks, w, seat)
    x = tanks[w, seat, st.TANK_X] << 8
    y = tanks[w, seat, st.TANK_Y] << 8
    points[0, 0], points[0, 1], points[0, 2] = x, y, 0
    length = 1
    time = 0
    banks = 0
    next_tick = 1
    while length + 2 <= points.shape[0]:
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        duration, cell, axis = next_leg(ground.tiles, ground.stride, x, y, tank_class, aim, _LIMIT - time)
        last_tick = min((time + duration - 1) >> 12, rules.PREVIEW_TICKS)
        last = targets.total if banks > 0 else targets.enemies
        leg = Leg(x, y, vx, vy, time, next_tick, last_tick)
        tick, hit, _, _ = meet_targets(targets.rows, 0, last, leg, _NO_TURNING)
        next_tick = max(next_tick, last_tick + 1)
        points[length, 2] = 0
        if hit >= 0 or cell == NO_CELL:
            at = (tick if hit >= 0 else rules.PREVIEW_TICKS) * Q12 - time
            points[length, 0], points[length, 1] = x + ((vx * at) >> 12), y + ((vy * at) >> 12)
            kind = MEETS_NOTHING
            if hit >= 0:
                kind = MEETS_ENEMY if hit < targets.enemies else MEETS_OWN
            return length + 1, kind, hit, banks
        time += duration
        x, y = leg_end(ground.stride, x, y, tank_class, aim, duration, cell, axis)
        points[length, 0], points[length, 1] = x, y
        length += 1
        event, aim, x, y = bounce(ground, cell, axis, x, y, tank_class, aim, banks < limit)
        if event == ev.SHOT_ENDED:
            return length, meets_tile(ground.tiles[cell], True), -1, banks
        if event == ev.BANKED:
            banks += 1
        elif event == ev.SHOT_PORTAL:
            points[length, 0], points[length, 1], points[length, 2] = x, y, 1
            length += 1
    return length, MEETS_NOTHING, -1, banks


def sight_line(
    world: World, levels: ar.Levels, w: int, seat: int, aim: int
) -> tuple[IntArray, int, int, int]:
    """Return the path of a shot that `seat` would fire now at `aim`.

    Returns (points, meets, seat met or -1, banks): points is int64 (n, 3), columns x, y (su) and 1 where the line is
    interrupted just before the point (a portal). `meets` is MEETS_*.
    """
    points = np.zeros((2 * MAX_LEGS, 3), np.int64)
    rows = np.zeros(TARGETS_SIZE, np.int64)
    length, meets, met, banks = trace(world, levels, w, seat, aim & 255, rows, points)
    points[:, :2] //= FINE
    seat_met = int(rows[met * TARGET_SIZE + 4]) if met >= 0 else -1
    return points[:length], int(meets), seat_met, int(banks)
