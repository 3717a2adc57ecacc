"""`Hardness`: how hard a level is, as shown in every list of levels: the measured stars, and the author's stars."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from game.match.grading.grade import Grade
from game.match.grading.gradebook import GradeBook

if TYPE_CHECKING:
    from game.core.levels.model import Level

MEASURED: Final = "measured"
UNGRADED: Final = "ungraded"
GRADING: Final = "grading"  # it is being graded now
STALE: Final = "stale"  # edited since its grade
REGRADING: Final = "regrading"  # and it is being graded again now
EDITED: Final = (STALE, REGRADING)
DISAGREES: Final = 1  # difference between measured and author's stars from which both are shown


class Hardness(NamedTuple):
    """How hard a level is: measured stars, or the reason why there are none."""

    grade: Grade | None
    wish: int  # 1 to 5, what the author wrote; 0: a generated level, which has no author
    state: str  # MEASURED, UNGRADED, GRADING, STALE or REGRADING

    @property
    def stars(self) -> int:
        """The measured stars, 1 to 5; 0 if not measured."""
        return 0 if self.grade is None else self.grade.stars

    @property
    def disagrees(self) -> bool:
        """Whether the author's stars differ from the measured ones."""
        return self.grade is not None and self.wish > 0 and abs(self.stars - self.wish) >= DISAGREES

    def words(self) -> str:
        """Return the text that commands print: "2", "2 (author: 4)", "not graded (author: 4)"."""
        if self.grade is None:
            why = "edited since its grade" if self.state in EDITED else "not graded"
            return f"{why} (author: {self.wish})" if self.wish else why
        return f"{self.stars} (author: {self.wish})" if self.disagrees else str(self.stars)


def authors_stars(level: "Level") -> int:
    """Return the stars that a level's author wrote; 0 for a generated level, which has no file."""
    return level.author_difficulty


def hardness_of(level: "Level", book: GradeBook) -> Hardness:
    """Return the hardness of a level according to a grade book."""
    grade = book.find(level)
    if grade is not None:
        return Hardness(grade, authors_stars(level), MEASURED)
    return Hardness(None, authors_stars(level), STALE if book.is_stale(level) else UNGRADED)


def cached_gradebook(folder: Path | None) -> "Callable[[Level], Hardness]":
    """Return a function from level to hardness, with the grades of a cache folder."""
    book = GradeBook(folder)
    return lambda level: hardness_of(level, book)
