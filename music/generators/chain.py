"""Draw tokens in order of time: earlier tokens tilt the probabilities of later ones. NumPy only.

The networks give the logits of all positions of a bar at the same time, so each token would be drawn independently of the one
before. Here a few tables of *tilts* are added to the logits while the tokens are drawn one after another:

    lines   interval  of a pitch from the voice's last pitch
            turn      the size and direction of an interval after those of the interval before
            degree    a pitch that is the chord's root, another member, or neither, by the strength of its step
            rhythm    rest, hold or strike, by the length of the note so far, the strength of the step, and whether the last
                      pitch belongs to the chord
    chords  change    stay, return to a chord of this phrase, or move to a new one, by the chord's length so far and the place

A token's score is logits + temperature * (tilts + Gumbel noise); the largest is taken. So tilts are log factors on the
probabilities: an exponential tilting of the networks' distribution. `learning/tilts.py` fits them, so that the frequencies
agree with those of training windows. With tables of zeros every position is drawn independently.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.generators.contract import Floats, Tokens

Tilts = Mapping[str, Floats]  # by table name, each (voices, STYLES, *shape)
Counts = dict[str, NDArray[np.float64]]  # how often each cell of a table occurs, in the same shapes
Chance = np.random.Generator | Sequence[np.random.Generator]  # one for all windows, or one per window

INTERVALS: Final = 2 * vo.PITCHES - 1  # from -35 to 35 semitones
# The largest interval of each class: unison, step, third, fifth, octave; one more class beyond
SIZES: Final = (0, 2, 4, 7, 12)
TURNS: Final = 2 * len(SIZES) + 1  # unison, five sizes up, five down
STRENGTHS: Final = (0, 4, 3, 4, 2, 4, 3, 4, 1, 4, 3, 4, 2, 4, 3, 4)  # of the steps of a bar: 0 the bar line
ROOT, MEMBER, NON_CHORD = range(3)
DEGREES: Final = 3
STRIKE: Final = 2  # kinds of token: REST, HOLD, any pitch
KINDS: Final = 3
# The longest note of each class, in steps; 0 is silence; one more class beyond
LENGTHS: Final = (0, 1, 2, 3, 4, 5, 7, 11, 15)
STAY, RETURN, NEW = range(3)
CHORD_LENGTHS: Final = 8  # one beat to eight, or more
CHANGES: Final = 3
BEAT_STRENGTHS: Final = (0, 2, 1, 2)  # of the beats of a bar

VOICES: Final = {"chords": 1, "lines": 2, "drums": 0}  # melody, bass
SHAPES: Final[Mapping[str, Mapping[str, tuple[int, ...]]]] = {
    "chords": {"change": (CHORD_LENGTHS, max(BEAT_STRENGTHS) + 1, CHANGES)},
    "lines": {
        "interval": (INTERVALS,),
        "turn": (TURNS + 1, TURNS),  # the last row: no interval before
        "degree": (max(STRENGTHS) + 1, DEGREES),
        "rhythm": (len(LENGTHS) + 1, max(STRENGTHS) + 1, 2, KINDS),
    },
    "drums": {},
}
MOST: Final = 8.0  # a tilt is within -MOST..MOST: a factor of 3,000 on the probability
DRAWN: Final = 255  # marks a position of `known` that is to be drawn

_LASTS = vo.PITCHES + 1  # number of last pitches: 0 is none, otherwise 1 + the pitch's index
_NO_TURN = TURNS
_PITCH_STATES = (TURNS + 1) * _LASTS
_FRESH = _NO_TURN * _LASTS  # no note yet


def table_shape(part: str, name: str) -> tuple[int, ...]:
    """Return the full shape of a table: voices, styles, contexts, outcomes."""
    return (VOICES[part], len(vo.STYLES), *SHAPES[part][name])


def no_tilts(part: str) -> dict[str, Floats]:
    """Return a part's tables filled with zeros."""
    return {name: np.zeros(table_shape(part, name), np.float32) for name in SHAPES[part]}


