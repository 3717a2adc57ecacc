"""Check MIDI files as bytes: every chunk and event is read once, within limits, before mido reads the file.

`check_tracks` returns a plain file of type 0 or 1 that mido can read without looping, recursing or allocating more than a few
megabytes. As the standard requires, the header's own length is used and chunks of other kinds are skipped; a file is
extracted from a RIFF container (RMID). Events that reading notes does not need, or that mido would refuse, keep their time
and lose their content; if that was a tempo, metre or key, a remark says so.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from music.errors import MidiRefused
from music.messages import say
from music.midi.remarks import remark
from safefiles.foreign import place_inside
from safefiles.text import clean

MAX_BYTES: Final = 1024 * 1024
MAX_EVENTS: Final = 32_000  # mido decodes about 150,000 a second
MAX_TRACKS: Final = 256
MAX_BEATS: Final = 4096  # quarter notes: 1,024 bars of 4/4, half an hour
MAX_TEXT_BYTES: Final = 1000  # kept of a name or a marker
MOST_NAMED: Final = 5  # unknown chunks that a remark names

_HEADER: Final = struct.Struct(">4sIHHH")
_CHUNK: Final = struct.Struct(">4sI")
_DATA_BYTES: Final = {
    0x8: 2,
    0x9: 2,
    0xA: 2,
    0xB: 2,
    0xC: 1,
    0xD: 1,
    0xE: 2,
}  # by the status byte's upper half
_NAME, _MARKER, _END, _TEMPO, _METRE, _KEY = 0x03, 0x06, 0x2F, 0x51, 0x58, 0x59  # types of meta events
_TEXTS: Final = (_NAME, _MARKER)
_LENGTHS: Final = {_TEMPO: 3, _METRE: 4, _KEY: 2}  # minimum bytes of their content


@dataclass
class CheckedTracks:
    """A checked file: the bytes for mido, and remarks about what was changed."""

    ticks_per_beat: int
    data: bytes
    declared: int = 0  # number of tracks by the header
    tracks: int = 0  # number of tracks found
    remarks: list[str] = field(default_factory=list)


# An event: ticks since the previous one; index of its status byte if it is not a channel event, otherwise -1; start and end
# of its content.
_Event = tuple[int, int, int, int]


def check_tracks(data: bytes, where: str) -> CheckedTracks:
    """Return the tracks of a Standard MIDI File of type 0 or 1 as mido can read them. Raises MidiRefused."""
    if len(data) > MAX_BYTES:
        raise MidiRefused(say("midi_bytes", where=where, most=MAX_BYTES, found=len(data)))
    at = _inside_riff(data, where)
    kind, tracks, division, at = _header(data, at, where)
    walker = _Tracks(where, division)
    body = bytearray()
    count = 0
    other: list[str] = []
    while count < tracks and len(data) - at >= _CHUNK.size:
        name, length = _CHUNK.unpack_from(data, at)
        at += _CHUNK.size
        place = _track_place(where, count + 1)
        if length > len(data) - at:
            raise MidiRefused(say("track_bytes", where=place, expected=length, found=len(data) - at))
        if name == b"MTrk":
            count += 1
            track = walker.walk(data[at : at + length], place)
            body += _CHUNK.pack(b"MTrk", len(track)) + track
        else:
            other.append(clean(name.decode("latin-1")))
        at += length
    if not count:
        if not other:
            key = "one_track_missing" if tracks == 1 else "ends_early"
            raise MidiRefused(say(key, where=where, said=tracks, found=0))
        found = say("other_chunks", names=", ".join(other[:MOST_NAMED]))
        raise MidiRefused(say("no_track", where=_track_place(where, 1), found=found))
    remarks = walker.remarks
    if other:
        remarks.append(remark("chunks", count=len(other), names=", ".join(other[:MOST_NAMED])))
    if count < tracks:
        remarks.append(remark("tracks", said=tracks, found=count))
    if walker.broken:
        remarks.append(remark("broken_events", count=walker.broken))
    plain = _HEADER.pack(b"MThd", 6, kind, count, division) + bytes(body)
    return CheckedTracks(division, plain, tracks, count, remarks)


def _track_place(where: str, number: int) -> str:
    return place_inside(where, say("track", number=number))


def _inside_riff(data: bytes, where: str) -> int:
    """Return the offset of the MIDI file: 0, or inside the `data` chunk of a RIFF file of the kind RMID."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return 0
    at = 12
    while len(data) - at >= 8:
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"data":
            return at + 8
        at += 8 + length + length % 2  # RIFF chunks start at even offsets
    raise MidiRefused(say("riff", where=where))


