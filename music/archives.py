"""`.npz` files as files from a stranger: bounded, never unpickled, and one kind of error for all that can be wrong."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from music.errors import MusicError

Arrays = dict[str, Any]  # NumPy arrays by name


def read_arrays(path: Path, expected: str, most: int, refusal: type[MusicError]) -> Arrays:
    """Return every array of an .npz file by its name.

    `expected` names what the file should be, `most` is the largest size in bytes once unpacked. Raises FileNotFoundError;
    and `refusal` for a file that cannot be read, is no such file, is damaged or too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            size = sum(member.file_size for member in members)
            if size > most:
                raise refusal(f"{path.name}: expected at most {most} bytes unpacked, found {size}")
            arrays: Arrays = {}
            for member in members:
                with archive.open(member) as stream:
                    arrays[member.filename.removesuffix(".npy")] = np.lib.format.read_array(
                        stream, allow_pickle=False
                    )
    except (FileNotFoundError, MusicError):
        raise
    except (
        OSError,
        ValueError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        MemoryError,
    ) as error:
        # RuntimeError: an encrypted member; NotImplementedError, which is one: a compression of another kind
        raise refusal(f"{path.name}: expected {expected} ({error})") from error
    return arrays
