"""WAV and OGG files: 16-bit PCM and Vorbis, written atomically. Equal samples give equal bytes."""

import io
import struct
import wave
import zlib
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from music.synth.oscillators import Floats
from safefiles.writing import write_atomic

FULL_SCALE: Final = 32_767
OGG_QUALITY: Final = 0.6  # libsndfile's scale, 0 (best) to 1 (smallest)
SERIAL: Final = 0x42534E4B  # serial number of the stream in an Ogg file
_SERIAL_AT, _CHECKSUM_AT, _SEGMENTS = 14, 22, 26  # offsets in an Ogg page
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
BLOCK: Final = 1 << 16  # samples passed to the encoder per call: it crashes on minutes of audio in one call


def wav_bytes(samples: Floats, rate: int) -> bytes:
    """Return a WAV file of `samples` (count, channels), clipped to ±1. Equal samples give equal bytes."""
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
    write_atomic(path, ogg_bytes(samples, rate))


def ogg_bytes(samples: Floats, rate: int) -> bytes:
    """Return an Ogg Vorbis file of `samples` (count, channels), clipped to ±1."""
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", rate, samples.shape[1], format="OGG", subtype="VORBIS", compression_level=OGG_QUALITY
    ) as file:
        for first in range(0, len(samples), BLOCK):
            file.write(np.clip(samples[first : first + BLOCK], -1, 1))
    return _with_serial(stream.getvalue())


def _with_serial(data: bytes) -> bytes:
    """Return an Ogg file with a fixed serial number: libsndfile uses a random one, so equal audio would give different files."""
    pages = bytearray(data)
    at = 0
    while data[at : at + 4] == b"OggS":
        segments = data[at + _SEGMENTS]
        table = at + _SEGMENTS + 1
        end = table + segments + sum(data[table : table + segments])
        struct.pack_into("<I", pages, at + _SERIAL_AT, SERIAL)
        struct.pack_into("<I", pages, at + _CHECKSUM_AT, 0)
        struct.pack_into("<I", pages, at + _CHECKSUM_AT, _checksum(bytes(pages[at:end])))
        at = end
    return bytes(pages)


def _checksum(page: bytes) -> int:
    """Return Ogg's CRC-32: zlib's, with the bits of every input byte and of the result reversed."""
    turned = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(turned.to_bytes(4, "little").translate(_MIRRORED), "big")
