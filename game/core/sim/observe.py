"""The senses: one tank's observation, written slot by slot as `sim.slots` names them.

All arithmetic is on integers; the last step divides by a power of two or a constant in float64 and stores float32,
so that interpreted and compiled runs agree to the last bit.
"""

from typing import Final

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import slots
from game.core.sim import state as st
from game.core.sim.jit import jit
from game.core.sim.preview import TARGETS_SIZE, preview_all
from game.core.sim.slots import DANGER_TICKS, ENEMIES, ENEMY_SIZE, FAR_TILES, OFFSETS, THREAT_SIZE, THREATS
from game.core.sim.tables import ARMOUR, BLOCKS_TANK, COSINE, MOVE_X, MOVE_Y, SHOT_VX, SHOT_VY, SINE, SPEED

SCRATCH_SIZE: Final = TARGETS_SIZE  # int64 working memory that the caller owns, one per thread

_FAR = FAR_TILES * rules.SU_PER_TILE
_URGENT_TICKS = 60
_MISS_RANGE = 2 * rules.SU_PER_TILE
_MINE_RANGE = 4 * rules.SU_PER_TILE
_FARTHEST = 1 << 60
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
_DANGER = OFFSETS["danger"]
_WAY_OBJECTIVE = OFFSETS["way_objective"]
_WAY_ENEMY = OFFSETS["way_enemy"]
_WAY_PICKUP = OFFSETS["way_pickup"]
_PICKUP_KIND = OFFSETS["pickup_kind"]
_OBJECTIVE = OFFSETS["objective"]
_ROLE = OFFSETS["role"]
_CLOCK = OFFSETS["clock"]
_SCORES = OFFSETS["scores"]
_CORE_HP = OFFSETS["core_hp"]
_MINE = OFFSETS["mine"]
_ALLY = OFFSETS["ally"]
_ENEMIES = OFFSETS["enemies"]
_THREATS = OFFSETS["threats"]
_PREVIEW = OFFSETS["best_shot"]


@jit
def observe(world, levels, w, seat, with_preview, out, scratch):  # type: ignore[no-untyped-def]
    """Write what `seat` senses into out (OBSERVATION_SIZE,) float32; a tank that is not alive senses zeros.

    scratch: (SCRATCH_SIZE,) int64, overwritten. Without the preview its slots are zeros.
    """
    head = world.head
    tanks = world.tanks
    if tanks[w, seat, st.TANK_ALIVE] == 0:
        for n in range(slots.OBSERVATION_SIZE):
            out[n] = 0.0
        return
    seats = head[w, st.N_SEATS]
    stride = head[w, st.STRIDE]
    level = head[w, st.LEVEL]
    offset = levels.head[level, ar.LEVEL_TERRAIN]
    _own(head, tanks, w, seat, out)
    _rays(world.terrain, tanks, w, seat, stride, out)
    nearest = _enemies(tanks, world.seen, w, seats, seat, out, scratch)
    _ally(tanks, w, seats, seat, out)
    _threats(world.shots, tanks, w, head[w, st.N_SHOTS], seat, out, scratch)
    _mine(world.mines, tanks, w, head[w, st.N_MINES], seat, out)
    _objective(head, tanks, w, seat, out)
    _ways(world, levels, w, seat, level, nearest, out)
    if with_preview:
        core_is_enemy = head[w, st.OBJECTIVE] == rules.DEFEND and tanks[w, seat, st.TANK_TEAM] != 0
        preview_all(
            world.terrain,
            levels.portal_to,
            offset,
            tanks,
            w,
            seats,
            stride,
            seat,
            core_is_enemy,
            out,
            scratch,
        )
    else:
        for n in range(_PREVIEW, slots.OBSERVATION_SIZE):
            out[n] = 0.0


@jit
def _clip_far(value):  # type: ignore[no-untyped-def]
    """Return su as a fraction of FAR_TILES within -1 and 1."""
    return min(max(value, -_FAR), _FAR) / _FAR


@jit
def _clip_velocity(value):  # type: ignore[no-untyped-def]
    """Return su per tick / 128 within -1 and 1."""
    return min(max(value, -128), 128) * 0.0078125


