"""Observation slots about danger: shots that pass near, moves that would be hit, mines."""

from game.core import rules
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.jit import jit
from game.core.sim.sensing import clear_nearest, clip_far, clip_velocity, keep_nearest
from game.core.sim.slots import DANGER_TICKS, OFFSETS, THREAT_SIZE, THREATS
from game.core.sim.tables import MOVE_X, MOVE_Y, SHOT_VX, SHOT_VY, SPEED

_URGENT_TICKS = 60
_MISS_RANGE = 2 * rules.SU_PER_TILE
_MINE_RANGE = 4 * rules.SU_PER_TILE
_DANGER = OFFSETS["danger"]
_MINE = OFFSETS["mine"]
_THREATS = OFFSETS["threats"]


@jit
def sense_threats(
    shots: IntArray, tanks: IntArray, w: int, count: int, seat: int, out: SenseArray, scratch: IntArray
) -> None:
    """Describe the shots that will come closest soonest, and how dangerous each move is.

    scratch[0:3] holds shots, scratch[3:6] the ticks until they are closest, soonest first.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    clear_nearest(scratch, THREATS)
    for shot in range(count):
        if shots[w, shot, st.SHOT_BANKS] == 0 and shots[w, shot, st.SHOT_TEAM] == team:
            continue
        dx = x - shots[w, shot, st.SHOT_X]
        dy = y - shots[w, shot, st.SHOT_Y]
        vx = SHOT_VX[shots[w, shot, st.SHOT_CLASS], shots[w, shot, st.SHOT_AIM]] >> 8
        vy = SHOT_VY[shots[w, shot, st.SHOT_CLASS], shots[w, shot, st.SHOT_AIM]] >> 8
        ahead = dx * vx + dy * vy
        square = vx * vx + vy * vy
        if ahead <= 0 or ahead > _URGENT_TICKS * square:
            continue
        cross = dx * vy - dy * vx
        if cross * cross > _MISS_RANGE * _MISS_RANGE * square:
            continue
        ticks = ahead // square
        keep_nearest(scratch, THREATS, shot, ticks)
    for move in range(rules.N_MOVES):
        out[_DANGER + move] = 0.0
    for n in range(THREATS):
        at = _THREATS + n * THREAT_SIZE
        shot = scratch[n]
        if shot < 0:
            for column in range(THREAT_SIZE):
                out[at + column] = 0.0
            continue
        dx = x - shots[w, shot, st.SHOT_X]
        dy = y - shots[w, shot, st.SHOT_Y]
        vx = SHOT_VX[shots[w, shot, st.SHOT_CLASS], shots[w, shot, st.SHOT_AIM]] >> 8
        vy = SHOT_VY[shots[w, shot, st.SHOT_CLASS], shots[w, shot, st.SHOT_AIM]] >> 8
        miss = abs(dx * vy - dy * vx) // max(abs(vx), abs(vy), 1)
        out[at] = 1.0
        out[at + 1] = clip_far(-dx)
        out[at + 2] = clip_far(-dy)
        out[at + 3] = clip_velocity(vx)
        out[at + 4] = clip_velocity(vy)
        out[at + 5] = (_URGENT_TICKS - min(scratch[THREATS + n], _URGENT_TICKS)) / _URGENT_TICKS
        out[at + 6] = min(miss, rules.SU_PER_TILE) / rules.SU_PER_TILE
        if scratch[THREATS + n] <= 2 * DANGER_TICKS:
            _raise_danger(dx, dy, vx, vy, SPEED[tanks[w, seat, st.TANK_CLASS]], out)


@jit
def _raise_danger(dx: int, dy: int, vx: int, vy: int, speed: int, out: SenseArray) -> None:
    """Raise the danger of every move with which the tank would soon be hit by a shot at (-dx, -dy) from it."""
    reach = rules.HIT_RADIUS + 24
    for move in range(rules.N_MOVES):
        step = speed
        if MOVE_X[move] != 0 and MOVE_Y[move] != 0:
            step = speed * rules.DIAGONAL >> 8
        rel_x = vx - MOVE_X[move] * step
        rel_y = vy - MOVE_Y[move] * step
        square = rel_x * rel_x + rel_y * rel_y
        cross = dx * rel_y - dy * rel_x
        if square == 0 or cross * cross >= reach * reach * square:
            continue
        ticks = max((dx * rel_x + dy * rel_y) // square, 0)
        if ticks > DANGER_TICKS:
            continue
        danger = (DANGER_TICKS + 1 - ticks) / (DANGER_TICKS + 1)
        out[_DANGER + move] = max(out[_DANGER + move], danger)


@jit
def sense_mine(mines: IntArray, tanks: IntArray, w: int, count: int, seat: int, out: SenseArray) -> None:
    """Write the position of the nearest mine of another team, zeros beyond _MINE_RANGE."""
    out[_MINE] = 0.0
    out[_MINE + 1] = 0.0
    best = _MINE_RANGE
    for n in range(count):
        if mines[w, n, st.MINE_TEAM] == tanks[w, seat, st.TANK_TEAM]:
            continue
        dx = mines[w, n, st.MINE_X] - tanks[w, seat, st.TANK_X]
        dy = mines[w, n, st.MINE_Y] - tanks[w, seat, st.TANK_Y]
        reach = max(abs(dx), abs(dy))
        if reach < best:
            best = reach
            out[_MINE] = dx / _MINE_RANGE
            out[_MINE + 1] = dy / _MINE_RANGE
