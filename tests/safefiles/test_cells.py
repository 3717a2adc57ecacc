"""No cell that we write is a formula, and every text reads back as it was."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.records.kinds import Attempt, Item, Rating
from recommender.records.tables import read_ratings
from recommender.store.exchange import Records, read_records, write_records
from safefiles.cells import escape_cell, unescape_cell
from tests.contracts.tree import ROOT, shipped_sources

FORMULAS = [
    '=HYPERLINK("http://x","y")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
]
DANGEROUS = tuple("=+-@\t\r\n＝＋－＠")
texts = st.text(st.sampled_from("'=+-@\t\r ａ＝1.e5x"), max_size=6)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert escape_cell(text) == f"'{text}"
    assert unescape_cell(f"'{text}") == text


@pytest.mark.parametrize("value", ["Foundry", "-5", "+1.5e3", "'tis", "", "a=b", 4.0, -3, None])
def test_what_no_spreadsheet_runs_stays(value: object) -> None:
    assert escape_cell(value) == value


@given(texts)
def test_every_text_reads_back_and_none_acts(text: str) -> None:
    written = str(escape_cell(text))
    assert unescape_cell(written) == text
    acts = written.startswith(DANGEROUS)
    assert not acts or float(written) == float(text)


def test_an_export_holds_no_formula_and_reads_back_equal(tmp_path: Path) -> None:
    names = [*FORMULAS, "'=1", "''=1", "-5", "'-5", "'tis", "plain"]
    records = Records(
        [Item(name, {"en": name}, frozenset({f"mood:{name}"}), {"size": 2.0}) for name in names],
        [Rating(name, name, 3.0, float(place)) for place, name in enumerate(names)],
        [
            Attempt(name, name, "failed", 2.0, float(place), score=-3.0, against=name)
            for place, name in enumerate(names)
        ],
    )
    write_records(tmp_path / "out", records)
    again = Records()
    for file in sorted((tmp_path / "out").glob("*.csv")):
        found = read_records(file)
        assert found.bad == []
        again.items += found.items
        again.ratings += found.ratings
        again.attempts += found.attempts
        for row in csv.reader(io.StringIO(file.read_bytes().decode(), newline="")):
            assert [
                cell
                for cell in row
                if cell.startswith(DANGEROUS) and not cell.lstrip("+-").replace(".", "").isdigit()
            ] == []
    assert again == records


def test_the_evaluation_reads_the_export_too(tmp_path: Path) -> None:
    names = ["=1+1", "'=1", "plain"]
    write_records(
        tmp_path / "a.csv", Records(ratings=[Rating(name, name, 3.0, 1.0) for name in names]), "ratings"
    )
    ratings = read_ratings(tmp_path / "a.csv")
    assert (ratings.players, ratings.items) == (tuple(names), tuple(names))


def test_every_writer_of_csv_uses_it() -> None:
    writers = [
        file.relative_to(ROOT).as_posix()
        for file in shipped_sources()
        if any(word in file.read_text(encoding="utf-8") for word in ("csv.writer(", "csv.DictWriter("))
    ]
    assert writers == [
        "agents/curve.py",
        "game/player/community/generate.py",
        "music/learning/curve.py",
        "recommender/store/exchange.py",
    ]
    assert all(
        "escape_cell(" in (text := (ROOT / name).read_text(encoding="utf-8")) or "map(escape_cell," in text
        for name in writers
    )
