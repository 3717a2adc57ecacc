"""`levels repair`, as a modder meets it."""

import json
from pathlib import Path
from typing import Any

import pytest

from game.cli.root import run
from game.core.levels.repair import repair_level
from game.core.levels.starter import starter_level
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from tests.core.levels.hostile import Map, set_property, sound_map

Captured = pytest.CaptureFixture[str]


TMX = """<map version="1.10" orientation="orthogonal" width="10" height="8" tilewidth="32" tileheight="32">
<tileset firstgid="1" source="bankshot.tsj"/><layer name="arena" width="10" height="8"><data encoding="csv">%s</data></layer>
<objectgroup name="objects"><object id="1" gid="22" x="160" y="64" width="32" height="32"/>
<object id="2" gid="23" x="256" y="256" width="32" height="32"/></objectgroup></map>"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    return tmp_path


def damaged() -> Map:
    """The sound map with a start on a wall and much that the game does not use."""
    data = sound_map()
    data["layers"][0]["data"][1 * 16 + 4] = 2
    things = data["layers"][1]
    things["objects"][0] |= {"x": 4 * 32, "y": 2 * 32, "name": "gate"}
    data["layers"].append({"type": "imagelayer", "name": "sky", "image": "sky.png", "id": 7, "visible": True})
    return data


def write(path: Path, data: Any) -> Path:
    path.write_text(json.dumps(data))
    return path


def test_each_change_is_told_and_nothing_is_written_unasked(home: Path, capsys: Captured) -> None:
    path = write(home / "canyon.tmj", damaged())
    before = path.read_bytes()
    assert run(["levels", "repair", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[0] == (
        f"{path}:1 › arena (4,1): wall → floor (E040 expected floor under a start, found wall)"
    )
    assert "nothing was written" in said
    assert path.read_bytes() == before
    assert run(["levels", "repair", str(path), "--language", "zh"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}:1 › arena (4,1)：墙 → 地板（E040 出生点下方应为地板，实际是墙）",
        "没有写入任何文件；要写入请用 --out 或 --in-place",
    ]


def test_in_place_keeps_what_the_game_does_not_use(home: Path) -> None:
    path, facts = write(home / "canyon.tmj", damaged()), home / "facts.json"
    assert run(["levels", "check", str(path)]) == 1
    assert run(["levels", "repair", str(path), "--in-place", "--json", str(facts)]) == 0
    assert run(["levels", "check", str(path), "--strict"]) == 0
    data = json.loads(path.read_text())
    assert [layer["name"] for layer in data["layers"]] == ["arena", "objects", "sky"]
    assert data["layers"][1]["objects"][0]["name"] == "gate"
    (told,) = json.loads(facts.read_text())["levels"]
    assert told["repaired"]
    assert [change["code"] for change in told["changes"]] == ["E040"]
    assert told["left"] == []


def test_a_folder_gets_a_level_of_its_own_and_keeps_what_is_there(home: Path, capsys: Captured) -> None:
    path, out = write(home / "canyon.tmj", damaged()), home / "out"
    before = path.read_bytes()
    words = ["levels", "repair", str(path), "--out", str(out)]
    assert run(words) == 0
    assert read_level(out / "canyon.tmj").arena.spawns
    assert (out / "bankshot.tsj").exists()
    assert run(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert run([*words, "--force"]) == 0
    assert run(["levels", "repair", str(path), "--out", str(home), "--force"]) == 2
    assert "--in-place" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_what_a_machine_cannot_repair_is_one_located_error(home: Path, capsys: Captured) -> None:
    data = damaged()
    set_property(data, "objective", "race")
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 1
    line, error = capsys.readouterr().err.splitlines()
    assert line.startswith("E015 ")
    assert "objective" in line
    assert error == f"error: {path}: problems that could not be repaired: 1"
    assert json.loads(path.read_text()) == data


def test_pinned_tiles_stay(home: Path, capsys: Captured) -> None:
    data = damaged()
    pin = {"id": 80, "x": 128, "y": 32, "width": 32, "height": 32}
    data["layers"].append({"type": "objectgroup", "name": "pins", "id": 8, "objects": [pin]})
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 1
    assert "E040" in capsys.readouterr().err
    assert json.loads(path.read_text()) == data
    pin["x"] = 320
    write(path, data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 0
    assert json.loads(path.read_text())["layers"][-1] == data["layers"][-1]


def divided() -> Map:
    """The sound map with a pinned wall from top to bottom between its starts."""
    data = sound_map()
    for y in range(12):
        data["layers"][0]["data"][y * 16 + 10] = 2
    pin = {"id": 80, "x": 320, "y": 0, "width": 32, "height": 384}
    data["layers"].append({"type": "objectgroup", "name": "pins", "id": 8, "objects": [pin]})
    return data


def test_a_pinned_wall_that_divides_a_level_is_named_and_nothing_goes_through_it(
    home: Path, capsys: Captured
) -> None:
    path, facts = write(home / "canyon.tmj", divided()), home / "facts.json"
    assert run(["levels", "repair", str(path), "--in-place", "--json", str(facts)]) == 1
    said = capsys.readouterr()
    (row,) = json.loads(facts.read_text())["levels"]
    assert [each for each in row["changes"] if each["what"] == "start"] == []
    assert "E047" in {each["code"] for each in row["left"]}
    (pinned,) = row["pinned"]
    assert (pinned["layer"], pinned["x"], pinned["was"], pinned["now"]) == ("arena", 10, "wall", "floor")
    assert "not done, because the cell is pinned: wall → floor (E047 no path leads from here" in said.out
    assert said.err.splitlines()[-1].startswith(f"error: {path}: problems that could not be repaired: ")
    assert json.loads(path.read_text()) == divided()


def test_changes_of_a_level_with_errors_are_said_not_to_be_written(home: Path, capsys: Captured) -> None:
    data = divided()
    data["layers"][0]["data"][1 * 16 + 4] = 2
    data["layers"][1]["objects"][0] |= {"x": 4 * 32, "y": 2 * 32}
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 1
    said = capsys.readouterr().out
    assert "arena (4,1): wall → floor" in said
    assert f"{path}: none of these changes is written, because the level still has errors" in said
    assert "written: " not in said
    assert json.loads(path.read_text()) == data


def test_a_warning_that_is_left_is_a_failure_too(home: Path, capsys: Captured) -> None:
    """Walls that are pinned round a tile of floor that is pinned too."""
    data = sound_map()
    for cell in (1 + 8 * 16, 9 * 16, 2 + 9 * 16, 1 + 10 * 16):
        data["layers"][0]["data"][cell] = 2
    pin = {"id": 80, "x": 0, "y": 256, "width": 96, "height": 96}
    data["layers"].append({"type": "objectgroup", "name": "pins", "id": 8, "objects": [pin]})
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path)]) == 1
    said = capsys.readouterr()
    assert "W103" in said.out
    assert "not done, because the cell is pinned" in said.out
    assert said.err == f"error: {path}: problems that could not be repaired: 1\n"


def test_a_file_that_was_saved_meanwhile_is_not_written_over(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = write(home / "canyon.tmj", damaged()), write(home / "mine.tmj", damaged())
    saved = json.dumps({**damaged(), "backgroundcolor": "#102030"})

    def slow(level: Any, *args: Any, **more: Any) -> Any:
        path.write_text(saved)
        return repair_level(level, *args, **more)

    monkeypatch.setattr("game.cli.level_repair.repair_level", slow)
    assert run(["levels", "repair", str(path), str(other), "--in-place"]) == 1
    said = capsys.readouterr()
    assert said.err == (
        f"error: {path}: expected an unchanged file, found it changed since it was read: not overwritten, run the command again\n"
    )
    assert path.read_text() == saved
    assert f"written: {other}" in said.out


def test_folders_and_patterns_are_mended_in_place(home: Path, capsys: Captured) -> None:
    maps = home / "maps"
    (maps / "deep").mkdir(parents=True)
    one, other = write(maps / "one.tmj", damaged()), write(maps / "deep" / "two.TMJ", damaged())
    (maps / "pack.zip").touch()
    words = ["levels", "repair", str(maps), f"{maps}/*.tmj", "--in-place"]
    assert run(words) == 0
    said = capsys.readouterr().out
    assert said.count("written: ") == 2, "each file once"
    assert "W119" in said
    assert run(["levels", "check", str(one), str(other)]) == 0
    capsys.readouterr()
    assert run(words) == 0
    assert capsys.readouterr().out.count("nothing to repair") == 2
    (home / "empty").mkdir()
    assert run(["levels", "repair", str(home / "empty")]) == 2
    assert "expected .tmj or .tmx files" in capsys.readouterr().err
    assert run(["levels", "repair", f"{home}/*.tmx"]) == 2
    assert "found none" in capsys.readouterr().err


def damaged_tmx() -> str:
    """A map of XML with a start on a wall."""
    return TMX % ",".join(["1"] * 15 + ["2"] + ["1"] * 64)


def test_a_tmx_is_mended_beside_itself_once(home: Path, capsys: Captured) -> None:
    """The second time its .tmj is there: that is said, and the other files are mended all the same."""
    (home / "old.tmx").write_text(damaged_tmx())
    other = write(home / "canyon.tmj", damaged())
    words = ["levels", "repair", str(home / "old.tmx"), str(other), "--in-place"]
    assert run(words) == 0
    made = home / "old.tmj"
    assert capsys.readouterr().out.splitlines()[-2:] == [f"written: {made}", f"written: {other}"]
    assert read_level(made).arena.spawns
    write(other, damaged())
    before = made.read_bytes()
    assert run(words) == 1
    said = capsys.readouterr()
    assert said.err == f"error: {home}/old.tmx: {made} is there already; --force replaces level files\n"
    assert f"written: {other}" in said.out
    assert run([*words, "--force"]) == 0
    assert (home / "old.tmx").read_text() == damaged_tmx()
    assert made.read_bytes() == before


@pytest.mark.parametrize("name", ["c.TMX", "C.tmx", "c.xml"])
@pytest.mark.parametrize("into", [["--in-place"], ["--out", "maps"]])
def test_no_level_is_written_over_another_that_the_command_reads(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, name: str, into: list[str]
) -> None:
    """Nor one that needs no repair; and the advice leads to a mended level."""
    monkeypatch.chdir(home)
    other = Path("maps/c.tmj")
    other.parent.mkdir()
    data = sound_map()
    data["layers"].append({"type": "imagelayer", "name": "sky", "image": "sky.png", "id": 7, "visible": True})
    write(other, data)
    path = Path("maps", name)
    path.write_text(damaged_tmx())
    before = other.read_bytes()
    code = run(["levels", "repair", str(other), str(path), *into, "--force"])
    said = capsys.readouterr()
    assert code == (1 if into == ["--in-place"] else 2)
    assert (f"{other}: nothing to repair" in said.out) == (code == 1), "what is refused whole is told alone"
    assert "written: " not in said.out
    assert said.err.startswith("error: ")
    assert "another folder" in said.err
    assert str(path if into == ["--in-place"] else other) in said.err
    assert other.read_bytes() == before
    assert sorted(each.name for each in other.parent.iterdir()) == sorted(["c.tmj", name])
    assert run(["levels", "repair", str(path), "--out", "mended"]) == 0
    assert read_level(Path("mended", path.with_suffix(".tmj").name)).arena.spawns


def test_a_broken_level_is_not_written_over_either(home: Path, capsys: Captured) -> None:
    (home / "a.tmx").write_text(damaged_tmx())
    (home / "a.tmj").write_text("{")
    assert run(["levels", "repair", f"{home}/a.tmx", f"{home}/a.tmj", "--in-place", "--force"]) == 1
    assert f"{home}/a.tmj is not overwritten, because this command reads it too" in capsys.readouterr().err
    assert (home / "a.tmj").read_text() == "{"


def test_of_two_maps_of_xml_with_one_name_the_second_is_mended_as_is_advised(
    home: Path, capsys: Captured
) -> None:
    for name in ("q.tmx", "q.xml"):
        (home / name).write_text(damaged_tmx())
    assert run(["levels", "repair", f"{home}/q.tmx", f"{home}/q.xml", "--in-place"]) == 1
    said = capsys.readouterr()
    assert f"written: {home}/q.tmj" in said.out
    assert said.err == (
        f"error: {home}/q.xml: expected {home}/q.tmj for this level only, found it written for another; "
        "repair this one alone, into another folder with --out\n"
    )
    assert run(["levels", "repair", f"{home}/q.xml", "--out", f"{home}/o"]) == 0
    assert read_level(home / "o" / "q.tmj").arena.spawns


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("old.xml", "old.tmj"),
        ("old.json", "old.tmj"),
        ("old.tmj", "old-repaired.tmj"),
        ("old.TMX", "old.tmj"),
        ("old.TMJ", "old-repaired.tmj"),
    ],
)
def test_xml_stays_xml_whatever_its_ending(home: Path, capsys: Captured, name: str, target: str) -> None:
    text = "\ufeff\n " * name.endswith("TMX") + damaged_tmx()
    (home / name).write_text(text.lstrip("\n "), encoding="utf-8")
    before = (home / name).read_bytes()
    assert run(["levels", "repair", str(home / name), "--in-place"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"written: {home / target}"
    assert (home / name).read_bytes() == before
    assert json.loads((home / target).read_text())["type"] == "map"
    assert read_level(home / target).arena.spawns


@pytest.mark.parametrize("names", [("a.tmj", "a.tmx"), ("a.tmx", "a.tmj")])
def test_of_two_levels_that_would_be_one_file_each_stays_its_own(
    home: Path, capsys: Captured, names: tuple[str, str]
) -> None:
    path = write(home / "a.tmj", damaged())
    (home / "a.tmx").write_text(damaged_tmx())
    facts = home / "facts.json"
    words = ["levels", "repair", *(f"{home}/{name}" for name in names), "--in-place", "--force"]
    assert run([*words, "--json", str(facts)]) == 1
    said = capsys.readouterr()
    assert f"written: {path}" in said.out
    assert json.loads(path.read_text())["layers"][2]["name"] == "sky", "the level is the mended one"
    assert said.err == (
        f"error: {home}/a.tmx: {path} is not overwritten, because this command reads it too; repair {home}/a.tmx alone, "
        "into another folder with --out\n"
    )
    rows = {Path(row["file"]).name: row for row in json.loads(facts.read_text())["levels"]}
    assert (rows["a.tmj"]["repaired"], rows["a.tmj"]["refused"]) == (True, None)
    assert f"error: {rows['a.tmx']['refused']}\n" == said.err
    assert not rows["a.tmx"]["repaired"]
    assert rows["a.tmx"]["refused_zh"].startswith(f"{home}/a.tmx：")


def test_where_no_level_is_written_no_folder_is_made(home: Path) -> None:
    sound, broken = write(home / "sound.tmj", sound_map()), write(home / "broken.tmj", divided())
    assert run(["levels", "repair", str(sound), "--out", str(home / "out")]) == 0
    assert run(["levels", "repair", str(broken), "--out", str(home / "out")]) == 1
    assert not (home / "out").exists()


def test_of_several_levels_those_that_stay_broken_are_named(home: Path, capsys: Captured) -> None:
    paths = [write(home / f"{name}.tmj", divided()) for name in "ab"] + [write(home / "c.tmj", damaged())]
    assert run(["levels", "repair", *map(str, paths), "--language", "zh"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: 3 个关卡中有 2 个存在无法修复的问题：{paths[0]}, {paths[1]}"
    )


def test_what_moves_and_what_is_new_is_told_by_its_object(home: Path, capsys: Captured) -> None:
    data = sound_map()
    things = data["layers"][1]["objects"]
    start = next(each for each in things if each["id"] == 1)
    start |= {"name": "gate", "x": -64}
    things[:] = [start]
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path)]) == 0
    moved, new, _ = capsys.readouterr().out.splitlines()
    assert moved == (
        f"{path}:1 › objects object 1 'gate' (-2,5): start moved from (-2,5) to (0,5) "
        "(E031 expected the object inside the map, found it at (-2, 5))"
    )
    assert new == f"{path}:1 › objects, new object (15,6): new start of team 1 (E042 team 1 has no start)"


def test_a_new_thing_is_told_on_the_layer_that_gets_it(home: Path, capsys: Captured) -> None:
    data = sound_map()
    layer = data["layers"][1]
    layer["objects"][:] = [each for each in layer["objects"] if each["id"] == 1]
    data["layers"].append({**layer, "id": 30, "name": "enemies", "objects": []})
    path, facts = write(home / "canyon.tmj", data), home / "facts.json"
    assert run(["levels", "repair", str(path), "--in-place", "--json", str(facts)]) == 0
    assert f"{path}:1 › enemies, new object (" in capsys.readouterr().out
    assert json.loads(path.read_text())["layers"][-1]["objects"]
    (told,) = json.loads(facts.read_text())["levels"]
    assert [change["layer"] for change in told["changes"]] == ["enemies"]


def test_what_is_left_after_a_change_is_told_by_its_layer_and_object(home: Path) -> None:
    """A wall over one start goes, the one over another is pinned."""
    data = sound_map()
    data["layers"][0]["name"] = "ground"
    first, second = data["layers"][1]["objects"][:2]
    for cell in (4 + 16, 10 + 6 * 16):
        data["layers"][0]["data"][cell] = 2
    first |= {"x": 4 * 32, "y": 2 * 32, "name": "gate"}
    second |= {"x": 10 * 32, "y": 7 * 32, "name": "nest"}
    pin = {"id": 80, "x": 320, "y": 192, "width": 32, "height": 32}
    data["layers"].append({"type": "objectgroup", "name": "pins", "id": 8, "objects": [pin]})
    path, facts = write(home / "canyon.tmj", data), home / "facts.json"
    assert run(["levels", "repair", str(path), "--json", str(facts)]) == 1
    (told,) = json.loads(facts.read_text())["levels"]
    assert [change["layer"] for change in told["changes"]] == ["ground"]
    (left,) = [each for each in told["left"] if each["code"] == "E040"]
    assert (left["layer"], left["object"], left["object_name"]) == ("objects", second["id"], "nest")
    assert "of the layer ground" in left["message"]


def test_a_lone_portal_gets_its_twin_under_its_own_letter(home: Path, capsys: Captured) -> None:
    """On a mirrored level; the letter D is told and stays."""
    data = json.loads(write_level(starter_level("canyon")))
    cells = data["layers"][0]["data"]
    cells[3 * 16 + 3] = gid_of("portal", "D")
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 0
    assert "arena (12,8): floor → portal D (E043 expected two portals D, found 1)" in capsys.readouterr().out
    after = json.loads(path.read_text())["layers"][0]["data"]
    assert [n for n, gid in enumerate(after) if gid == gid_of("portal", "D")] == [3 * 16 + 3, 8 * 16 + 12]
    assert gid_of("portal", "A") not in after


def test_starts_of_a_misspelt_class_are_not_drawn_anew(home: Path, capsys: Captured) -> None:
    data = sound_map()
    for thing in data["layers"][1]["objects"][:2]:
        thing |= {"type": "spwan"}
        thing.pop("gid", None)
    path = write(home / "canyon.tmj", data)
    assert run(["levels", "repair", str(path), "--in-place"]) == 1
    said = capsys.readouterr()
    assert said.out.count("W108") == 2
    assert "did you mean spawn?" in said.out
    assert "team 0 has no start" in said.err
    assert json.loads(path.read_text()) == data


def test_levels_of_one_name_are_written_side_by_side(home: Path, capsys: Captured) -> None:
    for name in ("a", "b"):
        (home / "maps" / name).mkdir(parents=True)
        write(home / "maps" / name / "lvl.tmj", damaged())
    out = home / "mended"
    assert run(["levels", "repair", str(home / "maps"), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in out.glob("*.tmj")) == ["lvl-2.tmj", "lvl.tmj"]
    assert f"{out / 'lvl-2.tmj'} is {home / 'maps' / 'b' / 'lvl.tmj'}" in said
    assert run(["levels", "check", str(out), "--strict"]) == 0
    capsys.readouterr()
    assert run(["levels", "repair", str(home / "maps"), "--out", str(out)]) == 2
    refused = capsys.readouterr()
    assert (refused.out, refused.err.count("\n")) == ("", 1), "before any change is told"
    assert "is there already" in refused.err


def test_sound_levels_alone_are_told_to_need_nothing(home: Path, capsys: Captured) -> None:
    paths = [write(home / f"{name}.tmj", sound_map()) for name in ("one", "two")]
    out = home / "mended"
    for more in (["--out", str(out)], ["--in-place"]):
        assert run(["levels", "repair", *map(str, paths), *more]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            "none of 2 levels needs repair; nothing was written"
        )
    assert not out.exists()
