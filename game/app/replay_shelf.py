"""Keeps the recordings of matches, finished or left: played and watched ones separately, the oldest make room."""

import time
from pathlib import Path
from typing import Final

from game import rules
from game.app.match import Match
from game.files import write_atomic

SUFFIX: Final = ".bsr"
WATCHED: Final = "watched-"  # begins the file names of matches that nobody played
KEPT_PLAYED: Final = 40
KEPT_WATCHED: Final = 10
SHORTEST: Final = rules.TICKS_PER_SECOND  # ticks; a match that is left sooner is not worth a file


def keep_replay(folder: Path, match: Match, item: str) -> str:
    """Write the match so far into `folder` and return the file's name, empty when there is nothing to keep.

    item: the level's name in records. Raises OSError.
    """
    recorder = match.recorder
    if recorder is None or recorder.ticks == 0 or (recorder.ticks < SHORTEST and not match.decided):
        return ""
    watched = match.human_seat < 0
    stamp = time.strftime("%Y%m%d-%H%M%S")
    name = f"{WATCHED if watched else ''}{stamp}-{item.replace('/', '-')[:60]}{SUFFIX}"
    write_atomic(folder / name, recorder.data())
    same = [path for path in folder.glob(f"*{SUFFIX}") if path.name.startswith(WATCHED) == watched]
    # what a person put there under a name of their own stays
    made = sorted(path for path in same if path.name.removeprefix(WATCHED)[:8].isdigit())
    for old in made[: -(KEPT_WATCHED if watched else KEPT_PLAYED)]:
        old.unlink()
    return name
