"""The sight line: where a shot fired now would fly. Drawn for the player, and one of the senses of an NPC.

A flight is the chain of legs that `sim.flight` gives, the very kernels that move shots, so a preview equals the flown
path. Tanks are taken to keep their velocity. Nothing here writes to a world.
"""

from typing import Final

import numpy as np

from game import rules
from game.sim import arena as ar
from game.sim import state as st
from game.sim.flight import (
    MAX_LEGS_PER_TICK,
    NO_CELL,
    bank_aim,
    leg_end,
    mirror_aim,
    next_leg,
    through_portal,
)
from game.sim.jit import jit
from game.sim.slots import OFFSETS
from game.sim.state import IntArray, World
from game.sim.tables import COSINE, FINE, Q12, SHOT_SPEED, SHOT_VX, SHOT_VY, SINE
from game.sim.tanks import bank_limit

# What a previewed flight meets first
MEETS_NOTHING: Final = 0
MEETS_ENEMY: Final = 1
MEETS_OWN: Final = 2  # the shooter or an ally, after a bank
MEETS_BRICK: Final = 3
MEETS_CORE: Final = 4

MAX_LEGS: Final = 3 * MAX_LEGS_PER_TICK
_LIMIT = rules.PREVIEW_TICKS * Q12
_REACH = rules.HIT_RADIUS * rules.HIT_RADIUS
_CENTRE = rules.POSITIONS // 2
_NO_TICK = 1 << 30
_AIMS_PER_RADIAN = 41  # 256 / 2π, rounded


