"""How five other programs change a MIDI file that they open and save, each as a function of bytes.

Observed with pretty_midi 0.2.11, symusic 0.6.0, miditoolkit 1.0.1 and music21 10.5.1 on our exports; notation programs follow
the known behaviour of MuseScore. `resaved/` has files that the first four really saved.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import mido

Timed = tuple[int, int, mido.Message]  # tick, order among those of one tick, message


@dataclass
class Heard:
    """A track as read by a library."""

    name: str
    program: int
    drums: bool
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)  # start, end, pitch, velocity


def parsed(data: bytes) -> tuple[int, list[tuple[int, Any]], list[Heard]]:
    """Return ticks per beat, meta events other than names, and the tracks with notes."""
    file = mido.MidiFile(file=io.BytesIO(data), charset="utf-8")
    metas, tracks = [], []
    for track in file.tracks:
        found = Heard(track.name, 0, False)
        tick, open_notes = 0, {}
        for message in track:
            tick += message.time
            if message.is_meta:
                if message.type not in ("track_name", "end_of_track"):
                    metas.append((tick, message))
            elif message.type == "program_change":
                found.program, found.drums = message.program, message.channel == 9
            elif message.type == "note_on" and message.velocity:
                open_notes[message.note] = (tick, message.velocity)
            else:
                start, velocity = open_notes.pop(message.note)
                found.notes.append((start, tick, message.note, velocity))
        if found.notes:
            tracks.append(found)
    return file.ticks_per_beat, metas, tracks


def saved(ticks_per_beat: int, tracks: list[list[Timed]], late: int, *, kind: int = 1) -> bytes:
    """Return the file; every track ends `late` ticks after its last event."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat, charset="utf-8")
    for events in tracks:
        written, now = mido.MidiTrack(), 0
        for tick, _, message in sorted(events, key=lambda event: event[:2]):
            written.append(message.copy(time=tick - now))
            now = tick
        written.append(mido.MetaMessage("end_of_track", time=late))
        file.tracks.append(written)
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def note_events(track: Heard, channel: int, *, offs_first: bool = True) -> list[Timed]:
    """Return the track's program and notes on a channel; note-offs are note-ons of velocity 0, as most libraries write them."""
    events: list[Timed] = [(0, 0, mido.Message("program_change", channel=channel, program=track.program))]
    for start, end, pitch, velocity in track.notes:
        strike = mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
        events.append((start, 3, strike))
        events.append((end, 2 if offs_first else 4, strike.copy(velocity=0)))
    return events


def named(track: Heard, events: list[Timed]) -> list[Timed]:
    return [(0, -1, mido.MetaMessage("track_name", name=track.name)), *events]


def channels_of(tracks: list[Heard]) -> list[int]:
    free = iter([0, 1, 2, 3, 4, 5, 6, 7, 8])
    return [9 if track.drums else next(free) for track in tracks]


def _kept(metas: list[tuple[int, Any]], *kinds: str) -> list[Timed]:
    return [(tick, 0, message) for tick, message in metas if message.type in kinds]


def pretty_midi(data: bytes) -> bytes:
    """Markers and title are dropped, the tempo is truncated to a microsecond, the track ends a tick late."""
    beat, metas, tracks = parsed(data)
    head = _kept(metas, "time_signature", "key_signature")
    for tick, _, message in _kept(metas, "set_tempo"):
        scale = 60.0 / ((6e7 / message.tempo) * beat)
        head.append((tick, 0, mido.MetaMessage("set_tempo", tempo=int(6e7 / (60.0 / (scale * beat))))))
    body = [named(track, note_events(track, channel)) for track, channel in zip(tracks, channels_of(tracks))]
    return saved(beat, [head, *body], 1)


def symusic(data: bytes) -> bytes:
    """Markers stay, title and empty tracks are dropped, the track ends a tick late. miditoolkit does the same."""
    beat, metas, tracks = parsed(data)
    head = _kept(metas, "set_tempo", "time_signature", "key_signature", "marker")
    body = [named(track, note_events(track, channel)) for track, channel in zip(tracks, channels_of(tracks))]
    return saved(beat, [head, *body], 1)


def music21(data: bytes) -> bytes:
    """Another resolution, instruments guessed from the names, channels from 1 on, no markers, a rest at every end."""
    _, metas, tracks = parsed(data)
    factor, beat = 21, 10_080
    program = {"melody": 53, "harmony": 53, "bass": 39}
    scaled = [
        Heard(
            track.name,
            program.get(track.name, 0),
            track.drums,
            [(a * factor, b * factor, p, v) for a, b, p, v in track.notes],
        )
        for track in tracks
    ]
    head = [
        (tick * factor, 0, message) for tick, _, message in _kept(metas, "time_signature", "key_signature")
    ]
    head += [(tick * factor, 0, message) for tick, _, message in _kept(metas, "set_tempo")]
    body = [
        named(track, note_events(track, 9 if track.drums else n % 9)) for n, track in enumerate(scaled, 1)
    ]
    return saved(beat, [head, *body], beat)


def notation(data: bytes) -> bytes:
    """Notes last 95 % of their length minus a tick, controls and ports before them, no markers and no title."""
    beat, metas, tracks = parsed(data)
    head = _kept(metas, "set_tempo", "time_signature", "key_signature")
    body = []
    for track, channel in zip(tracks, channels_of(tracks)):
        track.notes = [(a, a + max(1, (b - a) * 95 // 100 - 1), p, v) for a, b, p, v in track.notes]
        controls: list[Timed] = [
            (0, 1, mido.Message("control_change", channel=channel, control=number, value=value))
            for number, value in ((121, 0), (7, 100), (10, 64), (91, 0), (93, 0))
        ]
        port = (0, 0, mido.MetaMessage("midi_port", port=0))
        body.append(named(track, [port, *controls, *note_events(track, channel)]))
    return saved(beat, [head, *body], 1)


def one_track(data: bytes) -> bytes:
    """Everything in one track of type 0, markers after the notes, repeated notes start before the previous one ends."""
    beat, metas, tracks = parsed(data)
    events = _kept(metas, "set_tempo", "time_signature", "key_signature")
    events += [(tick, 9, message) for tick, _, message in _kept(metas, "marker")]
    for track in tracks:
        channel = {"melody": 0, "harmony": 1, "bass": 2, "drums": 9}[track.name]
        events += note_events(track, channel, offs_first=False)
    return saved(beat, [events], 7, kind=0)


REWRITERS: dict[str, Callable[[bytes], bytes]] = {
    "pretty_midi": pretty_midi,
    "symusic": symusic,
    "music21": music21,
    "notation": notation,
    "one track": one_track,
}
KEEP_MARKERS = ("symusic", "one track")
