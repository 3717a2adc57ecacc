"""The rules' tables as arrays for kernels (numba treats them as constants)."""

import numpy as np

from game.core import rules


def _cosine() -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    quarter = list(rules.QUARTER_COSINE)
    half = quarter + [-value for value in quarter[-2::-1]]
    return np.array(half + half[-2:0:-1], np.int64)


COSINE = _cosine()  # [aim], times AIM_SCALE
SINE = COSINE[(np.arange(rules.AIMS) - rules.AIMS // 4) % rules.AIMS]

MOVE_X = np.array([move[0] for move in rules.MOVES], np.int64)
MOVE_Y = np.array([move[1] for move in rules.MOVES], np.int64)

BLOCKS_TANK = np.array([tile.blocks_tank for tile in rules.TILES], np.int64)
STOPS_SHOT = np.array([tile.stops_shot for tile in rules.TILES], np.int64)

SPEED = np.array([row.speed for row in rules.TANK_CLASSES], np.int64)
ARMOUR = np.array([row.armour for row in rules.TANK_CLASSES], np.int64)
RELOAD = np.array([row.reload for row in rules.TANK_CLASSES], np.int64)
SHOT_SPEED = np.array([row.shot_speed for row in rules.TANK_CLASSES], np.int64)
BANKS = np.array([row.banks for row in rules.TANK_CLASSES], np.int64)
DAMAGE = np.array([row.damage for row in rules.TANK_CLASSES], np.int64)
SPECIAL = np.array([row.special for row in rules.TANK_CLASSES], np.int64)
SPECIAL_COOLDOWN = np.array([row.special_cooldown for row in rules.TANK_CLASSES], np.int64)

RESPAWN_OWN = np.array([row.respawn_own for row in rules.OBJECTIVES], np.int64)
LIVES_OWN = np.array([row.lives_own for row in rules.OBJECTIVES], np.int64)
RESPAWN_ENEMY = np.array([row.respawn_enemy for row in rules.OBJECTIVES], np.int64)

FINE = 256  # fine units per su
FINE_PER_TILE = FINE * rules.SU_PER_TILE
Q12 = 4096  # q12 time units per tick

# Shot velocity [class, aim] in fine per tick, truncated towards zero so that opposite aims are exact mirrors
SHOT_VX = np.sign(COSINE) * (SHOT_SPEED[:, None] * FINE * np.abs(COSINE) // rules.AIM_SCALE)
SHOT_VY = np.sign(SINE) * (SHOT_SPEED[:, None] * FINE * np.abs(SINE) // rules.AIM_SCALE)

_NEVER = 1 << 40
_INVERSE_ONE = Q12 << 20
# q12 per fine unit, times 2**20; for a component of zero: never
INVERSE_VX = np.where(SHOT_VX == 0, _NEVER, _INVERSE_ONE // np.maximum(np.abs(SHOT_VX), 1))
INVERSE_VY = np.where(SHOT_VY == 0, _NEVER, _INVERSE_ONE // np.maximum(np.abs(SHOT_VY), 1))

# cell // stride without a division: cell * ROW_INVERSE[stride] >> 20, exact for every cell of every arena
ROW_INVERSE = np.array([0] + [(1 << 20) // stride + 1 for stride in range(1, rules.MAX_SIDE + 3)], np.int64)
