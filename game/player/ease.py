"""How easy a level is to somebody new: what its play-test found, and what its author says of it."""

from typing import Final

from game.match.play_test import finish_rate
from recommender.records.kinds import Item

EASIEST: Final = 1  # of an author's stars …
HARDEST: Final = 5


def ease(rate: float | None, stars: float | None) -> float | None:
    """Return the mean of the finish rate and of the author's word, 0 (hard) to 1 (easy); None where neither is known.

    A play-test alone misleads at first: its bots are not lost where six tanks shoot at once, as a newcomer is.
    """
    said = None if stars is None else (HARDEST - min(max(stars, EASIEST), HARDEST)) / (HARDEST - EASIEST)
    known = [value for value in (rate, said) if value is not None]
    return sum(known) / len(known) if known else None


def ease_of(digest: str, stars: float | None) -> float | None:
    """Return the ease of a level by its digest and its author's stars."""
    return ease(finish_rate(digest), stars)


def ease_of_item(item: Item) -> float | None:
    """Return the ease of a level as the recommender knows it."""
    return ease(item.finish_rate, item.numbers.get("author_difficulty"))
