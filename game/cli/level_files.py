"""The work of `bankshot levels export` and `render`: levels of any SPEC as files for Tiled, and as pictures."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from game.core.levels.model import Level
from game.core.levels.problems import LevelError
from game.core.levels.specs import named_levels
from game.core.levels.starter import support_files
from game.core.levels.tmj import parse_level
from game.core.levels.writer import DEFAULT_TILESET, write_level
from safefiles.text import shown
from safefiles.writing import write_atomic

PICTURE: Final = ".png"


def export_levels(specs: list[str], user_folder: Path, out: Path, *, force: bool) -> Iterator[Path]:
    """Write the levels of the specs, with what Tiled needs beside them unless it is there; yield each file.

    Raises ValueError before anything is written: where a level file is there and not `force`, and where the tileset that
    lies in `out` would make another level of one.
    """
    yield from write_levels(_unlike(specs, user_folder), out, force=force)


def write_levels(levels: dict[str, Level], out: Path, *, force: bool) -> Iterator[Path]:
    """Write levels by file name, as `export_levels` does."""
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out: expected a folder, found the file {shown(out)}")
    files = _tiled_files(levels, out)
    taken = [path for path in files if path.exists()]
    if taken and not force:
        more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
        raise ValueError(f"--out: {shown(taken[0])} is there already{more}; --force replaces level files")
    beside = {out / name: data for name, data in support_files().items() if not (out / name).exists()}
    for path, data in {**files, **beside}.items():
        write_atomic(path, data)
        yield path


def render_levels(
    specs: list[str], user_folder: Path, out: Path, tile: int
) -> Iterator[tuple[Path, tuple[int, int]]]:
    """Draw the levels of the specs, `tile` pixels a tile, into the file `out` or a folder; yield each file and its size."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from game.view.thumbnail import level_picture, png_of

    levels = _unlike(specs, user_folder)
    single = out.suffix.lower() == PICTURE and not out.is_dir()
    if single and len(levels) > 1:
        raise ValueError(f"--out: expected a folder for {len(levels)} levels, found {shown(out)}")
    if not single and out.exists() and not out.is_dir():
        raise ValueError(
            f"--out: expected a folder or a name ending in {PICTURE}, found the file {shown(out)}"
        )
    for name, level in levels.items():
        path = out if single else out / f"{name}{PICTURE}"
        picture = level_picture(level.arena, tile)
        write_atomic(path, png_of(picture))
        yield path, picture.get_size()


def _unlike(specs: list[str], user_folder: Path) -> dict[str, Level]:
    """Return the levels of the specs by file name: a level named twice is there once, another of its name gets a number."""
    found: dict[str, Level] = {}
    for level in (level for spec in specs for level in named_levels(spec, user_folder)):
        stem, number = level.source.stem if level.source is not None else level.name, 1
        name = stem
        while name in found and found[name].digest != level.digest:
            number += 1
            name = f"{stem}-{number}"
        found.setdefault(name, level)
    return found


def _tiled_files(levels: dict[str, Level], out: Path) -> dict[Path, bytes]:
    """Return the files to write, each tried first: read with the tileset that lies in `out`, it must be the same level."""
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


def _facts(level: Level) -> tuple[object, ...]:
    return level.digest, level.roster, level.title
