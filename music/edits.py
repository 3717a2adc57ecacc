"""Edits of a piece. Every edit returns a new piece and is recorded in its `origin["edits"]`.

with_tempo(piece, 120.0)      in_key(piece, 2)      with_muted(piece, "drums")      with_solo(piece, "bass")
"""

import json
from dataclasses import replace
from typing import Any, Final

from music import vocabulary as vo
from music.errors import MusicError
from music.keys import shift_of, transpose_chord, transpose_notes
from music.messages import say
from music.piece import FORMAT, FORMAT_VERSION, MAX_TEXT, TEMPO_RANGE, Note, Piece, piece_from_json

MAX_EDITS: Final = 500  # recorded in one piece
KEY_NAMES: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def edits_of(piece: Piece) -> list[dict[str, Any]]:
    """Return the recorded edits of a piece, oldest first."""
    edits = piece.origin.get("edits", [])
    return [edit for edit in edits if isinstance(edit, dict)] if isinstance(edits, list) else []


def with_edit(piece: Piece, what: str, **values: Any) -> Piece:
    """Return the piece with one more edit recorded. MusicError if there are too many."""
    edits = edits_of(piece)
    if len(edits) >= MAX_EDITS:
        raise MusicError(say("most_edits", title=piece.title, most=MAX_EDITS))
    return replace(piece, origin={**piece.origin, "edits": [*edits, {"what": what, **values}]})


def with_title(piece: Piece, title: str) -> Piece:
    """Return the piece with another title. This is not recorded as an edit."""
    title = " ".join(title.split())
    if not title or len(title) > MAX_TEXT or not title.isprintable():
        raise MusicError(say("title", most=MAX_TEXT, found=f"{title!r:.60}"))
    return replace(piece, title=title)


def with_tempo(piece: Piece, tempo: float) -> Piece:
    """Return the piece with another tempo in quarter notes per minute."""
    low, high = TEMPO_RANGE
    if not low <= tempo <= high:
        raise MusicError(say("tempo", low=low, high=high, found=tempo))
    return with_edit(replace(piece, tempo=float(tempo)), "tempo", **{"from": piece.tempo, "to": float(tempo)})


def in_key(piece: Piece, key: int) -> Piece:
    """Return the piece transposed to another tonic, 0..11; drums stay. Returning to a key restores its notes."""
    if not 0 <= key < 12:
        raise MusicError(say("key", found=key))
    semitones = shift_of(key, piece.mode) - shift_of(piece.key, piece.mode)
    hidden = muted_notes(piece)

    def carried(voices: dict[str, tuple[Note, ...]]) -> dict[str, tuple[Note, ...]]:
        result = {
            voice: notes if voice == "drums" else transpose_notes(notes, semitones)
            for voice, notes in voices.items()
        }
        pitches = [note.pitch for notes in result.values() for note in notes]
        if pitches and not (min(pitches) >= 0 and max(pitches) <= 127):
            raise MusicError(say("key_range", title=piece.title, tonic=KEY_NAMES[key]))
        return result

    changed = replace(
        piece,
        key=key,
        chords=tuple(transpose_chord(chord, semitones) for chord in piece.chords),
        voices=carried(piece.voices),
    )
    changed = with_hidden(changed, carried(hidden))
    return with_edit(changed, "key", **{"from": KEY_NAMES[piece.key], "to": KEY_NAMES[key]})


def muted_notes(piece: Piece) -> dict[str, tuple[Note, ...]]:
    """Return the notes of the muted voices, by voice; PieceRefused if they are damaged."""
    stored = piece.origin.get("muted", {})
    if not stored:
        return {}
    document = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "title": "",
        "bars": piece.bars,
        "tempo": piece.tempo,
        "mode": vo.MODES[piece.mode],
        "key": piece.key,
        "voices": stored,
    }
    read = piece_from_json(json.dumps(document).encode(), f"{piece.title} › origin › muted")
    return {voice: read.voices[voice] for voice in stored}


def with_muted(piece: Piece, voice: str, on: bool = True) -> Piece:
    """Return the piece with a voice muted, or unmuted."""
    _check_voice(voice)
    if on == (voice in muted_notes(piece)):
        return piece
    changed = _with_silent(
        piece, (set(muted_notes(piece)) | {voice}) if on else set(muted_notes(piece)) - {voice}
    )
    return with_edit(changed, "mute" if on else "unmute", voice=voice)


def with_solo(piece: Piece, voice: str, on: bool = True) -> Piece:
    """Return the piece with only this voice, or with all voices again."""
    _check_voice(voice)
    silent = set(vo.VOICES) - {voice} if on else set()
    if silent == set(muted_notes(piece)):
        return piece
    return with_edit(_with_silent(piece, silent), "solo" if on else "unsolo", voice=voice)


def _check_voice(voice: str) -> None:
    if voice not in vo.VOICES:
        raise MusicError(say("voice", known=", ".join(vo.VOICES), found=f"{voice!r:.40}"))


def _with_silent(piece: Piece, silent: set[str]) -> Piece:
    whole = {**{voice: piece.voices.get(voice, ()) for voice in vo.VOICES}, **muted_notes(piece)}
    heard = {voice: () if voice in silent else whole[voice] for voice in vo.VOICES}
    return with_hidden(
        piece.with_voices(heard), {voice: whole[voice] for voice in vo.VOICES if voice in silent}
    )


def with_hidden(piece: Piece, hidden: dict[str, tuple[Note, ...]]) -> Piece:
    """Return the piece with these notes stored as muted; `voices` is unchanged."""
    origin = {key: value for key, value in piece.origin.items() if key != "muted"}
    if hidden:
        origin["muted"] = {voice: [list(note) for note in notes] for voice, notes in hidden.items()}
    return replace(piece, origin=origin)