def gumbel(chance: Chance, count: int, shape: tuple[int, ...]) -> Floats:
    """Return Gumbel noise (count, *shape) from one random generator, or from one per row."""
    if isinstance(chance, np.random.Generator):
        uniform = chance.random((count, *shape), np.float32)
    else:
        uniform = np.stack([each.random(shape, np.float32) for each in chance])
    noise: Floats = -np.log(-np.log(np.clip(uniform, 1e-9, 1.0 - 1e-7)))
    return noise


def draw_chords(logits: Floats, temperature: float, tilts: Tilts, style: Tokens, chance: Chance) -> Tokens:
    """Draw progressions from logits (n, beats, CHORD_TOKENS); style (n,)."""
    if temperature <= 0.0:
        likeliest: Tokens = logits.argmax(-1).astype(np.uint8)
        return likeliest
    scores = logits + np.float32(temperature) * gumbel(chance, len(logits), logits.shape[1:])
    by_change = np.float32(temperature) * tilts["change"].reshape(-1, CHANGES)
    walk = _ChordWalk(style)
    chords = np.empty(logits.shape[:2], np.uint8)
    for beat in range(logits.shape[1]):
        row = scores[:, beat]
        if beat:
            tilt = by_change[walk.cell(beat)]
            row += np.where(walk.heard, tilt[:, RETURN, None], tilt[:, NEW, None])
            row[walk.rows, walk.last] += tilt[:, STAY] - tilt[:, RETURN]
        chords[:, beat] = row.argmax(1)
        walk.push(chords[:, beat])
    return chords


def count_chords(chords: Tokens, style: Tokens) -> Counts:
    """Count the cells of the chords' tables in progressions (n, beats)."""
    shape = table_shape("chords", "change")
    counts = np.zeros(int(np.prod(shape)))
    walk = _ChordWalk(style)
    for beat in range(chords.shape[1]):
        if beat:
            counts += np.bincount(
                walk.cell(beat) * CHANGES + walk.change(chords[:, beat]), minlength=len(counts)
            )
        walk.push(chords[:, beat])
    return {"change": counts.reshape(shape)}


class _ChordWalk:
    """State of n chord progressions of styles (n,) while they are drawn."""

    def __init__(self, style: Tokens) -> None:
        self.rows = np.arange(len(style))
        self.last = np.full(len(style), -1)
        self.length = np.zeros(len(style), np.intp)  # beats minus one, at most CHORD_LENGTHS - 1
        self.heard = np.zeros((len(style), vo.CHORD_TOKENS), bool)
        self._base = style.astype(np.intp) * CHORD_LENGTHS

    def cell(self, beat: int) -> NDArray[np.intp]:
        strengths = max(BEAT_STRENGTHS) + 1
        cell: NDArray[np.intp] = (self._base + self.length) * strengths + BEAT_STRENGTHS[
            beat % vo.BEATS_PER_BAR
        ]
        return cell

    def change(self, chords: Tokens) -> NDArray[np.intp]:
        return np.where(chords == self.last, STAY, np.where(self.heard[self.rows, chords], RETURN, NEW))

    def push(self, chords: Tokens) -> None:
        self.length = np.where(chords == self.last, np.minimum(self.length + 1, CHORD_LENGTHS - 1), 0)
        self.heard[self.rows, chords] = True
        self.last = chords.astype(np.intp)


def draw_lines(
    logits: Sequence[Floats],
    temperature: float,
    tilts: Tilts,
    chords: Tokens,
    style: Tokens,
    chance: Chance,
    known: tuple[Tokens, Tokens] | None = None,
) -> tuple[Tokens, Tokens]:
    """Draw melody and bass from their logits, (n, steps, LINE_TOKENS) each; chords (n, beats), style (n,).

    known: tokens (n, steps) of both voices that are kept and influence those marked DRAWN.
    """
    count, steps = logits[0].shape[:2]
    scores = np.concatenate(logits)
    if temperature > 0.0:
        noise = [gumbel(chance, count, logits[0].shape[1:]) for _ in logits]
        scores = scores + np.float32(temperature) * np.concatenate(noise)
    factor = np.float32(max(temperature, 0.0))
    walk = _LineWalk(chords, style)
    fixed = np.concatenate(known) if known else np.full((len(scores), steps), DRAWN, np.uint8)
    # the padded column: no degree without a chord
    by_degree = np.pad(factor * tilts["degree"].reshape(-1, DEGREES), ((0, 0), (0, 1)))
    scores[..., vo.FIRST_PITCH :] += by_degree[walk.degree_cells()]
    by_pitch = factor * _pitch_rows(tilts)
    by_rhythm = factor * tilts["rhythm"][..., _KIND].reshape(-1, vo.LINE_TOKENS)
    tokens = np.empty((len(scores), steps), np.uint8)
    for step in range(steps):
        row = scores[:, step]
        row += by_pitch[walk.pitch_cell()]
        row += by_rhythm[walk.rhythm_cell(step)]
        tokens[:, step] = np.where(fixed[:, step] == DRAWN, row.argmax(1), fixed[:, step])
        walk.push(tokens[:, step])
    return tokens[:count], tokens[count:]


