"""`bankshot levels`: list what there is to play, check files, write a starter map for Tiled."""

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
from safefiles.text import clean, shown

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from game.core.levels.model import Level
    from game.core.levels.report import FoundLevels
    from game.player.hardness import Hardness

    Measured = Callable[[Level], Hardness]

SMALLEST_SCALE: Final = 4
LARGEST_SCALE: Final = 64  # pixels a tile; a level of 64 x 64 tiles is then a picture of 4134 x 4134
LEVELS_HELP: Final = (
    "Levels by name, path, seed or spec (train:pillars:8, test:collect:2v2:0-3, builtin:defend, user), folders with all in "
    "them, patterns such as 'maps/*.tmx'."
)
SpecsArgument = Annotated[
    list[str], typer.Argument(metavar="LEVEL", help=LEVELS_HELP, autocompletion=level_names)
]
SomeArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="LEVEL",
        help=LEVELS_HELP,
        show_default="the built-in ones and yours",
        autocompletion=level_names,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(help="The folder to write into.", metavar="FOLDER", show_default="none"),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace level files that are there.")]
LinesOption = Annotated[str, choice(LANGUAGES, "Language of the lines.", word="LANGUAGE")]
FORMS: Final = ("text", "github")
DEFAULT_OBJECTIVE: Final = rules.OBJECTIVE_NAMES[rules.ELIMINATE]  # as of a file that says none
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
    """List the built-in levels and those of your levels folder."""
    from game.core.levels import catalogue

    entries, measured = catalogue.list_levels(UserFolders.find().levels), _measured()
    write_json(json_file, {"schema": 1, "levels": [_facts(entry, measured) for entry in entries]})
    rows = [_row(entry, measured) for entry in entries]
    widths = [
        max(len(row[n]) for row in [HEADINGS, *rows] if len(row) > n + 1) for n in range(len(HEADINGS) - 1)
    ]
    for row in [HEADINGS, *rows]:
        *cells, last = row  # of a broken level a sentence, which no column is made wide for
        echo("  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)), last]))


@app.command()
@examples("foundry", "'maps/*.tmj' --strict --format github")
def check(
    paths: SomeArgument = None,
    json_file: JsonOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning counts as an error.")] = False,
    form: Annotated[
        str, choice(FORMS, "Form of the lines; github annotates a workflow.", "--format", word="FORM")
    ] = FORMS[0],
    language: LinesOption = "en",
) -> None:
    """Check levels and print every problem with its place; exits 1 where there is an error."""
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
    playable, *warned = report.summary(found.entries, strict=strict)
    echo(playable.text(language))
    for line in warned:
        echo(line.text(language), err=True)
    if report.fails(found, strict=strict):
        raise typer.Exit(FAILED)


@app.command()
@examples("my_arena", "my_arena --folder maps")
def new(
    name: Annotated[str, typer.Argument(help="a-z, 0-9, _ and -; the file's name and the level's id.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            help="The folder to write it into.", metavar="FOLDER", show_default="a folder of that name"
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
        int, typer.Option(min=1, max=1000, help="Matches of each of the nine graders at each difficulty.")
    ] = 4,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Seed of the matches; the same gives the same grades.")
    ] = 0,
    again: Annotated[
        bool, typer.Option("--again", help="Play also what has a grade, and add to it.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Measure how hard levels are: the panel plays them at every difficulty. Grades are kept for lists and suggestions.

    A grade is measured on bots and brains: nine unlike players at a person's pace. "attempts" is how many a player of average
    strength needs for a win at regular; in brackets, what nine of ten such players need.
    """
    if not _work("level_grades").grade_levels(specs or [], rounds, seed, again=again, json_file=json_file):
        raise typer.Exit(FAILED)


@app.command()
@examples("--out maps --count 3 --family caves", "--out maps --objective defend --win-rate 60%")
def generate(
    out: Annotated[Path, typer.Option(help="The folder to write into.", metavar="FOLDER")],
    objective: Annotated[
        str | None,
        choice(
            rules.OBJECTIVE_NAMES,
            "What the level is about.",
            word="OBJECTIVE",
            show_default=f"{DEFAULT_OBJECTIVE}; with --from the level's own",
        ),
    ] = None,
    from_level: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LEVEL",
            help="Edit this level, by name, file, seed or spec, until it is won as often as is wished.",
            show_default="none; new levels are drawn",
            autocompletion=level_names,
        ),
    ] = None,
    win_rate: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="Share of the matches that a standard player is to win: 0.05 to 0.95, or 5% to 95%.",
            show_default="no wish",
        ),
    ] = None,
    grade: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS",
            help="The same as a difficulty in points of the players' scale: 25 is won every other time, 16 easily, 34 hardly."
            " How far it goes depends on the objective.",
            show_default="no wish",
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
        choice(_families, "The kind of terrain.", word="FAMILY", show_default="any"),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="Width and height in tiles, such as 24x18.", metavar="WIDTHxHEIGHT", show_default="any"
        ),
    ] = None,
    teams: Annotated[
        str | None,
        typer.Option(help="Tanks of both sides, such as 1v2.", metavar="NvN", show_default="any"),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            max=999_999,
            help="Place among the endless seeds from which levels are drawn; with --from, seed of the edits.",
        ),
    ] = 0,
    count: Annotated[int, typer.Option(min=1, max=100, help="How many levels are written.")] = 1,
    diverse: Annotated[
        bool,
        typer.Option(
            "--diverse", help="Levels that are unlike each other, by MAP-Elites; needs the extra `levels`."
        ),
    ] = False,
    force: ForceOption = False,
    json_file: JsonOption = None,
) -> None:
    """Write new levels for Tiled; with --win-rate or --grade only such as are won that often, found by playing.

    The panel of nine bots and brains plays candidates until a level's win rate is within 0.1 of the wish, as fresh matches
    show. With --from a level that is there is edited instead, but for what its layer "pins" covers. Exits 1 where none was
    found that is near enough: the nearest is written all the same.
    """
    making = _work("level_making")
    asked = making.Asked(
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
            help="Levels of files: by path, by name, `user`, folders with all in them, patterns such as 'maps/*.tmx'.",
            autocompletion=level_names,
        ),
    ],
    out: OutOption = None,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Change the files themselves; of one in XML the .tmj beside it."),
    ] = False,
    force: ForceOption = False,
    language: LinesOption = "en",
    json_file: JsonOption = None,
) -> None:
    """Mend what a machine can mend on the map, with few changes, each of them told; exits 1 where something is left.

    Starts, pick-ups and cells off the floor or out of reach, missing starts, homes, cells and cores, portals without another end,
    closed-off floor. What lies under the layer "pins" stays as it is: where that forbids a change, it is told. Without --out and
    --in-place nothing is written, and never over a file that was saved meanwhile.
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
            help="Matches of each proof, on fresh seeds; rounded up to whole rounds of 18.",
        ),
    ] = 396,
    seed: Annotated[
        int, typer.Option(min=0, max=2**20, help="Seed of matches and edits; the same gives the same result.")
    ] = 0,
    out: OutOption = None,
    force: ForceOption = False,
    json_file: JsonOption = None,
) -> None:
    """Find small edits with which equal players win as often from either ground; exits 1 where an unfair level stays so.

    Of eliminate and collect, with as many tanks on both sides. An edit is kept only where the matches of a proof say that it is
    fairer. What is pinned stays. Without --out nothing is written.
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
    """Write levels as .tmj files that Tiled opens, with tileset and project beside them; exits 1 where a level cannot be read."""
    if not _work("level_files").export_levels(specs, out, force=force):
        raise typer.Exit(FAILED)


@app.command()
@examples("foundry --out foundry.png", "builtin --out pictures --scale 16")
def render(
    specs: SpecsArgument,
    out: Annotated[
        Path,
        typer.Option(help="The picture, if its name ends in .png, else a folder; what is there is replaced."),
    ],
    scale: Annotated[
        int, typer.Option(min=SMALLEST_SCALE, max=LARGEST_SCALE, help="Pixels along a tile's side.")
    ] = 32,
) -> None:
    """Draw levels as the game shows them, with starts, pick-ups and cells, as PNG files; exits 1 where one is broken.

    Needs no display.
    """
    if not _work("level_files").render_levels(specs, out, scale):
        raise typer.Exit(FAILED)


def _work(name: str) -> ModuleType:
    """Return the module that does a command's work; loaded when it is needed."""
    return importlib.import_module(f"game.cli.{name}")


def _looked_at(names: list[str]) -> "FoundLevels":
    """Read what the names stand for: all levels where there are none. Raises ValueError for one that stands for nothing."""
    from game.core.levels import catalogue, report, specs
    from game.player.level_lint import linted

    folders = UserFolders.find()
    if names:
        found = specs.look_up(names, folders.levels)
    else:
        found = report.FoundLevels(catalogue.list_levels(folders.levels))
    found.entries = linted(found.entries, folders.brains)
    return found


def _row(entry: "LevelEntry", measured: "Measured") -> tuple[str, ...]:
    level = entry.level
    if level is None:
        errors = [problem for problem in entry.problems if problem.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        return (clean(entry.name, LONGEST), f"{count}: bankshot levels check {quote(shown(entry.path))}")
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
    """Return what tells how hard a level is."""
    from game.player.hardness import known_in

    return known_in(UserFolders.find().cache)


def _facts(entry: "LevelEntry", measured: "Measured") -> dict[str, Any]:
    level = entry.level
    facts: dict[str, Any] = {
        "name": entry.name,
        "path": shown(entry.path),
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
            "difficulty": level.difficulty,  # the author's wish
            "measured": {"state": found.state, "stars": found.stars or None},
        }
    return facts
