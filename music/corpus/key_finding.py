"""Find keys: Krumhansl and Kessler's profiles correlated with the sounding pitch classes, tracked through a piece.

Krumhansl, Cognitive Foundations of Musical Pitch (1990), chapter 4.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.grid import Floats
from music.corpus.lines import best_path

PROFILES: Final = np.array(
    [
        [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],  # major
        [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],  # minor
    ]
)
SIGNATURE_BONUS: Final = 0.1  # correlation added to the two keys that the written signature allows
WHOLE_BONUS: Final = 0.5  # weight of the whole piece's correlation in each bar
# A bar's correlation is at most 1.5, so a change of key must hold for many bars
CHANGE_COST: Final = 3.0
SMOOTHING: Final = 2  # bars on each side


def _profiles() -> Floats:
    table = np.zeros((24, 12))
    for mode in (vo.MAJOR, vo.MINOR):
        for tonic in range(12):
            table[mode * 12 + tonic] = np.roll(PROFILES[mode], tonic)
    table -= table.mean(1, keepdims=True)
    unit: Floats = table / np.linalg.norm(table, axis=1, keepdims=True)
    return unit


_PROFILES: Final = _profiles()


def correlations(histogram: Floats) -> Floats:
    """Return the correlation of histograms (..., 12) with the 24 keys (..., 24): mode * 12 + tonic."""
    centred = histogram - histogram.mean(-1, keepdims=True)
    norm = np.linalg.norm(centred, axis=-1, keepdims=True)
    result: Floats = (centred / np.maximum(norm, 1e-9)) @ _PROFILES.T
    return result


def keys_of(bars: Floats, sharps: int | None, final: int = -1, trust: float = 0.0) -> NDArray[np.int64]:
    """Return the key, mode * 12 + tonic, in force at each bar of histograms (bars, 12).

    sharps: of the written signature. final: pitch class of the last bass note, -1 if none; `trust` is the correlation added
    to the two keys in which it is the tonic.
    """
    kernel = np.ones(2 * SMOOTHING + 1)
    smooth = np.stack([np.convolve(bars[:, pc], kernel, "same")[: len(bars)] for pc in range(12)], 1)
    if len(bars) < len(kernel):
        smooth = np.broadcast_to(bars.sum(0), bars.shape).copy()
    scores = correlations(smooth) + WHOLE_BONUS * correlations(bars.sum(0))
    if sharps is not None:
        major = sharps * 7 % 12
        scores[:, [major, 12 + (major + 9) % 12]] += SIGNATURE_BONUS
    if final >= 0:
        scores[:, [final, 12 + final]] += trust
    return best_path(scores.T, CHANGE_COST)


def transposition(key: int) -> int:
    """Return the semitones, -6..5, that bring a key to C major or A minor."""
    mode, tonic = divmod(key, 12)
    return (vo.TONICS[mode] - tonic + 6) % 12 - 6
