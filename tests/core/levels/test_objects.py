"""Where objects stand, what is said of them, and whose seat is whose: as the author sees it in Tiled."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from game.core.levels.model import Level
from game.core.levels.problems import ERROR, LevelError
from game.core.levels.starter import starter_level
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import parse_level
from game.core.levels.writer import write_level
from tests.core.levels.hostile import Map, set_property, sound_map

Change = Callable[[Map], None]


def read(change: Change, name: str = "sound") -> Level:
    data = sound_map()
    change(data)
    return parse_level(json.dumps(data).encode(), name)


def refused(change: Change) -> list[str]:
    """The errors of a changed map, one line each."""
    with pytest.raises(LevelError) as caught:
        read(change)
    return [str(problem) for problem in caught.value.problems if problem.severity == ERROR]


def first(data: Map) -> Map:
    """The person's start: a tile object of 32 × 32 pixels whose bottom left corner is at (32, 192)."""
    return data["layers"][1]["objects"][0]  # type: ignore[no-any-return]


# As Tiled 1.8.2 draws a tile object whose bottom left corner is the corner (5, 5) of the grid (test_real_tiled).
TURNED = {0: (5, 4), 90: (5, 5), 180: (4, 5), 270: (4, 4), -90: (4, 4), 360: (5, 4), 450: (5, 5), 30: (5, 4)}


@pytest.mark.parametrize(("degrees", "cell"), TURNED.items())
def test_a_turned_object_stands_where_tiled_draws_it(degrees: int, cell: tuple[int, int]) -> None:
    level = read(lambda data: first(data).update(x=160, y=160, rotation=degrees))
    spawn = level.arena.spawns[0]
    assert (spawn.x, spawn.y) == cell
    assert [problem.code for problem in level.notes] == ["N205"] * (degrees % 360 != 0)


def test_a_rectangle_turns_about_its_own_corner() -> None:
    def change(data: Map) -> None:
        first(data).update(gid=0, type="spawn", x=160, y=160, width=64, height=32, rotation=90)

    spawn = read(change).arena.spawns[0]
    assert (spawn.x, spawn.y) == (4, 6)


def test_a_start_of_two_tiles_stands_on_the_tile_right_below_its_middle_and_is_told_of() -> None:
    level = read(lambda data: first(data).update(x=32, y=192, width=64, height=64))
    assert (level.arena.spawns[0].x, level.arena.spawns[0].y) == (2, 5)
    assert [problem.where for problem in level.notes if problem.code == "N206"] == ["objects object 1"]


def test_a_start_of_three_tiles_has_a_middle_tile_and_no_note() -> None:
    level = read(lambda data: first(data).update(x=0, y=192, width=96, height=96))
    assert (level.arena.spawns[0].x, level.arena.spawns[0].y) == (1, 4)
    assert level.notes == ()


def test_a_message_names_the_layer_the_object_and_its_name() -> None:
    def change(data: Map) -> None:
        data["layers"][0]["name"] = "ground"
        first(data).update(x=4 * 32, y=3 * 32, name="north gate")

    assert refused(change) == [
        "E040 sound.tmj › objects object 1 'north gate' (4,2): expected floor under a start, "
        "found wall of the layer ground"
    ]


def test_the_layer_is_the_one_that_has_laid_the_tile() -> None:
    def change(data: Map) -> None:
        cells = [0] * 192
        cells[1 + 5 * 16] = 2
        data["layers"].insert(1, {**data["layers"][0], "name": "walls", "data": cells})

    (line,) = refused(change)
    assert line.endswith(
        "objects object 1 (1,5): expected floor under a start, found wall of the layer walls"
    )


@pytest.mark.parametrize("cells", [(0,), (0, 1, 2)], ids=["one", "three"])
def test_a_portal_fault_is_told_once(cells: tuple[int, ...]) -> None:
    def change(data: Map) -> None:
        for cell in cells:
            data["layers"][0]["data"][cell] = 14

    (line,) = refused(change)
    assert line == f"E043 sound.tmj › arena ({cells[-1]},0): expected two portals A, found {len(cells)}"


def test_two_cores_are_told_with_their_place() -> None:
    def change(data: Map) -> None:
        set_property(data, "objective", "defend")
        for cell in (0, 9):
            data["layers"][0]["data"][cell] = gid_of("core")

    assert refused(change) == ["E044 sound.tmj › arena (9,0): expected one core to defend, found 2"]


