"""Shared by the commands that change levels: finding the files that arguments name, and writing the changed levels."""

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
from safefiles.text import shown_path
from safefiles.writing import write_atomic

SUFFIX: Final = catalogue.SUFFIX
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
FILE_ENDINGS: Final = (
    *catalogue.PATH_SUFFIXES,
    ".tsj",
    ".tsx",
    ".html",
    *PICTURES,
)  # not allowed in a folder's name
DEFAULT_NAMED: Final = f'"source": "{DEFAULT_TILESET}"'.encode()  # the part written next to the level


class ChangedFile(NamedTuple):
    """A changed level, to be written."""

    name: str  # of the file in another folder, without suffix
    source: Path | None  # the file that it was read from
    level: Level
    data: bytes  # the source with the changes applied, everything else unchanged
    read: bytes | None = None  # the source as it was read, if it must be unchanged since


class WriteResult(NamedTuple):
    """Result of `write_all`."""

    paths: tuple[Path, ...]
    drawn: frozenset[Path] = (
        frozenset()
    )  # those that were converted: data that the game does not use is missing
    refused: tuple[
        tuple[Path, Message], ...
    ] = ()  # the sources that were not written in place, with the reasons


def find_level_files(words: Sequence[str], folder: Path) -> tuple[list[Path], list[Problem]]:
    """Return the level files that arguments name, broken ones too, each once; and problems of what could not be read.

    The arguments are those of `specs.look_up`. Raises ValueError for one that names nothing, and for a generated level.
    """
    found = look_up(words, folder)
    left_out = list(found.left_out)
    paths: list[Path] = []
    for entry in found.entries:
        if entry.level is not None and entry.level.source is None:
            raise ValueError(say("generated_named", name=entry.name))
        if any(
            problem.code in catalogue.UNLISTED for problem in entry.problems
        ):  # a problem of the user's folder
            left_out += entry.problems
        else:
            paths.append(entry.path)
    return paths, left_out


def check_targets(paths: list[Path], out: Path | None, *, in_place: bool) -> None:
    """Raise ValueError if changed files could not be written; called before the work begins."""
    if out is not None and in_place:
        raise ValueError(say("two_targets"))
    if out is not None:
        check_folder(out)
    for path in paths if in_place else ():
        if path.parent.resolve() == catalogue.BUILTIN_FOLDER:
            raise ValueError(say("games_own", name=path.stem))


def write_all(
    made: Sequence[ChangedFile], out: Path | None, *, in_place: bool, force: bool, asked: Iterable[Path] = ()
) -> WriteResult:
    """Write changed levels into a folder, or each over its source; return what was written (nothing if neither is requested).

    asked: all files given to the command, unchanged and broken ones too; no other level is written over one of them.
    In place, a file that was changed since it was read is not overwritten, nor without `force` the `.tmj` next to an XML file;
    the other files are written. Into a folder, all files are written or none: raises ValueError if a file exists without
    `force`, and if two levels have the same name.
    """
    if out is None and not in_place:
        return WriteResult(())
    kept = {path_key(path): path for path in asked}
    refused: list[tuple[Path, Message]] = []
    if out is None:
        files = _in_place(made, kept, refused, force=force)
    else:
        files = _into(out, made, kept, force=force)
    written: list[Path] = []
    for path, (each, data) in files.items():
        if out is None and each.read is not None and read_bounded(each.source or path) != each.read:
            source = each.source or path
            refused.append((source, say("repair_changed", path=shown_path(source))))
            continue
        write_atomic(path, data)
        written.append(path)
    if out is not None and written:
        for path, data in ((out / name, data) for name, data in support_files().items()):
            if not path.exists():
                write_atomic(path, data)
    drawn = frozenset(path for path in written if files[path][1] != files[path][0].data)
    return WriteResult(tuple(written), drawn, tuple(refused))


def path_key(path: Path) -> str:
    """Return a key that is equal for paths of the same file, also on a disk that ignores upper and lower case."""
    return str(path.resolve()).casefold()


