"""A list of files comes whole, whatever one of them does to its reader."""

import os
from pathlib import Path

import pytest

from safefiles.errors import FileRefused
from safefiles.listing import list_files, read_each

RAISED = {
    "a refusal": (FileRefused("a.x: expected A, found B"), "a.x: expected A, found B"),
    "a long name": (OSError(36, "File name too long"), "one that cannot be read (File name too long)"),
    "no permission": (
        PermissionError(13, "Permission denied"),
        "one that cannot be read (Permission denied)",
    ),
    "a code": (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "byte 0xff at offset 0, which is not utf-8"),
    "nesting": (RecursionError(), "nesting that is too deep"),
    "memory": (MemoryError(), "more than fits into memory"),
    "a fault of ours": (TypeError("no\nlen"), "a fault of its reader (TypeError: no len)"),
}


@pytest.mark.parametrize(("error", "reason"), RAISED.values(), ids=RAISED)
def test_one_bad_file_is_its_own_line(error: Exception, reason: str) -> None:
    def read(path: Path) -> str:
        if path.name == "bad":
            raise error
        return f"read {path.name}"

    found = read_each([Path("a"), Path("bad"), Path("z")], read, lambda path, why: f"{path.name}: {why}")
    assert found == ["read a", f"bad: {reason}", "read z"]


def test_an_interruption_passes() -> None:
    """The twin: what is no fault of a file is not taken for one."""

    def read(path: Path) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_each([Path("a")], read, lambda path, why: why)


def test_a_folder_is_listed_by_name_and_within_bounds(tmp_path: Path) -> None:
    for name in ("c.x", "a.x", "b.y", "d.x"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "e.x").write_bytes(b"")
    listed = list_files(tmp_path, lambda path: path.suffix == ".x", 2)
    assert [path.name for path in listed.paths] == ["a.x", "c.x"]
    assert listed.reason == "more than 2 files: 1 left out"
    whole = list_files(tmp_path, lambda path: path.suffix == ".x", 9, below="e.x")
    assert [path.name for path in whole.paths] == ["a.x", "c.x", "d.x", "e.x"]
    assert whole.reason == ""
    for hidden in ("._a.x", ".b.draft.x"):
        (tmp_path / hidden).write_bytes(b"")
    assert list_files(tmp_path, lambda path: path.suffix == ".x", 9, below="e.x") == whole


def test_no_folder_holds_nothing_and_a_file_is_told_of(tmp_path: Path) -> None:
    assert list_files(None, lambda path: True, 9).paths == ()
    assert list_files(tmp_path / "nowhere", lambda path: True, 9).reason == ""
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be read" in list_files(tmp_path / "file", lambda path: True, 9).reason


def test_a_folder_that_may_not_be_searched_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    assert list_files(tmp_path, lambda path: True, 9).reason == "one that cannot be read (Permission denied)"


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
def test_names_of_any_bytes_are_listed(tmp_path: Path) -> None:
    name = os.fsdecode("镜厅".encode("gbk") + b".x")
    (tmp_path / name).write_bytes(b"")
    assert [path.name for path in list_files(tmp_path, lambda path: True, 9).paths] == [name]
