"""Finds levels: built-in levels, the user's folder, files by path, and generated levels by seed.

`select` parses the `levels` argument of environments and commands:

    foundry                 one level by name (built-in, otherwise from the user's folder)
    path/to/map.tmj         one level by path; .tmx, .json and .xml too
    builtin                 all built-in levels
    builtin:defend          built-in levels of one objective
    user                    all valid levels of the user's folder
    train, test, endless    the first 128 generated levels of the train, test or endless seeds
    train:256               the first 256 of them
    train:1000-1999         numbers 1000 to 1999 of the range
    train:pillars           one family only; also train:pillars:256 and train:pillars:0-99
    train:collect:64        one objective; after a family, if any: train:pillars:collect:64
    train:collect:2v2:64    one number of tanks per team, 1 to 4; also train:1v1:64
    train:64:36x28          one size in tiles, 12x10 to 40x30
    7                       the generated level of seed 7
    rings-defend-17         the endless level of that name, the same as endless:rings:defend:17-17
    foundry, train:64       several, separated by commas or as a list
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from game.core import rules
from game.core.levels import tmj
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.families import FAMILIES
from game.core.levels.generator import (
    MAX_SIZE,
    MAX_TEAM_SIZE,
    MIN_SIZE,
    TEST_SEEDS,
    TRAIN_SEEDS,
    by_name,
    generate,
)
from game.core.levels.model import DIFFICULTIES, Level
from game.core.levels.problems import LevelError, Place, Problem, Value, quoted, say, suggestion
from game.core.levels.starter import starter_files
from safefiles.causes import system_message
from safefiles.listing import list_files, read_each, reason_of
from safefiles.text import shown_path, storable
from safefiles.writing import write_atomic

BUILTIN_FOLDER: Final = Path(__file__).resolve().parent / "builtin"
SUFFIX: Final = ".tmj"  # ending of files that the game writes
SUFFIXES: Final = (SUFFIX, ".tmx")  # endings of the level files in a folder, in any case
ENDINGS: Final = say("two_endings", first=SUFFIXES[0], last=SUFFIXES[1])
EXPECTED: Final = say("name_or_spec", endings=ENDINGS)
EXPECTED_MANY: Final = say("name_or_folder", endings=ENDINGS)  # for commands that take folders
PATH_SUFFIXES: Final = (
    *SUFFIXES,
    ".json",
    ".xml",
)  # endings of paths: Tiled also writes maps with these
UNLISTED: Final = ("E050", "E051")  # codes of problems of a folder as a whole
DEFAULT_COUNT: Final = 128  # default count for "train" and "test"; the path labels take about 6 MB
MAX_KEPT_LEVELS: Final = 2048  # generated levels that a process caches, about 6 kB each
MAX_USER_LEVELS: Final = 1000  # most files listed of a user's folder
SEED_RANGES: Final = {"train": TRAIN_SEEDS, "test": TEST_SEEDS, "endless": ENDLESS_SEEDS}
Spec = str | int | Path | Level

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_RESERVED: Final = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")  # not file names on Windows


@dataclass(frozen=True, eq=False)
class LevelEntry:
    """One line of a list of levels. A broken file is an entry without a level, with its errors."""

    name: str
    path: Path
    builtin: bool
    level: Level | None
    problems: tuple[Problem, ...]
    brains: tuple[
        tuple[str, Place], ...
    ] = ()  # for a broken file: the brains that its starts name, with their places

    @property
    def playable(self) -> bool:
        """Whether there is a level to play."""
        return self.level is not None


def list_levels(user_folder: Path | None = None) -> list[LevelEntry]:
    """Return the built-in levels, easy to hard, then the files of the user's level folder by name.

    Never raises for a level file or a folder: a broken one is listed with its errors. A missing folder counts as empty.
    """
    return [*_builtin_entries(), *(list_folder(user_folder) if user_folder is not None else ())]


def list_folder(folder: Path) -> list[LevelEntry]:
    """Return the level files of a folder of the user's, by name, and an entry for what could not be listed."""
    files, unlisted = folder_files(folder)
    return [*_read_files(files, files), *unlisted]