def _header(data: bytes, at: int, where: str) -> tuple[int, int, int, int]:
    """Return type, number of tracks, ticks per beat, and the end of the header."""
    head = data[at : at + _HEADER.size]
    if not head.startswith(b"MThd"):
        if head and b"MThd".startswith(head[:4]):
            raise MidiRefused(say("midi_header", where=where, found=len(head)))
        found = repr(clean(head[:4].decode("latin-1"))) if head else say("empty_file")
        raise MidiRefused(say("no_midi", where=where, found=found))
    if len(head) < _HEADER.size:
        raise MidiRefused(say("midi_header", where=where, found=len(head)))
    _, size, kind, tracks, division = _HEADER.unpack(head)
    if not 6 <= size <= len(data) - at - 8:
        raise MidiRefused(say("header_size", where=where, found=size))
    if kind not in (0, 1):
        raise MidiRefused(say("midi_type", where=where, found=kind))
    if not 1 <= tracks <= MAX_TRACKS or (kind == 0 and tracks != 1):
        most = 1 if kind == 0 else MAX_TRACKS
        raise MidiRefused(say("most_tracks", where=where, most=most, found=tracks))
    if division & 0x8000 or division == 0:
        raise MidiRefused(say("division", where=where, found=division))
    return kind, tracks, division, at + 8 + size


class _Tracks:
    """Reads one track after another: counts their events and writes the tracks for mido."""

    def __init__(self, where: str, division: int) -> None:
        self.where = where
        self.most_ticks = MAX_BEATS * division
        self.events = 0
        self.broken = 0  # events left out because they are unreadable
        self.remarks: list[str] = []

    def walk(self, track: bytes, place: str) -> bytes:
        """Return a track with only the events that reading notes needs, each at its time. Raises MidiRefused."""
        ticks = 0
        kept = bytearray()
        done = 0
        for delta, status, start, end in _walk(track, place):
            self.events += 1
            ticks += delta
            if self.events > MAX_EVENTS:
                raise MidiRefused(say("most_events", where=self.where, most=MAX_EVENTS))
            if ticks > self.most_ticks:
                raise MidiRefused(say("most_beats", where=place, most=MAX_BEATS))
            if status < 0:
                continue
            kept += track[done:status] + self._other_event(track, status, start, end)
            done = end
        return bytes(kept + track[done:])

    def _other_event(self, track: bytes, status: int, start: int, end: int) -> bytes:
        """Return the replacement of an event that is not a channel event: itself, or an event without a meaning."""
        meta = track[status + 1] if track[status] == 0xFF else -1
        content = track[start:end]
        if meta in _TEXTS and len(content) <= MAX_TEXT_BYTES:
            return track[status:end]
        if meta in _TEXTS:
            size = bytes((0x80 | MAX_TEXT_BYTES >> 7, MAX_TEXT_BYTES & 0x7F))
            return bytes((0xFF, meta)) + size + content[:MAX_TEXT_BYTES]
        if meta == _END:
            return b"\xff\x2f\x00"
        if meta in _LENGTHS:
            if len(content) < _LENGTHS[meta] or (meta == _METRE and not content[0]):
                self.broken += 1
            elif meta != _KEY or _is_key(content):
                return track[status:end]
            else:
                sharps = struct.unpack("b", content[:1])[0]
                self.remarks.append(remark("bad_key", sharps=sharps, mode=content[1]))
        return b"\xff\x7f\x00"


def _is_key(content: bytes) -> bool:
    """Whether a key signature is valid: -7 (flats) to 7 (sharps), major or minor."""
    return -7 <= struct.unpack("b", content[:1])[0] <= 7 and content[1] in (0, 1)


def _walk(data: bytes, place: str) -> Iterator[_Event]:
    """Yield the events of a track. Raises MidiRefused if an event exceeds the track."""
    at, end, status = 0, len(data), 0
    while at < end:
        start = at
        delta, at = _quantity(data, at, place)
        first = data[at] if at < end else -1
        other = -1
        if first >= 0x80:
            at += 1
            if first < 0xF0:
                status = first
        elif not status:
            raise MidiRefused(say("status_byte", where=place, at=at, found=first))
        if first >= 0xF0:
            other = at - 1
        if first == 0xFF:
            at += 1  # the meta event's type
        content = at
        if first in (0xF0, 0xF7, 0xFF):
            length, content = _quantity(data, at, place)
            at = content + length
            if first != 0xFF:  # mido, and many writers, keep the running status over a meta event
                status = 0
        elif first > 0xF0:
            raise MidiRefused(say("odd_byte", where=place, byte=first, at=start))
        else:
            at += _DATA_BYTES[status >> 4]
        if at > end or first < 0:
            raise MidiRefused(say("event_end", where=place, at=start))
        yield delta, other, content, at


def _quantity(data: bytes, at: int, place: str) -> tuple[int, int]:
    """Read a variable-length quantity: return its value and the index after it. MidiRefused for more than four bytes."""
    value = 0
    for index in range(at, min(at + 4, len(data))):
        value = value << 7 | data[index] & 0x7F
        if data[index] < 0x80:
            return value, index + 1
    raise MidiRefused(say("quantity", where=place, at=at))
