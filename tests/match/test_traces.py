"""Traces: they count what the core's events say, for each level apart, and change no match."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.core.levels.starter import starter_level
from game.core.sim import events as ev
from game.core.sim import state as st
from game.match.npc import SeatPolicy
from game.match.simulation import MatchJob, play_matches
from game.match.trace_kernels import (
    BANKED_HITS,
    CONTACT_TICK,
    CONTACT_X,
    CONTACT_Y,
    CORE_LEFT,
    CRUMBLED,
    DRIVEN,
    HITS,
    KILLED,
    RICOCHETS,
    SHOTS_FIRED,
    SHOTS_TURNED,
    STRUCK,
)
from game.match.traces import TraceCollector
from tests.match.matches import HeadlessMatch

STOP = 900  # ticks
BOTS = ("marksman", "chaser", "rusher", "wanderer")


def jobs_of(level: Level, seeds: range) -> list[MatchJob]:
    seats = tuple(SeatPolicy(BOTS[seat % len(BOTS)], 7) for seat in range(len(level.arena.spawns)))
    return [MatchJob(level, seed, seats, stop=STOP) for seed in seeds]


def traced(jobs: list[MatchJob], **settings: int) -> TraceCollector:
    book = TraceCollector([job.level for job in jobs])
    play_matches(jobs, traces=book, **settings)
    return book


class Witness:
    """What one match of the game itself shows, read event by event."""

    def __init__(self, job: MatchJob) -> None:
        self.own = job.level.own_team
        self.counts: Counter[tuple[object, ...]] = Counter()
        self.entered: set[tuple[int, int]] = set()
        self.first: tuple[int, int, int] | None = None
        self.core = -1
        match = HeadlessMatch(job.level, job.seed)
        match.drive(dict(enumerate(job.seats)), seed=job.seed)
        match.run(STOP, self.look)

    def side(self, match: HeadlessMatch, seat: int) -> int:
        return int(match.world.tanks[0, seat, st.TANK_TEAM] != self.own)

    def look(self, match: HeadlessMatch) -> None:
        for seat in range(match.seats):
            tank = match.world.tanks[0, seat]
            if tank[st.TANK_ALIVE]:
                tile = int(tank[st.TANK_X]) >> 8, int(tank[st.TANK_Y]) >> 8
                self.counts[DRIVEN, self.side(match, seat), tile] += 1
                self.entered.add(tile)
        for event in match.world.events[0, : match.world.head[0, st.N_EVENTS]].tolist():
            self.tell(match, *event)

    def tell(self, match: HeadlessMatch, kind: int, a: int, b: int, x: int, y: int) -> None:
        tile = x >> 8, y >> 8
        if kind == ev.TANK_HIT:
            self.counts[STRUCK, self.side(match, a), tile] += 1
            self.counts["banked hits"] += bool(b & ev.BANKED_FLAG)
            self.first = self.first or (match.ticks, x, y)
        elif kind == ev.TANK_DESTROYED:
            self.counts[KILLED, self.side(match, a), tile] += 1
        elif kind == ev.BRICK_BROKEN:
            stride = match.level.width + 2
            self.counts[CRUMBLED, self.side(match, a), (b % stride - 1, b // stride - 1)] += 1
        elif kind in (ev.BANKED, ev.MIRRORED):
            self.counts["turned", self.side(match, a)] += 1
        elif kind == ev.FIRED:
            self.counts["fired"] += 1
        elif kind == ev.PICKUP_TAKEN:
            self.counts["pickup", self.side(match, a), tile] += 1
        elif kind == ev.CELL_HOME:
            self.counts["home", self.side(match, a), b] += 1
        elif kind == ev.CORE_HIT:
            self.core = b


@pytest.mark.parametrize("name", ["first_light", "last_post", "orchard"])
def test_a_trace_counts_what_the_events_say(name: str) -> None:
    level = load_level(name)
    job = jobs_of(level, range(3, 4))[0]
    book, seen = traced([job]), Witness(job)
    trace, facts = book.of(level), book.facts[0]
    for kind in (DRIVEN, STRUCK, KILLED, CRUMBLED):
        expected = np.zeros_like(trace.inner(kind))
        for key, count in seen.counts.items():
            if key[0] == kind:
                (x, y) = key[2]  # type: ignore[misc]
                expected[key[1], y, x] = count
        assert trace.inner(kind).tolist() == expected.tolist()
    assert {(x, y) for y, x in np.argwhere(trace.entered).tolist()} == seen.entered
    assert trace.entered.max() == 1
    assert trace.tiles[RICOCHETS].sum(axis=(1, 2)).tolist() == [
        seen.counts["turned", 0],
        seen.counts["turned", 1],
    ]
    for number, spot in enumerate(level.arena.pickups):
        taken = [seen.counts["pickup", side, (spot.x, spot.y)] for side in (0, 1)]
        assert trace.pickups[number].tolist() == taken
    for number in range(len(level.arena.cells)):
        assert trace.homes[number].tolist() == [seen.counts["home", side, number] for side in (0, 1)]
    assert facts[SHOTS_FIRED] == seen.counts["fired"] > 0
    assert facts[SHOTS_TURNED] == seen.counts["turned", 0] + seen.counts["turned", 1] > 0
    assert facts[HITS] == trace.tiles[STRUCK].sum() > 0
    assert facts[BANKED_HITS] == seen.counts["banked hits"]
    assert (facts[CONTACT_TICK], facts[CONTACT_X], facts[CONTACT_Y]) == seen.first
    assert facts[CORE_LEFT] == seen.core


def test_shots_turn_at_solid_tiles_alone() -> None:
    """Faces are told from their solid side: no floor tile turns a shot, and the ring of wall does."""
    level = load_level("hall_of_mirrors")
    turned = traced(jobs_of(level, range(60))).of(level).tiles[RICOCHETS].sum(0)
    solid = np.pad(
        [[rules.TILES[tile].stops_shot for tile in row] for row in level.arena.tiles], 1, constant_values=True
    )
    assert turned[~solid].sum() == 0
    mirrors = np.isin(np.pad(level.arena.tiles, 1), (rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH))
    assert turned[mirrors].sum() > 0
    assert turned[0].sum() + turned[-1].sum() + turned[:, 0].sum() + turned[:, -1].sum() > 0


def test_a_trace_changes_no_match_and_depends_on_no_company() -> None:
    levels = [load_level("first_light"), load_level("orchard"), generate(7)]
    jobs = [job for level in levels for job in jobs_of(level, range(5))]
    plain = play_matches(jobs)
    one = TraceCollector([job.level for job in jobs])
    assert play_matches(jobs, traces=one, threads=1) == plain
    two = traced(jobs, threads=3, worlds=4)
    assert (one.facts == two.facts).all()
    for number, level in enumerate(levels):
        alone = traced(jobs[5 * number : 5 * number + 5]).of(level)
        for mine, other, single in zip(one.of(level), two.of(level), alone, strict=True):
            assert mine.tolist() == other.tolist() == single.tolist()
    assert one.of(levels[0]).entered.max() > 1


def test_a_level_that_the_book_does_not_know_is_refused() -> None:
    with pytest.raises(KeyError):
        TraceCollector([load_level("orchard")]).of(load_level("first_light"))


def test_the_players_side_is_the_first_whatever_its_team() -> None:
    usual = starter_level("usual")
    one, other = usual.roster
    turned = replace(usual, roster=(replace(one, player=False), replace(other, player=True)))
    assert (usual.own_team, turned.own_team) == (0, 1)
    first, second = (traced(jobs_of(level, range(2))).of(level).inner(DRIVEN) for level in (usual, turned))
    assert first.tolist() == second[::-1].tolist()
    assert first[0].tolist() != first[1].tolist()
