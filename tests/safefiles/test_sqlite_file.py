"""A checked SQLite file: taken as it is, brought to the present form, or left alone; never in the way."""

import os
import sqlite3
from pathlib import Path

import pytest

from safefiles import sqlite_file
from safefiles.errors import FileRefused
from safefiles.messages import Message
from safefiles.sqlite_file import SqliteFile, Step, sql_step, table_columns

FIRST = sql_step("CREATE TABLE notes(text TEXT NOT NULL); CREATE INDEX by_text ON notes(text);")
SECOND = sql_step("ALTER TABLE notes ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';")
PUT = "INSERT INTO notes(text) VALUES (?)"


def opened(
    path: Path | None, steps: tuple[Step, ...] = (FIRST,), **options: bool
) -> tuple[SqliteFile, list[str]]:
    messages: list[str] = []
    return SqliteFile(path, steps, owner="Notebook", messages=messages, **options), messages


def foreign(path: Path, version: int) -> bytes:
    connection = sqlite3.connect(path)
    connection.executescript(f"CREATE TABLE diary(entry); PRAGMA user_version={version};")
    connection.close()
    return path.read_bytes()


def test_a_file_that_is_too_large_is_left_alone_and_ours_never_grows_so_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    monkeypatch.setattr(sqlite_file, "MOST_BYTES", 40_960)
    file, messages = opened(path)
    assert file.write([(PUT, [("one",)])])
    assert not file.write([(PUT, [("x" * 3000,)] * 20)])
    assert "full" in messages[0]
    file.close()
    file, messages = opened(path)
    assert file.path == path
    assert file.rows("SELECT text FROM notes") == [("one",)]
    assert messages == []
    file.close()
    monkeypatch.setattr(sqlite_file, "MOST_BYTES", 8192)
    before = path.read_bytes()
    file, messages = opened(path)
    assert messages == [
        f"a.sqlite: expected at most 8,192 bytes, found {len(before):,}; this session's records are not saved"
    ]
    assert not file.write([(PUT, [("two",)])])
    with pytest.raises(FileRefused, match=r"^a\.sqlite: expected at most 8,192 bytes"):
        opened(path, sets_aside=False)
    file.close()
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileRefused, match="pipe: expected a file, found a device or pipe"):
        opened(tmp_path / "pipe", sets_aside=False)


def test_what_was_written_is_there_when_opened_again(tmp_path: Path) -> None:
    file, _ = opened(tmp_path / "in" / "a" / "folder.sqlite")
    assert file.write([(PUT, [("one",), ("two",)])])
    file.close()
    file, messages = opened(tmp_path / "in" / "a" / "folder.sqlite")
    assert file.rows("SELECT text FROM notes ORDER BY rowid") == [("one",), ("two",)]
    assert file.rows("PRAGMA journal_mode") == [("wal",)]
    assert file.rows("PRAGMA synchronous") == [(2,)], "FULL"
    assert messages == []
    file.close()


def test_a_transaction_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    file, messages = opened(tmp_path / "a.sqlite")
    assert not file.write([(PUT, [("one",)]), (PUT, [(None,)])])
    assert messages[0].startswith("a.sqlite: not saved (NOT NULL")
    assert file.rows("SELECT * FROM notes") == []
    assert not file.write([(PUT, [("caf\udce9",)])]), "text that UTF-8 cannot hold"
    assert file.write([(PUT, [("one",)])])
    file.close()


