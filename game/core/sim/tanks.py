"""Phases of tanks: timers, specials and firing, movement and portals, respawn."""

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.damage import emit_event
from game.core.sim.flight import TileMap, next_leg
from game.core.sim.jit import jit, jit_inline
from game.core.sim.state import World
from game.core.sim.tables import (
    ARMOUR,
    BANKS,
    BLOCKS_TANK,
    FINE,
    MOVE_X,
    MOVE_Y,
    Q12,
    RELOAD,
    SPECIAL,
    SPECIAL_COOLDOWN,
    SPEED,
)

_RADIUS = rules.TANK_RADIUS
_TILE = rules.SU_PER_TILE


@jit
def count_down(world: World, w: int) -> None:
    """Count all tank timers down one tick, and the time since the last shot up."""
    tanks = world.tanks
    for seat in range(world.head[w, st.N_SEATS]):
        if tanks[w, seat, st.TANK_ALIVE] == 0:
            continue
        tanks[w, seat, st.TANK_RELOAD] -= tanks[w, seat, st.TANK_RELOAD] > 0
        tanks[w, seat, st.TANK_SPECIAL] -= tanks[w, seat, st.TANK_SPECIAL] > 0
        tanks[w, seat, st.TANK_DASH] -= tanks[w, seat, st.TANK_DASH] > 0
        tanks[w, seat, st.TANK_SHIELD] -= tanks[w, seat, st.TANK_SHIELD] > 0
        tanks[w, seat, st.TANK_TRIPLE] -= tanks[w, seat, st.TANK_TRIPLE] > 0
        tanks[w, seat, st.TANK_BANK] -= tanks[w, seat, st.TANK_BANK] > 0
        tanks[w, seat, st.TANK_SPEED] -= tanks[w, seat, st.TANK_SPEED] > 0
        tanks[w, seat, st.TANK_GRACE] -= tanks[w, seat, st.TANK_GRACE] > 0
        tanks[w, seat, st.TANK_FIRED] += tanks[w, seat, st.TANK_FIRED] < rules.REVEAL_TICKS


@jit
def turn_and_fire(world: World, ground: TileMap, w: int, actions: IntArray) -> None:
    """Turn turrets, trigger specials and fire, from the positions before the tanks move.

    Reads actions (N, S, ACTION_SIZE). Writes aims, cooldowns, mines and shots. Emits FIRED, DASHED, MINE_LAID,
    SHIELD_RAISED.
    """
    head = world.head
    tanks = world.tanks
    for seat in range(head[w, st.N_SEATS]):
        if tanks[w, seat, st.TANK_ALIVE] == 0:
            continue
        tanks[w, seat, st.TANK_AIM] = actions[w, seat, st.ACTION_AIM] & 255
        pressed = actions[w, seat, st.ACTION_SPECIAL] != 0
        if pressed and tanks[w, seat, st.TANK_SPECIAL_HELD] == 0 and tanks[w, seat, st.TANK_SPECIAL] == 0:
            _special(head, tanks, world.mines, world.events, w, seat, actions[w, seat, st.ACTION_MOVE])
        tanks[w, seat, st.TANK_SPECIAL_HELD] = 1 if pressed else 0
        if actions[w, seat, st.ACTION_FIRE] != 0 and tanks[w, seat, st.TANK_RELOAD] == 0:
            _fire(head, ground, tanks, world.shots, world.events, w, seat)


@jit
def _special(
    head: IntArray, tanks: IntArray, mines: IntArray, events: IntArray, w: int, seat: int, move: int
) -> None:
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    tank_class = tanks[w, seat, st.TANK_CLASS]
    kind = SPECIAL[tank_class]
    if kind == rules.SPECIAL_DASH:
        if move < 1 or move >= rules.N_MOVES:
            move = tanks[w, seat, st.TANK_FACING]
        tanks[w, seat, st.TANK_DASH] = rules.DASH_TICKS
        tanks[w, seat, st.TANK_DASH_MOVE] = move
        emit_event(head, events, w, ev.DASHED, seat, move, x, y)
    elif kind == rules.SPECIAL_SHIELD:
        tanks[w, seat, st.TANK_SHIELD] = max(tanks[w, seat, st.TANK_SHIELD], rules.SHIELD_TICKS)
        emit_event(head, events, w, ev.SHIELD_RAISED, seat, rules.SHIELD_TICKS, x, y)
    else:
        n = head[w, st.N_MINES]
        if n >= rules.MAX_MINES:
            return
        mines[w, n, st.MINE_X] = x
        mines[w, n, st.MINE_Y] = y
        mines[w, n, st.MINE_OWNER] = seat
        mines[w, n, st.MINE_TEAM] = tanks[w, seat, st.TANK_TEAM]
        mines[w, n, st.MINE_ARM] = rules.MINE_ARM_TICKS
        mines[w, n, st.MINE_LIFE] = rules.MINE_LIFE
        head[w, st.N_MINES] = n + 1
        emit_event(head, events, w, ev.MINE_LAID, seat, 0, x, y)
    tanks[w, seat, st.TANK_SPECIAL] = SPECIAL_COOLDOWN[tank_class]


