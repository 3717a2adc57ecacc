"""The event table is complete: every kind is in it, has its constant, and happens in play."""

import numpy as np

from game.core import rules
from game.core.levels.catalogue import select
from game.core.sim import events as ev
from game.core.sim import state as st
from tests.core.sim.proof import Course
from tests.core.sim.scenes import EVENT_NAMES, Scene


def test_kinds_names_and_constants_agree() -> None:
    assert [row.kind for row in ev.EVENTS] == list(range(1, len(ev.EVENTS) + 1))
    for row in ev.EVENTS:
        assert getattr(ev, row.name.upper()) == row.kind
    constants = {name for name, value in vars(ev).items() if name.isupper() and isinstance(value, int)}
    named = {row.name.upper() for row in ev.EVENTS}
    assert constants - named == {"BANKED_FLAG", "MINE_FLAG", "N_EVENT_KINDS", "SEAT_MASK"}


def test_every_kind_of_event_happens_and_keeps_its_promise() -> None:
    """Seeded random play on levels of every objective: seats, shots and places are what the table says."""
    counts = dict.fromkeys(EVENT_NAMES, 0)
    for seed, level in enumerate([*select("builtin"), *select("train:24")]):
        course = Course(level, seed, bots=True)
        seats = course.seats
        for _ in range(1500):
            course.tick()
            head = course.world.head[0]
            for kind, a, b, x, y in course.world.events[0, : int(head[st.N_EVENTS])].tolist():
                counts[kind] += 1
                seat_first = EVENT_NAMES[kind] not in ("pickup_back", "wave_began", "match_ended")
                assert not seat_first or 0 <= a < seats
                if EVENT_NAMES[kind] in ("tank_hit", "tank_destroyed"):
                    assert (b & ev.SEAT_MASK) < seats
                assert -1 <= x <= head[st.WIDTH] * 256
                assert -1 <= y <= head[st.HEIGHT] * 256
            if head[st.DONE]:
                break
    assert {EVENT_NAMES[kind] for kind, count in counts.items() if count == 0} == set()


def test_events_beyond_the_cap_are_counted() -> None:
    scene = Scene("\n".join(["A" * 16] + ["." * 16] * 15))
    scene.head[st.N_EVENTS] = rules.MAX_EVENTS
    from game.core.sim.damage import emit_event

    for _ in range(5):
        emit_event(scene.world.head, scene.world.events, 0, ev.FIRED, 0, 0, 0, 0)
    assert scene.head[st.N_EVENTS] == rules.MAX_EVENTS
    assert scene.head[st.EVENTS_LOST] == 5


def test_events_are_no_state() -> None:
    scene = Scene("\n".join(["A" * 8] + ["." * 8] * 7))
    before = scene.hash
    scene.world.events[...] = np.arange(scene.world.events.size).reshape(scene.world.events.shape)
    scene.head[st.N_EVENTS] = 17
    assert scene.hash == before
