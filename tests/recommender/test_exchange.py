"""Records to files and back, and what is no such file."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import TableRefused
from recommender.records.kinds import EVENTS, OUTCOMES, Attempt, Item, Play, Rating
from recommender.records.tables import Reading
from recommender.store.exchange import KINDS, Records, csv_text, json_text, read_records
from recommender.store.rows import SOURCES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.floats(0, 1.7e9)
RATINGS = st.builds(Rating, TEXT, TEXT, st.floats(1, 5), TIMES, st.sampled_from(SOURCES))
ATTEMPTS = st.builds(
    Attempt, TEXT, TEXT, st.sampled_from(OUTCOMES), st.floats(0, 1e6), TIMES, st.integers(0, 99), st.integers(0, 9),
    FINITE, st.just("") | TEXT, st.sampled_from(SOURCES),
)  # fmt: skip
ITEMS = st.builds(
    Item, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), st.frozensets(TEXT, max_size=3),
    st.dictionaries(TEXT, FINITE, max_size=3), st.none() | st.floats(0, 1),
)  # fmt: skip
PLAYS = st.builds(Play, TEXT, TEXT, st.sampled_from(EVENTS), st.floats(0, 1e6), TIMES) | st.builds(
    Play, TEXT, TEXT, TEXT.filter(lambda event: event not in EVENTS), FINITE, TIMES
)
RECORDS = st.builds(
    Records,
    st.lists(ITEMS, max_size=3, unique_by=lambda item: item.name),
    st.lists(RATINGS, max_size=4, unique=True),
    st.lists(ATTEMPTS, max_size=3, unique=True),
    st.lists(PLAYS, max_size=3),
)


def read(folder: Path, name: str, text: str | bytes, reading: Reading | None = None) -> Records:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_records(path, reading)


@settings(max_examples=60)
@given(records=RECORDS)
def test_what_was_written_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, records: Records
) -> None:
    folder = tmp_path_factory.mktemp("exchange")
    for table in KINDS:
        if records.of(table):
            assert read(folder, "a.csv", csv_text(table, records.of(table))).of(table) == records.of(table)
    if len(records):
        assert read(folder, "a.json", json_text(records)) == records


def test_a_table_is_plain_to_read() -> None:
    assert csv_text("ratings", [Rating("ann", "a,b", 4.5, 10.0)]) == (
        'player,item,stars,time,source\r\nann,"a,b",4.5,10.0,real\r\n'
    )
    assert json_text(Records([Item("x", {"zh": "十"})], [], [])).splitlines()[2] == (
        '{"name": "x", "titles": {"zh":"十"}, "tags": [], "numbers": {}, "finish_rate": null}'
    )


def test_columns_come_in_any_order_and_some_may_be_missing(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "\ufeffstars,item,player\n3,foundry,ann\n\n")
    assert found == Records(ratings=[Rating("ann", "foundry", 3.0, 0.0)])
    found = read(tmp_path, "b.csv", "player,item,outcome,seconds\nann,foundry,quit,3\n")
    assert found == Records(attempts=[Attempt("ann", "foundry", "quit", 3.0, 0.0)])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("ann,foundry,nan,1", "stars: expected a finite number, found 'nan'"),
        ("ann,foundry,1e999,1", "stars: expected a finite number, found '1e999'"),
        ("ann,foundry,six,1", "stars: expected a finite number, found 'six'"),
        ("ann,foundry,1_0,1", "stars: expected a finite number, found '1_0'"),
        ("ann,foundry,,1", "stars: expected a finite number, found ''"),
        ("ann,foundry,3,-1", "time: expected a timestamp in seconds, found '-1'"),
        (
            "ann,foundry,3,9e11",
            "time: expected a time in seconds since 1970, found 900000000000, as if in milliseconds (drop the column)",
        ),
        (
            "ann,foundry,3,9e9",
            "time: expected a time in the past, found 9000000000, in the future (drop the column)",
        ),
        (",foundry,3,1", "expected the name of a player, found an empty cell"),
        ("ann,foundry,3", "expected 4 columns, found 3"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_the_others_are_read(tmp_path: Path, row: str, told: str) -> None:
    found = read(tmp_path, "a.csv", f"player,item,stars,time\nbob,prism,3,1\n{row}\nbob,prism,4,9\n")
    assert found.bad == [f"a.csv, line 3: {told}"]
    assert len(found.ratings) == 2


def test_lines_are_counted_through_cells_of_several_lines(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'player,item,stars\n"a\nb",x,3\nbob,x,9\n', Reading((1.0, 5.0)))
    assert found.bad == ["a.csv, line 4: stars: expected 1 to 5, found 9"]
    found = read(tmp_path, "a.csv", 'player,item,event\n"a\nb",x,played\nbob,x,\n')
    assert found.bad == ["a.csv, line 4: event: expected a name, found ''"]


def test_any_other_scale_is_declared_and_brought_to_1_to_5(tmp_path: Path) -> None:
    text = "player,item,stars\nann,x,0.5\nann,y,5\n"
    assert [each.stars for each in read(tmp_path, "a.csv", text).ratings] == [1.0, 5.0]
    with pytest.raises(TableRefused, match="line 3: expected stars from 1 to 5, found 9; --scale LOW HIGH"):
        read(tmp_path, "a.csv", text.replace("5\n", "9\n", 2).replace("0.9", "4"))
    for name, declared in (
        ("a.csv", text),
        ("a.json", '{"ratings": [{"player": "ann", "item": "x", "stars": 10}]}'),
    ):
        assert [each.stars for each in read(tmp_path, name, declared, Reading((0.0, 10.0))).ratings][-1] in (
            3.0,
            5.0,
        )


def test_plays_are_read_with_and_without_their_number(tmp_path: Path) -> None:
    text = "player,item,event,value\n ann ,x,played,3\nann,x,skipped,1\nann,x,played,-1\nann,x,start,-1\n"
    found = read(tmp_path, "a.csv", text)
    assert found.plays == [
        Play("ann", "x", "played", 3.0),
        Play("ann", "x", "skipped"),
        Play("ann", "x", "start", -1.0),
    ]
    assert found.bad == ["a.csv, line 4: value: expected a finite number from 0, found -1.0"]
    found = read(tmp_path, "b.tsv", "ann\tx\t400\nann\tx\t400\n", Reading(plays=True))
    assert found.plays == [Play("ann", "x", "played", 400.0)] * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected rows, found an empty file"),
        (" \n\n", "expected rows, found an empty file"),
        ("player,item,stars\n", "expected rows below the header, found none"),
        (
            "player,item,stars,mood\nann,x,3,4\n",
            "line 1: expected columns player, item, rating and perhaps timestamp, found an unknown column 'mood'",
        ),
        ("player,item,item,stars\na,b,c,3\n", "found a second item column 'item'"),
        (
            "player,item,outcome\na,b,quit\n",
            "line 1: expected the columns player, item, outcome, seconds, found no 'seconds'",
        ),
        ("player,item,event,event\na,b,c,c\n", "line 1: expected each column once, found 'event' twice"),
        (
            "player,item,event,mood\na,b,c,d\n",
            "line 1: expected columns among player, item, event, value, time, found 'mood'",
        ),
        (
            'player,item,stars\nann,"foundry,3\n',
            "line 2: expected a row of a CSV file, found: unexpected end of data",
        ),
        (b"player,item,stars\nann,caf\xe9,3\n", "line 2: expected text in UTF-8, found the byte 0xe9"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(TableRefused) as refusal:
        read(tmp_path, "a.csv", text)
    assert told in str(refusal.value)
    assert str(refusal.value).startswith("a.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "line 1: expected '{', found '[]'"),
        ('{"schema": 2}', "line 1: expected schema 1, found 2"),
        (
            '{"schema": 1,\n"songs": []}',
            "line 2: expected schema, items, ratings, attempts, plays, found 'songs'",
        ),
        ('{"schema": 1,\n"ratings": [\n{"player": }]}', "line 3: expected JSON, found: Expecting value"),
        ('{"schema": 1, "ratings": []} {}', "line 1: expected the end, found '{}'"),
        ('{"schema": 1, "ratings": [', "line 1: expected JSON, found: Expecting value"),
        ('{"schema": 1, "ratings": []}', "expected records, found none"),
        ('{"schema": 1, "ratings": [' + "[" * 100_000, "line 1: expected JSON, found: "),
    ],
)
def test_what_is_no_document_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TableRefused) as refusal:
        read(tmp_path, "a.json", text)
    assert told in str(refusal.value)


def test_a_bad_object_is_named_by_its_line(tmp_path: Path) -> None:
    good = '{"player": "ann", "item": "x", "stars": 3}'
    rows = [
        good,
        good.replace("3", "NaN"),
        good.replace("3", '"3"'),
        good.replace("3", "true"),
        good.replace('"stars": 3', '"grade": 3'),
        good.replace('"stars"', '"mood": 1, "stars"'),
        "7",
        good,
    ]
    text = (
        '{"ratings": [\n'
        + ",\n".join(rows)
        + '\n],\n"items": [\n{"name": "x", "titles": 5, "tags": [], "numbers": {}}]}'
    )
    found = read(tmp_path, "a.json", text)
    assert found.ratings == [Rating("ann", "x", 3.0, 0.0)] * 2
    assert [line.removeprefix("a.json, ") for line in found.bad] == [
        "line 3: stars: expected a finite number from 1 to 5, found nan",
        "line 4: stars: expected a finite number from 1 to 5, found '3'",
        "line 5: stars: expected a finite number from 1 to 5, found True",
        "line 6: row: expected player, item, stars, time, source, found no 'stars'",
        "line 7: row: expected player, item, stars, time, source, found 'mood'",
        "line 8: row: expected an object, found 7",
        "line 12: titles: expected a JSON object, found '5'",
    ]


@given(st.binary(max_size=200) | st.text('{}[]",:player ratings\n0-', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for name in ("a.csv", "a.json"):
        with contextlib.suppress(TableRefused):
            found = read(folder, name, data)
            assert len(found) + len(found.bad) > 0
