"""What lies in a hidden layer or has a misspelt class is not missing: `repair` adds nothing in its place and says why."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from game.core.levels.repair import REPAIRABLE, repair_level
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import read_draft
from tests.core.levels.hostile import Map, set_property, sound_map


def misspelt_starts(data: Map) -> None:
    for thing, name in zip(data["layers"][1]["objects"], ("spwan", "SPAWN"), strict=False):
        thing["type"] = name
        thing.pop("gid", None)


def hidden_objects(data: Map) -> None:
    data["layers"][1]["visible"] = False


def hidden_start(data: Map) -> None:
    data["layers"][1]["objects"][0]["visible"] = False


def hidden_group(data: Map) -> None:
    data["layers"][1] = {"type": "group", "name": "all", "visible": False, "layers": [data["layers"][1]]}


def hidden_core(data: Map) -> None:
    set_property(data, "objective", "defend")
    cells = [gid_of("core") if cell == 20 else 0 for cell in range(16 * 12)]
    data["layers"].append({**data["layers"][0], "id": 9, "name": "core", "data": cells, "visible": False})


def misspelt_team(data: Map) -> None:
    for team, thing in enumerate(data["layers"][1]["objects"][:2]):
        thing |= {"type": "spawn", "properties": [{"name": "teem", "type": "int", "value": team}]}
        thing.pop("gid", None)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (misspelt_starts, {"E042", "W108"}),
        (hidden_objects, {"E042", "W101"}),
        (hidden_start, {"E042", "W101"}),
        (hidden_group, {"E042", "W101"}),
        (hidden_core, {"E044", "W101"}),
        (misspelt_team, {"E042", "W114"}),
    ],
)
def test_what_was_left_out_is_not_added_anew(
    change: Callable[[Map], None], codes: set[str], tmp_path: Path
) -> None:
    data = sound_map()
    change(data)
    path = tmp_path / "level.tmj"
    path.write_text(json.dumps(data))
    _, parts = read_draft(path, REPAIRABLE)
    (code,) = (each for each in codes if each[0] == "E")
    found = repair_level(parts.level, parts.letters, parts.names, doubted=parts.left_out, hidden=parts.hidden)
    assert {each.code for each in found.left} == {code}
    assert code not in {each.code for each in found.changes}
    assert {code, *(each.code for each in parts.left_out[code])} == codes
    assert code in {each.code for each in repair_level(parts.level, parts.letters, parts.names).changes}


def test_a_hidden_layer_of_other_things_does_not_keep_a_start_from_being_added(tmp_path: Path) -> None:
    data = sound_map()
    data["layers"][1]["objects"].pop(0)
    walls = [gid_of("wall") if cell == 20 else 0 for cell in range(16 * 12)]
    data["layers"].append({**data["layers"][0], "id": 9, "name": "plan", "data": walls, "visible": False})
    path = tmp_path / "level.tmj"
    path.write_text(json.dumps(data))
    _, parts = read_draft(path, REPAIRABLE)
    assert parts.left_out == {}
    assert [each.code for each in repair_level(parts.level).changes] == ["E042"]
