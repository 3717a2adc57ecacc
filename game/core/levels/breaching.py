"""The path from a tile to an area through the fewest solid tiles: Dijkstra's algorithm over the map and its portals."""

import heapq
from collections.abc import Collection
from dataclasses import dataclass

from game.core import rules
from game.core.levels.board import Board, SymmetryGuide
from game.core.levels.reach import PASSABLE, Place

_SOLID = 1.0
_SEEN = 0.25  # cost of a solid tile that is open on the other side of a nearly symmetric level
_OTHER = 1.01  # cost of water and mirrors: walls are opened first


@dataclass(frozen=True)
class Breach:
    """The solid tiles to open."""

    tiles: tuple[Place, ...]
    cost: float
    seen: bool  # whether the other side of a nearly symmetric level shows each of them open


def cheapest_breach(
    board: Board, starts: Collection[Place], area: int, guide: SymmetryGuide
) -> Breach | None:
    """Return the fewest tiles to open so that any of `starts` reaches an area of `board.ground()`.

    None if no path can be opened.
    """
    ground, arena = board.ground(), board.arena
    doors = {end: other for pair in board.portals for end, other in (pair, pair[::-1])}
    costs, before = dict.fromkeys(starts, 0.0), dict[Place, Place]()
    queue = [(0.0, start) for start in sorted(starts)]
    done: set[Place] = set()
    while queue:
        cost, place = heapq.heappop(queue)
        if place in done:
            continue
        done.add(place)
        if ground.bit(place) & area:
            return _walked(board, place, before, cost, guide)
        steps = list(board.neighbours(place))
        if place in doors:
            steps.append(doors[place])
        for step in steps:
            more = _cost(board, step, guide.tile(arena, step))
            if more is not None and cost + more < costs.get(step, float("inf")):
                costs[step], before[step] = cost + more, place
                heapq.heappush(queue, (cost + more, step))
    return None


def _cost(board: Board, place: Place, seen: int | None) -> float | None:
    tile = board.at(place)
    if tile in PASSABLE:
        return 0.0
    if place in board.pins or tile == rules.CORE:
        return None
    if seen is not None and seen in PASSABLE:
        return _SEEN
    return _SOLID if tile == rules.WALL else _OTHER


def _walked(
    board: Board, end: Place, before: dict[Place, Place], cost: float, guide: SymmetryGuide
) -> Breach:
    tiles, place = [], end
    while place in before:  # starts have no predecessor
        if board.at(place) not in PASSABLE:
            tiles.append(place)
        place = before[place]
    shown = [guide.tile(board.arena, tile) for tile in tiles]
    return Breach(tuple(tiles), cost, all(tile is not None and tile in PASSABLE for tile in shown))
