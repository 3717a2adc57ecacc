"""The work of `bankshot levels generate --from`: a level that is there, edited until it is won as often as is wished."""

from dataclasses import replace
from typing import Any, Final, NamedTuple

from game.cli.level_changes import ChangedFile, check_free, check_holds, write_all
from game.cli.level_making import Asked, MadeFiles, facts_of, line_of, played
from game.core.levels import schema
from game.core.levels.model import Level, Title
from game.core.levels.safe_json import read_bounded
from game.core.levels.specs import one_level
from game.core.levels.updater import update_level
from game.core.levels.writer import write_level
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.making.edit_search import EditSearch, pins_forbid_all
from game.match.making.mutations import described
from game.match.testing.messages import say
from game.player.paths import UserFolders
from safefiles.console import echo, write_json
from safefiles.messages import CHINESE, Message
from safefiles.text import shown

MOST_TITLE: Final = next(
    int(each.high) for each in schema.LEVEL_FIELDS if each.name == "title_en"
)  # characters

_THINGS: Final = {"start": "start", "pickup": "pick-up", "cell": "energy cell"}


def write_edited(asked: Asked, target: MadeFiles) -> bool:
    """Edit, write and tell; return whether all of it is as near to the wish as was wanted.

    Raises ValueError, before a match, where `--from` is not one level, or one of another objective, and where the results could
    not be written.
    """
    spec, out, force = str(asked.from_level), target.out, target.force
    level = one_level(spec, UserFolders.find().levels)
    if asked.objective not in (None, level.objective_name):
        raise ValueError(
            f"--objective: expected {level.objective_name}, which {shown(spec)} plays, found {asked.objective!r}"
        )
    source = source_of(level)
    wished = asked.wish(level.objective_name)
    stem = level.source.stem if level.source is not None else level.name
    marks = [Mark(round(100 * wished.rate), wished.difficulty, place) for place in range(1, asked.count + 1)]
    names = [f"{stem}-{mark}" for mark in marks]
    check_free(names, level, out, force=force)
    check_holds(names[0], level, changed_data(level, source, level), out)
    rows: list[dict[str, Any]] = []
    for found, seconds in played(
        lambda on_match: EditSearch(level, wished, seed=asked.seed, on_match=on_match), asked.count
    ):
        name = names[len(rows)]
        named = replace(found.level, title=title_of(level, stem, marks[len(rows)]))
        made = ChangedFile(name, level.source, named, changed_data(level, source, named))
        (path,) = write_all([made], out, in_place=False, force=force).paths
        changes = described(level, found.level)
        rows.append({**facts_of(found, wished, path, seconds), "name": name, "changes": changes})
        echo(line_of(found, wished, path))
        for row in changes:
            echo(f"  {edit_line(row)}")
        if not changes:
            why = "the level is as wished" if found.kept else "no edit was found that comes nearer"
            echo(f"  nothing was changed: {why}")
        if not found.kept and pins_forbid_all(level):
            echo("  its pins forbid every edit of its map")
    write_json(target.json_file, {"schema": 1, "levels": rows})
    return len(rows) == asked.count and all(row["within"] for row in rows)


class Mark(NamedTuple):
    """What tells an edited level from the one that it came from: the wish, and which of several it is."""

    percent: int
    difficulty: str
    place: int

    @property
    def parts(self) -> list[str]:
        """The difficulty and the place, where they are not the usual ones."""
        difficulty = [self.difficulty] if self.difficulty != DEFAULT_DIFFICULTY else []
        return [*difficulty, *([str(self.place)] if self.place > 1 else [])]

    def __str__(self) -> str:
        return "-".join([str(self.percent), *self.parts])


def title_of(level: Level, stem: str, mark: Mark) -> Title:
    """Return the title of an edited level, other than that of the original: its file's name, or the mark in brackets."""
    names = [say(part).text(CHINESE) if part in DIFFICULTY_IDS else part for part in mark.parts]
    told = f" ({', '.join([f'{mark.percent} %', *mark.parts])})"
    told_zh = f"（{'，'.join([f'{mark.percent}%', *names])}）"
    title = level.title
    if title.en == stem:
        told = f"-{mark}"
    english = title.en[: MOST_TITLE - len(told)] + told
    chinese = (
        english if title.zh == title.en else title.zh and title.zh[: MOST_TITLE - len(told_zh)] + told_zh
    )
    return Title(english, chinese)


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
    was, now = row["was"], row["now"]
    if row["x"] is None:
        return f"{row['what']}: {was} → {now}"
    place, what = f"({row['x']},{row['y']})", _THINGS.get(row["what"], row["what"])
    if row["what"] == "tile":
        return f"{place}: {was} → {now}"
    if was == "none":
        return f"{place}: new {_named(what, now)}"
    if now == "none":
        return f"{place}: {_named(what, was)} removed"
    (left, words), (right, new_words) = _parted(was), _parted(now)
    moved = f" moved from {left} to {right}" if left else ""
    changed = f": {words} → {new_words}" if words != new_words else ""
    return f"{right or place}: {_named(what, words if moved and not changed else '')}{moved}{changed}"


def _named(what: str, words: str) -> str:
    """Return a thing with what kind it is; `described` calls one without a kind by its own name."""
    return what if not words or words in _THINGS else f"{what} {words}"


def _parted(text: str) -> tuple[str, str]:
    """Return the place that a text of `described` begins with, where there is one, and the rest."""
    place, _, words = text.partition(" ") if text.startswith("(") else ("", "", text)
    return place, words
