"""Drawing never changes a world: not its arrays, not through any option, objective or eye."""

import numpy as np
import pygame
import pytest

from game.core import rules
from game.core.sim.state import TICK, World, copy_world
from game.view.debug import DebugInfo
from game.view.offscreen import OffscreenView, render_rgb
from game.view.options import RenderOptions
from game.view.renderer import Renderer
from game.view.shots import SightLine
from tests.view.worlds import busy_world

SIZE = (480, 270)


def changed_fields(before: World, after: World) -> list[str]:
    """Return the names of the arrays that differ."""
    pairs = zip(World._fields, before, after, strict=True)
    return [name for name, a, b in pairs if not np.array_equal(a, b)]


def draw_all_ways(world: World, focus_seat: int, options: RenderOptions | None = None) -> None:
    renderer = Renderer(SIZE, 0.5, options)
    surface = pygame.Surface(SIZE)
    renderer.start(world, 0, focus_seat=focus_seat)
    line = SightLine(np.array([[900, 900, 0], [1500, 900, 0], [1800, 1200, 0]]), 1, 1, 1)
    info = DebugInfo(
        rays=[(1.0, 2.0)], logits=[("move", [0.1, 0.4], 1)], value=0.5, tick_ms=0.2, lines=["seed 4"]
    )
    for alpha in (0.0, 0.4, 1.0):
        renderer.after_tick(world, 0)
        renderer.draw(surface, world, 0, alpha, sight_line=line, names=["a", "b"], debug=info, cursor=(9, 9))


@pytest.mark.parametrize("objective", range(rules.N_OBJECTIVES))
@pytest.mark.parametrize("focus_seat", [-1, pytest.param(0, marks=pytest.mark.slow), 5])
def test_drawing_leaves_the_world_alone(objective: int, focus_seat: int) -> None:
    world = busy_world(objective)
    before = copy_world(world)
    draw_all_ways(world, focus_seat)
    assert changed_fields(before, world) == []


def test_drawing_works_on_arrays_that_refuse_to_be_written() -> None:
    world = busy_world()
    for array in world:
        array.setflags(write=False)
    draw_all_ways(world, 0)
    render_rgb(world)
    OffscreenView((160, 90)).start(world)


def test_a_view_that_writes_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def meddle(self: Renderer, world: World, w: int = 0, cursor: object = None) -> None:
        world.tanks[w, 0, 4] += 1

    monkeypatch.setattr(Renderer, "after_tick", meddle)
    world = busy_world()
    before = copy_world(world)
    draw_all_ways(world, 0)
    assert changed_fields(before, world) == ["tanks"]


def test_a_frame_depends_on_the_world_and_the_ticks_seen_alone() -> None:
    def picture() -> bytes:
        world, surface = busy_world(), pygame.Surface(SIZE, 0, 32)
        renderer = Renderer(SIZE, 0.5)
        renderer.start(world, 0)
        renderer.after_tick(world, 0)
        renderer.draw(surface, world, 0, 0.5)
        return pygame.image.tobytes(surface, "RGB")

    assert picture() == picture()


def test_pictures_are_the_same_after_a_window_was_closed() -> None:
    world = busy_world()
    before = render_rgb(world, size=SIZE)
    pygame.quit()
    assert np.array_equal(render_rgb(world, size=SIZE), before)
    world.head[0, TICK] += 660  # other digits than those kept
    assert not np.array_equal(render_rgb(world, size=SIZE), before)


def test_a_surface_of_another_size_is_refused() -> None:
    world = busy_world()
    renderer = Renderer(SIZE)
    renderer.start(world)
    with pytest.raises(ValueError, match=r"expected 480 x 270 pixels, found \(100, 100\)"):
        renderer.draw(pygame.Surface((100, 100)), world)


def test_options_outside_their_range_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected flash of 0 to 1, found 2\.0"):
        RenderOptions(flash=2.0)


def test_drawing_before_a_match_is_refused() -> None:
    with pytest.raises(RuntimeError, match="found no match"):
        Renderer(SIZE).draw(pygame.Surface(SIZE), busy_world())
