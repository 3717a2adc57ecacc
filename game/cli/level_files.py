"""The work of `bankshot levels export` and `render`: levels of any SPEC as files for Tiled, and as pictures."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from game.cli.level_changes import (
    DEFAULT_NAMED,
    FILE_ENDINGS,
    already_there,
    another_folder,
    check_folder,
    place_of,
)
from game.cli.level_choice import Chosen
from game.core.levels.catalogue import BUILTIN_FOLDER, builtin_levels
from game.core.levels.model import Level
from game.core.levels.problems import LevelError, say
from game.core.levels.safe_json import read_bounded
from game.core.levels.starter import support_files
from game.core.levels.tmj import parse_level
from game.core.levels.updater import update_level
from game.core.levels.writer import DEFAULT_TILESET, write_level
from safefiles import targets
from safefiles.console import echo
from safefiles.text import shown
from safefiles.writing import write_atomic

PICTURE: Final = ".png"
OTHER_FILES: Final = tuple(ending for ending in FILE_ENDINGS if ending != PICTURE)


def export_levels(words: list[str], out: Path, *, force: bool) -> bool:
    """Write the levels, with what Tiled needs beside them unless it is there; return whether none had to be left out.

    Raises ValueError before anything is written: where a level file is there and not `force`, and where the tileset that
    lies in `out` would make another level of one.
    """
    check_folder(out)
    chosen = Chosen(words)
    for path in write_levels(_unlike(chosen.levels), out, force=force, asked=chosen.files):
        echo(shown(path))
    return chosen.whole


def write_levels(
    levels: dict[str, Level], out: Path, *, force: bool, asked: Iterable[Path] = ()
) -> list[Path]:
    """Write levels by file name, as `export_levels` does, and tell which are drawn anew; return each file, levels first.

    asked: the files that the command was given, broken ones too; none of them is written over.
    """
    check_folder(out)
    files, drawn = _tiled_files(levels, out)
    taken = [path for path in files if path.exists()]
    kept = {place_of(path): path for path in asked}
    for path in taken:
        if place_of(path) in kept:
            raise another_folder(kept[place_of(path)], "it would be written over")
    if taken and not force:
        raise already_there(taken)
    beside = {out / name: data for name, data in support_files().items() if not (out / name).exists()}
    for path, data in {**files, **beside}.items():
        write_atomic(path, data)
    for path in drawn:
        echo(str(say("export_drawn", path=shown(path))), err=True)
    return [*files, *beside]


def render_levels(words: list[str], out: Path, tile: int) -> bool:
    """Draw the levels, `tile` pixels a tile, into the file `out` or a folder; return whether none had to be left out."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from game.view.thumbnail import level_picture, png_of

    single = out.suffix.lower() == PICTURE and not out.is_dir()
    if single:
        targets.check_file("--out", out)
    elif not out.is_dir() and (out.exists() or out.suffix.lower() in OTHER_FILES):
        found = f"found the file {shown(out)}" if out.exists() else f"found {shown(out)}"
        raise ValueError(f"--out: expected a name ending in {PICTURE} or a folder, {found}")
    else:
        check_folder(out)
    chosen = Chosen(words)
    levels = _unlike(chosen.levels)
    if single and len(levels) > 1:
        raise ValueError(f"--out: expected a folder for {len(levels)} levels, found {shown(out)}")
    for name, level in levels.items():
        path = out if single else out / f"{name}{PICTURE}"
        picture = level_picture(level.arena, tile)
        write_atomic(path, png_of(picture))
        width, height = picture.get_size()
        echo(f"{shown(path)}: {width} x {height} pixels")
    return chosen.whole


def check_tileset(out: Path) -> None:
    """Raise ValueError, before work is begun, where the tileset that lies in a folder would make other levels of the game's."""
    if (out / DEFAULT_TILESET).exists():
        _tiled_files({entry.name: entry.level for entry in builtin_levels() if entry.level is not None}, out)


def _unlike(levels: list[Level]) -> dict[str, Level]:
    """Return levels by file name: of a level of another's name, the name gets a number."""
    found: dict[str, Level] = {}
    for level in levels:
        stem, number = level.source.stem if level.source is not None else level.name, 1
        name = stem
        while name in found:
            number += 1
            name = f"{stem}-{number}"
        found[name] = level
    return found


def _tiled_files(levels: dict[str, Level], out: Path) -> tuple[dict[Path, bytes], list[Path]]:
    """Return the files to write, each tried first: read with the tileset that lies in `out`, it must be the same level.

    And those of them that are drawn anew, without what the author's file holds besides.
    """
    files, drawn = {}, []
    for name, level in levels.items():
        own = _own_form(level, name)
        forms = (form for form in (own, write_level(level)) if form is not None)
        data = next((data for data in forms if _is_same(data, name, level, out)), None)
        if data is None:
            tileset = shown(out / DEFAULT_TILESET)
            raise ValueError(
                f"--out: expected the game's tileset, found another {tileset}: {name} would change by it"
            )
        path = out / f"{name}.tmj"
        files[path] = data
        if _is_authors(level) and data != own:
            drawn.append(path)
    return files, drawn


def _is_authors(level: Level) -> bool:
    return level.source is not None and level.source.parent != BUILTIN_FOLDER


def _own_form(level: Level, name: str) -> bytes | None:
    """Return the bytes of a level's own file, with all that the game does not use; None where there is none that holds it.

    A title that was the file's name is written down, for the file may be called otherwise now.
    """
    source = read_bounded(level.source) if _is_authors(level) and level.source is not None else None
    if not isinstance(source, bytes) or level.source is None:
        return None
    try:
        return update_level(source, replace(level, name=name), level.source.parent)
    except ValueError:  # changed meanwhile, or an infinite map that cannot hold it
        return None


def _is_same(data: bytes, name: str, level: Level, out: Path) -> bool:
    try:
        again = parse_level(data, name, out)
    except LevelError:
        return False
    lost = any(note.code == "N203" for note in again.notes) and DEFAULT_NAMED not in data
    return not lost and _facts(again) == _facts(level)


def _facts(level: Level) -> tuple[object, ...]:
    return level.digest, level.roster, level.title, level.pins
