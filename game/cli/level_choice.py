"""Which levels a command works on: what its words name, with what cannot be read told and left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any, Final

from game.core.levels import catalogue, specs
from game.core.levels.left_out import explanations
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, Problem
from game.core.levels.report import FoundLevels
from game.player.paths import UserFolders
from safefiles.console import echo
from safefiles.text import shown, told_apart

LONGEST_NAME: Final = 36  # characters that a table shows
MOST_TOLD: Final = 5  # problems of one level that are told here; `levels check` tells all


class Chosen:
    """The sound levels that a command's words name, each once, and what was left out of them."""

    def __init__(self, words: Sequence[str]) -> None:
        """Look them up, tell what is left out. Raises ValueError for a word that names none, and where all are broken.

        Without words: the built-in levels and the user's.
        """
        folder = UserFolders.find().levels
        found = specs.look_up(words, folder) if words else FoundLevels(catalogue.list_levels(folder))
        sound = list(_called(found, folder))
        self.levels: list[Level] = list(
            {f"{one.digest} {one.name}": one for one in reversed(sound)}.values()
        )[::-1]
        self.problems = [*_errors(found), *found.left_out]
        files = (one.path if one.level is None else one.level.source for one in found.entries)
        self.files = [path for path in files if path is not None]  # that were read, broken ones too
        if not self.levels:
            raise ValueError(_refusal(self.problems, words))
        for problem in self.problems:
            echo(problem.line(path=True), err=True)
        broken = len(found.entries) - len(sound)
        if broken:
            echo(f"left out: {broken} of {len(found.entries)} levels, which cannot be played", err=True)

    @property
    def whole(self) -> bool:
        """Whether nothing had to be left out: where not, a command ends with exit code 1."""
        return not any(problem.severity == ERROR for problem in self.problems)

    def facts(self) -> list[dict[str, Any]]:
        """Return what was left out for a program."""
        return [problem.facts() for problem in self.problems]


def _called(found: FoundLevels, folder: Path) -> Iterator[Level]:
    """Return the sound levels, each called as it is listed; files of one name by their paths, the user's `user/NAME`."""
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
    """Return paths as a table shows them: whole where all are short, else what tells them apart."""
    whole = [shown(path) for path in paths]
    return whole if max(map(len, whole)) <= LONGEST_NAME else told_apart(paths, LONGEST_NAME)


def _errors(found: FoundLevels) -> Iterator[Problem]:
    for entry in found.entries:
        if entry.level is None:
            errors = [each for each in entry.problems if each.severity == ERROR][:MOST_TOLD]
            yield from errors
            yield from explanations(entry.problems, errors)[:MOST_TOLD]


def _refusal(problems: Sequence[Problem], words: Sequence[str]) -> str:
    """Return one line for levels of which none can be played."""
    named = " ".join(quote(shown(word)) for word in words)
    if not any(problem.severity == ERROR for problem in problems):
        return f"levels: expected at least one level, found none for {named}"
    return specs.describe_broken(problems, named)
