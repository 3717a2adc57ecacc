"""Phases of shots and mines: flight, banks, hits, shots that cancel each other."""

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.damage import damage_tank, emit_event
from game.core.sim.flight import MAX_LEGS_PER_TICK, TileMap, bounce, leg_end, next_leg
from game.core.sim.jit import jit
from game.core.sim.state import World
from game.core.sim.tables import DAMAGE, FINE, Q12, SHOT_VX, SHOT_VY


@jit
def move_shots(world: World, ground: TileMap, w: int) -> None:
    """Move every shot one tick along its legs; a life of 0 marks ended shots.

    Writes shots, bricks and the core. Emits BANKED, MIRRORED, SHOT_PORTAL, SHOT_ENDED, BRICK_*, CORE_HIT.
    """
    head = world.head
    shots = world.shots
    for n in range(head[w, st.N_SHOTS]):
        if shots[w, n, st.SHOT_LIFE] <= 0:
            continue
        shots[w, n, st.SHOT_LIFE] -= 1
        if shots[w, n, st.SHOT_LIFE] == 0:
            _end(head, world.events, shots, w, n)
            continue
        shots[w, n, st.SHOT_LEG_TIME] += Q12
        legs = 0
        while shots[w, n, st.SHOT_LIFE] > 0 and shots[w, n, st.SHOT_LEG_TIME] >= shots[w, n, st.SHOT_LEG_END]:
            legs += 1
            if legs > MAX_LEGS_PER_TICK:
                _end(head, world.events, shots, w, n)
                break
            _hit_tile(world, ground, w, n)
        if shots[w, n, st.SHOT_LIFE] > 0:
            tank_class = shots[w, n, st.SHOT_CLASS]
            aim = shots[w, n, st.SHOT_AIM]
            time = shots[w, n, st.SHOT_LEG_TIME]
            x = shots[w, n, st.SHOT_LEG_X] + ((SHOT_VX[tank_class, aim] * time) >> 12)
            y = shots[w, n, st.SHOT_LEG_Y] + ((SHOT_VY[tank_class, aim] * time) >> 12)
            shots[w, n, st.SHOT_X] = x // FINE
            shots[w, n, st.SHOT_Y] = y // FINE


@jit
def _end(head: IntArray, events: IntArray, shots: IntArray, w: int, n: int) -> None:
    shots[w, n, st.SHOT_LIFE] = 0
    owner = shots[w, n, st.SHOT_OWNER]
    x = shots[w, n, st.SHOT_X]
    y = shots[w, n, st.SHOT_Y]
    emit_event(head, events, w, ev.SHOT_ENDED, owner, shots[w, n, st.SHOT_ID], x, y)


@jit
def _hit_tile(world: World, ground: TileMap, w: int, n: int) -> None:
    """Apply the tile at the end of shot n's leg: the shot ends, or turns and begins the next leg."""
    head = world.head
    shots = world.shots
    events = world.events
    cell = shots[w, n, st.SHOT_LEG_CELL]
    axis = shots[w, n, st.SHOT_LEG_AXIS]
    aim = shots[w, n, st.SHOT_AIM]
    tank_class = shots[w, n, st.SHOT_CLASS]
    owner = shots[w, n, st.SHOT_OWNER]
    time = shots[w, n, st.SHOT_LEG_END]
    leg_x = shots[w, n, st.SHOT_LEG_X]
    leg_y = shots[w, n, st.SHOT_LEG_Y]
    x, y = leg_end(ground.stride, leg_x, leg_y, tank_class, aim, time, cell, axis)
    su_x = x // FINE
    su_y = y // FINE
    shots[w, n, st.SHOT_X] = su_x
    shots[w, n, st.SHOT_Y] = su_y
    may_bank = shots[w, n, st.SHOT_BANKS] < shots[w, n, st.SHOT_BANK_LIMIT]
    event, aim, x, y = bounce(ground, cell, axis, x, y, tank_class, aim, may_bank)
    if event == ev.SHOT_ENDED:
        tile = ground.tiles[cell]
        if tile == rules.BRICK or tile == rules.BRICK_CRACKED:
            _damage_brick(head, ground, shots, events, w, cell, owner, su_x, su_y)
        elif tile == rules.CORE and shots[w, n, st.SHOT_TEAM] != 0:
            _hit_core(head, world.tanks, events, w, owner, tank_class, su_x, su_y)
        _end(head, events, shots, w, n)
        return
    if event == ev.BANKED:
        shots[w, n, st.SHOT_BANKS] += 1
    emit_event(head, events, w, event, owner, shots[w, n, st.SHOT_ID], su_x, su_y)
    shots[w, n, st.SHOT_AIM] = aim
    shots[w, n, st.SHOT_LEG_X] = x
    shots[w, n, st.SHOT_LEG_Y] = y
    shots[w, n, st.SHOT_LEG_TIME] -= time
    _begin_leg(ground, shots, w, n)


