#!/usr/bin/env bash
# pathfinding: BiAStarFinder finds paths as dear as a search that never looks at the weights
#
# Guess:  A* from both ends finds the cheapest path on a weighted grid, as AStarFinder and DijkstraFinder of the package do.
# Really: it stops at the first node that both searches have seen. Of the paths on grids with tiles of cost 1, 2 and 5 nearly all
#         are dearer than need be, up to 1.92 times, which is just what BreadthFirstFinder gives. Even where all tiles cost the
#         same some paths are longer than the shortest.
# Hurts:  NPCs that are to avoid mud or fire walk straight through it as soon as the "faster" finder is put in.
# Seen with pathfinding 1.0.23, Python 3.11.
# Output seen:
#   costs 1: 135 grids; dearer than need be: A* 0 (at most 1.00 times), both ends 2 (1.10), breadth first 0 (1.00)
#   costs 1, 2, 5: 155 grids; dearer than need be: A* 0 (at most 1.00 times), both ends 145 (1.92), breadth first 145 (1.92)
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pathfinding==1.0.23
venv/bin/python - <<'PROOF'
import heapq
import random

from pathfinding.core.diagonal_movement import DiagonalMovement
from pathfinding.core.grid import Grid
from pathfinding.finder.a_star import AStarFinder
from pathfinding.finder.bi_a_star import BiAStarFinder
from pathfinding.finder.breadth_first import BreadthFirstFinder

SIDE = 10
FINDERS = {"A*": AStarFinder, "both ends": BiAStarFinder, "breadth first": BreadthFirstFinder}


def cheapest(costs):
    """The cost of the cheapest path between two corners, by Dijkstra's algorithm; None where there is none."""
    known, queue = {(0, 0): 0}, [(0, (0, 0))]
    while queue:
        cost, (x, y) = heapq.heappop(queue)
        if (x, y) == (SIDE - 1, SIDE - 1):
            return cost
        for place in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            step = costs[place[1]][place[0]] if min(place) >= 0 and max(place) < SIDE else 0
            if step and cost + step < known.get(place, 1e9):
                known[place] = cost + step
                heapq.heappush(queue, (cost + step, place))
    return None


def ratios(finder, grids):
    """The cost of every path as a multiple of the cheapest."""
    found = []
    for costs, best in grids:
        grid = Grid(matrix=costs)
        path, _ = finder(diagonal_movement=DiagonalMovement.never).find_path(
            grid.node(0, 0), grid.node(SIDE - 1, SIDE - 1), grid
        )
        found.append(sum(costs[node.y][node.x] for node in path[1:]) / best)
    return found


def counts(tiles):
    """How many paths of each finder are dearer than need be, and by how much at most."""
    random.seed(1)
    grids = []
    for _ in range(200):
        costs = [[random.choice(tiles) if random.random() > 0.25 else 0 for _ in range(SIDE)] for _ in range(SIDE)]
        costs[0][0] = costs[-1][-1] = 1
        if (best := cheapest(costs)) is not None:
            grids.append((costs, best))
    rows = {name: ratios(finder, grids) for name, finder in FINDERS.items()}
    worse = {name: (sum(one > 1 for one in row), round(max(row), 2)) for name, row in rows.items()}
    (a, a_most), (both, both_most), (flat, flat_most) = worse.values()
    print(
        f"costs {', '.join(map(str, tiles))}: {len(grids)} grids; dearer than need be: A* {a} (at most {a_most:.2f} times), "
        f"both ends {both} ({both_most:.2f}), breadth first {flat} ({flat_most:.2f})"
    )
    return list(worse.values())


assert counts([1]) == [(0, 1.0), (2, 1.1), (0, 1.0)]
assert counts([1, 2, 5]) == [(0, 1.0), (145, 1.92), (145, 1.92)]
PROOF
