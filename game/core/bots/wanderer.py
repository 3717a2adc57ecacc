"""`wanderer`: moves at random, and fires now and then."""

from typing import Final

from game.core.bots.memory import AIM, ROAM, ROAM_LEFT, STUCK, write_action
from game.core.bots.senses import (
    ENEMY_X,
    ENEMY_Y,
    MEETS_FRIEND,
    RAY,
    aim_of,
    is_visible,
    known_enemy,
    preview_hit,
    read_fixed,
)
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.jit import jit
from game.core.sim.rng import below

_SHORTEST_ROAM: Final = 6  # decisions
_LONGEST_ROAM: Final = 24
_FIRE_ONE_IN: Final = 12  # decisions
_AIMED_OF_FOUR: Final = 2  # of four shots, how many go towards the nearest enemy
_CARELESS_AIMS: Final = 12  # it misses by up to so much


@jit
def wander(row: SenseArray, memory: IntArray, rng: WordArray, n: int, action: IntArray) -> None:
    """Choose a wanderer's action: row (D,) observation, memory (BOT_STATE,), stream rng[n], action (5,) out."""
    blocked = memory[ROAM] == 0 or row[RAY + memory[ROAM]] <= 0 or memory[STUCK] > 0
    if memory[ROAM_LEFT] <= 0 or blocked:
        memory[ROAM] = _open_move(row, rng, n)
        memory[ROAM_LEFT] = _SHORTEST_ROAM + below(rng, n, _LONGEST_ROAM - _SHORTEST_ROAM)
    memory[ROAM_LEFT] -= 1
    aim = memory[AIM]
    fires = below(rng, n, _FIRE_ONE_IN) == 0
    if fires:
        enemy = known_enemy(row)
        if is_visible(row, enemy) and below(rng, n, 4) < _AIMED_OF_FOUR:
            aim = aim_of(read_fixed(row, enemy + ENEMY_X), read_fixed(row, enemy + ENEMY_Y))
            aim = (aim + below(rng, n, 2 * _CARELESS_AIMS + 1) - _CARELESS_AIMS) & 255
        else:
            aim = below(rng, n, 256)
        fires = preview_hit(row, aim >> 3) != MEETS_FRIEND
    write_action(memory, action, memory[ROAM], aim, fires, False)


@jit
def _open_move(row: SenseArray, rng: WordArray, n: int) -> int:
    """Return a random move 1..8 towards an open tile, any move if there is none."""
    move = 1 + below(rng, n, 8)
    for _attempt in range(6):
        if row[RAY + move] > 0:
            break
        move = 1 + below(rng, n, 8)
    return move
