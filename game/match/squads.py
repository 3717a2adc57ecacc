"""The mixed squad: the shipped brains that take turns in the seats of a match.

A brain plays only objectives at which it is strong enough. `strengths.json` has the results of its teams against teams of the
best scripted bot at each objective; where it was clearly weaker, it is not in the squad. A level that names it still gets it.
"""

from typing import Final

from game.match.brain_library import SHIPPED, BrainEntry, BrainLibrary
from game.match.difficulty import find_difficulty
from game.match.strengths import measured_strengths

EVEN: Final = 0.5  # share of the points against the best bot that the brain's interval must reach


def plays_at(entry: BrainEntry, objective: str) -> bool:
    """Whether a brain is at least as good as the best bot at an objective, according to the measurements.

    The upper end of the interval counts: a brain that may be as good as the bot plays. So does one that was not measured.
    """
    row = measured_strengths().get(entry.sha256, {}).get("objectives", {}).get(objective)
    return row is None or float(row["high"]) >= EVEN


def squad_of(library: BrainLibrary, objective: str, difficulty: str) -> tuple[str, ...]:
    """Return the squad's names: every usable shipped brain that plays the objective; without any, the difficulty's bot.

    Raises ValueError for an unknown difficulty.
    """
    bot = find_difficulty(difficulty).bot
    shipped = (entry for entry in library.entries() if entry.kind == SHIPPED and entry.usable)
    return tuple(entry.name for entry in shipped if plays_at(entry, objective)) or (bot,)
