"""Exact shortest paths ("ways") in little memory, length and first step: hub labels over a nested dissection of the level.

A line of tiles, its hubs, splits the level in two parts, further lines split these, and so on until a part has only a few
tiles, which are all hubs. A tile's label holds its distances to the hubs of every part that contains it. The shortest path
between two tiles stays within the smallest part that contains both, or crosses the line of a part around it. So its length
is the least sum over the hubs of those parts, with which both labels begin in the same order (George 1973, "Nested
dissection"; Cohen et al. 2003, "Reachability and distance queries via 2-hop labels"). A portal can cross any line, so one
end of each pair is a hub of the whole level.

Lengths are those of an undirected graph, where an edge costs its step and half the entry cost of each of its two tiles:

    cost of the path from a to b = length from a to b + half[b] - half[a]

A core can be reached, but not crossed: it is no hub, and paths to cores have their own entries. A label begins in `lengths`
and `moves` at the index that `places` gives, and consists of

    forks      [n]: number of hubs of the parts that two tiles share whose branches separate at depth n (only in `lengths`)
    cores      distances to the cores of the level, by number
    hubs       distances to the hubs: the portals, then the lines from the largest part to the smallest
"""

from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim.arrays import ByteArray, CostArray, IntArray, int64
from game.core.sim.jit import jit, jit_inline
from game.core.sim.tables import BLOCKS_TANK, MOVE_X, MOVE_Y

STRAIGHT: Final = 2  # cost of a step along an axis; a diagonal costs 3
DIAGONAL: Final = 3
HALF_BRICK: Final = 3  # half of the extra cost of destroying a brick
FAR: Final = 32767  # no path; longer than any path, and its double fits a uint16

# places[cell]
AT: Final = 0  # index at which the label of a walkable tile begins, -1: not walkable
BRANCH: Final = 1  # the side of each line that it is on, the first line in bit 0; -1 - n: core number n
PLACE_SIZE: Final = 2

_FEW: Final = 8  # walkable tiles of a part that is not split further
_DEEPEST: Final = 48  # lines around a part; one bit of BRANCH each
_UNSPLIT: Final = -1
_NO_PART: Final = -2
_BUCKETS: Final = 16  # buckets of a search: more than the cost of the longest edge

# parts[n]: columns and rows of the terrain, both included
_LEFT: Final = 0
_TOP: Final = 1
_RIGHT: Final = 2
_BOTTOM: Final = 3
_LINE: Final = 4  # 4 columns: columns and rows of its hubs, the walkable tiles there
_DEPTH: Final = 8
_BRANCH: Final = 9
_END: Final = 10  # number of hubs of the parts around it and its own
_OWN: Final = 11  # number of its own hubs
_PART_SIZE: Final = 12

_WALKABLE: Final = np.array([not tile.blocks_tank for tile in rules.TILES])
_WALKABLE[[rules.BRICK, rules.BRICK_CRACKED, rules.CORE]] = True


class Labels(NamedTuple):
    """The labels of one level."""

    places: IntArray  # (terrain, PLACE_SIZE)
    lengths: CostArray
    moves: CostArray  # bit n: a shortest path to the hub begins with move n + 1; bit 8 + n: one from the hub begins so
    forks: int
    cores: int


class WayGraph(NamedTuple):
    """The graph that a search walks on, by terrain index."""

    moves: IntArray  # bit n: move n + 1 leads to a walkable tile
    half: IntArray  # half of the cost of entering the tile
    portal_to: IntArray
    core: IntArray  # 1: a core
    part: IntArray  # the part that has the tile as hub; _NO_PART: a core or not walkable
    zone: IntArray  # a search stays on the tiles of one zone
    stride: int


class Search(NamedTuple):
    """Working memory of a search, which finds `lengths` and `moves` by terrain index."""

    lengths: CostArray
    moves: CostArray  # as in Labels
    first: IntArray  # (_BUCKETS,): first entry of each bucket, -1: none
    entries: IntArray  # (9 * tiles + 1, 2): terrain index, next entry of the bucket


