"""The one barrier for lists of files that somebody else may have made or damaged: a bad file is a line, never the end.

`list_files` lists a folder, `read_each` reads its files one by one. Whatever goes wrong with one of them, a fault of its
reader included, becomes that file's own line with the reason; the others are read as if it were not there.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.foreign import PARSER_ERRORS, short_reason
from safefiles.messages import Message
from safefiles.phrases import say
from safefiles.text import clean

Line = TypeVar("Line")
_MOST_TEXT: Final = 300  # characters of a reason
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listing:
    """The files of a folder by name, and what is missing from them."""

    paths: tuple[Path, ...] = ()
    error: Exception | None = None  # why the folder could not be listed
    left_out: int = 0  # files beyond the most that are listed

    @property
    def reason(self) -> str:
        """Why there may be more than these, on one line; empty: that is all of them."""
        if self.error is not None:
            return reason_of(self.error)
        return say("left_out", count=len(self.paths), left=self.left_out) if self.left_out else ""


def list_files(folder: Path | None, fits: Callable[[Path], bool], most: int, *, below: str = "") -> Listing:
    """Return what lies in `folder` and `fits`, at most `most` of it; never raises.

    `fits` judges the name; what kind of thing a name stands for, the reader finds out. With `below`, the file of that
    name in each folder inside counts too. No folder, or one that is not there, holds nothing; nor does a hidden file
    count (what a kill left half written, macOS's `._NAME` beside a file on a stick).
    """
    if folder is None:
        return Listing()
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return Listing()
    except (OSError, ValueError) as error:
        return Listing(error=error)
    found = [path for path in inside if fits(path)]
    if below:
        found += [path / below for path in inside if _is_there(path / below)]
    return Listing(tuple(found[:most]), left_out=max(0, len(found) - most))


def read_each(
    paths: Iterable[Path], read: Callable[[Path], Line], broken: Callable[[Path, str], Line]
) -> list[Line]:
    """Return a line for each path: what `read` makes of it or, where that raises, what `broken` makes of the reason."""
    lines = []
    for path in paths:
        try:
            lines.append(read(path))
        except Exception as error:
            lines.append(broken(path, reason_of(error)))
    return lines


def reason_of(error: Exception) -> Message:
    """Return why a file could not be read, on one line; a fault of the reader itself is said to be one, and logged."""
    if isinstance(error, FileRefused):
        return message_of(error).cut(_MOST_TEXT)
    if isinstance(error, PARSER_ERRORS):
        return short_reason(error)
    _log.info("a reader failed at a file it should have refused", exc_info=error)
    told = clean(str(error), _MOST_TEXT)
    return say("reader_fault", kind=type(error).__name__, told=told).cut(_MOST_TEXT)


def _is_there(path: Path) -> bool:
    """Whether a file of that name is there; one that may not be looked at is, so that its line can say so."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return True
