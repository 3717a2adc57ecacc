"""Keeps damaged files as `NAME.damaged-TIME.SUFFIX` next to the file; never overwrites one."""

import contextlib
import glob
from datetime import datetime
from pathlib import Path
from typing import Final

from safefiles.text import shown_path

_MARK: Final = ".damaged-"


def free_name(path: Path) -> Path:
    """Return an unused name, with the time, for keeping a damaged file."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    number = 0
    while True:
        ending = f"-{number}" if number else ""
        aside = path.with_name(f"{path.stem}{_MARK}{stamp}{ending}{path.suffix}")
        if not aside.exists():
            return aside
        number += 1


def set_aside(path: Path) -> str:
    """Rename a damaged file to keep it; return its new name as text, empty if it cannot be renamed."""
    aside = free_name(path)
    try:
        path.replace(aside)
    except OSError:
        return ""
    return shown_path(aside.name)


def kept_copies(path: Path) -> list[Path]:
    """Return the kept damaged copies of this file, and of a database's logs."""
    return sorted(path.parent.glob(f"{glob.escape(path.stem)}{_MARK}*{glob.escape(path.suffix)}*"))


def remove_kept(path: Path) -> bool:
    """Remove the kept damaged copies of this file; return whether none is left."""
    for aside in kept_copies(path):
        with contextlib.suppress(OSError):
            aside.unlink()
    return not kept_copies(path)
