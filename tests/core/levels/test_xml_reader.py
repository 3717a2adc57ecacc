"""Tiled's XML becomes the objects of its JSON, bounded, with lines; what could reach for other files is refused."""

import json
import tracemalloc
from pathlib import Path

import pytest

from game.core.levels.beside import parse_tiled_file
from game.core.levels.problems import Findings, LevelError
from game.core.levels.tmj import parse_level, read_level
from tests.core.levels.hostile import MEGABYTE

CASES = Path(__file__).parent / "cases"
PLAIN = (CASES / "plain.tmx").read_text(encoding="utf-8")
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def refused(text: str | bytes) -> list[str]:
    with pytest.raises(LevelError) as caught:
        parse_level(text if isinstance(text, bytes) else text.encode(), "made")
    return [str(problem) for problem in caught.value.problems]


def objects(text: str) -> dict[str, object]:
    found = parse_tiled_file(text.encode(), Findings("made"))
    assert found is not None
    return found


def test_values_have_the_kinds_of_json() -> None:
    found = objects(
        '<map width="16" infinite="0" opacity="0.5" name="12"><properties>'
        '<property name="a" type="int" value="3"/><property name="b" type="bool" value="true"/>'
        '<property name="c" type="float" value="1.5"/><property name="d" value="4"/>'
        '<property name="e">two\nlines</property><property name="f" type="int" value="many"/>'
        '<property name="g" type="class" propertytype="level"><properties><property name="h" type="int" value="5"/>'
        "</properties></property></properties></map>"
    )
    values = {entry["name"]: entry["value"] for entry in found["properties"]}  # type: ignore[attr-defined]
    assert values == {
        "a": 3, "b": True, "c": 1.5, "d": "4", "e": "two\nlines", "f": "many", "g": {"h": 5},
    }  # fmt: skip
    assert (found["width"], found["infinite"], found["opacity"], found["name"]) == (16, False, 0.5, "12")


def test_a_large_map_of_empty_tags_is_read() -> None:
    """Tiled writes an empty cell as `<tile/>`."""
    layer = '<layer name="l{}" width="64" height="64"><data>' + "<tile/>" * 4096 + "</data></layer>"
    text = (
        '<map width="64" height="64" tilewidth="32" tileheight="32">'
        + "".join(map(layer.format, range(8)))
        + "</map>"
    )
    assert {line[:4] for line in refused(text)} == {"E042"}
    assert refused(text.replace("</map>", "<layer><data>" + "<tile/>" * 9000 + "</data></layer></map>"))[
        0
    ].startswith("E007 made.tmj: expected at most 40000 tiles, found 41768")


@pytest.mark.parametrize("encoding", ["csv", "tags"])
def test_cells_may_be_text_or_tags(encoding: str) -> None:
    start, rest = PLAIN.split('<data encoding="csv">')
    cells, end = rest.split("</data>", 1)
    tags = "".join(f'<tile gid="{gid}"/>' for gid in cells.split(","))
    text = PLAIN if encoding == "csv" else f"{start}<data>{tags}</data>{end}"
    assert parse_level(text.encode(), "made").digest == read_level(CASES / "plain.tmx").digest


def test_the_doctype_of_old_tiled_is_allowed_and_not_fetched() -> None:
    head, body = PLAIN.split("?>", 1)
    text = f'{head}?>\n<!DOCTYPE map SYSTEM "http://mapeditor.org/dtd/1.0/map.dtd">{body}'
    assert parse_level(text.encode(), "made").digest == read_level(CASES / "plain.tmx").digest


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"<!DOCTYPE map [<!ENTITY l0 'ha'>{LAUGHS}]><map name='&l9;'/>", "E036 made.tmj: "),
        ("<!DOCTYPE map [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><map>&x;</map>", "E036 made.tmj: "),
        ("<!DOCTYPE map SYSTEM 'a.dtd' [<!ENTITY % x SYSTEM 'http://example.invalid/x'>%x;]><map/>", "E036 made.tmj: "),
        ("<!DOCTYPE map [<!ATTLIST tile gid CDATA '1'>]><map/>", "E036 made.tmj: "),
        ("<map>&x;</map>", "E035 made.tmj: expected XML, found a reference to a name that is not defined (line 1, column 6)"),
        ("<map>\n<layer>\n</map>", "E035 made.tmj: expected XML, found a closing tag that does not match the open one"),
        ("<map", "E035 made.tmj: expected XML, found a tag that is not closed"),
        ("<map a='1' a='2'/>", "E035 made.tmj: expected XML, found an attribute that appears twice"),
        ("<map/><map/>", "E035 made.tmj: expected XML, found more after its end"),
        ("<", "E035 made.tmj: expected XML, found "),
        ("<map>\0</map>", "E035 made.tmj: expected XML, found an unexpected character"),
        ("<?xml version='1.0' encoding='gbk'?><map/>", "E003 made.tmj: expected UTF-8 text, found gbk"),
        ("<html/>", "E010 made.tmj: expected a map, tileset or template of Tiled, found 'html'"),
        ("<tileset tilecount='1'/>", "E001 made.tmj: expected a level file, found a tileset of Tiled"),
        ("<a>" * 60, "E006 made.tmj: "),
        ("<map>" + "<a/>" * 120_000 + "</map>", "E007 made.tmj: expected at most 18000 tags, found 120002"),
        ("<map>" + "&lt;" * 30_000 + "</map>", "E007 made.tmj: expected at most 20000 references, found 30000"),
        ("<map a='" + "=" * 130_000 + "'/>", "E007 made.tmj: expected at most 120000 attributes"),
    ],
)  # fmt: skip
def test_bad_xml_is_one_located_line(text: str, line: str) -> None:
    (found,) = refused(text)
    assert found.startswith(line)
    assert len(found) < 300


def test_no_bomb_takes_memory() -> None:
    texts = [
        f"<!DOCTYPE map [<!ENTITY l0 'ha'>{LAUGHS}]><map name='&l9;'/>",
        "<map><layer><data>" + "<tile gid='1'/>" * 39_000 + "</data></layer></map>",
        "<map>" + "<a b='1'/>" * 17_900 + "</map>",
    ]
    for text in texts:
        data = text.encode()
        tracemalloc.start()
        try:
            refused(data)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 64 * MEGABYTE


def test_lines_are_those_of_the_file() -> None:
    text = PLAIN.replace("><", ">\n<").replace('gid="15" x="32"', 'gid="15" x="3200"')
    with pytest.raises(LevelError) as caught:
        parse_level(text.encode(), "made")
    problem = caught.value.problems[0]
    assert problem.code == "E031"
    rows = text.splitlines()
    assert 'id="1" gid="15"' in rows[problem.at.line - 1]
    assert (problem.at.object, problem.at.layer) == (1, "things")


def test_lines_of_json_are_those_of_the_file() -> None:
    data = json.loads((CASES / "props_float.tmj").read_bytes())
    data["layers"][1]["objects"][1]["x"] = "left"
    data["properties"][0]["value"] = 77
    data["width"] = 16.5
    text = json.dumps(data, indent=1)
    rows = text.splitlines()
    with pytest.raises(LevelError) as caught:
        parse_level(text.encode(), "made")
    at = {problem.code + str(problem.where): rows[problem.at.line - 1] for problem in caught.value.problems}
    assert '"x": "left"' in at["E010things object 2.x"]
    assert '"width": 16.5' in at["E010width"]
    number = next(problem.at.line for problem in caught.value.problems if problem.where == "difficulty")
    assert '"name": "difficulty"' in rows[number]
