"""What tanks do: move, stop, slide, dash, lay mines, raise shields, take pick-ups, respawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as hyp

from game.core import rules
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arena import PickupSpot
from game.core.sim.events import MINE_FLAG
from game.core.sim.tables import BLOCKS_TANK
from tests.core.sim.scenes import DOWN, HALL, RIGHT, UP, Scene, named

ONE = HALL.replace(".", "A", 1)
R = rules.TANK_RADIUS


def ranger(name: str) -> int:
    return int(getattr(rules.TANK_CLASSES[rules.RANGER], name))


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
@pytest.mark.parametrize("move", range(rules.N_MOVES))
def test_a_tank_moves_at_its_class_speed_in_eight_directions(tank_class: int, move: int) -> None:
    scene = Scene(ONE, classes=tank_class)
    scene.put(0, 8, 4)
    scene.step(1, {0: (move, RIGHT, 0, 0)})
    dx, dy = rules.MOVES[move]
    speed = rules.TANK_CLASSES[tank_class].speed
    if dx and dy:
        speed = speed * 181 // 256
    assert scene.place(0) == (8 * 256 + dx * speed, 4 * 256 + dy * speed)
    assert (scene.tanks[0, st.TANK_VX], scene.tanks[0, st.TANK_VY]) == (dx * speed, dy * speed)
    if move:
        assert scene.tanks[0, st.TANK_FACING] == move


@pytest.mark.parametrize("move", [-3, 9, 100])
def test_a_move_that_does_not_exist_stands(move: int) -> None:
    scene = Scene(ONE)
    before = scene.place(0)
    scene.step(3, {0: (move, RIGHT, 0, 0)})
    assert scene.place(0) == before


@pytest.mark.parametrize(("aim", "turret"), [(0, 0), (255, 255), (256, 0), (-1, 255), (1000, 1000 % 256)])
def test_the_turret_turns_at_once_and_wraps(aim: int, turret: int) -> None:
    scene = Scene(ONE)
    scene.step(1, {0: (0, aim, 0, 0)})
    assert scene.tanks[0, st.TANK_AIM] == turret


@pytest.mark.parametrize("tile", ["#", "%", "x", "~", "/", "\\", "C"])
def test_solid_tiles_stop_a_tank_flush(tile: str) -> None:
    scene = Scene(ONE.replace("A.....", f"A...{tile}."))
    scene.step(100, {0: (1, RIGHT, 0, 0)})
    assert scene.place(0) == (4 * 256 - R, 128)
    assert "tank_bumped" in scene.names()


@pytest.mark.parametrize("tile", [".", ",", "0", "1"])
def test_floor_cover_and_homes_let_a_tank_pass(tile: str) -> None:
    scene = Scene(ONE.replace("A.....", f"A...{tile}."))
    scene.step(100, {0: (1, RIGHT, 0, 0)})
    assert scene.place(0)[0] > 5 * 256


@pytest.mark.parametrize(("move", "edge"), [(1, 16 * 256 - R), (5, R), (3, 8 * 256 - R), (7, R)])
def test_the_ring_of_wall_keeps_tanks_in(move: int, edge: int) -> None:
    scene = Scene(ONE)
    scene.step(400, {0: (move, RIGHT, 0, 0)})
    assert edge in scene.place(0)


def test_a_tank_beside_an_opening_slides_into_it() -> None:
    scene = Scene(
        """
        ...#....
        ...#....
        A.......
        ...#....
        ...#....
        ...#....
        ...#....
        ...#....
        """
    )
    scene.put(0, 2.0, 2.5 + 70 / 256)
    scene.step(120, {0: (1, RIGHT, 0, 0)})
    assert scene.place(0)[0] > 5 * 256


def test_tanks_stop_at_each_other_and_can_part_again() -> None:
    scene = Scene(ONE.replace("A.....", "A..B..").replace("A..B..", "A..A.."))
    scene.step(100, {0: (1, RIGHT, 0, 0)})
    assert scene.place(1)[0] - scene.place(0)[0] >= 2 * R
    near = scene.place(0)[0]
    scene.step(10, {0: (5, RIGHT, 0, 0)})
    assert scene.place(0)[0] < near


WALK = """
    A..#....~.......
    ..%......../....
    ....B....a......
    .,,......#......
    .,,..~~.....#...
    ...\\........#..A
    .a......x.......
    ..........#....B
