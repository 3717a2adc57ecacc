"""Every way to win, to lose and to run out of time."""

import pytest

from game.core import rules
from game.core.sim import state as st
from tests.core.sim.scenes import LEFT, RIGHT, Scene, named

DUEL = """
    A.......
    ........
    ........
    ........
    ........
    ........
    ........
    .......B
"""
FORT = """
    A.......
    ........
    ...C....
    ........
    ........
    ........
    ........
    .......B
"""
HOMES = """
    A0....1B
    ........
    ...*....
    ........
    ....*...
    ........
    ........
    ........
"""


def ended(scene: Scene) -> tuple[int, int]:
    """Return (winner, timed out) of a match that is over, told by an event too."""
    assert scene.over
    (event,) = named(scene.log, "match_ended")
    result = (int(scene.head[st.WINNER]), int(scene.head[st.TIMED_OUT]))
    assert event[1:3] == result
    return result


def destroy(scene: Scene, seat: int, by: int) -> None:
    """Let `by` shoot `seat` from two tiles away."""
    scene.put(by, 2.5, 5.5)
    scene.put(seat, 4.5, 5.5)
    scene.tanks[seat, st.TANK_HP] = 1
    scene.tanks[seat, st.TANK_SHIELD] = 0
    scene.tanks[by, st.TANK_RELOAD] = 0
    scene.fire(by, RIGHT, 20)
    assert scene.tanks[seat, st.TANK_ALIVE] == 0


def run_out(scene: Scene) -> None:
    scene.step(int(scene.head[st.TIME_LIMIT] - scene.head[st.TICK]))


def test_a_match_that_is_over_stands_still() -> None:
    scene = Scene(DUEL)
    destroy(scene, 1, 0)
    assert ended(scene) == (0, 0)
    before = scene.hash
    assert scene.step(20, {0: (1, 50, 1, 1)}) == []
    assert scene.hash == before


# Eliminate


@pytest.mark.parametrize(("loser", "winner"), [(0, 1), (1, 0)])
def test_eliminate_is_won_by_the_last_team(loser: int, winner: int) -> None:
    scene = Scene(DUEL)
    destroy(scene, loser, winner)
    assert ended(scene) == (winner, 0)
    assert scene.head[st.TEAM_SCORE + winner] == 1


def test_eliminate_goes_on_while_anybody_lives() -> None:
    scene = Scene(DUEL.replace("A......", "A.....B", 1))
    destroy(scene, 1, 0)
    assert not scene.over
    destroy(scene, 2, 0)
    assert ended(scene) == (0, 0)


def test_eliminate_with_three_teams_ends_with_the_last_one() -> None:
    scene = Scene(DUEL.replace("A......", "A.....B", 1), teams=[0, 1, 1])
    scene.tanks[2, st.TANK_TEAM] = 2
    scene.head[st.N_TEAMS] = 3
    destroy(scene, 0, 1)
    assert not scene.over
    destroy(scene, 1, 2)
    assert ended(scene) == (2, 0)


def test_both_destroyed_in_one_tick_is_a_draw() -> None:
    scene = Scene(DUEL)
    scene.put(0, 2.5, 5.5)
    scene.put(1, 4.5, 5.5)
    scene.tanks[:, st.TANK_HP] = 1
    scene.step(1, {0: (0, RIGHT, 1, 0), 1: (0, LEFT, 1, 0)})
    scene.shots[0, st.SHOT_OWNER] = scene.shots[1, st.SHOT_OWNER] = 0  # of one owner: they do not cancel
    scene.step(20)
    assert ended(scene) == (-1, 0)


def test_eliminate_without_a_decision_is_nobodys() -> None:
    scene = Scene(DUEL)
    run_out(scene)
    assert ended(scene) == (-1, 1)


# Defend


def waves(scene: Scene) -> int:
    return len(named(scene.log, "wave_began"))


def test_attackers_come_in_waves_and_defend_is_won_after_the_last() -> None:
    scene = Scene(FORT, rules.DEFEND, goal=2)
    assert scene.tanks[1, st.TANK_ALIVE] == 0, "the first wave is not there yet"
    while not waves(scene):
        scene.step()
    assert scene.log[-2][:3] == ("wave_began", 1, 2)
    assert scene.log[-1][:2] == ("tank_spawned", 1)
    assert scene.tanks[1, st.TANK_SHIELD] == rules.SPAWN_SHIELD
    destroy(scene, 1, 0)
    assert not scene.over
    assert scene.head[st.TEAM_SCORE] == 1
    before = int(scene.head[st.TICK])
    while waves(scene) < 2:
        scene.step()
    assert scene.head[st.TICK] - before <= rules.WAVE_PAUSE + 1
    destroy(scene, 1, 0)
    assert ended(scene) == (0, 0)


def test_defend_is_lost_with_the_core() -> None:
    scene = Scene(FORT, rules.DEFEND, core_hp=2)
    while not waves(scene):
        scene.step()
    scene.put(0, 7.5, 7.5)
    scene.put(1, 0.5, 2.5)
    assert scene.at(3, 2) == rules.CORE
    for _ in range(2):
        scene.tanks[1, st.TANK_RELOAD] = 0
        scene.fire(1, RIGHT, 20)
    assert ended(scene) == (1, 0)
    assert scene.head[st.TEAM_SCORE + 1] == 2


def test_defend_is_won_when_the_core_stands_at_the_end() -> None:
    scene = Scene(FORT, rules.DEFEND)
    scene.head[st.TIME_LIMIT] = 200
    run_out(scene)
    assert ended(scene) == (0, 1)


