"""How much of the music the codec keeps: the manifest's measurements of the loss between a score and its tokens."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.grid import Grid, Line

# Each share and the two sums whose quotient it is.
#   attacks            of the times at which the chosen part begins notes
#   sound_in_chords    of all pitched sound, by duration: its pitch class is in the beat's chord
#   sound_in_voices    the same: in the chord, or in the beat's melody or bass
#   chord_tones_heard  of the chords' pitch classes: those that do sound in the beat
#   folded             of the windows' notes: moved by octaves individually, away from their line
SHARES: Final = {
    "melody_attacks": ("melody_kept", "melody_heard"),
    "bass_attacks": ("bass_kept", "bass_heard"),
    "sound_in_chords": ("in_chords", "sound"),
    "sound_in_voices": ("in_voices", "sound"),
    "chord_tones_heard": ("tones_heard", "tones"),
    "melody_folded": ("melody_folded", "melody_written"),
    "bass_folded": ("bass_folded", "bass_written"),
}


def fidelity_shares(sums: Mapping[str, float]) -> dict[str, float]:
    """Return the shares, 0..1, of these sums; a share with a total of 0 is left out."""
    return {
        name: round(sums.get(part, 0.0) / sums[whole], 4)
        for name, (part, whole) in SHARES.items()
        if sums.get(whole, 0.0) > 0
    }


def line_sums(voice: str, grid: Grid, line: Line, path: NDArray[np.int64]) -> Counter[str]:
    """Count the times at which a line's part (path: a row per bar) begins notes, and how many of these the line keeps."""
    heard = 0
    for row, part in enumerate(grid.parts):
        bars = part.steps[:, 0] // vo.STEPS_PER_BAR
        moments = np.unique(np.round(part.beats[path[bars] == row, 0] * 48))
        heard += len(moments)
    return Counter({f"{voice}_heard": heard, f"{voice}_kept": min(int(line.onset.sum()), heard)})


def harmony_sums(
    classes: NDArray[np.float32], chords: NDArray[np.uint8], melody: Line, bass: Line
) -> Counter[str]:
    """Sum the durations of all parts' pitch classes (parts, beats, 12) that each beat's chord, melody and bass contain."""
    sound = np.minimum(classes, 1).sum(0)
    inside = vo.CHORD_PITCH_CLASSES[chords].astype(np.bool_)
    voices = inside.copy()
    for line in (melody, bass):
        for step in range(vo.STEPS_PER_BEAT):
            pitch = line.pitch[step :: vo.STEPS_PER_BEAT]
            beats = np.flatnonzero(pitch >= 0)
            voices[beats, pitch[beats] % 12] = True
    sums = {
        "sound": sound.sum(),
        "in_chords": sound[inside].sum(),
        "in_voices": sound[voices].sum(),
        "tones": inside.sum(),
        "tones_heard": (inside & (sound > 0)).sum(),
    }
    return Counter({name: round(float(value) * 1000) for name, value in sums.items()})
