"""How the commands tell what they have changed in a level file: a line for people, in their language, and facts for programs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from game.core.levels.board import CELL, PICKUP, START, TILE, LevelChange
from game.core.levels.checks import ArenaNames
from game.core.levels.problems import Location, say
from safefiles.messages import CHINESE, ENGLISH, Message, in_language
from safefiles.text import shown

_WORDS: Final = {START: "a_spawn", PICKUP: "pickup", CELL: "energy_cell"}


def change_line(
    path: Path, change: LevelChange, names: ArenaNames, language: str = ENGLISH, *, pinned: bool = False
) -> str:
    """Return one line for people: file and line, layer, object and cell, what was, what is, and why.

    pinned: it would have been done, but the cell is pinned.
    """
    at = place_of(change, names)
    file = f"{shown(path)}:{at.line}" if at.line else shown(path)
    place = f"{file} › {in_language(at.text, language)}"
    change_said = said_of(change, names)
    said = (say("change_pinned", change=change_said) if pinned else change_said).text(language)
    why = " ".join(part for part in (change.code, in_language(change.why, language)) if part)
    if language == CHINESE:
        return f"{place}：{said}（{why}）" if why else f"{place}：{said}"
    return f"{place}: {said} ({why})" if why else f"{place}: {said}"


def change_facts(path: Path, change: LevelChange, names: ArenaNames) -> dict[str, Any]:
    """Return a change for a program: cells as the file counts them, what is not known is None."""
    at, (x, y) = place_of(change, names), names.shown(change.place)
    was: str | None = None if change.added else change.was
    now = change.now
    if change.before is not None:
        old = names.shown(change.before)
        was, now = f"({old[0]},{old[1]})", f"({x},{y})"
    return {
        "what": change.what,
        "path": shown(path),
        "line": at.line or None,
        "layer": at.layer,
        "object": at.object,
        "object_name": at.name or None,
        "x": x,
        "y": y,
        "was": was,
        "now": f"{now} {change.letter}" if change.letter else now,
        "code": change.code or None,
        "message": str(said_of(change, names)),
        "message_zh": said_of(change, names).text(CHINESE),
        "why": str(change.why),
        "why_zh": in_language(change.why, CHINESE),
    }


def place_of(change: LevelChange, names: ArenaNames) -> Location:
    """Return where a change is: the layer and cell of a tile, the object of a thing, the cell of a new one."""
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


def said_of(change: LevelChange, names: ArenaNames) -> Message:
    """Return what was and what is, without where and why."""
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
