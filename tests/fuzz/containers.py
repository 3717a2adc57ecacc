"""Mutators of our binary files that seal them again: right lengths, checksums and offsets, so that what lies inside is read.

Where a file cannot be taken apart any more (an earlier mutator spoilt it), its bytes are changed instead.
"""

import contextlib
import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import numpy as np

from tests.fuzz.mutate import Mutator, change_tree, dumps, json_tree, nonsense, one_of, raw_bytes

Sections = dict[str, bytes]
UNREADABLE: Final = (
    ValueError, KeyError, IndexError, TypeError, RecursionError, struct.error, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
UNREADABLE_ZIP: Final = (*UNREADABLE, EOFError, NotImplementedError, RuntimeError, OSError)

# Replays (.bsr): a preamble, a JSON header, sections, the SHA-256 of all before

_PREAMBLE: Final = struct.Struct("<16sII")
_SEAL: Final = 32


def open_replay(data: bytes) -> tuple[int, dict[str, Any], Sections]:
    """The format number, the header and the sections, inflated. One of UNREADABLE for what is no replay."""
    _, form, length = _PREAMBLE.unpack_from(data)
    at = _PREAMBLE.size + length
    header = json.loads(data[_PREAMBLE.size : at])
    sections = {}
    for name in header["sections"]:
        stored = header["sections"][name][0]
        sections[name] = zlib.decompress(data[at : at + stored])
        at += stored
    return form, header, sections


def seal_replay(form: int, header: dict[str, Any], sections: Sections) -> bytes:
    """A replay whose lengths and seal are right."""
    stored = {name: zlib.compress(part, 1) for name, part in sections.items()}
    sizes = {name: [len(stored[name]), len(part)] for name, part in sections.items()}
    text = dumps({**header, "sections": sizes})
    body = _PREAMBLE.pack(b"BANKSHOT REPLAY\n", form, len(text)) + text + b"".join(stored.values())
    return body + hashlib.sha256(body).digest()


def replay_of(level: Mutator) -> Mutator:
    """A mutator of replays; `level` changes the level inside."""

    def resealed(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        try:
            form, header, sections = open_replay(data)
        except UNREADABLE:
            return raw_bytes(chance, data, others)
        kind = chance.randrange(10)
        if kind >= 8:
            # What no seal can prove: who played, and how hard it was.
            for part in ("names", "info", "drivers")[: chance.randrange(1, 4)]:
                if isinstance(header.get(part), dict | list):
                    header[part] = change_tree(chance, header[part])
        elif kind <= 2:
            header = _without_sizes(change_tree(chance, header))
        elif kind <= 5:
            name = chance.choice(list(sections))
            sections[name] = _changed_section(chance, sections[name])
        elif kind == 6:
            sections["level"] = level(chance, sections.get("level", b""), ())
            header["level_digest"] = _level_digest(sections["level"]) or header.get("level_digest")
        elif others:
            with contextlib.suppress(*UNREADABLE):
                _, other, parts = open_replay(chance.choice(list(others)))
                name = chance.choice(list(parts))
                sections[name] = parts[name]
                if chance.randrange(2):
                    header = {**header, **other, "ticks": header["ticks"]}
        return seal_replay(form, header, sections)

    def seal_only(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        body = raw_bytes(chance, data[:-_SEAL], [other[:-_SEAL] for other in others])
        return body + hashlib.sha256(body).digest()

    return one_of((8, resealed), (3, seal_only), (2, raw_bytes), (1, nonsense))


def _without_sizes(header: Any) -> dict[str, Any]:
    return (
        {key: value for key, value in header.items() if key != "sections"} if isinstance(header, dict) else {}
    )


def _changed_section(chance: Random, part: bytes) -> bytes:
    """Bytes of a section with its length kept (the file's claims must still agree), or any other."""
    found = bytearray(part)
    if found and chance.randrange(3):
        for _ in range(chance.choice((1, 1, 4, 40))):
            at = chance.randrange(len(found))
            found[at] = chance.choice((0, 0xFF, 0x80, found[at] ^ 1 << chance.randrange(8)))
        return bytes(found)
    return raw_bytes(chance, part, ())


def _level_digest(data: bytes) -> str | None:
    from game.core.levels.problems import LevelError
    from game.core.levels.tmj import parse_level

    try:
        return parse_level(data, "level").digest
    except LevelError:
        return None


# Tensor files: the header's length, a JSON header, then the numbers


def open_tensors(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the numbers behind it. One of UNREADABLE for another file."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("no header")
    return header, data[8 + length :]


def join_tensors(text: bytes, numbers: bytes) -> bytes:
    """A tensor file with the header's right length."""
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + numbers


def tensor_header(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Entries and metadata of the header changed; what follows stays."""
    try:
        header, numbers = open_tensors(data)
        kind = chance.randrange(4)
        metadata = header.get("__metadata__")
        if kind == 0 and isinstance(metadata, dict) and metadata:
            key = chance.choice(list(metadata))
            metadata[key] = json_tree(chance, metadata[key].encode(), ()).decode("utf-8", "surrogateescape")
        else:
            header = change_tree(chance, header)
    except UNREADABLE:
        return raw_bytes(chance, data, others)
    return join_tensors(dumps(header), numbers)


def tensor_numbers(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Numbers of one tensor set to what no writer puts there; sealed by the product's own writer."""
    from agents.errors import RunError
    from agents.tensors import dump_tensors, parse_tensors

    try:
        arrays, metadata = parse_tensors(data, "x")
        name = chance.choice(sorted(arrays))
        kind = chance.randrange(8)
        if kind <= 4:
            arrays[name] = odd_numbers(chance, arrays[name])
        elif kind == 5:
            arrays[name] = odd_shape(chance, arrays[name])
        elif kind == 6:
            del arrays[name]
        else:
            arrays[name] = arrays[chance.choice(sorted(arrays))]
        return dump_tensors(arrays, metadata)
    except (RunError, *UNREADABLE):
        return raw_bytes(chance, data, others)


def odd_numbers(chance: Random, array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The array with one number, a row or all of it at an end of its type, not finite, or a bit flipped."""
    found = array.copy()
    flat = found.reshape(-1)
    if not flat.size:
        return found
    at = chance.randrange(flat.size)
    end = chance.choice((at + 1, at + 1, at + 1, at + 16, flat.size))
    with np.errstate(all="ignore"):
        if found.dtype.kind == "f":
            flat[at:end] = chance.choice((np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0, 1e-40))
        elif found.dtype.kind == "b":
            flat[at:end] = ~flat[at:end]
        else:
            ends = np.iinfo(found.dtype)
            near = int(flat[at])
            value = chance.choice(
                (ends.min, ends.max, ends.max // 2, -1, 0, near + 1, near - 1, near ^ 1 << 9, near ^ 1 << 40)
            )
            flat[at:end] = max(ends.min, min(value, ends.max))
    return found


def odd_shape(chance: Random, array: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The same numbers in another shape or type, or fewer or more of them."""
    kind = chance.randrange(6)
    if kind == 0:
        return array.reshape(-1)
    if kind == 1:
        return array[None]
    if kind == 2:
        return array.reshape(-1)[: array.size // 2]
    if kind == 3:
        return np.concatenate([array.reshape(-1)] * 2)
    with np.errstate(all="ignore"):
        return array.astype(chance.choice((np.float32, np.float64, np.int64, np.uint8, np.bool_, np.int32)))


tensor_file: Final = one_of((4, tensor_header), (8, tensor_numbers), (2, raw_bytes), (1, nonsense))

# Zip archives, .npz among them: members written again with right checksums


def zip_members(data: bytes) -> list[tuple[str, bytes]]:
    """Names and contents. One of UNREADABLE_ZIP for what is no archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def zip_bytes(members: Sequence[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these members; names may come twice."""
    import warnings

    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, compression)
    return stream.getvalue()


def zip_of(member: Mutator) -> Mutator:
    """A mutator of archives; `member` changes the content of one of the members."""

    def rewritten(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        try:
            members = zip_members(data)
            at = chance.randrange(len(members))
        except UNREADABLE_ZIP:
            return raw_bytes(chance, data, others)
        name, content = members[at]
        kind = chance.randrange(8)
        if kind <= 4:
            members[at] = name, member(chance, content, ())
        elif kind == 5:
            del members[at]
        elif kind == 6:
            members.append((name, members[chance.randrange(len(members))][1]))
        else:
            members[at] = (
                chance.choice(("../up.npy", "/abs.npy", "a" * 300, "x/", name.upper(), "ü\0.npy")),
                content,
            )
        return zip_bytes(members, chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))

    def claims(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        """Sizes, flags and compression of the central directory set to something else."""
        at = data.rfind(b"PK\x01\x02")
        if at < 0:
            return raw_bytes(chance, data, others)
        found = bytearray(data)
        offset, width = chance.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (42, 4)))
        value = chance.choice((0, 1, 8, 9, 12, 14, 99, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 20))
        found[at + offset : at + offset + width] = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
        return bytes(found)

    return one_of((7, rewritten), (2, claims), (2, raw_bytes), (1, nonsense))


def npy(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """An array's numbers, or the type and shape that its header claims (object types, huge and negative sizes)."""
    from agents.tensors import _DTYPES

    try:
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        if chance.randrange(2):
            changed = odd_numbers(chance, array) if chance.randrange(2) else odd_shape(chance, array)
            stream = io.BytesIO()
            np.lib.format.write_array(stream, np.asarray(changed), allow_pickle=False)
            return stream.getvalue()
    except Exception:  # numpy answers broken headers with the errors of Python's own parser too
        return raw_bytes(chance, data, others)
    descr = repr(
        chance.choice(("|O", "<U40", "|V8", "<M8[ns]", "<f8", "|S0", "x", *[t.str for t in _DTYPES.values()]))
    )
    shape = chance.choice(
        (
            "()",
            "(0,)",
            "(-1,)",
            "(1, 2**40)",
            "(9999999999, 9)",
            f"({len(data)},)",
            str(array.shape),
            "(1,) * 70",
            "[1]",
            "(True,)",
        )
    )
    order = chance.choice(("False", "True", "7"))
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    text = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    start = data.index(b"}") + 1
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data[start + 32 :]


# MIDI: chunks with right lengths, events with right variable-length numbers

Event = tuple[int, bytes]  # delta in ticks, status and data


def quantity(number: int) -> bytes:
    """MIDI's variable-length number."""
    found = bytes([number & 0x7F])
    while number := number >> 7:
        found = bytes([number & 0x7F | 0x80]) + found
    return found


def open_midi(data: bytes) -> tuple[bytes, list[list[Event]]]:
    """The header's six bytes and each track's events. One of UNREADABLE or mido's own for a broken file."""
    import mido

    file = mido.MidiFile(file=io.BytesIO(data), clip=True)
    tracks = [[(message.time, bytes(message.bin())) for message in track] for track in file.tracks]
    return data[8:14], tracks


def join_midi(header: bytes, tracks: Sequence[Sequence[Event]]) -> bytes:
    """A file whose chunk lengths are right."""
    chunks = [b"".join(quantity(delta) + event for delta, event in track) for track in tracks]
    return b"MThd" + struct.pack(">I", len(header)) + header + b"".join(
        b"MTrk" + struct.pack(">I", len(chunk)) + chunk for chunk in chunks
    )  # fmt: skip


_EVENTS: Final = (
    b"\xff\x51\x03\x00\x00\x00", b"\xff\x51\x03\x00\x00\x01", b"\xff\x51\x03\xff\xff\xff", b"\xff\x51\x01\x07",
    b"\xff\x58\x04\x00\x02\x18\x08",
    b"\xff\x58\x04\x06\x03\x18\x08", b"\xff\x58\x04\x04\xff\x18\x08", b"\xff\x58\x02\x04\x02", b"\xff\x59\x02\xf8\x00",
    b"\xff\x59\x02\x07\x02",
    b"\xff\x59\x01\x00", b"\xff\x2f\x00", b"\xff\x2f\x02\x00\x00", b"\xff\x03\x04\xff\xfe\x1b\x00", b"\xff\x06\x00",
    b"\xff\x06\x03\x82\xa0\x81",
    b"\xff\x7f\x05\x00\x00\x41\x01\x02", b"\xff\x20\x01\x1f", b"\xff\x21\x00", b"\xff\x54\x05\xff\xff\xff\xff\xff",
    b"\xff\x00\x02\x00\x01", b"\xff\x99\x01\x00",
    b"\xf0\x03\x01\x02\xf7", b"\xf0\x00", b"\xf7\x02\xf3\x01", b"\xf1\x00", b"\xf8", b"\x90\x40\x00", b"\x90\x40\xff",
    b"\x90\x7f\x7f", b"\x80\x00\x00",
    b"\xe0\x00\x40", b"\xc0\x7f", b"\xd0\x01", b"\xb0\x7b\x00", b"\x99\x00\x7f", b"\x40\x40", b"\xf4", b"\xfd",
)  # fmt: skip
_DELTAS: Final = (0, 1, 127, 128, 0x3FFF, 0x1FFFFF, 0x0FFFFFFF, 960 * 4096, 7)


def midi_events(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Events added, dropped, moved in time or changed; tracks dropped, doubled, emptied; the header's three numbers."""
    try:
        header, tracks = open_midi(data)
    except Exception:  # mido answers broken files with a dozen unrelated exceptions
        return raw_bytes(chance, data, others)
    for _ in range(chance.choice((1, 1, 2, 3))):
        header = _midi_step(chance, header, tracks)
    return join_midi(header, tracks)


def _midi_step(chance: Random, header: bytes, tracks: list[list[Event]]) -> bytes:
    """Make one change to the tracks, in place, or return another header."""
    kind = chance.randrange(11)
    if kind == 0:
        words = list(struct.unpack_from(">HHH", header.ljust(6, b"\0")))
        words[chance.randrange(3)] = chance.choice(
            (0, 1, 2, 3, 96, 0x7FFF, 0x8000, 0xE250, 0xFFFF, len(tracks) + 1)
        )
        return struct.pack(">HHH", *words) + chance.choice((b"", b"", b"", b"\0\0", b"\0" * 300))
    if not tracks:
        tracks.append([(0, chance.choice(_EVENTS))])
        return header
    track = tracks[chance.randrange(len(tracks))]
    if kind == 1:
        place = chance.randrange(len(tracks))
        tracks[place : place + 1] = [tracks[place]] * chance.choice((0, 2, 20))
        if chance.randrange(2):
            header = header[:2] + struct.pack(">H", len(tracks)) + header[4:]
        return header
    if not track or kind == 2:
        track[:] = [(chance.choice(_DELTAS), chance.choice(_EVENTS)) for _ in range(chance.choice((0, 1, 9)))]
        return header
    at = chance.randrange(len(track))
    delta, event = track[at]
    if kind == 3:
        del track[at : at + chance.choice((1, 1, 9, 1000))]
    elif kind <= 5:
        track.insert(chance.choice((0, at, len(track))), (chance.choice(_DELTAS), chance.choice(_EVENTS)))
    elif kind <= 7:
        track[at] = chance.choice(_DELTAS), event
    elif kind == 8:
        track[at] = delta, raw_bytes(chance, event, ())
    elif kind == 9:
        track[at:at] = track[at : at + 3] * chance.choice((1, 50, 900))
    else:
        track[at] = delta, event[:1] + bytes([chance.randrange(256) for _ in event[1:3]]) + event[3:]
    return header


midi_file: Final = one_of((8, midi_events), (3, raw_bytes), (1, nonsense))

# WADs: a directory of lumps

_WAD_HEADER: Final = struct.Struct("<4sII")
_WAD_ENTRY: Final = struct.Struct("<II8s")


def wad_lumps(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """A lump changed as MIDI, or the directory's offsets, sizes, names and counts; everything else agrees."""
    try:
        kind, count, directory = _WAD_HEADER.unpack_from(data)
        entries = [list(_WAD_ENTRY.unpack_from(data, directory + n * _WAD_ENTRY.size)) for n in range(count)]
        lumps = [data[offset : offset + size] for offset, size, _ in entries]
        at = chance.randrange(len(lumps))
    except UNREADABLE:
        return raw_bytes(chance, data, others)
    what = chance.randrange(5)
    if what <= 1:
        lumps[at] = midi_file(chance, lumps[at], ())
    elif what == 2:
        lumps[at:at] = [lumps[at]] * chance.choice((1, 3, 600))
        entries[at:at] = [entries[at]] * (len(lumps) - len(entries))
    elif what == 3:
        entries[at][2] = chance.choice((b"", b"\xff" * 8, b"..\\..\\a", b"A\0B\0C", b"\x1b[31m", b"D_E1M1"))
    body, rows = b"", b""
    for lump, entry in zip(lumps, entries):
        offset, size = 12 + len(body), len(lump)
        body += lump
        if what == 4 and chance.randrange(3) == 0:
            offset, size = chance.choice(
                ((offset, 2**32 - 1), (2**32 - 1, size), (0, size), (offset, 0), (12, len(body)))
            )
        rows += _WAD_ENTRY.pack(offset, size, entry[2])
    count = len(lumps) if chance.randrange(6) else chance.choice((0, 1, 65_536, 2**32 - 1, len(lumps) + 1))
    return _WAD_HEADER.pack(kind, count, 12 + len(body)) + body + rows


wad_file: Final = one_of((8, wad_lumps), (3, raw_bytes), (1, nonsense))
