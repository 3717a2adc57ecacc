"""The last light over a frame: the kernel gives what pygame's transforms and blits give, and no frame needs these."""

from typing import Any

import numpy as np
import pygame
import pytest

from game.core.sim import state
from game.view import bloom
from game.view.bloom import PostProcessing, bytes_of
from game.view.renderer import Renderer
from tests.view.worlds import make_world

SIZES = ((320, 176), (333, 181))  # whole blocks of eight pixels, and not


def picture(size: tuple[int, int], seed: int = 1) -> pygame.Surface:
    """Lights of many strengths on a dark ground."""
    source = np.random.default_rng(seed)
    coarse = source.integers(0, 256, (size[0] // 20 + 1, size[1] // 20 + 1, 3)) ** 2 // 255
    surface = pygame.Surface(size, 0, 32)
    pixels = np.kron(coarse, np.ones((20, 20, 1), np.int64))[: size[0], : size[1]]
    pygame.surfarray.blit_array(surface, pixels.astype(np.uint8))
    return surface


def difference(one: pygame.Surface, other: pygame.Surface) -> int:
    pixels = [pygame.surfarray.array3d(each).astype(np.int64) for each in (one, other)]
    return int(np.abs(pixels[0] - pixels[1]).max())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("with_bloom", [True, False])
def test_the_kernel_gives_what_pygame_gives(size: tuple[int, int], with_bloom: bool) -> None:
    fast, slow = picture(size), picture(size)
    PostProcessing(size).apply(fast, with_bloom)
    PostProcessing(size)._apply_slowly(slow, with_bloom)
    assert difference(fast, slow) <= (2 if with_bloom else 0)
    assert difference(fast, picture(size)) > 20, "the light changes the picture"


def test_other_pixels_are_left_to_pygame() -> None:
    size = SIZES[0]
    assert bytes_of(pygame.Surface(size, pygame.SRCALPHA, 32)) is None
    assert bytes_of(pygame.Surface(size, 0, 24)) is None
    assert bytes_of(picture((640, 352)).subsurface((0, 0, *size))) is None
    other, plain = pygame.Surface(size, pygame.SRCALPHA, 32), picture(size)
    other.blit(plain, (0, 0))
    light = PostProcessing(size)
    light.apply(other, True)
    light._apply_slowly(plain, True)
    assert difference(other, plain) == 0


def test_one_light_serves_pictures_by_turns() -> None:
    light, size = PostProcessing(SIZES[0]), SIZES[0]
    one, other = picture(size, 1), picture(size, 2)
    for surface, seed in ((one, 1), (other, 2)):
        light.apply(surface, True)
        alone = picture(size, seed)
        PostProcessing(size).apply(alone, True)
        assert difference(surface, alone) == 0


class Counted(pygame.Surface):
    """Counts the blits that cover all of it."""

    whole = 0

    def blit(self, source: pygame.Surface, *arguments: Any, **options: Any) -> pygame.Rect:
        drawn = super().blit(source, *arguments, **options)
        self.whole += drawn.size == self.get_size()
        return drawn


def test_a_frame_of_a_fight_has_at_most_one_blit_of_its_size_and_stretches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The floor, where it is larger than the view."""
    world = make_world()
    size = (640, 360)
    surface = Counted(size, 0, 32)
    renderer = Renderer(size, 0.5)
    renderer.start(world, 0, focus_seat=0)
    for _ in range(3):  # sprites of the display are baked when they are first drawn
        renderer.draw(surface, world, 0, 1.0)

    def refuse(*_arguments: object) -> None:
        raise AssertionError("a frame was stretched or blurred by pygame")

    for name in ("smoothscale", "box_blur", "scale"):
        monkeypatch.setattr(pygame.transform, name, refuse)
    for _ in range(30):
        world.head[0, state.TICK] += 1
        renderer.after_tick(world, 0)
        surface.whole = 0
        renderer.draw(surface, world, 0, 1.0)
        assert surface.whole <= 1
    monkeypatch.setattr(bloom, "bytes_of", lambda _surface: None)
    renderer._post._pixels = None
    with pytest.raises(AssertionError, match="stretched or blurred"):
        renderer.draw(surface, world, 0, 1.0)
