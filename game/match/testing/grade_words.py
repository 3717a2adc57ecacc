"""What a level's test says of its grade, beside what its author wishes."""

from typing import Final

from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.grading.grade import Grade
from game.match.testing.measuring import LevelMatches
from game.match.testing.messages import say
from safefiles.messages import Message

MANY: Final = 50  # attempts, from which their number is only told as more than that


def grade_sentence(played: LevelMatches, grade: Grade) -> Message:
    """Return the grade in one sentence: stars, the author's stars, the chance of a standard player and the attempts needed."""
    low, high = grade.interval()
    wish = played.level.author_difficulty
    return say(
        "grade" if wish else "grade_alone",
        stars=grade.stars,
        wish=wish,
        difficulty=say(DEFAULT_DIFFICULTY),
        rate=round(100 * grade.rate()),
        low=round(100 * low),
        high=round(100 * high),
        attempts=median_attempts(grade),
    )


def median_attempts(grade: Grade) -> Message:
    """Return how many attempts the median player of the panel's mean strength needs at the default difficulty."""
    median, least, most = grade.attempts()
    if median >= MANY:
        return say("attempts_many", many=MANY)
    key = "attempts" if most < MANY else "attempts_open"
    return say(key, median=f"{median:.1f}", least=f"{least:.1f}", most=round(most), many=MANY)


def attempts_words(attempts: float, digits: int) -> str:
    """Return a number of attempts as text."""
    return f"{attempts:.{digits}f}" if attempts < MANY else f"> {MANY}"
