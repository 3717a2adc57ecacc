"""Damaged files that are kept: `NAME.damaged-TIME.SUFFIX` beside the file, never over another one."""

import contextlib
import glob
from datetime import datetime
from pathlib import Path
from typing import Final

from safefiles.text import shown_path

_MARK: Final = ".damaged-"


def free_name(path: Path) -> Path:
    """Return a name for what is kept of a damaged file, with the time, that nothing has yet."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    number = 0
    while True:
        ending = f"-{number}" if number else ""
        aside = path.with_name(f"{path.stem}{_MARK}{stamp}{ending}{path.suffix}")
        if not aside.exists():
            return aside
        number += 1


def set_aside(path: Path) -> str:
    """Rename a damaged file so that nothing of it is lost; return its new name as text, empty where it has to stay."""
    aside = free_name(path)
    try:
        path.replace(aside)
    except OSError:
        return ""
    return shown_path(aside.name)


def kept_copies(path: Path) -> list[Path]:
    """Return what was kept of this file when it was damaged, the logs of a database too."""
    return sorted(path.parent.glob(f"{glob.escape(path.stem)}{_MARK}*{glob.escape(path.suffix)}*"))


def remove_kept(path: Path) -> bool:
    """Remove what was kept of this file; return whether nothing is left."""
    for aside in kept_copies(path):
        with contextlib.suppress(OSError):
            aside.unlink()
    return not kept_copies(path)
