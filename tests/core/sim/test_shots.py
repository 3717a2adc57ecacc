"""What shots do: fly, bank, turn, break, hurt and cancel."""

import numpy as np
import pytest

from game.core import rules
from game.core.sim import state as st
from game.core.sim.events import BANKED_FLAG
from tests.core.sim.scenes import DOWN, HALL, LEFT, RIGHT, UP, Scene, named

CORRIDOR = """
    ................
    ................
    A......B........
    ................
    ................
    ................
    ................
    ................
"""


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
def test_a_straight_shot_hurts_an_enemy_by_its_class(tank_class: int) -> None:
    scene = Scene(CORRIDOR, classes=[tank_class, rules.HEAVY])
    events = scene.fire(0, RIGHT, 60)
    assert [row[:3] for row in named(events, "tank_hit")] == [("tank_hit", 1, 0)]
    row = rules.TANK_CLASSES[tank_class]
    assert scene.tanks[1, st.TANK_HP] == rules.TANK_CLASSES[rules.HEAVY].armour - row.damage
    assert scene.tanks[0, st.TANK_SCORE] == rules.POINTS_HIT
    assert scene.head[st.N_SHOTS] == 0


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
@pytest.mark.parametrize("aim", range(0, 256, 11))
def test_a_shot_flies_at_its_class_speed(tank_class: int, aim: int) -> None:
    scene = Scene(
        "\n".join(["." * 40] * 19 + ["." * 20 + "A" + "." * 19] + ["." * 40] * 20), classes=tank_class
    )
    x, y = scene.place(0)
    scene.fire(0, aim, 10)
    dx, dy = scene.shots[0, st.SHOT_X] - x, scene.shots[0, st.SHOT_Y] - y
    speed = rules.TANK_CLASSES[tank_class].shot_speed
    assert np.hypot(dx, dy) == pytest.approx(10 * speed, abs=3)
    turn = np.arctan2(dy, dx) / (2 * np.pi) * 256 % 256
    assert min(abs(turn - aim), 256 - abs(turn - aim)) < 0.5


def test_a_shot_passes_allies_until_it_has_banked() -> None:
    scene = Scene(CORRIDOR.replace("A......B", "A..A...#"))
    events = scene.fire(0, RIGHT, 50)
    assert next(row[0] for row in events if row[0] != "fired") == "banked"
    (hit,) = named(events, "tank_hit")
    assert hit[1:3] == (1, 0 | BANKED_FLAG)
    assert scene.tanks[0, st.TANK_SCORE] == 0, "an ally brings no points"


def test_a_banked_shot_hurts_its_own_shooter() -> None:
    scene = Scene(CORRIDOR.replace("A......B", "A......#"))
    events = scene.fire(0, RIGHT, 70)
    assert [row[0] for row in events] == ["fired", "banked", "tank_hit", "shot_ended"]
    assert events[2][1:3] == (0, 0 | BANKED_FLAG)
    assert scene.tanks[0, st.TANK_HP] == rules.TANK_CLASSES[rules.RANGER].armour - 1


def test_an_unbanked_shot_never_hurts_its_shooter() -> None:
    scene = Scene(CORRIDOR)
    scene.step(1, {0: (1, RIGHT, 1, 0)})
    assert named(scene.step(5, {0: (1, RIGHT, 0, 0)}), "tank_hit") == []


def test_a_bank_hit_brings_more_points() -> None:
    scene = Scene(CORRIDOR.replace("A......B", "A..B...#"))
    scene.put(1, 5.5, 2.5 + 0.6)
    scene.put(0, 5.5, 1.5)
    # Straight up first: off the top wall, back down through the shooter's place to the enemy below.
    scene.put(0, 5.5, 0.5)
    scene.put(1, 5.5, 2.5)
    events = scene.fire(0, UP, 1)
    scene.put(0, 12.5, 6.5)
    events += scene.step(40)
    assert [row[1:3] for row in named(events, "tank_hit")] == [(1, BANKED_FLAG)]
    assert scene.tanks[0, st.TANK_SCORE] == rules.POINTS_HIT + rules.POINTS_BANK_HIT


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
@pytest.mark.parametrize("extra", [0, 1])
def test_a_shot_banks_as_often_as_its_class_may(tank_class: int, extra: int) -> None:
    scene = Scene(
        """
        A.......
        ........
        ........
        ........
        ........
        ........
        ........
        ........
        """,
        classes=tank_class,
    )
    scene.put(0, 0.5, 4.0)
    scene.tanks[0, st.TANK_BANK] = 500 * extra
    events = scene.fire(0, 40, 1)
    scene.remove(0)
    events += scene.step(rules.SHOT_LIFE)
    limit = rules.TANK_CLASSES[tank_class].banks + extra
    assert len(named(events, "banked")) == limit
    assert len(named(events, "shot_ended")) == 1


