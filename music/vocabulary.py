"""The tokens: how four bars of four voices are encoded as small integers. One table, many uses.

A *window* is BARS bars of 4/4, STEPS_PER_BAR steps per bar. Keys are normalised first: major pieces are transposed to C,
minor ones to A. The voices:

    melody  one token a step: REST, HOLD (the note before goes on), or FIRST_PITCH + pitch - MELODY_LOW
    bass    the same over BASS_LOW
    chords  one token a beat: NO_CHORD, or 1 + root * len(QUALITIES) + quality
    drums   one token a step: a bit for each drum of DRUMS that is struck

HOLD keeps notes whole: a grid of on/off cells would break long notes into fragments.
"""

import hashlib
import json
from typing import Final

import numpy as np
from numpy.typing import NDArray

STEPS_PER_BEAT: Final = 4
BEATS_PER_BAR: Final = 4
STEPS_PER_BAR: Final = STEPS_PER_BEAT * BEATS_PER_BAR
BARS: Final = 4
STEPS: Final = BARS * STEPS_PER_BAR
BEATS: Final = BARS * BEATS_PER_BAR

REST: Final = 0
HOLD: Final = 1
FIRST_PITCH: Final = 2
PITCHES: Final = 36
MELODY_LOW: Final = 55  # MIDI number of the lowest melody pitch, G3
BASS_LOW: Final = 28  # E1
LINE_TOKENS: Final = FIRST_PITCH + PITCHES  # number of tokens of melody and of bass

NO_CHORD: Final = 0
QUALITIES: Final = (  # name, pitch classes above the root
    ("power", (0, 7)),
    ("major", (0, 4, 7)),
    ("minor", (0, 3, 7)),
    ("diminished", (0, 3, 6)),
    ("suspended", (0, 5, 7)),
    ("seventh", (0, 4, 7, 10)),
    ("major seventh", (0, 4, 7, 11)),
    ("minor seventh", (0, 3, 7, 10)),
)
CHORD_TOKENS: Final = 1 + 12 * len(QUALITIES)

DRUMS: Final = (  # name, the General MIDI key for export, the keys imported as this drum
    ("kick", 36, (35, 36)),
    ("snare", 38, (31, 37, 38, 39, 40)),
    ("closed hat", 42, (42, 44, 54, 69, 70, 80, 82)),
    ("open hat", 46, (46,)),
    ("tom", 45, (41, 43, 45, 47, 48, 50, 60, 61, 62, 63, 64, 65, 66)),
    ("cymbal", 49, (49, 51, 52, 53, 55, 57, 59)),
)
DRUM_TOKENS: Final = 1 << len(DRUMS)

MAJOR, MINOR = 0, 1
MODES: Final = ("major", "minor")
TONICS: Final = (0, 9)  # pitch class of the normalised tonic, by mode

STYLES: Final = ("arcade", "chorale", "chamber", "folk")

VOICES: Final = ("melody", "harmony", "bass", "drums")
VOICE_BIT: Final = {name: 1 << index for index, name in enumerate(VOICES)}


def _chord_table() -> NDArray[np.uint8]:
    table = np.zeros((CHORD_TOKENS, 12), np.uint8)
    for root in range(12):
        for quality, (_, intervals) in enumerate(QUALITIES):
            table[1 + root * len(QUALITIES) + quality, [(root + step) % 12 for step in intervals]] = 1
    return table


CHORD_PITCH_CLASSES: Final = _chord_table()  # (CHORD_TOKENS, 12) 0 or 1
DRUM_BITS: Final = (np.arange(DRUM_TOKENS)[:, None] >> np.arange(len(DRUMS)) & 1).astype(np.uint8)


def chord_token(root: int, quality: int) -> int:
    """Return the token of a chord: root 0..11 (pitch class), quality an index of QUALITIES."""
    return 1 + root % 12 * len(QUALITIES) + quality


def chord_root(token: int) -> int:
    """Return the root's pitch class, -1 for NO_CHORD."""
    return (token - 1) // len(QUALITIES) if token else -1


def chord_quality(token: int) -> int:
    """Return the index of QUALITIES, -1 for NO_CHORD."""
    return (token - 1) % len(QUALITIES) if token else -1


def vocabulary() -> dict[str, object]:
    """Return everything that defines the meaning of tokens, as JSON-able values."""
    return {
        "steps_per_beat": STEPS_PER_BEAT,
        "beats_per_bar": BEATS_PER_BAR,
        "bars": BARS,
        "line": {"rest": REST, "hold": HOLD, "first_pitch": FIRST_PITCH, "pitches": PITCHES},
        "melody_low": MELODY_LOW,
        "bass_low": BASS_LOW,
        "qualities": [[name, list(intervals)] for name, intervals in QUALITIES],
        "drums": [[name, key, list(read)] for name, key, read in DRUMS],
        "modes": list(MODES),
        "tonics": list(TONICS),
        "styles": list(STYLES),
    }


def vocabulary_hash() -> str:
    """Return the hash stored in a generator's contract, 16 hex digits."""
    text = json.dumps(vocabulary(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
