"""A damaged file: what is wrong is found, healed or salvaged, said, and nothing later is lost."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from safefiles import sqlite_check
from safefiles.messages import Message
from safefiles.sqlite_check import check_database
from safefiles.sqlite_file import SqliteFile, sql_step
from safefiles.sqlite_forms import make_strict
from safefiles.sqlite_log import Log, examine_log

STEPS = (
    sql_step(
        "CREATE TABLE notes(text TEXT NOT NULL, weight REAL NOT NULL) STRICT;"
        "CREATE INDEX notes_whole ON notes(text, weight);"
    ),
)
PUT = "INSERT INTO notes VALUES (?, ?)"
ALL = [(f"note {number:04d}", float(number)) for number in range(300)]
PAGE = 4096


def opened(path: Path, steps: object = STEPS) -> tuple[SqliteFile, list[str]]:
    messages: list[str] = []
    return SqliteFile(path, steps, owner="Notebook", messages=messages), messages  # type: ignore[arg-type]


def made(path: Path) -> bytes:
    file, _ = opened(path)
    file.write([(PUT, ALL)])
    file.close()
    return path.read_bytes()


def rows(file: SqliteFile) -> list[tuple[object, ...]]:
    return file.rows("SELECT text, weight FROM notes ORDER BY rowid")


def key_of(messages: list[str]) -> str:
    (message,) = messages
    assert isinstance(message, Message)
    return message.key.removeprefix("files.")


def page_of(data: bytes, name: bytes, kind: int) -> int:
    """The offset of the first leaf page of a kind (13: table, 10: index) that holds a text."""
    return next(
        start for start in range(PAGE, len(data), PAGE)
        if data[start] == kind and name in data[start : start + PAGE]
    )  # fmt: skip


def spoiled(path: Path, start: int, content: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[start : start + len(content)] = content
    path.write_bytes(data)


def test_a_flipped_bit_in_an_index_is_found_and_healed_and_later_notes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    data = made(path)
    page = page_of(data, b"note 0007", 10)
    at = data.index(b"note 0007", page)
    spoiled(path, at + 5, b"8")
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",), "which is why it was not found"
    connection.close()
    file, messages = opened(path)
    assert key_of(messages) == "healed"
    assert rows(file) == ALL
    assert file.write([(PUT, [("later", 1.0)])])
    file.close()
    (aside,) = tmp_path.glob("a.damaged-*.sqlite")
    assert aside.read_bytes()[page : page + PAGE] != data[page : page + PAGE]
    file, messages = opened(path)
    assert messages == []
    assert rows(file) == [*ALL, ("later", 1.0)]
    file.close()


@pytest.mark.parametrize(("kind", "lost"), [(13, 0), (10, 0)], ids=["of the table", "of its index"])
def test_a_blank_page_loses_nothing_because_the_other_copy_has_its_rows(
    tmp_path: Path, kind: int, lost: int
) -> None:
    path = tmp_path / "a.sqlite"
    page = page_of(made(path), b"note 0100", kind)
    spoiled(path, page, bytes(PAGE))
    file, messages = opened(path)
    assert key_of(messages) in ("salvaged", "healed")
    assert len(rows(file)) == len(ALL) - lost
    assert file.write([(PUT, [("later", 1.0)])])
    file.close()


def test_with_both_copies_of_a_page_gone_the_other_rows_are_read_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    data = made(path)
    for kind in (13, 10):
        spoiled(path, page_of(data, b"note 0150", kind), bytes(PAGE))
    file, messages = opened(path)
    assert key_of(messages) == "salvaged"
    found = rows(file)
    assert 100 < len(found) < len(ALL)
    assert set(found) <= set(ALL)
    assert f"{len(found)} records were read" in messages[0]
    file.close()


@pytest.mark.parametrize(
    "place", ["magic", "page size", "reserved bytes", "text encoding", "a table", "an index"]
)
def test_a_damaged_first_page_is_replaced_by_a_new_files(tmp_path: Path, place: str) -> None:
    path = tmp_path / "a.sqlite"
    data = made(path)
    named = {"magic": 0, "page size": 16, "reserved bytes": 20, "text encoding": 59}
    words = {"a table": b"NOT NULL, weight", "an index": b"INDEX notes_whole"}
    at = named[place] if place in named else data.index(words[place])
    spoiled(path, at, bytes([data[at] ^ 2]))
    file, messages = opened(path)
    assert rows(file) == ALL, messages
    assert key_of(messages) == "salvaged"
    file.close()


def test_a_form_number_with_a_wrong_bit_is_known_by_its_second_place(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    made(path)
    spoiled(path, 63, bytes([1 ^ 64]))  # user_version: 65, a newer form
    file, messages = opened(path)
    assert (messages, rows(file)) == ([], ALL)
    file.close()


def test_a_damaged_file_that_another_process_has_open_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    data = made(path)
    other = sqlite3.connect(path)
    other.execute("SELECT count(*) FROM notes").fetchone()
    spoiled(path, page_of(data, b"note 0100", 13), bytes(PAGE))
    file, messages = opened(path)
    assert "another process uses it" in messages[0]
    assert file.path is None
    assert list(tmp_path.glob("*damaged*")) == []
    file.close()
    other.close()


def test_a_large_file_is_checked_by_its_pages_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    made(path)
    monkeypatch.setattr(sqlite_check, "_STEPS", 10)
    connection = sqlite3.connect(path)
    assert not check_database(connection, 60.0).unfinished
    assert check_database(connection, 0.0).unfinished
    connection.close()


# The write-ahead log


def log_of(tmp_path: Path) -> bytes:
    """The log of a file with three commits, as a killed process leaves it."""
    path = tmp_path / "log.sqlite"
    file, _ = opened(path)
    for number in range(3):
        file.write([(PUT, ALL[number * 20 : number * 20 + 20])])
    data = path.with_name(path.name + "-wal").read_bytes()
    file.close()
    return data


def test_any_wrong_bit_in_a_log_is_put_right_or_said(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    assert examine_log(log).data is None, "a sound one is left as it is"
    right = 0
    for bit in (*range(0, 56 * 8, 7), *range(56 * 8, len(log) * 8, 30011)):
        data = bytearray(log)
        data[bit // 8] ^= 1 << bit % 8
        found = examine_log(bytes(data))
        assert found.data == log or found.lost, f"bit {bit}"
        right += found.data == log
    assert right > 50


def test_an_unfinished_last_write_is_no_damage(tmp_path: Path) -> None:
    log = log_of(tmp_path)
    for cut in (1, 100, PAGE, PAGE + 24):
        assert examine_log(log[:-cut]) == Log(rest=True)
    torn = log[: -PAGE // 2] + bytes(PAGE // 2)
    assert examine_log(torn) == Log(rest=True)
    assert examine_log(log) == Log()


MANY = [(f"note {number:05d} " + "-" * 900, float(number)) for number in range(300)]


def spilled(file: SqliteFile) -> sqlite3.Connection:
    """A large transaction, most of whose frames are in the log, and which has no commit yet."""
    connection = file._connection
    connection.execute("PRAGMA cache_size=20")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(PUT, MANY)
    return connection


def as_killed(path: Path, to: Path) -> Path:
    """A copy of the files as a killed process leaves them."""
    to.mkdir()
    for ending in ("", "-wal"):
        shutil.copyfile(path.with_name(path.name + ending), to / (path.name + ending))
    return to / path.name


def test_a_small_write_after_a_large_one_that_was_killed_is_no_damage(tmp_path: Path) -> None:
    first, _ = opened(tmp_path / "a.sqlite")
    first.write([(PUT, ALL)])
    connection = spilled(first)
    path = as_killed(tmp_path / "a.sqlite", tmp_path / "killed")
    log = path.with_name(path.name + "-wal")
    before = log.stat().st_size
    connection.execute("ROLLBACK")
    first.close()
    second, messages = opened(path)
    assert messages == []
    assert log.stat().st_size < before, "what was never acknowledged is cut off"
    assert second.write([(PUT, [("small", 1.0)])])
    third, messages = opened(as_killed(path, tmp_path / "again"))
    second.close()
    assert messages == []
    assert rows(third) == [*ALL, ("small", 1.0)]
    third.close()


def test_a_small_write_after_a_large_one_that_was_taken_back_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    game, _ = opened(path)
    game.write([(PUT, ALL)])
    spilled(game).execute("ROLLBACK")
    assert game.write([(PUT, [("small", 1.0)])])
    log = path.with_name(path.name + "-wal").read_bytes()
    size = PAGE + 24
    commits = [place for place in range(32, len(log), size) if log[place + 4 : place + 8] != bytes(4)]
    assert commits[-1] + 3 * size < len(log), "frames without a commit follow the last one"
    assert examine_log(log) == Log(rest=True)
    second, messages = opened(path)
    assert second.write([(PUT, [("of a second window", 2.0)])])
    assert SqliteFile(path, STEPS, owner="Notebook", messages=messages, sets_aside=False).path == path
    assert messages == []
    assert rows(second) == [*ALL, ("small", 1.0), ("of a second window", 2.0)]
    second.close()
    game.close()


def test_a_commit_that_a_power_cut_left_without_its_beginning_never_comes_to_count(tmp_path: Path) -> None:
    first, _ = opened(tmp_path / "a.sqlite")
    first.write([(PUT, ALL)])
    known = (tmp_path / "a.sqlite-wal").stat().st_size
    first.write([(PUT, MANY[:20])])
    path = as_killed(tmp_path / "a.sqlite", tmp_path / "cut")
    first.close()
    spoiled(path.with_name(path.name + "-wal"), known, bytes(PAGE + 24))
    second, messages = opened(path)
    assert rows(second) == ALL
    assert second.write([(PUT, [("small", 1.0)])])
    third, later = opened(as_killed(path, tmp_path / "again"))
    second.close()
    assert messages == later == []
    assert rows(third) == [*ALL, ("small", 1.0)]
    third.close()


def test_frames_after_damaged_ones_are_not_dropped_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    file, _ = opened(path)
    for number in range(3):
        file.write([(PUT, ALL[number * 20 : number * 20 + 20])])
    parts = {ending: path.with_name(path.name + ending).read_bytes() for ending in ("", "-wal")}
    file.close()
    log = bytearray(parts["-wal"])
    middle = 32 + (len(log) - 32) // (PAGE + 24) // 2 * (PAGE + 24) + 24
    log[middle + 3000 : middle + 3100] = bytes([255]) * 100
    path.write_bytes(parts[""])
    path.with_name(path.name + "-wal").write_bytes(log)
    file, messages = opened(path)
    assert key_of(messages) == "salvaged"
    assert len(rows(file)) >= 40
    assert file.write([(PUT, [("later", 1.0)])])
    file.close()


def test_a_step_to_strict_tables_keeps_what_fits_and_puts_the_rest_beside(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = sql_step("CREATE TABLE notes(text TEXT NOT NULL, weight REAL NOT NULL)")
    file, _ = opened(path, (first,))
    file.write([(PUT, [("one", 1), ("two", "heavy"), (b"three", 3.0), ("four", 4.5)])])
    file.close()
    second = lambda connection: make_strict(connection, "notes", "text TEXT NOT NULL, weight REAL NOT NULL")  # noqa: E731
    file, messages = opened(path, (first, second))
    assert rows(file) == [("one", 1.0), ("four", 4.5)]
    assert file.rows("SELECT text, weight FROM left_out_notes") == [("two", "heavy"), (b"three", 3.0)]
    assert key_of(messages) == "rows_left_out"
    assert not file.write([(PUT, [("five", "heavy")])])
    file.close()
