"""What each bot does in situations anyone can picture, written straight into its senses."""

import numpy as np
import pytest

from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.sim.slots import OFFSETS
from tests.core.bots.builders import ask, calm_row, put_enemy, put_flight, random_rows

RIGHT, DOWN, LEFT, UP = 1, 3, 5, 7
TILE = rules.SU_PER_TILE
MOVE, SECTOR, POSITION, FIRE, SPECIAL = range(5)


@pytest.mark.parametrize("bot", BOT_NAMES)
def test_every_answer_is_an_action(bot: str) -> None:
    sizes = [size for _name, size in rules.ACTION_HEADS]
    rows = random_rows(40, 1, 3)
    for w in range(40):
        for action in ask(bot, rows[w, 0], seed=w, decisions=3):
            assert all(0 <= value < size for value, size in zip(action, sizes, strict=True))


@pytest.mark.parametrize("bot", BOT_NAMES)
def test_a_tank_that_is_gone_does_nothing(bot: str) -> None:
    assert ask(bot, np.zeros_like(calm_row()), decisions=3) == [[0, 0, 0, 0, 0]] * 3


def test_idle_stands_and_never_fires() -> None:
    row = calm_row()
    put_enemy(row, 3 * TILE, 0)
    put_flight(row, 0, 1, 10)
    assert ask("idle", row, decisions=5) == [[0, 0, 0, 0, 0]] * 5


def test_wanderer_roams_and_fires_now_and_then() -> None:
    answers = np.array(ask("wanderer", calm_row(), decisions=400))
    assert len(set(answers[:, MOVE])) >= 5
    assert (answers[1:, MOVE] == answers[:-1, MOVE]).mean() > 0.8
    assert 10 < answers[:, FIRE].sum() < 100


def test_wanderer_turns_where_the_way_is_blocked() -> None:
    row = calm_row()
    row[OFFSETS["rays"] : OFFSETS["rays"] + 8] = 0
    row[OFFSETS["rays"] + DOWN - 1] = 0.5
    moves = [answer[MOVE] for answer in ask("wanderer", row, decisions=200)]
    assert moves.count(DOWN) > 120


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
@pytest.mark.parametrize(("x", "y", "move"), [(9, 0, RIGHT), (0, 9, DOWN), (-9, 0, LEFT), (9, -9, 8)])
def test_they_follow_the_way_to_an_enemy_out_of_the_line_of_fire(bot: str, x: int, y: int, move: int) -> None:
    row = calm_row()
    put_enemy(row, x * TILE, y * TILE)
    answer = ask(bot, row)[0]
    assert answer[MOVE] == move
    assert answer[FIRE] == 0


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_they_shoot_on_sight_where_the_preview_says(bot: str) -> None:
    row = calm_row()
    put_enemy(row, 4 * TILE, 0)
    put_flight(row, 1, 1, 18, position=2)
    assert ask(bot, row)[0][SECTOR : FIRE + 1] == [1, 2, 1]


@pytest.mark.parametrize(("bot", "fires"), [("chaser", 0), ("marksman", 1)])
def test_only_the_marksman_banks_its_shots(bot: str, fires: int) -> None:
    row = calm_row()
    put_enemy(row, 6 * TILE, 0)
    put_flight(row, 20, 1, 30, banks=1, position=7)
    answer = ask(bot, row)[0]
    assert answer[FIRE] == fires
    assert (answer[SECTOR:FIRE] == [20, 7]) == bool(fires)


def test_marksman_never_fires_a_flight_that_comes_back_to_it() -> None:
    row = calm_row()
    put_enemy(row, 6 * TILE, 0)
    for sector in range(rules.SECTORS):
        put_flight(row, sector, -1, 20, banks=1)
    assert all(answer[FIRE] == 0 for answer in ask("marksman", row, decisions=20))
    put_flight(row, 9, 1, 20, banks=1)
    assert ask("marksman", row)[0][SECTOR : FIRE + 1] == [9, 4, 1]


def test_marksman_prefers_the_flight_that_hits_sooner() -> None:
    row = calm_row()
    put_enemy(row, 6 * TILE, 0)
    put_flight(row, 12, 1, 60, banks=2)
    put_flight(row, 25, 1, 22, banks=1)
    assert ask("marksman", row)[0][SECTOR] == 25


def test_marksman_holds_its_fire_while_it_reloads() -> None:
    row = calm_row()
    put_enemy(row, 4 * TILE, 0)
    put_flight(row, 0, 1, 18)
    row[OFFSETS["own_reload"]] = 20 / 64
    answer = ask("marksman", row)[0]
    assert (answer[SECTOR], answer[FIRE]) == (0, 0)


def test_marksman_dodges_where_there_is_no_danger() -> None:
    row = calm_row()
    row[OFFSETS["danger"] : OFFSETS["danger"] + 9] = 0.7
    row[OFFSETS["danger"] + UP] = 0
    assert ask("marksman", row)[0][MOVE] == UP
    assert ask("chaser", row)[0][MOVE] != UP


def test_marksman_leaves_the_way_to_let_a_shot_pass() -> None:
    row = calm_row()
    put_enemy(row, 9 * TILE, 0)
    assert ask("marksman", row)[0][MOVE] == RIGHT
    for move in (0, RIGHT, 2, LEFT, 8):
        row[OFFSETS["danger"] + move] = 0.4
    assert ask("marksman", row)[0][MOVE] in (DOWN, UP, 4, 6)


def test_marksman_walks_around_a_mine() -> None:
    row = calm_row()
    put_enemy(row, 9 * TILE, 0)
    row[OFFSETS["mine"]] = 0.25
    assert ask("marksman", row)[0][MOVE] not in (RIGHT, 2, 8)


