"""Tables of ratings: what is read, and what is refused by line."""

from pathlib import Path

import pytest

from recommender.errors import TableRefused
from recommender.records import tables
from recommender.records.item_tables import describes_items, read_items
from recommender.records.tables import Reading, rating_rows, read_ratings

WANTED = [("ann", "foundry", 4.0, 10.0), ("bob", "prism", 2.0, 11.0), ("ann", "prism", 5.0, 12.0)]


def write(folder: Path, text: str | bytes, name: str = "ratings.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows(
    path: Path, repeated: str = "refuse", *, milliseconds: bool = False
) -> list[tuple[str, str, float, float]]:
    ratings = read_ratings(path, repeated=repeated, milliseconds=milliseconds)
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


@pytest.mark.parametrize(("stars", "scale"), [("2", (1.0, 5.0)), ("1.25", (1.0, 5.0)), ("0.5", (0.5, 5.0))])
def test_the_scale_is_1_to_5_or_half_stars(tmp_path: Path, stars: str, scale: tuple[float, float]) -> None:
    assert read_ratings(write(tmp_path, f"ann,foundry,4\nbob,prism,{stars}\n")).scale == scale


@pytest.mark.parametrize("value", ["10", "0", "-1", "0.7", "400", "881250949"])
def test_another_scale_counts_only_where_it_is_declared(tmp_path: Path, value: str) -> None:
    path = write(tmp_path, f"ann,foundry,4\nbob,prism,{value}\nbob,canal,{value}\n")
    told = r"line 2: expected stars from 1 to 5, found .* \(and 1 more: line 3\); --scale LOW HIGH declares another"
    with pytest.raises(TableRefused, match=told):
        read_ratings(path)
    assert read_ratings(path, scale=(-1.0, 1e9)).scale == (-1.0, 1e9)
    with pytest.raises(TableRefused, match="line 2: stars: expected 4 to 5, found"):
        read_ratings(path, scale=(4.0, 5.0))


def test_a_column_that_counts_plays_is_no_rating(tmp_path: Path) -> None:
    with pytest.raises(
        TableRefused, match="line 1: expected a column of ratings, found one that counts plays, 'plays'"
    ):
        read_ratings(write(tmp_path, "user,song,plays\nann,x,4\n"))
    found = rating_rows(write(tmp_path, "user,song,plays\nann,x,400\nbob,x,0\n"), Reading(plays=True))
    assert (found.values, found.bad) == ([400.0], [(3, "plays: expected a number above 0, found '0'")])


def test_names_lose_spaces_and_are_of_one_form(tmp_path: Path) -> None:
    read = rows(
        write(
            tmp_path,
            "  ann ,caf\u00e9,4\n\tann,cafe\u0301 x,4\nann,cafe\u0301,3\n".replace("\t", " "),
            "a.csv",
        ),
        "last",
    )
    assert {row[:2] for row in read} == {("ann", "café"), ("ann", "café x")}
    exported = "player,item,stars,time,source\n ann,x,4,1,real\n"
    assert rows(write(tmp_path, exported)) == [(" ann", "x", 4.0, 1.0)], (
        "what export wrote is taken to the letter"
    )


@pytest.mark.parametrize(
    ("stamp", "told"),
    [
        (
            "881250949000",
            r"a time in seconds since 1970, found 881250949000, as if in milliseconds \(--milliseconds reads it\)",
        ),
        ("4102444800", r"a time in the past, found 4102444800, in the future \(drop the column\)"),
    ],
)
def test_times_in_milliseconds_and_in_the_future_are_refused(tmp_path: Path, stamp: str, told: str) -> None:
    path = write(tmp_path, f"ann,foundry,4,10\nbob,prism,4,{stamp}\n")
    with pytest.raises(TableRefused, match=f"line 2: time: expected {told}"):
        read_ratings(path)
    assert [row[3] for row in rows(path, milliseconds=True)] == [0.01, float(stamp) / 1000]


def test_movielens_tables_about_items_give_titles(tmp_path: Path) -> None:
    flags = "|".join("1" if place in (2, 5) else "0" for place in range(19))
    files = {
        "u.item": f"7|Caf\xe9 (1995)|01-Jan-1995||http://x|{flags}\n".encode("latin-1"),
        "movies.dat": "7::Caf\xe9 (1995)::Adventure|Comedy\n".encode("latin-1"),
        "movies.csv": 'movieId,title,genres\n7,"Café (1995)",Adventure|Comedy\n',
        "a.item": "item_id:token\tmovie_title:token_seq\tclass:token_seq\n7\tCafé (1995)\tAdventure Comedy\n",
    }
    for name, text in files.items():
        path = write(tmp_path, text, name)
        assert describes_items(path)
        ((item,), bad) = read_items(path)
        assert (item.name, item.title("zh"), bad) == ("7", "Café (1995)", [])
        assert {tag.partition(":")[2].lower() for tag in item.tags} == {"adventure", "comedy"}
    assert not describes_items(write(tmp_path, "user,item,rating\na,b,4\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected rows, found an empty file"),
        ("user,item,rating\n", "expected rows below the header, found none"),
        ("a,b,4\na,c,nan\n", "line 2: stars: expected a finite number, found 'nan'"),
        ("a,b,4\na,c,1_0\n", "line 2: stars: expected a finite number, found '1_0'"),
        ("a,b,4\na,c,\n", "line 2: stars: expected a finite number, found ''"),
        ("a,b,4\n,c,3\n", "line 2: expected the name of a player, found an empty cell"),
        ("a,b,4,1\na,c,3,soon\n", "line 2: time: expected a timestamp in seconds, found 'soon'"),
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