@jit
def bank_limit(tanks: IntArray, w: int, seat: int) -> int:
    """Return how many walls this tank's next shot may bank off."""
    return int(BANKS[tanks[w, seat, st.TANK_CLASS]]) + (1 if tanks[w, seat, st.TANK_BANK] > 0 else 0)


@jit
def _fire(
    head: IntArray, ground: TileMap, tanks: IntArray, shots: IntArray, events: IntArray, w: int, seat: int
) -> None:
    """Fire one shot from the tank's centre, or three with the triple pick-up."""
    rays = 3 if tanks[w, seat, st.TANK_TRIPLE] > 0 else 1
    if tanks[w, seat, st.TANK_SHOTS] >= rules.SHOTS_PER_TANK or head[w, st.N_SHOTS] + rays > rules.MAX_SHOTS:
        return
    tank_class = tanks[w, seat, st.TANK_CLASS]
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    for ray in range(rays):
        spread = 0
        if ray == 1:
            spread = -rules.TRIPLE_SPREAD
        elif ray == 2:
            spread = rules.TRIPLE_SPREAD
        aim = (tanks[w, seat, st.TANK_AIM] + spread) & 255
        n = head[w, st.N_SHOTS]
        head[w, st.SHOT_SERIAL] += 1
        shots[w, n, st.SHOT_X] = x
        shots[w, n, st.SHOT_Y] = y
        shots[w, n, st.SHOT_OWNER] = seat
        shots[w, n, st.SHOT_TEAM] = tanks[w, seat, st.TANK_TEAM]
        shots[w, n, st.SHOT_CLASS] = tank_class
        shots[w, n, st.SHOT_AIM] = aim
        shots[w, n, st.SHOT_LEG_X] = x * FINE
        shots[w, n, st.SHOT_LEG_Y] = y * FINE
        shots[w, n, st.SHOT_LEG_TIME] = 0
        shots[w, n, st.SHOT_BANKS] = 0
        shots[w, n, st.SHOT_BANK_LIMIT] = bank_limit(tanks, w, seat)
        shots[w, n, st.SHOT_LIFE] = rules.SHOT_LIFE
        shots[w, n, st.SHOT_ID] = head[w, st.SHOT_SERIAL]
        time, cell, axis = next_leg(
            ground.tiles, ground.stride, x * FINE, y * FINE, tank_class, aim, rules.SHOT_LIFE * Q12
        )
        shots[w, n, st.SHOT_LEG_END] = time
        shots[w, n, st.SHOT_LEG_CELL] = cell
        shots[w, n, st.SHOT_LEG_AXIS] = axis
        head[w, st.N_SHOTS] = n + 1
        emit_event(head, events, w, ev.FIRED, seat, head[w, st.SHOT_SERIAL], x, y)
    tanks[w, seat, st.TANK_SHOTS] += rays
    tanks[w, seat, st.TANK_RELOAD] = RELOAD[tank_class]
    tanks[w, seat, st.TANK_FIRED] = 0


@jit
def move_tanks(world: World, ground: TileMap, w: int, actions: IntArray) -> None:
    """Move live tanks one tick, stop them at solid tiles and other tanks, take them through portals.

    Reads actions, terrain. Writes position, velocity (su), facing. Emits TANK_BUMPED, TANK_PORTAL.
    """
    head = world.head
    tanks = world.tanks
    stride = ground.stride
    seats = head[w, st.N_SEATS]
    for seat in range(seats):
        if tanks[w, seat, st.TANK_ALIVE] == 0:
            continue
        move = actions[w, seat, st.ACTION_MOVE]
        if move < 0 or move >= rules.N_MOVES:
            move = 0
        speed = SPEED[tanks[w, seat, st.TANK_CLASS]]
        if tanks[w, seat, st.TANK_SPEED] > 0:
            speed = speed * rules.SPEED_PERCENT // 100
        if tanks[w, seat, st.TANK_DASH] > 0:
            speed = rules.DASH_SPEED
            move = tanks[w, seat, st.TANK_DASH_MOVE]
        x = tanks[w, seat, st.TANK_X]
        y = tanks[w, seat, st.TANK_Y]
        new_x = x
        new_y = y
        if move != 0:
            tanks[w, seat, st.TANK_FACING] = move
            new_x, new_y = _advance(ground, x, y, move, speed)
            free_x, free_y = _keep_apart(tanks, w, seats, seat, x, y, new_x, new_y)
            if free_x != new_x or free_y != new_y:
                # stopped along one axis: a position that was free with both steps may not be free with one
                if _fits(ground, free_x, free_y) and is_free(tanks, w, seats, seat, free_x, free_y):
                    new_x = free_x
                    new_y = free_y
                else:
                    new_x = x
                    new_y = y
            moved_before = tanks[w, seat, st.TANK_VX] != 0 or tanks[w, seat, st.TANK_VY] != 0
            if new_x == x and new_y == y and moved_before:
                emit_event(head, world.events, w, ev.TANK_BUMPED, seat, 0, x, y)
        tanks[w, seat, st.TANK_X] = new_x
        tanks[w, seat, st.TANK_Y] = new_y
        tanks[w, seat, st.TANK_VX] = new_x - x
        tanks[w, seat, st.TANK_VY] = new_y - y
        cell = ((new_y >> 8) + 1) * stride + (new_x >> 8) + 1
        if ground.tiles[cell] != rules.PORTAL:
            tanks[w, seat, st.TANK_PORTAL_LOCK] = 0
        elif tanks[w, seat, st.TANK_PORTAL_LOCK] == 0:
            out = ground.portal_to[cell]
            if out != 0:
                _teleport(head, tanks, world.events, w, seat, seats, stride, out)


