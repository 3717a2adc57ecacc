"""The difficulties' steps on the rating scale according to the grades, for all levels and for each; the recommender uses them."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

from scipy.special import ndtri

from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.grade import MIDDLE, POINTS, Grade
from game.match.grading.gradebook import GradeBook, shipped_book
from game.match.grading.measured_scales import scales
from recommender.advisor.skill import CERTAIN, SkillSettings

if TYPE_CHECKING:
    from game.core.levels.catalogue import LevelEntry

# Spreads in points: of a graded level for one kind of players (the mean of `PlayerSpread.kind` over objectives), and of a
# difficulty's mean step. On the 1,670 matches of the simulated community, each predicted before it was learnt, the log loss is
# .536 and the slope .82 with these and with each level's own steps; with the mean of `PlayerSpread.other`, 3.6, which also
# counts the panel's own error, .538 and .79.
SKILL: Final = SkillSettings(tested=3.1, against=1.0)
_MIDDLE: Final = DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)


@cache
def measured_steps() -> tuple[float, ...]:
    """Return each difficulty's position on the players' scale, the default at 0, from the graded levels of all objectives."""
    known = scales().values()
    means = [
        sum(scale.unlike.steep * scale.mean[step] for scale in known) / len(known)
        for step in range(len(DIFFICULTY_IDS))
    ]
    return tuple(round(POINTS * (means[_MIDDLE] - mean), 2) for mean in means)


def steps_of(grade: Grade) -> tuple[float, ...]:
    """Return the same for one level, because difficulty changes the opponents that a level names more or less than others.

    The recommender takes no finish rate for certain. Of a level that all but everybody wins at the default difficulty, or nobody,
    steps begin where it is taken to stand: else a level that nobody wins anywhere would seem easy at the lowest difficulty.
    """
    low, high = (float(ndtri(rate)) for rate in CERTAIN)
    x = [grade.own_x(MIDDLE, name)[0] for name in DIFFICULTY_IDS]
    if not low <= x[_MIDDLE] <= high:
        x = [min(max(each, low), high) for each in x]
    return tuple(round(POINTS * (x[_MIDDLE] - each), 2) for each in x)


def steps_of_entries(
    entries: "Iterable[LevelEntry]", grades: GradeBook | None = None
) -> dict[str, tuple[float, ...]]:
    """Return those of all levels of a list that are graded. grades: where they stand, None: those that ship."""
    book = grades or shipped_book()
    found = ((entry.name, book.find(entry.level)) for entry in entries if entry.level is not None)
    return {name: steps_of(grade) for name, grade in found if grade is not None}
