"""The mixed squad: which of the brains that ship take turns in the seats of a match.

A brain sits only where it is worth it. `strengths.json` says how a team of it fared at each objective against teams of the best
scripted bot; where it was clearly the weaker side, it stays on the bench, and a level that names it still gets it.
"""

from typing import Final

from game.match.brain_library import SHIPPED, BrainEntry, BrainLibrary
from game.match.difficulty import find_difficulty
from game.match.strengths import measured_strengths

EVEN: Final = 0.5  # share of the points against the best bot that a brain must be able to reach


def plays_at(entry: BrainEntry, objective: str) -> bool:
    """Whether a brain is at least as good as the best bot at an objective, as far as was measured.

    The upper end of the interval counts: who cannot be told from the bot is as good. One that was not measured plays.
    """
    row = measured_strengths().get(entry.sha256, {}).get("objectives", {}).get(objective)
    return row is None or float(row["high"]) >= EVEN


def squad_of(library: BrainLibrary, objective: str, difficulty: str) -> tuple[str, ...]:
    """Return the names of those who take turns: every sound shipped brain that plays the objective, else the difficulty's bot.

    Raises ValueError for a difficulty that there is not.
    """
    bot = find_difficulty(difficulty).bot
    shipped = (entry for entry in library.entries() if entry.kind == SHIPPED and entry.usable)
    return tuple(entry.name for entry in shipped if plays_at(entry, objective)) or (bot,)
