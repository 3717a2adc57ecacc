"""The preview equals the flown path: what the sight line and the senses promise is what the shot does."""

import ast
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import flight, setup
from game.core.sim import state as st
from game.core.sim.glance import observe_seats
from game.core.sim.meeting import MEETS_BRICK, MEETS_CORE, MEETS_ENEMY, MEETS_NOTHING, MEETS_OWN
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.preview import sight_line
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from game.core.sim.state import copy_world, restore_world
from game.core.sim.tick import tick
from tests.core.sim.scenes import RIGHT, Scene, named

TARGETS = {MEETS_NOTHING: 0.0, MEETS_ENEMY: 1.0, MEETS_OWN: -1.0, MEETS_BRICK: 0.25, MEETS_CORE: 0.75}


class Range:
    """A level with its tanks strewn about, standing: the shot of one of them is all that moves."""

    def __init__(self, level: Level, seed: int) -> None:
        source = np.random.default_rng(seed)
        self.levels = ar.pack_arenas([level.arena])
        seats = len(level.arena.spawns)
        self.world = st.new_world(1, seats, ar.terrain_of(level.arena).size)
        roster = np.array([[(spawn.team, int(source.integers(3))) for spawn in level.arena.spawns]], np.int64)
        setup.begin_match(self.world, self.levels, 0, 0, seed, roster, 0)
        head, tanks = self.world.head[0], self.world.tanks[0]
        head[st.TIME_LIMIT] = 10**6
        head[st.WAVE_PAUSE_LEFT] = 10**6
        free = np.argwhere(level.arena.tiles == rules.FLOOR)
        places = free[source.choice(len(free), seats, replace=False)]
        for seat, (y, x) in enumerate(places):
            tanks[seat, st.TANK_ALIVE], tanks[seat, st.TANK_HP] = 1, 1000
            tanks[seat, st.TANK_X] = x * 256 + 128 + source.integers(-32, 33)
            tanks[seat, st.TANK_Y] = y * 256 + 128 + source.integers(-32, 33)
            tanks[seat, st.TANK_BANK] = 500 * source.integers(2)
            tanks[seat, st.TANK_FIRED] = rules.REVEAL_TICKS
        self.world.pickups[...] = 0
        self.world.cells[...] = 0
        head[st.CORE_HP] = head[st.CORE_HP_MAX] = 1000
        self.aims = source.permutation(rules.AIMS)[:24]
        self.shooter = int(source.integers(seats))
        self.actions = np.zeros((1, seats, st.ACTION_SIZE), np.int64)
        self.actions[0, :, st.ACTION_AIM] = tanks[:, st.TANK_AIM]

    def senses(self) -> np.ndarray:
        out = np.zeros((self.world.tanks.shape[1], OBSERVATION_SIZE), np.float32)
        scratch = np.zeros(SCRATCH_SIZE, np.int64)
        observe_seats(self.world, self.levels, 0, np.array([self.shooter]), True, out, scratch)
        return out[self.shooter]

    def fly(self, aim: int) -> tuple[int, int, int, int, list[tuple[int, int]]]:
        """Fire and return (meets, seat met or -1, ticks until then, banks, places of the shot tick by tick)."""
        saved = copy_world(self.world)
        actions = self.actions.copy()
        actions[0, self.shooter] = (0, aim, 1, 0)
        banks, path = 0, []
        try:
            for now in range(1, rules.PREVIEW_TICKS + 1):
                tick(self.world, self.levels, 0, actions)
                actions[0, self.shooter, st.ACTION_FIRE] = 0
                rows = self.world.events[0, : int(self.world.head[0, st.N_EVENTS])].tolist()
                kinds = {row[0]: row for row in rows}
                banks += sum(row[0] == ev.BANKED for row in rows)
                if ev.TANK_HIT in kinds:
                    seat, by = kinds[ev.TANK_HIT][1], kinds[ev.TANK_HIT][2]
                    assert by & ev.SEAT_MASK == self.shooter
                    teams = self.world.tanks[0, :, st.TANK_TEAM]
                    meets = MEETS_ENEMY if teams[seat] != teams[self.shooter] else MEETS_OWN
                    return meets, seat, now, banks, path
                if ev.BRICK_CRACKED in kinds or ev.BRICK_BROKEN in kinds:
                    return MEETS_BRICK, -1, now, banks, path
                if ev.CORE_HIT in kinds:
                    return MEETS_CORE, -1, now, banks, path
                if self.world.head[0, st.N_SHOTS] == 0:
                    return MEETS_NOTHING, -1, now, banks, path
                shot = self.world.shots[0, 0]
                path.append((int(shot[st.SHOT_X]), int(shot[st.SHOT_Y])))
            return MEETS_NOTHING, -1, rules.PREVIEW_TICKS, banks, path
        finally:
            restore_world(self.world, saved)


