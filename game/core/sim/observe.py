"""One tank's observation, written slot by slot in the order of `sim.slots`.

All arithmetic is on integers; the last step divides by a power of two or a constant in float64 and stores float32,
so that interpreted and compiled runs agree to the last bit.
"""

from typing import Final

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import slots
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.dangers import sense_mine, sense_threats
from game.core.sim.flight import TileMap, tile_map
from game.core.sim.jit import jit
from game.core.sim.preview import PREVIEW_SCRATCH, preview_all
from game.core.sim.sensing import FAR, FARTHEST, clear_nearest, clip_far, clip_velocity, keep_nearest
from game.core.sim.slots import ENEMIES, ENEMY_SIZE, OFFSETS
from game.core.sim.state import World
from game.core.sim.tables import ARMOUR, BLOCKS_TANK, COSINE, MOVE_X, MOVE_Y, SINE
from game.core.sim.ways import sense_ways

SCRATCH_SIZE: Final = PREVIEW_SCRATCH  # int64 working memory, owned by the caller, one per thread

_CLASS = OFFSETS["own_class"]
_HP = OFFSETS["own_hp"]
_RELOAD = OFFSETS["own_reload"]
_SPECIAL = OFFSETS["own_special"]
_BOOSTS = OFFSETS["own_boosts"]
_AIM = OFFSETS["own_aim"]
_PLACE = OFFSETS["own_place"]
_VELOCITY = OFFSETS["own_velocity"]
_HIDDEN = OFFSETS["own_hidden"]
_CARRY = OFFSETS["own_carry"]
_RAYS = OFFSETS["rays"]
_OBJECTIVE = OFFSETS["objective"]
_ROLE = OFFSETS["role"]
_CLOCK = OFFSETS["clock"]
_SCORES = OFFSETS["scores"]
_CORE_HP = OFFSETS["core_hp"]
_ALLY = OFFSETS["ally"]
_ENEMIES = OFFSETS["enemies"]
_PREVIEW = OFFSETS["best_shot"]


@jit
def observe(
    world: World, levels: ar.Levels, w: int, seat: int, with_preview: bool, out: SenseArray, scratch: IntArray
) -> None:
    """Write the observation of `seat` into out (OBSERVATION_SIZE,) float32; zeros if its tank is not alive.

    scratch: (SCRATCH_SIZE,) int64, overwritten. Without the preview its slots stay zero.
    """
    head = world.head
    tanks = world.tanks
    if tanks[w, seat, st.TANK_ALIVE] == 0:
        for n in range(slots.OBSERVATION_SIZE):
            out[n] = 0.0
        return
    seats = head[w, st.N_SEATS]
    ground = tile_map(world, levels, w)
    _own(head, tanks, w, seat, out)
    _rays(ground, tanks, w, seat, out)
    nearest = _enemies(tanks, world.seen, w, seats, seat, out, scratch)
    _ally(tanks, w, seats, seat, out)
    sense_threats(world.shots, tanks, w, head[w, st.N_SHOTS], seat, out, scratch)
    sense_mine(world.mines, tanks, w, head[w, st.N_MINES], seat, out)
    _objective(head, tanks, w, seat, out)
    sense_ways(world, levels, w, seat, nearest, out)
    if with_preview:
        preview_all(world, ground, w, seat, out, scratch)
    else:
        for n in range(_PREVIEW, slots.OBSERVATION_SIZE):
            out[n] = 0.0


@jit
def _own(head: IntArray, tanks: IntArray, w: int, seat: int, out: SenseArray) -> None:
    tank_class = tanks[w, seat, st.TANK_CLASS]
    for n in range(rules.N_CLASSES):
        out[_CLASS + n] = 1.0 if n == tank_class else 0.0
    aim = tanks[w, seat, st.TANK_AIM]
    out[_HP] = tanks[w, seat, st.TANK_HP] / ARMOUR[tank_class]
    out[_RELOAD] = min(tanks[w, seat, st.TANK_RELOAD], 64) * 0.015625
    out[_SPECIAL] = min(tanks[w, seat, st.TANK_SPECIAL], 512) * 0.001953125
    for n in range(4):
        out[_BOOSTS + n] = min(tanks[w, seat, st.TANK_SHIELD + n], 1024) * 0.0009765625
    out[_AIM] = COSINE[aim] / rules.AIM_SCALE
    out[_AIM + 1] = SINE[aim] / rules.AIM_SCALE
    out[_PLACE] = tanks[w, seat, st.TANK_X] / (head[w, st.WIDTH] * rules.SU_PER_TILE)
    out[_PLACE + 1] = tanks[w, seat, st.TANK_Y] / (head[w, st.HEIGHT] * rules.SU_PER_TILE)
    out[_VELOCITY] = clip_velocity(tanks[w, seat, st.TANK_VX])
    out[_VELOCITY + 1] = clip_velocity(tanks[w, seat, st.TANK_VY])
    out[_HIDDEN] = 1.0 if tanks[w, seat, st.TANK_HIDDEN] != 0 else 0.0
    out[_CARRY] = 1.0 if tanks[w, seat, st.TANK_CARRY] != 0 else 0.0


