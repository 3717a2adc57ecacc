"""Equal worlds have equal hashes, and any number of the state changed alone changes the hash."""

import numpy as np

from game.core.levels.catalogue import load_level
from game.core.sim import state as st
from game.core.sim.digest import array_hash, world_hash
from game.core.sim.state import STATE_FIELDS, World, copy_world, new_world
from tests.core.sim.proof import Course


def busy() -> Course:
    course = Course(load_level("crossfire"), 3)
    for _ in range(120):
        course.tick()
    return course


def test_every_number_of_the_state_changed_alone_changes_the_hash() -> None:
    """All of tanks, head, rng and terrain; a sample of the larger arrays, with every column in it."""
    world = busy().world
    cells = int(world.head[0, st.STRIDE] * (world.head[0, st.HEIGHT] + 2))
    base = world_hash(world)
    seen = {base}
    source = np.random.default_rng(1)
    changed = 0
    for field in STATE_FIELDS:
        array = getattr(world, field)[0]
        flat = array.reshape(-1)
        places = np.arange(cells if field == "terrain" else flat.size)
        if places.size > 700:
            columns = array.shape[-1]
            places = np.unique(
                np.concatenate([source.choice(places, 600, False), places[-columns:], places[:columns]])
            )
        for place in places:
            if field == "head" and place == st.N_EVENTS:
                continue
            for step in (1, 1 << 40) if array.itemsize == 8 else (1,):
                kept = flat[place]
                if field == "head" and place in (st.STRIDE, st.HEIGHT) and step > 1:
                    continue
                flat[place] = kept + array.dtype.type(step)
                if not (field == "head" and place in (st.STRIDE, st.HEIGHT)):
                    seen.add(world_hash(world))
                    changed += 1
                flat[place] = kept
    assert changed > 2000
    assert len(seen) == changed + 1, "every change has a hash of its own"
    assert world_hash(world) == base


def test_the_size_of_the_arena_is_part_of_the_hash() -> None:
    world = busy().world
    base = world_hash(world)
    for column in (st.STRIDE, st.HEIGHT):
        world.head[0, column] -= 1
        assert world_hash(world) != base
        world.head[0, column] += 1


def test_a_world_in_a_roomier_batch_has_the_same_hash() -> None:
    course = busy()
    roomy = new_world(3, course.seats, course.world.terrain.shape[1] + 100)
    for name in World._fields:
        target, source = getattr(roomy, name), getattr(course.world, name)
        if name == "terrain":
            target[2, : source.shape[1]] = source[0]
            target[2, source.shape[1] :] = 5
        else:
            target[2] = source[0]
    assert world_hash(roomy, 2) == course_hash(course)
    assert world_hash(roomy, 1) != course_hash(course)


def course_hash(course: Course) -> int:
    return world_hash(course.world)


def test_copies_are_equal_and_orders_are_not() -> None:
    course = busy()
    assert world_hash(copy_world(course.world)) == course_hash(course)
    base = course_hash(course)
    course.world.tanks[0, [0, 1]] = course.world.tanks[0, [1, 0]]
    assert course_hash(course) != base


def test_hashes_fit_64_bits_and_do_not_depend_on_what_was_hashed_before() -> None:
    course = busy()
    for _ in range(30):
        course.tick()
        first = course_hash(course)
        assert 0 <= first < 2**64
        assert course_hash(course) == first


def test_an_array_hash_is_exact_to_the_last_bit() -> None:
    row = np.linspace(-1, 1, 64, dtype=np.float32)
    other = row.copy()
    other[17] = np.nextafter(other[17], np.float32(2))
    assert array_hash(row) == array_hash(row.copy())
    assert array_hash(row) != array_hash(other)
    assert array_hash(row[::2]) == array_hash(row[::2].copy())
