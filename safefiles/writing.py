"""The only way files are written: a reader sees the complete old or new file, never a part."""

import contextlib
import errno
import os
import stat
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from safefiles.causes import system_message

STALE_SECONDS: Final = 86_400.0  # age from which a temporary file belongs to a process that was killed
PART: Final = ".part"
_NAME_BYTES: Final = 100  # of a file's name in that of its temporary file; a name has at most 255


def write_atomic(path: Path, data: bytes) -> None:
    """Write `data` under a temporary name beside `path`, flush it to the disk, then rename it over `path`.

    Makes missing parent folders. A link is kept, and its target is replaced; a file keeps its mode; a pipe or device is written
    into, as it cannot be replaced. Raises OSError that names `path`; the temporary file is then removed and the old file is
    unchanged.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = _mode(path)
        target = Path(os.path.realpath(path))  # of a pipe, as /dev/stdout may be, no path at all
        if mode is None or stat.S_ISREG(mode):
            _replace(target, data, 0o666 & ~_umask() if mode is None else stat.S_IMODE(mode))
        elif stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        else:
            with path.open("wb", buffering=0) as stream:
                rest = memoryview(data)
                while rest:
                    rest = rest[stream.write(rest) or 0 :]
    except OSError as error:
        # The caller knows the file by this name; a broken pipe has its own meaning for commands
        if not isinstance(error, BrokenPipeError):
            error.filename, error.filename2 = str(path), None
        raise


def _mode(path: Path) -> int | None:
    """Return type and permissions of a path's target; None if it does not exist. Raises OSError, also for a circle of links."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _replace(target: Path, data: bytes, mode: int) -> None:
    # A part of the name is enough to recognise the file, and a long name leaves no room for more
    start = target.name
    while len(os.fsencode(start)) > _NAME_BYTES:
        start = start[:-1]
    handle, name = tempfile.mkstemp(prefix=f".{start}.", suffix=PART, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, mode)  # mkstemp makes files private to the user
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    _sync_folder(target.parent)


def remove_temporary_files(folders: Iterable[Path], older: float = STALE_SECONDS) -> int:
    """Remove temporary files that killed processes left in the folders; return how many.

    Only hidden files ending in `.part`, as `write_atomic` makes them, and only if at least `older` seconds old; files
    that cannot be read or removed stay.
    """
    now, removed = time.time(), 0
    for folder in folders:
        with contextlib.suppress(OSError):
            for path in list(folder.glob(f".*{PART}")):
                with contextlib.suppress(OSError):
                    if path.is_file() and not path.is_symlink() and now - path.stat().st_mtime > older:
                        path.unlink()
                        removed += 1
    return removed


def write_text(path: Path, text: str) -> None:
    """`write_atomic` for text: UTF-8, line ends as given."""
    write_atomic(path, text.encode("utf-8"))


def why_unwritable(folder: Path) -> str:
    """Return why no file can be written into a folder; empty if one can. Makes the folder, and tries with a nameless file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return system_message(error)


def _umask() -> int:
    """The process's umask, which can only be read by setting it: to the usual one, for the other threads."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable; Windows cannot open a folder, and does not need it."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
