"""Stores replays of matches, finished or left: played and watched ones separately; the oldest are removed."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from game.app.playing.session import Match
from game.core import rules
from game.match.replay import SUFFIX
from safefiles.listing import list_files
from safefiles.writing import write_atomic

WATCHED: Final = "watched-"  # prefix of the file names of watched matches
KEPT_PLAYED: Final = 40
KEPT_WATCHED: Final = 10
SHORTEST: Final = rules.TICKS_PER_SECOND  # ticks; a match left earlier is not saved

MOST_FILES: Final = 100_000  # files of the folder that are checked for old ones
_NOT_IN_NAMES: Final = frozenset('/\\:*?"<>|')  # characters forbidden on Windows or everywhere
_STAMPED: Final = re.compile(rf"({WATCHED})?\d{{8}}-\d{{6}}-.*{re.escape(SUFFIX)}")


def save_replay(
    folder: Path, match: Match, item: str, write: Callable[[Path, bytes], object] = write_atomic
) -> str:
    """Write the match so far into `folder` and return the file's name, empty if there is nothing to save.

    item: the level's name in records. Raises the errors of `write` (by default OSError); old files that cannot be removed stay.
    """
    recorder = match.recorder
    if recorder is None or recorder.ticks == 0 or (recorder.ticks < SHORTEST and not match.decided):
        return ""
    watched = match.human_seat < 0
    stem = f"{WATCHED if watched else ''}{time.strftime('%Y%m%d-%H%M%S')}-{_part_of_name(item)}"
    name = next(name for name in _names(stem) if not (folder / name).exists())
    write(folder / name, recorder.data())
    with suppress(OSError):
        _make_room(folder, name, watched)
    return name


def _make_room(folder: Path, name: str, watched: bool) -> None:
    """Remove the oldest replays of the same kind above the limit."""
    # Only names of this form: files that a person has named stay.
    matches = (
        _STAMPED.fullmatch(path.name) for path in list_files(folder, lambda path: True, MOST_FILES).paths
    )
    kept = sorted(found[0] for found in matches if found and bool(found[1]) == watched and found[0] != name)
    for old in kept[: 1 - (KEPT_WATCHED if watched else KEPT_PLAYED)]:
        with suppress(OSError):
            (folder / old).unlink()


def _part_of_name(item: str) -> str:
    """Return a level's id as a part of a file name that is valid on every system, at most 120 bytes."""
    text = "".join("-" if sign in _NOT_IN_NAMES or not sign.isprintable() else sign for sign in item[:60])
    return text.encode()[:120].decode("utf-8", "ignore").strip(" .") or "level"


def _names(stem: str) -> Iterator[str]:
    """Yield names for matches that end in the same second."""
    yield f"{stem}{SUFFIX}"
    for number in count(2):
        yield f"{stem}-{number}{SUFFIX}"
