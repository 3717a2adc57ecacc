"""The patterns that turn written notes into played notes."""

import pytest

from music.piece import Note
from music.synth.patterns import (
    PATTERNS,
    Event,
    fast_arpeggio,
    hold,
    octaves,
    pulse,
    rising_arpeggio,
    up_down_arpeggio,
)
from music.synth.timbres import TIMBRES

CHORD = [Note(8, 8, 57, 80), Note(8, 8, 60, 80), Note(8, 8, 64, 90)]


def test_timbres_name_only_patterns_that_exist() -> None:
    used = {
        sound.pattern for timbre in TIMBRES.values() for sound in timbre.melody + timbre.harmony + timbre.bass
    }
    assert used <= set(PATTERNS)


def test_held_notes_stay_as_written() -> None:
    assert hold(CHORD) == [Event(*note) for note in CHORD]


def test_a_fast_arpeggio_plays_every_pitch_in_turn_in_32nds() -> None:
    events = fast_arpeggio(CHORD)
    assert [event.pitch for event in events[:4]] == [57, 60, 64, 57]
    assert [event.start for event in events] == [8 + 0.5 * n for n in range(16)]


def test_a_climb_ends_an_octave_above_its_root() -> None:
    assert [event.pitch for event in rising_arpeggio(CHORD)] == [57, 60, 64, 69] * 2


def test_an_up_down_arpeggio_rises_and_falls() -> None:
    chord = [note._replace(length=16) for note in CHORD]
    assert [event.pitch for event in up_down_arpeggio(chord)] == [57, 60, 64, 60] * 2


@pytest.mark.parametrize("pattern", [fast_arpeggio, rising_arpeggio, up_down_arpeggio])
def test_a_chord_ends_where_the_next_begins_and_a_single_note_is_held(pattern: object) -> None:
    assert callable(pattern)
    late = [Note(12, 4, 55, 80), Note(12, 4, 59, 80)]
    events = pattern([*CHORD, *late])
    assert {event.pitch for event in events if event.start >= 12} <= {55, 59, 67}
    assert pattern([Note(0, 8, 60, 80)]) == [Event(0, 8, 60, 80)]


def test_octaves_drive_long_notes_and_leave_short_ones() -> None:
    assert [event.pitch for event in octaves([Note(0, 8, 40, 100)])] == [40, 52, 40, 52]
    assert octaves([Note(0, 3, 40, 100)]) == [Event(0, 3, 40, 100)]
    assert [event.length for event in pulse([Note(0, 5, 40, 100)])] == [2, 2, 1]


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_no_pattern_leaves_the_range_of_midi(pattern: object) -> None:
    assert callable(pattern)
    high = [Note(0, 16, 127, 1), Note(0, 16, 120, 127), Note(16, 16, 125, 3)]
    for event in pattern(high):
        assert 0 <= event.pitch <= 127
        assert 1 <= event.velocity <= 127
        assert event.start >= 0
        assert event.start + event.length <= 32
