"""`write_atomic`: the old file or the new one, never a part, never litter."""

import os
import stat
import tempfile
import threading
import time
from pathlib import Path

import pytest

from safefiles.writing import remove_temporary_files, write_atomic, write_text


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


POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other modes, links and pipes")


@POSIX
def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    kept, link = tmp_path / "dotfiles" / "settings.json", tmp_path / "settings.json"
    write_atomic(kept, b"one")
    kept.chmod(0o600)
    link.symlink_to(kept)
    write_atomic(link, b"two")
    assert kept.read_bytes() == b"two"
    assert kept.stat().st_mode & 0o7777 == 0o600
    assert link.is_symlink()
    assert os.listdir(kept.parent) == ["settings.json"]
    kept.unlink()
    write_atomic(link, b"three")
    assert kept.read_bytes() == b"three", "a link to a file that is not there yet makes it"
    link.unlink()
    link.symlink_to(link)
    with pytest.raises(OSError, match=r"settings\.json"):
        write_atomic(link, b"four")


@POSIX
def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = bytes(range(256)) * 2000  # more than a pipe holds
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    write_atomic(pipe, data)
    reader.join(10)
    assert read == [data]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_atomic(Path(os.devnull), b"x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path: Path) -> None:
    for name in ("x" * 251 + ".tmj", "é" * 125 + ".tmj", "关" * 83 + ".tmj"):
        write_atomic(tmp_path / name, b"level")
        assert (tmp_path / name).read_bytes() == b"level"
    assert len(os.listdir(tmp_path)) == 3


@pytest.mark.parametrize("step", ["mkstemp", "replace"])
def test_an_error_names_the_file_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*arguments: object, **_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path / ".b.bin.x.part"))

    monkeypatch.setattr(tempfile if step == "mkstemp" else os, step, full)
    with pytest.raises(OSError, match="No space") as caught:
        write_atomic(tmp_path / "b.bin", b"two")
    assert caught.value.filename == str(tmp_path / "b.bin")
    monkeypatch.undo()
    with pytest.raises(IsADirectoryError) as caught:
        write_atomic(tmp_path, b"two")
    assert caught.value.filename == str(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file") as caught:
        write_atomic(tmp_path / "file" / "inside" / "b.bin", b"two")
    assert caught.value.filename == str(tmp_path / "file" / "inside" / "b.bin")


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
    assert remove_temporary_files([tmp_path, tmp_path / "missing"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".a.bsr.x1.part", ".folder.part", ".hidden", "mine.part",
    ]  # fmt: skip
