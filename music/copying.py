"""Detect copies: compare every four bars of a melody with a fingerprint of every training melody.

A melody is the set of its (step, pitch) onsets; their overlap is the Jaccard index: common onsets / onsets of either. The
training melodies are not shipped, only one signature of SLOTS bits for each, by one-bit minwise hashing (Li and König, b-Bit
Minwise Hashing, WWW 2010). Each slot numbers all onsets in its own order and keeps the lowest bit of a melody's smallest
number. Two melodies of overlap J agree in a share (1 + J) / 2 of the slots, so two signatures give J with a standard error of
at most 1 / sqrt(SLOTS); at J = 0.8 it is 0.0375.

A melody cannot be recovered from its signature: a bit only says whether the hash of one unknown note is odd. With a given
tune, one can only measure its overlap with the training melodies.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.archives import read_arrays
from music.errors import MusicError
from music.keys import shift_of
from music.messages import say
from music.piece import Piece
from music.windows import Windows
from safefiles.foreign import parse_json, refuse_errors
from safefiles.text import clean, shown_path

FORMAT: Final = "bankshot-music-fingerprints"
FORMAT_VERSION: Final = 1
SLOTS: Final = 256
COPY: Final = 0.8  # an overlap above this is a copy
MIN_ONSETS: Final = 8  # four bars with fewer notes are never a copy
MOST_SIGNATURES: Final = 500_000
SHIPPED: Final = Path(__file__).resolve().parent / "shipped" / "fingerprints.npz"

Signatures = NDArray[np.uint8]  # (n, SLOTS / 8)
Onsets = NDArray[np.int64]  # step * PITCHES + pitch - MELODY_LOW, of one melody
_BYTES: Final = SLOTS // 8


class CopyRefused(MusicError):
    """A piece is too similar to a training piece."""


@dataclass(frozen=True)
class Overlap:
    """The four bars of a piece that are most similar to a training melody."""

    share: float  # estimate, 0..1
    bar: int  # where the four bars begin


@dataclass(frozen=True)
class Fingerprints:
    """The signatures of all training melodies."""

    signatures: Signatures

    def __len__(self) -> int:
        return len(self.signatures)

    def nearest(self, piece: Piece) -> Overlap:
        """Return the largest overlap of any four bars of the piece's melody with a training melody."""
        best = Overlap(0.0, 0)
        words = self.signatures.view(np.uint64)
        for bar, melody in enumerate(window_melodies(piece)):
            if len(melody) < MIN_ONSETS or not len(words):
                continue
            own = signature(melody).view(np.uint64)
            different = np.bitwise_count(words ^ own).sum(axis=1)
            share = float(1.0 - 2.0 * different.min() / SLOTS)
            if share > best.share:
                best = Overlap(share, bar)
        return best

    def check(self, piece: Piece) -> Overlap:
        """Return the largest overlap; CopyRefused, with the number, if it is above COPY."""
        nearest = self.nearest(piece)
        if nearest.share > COPY:
            bars = {"first": nearest.bar + 1, "last": nearest.bar + vo.BARS}
            raise CopyRefused(say("copy", title=piece.title, most=COPY, found=nearest.share, **bars))
        return nearest


def window_melodies(piece: Piece) -> list[Onsets]:
    """Return the onsets of each four bars of the piece, beginning at every bar, in the normalised key."""
    shift = shift_of(piece.key, piece.mode)
    high = vo.MELODY_LOW + vo.PITCHES - 1
    places = []
    for note in piece.voices.get("melody", ()):
        pitch = note.pitch - shift
        pitch += 12 * max(0, -(-(vo.MELODY_LOW - pitch) // 12))
        pitch -= 12 * max(0, -(-(pitch - high) // 12))
        places.append((note.start, pitch - vo.MELODY_LOW))
    found = np.array(places, np.int64).reshape(-1, 2)
    result = []
    for bar in range(max(1, piece.bars - vo.BARS + 1)):
        step = found[:, 0] - bar * vo.STEPS_PER_BAR
        inside = (step >= 0) & (step < vo.STEPS)
        result.append(np.unique(step[inside] * vo.PITCHES + found[inside, 1]))
    return result


def build_fingerprints(windows: Windows, *, corpus: str = "") -> bytes:
    """Return the fingerprint file of training windows; `corpus` is the hash of their manifest."""
    kept = windows.melody[(windows.melody >= vo.FIRST_PITCH).sum(axis=1) >= MIN_ONSETS]
    made = np.zeros((len(kept), _BYTES), np.uint8)
    for row, melody in enumerate(kept):
        (steps,) = np.nonzero(melody >= vo.FIRST_PITCH)
        made[row] = signature(steps * vo.PITCHES + melody[steps].astype(np.int64) - vo.FIRST_PITCH)
    about = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "vocabulary": vo.vocabulary_hash(),
        "corpus": corpus,
    }
    stream = io.BytesIO()
    np.savez(
        stream,
        about=np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8),
        signatures=np.unique(made, axis=0),  # sorted, so that the order reveals nothing
    )
    return stream.getvalue()


def read_fingerprints(path: Path = SHIPPED) -> Fingerprints:
    """Read a fingerprint file, the shipped one by default. MusicError: missing, foreign, damaged or too large."""
    most = MOST_SIGNATURES * _BYTES + 4096
    what, where = say("fingerprints"), shown_path(path.name)
    with refuse_errors(path, what, MusicError):
        arrays = read_arrays(path, what, most, MusicError)
        about = parse_json(arrays["about"].tobytes(), where, MusicError)
        signatures = arrays["signatures"]
    expected = {"format": FORMAT, "version": FORMAT_VERSION, "vocabulary": vo.vocabulary_hash()}
    for key, value in expected.items():
        found = about.get(key) if isinstance(about, dict) else None
        if found != value:
            raise MusicError(
                say(
                    "refused",
                    where=f"{where} › {key}",
                    expected=repr(value),
                    found=repr(clean(str(found), 60)),
                )
            )
    if signatures.dtype != np.uint8 or signatures.ndim != 2 or signatures.shape[1] != _BYTES:
        found = f"{signatures.shape} {signatures.dtype}"
        raise MusicError(say("signatures", where=where, size=_BYTES, found=found))
    return Fingerprints(np.ascontiguousarray(signatures))


def _numbers() -> NDArray[np.uint32]:
    """Return the number of every onset in every slot's order, (STEPS * PITCHES, SLOTS): a hash, equal on every machine."""
    onset = np.arange(vo.STEPS * vo.PITCHES, dtype=np.uint32)[:, None]
    slot = np.arange(SLOTS, dtype=np.uint32)[None, :]
    return _murmur_mix(
        _murmur_mix(onset + np.uint32(0x9E3779B9)) ^ _murmur_mix(slot * np.uint32(0x85EBCA6B) + np.uint32(1))
    )


def _murmur_mix(value: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return MurmurHash3's final mix of 32-bit integers."""
    with np.errstate(over="ignore"):
        value = value ^ (value >> np.uint32(16))
        value = value * np.uint32(0x85EBCA6B)
        value = value ^ (value >> np.uint32(13))
        value = value * np.uint32(0xC2B2AE35)
        return value ^ (value >> np.uint32(16))


_NUMBERS: Final = _numbers()


def signature(melody: Onsets) -> Signatures:
    """Return the signature of one melody of at least one onset, (SLOTS / 8,) bytes."""
    return np.packbits((_NUMBERS[melody].min(axis=0) & 1).astype(np.uint8))
