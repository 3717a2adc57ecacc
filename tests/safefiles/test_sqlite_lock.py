"""Who waits for another process's lock gets its turn, and what is only read is never written."""

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from safefiles.errors import FileRefused
from safefiles.sqlite_check import Problems, check_database
from safefiles.sqlite_file import SqliteFile
from safefiles.sqlite_forms import sql_step
from safefiles.sqlite_lock import immediate_transaction

FIRST = sql_step("CREATE TABLE notes(text TEXT NOT NULL); CREATE INDEX notes_whole ON notes(text)")
SECOND = sql_step("ALTER TABLE notes ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")
PUT = "INSERT INTO notes(text) VALUES (?)"


def opened(path: Path, steps: tuple[object, ...] = (FIRST,), **options: bool) -> SqliteFile:
    return SqliteFile(path, steps, owner="Notebook", messages=[], **options)  # type: ignore[arg-type]


def test_a_writer_of_one_row_after_the_other_does_not_starve_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    opened(path).close()
    stop, waits = threading.Event(), []

    def hold() -> None:
        busy = sqlite3.connect(path, isolation_level=None)
        while not stop.is_set():
            with immediate_transaction(busy):
                time.sleep(0.004)
            time.sleep(0.0005)
        busy.close()

    thread = threading.Thread(target=hold)
    thread.start()
    connection = sqlite3.connect(path, isolation_level=None)
    for _ in range(20):
        started = time.perf_counter()
        with immediate_transaction(connection, 5.0):
            waits.append(time.perf_counter() - started)
    stop.set()
    thread.join()
    assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,), "as it was"
    connection.close()
    assert sorted(waits)[len(waits) // 2] < 0.5


def test_who_does_not_get_the_lock_in_time_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    opened(path).close()
    one, two = (sqlite3.connect(path, isolation_level=None) for _ in range(2))
    one.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"), immediate_transaction(two, 0.05):
        pass
    assert not two.in_transaction
    one.close()
    two.close()


def test_what_is_only_read_is_read_with_every_write_and_never_written(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    writer = opened(path)
    writer.write([(PUT, [("one",)])])
    reader = opened(path, only_read=True)
    writer.write([(PUT, [("two",)])])
    assert reader.rows("SELECT text FROM notes") == [("one",), ("two",)]
    assert not reader.write([(PUT, [("three",)])])
    reader.close()
    writer.close()
    before = path.read_bytes()
    reader = opened(path, only_read=True)
    assert len(reader.rows("SELECT text FROM notes")) == 2
    reader.close()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.sqlite"]


def test_an_older_form_is_read_as_the_present_one_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    file = opened(path)
    file.write([(PUT, [("one",)])])
    file.close()
    before = path.read_bytes()
    reader = opened(path, (FIRST, SECOND), only_read=True)
    assert reader.rows("SELECT text, mood FROM notes") == [("one", "calm")]
    reader.close()
    assert path.read_bytes() == before


def test_what_cannot_be_read_is_refused_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with pytest.raises(FileRefused, match="cannot be opened"):
        opened(path, only_read=True)
    assert not path.exists()
    file = opened(path)
    file.write([(PUT, [(f"{n:0500}",) for n in range(30_000)])])
    file.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 100_000] = b"\xff" * 100_000
    path.write_bytes(data)
    reader = opened(path, only_read=True)  # too large to be checked first
    with pytest.raises(FileRefused, match=r"a\.sqlite: not readable \(database disk image is malformed\)"):
        reader.rows("SELECT sum(length(text)) FROM notes NOT INDEXED")
    reader.close()
    assert path.read_bytes() == bytes(data)


def test_a_check_that_cannot_end_in_time_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    file = opened(path)
    file.write([(PUT, [(f"{n:0500}",) for n in range(20_000)])])
    file.close()
    connection = sqlite3.connect(path)
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    assert check_database(connection, 0.01).unfinished
    assert [query for query in asked if "check" in query] == ["PRAGMA quick_check(200)"]
    asked.clear()
    assert check_database(connection, 0.01, pages=False) == Problems(unfinished=True, partly=True)
    assert [query for query in asked if "check" in query] == []
    assert not check_database(connection, 60.0).unfinished
    connection.close()
