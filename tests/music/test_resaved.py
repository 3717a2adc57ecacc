"""An export opened and saved by another program is imported as the same piece, with remarks about losses."""

from dataclasses import replace
from pathlib import Path

import pytest

from music.edits import edits_of, muted_notes, with_muted
from music.library import IMPORTED, Library, LibraryError
from music.midi.load import midi_to_piece, same_music
from music.midi.remarks import read_remark, remarks_of
from music.midi.writer import piece_to_midi
from music.piece import Note, Piece, Section, piece_to_json, read_piece
from tests.music.rewriters import KEEP_MARKERS, REWRITERS
from tests.music.small_pieces import small_piece

PIECES = [piece for piece in map(small_piece, range(80)) if any(piece.voices.values())][:64]
EXPORTS = [piece_to_midi(piece) for piece in PIECES]
RESAVED = Path(__file__).with_name("resaved")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "music", shipped=None)


def put(library: Library, piece: Piece, name: str) -> None:
    """Put a piece into the library under a name."""
    library.folder.mkdir(parents=True, exist_ok=True)
    (library.folder / f"{name}.piece.json").write_text(piece_to_json(piece), encoding="utf-8")
    library.refresh()


def file(library: Library, name: str, data: bytes) -> Path:
    library.midi_folder.mkdir(parents=True, exist_ok=True)
    path = library.midi_folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("rewriter", REWRITERS)
def test_sixty_four_pieces_stay_equal_through_every_program(rewriter: str) -> None:
    assert len(PIECES) == 64
    assert sum(bool(muted_notes(piece)) for piece in PIECES) > 10
    changed = []
    for piece, data in zip(PIECES, EXPORTS, strict=True):
        back = midi_to_piece(REWRITERS[rewriter](data), "a.mid", like=piece)
        if not same_music(back, piece) or remarks_of(back):
            changed.append(piece.title)
    assert changed == []


@pytest.mark.parametrize("rewriter", REWRITERS)
def test_a_note_that_was_changed_is_seen(rewriter: str) -> None:
    for piece in PIECES[:4]:
        voice = next(voice for voice, notes in piece.voices.items() if notes)
        first, *rest = piece.voices[voice]
        for other in (first._replace(pitch=first.pitch + 1), first._replace(velocity=first.velocity + 1)):
            edited = piece.with_voices({**piece.voices, voice: tuple(sorted([other, *rest]))})
            back = midi_to_piece(REWRITERS[rewriter](piece_to_midi(edited)), "a.mid", like=piece)
            assert not same_music(back, piece)


@pytest.mark.parametrize("rewriter", REWRITERS)
def test_without_the_original_the_remaining_data_of_the_file_is_read(rewriter: str) -> None:
    for piece, data in zip(PIECES[:10], EXPORTS):
        if sum(map(bool, piece.voices.values())) < 4 and rewriter == "one track":
            continue  # a single track has no names
        back = midi_to_piece(REWRITERS[rewriter](data), "a.mid")
        if rewriter not in ("notation", "one track"):
            assert back.voices == piece.voices
        assert (back.mode, back.key) == (piece.mode, piece.key)
        assert back.tempo == pytest.approx(piece.tempo, abs=0.02)
        assert back.bars <= piece.bars
        if rewriter in KEEP_MARKERS and back.bars == piece.bars:
            assert back.sections == piece.sections


@pytest.mark.parametrize("name", ["ours", "pretty_midi", "symusic", "miditoolkit", "muspy", "music21"])
def test_files_that_other_libraries_really_saved(library: Library, name: str) -> None:
    piece = read_piece(RESAVED / "ours.piece.json")
    assert muted_notes(piece)
    assert piece.chords
    assert piece.sections
    data = (RESAVED / f"{name}.mid").read_bytes()
    assert same_music(midi_to_piece(data, f"{name}.mid", like=piece), piece)
    put(library, piece, "ours")
    with pytest.raises(LibraryError, match="expected another piece than Resaved, found the same"):
        library.import_midi(file(library, "ours.mid", data))
    entry = library.import_midi(file(library, "renamed.mid", data))
    assert (entry.state, entry.piece.origin["from"]) == (IMPORTED, "ours")
    assert same_music(replace(entry.piece, title=piece.title), piece)
    assert muted_notes(entry.piece) == muted_notes(piece)
    [told] = remarks_of(entry.piece)
    assert read_remark(told) == ("parent", {"title": "Resaved"})


