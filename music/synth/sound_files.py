"""WAV and OGG files: 16-bit PCM and Vorbis, written whole or not at all."""

import io
import wave
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from music.synth.oscillators import Floats
from safefiles.writing import write_atomic

FULL_SCALE: Final = 32_767
OGG_QUALITY: Final = 0.6  # of libsndfile's 0 (best) to 1 (smallest)
BLOCK: Final = 1 << 16  # samples handed to the encoder at a time: it crashes on minutes at once


def wav_bytes(samples: Floats, rate: int) -> bytes:
    """Return a WAV file of `samples` (count, channels); what passes 1 is clipped. Equal samples give equal bytes."""
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.rint(np.clip(samples, -1, 1) * FULL_SCALE).astype("<i2").tobytes())
    return stream.getvalue()


def write_wav(path: Path, samples: Floats, rate: int) -> None:
    """Write `samples` (count, channels) as 16-bit PCM. Raises OSError."""
    write_atomic(path, wav_bytes(samples, rate))


def write_ogg(path: Path, samples: Floats, rate: int) -> None:
    """Write `samples` (count, channels) as Ogg Vorbis, about a tenth of a WAV file. Raises OSError."""
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", rate, samples.shape[1], format="OGG", subtype="VORBIS", compression_level=OGG_QUALITY
    ) as file:
        for first in range(0, len(samples), BLOCK):
            file.write(np.clip(samples[first : first + BLOCK], -1, 1))
    write_atomic(path, stream.getvalue())
