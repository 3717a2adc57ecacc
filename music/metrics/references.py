"""Reference rows, with which a generator's results are compared.

    train     windows of training pieces: the result of real music from other pieces
    markov    each voice separately, by first-order probabilities counted in the training windows of a style and mode
    shuffled  training windows whose voices come from different windows of the same style, mode and set of voices
    random    every token drawn uniformly

All have the training set's styles, modes and voices; `comparison` then matches them to the held-out set.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.windows import Tokens, Windows, empty_windows

ROWS: Final = ("train", "markov", "shuffled", "random")
FIELD: Final = {
    "melody": "melody",
    "harmony": "chords",
    "bass": "bass",
    "drums": "drums",
}  # of Windows, by voice
_TOKENS = {
    "melody": vo.LINE_TOKENS,
    "harmony": vo.CHORD_TOKENS,
    "bass": vo.LINE_TOKENS,
    "drums": vo.DRUM_TOKENS,
}


def references(train: Windows, count: int, seed: int) -> dict[str, Windows]:
    """Return every row of ROWS with `count` windows (train and shuffled: at most as many as there are)."""
    sample = train_sample(train, count, seed)
    return {
        "train": sample,
        "markov": markov(train, count, seed),
        "shuffled": shuffled(sample, seed),
        "random": uniform(train, count, seed),
    }


def train_sample(train: Windows, count: int, seed: int) -> Windows:
    """Return `count` training windows, drawn without replacement."""
    rng = np.random.default_rng([seed, 1])
    return train[rng.permutation(len(train))[:count]]


def _templates(train: Windows, count: int, rng: np.random.Generator) -> Windows:
    """Return `count` silent windows with styles, modes and voices of training windows, and no piece."""
    chosen = train[rng.integers(0, len(train), count)]
    silent = empty_windows(count)
    return replace(silent, voices=chosen.voices, mode=chosen.mode, style=chosen.style)


def _strata(windows: Windows, *fields: str) -> Iterator[NDArray[np.intp]]:
    """Yield the indices of the windows that are equal in all of `fields`, group by group, in sorted order."""
    keys = np.stack([getattr(windows, name) for name in fields], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    for number in range(group.max() + 1 if len(group) else 0):
        yield np.flatnonzero(group == number)


def uniform(train: Windows, count: int, seed: int) -> Windows:
    """Return windows of uniformly drawn tokens."""
    rng = np.random.default_rng([seed, 2])
    made = _templates(train, count, rng)
    for voice, name in FIELD.items():
        tokens = rng.integers(0, _TOKENS[voice], getattr(made, name).shape, dtype=np.uint8)
        tokens[~made.having(voice)] = 0
        made = replace(made, **{name: tokens})
    return made


def shuffled(windows: Windows, seed: int) -> Windows:
    """Return the windows with bass, chords and drums exchanged among those of equal style, mode and voices."""
    rng = np.random.default_rng([seed, 3])
    made = {name: getattr(windows, name).copy() for name in ("bass", "chords", "drums")}
    for rows in _strata(windows, "style", "mode", "voices"):
        for name, tokens in made.items():
            tokens[rows] = getattr(windows, name)[rng.permutation(rows)]
    return replace(windows, **made, piece=np.zeros_like(windows.piece), bar=np.zeros_like(windows.bar))


def markov(train: Windows, count: int, seed: int) -> Windows:
    """Return windows whose voices follow first-order probabilities, each voice separately.

    The state of a line is silence, a pitch struck, or a pitch held (so that a HOLD has a pitch); the state of chords and
    drums is the token. Probabilities and first states are counted per style and mode.
    """
    rng = np.random.default_rng([seed, 4])
    made = _templates(train, count, rng)
    for rows in _strata(made, "style", "mode"):
        like = made[rows[:1]]
        source = train[(train.style == like.style[0]) & (train.mode == like.mode[0])]
        for voice, name in FIELD.items():
            having = rows[made.having(voice)[rows]]
            heard = source[source.having(voice)]
            if len(having):
                getattr(made, name)[having] = _walk(getattr(heard, name), voice, len(having), rng)
    return made


def _states(tokens: Tokens) -> NDArray[np.int64]:
    """Return a line's tokens as states: 0 silence, 1 + pitch struck, 1 + PITCHES + pitch held."""
    states = np.zeros(tokens.shape, np.int64)
    before = np.zeros(len(tokens), np.int64)
    for step in range(tokens.shape[1]):
        token = tokens[:, step].astype(np.int64)
        held = np.where((before > 0) & (before <= vo.PITCHES), before + vo.PITCHES, before)
        before = np.where(
            token >= vo.FIRST_PITCH, token - vo.FIRST_PITCH + 1, np.where(token == vo.HOLD, held, 0)
        )
        states[:, step] = before
    return states


def _walk(tokens: Tokens, voice: str, count: int, rng: np.random.Generator) -> Tokens:
    """Return `count` rows of tokens drawn by the transition probabilities counted in `tokens` (N >= 1 rows)."""
    is_line = voice in ("melody", "bass")
    states = _states(tokens) if is_line else tokens.astype(np.int64)
    size = 1 + 2 * vo.PITCHES if is_line else _TOKENS[voice]
    counted = np.zeros((size, size))
    np.add.at(counted, (states[:, :-1].ravel(), states[:, 1:].ravel()), 1)
    first = np.bincount(states[:, 0], minlength=size).astype(float)
    counted[counted.sum(axis=1) == 0] = first  # seen only at the end of windows: restart from a first state
    chances = np.cumsum(counted / counted.sum(axis=1, keepdims=True), axis=1)
    walk = np.zeros((count, tokens.shape[1]), np.int64)
    walk[:, 0] = _draw(np.tile(np.cumsum(first / first.sum()), (count, 1)), rng)
    for step in range(1, walk.shape[1]):
        walk[:, step] = _draw(chances[walk[:, step - 1]], rng)
    if is_line:
        struck = (walk > 0) & (walk <= vo.PITCHES)
        walk = np.where(struck, walk - 1 + vo.FIRST_PITCH, np.where(walk == 0, vo.REST, vo.HOLD))
    return walk.astype(np.uint8)


def _draw(cumulative: Any, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw one index per row from cumulative probabilities (N, K)."""
    return np.asarray(
        (cumulative < rng.random(len(cumulative))[:, None]).sum(axis=1).clip(0, cumulative.shape[1] - 1)
    )
