"""The levels that a command works on: those its arguments name; unreadable ones are reported and left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any, Final

from game.core.levels import catalogue, specs
from game.core.levels.left_out import explanations
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, Problem, say
from game.core.levels.report import FoundLevels
from game.player.paths import UserFolders
from safefiles.console import echo, spoken
from safefiles.messages import Message
from safefiles.text import distinct_names, shown_path

LONGEST_NAME: Final = 36  # characters shown in a table
MOST_TOLD: Final = 5  # problems of one level that are printed here; `levels check` prints all


class LevelSelection:
    """The readable levels that a command's arguments name, each once, and those that were left out."""

    def __init__(self, words: Sequence[str]) -> None:
        """Find and read the levels; print those left out. Raises ValueError if an argument names none, or all are broken.

        Without arguments: the built-in levels and the user's.
        """
        folder = UserFolders.find().levels
        found = specs.look_up(words, folder) if words else FoundLevels(catalogue.list_levels(folder))
        sound = list(_called(found, folder))
        self.levels: list[Level] = list(
            {f"{one.digest} {one.name}": one for one in reversed(sound)}.values()
        )[::-1]
        self.problems = [*_errors(found), *found.left_out]
        files = (one.path if one.level is None else one.level.source for one in found.entries)
        self.files = [path for path in files if path is not None]  # levels that were read, broken ones too
        if not self.levels:
            raise ValueError(_refusal(self.problems, words))
        for problem in self.problems:
            echo(problem.line(spoken(), path=True), err=True)
        broken = len(found.entries) - len(sound)
        if broken:
            echo(say("left_out", broken=broken, count=len(found.entries)).text(spoken()), err=True)

    @property
    def whole(self) -> bool:
        """Whether no level was left out; otherwise the command ends with exit code 1."""
        return not any(problem.severity == ERROR for problem in self.problems)

    def facts(self) -> list[dict[str, Any]]:
        """Return the levels left out, as JSON-able data."""
        return [problem.facts() for problem in self.problems]


def _called(found: FoundLevels, folder: Path) -> Iterator[Level]:
    """Return the readable levels with the names that lists show; files with equal names by path, the user's as `user/NAME`."""
    sound = [(entry, entry.level) for entry in found.entries if entry.level is not None]
    count = Counter(entry.name for entry, _level in sound)
    paths: dict[str, list[Path]] = {}
    for entry, level in sound:
        if count[entry.name] > 1 and level.source is not None and not entry.builtin:
            paths.setdefault(entry.name, []).append(entry.path)
    told = {path: text for group in paths.values() for path, text in zip(group, _short(group), strict=True)}
    for entry, level in sound:
        name = entry.name
        if entry.path in told:
            name = f"user/{name}" if entry.path.parent == folder else told[entry.path]
        yield level if level.name == name else replace(level, name=name)


def _short(paths: Sequence[Path]) -> list[str]:
    """Return paths for a table: whole if all are short, otherwise the parts in which they differ."""
    whole = [shown_path(path) for path in paths]
    return whole if max(map(len, whole)) <= LONGEST_NAME else distinct_names(paths, LONGEST_NAME)


def _errors(found: FoundLevels) -> Iterator[Problem]:
    for entry in found.entries:
        if entry.level is None:
            errors = [each for each in entry.problems if each.severity == ERROR][:MOST_TOLD]
            yield from errors
            yield from explanations(entry.problems, errors)[:MOST_TOLD]


def _refusal(problems: Sequence[Problem], words: Sequence[str]) -> Message:
    """Return one line for levels of which none can be played."""
    named = " ".join(quote(shown_path(word)) for word in words)
    if not any(problem.severity == ERROR for problem in problems):
        return say("none_for", found=named)
    return specs.describe_broken(problems, named)