def ranges(count: int) -> list[Range]:
    levels = [level for level in select("builtin") if level.width * level.height <= 800] + select("train:30")
    return [Range(levels[n % len(levels)], n) for n in range(count)]


def test_the_sight_line_is_the_flown_path() -> None:
    """What it meets, whom, and with how many banks; and the shot stays on the drawn line."""
    compared: dict[int, int] = {}
    for scene in ranges(60):
        for aim in scene.aims[:12].tolist():
            points, meets, met, banks = sight_line(scene.world, scene.levels, 0, scene.shooter, aim)
            flown, seat, _ticks, flown_banks, path = scene.fly(aim)
            if meets == MEETS_CORE and flown == MEETS_NOTHING:
                assert scene.world.tanks[0, scene.shooter, st.TANK_TEAM] == 0, (
                    "a defender's shot ends at its core"
                )
                continue
            assert (meets, met) == (flown, seat), (aim, scene.shooter)
            assert banks == flown_banks
            for place in path:
                assert near_line(points, place) <= 2.5
            compared[meets] = compared.get(meets, 0) + 1
    assert min(compared.get(kind, 0) for kind in (MEETS_NOTHING, MEETS_ENEMY, MEETS_OWN, MEETS_BRICK)) > 10


def near_line(points: np.ndarray, place: tuple[int, int]) -> float:
    """Return the distance (su) of a place from the polyline; portals break it."""
    best = np.inf
    for (ax, ay, _), (bx, by, broken) in pairwise(points):
        if broken:
            continue
        leg = np.array([bx - ax, by - ay], float)
        to = np.array([place[0] - ax, place[1] - ay], float)
        along = np.clip(to @ leg / max(leg @ leg, 1), 0, 1)
        best = min(best, float(np.hypot(*(to - along * leg))))
    return best


def test_the_senses_tell_what_the_previewed_shot_meets_and_in_which_tick() -> None:
    compared: dict[int, int] = {}
    for scene in ranges(60):
        row = scene.senses()
        for sector in range(0, rules.SECTORS, 3):
            position = round((row[OFFSETS["preview_position"] + sector] * 7 + 7) / 2)
            flown, _seat, ticks, banks, _path = scene.fly(sector * rules.POSITIONS + position)
            assert row[OFFSETS["preview_target"] + sector] == TARGETS[flown]
            told = row[OFFSETS["preview_ticks"] + sector] * rules.PREVIEW_TICKS
            if flown != MEETS_NOTHING:
                assert round(float(told)) == ticks
                assert row[OFFSETS["preview_banks"] + sector] == min(banks, 4) / 4
            compared[flown] = compared.get(flown, 0) + 1
    assert min(compared.get(kind, 0) for kind in (MEETS_NOTHING, MEETS_ENEMY, MEETS_OWN, MEETS_BRICK)) > 10


