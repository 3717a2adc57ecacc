"""Read and write named arrays as safetensors files: no code can hide in such a file.

The library `safetensors` writes and reads the format; checkpoints and self-play snapshots use it. The size and header of a file
are checked before the library sees it, so that a refusal names the file and the tensor. `__metadata__` holds the SHA-256 of the
whole file, computed with zeros in place of the hash, so that a single flipped bit is found. Older files have no hash and are
read too.
"""

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from agents.errors import RunError
from safefiles.foreign import parse_json, read_bytes, short_reason
from safefiles.text import clean, shown_path
from safefiles.writing import write_atomic

Array = NDArray[Any]

MAX_FILE_BYTES = 1 << 30
MAX_HEADER_BYTES = 16 << 20
MAX_AXES = 32
_MOST = 1 << 40  # largest size or offset
SEAL = "sha256"  # key of the checksum in `__metadata__`
_UNSEALED = b"0" * 64

# Types that are read and written; the library has more that NumPy or a checkpoint lacks.
_DTYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype(np.uint8),
    "I8": np.dtype(np.int8),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
_KNOWN = frozenset(_DTYPES.values())
_SEAL_PLACE = b'"' + SEAL.encode() + b'":"' + _UNSEALED + b'"'


def dump_tensors(arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """Serialise arrays (any numeric or bool dtype) and string metadata; the same input gives the
    same bytes.
    """
    plain = {name: _plain(name, array) for name, array in arrays.items()}
    try:
        written = safetensors.numpy.save(plain, {**(metadata or {}), SEAL: _UNSEALED.decode()})
    except SafetensorError as error:
        raise RunError(
            f"tensors: expected what a safetensors file can hold, found {_cause(error)}"
        ) from error
    data = _with_sorted_metadata(written)
    return data.replace(
        _SEAL_PLACE, _SEAL_PLACE.replace(_UNSEALED, hashlib.sha256(data).hexdigest().encode()), 1
    )


def _plain(name: str, array: Array) -> Array:
    """The array as the library needs it: little-endian and contiguous, because it copies the memory unchanged."""
    if clean(name) != name:
        raise RunError(f"tensor {name!r}: expected a name of printable signs")
    array = np.asarray(array)
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _KNOWN:
        raise RunError(f"tensor {name!r}: expected a numeric or bool array, found dtype {array.dtype}")
    if array.ndim > MAX_AXES:
        raise RunError(f"tensor {name!r}: expected at most {MAX_AXES} axes, found {array.ndim}")
    return np.asarray(array, dtype, order="C")


def _with_sorted_metadata(data: bytes) -> bytes:
    """The file with its metadata sorted by key, which the library writes in the order of a hash table.

    RunError if the file is larger than the limit for reading.
    """
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    for what, size, most in (
        ("header", len(text), MAX_HEADER_BYTES),
        ("file", 8 + len(text) + len(data) - 8 - length, MAX_FILE_BYTES),
    ):
        if size > most:
            raise RunError(
                f"tensors: expected a {what} of at most {most:,} bytes, as is read, found {size:,}"
            )
    return struct.pack("<Q", len(text)) + text + memoryview(data)[8 + length :]


def save_tensors(path: Path, arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """`dump_tensors` into a file, atomically."""
    write_atomic(path, dump_tensors(arrays, metadata))


def load_tensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Read what `save_tensors` wrote: writable arrays and the metadata without the checksum.

    Raises RunError naming file and tensor; "damaged" if the checksum differs.
    """
    return parse_tensors(read_bytes(path, MAX_FILE_BYTES, "a tensor file", RunError), shown_path(path.name))


def parse_tensors(data: bytes, name: str) -> tuple[dict[str, Array], dict[str, str]]:
    """`load_tensors` from bytes; `name` is the file's name in errors."""
    header, start = _parse_header(data, name)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise RunError(f"{name}: expected __metadata__ to be strings by name")
    seal = metadata.pop(SEAL, None)
    if seal is not None:
        _check_seal(data, start, seal, name)
    for key, entry in header.items():
        _check_entry(len(data) - start, f"{name} > {key!r:.80}", entry)
    try:
        arrays = safetensors.numpy.load(data)
    except SafetensorError as error:  # for example gaps and overlaps
        raise RunError(f"{name}: expected a safetensors file, found {_cause(error)}") from error
    if arrays.keys() != header.keys():
        odd = next(key for key in arrays if key not in header)
        raise RunError(f"{name}: expected names of printable signs, found {clean(odd, 80)}")
    return {key: arrays[key] for key in header}, metadata


def _cause(error: SafetensorError) -> str:
    """The library's error message without its preamble."""
    preamble, _, found = short_reason(error).partition(": ")
    return found if preamble.startswith("Error while ") else short_reason(error)


def _check_seal(data: bytes, start: int, seal: str, name: str) -> None:
    """Refuse a file whose bytes differ from those that were written."""
    at = data.find(_SEAL_PLACE.replace(_UNSEALED, seal.encode()), 0, start)
    digest = hashlib.sha256()
    if at >= 0 and len(seal) == len(_UNSEALED):
        first = data.index(seal.encode(), at)
        digest.update(data[:first])
        digest.update(_UNSEALED)
        digest.update(memoryview(data)[first + len(seal) :])
    if digest.hexdigest() != seal:
        raise RunError(f"{name}: damaged: expected sha-256 {seal[:16]}…, found {digest.hexdigest()[:16]}…")


def _parse_header(data: bytes, name: str) -> tuple[dict[str, Any], int]:
    if len(data) < 8:
        raise RunError(f"{name}: expected a tensor file, found {len(data)} bytes")
    (length,) = struct.unpack_from("<Q", data)
    if length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise RunError(f"{name}: expected a header of at most {len(data) - 8} bytes, found {length}")
    header = parse_json(data[8 : 8 + length], f"{name} > header", RunError)
    if not isinstance(header, dict):
        raise RunError(f"{name}: expected the header to be an object, found {type(header).__name__}")
    return header, 8 + length


def _check_entry(size: int, where: str, entry: Any) -> None:
    """Refuse a header entry whose type, shape and offsets do not fit the file's `size` bytes of data."""
    fields = entry if isinstance(entry, dict) else {}
    dtype = _DTYPES.get(str(fields.get("dtype")))
    shape, offsets = _sizes(fields.get("shape")), _sizes(fields.get("data_offsets"))
    if dtype is None or shape is None or offsets is None or len(offsets) != 2 or len(shape) > MAX_AXES:
        raise RunError(f"{where}: expected dtype, shape and data_offsets, found {entry!r:.80}")
    begin, end = offsets
    if not 0 <= begin <= end <= size:
        raise RunError(f"{where}: data_offsets [{begin}, {end}] lie outside the file's {size} bytes")
    needed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or needed != end - begin:
        raise RunError(f"{where}: shape {shape!r:.80} needs {needed} bytes, found {end - begin}")


def _sizes(value: Any) -> list[int] | None:
    """A list of whole numbers within the file's limits, None for any other value."""
    if isinstance(value, list) and all(type(size) is int and abs(size) <= _MOST for size in value):
        return value
    return None
