"""No frame of a match waits for a picture: what a fight may show was baked when it began."""

from collections import Counter

import numpy as np
import pygame
import pytest

from game.cli.bench.programs.matches import NpcMatch
from game.core.sim import events, state
from game.match.npc import SeatPolicy
from game.view import effects, glow, particles, text, tiles
from game.view.event_effects import EFFECTS
from game.view.expected_pictures import find_expected_pictures
from game.view.palette import DEFAULT
from game.view.renderer import Renderer
from tests.view.worlds import make_world

SIZE = (640, 360)
CLOCK = 1  # text a second at most
BAKERS = (
    (tiles.TileBaker, "_bake"),
    (tiles.TileBaker, "_brick"),
    (glow.GlowBank, "_bake_spot"),
    (glow.GlowBank, "_bake_ring"),
    (particles.ParticleSprites, "_mask"),
    (text.Panels, "_bake"),
    (text.TextCache, "_bake"),
)


@pytest.fixture
def baked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many pictures were baked, by who baked them."""
    counts: Counter[str] = Counter()

    def count(owner: type, name: str) -> None:
        bake = getattr(owner, name)

        def counted(*arguments: object, **named: object) -> object:
            counts[f"{owner.__name__}.{name}"] += 1
            return bake(*arguments, **named)

        monkeypatch.setattr(owner, name, counted)

    for owner, name in BAKERS:
        count(owner, name)
    return counts


@pytest.mark.parametrize(
    "level", ["foundry", "first_light", pytest.param("metropolis", marks=pytest.mark.slow)]
)
def test_a_fight_bakes_nothing_but_the_clock(level: str, baked: Counter[str]) -> None:
    pygame.font.init()
    match = NpcMatch(SeatPolicy("marksman"), level)
    surface = pygame.Surface(SIZE, 0, 32)
    renderer = Renderer(SIZE, 0.5)
    renderer.start(match.world, 0, match.levels, focus_seat=0)
    match.world.tanks[0, 0, state.TANK_TRIPLE] = 60  # no pick-up of the level, so nobody expects its panel
    renderer.draw(surface, match.world, 0)
    assert baked["GlowBank._bake_ring"] > 20, "they are counted"
    begun, kinds = baked.copy(), set()
    for _ in range(900):
        match.world.tanks[0, :, state.TANK_TRIPLE] = 60
        match.driver.act(match.world, match.levels, 0, match.actions)
        match.actions[0, :, state.ACTION_FIRE] = 1
        match.tick()
        kinds |= set(match.world.events[0, : match.world.head[0, state.N_EVENTS], 0].tolist())
        if match.world.head[0, state.DONE]:
            break
        renderer.after_tick(match.world, 0)
        renderer.draw(surface, match.world, 0)
    assert {events.TANK_HIT, events.BANKED, events.BRICK_CRACKED} <= kinds | (
        {events.BRICK_CRACKED} if level == "first_light" else set()
    )
    late = baked - begun
    seconds = 900 // 60 + 1
    assert late.pop("TextCache._bake", 0) <= CLOCK * seconds
    assert not late


def test_a_rehearsal_changes_neither_the_world_nor_the_effects() -> None:
    world = make_world()
    before = [part.copy() for part in world]
    find_expected_pictures(DEFAULT, world, 0, 0)
    assert all((now == then).all() for now, then in zip(world, before, strict=True))


def test_what_is_rehearsed_fits_the_match() -> None:
    world = make_world(("....", "....", "...."), ((0, 0, 0, 0), (3, 2, 1, 1)))
    plain = find_expected_pictures(DEFAULT, world, 0, 0)
    assert not any(colour == DEFAULT.portals[0] for _, colour in plain.rings)
    assert ("hud.bank_shot", DEFAULT.danger) in plain.popups
    assert {(effects.RING_LARGE, DEFAULT.teams[team]) for team in (0, 1)} <= plain.rings
    assert (effects.RING_LARGE, DEFAULT.teams[2]) not in plain.rings
    with_portals = find_expected_pictures(DEFAULT, make_world(("P...", "....", "...P")), 0, 0)
    assert any(colour == DEFAULT.portals[0] for _, colour in with_portals.rings)


def test_every_event_is_rehearsed_in_some_match(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = set()

    def noted(kind: int) -> None:
        effect = EFFECTS[kind]

        def note(fx: effects.Effects, a: int, b: int, x: float, y: float) -> None:
            tried.add(kind)
            effect(fx, a, b, x, y)

        monkeypatch.setitem(EFFECTS, kind, note)

    for kind in list(EFFECTS):
        noted(kind)
    for objective in range(6):
        world = make_world(objective=objective)
        world.pickups[0, 0, state.PICKUP_EXISTS] = 1
        find_expected_pictures(DEFAULT, world, 0, 0)
    assert tried == set(EFFECTS)


@pytest.mark.parametrize("height", [10, 23, 42, 52, 78])
def test_a_wide_panel_is_what_it_would_be_if_baked_whole(height: int) -> None:
    for width in (40, 41, 63, 128, 435):
        panels = text.Panels(DEFAULT.panel)
        widened, whole = panels.panel(width, height, DEFAULT.text), panels._bake(width, height, DEFAULT.text)
        assert (pygame.surfarray.array3d(widened) == pygame.surfarray.array3d(whole)).all()
        assert (pygame.surfarray.array_alpha(widened) == pygame.surfarray.array_alpha(whole)).all()


def test_panels_of_one_height_share_their_ends(baked: Counter[str]) -> None:
    panels = text.Panels(DEFAULT.panel)
    for width in range(100, 200):
        panels.panel(width, 23, DEFAULT.text)
    assert baked["Panels._bake"] == 1


def test_shapes_of_lights_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bank, calls = glow.GlowBank(), []
    hypot = np.hypot
    monkeypatch.setattr(np, "hypot", lambda x, y: calls.append(1) or hypot(x, y))
    for colour in DEFAULT.teams:
        for level in range(1, glow.LEVELS):
            bank.spot(colour, 20, level, True)
            bank.ring(colour, 30, 5, level)
    assert len(calls) == 2
