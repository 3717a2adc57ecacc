"""Hand-written and random windows for the tests of the metrics."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from music import vocabulary as vo
from music.windows import Windows, empty_windows

Notes = Iterable[tuple[int, int, int]]  # start, length, MIDI pitch
ALL = sum(vo.VOICE_BIT.values())


def line(notes: Notes, low: int) -> np.ndarray:
    """Return one row of tokens of notes by start; a later note cuts off an earlier one."""
    tokens = np.full(vo.STEPS, vo.REST, np.uint8)
    for start, length, pitch in notes:
        tokens[start : start + length] = vo.HOLD
        tokens[start] = vo.FIRST_PITCH + pitch - low
    return tokens


def window(
    melody: Notes = (),
    bass: Notes = (),
    chords: Sequence[tuple[int, str] | None] = (),
    drums: Iterable[tuple[int, str]] = (),
    voices: str = "melody harmony bass drums",
    mode: int = vo.MAJOR,
    style: int = 0,
    piece: int = 0,
) -> Windows:
    """Return one window. chords: root and quality per beat, from the first beat on; drums: step and name."""
    names = [name for name, _ in vo.QUALITIES]
    tokens = [vo.chord_token(chord[0], names.index(chord[1])) if chord else vo.NO_CHORD for chord in chords]
    row = empty_windows(1)
    row.melody[0] = line(melody, vo.MELODY_LOW)
    row.bass[0] = line(bass, vo.BASS_LOW)
    row.chords[0, : len(tokens)] = tokens
    for step, name in drums:
        row.drums[0, step] |= 1 << [drum for drum, _, _ in vo.DRUMS].index(name)
    return replace(
        row,
        voices=np.array([sum(vo.VOICE_BIT[voice] for voice in voices.split())], np.uint8),
        mode=np.array([mode], np.uint8),
        style=np.array([style], np.uint8),
        piece=np.array([piece], np.int32),
    )


def tunes(
    count: int, seed: int, styles: int = 2, first_piece: int = 1, per_piece: int = 4, voices: int = ALL
) -> Windows:
    """Return windows of simple synthetic music: scale steps, root bass, a back beat; `per_piece` windows per piece."""
    rng = np.random.default_rng(seed)
    made = empty_windows(count)
    scale = np.array([60, 62, 64, 65, 67, 69, 71, 72, 74, 76])
    for index in range(count):
        degree, step = 4, 0
        while step < vo.STEPS:
            length = int(rng.choice([1, 2, 2, 4, 4, 6]))
            degree = int((degree + rng.choice([-2, -1, 1, 2])) % len(scale))
            made.melody[index, step : step + length] = vo.HOLD
            made.melody[index, step] = vo.FIRST_PITCH + scale[degree] - vo.MELODY_LOW
            step += length
        roots = rng.choice([0, 5, 7, 9], 8)
        for half, root in enumerate(roots):
            made.chords[index, 2 * half : 2 * half + 2] = vo.chord_token(int(root), 2 if root == 9 else 1)
            made.bass[index, 8 * half : 8 * half + 8] = vo.HOLD
            made.bass[index, 8 * half] = vo.FIRST_PITCH + 36 + root - vo.BASS_LOW
        made.drums[index, 0::8] |= 1
        made.drums[index, 4::8] |= 2
        made.drums[index, ::2] |= np.where(rng.random(32) < 0.8, 4, 0).astype(np.uint8)
    return replace(
        made,
        voices=np.full(count, voices, np.uint8),
        style=rng.integers(0, styles, count).astype(np.uint8),
        mode=rng.integers(0, 2, count).astype(np.uint8),
        piece=(first_piece + np.arange(count) // per_piece).astype(np.int32),
    )
