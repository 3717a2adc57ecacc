"""Every event has an effect or is silent on purpose; effects are bounded and give nothing hidden away."""

import pytest

from game.core import rules
from game.core.sim import events, state
from game.view import event_effects
from game.view.camera import Camera
from game.view.effects import Effects
from game.view.event_effects import EFFECTS, SILENT
from game.view.flares import FLASH_LIMIT, FLASHES_PER_SECOND, FlashLimiter
from game.view.palette import DEFAULT
from game.view.particles import CAPACITY, DOT, STREAK, TEAM, Particles, ParticleSprites
from tests.view.worlds import add_event, make_world

SIZE = (640, 360)


def run_event(
    kind: int, a: int = 0, b: int = 0, *, focus: int = -1, hidden: bool = False
) -> tuple[Effects, Camera]:
    world = make_world()
    if hidden:
        world.tanks[0, 1, state.TANK_HIDDEN] = 1
    camera = Camera(SIZE, (0, 0, *SIZE), (14, 8))
    effects = Effects(DEFAULT, EFFECTS)
    add_event(world, kind, a, b)
    effects.after_tick(world, 0, camera, focus)
    return effects, camera


def is_visible(effects: Effects, camera: Camera) -> bool:
    started = effects.particles.count + len(effects.rings) + len(effects.lights) + len(effects.popups)
    return started > 0 or effects.flash.light() is not None or camera.trauma > 0


def unhandled(kinds: set[int]) -> set[int]:
    return kinds - set(EFFECTS) - SILENT


def test_every_event_has_an_effect_or_is_silent_and_none_is_both() -> None:
    assert unhandled({event.kind for event in events.EVENTS}) == set()
    assert set(EFFECTS) & SILENT == set()
    assert set(EFFECTS) | SILENT == {event.kind for event in events.EVENTS}


def test_a_new_event_without_an_effect_is_noticed() -> None:
    assert unhandled({events.FIRED, 99}) == {99}


@pytest.mark.parametrize("kind", sorted(EFFECTS), ids=lambda kind: events.EVENTS[kind - 1].name)
def test_an_effect_can_be_seen(kind: int) -> None:
    assert is_visible(*run_event(kind, 0, 1))


def test_without_events_there_is_nothing_to_see() -> None:
    assert not is_visible(*run_event(events.MATCH_ENDED, 0, 1))


def test_hits_recoil_and_core_are_remembered_for_some_ticks() -> None:
    assert run_event(events.TANK_HIT, 1)[0].hit[1] > 0
    assert run_event(events.FIRED, 1)[0].recoil[1] > 0
    assert run_event(events.CORE_HIT, 1)[0].core_hit > 0


@pytest.mark.parametrize("kind", [events.DASHED, events.MINE_LAID, events.TANK_BUMPED, events.SHIELD_RAISED])
def test_what_a_hidden_tank_does_is_not_shown_to_its_enemies(kind: int) -> None:
    assert not is_visible(*run_event(kind, 1, 1, focus=0, hidden=True))
    assert is_visible(*run_event(kind, 1, 1, focus=0))


def test_a_moving_hidden_tank_leaves_no_exhaust() -> None:
    for hidden in (False, True):
        world = make_world()
        world.tanks[0, 1, [state.TANK_DASH, state.TANK_VX, state.TANK_HIDDEN]] = (5, 70, int(hidden))
        effects = Effects(DEFAULT, EFFECTS)
        effects.after_tick(world, 0, Camera(SIZE, (0, 0, *SIZE), (14, 8)), 0)
        assert (effects.particles.count == 0) is hidden


def test_a_bank_shot_of_the_player_is_named() -> None:
    effects, _ = run_event(events.TANK_HIT, 1, 0 + events.BANKED_FLAG, focus=0)
    assert [popup.key for popup in effects.popups] == ["hud.bank_shot"]
    assert run_event(events.TANK_HIT, 1, 0, focus=0)[0].popups == []