"""


@settings(max_examples=25)
@given(hyp.integers(0, 2**32 - 1))
def test_no_tank_is_ever_inside_a_wall_or_another_tank(seed: int) -> None:
    source = np.random.default_rng(seed)
    scene = Scene(WALK, classes=[0, 1, 2, 0], seed=seed % 1000)
    scene.head[st.TIME_LIMIT] = 10**6
    for _ in range(60):
        moves = source.integers(0, 9, 4)
        special = source.integers(0, 2, 4)
        scene.tanks[:, st.TANK_SPECIAL] = 0
        scene.step(5, {n: (int(moves[n]), 0, 0, int(special[n])) for n in range(4)})
        scene.tanks[:, st.TANK_HP] = 3
        stride = int(scene.head[st.STRIDE])
        living = [n for n in range(4) if scene.tanks[n, st.TANK_ALIVE]]
        for n in living:
            x, y = scene.place(n)
            for corner_x in (x - R, x + R - 1):
                for corner_y in (y - R, y + R - 1):
                    tile = scene.world.terrain[0, ((corner_y >> 8) + 1) * stride + (corner_x >> 8) + 1]
                    assert not BLOCKS_TANK[tile]
            for other in living:
                if other < n:
                    dx, dy = abs(x - scene.place(other)[0]), abs(y - scene.place(other)[1])
                    assert dx >= 2 * R or dy >= 2 * R


def portals() -> Scene:
    return Scene(
        """
        A..a....
        ........
        ........
        ........
        ........
        ....a...
        ........
        .......B
        """
    )


def test_a_portal_takes_a_tank_to_its_other_end_once() -> None:
    scene = portals()
    events = scene.step(80, {0: (1, RIGHT, 0, 0)})
    assert [row[0] for row in events] == ["tank_portal"]
    scene = portals()
    while not named(scene.step(1, {0: (1, RIGHT, 0, 0)}), "tank_portal"):
        pass
    assert scene.place(0) == (4 * 256 + 128, 5 * 256 + 128)
    assert named(scene.step(50), "tank_portal") == [], "it stays where it came out"


def test_a_portal_whose_other_end_is_taken_does_not_work() -> None:
    scene = portals()
    scene.put(1, 4.5, 5.5)
    scene.tanks[1, st.TANK_PORTAL_LOCK] = 1
    assert named(scene.step(30, {0: (1, RIGHT, 0, 0)}), "tank_portal") == []
    scene.put(1, 7.5, 7.5)
    scene.put(0, 3.5, 0.5)
    assert named(scene.step(1), "tank_portal")


# Specials


def test_a_scout_dashes_in_its_direction() -> None:
    scene = Scene(ONE, classes=rules.SCOUT)
    start = scene.place(0)[0]
    (event,) = scene.step(1, {0: (1, UP, 0, 1)})
    assert event[:3] == ("dashed", 0, 1)
    scene.step(rules.DASH_TICKS - 1, {0: (5, UP, 0, 0)})
    dashed = scene.place(0)[0] - start
    assert dashed == rules.DASH_TICKS * rules.DASH_SPEED
    scene.step(1, {0: (5, UP, 0, 0)})
    assert scene.place(0)[0] == start + dashed - rules.TANK_CLASSES[rules.SCOUT].speed


def test_a_standing_scout_dashes_where_its_hull_points() -> None:
    scene = Scene(ONE, classes=rules.SCOUT)
    scene.step(1, {0: (3, UP, 0, 0)})
    (event,) = scene.step(1, {0: (0, UP, 0, 1)})
    assert event[:3] == ("dashed", 0, 3)


@pytest.mark.parametrize(
    ("tank_class", "event"),
    [(rules.SCOUT, "dashed"), (rules.RANGER, "mine_laid"), (rules.HEAVY, "shield_raised")],
)
def test_a_special_acts_on_the_press_and_cools_down(tank_class: int, event: str) -> None:
    scene = Scene(ONE, classes=tank_class)
    cooldown = rules.TANK_CLASSES[tank_class].special_cooldown
    assert len(named(scene.step(cooldown + 20, {0: (0, RIGHT, 0, 1)}), event)) == 1, "held is one press"
    scene.step(1)
    assert named(scene.step(1, {0: (0, RIGHT, 0, 1)}), event), "ready again after the cool-down"
    scene.step(1)
    scene.step(cooldown - 3)
    assert named(scene.step(1, {0: (0, RIGHT, 0, 1)}), event) == [], "not yet"
    scene.step(1)
    assert named(scene.step(1, {0: (0, RIGHT, 0, 1)}), event)


def mined(picture: str = ONE.replace("A.......", "A...B...")) -> Scene:
    scene = Scene(picture, classes=rules.RANGER)
    scene.step(1, {0: (0, RIGHT, 0, 1)})
    scene.put(0, 10.5, 6.5)
    return scene


def test_a_mine_arms_and_goes_off_under_an_enemy() -> None:
    scene = mined()
    scene.put(1, 0.5, 0.5)
    assert scene.step(rules.MINE_ARM_TICKS - 1) == []
    assert scene.head[st.N_MINES] == 1
    scene.step(1)
    events = scene.log[1:]
    assert [row[0] for row in events] == ["mine_exploded", "tank_hit"]
    assert events[0][1:3] == (0, 1)
    assert events[1][1:3] == (1, 0 | MINE_FLAG)
    assert scene.tanks[1, st.TANK_HP] == ranger("armour") - rules.MINE_DAMAGE
    assert scene.head[st.N_MINES] == 0


def test_a_mine_leaves_its_owner_and_allies_alone_and_grows_old() -> None:
    scene = mined(ONE.replace("A.......", "A...A..."))
    scene.put(0, 0.5, 0.5)
    scene.put(1, 0.5, 1.5)
    scene.head[st.TIME_LIMIT] = 10**6
    scene.step(rules.MINE_LIFE - 2)
    assert scene.head[st.N_MINES] == 1
    scene.step(1)
    assert scene.head[st.N_MINES] == 0
    assert "mine_exploded" not in scene.names()


def test_no_more_mines_lie_than_the_world_holds() -> None:
    scene = Scene(ONE)
    for _ in range(rules.MAX_MINES + 3):
        scene.tanks[0, st.TANK_SPECIAL] = 0
        scene.step(1, {0: (0, RIGHT, 0, 1)})
        scene.step(1)
    assert scene.head[st.N_MINES] == rules.MAX_MINES
    assert scene.tanks[0, st.TANK_SPECIAL] == 0, "a mine that cannot be laid costs nothing"


def test_a_heavy_raises_its_shield() -> None:
    scene = Scene(ONE, classes=rules.HEAVY)
    scene.step(1, {0: (0, RIGHT, 0, 1)})
    assert scene.tanks[0, st.TANK_SHIELD] == rules.SHIELD_TICKS
    scene.step(rules.SHIELD_TICKS)
    assert scene.tanks[0, st.TANK_SHIELD] == 0


# Pick-ups


def at_pickup(kind: int, **state: int) -> Scene:
    scene = Scene(ONE, pickups=(PickupSpot(0, 0, kind),))
    for name, value in state.items():
        scene.tanks[0, getattr(st, name)] = value
    return scene


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        (rules.PICKUP_SHIELD, st.TANK_SHIELD, rules.PICKUP_SHIELD_TICKS),
        (rules.PICKUP_TRIPLE, st.TANK_TRIPLE, rules.TRIPLE_TICKS),
        (rules.PICKUP_BANK, st.TANK_BANK, rules.BANK_TICKS),
        (rules.PICKUP_SPEED, st.TANK_SPEED, rules.SPEED_TICKS),
    ],
)
def test_a_pickup_gives_its_effect_and_comes_back(kind: int, column: int, value: int) -> None:
    scene = at_pickup(kind)
    assert scene.step() == [("pickup_taken", 0, kind, 128, 128)]
    assert scene.tanks[0, column] == value
    assert scene.tanks[0, st.TANK_SCORE] == rules.POINTS_PICKUP
    scene.put(0, 8, 5)
    scene.head[st.TIME_LIMIT] = 10**6
    assert scene.step(rules.PICKUP_RESPAWN - 1) == []
    assert scene.step() == [("pickup_back", 0, kind, 128, 128)]
    assert scene.tanks[0, column] == 0


@pytest.mark.parametrize(("hp", "after"), [(1, 3), (2, 4), (3, 4)])
def test_repair_mends_up_to_the_armour(hp: int, after: int) -> None:
    scene = at_pickup(rules.PICKUP_REPAIR, TANK_HP=hp)
    scene.step()
    assert scene.tanks[0, st.TANK_HP] == after


def test_a_whole_tank_leaves_repair_for_later() -> None:
    scene = at_pickup(rules.PICKUP_REPAIR)
    assert scene.step(10) == []
    scene.tanks[0, st.TANK_HP] -= 1
    assert named(scene.step(), "pickup_taken")


def test_triple_fires_three_shots_in_a_fan() -> None:
    scene = Scene(ONE)
    scene.tanks[0, st.TANK_TRIPLE] = 100
    scene.step(1, {0: (0, 30, 1, 0)})
    aims = scene.shots[:3, st.SHOT_AIM].tolist()
    assert sorted(aims) == [30 - rules.TRIPLE_SPREAD, 30, 30 + rules.TRIPLE_SPREAD]


def test_speed_makes_faster() -> None:
    scene = Scene(ONE)
    scene.tanks[0, st.TANK_SPEED] = 100
    before = scene.place(0)[0]
    scene.step(1, {0: (1, RIGHT, 0, 0)})
    assert scene.place(0)[0] - before == ranger("speed") * rules.SPEED_PERCENT // 100


# Cover


COVERED = """
    ,..............B
    ................
    ................
    A...............
    ................
    ................
    ................
    ................
