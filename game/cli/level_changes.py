"""What commands that change a level share: which file a word names, where the changed level goes, a line for each change."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from game.core.levels import catalogue
from game.core.levels.board import LevelChange
from game.core.levels.checks import Places
from game.core.levels.model import Level
from game.core.levels.problems import LevelError
from game.core.levels.specs import one_level
from game.core.levels.starter import support_files
from game.core.levels.tmj import parse_level
from game.core.levels.writer import DEFAULT_TILESET, write_level
from safefiles import targets
from safefiles.messages import ENGLISH, Message
from safefiles.text import shown
from safefiles.writing import write_atomic

SUFFIX: Final = catalogue.SUFFIX
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
FILE_ENDINGS: Final = (*catalogue.PATH_SUFFIXES, ".tsj", ".tsx", ".html", *PICTURES)  # of no folder's name
DEFAULT_NAMED: Final = f'"source": "{DEFAULT_TILESET}"'.encode()  # what is written beside the level


class ChangedFile(NamedTuple):
    """A changed level, to be written."""

    name: str  # of the file in another folder, without its ending
    source: Path | None  # the file that it came from
    level: Level
    data: bytes  # the source with the changes in it, all else as it was


def file_of(name: str, folder: Path) -> Path:
    """Return the level file that a word of a command line names: a path, or a level's name. Raises ValueError for none."""
    if Path(name).is_file():
        return Path(name)
    for entry in catalogue.list_levels(folder):
        if entry.name == name:
            return entry.path
    found = one_level(name, folder)
    raise ValueError(
        f"level: expected a level's file, found the generated {found.name}; `levels export` writes it"
    )


def check_targets(paths: list[Path], out: Path | None, *, in_place: bool) -> None:
    """Raise ValueError where changed files could not be written: asked before the work begins."""
    if out is not None and in_place:
        raise ValueError("--in-place: expected one of --out and --in-place, found both")
    if out is not None:
        check_folder(out)
    for path in paths if in_place else ():
        if path.parent.resolve() == catalogue.BUILTIN_FOLDER:
            raise ValueError(f"--in-place: expected a file of yours, found the game's {path.stem}; use --out")


def write_all(made: list[ChangedFile], out: Path | None, *, in_place: bool, force: bool) -> list[Path]:
    """Write changed levels into a folder, or each over its source; return the files, none where neither is wished.

    Raises ValueError before anything is written: where a file is there and not `force`, where two levels have one name.
    """
    if out is None and not in_place:
        return []
    files: dict[Path, bytes] = {}
    for each in made:
        path = _target(each, out, force=force)
        if path in files:
            raise ValueError(f"--out: expected levels of different names, found two {path.stem}")
        files[path] = each.data if out is None else _data_in(each, out)
    beside = {} if out is None else {out / name: data for name, data in support_files().items()}
    for path, data in {**files, **{path: data for path, data in beside.items() if not path.exists()}}.items():
        write_atomic(path, data)
    return list(files)


def check_free(names: Iterable[str], level: Level, out: Path | None, *, force: bool) -> None:
    """Raise ValueError or WorkFailed, before work is begun, where levels of these names cannot be written into a folder."""
    if out is None:
        return
    for name in names:
        _target(ChangedFile(name, level.source, level, b""), out, force=force)
    check_folder(out)


def check_holds(name: str, level: Level, data: bytes, out: Path) -> None:
    """Raise ValueError, before work is begun, where the tileset in a folder would make another level of this one."""
    _data_in(ChangedFile(name, level.source, level, data), out)


def check_folder(out: Path) -> None:
    """Raise ValueError or WorkFailed, before work is begun, where no file can be written into a folder, there or not."""
    targets.check_folder("--out", out, FILE_ENDINGS)


def _target(each: ChangedFile, out: Path | None, *, force: bool) -> Path:
    source = each.source
    if out is None:
        assert source is not None  # who has no file has no --in-place
        path = source if source.suffix.lower() != ".tmx" else source.with_suffix(SUFFIX)
        if path != source and path.exists() and not force:
            raise ValueError(f"--in-place: {shown(path)} is there already; --force replaces level files")
        return path
    path = out / f"{each.name}{SUFFIX}"
    if source is not None and path.resolve() == source.resolve():
        raise another_folder(source, "--in-place writes over it")
    if path.exists() and not force:
        raise already_there([path])
    return path


def another_folder(source: Path, instead: str) -> ValueError:
    """Return the refusal to write a level over the file that it came from."""
    return ValueError(f"--out: expected another folder than that of {shown(source)}; {instead}")


def already_there(taken: Sequence[Path]) -> ValueError:
    """Return the refusal to replace level files."""
    more = f" and {len(taken) - 1} more" if len(taken) > 1 else ""
    return ValueError(f"--out: {shown(taken[0])} is there already{more}; --force replaces level files")


def _data_in(each: ChangedFile, out: Path) -> bytes:
    """Return the bytes to write into a folder: drawn anew with the game's tileset where the source's own is not there."""
    for data in (each.data, write_level(each.level)):
        try:
            again = parse_level(data, each.level.name, out)
        except LevelError:
            continue
        no_tileset = any(note.code == "N203" for note in again.notes) and DEFAULT_NAMED not in data
        if again.digest == each.level.digest and not no_tileset:
            return data
    raise ValueError(
        f"--out: expected the game's tileset in {shown(out)}, found another: {each.level.name} would change by it"
    )


def change_facts(change: LevelChange, names: Places, language: str = ENGLISH) -> dict[str, Any]:
    """Return a change for a program: cells as the file counts them."""
    x, y = names.shown(change.place)
    why = change.why.text(language) if isinstance(change.why, Message) else change.why
    was, now = change.was, change.now
    if change.before is not None:
        old = names.shown(change.before)
        was, now = f"({old[0]},{old[1]})", f"({x},{y})"
    return {
        "what": change.what,
        "layer": _layer_of(change, names),
        "x": x,
        "y": y,
        "was": was,
        "now": now,
        "code": change.code or None,
        "why": why,
    }


def _layer_of(change: LevelChange, names: Places) -> str:
    if change.what == "tile":
        return names.tile(change.place).layer
    if change.number is None or change.was == "none":
        return "objects"
    name = {"start": names.start, "pickup": names.pickup, "cell": names.cell}[change.what]
    try:
        return name(change.number, change.place).layer
    except IndexError:  # one that was added
        return "objects"


def change_line(file: str, change: LevelChange, names: Places, language: str = ENGLISH) -> str:
    """Return one line for people: file, layer, cell, was, now, why."""
    facts = change_facts(change, names, language)
    what = "" if change.what == "tile" else f"{change.what} "
    line = f"{file} › {facts['layer']} ({facts['x']},{facts['y']}): {what}{facts['was']} → {facts['now']}"
    told = " ".join(part for part in (facts["code"], str(facts["why"])) if part)
    return f"{line}; {told}" if told else line