def count_lines(melody: Tokens, bass: Tokens, chords: Tokens, style: Tokens) -> Counts:
    """Count the cells of the lines' tables in melodies and basses (n, steps) over chords (n, beats)."""
    tokens = np.concatenate([melody, bass])
    walk = _LineWalk(chords, style)
    groups = VOICES["lines"] * len(vo.STYLES)
    struck = np.zeros(groups * _PITCH_STATES * vo.PITCHES)
    rhythm = np.zeros(groups * int(np.prod(SHAPES["lines"]["rhythm"])))
    for step in range(tokens.shape[1]):
        token = tokens[:, step].astype(np.intp)
        on = token >= vo.FIRST_PITCH
        cells = walk.pitch_cell()[on] * vo.PITCHES + token[on] - vo.FIRST_PITCH
        struck += np.bincount(cells, minlength=len(struck))
        rhythm += np.bincount(walk.rhythm_cell(step) * KINDS + _KIND[token], minlength=len(rhythm))
        walk.push(tokens[:, step])
    # from 1: only with a last pitch
    joint = struck.reshape(groups, TURNS + 1, _LASTS, vo.PITCHES)[:, :, 1:]
    joint = joint.reshape(groups, TURNS + 1, -1)
    row, column = walk.degree_cells()
    at, when = np.nonzero((tokens >= vo.FIRST_PITCH) & (walk.chord != vo.NO_CHORD))
    degrees = row[at, when, 0] * DEGREES + column[at, when, tokens[at, when] - vo.FIRST_PITCH]
    found = {
        "interval": joint.sum(1) @ np.eye(INTERVALS)[_INTERVAL.ravel()],
        "turn": joint @ np.eye(TURNS)[_TURN[_INTERVAL.ravel()]],
        "degree": np.bincount(degrees, minlength=groups * int(np.prod(SHAPES["lines"]["degree"]))),
        "rhythm": rhythm,
    }
    return {name: table.reshape(table_shape("lines", name)).astype(float) for name, table in found.items()}


