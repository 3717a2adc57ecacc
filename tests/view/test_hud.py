"""The display: it names things through the catalogue, tells each objective, and keeps a bounded feed."""

from typing import Any

import numpy as np
import pygame
import pytest

from game.core import rules
from game.core.sim import events, state
from game.view.hud import FEED_ROWS, FEED_TICKS, Hud, lives_left
from game.view.minimap import Minimap, tile_colours
from game.view.palette import DEFAULT
from game.view.text import CACHE_CAP, HUD_STRINGS, TextCache, english_text
from tests.view.worlds import add_event, busy_world, make_world, next_tick

SIZE = (1280, 720)


def shown(hud: Hud, objective: int, focus_seat: int, **head: int) -> np.ndarray:
    world = busy_world(objective)
    for name, value in head.items():
        world.head[0, getattr(state, name)] = value
    hud.start(world, 0, focus_seat)
    for _ in range(20):
        hud.after_tick(world, 0, focus_seat)
    surface = pygame.Surface(SIZE, 0, 32)
    hud.draw(surface, world, 0, focus_seat, ())
    return pygame.surfarray.array3d(surface)


@pytest.mark.parametrize("objective", range(rules.N_OBJECTIVES))
@pytest.mark.parametrize("focus_seat", [-1, 0, 5])
def test_every_text_comes_from_the_catalogue(objective: int, focus_seat: int) -> None:
    asked: set[str] = set()

    def catalogue(key: str, **values: Any) -> str:
        asked.add(key)
        return english_text(key, **values)

    shown(Hud(SIZE, 1.0, DEFAULT, strings=catalogue), objective, focus_seat)
    assert asked
    assert asked <= set(HUD_STRINGS)


def test_texts_of_the_catalogue_take_their_values() -> None:
    values = {"number": 3, "wave": 2, "waves": 4, "seconds": 9, "team": 1, "goal": 5}
    for key in HUD_STRINGS:
        assert "{" not in english_text(key, **values)


def test_popups_of_effects_are_in_the_catalogue() -> None:
    assert {f"hud.pickup.{name}" for name in rules.PICKUP_NAMES} <= set(HUD_STRINGS)
    assert {f"hud.goal.{name}" for name in rules.OBJECTIVE_NAMES} <= set(HUD_STRINGS)


def test_the_clock_runs_and_the_core_loses_its_light() -> None:
    hud = Hud(SIZE, 1.0, DEFAULT)
    early, late = (shown(hud, rules.DEFEND, -1, TICK=tick) for tick in (0, 1200))
    assert not np.array_equal(early, late)
    whole, broken = (shown(hud, rules.DEFEND, -1, CORE_HP=hp).astype(np.int64).sum() for hp in (12, 1))
    assert whole > broken


def test_survive_counts_the_lives_that_are_left() -> None:
    world = busy_world(rules.SURVIVE)
    own = (world.tanks[0, :, state.TANK_ACTIVE] != 0) & (world.tanks[0, :, state.TANK_TEAM] == 0)
    world.tanks[0, own, state.TANK_DEATHS] = 0
    lives = rules.OBJECTIVES[rules.SURVIVE].lives_own
    assert lives_left(world, 0, -1) == lives * own.sum()
    fallen, enemy = int(np.flatnonzero(own)[0]), int(np.flatnonzero(~own)[0])
    world.tanks[0, fallen, state.TANK_DEATHS] = lives - 1
    assert lives_left(world, 0, fallen) == 1
    world.tanks[0, fallen, state.TANK_DEATHS] = lives + 1
    assert lives_left(world, 0, fallen) == 0
    assert lives_left(world, 0, enemy) == lives_left(world, 0, -1) == lives * (own.sum() - 1)


def test_the_player_panel_is_shown_to_players_alone() -> None:
    hud = Hud(SIZE, 1.0, DEFAULT)
    corner = (slice(0, 300), slice(660, 720))
    assert shown(hud, rules.ELIMINATE, -1)[corner].sum() == 0
    assert shown(hud, rules.ELIMINATE, 0)[corner].sum() > 0


@pytest.mark.parametrize(
    ("winner", "focus", "key"),
    [(0, 0, "hud.won"), (1, 0, "hud.lost"), (-1, 0, "hud.draw"), (1, -1, "hud.team_1_won")],
)
def test_the_end_is_told_from_the_players_side(winner: int, focus: int, key: str) -> None:
    hud = Hud(SIZE, 1.0, DEFAULT, strings=lambda key, **values: key)
    world = make_world()
    hud.start(world, 0, focus)
    add_event(world, events.MATCH_ENDED, winner, 0)
    hud.after_tick(world, 0, focus)
    assert hud._banner is not None
    assert hud._banner.text == key


def test_the_feed_keeps_the_latest_rows_and_forgets_old_ones() -> None:
    hud = Hud(SIZE, 1.0, DEFAULT)
    world = make_world()
    hud.start(world, 0, -1)
    for _ in range(FEED_ROWS + 3):
        next_tick(world)
        add_event(world, events.TANK_DESTROYED, 1, 0 + events.BANKED_FLAG)
        hud.after_tick(world, 0, -1)
    assert len(hud._feed) <= FEED_ROWS + 1
    assert {row.how.__name__ for row in hud._feed} == {"bank"}
    next_tick(world)
    for _ in range(FEED_TICKS):
        hud.after_tick(world, 0, -1)
    assert hud._feed == []


def test_texts_are_rendered_once_and_not_without_bound() -> None:
    texts = TextCache(None, 1.0)
    assert texts.render("12", 20, (255, 255, 255)) is texts.render("12", 20, (255, 255, 255))
    for n in range(CACHE_CAP + 5):
        texts.render(str(n), 8, (255, 255, 255))
    assert len(texts._made) <= CACHE_CAP


def test_the_display_asks_for_fonts_in_its_scale() -> None:
    asked: list[tuple[int, bool]] = []

    def fonts(size_px: int, bold: bool) -> pygame.font.Font:
        asked.append((size_px, bold))
        return pygame.font.Font(None, size_px)

    pygame.font.init()
    TextCache(fonts, 2.0).render("x", 20, (255, 255, 255), True)
    assert asked == [(40, True)]


def test_texts_are_drawn_after_pygame_was_quit_and_began_again() -> None:
    texts = TextCache(None, 1.0)
    texts.render("before", 20, (255, 255, 255))
    dead = texts._fonts.font(20, False)
    pygame.quit()
    assert texts.render("after", 20, (255, 255, 255)).get_width() > 0
    with pytest.raises(pygame.error, match="font module quit since font created"):
        dead.render("after", True, (255, 255, 255))
    assert texts._fonts.font(20, False) is texts._fonts.font(20, False)


def test_the_small_map_has_a_colour_for_every_tile() -> None:
    colours = tile_colours(DEFAULT)
    assert colours.shape == (rules.N_TILES, 3)
    assert len({tuple(row) for row in colours.tolist()}) == rules.N_TILES


def test_the_small_map_shows_tanks_the_player_may_see() -> None:
    world = make_world()
    terrain = world.terrain[0].reshape(10, 16)

    def drawn(hidden: int) -> np.ndarray:
        world.tanks[0, 1, state.TANK_HIDDEN] = hidden
        small = Minimap(DEFAULT, 1.0)
        small.update(terrain)
        surface = pygame.Surface((400, 300), 0, 32)
        small.draw(surface, world, 0, 0, (0, 0, 14, 8))
        return pygame.surfarray.array3d(surface)

    assert not np.array_equal(drawn(0), drawn(1))