"""


def covered() -> Scene:
    scene = Scene(COVERED)
    scene.put(0, 0.5, 0.5)
    scene.step()
    return scene


def test_cover_hides_from_the_other_team_until_firing() -> None:
    scene = covered()
    assert scene.tanks[0, st.TANK_HIDDEN] == 0b10
    scene.step(1, {0: (0, DOWN, 1, 0)})
    assert scene.tanks[0, st.TANK_HIDDEN] == 0
    scene.step(rules.REVEAL_TICKS - 1)
    assert scene.tanks[0, st.TANK_HIDDEN] == 0
    scene.step(1)
    assert scene.tanks[0, st.TANK_HIDDEN] == 0b10


@pytest.mark.parametrize(("distance", "hidden"), [(rules.REVEAL_RANGE, 0), (rules.REVEAL_RANGE + 1, 0b10)])
def test_who_comes_near_sees_what_stands_in_cover(distance: int, hidden: int) -> None:
    scene = covered()
    scene.tanks[1, st.TANK_X] = scene.tanks[0, st.TANK_X] + distance
    scene.tanks[1, st.TANK_Y] = scene.tanks[0, st.TANK_Y]
    scene.step()
    assert scene.tanks[0, st.TANK_HIDDEN] == hidden


def test_the_place_where_a_hidden_tank_was_seen_last_grows_old() -> None:
    scene = covered()
    seen = scene.world.seen[0, 1, 0]
    age = int(seen[st.SEEN_AGE])
    scene.step(20)
    assert seen[st.SEEN_AGE] == age + 20
    place = (int(seen[st.SEEN_X]), int(seen[st.SEEN_Y]))
    scene.tanks[0, st.TANK_X] += 30
    scene.step()
    assert (seen[st.SEEN_X], seen[st.SEEN_Y]) == place
    scene.step(700)
    assert seen[st.SEEN_AGE] == st.SEEN_AGE_MAX
    scene.put(0, 5.5, 0.5)
    scene.step()
    assert (seen[st.SEEN_X], seen[st.SEEN_Y], seen[st.SEEN_AGE]) == (5 * 256 + 128, 128, 0)


# Set-up and respawn


def test_a_match_begins_the_same_for_the_same_arguments() -> None:
    assert Scene(WALK, seed=4).hash == Scene(WALK, seed=4).hash
    assert Scene(WALK, seed=4).hash != Scene(WALK, seed=5).hash


def test_shuffling_deals_a_teams_starts() -> None:
    def places(seed: int) -> list[tuple[int, int]]:
        scene = Scene(WALK, seed=seed, shuffle=1)
        return [scene.place(n) for n in range(4)]

    plain = Scene(WALK)
    starts = [plain.place(n) for n in range(4)]
    drawn = {tuple(places(seed)) for seed in range(20)}
    assert len(drawn) == 4
    for deal in drawn:
        assert sorted(deal[:1] + deal[1:]) == sorted(starts)


def test_a_random_class_is_drawn_once_for_everybody() -> None:
    drawn = set()
    for seed in range(30):
        scene = Scene(WALK, classes=[setup.RANDOM_CLASS] * 4, seed=seed)
        classes = set(scene.tanks[:, st.TANK_CLASS].tolist())
        assert len(classes) == 1
        drawn |= classes
    assert drawn == {0, 1, 2}


def test_a_level_says_which_class_starts_where() -> None:
    assert set(Scene(WALK, classes=setup.LEVEL_CLASS).tanks[:, st.TANK_CLASS]) == {rules.RANGER}


def test_an_empty_seat_takes_no_part() -> None:
    scene = Scene(WALK, teams=[0, 0, 1, -1], classes=rules.RANGER)
    assert scene.tanks[:, st.TANK_ACTIVE].tolist() == [1, 1, 1, 0]
    assert scene.tanks[3, st.TANK_ALIVE] == 0
    scene.step(10, {3: (1, 0, 1, 1)})
    assert scene.tanks[3].sum() == 0
    assert not scene.over


def test_more_seats_than_starts_share_them_one_after_the_other() -> None:
    scene = Scene(ONE.replace("A.......", "A......B"), teams=[0, 0, 1])
    assert scene.tanks[:, st.TANK_ALIVE].tolist() == [1, 0, 1]
    scene.step(rules.SPAWN_SHIELD + 30)
    assert scene.tanks[1, st.TANK_ALIVE] == 0, "its start is taken"
    scene.put(0, 8, 6)
    assert scene.step() == [("tank_spawned", 1, 0, 128, 128)]
    assert scene.tanks[1, st.TANK_SHIELD] == rules.SPAWN_SHIELD


def test_the_fallen_respawn_whole_shielded_and_with_nothing() -> None:
    scene = Scene(ONE.replace("A.......", "A......B").replace("....", "0..1", 1), rules.COLLECT)
    scene.put(0, 4.5, 4.5)
    scene.put(1, 8.5, 4.5)
    scene.tanks[1, st.TANK_HP] = 1
    scene.tanks[1, st.TANK_TRIPLE] = 400
    events = scene.fire(0, RIGHT, 40)
    assert [row[0] for row in events] == ["fired", "tank_hit", "tank_destroyed", "shot_ended"]
    assert scene.tanks[1, st.TANK_DEATHS] == 1
    assert scene.tanks[0, st.TANK_KILLS] == 1
    assert scene.tanks[0, st.TANK_SCORE] == rules.POINTS_HIT + rules.POINTS_KILL
    wait = int(scene.tanks[1, st.TANK_RESPAWN])
    assert 0 < wait < rules.OBJECTIVES[rules.COLLECT].respawn_enemy
    assert scene.step(wait) == []
    (event,) = scene.step()
    assert event[0] == "tank_spawned"
    assert scene.tanks[1, st.TANK_HP] == ranger("armour")
    assert scene.tanks[1, st.TANK_SHIELD] == rules.SPAWN_SHIELD
    assert scene.tanks[1, st.TANK_TRIPLE] == 0
    assert scene.place(1) == (scene.tanks[1, st.TANK_SPAWN_X], scene.tanks[1, st.TANK_SPAWN_Y])


def test_the_fallen_stay_out_in_eliminate() -> None:
    scene = Scene(ONE.replace("A.......", "A..B...B"))
    scene.tanks[1, st.TANK_HP] = 1
    scene.fire(0, RIGHT, 40)
    assert scene.tanks[1, st.TANK_ALIVE] == 0
    assert scene.tanks[1, st.TANK_RESPAWN] == rules.NO_RESPAWN
    assert not scene.over
