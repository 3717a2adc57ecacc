"""Tokens to notes and back, for composer, metrics and synthesiser; all in C major or A minor."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from music import vocabulary as vo
from music.generators.contract import Tokens
from music.piece import Note

HARMONY_LOW: Final = 52  # E3: block chords are written in the octave above it, one pitch for each pitch class
VELOCITY: Final = {"melody": 100, "harmony": 72, "bass": 96, "drums": 96}


class VoiceTokens(NamedTuple):
    """The tokens of some bars: melody, bass and drums have one token per step, chords one per beat."""

    melody: Tokens
    bass: Tokens
    chords: Tokens
    drums: Tokens


def decode_window(melody: Tokens, bass: Tokens, chords: Tokens, drums: Tokens) -> dict[str, tuple[Note, ...]]:
    """Return the notes of some bars of tokens (four or any other number), by vocabulary.VOICES, sorted by start.

    A chord sounds as long as its token stays the same. A HOLD without a note before it is a rest.
    """
    return {
        "melody": _line_notes(melody, vo.MELODY_LOW, VELOCITY["melody"]),
        "harmony": _chord_notes(chords),
        "bass": _line_notes(bass, vo.BASS_LOW, VELOCITY["bass"]),
        "drums": _drum_notes(drums),
    }


def encode_voices(voices: Mapping[str, Sequence[Note]], bars: int) -> VoiceTokens:
    """Return the tokens of a piece's notes, which must already be in C major or A minor.

    Of notes that begin together the melody keeps the highest and the bass the lowest; a note ends where the next
    begins; pitches outside the range move by octaves. A beat's chord is the token with the pitch classes of the harmony notes
    that sound in it, or the nearest one.
    """
    steps = bars * vo.STEPS_PER_BAR
    return VoiceTokens(
        _line_tokens(voices.get("melody", ()), steps, vo.MELODY_LOW, 1),
        _line_tokens(voices.get("bass", ()), steps, vo.BASS_LOW, -1),
        _chord_tokens(voices.get("harmony", ()), bars * vo.BEATS_PER_BAR),
        _drum_tokens(voices.get("drums", ()), steps),
    )


def fold(pitch: int, low: int) -> int:
    """Return the pitch moved by as few octaves as possible into the PITCHES semitones from `low`."""
    if pitch < low:
        return pitch + 12 * -((pitch - low) // 12)
    over = pitch - (low + vo.PITCHES - 1)
    return pitch - 12 * -(-over // 12) if over > 0 else pitch


def voicing(chord: int) -> tuple[int, ...]:
    """Return the pitches of a chord token's block chord, lowest first; NO_CHORD has none."""
    classes = np.flatnonzero(vo.CHORD_PITCH_CLASSES[chord])
    return tuple(sorted(HARMONY_LOW + (int(each) - HARMONY_LOW) % 12 for each in classes))


def nearest_chord(classes: Sequence[int]) -> int:
    """Return the chord token whose pitch classes differ least from these; NO_CHORD for none."""
    if not classes:
        return vo.NO_CHORD
    wanted = np.zeros(12, np.int64)
    wanted[[each % 12 for each in classes]] = 1
    differences = np.abs(vo.CHORD_PITCH_CLASSES[1:].astype(np.int64) - wanted).sum(1)
    return 1 + int(differences.argmin())


def _line_notes(tokens: Tokens, low: int, velocity: int) -> tuple[Note, ...]:
    notes: list[Note] = []
    pitch, start = -1, 0
    for step, token in enumerate([*tokens.tolist(), vo.REST]):
        if token == vo.HOLD:
            continue
        if pitch >= 0:
            notes.append(Note(start, step - start, pitch, velocity))
        pitch = token - vo.FIRST_PITCH + low if token >= vo.FIRST_PITCH else -1
        start = step
    return tuple(notes)


def _chord_notes(chords: Tokens) -> tuple[Note, ...]:
    notes: list[Note] = []
    start = 0
    listed = chords.tolist()
    for beat in range(1, len(listed) + 1):
        if beat == len(listed) or listed[beat] != listed[start]:
            length = (beat - start) * vo.STEPS_PER_BEAT
            for pitch in voicing(listed[start]):
                notes.append(Note(start * vo.STEPS_PER_BEAT, length, pitch, VELOCITY["harmony"]))
            start = beat
    return tuple(notes)


def _drum_notes(drums: Tokens) -> tuple[Note, ...]:
    return tuple(
        Note(step, 1, key, VELOCITY["drums"])
        for step, token in enumerate(drums.tolist())
        for key in sorted(key for bit, (_, key, _) in enumerate(vo.DRUMS) if token >> bit & 1)
    )


def _line_tokens(notes: Sequence[Note], steps: int, low: int, side: int) -> Tokens:
    """Write a voice's tokens; of notes that begin together, side 1 keeps the highest, -1 the lowest."""
    tokens = np.full(steps, vo.REST, np.uint8)
    for note in sorted(notes, key=lambda note: (note.start, side * note.pitch)):
        if not 0 <= note.start < steps:
            continue
        tokens[note.start :] = vo.REST
        tokens[note.start : note.start + note.length] = vo.HOLD
        tokens[note.start] = vo.FIRST_PITCH + fold(note.pitch, low) - low
    return tokens


def _chord_tokens(notes: Sequence[Note], beats: int) -> Tokens:
    sounding: list[set[int]] = [set() for _ in range(beats)]
    for note in notes:
        first = note.start // vo.STEPS_PER_BEAT
        last = -(-(note.start + note.length) // vo.STEPS_PER_BEAT)
        for beat in range(max(first, 0), min(last, beats)):
            sounding[beat].add(note.pitch % 12)
    return np.array([nearest_chord(sorted(classes)) for classes in sounding], np.uint8)


_DRUM_OF_KEY: Final = {key: 1 << bit for bit, (_, _, keys) in enumerate(vo.DRUMS) for key in keys}


def _drum_tokens(notes: Sequence[Note], steps: int) -> Tokens:
    tokens = np.zeros(steps, np.uint8)
    for note in notes:
        if 0 <= note.start < steps:
            tokens[note.start] |= _DRUM_OF_KEY.get(note.pitch, 0)
    return tokens
