"""Copies are detected by a fingerprint that contains no melody, within a stated error."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from music import vocabulary as vo
from music.composer.compose import compose
from music.copying import (
    COPY,
    MIN_ONSETS,
    SLOTS,
    CopyRefused,
    Fingerprints,
    build_fingerprints,
    read_fingerprints,
    signature,
    window_melodies,
)
from music.edits import in_key
from music.errors import MusicError
from music.piece import Note, Piece
from music.windows import Windows, empty_windows
from tests.music.fakes import fake_generators

PLACES = vo.STEPS * vo.PITCHES


def synthetic(count: int, seed: int = 0, notes: int = 24) -> Windows:
    """Windows whose melodies have that many notes at random steps and pitches."""
    chance = np.random.default_rng(seed)
    windows = empty_windows(count)
    for row in range(count):
        steps = chance.choice(vo.STEPS, notes, replace=False)
        windows.melody[row, steps] = vo.FIRST_PITCH + chance.integers(vo.PITCHES, size=notes)
    return windows


def fingerprints_of(windows: Windows, folder: Path) -> Fingerprints:
    path = folder / "fingerprints.npz"
    path.write_bytes(build_fingerprints(windows, corpus="synthetic"))
    return read_fingerprints(path)


def piece_of(windows: Windows, row: int, *, kept: float = 1.0) -> Piece:
    """Four bars with the window's melody in C major; a share of its notes is kept, the others are raised."""
    (steps,) = np.nonzero(windows.melody[row] >= vo.FIRST_PITCH)
    notes = []
    for index, step in enumerate(steps):
        pitch = vo.MELODY_LOW + int(windows.melody[row, step]) - vo.FIRST_PITCH
        if index >= round(kept * len(steps)):
            pitch = pitch + 1 if pitch < vo.MELODY_LOW + vo.PITCHES - 1 else pitch - 1
        notes.append(Note(int(step), 1, pitch, 90))
    return Piece("copy", 4, 120.0, vo.MAJOR, 0, voices={"melody": tuple(notes)})


def two_melodies(overlap: float, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Two melodies of 24 notes, with an overlap close to the wanted one, and the exact overlap."""
    common = round(2 * 24 * overlap / (1 + overlap))
    places = chance.choice(PLACES, 48 - common, replace=False)
    return places[:24], places[24 - common :], common / (48 - common)


@pytest.mark.parametrize(
    ("overlap", "error"), [(0.0, 0.07), (0.3, 0.07), (0.5, 0.06), (0.8, 0.045), (0.9, 0.035)]
)
def test_the_estimate_is_unbiased_and_its_error_is_as_stated(overlap: float, error: float) -> None:
    chance = np.random.default_rng(7)
    errors = []
    for _ in range(300):
        one, other, true = two_melodies(overlap, chance)
        different = int(np.bitwise_count(signature(one) ^ signature(other)).sum())
        errors.append(1 - 2 * different / SLOTS - true)
    theory = float(np.sqrt((1 - overlap**2) / SLOTS))  # of the share of agreeing slots, twice
    assert np.std(errors) <= max(error, 1.2 * theory)
    assert abs(np.mean(errors)) < 0.01


def test_a_copy_is_refused_with_the_number(tmp_path: Path) -> None:
    windows = synthetic(200)
    found = fingerprints_of(windows, tmp_path)
    with pytest.raises(
        CopyRefused, match=r"at most 80% overlap with a training melody, found 100% in bars 1 to 4"
    ):
        found.check(piece_of(windows, 17))


def test_a_copy_is_found_in_the_middle_of_a_piece_and_in_another_key(tmp_path: Path) -> None:
    windows = synthetic(50)
    found = fingerprints_of(windows, tmp_path)
    short = piece_of(windows, 3)
    late = tuple(note._replace(start=note.start + 5 * vo.STEPS_PER_BAR) for note in short.voices["melody"])
    piece = in_key(replace(short, bars=12, voices={"melody": late}), 4)
    nearest = found.nearest(piece)
    assert nearest.share == 1.0
    assert nearest.bar == 5


@pytest.mark.parametrize(("kept", "refused"), [(0.95, True), (0.6, False), (0.0, False)])
def test_the_limit_separates_near_copies_from_relatives(tmp_path: Path, kept: float, refused: bool) -> None:
    windows = synthetic(100)
    found = fingerprints_of(windows, tmp_path)
    shares = [found.nearest(piece_of(windows, row, kept=kept)).share for row in range(20)]
    assert [share > COPY for share in shares] == [refused] * 20


def test_a_composed_piece_is_no_copy_of_chance(tmp_path: Path) -> None:
    found = fingerprints_of(synthetic(2000), tmp_path)
    piece = compose(fake_generators(), seed=3, bars=16).piece
    assert found.check(piece).share < 0.5


def test_few_notes_are_no_copy(tmp_path: Path) -> None:
    windows = synthetic(20, notes=MIN_ONSETS - 1)
    found = fingerprints_of(windows, tmp_path)
    assert len(found) == 0
    assert found.nearest(piece_of(windows, 0)).share == 0.0


def test_melodies_begin_at_every_bar_in_the_normalised_key() -> None:
    melody = (Note(0, 4, 60, 90), Note(64, 4, 62, 90))
    piece = Piece("x", 5, 120.0, vo.MAJOR, 0, voices={"melody": melody})
    first, second = window_melodies(piece)
    assert list(first) == [60 - vo.MELODY_LOW]
    assert list(second) == [48 * vo.PITCHES + 62 - vo.MELODY_LOW]
    for key in range(12):
        assert [list(row) for row in window_melodies(in_key(piece, key))] == [list(first), list(second)]


def test_notes_outside_the_range_are_brought_in_by_octaves() -> None:
    piece = Piece("x", 4, 120.0, vo.MAJOR, 0, voices={"melody": (Note(0, 1, 24, 90), Note(4, 1, 127, 90))})
    (found,) = window_melodies(piece)
    pitches = found % vo.PITCHES + vo.MELODY_LOW
    assert [int(pitch) % 12 for pitch in pitches] == [0, 7]


def test_the_file_is_small_and_holds_neither_tokens_nor_order(tmp_path: Path) -> None:
    windows = synthetic(300)
    data = build_fingerprints(windows)
    assert len(data) < 300 * SLOTS // 8 + 1000
    assert data == build_fingerprints(windows[::-1])
    with np.load(io.BytesIO(data)) as archive:
        assert set(archive.files) == {"about", "signatures"}


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "foreign", "shape", "format"])
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "fingerprints.npz"
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("hello")
    elif damage == "foreign":
        np.savez(path, other=np.zeros(3))
    elif damage in ("shape", "format"):
        with np.load(io.BytesIO(build_fingerprints(synthetic(3)))) as archive:
            about, signatures = archive["about"], archive["signatures"]
        if damage == "shape":
            signatures = signatures[:, :5]
        else:
            about = np.frombuffer(b'{"format": "x"}', np.uint8)
        np.savez(path, about=about, signatures=signatures)
    with pytest.raises(MusicError) as refused:
        read_fingerprints(path)
    assert "fingerprints.npz" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "fingerprints.npz"
    np.savez(path, about=np.array([{"format": 1}], object), signatures=np.zeros((1, 32), np.uint8))
    with pytest.raises(MusicError):
        read_fingerprints(path)