@pytest.mark.parametrize("aim", [3, 20, 44, 61, 70, 100, 125, 140, 180, 190, 200, 250])
def test_banking_mirrors_the_direction(aim: int) -> None:
    scene = Scene(HALL.replace(".", "A", 1))
    scene.put(0, 8.0, 4.0)
    scene.fire(0, aim, 1)
    while not named(scene.step(), "banked"):
        pass
    found = int(scene.shots[0, st.SHOT_AIM])
    assert found in ((128 - aim) & 255, -aim & 255)
    vertical = found == (128 - aim) & 255
    x, y = scene.log[-1][3:]
    assert (x in (-1, 0, 16 * 256 - 1, 16 * 256)) == vertical
    assert (y in (-1, 0, 8 * 256 - 1, 8 * 256)) != vertical


def test_a_brick_cracks_then_breaks_and_the_way_is_free() -> None:
    scene = Scene(CORRIDOR.replace("A......B", "A...%..B"))
    for tile, event in ((rules.BRICK_CRACKED, "brick_cracked"), (rules.FLOOR, "brick_broken")):
        events = scene.fire(0, RIGHT, 45)
        assert [row[0] for row in events] == ["fired", event, "shot_ended"]
        assert scene.at(4, 2) == tile
    assert named(scene.fire(0, RIGHT, 45), "tank_hit")


def test_a_shot_on_its_way_to_a_brick_that_breaks_flies_on() -> None:
    scene = Scene(CORRIDOR.replace("A......B", "A...x..B"), classes=[rules.HEAVY, rules.HEAVY])
    scene.tanks[0, st.TANK_TRIPLE] = 0
    scene.step(1, {0: (0, RIGHT, 1, 0)})
    scene.tanks[0, st.TANK_RELOAD] = 0
    scene.step(4)
    scene.step(1, {0: (0, RIGHT, 1, 0)})
    events = scene.step(50)
    assert len(named(events, "brick_broken")) == 1
    assert len(named(events, "tank_hit")) == 1


@pytest.mark.parametrize("tile", ["~", ",", "0"])
def test_shots_pass_water_cover_and_homes(tile: str) -> None:
    scene = Scene(CORRIDOR.replace("A......B", f"A..{tile}{tile}..B"))
    assert named(scene.fire(0, RIGHT, 60), "tank_hit")


@pytest.mark.parametrize(
    ("mirror", "aim", "target"),
    [("/", RIGHT, (5, 0)), ("\\", RIGHT, (5, 6)), ("/", LEFT, (5, 6)), ("\\", LEFT, (5, 0))],
)
def test_a_mirror_turns_a_shot_by_a_quarter_and_costs_no_bank(
    mirror: str, aim: int, target: tuple[int, int]
) -> None:
    scene = Scene(CORRIDOR.replace("A......B", f"A....{mirror}.B"))
    scene.put(0, 0.5 if aim == RIGHT else 10.5, 2.5)
    scene.put(1, target[0] + 0.5, target[1] + 0.5)
    events = scene.fire(0, aim, 60)
    assert [row[0] for row in events] == ["fired", "mirrored", "tank_hit", "shot_ended"]
    assert named(events, "tank_hit")[0][1:3] == (1, 0), "a mirror is no bank"


def test_a_shot_passes_a_portal_and_keeps_its_direction() -> None:
    scene = Scene(
        """
        A.......
        ...a....
        ........
        ........
        ........
        a......B
        ........
        ........
        """
    )
    scene.put(0, 0.5, 1.5)
    events = scene.fire(0, RIGHT, 60)
    assert [row[0] for row in events] == ["fired", "shot_portal", "tank_hit", "shot_ended"]
    assert events[2][1:3] == (1, 0)


def test_attackers_hurt_the_core_and_defenders_do_not() -> None:
    picture = CORRIDOR.replace("A......B", "A...C..B")
    scene = Scene(picture, rules.DEFEND)
    scene.tanks[1, st.TANK_ALIVE] = 1
    scene.put(1, 7.5, 2.5)
    before = int(scene.head[st.CORE_HP])
    assert named(scene.fire(0, RIGHT, 30), "core_hit") == []
    assert scene.head[st.CORE_HP] == before
    (hit,) = named(scene.fire(1, LEFT, 30), "core_hit")
    assert hit[1:3] == (1, before - 1)
    assert scene.tanks[1, st.TANK_SCORE] == rules.POINTS_CORE


def test_shots_of_different_tanks_cancel_where_they_meet() -> None:
    scene = Scene(CORRIDOR)
    scene.step(1, {0: (0, RIGHT, 1, 0), 1: (0, LEFT, 1, 0)})
    events = scene.step(40)
    ((_, owner, other, x, _y),) = named(events, "shots_cancelled")
    assert (owner, other) == (0, 1)
    assert x == pytest.approx((0.5 + 7.5) / 2 * 256, abs=64)
    assert named(events, "tank_hit") == []
    assert scene.head[st.N_SHOTS] == 0


