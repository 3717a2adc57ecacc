"""The work of `bankshot levels repair`."""

from pathlib import Path
from typing import Any

from game.cli.level_changes import ChangedFile, change_facts, change_line, check_targets, file_of, write_all
from game.core.levels.problems import ERROR, LevelError, Problem
from game.core.levels.repair import MENDABLE, Repair, repair
from game.core.levels.tmj import Parts, read_draft
from game.core.levels.updater import update_parts
from game.player.paths import UserFolders
from safefiles.console import echo, write_json
from safefiles.text import shown


def repair_levels(
    names: list[str], out: Path | None, *, in_place: bool, force: bool, json_file: Path | None, language: str
) -> bool:
    """Mend, tell and write levels; return whether all of them are sound now."""
    made: list[ChangedFile] = []
    rows: list[dict[str, Any]] = []
    refused: list[str] = []
    paths = [file_of(name, UserFolders.find().levels) for name in names]
    check_targets(paths, out, in_place=in_place)
    for path in paths:
        try:
            _source, parts = read_draft(path, MENDABLE)
        except LevelError as error:
            rows.append(_row(path, left=_errors(error.problems)))
            continue
        mended = repair(parts.level, parts.letters, parts.names, file=path.name)
        rows.append(_row(path, mended, parts, language))
        if mended.changes and not _errors(mended.left):
            try:
                made.append(ChangedFile(path.stem, path, mended.level, _updated(path, parts, mended)))
            except ValueError as error:  # the file cannot hold what was mended; the others are written
                refused.append(f"{shown(path)}: {error}")
    for row in rows:
        _tell(row, language)
    for line in refused:
        echo(f"error: {line}", err=True)
    written = write_all(made, out, in_place=in_place, force=force)
    for path in written:
        echo(f"written: {shown(path)}")
    if made and not written:
        echo("nothing was written; --out FOLDER or --in-place does")
    content = [{key: value for key, value in row.items() if key not in ("lines", "left")} for row in rows]
    for row, facts in zip(rows, content, strict=True):
        facts["left"] = [problem.facts() for problem in row["left"]]
    write_json(json_file, {"schema": 1, "levels": content, "written": [shown(path) for path in written]})
    return not refused and not any(_errors(row["left"]) for row in rows)


def _updated(path: Path, parts: Parts, mended: Repair) -> bytes:
    return update_parts(parts, mended.level, path.parent)


def _row(
    path: Path,
    mended: Repair | None = None,
    parts: Parts | None = None,
    language: str = "en",
    left: tuple[Problem, ...] = (),
) -> dict[str, Any]:
    changes = mended.changes if mended is not None else ()
    names = parts.names if parts is not None else None
    return {
        "file": shown(path),
        "repaired": mended is not None and not _errors(mended.left),
        "changes": [change_facts(each, names) for each in changes] if names is not None else [],
        "lines": [change_line(path.name, each, names, language) for each in changes]
        if names is not None
        else [],
        "left": mended.left if mended is not None else left,
    }


def _tell(row: dict[str, Any], language: str) -> None:
    for line in row["lines"]:
        echo(line)
    for problem in row["left"]:
        echo(problem.line(language, path=True), err=problem.severity == ERROR)
    if not row["changes"] and not row["left"]:
        echo(f"{row['file']}: nothing to repair")


def _errors(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(each for each in problems if each.severity == ERROR)
