"""`bankshot levels export` and `render`: levels of any SPEC as files for Tiled, and as pictures."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from game.player.paths import UserFolders
from safefiles.console import echo
from safefiles.text import shown
from safefiles.writing import write_atomic

if TYPE_CHECKING:
    from game.core.levels.model import Level

SMALLEST_SCALE: Final = 4
LARGEST_SCALE: Final = 64  # a level of 64 x 64 tiles is then a picture of 4134 x 4134

SpecsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SPEC...",
        help="Levels by name, path or seed, or specs such as train:pillars:8, test:collect:2v2:0-3, builtin:defend, user.",
    ),
]
PICTURE: Final = ".png"


def export(
    specs: SpecsArgument,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    force: Annotated[bool, typer.Option("--force", help="Replace level files that are there.")] = False,
) -> None:
    """Write levels as .tmj files that Tiled opens, with the tileset and the project beside them."""
    from game.core.levels.starter import support_files

    files = _tiled_files(_unlike(specs), out)
    taken = [path for path in files if path.exists()]
    if taken and not force:
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise ValueError(f"--out: {shown(taken[0])} is there already{more}; --force replaces level files")
    beside = {out / name: data for name, data in support_files().items() if not (out / name).exists()}
    for path, data in {**files, **beside}.items():
        write_atomic(path, data)
        echo(shown(path))


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
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from game.view.thumbnail import level_picture, png_of

    levels = _unlike(specs)
    single = out.suffix.lower() == PICTURE and not out.is_dir()
    if single and len(levels) > 1:
        raise ValueError(f"--out: expected a folder for {len(levels)} levels, found {shown(out)}")
    for name, level in levels.items():
        path = out if single else out / f"{name}{PICTURE}"
        picture = level_picture(level.arena, scale)
        write_atomic(path, png_of(picture))
        echo(f"{shown(path)}: {picture.get_width()} x {picture.get_height()} pixels")


def _unlike(specs: list[str]) -> "dict[str, Level]":
    """Return the levels of the specs by file name: a level named twice is there once, another of its name gets a number."""
    from game.core.levels.specs import named_levels

    folder = UserFolders.find().levels
    found: dict[str, Level] = {}
    for level in (level for spec in specs for level in named_levels(spec, folder)):
        stem, number = level.source.stem if level.source is not None else level.name, 1
        name = stem
        while name in found and found[name].digest != level.digest:
            number += 1
            name = f"{stem}-{number}"
        found.setdefault(name, level)
    return found


def _tiled_files(levels: "dict[str, Level]", out: Path) -> dict[Path, bytes]:
    """Return the files to write, each tried first: read with the tileset that lies in `out`, it must be the same level."""
    from game.core.levels.problems import LevelError
    from game.core.levels.tmj import parse_level
    from game.core.levels.writer import DEFAULT_TILESET, write_level

    files = {}
    for name, level in levels.items():
        data = write_level(level)
        try:
            again = parse_level(data, name, out)
        except LevelError:
            again = None
        if again is None or _facts(again) != _facts(level):
            tileset = shown(out / DEFAULT_TILESET)
            raise ValueError(
                f"--out: expected the game's tileset, found another {tileset}: {name} would change by it"
            )
        files[out / f"{name}.tmj"] = data
    return files


def _facts(level: "Level") -> tuple[object, ...]:
    return level.digest, level.roster, level.title
