"""`bankshot levels`: list what there is to play, check files, write a starter map for Tiled."""

import os
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from game.cli import level_grades, level_making, level_testing
from game.player.paths import UserFolders
from safefiles.console import FAILED, JsonOption, command_group, echo, write_json
from safefiles.messages import LANGUAGES
from safefiles.text import clean, shown

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry
    from game.core.levels.report import Found

SMALLEST_SCALE: Final = 4
LARGEST_SCALE: Final = 64  # pixels a tile; a level of 64 x 64 tiles is then a picture of 4134 x 4134
SpecsArgument = Annotated[
    list[str],
    typer.Argument(
        help="Levels by name, path or seed, or specs such as train:pillars:8, test:collect:2v2:0-3, builtin:defend, user."
    ),
]
FORMS: Final = ("text", "github")
HEADINGS: Final = ("name", "title", "objective", "size", "seats", "difficulty")

app = command_group(None, "List, check, test and make levels.")
app.command("test")(level_testing.run_tests)


@app.command("list")
def list_levels(json_file: JsonOption = None) -> None:
    """List the built-in levels and those of your levels folder."""
    from game.core.levels import catalogue

    entries = catalogue.list_levels(UserFolders.find().levels)
    write_json(json_file, {"schema": 1, "levels": [_facts(entry) for entry in entries]})
    rows = [_row(entry) for entry in entries]
    widths = [max(len(row[n]) for row in [HEADINGS, *rows]) for n in range(len(HEADINGS))]
    for row in [HEADINGS, *rows]:
        echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


@app.command()
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Levels by name, path or spec (train:8), folders with all in them, or patterns such as 'maps/*.tmx'. "
            "Without any: all there are."
        ),
    ] = None,
    json_file: JsonOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning counts as an error.")] = False,
    form: Annotated[
        str, typer.Option("--format", help="Of the lines: text, or github for annotations of a workflow.")
    ] = "text",
    language: Annotated[str, typer.Option("--language", help="Of the lines: en or zh.")] = "en",
) -> None:
    """Check levels and print every problem with its place; exits 1 where there is an error."""
    from game.core.levels import report

    for option, value, known in (("format", form, FORMS), ("language", language, LANGUAGES)):
        if value not in known:
            raise ValueError(f"--{option}: expected {' or '.join(known)}, found {shown(value)!r}")
    found = _looked_at(paths or [])
    write_json(
        json_file,
        {
            "schema": 1,
            "levels": [_facts(entry) for entry in found.entries],
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
def new(
    name: Annotated[str, typer.Argument(help="a-z, 0-9, _ and -; the file's name and the level's id.")],
    folder: Annotated[
        Path | None, typer.Option(help="Where to write it; a folder of that name by default.")
    ] = None,
) -> None:
    """Write a starter map, its tileset and a project for Tiled."""
    from game.core.levels import catalogue

    try:
        written = catalogue.new_level(folder or Path(name), name)
    except FileExistsError as error:
        raise ValueError(str(error)) from None
    for path in written:
        echo(str(path))
    echo(f"draw it in Tiled, then: bankshot levels check {written[0]}  and: bankshot play {written[0]}")


app.command()(level_grades.grade)
app.command()(level_making.generate)


@app.command()
def export(
    specs: SpecsArgument,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    force: Annotated[bool, typer.Option("--force", help="Replace level files that are there.")] = False,
) -> None:
    """Write levels as .tmj files that Tiled opens, with the tileset and the project beside them."""
    for path in _level_files().export_levels(specs, UserFolders.find().levels, out, force=force):
        echo(shown(path))


@app.command()
def render(
    specs: SpecsArgument,
    out: Annotated[
        Path,
        typer.Option(help="The picture, if its name ends in .png, else a folder; what is there is replaced."),
    ],
    scale: Annotated[
        int, typer.Option(min=SMALLEST_SCALE, max=LARGEST_SCALE, help="Pixels of a tile's side.")
    ] = 32,
) -> None:
    """Draw levels as the game shows them, with starts, pick-ups and cells, as PNG files. Needs no display."""
    for path, (width, height) in _level_files().render_levels(specs, UserFolders.find().levels, out, scale):
        echo(f"{shown(path)}: {width} x {height} pixels")


def _level_files() -> ModuleType:
    """Return what writes and draws levels; loaded when it is needed."""
    from game.cli import level_files

    return level_files


def _looked_at(names: list[str]) -> "Found":
    """Read what the names stand for: all levels where there are none. Raises ValueError for one that stands for nothing."""
    from game.core.levels import catalogue, report
    from game.player.level_lint import linted

    folders, found = UserFolders.find(), report.Found()
    if not names:
        found.entries += catalogue.list_levels(folders.levels)
    for name in names:
        pattern = report.is_pattern(name)
        paths = report.matching(name) if pattern else [Path(name)]
        if not paths:
            raise report.nothing_matches(name)
        for path in paths:
            if path.is_dir():
                inside = report.check_folder(path)
                if not (inside.entries or inside.left_out or pattern):
                    known = " or ".join(catalogue.SUFFIXES)
                    raise ValueError(f"levels: expected {known} files in {shown(name)!r}, found none")
                found.entries += inside.entries
                found.left_out += inside.left_out
            elif pattern or name.lower().endswith(catalogue.PATH_SUFFIXES) or path.exists():
                if not os.path.lexists(path):
                    raise ValueError(f"levels: expected a level file at {shown(name)!r}, found none")
                found.entries.append(catalogue.read_entry(path))
            else:
                found.entries += _by_name(name)
    found.entries = linted(found.entries, folders.brains)
    return found


def _by_name(name: str) -> "list[LevelEntry]":
    """Return the level of that name, or the levels of a spec. Raises ValueError when there is none."""
    from game.core.levels import catalogue, specs

    folder = UserFolders.find().levels
    known = [entry for entry in catalogue.list_levels(folder) if entry.name == name]
    return known or specs.named_entries(name, folder)


def _row(entry: "LevelEntry") -> tuple[str, ...]:
    level = entry.level
    if level is None:
        errors = [problem for problem in entry.problems if problem.severity == "error"]
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        return (clean(entry.name), f"{count}: bankshot levels check {shown(entry.path)}", "", "", "", "")
    size, seats = f"{level.width}x{level.height}", str(len(level.roster))
    return (clean(entry.name), level.title.en, level.objective_name, size, seats, str(level.difficulty))


def _facts(entry: "LevelEntry") -> dict[str, Any]:
    level = entry.level
    facts: dict[str, Any] = {
        "name": entry.name,
        "path": shown(entry.path),
        "builtin": entry.builtin,
        "playable": level is not None,
        "problems": [problem.facts() for problem in entry.problems],
    }
    if level is not None:
        facts |= {
            "title": {"en": level.title.en, "zh": level.title.zh},
            "objective": level.objective_name,
            "width": level.width,
            "height": level.height,
            "seats": len(level.roster),
            "difficulty": level.difficulty,
        }
    return facts
