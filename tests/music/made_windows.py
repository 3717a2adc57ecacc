"""Small synthetic windows: simple tunes over simple chords, enough for a few training steps."""

import numpy as np

from music import vocabulary as vo
from music.windows import Windows, empty_windows

PROGRESSIONS = ((0, 5, 7, 0), (9, 5, 0, 7), (0, 9, 5, 7))  # roots of four bars


def made_windows(count: int, seed: int = 0) -> Windows:
    """Return `count` windows with all voices: chord tones in quarters over root notes, a simple beat."""
    chance = np.random.default_rng(seed)
    windows = empty_windows(count)
    for row in range(count):
        roots = PROGRESSIONS[int(chance.integers(len(PROGRESSIONS)))]
        for beat in range(vo.BEATS):
            root = roots[beat // vo.BEATS_PER_BAR]
            minor = root == 9
            windows.chords[row, beat] = vo.chord_token(root, 2 if minor else 1)
            step = beat * vo.STEPS_PER_BEAT
            tone = (root + (0, 3 if minor else 4, 7)[int(chance.integers(3))]) % 12
            pitch = 60 + tone if chance.random() < 0.7 else 72 + tone
            windows.melody[row, step] = vo.FIRST_PITCH + pitch - vo.MELODY_LOW
            windows.melody[row, step + 1 : step + vo.STEPS_PER_BEAT] = vo.HOLD
            windows.bass[row, step] = vo.FIRST_PITCH + 36 + root - vo.BASS_LOW
            windows.bass[row, step + 1 : step + vo.STEPS_PER_BEAT] = vo.HOLD
            windows.drums[row, step] = 1 if beat % 2 == 0 else 2
            windows.drums[row, step + 2] = 4
        windows.mode[row] = chance.integers(2)
        windows.style[row] = chance.integers(2)
        windows.piece[row] = row // 4
        windows.voices[row] = (1 << len(vo.VOICES)) - 1
    return windows
