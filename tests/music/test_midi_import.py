"""Exported pieces are imported unchanged; voices of edited and other files are recognised, or the file is refused in one
line."""

import io
from collections.abc import Callable, Iterable
from dataclasses import replace
from string import Formatter
from typing import Any

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music import vocabulary as vo
from music.errors import MidiRefused
from music.midi.load import key_of_notes, midi_to_piece, read_key, tempo_map_of
from music.midi.reader import read_midi
from music.midi.remarks import REMARKS, read_remark, remark, remarks_of
from music.midi.writer import KEY_NAMES, piece_to_midi, without_overlaps
from music.piece import Note, Piece, Section, piece_from_json, piece_to_json
from music.synth.timbres import TIMBRES
from tests.music.synth.pieces import demo_piece

# name of the track, channel, program, notes as (start beat, beats, pitch)
Track = tuple[str, int, int, Iterable[tuple[float, float, int]]]


def saved(file: mido.MidiFile) -> bytes:
    stream = io.BytesIO()
    file.save(file=stream)
    return stream.getvalue()


def midi(*tracks: Track, ppq: int = 96, kind: int = 1, head: Iterable[mido.MetaMessage] = ()) -> bytes:
    """Build a file like another program."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ppq, charset="utf-8")
    events: list[list[tuple[int, int, mido.Message]]] = [[(0, 0, message) for message in head]]
    for name, channel, program, notes in tracks:
        track: list[tuple[int, int, Any]] = (
            [(0, 0, mido.MetaMessage("track_name", name=name))] if name else []
        )
        track.append((0, 1, mido.Message("program_change", channel=channel, program=program)))
        track.append((1, 1, mido.Message("control_change", channel=channel, control=7, value=90)))
        for start, beats, pitch in notes:
            track.append(
                (round(start * ppq), 3, mido.Message("note_on", channel=channel, note=pitch, velocity=90))
            )
            end = round((start + beats) * ppq)
            order = 2 if beats else 4  # of length 0: on, then off at the same tick
            track.append((end, order, mido.Message("note_on", channel=channel, note=pitch, velocity=0)))
        events.append(track)
    if kind == 0:
        events = [[event for track in events for event in track]]
    for track in events:
        written = mido.MidiTrack()
        now = 0
        for tick, _, message in sorted(track, key=lambda event: event[:2]):
            written.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(written)
    return saved(file)


LINE = [(n, 1, 72 + n % 5) for n in range(16)]
LOW = [(n * 2, 2, 36 + n % 3) for n in range(8)]
CHORDS = [(n * 4, 4, pitch) for n in range(4) for pitch in (57, 60, 64)]
BEAT = [(n / 2, 0.25, 42 if n % 2 else 36) for n in range(32)]


def same_music(piece: Piece, other: Piece) -> bool:
    return replace(piece, origin={}) == replace(other, origin={})


@pytest.mark.parametrize("timbre", TIMBRES)
@pytest.mark.parametrize("tempo", [84.0, 137.5, 161.37])
def test_an_exported_piece_is_imported_unchanged(timbre: str, tempo: float) -> None:
    piece = demo_piece(timbre, tempo=tempo)
    back = midi_to_piece(piece_to_midi(piece), "a.mid", like=piece)
    assert same_music(back, piece)
    assert back.origin == {**piece.origin, "import": {"file": "a.mid", "remarks": []}}


@pytest.mark.parametrize("timbre", TIMBRES)
def test_without_the_original_it_is_imported_except_for_its_chords(timbre: str) -> None:
    piece = replace(demo_piece(timbre), title="霓虹")
    assert same_music(midi_to_piece(piece_to_midi(piece), "a.mid"), replace(piece, chords=()))


def test_silent_bars_gaps_between_sections_and_odd_tempos_are_kept() -> None:
    sections = (Section("intro", 1, 2), Section("boss", 4, 2), Section("ending", 6, 1))
    piece = replace(demo_piece(bars=4), bars=9, tempo=133.333333, sections=sections, chords=())
    back = midi_to_piece(piece_to_midi(piece), "a.mid", like=piece)
    assert same_music(back, piece)
    assert midi_to_piece(piece_to_midi(piece), "a.mid").tempo == 133.33


notes = st.lists(
    st.builds(
        lambda start, length, pitch, velocity: Note(start, min(length, 64 - start), pitch, velocity),
        st.integers(0, 63), st.integers(1, 64), st.integers(0, 127), st.integers(1, 127),
    ),
    max_size=12,
)  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys(vo.VOICES, notes)), st.integers(0, 11), st.integers(0, 1))
def test_any_notes_are_imported_unchanged(voices: dict[str, list[Note]], key: int, mode: int) -> None:
    voices = {voice: sorted(without_overlaps(found)) for voice, found in voices.items()}
    piece = Piece("Any", 4, 120.0, mode, key, voices={voice: tuple(found) for voice, found in voices.items()})
    if not any(voices.values()):
        with pytest.raises(MidiRefused, match="expected notes, found none"):
            midi_to_piece(piece_to_midi(piece), "a.mid")
        return
    assert same_music(midi_to_piece(piece_to_midi(piece), "a.mid", like=piece), piece)


@pytest.mark.parametrize("ppq", [24, 96, 384, 480, 960])
def test_any_resolution_is_read(ppq: int) -> None:
    piece = midi_to_piece(midi(("Lead", 3, 0, LINE), ppq=ppq), "a.mid")
    assert piece.voices["melody"] == tuple(Note(4 * n, 4, 72 + n % 5, 90) for n in range(16))
    assert piece.bars == 4


def test_voices_are_found_by_the_names_of_tracks_in_any_order() -> None:
    data = midi(
        ("Drum Kit", 9, 0, BEAT), ("Sub Bass", 4, 0, LOW), ("Arpeggio", 5, 0, CHORDS), ("主音", 6, 0, LINE)
    )
    piece = midi_to_piece(data, "a.mid")
    assert [len(piece.voices[voice]) for voice in vo.VOICES] == [16, 12, 8, 32]


def test_voices_are_found_by_program_if_names_imply_none() -> None:
    data = midi(("", 0, 90, CHORDS), ("Track 2", 1, 81, LINE), ("Track 3", 2, 38, LOW), ("", 9, 0, BEAT))
    piece = midi_to_piece(data, "a.mid")
    assert [len(piece.voices[voice]) for voice in vo.VOICES] == [16, 12, 8, 32]
    assert piece.timbre == "neon"


def test_voices_are_found_by_register_without_names_and_programs() -> None:
    data = midi(("1", 0, 0, LOW), ("2", 1, 0, CHORDS), ("3", 2, 0, LINE))
    piece = midi_to_piece(data, "a.mid")
    assert [len(piece.voices[voice]) for voice in vo.VOICES] == [16, 12, 8, 0]


@pytest.mark.parametrize("timbre", TIMBRES)
def test_an_exported_piece_merged_into_one_track_keeps_its_voices(timbre: str) -> None:
    piece = demo_piece(timbre)
    file = mido.MidiFile(file=io.BytesIO(piece_to_midi(piece)))
    merged = mido.MidiFile(type=0, ticks_per_beat=file.ticks_per_beat)
    merged.tracks.append(mido.merge_tracks(file.tracks))
    for message in list(merged.tracks[0]):
        if message.type == "track_name":
            merged.tracks[0].remove(message)
    back = midi_to_piece(saved(merged), "a.mid", like=piece)
    assert back.voices == piece.voices


def test_one_track_for_two_hands_is_split() -> None:
    piece = midi_to_piece(midi(("Piano", 0, 0, [*LINE, *CHORDS, *LOW])), "a.mid")
    assert all(piece.voices[voice] for voice in ("melody", "harmony", "bass"))
    assert min(note.pitch for note in piece.voices["melody"]) > max(
        note.pitch for note in piece.voices["bass"]
    )
    alone = midi_to_piece(midi(("Piano", 0, 0, LINE)), "a.mid")
    assert len(alone.voices["melody"]) == 16


def test_two_tracks_of_one_voice_are_put_together() -> None:
    later = [(start + 16, beats, pitch) for start, beats, pitch in LINE]
    piece = midi_to_piece(midi(("Lead 1", 0, 0, LINE), ("Lead 2", 1, 0, later)), "a.mid")
    assert len(piece.voices["melody"]) == 32
    assert piece.bars == 8


def test_loose_playing_is_quantised_with_a_remark() -> None:
    loose = [(start + 0.06, 0.01, pitch) for start, _, pitch in LINE]
    piece = midi_to_piece(midi(("Lead", 0, 0, loose)), "a.mid")
    assert piece.voices["melody"] == tuple(Note(4 * n, 1, 72 + n % 5, 90) for n in range(16))
    assert piece.origin["import"]["remarks"][0] == "moved to the nearest 16th: 16 of 16 notes"


def test_of_several_tempos_the_first_counts_with_a_remark() -> None:
    head = [mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("key_signature", key="D")]
    data = midi(("Lead", 0, 0, LINE), head=head)
    file = mido.MidiFile(file=io.BytesIO(data))
    file.tracks[0].append(mido.MetaMessage("set_tempo", tempo=400_000, time=96))
    piece = midi_to_piece(saved(file), "a.mid")
    assert piece.tempo == 120
    assert piece.origin["import"]["remarks"] == ["tempo changes left out: 120 throughout"]


def test_edits_are_imported_and_data_outside_midi_stays() -> None:
    piece = replace(demo_piece("dark"), title="Mine")
    edited = dict(piece.voices)
    edited["melody"] = (*piece.voices["melody"][1:], Note(250, 4, 84, 70))
    back = midi_to_piece(piece_to_midi(replace(piece, voices=edited, tempo=150.0)), "a.mid", like=piece)
    assert back.voices == {**edited, "melody": tuple(sorted(edited["melody"]))}
    assert (back.tempo, back.timbre, back.title, back.chords) == (150.0, "dark", "Mine", piece.chords)


def test_chords_of_a_changed_harmony_are_forgotten() -> None:
    piece = demo_piece()
    edited = {**piece.voices, "harmony": piece.voices["harmony"][:-1]}
    assert midi_to_piece(piece_to_midi(piece.with_voices(edited)), "a.mid", like=piece).chords == ()


def test_a_key_written_as_its_relative_major_stays_what_it_was() -> None:
    piece = demo_piece()
    as_major = piece_to_midi(replace(piece, mode=vo.MAJOR, key=0))
    back = midi_to_piece(as_major, "a.mid", like=piece)
    assert (back.mode, back.key) == (vo.MINOR, 9)
    other = midi_to_piece(piece_to_midi(replace(piece, mode=vo.MAJOR, key=2)), "a.mid", like=piece)
    assert (other.mode, other.key) == (vo.MAJOR, 2)


def test_without_a_key_signature_the_notes_give_the_key() -> None:
    piece = midi_to_piece(
        midi(("Lead", 0, 0, [(n, 1, p) for n, p in enumerate((62, 66, 69, 74, 73, 74))])), "a.mid"
    )
    assert (piece.mode, piece.key) == (vo.MAJOR, 2)
    assert "no key signature: key taken from the notes" in piece.origin["import"]["remarks"]
    assert key_of_notes([]) == (vo.MAJOR, 0)
    assert key_of_notes(note for voice in ("melody", "harmony") for note in demo_piece().voices[voice])[
        1
    ] in (0, 9)


def test_every_key_name_is_read() -> None:
    for mode, names in enumerate(KEY_NAMES):
        assert [read_key(name) for name in names] == [(mode, key) for key in range(12)]
    assert read_key("Cb") == (vo.MAJOR, 11)
    assert read_key("A#m") == (vo.MINOR, 10)


def test_an_imported_piece_can_be_saved() -> None:
    data = midi(("Lead\x01", 0, 0, LINE), ("Bass", 1, 0, LOW), head=[mido.MetaMessage("marker", text="A\nB")])
    piece = midi_to_piece(data, "strange\nname" * 50)
    assert piece_from_json(piece_to_json(piece).encode(), "x") == piece


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no MIDI": (lambda: b"RIFF" + bytes(40), "expected a MIDI file"),
    "no notes": (lambda: midi(("Lead", 0, 0, [])), "expected notes, found none"),
    "waltz": (
        lambda: midi(
            ("Lead", 0, 0, LINE), head=[mido.MetaMessage("time_signature", numerator=3, denominator=4)]
        ),
        "expected 4/4 .* found 3/4",
    ),
    "too slow": (
        lambda: midi(("Lead", 0, 0, LINE), head=[mido.MetaMessage("set_tempo", tempo=3_000_000)]),
        "expected a tempo from 30 to 300, found 20",
    ),
    "too long": (lambda: midi(("Lead", 0, 0, [(4 * 600, 1, 60)])), "expected at most 512 bars, found 601"),
    "too many": (
        lambda: midi(
            *((str(n), n % 9, 0, [(i / 8, 0.1, 40 + n) for i in range(1400)]) for n in range(16)), ppq=24
        ),
        "expected at most 32000 events, found more",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_unusable_file_is_refused_in_one_line(case: str) -> None:
    make, message = REFUSED[case]
    with pytest.raises(MidiRefused, match=message) as refusal:
        midi_to_piece(make(), "a.mid")
    assert str(refusal.value).startswith("a.mid")
    assert "\n" not in str(refusal.value)


def test_a_first_tempo_event_in_a_later_bar_is_a_change() -> None:
    file = mido.MidiFile(file=io.BytesIO(midi(("Lead", 0, 0, LINE))))
    file.tracks[0].insert(0, mido.MetaMessage("set_tempo", tempo=250_000, time=96 * 8))
    piece = midi_to_piece(saved(file), "a.mid")
    assert piece.tempo == 120
    assert "tempo changes left out: 120 throughout" in remarks_of(piece)


def test_a_tempo_set_in_the_rest_before_the_first_note_is_the_tempo() -> None:
    file = mido.MidiFile(file=io.BytesIO(midi(("Lead", 0, 0, [(8 + n, 1, 60 + n) for n in range(8)]))))
    file.tracks[0].insert(0, mido.MetaMessage("set_tempo", tempo=400_000, time=96))
    piece = midi_to_piece(saved(file), "a.mid")
    assert piece.tempo == 150
    assert remarks_of(piece) == ["no key signature: key taken from the notes"]


def test_a_second_key_is_left_out_with_a_remark() -> None:
    keys = [mido.MetaMessage("key_signature", key="D"), mido.MetaMessage("key_signature", key="Eb")]
    piece = midi_to_piece(midi(("Lead", 0, 0, LINE), head=keys), "a.mid")
    assert (piece.key, remarks_of(piece)) == (2, ["changes of key left out: D throughout"])


@pytest.mark.parametrize(
    ("ends", "bars"), [(1, 4), (96, 4), (96 * 3, 4), (96 * 4 - 1, 5), (96 * 4, 5), (96 * 9, 6)]
)
def test_only_whole_bars_of_silence_at_the_end_count(ends: int, bars: int) -> None:
    file = mido.MidiFile(file=io.BytesIO(midi(("Lead", 0, 0, LINE))))
    file.tracks[-1][-1].time = ends  # ticks from the end of bar 4 to the end of the track
    assert midi_to_piece(saved(file), "a.mid").bars == bars


def test_notes_of_no_length_are_left_out_unless_a_part_has_only_these() -> None:
    points = [(2 * n, 0, 60) for n in range(4)]
    mixed = midi_to_piece(midi(("Lead", 0, 0, [*LINE, *points]), ("Drums", 9, 0, BEAT)), "a.mid")
    assert len(mixed.voices["melody"]) == 16
    assert "notes of no length left out: 4" in remarks_of(mixed)
    hits = [(start, 0, pitch) for start, _, pitch in BEAT]
    drums = midi_to_piece(midi(("Lead", 0, 0, LINE), ("", 9, 0, hits)), "a.mid")
    assert drums.voices["drums"] == tuple(Note(2 * n, 1, 42 if n % 2 else 36, 90) for n in range(32))
    assert "notes of no length made 16ths: 32" in remarks_of(drums)
    told = midi_to_piece(midi(("Lead", 0, 0, LINE), ("Bass", 1, 0, points)), "a.mid")
    assert len(told.voices["bass"]) == 4
    untold = midi_to_piece(midi(("Lead", 0, 0, LINE), ("", 1, 0, points)), "a.mid")
    assert sum(map(len, untold.voices.values())) == 16
    alone = midi_to_piece(midi(("", 0, 0, points)), "a.mid")
    assert sum(map(len, alone.voices.values())) == 4


def test_a_tempo_map_is_in_steps_and_within_the_tempos_of_pieces() -> None:
    file = mido.MidiFile(file=io.BytesIO(midi(("Lead", 0, 0, LINE))))
    changes = [(0, 400_000), (96 * 4, 600_000), (96 * 4, 4_000_000)]
    file.tracks[0][:0] = [mido.MetaMessage("set_tempo", tempo=tempo, time=at) for at, tempo in changes]
    tempos, lines = tempo_map_of(read_midi(saved(file), "a.mid"))
    assert tempos == ((0.0, 150.0), (16.0, 100.0), (32.0, 30.0))
    assert lines == ["tempos beyond 30 to 300 brought to the nearest of them: 1"]


def test_every_remark_is_read_back_from_its_line() -> None:
    for code, template in REMARKS.items():
        names = [name for _, name, _, _ in Formatter().parse(template) if name]
        values = {
            name: "x (y), z" if name in ("names", "voices", "tonic", "title") else "-1.5" for name in names
        }
        assert read_remark(remark(code, **values)) == (code, values)
    assert read_remark("something else") is None


def test_remarks_of_a_damaged_piece_are_none() -> None:
    piece = demo_piece(bars=1)
    for told in (3, {}, {"remarks": 3}, {"remarks": [3]}):
        assert remarks_of(replace(piece, origin={"import": told})) == []
    escapes = replace(piece, origin={"import": {"remarks": ["\x1b[2J" * 99]}})
    assert "\x1b" not in remarks_of(escapes)[0]
    assert len(remarks_of(escapes)[0]) <= 200