def build_labels(terrain: ByteArray, portal_to: IntArray, stride: int) -> Labels:
    """Compute the labels of all tiles that a tank may enter, bricks and cores included.

    terrain: with its ring of wall. portal_to: terrain index of the other end, 0: none.
    """
    size = terrain.size
    walkable = _WALKABLE[terrain]
    core = terrain == rules.CORE
    cells, cores = np.flatnonzero(walkable & ~core), np.flatnonzero(core)
    doors = cells[(portal_to[cells] > cells) & np.isin(portal_to[cells], cells)]
    half = np.where((terrain == rules.BRICK) | (terrain == rules.BRICK_CRACKED), HALF_BRICK, 0)
    moves, part, zone = (np.full(size, value, np.int64) for value in (0, _NO_PART, -1))
    part[cells] = _UNSPLIT
    ground = WayGraph(moves, half.astype(np.int64), portal_to, core.astype(np.int64), part, zone, stride)
    find_moves(terrain, walkable.astype(np.int64), moves, stride)
    parts = np.zeros((2 * cells.size + 1, _PART_SIZE), np.int64)
    forks = np.zeros((parts.shape[0], _DEEPEST), np.int64)
    count, depths = split_level(ground, doors.size, parts, forks, np.zeros(2 * size, np.int64))
    sizes = np.zeros(size, np.int64)
    sizes[cells] = depths + cores.size + parts[part[cells], _END]
    sizes[cores] = depths + cores.size
    places = np.full((size, PLACE_SIZE), -1, np.int64)
    places[walkable, AT] = (np.cumsum(sizes) - sizes)[walkable]
    places[cells, BRANCH] = parts[part[cells], _BRANCH]
    places[cores, BRANCH] = -1 - np.arange(cores.size)
    total = int(sizes.sum())
    labels = Labels(places, np.zeros(total, np.uint16), np.zeros(total, np.uint16), depths, cores.size)
    labels.lengths[places[cells, AT, None] + np.arange(depths)] = forks[part[cells], :depths]
    search = Search(
        np.zeros(size, np.uint16),
        np.zeros(size, np.uint16),
        np.zeros(_BUCKETS, np.int64),
        np.zeros((9 * int(walkable.sum()) + 1, 2), np.int64),
    )
    fill_labels(ground, search, parts, count, np.concatenate([cores, doors]), labels)
    return labels


def empty_labels(size: int) -> Labels:
    """Return labels for a level whose paths are not needed: no tile is walkable."""
    none = np.zeros(0, np.uint16)
    return Labels(np.full((size, PLACE_SIZE), -1, np.int64), none, none, 0, 0)


@jit
def find_moves(terrain: ByteArray, walkable: IntArray, moves: IntArray, stride: int) -> None:
    """Write which moves lead from each walkable tile to another; a diagonal needs both adjacent tiles open."""
    for cell in range(terrain.shape[0]):
        moves[cell] = 0
        if walkable[cell] == 0:
            continue
        for move in range(1, rules.N_MOVES):
            dx = MOVE_X[move]
            dy = MOVE_Y[move] * stride
            if walkable[cell + dx + dy] == 0:
                continue
            if dx != 0 and dy != 0 and BLOCKS_TANK[terrain[cell + dx]] + BLOCKS_TANK[terrain[cell + dy]] != 0:
                continue
            moves[cell] |= 1 << (move - 1)


@jit
def split_level(
    ground: WayGraph, doors: int, parts: IntArray, forks: IntArray, tally: IntArray
) -> tuple[int, int]:
    """Split the level until its parts are small; return the number of parts and the greatest depth of nesting.

    Writes ground.part. doors: hubs of the whole level. tally: (2 * terrain,) working memory.
    """
    parts[0, _LEFT] = 1
    parts[0, _TOP] = 1
    parts[0, _RIGHT] = ground.stride - 2
    parts[0, _BOTTOM] = ground.part.shape[0] // ground.stride - 2
    count = 1
    deepest = 0
    n = 0
    while n < count:
        part = parts[n]
        for column in range(4):
            part[_LINE + column] = part[column]
        depth = part[_DEPTH]
        deepest = max(deepest, depth)
        around = part[_END]  # the part around it, as long as its own hubs are not counted
        axis = -1
        if depth < _DEEPEST - 1:
            axis, at = _find_line(ground, part, tally)
        if axis >= 0:
            part[_LINE + axis] = at
            part[_LINE + axis + 2] = at
            for side in range(2):
                for column in range(4):
                    parts[count, column] = part[column]
                parts[count, axis + 2 * (1 - side)] = at + 2 * side - 1
                parts[count, _DEPTH] = depth + 1
                parts[count, _BRANCH] = part[_BRANCH] | side << depth
                parts[count, _END] = n
                count += 1
        part[_OWN] = _take_hubs(ground, part, n)
        part[_END] = part[_OWN] + (doors if n == 0 else parts[around, _END])
        for fork in range(_DEEPEST):
            forks[n, fork] = forks[around, fork] if fork < depth else part[_END]
        n += 1
    return count, deepest + 1


