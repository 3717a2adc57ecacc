"""Finds the levels that an argument of a command names: a name, a file, a folder, a pattern, a seed or a SPEC of
`catalogue.select`.

`look_up` is for commands that take several levels, also broken ones; `one_level` for commands that take one. Names of no
level are refused with the same message everywhere. The order is: a file with a level's ending, a folder with levels in it,
the name of a listed level, a spec, the name of a generated level, a file with another ending. A word may be longer than a
file name can be: the system finds no such file (`os.path.isdir` and similar functions return False).
"""

import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Final

from game.core.levels import catalogue
from game.core.levels.catalogue import LevelEntry
from game.core.levels.generator import by_name
from game.core.levels.left_out import explanations
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, LevelError, Problem, quoted, say
from game.core.levels.report import (
    FoundLevels,
    first_level,
    is_pattern,
    match_pattern,
    nothing_matches,
    read_folder,
)
from game.core.levels.tmj import parse_level, read_level
from game.core.levels.writer import write_level
from safefiles.foreign import expand_path
from safefiles.messages import Message
from safefiles.text import shown_path, storable

LISTS: Final = ("builtin", "user")  # specs that name files, some of which may be broken


def look_up(words: Iterable[str], user_folder: Path | None = None) -> FoundLevels:
    """Return an entry for each level that words name, also broken ones, each level once; and what was left out, with reasons.

    A folder means the levels in it and its subfolders, and comes before a level or a spec of its name; a pattern
    such as `maps/*.tmx` means all files and folders that match. Raises ValueError for a word that names nothing.
    """
    found, listed = FoundLevels(), _LevelIndex(user_folder)
    for word in words:
        pattern = is_pattern(word)
        paths = match_pattern(word) if pattern else [_path_of(word)]
        if not paths:
            raise nothing_matches(word)
        for path in paths:
            found.add(_resolve_word(path, word, listed, pattern=pattern))
    return found.once()


class _LevelIndex:
    """The listed level files by name, the user's unread: each folder is read once, when it is needed."""

    def __init__(self, user_folder: Path | None) -> None:
        self.user_folder = user_folder

    @cached_property
    def _users(self) -> dict[str, Path]:
        if self.user_folder is None:
            return {}
        return {name: path for path, name in catalogue.folder_files(self.user_folder)[0].items()}

    def entry(self, word: str) -> LevelEntry | None:
        """Return the entry of the level that is listed under a name, broken or not; None for any other word.

        A level of the user's is also found with the prefix `user/`.
        """
        if not word or word in LISTS:
            return None
        for each in catalogue.builtin_levels():
            if each.name == word:
                return each
        name = storable(word)
        path = self._users.get(name) or self._users.get(name.removeprefix("user/"))
        return None if path is None else catalogue.read_entry(path, name)


def _resolve_word(path: Path, word: str, listed: _LevelIndex, *, pattern: bool) -> FoundLevels:
    """Return the levels that one word, or one match of a pattern, names."""
    if word and os.path.isdir(path):
        inside = read_folder(path)
        if inside.entries or inside.left_out or pattern:
            return inside
    if pattern or _is_level_path(path, word):
        return FoundLevels([catalogue.read_entry(path)])
    entry = listed.entry(word)
    if entry is not None:
        return FoundLevels([entry])
    if _is_file(path, word):
        return FoundLevels([catalogue.read_entry(path)])
    try:
        return FoundLevels(named_entries(word, listed.user_folder))
    except LevelError as error:
        return FoundLevels(
            [LevelEntry(word, Path(error.problems[0].path or word), False, None, error.problems)]
        )
    except ValueError as error:
        if word and os.path.isdir(path):
            raise ValueError(say("nothing_inside", endings=catalogue.ENDINGS, found=quoted(word))) from None
        if other := _missing_ending_refusal(word, several=True):
            raise other from None
        if isinstance(error, catalogue.NoSuchLevel):
            raise catalogue.NoSuchLevel(catalogue.EXPECTED_MANY, error.found, error.close) from None
        raise


def named_levels(text: str, user_folder: Path | None = None) -> list[Level]:
    """Return the levels that a word of a command line names, at least one.

    An existing file is one level, even if its path looks like a spec. Raises ValueError or its subclass LevelError.
    """
    path = _path_of(text)
    if _is_level_path(path, text):
        return [read_level(path)]
    entry = _LevelIndex(user_folder).entry(text)
    if entry is not None:
        if entry.level is None:
            raise LevelError(entry.problems)
        return [entry.level]
    if _is_file(path, text):
        return [read_level(path)]
    try:
        return catalogue.select(text, user_folder=user_folder)
    except LevelError:
        raise
    except ValueError:
        if text and os.path.isdir(path):
            raise folder_refusal(text) from None
        if other := _missing_ending_refusal(text):
            raise other from None
        raise