@jit
def _begin_leg(ground: TileMap, shots: IntArray, w: int, n: int) -> None:
    """Find the end of the leg that starts where shot n's leg starts."""
    time, cell, axis = next_leg(
        ground.tiles,
        ground.stride,
        shots[w, n, st.SHOT_LEG_X],
        shots[w, n, st.SHOT_LEG_Y],
        shots[w, n, st.SHOT_CLASS],
        shots[w, n, st.SHOT_AIM],
        (rules.SHOT_LIFE + 1) * Q12,
    )
    shots[w, n, st.SHOT_LEG_END] = time
    shots[w, n, st.SHOT_LEG_CELL] = cell
    shots[w, n, st.SHOT_LEG_AXIS] = axis


@jit
def _damage_brick(
    head: IntArray,
    ground: TileMap,
    shots: IntArray,
    events: IntArray,
    w: int,
    cell: int,
    owner: int,
    x: int,
    y: int,
) -> None:
    """Crack a brick, or break a cracked one; shots that were flying towards it continue."""
    if ground.tiles[cell] == rules.BRICK:
        ground.tiles[cell] = rules.BRICK_CRACKED
        emit_event(head, events, w, ev.BRICK_CRACKED, owner, cell, x, y)
        return
    ground.tiles[cell] = rules.FLOOR
    emit_event(head, events, w, ev.BRICK_BROKEN, owner, cell, x, y)
    for other in range(head[w, st.N_SHOTS]):
        if shots[w, other, st.SHOT_LIFE] > 0 and shots[w, other, st.SHOT_LEG_CELL] == cell:
            _begin_leg(ground, shots, w, other)


@jit
def _hit_core(
    head: IntArray, tanks: IntArray, events: IntArray, w: int, owner: int, tank_class: int, x: int, y: int
) -> None:
    damage = min(DAMAGE[tank_class], head[w, st.CORE_HP])
    head[w, st.CORE_HP] -= damage
    head[w, st.TEAM_SCORE + 1] += damage
    tanks[w, owner, st.TANK_SCORE] += damage * rules.POINTS_CORE
    emit_event(head, events, w, ev.CORE_HIT, owner, head[w, st.CORE_HP], x, y)


@jit
def hit_tanks(world: World, w: int) -> None:
    """Let shots damage the tanks that they touch: enemies always, any tank after the shot has banked."""
    head = world.head
    shots = world.shots
    tanks = world.tanks
    seats = head[w, st.N_SEATS]
    reach = rules.HIT_RADIUS * rules.HIT_RADIUS
    for n in range(head[w, st.N_SHOTS]):
        if shots[w, n, st.SHOT_LIFE] <= 0:
            continue
        x = shots[w, n, st.SHOT_X]
        y = shots[w, n, st.SHOT_Y]
        for seat in range(seats):
            dx = tanks[w, seat, st.TANK_X] - x
            dy = tanks[w, seat, st.TANK_Y] - y
            if dx * dx + dy * dy >= reach or tanks[w, seat, st.TANK_ALIVE] == 0:
                continue
            banked = shots[w, n, st.SHOT_BANKS] > 0
            if not banked and tanks[w, seat, st.TANK_TEAM] == shots[w, n, st.SHOT_TEAM]:
                continue
            flags = ev.BANKED_FLAG if banked else 0
            damage = DAMAGE[shots[w, n, st.SHOT_CLASS]]
            owner = shots[w, n, st.SHOT_OWNER]
            damage_tank(head, tanks, world.cells, world.events, w, seat, damage, owner, flags)
            _end(head, world.events, shots, w, n)
            break


