"""Ways by hub labels: the length and the first steps that a plain search finds, in little memory."""

import heapq
from dataclasses import replace

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.sim import arena as ar
from game.core.sim.glance import observe_seats
from game.core.sim.hub_labels import DIAGONAL, FAR, HALF_BRICK, STRAIGHT, Labels, build_labels, find_way
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from tests.core.levels.arenas import arena
from tests.core.sim.scenes import Scene

MIB = 1 << 20
BRICKS = (rules.BRICK, rules.BRICK_CRACKED)
ROOMS = """
    ....#....%..
    .a..%..a.#..
    ###.####.#%#
    ....x..~....
    .%..#..~..b.
    ..###..####.
    ...b#..#....
"""
CAVE = """
    ..#.........
    ..#.....#...
    ###.....#...
    .......##%%.
    ...C........
    ..C.........
"""


class Searched:
    """All ways of an arena by plain searches: `cost[a, b]` and `moves[a, b]`, a set, by terrain index."""

    def __init__(self, made: ar.Arena) -> None:
        self.tiles = ar.terrain_of(made).tolist()
        self.stride = made.tiles.shape[1] + 2
        levels = ar.pack_arenas([made], ways=False)
        self.portal_to = levels.portal_to.tolist()
        self.walkable = [
            cell
            for cell, tile in enumerate(self.tiles)
            if not rules.TILES[tile].blocks_tank or tile in (*BRICKS, rules.CORE)
        ]
        self.cost = {(a, b): cost for b in self.walkable for a, cost in self._to(b).items()}
        self.moves = {
            (a, b): {
                move
                for move, step, there in self._steps(a)
                if move
                and (there == b or self.tiles[there] != rules.CORE)
                and self.ways_on(there, b) + step == cost
            }
            for (a, b), cost in self.cost.items()
        }

    def ways_on(self, a: int, b: int) -> int:
        """Return the cost of the way; a large one where there is none."""
        return self.cost.get((a, b), 1 << 30)

    def _steps(self, cell: int) -> list[tuple[int, int, int]]:
        """Return (move, 0 for a portal, cost, where it leads) of all steps from a tile."""
        steps = [(0, STRAIGHT, self.portal_to[cell])] if self.portal_to[cell] else []
        for move, (dx, dy) in enumerate(rules.MOVES[1:], 1):
            there = cell + dy * self.stride + dx
            beside = (cell + dx, cell + dy * self.stride)
            if dx and dy and any(rules.TILES[self.tiles[each]].blocks_tank for each in beside):
                continue
            steps.append((move, DIAGONAL if dx and dy else STRAIGHT, there))
        toll = {there: 2 * HALF_BRICK * (self.tiles[there] in BRICKS) for _, _, there in steps}
        return [(move, step + toll[there], there) for move, step, there in steps if there in self.walkable]

    def _to(self, goal: int) -> dict[int, int]:
        """Return the cost of the way to a tile from each that has one: Dijkstra's search along the steps, backwards."""
        back: dict[int, list[tuple[int, int]]] = {cell: [] for cell in self.walkable}
        for cell in self.walkable:
            for _move, step, there in self._steps(cell):
                back[there].append((cell, step))
        found = {}
        heap = [(0, goal)]
        while heap:
            cost, cell = heapq.heappop(heap)
            if cell in found:
                continue
            found[cell] = cost
            if self.tiles[cell] != rules.CORE or cell == goal:
                for before, step in back[cell]:
                    heapq.heappush(heap, (cost + step, before))
        return found


def labels_of(made: ar.Arena) -> Labels:
    levels = ar.pack_arenas([made])
    return build_labels(levels.terrain, levels.portal_to, made.tiles.shape[1] + 2)


def differences(searched: Searched, labels: Labels) -> int:
    """Count the pairs of tiles whose way is another by the labels than by a plain search."""
    half = [HALF_BRICK * (tile in BRICKS) for tile in searched.tiles]
    wrong = 0
    for a in searched.walkable:
        for b in searched.walkable:
            if a == b:
                continue
            length, moves = find_way(labels, a, b)
            known = (a, b) in searched.cost
            if known != (length < FAR):
                wrong += 1
            elif known:
                cost = length + half[b] - half[a]
                first = {move for move in range(1, rules.N_MOVES) if moves >> (move - 1) & 1}
                wrong += cost != searched.cost[a, b] or first != searched.moves[a, b]
    return wrong


def soup(seed: int) -> ar.Arena:
    """An arena of tiles in any order, two pairs of portals among them."""
    source = np.random.default_rng(seed)
    picture = source.choice(list("....%x#~/C0,"), (9, 11))
    for sign in "aabb":
        picture[source.integers(9), source.integers(11)] = sign
    return arena("\n".join("".join(row) for row in picture))


@pytest.mark.parametrize("made", [arena(ROOMS), arena(CAVE), *map(soup, range(3))], ids=lambda _made: "")
def test_every_way_is_as_a_plain_search_finds_it(made: ar.Arena) -> None:
    assert differences(Searched(made), labels_of(made)) == 0


def test_a_wrong_label_is_noticed() -> None:
    searched, labels = Searched(arena(ROOMS)), labels_of(arena(ROOMS))
    labels.lengths[labels.places[searched.walkable[0], 0] + labels.forks] -= 1
    assert differences(searched, labels) > 0


def test_a_level_without_a_tile_to_stand_on_is_packed() -> None:
    assert labels_of(arena("####\n####")).lengths.size == 0


def test_a_core_beside_the_way_still_counts_as_a_step_of_it() -> None:
    """Brains have learnt with it: a step onto the core is told where the goal would be as near from there."""
    scene = Scene("....A.\nB..C..\n......")
    scene.step()
    out = np.zeros((2, OBSERVATION_SIZE), np.float32)
    observe_seats(scene.world, scene.levels, 0, np.array([0]), False, out, np.zeros(SCRATCH_SIZE, np.int64))
    at = OFFSETS["way_enemy"]
    assert out[0, at : at + 2].tolist() == [-1.0, 1.0]  # the way that a tank can take begins with (-1, 0)
    assert differences(Searched(scene.arena), labels_of(scene.arena)) == 0


def open_level(side: int) -> ar.Arena:
    """The worst: every tile can be walked on."""
    return replace(load_level("foundry").arena, tiles=np.zeros((side, side), np.uint8), portals=())


def test_a_packed_level_is_small_and_grows_far_less_than_its_pairs_of_tiles() -> None:
    sizes = {side: sum(each.nbytes for each in ar.pack_arenas([open_level(side)])) for side in (16, 32, 64)}
    assert sizes[64] < 3.2 * MIB
    assert (
        sizes[64] < 8 * sizes[32] < 64 * sizes[16]
    )  # the tiles are four times as many, the pairs sixteen times
    assert sum(each.nbytes for each in ar.pack_arenas([load_level("metropolis").arena])) < 1.1 * MIB


def test_a_level_whose_ways_nobody_asks_for_has_none() -> None:
    plain, measured = (ar.pack_arenas([load_level("foundry").arena], ways=ways) for ways in (False, True))
    assert plain.way_lengths.size == plain.way_moves.size == 0
    assert (plain.way_places == -1).all()
    assert plain.terrain.tolist() == measured.terrain.tolist()
