"""Checks level files for a report: all files named by a path, a folder or a pattern; lines for people and for GitHub."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from game.core.levels.catalogue import MAX_USER_LEVELS, LevelEntry, is_level_file, read_entry
from game.core.levels.problems import ERROR, WARNING, Problem, quoted, say
from safefiles.causes import system_message
from safefiles.messages import Message
from safefiles.text import shown_path

PACKED: Final = (
    ".zip",
    ".7z",
    ".rar",
    ".gz",
    ".tar",
    ".tgz",
)  # files that may contain levels but are not searched
_PATTERN_SIGNS: Final = frozenset("*?[")
_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}


@dataclass
class FoundLevels:
    """The levels that were found and read, and the files left out, each with the reason."""

    entries: list[LevelEntry] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)

    def add(self, more: "FoundLevels") -> None:
        """Add other results."""
        self.entries += more.entries
        self.left_out += more.left_out

    def once(self) -> "FoundLevels":
        """Return a copy without duplicates, which two words or patterns may name."""
        kept: dict[tuple[Path, str], LevelEntry] = {}
        for entry in self.entries:
            key = entry.path.resolve(), entry.level.digest if entry.level is not None else ""
            kept.setdefault(key, entry)
        return FoundLevels(list(kept.values()), list(dict.fromkeys(self.left_out)))


def is_pattern(name: str) -> bool:
    """Return whether a name is a pattern such as `maps/*.tmx` that the shell did not expand, and not a file."""
    return not _PATTERN_SIGNS.isdisjoint(name) and not os.path.lexists(name)


def match_pattern(pattern: str) -> list[Path]:
    """Return the files and folders that match a pattern, sorted by name; `**` includes subfolders."""
    return [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]


def read_folder(folder: Path) -> FoundLevels:
    """Read the levels of a folder and its subfolders, without hidden folders and links to folders."""
    paths, left_out = level_files(folder)
    return FoundLevels([read_entry(path) for path in paths], left_out)


def level_files(folder: Path) -> tuple[list[Path], list[Problem]]:
    """Return the level files of a folder and its subfolders, and what was left out."""
    left_out: list[Problem] = []
    paths = [path for path in _walked(folder, left_out) if is_level_file(path)]
    if len(paths) > MAX_USER_LEVELS:
        more = len(paths) - MAX_USER_LEVELS
        left_out.append(_line(folder, "E051", limit=MAX_USER_LEVELS, found=more))
    return paths[:MAX_USER_LEVELS], left_out


def first_level(folder: Path) -> Path | None:
    """Return a level file of a folder or its subfolders, unread; None if there is none, or no such folder."""
    found = _walked(folder, []) if os.path.isdir(folder) else ()
    return next((path for path in found if is_level_file(path)), None)


def _walked(folder: Path, left_out: list[Problem]) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        place = Path(error.filename) if error.filename else folder
        left_out.append(_line(place, "E050", why=system_message(error).cut(80)))

    for place, folders, files in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place) / name
            if name.startswith("."):
                continue
            if path.suffix.lower() in PACKED:
                left_out.append(_line(path, "W119"))
            yield path


def _line(path: Path, code: str, **args: Message | str | int) -> Problem:
    return Problem(code, shown_path(path.name or path, 80), "", tuple(args.items()), shown_path(path))


def summarise_levels(entries: Sequence[LevelEntry], *, strict: bool) -> list[Message]:
    """Return how many levels can be played and, with `strict`, how many have warnings."""
    sound = sum(entry.playable for entry in entries)
    lines = [say("report_playable", sound=sound, count=len(entries))]
    warned = sum(any(found.severity == WARNING for found in entry.problems) for entry in entries)
    if strict and warned:
        lines.append(say("report_strict", warned=warned, count=len(entries), option="--strict"))
    return lines


def has_failures(found: FoundLevels, *, strict: bool) -> bool:
    """Return whether a report must end with an error: a level cannot be played or was not checked."""
    severities = {problem.severity for entry in found.entries for problem in entry.problems}
    severities |= {problem.severity for problem in found.left_out}
    return (
        any(not entry.playable for entry in found.entries)
        or ERROR in severities
        or (strict and WARNING in severities)
    )


def github_line(problem: Problem, language: str) -> str:
    """Return a problem as a GitHub workflow command, with which GitHub shows it at its file and line.

    The form: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
    """
    at = problem.at
    path = at.path or problem.path or problem.file
    values = {"file": path, "line": str(at.line) if at.line else "", "title": problem.code}
    said = problem.line(language).removeprefix(f"{problem.code} ")
    todo = problem.advice
    said += f" ({todo.text(language)})" if todo is not None else ""
    named = ",".join(f"{key}={_escaped(text, ':,')}" for key, text in values.items() if text)
    return f"::{_COMMANDS[problem.severity]} {named}::{_escaped(said)}"


def _escaped(text: str, more: str = "") -> str:
    for sign in ("%", "\r", "\n", *more):
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


def nothing_matches(pattern: str) -> ValueError:
    """Return the refusal of a pattern without a match."""
    return ValueError(say("nothing_matches", found=quoted(pattern)))
