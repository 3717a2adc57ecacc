"""`marksman`: banks its shots, dodges, strafes, uses its special and plays the objective."""

from typing import Final

from game.core import rules
from game.core.bots.chaser import brick_ahead, choose_way, straight_shot
from game.core.bots.footwork import best_move, pull_towards
from game.core.bots.gunnery import NO_SHOT, best_shot
from game.core.bots.memory import AIM, SIDE, break_free, write_action
from game.core.bots.senses import (
    DANGER,
    ENEMY,
    ENEMY_X,
    ENEMY_Y,
    ONE,
    OWN_CARRY,
    OWN_CLASS,
    OWN_HP,
    OWN_RELOAD,
    OWN_SHIELD,
    OWN_SPECIAL,
    PICKUP_KIND,
    RELOAD_UNIT,
    WAY_ENEMY,
    WAY_OBJECTIVE,
    WAY_PICKUP,
    aim_of,
    free_distance,
    has_way,
    is_visible,
    move_of,
    must_survive,
    nearest_enemy,
    one_hot,
    read_fixed,
    waits_at_portal,
    way_aim,
    way_tiles,
)
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.jit import jit
from game.core.sim.slots import ENEMIES, ENEMY_SIZE

_TILE: Final = rules.SU_PER_TILE
_WAY_POINTS: Final = 70  # pull along a path
_STRAFE_POINTS: Final = 45
_DISTANCE_POINTS: Final = 60  # pull towards its preferred distance
_NEAREST: Final = 3 * _TILE  # su; nearer to an enemy it retreats
_FARTHEST: Final = 5 * _TILE  # su; farther away it approaches
_DETOUR_TILES: Final = 5  # it fetches a pick-up that is this near
_OBJECTIVE_DETOUR_TILES: Final = 3  # the same while it has a path to an objective
_REPAIR_TILES: Final = 14  # and a repair this near when it is damaged
_HURT: Final = ONE * 6 // 10  # hit points below which it is damaged
_READY: Final = 3  # ticks of reload that pass within a decision
_PANIC: Final = ONE * 60 // 100  # danger at which it uses its special
_MINE_TILES: Final = 3 * _TILE  # su; it lays a mine if an enemy is this near
_FLEE: Final = 9 * _TILE  # su; in `survive` team 0 avoids enemies nearer than this
_FLIGHT_POINTS: Final = 110


@jit
def hunt(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose a marksman's action: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    enemy, x, y = nearest_enemy(row)
    way = _choose_way(row)
    pull_x, pull_y = _wanted_pull(row, memory, way, enemy, x, y)
    move, danger = best_move(row, memory, pull_x, pull_y)
    if danger == 0:
        move = break_free(memory, rng, n, move, waits_at_portal(row, way))
    aim, _cost = best_shot(row)
    fires = aim != NO_SHOT
    if not fires and has_way(row, way):
        aim = brick_ahead(row, (move_of(way_aim(row, way)) - 1) * 32)
        fires = aim >= 0
    if not fires:
        aim = aim_of(x, y) if enemy >= 0 else memory[AIM]
    ready = read_fixed(row, OWN_RELOAD) * RELOAD_UNIT <= _READY * ONE
    special = _wants_special(row, enemy, x, y, danger)
    if special and row[OWN_CLASS + rules.SCOUT] > 0:
        move = _dash_move(row, move)
    write_action(memory, action, move, aim, fires and ready, special)


@jit
def _choose_way(row: SenseArray) -> int:
    """Return the slot offset of the way-point to follow; a useful pick-up nearby comes first."""
    way = choose_way(row)
    kind = one_hot(row, PICKUP_KIND, len(rules.PICKUP_NAMES))
    if kind < 0 or row[OWN_CARRY] > 0 or not has_way(row, WAY_PICKUP):
        return way
    hurt = read_fixed(row, OWN_HP) < ONE
    reach = _DETOUR_TILES
    if way == WAY_OBJECTIVE:
        reach = _OBJECTIVE_DETOUR_TILES
    if kind == rules.PICKUP_REPAIR:
        if not hurt:
            return way
        if read_fixed(row, OWN_HP) < _HURT:
            reach = _REPAIR_TILES
    return WAY_PICKUP if way_tiles(row, WAY_PICKUP) <= reach else way


@jit
def _wanted_pull(row: SenseArray, memory: IntArray, way: int, enemy: int, x: int, y: int) -> tuple[int, int]:
    """Return the pull (x, y): along the path, around an enemy in the line of fire, away from pursuers."""
    pull_x = 0
    pull_y = 0
    evades = must_survive(row)
    duel = enemy >= 0 and straight_shot(row, enemy, x, y) >= 0
    follows = not (way == WAY_ENEMY and (duel or evades))
    if has_way(row, way) and follows:
        pull_x, pull_y = pull_towards(way_aim(row, way), _WAY_POINTS)
    if duel:
        duel_x, duel_y = _circle_pull(row, memory, x, y, way == WAY_ENEMY and not evades)
        pull_x += duel_x
        pull_y += duel_y
    if evades:
        flight_x, flight_y = _flee_pull(row)
        pull_x += flight_x
        pull_y += flight_y
    return pull_x, pull_y


@jit
def _flee_pull(row: SenseArray) -> tuple[int, int]:
    """Return the pull away from all known enemies, stronger from nearer ones."""
    away_x = 0
    away_y = 0
    for n in range(ENEMIES):
        enemy = ENEMY + n * ENEMY_SIZE
        x = read_fixed(row, enemy + ENEMY_X)
        y = read_fixed(row, enemy + ENEMY_Y)
        distance = max(abs(x), abs(y))
        if row[enemy] > 0 and distance < _FLEE:
            x, y = pull_towards(aim_of(-x, -y), _FLIGHT_POINTS * (_FLEE - distance) // _FLEE)
            away_x += x
            away_y += y
    return away_x, away_y


@jit
def _circle_pull(row: SenseArray, memory: IntArray, x: int, y: int, keeps_distance: bool) -> tuple[int, int]:
    """Return the pull around an enemy at (x, y) su: sideways, and towards its preferred distance."""
    towards = aim_of(x, y)
    side_x, side_y = pull_towards((towards + 64 * memory[SIDE]) & 255, _STRAFE_POINTS)
    keep = 0
    distance = max(abs(x), abs(y))
    if keeps_distance and distance < _NEAREST:
        keep = -_DISTANCE_POINTS
    elif keeps_distance and distance > _FARTHEST:
        keep = _DISTANCE_POINTS
    keep_x, keep_y = pull_towards(towards, keep)
    return side_x + keep_x, side_y + keep_y


@jit
def _wants_special(row: SenseArray, enemy: int, x: int, y: int, danger: int) -> bool:
    """Return whether to press the special: dash or shield before a sure hit, a mine near an enemy."""
    if row[OWN_SPECIAL] > 0:
        return False
    if row[OWN_CLASS + rules.RANGER] > 0:
        return is_visible(row, enemy) and max(abs(x), abs(y)) < _MINE_TILES
    return danger > _PANIC and row[OWN_SHIELD] <= 0


@jit
def _dash_move(row: SenseArray, move: int) -> int:
    """Return the move for a dash: open for two tiles, and least dangerous."""
    best = move
    least = 1 << 30
    for other in range(1, rules.N_MOVES):
        danger = read_fixed(row, DANGER + other)
        if free_distance(row, other) >= _TILE and danger < least:
            least = danger
            best = other
    return best
