"""`MatchChoice`: the player's choices for a match, except the level."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from game.core import rules
from game.match.brain_library import MIXED
from game.match.difficulty import DEFAULT_DIFFICULTY

if TYPE_CHECKING:
    from game.match.replay import Replay

CLASS_IDS: Final = {tank.name: number for number, tank in enumerate(rules.TANK_CLASSES)}


@dataclass(frozen=True)
class MatchChoice:
    """The player's choices for a match, except the level."""

    watch: bool
    brain: str = MIXED  # brain of the other teams
    own_brain: str = MIXED  # brain of the own team's NPCs
    difficulty: str = DEFAULT_DIFFICULTY  # the player's own
    suggested: str = ""  # the suggested difficulty, for this level's matches only; "": the player's own
    tank_class: str | None = None  # None: the level's
    brains: tuple[str, ...] = ()  # for the NPC seats in order, cycled; overrides the two above
    seed: int | None = None  # seed of the generator of the matches' seeds
    replay: "Replay | None" = None  # a replay to play instead

    @property
    def strength(self) -> str:
        """The difficulty to play at."""
        return self.suggested or self.difficulty
