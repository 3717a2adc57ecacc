"""A piece as a Standard MIDI File that any editor opens: a track a voice, sections as markers. Equal pieces, equal bytes."""

import io
from collections.abc import Sequence
from typing import Final

import mido

from music import vocabulary as vo
from music.piece import Note, Piece
from music.synth.timbres import timbre_named

TICKS_PER_BEAT: Final = 480
TICKS_PER_STEP: Final = TICKS_PER_BEAT // vo.STEPS_PER_BEAT
CHANNELS: Final = {"melody": 0, "harmony": 1, "bass": 2, "drums": 9}  # 9 is General MIDI's percussion
END_MARKER: Final = "end"  # marker for the end of a section that no other follows
KEY_NAMES: Final = (  # indexed by vocabulary.MODES, then by the tonic's pitch class
    ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"),
)


def microseconds(tempo: float) -> int:
    """Return the length of a quarter note in microseconds, as MIDI stores it."""
    return round(60e6 / tempo)


def piece_to_midi(piece: Piece) -> bytes:
    """Return a MIDI file of type 1: a track with tempo, metre, key and markers, then one track per voice.

    Notes are as written in the piece: the patterns of a timbre (arpeggios, octaves) are not applied, its General MIDI
    programs are included. MIDI cannot represent two simultaneous notes of one pitch and voice: the first ends where the
    second begins. Raises PieceRefused for an unknown timbre.
    """
    programs = timbre_named(piece.timbre).programs
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(_conductor(piece))
    for voice in vo.VOICES:
        file.tracks.append(_track(piece, voice, programs.get(voice, 0)))
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def _conductor(piece: Piece) -> mido.MidiTrack:
    events = [
        (0, mido.MetaMessage("track_name", name=piece.title)),
        (0, mido.MetaMessage("set_tempo", tempo=microseconds(piece.tempo))),
        (0, mido.MetaMessage("time_signature", numerator=vo.BEATS_PER_BAR, denominator=4)),
        (0, mido.MetaMessage("key_signature", key=KEY_NAMES[piece.mode][piece.key])),
    ]
    events += [
        (bar * vo.STEPS_PER_BAR * TICKS_PER_STEP, mido.MetaMessage("marker", text=name))
        for bar, name in _markers(piece)
    ]
    return _timed(events, piece)


def _markers(piece: Piece) -> list[tuple[int, str]]:
    """Return the bar and name of each section, and an end marker after a section that is not followed directly by another."""
    markers = []
    sections = sorted(piece.sections, key=lambda section: section.bar)
    for index, section in enumerate(sections):
        markers.append((section.bar, section.name))
        following = sections[index + 1].bar if index + 1 < len(sections) else piece.bars + 1
        if section.bar + section.bars < following:
            markers.append((section.bar + section.bars, END_MARKER))
    return markers


def _track(piece: Piece, voice: str, program: int) -> mido.MidiTrack:
    channel = CHANNELS[voice]
    events: list[tuple[int, mido.Message]] = [
        (0, mido.MetaMessage("track_name", name=voice)),
        (0, mido.Message("program_change", channel=channel, program=program)),
    ]
    # At equal times note-offs come before note-ons, so that a repeated note starts again.
    notes: list[tuple[int, int, int, mido.Message]] = []
    for note in without_overlaps(piece.voices.get(voice, ())):
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)
        notes.append((note.start * TICKS_PER_STEP, 1, note.pitch, on))
        notes.append(((note.start + note.length) * TICKS_PER_STEP, 0, note.pitch, off))
    notes.sort(key=lambda item: item[:3])
    events += [(tick, message) for tick, _, _, message in notes]
    return _timed(events, piece)


def without_overlaps(notes: Sequence[Note]) -> list[Note]:
    """Return the notes without overlaps: a note ends when its pitch starts again; of two that start together the longer stays."""
    kept: list[Note] = []
    last: dict[int, int] = {}  # pitch -> index in `kept`
    for note in sorted(notes):
        index = last.get(note.pitch)
        if index is not None:
            before = kept[index]
            if before.start == note.start:
                kept[index] = note
                continue
            if before.start + before.length > note.start:
                kept[index] = before._replace(length=note.start - before.start)
        last[note.pitch] = len(kept)
        kept.append(note)
    return kept


def _timed(events: Sequence[tuple[int, mido.Message]], piece: Piece) -> mido.MidiTrack:
    """Convert events at absolute ticks to a track of time differences that ends with the piece."""
    track = mido.MidiTrack()
    now = 0
    for tick, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    end = piece.steps * TICKS_PER_STEP
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track
