"""Every code of the table in docs/levels.md can occur, and every one that can occur is in the table."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from game.core.levels import catalogue
from game.core.levels.messages_en import MESSAGES
from game.core.levels.problems import LevelError, Problem
from game.core.levels.report import read_folder
from game.core.levels.tmj import read_level
from game.player.level_lint import add_brain_warnings
from tests.core.levels.hostile import Case, Map, all_cases, set_property, sound_map, write_case

ROOT: Final = Path(__file__).resolve().parents[3]
CODE: Final = re.compile(r"[EWN]\d{3}")
CODES: Final = [key for key in MESSAGES if CODE.fullmatch(key)]
Change = Callable[[Map], object]


def changed(change: Change, **beside: bytes) -> Case:
    data = sound_map()
    change(data)
    return Case(
        "made",
        "",
        "",
        json.dumps(data).encode(),
        {name.replace("_", "."): text for name, text in beside.items()},
    )


def start(data: Map, **values: object) -> None:
    data["layers"][1]["objects"][0].update(values)


def of_start(name: str, value: object) -> Change:
    return lambda data: start(data, properties=[{"name": name, "value": value}])


def paint(*cells: tuple[int, int]) -> Change:
    def change(data: Map) -> None:
        for cell, gid in cells:
            data["layers"][0]["data"][cell] = gid

    return change


def pocket(at: int) -> list[tuple[int, int]]:
    """Walls round a tile of the map, which is 16 wide."""
    return [(at + x + 16 * y, 2) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


def cell_object(data: Map, **values: object) -> None:
    data["layers"][1]["objects"].append({"id": 90, "x": 48, "y": 48, "point": True, **values})


def pin(data: Map, name: str = "pins", x: int = 40) -> None:
    entry = {"id": 90, "x": x, "y": 40, "point": True}
    data["layers"].append({"type": "objectgroup", "name": name, "objects": [entry]})


# A playable level for each warning and note, and what only a folder can have.
LEVELS: Final[dict[str, Case]] = {
    "W101": changed(lambda data: data["layers"].append({"type": "imagelayer", "visible": False})),
    "W103": changed(paint(*pocket(1 + 9 * 16))),
    "W104": changed(lambda data: cell_object(data, type="cell")),
    "W105": changed(lambda data: cell_object(data, type="spawn")),
    "W106": changed(
        lambda data: (paint(*pocket(1 + 9 * 16))(data), cell_object(data, type="pickup", x=48, y=304))
    ),
    "W107": changed(lambda data: data["layers"][1]["objects"][1].update(x=96, y=192)),
    "W108": changed(lambda data: cell_object(data, type="spwan")),
    "W109": changed(
        lambda data: data["tilesets"].append({"firstgid": 90, "tilecount": 1, "image": "/home/me/a.png"})
    ),
    "W111": changed(lambda data: set_property(data, "format", 2, "int")),
    "W112": changed(lambda data: data["tilesets"].append({"firstgid": 90, "source": "lost.tsj"})),
    "W113": changed(
        lambda data: (
            start(data, properties=[]),
            data["layers"][1]["objects"][1].update(properties=[{"name": "player", "value": True}]),
        )
    ),
    "W114": changed(lambda data: set_property(data, "dificulty", 3, "int")),
    "W115": changed(lambda data: start(data, id=2)),
    "W116": changed(lambda data: set_property(data, "seed", -5, "int")),
    "W117": changed(of_start("brain", "huntr")),
    "W118": changed(lambda data: data["layers"][0].update(offsetx=32)),
    "W120": changed(lambda data: pin(data, x=-40)),
    "W121": changed(lambda data: pin(data, "pin")),
    "N201": changed(lambda data: data.update(parallaxoriginx=4)),
    "N202": changed(lambda data: set_property(data, "weather", "rain")),
    "N203": changed(lambda data: data.update(tilesets=[{"firstgid": 1, "source": "art/bankshot.tsj"}])),
    "N204": changed(cell_object),
    "N205": changed(lambda data: start(data, rotation=90, x=96, y=192)),
    "N206": changed(lambda data: start(data, width=64)),
    "N207": changed(lambda data: (data.update(infinite=True), data["layers"][0].update(startx=0))),
}


def broken_folder(folder: Path) -> list[Problem]:
    (folder / "not_a_folder").write_bytes(b"")
    return [each for entry in catalogue.list_folder(folder / "not_a_folder") for each in entry.problems]


def full_folder(folder: Path) -> list[Problem]:
    for number in range(catalogue.MAX_USER_LEVELS + 1):
        (folder / f"{number}.tmx").touch()
    return list(read_folder(folder).left_out)


def packed_folder(folder: Path) -> list[Problem]:
    (folder / "pack.zip").touch()
    return list(read_folder(folder).left_out)


def missing(folder: Path) -> list[Problem]:
    return list(catalogue.read_entry(folder / "none.tmj").problems)


FOLDERS: Final = {"E001": missing, "E050": broken_folder, "E051": full_folder, "W119": packed_folder}
ERRORS: Final = {
    **{case.code: case for case in reversed(all_cases())},
    "E004": Case("made", "", "", b"<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> mine\n"),
    "E038": changed(lambda data: data.update(tilewidth=16, tileheight=16)),
    "E036": Case("made", "", "", b'<!DOCTYPE map [<!ENTITY a "b">]><map/>'),
    "E035": Case("made", "", "", b"<map><layer></map>"),
    "E049": changed(lambda data: [cell_object(data, type="pickup", id=number) for number in (90, 91)]),
    "E099": next(case for case in all_cases() if case.name == "many_unknown_tiles"),
}


@pytest.mark.parametrize("code", CODES)
def test_each_code_occurs(code: str, tmp_path: Path) -> None:
    if code in FOLDERS:
        found = FOLDERS[code](tmp_path)
    elif code in LEVELS:
        path = write_case(LEVELS[code], tmp_path)
        assert read_level(path).name == "made"
        found = [
            each
            for entry in add_brain_warnings([catalogue.read_entry(path)], None)
            for each in entry.problems
        ]
    else:
        with pytest.raises(LevelError) as caught:
            read_level(write_case(ERRORS[code], tmp_path))
        found = list(caught.value.problems)
    assert code in {problem.code for problem in found}
    for problem in found:
        facts = problem.facts()
        assert facts["path"], problem
        assert facts["message"]
        assert facts["message_zh"]
        json.dumps(facts)


def test_the_page_has_the_same_codes() -> None:
    text = (ROOT / "docs" / "levels.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([EWN]\d{3})` \|", text, re.MULTILINE) == CODES


def test_a_brain_that_nobody_has_is_told_of_a_broken_level_too(tmp_path: Path) -> None:
    def change(data: Map) -> None:
        start(data, properties=[{"name": "brain", "value": "marksmen"}])
        set_property(data, "goal", "many")

    path = write_case(changed(change), tmp_path)
    (entry,) = add_brain_warnings([catalogue.read_entry(path)], None)
    assert [problem.code for problem in entry.problems] == ["E010", "W117"]
    assert "did you mean marksman?" in entry.problems[1].message
    assert entry.problems[1].at.object is not None