@jit
def first_hit(tanks, w, seats, seat, banks, time, leg_ticks, x, y, vx, vy, next_tick):  # type: ignore[no-untyped-def]
    """Return (tick of the first tank a leg meets or _NO_TICK, that seat).

    The leg starts `time` q12 after firing at x, y (fine), flies vx, vy (fine per tick) and is sampled at whole ticks
    from next_tick to leg_ticks, as the tick does. Before a bank only enemies count. Tanks hidden from the shooter
    are passed.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    best = _NO_TICK
    met = -1
    su_x = x >> 8
    su_y = y >> 8
    for other in range(seats):
        if tanks[w, other, st.TANK_ALIVE] == 0:
            continue
        if tanks[w, other, st.TANK_TEAM] == team:
            if banks == 0:
                continue
        elif (tanks[w, other, st.TANK_HIDDEN] >> team) & 1 != 0:
            continue
        drift_x = tanks[w, other, st.TANK_VX]
        drift_y = tanks[w, other, st.TANK_VY]
        gap_x = tanks[w, other, st.TANK_X] + (drift_x * time >> 12) - su_x
        gap_y = tanks[w, other, st.TANK_Y] + (drift_y * time >> 12) - su_y
        rel_x = (vx >> 4) - (drift_x << 4)  # 1/16 su per tick
        rel_y = (vy >> 4) - (drift_y << 4)
        cross = gap_x * rel_y - gap_y * rel_x
        square = rel_x * rel_x + rel_y * rel_y
        if cross * cross >= (rules.HIT_RADIUS + 4) * (rules.HIT_RADIUS + 4) * square:
            continue
        ahead = gap_x * rel_x + gap_y * rel_y
        if ahead < 0 and gap_x * gap_x + gap_y * gap_y >= 2 * _REACH:
            continue
        if square == 0:
            square = 1
        closest = (time >> 12) + ahead * 16 // square
        span = rules.HIT_RADIUS * 16 // max(abs(rel_x), abs(rel_y), 16) + 2
        first = max(next_tick, closest - span)
        last = min(leg_ticks, closest + span, best - 1)
        for n in range(first, last + 1):
            at = n * Q12 - time
            dx = tanks[w, other, st.TANK_X] + drift_x * n - ((x + ((vx * at) >> 12)) >> 8)
            dy = tanks[w, other, st.TANK_Y] + drift_y * n - ((y + ((vy * at) >> 12)) >> 8)
            if dx * dx + dy * dy < _REACH:
                best = n
                met = other
                break
    return best, met


@jit
def nearest_turn(tanks, w, seats, seat, parity, time, leg_time, x, y, vx, vy, speed, best_time):  # type: ignore[no-untyped-def]
    """Return (aims to turn so that the flight passes nearest to an enemy beside this leg, tick of the meeting).

    The unfolded path of a shot is a straight line, so a turn by δ moves a point at path length L sideways by L·δ;
    `parity` is -1 where an odd number of reflections mirrors the side. A tick of best_time or later is not returned.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    turn = 0
    square_speed = speed * speed * 256
    for other in range(seats):
        if tanks[w, other, st.TANK_ALIVE] == 0 or tanks[w, other, st.TANK_TEAM] == team:
            continue
        if (tanks[w, other, st.TANK_HIDDEN] >> team) & 1 != 0:
            continue
        drift_x = tanks[w, other, st.TANK_VX]
        drift_y = tanks[w, other, st.TANK_VY]
        gap_x = tanks[w, other, st.TANK_X] + (drift_x * time >> 12) - (x >> 8)
        gap_y = tanks[w, other, st.TANK_Y] + (drift_y * time >> 12) - (y >> 8)
        rel_x = (vx >> 4) - (drift_x << 4)
        rel_y = (vy >> 4) - (drift_y << 4)
        ahead = gap_x * rel_x + gap_y * rel_y
        square = rel_x * rel_x + rel_y * rel_y
        if ahead <= 0 or ahead * 16 * Q12 > leg_time * square:
            continue
        meeting = max((time >> 12) + ahead * 16 // square, 1)
        if meeting >= best_time:
            continue
        side = gap_y * rel_x - gap_x * rel_y
        limit = square_speed * meeting
        side *= _AIMS_PER_RADIAN * 16 * parity
        if side * 2 > 7 * limit or side * 2 < -9 * limit:
            continue
        best_time = meeting
        turn = (2 * side + limit) // (2 * limit)
    return turn, best_time


@jit
def fly_preview(
    terrain, portal_to, portal_offset, tanks, w, seats, stride, seat, tank_class, aim, limit_banks, core_is_enemy,
    want_turn,
):  # type: ignore[no-untyped-def]
    """Fly one shot of `seat` in thought.

    Returns (MEETS_*, ticks until then, banks used, turn, seat met or -1). `turn`: aims by which to turn so that the
    flight passes nearest to an enemy, 0 where none is within the sector; looked for only with want_turn.
    """
    x = tanks[w, seat, st.TANK_X] << 8
    y = tanks[w, seat, st.TANK_Y] << 8
    time = 0
    banks = 0
    parity = 1
    turn = 0
    turn_time = _NO_TICK
    next_tick = 1
    speed = SHOT_SPEED[tank_class]
    for _leg in range(MAX_LEGS):
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        duration, cell, axis = next_leg(terrain, w, stride, x, y, tank_class, aim, _LIMIT - time)
        leg_ticks = min((time + duration - 1) >> 12, rules.PREVIEW_TICKS)
        if want_turn:
            turn_here, turn_time_here = nearest_turn(
                tanks, w, seats, seat, parity, time, duration, x, y, vx, vy, speed, turn_time
            )
            if turn_time_here < turn_time:
                turn = turn_here
                turn_time = turn_time_here
        if leg_ticks >= next_tick:
            met_tick, met = first_hit(
                tanks, w, seats, seat, banks, time, leg_ticks, x, y, vx, vy, next_tick
            )
            if met >= 0:
                kind = MEETS_ENEMY
                if tanks[w, met, st.TANK_TEAM] == tanks[w, seat, st.TANK_TEAM]:
                    kind = MEETS_OWN
                return kind, met_tick, banks, turn, met
            next_tick = leg_ticks + 1
        if cell == NO_CELL:
            return MEETS_NOTHING, rules.PREVIEW_TICKS, banks, turn, -1
        tile = terrain[w, cell]
        ticks = min((time + duration + Q12 - 1) >> 12, rules.PREVIEW_TICKS)
        end_x, end_y = leg_end(stride, x, y, tank_class, aim, duration, cell, axis)
        if tile == rules.WALL:
            if banks >= limit_banks:
                return MEETS_NOTHING, ticks, banks, turn, -1
            banks += 1
            parity = -parity
            aim = bank_aim(aim, axis)
        elif tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
            parity = -parity
            aim = mirror_aim(aim, tile)
        elif tile == rules.PORTAL and portal_to[portal_offset + cell] != 0:
            out = portal_to[portal_offset + cell]
            end_x, end_y = through_portal(end_x, end_y, vx, vy, axis, cell, out, stride)
        elif tile == rules.CORE and core_is_enemy:
            return MEETS_CORE, ticks, banks, turn, -1
        elif tile == rules.BRICK or tile == rules.BRICK_CRACKED:
            return MEETS_BRICK, ticks, banks, turn, -1
        else:
            return MEETS_NOTHING, ticks, banks, turn, -1
        x = end_x
        y = end_y
        time += duration
    return MEETS_NOTHING, rules.PREVIEW_TICKS, banks, turn, -1


_TARGET = OFFSETS["preview_target"]
_TICKS = OFFSETS["preview_ticks"]
_BANKS = OFFSETS["preview_banks"]
_POSITION = OFFSETS["preview_position"]
_BEST = OFFSETS["best_shot"]
_BEST_POSITION = OFFSETS["best_position"]


@jit
def preview_all(terrain, portal_to, portal_offset, tanks, w, seats, stride, seat, core_is_enemy, out):  # type: ignore[no-untyped-def]
    """Write the preview slots of `seat` into its observation `out`: one refined flight per aim sector."""
    tank_class = tanks[w, seat, st.TANK_CLASS]
    limit_banks = bank_limit(tanks, w, seat)
    best_ticks = _NO_TICK
    best_sector = -1
    best_position = 0
    best_banks = 0
    for sector in range(rules.SECTORS):
        position = _CENTRE
        aim = sector * rules.POSITIONS + position
        kind, ticks, banks, turn, _met = fly_preview(
            terrain, portal_to, portal_offset, tanks, w, seats, stride, seat, tank_class, aim, limit_banks,
            core_is_enemy, True,
        )
        if turn != 0:
            position = min(max(_CENTRE + turn, 0), rules.POSITIONS - 1)
            aim = sector * rules.POSITIONS + position
            kind, ticks, banks, turn, _met = fly_preview(
                terrain, portal_to, portal_offset, tanks, w, seats, stride, seat, tank_class, aim, limit_banks,
                core_is_enemy, False,
            )
        target = 0.0
        if kind == MEETS_ENEMY:
            target = 1.0
            if ticks < best_ticks:
                best_ticks = ticks
                best_sector = sector
                best_position = position
                best_banks = banks
        elif kind == MEETS_OWN:
            target = -1.0
        elif kind == MEETS_BRICK:
            target = 0.25
        elif kind == MEETS_CORE:
            target = 0.75
        out[_TARGET + sector] = target
        out[_TICKS + sector] = ticks / rules.PREVIEW_TICKS
        out[_BANKS + sector] = min(banks, 4) * 0.25
        out[_POSITION + sector] = (2 * position - (rules.POSITIONS - 1)) / (rules.POSITIONS - 1)
    for n in range(_BEST, _BEST_POSITION + rules.POSITIONS):
        out[n] = 0.0
    if best_sector >= 0:
        aim = best_sector * rules.POSITIONS + best_position
        out[_BEST] = 1.0
        out[_BEST + 1] = COSINE[aim] / rules.AIM_SCALE
        out[_BEST + 2] = SINE[aim] / rules.AIM_SCALE
        out[_BEST + 3] = best_ticks / rules.PREVIEW_TICKS
        out[_BEST + 4] = min(best_banks, 4) * 0.25
        out[_BEST_POSITION + best_position] = 1.0


@jit
def _trace(terrain, portal_to, portal_offset, tanks, w, seats, stride, seat, tank_class, aim, limit_banks, points):  # type: ignore[no-untyped-def]
    """Write the corner points of a flight into points (n, 3): x, y in fine, 1 where a portal breaks the line.

    Returns (number of points, MEETS_*, seat met or -1, banks used).
    """
    x = tanks[w, seat, st.TANK_X] << 8
    y = tanks[w, seat, st.TANK_Y] << 8
    points[0, 0], points[0, 1], points[0, 2] = x, y, 0
    count = 1
    time = 0
    banks = 0
    next_tick = 1
    while count + 2 <= points.shape[0]:
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        duration, cell, axis = next_leg(terrain, w, stride, x, y, tank_class, aim, _LIMIT - time)
        leg_ticks = min((time + duration - 1) >> 12, rules.PREVIEW_TICKS)
        met_tick, met = first_hit(tanks, w, seats, seat, banks, time, leg_ticks, x, y, vx, vy, next_tick)
        next_tick = max(next_tick, leg_ticks + 1)
        points[count, 2] = 0
        if met >= 0 or cell == NO_CELL:
            at = (met_tick if met >= 0 else rules.PREVIEW_TICKS) * Q12 - time
            points[count, 0], points[count, 1] = x + ((vx * at) >> 12), y + ((vy * at) >> 12)
            kind = MEETS_NOTHING
            if met >= 0:
                kind = MEETS_OWN if tanks[w, met, st.TANK_TEAM] == tanks[w, seat, st.TANK_TEAM] else MEETS_ENEMY
            return count + 1, kind, met, banks
        tile = terrain[w, cell]
        x, y = leg_end(stride, x, y, tank_class, aim, duration, cell, axis)
        points[count, 0], points[count, 1] = x, y
        count += 1
        time += duration
        if tile == rules.WALL and banks < limit_banks:
            banks += 1
            aim = bank_aim(aim, axis)
        elif tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
            aim = mirror_aim(aim, tile)
        elif tile == rules.PORTAL and portal_to[portal_offset + cell] != 0:
            x, y = through_portal(x, y, vx, vy, axis, cell, portal_to[portal_offset + cell], stride)
            points[count, 0], points[count, 1], points[count, 2] = x, y, 1
            count += 1
        elif tile == rules.CORE:
            return count, MEETS_CORE, -1, banks
        elif tile == rules.BRICK or tile == rules.BRICK_CRACKED:
            return count, MEETS_BRICK, -1, banks
        else:
            return count, MEETS_NOTHING, -1, banks
    return count, MEETS_NOTHING, -1, banks


def sight_line(world: World, levels: ar.Levels, w: int, seat: int, aim: int) -> tuple[IntArray, int, int, int]:
    """Return the path of a shot that `seat` would fire now at `aim`.

    Returns (points, meets, seat met or -1, banks): points is int64 (n, 3), columns x, y (su) and 1 where the line is
    interrupted just before the point (a portal). `meets` is MEETS_*.
    """
    points = np.zeros((2 * MAX_LEGS, 3), np.int64)
    offset = levels.head[world.head[w, st.LEVEL], ar.LEVEL_TERRAIN]
    limit = bank_limit(world.tanks, w, seat)
    count, meets, met, banks = _trace(
        world.terrain,
        levels.portal_to,
        offset,
        world.tanks,
        w,
        int(world.head[w, st.N_SEATS]),
        int(world.head[w, st.STRIDE]),
        seat,
        int(world.tanks[w, seat, st.TANK_CLASS]),
        aim & 255,
        limit,
        points,
    )
    points[:, :2] //= FINE
    return points[:count], int(meets), int(met), int(banks)
