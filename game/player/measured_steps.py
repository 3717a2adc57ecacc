"""What the grades say of difficulties, as the recommender's skill takes it: their steps, of all levels and of each."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.grade import POINTS, Grade
from game.match.grading.gradebook import GradeBook, shipped_book
from game.match.grading.measured_scales import scales
from recommender.advisor.skill import SkillSettings

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry

# Spreads in points: of a graded level for one kind of players (2.1 to 3.8 by objective, `Unlike.kind`), and of a difficulty's
# mean step. On the 1,670 matches of the start-up community, each predicted before it was learnt, the log loss is .534 and the
# slope .86 with these and with each level's own steps.
SKILL: Final = SkillSettings(tested=2.5, against=1.0)
_MIDDLE: Final = DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)


@cache
def measured_steps() -> tuple[float, ...]:
    """Return where each difficulty stands on the players' scale, the default one at 0: by the graded levels of all objectives."""
    known = scales().values()
    means = [
        sum(scale.unlike.steep * scale.mean[step] for scale in known) / len(known)
        for step in range(len(DIFFICULTY_IDS))
    ]
    return tuple(round(POINTS * (means[_MIDDLE] - mean), 2) for mean in means)


def steps_of(grade: Grade) -> tuple[float, ...]:
    """Return the same for one level: opponents that a level names feel the difficulty more or less than others."""
    steep = grade.unlike.steep
    return tuple(round(POINTS * steep * (grade.mode[_MIDDLE] - x), 2) for x in grade.mode)


def steps_of_entries(
    entries: "Iterable[LevelEntry]", grades: GradeBook | None = None
) -> dict[str, tuple[float, ...]]:
    """Return those of all levels of a list that are graded. grades: where they stand, None: those that ship."""
    book = grades or shipped_book()
    found = ((entry.name, book.find(entry.level)) for entry in entries if entry.level is not None)
    return {name: steps_of(grade) for name, grade in found if grade is not None}