def test_marksman_keeps_its_distance_in_a_duel() -> None:
    row = calm_row()
    put_enemy(row, TILE, 0)
    put_flight(row, 0, 1, 4)
    assert rules.MOVES[ask("marksman", row)[0][MOVE]][0] < 0


@pytest.mark.parametrize("tank_class", [rules.SCOUT, rules.HEAVY])
def test_marksman_answers_a_shot_it_cannot_dodge_with_its_special_and_lets_go(tank_class: int) -> None:
    row = calm_row(tank_class)
    assert ask("marksman", row)[0][SPECIAL] == 0
    row[OFFSETS["danger"] : OFFSETS["danger"] + 9] = 0.9
    assert [answer[SPECIAL] for answer in ask("marksman", row, decisions=4)] == [1, 0, 1, 0]
    row[OFFSETS["own_special"]] = 0.3
    assert ask("marksman", row)[0][SPECIAL] == 0


def test_a_ranger_lays_a_mine_before_an_enemy_that_is_close() -> None:
    row = calm_row(rules.RANGER)
    put_enemy(row, 8 * TILE, 0)
    assert ask("marksman", row)[0][SPECIAL] == 0
    put_enemy(row, 2 * TILE, 0)
    assert ask("marksman", row)[0][SPECIAL] == 1


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_they_shoot_bricks_out_of_their_way(bot: str) -> None:
    row = calm_row()
    put_enemy(row, 9 * TILE, 0)
    put_flight(row, 0, 0.25, 3)
    assert ask(bot, row)[0][FIRE] == 0
    row[OFFSETS["rays"]] = 0
    answer = ask(bot, row)[0]
    assert (answer[SECTOR], answer[FIRE]) == (0, 1)


def test_marksman_fetches_a_repair_when_it_is_hurt() -> None:
    row = calm_row()
    put_enemy(row, 9 * TILE, 0)
    row[OFFSETS["way_pickup"]] = -1
    row[OFFSETS["way_pickup"] + 2] = 8 / 64
    row[OFFSETS["pickup_kind"] + rules.PICKUP_REPAIR] = 1
    assert ask("marksman", row)[0][MOVE] == RIGHT
    row[OFFSETS["own_hp"]] = 0.25
    assert ask("marksman", row)[0][MOVE] == LEFT


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_defenders_return_to_a_core_that_is_far(bot: str) -> None:
    row = calm_row(objective=rules.DEFEND)
    row[OFFSETS["role"]] = 1
    put_enemy(row, 9 * TILE, 0)
    row[OFFSETS["way_objective"] : OFFSETS["way_objective"] + 3] = (-1, 0, 20 / 64)
    assert ask(bot, row)[0][MOVE] == LEFT
    row[OFFSETS["way_objective"] + 2] = 2 / 64
    assert ask(bot, row)[0][MOVE] == RIGHT


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_attackers_shoot_at_the_core(bot: str) -> None:
    row = calm_row(objective=rules.DEFEND)
    row[OFFSETS["way_objective"] : OFFSETS["way_objective"] + 3] = (0, -1, 6 / 64)
    assert ask(bot, row)[0][MOVE : FIRE + 1] == [UP, *ask(bot, row)[0][SECTOR:FIRE], 0]
    put_flight(row, 24, 0.75, 25)
    assert ask(bot, row)[0][SECTOR : FIRE + 1] == [24, 4, 1]


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_collectors_go_for_the_cell_and_not_for_the_enemy(bot: str) -> None:
    row = calm_row(objective=rules.COLLECT)
    put_enemy(row, 9 * TILE, 0)
    row[OFFSETS["way_objective"] : OFFSETS["way_objective"] + 3] = (0, 1, 10 / 64)
    assert ask(bot, row)[0][MOVE] == DOWN


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_who_must_survive_runs_from_an_enemy(bot: str) -> None:
    row = calm_row(objective=rules.SURVIVE)
    put_enemy(row, 4 * TILE, 0)
    assert rules.MOVES[ask(bot, row)[0][MOVE]][0] > 0
    row[OFFSETS["role"]] = 1
    row[OFFSETS["way_objective"] : OFFSETS["way_objective"] + 3] = 0
    assert rules.MOVES[ask(bot, row)[0][MOVE]][0] < 0


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_two_at_the_ends_of_a_portal_do_not_wait_for_each_other_for_ever(bot: str) -> None:
    row = calm_row()
    put_enemy(row, 12 * TILE, 0)
    for way in ("way_enemy", "way_objective"):
        row[OFFSETS[way] : OFFSETS[way] + 3] = (0.1, 0.1, 1 / 64)
    moves = [answer[MOVE] for answer in ask(bot, row, decisions=120)]
    assert 30 < sum(move != 2 for move in moves) < 110


def test_marksman_runs_from_every_pursuer_when_it_must_survive() -> None:
    row = calm_row(objective=rules.SURVIVE)
    row[OFFSETS["role"]] = 1
    put_enemy(row, 3 * TILE, 0)
    second = OFFSETS["enemies"] + 10
    row[second], row[second + 2], row[second + 6] = 1, 3 * TILE / 4096, 1
    for way in ("way_enemy", "way_objective"):
        row[OFFSETS[way] : OFFSETS[way] + 3] = 0
    assert ask("marksman", row)[0][MOVE] == 6


@pytest.mark.parametrize("bot", ["chaser", "marksman"])
def test_a_stuck_bot_tries_another_way(bot: str) -> None:
    row = calm_row()
    put_enemy(row, 9 * TILE, 0)
    assert {answer[MOVE] for answer in ask(bot, row, decisions=60)} == {RIGHT}
    row[OFFSETS["own_velocity"]] = 0
    assert len({answer[MOVE] for answer in ask(bot, row, decisions=60)}) >= 4
