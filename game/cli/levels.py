"""`bankshot levels`: list, check, test, grade, repair, generate and export levels."""

import importlib
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from game.cli import level_testing
from game.cli.mounted import difficulties, level_names
from game.core import rules
from game.player.paths import UserFolders
from safefiles.console import FAILED, JsonOption, choice, command_group, echo, examples, write_json
from safefiles.messages import LANGUAGES
from safefiles.text import clean, shown_path

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from game.core.levels.model import Level
    from game.core.levels.report import FoundLevels
    from game.player.hardness import Hardness

    Measured = Callable[[Level], Hardness]

SMALLEST_SCALE: Final = 4
LARGEST_SCALE: Final = 64  # pixels a tile; a level of 64 x 64 tiles is then a picture of 4134 x 4134
LEVELS_HELP: Final = (
    "Levels: names, paths, seeds, specs (train:pillars:8, test:collect:2v2:0-3, builtin:defend, user), folders (all levels "
    "in them), or patterns such as 'maps/*.tmx'."
)
SpecsArgument = Annotated[
    list[str], typer.Argument(metavar="LEVEL", help=LEVELS_HELP, autocompletion=level_names)
]
SomeArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="LEVEL",
        help=LEVELS_HELP,
        show_default="the game's levels and yours",
        autocompletion=level_names,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(help="The folder to write into.", metavar="FOLDER", show_default="none"),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace existing level files.")]
LinesOption = Annotated[str, choice(LANGUAGES, "Language of the messages.", word="LANGUAGE")]
FORMS: Final = ("text", "github")
DEFAULT_OBJECTIVE: Final = rules.OBJECTIVE_NAMES[rules.ELIMINATE]  # of a file that names none
LONGEST: Final = 32  # characters of a name or title in the list
HEADINGS: Final = ("name", "title", "objective", "size", "seats", "difficulty")


def _families() -> list[str]:
    """Return the kinds of terrain of generated levels."""
    return list(importlib.import_module("game.core.levels.families").FAMILIES)


app = command_group(None, "List, check, test and make levels.")
app.command("test")(level_testing.run_tests)


@app.command("list")
@examples("", "--json levels.json")
def list_levels(json_file: JsonOption = None) -> None:
    """List the built-in levels and those in your levels folder."""
    from game.core.levels import catalogue

    entries, measured = catalogue.list_levels(UserFolders.find().levels), _measured()
    write_json(json_file, {"schema": 1, "levels": [_facts(entry, measured) for entry in entries]})
    rows = [_row(entry, measured) for entry in entries]
    widths = [
        max(len(row[n]) for row in [HEADINGS, *rows] if len(row) > n + 1) for n in range(len(HEADINGS) - 1)
    ]
    for row in [HEADINGS, *rows]:
        *cells, last = row  # of a broken level a sentence, which does not widen the column
        echo("  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)), last]))


@app.command()
@examples("foundry", "'maps/*.tmj' --strict --format github")
def check(
    paths: SomeArgument = None,
    json_file: JsonOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    form: Annotated[
        str,
        choice(
            FORMS, "Format of the output; github: annotations in a GitHub workflow.", "--format", word="FORM"
        ),
    ] = FORMS[0],
    language: LinesOption = "en",
) -> None:
    """Check levels and print every problem with its position; exits 1 if there is an error."""
    from game.core.levels import report

    found, measured = _looked_at(paths or []), _measured()
    write_json(
        json_file,
        {
            "schema": 1,
            "levels": [_facts(entry, measured) for entry in found.entries],
            "left_out": [problem.facts() for problem in found.left_out],
        },
    )
    for problem in (*(each for entry in found.entries for each in entry.problems), *found.left_out):
        if form == "github":
            echo(report.github_line(problem, language))
        else:
            echo(problem.line(language, path=True), err=problem.severity == "error")
    playable, *warned = report.summarise_levels(found.entries, strict=strict)
    echo(playable.text(language))
    for line in warned:
        echo(line.text(language), err=True)
    if report.has_failures(found, strict=strict):
        raise typer.Exit(FAILED)


@app.command()
@examples("my_arena", "my_arena --folder maps")
def new(
    name: Annotated[str, typer.Argument(help="Name of the file and id of the level: a-z, 0-9, _ and -.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            help="The folder to write the files into.",
            metavar="FOLDER",
            show_default="a new folder with that name",
        ),
    ] = None,
) -> None:
    """Write a starter map, its tileset and a project for Tiled."""
    catalogue = importlib.import_module("game.core.levels.catalogue")

    if folder is not None:
        importlib.import_module("safefiles.targets").check_folder("--folder", folder, catalogue.PATH_SUFFIXES)
    try:
        written = catalogue.new_level(folder or Path(name), name)
    except FileExistsError as error:
        raise ValueError(str(error)) from None
    for path in written:
        echo(str(path))
    echo(f"draw it in Tiled, then: bankshot levels check {written[0]}  and: bankshot play {written[0]}")


@app.command()
@examples("foundry", "user --rounds 8 --again")
def grade(
    specs: SomeArgument = None,
    rounds: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Matches that each of the nine panel players plays at each difficulty."
        ),
    ] = 4,
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**31 - 1, help="Seed of the matches; the same seed gives the same grades."),
    ] = 0,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Also play levels that have a grade already, and add the new matches to it."
        ),
    ] = False,
    language: LinesOption = "en",
    json_file: JsonOption = None,
) -> None:
    """Measure how hard levels are: a panel of nine bots and brains plays them at every difficulty.

    The panel's players differ in strength and all but wanderer react as fast as people do. "attempts" is how many attempts a
    player of average strength needs for a win at regular; in brackets, the range for nine of ten such players. Grades are
    saved; lists and suggestions use them.
    """
    if not _work("level_grades").grade_levels(
        specs or [], rounds, seed, again=again, json_file=json_file, language=language
    ):
        raise typer.Exit(FAILED)


