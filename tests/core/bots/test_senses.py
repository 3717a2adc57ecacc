import numpy as np
import pytest

from game.core import rules
from game.core.bots import senses
from game.core.sim.slots import ENEMY_SIZE, OBSERVATION_SIZE, OFFSETS
from game.core.sim.tables import COSINE, SINE


def test_aim_of_every_aims_own_direction_is_that_aim() -> None:
    assert [senses.aim_of(int(COSINE[aim]), int(SINE[aim])) for aim in range(256)] == list(range(256))


def test_aim_of_finds_the_direction_with_the_smallest_angle() -> None:
    rng = np.random.default_rng(5)
    for x, y in rng.integers(-4096, 4097, (2000, 2)):
        best = int(np.argmax(COSINE * x + SINE * y))
        angle = np.arctan2(float(y), float(x)) * 128 / np.pi % 256
        found = senses.aim_of(int(x), int(y))
        assert min((found - best) % 256, (best - found) % 256) <= 1
        assert min((found - angle) % 256, (angle - found) % 256) < 0.52


def test_aim_of_nowhere_is_a_valid_aim() -> None:
    assert senses.aim_of(0, 0) == 0


@pytest.mark.parametrize("move", range(1, rules.N_MOVES))
def test_move_of_a_moves_own_direction_is_that_move(move: int) -> None:
    x, y = rules.MOVES[move]
    assert senses.move_of(senses.aim_of(x, y)) == move
    assert senses.turn_move(move, 8) == move
    back = rules.MOVES[senses.turn_move(move, 4)]
    assert back == (-x, -y)


def test_read_turns_a_distance_slot_into_su() -> None:
    row = np.zeros(OBSERVATION_SIZE, np.float32)
    for su in (-4096, -1000, -1, 0, 1, 77, 4095):
        row[senses.ENEMY + senses.ENEMY_X] = su / 4096
        assert senses.read_fixed(row, senses.ENEMY + senses.ENEMY_X) == su


@pytest.mark.parametrize("position", range(rules.POSITIONS))
def test_the_previewed_position_survives_its_slot(position: int) -> None:
    row = np.zeros(OBSERVATION_SIZE, np.float32)
    last = rules.POSITIONS - 1
    row[OFFSETS["preview_position"] + 3] = (2 * position - last) / last
    assert senses.preview_position(row, 3) == position


def test_ticks_and_banks_of_a_preview_survive_their_slots() -> None:
    row = np.zeros(OBSERVATION_SIZE, np.float32)
    for ticks in range(rules.PREVIEW_TICKS + 1):
        row[OFFSETS["preview_ticks"]] = ticks / rules.PREVIEW_TICKS
        assert senses.preview_ticks(row, 0) == ticks
    for banks in range(5):
        row[OFFSETS["preview_banks"]] = banks * 0.25
        assert senses.preview_banks(row, 0) == banks


def test_an_enemy_in_sight_goes_before_a_nearer_one_that_hides() -> None:
    row = np.zeros(OBSERVATION_SIZE, np.float32)
    assert senses.known_enemy(row) == -1
    near = senses.ENEMY
    far = senses.ENEMY + ENEMY_SIZE
    row[near], row[near + senses.ENEMY_AGE] = 1, 0.25
    assert senses.known_enemy(row) == near
    assert not senses.is_visible(row, near)
    row[far] = 1
    assert senses.known_enemy(row) == far
    assert senses.is_visible(row, far)
