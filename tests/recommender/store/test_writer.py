"""A store behind a thread: nobody waits, everybody reads what was written, nothing acknowledged is lost."""

import sqlite3
from pathlib import Path

import pytest

from recommender.errors import RatingsRefused
from recommender.records.kinds import Attempt, Item, Play, Rating, Shown
from recommender.store import Store, Writer

RATING = Rating("ann", "foundry", 4.0, 1.0)


def test_a_read_sees_every_write_before_it_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    Store(path).close()
    writer = Writer(Store(path))
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")  # no write can end before this does
    attempt = Attempt("ann", "foundry", "failed", 3.0, 2.0)
    shown, play, item = (
        Shown("ann", "foundry", 0, 0.5, True, 3.0),
        Play("ann", "foundry", "start", 0.0, 1.0),
        Item("foundry"),
    )
    assert writer.put_ratings([RATING])
    assert writer.put_attempts([attempt])
    assert writer.put_shown([shown])
    assert writer.put_plays([play])
    assert writer.put_items(iter([item]))
    assert writer.put_dismissed("ann", "prism")

    def read(repository: Store | Writer) -> list[object]:
        return [
            repository.ratings(), repository.attempts("ann"), repository.shown(), repository.plays(), repository.items(),
            repository.dismissed("ann"), repository.players(),
        ]  # fmt: skip

    assert read(writer) == [[RATING], [attempt], [shown], [play], [item], {"prism"}, ["ann"]]
    assert not writer.flush(0.05)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert writer.flush()
    store = Store(path)
    assert read(store) == read(writer)
    store.close()
    writer.close()


def test_what_was_flushed_is_in_the_file_and_closing_flushes(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    writer = Writer(Store(path))
    for n in range(60):
        writer.put_ratings([Rating("ann", f"level {n}", 3.0, float(n))])
    writer.put_dismissed("ann", "level 3")
    writer.close()
    store = Store(path)
    assert [rating.item for rating in store.ratings()] == [f"level {n}" for n in range(60)]
    assert store.dismissed("ann") == {"level 3"}
    store.close()


def test_a_record_that_cannot_be_stored_is_refused_at_once(tmp_path: Path) -> None:
    writer = Writer(Store(tmp_path / "a.sqlite"))
    with pytest.raises(RatingsRefused, match="stars: expected a finite number"):
        writer.put_ratings([Rating("ann", "foundry", float("nan"), 1.0)])
    assert writer.flush()
    assert writer.ratings() == []
    writer.close()


def test_a_write_that_fails_is_told_and_the_session_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    writer = Writer(Store(path))
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TRIGGER no BEFORE INSERT ON ratings BEGIN SELECT RAISE(ABORT, 'no'); END")
    assert writer.put_ratings([RATING])
    assert not writer.flush()
    assert writer.messages == ["a.sqlite: not saved (no)"]
    assert writer.ratings() == [RATING]
    connection.execute("DROP TRIGGER no")
    connection.close()
    assert writer.put_ratings([RATING])
    assert writer.flush()
    writer.close()


def test_who_is_forgotten_is_forgotten_in_order(tmp_path: Path) -> None:
    writer = Writer(Store(tmp_path / "a.sqlite"))
    writer.put_ratings([RATING])
    writer.forget("ann")
    later = Rating("ann", "prism", 2.0, 9.0)
    writer.put_ratings([later])
    assert writer.ratings() == [later]
    writer.close()
    store = Store(tmp_path / "a.sqlite")
    assert store.ratings() == [later]
    store.close()


def test_after_closing_a_write_is_refused_with_a_message(tmp_path: Path) -> None:
    writer = Writer(Store(tmp_path / "a.sqlite"))
    writer.close()
    assert not writer.put_ratings([RATING])
    assert any("closed" in message for message in writer.messages)


def test_a_writer_of_a_store_in_memory_works_the_same() -> None:
    writer = Writer(Store(None))
    assert writer.put_ratings([RATING])
    assert writer.ratings("ann") == [RATING]
    assert writer.flush()
    writer.close()
