"""`import` and `export`: whole or not at all, and nothing twice."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recommender.commands.root import app
from recommender.records.kinds import SIMULATED, Attempt, Item, Play, Rating
from recommender.records.ratings import Ratings
from recommender.records.tables import read_ratings
from recommender.store import Store
from safefiles.sqlite_file import SqliteFile, Statement

ITEM = Item(
    "foundry", {"en": "Foundry", "zh": "铸造厂"}, frozenset({"objective:defend"}), {"bricks": 0.2}, 0.3
)
RATINGS = [
    Rating("ann", "foundry", 2.0, 1.0),
    Rating("ann", "foundry", 4.5, 2.0),
    Rating("bot", "foundry", 3.0, 3.0, SIMULATED),
]
PLAYS = [Play("ann", "song", "played", 3.0, 5.0), Play("ann", "song", "start", 0.0, 6.0)] * 2
ATTEMPT = Attempt("ann", "foundry", "failed", 12.5, 4.0, 3, 1, 40.0, "hunter/normal")


def call(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert "Traceback" not in result.output
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    store = Store(tmp_path / "filled.sqlite")
    store.put_all(items=[ITEM], ratings=RATINGS, attempts=[ATTEMPT], plays=PLAYS)
    store.close()
    return tmp_path / "filled.sqlite"


@pytest.mark.parametrize("out", ["all.json", "tables"])
def test_a_store_goes_through_files_into_an_equal_one(filled: Path, tmp_path: Path, out: str) -> None:
    code, told, _ = call("export", tmp_path / out, "--store", filled)
    assert code == 0
    assert "1 item, 3 ratings, 1 attempt, 4 plays" in told
    code, _, told = call("import", tmp_path / out, "--store", tmp_path / "new.sqlite")
    assert code == 0
    assert told == "kept, but ignored by the recommender (it knows played, skipped, repeated): 2 'start'\n"
    store = Store(tmp_path / "new.sqlite")
    assert (store.items(), store.rating_history(), store.attempts()) == ([ITEM], RATINGS, [ATTEMPT])
    assert sorted(store.plays(), key=PLAYS.index) == sorted(PLAYS, key=PLAYS.index)
    assert store.plays() == PLAYS
    store.close()


def test_importing_again_adds_nothing(filled: Path, tmp_path: Path) -> None:
    call("export", tmp_path / "all.json", "--store", filled)
    code, told, _ = call("import", tmp_path / "all.json", "--store", filled, "--json", tmp_path / "told.json")
    assert code == 0
    assert "0 items, 0 ratings, 0 attempts, 0 plays added; 9 known already" in told
    assert json.loads((tmp_path / "told.json").read_text()) == {
        "schema": 1, "added": {"items": 0, "ratings": 0, "attempts": 0, "plays": 0}, "known": 9, "skipped": 0,
    }  # fmt: skip


def test_one_player_and_one_kind_can_be_exported(filled: Path, tmp_path: Path) -> None:
    assert call("export", tmp_path / "a.csv", "--store", filled, "--player", "bot")[0] == 0
    assert (
        tmp_path / "a.csv"
    ).read_bytes() == b"player,item,stars,time,source\r\nbot,foundry,3.0,3.0,simulated\r\n"
    code, _, error = call(
        "export", tmp_path / "b.csv", "--store", filled, "--player", "bot", "--what", "attempts"
    )
    assert code == 2
    assert "expected attempts to export, found none" in error


def bad_table(folder: Path, bad: int = 1) -> Path:
    path = folder / "rows.csv"
    rows = [
        "player,item,stars,time",
        "ann,foundry,4,10",
        *[f"bob,foundry,9,{n}" for n in range(bad)],
        "eve,foundry,2,11",
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_one_bad_row_stops_the_whole_import(filled: Path, tmp_path: Path) -> None:
    before = filled.read_bytes()
    good = tmp_path / "good.csv"
    good.write_text("player,item,stars\nzoe,foundry,3\n")
    code, _, error = call("import", good, bad_table(tmp_path), "--store", filled)
    assert code == 2
    assert error == (
        "error: rows.csv, line 3: expected stars from 1 to 5, found 9; "
        "--scale LOW HIGH declares another scale, --plays that the column counts plays\n"
    )
    code, _, error = call("import", good, bad_table(tmp_path), "--store", filled, "--scale", 1, 5)
    assert code == 2
    assert error.splitlines() == [
        "rows.csv, line 3: stars: expected 1 to 5, found 9",
        "error: 1 row is bad, so nothing is imported (--skip-bad imports the rest)",
    ]
    assert filled.read_bytes() == before
    assert call("import", bad_table(tmp_path), "--store", tmp_path / "none.sqlite")[0] == 2
    assert not (tmp_path / "none.sqlite").exists()


def test_the_good_rows_are_imported_where_that_is_asked_for(filled: Path, tmp_path: Path) -> None:
    arguments = ("import", bad_table(tmp_path, 7), "--store", filled, "--skip-bad")
    assert call(*arguments)[0] == 2, "counts of plays up to 5 must not become stars"
    code, told, error = call(*arguments, "--scale", 1, 5)
    assert code == 0
    assert "2 ratings, 0 attempts, 0 plays added; 0 known already; 7 bad rows skipped" in told
    assert error.splitlines()[0] == "skipped: rows.csv, line 3: stars: expected 1 to 5, found 9"
    assert error.splitlines()[-1] == "skipped: 2 more"


def test_another_scale_is_read_where_it_is_named(tmp_path: Path) -> None:
    arguments = ("import", bad_table(tmp_path), "--store", tmp_path / "a.sqlite", "--scale", "0", "10")
    assert call(*arguments)[0] == 0
    stars = [rating.stars for rating in Store.strict(tmp_path / "a.sqlite").ratings()]
    assert stars == pytest.approx([1 + 4 * given / 10 for given in (9, 4, 2)], abs=1e-9)
    code, _, error = call(*arguments[:-2], "5", "1")
    assert code == 2
    assert error == "error: --scale: expected two numbers, the fewest stars first, found 5 1\n"
    assert call(*arguments[:-1], "inf")[0] == 2


FORMS = {
    "u.data": "196\t242\t3\t881250949\n186\t302\t3\t891717742\n196\t302\t1\t881250948\n",
    "ratings.dat": "1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978300000\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n1,296,5.0,1147880044\n1,306,3.5,1147868817\n2,306,1,1147868000\n",
    "ml.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n196\t242\t3\t881250949\n1\t2\t5\t7\n",
    "films.tab": "user\tmovie\tscore\nc\tc\tc\nrow=1\tcol=1\tclass\nann\tx\t2.5\nbob\tx\t4\n",
    "plain.tsv": "User\tBook\tStars\n ann \tx\t2\nann\ty\t4\nbob\tcafe\u0301\t5\n",
    "semicolons.csv": 'user;rating;item\n"a;b";4;"two\nlines"\nann;3;x\n',
}


def rows_of(ratings: Ratings, timed: bool) -> list[tuple[str, str, float, float]]:
    names = zip(ratings.player, ratings.item, ratings.stars, ratings.time, strict=True)
    return [
        (ratings.players[who], ratings.items[what], stars, time * timed) for who, what, stars, time in names
    ]


@pytest.mark.parametrize("name", FORMS)
def test_what_evaluate_reads_goes_through_a_store_unchanged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FORMS[name], encoding="utf-8")
    assert call("import", tmp_path / name, "--store", tmp_path / "a.sqlite")[0] == 0
    assert call("export", tmp_path / "out.csv", "--store", tmp_path / "a.sqlite")[0] == 0
    before, after = read_ratings(tmp_path / name), read_ratings(tmp_path / "out.csv")
    assert before.scale == after.scale
    timed = bool(before.time.any())
    assert rows_of(after, timed) == sorted(rows_of(before, timed), key=lambda row: row[3])
    assert (
        "0 ratings, 0 attempts, 0 plays added"
        in call("import", tmp_path / name, "--store", tmp_path / "a.sqlite")[1]
    )


def test_counts_become_plays_and_never_stars(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("ann,x,2\nann,y,400\n", encoding="utf-8")
    assert "--plays that the column counts plays" in call("import", rows, "--store", tmp_path / "a.sqlite")[2]
    for told in ("2 plays added", "0 plays added; 2 known already"):
        assert told in call("import", rows, "--store", tmp_path / "a.sqlite", "--plays")[1]
    store = Store.strict(tmp_path / "a.sqlite")
    assert store.plays() == [Play("ann", "x", "played", 2.0), Play("ann", "y", "played", 400.0)]
    assert store.ratings() == []
    store.close()


def test_wrong_times_have_a_remedy(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("ann,x,2,881250949000\nann,y,4,881250950000\n", encoding="utf-8")
    code, _, error = call("import", rows, "--store", tmp_path / "a.sqlite")
    assert (code, error.splitlines()[0]) == (2, (
        "rows.csv, line 1: time: expected a time in seconds since 1970, found 881250949000, as if in milliseconds "
        "(--milliseconds reads it)"
    ))  # fmt: skip
    assert call("import", rows, "--store", tmp_path / "a.sqlite", "--milliseconds")[0] == 0
    assert [each.time for each in Store.strict(tmp_path / "a.sqlite").ratings()] == [881250949.0, 881250950.0]
    rows.write_text("ann,x,2,9e9\n", encoding="utf-8")
    assert (
        "in the future (--without-times passes times over)"
        in call("import", rows, "--store", tmp_path / "b.sqlite")[2]
    )
    assert call("import", rows, "--store", tmp_path / "b.sqlite", "--without-times")[0] == 0


def test_the_last_row_of_a_pair_counts_whatever_its_time(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "ann,x,2,900\nann,x,4,100\nann,x,4,100\nann,y,1,5\nann,y,2,4\nann,y,1,5\n", encoding="utf-8"
    )
    for store, source in (("a.sqlite", rows), ("b.sqlite", tmp_path / "out.json")):
        assert call("import", source, "--store", tmp_path / store)[0] == 0
        found = Store.strict(tmp_path / store)
        assert {each.item: each.stars for each in found.ratings()} == {"x": 4.0, "y": 1.0}
        assert [each.stars for each in found.rating_history()] == [1.0, 2.0, 1.0, 2.0, 4.0]
        found.close()
        call("export", tmp_path / "out.json", "--store", tmp_path / store)


def test_ratings_without_a_time_were_given_now(tmp_path: Path) -> None:
    store = tmp_path / "a.sqlite"
    rows = tmp_path / "rows.csv"
    for stars, told in ((4, "1 rating,"), (5, "1 rating,"), (5, "0 ratings"), (4, "1 rating,")):
        rows.write_text(f"player,item,stars\nann,x,{stars}\n", encoding="utf-8")
        assert told in call("import", rows, "--store", store)[1]
        assert [rating.stars for rating in Store.strict(store).ratings()] == [stars]
    rows.write_text("player,item,stars\nann,x,2\nann,x,3\n", encoding="utf-8")
    for told in ("1 rating,", "0 ratings"):
        assert told in call("import", rows, "--store", store)[1]
        assert [rating.stars for rating in Store.strict(store).ratings()] == [3]


def test_what_is_no_store_or_no_place_is_said(filled: Path, tmp_path: Path) -> None:
    code, _, error = call("export", tmp_path / "a.json", "--store", tmp_path)
    assert (code, error) == (2, f"error: {tmp_path}: expected a store, found a folder\n")
    code, _, error = call("export", tmp_path / "a.txt", "--store", filled)
    assert (code, error) == (2, "error: a.txt: expected a .json file, a .csv file or a folder, found .txt\n")


def test_a_write_that_fails_imports_nothing(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = SqliteFile.write

    def broken(file: SqliteFile, statements: Iterable[Statement]) -> bool:
        return write(file, [*statements, ("INSERT INTO nowhere VALUES (1)", [()])])

    monkeypatch.setattr(SqliteFile, "write", broken)
    rows = tmp_path / "a.json"
    rows.write_text(
        '{"ratings": [{"player": "zoe", "item": "x", "stars": 3}],'
        '"attempts": [{"player": "zoe", "item": "x", "outcome": "quit", "seconds": 1}]}'
    )
    code, _, error = call("import", rows, "--store", filled)
    assert code == 1
    assert error == "error: filled.sqlite: not saved (no such table: nowhere)\n"
    store = Store(filled)
    assert store.rating_history() == RATINGS
    store.close()


def test_what_is_missing_or_no_store_gets_one_line(filled: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary.sqlite"
    diary.write_bytes(b"Dear diary " * 400)
    (tmp_path / "empty").mkdir()
    Store(tmp_path / "bare.sqlite").close()
    for arguments, told in [
        (("import", tmp_path / "none.csv", "--store", filled), "expected a table, found no such file"),
        (
            ("import", tmp_path / "empty", "--store", filled),
            "expected CSV or JSON files in the folder, found none",
        ),
        (
            ("export", tmp_path / "a.json", "--store", tmp_path / "none.sqlite"),
            "expected a store, found no such file",
        ),
        (("export", tmp_path / "a.json", "--store", diary), "diary.sqlite: file is not a database"),
        (
            ("export", tmp_path / "a.json", "--store", tmp_path / "bare.sqlite"),
            "expected records to export, found none",
        ),
        (
            ("export", tmp_path / "a.csv", "--store", filled, "--what", "songs"),
            "--what: expected items, ratings, attempts or plays",
        ),
        (("import", bad_table(tmp_path, 0), "--store", diary), "diary.sqlite: file is not a database"),
    ]:
        code, _, error = call(*arguments)
        assert code == 2, arguments
        assert told in error
        assert error.startswith("error: ")
        assert error.count("\n") == 1
    assert diary.read_bytes() == b"Dear diary " * 400


def test_the_store_may_be_named_by_the_environment(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOMMENDER_STORE", str(filled))
    assert call("export", tmp_path / "a.json")[0] == 0
    monkeypatch.delenv("RECOMMENDER_STORE")
    assert call("export", tmp_path / "a.json")[0] == 2
