"""Several writers of one store lose nothing; the long proof is `python -m tests.recommender.store.many_writers`."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from recommender.records.kinds import Rating
from recommender.store import Store, Writer
from safefiles import sqlite_file
from tests.recommender.store import many_writers


def test_three_processes_write_one_store_without_a_lost_row(tmp_path: Path) -> None:
    figures = many_writers.prove(tmp_path / "a.sqlite", rows=300)
    assert {key: figures[key] for key in ("rows", "lost", "out of order", "messages")} == {
        "rows": 900, "lost": 0, "out of order": 0, "messages": [],
    }  # fmt: skip


def test_the_check_notices_a_lost_row_and_disorder() -> None:
    store = Store(None)
    store.put_ratings([Rating("one", f"item {n}", 3.0, 1.0) for n in (0, 2, 1)])
    assert many_writers.checked(store, ["one"], 3) == (0, 1)
    assert many_writers.checked(store, ["one", "two"], 4) == (5, 1)


@pytest.mark.parametrize("kind", ["store", "strict", "writer"])
def test_who_closes_while_another_holds_the_lock_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(sqlite_file, "LOCK_SECONDS", 0.05)
    path = tmp_path / "a.sqlite"
    store = Store.strict(path) if kind == "strict" else Store(path)
    target = Writer(store) if kind == "writer" else store
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def release() -> None:
        time.sleep(0.4)
        other.execute("ROLLBACK")

    thread = threading.Thread(target=release)
    thread.start()
    target.put_ratings([Rating("ann", "x", 4.0, 1.0)])
    target.close()
    thread.join()
    other.close()
    again = Store(path)
    assert len(again.ratings()) == 1, target.messages
    again.close()


def test_a_store_opens_while_another_process_writes_for_long(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = Store(path)
    first.put_ratings([Rating("ann", "x", 4.0, 1.0)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO players VALUES ('unfinished')")
    started = time.perf_counter()
    second = Store(path)
    assert (second.path, second.messages, second.players()) == (path, [], ["ann"])
    assert time.perf_counter() - started < 1.0, "it waits for no lock that it does not need"
    other.execute("ROLLBACK")
    other.close()
    second.close()
    first.close()
