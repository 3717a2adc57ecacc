"""The slot table is true: every number of every observation lies in its range, and means what the table says."""

import ast
from pathlib import Path

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level, select
from game.core.sim import slots
from game.core.sim import state as st
from game.core.sim.contract import _NAMED_LATER, policy_contract, rules_hash
from game.core.sim.glance import observe_seats
from game.core.sim.observe import SCRATCH_SIZE
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS, SLOTS, slot_bounds
from tests.core.sim.proof import Course
from tests.core.sim.scenes import HALL, RIGHT, Scene


def sense(scene: Scene, seat: int, preview: bool = True) -> np.ndarray:
    out = np.full((scene.tanks.shape[0], OBSERVATION_SIZE), 99, np.float32)
    observe_seats(
        scene.world, scene.levels, 0, np.array([seat]), preview, out, np.zeros(SCRATCH_SIZE, np.int64)
    )
    return out[seat]


def part(row: np.ndarray, name: str) -> np.ndarray:
    size = next(slot.size for slot in SLOTS if slot.name == name)
    return row[OFFSETS[name] : OFFSETS[name] + size]


def test_the_table_is_complete_and_small_enough() -> None:
    assert sum(slot.size for slot in SLOTS) == OBSERVATION_SIZE <= 256
    assert len({slot.name for slot in SLOTS}) == len(SLOTS)
    offsets = [OFFSETS[slot.name] for slot in SLOTS]
    assert offsets == np.cumsum([0, *(slot.size for slot in SLOTS[:-1])]).tolist()
    low, high = slot_bounds()
    assert (low < high).all()
    assert all(slot.meaning for slot in SLOTS)


def test_every_number_stays_in_its_range_and_is_written() -> None:
    """Matches of bots on levels of every kind; a slot that never moves would be a sense that does not work."""
    low, high = slot_bounds()
    least = np.full(OBSERVATION_SIZE, np.inf, np.float32)
    most = -least
    for seed, level in enumerate([*select("builtin"), *select("train:16")]):
        course = Course(level, seed, bots=True)
        out = np.full((course.seats, OBSERVATION_SIZE), np.nan, np.float32)
        scratch = np.zeros(SCRATCH_SIZE, np.int64)
        everyone = np.arange(course.seats)
        for now in range(900):
            course.tick()
            if now % 5 == 0:
                out[...] = np.nan
                observe_seats(course.world, course.levels, 0, everyone, True, out, scratch)
                assert not np.isnan(out).any()
                np.minimum(least, out.min(axis=0), out=least)
                np.maximum(most, out.max(axis=0), out=most)
            if course.world.head[0, st.DONE]:
                break
    wrong = np.flatnonzero((least < low) | (most > high))
    assert [name_of(n) for n in wrong] == []
    still = [name_of(n) for n in np.flatnonzero(least == most)]
    assert still == []


def name_of(number: int) -> str:
    slot = max((slot for slot in SLOTS if OFFSETS[slot.name] <= number), key=lambda slot: OFFSETS[slot.name])
    return f"{slot.name} {number - OFFSETS[slot.name]}"


def test_a_tank_that_is_gone_senses_nothing() -> None:
    scene = Scene(HALL.replace(".", "A", 1))
    scene.remove(0)
    assert (sense(scene, 0) == 0).all()


def test_without_the_preview_its_slots_are_zero_and_the_others_the_same() -> None:
    scene = Scene(HALL.replace("....", "A..B", 1))
    full, plain = sense(scene, 0), sense(scene, 0, preview=False)
    first = OFFSETS["best_shot"]
    assert (full[:first] == plain[:first]).all()
    assert (plain[first:] == 0).all()
    assert (full[first:] != 0).any()


def test_own_state_is_told() -> None:
    scene = Scene(HALL.replace("....", "A..B", 1), classes=[rules.HEAVY, rules.SCOUT])
    scene.tanks[0, st.TANK_HP] = 3
    scene.tanks[0, st.TANK_RELOAD] = 16
    scene.tanks[0, st.TANK_AIM] = 64
    row = sense(scene, 0)
    assert part(row, "own_class").tolist() == [0, 0, 1]
    assert part(row, "own_hp") == 3 / rules.TANK_CLASSES[rules.HEAVY].armour
    assert part(row, "own_reload") == 0.25
    assert part(row, "own_aim").tolist() == pytest.approx([0, 1])
    assert part(row, "role") == 1
    assert part(sense(scene, 1), "role") == 0
    assert part(row, "objective").tolist() == [1, 0, 0, 0]


def test_the_nearest_enemies_come_first_with_where_they_are() -> None:
    scene = Scene(HALL.replace("................", "A..B...........B", 1))
    enemies = part(sense(scene, 0), "enemies").reshape(slots.ENEMIES, slots.ENEMY_SIZE)
    assert enemies[:, 0].tolist() == [1, 1, 0]
    assert enemies[0, 1:3].tolist() == [3 / slots.FAR_TILES, 0]
    assert enemies[1, 1:3].tolist() == [15 / slots.FAR_TILES, 0]
    assert (enemies[2] == 0).all()


