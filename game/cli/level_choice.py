"""Which levels a command works on: what its words name, with what cannot be read told and left out."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from game.core.levels import catalogue, specs
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, Problem
from game.core.levels.report import Found
from game.player.paths import UserFolders
from safefiles.console import echo
from safefiles.text import shown

MOST_TOLD: Final = 5  # problems of one level that are told here; `levels check` tells all


class Chosen:
    """The sound levels that a command's words name, each once, and what was left out of them."""

    def __init__(self, words: Sequence[str]) -> None:
        """Look them up, tell what is left out. Raises ValueError for a word that names none, and where all are broken.

        Without words: the built-in levels and the user's.
        """
        folder = UserFolders.find().levels
        found = specs.look_up(words, folder) if words else Found(catalogue.list_levels(folder))
        sound = [entry.level for entry in found.entries if entry.level is not None]
        self.levels: list[Level] = list(
            {f"{one.digest} {one.name}": one for one in reversed(sound)}.values()
        )[::-1]
        self.problems = [*_errors(found), *found.left_out]
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


def _errors(found: Found) -> Iterable[Problem]:
    for entry in found.entries:
        if entry.level is None:
            yield from [each for each in entry.problems if each.severity == ERROR][:MOST_TOLD]


def _refusal(problems: Sequence[Problem], words: Sequence[str]) -> str:
    """Return one line for levels of which none can be played."""
    if not problems:
        return f"levels: expected at least one level, found none for {' '.join(map(shown, words))!r}"
    more = f"; and more: bankshot levels check {' '.join(map(shown, words))}" if len(problems) > 1 else ""
    return f"{problems[0].line(path=True)}{more}"
