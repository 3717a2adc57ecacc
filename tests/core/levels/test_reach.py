"""Flood fill: where a tank can get."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from game.core import rules
from game.core.levels.reach import PASSABLE, Ground
from tests.core.levels.arenas import arena

Place = tuple[int, int]


def slow_reach(tiles: np.ndarray, start: Place, portals: tuple[tuple[Place, Place], ...]) -> set[Place]:
    """Walk tile by tile: the plain definition of what the bits compute at once."""
    height, width = tiles.shape
    doors = {**dict(portals), **{b: a for a, b in portals}}
    if int(tiles[start[1], start[0]]) not in PASSABLE:
        return set()
    seen, todo = {start}, [start]
    while todo:
        x, y = todo.pop()
        steps = [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        steps += [doors[x, y]] if (x, y) in doors else []
        for place in steps:
            inside = 0 <= place[0] < width and 0 <= place[1] < height
            if inside and place not in seen and int(tiles[place[1], place[0]]) in PASSABLE:
                seen.add(place)
                todo.append(place)
    return seen


@given(st.data())
def test_the_flood_agrees_with_a_walk(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(8, 14)), data.draw(st.integers(8, 14))
    dealt = st.lists(st.sampled_from([0, 0, 1, 2, 4, 5]), min_size=width * height, max_size=width * height)
    tiles = np.array(data.draw(dealt), np.uint8).reshape(height, width)
    tiles[0, 0] = tiles[-1, -1] = rules.PORTAL
    portals = (((0, 0), (width - 1, height - 1)),) if data.draw(st.booleans()) else ()
    start = (data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1)))
    ground = Ground(tiles, portals)
    assert set(ground.places(ground.reachable(start))) == slow_reach(tiles, start, portals)


def test_bricks_can_be_passed_and_water_mirrors_and_the_core_cannot() -> None:
    passable = {rules.TILES[tile].name for tile in PASSABLE}
    assert {"floor", "brick", "brick_cracked", "cover", "portal", "home_0"} <= passable
    assert not passable & {"wall", "water", "mirror_slash", "mirror_backslash", "core"}


def test_nothing_leaks_round_the_edge_of_a_row() -> None:
    made = arena(
        """
        ....#....
        ....#....
        ....#....
        ....#....
        ....#....
        ....#....
        ....#....
        ....#....
        """
    )
    ground = Ground.of(made)
    assert {x for x, _ in ground.places(ground.reachable((8, 3)))} == {5, 6, 7, 8}


def test_beside_gives_the_open_neighbours() -> None:
    made = arena("#.#......\n.C.......\n#~#......\n" + ".........\n" * 5)
    ground = Ground.of(made)
    assert ground.places(ground.open_neighbours((1, 1))) == [(1, 0), (0, 1), (2, 1)]
