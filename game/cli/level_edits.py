"""The work of `bankshot levels generate --from`: an existing level, edited until it has the requested win rate."""

from dataclasses import replace
from typing import Any, Final, NamedTuple

from game.cli.level_changes import ChangedFile, check_free, check_same_tileset, write_all
from game.cli.level_making import GenerateOptions, MadeFiles, found_facts, found_line, search_with_progress
from game.core.levels import schema
from game.core.levels.model import Level, Title
from game.core.levels.safe_json import read_bounded
from game.core.levels.specs import one_level
from game.core.levels.updater import update_level
from game.core.levels.writer import write_level
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.making.edit_search import EditSearch, pins_forbid_all
from game.match.making.mutations import level_differences
from game.match.testing.messages import say
from game.player.paths import UserFolders
from safefiles.console import echo, write_json
from safefiles.messages import CHINESE, Message
from safefiles.text import shown_path

MOST_TITLE: Final = next(
    int(each.high) for each in schema.LEVEL_FIELDS if each.name == "title_en"
)  # characters

_THINGS: Final = {"start": "start", "pickup": "pick-up", "cell": "energy cell"}


def write_edited(asked: GenerateOptions, target: MadeFiles) -> bool:
    """Search edits, write the levels and print the result; return whether all of them are near enough to the requested win rate.

    Raises ValueError, before any match, if `--from` is not exactly one level or has another objective, and if the results could
    not be written.
    """
    spec, out, force = str(asked.from_level), target.out, target.force
    level = one_level(spec, UserFolders.find().levels)
    if asked.objective not in (None, level.objective_name):
        raise ValueError(
            f"--objective: expected {level.objective_name}, which {shown_path(spec)} plays, found {asked.objective!r}"
        )
    source = source_file(level)
    wished = asked.wish(level.objective_name)
    stem = level.source.stem if level.source is not None else level.name
    marks = [
        EditLabel(round(100 * wished.rate), wished.difficulty, place) for place in range(1, asked.count + 1)
    ]
    names = [f"{stem}-{mark}" for mark in marks]
    check_free(names, level, out, force=force)
    check_same_tileset(names[0], level, changed_data(level, source, level), out)
    rows: list[dict[str, Any]] = []
    for found, seconds in search_with_progress(
        lambda on_match: EditSearch(level, wished, seed=asked.seed, on_match=on_match), asked.count
    ):
        name = names[len(rows)]
        named = replace(found.level, title=edited_title(level, stem, marks[len(rows)]))
        made = ChangedFile(name, level.source, named, changed_data(level, source, named))
        (path,) = write_all([made], out, in_place=False, force=force).paths
        changes = level_differences(level, found.level)
        rows.append({**found_facts(found, wished, path, seconds), "name": name, "changes": changes})
        echo(found_line(found, wished, path))
        for row in changes:
            echo(f"  {edit_line(row)}")
        if not changes:
            why = "the level has the requested win rate already" if found.kept else "no edit comes nearer"
            echo(f"  nothing was changed: {why}")
        if not found.kept and pins_forbid_all(level):
            echo('  its layer "pins" forbids every edit of its map')
    write_json(target.json_file, {"schema": 1, "levels": rows})
    return len(rows) == asked.count and all(row["within"] for row in rows)


class EditLabel(NamedTuple):
    """What the name of an edited level adds to the original's: the requested win rate, and its number among several."""

    percent: int
    difficulty: str
    place: int

    @property
    def parts(self) -> list[str]:
        """The difficulty and the number, if they are not the defaults."""
        difficulty = [self.difficulty] if self.difficulty != DEFAULT_DIFFICULTY else []
        return [*difficulty, *([str(self.place)] if self.place > 1 else [])]

    def __str__(self) -> str:
        return "-".join([str(self.percent), *self.parts])


def edited_title(level: Level, stem: str, mark: EditLabel) -> Title:
    """Return the title of an edited level, which differs from the original's: its file's name, or the label in brackets."""
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


def source_file(level: Level) -> bytes | None:
    """Return the bytes of the file that a level was read from, None without a file. Raises ValueError if the file is gone."""
    data = read_bounded(level.source) if level.source is not None else None
    if isinstance(data, Message):
        raise ValueError(f"{shown_path(str(level.source))}: expected a level file, found {data}")
    return data


def changed_data(level: Level, source: bytes | None, changed: Level) -> bytes:
    """Return a changed level as a file; if it was read from a file, with everything else of that file."""
    if source is None or level.source is None:
        return write_level(changed)
    return update_level(source, changed, level.source.parent)


def edit_line(row: dict[str, Any]) -> str:
    """Return a row of `level_differences` as text."""
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
    """Return the name of an object with its kind; `level_differences` gives an object without a kind its own name."""
    return what if not words or words in _THINGS else f"{what} {words}"


def _parted(text: str) -> tuple[str, str]:
    """Split a text of `level_differences` into the position at its beginning, if there is one, and the rest."""
    place, _, words = text.partition(" ") if text.startswith("(") else ("", "", text)
    return place, words