def test_a_defender_comes_back() -> None:
    scene = Scene(FORT, rules.DEFEND)
    while not waves(scene):
        scene.step()
    destroy(scene, 0, 1)
    assert not scene.over
    scene.put(1, 7.5, 7.5)
    scene.step(rules.OBJECTIVES[rules.DEFEND].respawn_own)
    assert scene.tanks[0, st.TANK_ALIVE] == 1


# Collect


def test_collect_is_won_by_bringing_the_goal_home() -> None:
    scene = Scene(HOMES, rules.COLLECT, goal=2)
    for brought in (1, 2):
        scene.put(0, 3.5, 2.5)
        scene.step()
        assert scene.tanks[0, st.TANK_CARRY] == 1
        scene.put(0, 5.0, 5.0)
        scene.step()
        assert (scene.world.cells[0, 0, st.CELL_X], scene.world.cells[0, 0, st.CELL_Y]) == (1280, 1280)
        scene.put(0, 1.5, 0.5)
        events = scene.step()
        assert named(events, "cell_home") == [("cell_home", 0, 0, 384, 128)]
        assert scene.head[st.TEAM_SCORE] == brought
        if brought == 1:
            scene.put(0, 5.0, 6.0)
            scene.step(rules.CELL_RESPAWN)
    assert ended(scene) == (0, 0)
    assert scene.tanks[0, st.TANK_SCORE] == 2 * rules.POINTS_CELL


def test_a_cell_at_the_other_teams_home_counts_for_nobody() -> None:
    scene = Scene(HOMES, rules.COLLECT)
    scene.put(0, 3.5, 2.5)
    scene.step()
    scene.put(0, 6.5, 0.5)
    scene.put(1, 7.5, 7.5)
    assert scene.step() == []
    assert scene.tanks[0, st.TANK_CARRY] == 1


def test_a_tank_carries_one_cell_and_drops_it_when_destroyed() -> None:
    scene = Scene(HOMES, rules.COLLECT)
    scene.put(0, 3.5, 2.5)
    scene.step()
    scene.put(0, 4.5, 4.5)
    scene.step()
    assert scene.world.cells[0, 1, st.CELL_CARRIER] == -1, "no second cell"
    destroy(scene, 0, 1)
    (event,) = named(scene.log, "cell_dropped")
    assert event[1:3] == (0, 0)
    assert scene.world.cells[0, 0, st.CELL_CARRIER] == -1
    assert scene.world.cells[0, 0, st.CELL_X] == scene.place(0)[0]


@pytest.mark.parametrize(("scores", "winner"), [((2, 1), 0), ((0, 3), 1), ((1, 1), -1), ((0, 0), -1)])
def test_collect_at_time_out_goes_to_the_team_with_more(scores: tuple[int, int], winner: int) -> None:
    scene = Scene(HOMES, rules.COLLECT)
    scene.head[st.TEAM_SCORE : st.TEAM_SCORE + 2] = scores
    scene.head[st.TIME_LIMIT] = 30
    run_out(scene)
    assert ended(scene) == (winner, 1)


# Survive


def test_survive_is_won_by_the_clock() -> None:
    scene = Scene(DUEL, rules.SURVIVE)
    scene.head[st.TIME_LIMIT] = 3 * rules.TICKS_PER_SECOND
    run_out(scene)
    assert ended(scene) == (0, 1)
    assert scene.head[st.TEAM_SCORE] == 3
    assert scene.tanks[0, st.TANK_SCORE] == 3 * rules.POINTS_SURVIVED_SECOND


def test_survive_is_lost_with_the_last_life() -> None:
    scene = Scene(DUEL, rules.SURVIVE)
    row = rules.OBJECTIVES[rules.SURVIVE]
    for life in range(1, row.lives_own + 1):
        destroy(scene, 0, 1)
        assert scene.tanks[0, st.TANK_DEATHS] == life
        if life < row.lives_own:
            assert not scene.over
            scene.step(row.respawn_own + 1)
            assert scene.tanks[0, st.TANK_ALIVE] == 1
    assert scene.tanks[0, st.TANK_RESPAWN] == rules.NO_RESPAWN
    assert ended(scene) == (1, 0)


def test_attackers_return_in_survive() -> None:
    scene = Scene(DUEL, rules.SURVIVE)
    destroy(scene, 1, 0)
    assert not scene.over
    scene.step(rules.OBJECTIVES[rules.SURVIVE].respawn_enemy + 1)
    assert scene.tanks[1, st.TANK_ALIVE] == 1


def test_the_last_tick_can_still_decide() -> None:
    """What happens in the tick in which the clock runs out counts: a decision beats the time-out."""
    scene = Scene(DUEL)
    scene.put(0, 2.5, 5.5)
    scene.put(1, 4.5, 5.5)
    scene.tanks[1, st.TANK_HP] = 1
    scene.step(1, {0: (0, RIGHT, 1, 0)})
    ticks = 1
    probe = Scene(DUEL)
    probe.put(0, 2.5, 5.5)
    probe.put(1, 4.5, 5.5)
    probe.tanks[1, st.TANK_HP] = 1
    probe.step(1, {0: (0, RIGHT, 1, 0)})
    while not probe.over:
        probe.step()
        ticks += 1
    scene.head[st.TIME_LIMIT] = ticks
    scene.step(ticks)
    assert ended(scene) == (0, 0)
