"""Read `.npz` files that are not trusted: bounded in size, never unpickled, one class of error for every fault."""

import zipfile
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, Final

import numpy as np

from music.errors import MusicError
from music.messages import say
from safefiles.causes import parser_message
from safefiles.foreign import refuse_errors
from safefiles.text import clean, shown_path

Arrays = dict[str, Any]  # NumPy arrays by name
MAX_MEMBERS: Final = 4096
_HEADERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_arrays(path: Path, expected: str, most: int, refusal: type[MusicError]) -> Arrays:
    """Return every array of an .npz file by its name.

    `expected` says what the file should be, `most` is the largest unpacked size in bytes. Raises FileNotFoundError, and
    `refusal` for a file that cannot be read, is of another kind, is damaged or too large.
    """
    where = shown_path(path.name)
    with refuse_errors(path, expected, refusal, missing=True):
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                size = sum(member.file_size for member in members)
                if size > most or len(members) > MAX_MEMBERS:
                    limits = {"most": most, "members": MAX_MEMBERS, "found": size, "count": len(members)}
                    raise refusal(say("unpacked_bytes", where=where, **limits))
                return {
                    member.filename.removesuffix(".npy"): _array(archive, member, where, refusal)
                    for member in members
                }
        except RuntimeError as error:  # an encrypted member
            raise refusal(
                say("malformed", where=where, expected=expected, found=parser_message(error))
            ) from error


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, refusal: type[MusicError]) -> Any:
    """Return one array. Its header must not promise more bytes than the member has: NumPy allocates that size immediately."""
    with archive.open(member) as stream:
        shape, dtype = _header(stream)
    size = int(np.prod([int(each) for each in shape], dtype=object)) * dtype.itemsize
    if dtype.hasobject or not 0 <= size <= member.file_size:
        place, found = f"{where} › {shown_path(member.filename, 60)}", f"{dtype} {shape!s:.60}"
        raise refusal(say("array_bytes", where=place, most=member.file_size, found=found))
    with archive.open(member) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(say("array_version", version=version))
    try:
        shape, _, dtype = _HEADERS[version](stream)
    except (SyntaxError, TokenError, TypeError, AttributeError) as error:  # the header is a Python literal
        raise ValueError(say("array_header", cause=clean(str(error), 120))) from error
    if not all(type(each) is int for each in shape):  # NumPy accepts True as a number here, and fails later
        raise ValueError(say("array_shape", shape=f"{shape!s:.60}"))
    return shape, dtype
