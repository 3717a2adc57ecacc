"""The library distinguishes states of pieces, survives restarts and damage, and reports errors in one line."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from music import vocabulary as vo
from music.composer.compose import compose
from music.composer.reroll import reroll_bar
from music.copying import CopyRefused, Fingerprints, build_fingerprints, read_fingerprints
from music.edits import edits_of, muted_notes, with_muted, with_tempo
from music.errors import MusicError
from music.library import (
    EDITED,
    GENERATED,
    IMPORTED,
    KEPT,
    MAX_PIECES,
    MAX_UNDO,
    REJECTED,
    SHIPPED,
    SUFFIX,
    Library,
    LibraryError,
    is_name,
    name_from,
)
from music.midi.writer import piece_to_midi
from music.piece import Piece, piece_to_json, read_piece
from music.windows import empty_windows
from tests.music.fakes import fake_generators

SET = fake_generators()


def make(seed: int = 1, mood: str = "calm") -> Callable[[], Piece]:
    return lambda: compose(SET, seed=seed, mood=mood, bars=8).piece


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "music", shipped=None)


def again(library: Library) -> Library:
    """The library as read by another run of the program."""
    return Library(library.folder, shipped=None)


def states(library: Library) -> dict[str, str]:
    return {entry.name: entry.state for entry in library.entries()}


def test_a_candidate_is_generated_and_stays_over_a_restart(library: Library) -> None:
    entry = library.add(make(7))
    assert (entry.name, entry.state, entry.usable) == ("calm-7", GENERATED, False)
    assert entry.piece.origin["seed"] == 7
    assert again(library).entries() == library.entries() == [entry]


def test_generated_kept_edited_rejected_and_imported_are_distinguished(
    library: Library, tmp_path: Path
) -> None:
    for seed in range(4):
        library.add(make(seed))
    library.keep("calm-1")
    library.reject("calm-2")
    library.edit("calm-3", lambda piece: with_tempo(piece, 90))
    midi = tmp_path / "Song of mine.mid"
    rewrite(midi, replace(make(9)(), title="Song of mine"))
    library.import_midi(midi)
    expected = {
        "calm-0": GENERATED,
        "calm-1": KEPT,
        "calm-2": REJECTED,
        "calm-3": EDITED,
        "song-of-mine": IMPORTED,
    }
    assert states(library) == states(again(library)) == expected


def test_pieces_are_sorted_by_state_and_title(library: Library) -> None:
    for seed in (3, 1, 2):
        library.add(make(seed))
    library.keep("calm-2")
    assert [entry.name for entry in library.entries()] == ["calm-2", "calm-1", "calm-3"]


def test_a_rejected_piece_can_be_taken_back(library: Library) -> None:
    library.add(make())
    library.edit("calm-1", lambda piece: with_tempo(piece, 80))
    library.reject("calm-1")
    assert library.keep("calm-1").state == EDITED
    library.add(make(2))
    library.reject("calm-2")
    assert library.keep("calm-2").state == KEPT


def test_the_oldest_rejected_pieces_give_way(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("music.library.MAX_REJECTED", 3)
    for seed in range(5):
        entry = library.add(make(seed))
        library.reject(entry.name)
        os.utime(entry.path, (seed, seed))
    library.add(make(500))
    library.reject("calm-500")
    names = set(states(library))
    assert len(names) == 3
    assert "calm-0" not in names
    assert "calm-500" in names


def test_a_new_title_keeps_the_name(library: Library) -> None:
    library.add(make())
    entry = library.rename("calm-1", "雨夜 – neon")
    assert (entry.name, entry.piece.title, entry.state) == ("calm-1", "雨夜 – neon", GENERATED)
    assert again(library).entry("calm-1").piece.title == "雨夜 – neon"


def test_an_edit_is_a_new_piece_and_can_be_undone(library: Library) -> None:
    before = library.add(make()).piece
    library.edit("calm-1", lambda piece: with_tempo(piece, 90))
    after = library.edit("calm-1", lambda piece: reroll_bar(SET, piece, 2, 5))
    assert [edit["what"] for edit in edits_of(after.piece)] == ["tempo", "re-roll"]
    assert before.tempo != 90
    reopened = again(library)
    assert reopened.can_undo("calm-1")
    assert edits_of(reopened.undo("calm-1").piece) == edits_of(after.piece)[:1]
    assert reopened.undo("calm-1").piece == before
    assert not reopened.can_undo("calm-1")
    with pytest.raises(LibraryError, match="no edit to undo"):
        reopened.undo("calm-1")


def test_undo_keeps_the_new_title_and_undoes_ten_edits(library: Library) -> None:
    library.add(make())
    for tempo in range(60, 60 + MAX_UNDO + 5):
        library.edit("calm-1", lambda piece, tempo=tempo: with_tempo(piece, tempo))
    library.rename("calm-1", "New")
    done = 0
    while library.can_undo("calm-1"):
        assert library.undo("calm-1").piece.title == "New"
        done += 1
    assert done == MAX_UNDO


def test_an_edit_without_a_change_is_not_recorded(library: Library) -> None:
    library.add(make())
    assert library.edit("calm-1", lambda piece: with_muted(piece, "bass", False)).state == GENERATED


def test_a_failed_edit_leaves_the_piece(library: Library) -> None:
    before = library.add(make())
    with pytest.raises(MusicError):
        library.edit("calm-1", lambda piece: with_tempo(piece, 9999))
    assert again(library).entry("calm-1") == before


def test_equal_titles_get_names_of_their_own(library: Library) -> None:
    assert [library.add(make()).name for _ in range(3)] == ["calm-1", "calm-1-2", "calm-1-3"]


def test_deleting_leaves_nothing(library: Library) -> None:
    library.add(make())
    library.edit("calm-1", lambda piece: with_tempo(piece, 90))
    library.delete("calm-1")
    assert [path for path in library.folder.rglob("*") if path.is_file()] == []
    with pytest.raises(LibraryError, match="expected a name of the library, found 'calm-1'"):
        library.delete("calm-1")


def test_shipped_pieces_are_shown_and_only_copies_change(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / f"dawn{SUFFIX}").write_text(piece_to_json(replace(make()(), title="Dawn")), encoding="utf-8")
    library = Library(tmp_path / "own", shipped=shipped)
    assert library.entry("dawn").shipped
    assert library.entry("dawn").usable
    for refused in (library.keep, library.reject, library.delete, library.undo):
        with pytest.raises(LibraryError, match="shipped with the program"):
            refused("dawn")
    copy = library.edit("dawn", lambda piece: with_tempo(piece, 77))
    assert (copy.name, copy.state, copy.piece.title) == ("dawn-2", EDITED, "Dawn *")
    assert library.entry("dawn").piece.tempo != 77
    assert {entry.state for entry in Library(tmp_path / "own", shipped=shipped).entries()} == {
        SHIPPED,
        EDITED,
    }


# Copies


def training(piece: Piece, folder: Path) -> Fingerprints:
    """The fingerprint of a corpus with the piece's first four bars, in C major or A minor."""
    windows = empty_windows(1)
    semitones = (piece.key - vo.TONICS[piece.mode] + 6) % 12 - 6
    for note in piece.voices["melody"]:
        if note.start < vo.STEPS:
            windows.melody[0, note.start] = note.pitch - semitones - vo.MELODY_LOW + vo.FIRST_PITCH
    path = folder / "fingerprints.npz"
    path.write_bytes(build_fingerprints(windows))
    return read_fingerprints(path)


