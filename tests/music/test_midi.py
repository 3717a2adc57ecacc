"""Reading MIDI: the file's contents are read exactly, and a broken or hostile file is refused in one clear line."""

import struct

import pytest

from music.errors import MidiRefused
from music.midi import reader as midi
from music.midi.reader import read_midi
from tests.music.midi_files import BEAT, midi_bytes, song


def file_of(*tracks: bytes, kind: int = 1, division: int = 96, count: int | None = None) -> bytes:
    header = struct.pack(">4sIHHH", b"MThd", 6, kind, len(tracks) if count is None else count, division)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


NOTE = bytes([0, 0x90, 60, 100, 96, 0x80, 60, 0])
END = bytes([0, 0xFF, 0x2F, 0])


def test_notes_tempo_metre_names_and_drums_are_read() -> None:
    data = midi_bytes(
        [[(0, BEAT, 60), (BEAT, 3 * BEAT, 64)], [(0, 60, 36)]],
        channels=[3, 9],
        programs=[80, 0],
        names=["Lead", "Kit"],
        metres=[(0, 4, 4), (8 * BEAT, 3, 4)],
        tempo=400_000,
    )
    read = read_midi(data, "song.mid")
    assert read.ticks_per_beat == BEAT
    assert [(note.start, note.end, note.pitch) for note in read.notes if not note.is_drum] == [
        (0, BEAT, 60),
        (BEAT, 3 * BEAT, 64),
    ]
    assert [note.pitch for note in read.notes if note.is_drum] == [36]
    assert {note.program for note in read.notes if note.channel == 3} == {80}
    assert read.tempo == 150.0
    assert read.time_signatures == ((0, 4, 4), (8 * BEAT, 3, 4))
    assert read.track_names[1:] == ("Lead", "Kit")


def test_a_note_struck_again_while_it_sounds_gives_two_notes() -> None:
    track = bytes([0, 0x90, 60, 100, 10, 60, 100, 10, 0x80, 60, 0, 10, 60, 0])
    read = read_midi(file_of(track + END), "x")
    assert [(note.start, note.end) for note in read.notes] == [(0, 20), (10, 30)]


def test_a_note_that_never_ends_sounds_to_the_end_of_its_track() -> None:
    track = bytes([0, 0x90, 60, 100, 50, 62, 100, 50, 62, 0])
    read = read_midi(file_of(track + END), "x")
    assert {(note.pitch, note.start, note.end) for note in read.notes} == {(60, 0, 100), (62, 50, 100)}


def test_running_status_continues_after_a_meta_event() -> None:
    track = bytes([0, 0x90, 60, 100, 0, 0xFF, 0x01, 1, 65, 96, 60, 0])
    assert len(read_midi(file_of(track + END), "x").notes) == 1


def many_events(count: int) -> bytes:
    return NOTE + bytes([0, 0x90, 60, 0]) + bytes([0, 60, 0]) * count + END


