"""Reader of WAD archives with size limits: yields the lumps that are MIDI files, for Freedoom's music."""

import struct
from collections.abc import Iterator
from typing import Final

from music.errors import CorpusError

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_LUMPS: Final = 65_536
MAX_MIDI_LUMPS: Final = 512
MAX_LUMP_BYTES: Final = 1024 * 1024
MAX_MIDI_BYTES: Final = 32 * 1024 * 1024  # of all MIDI lumps: lumps may overlap
HEADER: Final = struct.Struct("<4sII")  # kind, lumps, offset of the directory
ENTRY: Final = struct.Struct("<II8s")  # offset, size, name padded with zeros


def midi_lumps(data: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of each lump that starts with MThd, in the directory's order. Raises CorpusError."""
    if len(data) > MAX_BYTES:
        raise CorpusError(f"{where}: expected at most {MAX_BYTES} bytes, found {len(data)}")
    if len(data) < HEADER.size or data[:4] not in (b"IWAD", b"PWAD"):
        raise CorpusError(f"{where}: expected a WAD that starts with IWAD or PWAD, found {data[:4]!r}")
    _, lumps, directory = HEADER.unpack_from(data)
    if lumps > MAX_LUMPS:
        raise CorpusError(f"{where}: expected at most {MAX_LUMPS} lumps, found {lumps}")
    if directory + lumps * ENTRY.size > len(data):
        raise CorpusError(
            f"{where}: expected the directory inside the file, found {lumps} lumps at {directory}"
        )
    found = total = 0
    for index in range(lumps):
        offset, size, padded = ENTRY.unpack_from(data, directory + index * ENTRY.size)
        if size < 4 or data[offset : offset + 4] != b"MThd":
            continue
        written = padded.split(b"\0")[0].decode("latin-1")
        name = "".join(sign for sign in written if sign.isalnum() or sign in "_-")
        if offset + size > len(data):
            raise CorpusError(
                f"{where} › {name}: expected it inside the file, found {size} bytes at {offset}"
            )
        if size > MAX_LUMP_BYTES:
            raise CorpusError(f"{where} › {name}: expected at most {MAX_LUMP_BYTES} bytes, found {size}")
        found, total = found + 1, total + size
        if found > MAX_MIDI_LUMPS or total > MAX_MIDI_BYTES:
            raise CorpusError(
                f"{where}: expected at most {MAX_MIDI_LUMPS} MIDI lumps of {MAX_MIDI_BYTES} bytes, found more"
            )
        yield name or f"lump {index}", data[offset : offset + size]