def _in_place(
    made: Sequence[ChangedFile], kept: Mapping[str, Path], refused: list[tuple[Path, Message]], *, force: bool
) -> dict[Path, tuple[ChangedFile, bytes]]:
    """Return what to write over each source or next to it; add to `refused` what must not be written, with the reason."""
    files: dict[Path, tuple[ChangedFile, bytes]] = {}
    taken: set[str] = set()
    for each in made:
        source = each.source
        assert source is not None  # a level without a file cannot be written in place
        path = _beside(source) if _is_xml(each.read) else source
        if path != source:
            words = {"path": shown_path(source), "made": shown_path(path)}
            why = None
            if path_key(path) in kept:
                why = say("repair_asked", out="--out", **words)
            elif path_key(path) in taken:
                why = say("repair_twice", out="--out", **words)
            elif path.exists() and not force:
                why = say("repair_there", force="--force", **words)
            if why is not None:
                refused.append((source, why))
                continue
            taken.add(path_key(path))
        files[path] = each, each.data
    return files


def _into(
    out: Path, made: Sequence[ChangedFile], kept: Mapping[str, Path], *, force: bool
) -> dict[Path, tuple[ChangedFile, bytes]]:
    files: dict[Path, tuple[ChangedFile, bytes]] = {}
    taken: set[str] = set()
    for each in made:
        path = _target(each, out, force=force)
        if path_key(path) in kept:
            raise same_file_refusal(kept[path_key(path)], say("why_read"))
        if path_key(path) in taken:
            raise ValueError(say("names_alike", name=shown_path(path.stem)))
        taken.add(path_key(path))
        files[path] = each, _data_in(each, out)
    return files


def check_free(names: Iterable[str], level: Level, out: Path | None, *, force: bool) -> None:
    """Raise ValueError or WorkFailed, before the work begins, if levels of these names cannot be written into a folder."""
    if out is None:
        return
    for name in names:
        _target(ChangedFile(name, level.source, level, b""), out, force=force)
    check_folder(out)


def check_same_tileset(name: str, level: Level, data: bytes, out: Path) -> None:
    """Raise ValueError, before the work begins, if the tileset in a folder would change this level."""
    _data_in(ChangedFile(name, level.source, level, data), out)


def check_folder(out: Path) -> None:
    """Raise ValueError or WorkFailed, before the work begins, if no file can be written into a folder (which need not exist)."""
    targets.check_folder("--out", out, FILE_ENDINGS)


def _target(each: ChangedFile, out: Path, *, force: bool) -> Path:
    path = out / f"{each.name}{SUFFIX}"
    if each.source is not None and path_key(path) == path_key(each.source):
        raise same_file_refusal(each.source, say("why_in_place"))
    if path.exists() and not force:
        raise exists_refusal([path])
    return path


def _is_xml(read: bytes | None) -> bool:
    """Return whether a file holds Tiled's XML, regardless of its suffix; a changed level is written as JSON."""
    return read is not None and read.removeprefix(BOM_UTF8).lstrip().startswith(b"<")


def _beside(source: Path) -> Path:
    """Return the path of the JSON file next to an XML file; if the suffix is the same, the name differs."""
    if source.suffix.lower() != SUFFIX:
        return source.with_suffix(SUFFIX)
    return source.with_name(f"{source.stem}-repaired{SUFFIX}")


def same_file_refusal(source: Path, why: Message) -> ValueError:
    """Return the refusal to write a level over the file that it came from."""
    return ValueError(say("another_folder", path=shown_path(source), why=why))


def exists_refusal(taken: Sequence[Path]) -> ValueError:
    """Return the refusal to replace level files."""
    path, more = shown_path(taken[0]), len(taken) - 1
    return ValueError(say("some_there", path=path, count=more) if more else say("already_there", path=path))


def _data_in(each: ChangedFile, out: Path) -> bytes:
    """Return the bytes to write into a folder; if the source's tileset is missing there, the level is converted to the game's."""
    for data in (each.data, write_level(each.level)):
        try:
            again = parse_level(data, each.level.name, out)
        except LevelError:
            continue
        no_tileset = any(note.code == "N203" for note in again.notes) and DEFAULT_NAMED not in data
        same = (again.digest, again.pins) == (each.level.digest, each.level.pins)
        if same and not no_tileset:
            return data
    raise ValueError(say("other_tileset", path=shown_path(out), name=each.level.name))
