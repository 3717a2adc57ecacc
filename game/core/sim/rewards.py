"""Rewards of a seat in a tick, computed from the tick's events. The caller gives the weights.

`TERMS` names the columns of the weight table, float64 (N_OBJECTIVES, N_TERMS); its values come from the environments'
default table and a recipe's `[reward]`.
"""

from typing import Final, NamedTuple

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.arrays import IntArray, RewardArray
from game.core.sim.flight import tile_map
from game.core.sim.jit import jit
from game.core.sim.meeting import MEETS_CORE, MEETS_ENEMY, MEETS_OWN, Firing, gather_targets
from game.core.sim.preview import fly_preview
from game.core.sim.state import World

WIN: Final = 0
LOSS: Final = 1
DRAW: Final = 2
KILL: Final = 3
DEATH: Final = 4
HIT: Final = 5
BANK_HIT: Final = 6
HURT: Final = 7
SELF_HURT: Final = 8
ALLY_HURT: Final = 9
PICKUP: Final = 10
CELL_TAKEN: Final = 11
CELL_HOME: Final = 12
CELL_DROPPED: Final = 13
CORE_DAMAGE: Final = 14
CORE_LOST: Final = 15
FIRED: Final = 16
SECOND: Final = 17
APPROACH: Final = 18
AIMED: Final = 19
AIMED_OWN: Final = 20
PICKUP_APPROACH: Final = 21
BRICK: Final = 22
SPECIAL: Final = 23
STANDOFF: Final = 24
STILL: Final = 25
N_TERMS: Final = 26

STANDOFF_TILES: Final = 5  # an enemy within this distance is near


class Term(NamedTuple):
    """One reward term."""

    name: str
    meaning: str


TERMS: Final = (
    Term("win", "its team wins"),
    Term("loss", "another team wins"),
    Term("draw", "the match ends and nobody wins"),
    Term("kill", "destroys an enemy"),
    Term("death", "is destroyed"),
    Term("hit", "hits an enemy (per hit)"),
    Term("bank_hit", "added to `hit` if the shot had banked"),
    Term("hurt", "is hit by an enemy (per hit)"),
    Term("self_hurt", "is hit by its own banked shot (no other term applies)"),
    Term("ally_hurt", "hits an ally"),
    Term("pickup", "takes a pick-up"),
    Term("cell_taken", "takes an energy cell"),
    Term("cell_home", "brings a cell home"),
    Term("cell_dropped", "drops a cell by being destroyed"),
    Term("core_damage", "hits the enemy's core (per shot)"),
    Term("core_lost", "its core is hit (per shot, for every defender)"),
    Term("fired", "fires a shot"),
    Term("second", "lives for one second"),
    Term("approach", "per tile by which the path to the objective became shorter"),
    Term("aimed", "fires a shot whose sight line meets an enemy or the enemy's core"),
    Term("aimed_own", "fires a shot whose sight line returns to itself or meets an ally"),
    Term("pickup_approach", "per tile by which the path to the nearest pick-up became shorter"),
    Term("brick", "cracks or breaks a brick"),
    Term("special", "uses its special"),
    Term("standoff", f"per second in which every living enemy is more than {STANDOFF_TILES} tiles away"),
    Term("still", "per second in which it does not move: it stands, or a wall or a tank blocks it"),
)


