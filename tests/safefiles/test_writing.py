"""`write_atomic`: the old file or the new one, never a part, never litter."""

import os
import time
from pathlib import Path

import pytest

from safefiles.writing import sweep, write_atomic, write_text


def test_it_writes_and_replaces_and_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.bin"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["b.bin"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_at_any_step_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "b.bin"
    write_atomic(path, b"one")

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="Input/output"):
        write_atomic(path, b"two")
    assert path.read_bytes() == b"one"
    assert os.listdir(tmp_path) == ["b.bin"]


def test_text_is_written_as_utf_8_with_its_line_ends_as_given(tmp_path: Path) -> None:
    write_text(tmp_path / "t.txt", "一\r\ntwo\n")
    assert (tmp_path / "t.txt").read_bytes() == b"\xe4\xb8\x80\r\ntwo\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    write_atomic(tmp_path / "atomic", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_only_old_temporary_files_of_ours_are_swept(tmp_path: Path) -> None:
    day = 86_400
    ages = {
        ".settings.json.k3j2.part": 2 * day,
        ".a.bsr.x1.part": 60,
        "mine.part": 9 * day,
        ".hidden": 9 * day,
    }
    for name, age in ages.items():
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    (tmp_path / ".folder.part").mkdir()
    os.utime(tmp_path / ".folder.part", (0, 0))
    assert sweep([tmp_path, tmp_path / "missing"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".a.bsr.x1.part", ".folder.part", ".hidden", "mine.part",
    ]  # fmt: skip
