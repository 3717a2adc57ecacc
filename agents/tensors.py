"""Read and write named arrays in the safetensors layout: no code can hide in such a file.

Layout: 8 bytes little-endian header length, a JSON header `{name: {dtype, shape, data_offsets}}` with an
optional `__metadata__` of strings, then the raw little-endian data without gaps. Checkpoints and self-play
snapshots use it.
"""

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.errors import RunError
from safefiles.writing import write_atomic

Array = NDArray[Any]

MAX_FILE_BYTES = 1 << 30
MAX_HEADER_BYTES = 16 << 20

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
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def dump_tensors(arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> bytes:
    """Serialise arrays (any numeric or bool dtype) and string metadata; the same input gives the
    same bytes.
    """
    header: dict[str, Any] = {}
    if metadata:
        header["__metadata__"] = dict(sorted(metadata.items()))
    chunks: list[bytes] = []
    offset = 0
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        dtype = array.dtype.newbyteorder("<")
        if dtype not in _NAMES:
            raise RunError(f"tensor {name!r}: expected a numeric or bool array, found dtype {array.dtype}")
        data = array.astype(dtype, copy=False).tobytes(order="C")
        header[name] = {
            "dtype": _NAMES[dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(chunks)


def save_tensors(path: Path, arrays: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """`dump_tensors` into a file, atomically."""
    write_atomic(path, dump_tensors(arrays, metadata))


def load_tensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """Read what `save_tensors` wrote: writable arrays and the metadata. Raises RunError naming file and
    tensor.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise RunError(f"{path.name}: expected at most {MAX_FILE_BYTES} bytes, found {size}")
        data = path.read_bytes()
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror or error})") from error
    return parse_tensors(data, path.name)


def parse_tensors(data: bytes, name: str) -> tuple[dict[str, Array], dict[str, str]]:
    """`load_tensors` from bytes; `name` is the file's name in errors."""
    header, start = _parse_header(data, name)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise RunError(f"{name}: expected __metadata__ to be strings by name")
    arrays = {key: _parse_entry(data, start, name, key, entry) for key, entry in header.items()}
    return arrays, metadata


def _parse_header(data: bytes, name: str) -> tuple[dict[str, Any], int]:
    if len(data) < 8:
        raise RunError(f"{name}: expected a tensor file, found {len(data)} bytes")
    (length,) = struct.unpack_from("<Q", data)
    if length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise RunError(f"{name}: expected a header of at most {len(data) - 8} bytes, found {length}")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise RunError(f"{name}: the header is not JSON ({error})") from error
    if not isinstance(header, dict):
        raise RunError(f"{name}: expected the header to be an object, found {type(header).__name__}")
    return header, 8 + length


def _parse_entry(data: bytes, start: int, name: str, key: str, entry: Any) -> Array:
    where = f"{name} > {key!r}"
    try:
        dtype = _DTYPES[entry["dtype"]]
        shape = tuple(int(size) for size in entry["shape"])
        begin, end = (int(offset) for offset in entry["data_offsets"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{where}: expected dtype, shape and data_offsets, found {entry!r:.80}") from error
    if any(size < 0 for size in shape) or not 0 <= begin <= end <= len(data) - start:
        raise RunError(
            f"{where}: data_offsets [{begin}, {end}] lie outside the file's {len(data) - start} bytes"
        )
    if math.prod(shape) * dtype.itemsize != end - begin:
        needed = math.prod(shape) * dtype.itemsize
        raise RunError(f"{where}: shape {list(shape)} needs {needed} bytes, found {end - begin}")
    return np.frombuffer(data[start + begin : start + end], dtype=dtype).reshape(shape).copy()
