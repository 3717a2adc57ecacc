"""Level pictures and `rgb_array` frames."""

import numpy as np
import pygame
import pytest

from game.core import rules
from game.core.sim.arena import Arena, PickupSpot, Spawn
from game.view.offscreen import OffscreenView, render_rgb
from game.view.thumbnail import level_thumbnail
from tests.view.worlds import EVERYTHING, LETTERS, add_event, busy_world, make_world, next_tick


def arena(objective: int = rules.ELIMINATE, size: tuple[int, int] | None = None) -> Arena:
    if size is not None:
        tiles = np.zeros((size[1], size[0]), np.uint8)
    else:
        tiles = np.array([[LETTERS[letter] for letter in row] for row in EVERYTHING], np.uint8)
    return Arena(
        "a", tiles, objective, (Spawn(0, 0, 0), Spawn(5, 5, 1)), 600,
        pickups=(PickupSpot(3, 3, 2),), cells=((4, 4),),
        portals=(((12, 2), (1, 6)),) if size is None else (),
    )  # fmt: skip


@pytest.mark.parametrize("objective", range(rules.N_OBJECTIVES))
@pytest.mark.parametrize("size", [(320, 180), (160, 160), (64, 36)])
def test_a_level_picture_shows_something(objective: int, size: tuple[int, int]) -> None:
    picture = level_thumbnail(arena(objective), size)
    assert picture.get_size() == size
    pixels = pygame.surfarray.array3d(picture)
    assert pixels.std() > 15
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 100


@pytest.mark.parametrize("size", [(8, 8), (64, 64), (64, 8)])
def test_a_level_picture_of_any_arena_fits(size: tuple[int, int]) -> None:
    assert level_thumbnail(arena(size=size), (200, 120)).get_size() == (200, 120)


def test_level_pictures_of_different_levels_differ() -> None:
    a = pygame.surfarray.array3d(level_thumbnail(arena(), (160, 90)))
    b = pygame.surfarray.array3d(level_thumbnail(arena(size=(14, 8)), (160, 90)))
    assert np.abs(a.astype(int) - b).mean() > 5


def test_a_level_picture_without_size_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least 1 x 1 pixels, found 0 x 5"):
        level_thumbnail(arena(), (0, 5))


@pytest.mark.parametrize("objective", range(rules.N_OBJECTIVES))
def test_a_frame_is_an_rgb_array(objective: int) -> None:
    frame = render_rgb(busy_world(objective), size=(320, 180))
    assert (frame.shape, frame.dtype) == ((180, 320, 3), np.uint8)
    assert frame.flags["C_CONTIGUOUS"]
    assert frame.std() > 10


def test_a_frame_is_a_fresh_array_with_rows_first() -> None:
    world = make_world(("#" * 14, *["." * 14] * 7))  # bright wall at the top
    first, second = render_rgb(world, size=(320, 180)), render_rgb(world, size=(320, 180))
    assert first is not second
    assert np.array_equal(first, second)
    assert first[:60].sum() > first[-60:].sum()


def test_an_offscreen_view_shows_the_effects_of_events() -> None:
    world = make_world()
    view = OffscreenView((320, 180), hud=False)
    view.start(world)
    next_tick(world)
    quiet_world = make_world()
    quiet = OffscreenView((320, 180), hud=False)
    quiet.start(quiet_world)
    next_tick(quiet_world)
    add_event(world, 11, 1, 0, 1500, 1000)
    view.after_tick(world)
    quiet.after_tick(quiet_world)
    assert view.rgb(world).astype(int).sum() > quiet.rgb(quiet_world).astype(int).sum() + 10_000


def test_every_world_of_a_batch_can_be_drawn_without_a_display() -> None:
    assert pygame.display.get_surface() is None
    assert render_rgb(make_world(), 0, size=(160, 90)).any()