@jit
def _rays(ground: TileMap, tanks: IntArray, w: int, seat: int, out: SenseArray) -> None:
    cell = ((tanks[w, seat, st.TANK_Y] >> 8) + 1) * ground.stride + (tanks[w, seat, st.TANK_X] >> 8) + 1
    for move in range(1, rules.N_MOVES):
        step = MOVE_Y[move] * ground.stride + MOVE_X[move]
        free = 0
        at = cell + step
        while free < 8 and BLOCKS_TANK[ground.tiles[at]] == 0:
            free += 1
            at += step
        out[_RAYS + move - 1] = free * 0.125


@jit
def _enemies(
    tanks: IntArray, seen: IntArray, w: int, seats: int, seat: int, out: SenseArray, scratch: IntArray
) -> int:
    """Describe the nearest known enemies, hidden ones at their last seen position; return the nearest seat or -1.

    scratch[0:3] holds seats, scratch[3:6] their squared distances, nearest first.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    clear_nearest(scratch, ENEMIES)
    for other in range(seats):
        if tanks[w, other, st.TANK_ALIVE] == 0 or tanks[w, other, st.TANK_TEAM] == team:
            continue
        dx = seen[w, team, other, st.SEEN_X] - x
        dy = seen[w, team, other, st.SEEN_Y] - y
        distance = dx * dx + dy * dy
        keep_nearest(scratch, ENEMIES, other, distance)
    for n in range(ENEMIES):
        at = _ENEMIES + n * ENEMY_SIZE
        other = scratch[n]
        if other < 0:
            for column in range(ENEMY_SIZE):
                out[at + column] = 0.0
            continue
        dx = seen[w, team, other, st.SEEN_X] - x
        dy = seen[w, team, other, st.SEEN_Y] - y
        visible = (tanks[w, other, st.TANK_HIDDEN] >> team) & 1 == 0
        reach = max(abs(dx), abs(dy))
        out[at] = 1.0
        out[at + 1] = clip_far(dx)
        out[at + 2] = clip_far(dy)
        out[at + 3] = max(0, FAR - reach) / FAR
        out[at + 4] = clip_velocity(tanks[w, other, st.TANK_VX]) if visible else 0.0
        out[at + 5] = clip_velocity(tanks[w, other, st.TANK_VY]) if visible else 0.0
        out[at + 6] = tanks[w, other, st.TANK_HP] / ARMOUR[tanks[w, other, st.TANK_CLASS]]
        out[at + 7] = seen[w, team, other, st.SEEN_AGE] / st.SEEN_AGE_MAX
        out[at + 8] = 1.0 if visible and tanks[w, other, st.TANK_SHIELD] > 0 else 0.0
        aim = tanks[w, other, st.TANK_AIM]
        straight = -(COSINE[aim] * dx + SINE[aim] * dy) // max(reach, 1)
        straight = min(max(straight, -rules.AIM_SCALE), rules.AIM_SCALE)
        out[at + 9] = straight / rules.AIM_SCALE if visible else 0.0
    return int(scratch[0])


@jit
def _ally(tanks: IntArray, w: int, seats: int, seat: int, out: SenseArray) -> None:
    nearest = -1
    best = FARTHEST
    for other in range(seats):
        if other == seat or tanks[w, other, st.TANK_ALIVE] == 0:
            continue
        if tanks[w, other, st.TANK_TEAM] != tanks[w, seat, st.TANK_TEAM]:
            continue
        dx = tanks[w, other, st.TANK_X] - tanks[w, seat, st.TANK_X]
        dy = tanks[w, other, st.TANK_Y] - tanks[w, seat, st.TANK_Y]
        if dx * dx + dy * dy < best:
            best = dx * dx + dy * dy
            nearest = other
    if nearest < 0:
        for column in range(4):
            out[_ALLY + column] = 0.0
        return
    out[_ALLY] = 1.0
    out[_ALLY + 1] = clip_far(tanks[w, nearest, st.TANK_X] - tanks[w, seat, st.TANK_X])
    out[_ALLY + 2] = clip_far(tanks[w, nearest, st.TANK_Y] - tanks[w, seat, st.TANK_Y])
    out[_ALLY + 3] = tanks[w, nearest, st.TANK_HP] / ARMOUR[tanks[w, nearest, st.TANK_CLASS]]


@jit
def _objective(head: IntArray, tanks: IntArray, w: int, seat: int, out: SenseArray) -> None:
    objective = head[w, st.OBJECTIVE]
    for n in range(rules.N_OBJECTIVES):
        out[_OBJECTIVE + n] = 1.0 if n == objective else 0.0
    team = tanks[w, seat, st.TANK_TEAM]
    out[_ROLE] = 1.0 if team == 0 else 0.0
    left = max(head[w, st.TIME_LIMIT] - head[w, st.TICK], 0)
    out[_CLOCK] = min(left / head[w, st.TIME_LIMIT], 1.0)
    other_score = 0
    for other in range(head[w, st.N_TEAMS]):
        if other != team:
            other_score = max(other_score, head[w, st.TEAM_SCORE + other])
    out[_SCORES] = min(head[w, st.TEAM_SCORE + team], 16) * 0.0625
    out[_SCORES + 1] = min(other_score, 16) * 0.0625
    core = 0.0
    if head[w, st.CORE_CELL] != 0:
        core = head[w, st.CORE_HP] / head[w, st.CORE_HP_MAX]
    out[_CORE_HP] = core
