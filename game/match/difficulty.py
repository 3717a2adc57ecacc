"""The difficulties, from the easiest to the hardest, and the bot that plays if no brain is chosen.

`game.match.strengths` has how strong a brain or bot plays at each. The window's catalogue has the displayed texts, by id.
"""

import difflib
from typing import Final, NamedTuple


class Difficulty(NamedTuple):
    """One row of the table."""

    id: str
    bot: str  # the bot that plays if no brain is chosen


DIFFICULTIES: Final = (
    Difficulty("rookie", "wanderer"),
    Difficulty("regular", "chaser"),
    Difficulty("veteran", "marksman"),
    Difficulty("ace", "marksman"),
)
DEFAULT_DIFFICULTY: Final = "regular"
DIFFICULTY_IDS: Final = tuple(row.id for row in DIFFICULTIES)


def find_difficulty(name: str) -> Difficulty:
    """Return the difficulty with this id; raises ValueError that lists the ids."""
    for row in DIFFICULTIES:
        if row.id == name:
            return row
    near = difflib.get_close_matches(name, DIFFICULTY_IDS, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"difficulty: expected one of {', '.join(DIFFICULTY_IDS)}, found {name!r}{hint}")
