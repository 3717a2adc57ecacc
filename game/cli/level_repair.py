"""The work of `bankshot levels repair`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from game.cli.change_lines import change_facts, change_line
from game.cli.level_changes import SUFFIX, ChangedFile, check_targets, find_level_files, write_all
from game.core.levels.board import LevelChange
from game.core.levels.problems import ERROR, LevelError, Problem, say
from game.core.levels.repair import REPAIRABLE, repair_level
from game.core.levels.tmj import LevelParts, read_draft
from game.core.levels.updater import update_parts
from game.player.paths import UserFolders
from safefiles.causes import message_of
from safefiles.console import echo, print_error, write_json
from safefiles.messages import CHINESE, Message
from safefiles.text import shown_path

MOST_NAMED: Final = 5  # levels named in the last line


@dataclass(frozen=True)
class _Row:
    """One level: its changes, the changes that pins prevented, and the problems that remain."""

    path: Path
    left: tuple[Problem, ...]
    changes: tuple[LevelChange, ...] = ()
    pinned: tuple[LevelChange, ...] = ()
    parts: LevelParts | None = None  # None if it could not be read
    refused: Message | None = None  # why the file was not written, with its path

    @property
    def sound(self) -> bool:
        """Whether the level can be played now."""
        return self.parts is not None and not _has_errors(self.left)

    def facts(self) -> dict[str, Any]:
        """Return the row as JSON-able data."""
        names = self.parts.names if self.parts is not None else None
        told = [
            [change_facts(self.path, each, names) for each in changes] if names is not None else []
            for changes in (self.changes, self.pinned)
        ]
        return {
            "file": shown_path(self.path),
            "repaired": self.sound and self.refused is None,
            "refused": str(self.refused) if self.refused is not None else None,
            "refused_zh": self.refused.text(CHINESE) if self.refused is not None else None,
            "changes": told[0],
            "pinned": told[1],
            "left": [problem.facts() for problem in self.left],
        }


def repair_levels(
    names: list[str], out: Path | None, *, in_place: bool, force: bool, json_file: Path | None, language: str
) -> bool:
    """Repair, print and write levels; return whether no problem remains in them."""
    paths, left_out = find_level_files(names, UserFolders.find().levels)
    check_targets(paths, out, in_place=in_place)
    made: list[ChangedFile] = []
    rows = [_mended(path, made) for path in paths]
    if out is not None:
        made = _named_apart(made)
    written = write_all(made, out, in_place=in_place, force=force, asked=paths)  # print only the refusal
    for row in rows:
        _tell(row, language)
    for problem in left_out:
        echo(problem.line(language, path=True), err=problem.severity == ERROR)
    refused = dict(written.refused)
    rows = [replace(row, refused=refused.get(row.path, row.refused)) for row in rows]
    sources = {f"{each.name}{SUFFIX}": each.source for each in made}
    for path in written.paths:
        key = "repair_drawn" if path in written.drawn else "repair_written"
        echo(say(key, path=shown_path(path)).text(language))
        source = sources.get(path.name) if out is not None else None
        if source is not None and source.stem != path.stem:
            echo(say("repair_renamed", path=shown_path(path), source=shown_path(source)).text(language))
    if not made and (out is not None or in_place) and all(row.sound for row in rows):
        echo(say("repair_none_written", count=len(rows)).text(language))
    if made and out is None and not in_place:
        echo(say("repair_unwritten", out="--out", in_place="--in-place").text(language))
    facts = {"schema": 1, "levels": [row.facts() for row in rows]}
    facts["left_out"] = [problem.facts() for problem in left_out]
    write_json(json_file, {**facts, "written": [shown_path(path) for path in written.paths]})
    errors = _errors(rows)
    for message in errors:
        print_error(message.text(language))
    return not errors and not _has_errors(left_out)


def _named_apart(made: list[ChangedFile]) -> list[ChangedFile]:
    """Return changed files under names that differ, also when case is ignored: the second file of a name gets `-2`."""
    found: dict[str, ChangedFile] = {}
    for each in made:
        name, number = each.name, 1
        while name.casefold() in found:
            number += 1
            name = f"{each.name}-{number}"
        found[name.casefold()] = each._replace(name=name)
    return list(found.values())


def _mended(path: Path, made: list[ChangedFile]) -> _Row:
    """Repair one level; add the file to write to `made`."""
    try:
        source, parts = read_draft(path, REPAIRABLE)
    except LevelError as error:
        return _Row(path, tuple(each for each in error.problems if each.severity == ERROR))
    found = repair_level(
        *(parts.level, parts.letters, parts.names),
        file=path.name,
        doubted=parts.left_out,
        hidden=parts.hidden,
    )
    causes = dict.fromkeys(why for each in found.left for why in parts.left_out.get(each.code, ()))
    left = tuple(
        Problem(each.code, each.file, each.place, each.args, shown_path(path)) for each in found.left
    )
    left += tuple(causes)  # the errors that explain it
    row = _Row(path, left, found.changes, found.pinned, parts)
    if not found.changes or not row.sound:
        return row
    try:
        data = update_parts(parts, found.level, path.parent)
    except ValueError as error:  # the file cannot hold the repaired level; the other files are written
        why = say("repair_refused", path=shown_path(path), why=message_of(error))
        return _Row(path, left, found.changes, found.pinned, parts, why)
    made.append(ChangedFile(path.stem, path, found.level, data, source))
    return row


def _tell(row: _Row, language: str) -> None:
    names = row.parts.names if row.parts is not None else None
    for change in row.changes if names is not None else ():
        assert names is not None
        echo(change_line(row.path, change, names, language))
    for problem in row.left:
        echo(problem.line(language, path=True), err=problem.severity == ERROR)
    for change in row.pinned if names is not None else ():
        assert names is not None
        echo(change_line(row.path, change, names, language, pinned=True))
    if row.changes and not row.sound:
        echo(say("repair_kept", path=shown_path(row.path)).text(language))
    if not row.changes and not row.left:
        echo(say("repair_nothing", path=shown_path(row.path)).text(language))


def _errors(rows: Sequence[_Row]) -> list[Message]:
    """Return the command's error message, one line for each cause."""
    found = [row.refused for row in rows if row.refused is not None]
    left = [row for row in rows if row.left]
    if len(left) == 1:
        found.append(say("repair_left", path=shown_path(left[0].path), count=len(left[0].left)))
    elif left:
        paths = ", ".join(shown_path(row.path) for row in left[:MOST_NAMED]) + ", …" * (
            len(left) > MOST_NAMED
        )
        found.append(say("repair_some_left", levels=len(left), count=len(rows), paths=paths))
    return found


def _has_errors(problems: Sequence[Problem]) -> bool:
    return any(each.severity == ERROR for each in problems)
