"""Tokens to notes, and voice-leading repairs. Every repair is counted and reported."""

from dataclasses import asdict, dataclass, field

import numpy as np

from music import vocabulary as vo
from music.decode import HARMONY_LOW
from music.generators.contract import Tokens

HARMONY_HIGH = 74  # D5, the top of the block chords
MAX_LEAP = 12  # semitones between neighbouring melody notes
CROSSING = 3  # semitones that the melody keeps above the bass
STRONG = 8  # steps: off-chord notes are repaired where they start on a half bar and last a beat or more


@dataclass
class EditableLine:
    """A voice as editable columns, one entry per note, in order of time."""

    start: list[int] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    pitch: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.start)


def read_line(tokens: Tokens, low: int) -> EditableLine:
    """Convert a token line (steps,) to notes; a HOLD without a note before it is a rest."""
    line = EditableLine()
    open_note = False
    for step, token in enumerate(tokens.tolist()):
        if token >= vo.FIRST_PITCH:
            line.start.append(step)
            line.length.append(1)
            line.pitch.append(low + token - vo.FIRST_PITCH)
            open_note = True
        elif token == vo.HOLD and open_note:
            line.length[-1] += 1
        else:
            open_note = False
    return line


@dataclass
class Repairs:
    """Number of notes changed, by reason, and number of notes in all. Reports of several phrases can be added."""

    notes: int = 0
    leap: int = 0
    crossing: int = 0
    off_chord: int = 0

    @property
    def touched(self) -> int:
        """Total number of changes; a note changed for two reasons counts twice."""
        return self.leap + self.crossing + self.off_chord

    def __add__(self, other: "Repairs") -> "Repairs":
        return Repairs(
            self.notes + other.notes,
            self.leap + other.leap,
            self.crossing + other.crossing,
            self.off_chord + other.off_chord,
        )

    def to_dict(self) -> dict[str, int]:
        """JSON-able."""
        return asdict(self)


def repair_melody(melody: EditableLine, bass: EditableLine, chords: Tokens, low: int, high: int) -> Repairs:
    """Repair the melody in place: leaps beyond an octave, notes that cross the bass, long notes on strong beats off the
    chord.

    chords: (beats,) tokens. Pitches stay within low..high.
    """
    report = Repairs(notes=len(melody))
    sounding = _sounding(bass, len(chords) * vo.STEPS_PER_BEAT)
    before = None
    for index in range(len(melody)):
        pitch, start = melody.pitch[index], melody.start[index]
        if before is not None and abs(pitch - before) > MAX_LEAP:
            moved = _octave_nearest(pitch, before, low, high)
            if moved != pitch:
                pitch, report.leap = moved, report.leap + 1
        under = sounding[start]
        if pitch < under + CROSSING and pitch + 12 <= high:
            pitch += 12
            report.crossing += 1
        chord = int(chords[start // vo.STEPS_PER_BEAT])
        strong = start % STRONG == 0 and melody.length[index] >= vo.STEPS_PER_BEAT
        if strong and chord != vo.NO_CHORD and not vo.CHORD_PITCH_CLASSES[chord][pitch % 12]:
            member = _nearest_member(pitch, chord, before, low, high)
            if member != pitch:
                pitch, report.off_chord = member, report.off_chord + 1
        melody.pitch[index] = before = pitch
    return report


def _sounding(line: EditableLine, steps: int) -> list[int]:
    pitches = [-100] * steps
    for start, length, pitch in zip(line.start, line.length, line.pitch, strict=True):
        pitches[start : start + length] = [pitch] * min(length, steps - start)
    return pitches


def _octave_nearest(pitch: int, target: int, low: int, high: int) -> int:
    options = [pitch + 12 * octave for octave in range(-3, 4) if low <= pitch + 12 * octave <= high]
    return min(options, key=lambda option: abs(option - target), default=pitch)


def _nearest_member(pitch: int, chord: int, before: int | None, low: int, high: int) -> int:
    members = vo.CHORD_PITCH_CLASSES[chord]
    options = [
        option for option in range(max(low, pitch - 4), min(high, pitch + 4) + 1) if members[option % 12]
    ]
    centre = pitch if before is None else before
    return min(options, key=lambda option: (abs(option - pitch), abs(option - centre)), default=pitch)


def voice_chords(
    chords: Tokens, low: int = HARMONY_LOW, high: int = HARMONY_HIGH
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Voice block chords with the least movement. Returns (start, length, pitch) notes and the movement to each chord in
    semitones.

    chords: (beats,) tokens. A chord sounds once until it changes; three or four voices between low and high.
    """
    notes: list[tuple[int, int, int]] = []
    moves: list[int] = []
    before: tuple[int, ...] = ()
    beat = 0
    while beat < len(chords):
        end = beat + 1
        while end < len(chords) and chords[end] == chords[beat]:
            end += 1
        token = int(chords[beat])
        if token != vo.NO_CHORD:
            voiced = _voicing(token, before, low, high)
            if before:
                moves.append(_movement(before, voiced))
            before = voiced
            notes += [(beat * vo.STEPS_PER_BEAT, (end - beat) * vo.STEPS_PER_BEAT, pitch) for pitch in voiced]
        beat = end
    return notes, moves


def _voicing(token: int, before: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    classes = [int(pitch) for pitch in np.flatnonzero(vo.CHORD_PITCH_CLASSES[token])]
    options = []
    for inversion in range(len(classes)):
        order = classes[inversion:] + classes[:inversion]
        for base in range(low, high):
            if base % 12 == order[0]:
                pitches = [base]
                for pitch_class in order[1:]:
                    pitches.append(pitches[-1] + (pitch_class - pitches[-1]) % 12)
                if pitches[-1] <= high:
                    options.append(tuple(pitches))
    centre = (low + high) / 2
    if before:
        return min(
            options, key=lambda option: (_movement(before, option), abs(sum(option) / len(option) - centre))
        )
    return min(options, key=lambda option: abs(sum(option) / len(option) - centre))


def _movement(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """Total movement in semitones: each voice of the larger chord to the nearest voice of the other."""
    one, other = (before, after) if len(before) >= len(after) else (after, before)
    return sum(min(abs(pitch - target) for target in other) for pitch in one)
