"""How the marksman moves: every move gets points for its direction, and loses points for dangers and obstacles."""

from typing import Final

from game.core import rules
from game.core.bots.memory import MOVE
from game.core.bots.senses import DANGER, MINE, ONE, free_distance, read_fixed
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.jit import jit
from game.core.sim.tables import COSINE, MOVE_X, MOVE_Y, SINE

_UNIT: Final = 256  # length of a move's direction
_DIAGONAL: Final = 181  # length of each component of a diagonal direction
_DANGER_POINTS: Final = 150  # points lost for a shot that would hit at the latest counted tick
_SOON_POINTS: Final = 350  # added for one that would hit now
_BLOCKED_POINTS: Final = 45
_MINE_POINTS: Final = 260
_MINE_RANGE: Final = ONE * 5 // 12  # in units of a mine slot (4 tiles): distance within which a mine counts
_STEADY_POINTS: Final = 8  # points for keeping the last move


@jit
def best_move(row: SenseArray, memory: IntArray, pull_x: int, pull_y: int) -> tuple[int, int]:
    """Return (move 0..8 with the most points, danger of that move 0..ONE).

    pull: direction in which it wants to go; its length is the points for a move straight there.
    """
    best = 0
    most = -(1 << 30)
    for move in range(rules.N_MOVES):
        danger = read_fixed(row, DANGER + move)
        points = 0
        if danger > 0:
            points -= _DANGER_POINTS + danger * _SOON_POINTS // ONE
        unit = _DIAGONAL if MOVE_X[move] != 0 and MOVE_Y[move] != 0 else _UNIT
        points += (pull_x * MOVE_X[move] + pull_y * MOVE_Y[move]) * unit // _UNIT
        points -= mine_points(row, MOVE_X[move] * unit, MOVE_Y[move] * unit)
        if move != 0 and free_distance(row, move) == 0:
            points -= _BLOCKED_POINTS
        if move == memory[MOVE]:
            points += _STEADY_POINTS
        if points > most:
            most = points
            best = move
    return best, read_fixed(row, DANGER + best)


@jit
def mine_points(row: SenseArray, x: int, y: int) -> int:
    """Return the points lost by moving (x, y) / _UNIT towards a mine."""
    mine_x = read_fixed(row, MINE)
    mine_y = read_fixed(row, MINE + 1)
    reach = max(abs(mine_x), abs(mine_y))
    if reach == 0 or reach > _MINE_RANGE:
        return 0
    towards = (x * mine_x + y * mine_y) // (_UNIT * reach // 16)
    return max(towards, 0) * _MINE_POINTS // 16


@jit
def pull_towards(aim: int, points: int) -> tuple[int, int]:
    """Return the pull (x, y) of `points` towards `aim`."""
    return COSINE[aim] * points // rules.AIM_SCALE, SINE[aim] * points // rules.AIM_SCALE
