"""How the commands report a change of a level file: as a line of text in a language, and as JSON-able data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from game.core.levels.board import CELL, PICKUP, START, TILE, LevelChange
from game.core.levels.checks import ArenaNames
from game.core.levels.problems import Location, say
from safefiles.messages import CHINESE, ENGLISH, Message, in_language
from safefiles.text import shown_path

_WORDS: Final = {START: "a_spawn", PICKUP: "pickup", CELL: "energy_cell"}


def change_line(
    path: Path, change: LevelChange, names: ArenaNames, language: str = ENGLISH, *, pinned: bool = False
) -> str:
    """Return one line of text: file and line, layer, object and cell, old and new value, and the reason.

    pinned: the change was not made, because the cell is pinned.
    """
    at = change_place(change, names)
    file = f"{shown_path(path)}:{at.line}" if at.line else shown_path(path)
    place = f"{file} › {in_language(at.text, language)}"
    change_said = change_text(change, names)
    said = (say("change_pinned", change=change_said) if pinned else change_said).text(language)
    why = " ".join(part for part in (change.code, in_language(change.why, language)) if part)
    if language == CHINESE:
        return f"{place}：{said}（{why}）" if why else f"{place}：{said}"
    return f"{place}: {said} ({why})" if why else f"{place}: {said}"


def change_facts(path: Path, change: LevelChange, names: ArenaNames) -> dict[str, Any]:
    """Return a change as JSON-able data: cells as counted in the file, unknown values as None."""
    at, (x, y) = change_place(change, names), names.shown(change.place)
    was: str | None = None if change.added else change.was
    now = change.now
    if change.before is not None:
        old = names.shown(change.before)
        was, now = f"({old[0]},{old[1]})", f"({x},{y})"
    return {
        "what": change.what,
        "path": shown_path(path),
        "line": at.line or None,
        "layer": at.layer,
        "object": at.object,
        "object_name": at.name or None,
        "x": x,
        "y": y,
        "was": was,
        "now": f"{now} {change.letter}" if change.letter else now,
        "code": change.code or None,
        "message": str(change_text(change, names)),
        "message_zh": change_text(change, names).text(CHINESE),
        "why": str(change.why),
        "why_zh": in_language(change.why, CHINESE),
    }


def change_place(change: LevelChange, names: ArenaNames) -> Location:
    """Return the position of a change: layer and cell of a tile, the object, or the cell of a new object."""
    if change.what == TILE:
        return names.tile(change.place)
    finders: dict[str, Callable[..., Location]] = {
        START: names.start,
        PICKUP: names.pickup,
        CELL: names.cell,
    }
    if change.number is not None and not change.added:
        return finders[change.what](change.number, change.before or change.place)
    x, y = names.shown(change.place)
    layer = names.added
    return Location(
        say("new_object", layer=layer.text, x=x, y=y), layer.layer or str(layer), x=x, y=y, line=layer.line
    )


def change_text(change: LevelChange, names: ArenaNames) -> Message:
    """Return the old and new value, without position and reason."""
    if change.what == TILE:
        now = say("portal_letter", letter=change.letter) if change.letter else say(f"tile_{change.now}")
        return say("change_tile", was=say(f"tile_{change.was}"), now=now)
    if change.added:
        return (
            say("change_start", team=change.now.split()[-1]) if change.what == START else say("change_cell")
        )
    if change.before is not None:
        (from_x, from_y), (x, y) = names.shown(change.before), names.shown(change.place)
        what = say(_WORDS[change.what])
        return say("change_moved", what=what, from_x=from_x, from_y=from_y, x=x, y=y)
    return say("change_team", was=change.was.split()[-1], now=change.now.split()[-1])
