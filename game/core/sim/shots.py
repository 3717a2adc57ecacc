"""Phases of shots and mines: flight, banks, hits, cancelling."""

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.damage import emit, hurt
from game.core.sim.flight import MAX_LEGS_PER_TICK, bank_aim, leg_end, mirror_aim, next_leg, through_portal
from game.core.sim.jit import jit
from game.core.sim.tables import DAMAGE, FINE, Q12, SHOT_VX, SHOT_VY


@jit
def fly(world, portal_to, portal_offset, w):  # type: ignore[no-untyped-def]
    """Fly every shot one tick along its legs; a life of 0 marks the ended ones.

    Writes shots, bricks, the core. Emits BANKED, MIRRORED, SHOT_PORTAL, SHOT_ENDED, BRICK_*, CORE_HIT.
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
            _meet(head, world.terrain, world.tanks, shots, world.events, portal_to, portal_offset, w, n)
        if shots[w, n, st.SHOT_LIFE] > 0:
            tank_class = shots[w, n, st.SHOT_CLASS]
            aim = shots[w, n, st.SHOT_AIM]
            time = shots[w, n, st.SHOT_LEG_TIME]
            x = shots[w, n, st.SHOT_LEG_X] + ((SHOT_VX[tank_class, aim] * time) >> 12)
            y = shots[w, n, st.SHOT_LEG_Y] + ((SHOT_VY[tank_class, aim] * time) >> 12)
            shots[w, n, st.SHOT_X] = x // FINE
            shots[w, n, st.SHOT_Y] = y // FINE


@jit
def _end(head, events, shots, w, n):  # type: ignore[no-untyped-def]
    shots[w, n, st.SHOT_LIFE] = 0
    owner = shots[w, n, st.SHOT_OWNER]
    x = shots[w, n, st.SHOT_X]
    y = shots[w, n, st.SHOT_Y]
    emit(head, events, w, ev.SHOT_ENDED, owner, shots[w, n, st.SHOT_ID], x, y)


@jit
def _meet(head, terrain, tanks, shots, events, portal_to, portal_offset, w, n):  # type: ignore[no-untyped-def]
    """Let shot n meet the tile at the end of its leg: it ends, or turns and begins the next leg."""
    stride = head[w, st.STRIDE]
    cell = shots[w, n, st.SHOT_LEG_CELL]
    axis = shots[w, n, st.SHOT_LEG_AXIS]
    aim = shots[w, n, st.SHOT_AIM]
    tank_class = shots[w, n, st.SHOT_CLASS]
    owner = shots[w, n, st.SHOT_OWNER]
    serial = shots[w, n, st.SHOT_ID]
    time = shots[w, n, st.SHOT_LEG_END]
    leg_x = shots[w, n, st.SHOT_LEG_X]
    leg_y = shots[w, n, st.SHOT_LEG_Y]
    x, y = leg_end(stride, leg_x, leg_y, tank_class, aim, time, cell, axis)
    shots[w, n, st.SHOT_X] = x // FINE
    shots[w, n, st.SHOT_Y] = y // FINE
    su_x = x // FINE
    su_y = y // FINE
    tile = terrain[w, cell]
    if tile == rules.WALL:
        if shots[w, n, st.SHOT_BANKS] >= shots[w, n, st.SHOT_BANK_LIMIT]:
            _end(head, events, shots, w, n)
            return
        aim = bank_aim(aim, axis)
        shots[w, n, st.SHOT_BANKS] += 1
        emit(head, events, w, ev.BANKED, owner, serial, su_x, su_y)
    elif tile == rules.MIRROR_SLASH or tile == rules.MIRROR_BACKSLASH:
        aim = mirror_aim(aim, tile)
        emit(head, events, w, ev.MIRRORED, owner, serial, su_x, su_y)
    elif tile == rules.PORTAL and portal_to[portal_offset + cell] != 0:
        vx = SHOT_VX[tank_class, aim]
        vy = SHOT_VY[tank_class, aim]
        x, y = through_portal(x, y, vx, vy, axis, cell, portal_to[portal_offset + cell], stride)
        emit(head, events, w, ev.SHOT_PORTAL, owner, serial, su_x, su_y)
    else:
        if tile == rules.BRICK or tile == rules.BRICK_CRACKED:
            _crack(head, terrain, shots, events, w, cell, owner, su_x, su_y)
        elif tile == rules.CORE and shots[w, n, st.SHOT_TEAM] != 0:
            _hit_core(head, tanks, events, w, owner, tank_class, su_x, su_y)
        _end(head, events, shots, w, n)
        return
    shots[w, n, st.SHOT_AIM] = aim
    shots[w, n, st.SHOT_LEG_X] = x
    shots[w, n, st.SHOT_LEG_Y] = y
    shots[w, n, st.SHOT_LEG_TIME] -= time
    _begin_leg(terrain, shots, w, n, stride)


@jit
def _begin_leg(terrain, shots, w, n, stride):  # type: ignore[no-untyped-def]
    """Find the end of the leg that starts where shot n's leg starts."""
    time, cell, axis = next_leg(
        terrain,
        w,
        stride,
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
def _crack(head, terrain, shots, events, w, cell, owner, x, y):  # type: ignore[no-untyped-def]
    """Crack a brick, or break a cracked one; shots that were on their way to it fly on."""
    if terrain[w, cell] == rules.BRICK:
        terrain[w, cell] = rules.BRICK_CRACKED
        emit(head, events, w, ev.BRICK_CRACKED, owner, cell, x, y)
        return
    terrain[w, cell] = rules.FLOOR
    emit(head, events, w, ev.BRICK_BROKEN, owner, cell, x, y)
    for other in range(head[w, st.N_SHOTS]):
        if shots[w, other, st.SHOT_LIFE] > 0 and shots[w, other, st.SHOT_LEG_CELL] == cell:
            _begin_leg(terrain, shots, w, other, head[w, st.STRIDE])


@jit
def _hit_core(head, tanks, events, w, owner, tank_class, x, y):  # type: ignore[no-untyped-def]
    damage = min(DAMAGE[tank_class], head[w, st.CORE_HP])
    head[w, st.CORE_HP] -= damage
    head[w, st.TEAM_SCORE + 1] += damage
    tanks[w, owner, st.TANK_SCORE] += damage * rules.POINTS_CORE
    emit(head, events, w, ev.CORE_HIT, owner, head[w, st.CORE_HP], x, y)


@jit
def hit_tanks(world, w):  # type: ignore[no-untyped-def]
    """Let shots hurt the tanks they are in: enemies always, anyone once the shot has banked."""
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
            hurt(head, tanks, world.cells, world.events, w, seat, damage, owner, flags)
            _end(head, world.events, shots, w, n)
            break


@jit
def cancel_shots(world, w):  # type: ignore[no-untyped-def]
    """End both of two shots of different owners that meet. Emits SHOTS_CANCELLED."""
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
            emit(head, world.events, w, ev.SHOTS_CANCELLED, owner, other_owner, x + dx // 2, y + dy // 2)
            break


@jit
def sweep_shots(world, w):  # type: ignore[no-untyped-def]
    """Close the gaps that ended shots left, in order, and count each tank's shots."""
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
def tend_mines(world, w):  # type: ignore[no-untyped-def]
    """Arm mines, let them age, and set them off under enemies. Emits MINE_EXPLODED."""
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
                emit(head, world.events, w, ev.MINE_EXPLODED, owner, seat, x, y)
                hurt(head, tanks, world.cells, world.events, w, seat, rules.MINE_DAMAGE, owner, ev.MINE_FLAG)
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