def folder_files(folder: Path) -> tuple[dict[Path, str], list[LevelEntry]]:
    """Return the level files of such a folder by name, unread, each with its id; and an entry for what could not be listed."""
    listing = list_files(folder, is_level_file, MAX_USER_LEVELS)
    unlisted = []
    if listing.error is not None:
        failed = listing.error
        why = (system_message(failed) if isinstance(failed, OSError) else reason_of(failed)).cut(80)
        unlisted.append(_broken_entry(folder, f"folder/{storable(folder.name)}", "E050", why=why))
    elif listing.left_out:
        limit, name = MAX_USER_LEVELS, f"folder/{storable(folder.name)}"
        unlisted.append(_broken_entry(folder, name, "E051", limit=limit, found=listing.left_out))
    return _names_of(listing.paths), unlisted


def builtin_levels() -> tuple[LevelEntry, ...]:
    """Return the built-in levels, easy to hard."""
    return _builtin_entries()


def endless_entry(name: str) -> LevelEntry | None:
    """Return the entry of an endless level; None if no endless level has that name."""
    level = by_name(name)
    return None if level is None else LevelEntry(name, Path(f"{name}{SUFFIX}"), True, level, ())


def is_level_file(path: Path) -> bool:
    """Return whether a file name is that of a level."""
    return path.suffix.lower() in SUFFIXES


def read_entry(path: Path, name: str = "") -> LevelEntry:
    """Return the entry of one level file, broken or not, under an id, by default its name."""
    return _read_files([path], {path: name or storable(path.stem)})[0]


class NoSuchLevel(ValueError):
    """No level has the requested name. `found`: that name; `close`: a suggestion if there is a similar one."""

    def __init__(self, expected: str, found: str, close: str = "") -> None:
        self.found, self.close = found, close
        super().__init__(say("no_level", expected=expected, found=found, close=close))


