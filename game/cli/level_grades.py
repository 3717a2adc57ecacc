"""The work of `bankshot levels grade`: how hard levels are, as measured with the panel and as their authors wrote."""

from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from game.cli.level_choice import LevelSelection
from game.core.levels.model import Level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Grade
from game.match.grading.gradebook import GradeBook
from game.match.grading.graders import PANEL
from game.match.grading.panel_matches import panel_counts
from game.match.testing.grade_words import attempts_words
from game.match.testing.messages import say
from game.player.paths import UserFolders
from safefiles.console import echo, make_table, print_table, write_json
from safefiles.messages import ENGLISH, Message
from safefiles.text import clean

HEADINGS: Final = (
    "level", "graded_author", "graded_measured", *DIFFICULTY_IDS, "graded_attempts", "graded_difficulty",
)  # keys of messages  # fmt: skip
WIDTH: Final = 128  # characters of the table


def grade_levels(
    specs: list[str], rounds: int, seed: int, *, again: bool, json_file: Path | None, language: str = ENGLISH
) -> bool:
    """Measure what has no grade yet, keep it, and print a table; `again`: measure all, in addition to what is known.

    Return whether no level was left out.
    """
    folders = UserFolders.find()
    book = GradeBook(folders.cache)
    chosen = LevelSelection(specs)
    levels = chosen.levels
    due = [level for level in levels if again or book.find(level) is None]
    stale = {level.digest for level in due if book.is_stale(level)}
    _measure(due, rounds, seed, book)
    grades = [book.find(level) for level in levels]
    found = [(level, one) for level, one in zip(levels, grades, strict=True) if one is not None]
    facts = [_facts(level, one, level.digest in stale) for level, one in found]
    write_json(json_file, {"schema": 1, "levels": facts, "left_out": chosen.facts()})
    rows = [_row(level, one, language) for level, one in found]
    headings = [say(key).text(language) for key in HEADINGS]
    print_table(make_table(headings, rows, right=True), width=WIDTH)
    for level in levels:
        if level.digest in stale:
            echo(say("graded_again", name=clean(level.name, 40)).text(language))
    echo(say("graded_note").text(language))
    return chosen.whole


def _measure(levels: list[Level], rounds: int, seed: int, book: GradeBook) -> None:
    """Play level by level, so that finished grades are kept if the command is interrupted."""
    if not levels:
        return
    matches = rounds * len(PANEL) * len(DIFFICULTY_IDS)
    console = Console(stderr=True)
    columns = (TextColumn("{task.completed} of {task.total} matches"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("matches", total=matches * len(levels))
        try:
            for level in levels:
                fresh = book.fresh_seed(level, seed)  # new seeds: no match is counted twice
                counts = panel_counts([level], rounds, fresh, on_end=lambda: progress.advance(task))[0]
                book.keep(level, counts, (fresh,))
        finally:
            book.save()


def _row(level: Level, one: Grade, language: str) -> tuple[str, ...]:
    return (
        clean(level.name, 40),
        "*" * level.author_difficulty,
        "*" * one.stars,
        *(say("percent", rate=f"{100 * one.rate(name):.0f}").text(language) for name in DIFFICULTY_IDS),
        attempts_text(one).text(language),
        f"{one.difficulty:.1f} +- {one.uncertainty:.1f}",
    )


def attempts_text(one: Grade) -> Message:
    """Return how many attempts the median player of the panel's mean strength needs at the default difficulty, in words."""
    median, least, most = one.attempts()
    least_told, most_told = attempts_words(least, 1), attempts_words(most, 0)
    return say("some_attempts", median=attempts_words(median, 1), least=least_told, most=most_told)


def _facts(level: Level, one: Grade, stale: bool) -> dict[str, Any]:
    return {
        "name": level.name,
        "digest": level.digest,
        "objective": level.objective_name,
        "author_difficulty": level.author_difficulty,
        **grade_facts(one),
        "edited_since_its_grade": stale,
    }


def grade_facts(one: Grade) -> dict[str, Any]:
    """Return a grade as JSON-able data."""
    median, low, high = one.attempts()
    return {
        "stars": one.stars,
        "difficulty": round(one.difficulty, 2),
        "uncertainty": round(one.uncertainty, 2),
        "attempts": {"median": round(median, 2), "low": round(low, 2), "high": round(high, 2)},
        "win_rates": {
            name: {
                "rate": round(one.rate(name), 4),
                "low": round(one.interval(name)[0], 4),
                "high": round(one.interval(name)[1], 4),
                "won": one.counts.won[step],
                "matches": one.counts.matches[step],
            }
            for step, name in enumerate(DIFFICULTY_IDS)
        },
        "graders": one.graders,
    }