@pytest.mark.parametrize("rewriter", REWRITERS)
def test_an_edit_in_another_program_keeps_the_rest(library: Library, rewriter: str) -> None:
    piece = with_muted(small_piece(3), "harmony") if not muted_notes(small_piece(3)) else small_piece(3)
    hidden = muted_notes(piece)
    put(library, piece, "small")
    voice = next(voice for voice, notes in piece.voices.items() if len(notes) > 4)
    edited = piece.with_voices({**piece.voices, voice: piece.voices[voice][1:]})
    entry = library.import_midi(file(library, "small.mid", REWRITERS[rewriter](piece_to_midi(edited))))
    assert same_music(replace(entry.piece, chords=piece.chords), edited)
    assert muted_notes(entry.piece) == hidden
    assert edits_of(entry.piece)[-1]["what"] == "midi"


def test_a_longer_file_keeps_chords_and_muted_voices_and_says_that_sections_are_lost(
    library: Library,
) -> None:
    piece = with_muted(replace(small_piece(1), origin={}), "bass")
    put(library, piece, "small")
    end = piece.steps
    voices = {**piece.voices, "melody": (*piece.voices["melody"], Note(end, 16, 72, 90))}
    longer = replace(piece, bars=piece.bars + 1, voices=voices)
    entry = library.import_midi(file(library, "small.mid", REWRITERS["pretty_midi"](piece_to_midi(longer))))
    assert entry.piece.bars == piece.bars + 1
    assert entry.piece.chords == piece.chords
    assert muted_notes(entry.piece) == muted_notes(piece)
    assert remarks_of(entry.piece) == [
        "sections left out: the file has no markers and other bars than the piece had"
    ]


def test_a_shorter_file_cuts_the_muted_voices_and_says_so(library: Library) -> None:
    notes = tuple(Note(4 * n, 4, 40, 90) for n in range(16))
    piece = Piece("Four", 4, 120.0, 0, 0, voices={"bass": notes, "melody": notes})
    put(library, with_muted(piece, "bass"), "four")
    shorter = replace(piece, bars=2, voices={"melody": notes[:7]})
    entry = library.import_midi(file(library, "four.mid", piece_to_midi(shorter)))
    assert muted_notes(entry.piece) == {"bass": notes[:8]}
    assert remarks_of(entry.piece) == ["muted voices cut to the bars of the file: bass"]


def test_chords_that_no_longer_fit_are_said_to_be_left_out() -> None:
    piece = replace(PIECES[0], sections=(Section("theme", 0, PIECES[0].bars),))
    key = (piece.key + 5) % 12
    back = midi_to_piece(piece_to_midi(replace(piece, key=key)), "a.mid", like=piece)
    assert back.chords == ()
    assert [read_remark(line) for line in remarks_of(back)] == [("chords", {})]


def test_a_file_that_shares_less_than_half_of_its_notes_has_no_parent(library: Library) -> None:
    bass = tuple(Note(2 * n, 2, 40 + n % 3, 90) for n in range(30))
    put(library, Piece("One", 4, 120.0, 0, 0, "dark", voices={"bass": bass}), "one")
    for count, parent in ((28, "one"), (32, None)):
        tune = tuple(Note(n, 1, 72 + n % 5, 90) for n in range(count))
        other = Piece("Two", 4, 120.0, 0, 0, voices={"melody": tune, "bass": bass})
        entry = library.import_midi(file(library, "two.mid", piece_to_midi(other)))
        assert entry.piece.origin.get("from") == parent
        library.delete(entry.name)


def test_a_few_notes_in_common_are_chance(library: Library) -> None:
    notes = tuple(Note(4 * n, 4, 60 + n % 3, 90) for n in range(15))
    put(library, Piece("One", 4, 120.0, 0, 0, voices={"melody": notes}), "one")
    data = piece_to_midi(Piece("Two", 4, 120.0, 0, 0, voices={"melody": notes}))
    assert "from" not in library.import_midi(file(library, "two.mid", data)).piece.origin
