"""What commands that change a level share: which files words name, and where the changed levels go."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from game.core.levels import catalogue
from game.core.levels.model import Level
from game.core.levels.problems import LevelError, Problem, say
from game.core.levels.safe_json import read_bounded
from game.core.levels.specs import look_up
from game.core.levels.starter import support_files
from game.core.levels.tmj import parse_level
from game.core.levels.writer import DEFAULT_TILESET, write_level
from safefiles import targets
from safefiles.messages import Message
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
    read: bytes | None = None  # the source as it was read, where it must not have changed since


class Written(NamedTuple):
    """What `write_all` did."""

    paths: tuple[Path, ...]
    drawn: frozenset[Path] = frozenset()  # those that were drawn anew, without what the game does not use
    refused: tuple[tuple[Path, Message], ...] = ()  # the sources that were not written in place, and why


def files_of(words: Sequence[str], folder: Path) -> tuple[list[Path], list[Problem]]:
    """Return the level files that words of a command line name, broken ones too, each once; and what was not looked at.

    The words are those of `specs.look_up`. Raises ValueError for one that stands for nothing, and for a generated level.
    """
    found = look_up(words, folder)
    left_out = list(found.left_out)
    paths: list[Path] = []
    for entry in found.entries:
        if entry.level is not None and entry.level.source is None:
            raise ValueError(
                f"level: expected a level's file, found the generated {entry.name}; `levels export` writes it"
            )
        if any(
            problem.code in catalogue.UNLISTED for problem in entry.problems
        ):  # a line about the user's folder
            left_out += entry.problems
        else:
            paths.append(entry.path)
    return paths, left_out


def check_targets(paths: list[Path], out: Path | None, *, in_place: bool) -> None:
    """Raise ValueError where changed files could not be written: asked before the work begins."""
    if out is not None and in_place:
        raise ValueError("--in-place: expected one of --out and --in-place, found both")
    if out is not None:
        check_folder(out)
    for path in paths if in_place else ():
        if path.parent.resolve() == catalogue.BUILTIN_FOLDER:
            raise ValueError(f"--in-place: expected a file of yours, found the game's {path.stem}; use --out")


def write_all(
    made: Sequence[ChangedFile], out: Path | None, *, in_place: bool, force: bool, asked: Iterable[Path] = ()
) -> Written:
    """Write changed levels into a folder, or each over its source; return what was written, nothing where neither is wished.

    asked: all files that the command was given, unchanged and broken ones too; no other level is ever written over one of them.
    In place a file that somebody has changed since it was read is not written over, nor without `force` the `.tmj` beside a
    file of XML: others are written. Into a folder all or nothing: raises ValueError where a file is there and not `force`,
    and where two levels have one name.
    """
    if out is None and not in_place:
        return Written(())
    kept = {place_of(path): path for path in asked}
    refused: list[tuple[Path, Message]] = []
    if out is None:
        files = _in_place(made, kept, refused, force=force)
    else:
        files = _into(out, made, kept, force=force)
    written: list[Path] = []
    for path, (each, data) in files.items():
        if out is None and each.read is not None and read_bounded(each.source or path) != each.read:
            source = each.source or path
            refused.append((source, say("repair_changed", path=shown(source))))
            continue
        write_atomic(path, data)
        written.append(path)
    if out is not None and written:
        for path, data in ((out / name, data) for name, data in support_files().items()):
            if not path.exists():
                write_atomic(path, data)
    drawn = frozenset(path for path in written if files[path][1] != files[path][0].data)
    return Written(tuple(written), drawn, tuple(refused))


def place_of(path: Path) -> str:
    """Return what two paths have in common where they are one file, or would be one on a disk that ignores capitals."""
    return str(path.resolve()).casefold()


def _in_place(
    made: Sequence[ChangedFile], kept: Mapping[str, Path], refused: list[tuple[Path, Message]], *, force: bool
) -> dict[Path, tuple[ChangedFile, bytes]]:
    """Return what to write over each source or beside it; what is not to be written is added to `refused`, with the reason."""
    files: dict[Path, tuple[ChangedFile, bytes]] = {}
    taken: set[str] = set()
    for each in made:
        source = each.source
        assert source is not None  # who has no file has no --in-place
        path = _beside(source) if _is_xml(each.read) else source
        if path != source:
            words = {"path": shown(source), "made": shown(path)}
            why = None
            if place_of(path) in kept:
                why = say("repair_asked", out="--out", **words)
            elif place_of(path) in taken:
                why = say("repair_twice", out="--out", **words)
            elif path.exists() and not force:
                why = say("repair_there", force="--force", **words)
            if why is not None:
                refused.append((source, why))
                continue
            taken.add(place_of(path))
        files[path] = each, each.data
    return files


def _into(
    out: Path, made: Sequence[ChangedFile], kept: Mapping[str, Path], *, force: bool
) -> dict[Path, tuple[ChangedFile, bytes]]:
    files: dict[Path, tuple[ChangedFile, bytes]] = {}
    taken: set[str] = set()
    for each in made:
        path = _target(each, out, force=force)
        if place_of(path) in kept:
            raise another_folder(kept[place_of(path)], "no level is written over one that the command reads")
        if place_of(path) in taken:
            raise ValueError(
                f"--out: expected levels of different names, found two {shown(path.stem)}; give each a folder of its own"
            )
        taken.add(place_of(path))
        files[path] = each, _data_in(each, out)
    return files


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


def _target(each: ChangedFile, out: Path, *, force: bool) -> Path:
    path = out / f"{each.name}{SUFFIX}"
    if each.source is not None and place_of(path) == place_of(each.source):
        raise another_folder(each.source, "--in-place writes over it")
    if path.exists() and not force:
        raise already_there([path])
    return path


def _is_xml(read: bytes | None) -> bool:
    """Tell whether a file holds Tiled's XML, whatever its ending: a changed level is JSON."""
    return read is not None and read.removeprefix(BOM_UTF8).lstrip().startswith(b"<")


def _beside(source: Path) -> Path:
    """Return the file of JSON that goes beside one of XML; of the same ending it gets another name."""
    if source.suffix.lower() != SUFFIX:
        return source.with_suffix(SUFFIX)
    return source.with_name(f"{source.stem}-repaired{SUFFIX}")


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
        same = (again.digest, again.pins) == (each.level.digest, each.level.pins)
        if same and not no_tileset:
            return data
    raise ValueError(
        f"--out: expected the game's tileset in {shown(out)}, found another: {each.level.name} would change by it"
    )
