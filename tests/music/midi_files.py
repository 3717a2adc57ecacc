"""Small MIDI files and WADs, generated so that tests need no external files, and hostile changes to them."""

import io
import random
import struct
from collections.abc import Sequence

import mido

Event = tuple[int, int, int]  # start and end in ticks, pitch
BEAT = 480


def midi_bytes(
    tracks: Sequence[Sequence[Event]],
    *,
    channels: Sequence[int] | None = None,
    programs: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    metres: Sequence[tuple[int, int, int]] = (),
    tempo: int = 500_000,
) -> bytes:
    """Return a MIDI file of type 1 with one track per list of notes."""
    file = mido.MidiFile(type=1, ticks_per_beat=BEAT)
    conductor = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
    at = 0
    for tick, beats, unit in metres:
        change = mido.MetaMessage("time_signature", numerator=beats, denominator=unit, time=tick - at)
        conductor.append(change)
        at = tick
    file.tracks.append(conductor)
    for index, notes in enumerate(tracks):
        channel = channels[index] if channels else index
        track = mido.MidiTrack()
        if names:
            track.append(mido.MetaMessage("track_name", name=names[index]))
        program = programs[index] if programs else 0
        track.append(mido.Message("program_change", channel=channel, program=program))
        moments = [(start, 1, pitch) for start, _, pitch in notes] + [
            (end, 0, pitch) for _, end, pitch in notes
        ]
        now = 0
        for tick, on, pitch in sorted(moments):
            kind = "note_on" if on else "note_off"
            track.append(mido.Message(kind, channel=channel, note=pitch, velocity=90 * on, time=tick - now))
            now = tick
        file.tracks.append(track)
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def song(bars: int = 8, shift: int = 0, seed: int = 1) -> bytes:
    """Return a piece in C major (transposed by `shift` semitones): melody, pad, bass and drums."""
    chance = random.Random(seed)
    melody, pad, bass, drums = [], [], [], []
    for bar in range(bars):
        root = (0, 5, 7, 0)[bar % 4]
        start = bar * 4 * BEAT
        for step in range(8):
            at = start + step * BEAT // 2
            scale = (72, 74, 76, 77, 79, 81, 83, 84)
            pitch = (
                72 + (root, root + 4, root + 7)[chance.randrange(3)] % 12
                if step % 2 == 0
                else chance.choice(scale)
            )
            melody.append((at, at + BEAT // 2 - 20, pitch + shift))
            drums.append((at, at + 60, 42))
        for interval in (0, 4, 7):
            pad.append((start, start + 4 * BEAT - 10, 48 + root + interval + shift))
        for beat in range(4):
            bass.append((start + beat * BEAT, start + (beat + 1) * BEAT - 20, 36 + root + shift))
            drums.append((start + beat * BEAT, start + beat * BEAT + 60, 36 if beat % 2 == 0 else 38))
    return midi_bytes(
        [melody, pad, bass, drums],
        channels=[0, 1, 2, 9],
        programs=[81, 89, 33, 0],
        names=["Lead", "Pad", "Bass", "Drums"],
        metres=[(0, 4, 4)],
    )


def wad_bytes(lumps: Sequence[tuple[str, bytes]], kind: bytes = b"IWAD") -> bytes:
    """Return a WAD with these lumps."""
    body, entries = b"", b""
    for name, data in lumps:
        entries += struct.pack("<II8s", 12 + len(body), len(data), name.encode())
        body += data
    return struct.pack("<4sII", kind, len(lumps), 12 + len(body)) + body + entries


def mutated(data: bytes, seed: int) -> bytes:
    """Return the bytes with a few hostile changes: bytes flipped, removed or doubled, the end cut off, or huge lengths."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not changed:
            break
        at = chance.randrange(len(changed))
        kind = chance.randrange(6)
        if kind == 0:
            changed[at] = chance.randrange(256)
        elif kind == 1:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            del changed[at : at + chance.randrange(1, 64)]
        elif kind == 3:
            changed[at:at] = changed[at : at + chance.randrange(1, 512)] * chance.randrange(1, 40)
        elif kind == 4:
            del changed[at:]
        else:
            changed[at : at + 4] = chance.choice(
                (b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00")
            )
    return bytes(changed)
