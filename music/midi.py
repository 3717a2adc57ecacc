"""Bounded reading of MIDI files: `read_midi` gives notes, tempos, metres and keys, or one clear MidiRefused.

The bytes are walked once before mido sees them: header, chunk lengths, running status, event count and length in
beats. A file that passes cannot make mido loop, recurse or allocate beyond a few megabytes.
"""

import io
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from music.errors import MidiRefused

MAX_BYTES: Final = 1024 * 1024
MAX_EVENTS: Final = 32_000  # mido decodes about 150,000 a second
MAX_TRACKS: Final = 256
MAX_BEATS: Final = 4096  # quarter notes: 1,024 bars of 4/4, half an hour
MAX_TEXT: Final = 100  # characters kept of a track's name or a marker
MAX_MARKERS: Final = 1000
DRUM_CHANNEL: Final = 9
DEFAULT_TEMPO: Final = 500_000  # microseconds a quarter note, where a file says nothing

_HEADER_BYTES: Final = 14
_DATA_BYTES: Final = {
    0x8: 2,
    0x9: 2,
    0xA: 2,
    0xB: 2,
    0xC: 1,
    0xD: 1,
    0xE: 2,
}  # by the status byte's upper half


class MidiNote(NamedTuple):
    """One sounding note. Times are in MIDI ticks; `program` is the one in force at its start."""

    start: int
    end: int
    pitch: int
    velocity: int
    track: int
    channel: int
    program: int

    @property
    def is_drum(self) -> bool:
        """Whether the note is on General MIDI's percussion channel, so that its pitch names a drum."""
        return self.channel == DRUM_CHANNEL


@dataclass(frozen=True)
class MidiSong:
    """What a MIDI file says, in ticks. Lists of (tick, …) are in order of time."""

    ticks_per_beat: int
    notes: tuple[MidiNote, ...]  # sorted
    tempos: tuple[tuple[int, int], ...]  # tick, microseconds a quarter note
    time_signatures: tuple[tuple[int, int, int], ...]  # tick, beats, beat unit
    key_signatures: tuple[tuple[int, str], ...]  # tick, mido's name of the key: C, F#m
    track_names: tuple[str, ...]
    end: int  # tick of the last event
    markers: tuple[tuple[int, str], ...] = ()  # tick, text

    @property
    def tempo(self) -> float:
        """Quarter notes a minute at the start."""
        return 60e6 / (self.tempos[0][1] if self.tempos else DEFAULT_TEMPO)


def read_midi(data: bytes, where: str) -> MidiSong:
    """Read a Standard MIDI File of type 0 or 1. `where` names the file in messages. Raises MidiRefused."""
    ticks_per_beat = _check_bytes(data, where)
    import mido

    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except Exception as error:  # mido answers broken events with a dozen unrelated exceptions
        raise MidiRefused(f"{where}: expected a MIDI file that mido reads, found {error!s:.80}") from error
    return _song(file, ticks_per_beat, where)


def _song(file: Any, ticks_per_beat: int, where: str) -> MidiSong:
    notes: list[MidiNote] = []
    tempos: list[tuple[int, int]] = []
    metres: list[tuple[int, int, int]] = []
    keys: list[tuple[int, str]] = []
    names: list[str] = []
    markers: list[tuple[int, str]] = []
    end = 0
    for index, track in enumerate(file.tracks):
        tick = 0
        program = [0] * 16
        name = ""
        sounding: dict[tuple[int, int], deque[tuple[int, int, int]]] = {}
        for message in track:
            tick += message.time
            kind = message.type
            if kind == "note_on" and message.velocity:
                started = (tick, message.velocity, program[message.channel])
                sounding.setdefault((message.channel, message.note), deque()).append(started)
            elif kind in ("note_on", "note_off"):
                waiting = sounding.get((message.channel, message.note))
                if waiting:
                    notes.append(_note(waiting.popleft(), tick, message.channel, message.note, index))
            elif kind == "program_change":
                program[message.channel] = message.program
            elif kind == "set_tempo" and message.tempo:
                tempos.append((tick, message.tempo))
            elif kind == "time_signature":
                metres.append((tick, message.numerator, message.denominator))
            elif kind == "key_signature":
                keys.append((tick, message.key))
            elif kind == "track_name" and not name:
                name = _text(message.name)
            elif kind == "marker" and len(markers) < MAX_MARKERS:
                markers.append((tick, _text(message.text)))
        for (channel, pitch), waiting in sounding.items():
            notes.extend(_note(started, tick, channel, pitch, index) for started in waiting)
        names.append(name)
        end = max(end, tick)
    if not notes:
        raise MidiRefused(f"{where}: expected notes, found none")
    return MidiSong(
        ticks_per_beat,
        tuple(sorted(notes)),
        tuple(sorted(tempos)),
        tuple(sorted(metres)),
        tuple(sorted(keys)),
        tuple(names),
        end,
        tuple(sorted(markers, key=lambda marker: marker[0])),
    )


