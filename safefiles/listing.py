"""Lists untrusted or possibly damaged files: a bad file becomes an entry with its error and never stops the list.

`list_files` lists a folder, `read_each` reads its files one by one. An error in one of them, even a bug of
its reader, becomes that file's entry with the reason; the other files are read as usual.
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
        """Why the list may be incomplete, on one line; empty if it is complete."""
        if self.error is not None:
            return reason_of(self.error)
        return say("left_out", count=len(self.paths), left=self.left_out) if self.left_out else ""


def list_files(folder: Path | None, fits: Callable[[Path], bool], most: int, *, below: str = "") -> Listing:
    """Return the files in `folder` whose names `fits` accepts, at most `most`; never raises.

    `fits` checks only the name; the reader finds out what kind of file it is. With `below`, the file of that name in each
    subfolder is listed too. Without a folder, or if it does not exist, the list is empty. Hidden files are not listed (half
    written files of a killed process, macOS's `._NAME` next to a file on a USB stick).
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
    """Return an entry for each path: the result of `read` or, if that raises, the result of `broken` for the reason."""
    lines = []
    for path in paths:
        try:
            lines.append(read(path))
        except Exception as error:
            lines.append(broken(path, reason_of(error)))
    return lines


def reason_of(error: Exception) -> Message:
    """Return why a file could not be read, on one line; a bug of the reader is called one, and logged."""
    if isinstance(error, FileRefused):
        return message_of(error).cut(_MOST_TEXT)
    if isinstance(error, PARSER_ERRORS):
        return short_reason(error)
    _log.info("a reader failed at a file it should have refused", exc_info=error)
    told = clean(str(error), _MOST_TEXT)
    return say("reader_fault", kind=type(error).__name__, told=told).cut(_MOST_TEXT)


def _is_there(path: Path) -> bool:
    """Whether the file exists; also true if access is denied, so that its entry can say so."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return True
