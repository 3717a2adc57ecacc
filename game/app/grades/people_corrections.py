"""Corrections of grades by people's attempts: the window's records in the form that `game.match.grading.people` takes."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from game.match.grading.gradebook import GradeBook, drawn_digest
from game.player.profile import MatchRecord

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.match.grading.grade import Grade
    from game.match.grading.people import Correction

PAUSE: Final = 0.0005  # seconds of pause before a level is drawn, so that a frame gets its turn


def load_corrections(
    records: Sequence[MatchRecord],
    levels: "Mapping[str, Level]",
    book: GradeBook,
    endless: "Mapping[str, Grade]",
) -> "Mapping[str, Correction]":
    """Return the corrections of levels by people's attempts, by digest. Call it in a thread.

    levels: by digest. endless: grades by name; only records of the name's current content count.
    """
    from game.match.grading.people import PersonAttempt, corrections

    grades: dict[str, Grade] = {}
    for digest, name in {record.level_hash: record.level for record in records}.items():
        level = levels.get(digest)
        grade = book.find(level) if level is not None else endless.get(name)
        if grade is not None and level is None:
            time.sleep(PAUSE)
            grade = grade if drawn_digest(name) == digest else None
        if grade is not None:
            grades[digest] = grade
    if not grades:
        return {}
    trials = [
        PersonAttempt(
            record.player,
            record.level_hash,
            record.difficulty,
            record.outcome,
            float(record.ticks),
            restarted=after is not None and after.level == record.level and after.retries > record.retries,
        )
        for record, after in zip(records, [*records[1:], None], strict=True)
    ]
    return corrections(trials, grades)
