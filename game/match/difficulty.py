"""How strong an opponent plays: one table of reaction delay, sampling temperature and bot.

The strings that people read live in the window's catalogue, by id.
"""

import difflib
from typing import Final, NamedTuple


class Difficulty(NamedTuple):
    """One row of the table."""

    id: str
    delay: int  # ticks between seeing and acting
    temperature: float  # of the sampling; 0 takes the likeliest action
    bot: str  # who plays where no brain is chosen


DIFFICULTIES: Final = (
    Difficulty("rookie", 24, 1.8, "wanderer"),
    Difficulty("regular", 14, 1.2, "chaser"),
    Difficulty("veteran", 7, 0.9, "marksman"),
    Difficulty("ace", 0, 0.6, "marksman"),
)
DEFAULT_DIFFICULTY: Final = "regular"
DIFFICULTY_IDS: Final = tuple(row.id for row in DIFFICULTIES)


def find_difficulty(name: str) -> Difficulty:
    """Return the difficulty of that id; a ValueError lists the ids there are."""
    for row in DIFFICULTIES:
        if row.id == name:
            return row
    near = difflib.get_close_matches(name, DIFFICULTY_IDS, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"difficulty: expected one of {', '.join(DIFFICULTY_IDS)}, found {name!r}{hint}")
