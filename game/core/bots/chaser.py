"""`chaser`: takes the shortest path and shoots on sight."""

from typing import Final

from game.core import rules
from game.core.bots.memory import AIM, SIDE, break_free, write_action
from game.core.bots.senses import (
    MEETS_BRICK,
    MEETS_CORE,
    MEETS_ENEMY,
    OBJECTIVE,
    ROLE,
    WAY_ENEMY,
    WAY_OBJECTIVE,
    aim_of,
    free_distance,
    has_way,
    is_visible,
    move_of,
    must_survive,
    nearest_enemy,
    one_hot,
    preview_banks,
    preview_hit,
    preview_position,
    turn_move,
    waits_at_portal,
    way_aim,
    way_tiles,
)
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.jit import jit, jit_inline

_NEAR: Final = 2 * rules.SU_PER_TILE  # su; nearer than this it circles the enemy it shoots at
_GUARD_TILES: Final = 7  # a defender returns if its core is farther
_FLEE: Final = 6 * rules.SU_PER_TILE  # su; in `survive` team 0 runs from enemies nearer than this


@jit
def chase(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose a chaser's action: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    enemy, x, y = nearest_enemy(row)
    way = choose_way(row)
    aim = direct_shot(row, enemy, x, y)
    fires = aim >= 0
    move = 0
    if has_way(row, way):
        move = move_of(way_aim(row, way))
    if enemy >= 0 and must_survive(row) and max(abs(x), abs(y)) < _FLEE:
        move = _escape_move(row, memory, move_of(aim_of(-x, -y)))
    elif fires and way == WAY_ENEMY and max(abs(x), abs(y)) < _NEAR:
        move = turn_move(move_of(aim_of(x, y)), 2 * memory[SIDE])
    if not fires and move != 0:
        aim = brick_ahead(row, (move - 1) * 32)
        fires = aim >= 0
    if not fires:
        aim = aim_of(x, y) if enemy >= 0 else memory[AIM]
    write_action(
        memory, action, break_free(memory, rng, n, move, waits_at_portal(row, way)), aim, fires, False
    )


@jit
def choose_way(row: SenseArray) -> int:
    """Return the slot offset of the way-point to follow: the objective's, or the nearest enemy's."""
    objective = one_hot(row, OBJECTIVE, rules.N_OBJECTIVES)
    if objective == rules.DEFEND and row[ROLE] > 0:
        at_home = way_tiles(row, WAY_OBJECTIVE) < _GUARD_TILES
        return WAY_ENEMY if at_home and has_way(row, WAY_ENEMY) else WAY_OBJECTIVE
    if objective == rules.ELIMINATE or not has_way(row, WAY_OBJECTIVE):
        return WAY_ENEMY
    return WAY_OBJECTIVE


@jit
def direct_shot(row: SenseArray, enemy: int, x: int, y: int) -> int:
    """Return an aim that hits the enemy at (x, y) su, or the core, without a bank; -1: none."""
    aim = straight_shot(row, enemy, x, y)
    if aim >= 0:
        return aim
    for sector in range(rules.SECTORS):
        if preview_hit(row, sector) == MEETS_CORE and preview_banks(row, sector) == 0:
            return sector * rules.POSITIONS + preview_position(row, sector)
    return -1


@jit_inline
def straight_shot(row: SenseArray, enemy: int, x: int, y: int) -> int:
    """Return an aim that hits the enemy at (x, y) su without a bank, -1: none.

    It uses the previewed flights in the enemy's sector and the adjacent ones, so the preview gives the lead.
    """
    if is_visible(row, enemy):
        middle = aim_of(x, y) >> 3
        for step in range(3):
            sector = (middle + (0, 1, -1)[step]) & (rules.SECTORS - 1)
            if preview_hit(row, sector) == MEETS_ENEMY and preview_banks(row, sector) == 0:
                return sector * rules.POSITIONS + preview_position(row, sector)
    return -1


@jit
def brick_ahead(row: SenseArray, aim: int) -> int:
    """Return an aim at the brick that blocks the next tile towards `aim`, -1: none."""
    sector = (aim >> 3) & (rules.SECTORS - 1)
    if (
        free_distance(row, move_of(aim)) > 0
        or preview_hit(row, sector) != MEETS_BRICK
        or preview_banks(row, sector) > 0
    ):
        return -1
    return sector * rules.POSITIONS + preview_position(row, sector)


@jit
def _escape_move(row: SenseArray, memory: IntArray, away: int) -> int:
    """Return the open move nearest to the direction of the move `away`."""
    for eighths in range(5):
        for side in range(2):
            move = turn_move(away, eighths * memory[SIDE] * (1 - 2 * side))
            if free_distance(row, move) > 0:
                return move
    return away