def test_a_copy_of_a_training_piece_is_refused_with_the_number(tmp_path: Path) -> None:
    known = training(make(1, "bright")(), tmp_path)
    library = Library(tmp_path / "music", shipped=None, fingerprints=lambda: known)
    with pytest.raises(CopyRefused, match="expected at most 80% overlap with a training melody, found 100%"):
        library.add(make(1, "bright"))
    assert library.entries() == []
    entry = library.add(make(2, "bright"))
    assert 0.0 <= entry.piece.origin["overlap"] <= 0.8
    with pytest.raises(CopyRefused):
        library.edit(entry.name, lambda _: make(1, "bright")(), compare=True)


# MIDI


def rewrite(path: Path, piece: Piece) -> None:
    """A change made in a MIDI editor."""
    path.write_bytes(piece_to_midi(piece))


def test_an_edited_export_becomes_an_edit_with_its_origin(library: Library) -> None:
    entry = library.add(make())
    path = library.export_midi("calm-1")
    assert library.midi_files() == [path]
    rewrite(path, entry.piece.with_voices({**entry.piece.voices, "drums": ()}))
    found = library.import_midi(path)
    assert (found.name, found.state, found.piece.title) == ("calm-1", EDITED, "Calm 1")
    assert found.piece.voices["drums"] == ()
    assert found.piece.origin["seed"] == 1
    assert (found.piece.timbre, found.piece.chords) == (entry.piece.timbre, entry.piece.chords)
    assert edits_of(found.piece)[-1]["what"] == "midi"
    assert edits_of(found.piece)[-1]["file"] == "calm-1.mid"
    assert again(library).undo("calm-1").piece == entry.piece


def test_an_unchanged_export_is_refused(library: Library) -> None:
    library.add(make())
    path = library.export_midi("calm-1")
    with pytest.raises(LibraryError, match=r"calm-1.mid: expected another piece than Calm 1, found the same"):
        library.import_midi(path)


def test_muted_voices_survive_the_way_through_midi(library: Library) -> None:
    entry = library.add(make())
    library.edit("calm-1", lambda piece: with_muted(piece, "bass"))
    path = library.export_midi("calm-1")
    rewrite(path, with_tempo(entry.piece.with_voices({**entry.piece.voices, "bass": ()}), 70))
    found = library.import_midi(path).piece
    assert found.tempo == pytest.approx(70, abs=0.01)
    assert with_muted(found, "bass", False).voices["bass"] == entry.piece.voices["bass"]
    rewrite(path, with_tempo(entry.piece, 75))  # now with another bass
    assert muted_notes(library.import_midi(path).piece) == {}


