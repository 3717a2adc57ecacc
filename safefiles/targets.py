"""Checks a command's output paths before its work begins, so that no work is lost to a wrong name."""

from collections.abc import Sequence
from pathlib import Path

from safefiles.errors import Refused, WorkFailed
from safefiles.phrases import say
from safefiles.text import shown_path
from safefiles.writing import why_unwritable


def check_file(option: str, path: Path, endings: Sequence[str] = (), *, strict: bool = False) -> None:
    """Refuse a path that is a folder or below a file, and an existing file without one of `endings`, which would be lost.

    strict: a new file also needs one of `endings`. Raises Refused, and WorkFailed if nothing can be written. Pipes and devices
    are allowed.
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
    """Refuse a path that is a file or below one, and a new path whose name ends as a file with one of `endings`.

    Raises Refused, and WorkFailed if nothing can be written.
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
