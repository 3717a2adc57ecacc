"""A mark counts under its own setting and nowhere else; a bad cache costs time, never more."""

from pathlib import Path

import pytest

from safefiles.remembered import is_remembered, remember

SETTING = {"tool": "1.0", "machine": "x86_64"}


def test_a_mark_counts_while_its_setting_is_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert not is_remembered(folder, "first", SETTING)
    remember(folder, "first", SETTING)
    assert is_remembered(folder, "first", SETTING)
    assert not is_remembered(folder, "second", SETTING)
    assert not is_remembered(folder, "first", {**SETTING, "tool": "1.1"})


def test_without_a_folder_nothing_is_remembered() -> None:
    remember(None, "first", SETTING)
    assert not is_remembered(None, "first", SETTING)


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"\xff\xfe\xfd", b"[" * 100_000])
def test_a_damaged_mark_does_not_count(tmp_path: Path, content: bytes) -> None:
    remember(tmp_path, "first", SETTING)
    (mark,) = tmp_path.iterdir()
    mark.write_bytes(content)
    assert not is_remembered(tmp_path, "first", SETTING)


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    remember(tmp_path / "file", "first", SETTING)
    assert not is_remembered(tmp_path / "file", "first", SETTING)
