"""Read MIDI files with limits: `read_midi` returns notes, tempos, metres and keys, or raises one clear MidiRefused.

`wire.check_tracks` checks the bytes before mido reads them. A file that passes cannot make mido loop, recurse or allocate
more than a few megabytes.
"""

import io
from collections import deque
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from music.errors import MidiRefused
from music.messages import say
from music.midi.wire import MAX_BYTES, MAX_EVENTS, MAX_TRACKS, CheckedTracks, check_tracks
from safefiles.text import clean

__all__ = ["MAX_BYTES", "MAX_EVENTS", "MAX_TRACKS", "MidiNote", "MidiSong", "read_midi"]

MAX_TEXT: Final = 100  # characters kept of a track's name or a marker
MAX_MARKERS: Final = 1000
DRUM_CHANNEL: Final = 9
DEFAULT_TEMPO: Final = 500_000  # microseconds per quarter note, if a file sets no tempo


class MidiNote(NamedTuple):
    """One note. Times are in MIDI ticks; `program` is the General MIDI program at its start."""

    start: int
    end: int
    pitch: int
    velocity: int
    track: int
    channel: int
    program: int
    no_length: bool = False  # the file ends it where it begins; `end` is then one tick later

    @property
    def is_drum(self) -> bool:
        """Whether the note is on General MIDI's percussion channel, so that its pitch names a drum."""
        return self.channel == DRUM_CHANNEL


@dataclass(frozen=True)
class MidiSong:
    """The contents of a MIDI file, in ticks. Lists of (tick, …) are in order of time."""

    ticks_per_beat: int
    notes: tuple[MidiNote, ...]  # sorted
    tempos: tuple[tuple[int, int], ...]  # tick, microseconds a quarter note
    time_signatures: tuple[tuple[int, int, int], ...]  # tick, beats, beat unit
    key_signatures: tuple[tuple[int, str], ...]  # tick, mido's name of the key: C, F#m
    track_names: tuple[str, ...]
    end: int  # tick of the last event
    markers: tuple[tuple[int, str], ...] = ()  # tick, text
    remarks: tuple[str, ...] = ()  # what was left out of the file while reading: lines of `remarks`

    @property
    def tempo_map(self) -> tuple[tuple[int, int], ...]:
        """All changes of tempo from the start on; 120 until the first event."""
        found: list[tuple[int, int]] = [(0, DEFAULT_TEMPO)]
        for tick, tempo in self.tempos:
            if tick == found[-1][0]:
                found.pop()
            if not found or found[-1][1] != tempo:
                found.append((tick, tempo))
        return tuple(found)

    @property
    def tempo(self) -> float:
        """Quarter notes a minute at the start."""
        return 60e6 / self.tempo_map[0][1]


def read_midi(data: bytes, where: str) -> MidiSong:
    """Read a Standard MIDI File of type 0 or 1, or one in a RIFF container. `where` names the file in messages.

    Raises MidiRefused.
    """
    walked = check_tracks(data, where)
    import mido

    try:
        file = mido.MidiFile(file=io.BytesIO(walked.data), clip=True)
    except Exception as error:  # mido raises a dozen unrelated exceptions for broken events
        raise MidiRefused(say("mido", where=where, cause=clean(str(error), 80))) from error
    return _song(file, walked, where)


def _song(file: Any, walked: CheckedTracks, where: str) -> MidiSong:
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
            # A note without an end is not a note without length, even if its track ends immediately.
            stops = [(started, max(tick, started[0] + 1)) for started in waiting]
            notes.extend(_note(started, stop, channel, pitch, index) for started, stop in stops)
        names.append(name)
        end = max(end, tick)
    if not notes:
        if walked.tracks < walked.declared:
            raise MidiRefused(say("ends_early", where=where, said=walked.declared, found=walked.tracks))
        raise MidiRefused(say("no_notes", where=where))
    return MidiSong(
        walked.ticks_per_beat,
        tuple(sorted(notes)),
        tuple(sorted(tempos, key=lambda tempo: tempo[0])),
        tuple(sorted(metres)),
        tuple(sorted(keys)),
        tuple(names),
        end,
        tuple(sorted(markers, key=lambda marker: marker[0])),
        tuple(walked.remarks),
    )


def _text(read: str) -> str:
    """Return a text of a file, which mido reads as Latin-1 although most programs write UTF-8."""
    raw = read.encode("latin-1", "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = read
    return clean(text[:MAX_TEXT]).strip()[:MAX_TEXT]


def _note(started: tuple[int, int, int], tick: int, channel: int, pitch: int, track: int) -> MidiNote:
    start, velocity, program = started
    return MidiNote(start, max(tick, start + 1), pitch, velocity, track, channel, program, tick == start)
