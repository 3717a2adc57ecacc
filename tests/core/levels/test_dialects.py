"""The dialects of Tiled: one map in each of them is one level, and what only one of them can say is read as Tiled shows it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from game.core import rules
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, LevelError
from game.core.levels.tileset.sheet import gid_of, tileset_json
from game.core.levels.tmj import parse_level, read_level
from tests.core.levels.hostile import Case, Map, set_property, sound_map, write_case
from tests.core.levels.packing import packed
from tests.core.levels.tiled_dialects import infinite, templates

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[3]
Change = Callable[[Map], object]


def changed(change: Change) -> Level:
    data = sound_map()
    change(data)
    return parse_level(json.dumps(data).encode(), "sound")


def codes(level: Level) -> list[str]:
    return [problem.code for problem in level.notes]


def refusals(change: Change) -> list[str]:
    with pytest.raises(LevelError) as caught:
        changed(change)
    return [str(problem) for problem in caught.value.problems if problem.severity == ERROR]


SAME = [
    *("plain.tmx", "tiled-ext_tsx.tmj", "tiled-templates_tx.tmj", "tiled-infinite_at0.tmj"),
    *("tiled-data_zstd.tmj", "v1_0.tmj", "props_float.tmj", "tiled-rotated_objects_90.tmj"),
]


@pytest.mark.parametrize("name", SAME)
def test_one_map_in_many_dialects_is_one_level(name: str) -> None:
    level, plain = read_level(CASES / name), read_level(CASES / "plain.tmx")
    assert level.objective_name == "collect"
    assert level.title.zh == "方言"
    assert (level.digest, level.roster, level.title, level.difficulty) == (
        plain.digest,
        plain.roster,
        plain.title,
        plain.difficulty,
    )
    assert set(codes(level)) <= {"N205", "N207"}


OTHERS = {  # what each of the other cases must say, errors first
    "08_one_portal.tmj": ["E043"],
    "15_too_big.tmj": ["E014", "E014"],
    "18_tileset_missing_own.tmj": ["W112"],
    "34_player_on_team1.tmj": ["W113"],
    "36_brain_typo.tmj": [],  # the list of brains is not the reader's: game.player.level_lint
    "39_property_typo.tmj": ["W114"],
    "51_rotated_start.tmj": ["N205"],
    "57_many_at_once.tmj": [
        *("E032", "E019", "E017", "E015", "E031", "E043", "E015", "E014", "E010", "E010", "E040"),
        *("W108", "W114"),
    ],
    "dup_ids.tmj": ["W115"],
    "group_offset.tmj": ["E031", "W118"],
    "layername.tmj": ["E040"],
    "object_layer_offset.tmj": ["E031", "E040"],
    "property_case.tmj": ["W114"],
    "tile_object_64px.tmj": ["W105", "N206"],
    "tiled_1_8_2_key_Z.tmj": ["N205"],
    "unused_automap_tileset.tmj": ["W112"],
    "unused_lost_tileset.tmj": ["W112"],
}


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_cases_say_what_is_right(name: str) -> None:
    try:
        found = read_level(CASES / name).notes
    except LevelError as error:
        found = error.problems
    codes = [
        problem.code for problem in found if problem.code != "N203"
    ]  # the game's tileset is not beside them
    assert codes == OTHERS[name]


def test_no_case_is_forgotten() -> None:
    found = {path.name for path in CASES.iterdir() if path.suffix in (".tmj", ".tmx")}
    assert found == {*SAME, *OTHERS}


# Infinite maps


def test_an_infinite_map_is_cropped_and_its_cells_are_counted_as_tiled_does() -> None:
    level = changed(lambda data: infinite(data, Path()))
    assert level.digest == changed(lambda data: None).digest
    assert [str(note) for note in level.notes] == [
        "N207 sound.tmj: infinite map: 16 × 12 tiles in use, starting at (-5,20)"
    ]

    def into_a_wall(data: Map) -> None:
        data["layers"][1]["objects"][0].update(x=4 * 32, y=3 * 32)
        infinite(data, Path())

    assert refusals(into_a_wall) == [
        "E040 sound.tmj › objects object 1 (-1,22): expected floor under a start, found wall of the layer arena"
    ]


def test_an_infinite_map_without_tiles_has_no_size() -> None:
    def change(data: Map) -> None:
        data["layers"][0]["data"] = [0] * 192
        infinite(data, Path())

    assert [line[:4] for line in refusals(change)] == ["E024"]


def test_chunks_of_a_lost_layer_say_nothing_of_the_size() -> None:
    def change(data: Map) -> None:
        infinite(data, Path())
        data["layers"][0]["chunks"][0]["data"] = [1]

    assert [line[:4] for line in refusals(change)] == ["E018"]


# Offsets


def moved(layer: int, x: float, y: float) -> Change:
    return lambda data: data["layers"][layer].update(offsetx=x, offsety=y)


def test_an_offset_of_whole_tiles_moves_objects_and_tiles() -> None:
    plain = changed(lambda data: None)
    level = changed(moved(1, -32, 32))
    assert [(s.x + 1, s.y - 1) for s in level.arena.spawns] == [(s.x, s.y) for s in plain.arena.spawns]
    tiles = changed(moved(0, 32, 0))
    assert (tiles.arena.tiles[:, 1:] == plain.arena.tiles[:, :-1]).all()
    assert (tiles.arena.tiles[:, 0] == rules.FLOOR).all()
    assert codes(tiles) == ["W118"]


def test_offsets_of_nested_groups_add_up() -> None:
    def change(data: Map) -> None:
        inner = {"type": "group", "name": "in", "offsetx": 16, "offsety": 0, "layers": [data["layers"][1]]}
        outer = {"type": "group", "name": "out", "offsetx": -48, "offsety": 32, "layers": [inner]}
        data["layers"] = [data["layers"][0], outer]

    plain, level = changed(lambda data: None), changed(change)
    assert [(s.x + 1, s.y - 1) for s in level.arena.spawns] == [(s.x, s.y) for s in plain.arena.spawns]


@pytest.mark.parametrize("layer", [0, 1])
def test_an_offset_between_tiles_is_one_error_with_a_hint(layer: int) -> None:
    name = ("arena", "objects")[layer]
    assert refusals(moved(layer, 8, 0)) == [
        f"E037 sound.tmj › {name}: expected an offset of whole tiles (32 × 32 pixels), found 8, 0: "
        "change it in Tiled, or its group's"
    ]


def test_an_offset_of_nothing_does_no_harm() -> None:
    def change(data: Map) -> None:
        data["layers"].append({"type": "objectgroup", "name": "notes", "offsetx": 5, "objects": []})
        data["layers"].append(
            {"type": "tilelayer", "name": "sky", "offsety": 5, "width": 16, "height": 12, "data": [0] * 192}
        )

    assert changed(change).notes == ()


# Properties


@pytest.mark.parametrize(
    ("name", "entry", "read"),
    [
        ("time_limit", {"type": "float", "value": 120.0}, lambda level: level.arena.time_limit == 7200),
        ("difficulty", {"type": "float", "value": 4.0}, lambda level: level.difficulty == 4),
        ("mood", {"type": "int", "propertytype": "mood", "value": 2}, lambda level: level.mood == "calm"),
        (
            "mood",
            {"type": "string", "propertytype": "mood", "value": "dark"},
            lambda level: level.mood == "dark",
        ),
    ],
)
def test_values_are_read_as_tiled_writes_them(name: str, entry: Map, read: Callable[[Level], bool]) -> None:
    level = changed(lambda data: data["properties"].append({"name": name, **entry}) or drop(data, name))
    assert read(level)
    assert level.notes == ()


def drop(data: Map, name: str) -> None:
    """Leave only the last property of a name."""
    last = [entry for entry in data["properties"] if entry["name"] == name][-1]
    data["properties"] = [entry for entry in data["properties"] if entry["name"] != name] + [last]


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"name": "time_limit", "type": "float", "value": 120.5}, "E010"),
        ({"name": "mood", "type": "int", "value": 2}, "E010"),  # a number that is no enum's
        ({"name": "mood", "type": "int", "propertytype": "mood", "value": 99}, "E010"),
    ],
)
def test_other_values_are_refused(entry: Map, code: str) -> None:
    lines = refusals(lambda data: data["properties"].append(entry) or drop(data, entry["name"]))
    assert [line[:4] for line in lines] == [code]


def test_a_property_of_the_class_level_holds_the_levels_properties() -> None:
    def change(data: Map) -> None:
        value = {"objective": 3, "difficulty": 5, "title_en": "Inner"}
        data["properties"] = [
            {"name": "level", "type": "class", "propertytype": "level", "value": value},
            {"name": "difficulty", "type": "int", "value": 2},
        ]

    level = changed(change)
    assert (level.objective_name, level.title.en) == ("survive", "Inner")
    assert level.difficulty == 2  # what the map itself says comes first
    assert level.notes == ()


@pytest.mark.parametrize("own", [{}, {"gid": 0, "type": "spawn", "y": 160}])
def test_a_property_of_an_objects_own_class_holds_its_properties(own: Map) -> None:
    value = {"name": "spawn", "type": "class", "propertytype": "spawn", "value": {"tank": 2, "player": True}}
    level = changed(lambda data: data["layers"][1]["objects"][0].update(properties=[value], **own))
    assert level.arena.spawns[0].tank_class == rules.HEAVY
    assert level.notes == ()


# Templates


def instance(folder: Path, text: str, own: Map, name: str = "start.tx") -> Level:
    """The level whose first start is an instance of a template, with what it says itself."""
    data = sound_map()
    start = data["layers"][1]["objects"][0]
    data["layers"][1]["objects"][0] = {
        key: value for key, value in start.items() if key in ("id", "x", "y")
    } | {"template": name, **own}
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return read_level(write_case(Case("made", "", "", json.dumps(data).encode()), folder))


BLUE = (
    '<template><tileset firstgid="1" source="bankshot.tsj"/><object name="base" gid="{gid}" width="32" height="32">'
    '<properties><property name="tank" value="heavy"/><property name="facing" value="up"/></properties></object></template>'
)
TJ = json.dumps(
    {
        "type": "template",
        "tileset": {"firstgid": 1, "source": "bankshot.tsj"},
        "object": {
            "gid": gid_of("spawn", "0"),
            "width": 32,
            "height": 32,
            "properties": [{"name": "tank", "value": "heavy"}, {"name": "facing", "value": "up"}],
        },
    }
)


@pytest.mark.parametrize(
    ("name", "text"), [("start.tx", BLUE.format(gid=gid_of("spawn", "0"))), ("start.tj", TJ)]
)
def test_a_template_gives_what_its_instance_does_not_say(tmp_path: Path, name: str, text: str) -> None:
    (plain,) = (instance(tmp_path, text, {}, name).arena.spawns[:1],)
    assert (plain[0].x, plain[0].y, plain[0].tank_class, plain[0].facing) == (1, 5, rules.HEAVY, 7)
    own = {"properties": [{"name": "tank", "value": "scout"}], "y": 224}
    spawn = instance(tmp_path, text, own, name).arena.spawns[0]
    assert (spawn.y, spawn.tank_class, spawn.facing) == (6, rules.SCOUT, 7)


def test_an_instance_may_have_another_tile_or_size(tmp_path: Path) -> None:
    text = BLUE.format(gid=gid_of("pickup", "repair"))
    level = instance(tmp_path, text, {"gid": gid_of("spawn", "0")})
    assert len(level.arena.spawns) == 2
    level = instance(tmp_path, BLUE.format(gid=gid_of("spawn", "0")), {"width": 96, "height": 96})
    assert (level.arena.spawns[0].x, level.arena.spawns[0].y) == (2, 4)


def test_a_template_may_lie_below_with_its_tileset_above(tmp_path: Path) -> None:
    text = BLUE.format(gid=gid_of("spawn", "0")).replace("bankshot.tsj", "../own.tsj")
    (tmp_path / "own.tsj").write_bytes(tileset_json())
    assert instance(tmp_path, text, {}, "parts/start.tx").arena.spawns[0].tank_class == rules.HEAVY


def test_a_lost_template_is_one_error_however_many_use_it(tmp_path: Path) -> None:
    data = sound_map()
    templates(data, tmp_path)
    for path in tmp_path.glob("o*.tx"):
        path.unlink()
    for item in data["layers"][1]["objects"]:
        item["template"] = "lost.tx"
    with pytest.raises(LevelError) as caught:
        read_level(write_case(Case("made", "", "", json.dumps(data).encode()), tmp_path))
    (problem,) = caught.value.problems
    assert str(problem).startswith(
        "E027 made.tmj › objects object 1.template: expected a template file, found no such file"
    )


# What follows from one cause is not told again


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["layers"][0].update(data=[1]),
        lambda data: data["layers"][0].update(encoding="base64", compression="zstd", data="!"),
        lambda data: data["tilesets"][0].update(source="lost.tsx"),
    ],
    ids=["cells", "data", "tileset"],
)
def test_a_lost_layer_or_tileset_is_one_error(change: Change) -> None:
    def portal_and_core(data: Map) -> None:
        set_property(data, "objective", "defend")
        data["layers"][0]["data"][0] = gid_of("portal", "A")
        change(data)

    assert len(refusals(portal_and_core)) == 1


def test_hidden_layers_are_named_where_something_is_missing() -> None:
    lines = refusals(lambda data: data["layers"][1].update(visible=False))
    assert lines == [f"E042 sound.tmj: team {team} has no start; hidden layers: objects" for team in (0, 1)]


def test_the_tiles_of_a_bad_layer_may_be_packed_in_any_way() -> None:
    for way in ("", "zlib", "gzip", "zstd"):
        level = changed(
            lambda data, way=way: data["layers"][0].update(
                encoding="base64", compression=way, data=packed(data["layers"][0]["data"], way)
            )
        )
        assert level.digest == changed(lambda data: None).digest


WITHOUT_ZSTD = """
import sys
sys.modules["compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"] = None
from game.core.levels.problems import LevelError
from game.core.levels.tmj import read_level
from pathlib import Path
print(read_level(Path(sys.argv[1])).width)
try:
    read_level(Path(sys.argv[2]))
except LevelError as error:
    print(error)
"""


def test_a_python_that_was_built_without_zstd_reads_all_other_maps() -> None:
    """CPython 3.14 leaves `compression.zstd` out where its builder had no libzstd."""
    command = [sys.executable, "-c", WITHOUT_ZSTD, "plain.tmx", "tiled-data_zstd.tmj"]
    done = subprocess.run(
        command,
        check=False,
        cwd=CASES,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    width, *refused = done.stdout.splitlines()
    assert int(width) > 0
    assert refused[0].startswith("E015 tiled-data_zstd.tmj")
    assert "expected one of zlib, gzip, found 'zstd'" in refused[0]
