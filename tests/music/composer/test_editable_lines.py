"""Voice leading: what is repaired, what is left unchanged, and that every repair is counted."""

import numpy as np

from music import vocabulary as vo
from music.composer.editable_lines import EditableLine, read_line, repair_melody, voice_chords

C_MAJOR, A_MINOR, F_MAJOR = vo.chord_token(0, 1), vo.chord_token(9, 2), vo.chord_token(5, 1)


def chords(*tokens: int) -> np.ndarray:
    return np.repeat(np.array(tokens, np.uint8), vo.BEATS_PER_BAR)


def line(*notes: tuple[int, int, int]) -> EditableLine:
    return EditableLine(*(list(column) for column in zip(*notes, strict=True))) if notes else EditableLine()


def test_tokens_are_read_as_notes() -> None:
    tokens = np.array([1, 1, 7, 1, 1, 0, 1, 9, 9, 1], np.uint8)
    found = read_line(tokens, vo.MELODY_LOW)
    assert found.start == [2, 7, 8]  # a HOLD without a note before it is a rest
    assert found.length == [3, 1, 2]
    assert found.pitch == [vo.MELODY_LOW + 5, vo.MELODY_LOW + 7, vo.MELODY_LOW + 7]


def test_a_good_line_is_left_alone() -> None:
    melody = line((0, 4, 72), (4, 4, 74), (8, 8, 76))
    report = repair_melody(melody, line((0, 16, 36)), chords(C_MAJOR), 55, 90)
    assert report.touched == 0
    assert report.notes == 3
    assert melody.pitch == [72, 74, 76]


def test_each_fault_is_repaired_and_counted() -> None:
    melody = line((0, 4, 60), (4, 4, 79), (8, 8, 78))  # a leap of 19, then a long f sharp on C
    report = repair_melody(melody, line((0, 16, 36)), chords(C_MAJOR), 58, 90)
    assert (report.leap, report.crossing, report.off_chord) == (1, 0, 1)
    assert melody.pitch[1] == 67
    assert melody.pitch[2] % 12 in (0, 4, 7)


def test_a_melody_under_the_bass_is_lifted() -> None:
    melody = line((0, 2, 57), (2, 2, 57))
    report = repair_melody(melody, line((0, 2, 60)), chords(A_MINOR), 55, 90)
    assert report.crossing == 1
    assert melody.pitch == [69, 57]


def test_chords_move_as_little_as_they_can() -> None:
    notes, moves = voice_chords(chords(C_MAJOR, A_MINOR, F_MAJOR))
    assert [note[:2] for note in notes] == [(0, 16)] * 3 + [(16, 16)] * 3 + [(32, 16)] * 3
    assert moves == [2, 1]  # g to a, then e to f
    classes = [{pitch % 12 for _, _, pitch in notes[index : index + 3]} for index in (0, 3, 6)]
    assert classes == [{0, 4, 7}, {9, 0, 4}, {5, 9, 0}]


def test_silence_has_no_chord() -> None:
    assert voice_chords(chords(vo.NO_CHORD)) == ([], [])