@jit
def add_rewards(
    head: IntArray, tanks: IntArray, events: IntArray, w: int, weights: RewardArray, rewards: RewardArray
) -> None:
    """Add the rewards of this tick's events to rewards (N, S) float64; weights: see the module."""
    objective = head[w, st.OBJECTIVE]
    seats = head[w, st.N_SEATS]
    for n in range(head[w, st.N_EVENTS]):
        kind = events[w, n, st.EVENT_KIND]
        a = events[w, n, st.EVENT_A]
        b = events[w, n, st.EVENT_B]
        if kind == ev.FIRED:
            rewards[w, a] += weights[objective, FIRED]
        elif kind == ev.BRICK_CRACKED or kind == ev.BRICK_BROKEN:
            rewards[w, a] += weights[objective, BRICK]
        elif kind == ev.DASHED or kind == ev.MINE_LAID or kind == ev.SHIELD_RAISED:
            rewards[w, a] += weights[objective, SPECIAL]
        elif kind == ev.TANK_HIT:
            by = b & ev.SEAT_MASK
            if by == a:
                rewards[w, a] += weights[objective, SELF_HURT]
            elif tanks[w, by, st.TANK_TEAM] == tanks[w, a, st.TANK_TEAM]:
                rewards[w, by] += weights[objective, ALLY_HURT]
                rewards[w, a] += weights[objective, HURT]
            else:
                rewards[w, by] += weights[objective, HIT]
                if b & ev.BANKED_FLAG:
                    rewards[w, by] += weights[objective, BANK_HIT]
                rewards[w, a] += weights[objective, HURT]
        elif kind == ev.TANK_DESTROYED:
            by = b & ev.SEAT_MASK
            rewards[w, a] += weights[objective, DEATH]
            if tanks[w, by, st.TANK_TEAM] != tanks[w, a, st.TANK_TEAM]:
                rewards[w, by] += weights[objective, KILL]
        elif kind == ev.PICKUP_TAKEN:
            rewards[w, a] += weights[objective, PICKUP]
        elif kind == ev.CELL_TAKEN:
            rewards[w, a] += weights[objective, CELL_TAKEN]
        elif kind == ev.CELL_DROPPED:
            rewards[w, a] += weights[objective, CELL_DROPPED]
        elif kind == ev.CELL_HOME:
            rewards[w, a] += weights[objective, CELL_HOME]
        elif kind == ev.CORE_HIT:
            rewards[w, a] += weights[objective, CORE_DAMAGE]
            for seat in range(seats):
                if tanks[w, seat, st.TANK_TEAM] == 0 and tanks[w, seat, st.TANK_ACTIVE] != 0:
                    rewards[w, seat] += weights[objective, CORE_LOST]
        elif kind == ev.MATCH_ENDED:
            for seat in range(seats):
                if tanks[w, seat, st.TANK_ACTIVE] == 0:
                    continue
                term = DRAW
                if a >= 0:
                    term = WIN if tanks[w, seat, st.TANK_TEAM] == a else LOSS
                rewards[w, seat] += weights[objective, term]


@jit
def add_time_rewards(
    head: IntArray, tanks: IntArray, w: int, weights: RewardArray, rewards: RewardArray
) -> None:
    """Add the rewards per tick of every living seat to rewards (N, S) float64; weights: see the module."""
    objective = head[w, st.OBJECTIVE]
    seats = head[w, st.N_SEATS]
    standoff = weights[objective, STANDOFF] / rules.TICKS_PER_SECOND
    reach = STANDOFF_TILES * rules.SU_PER_TILE
    for seat in range(seats):
        if tanks[w, seat, st.TANK_ALIVE] == 0:
            continue
        rewards[w, seat] += weights[objective, SECOND] / rules.TICKS_PER_SECOND
        if tanks[w, seat, st.TANK_VX] == 0 and tanks[w, seat, st.TANK_VY] == 0:
            rewards[w, seat] += weights[objective, STILL] / rules.TICKS_PER_SECOND
        if standoff == 0.0:
            continue
        near = 0
        for other in range(seats):
            dx = tanks[w, other, st.TANK_X] - tanks[w, seat, st.TANK_X]
            dy = tanks[w, other, st.TANK_Y] - tanks[w, seat, st.TANK_Y]
            hostile = tanks[w, other, st.TANK_TEAM] != tanks[w, seat, st.TANK_TEAM]
            if hostile and tanks[w, other, st.TANK_ALIVE] != 0 and dx * dx + dy * dy <= reach * reach:
                near += 1
        if near == 0:
            rewards[w, seat] += standoff


@jit
def add_aim_rewards(
    world: World, levels: ar.Levels, w: int, weights: RewardArray, rewards: RewardArray, scratch: IntArray
) -> None:
    """Add the rewards for the sight lines of shots fired in this tick: they reward good aim when the shot is fired.

    scratch: (TARGETS_SIZE,) int64 working memory of the preview.
    """
    head = world.head
    shots = world.shots
    tanks = world.tanks
    objective = head[w, st.OBJECTIVE]
    if weights[objective, AIMED] == 0.0 and weights[objective, AIMED_OWN] == 0.0:
        return
    ground = tile_map(world, levels, w)
    for n in range(head[w, st.N_SHOTS]):
        if shots[w, n, st.SHOT_LIFE] != rules.SHOT_LIFE - 1 or shots[w, n, st.SHOT_BANKS] != 0:
            continue
        seat = shots[w, n, st.SHOT_OWNER]
        firing = Firing(
            shots[w, n, st.SHOT_LEG_X],
            shots[w, n, st.SHOT_LEG_Y],
            shots[w, n, st.SHOT_CLASS],
            shots[w, n, st.SHOT_BANK_LIMIT],
            objective == rules.DEFEND and tanks[w, seat, st.TANK_TEAM] != 0,
        )
        targets = gather_targets(tanks, w, head[w, st.N_SEATS], seat, scratch)
        meets, _ticks, _banks, _turn = fly_preview(ground, targets, firing, shots[w, n, st.SHOT_AIM], False)
        if meets == MEETS_ENEMY or meets == MEETS_CORE:
            rewards[w, seat] += weights[objective, AIMED]
        elif meets == MEETS_OWN:
            rewards[w, seat] += weights[objective, AIMED_OWN]
