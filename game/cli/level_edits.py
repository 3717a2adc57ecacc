"""The work of `bankshot levels generate --from`: a level that is there, edited until it is won as often as is wished."""

from pathlib import Path
from typing import Any

from game.cli.level_changes import ChangedFile, check_free, write_all
from game.cli.level_making import facts_of, line_of, played
from game.core.levels.model import Level
from game.core.levels.safe_json import read_bounded
from game.core.levels.specs import one_level
from game.core.levels.updater import update_level
from game.core.levels.writer import write_level
from game.match.making.edit_search import EditSearch
from game.match.making.mutations import described
from game.match.making.wish import LevelWish
from game.player.paths import UserFolders
from safefiles.console import echo, write_json
from safefiles.messages import Message
from safefiles.text import shown


def write_edited(
    spec: str,
    objective: str | None,
    wish: tuple[float, str],
    seed: int,
    count: int,
    out: Path,
    *,
    force: bool,
    json_file: Path | None,
) -> bool:
    """Edit, write and tell; return whether all of it is as near to the wish as was wanted.

    wish: a standard player's win rate, and the difficulty. Raises ValueError where `spec` is not one level, or of another
    objective.
    """
    level = one_level(spec, UserFolders.find().levels)
    if objective not in (None, level.objective_name):
        raise ValueError(
            f"--objective: expected {level.objective_name}, which {shown(spec)} plays, found {objective!r}"
        )
    source = source_of(level)
    wished = LevelWish(level.objective_name, *wish)
    stem = level.source.stem if level.source is not None else level.name
    names = [
        f"{stem}-{round(100 * wish[0])}" + (f"-{place}" if place > 1 else "") for place in range(1, count + 1)
    ]
    check_free(names, level, out, force=force)
    rows: list[dict[str, Any]] = []
    for found, seconds in played(
        lambda on_match: EditSearch(level, wished, seed=seed, on_match=on_match), count
    ):
        name = names[len(rows)]
        made = ChangedFile(name, level.source, found.level, changed_data(level, source, found.level))
        (path,) = write_all([made], out, in_place=False, force=force).paths
        changes = described(level, found.level)
        rows.append({**facts_of(found, wished, path, seconds), "name": name, "changes": changes})
        echo(line_of(found, wished, path))
        for row in changes:
            echo(f"  {edit_line(row)}")
        if not changes:
            echo("  nothing was changed: the level is as wished")
    write_json(json_file, {"schema": 1, "levels": rows})
    return len(rows) == count and all(row["within"] for row in rows)


def source_of(level: Level) -> bytes | None:
    """Return the file that a level was read from; None of one that came from no file. Raises ValueError where it has gone."""
    data = read_bounded(level.source) if level.source is not None else None
    if isinstance(data, Message):
        raise ValueError(f"{shown(str(level.source))}: expected a level file, found {data}")
    return data


def changed_data(level: Level, source: bytes | None, changed: Level) -> bytes:
    """Return a changed level as a file: with all else of the file that it came from, where it came from one."""
    if source is None or level.source is None:
        return write_level(changed)
    return update_level(source, changed, level.source.parent)


def edit_line(row: dict[str, Any]) -> str:
    """Return a row of `described` for people."""
    if row["x"] is None:
        return f"{row['what']}: {row['was']} → {row['now']}"
    what = "" if row["what"] == "tile" else f"{row['what']} "
    return f"({row['x']},{row['y']}): {what}{row['was']} → {row['now']}"
