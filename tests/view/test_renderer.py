"""The finished picture: what shows, who sees it, and what choices change."""

import functools
from collections.abc import Callable

import numpy as np
import pygame
import pytest

from game.core import rules
from game.core.sim import state
from game.core.sim.arena import Arena, Spawn, pack_arenas
from game.core.sim.state import World
from game.view.debug import DebugInfo
from game.view.options import RenderOptions
from game.view.renderer import Renderer
from game.view.scene import portal_pairs
from game.view.shots import SightLine
from tests.view.worlds import add_shot, busy_world, centre, make_world, next_tick

SIZE = (640, 360)
PLAIN = RenderOptions(shake=0.0, bloom=False)


@functools.cache
def without_display(options: RenderOptions) -> Renderer:
    """Return a renderer that keeps its sprites from picture to picture, which saves most of the time."""
    return Renderer(SIZE, 0.5, options, hud=False)


def picture(
    world: World, focus_seat: int = -1, options: RenderOptions = PLAIN, **drawing: object
) -> np.ndarray:
    renderer = without_display(options)
    surface = pygame.Surface(SIZE, 0, 32)
    renderer.start(world, 0, focus_seat=focus_seat)
    renderer.draw(surface, world, 0, 1.0, **drawing)  # type: ignore[arg-type]
    return pygame.surfarray.array3d(surface).astype(np.int64)


def difference(change: Callable[[World], None], focus_seat: int = -1) -> float:
    """Return how much a change of the world changes its picture."""
    world = make_world()
    before = picture(world, focus_seat)
    change(world)
    return float(np.abs(picture(world, focus_seat) - before).sum())


def set_tank(column: int, value: int) -> Callable[[World], None]:
    def change(world: World) -> None:
        world.tanks[0, 1, column] = value

    return change


def lay_mine(world: World) -> None:
    world.mines[0, 0] = (centre(7), centre(7), 0, 0, 0, 500)
    world.head[0, state.N_MINES] = 1


def lay_pickup(world: World) -> None:
    world.pickups[0, 0] = (1, rules.PICKUP_BANK, centre(7), centre(7), 0)


def lay_cell(world: World) -> None:
    world.cells[0, 0] = (1, centre(7), centre(7), 0, 0, -1, 0)


@pytest.mark.parametrize(
    "change",
    [
        set_tank(state.TANK_ALIVE, 0), set_tank(state.TANK_AIM, 64), set_tank(state.TANK_FACING, 3),
        set_tank(state.TANK_TEAM, 2), set_tank(state.TANK_CLASS, 0), set_tank(state.TANK_HP, 1),
        set_tank(state.TANK_SHIELD, 60), set_tank(state.TANK_CARRY, 1), lay_mine, lay_pickup, lay_cell,
        lambda world: add_shot(world, 1, centre(7), centre(7)),
    ],
)  # fmt: skip
def test_what_matters_in_a_match_can_be_seen(change: Callable[[World], None]) -> None:
    assert difference(change) > 1000


def test_an_unchanged_world_gives_the_same_picture() -> None:
    assert difference(lambda world: None) == 0


def test_a_hidden_tank_is_not_drawn_for_its_enemies() -> None:
    gone = set_tank(state.TANK_ALIVE, 0)
    hidden = set_tank(state.TANK_HIDDEN, 1)

    def shown(change: Callable[[World], None], focus_seat: int) -> np.ndarray:
        world = make_world()
        change(world)
        return picture(world, focus_seat)

    assert np.array_equal(shown(hidden, 0), shown(gone, 0))
    assert not np.array_equal(shown(hidden, -1), shown(gone, -1))
    assert not np.array_equal(shown(hidden, 1), shown(gone, 1))


def test_the_place_where_a_hidden_enemy_was_last_seen_is_marked() -> None:
    world = make_world()
    world.tanks[0, 1, state.TANK_HIDDEN] = 1
    unseen = picture(world, 0)
    world.seen[0, 0, 1] = (centre(7), centre(7), 20)
    assert not np.array_equal(picture(world, 0), unseen)


def test_a_shot_changes_its_look_when_it_has_banked() -> None:
    def red_and_blue(banks: int) -> tuple[int, int]:
        world = make_world(("." * 14,) * 8)
        plain = picture(world)
        add_shot(world, 1, centre(7), centre(4), banks=banks)
        light = np.clip(picture(world) - plain, 0, None).sum(axis=(0, 1))
        return int(light[0]), int(light[2])

    before, after = red_and_blue(0), red_and_blue(1)
    assert before[1] > before[0]
    assert after[0] > after[1]


def test_the_sight_line_is_drawn_along_its_points() -> None:
    world = make_world(("." * 14,) * 8, tanks=((0, 0, 0, 1),))
    points = np.array([[centre(3), centre(4), 0], [centre(10), centre(4), 0]])
    added = picture(world, 0, sight_line=SightLine(points)) - picture(world, 0)
    renderer = Renderer(SIZE, 0.5, PLAIN, hud=False)
    renderer.start(world, 0, focus_seat=0)
    row = round(renderer.to_screen((0, centre(4)))[1])
    assert added[:, row - 8 : row + 9].sum() > 0.99 * added.sum() > 0