def load_level(name_or_path: str | Path, user_folder: Path | None = None) -> Level:
    """Return one level by name or path.

    Raises LevelError if the file is broken and ValueError if no level has that name.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.lower().endswith(PATH_SUFFIXES):
        return tmj.read_level(Path(name_or_path))
    for entry in _builtin_entries():
        if entry.name == text:
            if entry.level is None:
                raise LevelError(entry.problems)
            return entry.level
    fits = list_files(user_folder, is_level_file, MAX_USER_LEVELS)
    files = {name: path for path, name in _names_of(fits.paths).items()}
    wanted = storable(text.removeprefix("user/"))
    path = files.get(wanted) or files.get(f"user/{wanted}")
    if path is not None:
        return tmj.read_level(path)
    endless = by_name(text)
    if endless is not None:
        return endless
    names = [entry.name for entry in _builtin_entries()] + list(files)
    raise NoSuchLevel(say("name_or_path", endings=ENDINGS), quoted(text), suggestion(text, names))


def select(
    spec: Spec | Sequence[Spec],
    *,
    objective: int | str | None = None,
    team_sizes: tuple[int, int] | None = None,
    size: tuple[int, int] | None = None,
    user_folder: Path | None = None,
) -> list[Level]:
    """Return the levels that `spec` names, in its order; docs/levels.md lists its forms.

    objective: of generated levels, and a filter for `builtin` and `user`. team_sizes, size: of
    generated levels (seats of teams 0 and 1; tiles). Raises ValueError, or its subclass LevelError, if a part
    is invalid or no level is left.
    """
    wanted = rules.OBJECTIVE_NAMES.index(objective) if objective in rules.OBJECTIVE_NAMES else objective
    if isinstance(wanted, str):
        raise ValueError(
            f"objective: expected one of {', '.join(rules.OBJECTIVE_NAMES)}, found "
            f"{quoted(wanted)}{suggestion(wanted, rules.OBJECTIVE_NAMES)}"
        )
    levels: list[Level] = []
    for part in _parts(spec):
        if isinstance(part, Level):
            levels.append(part)
        elif isinstance(part, Path):
            levels.append(tmj.read_level(part))
        elif isinstance(part, int):
            levels.append(_generate(part, None, wanted, size, team_sizes))
        elif part.split(":")[0] in SEED_RANGES:
            drawn = _seeds(part)
            plays = wanted if drawn.objective is None else drawn.objective
            if team_sizes and drawn.teams and drawn.teams != team_sizes:
                versus = f"{team_sizes[0]}v{team_sizes[1]}"
                raise ValueError(say("spec_versus", teams=versus, found=quoted(part)))
            levels += [
                _generate(seed, drawn.family, plays, drawn.size or size, drawn.teams or team_sizes)
                for seed in drawn.seeds
            ]
        elif part.split(":")[0] in ("builtin", "user"):
            levels += _list_named(part, wanted, user_folder)
        else:
            levels.append(_by_name(part, user_folder))
    if not levels:
        raise ValueError(say("none_for", found=quoted(str(spec))))
    return levels


def _by_name(part: str | Path, user_folder: Path | None) -> Level:
    try:
        return load_level(part, user_folder)
    except NoSuchLevel as error:
        raise NoSuchLevel(EXPECTED, error.found, error.close) from None


def new_level(folder: Path, name: str) -> list[Path]:
    """Write a starter map into `folder`, with tileset and Tiled project unless they exist; return the new files.

    Raises ValueError if the name is not a valid file name on every platform, FileExistsError if the level exists.
    """
    if not _NAME.fullmatch(name) or _RESERVED.fullmatch(name):
        raise ValueError(f"name: expected 1 to 40 of a-z, 0-9, _ and -, found {quoted(name)}")
    target = folder / f"{name}{SUFFIX}"
    if target.exists():
        raise FileExistsError(f"{target}: there is a level of this name already")
    written = []
    for file_name, content in starter_files(name).items():
        path = folder / file_name
        if not path.exists():
            write_atomic(path, content)
            written.append(path)
    return written


@lru_cache(maxsize=MAX_KEPT_LEVELS)
def _generate(
    seed: int,
    family: str | None,
    objective: int | None,
    size: tuple[int, int] | None,
    team_sizes: tuple[int, int] | None,
) -> Level:
    """Return the level of a seed, read-only and shared by all environments of the process: generating takes two milliseconds."""
    level = generate(seed, family, objective, size, team_sizes)
    level.arena.tiles.setflags(write=False)
    return level


@lru_cache(maxsize=1)
def _builtin_entries() -> tuple[LevelEntry, ...]:
    paths = sorted(BUILTIN_FOLDER.glob(f"*{SUFFIX}"))
    entries = _read_files(paths, {path: path.stem for path in paths}, builtin=True)
    return tuple(sorted(entries, key=_sort_by_difficulty))


def _sort_by_difficulty(entry: LevelEntry) -> tuple[int, int, str]:
    """Sort by difficulty, size and name, broken levels last."""
    level = entry.level
    return (
        (DIFFICULTIES.stop, 0, entry.name)
        if level is None
        else (level.difficulty, level.arena.tiles.size, entry.name)
    )


def _names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """Return each file's id: its name without ending, with the prefix `user/` if a built-in level has that name.

    Of two names that differ only in their ending (`a.tmj`, `a.tmx`) the second keeps its ending.
    """
    builtin = {path.stem for path in BUILTIN_FOLDER.glob(f"*{SUFFIX}")}
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        name = storable(path.stem)
        name = f"user/{name}" if name in builtin else name
        name = storable(path.name) if name in taken else name
        taken.add(name)
        names[path] = name
    return names


def _read_files(
    paths: Iterable[Path], names: Mapping[Path, str], *, builtin: bool = False
) -> list[LevelEntry]:
    """Return an entry for each file; if the reader fails, it is a broken one."""

    def read(path: Path) -> LevelEntry:
        try:
            level = tmj.read_level(path)
        except LevelError as error:
            return LevelEntry(names[path], path, builtin, None, error.problems, error.brains)
        return LevelEntry(names[path], path, builtin, level, level.notes)

    def broken(path: Path, reason: str) -> LevelEntry:
        return _broken_entry(path, names[path], "E001", builtin=builtin, found=say("fault", why=reason))

    return read_each(paths, read, broken)


def _broken_entry(path: Path, name: str, code: str, *, builtin: bool = False, **args: Value) -> LevelEntry:
    """Return the entry of a broken level, with its problems."""
    problem = Problem(code, shown_path(path.name, 80), "", tuple(args.items()), shown_path(path))
    return LevelEntry(name, path, builtin, None, (problem,))


def _parts(spec: Spec | Sequence[Spec]) -> Iterable[Spec]:
    """Split a spec into its parts and convert numbers in text to seeds."""
    items: Sequence[Spec] = [spec] if isinstance(spec, (str, int, Path, Level)) else spec
    for item in items:
        if isinstance(item, bool) or not isinstance(item, (str, int, Path, Level)):
            raise ValueError(f"levels: expected names, seeds, paths or levels, found {quoted(item)}")
        if not isinstance(item, str):
            yield item
            continue
        for part in (piece.strip() for piece in item.split(",")):
            if part:
                yield int(part) if part.isascii() and part.isdigit() and len(part) < 20 else part


class _GeneratedSpec(NamedTuple):
    """A parsed spec of generated levels such as "train:pillars:collect:2v2:256:30x20"; missing parts are None."""

    family: str | None
    objective: int | None
    teams: tuple[int, int] | None
    seeds: Sequence[int]
    size: tuple[int, int] | None


def _seeds(part: str) -> _GeneratedSpec:
    kind, *rest = part.split(":")
    family = rest.pop(0) if rest and rest[0] in FAMILIES else None
    named = rest and rest[0] in rules.OBJECTIVE_NAMES
    objective = rules.OBJECTIVE_NAMES.index(rest.pop(0)) if named else None
    versus = re.fullmatch(r"(\d)v(\d)", rest[0]) if rest else None
    teams = (int(versus[1]), int(versus[2])) if versus else None
    if teams:
        rest.pop(0)
        if not all(1 <= seats <= MAX_TEAM_SIZE for seats in teams):
            raise ValueError(say("spec_teams", most=MAX_TEAM_SIZE, found=quoted(part)))
    seeds = SEED_RANGES[kind]
    sides = re.fullmatch(r"(\d{1,3})x(\d{1,3})", rest[-1]) if rest else None
    size = (int(sides[1]), int(sides[2])) if sides else None
    if size:
        rest.pop()
        if not all(low <= side <= high for low, side, high in zip(MIN_SIZE, size, MAX_SIZE, strict=True)):
            smallest, largest = ("x".join(map(str, sides)) for sides in (MIN_SIZE, MAX_SIZE))
            raise ValueError(say("spec_size", low=smallest, high=largest, found=quoted(part)))
    places = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", rest[0]) if len(rest) == 1 else None
    if rest and places is None:
        families, objectives = ", ".join(FAMILIES), ", ".join(rules.OBJECTIVE_NAMES)
        close = suggestion(rest[0], (*FAMILIES, *rules.OBJECTIVE_NAMES))
        known = {"kind": kind, "families": families, "objectives": objectives}
        raise ValueError(say("spec_parts", **known, found=quoted(part), close=close))
    first, last = 0, DEFAULT_COUNT - 1
    if places:
        first, last = (int(places[1]), int(places[2])) if places[2] else (0, int(places[1]) - 1)
    if not first <= last < len(seeds):
        raise ValueError(say("spec_places", last=len(seeds) - 1, kind=kind, found=quoted(part)))
    return _GeneratedSpec(family, objective, teams, seeds[first : last + 1], size)


def _list_named(part: str, objective: int | None, user_folder: Path | None) -> list[Level]:
    """Return the levels of a spec such as "builtin", "builtin:defend" or "user"."""
    kind, _, name = part.partition(":")
    if name:
        if name not in rules.OBJECTIVE_NAMES:
            known, close = "|".join(rules.OBJECTIVE_NAMES), suggestion(name, rules.OBJECTIVE_NAMES)
            raise ValueError(
                say("spec_objective", kind=kind, objectives=known, found=quoted(part), close=close)
            )
        objective = rules.OBJECTIVE_NAMES.index(name)
    entries = list_levels(user_folder if kind == "user" else None)
    levels = [entry.level for entry in entries if entry.level and entry.builtin == (kind == "builtin")]
    return [level for level in levels if objective is None or level.objective == objective]