def test_texts_at_one_place_are_stacked() -> None:
    effects = Effects(DEFAULT, EFFECTS)
    effects.popup(500, 900, "hud.bank_shot", (255, 255, 255))
    effects.popup(500, 900, "hud.destroyed", (255, 255, 255))
    effects.popup(5000, 900, "hud.destroyed", (255, 255, 255))
    assert effects.popups[1].y < effects.popups[0].y == effects.popups[2].y


def test_blows_far_away_shake_less() -> None:
    world = make_world(("." * 40,) * 8, tanks=((1, 1, 0, 1),))
    shakes = []
    for x in (400, 9000):
        camera = Camera(SIZE, (0, 0, *SIZE), (40, 8))
        effects = Effects(DEFAULT, EFFECTS)
        world.head[0, state.N_EVENTS] = 0
        add_event(world, events.MINE_EXPLODED, 0, -1, x, 400)
        effects.after_tick(world, 0, camera, 0)
        shakes.append(camera.trauma)
    assert shakes[0] > 2 * shakes[1] > 0


def test_effects_end_by_themselves() -> None:
    world = make_world()
    camera = Camera(SIZE, (0, 0, *SIZE), (14, 8))
    effects = Effects(DEFAULT, EFFECTS)
    for kind in EFFECTS:
        add_event(world, kind, 0, 1)
    effects.after_tick(world, 0, camera, 0)
    world.head[0, state.N_EVENTS] = 0
    for _ in range(90):
        effects.after_tick(world, 0, camera, 0)
        camera.tick()
    assert not is_visible(effects, camera)


def test_the_pool_of_particles_never_overflows() -> None:
    particles = Particles()
    for _ in range(50):
        particles.burst(STREAK, TEAM, (0, 0), 100, speed=(1, 2), life=(50, 60))
    assert particles.count == CAPACITY


def test_fewer_particles_on_request() -> None:
    counts = []
    for amount in (1.0, 0.5, 0.0):
        particles = Particles(amount=amount)
        particles.burst(DOT, TEAM, (0, 0), 40, speed=(1, 2), life=(50, 60))
        counts.append(particles.count)
    assert counts == [40, 20, 0]


def test_particles_are_drawn_where_they_are_and_culled_off_screen() -> None:
    bank = ParticleSprites(40, DEFAULT)
    bank.ensure(DOT, TEAM)
    particles = Particles()
    particles.burst(DOT, TEAM, (256.0, 512.0), 1, speed=(0, 0), life=(9, 9))
    ((sprite, (x, y)),) = particles.sprites(bank, 1.0, 40 / 256, (5.0, 0.0), SIZE)
    assert (x + sprite.get_width() / 2, y + sprite.get_height() / 2) == pytest.approx((45, 80))
    assert particles.sprites(bank, 1.0, 40 / 256, (-900.0, 0.0), SIZE) == []


def test_at_most_three_flashes_begin_in_a_second() -> None:
    limiter = FlashLimiter()
    begun = []
    for tick in range(600):
        if limiter.request(1.0, (255, 255, 255)):
            begun.append(tick)
        limiter.advance()
    for start in begun:
        within = [tick for tick in begun if start <= tick < start + rules.TICKS_PER_SECOND]
        assert len(within) <= FLASHES_PER_SECOND
    assert len(begun) >= 10 * (FLASHES_PER_SECOND - 1)


def test_a_flash_is_never_brighter_than_its_limit_and_can_be_turned_off() -> None:
    limiter = FlashLimiter()
    limiter.request(50.0, (255, 255, 255))
    light = limiter.light()
    assert light is not None
    assert max(light) <= round(255 * FLASH_LIMIT) + 1
    assert not FlashLimiter(amount=0.0).request(1.0, (255, 255, 255))


def test_each_effect_is_a_function_of_the_table() -> None:
    assert len({effect.__name__ for effect in EFFECTS.values()}) == len(EFFECTS)
    assert all(hasattr(event_effects, effect.__name__) for effect in EFFECTS.values())