def test_the_best_shot_is_the_soonest_hit_and_really_hits() -> None:
    hits = 0
    for scene in ranges(40):
        row = scene.senses()
        present, cos, sin, ticks, _banks = row[OFFSETS["best_shot"] : OFFSETS["best_shot"] + 5]
        targets = row[OFFSETS["preview_target"] : OFFSETS["preview_target"] + rules.SECTORS]
        assert bool(present) == bool((targets == 1).any())
        if not present:
            continue
        aim = round(float(np.arctan2(sin, cos)) / (2 * np.pi) * rules.AIMS) % rules.AIMS
        one_hot = row[OFFSETS["best_position"] : OFFSETS["best_position"] + rules.POSITIONS]
        assert one_hot.tolist() == [float(n == aim % rules.POSITIONS) for n in range(rules.POSITIONS)]
        flown, _seat, flown_ticks, _count, _path = scene.fly(aim)
        assert (flown, flown_ticks) == (MEETS_ENEMY, round(float(ticks) * rules.PREVIEW_TICKS))
        soonest = row[OFFSETS["preview_ticks"] : OFFSETS["preview_ticks"] + rules.SECTORS][targets == 1].min()
        assert ticks == pytest.approx(soonest)
        hits += 1
    assert hits > 15


def test_a_moving_target_is_led() -> None:
    """The preview takes targets to keep their velocity, and a shot fired on its word hits one that does."""
    picture = "\n".join(["." * 24] * 4 + ["A" + "." * 23] + ["." * 24] * 8 + ["." * 10 + "B" + "." * 13])
    scene = Scene(picture)
    scene.step(2, {1: (7, 0, 0, 0)})
    row = np.zeros((2, OBSERVATION_SIZE), np.float32)
    observe_seats(scene.world, scene.levels, 0, np.array([0]), True, row, np.zeros(SCRATCH_SIZE, np.int64))
    at = OFFSETS["best_shot"]
    assert row[0, at] == 1
    aim = round(float(np.arctan2(row[0, at + 2], row[0, at + 1])) / (2 * np.pi) * 256) & 255
    events = scene.step(1, {0: (0, aim, 1, 0), 1: (7, 0, 0, 0)})
    now = 1
    while not named(events, "tank_hit"):
        events += scene.step(1, {1: (7, 0, 0, 0)})
        now += 1
        assert now < 80
    assert now == round(float(row[0, at + 3]) * rules.PREVIEW_TICKS)


def test_a_preview_writes_nothing() -> None:
    scene = ranges(1)[0]
    before = copy_world(scene.world)
    scene.senses()
    sight_line(scene.world, scene.levels, 0, scene.shooter, 77)
    assert all((one == other).all() for one, other in zip(before, scene.world))


def test_another_aim_gives_another_path() -> None:
    """The twin of the comparisons above: they can fail, as a neighbouring aim does not pass them."""
    scene = Scene("\n".join(["." * 24] * 6 + ["A" + "." * 11 + "B" + "." * 11] + ["." * 24] * 6))
    _, meets, met, _ = sight_line(scene.world, scene.levels, 0, 0, RIGHT)
    assert (meets, met) == (MEETS_ENEMY, 1)
    _, meets, met, _ = sight_line(scene.world, scene.levels, 0, 0, 10)
    assert (meets, met) != (MEETS_ENEMY, 1)


def callers(name: str, sources: dict[str, str]) -> list[str]:
    """Return the files in which `name` is called."""
    return [
        file
        for file, source in sources.items()
        if any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
            for node in ast.walk(ast.parse(source))
        )
    ]


def test_what_a_tile_does_to_a_flight_stands_once() -> None:
    """The tick, the senses and the drawn line ask `bounce`; nobody else knows banks, mirrors and portals of shots."""
    folder = Path(flight.__file__).parent
    sources = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.py"))}
    assert callers("bounce", sources) == ["preview.py", "shots.py"]
    for part in ("bank_aim", "mirror_aim", "through_portal"):
        assert callers(part, sources) == ["flight.py"], part
    copied = sources | {"copy.py": "def elsewhere(aim, axis):\n    return bank_aim(aim, axis)\n"}
    assert callers("bank_aim", copied) == ["flight.py", "copy.py"]