def test_a_sight_line_through_a_portal_is_interrupted() -> None:
    world = make_world(("." * 14,) * 8, tanks=((0, 0, 0, 1),))
    points = np.array([[centre(1), centre(4), 0], [centre(3), centre(4), 0], [centre(10), centre(4), 1]])
    through = picture(world, 0, sight_line=SightLine(points)) - picture(world, 0)
    points[2, 2] = 0
    straight = picture(world, 0, sight_line=SightLine(points)) - picture(world, 0)
    assert through.sum() < 0.6 * straight.sum()


def test_reduced_glow_and_no_bloom_are_darker() -> None:
    world = busy_world()
    full = picture(world, options=RenderOptions()).sum()
    plain = picture(world, options=RenderOptions(bloom=False)).sum()
    dim = picture(world, options=RenderOptions(bloom=False, glow=0.0)).sum()
    assert full > plain > dim


def test_a_broken_brick_shows_at_the_next_frame() -> None:
    world = make_world()
    renderer, surface = Renderer(SIZE, 0.5, PLAIN, hud=False), pygame.Surface(SIZE, 0, 32)
    renderer.start(world, 0)
    renderer.draw(surface, world, 0)
    before = pygame.surfarray.array3d(surface)
    next_tick(world)
    world.terrain[0, world.terrain[0] == rules.BRICK] = rules.FLOOR
    renderer.after_tick(world, 0)
    renderer.draw(surface, world, 0)
    fresh = Renderer(SIZE, 0.5, PLAIN, hud=False)
    fresh.start(world, 0)
    fresh_surface = pygame.Surface(SIZE, 0, 32)
    fresh.draw(fresh_surface, world, 0)
    after = pygame.surfarray.array3d(surface)
    assert not np.array_equal(before, after)
    column, row = np.argwhere(busy_world().terrain[0].reshape(10, 16) == rules.BRICK)[0][::-1] - 1
    x, y = renderer.to_screen((centre(int(column)), centre(int(row))))
    spot = (slice(round(x) - 5, round(x) + 5), slice(round(y) - 5, round(y) + 5))
    assert np.array_equal(after[spot], pygame.surfarray.array3d(fresh_surface)[spot])


@pytest.mark.parametrize(
    "size",
    [
        (320, 180),
        pytest.param((640, 360), marks=pytest.mark.slow),
        (801, 603),
        pytest.param((300, 700), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("hud", [False, True])
def test_any_window_size_can_be_drawn(size: tuple[int, int], hud: bool) -> None:
    world = busy_world(rules.COLLECT)
    renderer, surface = Renderer((640, 360), 0.5, hud=hud), pygame.Surface(size, 0, 32)
    renderer.start(world, 0, focus_seat=0)
    renderer.resize(size, 0.5, world)
    renderer.draw(surface, world, 0, 0.5, cursor=(5, 5))
    assert pygame.surfarray.array3d(surface).std() > 5


def test_pixels_and_places_map_both_ways() -> None:
    world = make_world()
    renderer = Renderer(SIZE)
    renderer.start(world)
    for place in ((0.0, 0.0), (1000.0, 777.0)):
        assert renderer.to_world(renderer.to_screen(place)) == pytest.approx(place)


def test_a_world_that_begins_anew_needs_no_second_start() -> None:
    world = busy_world()
    renderer, surface = Renderer(SIZE, 0.5, PLAIN), pygame.Surface(SIZE, 0, 32)
    renderer.start(world, 0)
    renderer.after_tick(world, 0)
    assert renderer.effects.particles.count > 0
    world.head[0, state.TICK] = 0
    world.head[0, state.N_EVENTS] = 0
    renderer.after_tick(world, 0)
    assert renderer.effects.particles.count == 0
    renderer.draw(surface, world, 0)


def test_a_pause_freezes_everything() -> None:
    world = busy_world()
    renderer, surface = Renderer(SIZE, 0.5), pygame.Surface(SIZE, 0, 32)
    renderer.start(world, 0)
    renderer.after_tick(world, 0)
    frames = []
    for _ in range(3):
        renderer.draw(surface, world, 0, 0.5)
        frames.append(pygame.image.tobytes(surface, "RGB"))
    assert len(set(frames)) == 1


def test_portals_of_a_pair_wear_one_number() -> None:
    tiles = np.zeros((8, 8), np.uint8)
    pairs = (((1, 1), (6, 6)), ((6, 1), (1, 6)))
    for ends in pairs:
        for x, y in ends:
            tiles[y, x] = rules.PORTAL
    arena = Arena("p", tiles, rules.ELIMINATE, (Spawn(3, 3, 0),), 600, portals=pairs)
    world = make_world(
        ["".join("P" if t else "." for t in row) for row in tiles.tolist()], tanks=((3, 3, 0, 1),)
    )
    numbers = portal_pairs(world, 0, pack_arenas([arena]))
    assert numbers[2, 2] == numbers[7, 7] != numbers[7, 2] == numbers[2, 7]


def test_the_debug_overlay_shows_on_top() -> None:
    world = make_world()
    info = DebugInfo(rays=[(3000.0, 900.0)], origin=(900.0, 900.0), path=[(0.0, 0.0), (500.0, 500.0)],
                     logits=[("move", [0.0, 2.0, 1.0], 1), ("fire", [], 0)], value=0.25, tick_ms=0.1,
                     frame_ms=3.0, lines=["brain hunter"])  # fmt: skip
    assert np.abs(picture(world, debug=info) - picture(world)).sum() > 10_000