@jit
def _find_line(ground: WayGraph, part: IntArray, tally: IntArray) -> tuple[int, int]:
    """Return where to split a part, (0, column) or (1, row): few tiles on the line, many on both sides. (-1, 0): nowhere."""
    longest = tally.shape[0] // 2
    for column in range(part[_LEFT], part[_RIGHT] + 1):
        tally[column] = 0
    total = 0
    for row in range(part[_TOP], part[_BOTTOM] + 1):
        tally[longest + row] = 0
        for column in range(part[_LEFT], part[_RIGHT] + 1):
            if ground.part[row * ground.stride + column] == _UNSPLIT:
                tally[column] += 1
                tally[longest + row] += 1
                total += 1
    best_axis = -1
    best_at = 0
    best = 0
    if total <= _FEW:
        return best_axis, best_at
    for axis in range(2):
        before = 0
        for at in range(part[axis], part[axis + 2] + 1):
            on_it = tally[axis * longest + at]
            smaller = min(before, total - before - on_it)
            before += on_it
            if smaller == 0:
                continue
            # at least a quarter of the tiles on each side; among such lines the shortest; then the one nearest the middle
            score = (min(smaller, total // 4) << 40) - (on_it << 20) + smaller
            if best_axis < 0 or score > best:
                best_axis = axis
                best_at = at
                best = score
    return best_axis, best_at


@jit
def _take_hubs(ground: WayGraph, part: IntArray, number: int) -> int:
    """Assign the tiles of a part's line to it, so that no later part gets them; return their number."""
    own = 0
    for row in range(part[_LINE + _TOP], part[_LINE + _BOTTOM] + 1):
        for column in range(part[_LINE + _LEFT], part[_LINE + _RIGHT] + 1):
            cell = row * ground.stride + column
            if ground.part[cell] == _UNSPLIT:
                ground.part[cell] = number
                own += 1
    return own


@jit
def fill_labels(
    ground: WayGraph, search: Search, parts: IntArray, count: int, far_hubs: IntArray, labels: Labels
) -> None:
    """Write the paths into the labels: to the far hubs (the cores, then the portals), then to the hubs of each part."""
    places = labels.places
    for n in range(far_hubs.shape[0]):
        for cell in range(ground.zone.shape[0]):
            if places[cell, AT] >= 0:
                ground.zone[cell] = n if n < labels.cores or ground.core[cell] == 0 else -1
        _reach_all(ground, search, parts[0], far_hubs[n], True)
        _store_search(ground, search, parts[0], n, labels, labels.forks + n)
    for n in range(count):
        part = parts[n]
        zone = far_hubs.shape[0] + n
        for row in range(part[_TOP], part[_BOTTOM] + 1):
            for column in range(part[_LEFT], part[_RIGHT] + 1):
                cell = row * ground.stride + column
                if ground.part[cell] != _NO_PART:
                    ground.zone[cell] = zone
        hub = labels.forks + labels.cores + part[_END] - part[_OWN]
        for row in range(part[_LINE + _TOP], part[_LINE + _BOTTOM] + 1):
            for column in range(part[_LINE + _LEFT], part[_LINE + _RIGHT] + 1):
                start = row * ground.stride + column
                if ground.part[start] != n:
                    continue
                _reach_all(ground, search, part, start, False)
                _store_search(ground, search, part, zone, labels, hub)
                hub += 1


@jit
def _store_search(
    ground: WayGraph, search: Search, part: IntArray, zone: int, labels: Labels, place: int
) -> None:
    """Store the results of a search at index `place` in the labels of its zone."""
    for row in range(part[_TOP], part[_BOTTOM] + 1):
        for column in range(part[_LEFT], part[_RIGHT] + 1):
            cell = row * ground.stride + column
            if ground.zone[cell] == zone:
                at = labels.places[cell, AT] + place
                labels.lengths[at] = search.lengths[cell]
                labels.moves[at] = search.moves[cell]


@jit
def _reach_all(ground: WayGraph, search: Search, part: IntArray, start: int, portals: bool) -> None:
    """Find the shortest paths between `start` and all tiles of its zone, which is in the part: Dijkstra with buckets."""
    for row in range(part[_TOP], part[_BOTTOM] + 1):
        for column in range(part[_LEFT], part[_RIGHT] + 1):
            search.lengths[row * ground.stride + column] = FAR
            search.moves[row * ground.stride + column] = 0
    for bucket in range(_BUCKETS):
        search.first[bucket] = -1
    search.lengths[start] = 0
    search.entries[0, 0] = start
    search.entries[0, 1] = -1
    search.first[0] = 0
    used = 1
    waiting = 1
    cost = 0
    while waiting > 0:
        bucket = cost & (_BUCKETS - 1)
        entry = search.first[bucket]
        search.first[bucket] = -1
        while entry >= 0:
            cell = search.entries[entry, 0]
            entry = search.entries[entry, 1]
            waiting -= 1
            if search.lengths[cell] != cost or (ground.core[cell] != 0 and cell != start):
                continue
            for move in range(1, rules.N_MOVES + 1):
                if move == rules.N_MOVES:
                    there = ground.portal_to[cell]
                    step = STRAIGHT
                    back = 0
                    out = 0
                    if not portals or there == 0:
                        continue
                else:
                    if ground.moves[cell] >> (move - 1) & 1 == 0:
                        continue
                    there = cell + MOVE_Y[move] * ground.stride + MOVE_X[move]
                    step = DIAGONAL if MOVE_X[move] * MOVE_Y[move] != 0 else STRAIGHT
                    back = 1 << ((move + 3) & 7)
                    out = 256 << (move - 1)
                if cell != start:
                    out = search.moves[cell] & 0xFF00
                total = cost + step + ground.half[cell] + ground.half[there]
                if ground.zone[there] != ground.zone[start] or total > search.lengths[there]:
                    continue
                if total == search.lengths[there]:
                    search.moves[there] |= back | out
                    continue
                search.lengths[there] = total
                search.moves[there] = back | out
                slot = total & (_BUCKETS - 1)
                search.entries[used, 0] = there
                search.entries[used, 1] = search.first[slot]
                search.first[slot] = used
                used += 1
                waiting += 1
        cost += 1


@jit_inline
def find_way(ways: Labels, a: int, b: int) -> tuple[int, int]:
    """Return the length from walkable tile a to another one, b, and the moves (bit n: move n + 1) that begin a shortest path.

    FAR or more: there is no path. No move: only a portal leads there.
    """
    at_a = ways.places[a, AT]
    at_b = ways.places[b, AT]
    branch_a = ways.places[a, BRANCH]
    branch_b = ways.places[b, BRANCH]
    if branch_a < 0:
        place = at_b + ways.forks - 1 - branch_a
        return int64(ways.lengths[place]), int64(ways.moves[place]) >> 8
    if branch_b < 0:
        place = at_a + ways.forks - 1 - branch_b
        return int64(ways.lengths[place]), int64(ways.moves[place]) & 255
    fork = min(_lowest_bit(branch_a ^ branch_b), ways.forks - 1)
    shared = int64(min(ways.lengths[at_a + fork], ways.lengths[at_b + fork]))
    at_a += ways.forks + ways.cores
    at_b += ways.forks + ways.cores
    lengths_a = ways.lengths[at_a:]
    lengths_b = ways.lengths[at_b:]
    moves_a = ways.moves[at_a:]
    moves_b = ways.moves[at_b:]
    # 16 bits wide and without a branch, so that LLVM processes eight or more hubs together
    best = np.uint16(2 * FAR)
    for n in range(shared):
        best = min(best, np.uint16(lengths_a[n] + lengths_b[n]))
    moves = np.uint16(0)
    for n in range(shared):
        here = np.uint16(moves_b[n] >> np.uint16(8)) if lengths_a[n] == 0 else moves_a[n]
        moves |= here if np.uint16(lengths_a[n] + lengths_b[n]) == best else np.uint16(0)
    return int64(best), int64(moves) & 255


@jit_inline
def _lowest_bit(value: int) -> int:
    """Return the index of the lowest set bit, 63 or more if there is none."""
    low = value & -value
    place = 0 if low & 0xFFFFFFFF else 32
    place += 0 if low & 0x0000FFFF0000FFFF else 16
    place += 0 if low & 0x00FF00FF00FF00FF else 8
    place += 0 if low & 0x0F0F0F0F0F0F0F0F else 4
    place += 0 if low & 0x3333333333333333 else 2
    return place + (0 if low & 0x5555555555555555 else 1)
