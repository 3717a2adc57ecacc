"""What can be counted of a level, by hand on small ones."""

from dataclasses import replace

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import list_levels
from game.core.levels.measures import driving_distances, measures_of, openness, sight
from game.core.levels.model import Level, SeatPlan, Title
from game.core.sim.arena import Arena, PickupSpot, Spawn


def corridor(**changes: object) -> Level:
    """Nine tiles in a row of nine rows: a heavy at the left meets a scout and a ranger at the right."""
    arena = Arena(
        name="corridor",
        tiles=np.zeros((9, 9), np.uint8),
        objective=rules.ELIMINATE,
        spawns=(
            Spawn(0, 4, 0, rules.HEAVY, 1),
            Spawn(8, 4, 1, rules.SCOUT, 5),
            Spawn(8, 2, 1, rules.RANGER, 5),
        ),
        time_limit=60 * rules.TICKS_PER_SECOND,
        goal=0,
        pickups=(PickupSpot(1, 4, rules.PICKUP_REPAIR), PickupSpot(7, 4, rules.PICKUP_SPEED)),
    )
    made = Level("corridor", Title("x", "x"), arena, (SeatPlan(player=True), SeatPlan(), SeatPlan()))
    return replace(made, arena=replace(arena, **changes))


def test_sides_tanks_and_ways() -> None:
    found = measures_of(corridor())
    assert (found["own"], found["enemies"]) == (0.0, 1.0)
    assert found["armour"] == 6 - (3 + 4) / 2
    assert found["speed"] == 14 - (22 + 18) / 2
    assert found["way"] == pytest.approx(8**0.5)
    assert (found["repairs_own"], found["repairs_enemy"]) == (1.0, 0.0)
    assert (found["pickups_own"], found["pickups_enemy"]) == (0.0, 1.0)
    assert found["openness"] == pytest.approx(49 / 81)
    assert found["seconds"] == 0.0


def test_a_wall_makes_the_way_longer_a_brick_does_not_and_a_portal_shortens_it() -> None:
    tiles = np.zeros((9, 9), np.uint8)
    tiles[:8, 4] = rules.WALL
    assert measures_of(corridor(tiles=tiles))["way"] == pytest.approx((8 + 2 * 4) ** 0.5)
    tiles = np.zeros((9, 9), np.uint8)
    tiles[:, 4] = rules.BRICK
    assert measures_of(corridor(tiles=tiles))["way"] == pytest.approx(8**0.5)
    tiles = np.zeros((9, 9), np.uint8)
    tiles[4, 1] = tiles[4, 7] = rules.PORTAL
    level = corridor(tiles=tiles, portals=(((1, 4), (7, 4)),))
    assert driving_distances(level, [(0, 4)])[4, 8] == 3


def test_the_person_on_team_1_turns_the_sides_round() -> None:
    level = corridor()
    other = replace(level, roster=(SeatPlan(), SeatPlan(player=True), SeatPlan()))
    found, turned = measures_of(level), measures_of(other)
    assert (turned["own"], turned["enemies"]) == (found["enemies"], found["own"])
    assert turned["armour"] == -found["armour"]
    assert turned["repairs_enemy"] == found["repairs_own"]


def test_openness_and_sight_of_a_room() -> None:
    room = np.ones((5, 5), np.bool_)
    assert openness(room) == pytest.approx(9 / 25)
    assert sight(~room, room) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "level", [entry.level for entry in list_levels() if entry.level], ids=lambda one: one.name
)
def test_every_built_in_level_can_be_measured(level: Level) -> None:
    found = measures_of(level)
    assert all(np.isfinite(value) for value in found.values())
    assert found["way"] < 9.9
    assert (found["core_way"] > 0) == (level.objective == rules.DEFEND)