REFUSED = {
    "starts with MThd": b"RIFF" + bytes(20),
    "found an empty file": b"",
    "expected a MIDI header of 14 bytes, found 4: the file is cut off": b"MThd",
    "expected a MIDI header of 14 bytes, found 12: the file is cut off": file_of(NOTE)[:12],
    "expected a header of 6 bytes or more inside the file, found 5": file_of(NOTE).replace(
        b"\0\0\0\6", b"\0\0\0\5", 1
    ),
    "inside the file, found 4278190080": file_of(NOTE).replace(b"\0\0\0\6", b"\xff\0\0\0", 1),
    "no such chunk": b"RIFF\x10\0\0\0RMIDLIST\4\0\0\0abcd",
    "type 0 or 1, found 2": file_of(NOTE, kind=2),
    "1 to 1 tracks": file_of(NOTE, NOTE, kind=0),
    "1 to 256 tracks": file_of(NOTE, count=0),
    "division 0xe250": file_of(NOTE, division=0xE250),
    "division 0x0000": file_of(NOTE, division=0),
    "expected 1 track, found none: the file ends early": file_of(count=1),
    "expected 3 tracks, found 0 and no notes: the file ends early": file_of(count=3),
    "expected 3 tracks, found 1 and no notes: the file ends early": file_of(END, count=3),
    "expected MTrk, found chunks of other kinds (Mtrk)": file_of(NOTE).replace(b"MTrk", b"Mtrk"),
    "expected 8 bytes, found 4: the file is cut off": file_of(NOTE)[:-4],
    "status byte": file_of(bytes([0, 60, 100])),
    "end inside its track": file_of(bytes([0, 0x90, 60])),
    "at most four bytes": file_of(bytes([0xFF] * 6)),
    "0xf1 in a file": file_of(bytes([0, 0xF1, 0])),
    "expected notes, found none": file_of(END),
    "at most 32000 events": file_of(many_events(midi.MAX_EVENTS)),
    "at most 4096 beats": file_of(bytes([0, 0x90, 60, 100, 0xFF, 0xFF, 0xFF, 0x7F, 60, 0]), division=96),
    "at most 1048576 bytes": file_of(NOTE) + bytes(midi.MAX_BYTES),
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_broken_file_is_refused_with_what_was_expected(said: str) -> None:
    with pytest.raises(MidiRefused, match=r"^broken\.mid") as refusal:
        read_midi(REFUSED[said], "broken.mid")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_file_before_its_damage_is_read() -> None:
    assert len(read_midi(file_of(NOTE + END), "whole.mid").notes) == 1
    assert len(read_midi(file_of(many_events(1000)), "whole.mid").notes) == 1
    assert len(read_midi(song(), "song.mid").notes) > 100


def key_signature(sharps: int, mode: int) -> bytes:
    return bytes([0, 0xFF, 0x59, 2, sharps & 0xFF, mode])


RMID = file_of(NOTE + END)
READ: dict[str, tuple[bytes, list[str]]] = {
    "a longer header": (RMID.replace(b"\0\0\0\6", b"\0\0\0\x08").replace(b"MTrk", b"xxMTrk"), []),
    "RIFF": (
        b"RIFF\xff\0\0\0RMIDINFO\x03\0\0\0abc\0data" + struct.pack("<I", len(RMID)) + RMID,
        [],
    ),
    "another chunk": (
        RMID[:14] + b"XFIH\0\0\0\2ab" + RMID[14:],
        ["parts of the file that are no tracks skipped: 1 (XFIH)"],
    ),
    "a chunk with escapes in its name": (
        RMID[:14] + b"\x1b[2J\0\0\0\0" + RMID[14:],
        ["parts of the file that are no tracks skipped: 1 (\\x1b[2J)"],
    ),
    "fewer tracks": (file_of(NOTE + END, count=5), ["fewer tracks than the header says: 1 of 5"]),
    "eight flats": (
        file_of(key_signature(-8, 0) + NOTE + END),
        ["a key signature that does not exist left out: -8 sharps, mode 0"],
    ),
    "mode 9": (
        file_of(key_signature(1, 9) + NOTE + END),
        ["a key signature that does not exist left out: 1 sharps, mode 9"],
    ),
    "short events": (
        file_of(bytes([0, 0xFF, 0x59, 1, 0, 0, 0xFF, 0x51, 2, 7, 7, 0, 0xFF, 0x58, 0]) + NOTE + END),
        ["events that cannot be read left out: 3"],
    ),
    "metas that are not ours": (file_of(bytes([0, 0xFF, 0x54, 1, 9, 0, 0xFF, 0x20, 0]) + NOTE + END), []),
}


@pytest.mark.parametrize("case", READ)
def test_allowed_files_are_read_with_remarks_about_omissions(case: str) -> None:
    data, remarks = READ[case]
    read = read_midi(data, "odd.mid")
    assert [(note.start, note.end, note.pitch) for note in read.notes] == [(0, 96, 60)]
    assert list(read.remarks) == remarks
    assert read.key_signatures == ()


def test_a_valid_key_signature_counts_despite_an_invalid_one() -> None:
    read = read_midi(file_of(key_signature(-8, 0) + key_signature(-7, 1) + NOTE + END), "x")
    assert read.key_signatures == ((0, "Abm"),)


def test_until_the_first_tempo_event_a_file_plays_at_120() -> None:
    later = bytes([96, 0xFF, 0x51, 3, 0x03, 0xD0, 0x90])  # 250,000 us a beat, a beat later
    read = read_midi(file_of(NOTE + later + END), "x")
    assert read.tempo == 120.0
    assert read.tempo_map == ((0, 500_000), (192, 250_000))


def test_of_two_tempos_at_one_time_the_last_counts_and_no_change_is_none() -> None:
    def tempo(microseconds: int, delta: int = 0) -> bytes:
        return bytes([delta, 0xFF, 0x51, 3]) + microseconds.to_bytes(3, "big")

    read = read_midi(file_of(tempo(400_000) + tempo(300_000) + NOTE + tempo(300_000, 4) + END), "x")
    assert read.tempo_map == ((0, 300_000),)
    assert read.tempo == 200.0


def test_a_note_that_ends_where_it_begins_is_marked() -> None:
    read = read_midi(file_of(bytes([0, 0x90, 60, 9, 0, 60, 0, 0, 62, 9, 1, 62, 0]) + END), "x")
    assert [(note.pitch, note.end, note.no_length) for note in read.notes] == [(60, 1, True), (62, 1, False)]
    unended = read_midi(file_of(bytes([0, 0x90, 60, 9]) + END), "x")
    assert not unended.notes[0].no_length
