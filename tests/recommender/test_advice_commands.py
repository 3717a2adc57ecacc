import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recommender.commands.root import app
from recommender.records.kinds import Rating
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
    assert "players who liked *Level 1* gave it 5" in told
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["kind"] == "neighbours"
    assert document["values"]["count"] == 4
    assert document["outlook"]["item"] == "level03"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recommend", "--store", "nowhere.sqlite"), "expected a store, found no such file"),
        (("explain", "level99", "--store", "FILE"), "expected one of the 10 in the store, found 'level99'"),
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
