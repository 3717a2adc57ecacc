"""How written notes are played: held, broken into arpeggios, or repeated in eighths. One function per pattern."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from music.piece import Note


class Event(NamedTuple):
    """One sounding note: start and length in steps (may be fractional), MIDI pitch, velocity 1..127."""

    start: float
    length: float
    pitch: int
    velocity: int


def hold(notes: Sequence[Note]) -> list[Event]:
    """Return the notes as written."""
    return [Event(*note) for note in notes]


def _chords(notes: Sequence[Note]) -> list[tuple[list[Note], int]]:
    """Return groups of notes that start together, each with the step at which the next group starts."""
    groups = [list(group) for _, group in groupby(sorted(notes), key=lambda note: note.start)]
    ends = [group[0].start for group in groups[1:]]
    return [(group, end) for group, end in zip(groups, [*ends, 1 << 30])]


def _arpeggio(notes: Sequence[Note], step: float, order: Callable[[list[int]], list[int]]) -> list[Event]:
    """Break chords of two or more notes into single notes, `step` steps apart; a single note is held."""
    events = []
    for chord, next_start in _chords(notes):
        if len(chord) == 1:
            events.append(Event(*chord[0]))
            continue
        start = chord[0].start
        end = min(max(note.start + note.length for note in chord), next_start)
        pitches = order(sorted({note.pitch for note in chord}))
        velocity = max(note.velocity for note in chord)
        for turn in range(int((end - start) / step)):
            accent = 1.0 if (start + turn * step) % 4 == 0 else 0.82
            pitch = pitches[turn % len(pitches)]
            events.append(Event(start + turn * step, step, pitch, max(1, round(velocity * accent))))
    return events


def fast_arpeggio(notes: Sequence[Note]) -> list[Event]:
    """Break chords into rising 32nd notes, like a sound chip with one free channel."""
    return _arpeggio(notes, 0.5, lambda pitches: pitches)


def rising_arpeggio(notes: Sequence[Note]) -> list[Event]:
    """Break chords into rising 16ths, ending with the lowest note an octave higher."""
    return _arpeggio(notes, 1.0, lambda pitches: [*pitches, pitches[0] + 12] if pitches[0] < 116 else pitches)


def up_down_arpeggio(notes: Sequence[Note]) -> list[Event]:
    """Break chords into eighths that rise and fall."""
    return _arpeggio(notes, 2.0, lambda pitches: pitches + pitches[-2:0:-1])


def _driven(notes: Sequence[Note], rises: tuple[int, ...]) -> list[Event]:
    """Repeat notes of a quarter or longer in eighths, transposed by each of `rises` (semitones) in turn."""
    events = []
    for note in notes:
        if note.length < 4:
            events.append(Event(*note))
            continue
        for at in range(0, note.length, 2):
            pitch = note.pitch + rises[at // 2 % len(rises)]
            accent = 1.0 if (note.start + at) % 4 == 0 else 0.88
            length = min(2, note.length - at)
            events.append(
                Event(note.start + at, length, min(127, pitch), max(1, round(note.velocity * accent)))
            )
    return events


def octaves(notes: Sequence[Note]) -> list[Event]:
    """Repeat long notes in eighths that alternate with the octave above."""
    return _driven(notes, (0, 12))


def pulse(notes: Sequence[Note]) -> list[Event]:
    """Repeat long notes in eighths on the same pitch."""
    return _driven(notes, (0,))


PATTERNS: Final[dict[str, Callable[[Sequence[Note]], list[Event]]]] = {
    "hold": hold,
    "flicker": fast_arpeggio,
    "climb": rising_arpeggio,
    "bounce": up_down_arpeggio,
    "octaves": octaves,
    "pulse": pulse,
}
