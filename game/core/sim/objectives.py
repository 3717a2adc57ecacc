"""The last phase of a tick: waves, victory and the time limit.

| objective | team 0 wins | team 1 wins | time-out |
|---|---|---|---|
| eliminate | all other teams are destroyed | team 0 is destroyed | nobody wins |
| defend | every wave is destroyed | the core falls | team 0 wins: the core stands |
| collect | `goal` cells at home first | the same | more cells win, else nobody |
| survive | time runs out | team 0 has lost all its lives | team 0 wins |
"""

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.damage import emit_event
from game.core.sim.jit import jit
from game.core.sim.state import World
from game.core.sim.tanks import is_free, place_tank


@jit
def update_match_outcome(world: World, w: int) -> None:
    """Begin waves, decide the match, check the time limit. Writes DONE, WINNER, TIMED_OUT. Emits MATCH_ENDED."""
    head = world.head
    objective = head[w, st.OBJECTIVE]
    if objective == rules.DEFEND:
        winner = _judge_defend(head, world.tanks, world.events, w)
    elif objective == rules.COLLECT:
        winner = _judge_collect(head, w)
    elif objective == rules.SURVIVE:
        winner = _judge_survive(head, world.tanks, w)
    elif objective == rules.ELIMINATE:
        winner = _judge_eliminate(head, world.tanks, w)
    else:
        winner = _UNDECIDED  # a test fails for an objective that has no branch here
    if winner == _UNDECIDED and head[w, st.TICK] >= head[w, st.TIME_LIMIT]:
        head[w, st.TIMED_OUT] = 1
        winner = _winner_at_time_out(head, w)
    if winner != _UNDECIDED:
        head[w, st.DONE] = 1
        head[w, st.WINNER] = winner
        emit_event(head, world.events, w, ev.MATCH_ENDED, winner, head[w, st.TIMED_OUT], 0, 0)


_UNDECIDED = -2
_NOBODY = -1


@jit
def _living(head: IntArray, tanks: IntArray, w: int, team: int) -> int:
    """Count the tanks of `team` that are alive or will respawn."""
    count = 0
    for seat in range(head[w, st.N_SEATS]):
        if tanks[w, seat, st.TANK_TEAM] != team or tanks[w, seat, st.TANK_ACTIVE] == 0:
            continue
        if tanks[w, seat, st.TANK_ALIVE] != 0 or tanks[w, seat, st.TANK_RESPAWN] >= 0:
            count += 1
    return count


@jit
def _judge_eliminate(head: IntArray, tanks: IntArray, w: int) -> int:
    teams_left = 0
    last = _NOBODY
    for team in range(head[w, st.N_TEAMS]):
        if _living(head, tanks, w, team) > 0:
            teams_left += 1
            last = team
    if teams_left == 0:
        return _NOBODY
    return last if teams_left == 1 and head[w, st.N_TEAMS] > 1 else _UNDECIDED


@jit
def _judge_defend(head: IntArray, tanks: IntArray, events: IntArray, w: int) -> int:
    if head[w, st.CORE_HP] <= 0:
        return 1
    for team in range(1, head[w, st.N_TEAMS]):
        if _living(head, tanks, w, team) > 0:
            return _UNDECIDED
    if head[w, st.WAVE] >= head[w, st.GOAL]:
        return 0
    if head[w, st.WAVE_PAUSE_LEFT] > 0:
        head[w, st.WAVE_PAUSE_LEFT] -= 1
        return _UNDECIDED
    head[w, st.WAVE] += 1
    head[w, st.WAVE_PAUSE_LEFT] = rules.WAVE_PAUSE
    emit_event(head, events, w, ev.WAVE_BEGAN, head[w, st.WAVE], head[w, st.GOAL], 0, 0)
    seats = head[w, st.N_SEATS]
    for seat in range(seats):
        if tanks[w, seat, st.TANK_ACTIVE] == 0 or tanks[w, seat, st.TANK_TEAM] == 0:
            continue
        x = tanks[w, seat, st.TANK_SPAWN_X]
        y = tanks[w, seat, st.TANK_SPAWN_Y]
        if not is_free(tanks, w, seats, seat, x, y):
            tanks[w, seat, st.TANK_RESPAWN] = 0
            continue
        place_tank(tanks, w, seat, rules.SPAWN_SHIELD)
        emit_event(head, events, w, ev.TANK_SPAWNED, seat, tanks[w, seat, st.TANK_TEAM], x, y)
    return _UNDECIDED


@jit
def _judge_collect(head: IntArray, w: int) -> int:
    for team in range(head[w, st.N_TEAMS]):
        if head[w, st.TEAM_SCORE + team] >= head[w, st.GOAL]:
            return team
    return _UNDECIDED


@jit
def _judge_survive(head: IntArray, tanks: IntArray, w: int) -> int:
    if _living(head, tanks, w, 0) == 0:
        return 1
    if head[w, st.TICK] % rules.TICKS_PER_SECOND == 0:
        head[w, st.TEAM_SCORE] += 1
        for seat in range(head[w, st.N_SEATS]):
            if tanks[w, seat, st.TANK_TEAM] == 0 and tanks[w, seat, st.TANK_ALIVE] != 0:
                tanks[w, seat, st.TANK_SCORE] += rules.POINTS_SURVIVED_SECOND
    return _UNDECIDED


@jit
def _winner_at_time_out(head: IntArray, w: int) -> int:
    objective = head[w, st.OBJECTIVE]
    if objective == rules.DEFEND or objective == rules.SURVIVE:
        return 0
    if objective != rules.COLLECT:
        return _NOBODY
    best = _NOBODY
    most = -1
    for team in range(head[w, st.N_TEAMS]):
        score = head[w, st.TEAM_SCORE + team]
        if score > most:
            most = score
            best = team
        elif score == most:
            best = _NOBODY
    return best
