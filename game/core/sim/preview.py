"""The sight line: where a shot fired now would fly. It is drawn for the player and part of an NPC's observation.

A flight is a chain of legs from `sim.flight`, the same kernels that move shots, so a preview equals the flown
path. Tanks are assumed to keep their velocity. Nothing here writes to a world.
"""

from typing import Final

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.fan import (
    FAN_AIM,
    FAN_BANKS,
    FAN_KIND,
    FAN_SIZE,
    FAN_TICKS,
    FAN_TURN,
    GROUP,
    GROUP_SIZE,
    fly_fan,
)
from game.core.sim.flight import NO_CELL, TileMap, bounce, leg_end, next_leg, tile_map
from game.core.sim.jit import jit
from game.core.sim.meeting import (
    AIMS_PER_RADIAN,
    CENTRE,
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
    gather_targets,
    meet_targets,
)
from game.core.sim.slots import OFFSETS
from game.core.sim.state import World
from game.core.sim.tables import COSINE, FINE, Q12, SHOT_SPEED, SHOT_VX, SHOT_VY, SINE
from game.core.sim.tanks import bank_limit

_LIMIT: Final = rules.PREVIEW_TICKS * Q12


@jit
def fly_preview(
    ground: TileMap, targets: Targets, firing: Firing, aim: int, want_turn: bool
) -> tuple[int, int, int, int]:
    """Simulate the flight of one shot past the targets.

    Returns (MEETS_*, ticks until then, banks used, turn). `turn`: aims by which to turn so that the flight passes
    nearest to an enemy, 0 if none is within the sector; computed only with want_turn.
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
            turning = AimCorrection(turn_limit, scale, turn, turn_tick)
            tick, hit, turn, turn_tick = meet_targets(targets.rows, 0, targets.enemies, leg, turning)
            if banks > 0:
                before = Leg(x, y, vx, vy, time, next_tick, min(last_tick, tick - 1))
                own_tick, own, _, _ = meet_targets(
                    targets.rows, targets.enemies, targets.total, before, NO_TURNING
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


_TRIED: Final = GROUP + GROUP_SIZE  # the fan of the sectors' centres
_REFINED: Final = _TRIED + FAN_SIZE  # the fan of the turned aims
PREVIEW_SCRATCH: Final = _REFINED + FAN_SIZE

_MEETS_SENSE = np.array((0.0, 1.0, -1.0, 0.25, 0.75))  # [MEETS_*]: value of the slot `preview_target`
_TARGET = OFFSETS["preview_target"]
_TICKS = OFFSETS["preview_ticks"]
_BANKS = OFFSETS["preview_banks"]
_POSITION = OFFSETS["preview_position"]
_BEST = OFFSETS["best_shot"]
_BEST_POSITION = OFFSETS["best_position"]


@jit
def preview_all(world: World, ground: TileMap, w: int, seat: int, out: SenseArray, scratch: IntArray) -> None:
    """Write the preview slots of `seat` into its observation `out`: one flight with corrected aim per sector.

    scratch: (PREVIEW_SCRATCH,) int64 working memory.
    """
    tanks = world.tanks
    firing = Firing(
        tanks[w, seat, st.TANK_X] << 8,
        tanks[w, seat, st.TANK_Y] << 8,
        tanks[w, seat, st.TANK_CLASS],
        bank_limit(tanks, w, seat),
        world.head[w, st.OBJECTIVE] == rules.DEFEND and tanks[w, seat, st.TANK_TEAM] != 0,
    )
    targets = gather_targets(tanks, w, world.head[w, st.N_SEATS], seat, scratch)
    for sector in range(rules.SECTORS):
        scratch[_TRIED + FAN_AIM + sector] = sector * rules.POSITIONS + CENTRE
    fly_fan(ground, targets, firing, True, scratch, _TRIED, rules.SECTORS)
    count = 0
    for sector in range(rules.SECTORS):
        turn = scratch[_TRIED + FAN_TURN + sector]
        if turn != 0:
            scratch[_REFINED + FAN_AIM + count] = sector * rules.POSITIONS + CENTRE + turn
            count += 1
    fly_fan(ground, targets, firing, False, scratch, _REFINED, count)
    refined = _REFINED
    best_ticks = NO_TICK
    best_aim = -1
    best_banks = 0
    for sector in range(rules.SECTORS):
        at = _TRIED + sector
        if scratch[at + FAN_TURN] != 0:
            at = refined
            refined += 1
        aim = scratch[at + FAN_AIM]
        kind = scratch[at + FAN_KIND]
        ticks = scratch[at + FAN_TICKS]
        banks = scratch[at + FAN_BANKS]
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
    used); any core is reported as met, also the own one.
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
        tick, hit, _, _ = meet_targets(targets.rows, 0, last, leg, NO_TURNING)
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