def test_shots_of_one_tank_do_not_cancel() -> None:
    scene = Scene(CORRIDOR.replace("B", "."))
    scene.tanks[0, st.TANK_TRIPLE] = 100
    events = scene.fire(0, RIGHT, 3)
    assert len(named(events, "fired")) == 3
    assert scene.head[st.N_SHOTS] == 3


def test_a_shot_ends_when_its_life_is_over() -> None:
    scene = Scene(
        """
        A.......
        ........
        ../...\\.
        ........
        ........
        ........
        ..\\.../.
        ........
        """
    )
    scene.put(0, 4.5, 2.5)
    events = scene.fire(0, RIGHT, 1)
    scene.remove(0)
    events += scene.step(rules.SHOT_LIFE - 2)
    assert len(named(events, "mirrored")) >= 4
    assert scene.head[st.N_SHOTS] == 1
    assert [row[0] for row in scene.step()] == ["shot_ended"]
    assert scene.head[st.N_SHOTS] == 0


def test_a_shot_caught_between_mirrors_ends_instead_of_turning_forever() -> None:
    """A square of four mirrors keeps a shot; a tick with too many turns ends it."""
    scene = Scene(HALL.replace(".", "A", 1))
    scene.fire(0, 0, 1)
    scene.shots[0, st.SHOT_LEG_TIME] = 10**9
    scene.shots[0, st.SHOT_BANK_LIMIT] = 10**6
    events = scene.step()
    assert [row[0] for row in events][-1] == "shot_ended"
    assert len(named(events, "banked")) == 8


def test_no_tank_has_more_shots_in_flight_than_allowed() -> None:
    scene = Scene("\n".join(["A" + "." * 39] + ["." * 40] * 39))
    scene.put(0, 20, 20)
    for n in range(20):
        scene.tanks[0, st.TANK_RELOAD] = 0
        scene.step(1, {0: (0, 13 * n & 255, 1, 0)})
    assert scene.tanks[0, st.TANK_SHOTS] == scene.head[st.N_SHOTS] == rules.SHOTS_PER_TANK


def test_no_more_shots_fly_than_the_world_holds() -> None:
    scene = Scene("\n".join(["A" * 16 + "." * 24] + ["." * 40] * 39))
    for seat in range(16):
        scene.put(seat, 5 + 2 * (seat % 4) + 0.5, 15 + 2 * (seat // 4) + 0.5)
    for _ in range(2):
        scene.tanks[:, st.TANK_RELOAD] = 0
        scene.tanks[:, st.TANK_TRIPLE] = 100
        scene.step(1, {seat: (0, seat * 16, 1, 0) for seat in range(16)})
    assert scene.head[st.N_SHOTS] <= rules.MAX_SHOTS
    assert scene.head[st.N_SHOTS] > rules.MAX_SHOTS - 3
    assert scene.tanks[:, st.TANK_SHOTS].sum() == scene.head[st.N_SHOTS]


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
def test_guns_fire_at_the_reload_of_their_class(tank_class: int) -> None:
    scene = Scene(CORRIDOR.replace("B", "."), classes=tank_class)
    reload = rules.TANK_CLASSES[tank_class].reload
    fired = []
    for now in range(1, 3 * reload + 2):
        if named(scene.step(1, {0: (0, DOWN, 1, 0)}), "fired"):
            fired.append(now)
        scene.tanks[0, st.TANK_HP] = 9
    assert fired == [1, 1 + reload, 1 + 2 * reload, 1 + 3 * reload]


def test_a_tank_just_hit_is_spared_for_a_moment() -> None:
    scene = Scene(CORRIDOR)
    scene.tanks[1, st.TANK_GRACE] = 200
    events = scene.fire(0, RIGHT, 60)
    assert named(events, "tank_hit") == []
    assert named(events, "shot_ended")
    assert scene.tanks[1, st.TANK_HP] == rules.TANK_CLASSES[rules.RANGER].armour
    scene.tanks[1, st.TANK_GRACE] = 0
    scene.fire(0, RIGHT, 60)
    assert scene.tanks[1, st.TANK_HP] == rules.TANK_CLASSES[rules.RANGER].armour - 1


def test_a_shield_swallows_a_shot() -> None:
    scene = Scene(CORRIDOR)
    scene.tanks[1, st.TANK_SHIELD] = 200
    events = scene.fire(0, RIGHT, 60)
    assert [row[0] for row in events] == ["fired", "tank_shielded", "shot_ended"]
    assert scene.tanks[1, st.TANK_HP] == rules.TANK_CLASSES[rules.RANGER].armour
