"""Whole tables of ratings: equal to the ratings one by one, without an object for each."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from recommender.records import kinds
from recommender.records.kinds import SIMULATED, Rating, Repository
from recommender.records.ratings import Ratings
from recommender.store import Store, Writer, rating_columns, sqlite_store
from recommender.store.read_only import ReadOnlyStore


def made(count: int, seed: int = 0) -> list[Rating]:
    """Ratings of every kind, some pairs again and again, with a clock that jumps."""
    random = np.random.default_rng(seed)
    stars = np.where(
        random.random(count) < 0.5, random.integers(2, 11, count) / 2, random.uniform(1, 5, count)
    )
    return [
        Rating(
            f"player {player}",
            f"item {item}",
            float(given),
            float(time),
            SIMULATED if player % 5 == 0 else "real",
        )
        for player, item, given, time in zip(
            random.integers(0, 40, count), random.integers(0, 30, count), stars, random.uniform(0, 2e9, count)
        )
    ]


def equal(one: Ratings, other: Ratings) -> bool:
    arrays = ("player", "item", "stars", "time")
    return (one.players, one.items, one.scale) == (other.players, other.items, other.scale) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in arrays
    )


def test_a_table_is_what_the_ratings_are_and_makes_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "a.sqlite")
    store.put_ratings(made(3000))
    expected = Repository.table(store)
    simulated = store.simulated_players()
    assert simulated == {f"player {n}" for n in range(0, 40, 5)}
    writer, reader = Writer(Store(tmp_path / "a.sqlite")), ReadOnlyStore(tmp_path / "a.sqlite")
    monkeypatch.setattr(kinds.Rating, "__init__", lambda *_: pytest.fail("a rating was made"))
    for repository in (store, writer, reader, store.copy()):
        assert equal(repository.table(), expected)
        assert repository.simulated_players() == simulated
        repository.close()


@pytest.mark.parametrize("pairs", [0, 1 << 26])
def test_the_rating_entered_last_counts(monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    monkeypatch.setattr("recommender.records.packed.MOST_PAIRS", pairs)
    store = Store(None)
    store.put_ratings(
        [Rating("ann", "x", 5.0, 9e8), Rating("bob", "x", 2.0, 5.0), Rating("ann", "x", 1.0, 3.0)]
    )
    found = store.table()
    assert (found.players, found.items) == (("bob", "ann"), ("x",))
    assert found.stars.tolist() == [2.0, 1.0]
    assert store.put_ratings([Rating("bob", "y", 3.0, 0.0)])
    assert store.forget("ann")
    assert (store.table().players, store.table().stars.tolist()) == (("bob",), [2.0, 3.0])
    assert len(Store(None).table()) == 0


@pytest.mark.parametrize(
    "row",
    [
        ("ann", "y", 6.0, 1.0, "real"),
        ("ann", "y", 0.5, 1.0, "real"),
        ("ann", "y", -3.0, 1.0, "real"),
        ("ann", "y", -1e-300, 1.0, "real"),
        ("ann", "y", 1e300, 1.0, "real"),
        ("ann", "y", float("inf"), 1.0, "real"),
        ("ann", "y", 3.0, -1.0, "real"),
        ("ann", "y", 3.0, float("inf"), "real"),
        ("ann", "y", 3.0, 1.0, "reel"),
        ("", "y", 3.0, 1.0, "real"),
        ("ann", "", 3.0, 1.0, "real"),
    ],
)
def test_rows_that_make_no_sense_are_left_out_and_told_there_too(
    tmp_path: Path, row: tuple[object, ...]
) -> None:
    store = Store(tmp_path / "a.sqlite")
    store.put_ratings([Rating("ann", "x", 4.0, 1.0), Rating("bob", "x\x1fz", 4.0, 1.0)])
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("INSERT INTO ratings VALUES (?, ?, ?, ?, ?)", row)
    connection.close()
    assert store.table().items == ("x", "x\x1fz")
    assert store.messages == ["a.sqlite: 1 of the rows in ratings make no sense and are left out"]
    store.close()


def test_one_player_more_than_is_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_columns, "PLAYERS_AT_ONCE", 7)
    store = Store(None)
    store.put_ratings(made(500, 1))
    assert equal(store.table(), Repository.table(store))


def test_very_many_records_get_their_index_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "MANY", 100)
    store, plain = Store(tmp_path / "a.sqlite"), Store(None)
    index = "SELECT sql FROM sqlite_master WHERE name = 'ratings_whole'"
    before = store._file.rows(index)
    ratings = made(1000)
    for start, end in ((0, 50), (50, 300), (300, 310), (310, 900), (900, 1000)):
        assert store.put_ratings(ratings[start:end])
        plain.put_ratings(ratings[start:end])
    assert store.rating_history() == ratings
    assert equal(store.table(), plain.table())
    assert store._file.rows(index) == [(before[0][0].replace(" IF NOT EXISTS", ""),)]
    assert store._file.rows("PRAGMA integrity_check") == [("ok",)]
    store.close()
    again = Store(tmp_path / "a.sqlite")
    assert again.messages == []
    again.close()
