"""Tables of ratings: what is read, and what is refused by line."""

from pathlib import Path

import pytest

from recommender.errors import TableRefused
from recommender.records import tables
from recommender.records.tables import read_ratings

WANTED = [("ann", "foundry", 4.0, 10.0), ("bob", "prism", 2.0, 11.0), ("ann", "prism", 5.0, 12.0)]


def write(folder: Path, text: str | bytes, name: str = "ratings.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(path: Path) -> list[tuple[str, str, float, float]]:
    ratings = read_ratings(path)
    return [
        (ratings.players[player], ratings.items[item], stars, time)
        for player, item, stars, time in zip(
            ratings.player, ratings.item, ratings.stars.tolist(), ratings.time.tolist()
        )
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.csv", "ann,foundry,4,10\nbob,prism,2,11\nann,prism,5,12\n"),
        ("header.csv", "timestamp,movieId,userId,rating\n10,foundry,ann,4\n11,prism,bob,2\n12,prism,ann,5\n"),
        (
            "tabs.tsv",
            "user\titem\tstars\ttime\r\nann\tfoundry\t4\t10\r\n\r\nbob\tprism\t2\t11\r\nann\tprism\t5\t12",
        ),
        ("colons.dat", "ann::foundry::4::10\nbob::prism::2::11\nann::prism::5::12\n"),
        (
            "recbole.inter",
            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
            "ann\tfoundry\t4\t10\nbob\tprism\t2\t11\nann\tprism\t5\t12\n",
        ),
        ("marked.csv", "\ufeffplayer;level;score;time\nann;foundry;4;10\nbob;prism;2;11\nann;prism;5;12\n"),
        (
            "orange.tab",
            "user\tmovie\tscore\ttime\nc\tc\tc\tc\nrow=1\tcol=1\tclass\tmeta\n"
            "ann\tfoundry\t4\t10\nbob\tprism\t2\t11\nann\tprism\t5\t12\n",
        ),
    ],
)
def test_one_table_in_every_form(tmp_path: Path, name: str, text: str) -> None:
    assert rows(write(tmp_path, text, name)) == WANTED


def test_without_timestamps_the_time_is_unknown(tmp_path: Path) -> None:
    ratings = read_ratings(write(tmp_path, "ann,foundry,4\nbob,prism,2\n"))
    assert ratings.time.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("stars", "scale"), [("2", (1.0, 5.0)), ("0.5", (0.5, 4.0)), ("10", (4.0, 10.0))])
def test_the_scale_is_the_usual_one_or_that_of_the_data(
    tmp_path: Path, stars: str, scale: tuple[float, float]
) -> None:
    assert read_ratings(write(tmp_path, f"ann,foundry,4\nbob,prism,{stars}\n")).scale == scale


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected rows, found an empty file"),
        ("user,item,rating\n", "expected rows below the header, found none"),
        ("a,b,4\na,c,nan\n", "line 2: expected a rating from 0 to 1000, found 'nan'"),
        ("a,b,4\na,c,-1\n", "line 2: expected a rating from 0 to 1000, found '-1'"),
        ("a,b,4\na,c,\n", "line 2: expected a rating from 0 to 1000, found ''"),
        ("a,b,881250949\n", "line 1: expected a rating from 0 to 1000, found '881250949'"),
        ("a,b,4\n,c,3\n", "line 2: expected the name of a player, found an empty cell"),
        ("a,b,4,1\na,c,3,soon\n", "line 2: expected a timestamp in seconds, found 'soon'"),
        ("a,b,4\na,c\n", "line 2: expected 3 columns, found 2"),
        ("a,b,4\nb,b,3\na,b,5\n", "line 3: expected one rating of a pair .* after line 1"),
        ("a,b,4\na,c,x\nb,c,y\nb,d,z\n", r"line 2: .* \(and 2 more: line 3, 4\)"),
        ("user,item,rating,mood\na,b,4,1\n", "line 1: expected columns player.* an unknown column 'mood'"),
        ("user,item,rating,stars\na,b,4,1\n", "a second rating column 'stars'"),
        ("user,item,timestamp\na,b,4\n", "expected a column rating"),
        ("1,2\n", "line 1: expected player, item, rating and perhaps timestamp, found 2 columns"),
        ("hello\n", "line 1: expected columns split by tab, comma or semicolon, found 'hello'"),
        ("a,b,4\nä,b,4\n".encode("latin-1"), "line 2: expected text in UTF-8, found the byte 0xe4"),
        (b"a,b,4\na\0,b,4\n", "line 2: expected text, found a zero byte"),
    ],
)
def test_what_is_no_such_table_is_refused_by_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(TableRefused, match=message) as refusal:
        read_ratings(write(tmp_path, text))
    assert "\n" not in str(refusal.value)
    assert "ratings.csv" in str(refusal.value)


def test_the_last_of_repeated_ratings_may_count(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,4\nb,b,3\na,b,5\n")
    assert read_ratings(path, repeated="last").stars.tolist() == [3.0, 5.0]


def test_a_far_too_big_file_is_refused_after_so_many_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 10)
    with pytest.raises(TableRefused, match="expected a table of at most 10 bytes, found more"):
        read_ratings(write(tmp_path, "a,b,4\na,c,5\n"))
