"""The work of `bankshot levels generate`: new levels, as hard as they are wished to be."""

import importlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from game.cli.level_changes import check_folder
from game.cli.level_files import write_levels
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.core.levels.specs import one_level
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.grade import MIDDLE, POINTS, phi
from game.match.grading.gradebook import GradeBook
from game.match.grading.measured_scales import scales
from game.match.making.wish import FoundLevel, LevelWish, WishSearch
from game.player.paths import UserFolders
from safefiles.console import echo, write_json
from safefiles.text import shown

__all__ = [
    "DEFAULT_DIFFICULTY",
    "LevelWish",
    "rate_of",
    "size_of",
    "teams_of",
    "without",
    "write_drawn",
    "write_wished",
]


def write_drawn(
    objective: str,
    terrain: tuple[str | None, str | None, str | None],
    first: int,
    count: int,
    out: Path,
    *,
    force: bool,
    json_file: Path | None,
) -> None:
    """Write endless levels as their seeds come; terrain: family, size such as 24x18, teams such as 1v2, None: by seed."""
    family, size, teams = terrain[0], size_of(terrain[1]), teams_of(terrain[2])
    rows = []
    for place in range(first, min(first + count, len(ENDLESS_SEEDS))):
        level = generate(ENDLESS_SEEDS[place], family, objective, size, teams)
        path = _write(level, out, force=force)
        rows.append({"file": shown(path), "name": level.name})
        echo(shown(path))
    write_json(json_file, {"schema": 1, "levels": rows})


def write_wished(
    wish: LevelWish, count: int, out: Path, *, diverse: bool, force: bool, json_file: Path | None
) -> bool:
    """Search, write and tell what is found; return whether all of it is as near to the wish as was wanted.

    diverse: by MAP-Elites, levels that are unlike each other; raises MissingExtra where its package is not installed.
    """
    check_folder(out)
    search = importlib.import_module("game.match.making.diverse").DiverseSearch if diverse else WishSearch
    rows: list[dict[str, Any]] = []
    for found, seconds in played(lambda on_match: search(wish, on_match=on_match), count):
        path = _write(found.level, out, force=force)
        rows.append(facts_of(found, wish, path, seconds))
        echo(line_of(found, wish, path))
    write_json(json_file, {"schema": 1, "levels": rows})
    return len(rows) == count and all(row["within"] for row in rows)


def without(**given: str | None) -> None:
    """Raise ValueError for an option that makes no sense with --from."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"--{name}: expected none with --from, which keeps the level's own, found {value!r:.40}"
            )


def rate_of(grade: float, objective: str | None, spec: str | None) -> float | None:
    """Return how often the panel wins a level of this difficulty on the players' scale; None where no objective is given.

    spec: a level that says the objective. Raises ValueError where it is not one level.
    """
    if spec is not None:
        objective = one_level(spec, UserFolders.find().levels).objective_name
    known = scales().get(objective or "")
    return None if known is None else phi((MIDDLE - grade) / POINTS / known.unlike.steep)


def size_of(text: str | None) -> tuple[int, int] | None:
    """Return width and height of a text such as 24x18. Raises ValueError for any other."""
    return _pair(text, "size", "24x18", r"(\d{1,3})x(\d{1,3})")


def teams_of(text: str | None) -> tuple[int, int] | None:
    """Return the tanks of both sides of a text such as 1v2. Raises ValueError for any other."""
    return _pair(text, "teams", "1v2", r"(\d)v(\d)")


def _pair(text: str | None, name: str, example: str, form: str) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(form, text)
    if found is None:
        raise ValueError(f"--{name}: expected two numbers such as {example}, found {text!r:.40}")
    return int(found[1]), int(found[2])


def played(
    search_of: Callable[[Callable[[], None]], WishSearch], count: int
) -> Iterator[tuple[FoundLevel, float]]:
    """Search with a progress bar; what is found is graded, for lists and suggestions, by the matches that proved it.

    search_of: makes the search, which is told what to call after each match.
    """
    book = GradeBook(UserFolders.find().cache)
    columns = (SpinnerColumn(), TextColumn("{task.completed} matches"), TimeElapsedColumn())
    begun = time.monotonic()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("matches", total=None)
        search = search_of(lambda: progress.advance(task))
        try:
            for found in search.find(count):
                made = replace(found.level, source=None)  # it is not the file that it was made of
                book.keep(made, found.counts, found.seeds)
                yield found, time.monotonic() - begun
                begun = time.monotonic()
        finally:
            book.save()


def _write(level: Level, out: Path, *, force: bool) -> Path:
    path, *_beside = write_levels({level.name: level}, out, force=force)
    return path


def line_of(found: FoundLevel, wish: LevelWish, path: Path) -> str:
    """Return what is said of a level that was found."""
    low, high = found.interval(wish.difficulty)
    matches = found.counts.matches[DIFFICULTY_IDS.index(wish.difficulty)]
    told = f"won {100 * found.rate(wish.difficulty):.0f} % [{100 * low:.0f}, {100 * high:.0f}] of {matches} at {wish.difficulty}"
    return f"{shown(path)}: {told}{'' if found.kept else '; not as near as wished'}"


def facts_of(found: FoundLevel, wish: LevelWish, path: Path, seconds: float) -> dict[str, Any]:
    """Return what is written of a level that was found."""
    low, high = found.interval(wish.difficulty)
    step = DIFFICULTY_IDS.index(wish.difficulty)
    return {
        "file": shown(path),
        "name": found.level.name,
        "place": found.place,
        "wish": wish.rate,
        "for": wish.difficulty,
        "win_rate": round(found.rate(wish.difficulty), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "matches": found.counts.matches[step],
        "within": found.kept,
        "seconds": round(seconds, 1),
    }
