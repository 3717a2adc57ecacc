"""What is left to be graded: a level's matches in slices, and own levels in the order in which they are wanted."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.gradebook import grade_key

if TYPE_CHECKING:
    from game.core.levels.model import Level

FIRST_SEED: Final = 100  # of slices, the first that is asked for; others than those of what ships


class Slices:
    """What is left to be played of one level, a slice at a time: one round of the panel at one difficulty."""

    def __init__(self, level: "Level | str", seeds: Sequence[int]) -> None:
        """`level`, or an endless level's name; `seeds`: of the rounds, each one that no match was counted with."""
        self.level = level
        self.key = key_of(level)
        self.seeds = tuple(seeds)
        self._todo = [(name, seed) for seed in seeds for name in DIFFICULTY_IDS]
        self.won = dict.fromkeys(DIFFICULTY_IDS, 0)

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
        name, _ = self._todo.pop(0)
        self.won[name] += won
        return name == DIFFICULTY_IDS[-1]

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return not self._todo

    def wins(self) -> tuple[int, ...]:
        """Return the wins of all rounds, by DIFFICULTY_IDS."""
        return tuple(self.won.values())


def key_of(level: "Level | str") -> str:
    """Return what a level is known by: its content, or an endless level's name."""
    return level if isinstance(level, str) else grade_key(level)


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
