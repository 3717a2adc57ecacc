"""How hard a level is, as texts for all screens and as bars."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.theme import Colour, mix
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.player.hardness import GRADING, REGRADING, STALE, Hardness
from recommender.reasons import percent

if TYPE_CHECKING:
    from game.app.strings import Strings
    from game.app.ui.kit import Kit
    from game.match.grading.grade import Grade

MANY_TRIES: Final = 20  # above this mean the text only says "more than"
BARS: Final = 5


def hardness_rows(strings: "Strings", found: Hardness, difficulty: str) -> list[tuple[str, str]]:
    """Return (text, value) rows of the measurements at the player's own difficulty; none if nothing was measured."""
    grade = found.grade
    if grade is None:
        return []
    against, rate = _rate(strings, grade, difficulty)
    place = strings("grade.place_value", place=f"{grade.difficulty:.1f}", doubt=f"{grade.uncertainty:.1f}")
    return [
        (strings("grade.won_at", difficulty=strings(f"difficulty.{against}")), rate),
        (strings("grade.tries"), tries_text(strings, grade.attempts(against)[0])),
        (strings("grade.place"), place),
    ]


def hardness_sentence(strings: "Strings", found: Hardness, difficulty: str) -> str:
    """Return the measurements at a difficulty and their basis as running text."""
    grade = found.grade
    if grade is None:
        return basis_text(strings, found)
    against, rate = _rate(strings, grade, difficulty)
    often = strings("grade.said_rate", difficulty=strings(f"difficulty.{against}"), rate=rate)
    long = strings("grade.said_tries", tries=tries_text(strings, grade.attempts(against)[0]))
    return _together(strings, [often, long, basis_text(strings, found)])


def _rate(strings: "Strings", grade: "Grade", difficulty: str) -> tuple[str, str]:
    """Return the difficulty whose rate is shown, and how often a standard player wins at it."""
    against = difficulty if difficulty in DIFFICULTY_IDS else DEFAULT_DIFFICULTY
    low, high = (round(100 * end) for end in grade.interval(against))
    rate = percent(grade.rate(against), strings.language)
    if low != high:  # if equal, nearly all matches are won, or lost, and the rate says so
        rate = strings("grade.rate", rate=rate, low=low, high=high)
    return against, rate


def tries_text(strings: "Strings", mean: float) -> str:
    """Return roughly how many tries a win takes."""
    if mean > MANY_TRIES:
        return strings("grade.tries_more", count=MANY_TRIES)
    return strings("grade.tries_one" if round(mean) == 1 else "grade.tries_many", count=round(mean))


def basis_text(strings: "Strings", found: Hardness) -> str:
    """Return the basis of the stars, and the author's wish if it differs."""
    wish = [strings("grade.wish", stars=found.wish)] if found.wish else []
    if found.grade is None:
        key = {GRADING: "grading", STALE: "stale", REGRADING: "regrading"}.get(found.state, "ungraded")
        return _together(strings, [strings(f"grade.{key}"), *wish])
    people = found.grade.people
    key = "grade.bots" if not people else "grade.people_one" if people == 1 else "grade.people_many"
    return _together(strings, [strings(key, count=people), *(wish if found.disagrees else [])])


def _together(strings: "Strings", sentences: list[str]) -> str:
    return ("" if strings.language == "zh" else " ").join(sentences)


def draw_hardness(
    target: pygame.Surface, kit: "Kit", right: tuple[int, int], found: Hardness, colour: Colour
) -> pygame.Rect:
    """Draw 1 to 5 slanted bars that end at `right` (the middle of their right side), and return their box.

    Filled bars are the measured stars. Without a measurement the author's wish, if any, is drawn as outlines.
    """
    width, height, step = kit.px(5), kit.px(11), kit.px(8)
    measured = found.grade is not None
    count = found.stars if measured else found.wish
    empty = mix(theme.PANEL, theme.FAINT, 0.6)
    for n in range(BARS):
        x, y = right[0] - (BARS - n) * step, right[1] - height // 2
        points = [(x + width // 2, y), (x + width + width // 2, y), (x + width, y + height), (x, y + height)]
        if measured or n >= count:
            pygame.draw.polygon(target, colour if n < count else empty, points)
        else:
            pygame.draw.polygon(target, empty, points)
            pygame.draw.polygon(target, colour, points, 1)
    return pygame.Rect(right[0] - BARS * step, right[1] - height // 2, BARS * step, height)