@app.command()
@examples("--out maps --count 3 --family caves", "--out maps --objective defend --win-rate 60%")
def generate(
    out: Annotated[Path, typer.Option(help="The folder to write into.", metavar="FOLDER")],
    objective: Annotated[
        str | None,
        choice(
            rules.OBJECTIVE_NAMES,
            "Objective of the level.",
            word="OBJECTIVE",
            show_default=f"{DEFAULT_OBJECTIVE}; with --from the level's own",
        ),
    ] = None,
    from_level: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LEVEL",
            help="Edit this level (name, path, seed or spec) until it has the requested win rate.",
            show_default="none; new levels are generated",
            autocompletion=level_names,
        ),
    ] = None,
    win_rate: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Share of the matches that a standard player should win: 0.05 to 0.95, or 5% to 95%.",
            show_default="any",
        ),
    ] = None,
    grade: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="The same as a difficulty on the players' rating scale: the standard player wins half of the matches at 25, "
            "most at 16, few at 34. The possible range depends on the objective.",
            show_default="any",
        ),
    ] = None,
    difficulty: Annotated[
        str | None,
        choice(
            difficulties,
            "With --win-rate or --grade: how strong the opponents are.",
            "--for",
            word="DIFFICULTY",
            show_default="regular",
        ),
    ] = None,
    family: Annotated[
        str | None,
        choice(_families, "Kind of terrain.", word="FAMILY", show_default="any"),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="Width and height in tiles, such as 24x18.", metavar="WIDTHxHEIGHT", show_default="any"
        ),
    ] = None,
    teams: Annotated[
        str | None,
        typer.Option(help="Number of tanks on each side, such as 1v2.", metavar="NvN", show_default="any"),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            max=999_999,
            help="Number of the first generated level; the next levels have the next numbers. With --from: seed of the edits.",
        ),
    ] = 0,
    count: Annotated[int, typer.Option(min=1, max=100, help="How many levels are written.")] = 1,
    diverse: Annotated[
        bool,
        typer.Option(
            "--diverse",
            help="Find levels that differ from each other (MAP-Elites); needs the extra `levels`.",
        ),
    ] = False,
    force: ForceOption = False,
    json_file: JsonOption = None,
) -> None:
    """Write new levels for Tiled; with --win-rate or --grade, levels that a standard player wins as often as requested.

    To find such levels, a panel of nine bots and brains plays candidates until new matches confirm a win rate within 0.1 of it.
    With --from an existing level is edited instead; everything under its layer "pins" stays unchanged. Exits 1 if no level came
    near enough; the nearest is written nevertheless.
    """
    making = _work("level_making")
    asked = making.GenerateOptions(
        objective, from_level, win_rate, grade, difficulty, family, size, teams, seed, count, diverse
    )
    target = making.MadeFiles(out, force, json_file)
    if asked.from_level is not None:
        found = _work("level_edits").write_edited(asked, target)
    elif not asked.wished:
        found = making.write_drawn(asked, target)
    else:
        found = making.write_wished(asked, target)
    if not found:
        raise typer.Exit(FAILED)


@app.command()
@examples("my_arena/my_arena.tmj --out repaired", "user --in-place")
def repair(
    levels: Annotated[
        list[str],
        typer.Argument(
            metavar="LEVEL",
            help="Level files: paths, names, `user`, folders (all levels in them), or patterns such as 'maps/*.tmx'.",
            autocompletion=level_names,
        ),
    ],
    out: OutOption = None,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place", help="Change the files themselves; for an XML file, write a .tmj next to it."
        ),
    ] = False,
    force: ForceOption = False,
    language: LinesOption = "en",
    json_file: JsonOption = None,
) -> None:
    """Repair the maps of levels automatically, with few changes, and list each change; exits 1 if a problem remains.

    It repairs starts, pick-ups and energy cells that are not on floor or cannot be reached; missing starts, homes, energy cells
    and cores; portals without a second end; and closed-off floor. Everything under the layer "pins" stays unchanged; a change
    that this prevents is reported. Without --out or --in-place nothing is written. A file that was saved in the meantime is
    never overwritten.
    """
    if not _work("level_repair").repair_levels(
        levels, out, in_place=in_place, force=force, json_file=json_file, language=language
    ):
        raise typer.Exit(FAILED)


