import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recommender.commands.root import app
from recommender.records.kinds import Item, Rating
from recommender.store import Store
from tests.recommender.made_advice import catalogue


@pytest.fixture
def file(tmp_path: Path) -> Path:
    store = Store(tmp_path / "records.sqlite")
    store.put_items(catalogue(10))
    store.put_ratings(
        [Rating(f"p{n}", f"level{m:02d}", 5 if m % 2 else 2, 1.0) for n in range(4) for m in range(8)]
    )
    store.put_ratings([Rating("you", "level01", 5, 2.0)])
    store.close()
    return tmp_path / "records.sqlite"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_recommend_tells_and_writes_suggestions(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    code, told = run("recommend", "--store", file, "--player", "you", "--count", 3, "--json", out)
    assert code == 0
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["schema"] == 1
    assert len(document["suggestions"]) == 3
    for each in document["suggestions"]:
        assert each["reason"] in told
        assert 0 <= each["chance"] <= 1
        assert 0 < each["propensity"] <= 1
    assert Store.strict(file).shown() == []  # the store is only read


def test_recommend_speaks_chinese(file: Path) -> None:
    code, told = run("recommend", "--store", file, "--player", "you", "--language", "zh")
    assert code == 0
    assert "关卡" in told
    assert "玩家" in told
    assert "预计" in told
    assert re.search(r"\b(stars|to finish|neighbours|biases|popularity)\b", told) is None
    code, told = run("explain", "level03", "--store", file, "--language", "zh")
    assert code == 0
    assert "置信区间" in told
    assert re.search(r"\b(stars|chance|known|none)\b", told) is None


def test_explain_says_what_is_expected_of_one_item(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    code, told = run("explain", "level03", "--store", file, "--player", "you", "--json", out)
    assert code == 0
    assert "Level 3: 4 players gave it 5 on average; about your level" in told
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["kind"] == "rated"
    assert (document["values"]["count"], document["values"]["stars"]) == (4, 5)
    assert document["values"]["effect"] > 0
    assert document["outlook"]["item"] == "level03"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recommend", "--store", "nowhere.sqlite"), "expected a store, found no such file"),
        (
            ("explain", "level99", "--store", "FILE"),
            "expected a name or a title of the 10 items, found 'level99' (did you mean 'level09'",
        ),
        (("recommend", "--store", "FILE", "--language", "xx"), "expected en or zh, found 'xx'"),
        (
            ("recommend", "--store", "FILE", "--community", "nowhere"),
            "card.json: expected a card, found no such file",
        ),
        (("simulate", "--community", "x"), "expected a --store"),
    ],
)
def test_bad_input_is_one_line(file: Path, arguments: tuple[str, ...], message: str) -> None:
    code, told = run(*(file if part == "FILE" else part for part in arguments))
    assert code == 2
    assert told.startswith("error: ")
    assert message in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("spelt", ["level03", "Level 3", "level 3", "关卡3", "LEVEL03", " Level 3 "])
def test_an_item_is_known_by_its_name_and_by_every_title(file: Path, spelt: str) -> None:
    code, told = run("explain", spelt, "--store", file, "--player", "you")
    assert code == 0
    assert told.startswith("Level 3: ")


def test_what_recommend_prints_explain_takes(file: Path) -> None:
    told = run("recommend", "--store", file, "--player", "you", "--language", "zh")[1]
    titles = re.findall(r"《(.+?)》：预计", told)
    assert titles
    for title in titles:
        assert run("explain", title, "--store", file, "--player", "you")[0] == 0


def test_a_title_of_two_items_is_refused_with_their_names(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.sqlite")
    store.put_items([Item("one", {"en": "Same"}), Item("two", {"zh": "same"})])
    store.close()
    code, told = run("explain", "SAME", "--store", tmp_path / "a.sqlite")
    assert (code, told) == (
        2, "error: item: expected one item, found 2 with the title 'SAME'; name it: one, two\n",
    )  # fmt: skip


def test_an_unknown_player_gets_a_newcomers_list_and_a_line_that_says_so(file: Path) -> None:
    for language, line in (
        (
            "en",
            "player 'yuo' is not known to the store (did you mean 'you'?): what follows is for a newcomer",
        ),
        ("zh", "记录中没有玩家“yuo”（是否指 'you'？）：以下内容按新玩家给出"),
    ):
        arguments = ["recommend", "--store", str(file), "--player", "yuo", "--language", language]
        result = CliRunner().invoke(app, arguments)
        assert (result.exit_code, result.stderr) == (0, line + "\n")
        assert result.stdout.count("\n") == 10
    assert run("recommend", "--store", file, "--player", "you")[1].startswith("1. ")


def test_the_store_is_read_where_it_lies_while_others_write_it(file: Path) -> None:
    other = Store(file)
    other.put_ratings([Rating("new", "level01", 5, 3.0)])
    before = {part.name: part.read_bytes() for part in file.parent.iterdir() if part.suffix == ".sqlite"}
    assert run("recommend", "--store", file, "--player", "new")[1].startswith("1. ")
    assert other.put_ratings([Rating("new", "level02", 5, 3.0)])
    other.close()
    assert before[file.name][:16] == b"SQLite format 3\0"
    assert [part.name for part in file.parent.iterdir()] == [file.name], "no log is left behind"


def test_a_damaged_store_is_refused_in_one_line_and_stays(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    file.write_bytes(data)
    code, told = run("recommend", "--store", file, "--player", "you")
    assert code == 2
    assert told.startswith("error: records.sqlite: ")
    assert told.count("\n") == 1
    assert file.read_bytes() == bytes(data)


def test_a_store_without_items_is_refused(tmp_path: Path) -> None:
    Store(tmp_path / "empty.sqlite").close()
    code, told = run("recommend", "--store", tmp_path / "empty.sqlite")
    assert code == 2
    assert "expected items, found none" in told


def test_a_table_of_items_stands_in_for_the_stores_own(file: Path, tmp_path: Path) -> None:
    table = tmp_path / "items.json"
    table.write_text(
        json.dumps(
            {
                "items": [
                    {"name": name, "titles": {}, "tags": [], "numbers": {}}
                    for name in ("level02", "brand new")
                ]
            }
        ),
        encoding="utf-8",
    )
    before = file.read_bytes()
    code, told = run("recommend", "--store", file, "--items", table)
    assert code == 0
    assert "brand new" in told
    assert "level03" not in told
    assert file.read_bytes() == before
    code, told = run("explain", "level02", "--store", tmp_path / "none.sqlite", "--items", table)
    assert code == 0
    assert "0 ratings by others" in told
    assert not (tmp_path / "none.sqlite").exists()
