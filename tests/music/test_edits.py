"""Edits return a new piece, are recorded in it, and can be undone by the opposite edit."""

import json
from dataclasses import replace

import pytest

from music import vocabulary as vo
from music.composer.compose import compose
from music.edits import (
    MAX_EDITS,
    edits_of,
    in_key,
    muted_notes,
    with_edit,
    with_muted,
    with_solo,
    with_tempo,
    with_title,
)
from music.errors import MusicError
from music.piece import Note, Piece, piece_from_json, piece_to_json
from tests.music.fakes import fake_generators


@pytest.fixture(scope="module")
def piece() -> Piece:
    return compose(fake_generators(), seed=5, mood="driving", bars=16).piece


def test_tempo(piece: Piece) -> None:
    changed = with_tempo(piece, 90)
    assert changed.tempo == 90.0
    assert changed.voices == piece.voices
    assert edits_of(changed) == [{"what": "tempo", "from": piece.tempo, "to": 90.0}]
    assert edits_of(piece) == []


@pytest.mark.parametrize("tempo", [0.0, 29.9, 301.0, float("nan")])
def test_a_tempo_outside_the_range_is_refused(piece: Piece, tempo: float) -> None:
    with pytest.raises(MusicError, match="tempo: expected a number from 30 to 300"):
        with_tempo(piece, tempo)


@pytest.mark.parametrize("key", range(12))
def test_a_key_moves_notes_and_chords_and_leaves_drums(piece: Piece, key: int) -> None:
    changed = in_key(piece, key)
    semitones = changed.voices["bass"][0].pitch - piece.voices["bass"][0].pitch
    assert (piece.key + semitones) % 12 == key
    assert changed.voices["drums"] == piece.voices["drums"]
    for voice in ("melody", "harmony", "bass"):
        moves = {b.pitch - a.pitch for a, b in zip(piece.voices[voice], changed.voices[voice], strict=True)}
        assert moves == {semitones}
    roots = [
        (vo.chord_root(b) - vo.chord_root(a)) % 12 for a, b in zip(piece.chords, changed.chords, strict=True)
    ]
    assert set(roots) == {semitones % 12}
    assert in_key(changed, piece.key).voices == piece.voices


def test_a_key_that_leads_out_of_midi_is_refused() -> None:
    piece = Piece("high", 1, 120.0, vo.MAJOR, 0, voices={"melody": (Note(0, 4, 125, 90),)})
    with pytest.raises(MusicError, match=r"within 0\.\.127"):
        in_key(piece, 5)


def test_mute_and_unmute_bring_the_notes_back(piece: Piece) -> None:
    quiet = with_muted(piece, "drums")
    assert quiet.voices["drums"] == ()
    assert quiet.voices["melody"] == piece.voices["melody"]
    back = with_muted(quiet, "drums", False)
    assert back.voices == piece.voices
    assert "muted" not in back.origin
    assert [edit["what"] for edit in edits_of(back)] == ["mute", "unmute"]


def test_muting_twice_changes_nothing(piece: Piece) -> None:
    quiet = with_muted(piece, "bass")
    assert with_muted(quiet, "bass") is quiet
    assert with_muted(piece, "bass", False) is piece


def test_solo_silences_the_others_and_ends(piece: Piece) -> None:
    alone = with_solo(piece, "melody")
    assert [voice for voice in vo.VOICES if alone.voices[voice]] == ["melody"]
    assert set(muted_notes(alone)) == {"harmony", "bass", "drums"}
    assert with_solo(alone, "melody", False).voices == piece.voices


def test_a_muted_voice_follows_the_key(piece: Piece) -> None:
    key = (piece.key + 3) % 12
    assert (
        with_muted(in_key(with_muted(piece, "bass"), key), "bass", False).voices == in_key(piece, key).voices
    )


def test_muted_notes_survive_the_file(piece: Piece) -> None:
    quiet = with_solo(piece, "bass")
    read = piece_from_json(piece_to_json(quiet).encode(), "x")
    assert with_solo(read, "bass", False).voices == piece.voices


@pytest.mark.parametrize(
    "stored", [{"melody": [[0, 0, 60, 90]]}, {"melody": "x"}, {"flute": []}, [1, 2], "melody"]
)
def test_damaged_muted_notes_are_refused(piece: Piece, stored: object) -> None:
    damaged = replace(piece, origin={**piece.origin, "muted": stored})
    with pytest.raises(MusicError):
        with_muted(damaged, "melody", False)


def test_titles(piece: Piece) -> None:
    assert with_title(piece, "  Neon   雨 ").title == "Neon 雨"
    assert edits_of(with_title(piece, "x")) == []
    for bad in ("", "  ", "a\x00b", "x" * 201):
        with pytest.raises(MusicError, match="title"):
            with_title(piece, bad)


def test_unknown_voices_are_refused(piece: Piece) -> None:
    with pytest.raises(
        MusicError, match="voice: expected one of melody, harmony, bass, drums, found 'flute'"
    ):
        with_muted(piece, "flute")


def test_recorded_edits_are_bounded_and_json(piece: Piece) -> None:
    full = replace(piece, origin={**piece.origin, "edits": [{"what": "x"}] * MAX_EDITS})
    with pytest.raises(MusicError, match="at most 500 edits"):
        with_edit(full, "tempo")
    json.dumps(with_solo(with_tempo(piece, 99), "bass").origin)


def test_an_untrusted_origin_is_read_safely() -> None:
    piece = Piece("x", 1, 120.0, 0, 0, origin={"edits": "many", "muted": []})
    assert edits_of(piece) == []
    assert muted_notes(piece) == {}
