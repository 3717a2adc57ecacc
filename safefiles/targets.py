"""Where a command is to write: looked at before its work begins, so that none is lost to a wrong name."""

from collections.abc import Sequence
from pathlib import Path

from safefiles.errors import Refused, WorkFailed
from safefiles.phrases import say
from safefiles.text import shown_path
from safefiles.writing import why_unwritable


def check_file(option: str, path: Path, endings: Sequence[str] = (), *, strict: bool = False) -> None:
    """Refuse a path that is a folder or lies below a file, and a file there of another kind than `endings`, not to be lost.

    strict: a new file must end so too. Raises Refused, and WorkFailed where nothing can be written. A pipe or a device may
    be written into.
    """
    if path.is_dir():
        raise Refused(say("target_folder", option=option, path=shown_path(path)))
    if path.is_file() and endings and path.suffix.lower() not in endings:
        named = " or ".join(endings)
        raise Refused(say("target_other", option=option, endings=named, path=shown_path(path)))
    if not path.exists():
        if strict and path.suffix.lower() not in endings:
            raise Refused(
                say("target_ending", option=option, endings=" or ".join(endings), path=shown_path(path))
            )
        _check_place(option, path.parent)


def check_folder(option: str, path: Path, endings: Sequence[str] = ()) -> None:
    """Refuse what is a file or lies below one, and what is not there and has the name of a file with one of `endings`.

    Raises Refused, and WorkFailed where nothing can be written.
    """
    if not path.exists() and path.suffix.lower() in endings:
        raise Refused(say("target_named", option=option, path=shown_path(path)))
    _check_place(option, path)


def _check_place(option: str, folder: Path) -> None:
    there = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if not there.is_dir():
        raise Refused(say("target_file", option=option, path=shown_path(there)))
    if reason := why_unwritable(there):
        raise WorkFailed(say("target_failed", path=shown_path(there), why=reason))
