"""`bankshot levels test`: hundreds of matches of bots and brains on a level, and what they say about it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from game.core.levels.problems import ERROR, LevelError
from game.match.difficulty import DIFFICULTY_IDS, find_difficulty
from game.player.paths import UserFolders
from safefiles.console import FAILED, JsonOption, echo, fail
from safefiles.foreign import expanded
from safefiles.messages import LANGUAGES

if TYPE_CHECKING:
    from game.core.levels.model import Level

DEFAULT_MATCHES: Final = (
    300  # a rate of one half is known to within 0.06, that of one difficulty to within 0.11
)


def run_tests(
    levels: Annotated[
        list[str],
        typer.Argument(
            metavar="LEVEL|SPEC...",
            help="Levels by name, path, seed or spec: foundry, my.tmj, builtin:defend.",
        ),
    ],
    matches: Annotated[
        int, typer.Option(help="Of each level; half as many more where its sides are equal.")
    ] = (DEFAULT_MATCHES),
    brains: Annotated[
        list[str] | None,
        typer.Option(
            help="Brains of yours that play too, names or .onnx paths, by commas or again and again."
        ),
    ] = None,
    difficulty: Annotated[
        list[str] | None, typer.Option(help="Of the opponents: rookie,regular,veteran,ace. All by default.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same matches.")
    ] = 1,
    json_file: JsonOption = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a page of HTML, and replays into a folder beside it.")
    ] = None,
    replays: Annotated[
        bool, typer.Option("--replays/--no-replays", help="Record matches that show the figures.")
    ] = True,
    language: Annotated[str, typer.Option(help="Of the page: en or zh.")] = LANGUAGES[0],
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where a verdict is an error: unwinnable, unfair.")
    ] = False,
) -> None:
    """Play matches of bots and brains on levels: who wins, what is unfair, unreachable or never used, and where it happens."""
    if language not in LANGUAGES:
        raise ValueError(f"--language: expected {' or '.join(LANGUAGES)}, found {language!r}")
    difficulties = _parts(difficulty) or DIFFICULTY_IDS
    for name in difficulties:
        find_difficulty(name)
    try:
        chosen = _chosen(levels)
    except LevelError as error:
        for problem in error.problems:
            if problem.severity == ERROR:
                echo(str(problem), err=True)
        raise typer.Exit(FAILED) from None
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from game.cli.level_report import Wish, run_test

    folders = UserFolders.find()
    wish = Wish(
        matches,
        seed,
        _parts(brains),
        tuple(name for name in DIFFICULTY_IDS if name in difficulties),
        json_file,
        None if report is None else expanded(report),
        language,
        replays,
    )
    tested = run_test(chosen, wish, folders)
    failed = sum(one.findings[0].severity == ERROR for one in tested)
    if strict and failed:
        fail(f"{failed} of {len(tested)} levels have errors, which --strict does not allow", FAILED)


def _chosen(names: Sequence[str]) -> "list[Level]":
    """Return the levels, each once. Raises ValueError for what is no level, LevelError for broken ones."""
    from game.core.levels import catalogue

    folder = UserFolders.find().levels
    found: dict[str, Level] = {}
    for name in names:
        path = expanded(name)
        spec = path if path.is_file() else name
        for level in catalogue.select(spec, user_folder=folder):
            found.setdefault(f"{level.digest} {level.name}", level)
    return list(found.values())


def _parts(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of an option that takes commas and may be repeated, each once."""
    parts = [part.strip() for text in given or () for part in text.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