def test_what_hides_in_cover_is_sensed_where_it_was_seen_last() -> None:
    picture = "A......,,......B\n" + "\n".join(["." * 16] * 7)
    scene = Scene(picture)
    scene.put(1, 10.5, 0.5)
    scene.step()
    scene.put(1, 8.5, 0.5)
    scene.tanks[1, st.TANK_VX] = 40
    scene.step()
    scene.put(1, 7.5, 0.5)
    scene.step(20)
    enemy = part(sense(scene, 0), "enemies")[: slots.ENEMY_SIZE]
    assert enemy[1] == 10 / slots.FAR_TILES, "where it went into cover"
    assert enemy[4:6].tolist() == [0, 0], "its velocity is not known"
    assert enemy[7] > 0
    assert part(sense(scene, 1), "own_hidden") == 1
    assert (part(sense(scene, 0), "preview_target") != 1).all()


def test_a_shot_on_its_way_is_a_threat_and_standing_is_dangerous() -> None:
    scene = Scene(HALL.replace(".........", "A.......B", 1))
    scene.step(1, {1: (0, 128, 1, 0)})
    scene.step(24)
    row = sense(scene, 0)
    threat = part(row, "threats")[: slots.THREAT_SIZE]
    assert threat[0] == 1
    assert threat[1] > 0
    assert threat[3] < 0
    assert threat[5] > 0.5
    danger = part(row, "danger")
    assert danger[0] > 0.5
    assert danger[3] == 0, "stepping down leaves its line"


def test_way_points_lead_around_walls() -> None:
    scene = Scene(
        """
        A.#....B
        ..#.....
        ..#.....
        ..#.....
        ..#.....
        ..#.....
        ........
        ..#.....
        """
    )
    row = sense(scene, 0)
    way = part(row, "way_enemy")
    assert way[1] > 0, "down first, to the gap"
    assert way[2] * 64 >= 12
    assert (part(row, "way_objective") == way).all()
    x, y = scene.place(0)
    for _ in range(400):
        step = part(sense(scene, 0), "way_enemy")
        move = next(n for n, vector in enumerate(rules.MOVES) if vector == tuple(_sign(step[:2])))
        scene.step(1, {0: (move, RIGHT, 0, 0)})
    assert abs(scene.place(0)[0] - scene.place(1)[0]) <= 300
    assert (x, y) != scene.place(0)


def _sign(vector: np.ndarray) -> list[int]:
    return [0 if abs(value) < 0.2 else int(np.sign(value)) for value in vector]


def test_the_contract_says_what_the_table_says() -> None:
    contract = policy_contract()
    assert [(slot["name"], slot["size"], slot["low"], slot["high"]) for slot in contract["slots"]] == [
        (slot.name, slot.size, slot.low, slot.high) for slot in SLOTS
    ]
    assert [(head["name"], head["size"]) for head in contract["heads"]] == list(rules.ACTION_HEADS)
    assert (contract["tick_rate"], contract["decision_period"]) == (60, 4)
    assert contract["rules_hash"] == rules_hash()


def test_the_rules_hash_follows_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name in vars(rules) if name.isupper() and name not in _NAMED_LATER]
    before = rules_hash()
    assert len(names) > 80
    for name in names:
        value = getattr(rules, name)
        monkeypatch.setattr(rules, name, value + 1 if isinstance(value, int) else (*value, 0))
        rules_hash.cache_clear()
        assert rules_hash() != before, name
        monkeypatch.setattr(rules, name, value)
    rules_hash.cache_clear()
    assert rules_hash() == before


def test_levels_of_any_size_give_the_same_number_of_senses() -> None:
    for name in ("first_light", "metropolis"):
        course = Course(load_level(name), 1)
        assert course.senses() != 0


def reaching_over(source: str) -> list[str]:
    """Places such as `out[_ROLE + 1]` whose number lies outside the slot that `_ROLE = OFFSETS["role"]` names."""
    tree = ast.parse(source)
    names = {
        node.targets[0].id: node.value.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Subscript)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id == "OFFSETS"
        and isinstance(node.value.slice, ast.Constant)
    }
    sizes = {slot.name: slot.size for slot in SLOTS}
    return [
        f"line {node.lineno}: {ast.unparse(node)} of {names[node.left.id]} ({sizes[names[node.left.id]]})"
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add)
        and isinstance(node.left, ast.Name)
        and node.left.id in names
        and isinstance(node.right, ast.Constant)
        and node.right.value >= sizes[names[node.left.id]]
    ]


@pytest.mark.parametrize("file", ["observe.py", "dangers.py", "ways.py", "preview.py", "batch.py"])
def test_a_slot_is_written_by_its_name_and_no_further(file: str) -> None:
    source = Path(slots.__file__).with_name(file).read_text(encoding="utf-8")
    assert "OFFSETS[" in source
    assert reaching_over(source) == []


def test_a_number_beyond_its_slot_is_found() -> None:
    assert reaching_over('_ROLE = OFFSETS["role"]\nout[_ROLE + 1] = 0.0\n') == [
        "line 2: _ROLE + 1 of role (1)"
    ]


def test_tidying_the_rules_left_their_hash_alone() -> None:
    """That of the shipped brains, the community and the play-tests: format version 2."""
    assert rules.FORMAT_VERSION != 2 or rules_hash().startswith("aa12f34c0d1562159dd083af47d255c2")
