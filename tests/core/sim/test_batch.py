"""A world's course depends on its seed and actions alone: not on the batch, its place, threads or copies."""

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import select
from game.core.sim import state as st
from game.core.sim.batch import DRAWN, LOST, WON, Batch
from game.core.sim.digest import world_hash
from game.core.sim.setup import RANDOM_CLASS
from game.core.sim.state import copy_world, restore_world
from tests.core.sim import proof
from tests.match.matches import HeadlessMatch

DUEL_ROSTER = [(0, RANDOM_CLASS), (1, RANDOM_CLASS)]


def duels(worlds: int, **settings: object) -> Batch:
    arenas = [level.arena for level in select("train:6", objective="eliminate", team_sizes=(1, 1))]
    return Batch(arenas, worlds, DUEL_ROSTER, **settings)  # type: ignore[arg-type]


def random_actions(batch: Batch, source: np.random.Generator) -> np.ndarray:
    sizes = [size for _name, size in rules.ACTION_HEADS]
    return source.integers(0, sizes, (batch.worlds, batch.seats, len(sizes)))


@pytest.mark.parametrize(("size", "steps"), [(2, 60), (7, 60), (64, 40), (512, 12), (4096, 3)])
def test_a_world_in_a_batch_is_the_same_world_alone_and_restored(size: int, steps: int) -> None:
    levels = select("train:8", team_sizes=(1, 1))
    whole = proof.batch_hashes(levels, size, 0, steps)
    for world in sorted({0, size // 2, size - 1}):
        assert proof.batch_hashes(levels, 1, world, steps) == [whole[world]]
    assert proof.batch_hashes(levels, 1, size - 1, steps, copies=True) == [whole[size - 1]]
    assert proof.batch_hashes(levels, 1, size, steps) != [whole[size - 1]], "other worlds differ"


def test_a_part_of_a_batch_plays_as_the_whole_would() -> None:
    levels = select("train:8", team_sizes=(1, 1))
    assert proof.batch_hashes(levels, 5, 3, 40) == proof.batch_hashes(levels, 10, 0, 40)[3:8]


def test_threads_change_nothing() -> None:
    one, two = duels(33, seed=4), duels(33, seed=4, threads=2)
    source = np.random.default_rng(0)
    for _ in range(30):
        actions = random_actions(one, source)
        left, right = one.step(actions), two.step(actions)
        assert (left.observations == right.observations).all()
        assert (left.rewards == right.rewards).all()
    assert [world_hash(one.world, w) for w in range(33)] == [world_hash(two.world, w) for w in range(33)]


def test_the_same_seed_resets_to_the_same_matches() -> None:
    batch = duels(9, seed=1)
    first = [world_hash(batch.world, w) for w in range(9)]
    batch.step(random_actions(batch, np.random.default_rng(1)))
    batch.reset(2)
    assert [world_hash(batch.world, w) for w in range(9)] != first
    batch.reset(1)
    assert [world_hash(batch.world, w) for w in range(9)] == first


def test_a_match_restored_from_a_copy_goes_on_as_it_did() -> None:
    course = proof.Course(select("foundry")[0], 3)
    for _ in range(120):
        course.tick()
    saved, random = copy_world(course.world), course._random.bit_generator.state
    actions = course.actions.copy()
    first = list(course.trace(200))
    restore_world(course.world, saved)
    course._random.bit_generator.state = random
    course.actions[...] = actions
    assert list(course.trace(200)) == first


def test_a_copy_shares_no_memory_and_another_shape_is_refused() -> None:
    match = HeadlessMatch(select("foundry")[0])
    copy = copy_world(match.world)
    assert not any(np.shares_memory(one, other) for one, other in zip(copy, match.world))
    with pytest.raises(ValueError, match=r"terrain: expected shape \(1, 400\), found \(1, 884\)"):
        restore_world(st.new_world(1, match.seats, 400), copy)


def test_a_batch_equals_the_tick_by_hand() -> None:
    """Four ticks of the plain tick with the decoded action are one step of the batch."""
    level = select("train:1", objective="eliminate", team_sizes=(1, 1))[0]
    batch = Batch([level.arena], 1, DUEL_ROSTER, seed=3)
    course = proof.Course(level, 1)
    restore_world(course.world, batch.world)
    source = np.random.default_rng(6)
    from game.core.sim.tick import tick

    for _ in range(60):
        actions = random_actions(batch, source)
        head = course.world.head[0]
        for seat in range(2):
            move, sector, position, fire, special = actions[0, seat].tolist()
            course.actions[0, seat] = (move, sector * rules.POSITIONS + position, fire, special)
        for _ in range(rules.DECISION_PERIOD):
            if not head[st.DONE]:
                tick(course.world, course.levels, 0, course.actions)
        io = batch.step(actions)
        if io.ended[0]:
            assert io.ticks[0] == head[st.TICK]
            break
        assert world_hash(course.world) == world_hash(batch.world)


def test_ends_are_told_for_every_seat() -> None:
    weights = np.zeros((rules.N_OBJECTIVES, proof._terms()))
    batch = duels(64, seed=8, weights=weights)
    source = np.random.default_rng(2)
    ended = timed_out = decided = 0
    for _ in range(1600):
        io = batch.step(random_actions(batch, source))
        over = io.ended == 1
        ended += int(over.sum())
        assert ((io.terminated[over] + io.truncated[over]) == 1).all()
        assert (io.truncated[~over] == 0).all()
        decided_now = over & (io.outcome != DRAWN).all(axis=1)
        decided += int(decided_now.sum())
        assert (io.outcome[decided_now].sum(axis=1) == 0).all()
        assert set(np.unique(io.outcome)) <= {WON, LOST, DRAWN}
        timed_out += int((over & (io.truncated == 1).all(axis=1)).sum())
    assert ended > 50
    assert decided > 10
    assert decided + timed_out <= ended


def test_without_auto_reset_a_world_that_ended_stands_still() -> None:
    batch = duels(4, seed=1, auto_reset=False)
    batch.world.head[:, st.TIME_LIMIT] = 6
    source = np.random.default_rng(0)
    batch.step(random_actions(batch, source))
    io = batch.step(random_actions(batch, source))
    assert (io.ended == 1).all()
    before = [world_hash(batch.world, w) for w in range(4)]
    batch.step(random_actions(batch, source))
    assert [world_hash(batch.world, w) for w in range(4)] == before


def test_seats_nobody_looks_through_are_skipped() -> None:
    batch = duels(3, seed=1)
    batch.io.observe[:, 1] = 0
    batch.io.observations[:] = 7
    batch.step(random_actions(batch, np.random.default_rng(0)))
    assert (batch.io.observations[:, 1] == 7).all()
    assert (batch.io.observations[:, 0] != 7).any()


def test_sizes_outside_the_caps_are_refused() -> None:
    with pytest.raises(ValueError, match="worlds: expected at least 1, found 0"):
        duels(0)
    with pytest.raises(ValueError, match="seats: expected 1 to 16, found 17"):
        Batch([select("foundry")[0].arena], 1, [(0, 0)] * 17)
    with pytest.raises(ValueError, match="arenas: expected at least one, found none"):
        Batch([], 1, DUEL_ROSTER)
    with pytest.raises(ValueError, match=r"weights: expected shape .* found \(1, 1\)"):
        duels(1, weights=np.zeros((1, 1)))
    batch = duels(2)
    with pytest.raises(ValueError, match="expected shape"):
        batch.load_state(duels(3).state())