@app.command()
@examples("crossfire", "my_arena/my_arena.tmj --matches 720 --out fairer")
def fairer(
    level: Annotated[
        str, typer.Argument(help="A level by name, path, seed or spec.", autocompletion=level_names)
    ],
    matches: Annotated[
        int,
        typer.Option(
            min=20,
            max=20_000,
            help="Matches that confirm an edit, on new seeds; rounded up to a multiple of 18.",
        ),
    ] = 396,
    seed: Annotated[
        int,
        typer.Option(
            min=0, max=2**20, help="Seed of the matches and edits; the same seed gives the same result."
        ),
    ] = 0,
    out: OutOption = None,
    force: ForceOption = False,
    json_file: JsonOption = None,
) -> None:
    """Find small edits after which equal players win equally often from both sides; exits 1 if an unfair level stays unfair.

    For levels of eliminate and collect with equally many tanks on both sides. An edit is kept only if new matches confirm that
    the level is fairer. Everything under the layer "pins" stays unchanged. Without --out nothing is written.
    """
    if not _work("level_fairness").make_fairer(level, matches, seed, out, force=force, json_file=json_file):
        raise typer.Exit(FAILED)


@app.command()
@examples("foundry keep --out maps", "builtin:defend --out maps --force")
def export(
    specs: SpecsArgument,
    out: Annotated[Path, typer.Option(help="The folder to write into.", metavar="FOLDER")],
    force: ForceOption = False,
) -> None:
    """Write levels as .tmj files for Tiled, with tileset and project next to them; exits 1 if a level cannot be read."""
    if not _work("level_files").export_levels(specs, out, force=force):
        raise typer.Exit(FAILED)


@app.command()
@examples("foundry --out foundry.png", "builtin --out pictures --scale 16")
def render(
    specs: SpecsArgument,
    out: Annotated[
        Path,
        typer.Option(
            help="A picture file (.png), or a folder for the pictures; existing files are replaced."
        ),
    ],
    scale: Annotated[
        int, typer.Option(min=SMALLEST_SCALE, max=LARGEST_SCALE, help="Width of a tile in pixels.")
    ] = 32,
) -> None:
    """Draw levels as PNG files as the game shows them, with starts, pick-ups and cells; exits 1 if one is broken.

    Needs no display.
    """
    if not _work("level_files").render_levels(specs, out, scale):
        raise typer.Exit(FAILED)


def _work(name: str) -> ModuleType:
    """Return the module that does a command's work; it is imported here, not before."""
    return importlib.import_module(f"game.cli.{name}")


def _looked_at(names: list[str]) -> "FoundLevels":
    """Read the levels that the names mean; without names, all levels. Raises ValueError for a name that means none."""
    from game.core.levels import catalogue, report, specs
    from game.player.level_lint import add_brain_warnings

    folders = UserFolders.find()
    if names:
        found = specs.look_up(names, folders.levels)
    else:
        found = report.FoundLevels(catalogue.list_levels(folders.levels))
    found.entries = add_brain_warnings(found.entries, folders.brains)
    return found


def _row(entry: "LevelEntry", measured: "Measured") -> tuple[str, ...]:
    level = entry.level
    if level is None:
        errors = [problem for problem in entry.problems if problem.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        return (clean(entry.name, LONGEST), f"{count}: bankshot levels check {quote(shown_path(entry.path))}")
    size, seats = f"{level.width}x{level.height}", str(len(level.roster))
    return (
        clean(entry.name, LONGEST),
        clean(level.title.en, LONGEST),
        level.objective_name,
        size,
        seats,
        measured(level).words(),
    )


def _measured() -> "Measured":
    """Return a function that says how hard a level is."""
    from game.player.hardness import cached_gradebook

    return cached_gradebook(UserFolders.find().cache)


def _facts(entry: "LevelEntry", measured: "Measured") -> dict[str, Any]:
    level = entry.level
    facts: dict[str, Any] = {
        "name": entry.name,
        "path": shown_path(entry.path),
        "builtin": entry.builtin,
        "playable": level is not None,
        "problems": [problem.facts() for problem in entry.problems],
    }
    if level is not None:
        found = measured(level)
        facts |= {
            "title": {"en": level.title.en, "zh": level.title.zh},
            "objective": level.objective_name,
            "width": level.width,
            "height": level.height,
            "seats": len(level.roster),
            "difficulty": level.difficulty,  # which the author wrote
            "measured": {"state": found.state, "stars": found.stars or None},
        }
    return facts
