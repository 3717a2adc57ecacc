"""`Hardness`: how hard a level is, as it is said wherever levels are shown: the measured stars, the author's wish beside them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from game.match.grading.grade import Grade
from game.match.grading.gradebook import GradeBook

if TYPE_CHECKING:
    from game.core.levels.model import Level

MEASURED: Final = "measured"
UNGRADED: Final = "ungraded"
GRADING: Final = "grading"  # it is being played just now
STALE: Final = "stale"  # edited since its grade
REGRADING: Final = "regrading"  # and it is being played anew just now
EDITED: Final = (STALE, REGRADING)
DISAGREES: Final = 1  # stars between the measured ones and the author's, from which both are told


class Hardness(NamedTuple):
    """How hard a level is: measured, or why there is no measure of it."""

    grade: Grade | None
    wish: int  # 1 to 5, what the author wrote; 0: a generated level, which has no author
    state: str  # MEASURED, UNGRADED, GRADING, STALE or REGRADING

    @property
    def stars(self) -> int:
        """The measured stars, 1 to 5; 0 where nothing is measured."""
        return 0 if self.grade is None else self.grade.stars

    @property
    def disagrees(self) -> bool:
        """Whether the author says otherwise than what was measured."""
        return self.grade is not None and self.wish > 0 and abs(self.stars - self.wish) >= DISAGREES

    def words(self) -> str:
        """Return it as commands print it: "2", "2 (author: 4)", "not graded (author: 4)"."""
        if self.grade is None:
            why = "edited since its grade" if self.state in EDITED else "not graded"
            return f"{why} (author: {self.wish})" if self.wish else why
        return f"{self.stars} (author: {self.wish})" if self.disagrees else str(self.stars)


def authors_stars(level: "Level") -> int:
    """Return the stars that a level's author wrote; 0 for one that was generated and is no file."""
    return level.author_difficulty


def hardness_of(level: "Level", book: GradeBook) -> Hardness:
    """Return what a book knows of a level."""
    grade = book.find(level)
    if grade is not None:
        return Hardness(grade, authors_stars(level), MEASURED)
    return Hardness(None, authors_stars(level), STALE if book.is_stale(level) else UNGRADED)


def cached_gradebook(folder: Path | None) -> "Callable[[Level], Hardness]":
    """Return what tells how hard levels are, with the grades that a cache folder holds."""
    book = GradeBook(folder)
    return lambda level: hardness_of(level, book)
