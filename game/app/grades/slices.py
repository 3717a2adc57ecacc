"""What is left to be graded: a level's matches in slices, and own levels in the order in which they are wanted."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.gradebook import grade_key

if TYPE_CHECKING:
    from game.core.levels.model import Level

FIRST_SEED: Final = 100  # of slices; others than those of what ships


class Slices:
    """What is left to be played of one level, a slice at a time: one round of the panel at one difficulty."""

    def __init__(self, level: "Level | str", rounds: int, first: int = 0) -> None:
        """`level`, or an endless level's name; `first`: rounds that were played before."""
        self.level = level
        self._todo = [
            (name, FIRST_SEED + number) for number in range(first, rounds) for name in DIFFICULTY_IDS
        ]
        self.won = dict.fromkeys(DIFFICULTY_IDS, 0)
        self.seed = FIRST_SEED  # of the last round

    @property
    def key(self) -> str:
        """What the level is known by: its content, or its name."""
        return self.level if isinstance(self.level, str) else grade_key(self.level)

    @property
    def name(self) -> str:
        """What the level is called where it is told."""
        return self.level if isinstance(self.level, str) else str(self.level.source or self.level.name)

    @property
    def next(self) -> tuple[str, int]:
        """Difficulty and seed of the next slice."""
        return self._todo[0]

    def take(self, won: int) -> bool:
        """Take what the next slice came to; return whether a round is over."""
        name, self.seed = self._todo.pop(0)
        self.won[name] += won
        return name == DIFFICULTY_IDS[-1]

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return not self._todo

    def take_round(self) -> tuple[int, ...]:
        """Return the wins since the last call."""
        found = tuple(self.won.values())
        self.won = dict.fromkeys(DIFFICULTY_IDS, 0)
        return found


class OwnQueue:
    """Own levels to be graded: those that are played first, wherever their files lie, then those that are listed."""

    def __init__(self) -> None:
        self.played: list[Level] = []
        self.listed: list[Level] = []

    def list(self, levels: "Iterable[Level]") -> None:
        """Take these for the list; what a listed file held before is not wanted any more, a file from elsewhere is."""
        self.listed = list(levels)
        now = {level.source: grade_key(level) for level in self.listed}
        self.played = [one for one in self.played if now.get(one.source, grade_key(one)) == grade_key(one)]

    def play(self, level: "Level") -> None:
        """Let one level go first; what its file held before is not wanted any more."""
        for waiting in (self.played, self.listed):
            waiting[:] = [one for one in waiting if one.source is None or one.source != level.source]
        self.played.insert(0, level)

    def first(self, wanted: "Callable[[Level], bool]") -> "Level | None":
        """Return the level that is to be played now; those before it that are not `wanted` are left out for good."""
        for waiting in (self.played, self.listed):
            while waiting:
                if wanted(waiting[0]):
                    return waiting[0]
                del waiting[0]
        return None
