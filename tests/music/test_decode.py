"""Tokens to notes and back: nothing is lost, and notes without a token get the closest one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from music import vocabulary as vo
from music.decode import HARMONY_LOW, decode_window, encode_voices, fold, nearest_chord, voicing
from music.piece import Note

LINE = st.lists(st.integers(0, vo.LINE_TOKENS - 1), min_size=vo.STEPS, max_size=vo.STEPS)
CHORDS = st.lists(st.integers(0, vo.CHORD_TOKENS - 1), min_size=vo.BEATS, max_size=vo.BEATS)
DRUMS = st.lists(st.integers(0, vo.DRUM_TOKENS - 1), min_size=vo.STEPS, max_size=vo.STEPS)


def grammatical(tokens: list[int]) -> NDArray[np.uint8]:
    """The same tokens, with each HOLD without a note replaced by a REST."""
    previous = vo.REST
    result = []
    for token in tokens:
        previous = vo.REST if token == vo.HOLD and previous == vo.REST else token
        result.append(previous)
    return np.array(result, np.uint8)


@given(LINE, LINE, CHORDS, DRUMS)
def test_notes_of_tokens_give_the_tokens_again(
    melody: list[int], bass: list[int], chords: list[int], drums: list[int]
) -> None:
    tokens = grammatical(melody), grammatical(bass), np.array(chords, np.uint8), np.array(drums, np.uint8)
    voices = decode_window(*tokens)
    again = encode_voices(voices, vo.BARS)
    for name, before, after in zip(again._fields, tokens, again):
        np.testing.assert_array_equal(after, before, err_msg=name)
    assert decode_window(*again) == voices


@given(LINE)
def test_decoding_never_overlaps_and_never_leaves_the_bars(melody: list[int]) -> None:
    silence = np.zeros(vo.STEPS, np.uint8)
    notes = decode_window(np.array(melody, np.uint8), silence, np.zeros(vo.BEATS, np.uint8), silence)[
        "melody"
    ]
    assert all(one.start + one.length <= two.start for one, two in pairwise(notes))
    assert all(note.length >= 1 and note.start + note.length <= vo.STEPS for note in notes)


def test_a_held_note_is_one_note_and_a_struck_one_two() -> None:
    pitch = vo.FIRST_PITCH + 5
    silence = np.zeros(vo.STEPS, np.uint8)
    held, struck = silence.copy(), silence.copy()
    held[:4] = pitch, vo.HOLD, vo.HOLD, vo.HOLD
    struck[:4] = pitch, vo.HOLD, pitch, vo.HOLD
    chords = np.zeros(vo.BEATS, np.uint8)
    assert [note.length for note in decode_window(held, silence, chords, silence)["melody"]] == [4]
    assert [note.length for note in decode_window(struck, silence, chords, silence)["melody"]] == [2, 2]


def test_every_chord_has_its_own_pitch_classes_and_a_pitch_for_each() -> None:
    classes = {tuple(vo.CHORD_PITCH_CLASSES[token]) for token in range(vo.CHORD_TOKENS)}
    assert len(classes) == vo.CHORD_TOKENS
    for token in range(vo.CHORD_TOKENS):
        pitches = voicing(token)
        assert {pitch % 12 for pitch in pitches} == set(np.flatnonzero(vo.CHORD_PITCH_CLASSES[token]))
        assert all(HARMONY_LOW <= pitch < HARMONY_LOW + 12 for pitch in pitches)
        assert nearest_chord([pitch % 12 for pitch in pitches]) == token


def test_the_melody_keeps_the_highest_note_and_the_bass_the_lowest() -> None:
    both = [Note(0, 4, 60, 90), Note(0, 8, 64, 90), Note(4, 4, 62, 90)]
    tokens = encode_voices(
        {"melody": both, "bass": [note._replace(pitch=note.pitch - 24) for note in both]}, 1
    )
    assert tokens.melody[0] == vo.FIRST_PITCH + 64 - vo.MELODY_LOW
    assert tokens.bass[0] == vo.FIRST_PITCH + 36 - vo.BASS_LOW
    assert tokens.melody[4] == vo.FIRST_PITCH + 62 - vo.MELODY_LOW  # a later note ends the previous one


@pytest.mark.parametrize("low", [vo.MELODY_LOW, vo.BASS_LOW])
def test_folding_moves_by_octaves_into_the_range(low: int) -> None:
    for pitch in range(128):
        folded = fold(pitch, low)
        assert low <= folded < low + vo.PITCHES
        assert (folded - pitch) % 12 == 0
        if low <= pitch < low + vo.PITCHES:
            assert folded == pitch


def test_notes_outside_the_bars_are_left_out() -> None:
    voices = {
        "melody": [Note(-1, 4, 60, 90), Note(16, 4, 60, 90), Note(14, 90, 60, 90)],
        "harmony": [Note(12, 90, 60, 90), Note(12, 90, 64, 90), Note(12, 90, 67, 90)],
        "drums": [Note(99, 1, 36, 90), Note(0, 1, 3, 90)],
    }
    tokens = encode_voices(voices, 1)
    assert tokens.melody.tolist() == [vo.REST] * 14 + [vo.FIRST_PITCH + 5, vo.HOLD]
    assert tokens.chords.tolist() == [vo.NO_CHORD] * 3 + [vo.chord_token(0, 1)]
    assert not tokens.drums.any()