@jit
def cancel_shots(world: World, w: int) -> None:
    """End pairs of shots of different owners that meet. Emits SHOTS_CANCELLED."""
    head = world.head
    shots = world.shots
    count = head[w, st.N_SHOTS]
    reach = rules.CANCEL_RADIUS
    for n in range(count):
        if shots[w, n, st.SHOT_LIFE] <= 0:
            continue
        x = shots[w, n, st.SHOT_X]
        y = shots[w, n, st.SHOT_Y]
        owner = shots[w, n, st.SHOT_OWNER]
        for other in range(n + 1, count):
            dx = shots[w, other, st.SHOT_X] - x
            dy = shots[w, other, st.SHOT_Y] - y
            if dx >= reach or dx <= -reach or dy >= reach or dy <= -reach:
                continue
            if shots[w, other, st.SHOT_LIFE] <= 0 or shots[w, other, st.SHOT_OWNER] == owner:
                continue
            if dx * dx + dy * dy >= reach * reach:
                continue
            shots[w, n, st.SHOT_LIFE] = 0
            shots[w, other, st.SHOT_LIFE] = 0
            other_owner = shots[w, other, st.SHOT_OWNER]
            emit_event(
                head, world.events, w, ev.SHOTS_CANCELLED, owner, other_owner, x + dx // 2, y + dy // 2
            )
            break


@jit
def remove_ended_shots(world: World, w: int) -> None:
    """Remove ended shots, keep the order of the others, and count each tank's shots."""
    head = world.head
    shots = world.shots
    tanks = world.tanks
    count = head[w, st.N_SHOTS]
    kept = 0
    for n in range(count):
        if shots[w, n, st.SHOT_LIFE] > 0:
            if kept != n:
                for column in range(st.SHOT_SIZE):
                    shots[w, kept, column] = shots[w, n, column]
            kept += 1
        else:
            tanks[w, shots[w, n, st.SHOT_OWNER], st.TANK_SHOTS] -= 1
    for n in range(kept, count):
        for column in range(st.SHOT_SIZE):
            shots[w, n, column] = 0
    head[w, st.N_SHOTS] = kept


@jit
def update_mines(world: World, w: int) -> None:
    """Arm mines, count down their lifetime, and explode them under enemies. Emits MINE_EXPLODED."""
    head = world.head
    mines = world.mines
    tanks = world.tanks
    reach = rules.MINE_RADIUS * rules.MINE_RADIUS
    count = head[w, st.N_MINES]
    kept = 0
    for n in range(count):
        gone = False
        mines[w, n, st.MINE_LIFE] -= 1
        if mines[w, n, st.MINE_LIFE] <= 0:
            gone = True
        elif mines[w, n, st.MINE_ARM] > 0:
            mines[w, n, st.MINE_ARM] -= 1
        else:
            x = mines[w, n, st.MINE_X]
            y = mines[w, n, st.MINE_Y]
            owner = mines[w, n, st.MINE_OWNER]
            for seat in range(head[w, st.N_SEATS]):
                dx = tanks[w, seat, st.TANK_X] - x
                dy = tanks[w, seat, st.TANK_Y] - y
                if dx * dx + dy * dy >= reach or tanks[w, seat, st.TANK_ALIVE] == 0:
                    continue
                if tanks[w, seat, st.TANK_TEAM] == mines[w, n, st.MINE_TEAM]:
                    continue
                emit_event(head, world.events, w, ev.MINE_EXPLODED, owner, seat, x, y)
                damage_tank(
                    head, tanks, world.cells, world.events, w, seat, rules.MINE_DAMAGE, owner, ev.MINE_FLAG
                )
                gone = True
                break
        if not gone:
            if kept != n:
                for column in range(st.MINE_SIZE):
                    mines[w, kept, column] = mines[w, n, column]
            kept += 1
    for n in range(kept, count):
        for column in range(st.MINE_SIZE):
            mines[w, n, column] = 0
    head[w, st.N_MINES] = kept