def test_an_external_file_is_imported_as_a_new_piece(library: Library) -> None:
    path = library.midi_folder / "Åland Waltz.MID"
    path.parent.mkdir(parents=True)
    rewrite(path, replace(make()(), title="Waltz"))
    assert library.midi_files() == [path]
    entry = library.import_midi(path)
    assert (entry.state, entry.piece.origin["by"], entry.piece.origin["file"]) == (
        IMPORTED,
        "midi",
        path.name,
    )
    assert library.keep(library.reject(entry.name).name).state == IMPORTED


@pytest.mark.parametrize("data", [b"", b"MThd", b"x" * 100])
def test_a_broken_file_is_refused_in_one_line(library: Library, data: bytes) -> None:
    path = library.midi_folder / "broken.mid"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with pytest.raises(MusicError) as refused:
        library.import_midi(path)
    assert str(refused.value).startswith("broken.mid")
    assert "\n" not in str(refused.value)
    with pytest.raises(LibraryError, match=r"none\.mid: expected a MIDI file, found no such file"):
        library.import_midi(path.with_name("none.mid"))
    assert library.entries() == []


def test_a_piece_is_exported_as_sound(library: Library) -> None:
    library.add(make())
    path = library.export_wav("calm-1")
    assert path == library.folder / "audio" / "calm-1.wav"
    assert path.read_bytes()[:4] == b"RIFF"
    assert path.stat().st_size > 44_100 * 4 * library.entry("calm-1").piece.seconds


def test_a_folder_without_midi_lists_none(library: Library) -> None:
    assert library.midi_files() == []


# Damage


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe", b'{"format": "other"}', b"x" * 3_000_000])
def test_a_damaged_piece_has_its_own_line_and_the_others_stay(library: Library, damage: bytes) -> None:
    library.add(make(1))
    library.add(make(2))
    library.entry("calm-1").path.write_bytes(damage)
    reopened = again(library)
    assert list(states(reopened)) == ["calm-2"]
    (broken,) = reopened.broken()
    assert (broken.name, broken.path) == ("calm-1", library.folder / "calm-1.piece.json")
    assert broken.reason.startswith("calm-1.piece.json")
    assert "expected" in broken.reason
    assert broken.path.read_bytes() == damage
    reopened.add(make(1))
    assert sorted(states(reopened)) == ["calm-1-2", "calm-2"]
    assert broken.path.read_bytes() == damage, "a new piece does not take the name of a damaged one"


def test_other_files_and_names_are_left_unchanged(library: Library) -> None:
    library.add(make())
    (library.folder / "My Song.piece.json").write_text("{}")
    (library.folder / "notes.txt").write_text("x")
    (library.folder / ".calm-9.piece.json.xyz.part").write_text("x")
    reopened = again(library)
    assert list(states(reopened)) == ["calm-1"]
    assert [piece.reason for piece in reopened.broken()] == [
        "My Song.piece.json: expected a name of a-z, 0-9, - and _"
    ]
    assert (library.folder / "My Song.piece.json").exists()


def test_a_crash_between_two_writes_loses_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before = library.add(make())
    calls: list[Path] = []

    def failing(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    monkeypatch.setattr("music.library.write_atomic", failing)
    with pytest.raises(LibraryError, match="not saved"):
        library.edit("calm-1", lambda piece: with_tempo(piece, 90))
    assert len(calls) == 2
    assert again(library).entry("calm-1") == before


def test_a_state_that_is_no_state_is_worked_out(library: Library) -> None:
    entry = library.add(make())
    document = json.loads(entry.path.read_text(encoding="utf-8"))
    document["origin"]["review"] = "shipped"
    entry.path.write_text(json.dumps(document), encoding="utf-8")
    assert states(again(library)) == {"calm-1": GENERATED}


def test_a_folder_that_is_a_file_is_an_empty_library(tmp_path: Path) -> None:
    (tmp_path / "music").write_text("x")
    library = Library(tmp_path / "music", shipped=None)
    assert library.entries() == []
    with pytest.raises((LibraryError, OSError)):
        library.add(make())


def test_a_full_library_says_so(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("music.library.MAX_PIECES", 2)
    library.add(make(1))
    library.add(make(2))
    with pytest.raises(LibraryError, match="at most 2 pieces, found it full"):
        library.add(make(3))
    assert MAX_PIECES >= 100


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Calm 1", "calm-1"),
        ("CON", "piece-con"),
        ("雨夜", "piece"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 90, "a" * 40),
        ("", "piece"),
    ],
)
def test_names_are_safe_file_names(text: str, name: str) -> None:
    assert name_from(text) == name
    assert is_name(name)


def test_what_is_written_is_a_piece_file(library: Library) -> None:
    entry = library.add(make())
    assert read_piece(entry.path) == entry.piece