def _text(read: str) -> str:
    """Return a text of a file, which mido reads as Latin-1 although most programs write UTF-8."""
    raw = read.encode("latin-1", "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = read
    return "".join(sign for sign in text[:MAX_TEXT] if sign.isprintable()).strip()


def _note(started: tuple[int, int, int], tick: int, channel: int, pitch: int, track: int) -> MidiNote:
    start, velocity, program = started
    return MidiNote(start, max(tick, start + 1), pitch, velocity, track, channel, program)


def _check_bytes(data: bytes, where: str) -> int:
    """Walk the whole file without building anything; return its ticks per beat. Raises MidiRefused."""
    if len(data) > MAX_BYTES:
        raise MidiRefused(f"{where}: expected at most {MAX_BYTES} bytes, found {len(data)}")
    if len(data) < _HEADER_BYTES or data[:4] != b"MThd":
        raise MidiRefused(f"{where}: expected a MIDI file that starts with MThd, found {data[:4]!r}")
    size, kind, tracks, division = struct.unpack(">IHHH", data[4:_HEADER_BYTES])
    if size != 6:
        raise MidiRefused(f"{where}: expected a header of 6 bytes, found {size}")
    if kind not in (0, 1):
        raise MidiRefused(f"{where}: expected MIDI of type 0 or 1, found {kind}")
    if not 1 <= tracks <= MAX_TRACKS or (kind == 0 and tracks != 1):
        most = 1 if kind == 0 else MAX_TRACKS
        raise MidiRefused(f"{where}: expected 1 to {most} tracks, found {tracks}")
    if division & 0x8000 or division == 0:
        raise MidiRefused(f"{where}: expected time in ticks a beat, found division {division:#06x}")
    events = 0
    at = _HEADER_BYTES
    for track in range(tracks):
        place = f"{where} › track {track + 1}"
        if data[at : at + 4] != b"MTrk" or at + 8 > len(data):
            raise MidiRefused(f"{place}: expected MTrk at byte {at}, found {data[at : at + 4]!r}")
        length = int.from_bytes(data[at + 4 : at + 8], "big")
        at += 8
        if length > len(data) - at:
            raise MidiRefused(f"{place}: expected {length} bytes, found {len(data) - at}")
        ticks = 0
        for delta in _walk(data, at, at + length, place):
            events += 1
            ticks += delta
            if events > MAX_EVENTS:
                raise MidiRefused(f"{where}: expected at most {MAX_EVENTS} events, found more")
            if ticks > MAX_BEATS * division:
                raise MidiRefused(f"{place}: expected at most {MAX_BEATS} beats, found more")
        at += length
    return int(division)


def _walk(data: bytes, at: int, end: int, place: str) -> Iterator[int]:
    """Yield the delta time of each event of data[at:end]. Raises MidiRefused where an event does not fit."""
    status = 0
    while at < end:
        start = at
        delta, at = _quantity(data, at, end, place)
        first = data[at] if at < end else -1
        if first >= 0x80:
            at += 1
            if first < 0xF0:
                status = first
        elif not status:
            raise MidiRefused(f"{place}: expected a status byte at byte {at}, found {first}")
        if first == 0xFF:
            at += 1  # the meta event's type
        if first in (0xF0, 0xF7, 0xFF):
            length, at = _quantity(data, at, end, place)
            at += length
            if first != 0xFF:  # mido, and many writers, keep the running status over a meta event
                status = 0
        elif first > 0xF0:
            raise MidiRefused(f"{place}: expected no {first:#04x} in a file, found one at byte {start}")
        else:
            at += _DATA_BYTES[status >> 4]
        if at > end or first < 0:
            raise MidiRefused(f"{place}: expected the event at byte {start} to end inside its track")
        yield delta


def _quantity(data: bytes, at: int, end: int, place: str) -> tuple[int, int]:
    """Read a variable-length quantity: its value and the byte after it. Raises MidiRefused beyond four bytes."""
    value = 0
    for index in range(at, min(at + 4, end)):
        value = value << 7 | data[index] & 0x7F
        if data[index] < 0x80:
            return value, index + 1
    raise MidiRefused(f"{place}: expected a number of at most four bytes at byte {at}")
