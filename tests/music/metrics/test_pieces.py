"""Whole pieces: their windows are in the normalised key, whatever the piece's key; form distinguishes theme and contrast."""

import json
from dataclasses import replace

import numpy as np
import pytest

from music.composer.compose import compose
from music.edits import in_key
from music.errors import MusicError
from music.metrics.form import form_metrics
from music.metrics.pieces import measure_piece, windows_of_piece
from music.piece import Note, Piece, Section
from tests.music.fakes import fake_generators


@pytest.mark.parametrize("mood", ["bright", "driving"])
def test_a_piece_has_the_same_windows_in_every_key(mood: str) -> None:
    piece = compose(fake_generators(), seed=3, mood=mood, bars=8).piece
    found = windows_of_piece(piece)
    assert len(found) == 5
    for key in range(12):
        moved = windows_of_piece(in_key(piece, key))
        for name in ("melody", "bass", "chords", "drums"):
            np.testing.assert_array_equal(getattr(moved, name), getattr(found, name), err_msg=f"{name} {key}")


def test_form_distinguishes_theme_and_contrast() -> None:
    tune = [Note(step, 2, pitch, 90) for step, pitch in ((0, 60), (4, 62), (8, 64))]
    other = [Note(64 + step, 2, pitch, 90) for step, pitch in ((0, 60), (6, 70), (10, 71))]
    again = [note._replace(start=note.start + 128) for note in tune]
    sections = (Section("theme", 0, 4), Section("contrast", 4, 4), Section("return", 8, 4))
    piece = Piece("x", 12, 120.0, 0, 0, sections=sections, voices={"melody": (*tune, *other, *again)})
    found = form_metrics(piece)
    assert found["form_inside"] == 1.0
    assert found["form_across"] == pytest.approx(1 / 5)
    assert found["form_ratio"] == pytest.approx(5.0)
    assert form_metrics(replace(piece, sections=()))["form_inside"] is None


def test_a_piece_is_measured() -> None:
    found = measure_piece(compose(fake_generators(), seed=4).piece)
    assert found["form_ratio"] is not None
    assert found["muspy_pitch_class_entropy"] is not None
    json.dumps(found, allow_nan=False)


def test_a_piece_without_notes_has_nothing_to_measure() -> None:
    found = measure_piece(Piece("silence", 4, 120.0, 0, 0))
    assert found["used_pitch_classes_melody"] is None
    with pytest.raises(MusicError, match="short: expected at least 4 bars, found 3"):
        measure_piece(Piece("short", 3, 120.0, 0, 0))
