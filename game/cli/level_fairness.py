"""The work of `bankshot levels fairer`."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from game.cli.level_changes import ChangedFile, check_free, check_same_tileset, check_targets, write_all
from game.cli.level_edits import changed_data, edit_line, source_file
from game.core.levels.model import Level
from game.core.levels.specs import one_level
from game.match.making.fairer import (
    FAIR,
    LEAST_DECIDED,
    MIRRORED,
    PINNED,
    ROUND,
    UNDECIDED,
    FairerLevel,
    FairSearch,
)
from game.match.making.mutations import level_differences
from game.match.testing.figures import Proportion
from game.player.paths import UserFolders
from safefiles.console import echo, print_error, write_json
from safefiles.text import shown_path


def make_fairer(
    spec: str, matches: int, seed: int, out: Path | None, *, force: bool, json_file: Path | None
) -> bool:
    """Search, print and write; return whether the matches show the level to be fair, or a fairer one was found.

    Raises ValueError, before any match, if `spec` is not exactly one level, if its sides have different tasks, and if the result
    could not be written.
    """
    level = one_level(spec, UserFolders.find().levels)
    check_targets([], out, in_place=False)
    source = source_file(level)
    stem = level.source.stem if level.source is not None else level.name
    check_free([f"{stem}-fairer"], level, out, force=force)
    if out is not None:
        check_same_tileset(f"{stem}-fairer", level, changed_data(level, source, level), out)
    search = FairSearch(level, matches, seed)
    if search.matches != matches:
        echo(
            f"--matches: {search.matches} are played instead of {matches}: a multiple of {ROUND}, "
            "so that each pair of players plays both sides"
        )
    columns = (SpinnerColumn(), TextColumn("{task.completed} matches"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("matches", total=None)
        search.on_match = lambda: progress.advance(task)
        found = search.run()
    changes = level_differences(level, found.level)
    _tell(level, found, changes)
    written: list[Path] = []
    if found.after is not None:
        data = changed_data(level, source, found.level)
        made = ChangedFile(f"{stem}-fairer", level.source, found.level, data)
        written = list(write_all([made], out, in_place=False, force=force).paths)
        echo(f"written: {shown_path(written[0])}" if written else "nothing was written; --out FOLDER does")
    facts = {
        "name": level.name,
        "file": shown_path(written[0]) if written else None,
        "before": found.before.to_dict(),
        "after": found.after.to_dict() if found.after is not None else None,
        "state": found.state,
        "matches": found.matches,
        "changes": changes,
    }
    write_json(json_file, {"schema": 1, "levels": [facts]})
    return found.after is not None or found.state in (FAIR, MIRRORED)


def _tell(level: Level, found: FairerLevel, changes: list[dict[str, Any]]) -> None:
    echo(f"{level.name}: of the matches of equal players {_words(found.before)} are won from team 0's ground")
    if found.state == MIRRORED:
        echo(
            "both sides have identical ground: only habits of the players can favour one, so there is nothing to search"
        )
    elif found.state == UNDECIDED:
        print_error(
            f"{level.name}: expected at least {LEAST_DECIDED} decided matches, found {found.before.of}: "
            "too few to say whether it is fair"
        )
    elif found.state == FAIR:
        echo("fair according to these matches, so there is nothing to search")
    elif found.state == PINNED:
        print_error(f"{level.name}: unfair, but its layer 'pins' forbids every edit")
    elif found.after is None:
        print_error(f"{level.name}: found no edit that is certainly fairer, in {found.matches} matches")
    else:
        for row in changes:
            echo(f"  {edit_line(row)}")
        echo(f"after the edit: {_words(found.after)}, on seeds that the search did not use")


def _words(share: Proportion) -> str:
    low, high = share.interval
    return f"{100 * share.rate:.0f} % [{100 * low:.0f}, {100 * high:.0f}] of {share.of}"
