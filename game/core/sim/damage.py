"""Events and damage: kernel helpers that several phases share."""

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.jit import jit
from game.core.sim.tables import LIVES_OWN, RESPAWN_ENEMY, RESPAWN_OWN


@jit
def emit_event(head: IntArray, events: IntArray, w: int, kind: int, a: int, b: int, x: int, y: int) -> None:
    """Append an event to this tick's list; events beyond the cap are only counted."""
    n = head[w, st.N_EVENTS]
    if n >= rules.MAX_EVENTS:
        head[w, st.EVENTS_LOST] += 1
        return
    events[w, n, st.EVENT_KIND] = kind
    events[w, n, st.EVENT_A] = a
    events[w, n, st.EVENT_B] = b
    events[w, n, st.EVENT_X] = x
    events[w, n, st.EVENT_Y] = y
    head[w, st.N_EVENTS] = n + 1


@jit
def damage_tank(
    head: IntArray,
    tanks: IntArray,
    cells: IntArray,
    events: IntArray,
    w: int,
    seat: int,
    damage: int,
    by: int,
    flags: int,
) -> None:
    """Take `damage` hit points from a living tank; `by` is the seat that caused it, `flags` tells how (sim.events).

    Writes hit points, kills, deaths, scores and the respawn clock; drops a carried cell. Emits TANK_SHIELDED, TANK_HIT,
    TANK_DESTROYED, CELL_DROPPED.
    """
    x = tanks[w, seat, st.TANK_X]
    y = tanks[w, seat, st.TANK_Y]
    if tanks[w, seat, st.TANK_SHIELD] > 0:
        emit_event(head, events, w, ev.TANK_SHIELDED, seat, by, x, y)
        return
    if tanks[w, seat, st.TANK_GRACE] > 0:
        return
    enemy = tanks[w, by, st.TANK_TEAM] != tanks[w, seat, st.TANK_TEAM]
    tanks[w, seat, st.TANK_HP] -= damage
    tanks[w, seat, st.TANK_GRACE] = rules.HIT_GRACE
    emit_event(head, events, w, ev.TANK_HIT, seat, by + flags, x, y)
    if enemy:
        tanks[w, by, st.TANK_SCORE] += rules.POINTS_HIT
        if flags == ev.BANKED_FLAG:
            tanks[w, by, st.TANK_SCORE] += rules.POINTS_BANK_HIT
    if tanks[w, seat, st.TANK_HP] > 0:
        return
    tanks[w, seat, st.TANK_HP] = 0
    tanks[w, seat, st.TANK_ALIVE] = 0
    tanks[w, seat, st.TANK_VX] = 0
    tanks[w, seat, st.TANK_VY] = 0
    tanks[w, seat, st.TANK_DEATHS] += 1
    objective = head[w, st.OBJECTIVE]
    own_team = tanks[w, seat, st.TANK_TEAM] == 0
    tanks[w, seat, st.TANK_RESPAWN] = RESPAWN_OWN[objective] if own_team else RESPAWN_ENEMY[objective]
    if own_team and tanks[w, seat, st.TANK_DEATHS] == LIVES_OWN[objective]:
        tanks[w, seat, st.TANK_RESPAWN] = rules.NO_RESPAWN
    emit_event(head, events, w, ev.TANK_DESTROYED, seat, by + flags, x, y)
    carried = tanks[w, seat, st.TANK_CARRY]
    if carried > 0:
        cells[w, carried - 1, st.CELL_CARRIER] = -1
        cells[w, carried - 1, st.CELL_X] = x
        cells[w, carried - 1, st.CELL_Y] = y
        tanks[w, seat, st.TANK_CARRY] = 0
        emit_event(head, events, w, ev.CELL_DROPPED, seat, carried - 1, x, y)
    if enemy:
        tanks[w, by, st.TANK_KILLS] += 1
        tanks[w, by, st.TANK_SCORE] += rules.POINTS_KILL
        team = tanks[w, by, st.TANK_TEAM]
        counts = objective == rules.ELIMINATE
        if objective == rules.DEFEND:
            counts = team == 0
        elif objective == rules.SURVIVE:
            counts = team != 0
        if counts:
            head[w, st.TEAM_SCORE + team] += 1