class _LineWalk:
    """State of the lines of n windows while they are drawn: a row per line, all melodies, then all basses."""

    def __init__(self, chords: Tokens, style: Tokens) -> None:
        count = len(chords)
        self.voice = np.repeat([0, 1], count)
        self.group = self.voice * len(vo.STYLES) + np.tile(style, 2)
        self.chord = np.tile(np.repeat(chords, vo.STEPS_PER_BEAT, axis=1), (2, 1))
        self.pitch = np.full(2 * count, _FRESH)  # turn * _LASTS + last
        self.length = np.zeros(2 * count, np.intp)  # of the sounding note, in steps; 0: silence
        self._pitch_base = self.group * _PITCH_STATES
        self._rhythm_base = self.group * (len(LENGTHS) + 1)

    def pitch_cell(self) -> NDArray[np.intp]:
        cell: NDArray[np.intp] = self._pitch_base + self.pitch
        return cell

    def rhythm_cell(self, step: int) -> NDArray[np.intp]:
        fits = _FITS[self.voice, self.chord[:, step], self.pitch % _LASTS]
        strengths = max(STRENGTHS) + 1
        strength = STRENGTHS[step % vo.STEPS_PER_BAR]
        cell: NDArray[np.intp] = (
            (self._rhythm_base + _LENGTH[self.length]) * strengths + strength
        ) * 2 + fits
        return cell

    def degree_cells(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return row (2n, steps, 1) and column (2n, steps, PITCHES) in the table of degrees."""
        strength = np.resize(STRENGTHS, self.chord.shape[1])
        row = self.group[:, None] * (max(STRENGTHS) + 1) + strength
        return row[:, :, None], _DEGREE[self.voice[:, None], self.chord]

    def push(self, tokens: Tokens) -> None:
        self.pitch = _NEXT_PITCH[self.pitch, tokens]
        self.length = _NEXT_LENGTH[self.length, tokens]


def _pitch_rows(tilts: Tilts) -> Floats:
    """Return the tilts of interval and turn together by the voice's state, (groups * _PITCH_STATES, LINE_TOKENS)."""
    groups = VOICES["lines"] * len(vo.STYLES)
    interval = tilts["interval"].reshape(groups, INTERVALS)
    turn = tilts["turn"].reshape(groups, TURNS + 1, TURNS)
    rows = np.zeros((groups, TURNS + 1, _LASTS, vo.LINE_TOKENS), np.float32)
    rows[:, :, 1:, vo.FIRST_PITCH :] = interval[:, None, _INTERVAL] + turn[:, :, _TURN[_INTERVAL]]
    return rows.reshape(-1, vo.LINE_TOKENS)


def _turns() -> NDArray[np.intp]:
    """Return the turn of each interval (INTERVALS,)."""
    interval = np.arange(INTERVALS) - (vo.PITCHES - 1)
    size = np.searchsorted(SIZES, np.abs(interval))
    return np.where(interval < 0, size + len(SIZES), size)


def _next_pitches() -> NDArray[np.intp]:
    """Return the voice's state after each token, (_PITCH_STATES, LINE_TOKENS)."""
    state = np.arange(_PITCH_STATES)
    after = np.tile(state[:, None], (1, vo.LINE_TOKENS))
    last, pitch = state % _LASTS, np.arange(vo.PITCHES)
    turn = np.where(
        last[:, None] > 0,
        _TURN[np.clip(pitch - last[:, None] + vo.PITCHES, 0, INTERVALS - 1)],
        _NO_TURN,
    )
    after[:, vo.FIRST_PITCH :] = turn * _LASTS + pitch + 1
    return after


def _next_lengths() -> NDArray[np.intp]:
    """Return the length of the sounding note after each token, (lengths, LINE_TOKENS), limited to the last class of LENGTHS."""
    length = np.arange(LENGTHS[-1] + 2)
    after = np.ones((len(length), vo.LINE_TOKENS), np.intp)
    after[:, vo.REST] = 0
    after[:, vo.HOLD] = np.where(length > 0, np.minimum(length + 1, len(length) - 1), 0)
    return after


def _degrees() -> NDArray[np.intp]:
    """Return the degree of each pitch in each chord, (voices, CHORD_TOKENS, PITCHES); DEGREES if there is no chord."""
    low = np.array([vo.MELODY_LOW, vo.BASS_LOW])
    classes = (low[:, None] + np.arange(vo.PITCHES)) % 12
    table = np.where(vo.CHORD_PITCH_CLASSES[:, classes] > 0, MEMBER, NON_CHORD)
    roots = np.array([vo.chord_root(chord) for chord in range(vo.CHORD_TOKENS)])
    table[roots[:, None, None] == classes] = ROOT
    table[vo.NO_CHORD] = DEGREES
    return table.transpose(1, 0, 2)


_INTERVAL = np.arange(vo.PITCHES) - np.arange(vo.PITCHES)[:, None] + vo.PITCHES - 1  # (last, pitch)
_TURN = _turns()
_KIND = np.minimum(np.arange(vo.LINE_TOKENS), STRIKE)
_NEXT_PITCH = _next_pitches()
_NEXT_LENGTH = _next_lengths()
_LENGTH = np.searchsorted(LENGTHS, np.arange(LENGTHS[-1] + 2))
_DEGREE = _degrees()
# (voices, CHORD_TOKENS, lasts): 0 if the last pitch is not in the chord
_FITS = np.concatenate(
    [np.ones((2, vo.CHORD_TOKENS, 1), np.intp), np.where(_DEGREE == NON_CHORD, 0, 1)], axis=2
)
