"""The metrics of a whole piece: the window metrics averaged over its four-bar windows, and MusPy's metrics over all notes."""

from typing import Any

import numpy as np

from music import vocabulary as vo
from music.decode import encode_voices
from music.errors import MusicError
from music.keys import shift_of, transpose_notes
from music.metrics.form import form_metrics
from music.metrics.formulas import NAMES, means, measure
from music.metrics.notes import note_metrics
from music.piece import Piece
from music.windows import Windows, empty_windows


def windows_of_piece(piece: Piece) -> Windows:
    """A piece's windows at every bar, in C major or A minor. MusicError if it is shorter than a window."""
    if piece.bars < vo.BARS:
        raise MusicError(f"{piece.title}: expected at least {vo.BARS} bars, found {piece.bars}")
    shift = shift_of(piece.key, piece.mode)
    voices = {
        name: notes if name == "drums" else transpose_notes(notes, -shift)
        for name, notes in piece.voices.items()
    }
    tokens = encode_voices(voices, piece.bars)
    starts = np.arange(piece.bars - vo.BARS + 1)
    silent = empty_windows(len(starts))
    steps = starts[:, None] * vo.STEPS_PER_BAR + np.arange(vo.STEPS)
    beats = starts[:, None] * vo.BEATS_PER_BAR + np.arange(vo.BEATS)
    bits = sum(bit for name, bit in vo.VOICE_BIT.items() if piece.voices.get(name))
    return Windows(
        melody=tokens.melody[steps],
        bass=tokens.bass[steps],
        chords=tokens.chords[beats],
        drums=tokens.drums[steps],
        voices=np.full(len(starts), bits, np.uint8),
        mode=np.full(len(starts), piece.mode, np.uint8),
        style=silent.style,
        piece=silent.piece,
        bar=starts.astype(np.int32),
    )


def measure_piece(piece: Piece) -> dict[str, float | None]:
    """Every metric by name; None if the piece has nothing to measure."""
    found: dict[str, Any] = dict(zip(NAMES, means(measure(windows_of_piece(piece))).tolist(), strict=True))
    found |= note_metrics(piece.voices)
    found |= form_metrics(piece)
    return {name: None if value is None or np.isnan(value) else float(value) for name, value in found.items()}
