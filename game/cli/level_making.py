"""`bankshot levels generate`: new levels, as hard as they are wished to be."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from game.core import rules
from game.core.levels.families import FAMILIES
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.player.paths import UserFolders
from safefiles.console import FAILED, JsonOption, echo, write_json
from safefiles.text import shown

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.match.making.wish import FoundLevel, LevelWish

MOST_LEVELS = 100


def generate(
    objective: Annotated[str, typer.Option(help=f"{', '.join(rules.OBJECTIVE_NAMES)}.")],
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    win_rate: Annotated[
        float | None,
        typer.Option(min=0.05, max=0.95, help="Share of the matches that a standard player is to win."),
    ] = None,
    grade: Annotated[
        float | None,
        typer.Option(
            min=15.0,
            max=35.0,
            help="The same as a difficulty of the players' scale: 25 is won every other time.",
        ),
    ] = None,
    difficulty: Annotated[
        str, typer.Option("--for", help=f"The opponents: {', '.join(DIFFICULTY_IDS)}.")
    ] = DEFAULT_DIFFICULTY,
    family: Annotated[
        str | None, typer.Option(help=f"The terrain: {', '.join(FAMILIES)}; any by default.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="Width and height in tiles, such as 24x18.")] = None,
    teams: Annotated[str | None, typer.Option(help="Tanks of both sides, such as 1v2.")] = None,
    seed: Annotated[
        int,
        typer.Option(min=0, max=999_999, help="Place among the endless seeds from which levels are drawn."),
    ] = 0,
    count: Annotated[int, typer.Option(min=1, max=MOST_LEVELS, help="How many levels.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace level files that are there.")] = False,
    json_file: JsonOption = None,
) -> None:
    """Write new levels for Tiled; with --win-rate or --grade only such as are won that often, found by playing.

    The panel of nine bots and brains plays candidates until a level's win rate is within 0.1 of the wish, as fresh matches
    show. Exits 1 where none was found that is near enough: the nearest is written all the same.
    """
    if win_rate is not None and grade is not None:
        raise ValueError("--grade: expected one of --win-rate and --grade, found both")
    if grade is not None:
        win_rate = rate_of(grade)
    sides = _pair(size, "size", "24x18", r"(\d{1,3})x(\d{1,3})")
    team_sizes = _pair(teams, "teams", "1v2", r"(\d)v(\d)")
    rows: list[dict[str, Any]] = []
    if win_rate is None:
        for level in _drawn(objective, seed, count, family, sides, team_sizes):
            path = _write(level, out, force=force)
            rows.append({"file": shown(path), "name": level.name})
            echo(shown(path))
    else:
        from game.match.making.wish import LevelWish

        wish = LevelWish(objective, win_rate, difficulty, family, sides, team_sizes, seed)
        for found, seconds in _found(wish, count):
            path = _write(found.level, out, force=force)
            rows.append(_facts(found, wish, path, seconds))
            echo(_line(found, wish, path))
    write_json(json_file, {"schema": 1, "levels": rows})
    if any(not row.get("within", True) for row in rows):
        raise typer.Exit(FAILED)


def rate_of(grade: float) -> float:
    """Return how often a standard player wins a level of this difficulty on the players' scale."""
    from game.match.grading.grade import MIDDLE, POINTS, phi

    return phi((MIDDLE - grade) / POINTS)


def _pair(text: str | None, name: str, example: str, form: str) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(form, text)
    if found is None:
        raise ValueError(f"--{name}: expected two numbers such as {example}, found {text!r:.40}")
    return int(found[1]), int(found[2])


def _drawn(
    objective: str,
    first: int,
    count: int,
    family: str | None,
    size: tuple[int, int] | None,
    team_sizes: tuple[int, int] | None,
) -> "Iterator[Level]":
    from game.core.levels.endless import ENDLESS_SEEDS
    from game.core.levels.generator import generate as draw

    for place in range(first, min(first + count, len(ENDLESS_SEEDS))):
        yield draw(ENDLESS_SEEDS[place], family, objective, size, team_sizes)


def _found(wish: "LevelWish", count: int) -> "Iterator[tuple[FoundLevel, float]]":
    """Search with a progress bar; what is found is graded, for lists and suggestions, by the matches that proved it."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from game.match.grading.gradebook import GradeBook
    from game.match.making.wish import WishSearch

    book = GradeBook(UserFolders.find().cache)
    columns = (SpinnerColumn(), TextColumn("{task.completed} matches"), TimeElapsedColumn())
    begun = time.monotonic()
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("matches", total=None)
        search = WishSearch(wish, on_match=lambda: progress.advance(task))
        try:
            for found in search.find(count):
                book.keep(found.level, found.counts)
                yield found, time.monotonic() - begun
                begun = time.monotonic()
        finally:
            book.save()


def _write(level: "Level", out: Path, *, force: bool) -> Path:
    from game.cli.level_files import write_levels

    path, *_beside = write_levels({level.name: level}, out, force=force)
    return path


def _line(found: "FoundLevel", wish: "LevelWish", path: Path) -> str:
    low, high = found.interval(wish.difficulty)
    matches = found.counts.matches[DIFFICULTY_IDS.index(wish.difficulty)]
    told = f"won {100 * found.rate(wish.difficulty):.0f} % [{100 * low:.0f}, {100 * high:.0f}] of {matches} at {wish.difficulty}"
    return f"{shown(path)}: {told}{'' if found.kept else '; not as near as wished'}"


def _facts(found: "FoundLevel", wish: "LevelWish", path: Path, seconds: float) -> dict[str, Any]:
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
