"""Meaning of a generator's inputs and outputs: the layout of noise and conditions, used in training and in play.

Three generators, each one float input row -> logits:

    chords  one row a window: noise, conditions -> a chord a beat
    lines   one row a *bar*: global noise, the noise of the bar before, of this bar and of the next, conditions, the bar's
            place in its phrase, the chords from the last beat of the bar before to the second beat of the next
            -> melody and bass
    drums   one row a bar: global noise, bar noise, conditions, place, the onsets of melody and bass -> drums

Noise is normally distributed. Because rows are per bar, pieces can have any length and bars can share noise: the same noise
and chords give the same theme, slightly different noise gives a variation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo

Floats = NDArray[np.float32]
Tokens = NDArray[np.uint8]

CONTRACT_VERSION: Final = 2  # version 1 has no tilts and can still be read
GLOBAL_NOISE: Final = 36
BAR_NOISE: Final = 16
NOISE: Final = GLOBAL_NOISE + vo.BARS * BAR_NOISE  # 100 numbers make a window's lines
CHORD_NOISE: Final = 32
DRUM_GLOBAL: Final = 16
DRUM_BAR: Final = 8
CONDITIONS: Final = 1 + len(vo.MODES) + len(vo.STYLES)  # energy, mode, style
CHORD_FEATURES: Final = 24  # root and pitch classes of one chord
CONTEXT_BEATS: Final = 1 + vo.BEATS_PER_BAR + 2


@dataclass(frozen=True)
class GeneratorPart:
    """One generator: the columns of its input and of each of its outputs."""

    name: str
    inputs: tuple[tuple[str, int], ...]  # in order
    outputs: tuple[tuple[str, int, int], ...]  # name, positions, tokens each
    scope: str  # "window" or "bar": what one row generates

    @property
    def input_size(self) -> int:
        """Number of columns of the input row."""
        return sum(size for _, size in self.inputs)


PARTS: Final = {
    "chords": GeneratorPart(
        "chords",
        (("noise", CHORD_NOISE), ("conditions", CONDITIONS)),
        (("chords", vo.BEATS, vo.CHORD_TOKENS),),
        "window",
    ),
    "lines": GeneratorPart(
        "lines",
        (
            ("global noise", GLOBAL_NOISE),
            ("noise of the bar before", BAR_NOISE),
            ("noise of the bar", BAR_NOISE),
            ("noise of the bar after", BAR_NOISE),
            ("conditions", CONDITIONS),
            ("place", vo.BARS),
            ("chords", CONTEXT_BEATS * CHORD_FEATURES),
        ),
        (("melody", vo.STEPS_PER_BAR, vo.LINE_TOKENS), ("bass", vo.STEPS_PER_BAR, vo.LINE_TOKENS)),
        "bar",
    ),
    "drums": GeneratorPart(
        "drums",
        (
            ("global noise", DRUM_GLOBAL),
            ("noise of the bar", DRUM_BAR),
            ("conditions", CONDITIONS),
            ("place", vo.BARS),
            ("onsets", 2 * vo.STEPS_PER_BAR),
        ),
        (("drums", vo.STEPS_PER_BAR, vo.DRUM_TOKENS),),
        "bar",
    ),
}


def chord_feature_table() -> Floats:
    """Return (CHORD_TOKENS, CHORD_FEATURES): root one-hot, then pitch classes; NO_CHORD is all zero."""
    table = np.zeros((vo.CHORD_TOKENS, CHORD_FEATURES), np.float32)
    for token in range(1, vo.CHORD_TOKENS):
        table[token, vo.chord_root(token)] = 1.0
    table[:, 12:] = vo.CHORD_PITCH_CLASSES
    return table


def condition_rows(energy: Floats, mode: Tokens, style: Tokens) -> Floats:
    """Return (n, CONDITIONS): energy 0..1 as -1..1, mode and style one-hot."""
    rows = np.zeros((len(energy), CONDITIONS), np.float32)
    rows[:, 0] = 2.0 * energy - 1.0
    index = np.arange(len(energy))
    rows[index, 1 + mode.astype(np.intp)] = 1.0
    rows[index, 1 + len(vo.MODES) + style.astype(np.intp)] = 1.0
    return rows


def line_onsets(line: Tokens) -> Floats:
    """Return 1.0 where a note of a melody or bass line begins; same shape as `line`."""
    return (line >= vo.FIRST_PITCH).astype(np.float32)
