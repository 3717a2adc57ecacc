"""Sparring partners with one behaviour each, which a policy must beat and which the other bots seldom show.

`turret` stands and shoots; `camper` dodges in a corner; `fleeing` runs and never fires; `kiting` keeps away and shoots;
`strafer` circles in sight; `rusher` drives up and fires. None plays an objective: they are for evaluation
(`agents evaluate --panel`) and training.
"""

from typing import Final

from game.core import rules
from game.core.bots.chaser import brick_ahead, straight_shot
from game.core.bots.footwork import best_move, pull_towards
from game.core.bots.gunnery import NO_SHOT, best_shot
from game.core.bots.memory import AIM, SIDE, break_free, write_action
from game.core.bots.senses import (
    ONE,
    OWN_PLACE,
    OWN_RELOAD,
    RELOAD_UNIT,
    WAY_ENEMY,
    aim_of,
    has_way,
    is_visible,
    move_of,
    nearest_enemy,
    read_fixed,
    turn_move,
    waits_at_portal,
    way_aim,
)
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.jit import jit

_TILE: Final = rules.SU_PER_TILE
_READY: Final = 3  # ticks of reload that pass within a decision
_CORNER_POINTS: Final = 70  # pull to the corner
_HOME: Final = ONE // 12  # share of the arena size; nearer than this it has arrived
_FLIGHT_POINTS: Final = 110
_FLIGHT_ASIDE: Final = 24  # aims by which it deviates from straight away, so that it does not end in a corner
_KITE_FAR: Final = 9 * _TILE  # su; farther away it approaches
_KITE_NEAR: Final = 6 * _TILE  # su; nearer it retreats
_KITE_POINTS: Final = 90
_STRAFE_NEAR: Final = 3 * _TILE  # su; nearer it turns away
_STRAFE_FAR: Final = 6 * _TILE  # su; farther away it turns towards the enemy


@jit
def guard(row: SenseArray, memory: IntArray, action: IntArray) -> None:
    """Choose a turret's action: row (D,) observation, memory (BOT_STATE,), action (5,) out."""
    _shoot(row, memory, action, 0)


@jit
def camp(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose a camper's action: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    x = read_fixed(row, OWN_PLACE)
    y = read_fixed(row, OWN_PLACE + 1)
    across = (ONE if 2 * x > ONE else 0) - x
    down = (ONE if 2 * y > ONE else 0) - y
    pull_x = 0
    pull_y = 0
    away = max(abs(across), abs(down)) > _HOME
    if away:
        pull_x, pull_y = pull_towards(aim_of(across, down), _CORNER_POINTS)
    move, danger = best_move(row, memory, pull_x, pull_y)
    if away and danger == 0:
        move = break_free(memory, rng, n, move, False)
    _shoot(row, memory, action, move)


@jit
def flee(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose the action of a `fleeing` bot: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    enemy, x, y = nearest_enemy(row)
    pull_x = 0
    pull_y = 0
    if enemy >= 0:
        pull_x, pull_y = pull_towards((aim_of(-x, -y) + _FLIGHT_ASIDE * memory[SIDE]) & 255, _FLIGHT_POINTS)
    move, danger = best_move(row, memory, pull_x, pull_y)
    if danger == 0:
        move = break_free(memory, rng, n, move, False)
    write_action(memory, action, move, memory[AIM], False, False)


@jit
def kite(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose the action of a `kiting` bot: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    enemy, x, y = nearest_enemy(row)
    pull_x = 0
    pull_y = 0
    distance = max(abs(x), abs(y))
    if enemy >= 0 and distance < _KITE_NEAR:
        pull_x, pull_y = pull_towards((aim_of(-x, -y) + _FLIGHT_ASIDE * memory[SIDE]) & 255, _KITE_POINTS)
    elif has_way(row, WAY_ENEMY) and (distance > _KITE_FAR or not is_visible(row, enemy)):
        pull_x, pull_y = pull_towards(way_aim(row, WAY_ENEMY), _KITE_POINTS)
    move, danger = best_move(row, memory, pull_x, pull_y)
    if danger == 0:
        move = break_free(memory, rng, n, move, waits_at_portal(row, WAY_ENEMY))
    _shoot(row, memory, action, move)


@jit
def strafe(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose a strafer's action: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    enemy, x, y = nearest_enemy(row)
    move = 0
    if has_way(row, WAY_ENEMY):
        move = move_of(way_aim(row, WAY_ENEMY))
    if straight_shot(row, enemy, x, y) >= 0:
        distance = max(abs(x), abs(y))
        eighths = 3 if distance < _STRAFE_NEAR else 1 if distance > _STRAFE_FAR else 2
        move = turn_move(move_of(aim_of(x, y)), eighths * memory[SIDE])
    _shoot(row, memory, action, break_free(memory, rng, n, move, waits_at_portal(row, WAY_ENEMY)))


@jit
def rush(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose a rusher's action: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    enemy, x, y = nearest_enemy(row)
    move = 0
    if straight_shot(row, enemy, x, y) >= 0:
        move = move_of(aim_of(x, y))
    elif has_way(row, WAY_ENEMY):
        move = move_of(way_aim(row, WAY_ENEMY))
    _shoot(row, memory, action, break_free(memory, rng, n, move, waits_at_portal(row, WAY_ENEMY)))


@jit
def _shoot(row: SenseArray, memory: IntArray, action: IntArray, move: int) -> None:
    """Write the action with `move`: fire the best previewed flight, otherwise at a brick ahead, otherwise aim at the enemy."""
    enemy, x, y = nearest_enemy(row)
    aim, _cost = best_shot(row)
    fires = aim != NO_SHOT
    if not fires and move != 0:
        aim = brick_ahead(row, (move - 1) * 32)
        fires = aim >= 0
    if not fires:
        aim = aim_of(x, y) if enemy >= 0 else memory[AIM]
    ready = read_fixed(row, OWN_RELOAD) * RELOAD_UNIT <= _READY * ONE
    write_action(memory, action, move, aim, fires and ready, False)
