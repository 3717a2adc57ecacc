"""Warnings about a level that its reader cannot give: starts that name unknown brains."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from game.core.levels.problems import MAX_PROBLEMS, Problem, closest_word, quoted
from game.match.brain_library import BrainLibrary
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry


def add_brain_warnings(entries: "Iterable[LevelEntry]", brains: Path | None) -> "list[LevelEntry]":
    """Return the entries with a warning for each start whose `brain` is neither shipped, a bot, nor in the folder `brains`."""
    known = BrainLibrary(brains).names()
    return [_linted(entry, known) for entry in entries]


def _linted(entry: "LevelEntry", known: list[str]) -> "LevelEntry":
    if entry.builtin:
        return entry
    level = entry.level
    named = entry.brains if level is None else [(plan.brain, plan.where) for plan in level.roster]
    file, path = shown_path(entry.path.name, 80), shown_path(entry.path)
    found = tuple(
        Problem("W117", file, where, (("found", quoted(brain)), ("hint", closest_word(brain, known))), path)
        for brain, where in named
        if brain and brain not in known
    )
    return replace(entry, problems=(*entry.problems, *found[:MAX_PROBLEMS])) if found else entry
