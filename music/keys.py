"""Transposition between a piece's key and the normalised key of the generators, C major or A minor."""

from music import vocabulary as vo
from music.piece import Note


def shift_of(key: int, mode: int) -> int:
    """Return the semitones from the normalised tonic of a mode to the tonic `key`, -6..5."""
    return (key - vo.TONICS[mode] + 6) % 12 - 6


def transpose_chord(chord: int, semitones: int) -> int:
    """Return a chord token transposed up by `semitones`; NO_CHORD stays."""
    if chord == vo.NO_CHORD:
        return chord
    return vo.chord_token(vo.chord_root(chord) + semitones, vo.chord_quality(chord))


def transpose_notes(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    """Return the notes transposed up by `semitones`."""
    return tuple(note._replace(pitch=note.pitch + semitones) for note in notes)
