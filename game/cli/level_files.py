"""The work of `bankshot levels export` and `render`: any levels as files for Tiled, and as pictures."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from game.cli.level_changes import (
    DEFAULT_NAMED,
    FILE_ENDINGS,
    check_folder,
    exists_refusal,
    path_key,
    same_file_refusal,
)
from game.cli.level_choice import LevelSelection
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
from safefiles.text import shown_path
from safefiles.writing import write_atomic

PICTURE: Final = ".png"
OTHER_FILES: Final = tuple(ending for ending in FILE_ENDINGS if ending != PICTURE)


def export_levels(words: list[str], out: Path, *, force: bool) -> bool:
    """Write the levels, and the files that Tiled needs unless they exist; return whether no level was left out.

    Raises ValueError before anything is written: if a level file exists without `force`, and if the tileset in `out` would
    change a level.
    """
    check_folder(out)
    chosen = LevelSelection(words)
    for path in write_levels(_unlike(chosen.levels), out, force=force, asked=chosen.files):
        echo(shown_path(path))
    return chosen.whole


def write_levels(
    levels: dict[str, Level], out: Path, *, force: bool, asked: Iterable[Path] = ()
) -> list[Path]:
    """Write levels by file name, as `export_levels` does, and print which were converted; return the files, levels first.

    asked: the files given to the command, broken ones too; none of them is overwritten.
    """
    check_folder(out)
    files, drawn = _tiled_files(levels, out)
    taken = [path for path in files if path.exists()]
    kept = {path_key(path): path for path in asked}
    for path in taken:
        if path_key(path) in kept:
            raise same_file_refusal(kept[path_key(path)], say("why_over"))
    if taken and not force:
        raise exists_refusal(taken)
    beside = {out / name: data for name, data in support_files().items() if not (out / name).exists()}
    for path, data in {**files, **beside}.items():
        write_atomic(path, data)
    for path in drawn:
        echo(str(say("export_drawn", path=shown_path(path))), err=True)
    return [*files, *beside]


def render_levels(words: list[str], out: Path, tile: int) -> bool:
    """Draw the levels, `tile` pixels per tile, into the file `out` or a folder; return whether no level was left out."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    from game.view.thumbnail import level_picture, png_of

    single = out.suffix.lower() == PICTURE and not out.is_dir()
    if single:
        targets.check_file("--out", out)
    elif not out.is_dir() and (out.exists() or out.suffix.lower() in OTHER_FILES):
        found = f"found the file {shown_path(out)}" if out.exists() else f"found {shown_path(out)}"
        raise ValueError(f"--out: expected a name ending in {PICTURE} or a folder, {found}")
    else:
        check_folder(out)
    chosen = LevelSelection(words)
    levels = _unlike(chosen.levels)
    if single and len(levels) > 1:
        raise ValueError(f"--out: expected a folder for {len(levels)} levels, found {shown_path(out)}")
    for name, level in levels.items():
        path = out if single else out / f"{name}{PICTURE}"
        picture = level_picture(level.arena, tile)
        write_atomic(path, png_of(picture))
        width, height = picture.get_size()
        echo(f"{shown_path(path)}: {width} x {height} pixels")
    return chosen.whole


def check_tileset(out: Path) -> None:
    """Raise ValueError, before the work begins, if the tileset in a folder would change the game's levels."""
    if (out / DEFAULT_TILESET).exists():
        _tiled_files({entry.name: entry.level for entry in builtin_levels() if entry.level is not None}, out)


def _unlike(levels: list[Level]) -> dict[str, Level]:
    """Return levels by file name; a name that is taken gets a number."""
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
    """Return the files to write; each is tested first: read with the tileset in `out`, it must be the same level.

    Also return those that were converted, which lack the other data of the author's file.
    """
    files, drawn = {}, []
    for name, level in levels.items():
        own = _own_form(level, name)
        forms = (form for form in (own, write_level(level)) if form is not None)
        data = next((data for data in forms if _is_same(data, name, level, out)), None)
        if data is None:
            tileset = shown_path(out / DEFAULT_TILESET)
            raise ValueError(
                f"--out: expected the game's tileset, found another {tileset}: {name} would change with it"
            )
        path = out / f"{name}.tmj"
        files[path] = data
        if _is_authors(level) and data != own:
            drawn.append(path)
    return files, drawn


def _is_authors(level: Level) -> bool:
    return level.source is not None and level.source.parent != BUILTIN_FOLDER


def _own_form(level: Level, name: str) -> bytes | None:
    """Return the bytes of a level's own file, with the data that the game does not use; None if no file holds the level.

    A title taken from the file's name is written into the file, because the new file may have another name.
    """
    source = read_bounded(level.source) if _is_authors(level) and level.source is not None else None
    if not isinstance(source, bytes) or level.source is None:
        return None
    try:
        return update_level(source, replace(level, name=name), level.source.parent)
    except ValueError:  # changed in the meantime, or an infinite map that cannot hold it
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
