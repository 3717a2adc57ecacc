"""The work of `bankshot levels fairer`."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from game.cli.level_changes import ChangedFile, check_free, check_holds, check_targets, write_all
from game.cli.level_edits import changed_data, edit_line, source_of
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
from game.match.making.mutations import described
from game.match.testing.figures import Share
from game.player.paths import UserFolders
from safefiles.console import complain, echo, write_json
from safefiles.text import shown


def make_fairer(
    spec: str, matches: int, seed: int, out: Path | None, *, force: bool, json_file: Path | None
) -> bool:
    """Search, tell and write; return whether the level is fair as far as the matches tell, or a fairer one was found.

    Raises ValueError, before a match, where `spec` is not one level, or one whose sides have not the same part, and where the
    result could not be written.
    """
    level = one_level(spec, UserFolders.find().levels)
    check_targets([], out, in_place=False)
    source = source_of(level)
    stem = level.source.stem if level.source is not None else level.name
    check_free([f"{stem}-fairer"], level, out, force=force)
    if out is not None:
        check_holds(f"{stem}-fairer", level, changed_data(level, source, level), out)
    search = FairSearch(level, matches, seed)
    if search.matches != matches:
        echo(
            f"--matches: {search.matches} are played, for {matches} are no whole rounds of {ROUND}, "
            "in which each pair of players plays both sides"
        )
    columns = (SpinnerColumn(), TextColumn("{task.completed} matches"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("matches", total=None)
        search.on_match = lambda: progress.advance(task)
        found = search.run()
    changes = described(level, found.level)
    _tell(level, found, changes)
    written: list[Path] = []
    if found.after is not None:
        data = changed_data(level, source, found.level)
        made = ChangedFile(f"{stem}-fairer", level.source, found.level, data)
        written = list(write_all([made], out, in_place=False, force=force).paths)
        echo(f"written: {shown(written[0])}" if written else "nothing was written; --out FOLDER does")
    facts = {
        "name": level.name,
        "file": shown(written[0]) if written else None,
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
        echo("both sides have the same ground: what is left are players' habits, and nothing was searched")
    elif found.state == UNDECIDED:
        complain(
            f"{level.name}: expected at least {LEAST_DECIDED} decided matches, found {found.before.of}: "
            "whether it is fair cannot be told"
        )
    elif found.state == FAIR:
        echo("fair as far as these matches tell, nothing was searched")
    elif found.state == PINNED:
        complain(f"{level.name}: unfair, and its pins forbid every edit")
    elif found.after is None:
        complain(f"{level.name}: no edit was found that is surely fairer, in {found.matches} matches")
    else:
        for row in changes:
            echo(f"  {edit_line(row)}")
        echo(f"with it {_words(found.after)}, on seeds that the search did not use")


def _words(share: Share) -> str:
    low, high = share.interval
    return f"{100 * share.rate:.0f} % [{100 * low:.0f}, {100 * high:.0f}] of {share.of}"
