"""Where a command is to write: looked at before its work begins, so that none is lost to a wrong name."""

from collections.abc import Sequence
from pathlib import Path

from safefiles.errors import Refused, WorkFailed
from safefiles.text import shown
from safefiles.writing import unwritable


def check_file(option: str, path: Path, endings: Sequence[str] = ()) -> None:
    """Refuse a path that is a folder or lies below a file, and a file there of another kind than `endings`, not to be lost.

    Raises Refused, and WorkFailed where nothing can be written. A pipe or a device may be written into.
    """
    if path.is_dir():
        raise Refused(f"{option}: expected a file, found the folder {shown(path)}")
    if path.is_file() and endings and path.suffix.lower() not in endings:
        raise Refused(
            f"{option}: expected a new file or one ending in {' or '.join(endings)}, found {shown(path)}, "
            "which would be lost"
        )
    if not path.exists():
        _check_place(option, path.parent)


def check_folder(option: str, path: Path, endings: Sequence[str] = ()) -> None:
    """Refuse what is a file or lies below one, and what is not there and has the name of a file with one of `endings`.

    Raises Refused, and WorkFailed where nothing can be written.
    """
    if not path.exists() and path.suffix.lower() in endings:
        raise Refused(f"{option}: expected a folder, found the name of a file, {shown(path)}")
    _check_place(option, path)


def _check_place(option: str, folder: Path) -> None:
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not there.is_dir():
        raise Refused(f"{option}: expected a folder, found the file {shown(there)}")
    if reason := unwritable(there):
        raise WorkFailed(f"{shown(there)}: {reason}")
