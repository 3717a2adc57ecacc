"""The arena's picture: every tile looks different, walls merge, and a broken brick is re-drawn exactly."""

import numpy as np
import pygame
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game.core import rules
from game.view.arena_layer import ArenaLayer
from game.view.palette import DEFAULT, THEMES
from game.view.sdf import Canvas
from game.view.tiles import CENTRE_BIT, TileBaker, merged_distance

TILE = 24


def pixels(surface: pygame.Surface) -> np.ndarray:
    return pygame.surfarray.array3d(surface).astype(np.int64)


def lone_tile(kind: int, *, grey: bool = False) -> np.ndarray:
    """Return the picture of one tile of a kind amid floor, as the view shows it."""
    terrain = np.full((3, 3), rules.FLOOR, np.uint8)
    terrain[1, 1] = kind
    layer = ArenaLayer(TILE, DEFAULT, THEMES[0])
    layer.bake(terrain)
    picture = layer.surface.copy()
    for (column, row), variant in layer.cover.items():
        place = (column * TILE - layer.canopy_offset, row * TILE - layer.canopy_offset)
        picture.blit(layer.baker.canopy(variant, False), place, special_flags=pygame.BLEND_PREMULTIPLIED)
    found = pixels(picture)[TILE : 2 * TILE, TILE : 2 * TILE]
    return found.mean(axis=2, keepdims=True) if grey else found


def look_alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether two pictures differ too little to be told apart at a glance."""
    return bool(np.abs(a - b).mean() < 4)


HOMES = range(rules.HOME, rules.N_TILES)


@pytest.mark.parametrize("grey", [False, True])
def test_every_tile_looks_different(grey: bool) -> None:
    pictures = [lone_tile(kind, grey=grey) for kind in range(rules.N_TILES)]
    # The grounds of homes are alike: in grey their shapes alone must do, which the next test looks at.
    alike = [
        (rules.TILES[a].name, rules.TILES[b].name)
        for a in range(rules.N_TILES)
        for b in range(a)
        if look_alike(pictures[a], pictures[b]) and not (grey and a in HOMES and b in HOMES)
    ]
    assert alike == []


def test_homes_wear_different_shapes_without_colour() -> None:
    pictures = [lone_tile(kind, grey=True)[5:-5, 5:-5, 0] for kind in HOMES]
    shapes = [picture > picture.mean() + picture.std() for picture in pictures]
    for n, shape in enumerate(shapes):
        for other in shapes[:n]:
            assert (shape ^ other).mean() > 0.04


def test_the_same_tile_twice_does_look_alike() -> None:
    assert look_alike(lone_tile(rules.WALL), lone_tile(rules.WALL))


def terrains() -> st.SearchStrategy[np.ndarray]:
    kinds = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 10])
    return st.lists(kinds, min_size=42, max_size=42).map(
        lambda cells: np.array(cells, np.uint8).reshape(6, 7)
    )


@settings(max_examples=40)
@given(terrains(), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 9)), max_size=5))
def test_re_baking_what_changed_equals_baking_everything(
    terrain: np.ndarray, changes: list[tuple[int, int, int]]
) -> None:
    patched = ArenaLayer(8, DEFAULT, THEMES[0])
    patched.bake(terrain)
    for row, column, kind in changes:
        terrain[row, column] = kind
    patched.update(terrain)
    whole = ArenaLayer(8, DEFAULT, THEMES[0])
    whole.bake(terrain)
    assert np.array_equal(pixels(patched.surface), pixels(whole.surface))
    assert (patched.cover, patched.water, patched.portals) == (whole.cover, whole.water, whole.portals)


def test_re_baking_the_broken_brick_alone_would_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    terrain = np.full((4, 5), rules.FLOOR, np.uint8)
    terrain[1, 1:4] = rules.BRICK
    whole, patched = ArenaLayer(16, DEFAULT, THEMES[0]), ArenaLayer(16, DEFAULT, THEMES[0])
    patched.bake(terrain)
    terrain[1, 2] = rules.FLOOR
    whole.bake(terrain)
    draw = ArenaLayer._draw
    monkeypatch.setattr(
        ArenaLayer, "_draw", lambda self, c, r: draw(self, c, r) if (c, r) == (2, 1) else None
    )
    patched.update(terrain)
    assert not np.array_equal(pixels(patched.surface), pixels(whole.surface))


def test_a_broken_brick_re_draws_nine_tiles_and_an_unchanged_arena_none() -> None:
    terrain = np.full((6, 6), rules.BRICK, np.uint8)
    layer = ArenaLayer(8, DEFAULT, THEMES[0])
    layer.bake(terrain)
    assert layer.update(terrain) == 0
    terrain[3, 3] = rules.FLOOR
    assert layer.update(terrain) == 9


def test_adjacent_walls_share_one_outline() -> None:
    terrain = np.full((3, 4), rules.FLOOR, np.uint8)
    terrain[1, 1:3] = rules.WALL
    layer = ArenaLayer(TILE, DEFAULT, THEMES[0])
    layer.bake(terrain)
    light = pixels(layer.surface).sum(axis=2)
    middle = TILE + TILE // 2
    seam = light[2 * TILE - 2 : 2 * TILE + 2, middle].max()
    outer_edge = light[TILE : TILE + 4, middle].max()
    assert outer_edge > 2.5 * seam


def test_the_outline_of_two_tiles_ignores_their_common_edge() -> None:
    x, y = (np.array([[value]], np.float32) for value in (0.97, 0.5))
    alone = merged_distance(x, y, CENTRE_BIT)
    joined = merged_distance(x, y, CENTRE_BIT | 1 << 5)
    assert abs(float(alone[0, 0])) < 0.05
    assert float(joined[0, 0]) <= -0.45


def test_the_shimmer_of_water_moves_and_joins_across_tiles() -> None:
    layer = ArenaLayer(TILE, DEFAULT, THEMES[0])
    first, later = pixels(layer.shimmer(0, 0, 0)), pixels(layer.shimmer(0, 0, 6))
    assert np.abs(first - later).mean() > 2
    right = pixels(layer.shimmer(1, 0, 0))
    step_inside = np.abs(np.diff(first, axis=0)).mean()
    step_across = np.abs(first[-1] - right[0]).mean()
    assert step_across < 3 * step_inside + 2


def test_reduced_glow_is_darker_around_walls() -> None:
    def light(glow: float) -> float:
        baker = TileBaker(TILE, DEFAULT, THEMES[0], glow)
        return float(pixels(baker.tile(rules.FLOOR, 1 << 3, 0, 0)).sum())

    assert light(0.0) < 0.8 * light(1.0)


@pytest.mark.parametrize("side", [17, 24])
def test_a_brick_put_together_from_quarters_is_what_it_would_be_if_painted_whole(side: int) -> None:
    baker = TileBaker(side, DEFAULT, THEMES[0])
    for same in (CENTRE_BIT | n & 15 | (n & 240) << 1 for n in range(0, 256, 3)):
        for kind in (rules.BRICK, rules.BRICK_CRACKED):
            canvas = Canvas(baker._x.shape, THEMES[0].floor)
            baker._floor(canvas, same % 4)
            baker._wall_light(canvas, 7)
            baker._brick(
                canvas, kind == rules.BRICK_CRACKED, merged_distance(baker._x, baker._y, same, 0.10), same % 4
            )
            assert (pixels(baker.tile(kind, 7, same, same % 4)) == pixels(canvas.opaque())).all()
