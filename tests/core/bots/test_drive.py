import numpy as np
import pytest

from game.core.bots.drive import BotDriver
from game.core.bots.table import BOTS, MARKSMAN, NO_BOT, WANDERER, bot_id
from game.core.sim.arrays import IntArray
from game.core.sim.batch import Batch
from tests.core.bots.builders import duel_arenas, random_rows

ROUNDS = 12


def run(driver: BotDriver, rounds: int = ROUNDS, seed: int = 0) -> IntArray:
    """Return all actions (rounds, N, S, 5) of a driver that senses random numbers."""
    worlds, seats = driver.bot_ids.shape
    actions = np.zeros((rounds, worlds, seats, 5), np.int64)
    for n in range(rounds):
        driver.decide(random_rows(worlds, seats, seed + n), actions[n])
    return actions


def mixed(worlds: int, seed: int = 7, first_world: int = 0) -> BotDriver:
    """Return a driver with every bot in every world."""
    driver = BotDriver(worlds, 4, seed, first_world=first_world)
    driver.bot_ids[:] = np.arange(4)
    return driver


def test_seats_without_a_bot_are_left_alone() -> None:
    driver = BotDriver(2, 2, 0)
    assert (driver.bot_ids == NO_BOT).all()
    driver.bot_ids[1, 0] = WANDERER
    actions = np.full((2, 2, 5), 9, np.int64)
    driver.decide(random_rows(2, 2, 1), actions)
    changed = (actions != 9).any(axis=2)
    assert changed.tolist() == [[False, False], [True, False]]


def test_the_same_seed_gives_the_same_course_and_another_seed_another() -> None:
    first = run(mixed(3))
    assert np.array_equal(first, run(mixed(3)))
    assert not np.array_equal(first, run(mixed(3, seed=8)))


def test_decisions_follow_from_observations_alone() -> None:
    driver, twin = mixed(3), mixed(3)
    rows = random_rows(3, 4, 5)
    actions, twin_actions = np.zeros((2, 3, 4, 5), np.int64)
    driver.decide(rows, actions)
    before = rows.copy()
    twin.decide(rows, twin_actions)
    assert np.array_equal(actions, twin_actions)
    assert np.array_equal(rows, before)
    changed = random_rows(3, 4, 6)
    twin = mixed(3)
    twin.decide(changed, twin_actions)
    assert not np.array_equal(actions, twin_actions)


def test_a_part_of_a_batch_plays_as_the_whole() -> None:
    whole = mixed(5)
    part = mixed(2, first_world=3)
    stray = mixed(2, first_world=2)
    for n in range(ROUNDS):
        rows = random_rows(5, 4, n)
        all_actions = np.zeros((5, 4, 5), np.int64)
        part_actions = np.zeros((2, 4, 5), np.int64)
        stray_actions = np.zeros((2, 4, 5), np.int64)
        whole.decide(rows, all_actions)
        part.decide(rows[3:].copy(), part_actions)
        stray.decide(rows[3:].copy(), stray_actions)
        assert np.array_equal(all_actions[3:], part_actions)
    assert not np.array_equal(all_actions[3:], stray_actions)


def test_worlds_decided_in_pieces_and_in_any_order_go_the_same() -> None:
    whole, pieces = mixed(6), mixed(6)
    for n in range(ROUNDS):
        rows = random_rows(6, 4, n)
        a, b = np.zeros((2, 6, 4, 5), np.int64)
        whole.decide(rows, a)
        for lo, hi in ((4, 6), (0, 1), (1, 4)):
            pieces.decide(rows, b, lo, hi)
        assert np.array_equal(a, b)


def test_a_seats_bot_does_not_depend_on_the_bots_beside_it() -> None:
    alone, crowded = BotDriver(1, 3, 4), BotDriver(1, 3, 4)
    alone.bot_ids[0, 1] = MARKSMAN
    crowded.bot_ids[0] = (WANDERER, MARKSMAN, bot_id("chaser"))
    assert np.array_equal(run(alone)[:, 0, 1], run(crowded)[:, 0, 1])


def test_restored_bots_go_on_as_the_saved_ones() -> None:
    driver = mixed(3)
    run(driver)
    saved = driver.state_dict()
    after = run(driver, seed=100)
    other = mixed(3, seed=99)
    other.load_state_dict(saved)
    assert np.array_equal(run(other, seed=100), after)
    assert not np.array_equal(run(driver, seed=100), after)  # without restoring, the streams have moved on


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rng": None}, "expected an array 'rng'"),
        ({"state": np.zeros((1, 4, 2), np.int64)}, "bots › state: expected int64"),
        ({"rng": np.zeros((3, 4, 2), np.int64)}, "found int64"),
        ({"bot_ids": np.full((3, 4), 44, np.int64)}, f"expected -1 to {len(BOTS) - 1}, found 44"),
    ],
)
def test_a_foreign_state_is_refused_and_nothing_changes(change: dict[str, object], message: str) -> None:
    driver = mixed(3)
    run(driver)
    before = driver.state_dict()
    broken = {name: value for name, value in {**before, **change}.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        driver.load_state_dict(broken)  # type: ignore[arg-type]
    assert all(np.array_equal(driver.state_dict()[name], before[name]) for name in before)


def test_reset_forgets_one_world_and_reseeds_on_request() -> None:
    driver = mixed(2)
    run(driver)
    assert driver.state.any(axis=(1, 2)).all()
    stream = driver.rng.copy()
    driver.reset(0)
    assert not driver.state[0].any()
    assert driver.state[1].any()
    assert np.array_equal(driver.rng, stream)
    driver.reset(0, seed=5)
    driver.reset(1, seed=5)
    assert np.array_equal(driver.rng[0], driver.rng[1])
    assert len({tuple(row) for row in driver.rng[0].tolist()}) == 4


def test_reset_ended_forgets_the_worlds_that_ended() -> None:
    driver = mixed(3)
    run(driver)
    driver.reset_ended(np.array([0, 1, 0]))
    assert driver.state.any(axis=(1, 2)).tolist() == [True, False, True]


def match_actions(worlds: int, first_world: int, steps: int) -> IntArray:
    """Return the actions (steps, N, 2, 5) of marksman against wanderer in real matches."""
    batch = Batch(duel_arenas(3), worlds, [(0, 0), (1, 1)], seed=3, first_world=first_world)
    driver = BotDriver(worlds, 2, 3, first_world=first_world)
    driver.bot_ids[:] = (MARKSMAN, WANDERER)
    actions = np.zeros((steps, worlds, 2, 5), np.int64)
    for n in range(steps):
        driver.decide(batch.io.observations, batch.io.npc_actions)
        actions[n] = batch.io.npc_actions
        batch.step()
        driver.reset_ended(batch.io.ended)
    return actions


def test_real_matches_do_not_depend_on_the_position_in_the_batch() -> None:
    whole = match_actions(6, 0, 150)
    assert np.array_equal(whole[:, 4:6], match_actions(2, 4, 150))
    assert not np.array_equal(whole[:, 4:6], match_actions(2, 3, 150))
