"""`bankshot levels test`: play hundreds of matches of bots and brains on a level and judge the level by them."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from game.cli.mounted import brain_names, difficulties, level_names
from safefiles.console import FAILED, JsonOption, choice, examples, fail
from safefiles.messages import LANGUAGES

DEFAULT_MATCHES: Final = (
    300  # a rate of one half is known to within 0.06, that of one difficulty to within 0.11
)
MOST_MATCHES: Final = 100_000  # as in `seating`, which loads the match


@examples("foundry --matches 60", "my.tmj --brains hunter --difficulty veteran,ace --report report.html")
def run_tests(
    levels: Annotated[
        list[str],
        typer.Argument(
            metavar="LEVEL",
            help="Levels: names, paths, seeds, specs (foundry, my.tmj, builtin:defend), folders (all levels in them), or "
            "patterns such as 'maps/*.tmx'.",
            autocompletion=level_names,
        ),
    ],
    matches: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_MATCHES,
            help="Matches on each level; half as many more if its sides are equal.",
        ),
    ] = (DEFAULT_MATCHES),
    brains: Annotated[
        list[str] | None,
        typer.Option(
            help="Your own brains that also play: names or .onnx paths, separated by commas or given repeatedly.",
            metavar="NAMES",
            show_default="none",
            autocompletion=brain_names,
        ),
    ] = None,
    difficulty: Annotated[
        list[str] | None,
        choice(
            difficulties,
            "How strong the opponents are.",
            word="DIFFICULTIES",
            several=True,
            show_default="all",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**31 - 1, help="Seed of the matches; the same seed gives the same result."),
    ] = 1,
    json_file: JsonOption = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write an HTML page, and replays into a folder next to it.",
            metavar="FILE",
            show_default="none",
        ),
    ] = None,
    replays: Annotated[
        bool,
        typer.Option("--replays/--no-replays", help="With --report: also record example matches."),
    ] = True,
    language: Annotated[
        str, choice(LANGUAGES, "Language of tables, verdict and page.", word="LANGUAGE")
    ] = "en",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 if a verdict is an error (unwinnable, unfair).")
    ] = False,
) -> None:
    """Let bots and brains play on levels; report who wins, and what is unfair, unreachable or never used, and where."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from game.cli.level_report import LevelTestOptions, run_test

    wish = LevelTestOptions(
        tuple(levels), matches, seed, _parts(brains), _parts(difficulty), json_file, report, language, replays
    )
    ended = run_test(wish)
    if strict and ended.failed:
        fail(ended.strict_failure, FAILED)
    if not ended.whole:
        raise typer.Exit(FAILED)


def _parts(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names given by an option that may be repeated and takes several names separated by commas; each once."""
    parts = [part.strip() for text in given or () for part in text.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
