"""Fixed time steps at any frame rate: how many ticks a frame must run, and how far between two ticks it draws."""

from dataclasses import dataclass
from typing import Final

from game.core import rules

TICK_SECONDS: Final = 1 / rules.TICKS_PER_SECOND
MOST_TICKS: Final = (
    5  # ticks per frame; a slow machine drops the rest, so that the game slows down instead of freezing
)


@dataclass
class FixedStep:
    """Counts ticks against the clock."""

    most: int = MOST_TICKS
    owed: float = 0.0  # ticks due, the fraction of a tick included
    dropped: int = 0  # ticks dropped so far

    def advance(self, seconds: float) -> int:
        """Let `seconds` pass and return how many ticks to run now, at most `most`."""
        self.owed += max(0.0, seconds) / TICK_SECONDS
        # Rounding of the clock must not make a frame of exactly one tick run none.
        due = int(self.owed + 1e-6)
        ticks = min(due, self.most)
        self.owed = max(0.0, self.owed - due)
        self.dropped += due - ticks
        return ticks

    @property
    def alpha(self) -> float:
        """The position of the picture between the last two ticks, 0 to 1."""
        return min(1.0, self.owed)

    def reset(self) -> None:
        """Drop all ticks that are due (after a pause)."""
        self.owed = 0.0
