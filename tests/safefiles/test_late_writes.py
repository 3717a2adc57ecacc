"""What cannot be written is kept and tried again, in silence until there is something to say."""

from pathlib import Path

import pytest

from safefiles import late_writes
from safefiles.late_writes import LateWrites


class Disk:
    """A disk that can be full."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.full = True
        self.written: list[str] = []
        patch.setattr(late_writes, "write_atomic", self.write)

    def write(self, path: Path, data: bytes) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        path.write_bytes(data)
        self.written.append(path.name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_the_newest_content_is_saved_after_all_and_both_are_said_once(tmp_path: Path, disk: Disk) -> None:
    messages: list[str] = []
    late = LateWrites(messages)
    for content in (b"one", b"two", b"three"):
        assert not late.write(tmp_path / "settings.json", content)
    assert not late.write(tmp_path / "a.bsr", b"replay")
    assert not late.catch_up()
    assert messages == ["settings.json: not saved (No space left on device)"]
    disk.full = False
    assert late.catch_up()
    assert (tmp_path / "settings.json").read_bytes() == b"three"
    assert messages[1:] == ["settings.json, a.bsr: saved after all"]
    assert not late.behind


def test_a_write_that_succeeds_brings_the_waiting_ones_along(tmp_path: Path, disk: Disk) -> None:
    late = LateWrites([])
    late.write(tmp_path / "a.bsr", b"replay")
    disk.full = False
    assert late.write(tmp_path / "settings.json", b"{}")
    assert disk.written == ["settings.json", "a.bsr"]


def test_at_the_end_it_is_tried_again_and_what_is_lost_is_named(tmp_path: Path, disk: Disk) -> None:
    messages: list[str] = []
    late = LateWrites(messages)
    late.write(tmp_path / "a.bsr", b"replay")
    late.close()
    assert messages[1:] == ["a.bsr: never saved (No space left on device)"]
    disk.full = False
    late.write(tmp_path / "b.bsr", b"replay")
    late.close()
    assert disk.written == ["b.bsr"]


def test_memory_is_bounded_by_giving_up_the_oldest(
    tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_writes, "MOST_BYTES", 100)
    messages: list[str] = []
    late = LateWrites(messages)
    for name in ("a", "b", "c"):
        late.write(tmp_path / name, bytes(45))
    disk.full = False
    late.catch_up()
    assert disk.written == ["b", "c"]
    assert "a: never saved (No space left on device)" in messages
