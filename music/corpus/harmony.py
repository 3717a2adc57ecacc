"""Chords, one per beat: the best path through the vocabulary's chords for the sounding pitch classes."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.grid import Floats

HEARD: Final = 0.05  # share of a beat's weight: a pitch class with less is no chord tone
OUTSIDE: Final = 0.8  # cost of weight outside the chord
MISSING: Final = (0.25, 0.12, 0.05, 0.12)  # cost of a missing root, third (or fourth), fifth, seventh
POWER_FIFTH: Final = 0.08  # cost of a power chord's missing fifth: a single note counts as a power chord
QUALITY_COST: Final = (0.0, 0.0, 0.0, 0.05, 0.1, 0.1, 0.14, 0.12)  # by vocabulary.QUALITIES
BASS_IS_ROOT: Final = 0.2
CHANGE_COST: Final = (0.25, 0.6, 0.4, 0.6)  # by beat of the bar


def _missing_costs() -> Floats:
    """Return the cost of each missing pitch class of each chord, (CHORD_TOKENS, 12)."""
    table = np.zeros((vo.CHORD_TOKENS, 12))
    for token in range(1, vo.CHORD_TOKENS):
        root, quality = vo.chord_root(token), vo.chord_quality(token)
        name, intervals = vo.QUALITIES[quality]
        costs = (MISSING[0], POWER_FIFTH) if name == "power" else MISSING
        for interval, cost in zip(intervals, costs):
            table[token, (root + interval) % 12] = cost
    return table


_MISSING: Final = _missing_costs()
_INSIDE: Final = vo.CHORD_PITCH_CLASSES.astype(np.float64)
_ROOTS: Final = np.array([vo.chord_root(token) for token in range(vo.CHORD_TOKENS)])
_COSTS: Final = np.array(
    [0.0] + [QUALITY_COST[vo.chord_quality(token)] for token in range(1, vo.CHORD_TOKENS)]
)


def chords_of(weights: Floats, bass: NDArray[np.int64], sounds: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the chord token of each beat.

    weights (beats, 12): how much of each pitch class sounds. bass (beats,): pitch class of the lowest note, -1 if none.
    sounds (beats,): whether anything except the melody sounds. A silent beat keeps its bar's chord; silent beats at the start
    of a bar, and silent bars, get NO_CHORD.
    """
    beats = len(weights)
    share = weights**0.75
    share = share / np.maximum(share.sum(1, keepdims=True), 1e-9)
    silent = (share < HEARD).astype(np.float64)
    scores = share @ _INSIDE.T - OUTSIDE * (share @ (1 - _INSIDE).T) - silent @ _MISSING.T - _COSTS
    scores += BASS_IS_ROOT * ((bass[:, None] == _ROOTS[None, :]) & (bass[:, None] >= 0))
    scores[:, vo.NO_CHORD] = -4.0
    scores[~sounds] = 0.0  # silence favours no chord
    total = scores[0].copy()
    came = np.zeros((beats, vo.CHORD_TOKENS), np.int64)
    for beat in range(1, beats):
        best = int(total.argmax())
        floor = total[best] - CHANGE_COST[beat % vo.BEATS_PER_BAR]
        stay = total >= floor
        came[beat] = np.where(stay, np.arange(vo.CHORD_TOKENS), best)
        total = np.where(stay, total, floor) + scores[beat]
    path = np.zeros(beats, np.uint8)
    path[-1] = int(total.argmax())
    for beat in range(beats - 1, 0, -1):
        path[beat - 1] = came[beat, path[beat]]
    heard = np.maximum.accumulate(sounds.reshape(-1, vo.BEATS_PER_BAR), axis=1).reshape(-1)
    path[~heard] = vo.NO_CHORD
    return path
