"""Calm while exploring, fierce when shots fly, the last stand when it is one."""

from dataclasses import replace

import numpy as np
import pytest

from game.app.browse.level_library import info_of
from game.app.playing.combat_intensity import DUCKS, CombatIntensity, is_last_stand, nearness
from game.app.playing.session import Match, MatchPlan
from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.sim import events as ev
from game.core.sim import state as st


def match_on(name: str = "first_light", seed: int = 3) -> Match:
    return Match(MatchPlan(info_of(load_level(name)), seed, "", "regular"))


@pytest.fixture(scope="module")
def quiet() -> Match:
    return match_on()


@pytest.fixture
def match(quiet: Match) -> Match:
    """A match in which nothing has happened; its world may be written to."""
    quiet.world = st.new_world(1, quiet.seats, quiet.world.terrain.shape[1])
    fresh = match_on()
    for name in st.STATE_FIELDS:
        getattr(quiet.world, name)[...] = getattr(fresh.world, name)
    quiet.world.head[0, st.N_EVENTS] = 0
    place_enemy(quiet, 30)
    return quiet


def place_enemy(match: Match, tiles: float) -> None:
    """Put every enemy so many tiles away from the watched tank."""
    tanks = match.world.tanks[0]
    own = tanks[match.watched_seat]
    for tank in tanks:
        if tank[st.TANK_TEAM] != own[st.TANK_TEAM]:
            tank[st.TANK_X] = own[st.TANK_X] + round(tiles * rules.SU_PER_TILE)
            tank[st.TANK_Y] = own[st.TANK_Y]


def emit(match: Match, *kinds: int) -> None:
    for n, kind in enumerate(kinds):
        match.world.events[0, n] = (kind, 0, 0, 0, 0)
    match.world.head[0, st.N_EVENTS] = len(kinds)


def after(fight: CombatIntensity, match: Match, ticks: int) -> float:
    for _ in range(ticks):
        fight.after_tick(match)
    return fight.intensity


def test_exploring_is_calm(match: Match) -> None:
    assert after(CombatIntensity(), match, 300) == 0.0


def test_a_near_enemy_makes_it_tenser(match: Match) -> None:
    far, near, close = [], [], []
    for tiles, found in ((30, far), (6, near), (2, close)):
        place_enemy(match, tiles)
        found.append(nearness(match))
        found.append(after(CombatIntensity(), match, 300))
    assert far == [0.0, 0.0]
    assert 0 < near[0] < close[0] == 1.0
    assert far[1] < near[1] < close[1] < 0.5


def test_shots_in_flight_and_hits_make_it_fierce_and_it_calms_down(match: Match) -> None:
    place_enemy(match, 2)
    match.world.head[0, st.N_SHOTS] = 8
    fight = CombatIntensity()
    emit(match, ev.TANK_HIT, ev.TANK_DESTROYED)
    fight.after_tick(match)
    emit(match)
    fierce = after(fight, match, 120)
    assert fierce > 0.7
    match.world.head[0, st.N_SHOTS] = 0
    place_enemy(match, 30)
    assert after(fight, match, 60 * 10) < 0.1


def test_it_moves_smoothly_and_rises_faster_than_it_falls(match: Match) -> None:
    match.world.head[0, st.N_SHOTS] = 20
    fight = CombatIntensity()
    up = [after(fight, match, 1) for _ in range(200)]
    match.world.head[0, st.N_SHOTS] = 0
    down = [after(fight, match, 1) for _ in range(200)]
    steps = np.abs(np.diff([0.0, *up, *down]))
    assert steps.max() < 0.05
    assert up[60] > 0.3
    assert down[60] > 0.6 * up[-1]


def test_the_music_gives_way_under_explosions(match: Match) -> None:
    fight = CombatIntensity()
    fight.after_tick(match)
    assert fight.duck is None
    emit(match, ev.FIRED)
    fight.after_tick(match)
    assert fight.duck is None
    emit(match, ev.MINE_EXPLODED, ev.TANK_DESTROYED)
    fight.after_tick(match)
    assert fight.duck == DUCKS[ev.TANK_DESTROYED]


def test_without_a_tank_no_enemy_is_near(match: Match) -> None:
    place_enemy(match, 1)
    match.world.tanks[0, match.watched_seat, st.TANK_ALIVE] = 0
    assert nearness(match) == 0.0


def test_the_last_wave_is_a_last_stand(match: Match) -> None:
    head = match.world.head[0]
    head[st.OBJECTIVE] = rules.DEFEND
    head[st.GOAL] = 3
    found = []
    for wave in range(4):
        head[st.WAVE] = wave
        found.append(is_last_stand(match))
    assert found == [False, False, False, True]


def test_the_last_life_is_a_last_stand_and_stays_one(match: Match) -> None:
    match.world.head[0, st.OBJECTIVE] = rules.SURVIVE
    tanks = match.world.tanks[0]
    own = tanks[:, st.TANK_TEAM] == 0
    tanks[~own, st.TANK_ACTIVE] = 1
    tanks[own, st.TANK_ACTIVE] = 0
    tanks[match.watched_seat, st.TANK_ACTIVE] = 1
    lives = rules.OBJECTIVES[rules.SURVIVE].lives_own
    fight = CombatIntensity()
    found = []
    for deaths in range(lives + 1):
        tanks[match.watched_seat, st.TANK_DEATHS] = deaths
        found.append(is_last_stand(match))
        fight.after_tick(match)
    assert found == [False] * (lives - 1) + [True, False]
    assert fight.boss


def test_one_life_from_the_start_is_no_last_stand(match: Match) -> None:
    match.world.head[0, st.OBJECTIVE] = rules.ELIMINATE
    assert not is_last_stand(match)


def test_another_match_begins_calm() -> None:
    assert CombatIntensity() == replace(CombatIntensity())
