"""The remaining work of grading: a level's matches in slices, and own levels in their order."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.gradebook import grade_key

if TYPE_CHECKING:
    from game.core.levels.model import Level

FIRST_SEED: Final = 100  # the first seed of slices; shipped grades use other seeds


class Slices:
    """The remaining slices of one level; a slice is one round of the panel at one difficulty."""

    def __init__(self, level: "Level | str", seeds: Sequence[int]) -> None:
        """`level`, or an endless level's name; `seeds`: one for each round, none of which was used before."""
        self.level = level
        self.key = key_of(level)
        self.seeds = tuple(seeds)
        self._todo = [(name, seed) for seed in seeds for name in DIFFICULTY_IDS]
        self.won = dict.fromkeys(DIFFICULTY_IDS, 0)

    @property
    def name(self) -> str:
        """The level's name for messages."""
        return self.level if isinstance(self.level, str) else str(self.level.source or self.level.name)

    @property
    def next(self) -> tuple[str, int]:
        """Difficulty and seed of the next slice."""
        return self._todo[0]

    def take(self, won: int) -> bool:
        """Take the result of the next slice; return whether a round is complete."""
        name, _ = self._todo.pop(0)
        self.won[name] += won
        return name == DIFFICULTY_IDS[-1]

    @property
    def over(self) -> bool:
        """Whether no slice is left."""
        return not self._todo

    def wins(self) -> tuple[int, ...]:
        """Return the wins of all rounds, by DIFFICULTY_IDS."""
        return tuple(self.won.values())


def key_of(level: "Level | str") -> str:
    """Return the key of a level: that of its content, or an endless level's name."""
    return level if isinstance(level, str) else grade_key(level)


class OwnQueue:
    """Own levels to be graded: first the ones being played, from any folder, then the listed ones."""

    def __init__(self) -> None:
        self.played: list[Level] = []
        self.listed: list[Level] = []

    def list(self, levels: "Iterable[Level]") -> None:
        """Replace the list; former contents of listed files are dropped, files from other folders stay."""
        self.listed = list(levels)
        now = {level.source: grade_key(level) for level in self.listed}
        self.played = [one for one in self.played if now.get(one.source, grade_key(one)) == grade_key(one)]

    def play(self, level: "Level") -> None:
        """Put one level first; the former content of its file is dropped."""
        for waiting in (self.played, self.listed):
            waiting[:] = [one for one in waiting if one.source is None or one.source != level.source]
        self.played.insert(0, level)

    def first(self, wanted: "Callable[[Level], bool]") -> "Level | None":
        """Return the level to play now; levels before it that are not `wanted` are removed for good."""
        for waiting in (self.played, self.listed):
            while waiting:
                if wanted(waiting[0]):
                    return waiting[0]
                del waiting[0]
        return None
