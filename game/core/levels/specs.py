"""What a command is given as its levels: a name, a file, a seed or a SPEC of `catalogue.select`.

An environment takes as many levels as a spec names; `play` and a picture take one, and say how many there were.
"""

import re
from pathlib import Path
from typing import Final

from game.core.levels import catalogue
from game.core.levels.catalogue import LevelEntry
from game.core.levels.model import Level
from game.core.levels.problems import LevelError, quoted
from game.core.levels.tmj import parse_level
from game.core.levels.writer import write_level

LISTS: Final = ("builtin", "user")  # specs of files, of which some may be broken


def named_levels(text: str, user_folder: Path | None = None) -> list[Level]:
    """Return the levels that a word of a command line names, one at least.

    A file that is there is one level, whatever signs of a spec its path holds. Raises ValueError, LevelError included.
    """
    if text.lower().endswith(catalogue.PATH_SUFFIXES) and Path(text).exists():
        return [catalogue.load(text)]
    return catalogue.select(text, user_folder=user_folder)


def one_level(text: str, user_folder: Path | None = None) -> Level:
    """Return the one level that a word of a command line names. Raises ValueError where it names several."""
    levels = named_levels(text, user_folder)
    if len(levels) == 1:
        return levels[0]
    raise ValueError(
        f"level: expected one level, found {len(levels)} in {quoted(text)}{_how_to_name_one(text, levels[0])}"
    )


def _how_to_name_one(text: str, first: Level) -> str:
    """Return how the first of several is named alone, to end a message; empty where that is hard to say."""
    *before, last = text.split(":")
    if "," in text or (first.family and not before and last not in catalogue.SEED_RANGES):
        return ""
    if not first.family:
        return f"; the first is {first.name}"
    places = re.fullmatch(r"(\d+)(-\d+)?", last)
    if places is None:
        return f"; the first is {text}:1" if "x" not in last else ""
    place = f"{places[1]}-{places[1]}" if places[2] else "1"
    return f"; the first is {':'.join([*before, place])}"


def named_entries(text: str, user_folder: Path | None = None) -> list[LevelEntry]:
    """Return a line for each level that a spec names, with what is wrong with it: a broken file, too, is a line of its list.

    Raises ValueError where nothing has that name.
    """
    if text in LISTS:
        listed = catalogue.list_levels(user_folder if text == "user" else None)
        found = [entry for entry in listed if entry.builtin == (text == "builtin")]
        if not found:
            raise ValueError(f"levels: expected at least one level, found none for {quoted(text)}")
        return found
    return [checked(level) for level in named_levels(text, user_folder)]


def checked(level: Level) -> LevelEntry:
    """Return a level's line; one that came from no file is written and read, so that it is checked as a file would be."""
    if level.source is not None:
        builtin = level.source.parent == catalogue.BUILTIN_FOLDER
        return LevelEntry(level.name, level.source, builtin, level, level.notes)
    path = Path(f"{level.name}{catalogue.SUFFIX}")
    try:
        notes = parse_level(write_level(level), level.name).notes
    except LevelError as error:
        return LevelEntry(level.name, path, False, None, error.problems)
    return LevelEntry(level.name, path, False, level, notes)
