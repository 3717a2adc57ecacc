"""WADs: MIDI lumps are read completely and in order; a directory with wrong offsets is refused."""

import struct

import pytest

from music.corpus import wad
from music.errors import CorpusError
from tests.music.midi_files import song, wad_bytes


def test_only_midi_lumps_are_returned_in_order() -> None:
    one, two = song(4), song(8)
    data = wad_bytes([("D_E1M1", one), ("PLAYPAL", bytes(99)), ("D_E1M2", two), ("EMPTY", b"")], kind=b"PWAD")
    assert list(wad.midi_lumps(data, "x.wad")) == [("D_E1M1", one), ("D_E1M2", two)]


def test_a_name_with_other_characters_is_cleaned() -> None:
    data = wad_bytes([("D/../E", song(4)), ("", song(4))])
    assert [name for name, _ in wad.midi_lumps(data, "x.wad")] == ["DE", "lump 1"]


def entry(offset: int, size: int) -> bytes:
    body = b"MThd" + bytes(8)
    return struct.pack("<4sII", b"IWAD", 1, 24) + body + struct.pack("<II8s", offset, size, b"D_X")


REFUSED = {
    "starts with IWAD or PWAD": b"RIFF" + bytes(20),
    "found b''": b"",
    "at most 65536 lumps": struct.pack("<4sII", b"IWAD", 1 << 31, 12),
    "directory inside the file": struct.pack("<4sII", b"IWAD", 4, 12) + bytes(16),
    "D_X: expected it inside the file": entry(12, 1 << 30),
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_lying_wad_is_refused(said: str) -> None:
    with pytest.raises(CorpusError, match=r"^x\.wad") as refusal:
        list(wad.midi_lumps(REFUSED[said], "x.wad"))
    assert said in str(refusal.value)


def test_the_entry_before_its_damage_is_read() -> None:
    assert [name for name, _ in wad.midi_lumps(entry(12, 12), "x.wad")] == ["D_X"]


def test_lumps_that_overlap_cannot_multiply_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wad, "MAX_MIDI_BYTES", 1000)
    body = b"MThd" + bytes(400)
    entries = b"".join(struct.pack("<II8s", 12, 300 + index, b"D_X") for index in range(5))
    data = struct.pack("<4sII", b"IWAD", 5, 12 + len(body)) + body + entries
    with pytest.raises(CorpusError, match="found more"):
        list(wad.midi_lumps(data, "x.wad"))


def test_a_lump_larger_than_any_song_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = wad_bytes([("D_BIG", song(4))])
    assert list(wad.midi_lumps(data, "x.wad"))
    monkeypatch.setattr(wad, "MAX_LUMP_BYTES", 100)
    with pytest.raises(CorpusError, match="D_BIG: expected at most 100 bytes"):
        list(wad.midi_lumps(data, "x.wad"))
