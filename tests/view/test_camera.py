"""The camera: small arenas are shown whole, large ones are followed, shakes can be turned off."""

import itertools

import pytest

from game.core import rules
from game.view.camera import LARGEST_LAYER, MARGIN, Camera

SIZE = (1280, 720)
WHOLE = (0, 0, *SIZE)


def test_a_small_arena_is_shown_whole_and_stays_put() -> None:
    camera = Camera(SIZE, WHOLE, (24, 14))
    assert camera.fits
    still = camera.offset(0.0)
    camera.look_at(0, 0)
    for _ in range(30):
        camera.tick()
    assert camera.offset(1.0) == pytest.approx(still)
    assert 24 * camera.tile_px < SIZE[0]
    assert 14 * camera.tile_px < SIZE[1]


def test_a_large_arena_is_followed_up_to_its_edges() -> None:
    camera = Camera(SIZE, WHOLE, (64, 64))
    assert not camera.fits
    camera.look_at(32 * 256, 32 * 256, now=True)
    x, y = camera.offset(1.0)
    assert (x + 32 * camera.tile_px, y + 32 * camera.tile_px) == pytest.approx((640, 360))
    camera.look_at(0, 0, now=True)
    assert camera.offset(1.0) == pytest.approx((MARGIN * camera.tile_px, MARGIN * camera.tile_px))


def test_the_camera_moves_smoothly() -> None:
    camera = Camera(SIZE, WHOLE, (64, 64))
    camera.look_at(32 * 256, 32 * 256, now=True)
    camera.look_at(40 * 256, 32 * 256)
    lefts = []
    for _ in range(60):
        camera.tick()
        lefts += [camera.offset(0.0)[0], camera.offset(0.5)[0]]
    steps = [a - b for a, b in itertools.pairwise(lefts)]
    assert min(steps) >= -1e-9
    assert max(steps) < 0.1 * 8 * camera.tile_px


def test_panels_leave_room_to_see_the_edge() -> None:
    camera = Camera(SIZE, WHOLE, (64, 64), slack=(54, 60))
    camera.look_at(0, 0, now=True)
    assert camera.offset(1.0)[1] == pytest.approx(54 + MARGIN * camera.tile_px)
    camera.look_at(64 * 256, 64 * 256, now=True)
    bottom = camera.offset(1.0)[1] + (64 + MARGIN) * camera.tile_px
    assert bottom == pytest.approx(SIZE[1] - 60)


def test_an_arena_that_panels_would_cover_is_followed_instead() -> None:
    assert Camera(SIZE, WHOLE, (28, 24)).fits
    assert not Camera(SIZE, WHOLE, (28, 24), slack=(54, 60)).fits
    assert Camera(SIZE, WHOLE, (28, 24), slack=(54, 60)).tile_px > Camera(SIZE, WHOLE, (28, 24)).tile_px


def test_a_blow_shakes_the_view_and_fades() -> None:
    camera = Camera(SIZE, WHOLE, (24, 14))
    still = camera.offset(0.0)
    camera.shake(0.8)
    offsets = []
    for _ in range(80):
        camera.tick()
        offsets.append(camera.offset(0.5))
    assert max(abs(x - still[0]) for x, _ in offsets[:10]) > 2
    assert offsets[-1] == pytest.approx(still)


def test_shake_can_be_turned_off() -> None:
    camera = Camera(SIZE, WHOLE, (24, 14), shake=0.0)
    still = camera.offset(0.0)
    camera.shake(1.0)
    camera.tick()
    assert camera.offset(0.5) == pytest.approx(still)


@pytest.mark.parametrize("arena", [(8, 8), (32, 24), (64, 64)])
@pytest.mark.parametrize("ui_scale", [0.5, 1.0, 3.0])
def test_an_arena_picture_never_outgrows_its_memory(arena: tuple[int, int], ui_scale: float) -> None:
    camera = Camera(SIZE, WHOLE, arena, ui_scale)
    assert (arena[0] + 2) * (arena[1] + 2) * camera.tile_px**2 <= LARGEST_LAYER
    assert camera.su_px == camera.tile_px / rules.SU_PER_TILE


@pytest.mark.parametrize("arena", [(8, 8), (64, 64), (64, 8)])
def test_fitting_an_arena_of_any_size_on_request(arena: tuple[int, int]) -> None:
    camera = Camera((640, 360), (0, 0, 640, 360), arena, always_fit=True)
    x, y = camera.offset(1.0)
    assert x >= 0
    assert y >= 0
    assert x + arena[0] * camera.tile_px <= 640
    assert y + arena[1] * camera.tile_px <= 360
