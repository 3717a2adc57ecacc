"""Between two ticks: things glide, shots follow their banks, teleports and respawns never smear."""

import pytest

from game.core.sim import events, state
from game.view.motion import Motion
from tests.view.worlds import add_event, add_shot, make_world, next_tick


def moved_by(dx: int, *, event: int | None = None, alpha: float = 0.5) -> float:
    """Return where seat 0 is drawn, relative to where it was, after moving dx su in a tick."""
    world = make_world()
    motion = Motion()
    motion.start(world, 0)
    before = int(world.tanks[0, 0, state.TANK_X])
    next_tick(world)
    world.tanks[0, 0, state.TANK_X] += dx
    if event is not None:
        add_event(world, event, 0)
    motion.after_tick(world, 0)
    return motion.tank(world, 0, 0, alpha).x - before


@pytest.mark.parametrize(("alpha", "expected"), [(0.0, 0.0), (0.25, 5.5), (0.5, 11.0), (1.0, 22.0)])
def test_a_tank_glides_from_tick_to_tick(alpha: float, expected: float) -> None:
    assert moved_by(22, alpha=alpha) == pytest.approx(expected)


def test_a_dash_still_glides() -> None:
    assert moved_by(70) == pytest.approx(35)


@pytest.mark.parametrize("event", [events.TANK_PORTAL, events.TANK_SPAWNED])
def test_a_tank_that_was_put_somewhere_is_there_at_once(event: int) -> None:
    assert moved_by(60, event=event) == 60
    assert moved_by(60, event=events.TANK_BUMPED) == 30


def test_a_far_jump_without_an_event_is_not_smeared() -> None:
    assert moved_by(2000) == 2000


def test_a_respawned_tank_is_not_smeared() -> None:
    world = make_world()
    world.tanks[0, 0, state.TANK_ALIVE] = 0
    motion = Motion()
    motion.start(world, 0)
    next_tick(world)
    world.tanks[0, 0, [state.TANK_ALIVE, state.TANK_X]] = (1, 700)
    motion.after_tick(world, 0)
    assert motion.tank(world, 0, 0, 0.1).x == 700


@pytest.mark.parametrize(("old", "new", "middle"), [(250, 6, 0), (6, 250, 0), (10, 30, 20), (0, 128, 192)])
def test_a_turret_turns_the_short_way(old: int, new: int, middle: int) -> None:
    world = make_world()
    world.tanks[0, 0, state.TANK_AIM] = old
    motion = Motion()
    motion.start(world, 0)
    next_tick(world)
    world.tanks[0, 0, state.TANK_AIM] = new
    motion.after_tick(world, 0)
    assert motion.tank(world, 0, 0, 0.5).aim == pytest.approx(middle)


def test_a_hull_turns_smoothly_towards_its_way() -> None:
    world = make_world()
    motion = Motion()
    motion.start(world, 0)
    world.tanks[0, 0, state.TANK_FACING] = 3  # down: 64
    headings = []
    for _ in range(24):
        next_tick(world)
        motion.after_tick(world, 0)
        headings.append(motion.tank(world, 0, 0, 1.0).heading)
    assert 5 < headings[0] < 30
    assert headings == sorted(headings)
    assert headings[-1] == pytest.approx(64, abs=1)


def test_shots_are_matched_by_their_number_not_their_slot() -> None:
    world = make_world()
    add_shot(world, 7, 1000, 1000)
    add_shot(world, 8, 2000, 1000)
    motion = Motion()
    motion.start(world, 0)
    next_tick(world)
    world.head[0, state.N_SHOTS] = 0
    add_shot(world, 8, 2060, 1000)  # shot 7 ended and 8 moved into its slot
    motion.after_tick(world, 0)
    assert motion.shot(8, 2060, 1000, 0.5) == pytest.approx((2030, 1000))
    assert 7 not in motion.shots


def test_a_shot_is_drawn_round_the_corner_of_its_bank() -> None:
    world = make_world()
    add_shot(world, 3, 1000, 1000)
    motion = Motion()
    motion.start(world, 0)
    next_tick(world)
    world.shots[0, 0, [state.SHOT_X, state.SHOT_Y]] = (1000, 1060)
    add_event(world, events.BANKED, 0, 3, 1030, 1030)
    motion.after_tick(world, 0)
    assert motion.shot(3, 1000, 1060, 0.5) == pytest.approx((1030, 1030))
    assert motion.shot(3, 1000, 1060, 0.25) == pytest.approx((1015, 1015))


@pytest.mark.parametrize("told", [True, False])
def test_a_shot_through_a_portal_leaves_no_streak_across_the_arena(told: bool) -> None:
    world = make_world()
    add_shot(world, 3, 300, 300)
    motion = Motion()
    motion.start(world, 0)
    for x in (360, 420):
        next_tick(world)
        world.shots[0, 0, state.SHOT_X] = x
        motion.after_tick(world, 0)
    assert len(motion.trail(3)) > 2
    next_tick(world)
    world.shots[0, 0, state.SHOT_X] = 3000
    if told:
        add_event(world, events.SHOT_PORTAL, 0, 3, 430, 300)
    motion.after_tick(world, 0)
    assert motion.shot(3, 3000, 300, 0.1) == (3000, 300)
    assert motion.trail(3) == [(3000, 300)]


def test_a_new_shot_comes_out_of_the_muzzle() -> None:
    world = make_world()
    motion = Motion()
    motion.start(world, 0)
    next_tick(world)
    add_shot(world, 1, 1060, 1000)
    add_event(world, events.FIRED, 0, 1, 1000, 1000)
    motion.after_tick(world, 0)
    assert motion.shot(1, 1060, 1000, 0.5) == pytest.approx((1030, 1000))


def test_without_any_tick_things_are_where_the_world_says() -> None:
    world = make_world()
    add_shot(world, 1, 777, 888)
    motion = Motion()
    pose = motion.tank(world, 0, 0, 0.3)
    assert (pose.x, pose.y) == tuple(world.tanks[0, 0, [state.TANK_X, state.TANK_Y]])
    assert motion.shot(1, 777, 888, 0.3) == (777, 888)