@jit_inline
def _advance(ground: TileMap, x: int, y: int, move: int, speed: int) -> tuple[int, int]:
    """Return the position after `speed` su from x, y (su) towards move 1..8, stopped by solid tiles."""
    step_x = MOVE_X[move]
    step_y = MOVE_Y[move]
    new_x = x
    new_y = y
    if step_x != 0 and step_y != 0:
        speed = speed * rules.DIAGONAL >> 8
    if step_x != 0:
        new_x = _slide_x(ground, x, y, step_x * speed)
    if step_y != 0:
        new_y = _slide_y(ground, new_x, y, step_y * speed)
    if new_x == x and new_y == y:
        if step_y == 0:
            new_y = _assist_y(ground, x, y, step_x, speed)
        elif step_x == 0:
            new_x = _assist_x(ground, x, y, step_y, speed)
    return new_x, new_y


@jit
def _teleport(
    head: IntArray,
    tanks: IntArray,
    events: IntArray,
    w: int,
    seat: int,
    seats: int,
    stride: int,
    out: int,
) -> None:
    x = (out % stride - 1) * _TILE + _TILE // 2
    y = (out // stride - 1) * _TILE + _TILE // 2
    if not is_free(tanks, w, seats, seat, x, y):
        return
    emit_event(head, events, w, ev.TANK_PORTAL, seat, 0, tanks[w, seat, st.TANK_X], tanks[w, seat, st.TANK_Y])
    tanks[w, seat, st.TANK_X] = x
    tanks[w, seat, st.TANK_Y] = y
    tanks[w, seat, st.TANK_PORTAL_LOCK] = 1


@jit
def is_free(tanks: IntArray, w: int, seats: int, seat: int, x: int, y: int) -> bool:
    """Return whether a tank at x, y (su) would touch no other living tank."""
    for other in range(seats):
        if other == seat or tanks[w, other, st.TANK_ALIVE] == 0:
            continue
        dx = abs(x - tanks[w, other, st.TANK_X])
        dy = abs(y - tanks[w, other, st.TANK_Y])
        if dx < 2 * _RADIUS and dy < 2 * _RADIUS:
            return False
    return True


@jit
def _slide_x(ground: TileMap, x: int, y: int, step: int) -> int:
    """Return x after moving `step` su along x, stopped flush at the first solid tile."""
    new_x = x + step
    edge = new_x + _RADIUS - 1 if step > 0 else new_x - _RADIUS
    column = edge >> 8
    for row in range((y - _RADIUS) >> 8, ((y + _RADIUS - 1) >> 8) + 1):
        if BLOCKS_TANK[ground.tiles[(row + 1) * ground.stride + column + 1]] != 0:
            return column * _TILE - _RADIUS if step > 0 else (column + 1) * _TILE + _RADIUS
    return new_x


@jit
def _slide_y(ground: TileMap, x: int, y: int, step: int) -> int:
    """Return y after moving `step` su along y, stopped flush at the first solid tile."""
    new_y = y + step
    edge = new_y + _RADIUS - 1 if step > 0 else new_y - _RADIUS
    row = edge >> 8
    for column in range((x - _RADIUS) >> 8, ((x + _RADIUS - 1) >> 8) + 1):
        if BLOCKS_TANK[ground.tiles[(row + 1) * ground.stride + column + 1]] != 0:
            return row * _TILE - _RADIUS if step > 0 else (row + 1) * _TILE + _RADIUS
    return new_y


@jit
def _assist_y(ground: TileMap, x: int, y: int, step_x: int, speed: int) -> int:
    """Return y moved a little towards the middle of the row ahead if that row is open."""
    row = y >> 8
    column = (x >> 8) + step_x
    if BLOCKS_TANK[ground.tiles[(row + 1) * ground.stride + column + 1]] != 0:
        return y
    gap = row * _TILE + _TILE // 2 - y
    if abs(gap) > rules.CORNER_ASSIST + _TILE // 2 - _RADIUS:
        return y
    return y + min(max(gap, -speed), speed)


@jit
def _assist_x(ground: TileMap, x: int, y: int, step_y: int, speed: int) -> int:
    """Return x moved a little towards the middle of the column ahead if that column is open."""
    column = x >> 8
    row = (y >> 8) + step_y
    if BLOCKS_TANK[ground.tiles[(row + 1) * ground.stride + column + 1]] != 0:
        return x
    gap = column * _TILE + _TILE // 2 - x
    if abs(gap) > rules.CORNER_ASSIST + _TILE // 2 - _RADIUS:
        return x
    return x + min(max(gap, -speed), speed)


@jit
def _keep_apart(
    tanks: IntArray, w: int, seats: int, seat: int, x: int, y: int, new_x: int, new_y: int
) -> tuple[int, int]:
    """Return the new position without the components that move into another tank."""
    for other in range(seats):
        if other == seat or tanks[w, other, st.TANK_ALIVE] == 0:
            continue
        other_x = tanks[w, other, st.TANK_X]
        other_y = tanks[w, other, st.TANK_Y]
        if abs(new_x - other_x) >= 2 * _RADIUS or abs(new_y - other_y) >= 2 * _RADIUS:
            continue
        if abs(y - other_y) < 2 * _RADIUS and abs(new_x - other_x) < abs(x - other_x):
            new_x = x
        if abs(new_x - other_x) < 2 * _RADIUS and abs(new_y - other_y) < abs(y - other_y):
            new_y = y
    return new_x, new_y


@jit
def _fits(ground: TileMap, x: int, y: int) -> bool:
    """Return whether a tank at x, y (su) touches no solid tile."""
    for row in range((y - _RADIUS) >> 8, ((y + _RADIUS - 1) >> 8) + 1):
        for column in range((x - _RADIUS) >> 8, ((x + _RADIUS - 1) >> 8) + 1):
            if BLOCKS_TANK[ground.tiles[(row + 1) * ground.stride + column + 1]] != 0:
                return False
    return True


@jit
def place_tank(tanks: IntArray, w: int, seat: int, shield: int) -> None:
    """Put a tank on its start with full hit points and `shield` ticks of protection."""
    tanks[w, seat, st.TANK_ALIVE] = 1
    tanks[w, seat, st.TANK_X] = tanks[w, seat, st.TANK_SPAWN_X]
    tanks[w, seat, st.TANK_Y] = tanks[w, seat, st.TANK_SPAWN_Y]
    tanks[w, seat, st.TANK_FACING] = tanks[w, seat, st.TANK_SPAWN_FACING]
    tanks[w, seat, st.TANK_AIM] = (tanks[w, seat, st.TANK_SPAWN_FACING] - 1) * 32
    tanks[w, seat, st.TANK_HP] = ARMOUR[tanks[w, seat, st.TANK_CLASS]]
    for column in range(st.TANK_RELOAD, st.TANK_CARRY + 1):
        tanks[w, seat, column] = 0
    tanks[w, seat, st.TANK_SHIELD] = shield
    tanks[w, seat, st.TANK_FIRED] = rules.REVEAL_TICKS
    tanks[w, seat, st.TANK_RESPAWN] = -1


@jit
def respawn(world: World, w: int) -> None:
    """Count down respawn clocks and respawn tanks whose start is free. Emits TANK_SPAWNED."""
    head = world.head
    tanks = world.tanks
    seats = head[w, st.N_SEATS]
    for seat in range(seats):
        if tanks[w, seat, st.TANK_ACTIVE] == 0 or tanks[w, seat, st.TANK_ALIVE] != 0:
            continue
        wait = tanks[w, seat, st.TANK_RESPAWN]
        if wait < 0:
            continue
        if wait > 0:
            tanks[w, seat, st.TANK_RESPAWN] = wait - 1
            continue
        x = tanks[w, seat, st.TANK_SPAWN_X]
        y = tanks[w, seat, st.TANK_SPAWN_Y]
        if is_free(tanks, w, seats, seat, x, y):
            place_tank(tanks, w, seat, rules.SPAWN_SHIELD)
            emit_event(head, world.events, w, ev.TANK_SPAWNED, seat, tanks[w, seat, st.TANK_TEAM], x, y)