def one_level(text: str, user_folder: Path | None = None) -> Level:
    """Return the one level that a word of a command line names. Raises ValueError if it names several, or a folder."""
    if is_pattern(text):
        paths = match_pattern(text)
        if not paths:
            raise nothing_matches(text)
        if len(paths) > 1:
            raise ValueError(say("files_match", count=len(paths), found=quoted(text)))
        text = str(paths[0])
    refuse_folder(text)
    try:
        levels = named_levels(text, user_folder)
    except LevelError as error:
        raise ValueError(describe_broken(error.problems, quote(shown_path(text)))) from None
    if len(levels) == 1:
        return levels[0]
    name = _name_of_first(text, levels[0])
    first = say("first_named", name=name) if name else ""
    raise ValueError(say("several_named", count=len(levels), found=quoted(text), first=first))


def describe_broken(problems: Iterable[Problem], words: str) -> Message:
    """Return one line about a broken level: the first error with its place, its cause, and the command that lists all."""
    every = list(problems)
    first, *more = (problem for problem in every if problem.severity == ERROR)
    causes = explanations([each for each in every if each.path == first.path], [first])
    if dict(first.args).get("hidden"):  # its message names the hidden layers
        causes = [each for each in causes if each.code != "W101"]
    whys = [say("why_broken", code=each.code, place=each.at.text, said=each.wording) for each in causes[:1]]
    count = len(more) + len(causes[1:])
    rest = say("rest_broken", count=count, words=words) if count else ""
    return say("told_broken", first=first.as_message(path=True), why=whys[0] if whys else "", rest=rest)


def _missing_ending_refusal(word: str, *, several: bool = False) -> ValueError | None:
    """Return the refusal of an unknown name if there is a file of this name with an ending."""
    files = [name for ending in catalogue.SUFFIXES if os.path.isfile(_path_of(name := f"{word}{ending}"))]
    if not files:
        return None
    expected = catalogue.EXPECTED_MANY if several else catalogue.EXPECTED
    return catalogue.NoSuchLevel(expected, quoted(word), say("hint", hint=shown_path(files[0])))


def refuse_folder(word: str) -> None:
    """Raise ValueError if a word for one level is a folder with levels in it, which comes first everywhere."""
    if word and first_level(_path_of(word)) is not None:
        raise folder_refusal(word)


def folder_refusal(word: str) -> ValueError:
    """Return the refusal of a folder instead of a level; it names a level file in the folder."""
    inside = first_level(_path_of(word))
    name = say("file_inside", path=shown_path(inside)) if inside is not None else ""
    return ValueError(say("folder_named", found=quoted(word), inside=name))


def _path_of(word: str) -> Path:
    return expand_path(word) if word.startswith("~") else Path(word)


def _is_spec(word: str) -> bool:
    return word.isdecimal() or word.split(":", maxsplit=1)[0] in (*LISTS, *catalogue.SEED_RANGES)


def _is_level_path(path: Path, word: str) -> bool:
    """Return whether a word is an existing path with a level's ending that is no folder."""
    return (
        word.lower().endswith(catalogue.PATH_SUFFIXES) and os.path.lexists(path) and not os.path.isdir(path)
    )


def _is_file(path: Path, word: str) -> bool:
    """Return whether a word that is no listed level's name is a file. Raises ValueError if it must be one and is not."""
    if not word.lower().endswith(catalogue.PATH_SUFFIXES):
        there = os.path.exists(path) and not os.path.isdir(path)
        return there and not _is_spec(word) and by_name(word) is None
    if not os.path.lexists(path) and "," not in word:
        raise ValueError(say("no_level_file", found=quoted(word)))
    return False


def _name_of_first(text: str, first: Level) -> str:
    """Return a name for the first of several levels alone; empty if it has no simple name."""
    *before, last = text.split(":")
    if "," in text or (first.family and not before and last not in catalogue.SEED_RANGES):
        return ""
    if not first.family:
        return first.name
    places = re.fullmatch(r"(\d+)(-\d+)?", last)
    if places is None:
        return f"{text}:1" if "x" not in last else ""
    place = f"{places[1]}-{places[1]}" if places[2] else "1"
    return ":".join([*before, place])


def named_entries(text: str, user_folder: Path | None = None) -> list[LevelEntry]:
    """Return an entry with its problems for each level that a spec names, also for broken files.

    Raises ValueError if no level has that name.
    """
    if text in LISTS:
        listed = catalogue.list_levels(user_folder if text == "user" else None)
        found = [entry for entry in listed if entry.builtin == (text == "builtin")]
        if not found:
            raise ValueError(say("none_for", found=quoted(text)))
        return found
    return [check_entry(level) for level in named_levels(text, user_folder)]


def check_entry(level: Level) -> LevelEntry:
    """Return a level's entry; a level that was not read from a file is written and read, so that it is checked like a file."""
    if level.source is not None:
        builtin = level.source.parent == catalogue.BUILTIN_FOLDER
        return LevelEntry(level.name, level.source, builtin, level, level.notes)
    path = Path(f"{level.name}{catalogue.SUFFIX}")
    try:
        notes = parse_level(write_level(level), level.name).notes
    except LevelError as error:
        return LevelEntry(level.name, path, False, None, error.problems)
    return LevelEntry(level.name, path, False, level, notes)
