"""Phases of pick-ups and energy cells, and of visibility (cover)."""

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.damage import emit_event
from game.core.sim.jit import jit
from game.core.sim.state import World
from game.core.sim.tables import ARMOUR


@jit
def take_pickups(world: World, w: int) -> None:
    """Let tanks take pick-ups, and return taken ones when their time is over. Emits PICKUP_TAKEN, PICKUP_BACK."""
    head = world.head
    pickups = world.pickups
    tanks = world.tanks
    reach = rules.PICKUP_RADIUS * rules.PICKUP_RADIUS
    for n in range(rules.MAX_PICKUPS):
        if pickups[w, n, st.PICKUP_EXISTS] == 0:
            break
        x = pickups[w, n, st.PICKUP_X]
        y = pickups[w, n, st.PICKUP_Y]
        kind = pickups[w, n, st.PICKUP_KIND]
        if pickups[w, n, st.PICKUP_WAIT] > 0:
            pickups[w, n, st.PICKUP_WAIT] -= 1
            if pickups[w, n, st.PICKUP_WAIT] == 0:
                emit_event(head, world.events, w, ev.PICKUP_BACK, n, kind, x, y)
            continue
        for seat in range(head[w, st.N_SEATS]):
            dx = tanks[w, seat, st.TANK_X] - x
            dy = tanks[w, seat, st.TANK_Y] - y
            if dx * dx + dy * dy >= reach or tanks[w, seat, st.TANK_ALIVE] == 0:
                continue
            if _take(tanks, w, seat, kind):
                pickups[w, n, st.PICKUP_WAIT] = rules.PICKUP_RESPAWN
                tanks[w, seat, st.TANK_SCORE] += rules.POINTS_PICKUP
                emit_event(head, world.events, w, ev.PICKUP_TAKEN, seat, kind, x, y)
                break


@jit
def _take(tanks: IntArray, w: int, seat: int, kind: int) -> bool:
    """Apply a pick-up to a tank; False if the tank has no use for it (repair with full hit points)."""
    if kind == rules.PICKUP_REPAIR:
        armour = ARMOUR[tanks[w, seat, st.TANK_CLASS]]
        if tanks[w, seat, st.TANK_HP] >= armour:
            return False
        tanks[w, seat, st.TANK_HP] = min(tanks[w, seat, st.TANK_HP] + rules.REPAIR_AMOUNT, armour)
    elif kind == rules.PICKUP_SHIELD:
        tanks[w, seat, st.TANK_SHIELD] = max(tanks[w, seat, st.TANK_SHIELD], rules.PICKUP_SHIELD_TICKS)
    elif kind == rules.PICKUP_TRIPLE:
        tanks[w, seat, st.TANK_TRIPLE] = rules.TRIPLE_TICKS
    elif kind == rules.PICKUP_BANK:
        tanks[w, seat, st.TANK_BANK] = rules.BANK_TICKS
    else:
        tanks[w, seat, st.TANK_SPEED] = rules.SPEED_TICKS
    return True


