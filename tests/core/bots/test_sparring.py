"""Each sparring partner has its one habit, in a hand-made moment and in whole matches."""

import numpy as np
import pytest

from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import BOT_NAMES, PANEL, bot_id
from game.core.sim.batch import Batch
from game.core.sim.slots import OFFSETS
from tests.core.bots.builders import ask, calm_row, duel_arenas, play, put_enemy, put_flight

TILE = rules.SU_PER_TILE
RIGHT, DOWN, LEFT, UP = 1, 3, 5, 7
MOVE, SECTOR, POSITION, FIRE, SPECIAL = range(5)
SPARRING = ("turret", "camper", "fleeing", "kiting", "strafer", "rusher")


def test_the_panel_has_every_bot_once() -> None:
    assert sorted(PANEL) == sorted(BOT_NAMES)


@pytest.mark.parametrize("bot", sorted(set(SPARRING) - {"fleeing"}))
def test_all_but_the_fleeing_shoot_what_they_can_hit(bot: str) -> None:
    row = calm_row()
    put_enemy(row, 4 * TILE, 0)
    put_flight(row, 1, 1, 18, position=2)
    assert ask(bot, row)[0][SECTOR : FIRE + 1] == [1, 2, 1]
    row[OFFSETS["own_reload"]] = 0.5
    assert ask(bot, row)[0][FIRE] == 0, "not while it reloads"


def test_fleeing_runs_from_what_comes_and_never_fires() -> None:
    row = calm_row()
    put_enemy(row, 4 * TILE, 0)
    put_flight(row, 0, 1, 10)
    answers = ask("fleeing", row, decisions=60)
    assert {answer[FIRE] for answer in answers} == {0}
    assert {answer[MOVE] for answer in answers} <= {LEFT - 1, LEFT, LEFT + 1}


def test_a_camper_goes_to_the_nearest_corner_and_stays() -> None:
    row = calm_row()
    row[OFFSETS["own_place"] : OFFSETS["own_place"] + 2] = 0.7, 0.2
    assert ask("camper", row)[0][MOVE] == 8, "right and up"
    row[OFFSETS["own_place"] : OFFSETS["own_place"] + 2] = 0.96, 0.04
    assert {answer[MOVE] for answer in ask("camper", row, decisions=20)} == {0}


@pytest.mark.parametrize(("tiles", "moves"), [(3, {LEFT - 1, LEFT, LEFT + 1}), (12, {RIGHT})])
def test_kiting_gives_way_and_closes_in(tiles: int, moves: set[int]) -> None:
    row = calm_row()
    put_enemy(row, tiles * TILE, 0)
    assert {answer[MOVE] for answer in ask("kiting", row, decisions=40)} <= moves


def test_a_strafer_circles_and_a_rusher_drives_on() -> None:
    row = calm_row()
    put_enemy(row, 5 * TILE, 0)
    put_flight(row, 0, 1, 18)
    assert {answer[MOVE] for answer in ask("strafer", row, decisions=200)} == {UP, DOWN}
    assert {answer[MOVE] for answer in ask("rusher", row, decisions=200)} == {RIGHT}
    row[OFFSETS["danger"] + RIGHT] = 1.0
    assert ask("rusher", row)[0][MOVE] == RIGHT, "whatever flies there"


def courses(bot: str, other: str = "marksman", worlds: int = 24, decisions: int = 150) -> dict[str, float]:
    """What a bot does in real duels while it lives: means, and the tiles to an enemy in sight in its nearest tenth."""
    batch = Batch(duel_arenas(8), worlds, [(0, 0), (1, 0)], seed=3)
    driver = BotDriver(worlds, 2, 5)
    driver.bot_ids[:] = (bot_id(bot), bot_id(other))
    speed, fired, far, corner = [], [], [], []
    for _ in range(decisions):
        row = batch.io.observations[:, 0]
        live = row[:, OFFSETS["own_hp"]] > 0
        driver.decide(batch.io.observations, batch.io.npc_actions)
        at = OFFSETS["own_velocity"]
        speed.append(np.abs(row[live, at : at + 2]).max(axis=1))
        fired.append(batch.io.npc_actions[live, 0, FIRE])
        at = OFFSETS["enemies"]
        seen = live & (row[:, at] > 0) & (row[:, at + 7] <= 0)
        far.append(16 * np.abs(row[seen, at + 1 : at + 3]).max(axis=1))
        at = OFFSETS["own_place"]
        corner.append(np.abs(row[live, at : at + 2] - 0.5).min(axis=1))
        driver.reset_ended(batch.step().ended)
    found = {"speed": speed, "fired": fired, "corner": corner}
    means = {name: float(np.concatenate(values).mean()) for name, values in found.items()}
    return {**means, "near": float(np.quantile(np.concatenate(far), 0.1))}


def test_in_real_duels_the_habits_show() -> None:
    found = {bot: courses(bot) for bot in SPARRING}
    assert found["turret"]["speed"] == 0
    assert found["fleeing"]["fired"] == 0
    assert all(found[bot]["fired"] > 0.01 for bot in SPARRING if bot != "fleeing")
    assert found["camper"]["corner"] > max(found[bot]["corner"] for bot in ("strafer", "rusher", "turret"))
    assert found["kiting"]["near"] > found["rusher"]["near"] + 1
    assert found["rusher"]["near"] < min(found[bot]["near"] for bot in SPARRING if bot != "rusher")


@pytest.mark.parametrize("bot", SPARRING)
def test_a_marksman_beats_each_of_them(bot: str) -> None:
    assert play("marksman", bot, duel_arenas(8), 24).win_rate() > 0.55
