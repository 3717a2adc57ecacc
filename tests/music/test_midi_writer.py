"""The MIDI file of a piece has the piece's contents for any reader."""

import io
from dataclasses import replace

import mido
import pytest

from music import vocabulary as vo
from music.errors import PieceRefused
from music.midi.writer import KEY_NAMES, piece_to_midi, without_overlaps
from music.piece import Note, Piece, Section
from music.synth.timbres import TIMBRES
from tests.music.synth.pieces import demo_piece


def parsed(piece: Piece) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(piece_to_midi(piece)), charset="utf-8")


def meta(file: mido.MidiFile, kind: str) -> list[tuple[int, mido.MetaMessage]]:
    found = []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == kind:
                found.append((tick, message))
    return found


def test_tempo_metre_key_names_and_markers_are_in_the_file() -> None:
    piece = replace(
        demo_piece(tempo=137.5), sections=(Section("intro", 0, 4), Section("主题", 4, 8)), title="霓虹 1"
    )
    file = parsed(piece)
    assert file.type == 1
    assert [message.tempo for _, message in meta(file, "set_tempo")] == [round(60e6 / 137.5)]
    [(_, metre)] = meta(file, "time_signature")
    assert (metre.numerator, metre.denominator) == (4, 4)
    assert [message.key for _, message in meta(file, "key_signature")] == ["Am"]
    assert [message.name for _, message in meta(file, "track_name")] == ["霓虹 1", *vo.VOICES]
    bar = 4 * file.ticks_per_beat
    assert [(tick, message.text) for tick, message in meta(file, "marker")] == [
        (0, "intro"),
        (4 * bar, "主题"),
        (12 * bar, "end"),
    ]
    assert {tick for tick, _ in meta(file, "end_of_track")} == {16 * bar}
    assert not meta(file, "lyrics")


@pytest.mark.parametrize("timbre", TIMBRES)
def test_programs_are_the_timbres_and_drums_are_on_channel_ten(timbre: str) -> None:
    piece = demo_piece(timbre)
    file = parsed(piece)
    programs = {track.name: next(m for m in track if m.type == "program_change") for track in file.tracks[1:]}
    for voice in ("melody", "harmony", "bass"):
        assert programs[voice].program == TIMBRES[timbre].programs[voice]
    channels = {
        track.name: {message.channel for message in track if not message.is_meta} for track in file.tracks[1:]
    }
    assert channels == {"melody": {0}, "harmony": {1}, "bass": {2}, "drums": {9}}


def test_every_note_is_in_its_track_at_its_time() -> None:
    piece = demo_piece()
    for track in parsed(piece).tracks[1:]:
        tick, started, notes = 0, {}, []
        for message in track:
            tick += message.time
            if message.type == "note_on":
                started[message.note] = (tick, message.velocity)
            elif message.type == "note_off":
                start, velocity = started.pop(message.note)
                notes.append(Note(start // 120, (tick - start) // 120, message.note, velocity))
        assert not started
        assert sorted(notes) == list(piece.voices[track.name])


def test_equal_pieces_give_equal_bytes() -> None:
    assert piece_to_midi(demo_piece()) == piece_to_midi(demo_piece())
    assert piece_to_midi(demo_piece()) != piece_to_midi(demo_piece(tempo=139.0))


def test_every_key_has_a_name_that_mido_knows() -> None:
    for mode in range(len(vo.MODES)):
        for key in range(12):
            [(_, found)] = meta(parsed(replace(demo_piece(bars=1), mode=mode, key=key)), "key_signature")
            assert found.key == KEY_NAMES[mode][key]


def test_a_note_struck_again_while_it_sounds_is_cut_there() -> None:
    notes = [Note(0, 8, 60, 90), Note(4, 4, 60, 80), Note(4, 6, 60, 70), Note(4, 4, 64, 80)]
    assert without_overlaps(notes) == [Note(0, 4, 60, 90), Note(4, 6, 60, 70), Note(4, 4, 64, 80)]


def test_an_unknown_timbre_is_refused() -> None:
    with pytest.raises(PieceRefused, match="expected one of chip, neon, dark"):
        piece_to_midi(replace(demo_piece(), timbre="kazoo"))