@jit
def carry_cells(world: World, w: int) -> None:
    """Let tanks take energy cells and bring them home. Emits CELL_TAKEN, CELL_HOME; writes team scores."""
    head = world.head
    if head[w, st.OBJECTIVE] != rules.COLLECT:
        return
    cells = world.cells
    tanks = world.tanks
    stride = head[w, st.STRIDE]
    reach = rules.CELL_RADIUS * rules.CELL_RADIUS
    for n in range(rules.MAX_CELLS):
        if cells[w, n, st.CELL_EXISTS] == 0:
            break
        if cells[w, n, st.CELL_WAIT] > 0:
            cells[w, n, st.CELL_WAIT] -= 1
            continue
        carrier = cells[w, n, st.CELL_CARRIER]
        if carrier < 0:
            x = cells[w, n, st.CELL_X]
            y = cells[w, n, st.CELL_Y]
            for seat in range(head[w, st.N_SEATS]):
                dx = tanks[w, seat, st.TANK_X] - x
                dy = tanks[w, seat, st.TANK_Y] - y
                if dx * dx + dy * dy >= reach or tanks[w, seat, st.TANK_ALIVE] == 0:
                    continue
                if tanks[w, seat, st.TANK_CARRY] != 0:
                    continue
                cells[w, n, st.CELL_CARRIER] = seat
                tanks[w, seat, st.TANK_CARRY] = n + 1
                emit_event(head, world.events, w, ev.CELL_TAKEN, seat, n, x, y)
                break
            continue
        x = tanks[w, carrier, st.TANK_X]
        y = tanks[w, carrier, st.TANK_Y]
        cells[w, n, st.CELL_X] = x
        cells[w, n, st.CELL_Y] = y
        team = tanks[w, carrier, st.TANK_TEAM]
        if world.terrain[w, ((y >> 8) + 1) * stride + (x >> 8) + 1] == rules.HOME + team:
            tanks[w, carrier, st.TANK_CARRY] = 0
            tanks[w, carrier, st.TANK_SCORE] += rules.POINTS_CELL
            head[w, st.TEAM_SCORE + team] += 1
            cells[w, n, st.CELL_CARRIER] = -1
            cells[w, n, st.CELL_X] = cells[w, n, st.CELL_HOME_X]
            cells[w, n, st.CELL_Y] = cells[w, n, st.CELL_HOME_Y]
            cells[w, n, st.CELL_WAIT] = rules.CELL_RESPAWN
            emit_event(head, world.events, w, ev.CELL_HOME, carrier, n, x, y)


@jit
def update_visibility(world: World, w: int) -> None:
    """Hide tanks in cover from the teams that cannot see them, and store where each was last seen.

    Writes TANK_HIDDEN (bit per team) and `seen`.
    """
    head = world.head
    tanks = world.tanks
    seen = world.seen
    stride = head[w, st.STRIDE]
    seats = head[w, st.N_SEATS]
    teams = head[w, st.N_TEAMS]
    for seat in range(seats):
        if tanks[w, seat, st.TANK_ALIVE] == 0:
            tanks[w, seat, st.TANK_HIDDEN] = 0
            continue
        x = tanks[w, seat, st.TANK_X]
        y = tanks[w, seat, st.TANK_Y]
        hidden = 0
        in_cover = world.terrain[w, ((y >> 8) + 1) * stride + (x >> 8) + 1] == rules.COVER
        if in_cover and tanks[w, seat, st.TANK_FIRED] >= rules.REVEAL_TICKS:
            own = tanks[w, seat, st.TANK_TEAM]
            for team in range(teams):
                if team != own and not _is_near(tanks, w, seats, team, x, y):
                    hidden |= 1 << team
        tanks[w, seat, st.TANK_HIDDEN] = hidden
        for team in range(teams):
            if (hidden >> team) & 1 == 0:
                seen[w, team, seat, st.SEEN_X] = x
                seen[w, team, seat, st.SEEN_Y] = y
                seen[w, team, seat, st.SEEN_AGE] = 0
            elif seen[w, team, seat, st.SEEN_AGE] < st.SEEN_AGE_MAX:
                seen[w, team, seat, st.SEEN_AGE] += 1


@jit
def _is_near(tanks: IntArray, w: int, seats: int, team: int, x: int, y: int) -> bool:
    """Return whether a living tank of `team` is within REVEAL_RANGE of x, y (su)."""
    for other in range(seats):
        if tanks[w, other, st.TANK_TEAM] != team or tanks[w, other, st.TANK_ALIVE] == 0:
            continue
        dx = tanks[w, other, st.TANK_X] - x
        dy = tanks[w, other, st.TANK_Y] - y
        if dx * dx + dy * dy <= rules.REVEAL_RANGE * rules.REVEAL_RANGE:
            return True
    return False