@pytest.mark.parametrize(
    "odd",
    [
        "CREATE TRIGGER odd AFTER INSERT ON notes BEGIN DELETE FROM notes; END",
        "CREATE VIEW odd AS SELECT * FROM notes",
    ],
)
def test_a_file_with_code_in_it_is_set_aside_and_its_rows_are_kept(odd: str, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    file, _ = opened(path)
    file.write([(PUT, [("one",)])])
    file.close()
    connection = sqlite3.connect(path)
    connection.execute(odd)
    connection.close()
    file, messages = opened(path)
    assert file.write([(PUT, [("two",)])])
    assert file.rows("SELECT text FROM notes ORDER BY rowid") == [("one",), ("two",)]
    assert len(messages) == 1
    assert f"found the {odd.split()[1].lower()} odd" in messages[0]
    file.close()
    file, messages = opened(path)
    assert file.rows("SELECT text FROM notes ORDER BY rowid") == [("one",), ("two",)]
    assert messages == []
    file.close()


def test_an_older_form_is_brought_to_the_present_one_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    file, _ = opened(path)
    file.write([(PUT, [("one",)])])
    file.close()
    file, messages = opened(path, (FIRST, SECOND))
    assert messages == []
    assert file.rows("SELECT text, mood FROM notes") == [("one", "calm")]
    assert file.rows("PRAGMA user_version") == [(2,)]
    file.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    opened(path)[0].close()

    def busy(connection: sqlite3.Connection) -> None:
        SECOND(connection)
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    messages: list[str] = []
    with pytest.raises(sqlite3.OperationalError, match="full"):
        SqliteFile(path, (FIRST, busy), owner="Notebook", messages=messages)
    with sqlite3.connect(path) as connection:
        assert table_columns(connection) == {"notes": {"text"}}
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("version", [0, 1, 2, 5000])
def test_another_programs_file_is_set_aside_whole(tmp_path: Path, version: int) -> None:
    path = tmp_path / "a.sqlite"
    content = foreign(path, version)
    file, messages = opened(path, (FIRST, SECOND))
    assert "another program's tables" in messages[0]
    (aside,) = tmp_path.glob("a.damaged-*.sqlite")
    assert aside.read_bytes() == content
    assert file.write([(PUT, [("one",)])])
    file.close()


@pytest.mark.parametrize("content", ["foreign", "text", "newer"])
def test_a_file_that_a_person_named_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.sqlite"
    if content == "foreign":
        foreign(path, 1)
    elif content == "text":
        path.write_bytes(b"Dear diary, " * 500)
    else:
        opened(path, (FIRST, SECOND))[0].close()
    before = path.read_bytes()
    with pytest.raises(FileRefused, match=r"a\.sqlite: "):
        opened(path, (FIRST,), sets_aside=False)
    assert path.read_bytes() == before
    assert [part.name for part in tmp_path.iterdir()] == ["a.sqlite"]


def test_two_damaged_files_of_one_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    for text in (b"first " * 400, b"second " * 400):
        path.write_bytes(text)
        opened(path)[0].close()
    assert len(list(tmp_path.glob("a.damaged-*.sqlite"))) == 2


def test_a_newer_form_is_left_alone_and_the_session_lives_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    opened(path, (FIRST, SECOND))[0].close()
    before = path.read_bytes()
    file, messages = opened(path)
    assert messages == [
        "a.sqlite: expected form 1 or older, found form 2, written by a newer version of Notebook; "
        "this session's records are not saved"
    ]
    assert file.path is None
    assert not file.write([(PUT, [("one",)])]), "it is in memory only, which is no promise"
    assert file.rows("SELECT text FROM notes") == [("one",)]
    file.close()
    assert path.read_bytes() == before
    assert len(messages) == 1, "said once"


def test_a_file_that_cannot_be_written_is_read_and_the_session_lives_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    file, _ = opened(path)
    file.write([(PUT, [("one",)])])
    file.close()
    plain = sqlite_file._connect

    def read_only(name: Path | str) -> sqlite3.Connection:
        if name != path:
            return plain(name)
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
        connection.execute("PRAGMA query_only=ON")
        return connection

    monkeypatch.setattr(sqlite_file, "_connect", read_only)
    monkeypatch.setattr(sqlite_file.os, "access", lambda *_: False)
    file, messages = opened(path, (FIRST, SECOND))
    assert "cannot be opened" in messages[0]
    assert file.rows("SELECT text, mood FROM notes") == [("one", "calm")], "what can be read is there"
    assert not file.write([(PUT, [("two",)])])
    assert file.rows("SELECT text FROM notes") == [("one",), ("two",)], "this session sees it"
    assert not file.catch_up()
    monkeypatch.undo()
    assert file.catch_up(), "the place can be written again"
    assert [message.key for message in messages if isinstance(message, Message)] == [
        "files.not_yet",
        "files.saved_after_all",
    ]
    file.close()
    file, messages = opened(path, (FIRST, SECOND))
    assert file.rows("SELECT text, mood FROM notes") == [("one", "calm"), ("two", "calm")]
    assert messages == []
    file.close()


def test_a_full_disk_is_told_once_and_what_failed_is_saved_after_all(tmp_path: Path) -> None:
    file, messages = opened(tmp_path / "a.sqlite")
    pages = file.rows("PRAGMA page_count")[0][0]
    file.rows(f"PRAGMA max_page_count={pages}")
    assert not file.write([(PUT, [("x" * 20_000,)])])
    assert not file.write([(PUT, [("y" * 20_000,)])])
    assert not file.catch_up()
    assert messages == ["a.sqlite: not saved (database or disk is full)"]
    assert file.behind
    file.rows("PRAGMA max_page_count=100000")
    assert file.write([(PUT, [("z" * 20_000,)])])
    assert messages[1:] == ["a.sqlite: saved after all"]
    assert file.rows("SELECT substr(text, 1, 1) FROM notes ORDER BY rowid") == [("x",), ("y",), ("z",)], (
        "in order"
    )
    file.close()


def test_what_is_never_saved_is_told_at_the_end(tmp_path: Path) -> None:
    file, messages = opened(tmp_path / "a.sqlite")
    file.rows(f"PRAGMA max_page_count={file.rows('PRAGMA page_count')[0][0]}")
    file.write([(PUT, [("x" * 20_000,)])])
    file.close()
    assert messages[1:] == ["a.sqlite: never saved (database or disk is full)"]


def test_a_file_that_a_person_named_is_not_written_behind_their_back(tmp_path: Path) -> None:
    file, _ = opened(tmp_path / "a.sqlite", sets_aside=False)
    file.rows(f"PRAGMA max_page_count={file.rows('PRAGMA page_count')[0][0]}")
    assert not file.write([(PUT, [("x" * 20_000,)])])
    file.rows("PRAGMA max_page_count=100000")
    assert file.write([(PUT, [("one",)])])
    assert file.rows("SELECT text FROM notes") == [("one",)], (
        "a command that failed is run again by the person"
    )
    file.close()


def test_a_copy_holds_the_same_and_changes_nothing(tmp_path: Path) -> None:
    file, _ = opened(tmp_path / "a.sqlite")
    file.write([(PUT, [("one",)])])
    copy = file.copy()
    copy.write([(PUT, [("two",)])])
    assert copy.rows("SELECT count(*) FROM notes") == [(2,)]
    assert file.rows("SELECT count(*) FROM notes") == [(1,)]
    file.close()
    copy.close()


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    file, messages = opened(tmp_path)
    assert len(messages) == 1
    assert file.path is None
    assert not file.write([(PUT, [("one",)])])
    assert file.rows("SELECT text FROM notes") == [("one",)]
    file.close()
    assert "never saved" in messages[-1]


def test_after_closing_nothing_raises(tmp_path: Path) -> None:
    file, messages = opened(tmp_path / "a.sqlite")
    file.close()
    assert not file.write([(PUT, [("one",)])])
    assert file.rows("SELECT * FROM notes") == []
    assert len(messages) == 2