@jit
def _own(head, tanks, w, seat, out):  # type: ignore[no-untyped-def]
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
    out[_VELOCITY] = _clip_velocity(tanks[w, seat, st.TANK_VX])
    out[_VELOCITY + 1] = _clip_velocity(tanks[w, seat, st.TANK_VY])
    out[_HIDDEN] = 1.0 if tanks[w, seat, st.TANK_HIDDEN] != 0 else 0.0
    out[_CARRY] = 1.0 if tanks[w, seat, st.TANK_CARRY] != 0 else 0.0


@jit
def _rays(terrain, tanks, w, seat, stride, out):  # type: ignore[no-untyped-def]
    cell = ((tanks[w, seat, st.TANK_Y] >> 8) + 1) * stride + (tanks[w, seat, st.TANK_X] >> 8) + 1
    for move in range(1, rules.N_MOVES):
        step = MOVE_Y[move] * stride + MOVE_X[move]
        free = 0
        at = cell + step
        while free < 8 and BLOCKS_TANK[terrain[w, at]] == 0:
            free += 1
            at += step
        out[_RAYS + move - 1] = free * 0.125


@jit
def _enemies(tanks, seen, w, seats, seat, out, scratch):  # type: ignore[no-untyped-def]
    """Describe the nearest known enemies, hidden ones where they were last seen; return the nearest seat or -1.

    scratch[0:3] holds seats, scratch[3:6] their squared distances, nearest first.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    for n in range(ENEMIES):
        scratch[n] = -1
        scratch[ENEMIES + n] = _FARTHEST
    for other in range(seats):
        if tanks[w, other, st.TANK_ALIVE] == 0 or tanks[w, other, st.TANK_TEAM] == team:
            continue
        dx = seen[w, team, other, st.SEEN_X] - x
        dy = seen[w, team, other, st.SEEN_Y] - y
        distance = dx * dx + dy * dy
        for n in range(ENEMIES):
            if distance < scratch[ENEMIES + n]:
                for later in range(ENEMIES - 1, n, -1):
                    scratch[later] = scratch[later - 1]
                    scratch[ENEMIES + later] = scratch[ENEMIES + later - 1]
                scratch[n] = other
                scratch[ENEMIES + n] = distance
                break
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
        out[at + 1] = _clip_far(dx)
        out[at + 2] = _clip_far(dy)
        out[at + 3] = max(0, _FAR - reach) / _FAR
        out[at + 4] = _clip_velocity(tanks[w, other, st.TANK_VX]) if visible else 0.0
        out[at + 5] = _clip_velocity(tanks[w, other, st.TANK_VY]) if visible else 0.0
        out[at + 6] = tanks[w, other, st.TANK_HP] / ARMOUR[tanks[w, other, st.TANK_CLASS]]
        out[at + 7] = seen[w, team, other, st.SEEN_AGE] / st.SEEN_AGE_MAX
        out[at + 8] = 1.0 if visible and tanks[w, other, st.TANK_SHIELD] > 0 else 0.0
        aim = tanks[w, other, st.TANK_AIM]
        straight = -(COSINE[aim] * dx + SINE[aim] * dy) // max(reach, 1)
        straight = min(max(straight, -rules.AIM_SCALE), rules.AIM_SCALE)
        out[at + 9] = straight / rules.AIM_SCALE if visible else 0.0
    return scratch[0]


@jit
def _ally(tanks, w, seats, seat, out):  # type: ignore[no-untyped-def]
    nearest = -1
    best = _FARTHEST
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
    out[_ALLY + 1] = _clip_far(tanks[w, nearest, st.TANK_X] - tanks[w, seat, st.TANK_X])
    out[_ALLY + 2] = _clip_far(tanks[w, nearest, st.TANK_Y] - tanks[w, seat, st.TANK_Y])
    out[_ALLY + 3] = tanks[w, nearest, st.TANK_HP] / ARMOUR[tanks[w, nearest, st.TANK_CLASS]]


@jit
def _threats(shots, tanks, w, count, seat, out, scratch):  # type: ignore[no-untyped-def]
    """Describe the shots that pass nearest the soonest, and how dangerous each move is.

    scratch[0:3] holds shots, scratch[3:6] the ticks until they are nearest, soonest first.
    """
    team = tanks[w, seat, st.TANK_TEAM]
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    for n in range(THREATS):
        scratch[n] = -1
        scratch[THREATS + n] = _FARTHEST
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
        for n in range(THREATS):
            if ticks < scratch[THREATS + n]:
                for later in range(THREATS - 1, n, -1):
                    scratch[later] = scratch[later - 1]
                    scratch[THREATS + later] = scratch[THREATS + later - 1]
                scratch[n] = shot
                scratch[THREATS + n] = ticks
                break
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
        out[at + 1] = _clip_far(-dx)
        out[at + 2] = _clip_far(-dy)
        out[at + 3] = _clip_velocity(vx)
        out[at + 4] = _clip_velocity(vy)
        out[at + 5] = (_URGENT_TICKS - min(scratch[THREATS + n], _URGENT_TICKS)) / _URGENT_TICKS
        out[at + 6] = min(miss, rules.SU_PER_TILE) / rules.SU_PER_TILE
        if scratch[THREATS + n] <= 2 * DANGER_TICKS:
            _endanger(dx, dy, vx, vy, SPEED[tanks[w, seat, st.TANK_CLASS]], out)


@jit
def _endanger(dx, dy, vx, vy, speed, out):  # type: ignore[no-untyped-def]
    """Raise the danger of every move with which a shot at (-dx, -dy) from the tank would hit it soon."""
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
def _mine(mines, tanks, w, count, seat, out):  # type: ignore[no-untyped-def]
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


@jit
def _objective(head, tanks, w, seat, out):  # type: ignore[no-untyped-def]
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


@jit
def _ways(world, levels, w, seat, level, nearest_enemy, out):  # type: ignore[no-untyped-def]
    """Write the three way-points: objective, nearest known enemy, nearest pick-up that is there."""
    tanks = world.tanks
    stride = world.head[w, st.STRIDE]
    team = tanks[w, seat, st.TANK_TEAM]
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    enemy_cell = 0
    if nearest_enemy >= 0:
        enemy_x = world.seen[w, team, nearest_enemy, st.SEEN_X]
        enemy_y = world.seen[w, team, nearest_enemy, st.SEEN_Y]
        enemy_cell = ((enemy_y >> 8) + 1) * stride + (enemy_x >> 8) + 1
    pickup, pickup_cell = _nearest_pickup(world.pickups, w, stride, x, y)
    goal = enemy_cell
    objective = world.head[w, st.OBJECTIVE]
    if objective == rules.DEFEND:
        goal = world.head[w, st.CORE_CELL]
    elif objective == rules.COLLECT:
        goal = _cell_goal(world, levels, w, seat, level, stride)
    elif objective == rules.SURVIVE and team == 0:
        goal = pickup_cell
    nav = levels.nav
    index = levels.nav_index
    terrain_at = levels.head[level, ar.LEVEL_TERRAIN]
    nav_at = levels.head[level, ar.LEVEL_NAV]
    nav_size = levels.head[level, ar.LEVEL_NAV_SIZE]
    tiles = levels.terrain
    _way(nav, index, tiles, terrain_at, nav_at, nav_size, stride, x, y, enemy_cell, out, _WAY_ENEMY)
    _way(nav, index, tiles, terrain_at, nav_at, nav_size, stride, x, y, pickup_cell, out, _WAY_PICKUP)
    if goal == enemy_cell or goal == pickup_cell:
        known = _WAY_ENEMY if goal == enemy_cell else _WAY_PICKUP
        for n in range(3):
            out[_WAY_OBJECTIVE + n] = out[known + n]
    else:
        _way(nav, index, tiles, terrain_at, nav_at, nav_size, stride, x, y, goal, out, _WAY_OBJECTIVE)
    for kind in range(len(rules.PICKUP_NAMES)):
        out[_PICKUP_KIND + kind] = 0.0
    if pickup >= 0:
        out[_PICKUP_KIND + world.pickups[w, pickup, st.PICKUP_KIND]] = 1.0


@jit
def _nearest_pickup(pickups, w, stride, x, y):  # type: ignore[no-untyped-def]
    """Return (slot, terrain index) of the nearest pick-up that is there, (-1, 0) when there is none."""
    best = _FARTHEST
    found = -1
    cell = 0
    for n in range(rules.MAX_PICKUPS):
        if pickups[w, n, st.PICKUP_EXISTS] == 0:
            break
        if pickups[w, n, st.PICKUP_WAIT] > 0:
            continue
        dx = pickups[w, n, st.PICKUP_X] - x
        dy = pickups[w, n, st.PICKUP_Y] - y
        if dx * dx + dy * dy < best:
            best = dx * dx + dy * dy
            found = n
            cell = ((pickups[w, n, st.PICKUP_Y] >> 8) + 1) * stride + (pickups[w, n, st.PICKUP_X] >> 8) + 1
    return found, cell


@jit
def _cell_goal(world, levels, w, seat, level, stride):  # type: ignore[no-untyped-def]
    """Return the terrain index a collector heads for: home when it carries, else the nearest free cell."""
    tanks = world.tanks
    if tanks[w, seat, st.TANK_CARRY] != 0:
        return levels.head[level, ar.LEVEL_HOME + tanks[w, seat, st.TANK_TEAM]]
    cells = world.cells
    best = _FARTHEST
    goal = 0
    for n in range(rules.MAX_CELLS):
        if cells[w, n, st.CELL_EXISTS] == 0:
            break
        if cells[w, n, st.CELL_WAIT] > 0 or cells[w, n, st.CELL_CARRIER] >= 0:
            continue
        dx = cells[w, n, st.CELL_X] - tanks[w, seat, st.TANK_X]
        dy = cells[w, n, st.CELL_Y] - tanks[w, seat, st.TANK_Y]
        if dx * dx + dy * dy < best:
            best = dx * dx + dy * dy
            goal = ((cells[w, n, st.CELL_Y] >> 8) + 1) * stride + (cells[w, n, st.CELL_X] >> 8) + 1
    return goal


@jit
def _way(nav, index, tiles, terrain_at, nav_at, nav_size, stride, x, y, goal, out, at):  # type: ignore[no-untyped-def]
    """Write the vector to the middle of the next tile on the way to `goal` (in tiles) and the way's length.

    Zeros without a goal or a way; on the goal's own tile the vector points at its middle.
    """
    out[at] = 0.0
    out[at + 1] = 0.0
    out[at + 2] = 0.0
    if goal == 0:
        return
    to = index[terrain_at + goal]
    row = (y >> 8) + 1
    here = row * stride + (x >> 8) + 1
    start = index[terrain_at + here]
    if to < 0 or start < 0:
        return
    cost = int(nav[nav_at + start * nav_size + to])
    if cost == ar.NAV_FAR:
        return
    move = 0
    if here != goal:
        move = _next_move(nav, index, tiles, terrain_at + here, nav_at + to, nav_size, stride, cost)
    step_x = (x & ~255) + 128 + (MOVE_X[move] << 8) - x
    step_y = (y & ~255) + 128 + (MOVE_Y[move] << 8) - y
    out[at] = min(max(step_x, -256), 256) * 0.00390625
    out[at + 1] = min(max(step_y, -256), 256) * 0.00390625
    out[at + 2] = min(cost, 128) * 0.0078125


@jit
def _next_move(nav, index, tiles, here, nav_to, nav_size, stride, cost):  # type: ignore[no-untyped-def]
    """Return the move from tile `here` that leads to a goal at `cost`, 0 when only a portal does."""
    for move in range(1, rules.N_MOVES):
        there = here + MOVE_Y[move] * stride + MOVE_X[move]
        node = index[there]
        if node < 0:
            continue
        diagonal = MOVE_X[move] != 0 and MOVE_Y[move] != 0
        step = ar.NAV_DIAGONAL if diagonal else ar.NAV_STRAIGHT
        if tiles[there] == rules.BRICK or tiles[there] == rules.BRICK_CRACKED:
            step += ar.NAV_BRICK
        if int(nav[nav_to + node * nav_size]) + step != cost:
            continue
        if diagonal and not (
            _is_open(tiles, here + MOVE_X[move]) and _is_open(tiles, here + MOVE_Y[move] * stride)
        ):
            continue
        return move
    return 0


@jit
def _is_open(tiles, cell):  # type: ignore[no-untyped-def]
    return BLOCKS_TANK[tiles[cell]] == 0
