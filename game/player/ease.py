"""How easy a level is for a new player: from the panel's win rate and the author's stars."""

from typing import TYPE_CHECKING, Final

from game.match.grading.gradebook import GradeBook
from game.player.settings import NEWCOMER_DIFFICULTY
from recommender.records.kinds import Item

if TYPE_CHECKING:
    from game.core.levels.model import Level

EASIEST: Final = 1  # of an author's stars …
HARDEST: Final = 5


def ease(rate: float | None, stars: float | None) -> float | None:
    """Return the mean of the win rate and the author's stars, 0 (hard) to 1 (easy); None if neither is known.

    The win rate alone misleads for newcomers: six tanks that shoot at the same time confuse them, but not the panel.
    """
    said = None if stars is None else (HARDEST - min(max(stars, EASIEST), HARDEST)) / (HARDEST - EASIEST)
    known = [value for value in (rate, said) if value is not None]
    return sum(known) / len(known) if known else None


def level_ease(level: "Level", grades: GradeBook) -> float | None:
    """Return the ease of a level against the opponents that newcomers meet."""
    grade = grades.find(level)
    return ease(None if grade is None else grade.rate(NEWCOMER_DIFFICULTY), level.difficulty or None)


def ease_of_item(item: Item) -> float | None:
    """Return the ease of a level as the recommender knows it, against the usual opponents."""
    return ease(item.finish_rate, item.numbers.get("author_difficulty"))
