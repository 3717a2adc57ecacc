"""The sight line: where a shot fired now would fly. Drawn for the player, and one of the senses of an NPC.

A flight is the chain of legs that `sim.flight` gives, the very kernels that move shots, so a preview equals the flown
path. Tanks are taken to keep their velocity. Nothing here writes to a world.
"""

from typing import Final

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.flight import (
    MAX_LEGS_PER_TICK,
    NO_CELL,
    bank_aim,
    leg_end,
    mirror_aim,
    next_leg,
    through_portal,
)
from game.core.sim.jit import jit
from game.core.sim.slots import OFFSETS
from game.core.sim.state import IntArray, World
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


@jit
def gather_targets(tanks, w, seats, seat, targets):  # type: ignore[no-untyped-def]
    """List the tanks that a shot of `seat` can meet: enemies it can see, then itself and its allies.

    targets (TARGETS_SIZE,) int64: TARGET_SIZE numbers each (x, y in su, velocity in su per tick, seat). Returns
    (enemies listed, all listed).
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
            targets[at] = tanks[w, other, st.TANK_X]
            targets[at + 1] = tanks[w, other, st.TANK_Y]
            targets[at + 2] = tanks[w, other, st.TANK_VX]
            targets[at + 3] = tanks[w, other, st.TANK_VY]
            targets[at + 4] = other
            count += 1
        if side == 0:
            enemies = count
    return enemies, count


@jit
def meet_targets(  # type: ignore[no-untyped-def]
    targets, first, last, time, next_tick, last_tick, x, y, vx, vy, side_scale, turn_limit, turn, turn_time
):
    """Follow one leg past targets first..last-1.

    The leg starts `time` q12 after firing at x, y (fine), flies vx, vy (fine per tick) and is sampled at the whole
    ticks next_tick..last_tick, as the tick does. Returns (tick of the first hit or NO_TICK, number of that target,
    turn, tick of the turn's meeting).

    `turn` is by how many aims to turn so that the flight passes nearest to a target beside the leg, for the target
    met the soonest: the unfolded path of a shot is a straight line, so a turn by δ moves a point at path length L
    sideways by L·δ. side_scale is ±AIMS_PER_RADIAN × 16, negative where an odd number of reflections mirrors the
    side; turn_limit is the squared shot speed in (su / 16)², 0 to look for hits alone.
    """
    hit_tick = NO_TICK
    hit = -1
    su_x = x >> 8
    su_y = y >> 8
    shot_x = vx >> 4
    shot_y = vy >> 4
    # su beside the leg where a target still matters: half a sector at this path length, or a hit
    reach = _NEAR + 8
    if turn_limit != 0:
        reach += max(abs(shot_x), abs(shot_y)) * last_tick * 3 >> 8
    for n in range(first, last):
        at = n * TARGET_SIZE
        drift_x = targets[at + 2]
        drift_y = targets[at + 3]
        gap_x = targets[at] + (drift_x * time >> 12) - su_x
        gap_y = targets[at + 1] + (drift_y * time >> 12) - su_y
        rel_x = shot_x - (drift_x << 4)  # 1/16 su per tick
        rel_y = shot_y - (drift_y << 4)
        side = gap_y * rel_x - gap_x * rel_y
        square = rel_x * rel_x + rel_y * rel_y
        if side * side >= reach * reach * square:
            continue
        ahead = gap_x * rel_x + gap_y * rel_y
        if ahead <= 0 and gap_x * gap_x + gap_y * gap_y >= 2 * _REACH:
            continue
        square = max(square, 1)
        if side * side < _SIDE_REACH * square:
            closest = (time >> 12) + ahead * 16 // square
            span = rules.HIT_RADIUS * 16 // max(abs(rel_x), abs(rel_y), 16) + 2
            for tick in range(
                max(next_tick, closest - span), min(last_tick, closest + span, hit_tick - 1) + 1
            ):
                since = tick * Q12 - time
                dx = targets[at] + drift_x * tick - ((x + ((vx * since) >> 12)) >> 8)
                dy = targets[at + 1] + drift_y * tick - ((y + ((vy * since) >> 12)) >> 8)
                if dx * dx + dy * dy < _REACH:
                    hit_tick = tick
                    hit = n
                    break
        if turn_limit == 0 or ahead <= 0:
            continue
        # meeting × square, to compare without a division
        meeting = (time >> 12) * square + ahead * 16
        scaled = abs(side * side_scale)
        if 2 * scaled * square > 9 * turn_limit * meeting or meeting > last_tick * square:
            continue
        tick = max(meeting // square, 1)
        if tick < turn_time:
            limit = turn_limit * tick
            aims = (2 * side * side_scale + limit) // (2 * limit)
            if -_CENTRE <= aims < rules.POSITIONS - _CENTRE:
                turn = aims
                turn_time = tick
    return hit_tick, hit, turn, turn_time


@jit
def fly_preview(  # type: ignore[no-untyped-def]
    terrain,
    portal_to,
    portal_offset,
    w,
    stride,
    targets,
    enemies,
    count,
    x,
    y,
    tank_class,
    aim,
    limit_banks,
    core_is_enemy,
    want_turn,
):
    """Fly one shot in thought from x, y (fine) past the gathered targets.

    Returns (MEETS_*, ticks until then, banks used, turn). `turn`: aims by which to turn so that the flight passes
    nearest to an enemy, 0 where none is within the sector; looked for only with want_turn.
    """
    time = 0
    banks = 0
    turn = 0
    turn_time = NO_TICK
    next_tick = 1
    side_scale = AIMS_PER_RADIAN * 16
    speed = SHOT_SPEED[tank_class]
    turn_limit = speed * speed * 256 if want_turn else 0
    for _leg in range(MAX_LEGS):
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        duration, cell, axis = next_leg(terrain, w, stride, x, y, tank_class, aim, _LIMIT - time)
        leg_ticks = min((time + duration - 1) >> 12, rules.PREVIEW_TICKS)
        if leg_ticks >= next_tick:
            tick, hit, turn, turn_time = meet_targets(
                targets,
                0,
                enemies,
                time,
                next_tick,
                leg_ticks,
                x,
                y,
                vx,
                vy,
                side_scale,
                turn_limit,
                turn,
                turn_time,
            )
            if banks > 0:
                own_tick, own, _, _ = meet_targets(
                    targets,
                    enemies,
                    count,
                    time,
                    next_tick,
                    min(leg_ticks, tick - 1),
                    x,
                    y,
                    vx,
                    vy,
                    side_scale,
                    0,
                    0,
                    0,
                )
                if own >= 0:
                    return MEETS_OWN, own_tick, banks, turn
            if hit >= 0:
                return MEETS_ENEMY, tick, banks, turn
            next_tick = leg_ticks + 1
        if cell == NO_CELL:
            return MEETS_NOTHING, rules.PREVIEW_TICKS, banks, turn
        tile = terrain[w, cell]
        x, y = leg_end(stride, x, y, tank_class, aim, duration, cell, axis)
        time += duration
        if tile == rules.WALL and banks < limit_banks:
            banks += 1
            side_scale = -side_scale
            aim = bank_aim(aim, axis)
        elif tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
            side_scale = -side_scale
            aim = mirror_aim(aim, tile)
        elif tile == rules.PORTAL and portal_to[portal_offset + cell] != 0:
            x, y = through_portal(x, y, vx, vy, axis, cell, portal_to[portal_offset + cell], stride)
        else:
            ticks = min((time + Q12 - 1) >> 12, rules.PREVIEW_TICKS)
            return meets_tile(tile, core_is_enemy), ticks, banks, turn
    return MEETS_NOTHING, rules.PREVIEW_TICKS, banks, turn


@jit
def meets_tile(tile, core_is_enemy):  # type: ignore[no-untyped-def]
    """Return MEETS_* for the tile that ends a flight."""
    if tile == rules.BRICK or tile == rules.BRICK_CRACKED:
        return MEETS_BRICK
    if tile == rules.CORE and core_is_enemy:
        return MEETS_CORE
    return MEETS_NOTHING


_TARGET = OFFSETS["preview_target"]
_TICKS = OFFSETS["preview_ticks"]
_BANKS = OFFSETS["preview_banks"]
_POSITION = OFFSETS["preview_position"]
_BEST = OFFSETS["best_shot"]
_BEST_POSITION = OFFSETS["best_position"]


@jit
def preview_all(  # type: ignore[no-untyped-def]
    terrain, portal_to, portal_offset, tanks, w, seats, stride, seat, core_is_enemy, out, targets
):
    """Write the preview slots of `seat` into its observation `out`: one refined flight per aim sector.

    targets: (TARGETS_SIZE,) int64 working memory.
    """
    tank_class = tanks[w, seat, st.TANK_CLASS]
    limit_banks = bank_limit(tanks, w, seat)
    x = tanks[w, seat, st.TANK_X] << 8
    y = tanks[w, seat, st.TANK_Y] << 8
    enemies, count = gather_targets(tanks, w, seats, seat, targets)
    best_ticks = NO_TICK
    best_sector = -1
    best_position = 0
    best_banks = 0
    for sector in range(rules.SECTORS):
        position = _CENTRE
        aim = sector * rules.POSITIONS + position
        kind, ticks, banks, turn = fly_preview(
            terrain,
            portal_to,
            portal_offset,
            w,
            stride,
            targets,
            enemies,
            count,
            x,
            y,
            tank_class,
            aim,
            limit_banks,
            core_is_enemy,
            True,
        )
        if turn != 0:
            position = _CENTRE + turn
            aim = sector * rules.POSITIONS + position
            kind, ticks, banks, turn = fly_preview(
                terrain,
                portal_to,
                portal_offset,
                w,
                stride,
                targets,
                enemies,
                count,
                x,
                y,
                tank_class,
                aim,
                limit_banks,
                core_is_enemy,
                False,
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
def _trace(  # type: ignore[no-untyped-def]
    terrain,
    portal_to,
    portal_offset,
    w,
    stride,
    targets,
    enemies,
    count,
    x,
    y,
    tank_class,
    aim,
    limit,
    points,
):
    """Write the corner points of a flight into points (n, 3): x, y in fine, 1 where a portal breaks the line.

    Returns (number of points, MEETS_*, number of the target met or -1, banks used).
    """
    points[0, 0], points[0, 1], points[0, 2] = x, y, 0
    length = 1
    time = 0
    banks = 0
    next_tick = 1
    while length + 2 <= points.shape[0]:
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        duration, cell, axis = next_leg(terrain, w, stride, x, y, tank_class, aim, _LIMIT - time)
        leg_ticks = min((time + duration - 1) >> 12, rules.PREVIEW_TICKS)
        last = count if banks > 0 else enemies
        tick, hit, _, _ = meet_targets(targets, 0, last, time, next_tick, leg_ticks, x, y, vx, vy, 1, 0, 0, 0)
        next_tick = max(next_tick, leg_ticks + 1)
        points[length, 2] = 0
        if hit >= 0 or cell == NO_CELL:
            at = (tick if hit >= 0 else rules.PREVIEW_TICKS) * Q12 - time
            points[length, 0], points[length, 1] = x + ((vx * at) >> 12), y + ((vy * at) >> 12)
            kind = MEETS_NOTHING
            if hit >= 0:
                kind = MEETS_ENEMY if hit < enemies else MEETS_OWN
            return length + 1, kind, hit, banks
        tile = terrain[w, cell]
        x, y = leg_end(stride, x, y, tank_class, aim, duration, cell, axis)
        points[length, 0], points[length, 1] = x, y
        length += 1
        time += duration
        if tile == rules.WALL and banks < limit:
            banks += 1
            aim = bank_aim(aim, axis)
        elif tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
            aim = mirror_aim(aim, tile)
        elif tile == rules.PORTAL and portal_to[portal_offset + cell] != 0:
            x, y = through_portal(x, y, vx, vy, axis, cell, portal_to[portal_offset + cell], stride)
            points[length, 0], points[length, 1], points[length, 2] = x, y, 1
            length += 1
        else:
            return length, meets_tile(tile, True), -1, banks
    return length, MEETS_NOTHING, -1, banks


def sight_line(
    world: World, levels: ar.Levels, w: int, seat: int, aim: int
) -> tuple[IntArray, int, int, int]:
    """Return the path of a shot that `seat` would fire now at `aim`.

    Returns (points, meets, seat met or -1, banks): points is int64 (n, 3), columns x, y (su) and 1 where the line is
    interrupted just before the point (a portal). `meets` is MEETS_*.
    """
    points = np.zeros((2 * MAX_LEGS, 3), np.int64)
    targets = np.zeros(TARGETS_SIZE, np.int64)
    tanks = world.tanks
    enemies, count = gather_targets(tanks, w, int(world.head[w, st.N_SEATS]), seat, targets)
    length, meets, met, banks = _trace(
        world.terrain,
        levels.portal_to,
        int(levels.head[world.head[w, st.LEVEL], ar.LEVEL_TERRAIN]),
        w,
        int(world.head[w, st.STRIDE]),
        targets,
        enemies,
        count,
        int(tanks[w, seat, st.TANK_X]) << 8,
        int(tanks[w, seat, st.TANK_Y]) << 8,
        int(tanks[w, seat, st.TANK_CLASS]),
        aim & 255,
        bank_limit(tanks, w, seat),
        points,
    )
    points[:, :2] //= FINE
    seat_met = int(targets[met * TARGET_SIZE + 4]) if met >= 0 else -1
    return points[:length], int(meets), seat_met, int(banks)