def test_a_map_that_is_too_large_is_told_with_all_its_other_problems() -> None:
    def change(data: Map) -> None:
        data.update(width=100, height=100)
        data["layers"][0].update(width=100, height=100, data=[1] * 9_999 + [777])
        first(data)["properties"] = [{"name": "tank", "type": "string", "value": "hevy"}]
        set_property(data, "difficulty", 9, "int")

    assert [line.split(":")[0] for line in refused(change)] == [
        "E014 sound.tmj › width",
        "E014 sound.tmj › height",
        "E017 sound.tmj › arena (99,99)",
        "E015 sound.tmj › objects object 1.tank",
        "E014 sound.tmj › difficulty",
    ]


@pytest.mark.parametrize("frame", [{"width": "9"}, {"width": 10**9}, {"height": "12"}])
def test_a_map_without_cells_is_told_with_its_other_problems(frame: Map) -> None:
    def change(data: Map) -> None:
        data.update(frame)
        first(data)["properties"] = [{"name": "tank", "type": "string", "value": "hevy"}]
        set_property(data, "difficulty", 9, "int")

    found = refused(change)
    assert len(found) == 3
    assert [line[:4] for line in found[1:]] == ["E015", "E014"]


def test_an_id_given_twice_is_a_warning() -> None:
    level = read(lambda data: data["layers"][1]["objects"][1].update(id=1))
    assert [str(problem) for problem in level.notes] == [
        "W115 sound.tmj › objects object 1: two objects have the id 1"
    ]
    assert len(level.arena.spawns) == 2


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("dificulty", "difficulty"),
        ("Objective", "objective"),
        ("license", "licence"),
        ("TITLE_EN", "title_en"),
    ],
)
def test_a_misspelt_property_is_a_warning(name: str, meant: str) -> None:
    level = read(lambda data: set_property(data, name, "x"))
    assert [problem.code for problem in level.notes] == ["W114"]
    assert f"did you mean {meant}?" in str(level.notes[0])


@pytest.mark.parametrize("name", ["weather", "my_tool_state", "level", "x"])
def test_a_property_of_anothers_is_only_a_note(name: str) -> None:
    """The twin: what resembles none of ours is left alone."""
    level = read(lambda data: set_property(data, name, "x"))
    assert [problem.code for problem in level.notes] == ["N202"]


def swapped() -> Level:
    """The starter with the person's seat on team 1."""
    level = starter_level("swapped")
    one, other = level.roster
    return replace(level, roster=(replace(one, player=False), replace(other, player=True)))


def test_a_persons_seat_on_team_1_is_played_there_and_told_of() -> None:
    level = parse_level(write_level(swapped()), "swapped")
    (warning,) = [problem for problem in level.notes if problem.code == "W113"]
    assert "objects object 2" in warning.where
    assert (level.player_seat, level.own_team) == (1, 1)
    assert level.enemy_seats == (0,)


def test_a_persons_seat_on_team_0_draws_no_warning() -> None:
    level = parse_level(write_level(starter_level("usual")), "usual")
    assert level.notes == ()
    assert (level.player_seat, level.own_team, level.enemy_seats) == (0, 0, (1,))


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1, 2**31, 3_000_000_000, 2**63 - 1])
def test_every_seed_is_written_as_tiled_can_keep_it(seed: int) -> None:
    data = write_level(replace(starter_level("seeded"), seed=seed))
    numbers = [entry["value"] for entry in json.loads(data)["properties"] if entry["type"] == "int"]
    assert all(abs(number) < 2**31 for number in numbers)
    assert parse_level(data, "seeded").seed == seed


def test_a_level_of_before_with_a_large_seed_still_loads() -> None:
    level = read(lambda data: set_property(data, "seed", 2**62, "int"))
    assert (level.seed, level.notes) == (2**62, ())


def test_a_seed_that_tiled_has_cut_is_mended_and_told_of() -> None:
    level = read(lambda data: set_property(data, "seed", 3_000_000_000 - 2**32, "int"))
    assert level.seed == 3_000_000_000
    assert [problem.code for problem in level.notes] == ["W116"]


@pytest.mark.parametrize("seed", ["x", "-5", "9" * 30, "٣", "1.5", "", 2**63, True, -(2**40)])
def test_a_seed_that_is_none_is_refused(seed: object) -> None:
    assert "sound.tmj › seed: expected" in refused(lambda data: set_property(data, "seed", seed))[0]


def test_no_other_whole_number_of_a_level_is_too_large_for_tiled() -> None:
    from game.core.levels import schema

    tables = (schema.LEVEL_FIELDS, *schema.OBJECT_CLASSES.values(), schema.PORTAL_FIELDS)
    numbers = [field for table in tables for field in table if type(field.default) is int]
    assert [field.name for field in numbers if field.high > schema.INT32[1]] == ["seed"]
