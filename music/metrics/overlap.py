"""Collapse and copying: how much melodies overlap with each other and with the training set.

A melody is the set of its (step, pitch) onsets; the overlap of two is the Jaccard index: common onsets / onsets of either.
Keys are normalised in the corpus, so nothing is transposed. Melodies of fewer than MIN_ONSETS notes are left out: one long
note is no copy.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.windows import Windows

MIN_ONSETS: Final = 4
_BLOCK = 256  # windows compared at a time: bounds memory

Shares = NDArray[np.float64]


def onset_matrix(windows: Windows) -> Any:
    """Return the melodies' onset sets as a scipy CSR matrix (N, STEPS * PITCHES) of ones."""
    from scipy.sparse import csr_matrix

    window, step = np.nonzero(windows.melody >= vo.FIRST_PITCH)
    place = step * vo.PITCHES + windows.melody[window, step].astype(np.int64) - vo.FIRST_PITCH
    ones = np.ones(len(window), np.float32)
    return csr_matrix((ones, (window, place)), shape=(len(windows), vo.STEPS * vo.PITCHES))


def _overlaps(sets: Any, others: Any) -> Shares:
    """Return the Jaccard index of every pair, (len(sets), len(others)) float."""
    common = (sets @ others.T).toarray()
    sizes = np.asarray(sets.sum(axis=1)).reshape(-1, 1)
    union = sizes + np.asarray(others.sum(axis=1)).reshape(1, -1) - common
    return np.asarray(common / np.maximum(union, 1))


def self_overlap(windows: Windows) -> float:
    """Return the mean overlap of pairs of different windows; near 1 means a collapsed generator.

    Pairs of the same piece (same number, not 0) do not count: they may share bars.
    """
    windows = windows[(windows.melody >= vo.FIRST_PITCH).sum(axis=1) >= MIN_ONSETS]
    sets = onset_matrix(windows)
    total = pairs = 0.0
    for start in range(0, len(windows), _BLOCK):
        rows = slice(start, start + _BLOCK)
        shares = _overlaps(sets[rows], sets)
        piece = windows.piece[rows, None]
        counted = ~((piece == windows.piece[None, :]) & (piece > 0))
        index = np.arange(len(shares))
        counted[index, start + index] = False
        total += float(shares[counted].sum())
        pairs += float(counted.sum())
    return total / pairs if pairs else float("nan")


def nearest_overlap(windows: Windows, train: Windows) -> Shares:
    """Return each melody's overlap with the training melody nearest to it, (N,); NaN for melodies that are too short.

    A training window of the same piece (same number, not 0) does not count, so `windows` may be training windows.
    """
    long_enough = (windows.melody >= vo.FIRST_PITCH).sum(axis=1) >= MIN_ONSETS
    nearest = np.full(len(windows), np.nan)
    if not len(train):
        return nearest
    sets, others = onset_matrix(windows), onset_matrix(train)
    for start in range(0, len(windows), _BLOCK):
        rows = slice(start, start + _BLOCK)
        shares = _overlaps(sets[rows], others)
        piece = windows.piece[rows, None]
        shares[(piece == train.piece[None, :]) & (piece > 0)] = 0.0
        nearest[rows] = shares.max(axis=1)
    return np.where(long_enough, nearest, np.nan)
