"""Observation slots about where to go: the next step towards the objective, the nearest known enemy and pick-up.

A way is a shortest path. All paths were computed when the levels were packed (`sim.hub_labels`); these kernels look up the
length and the step that shortens it.
"""

from typing import NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import arena as ar
from game.core.sim import state as st
from game.core.sim.arrays import ByteArray, IntArray, SenseArray
from game.core.sim.hub_labels import AT, BRANCH, DIAGONAL, FAR, HALF_BRICK, STRAIGHT, Labels, find_way
from game.core.sim.jit import jit, jit_inline
from game.core.sim.sensing import FARTHEST
from game.core.sim.slots import OFFSETS
from game.core.sim.state import World
from game.core.sim.tables import BLOCKS_TANK, MOVE_X, MOVE_Y

_WAY_OBJECTIVE = OFFSETS["way_objective"]
_WAY_ENEMY = OFFSETS["way_enemy"]
_WAY_PICKUP = OFFSETS["way_pickup"]
_PICKUP_KIND = OFFSETS["pickup_kind"]
# [moves, one bit each]: the first of them, 0: none
_FIRST_MOVE = np.array([(moves & -moves).bit_length() for moves in range(1 << (rules.N_MOVES - 1))], np.int64)


class Ways(NamedTuple):
    """The path labels of one level."""

    labels: Labels
    tiles: ByteArray  # [terrain index], at the beginning of the match
    stride: int


@jit
def sense_ways(
    world: World, levels: ar.Levels, w: int, seat: int, nearest_enemy: int, out: SenseArray
) -> None:
    """Write the three way-points: objective, nearest known enemy (seat, or -1), nearest available pick-up."""
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
        goal = _cell_goal(world, levels, w, seat, stride)
    elif objective == rules.SURVIVE and team == 0:
        goal = pickup_cell
    level = world.head[w, st.LEVEL]
    first = levels.head[level, ar.LEVEL_TERRAIN]
    labels = Labels(
        levels.way_places[first:],
        levels.way_lengths,
        levels.way_moves,
        levels.head[level, ar.LEVEL_FORKS],
        levels.head[level, ar.LEVEL_CORES],
    )
    ways = Ways(labels, levels.terrain[first:], stride)
    _sense_way(ways, x, y, enemy_cell, out, _WAY_ENEMY)
    _sense_way(ways, x, y, pickup_cell, out, _WAY_PICKUP)
    if goal == enemy_cell or goal == pickup_cell:
        known = _WAY_ENEMY if goal == enemy_cell else _WAY_PICKUP
        for n in range(3):
            out[_WAY_OBJECTIVE + n] = out[known + n]
    else:
        _sense_way(ways, x, y, goal, out, _WAY_OBJECTIVE)
    for kind in range(len(rules.PICKUP_NAMES)):
        out[_PICKUP_KIND + kind] = 0.0
    if pickup >= 0:
        out[_PICKUP_KIND + world.pickups[w, pickup, st.PICKUP_KIND]] = 1.0


@jit
def _nearest_pickup(pickups: IntArray, w: int, stride: int, x: int, y: int) -> tuple[int, int]:
    """Return (slot, terrain index) of the nearest available pick-up, (-1, 0) if there is none."""
    best = FARTHEST
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
def _cell_goal(world: World, levels: ar.Levels, w: int, seat: int, stride: int) -> int:
    """Return the terrain index of a collector's goal: its home while it carries a cell, otherwise the nearest free cell."""
    tanks = world.tanks
    if tanks[w, seat, st.TANK_CARRY] != 0:
        return int(levels.head[world.head[w, st.LEVEL], ar.LEVEL_HOME + tanks[w, seat, st.TANK_TEAM]])
    cells = world.cells
    best = FARTHEST
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


@jit_inline
def _sense_way(ways: Ways, x: int, y: int, goal: int, out: SenseArray, at: int) -> None:
    """Write the vector to the middle of the next tile on the path to `goal` (in tiles) and the path's length.

    Zeros without a goal or a path; on the goal's own tile the vector points at its middle.
    """
    out[at] = 0.0
    out[at + 1] = 0.0
    out[at + 2] = 0.0
    if goal == 0:
        return
    here = ((y >> 8) + 1) * ways.stride + (x >> 8) + 1
    if ways.labels.places[goal, AT] < 0 or ways.labels.places[here, AT] < 0:
        return
    distance = 0
    move = 0
    if here != goal:
        distance, moves = find_way(ways.labels, here, goal)
        if distance >= FAR:
            return
        if ways.labels.cores > 0:
            moves |= _into_cores(ways, here, goal, distance)
        move = _FIRST_MOVE[moves]
    step_x = (x & ~255) + 128 + (MOVE_X[move] << 8) - x
    step_y = (y & ~255) + 128 + (MOVE_Y[move] << 8) - y
    cost = distance + _half(ways, goal) - _half(ways, here)
    out[at] = min(max(step_x, -256), 256) * 0.00390625
    out[at + 1] = min(max(step_y, -256), 256) * 0.00390625
    out[at + 2] = min(cost, 128) * 0.0078125


@jit
def _into_cores(ways: Ways, here: int, goal: int, distance: int) -> int:
    """Return the moves (bits) onto a core that would shorten the path if cores could be crossed; they count too."""
    moves = 0
    for move in range(1, rules.N_MOVES):
        dx = MOVE_X[move]
        dy = MOVE_Y[move] * ways.stride
        branch = ways.labels.places[here + dx + dy, BRANCH]
        if ways.tiles[here + dx + dy] != rules.CORE:
            continue
        diagonal = dx != 0 and dy != 0
        if diagonal and BLOCKS_TANK[ways.tiles[here + dx]] + BLOCKS_TANK[ways.tiles[here + dy]] != 0:
            continue
        step = (DIAGONAL if diagonal else STRAIGHT) + _half(ways, here)
        if (
            ways.labels.lengths[ways.labels.places[goal, AT] + ways.labels.forks - 1 - branch] + step
            == distance
        ):
            moves |= 1 << (move - 1)
    return moves


@jit_inline
def _half(ways: Ways, cell: int) -> int:
    tile = ways.tiles[cell]
    return HALF_BRICK if tile == rules.BRICK or tile == rules.BRICK_CRACKED else 0
