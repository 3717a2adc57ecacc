"""What is known of players and items: plain records, the same in the store, in files and in the models.

Stars say what a player likes. Attempts say what happened: they tell skill and difficulty, and only carefully, through
`recommender.advisor.feedback`, something about taste.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from safefiles.text import clean

OUTCOMES: Final = ("finished", "failed", "quit")
REAL: Final = "real"  # sources of records
SIMULATED: Final = "simulated"


@dataclass(frozen=True)
class Item:
    """Something to choose, with what its content says of it."""

    name: str  # its id in ratings and attempts
    titles: Mapping[str, str] = field(default_factory=dict)  # by language; the name where there is none
    tags: frozenset[str] = frozenset()  # such as "objective:defend"
    numbers: Mapping[str, float] = field(default_factory=dict)  # such as {"bricks": 0.2}; any scale
    finish_rate: float | None = (
        None  # share of a standard player's attempts that succeed (a play-test); None: unknown
    )

    def title(self, language: str) -> str:
        """The title in a language, else in English, else the name, as it may be shown anywhere."""
        return clean(self.titles.get(language) or self.titles.get("en") or self.name)


@dataclass(frozen=True)
class Rating:
    """Stars that a player gave; of several for one item the newest counts."""

    player: str
    item: str
    stars: float
    time: float  # seconds since 1970
    source: str = REAL


@dataclass(frozen=True)
class Attempt:
    """One try at an item, from its start to its end."""

    player: str
    item: str
    outcome: str  # one of OUTCOMES
    seconds: float
    time: float  # seconds since 1970, at the end
    deaths: int = 0
    retries: int = 0  # starts over just before this one
    score: float = 0.0
    against: str = ""  # what made it harder or easier, such as "hunter/normal"; "" = the usual
    source: str = REAL


@dataclass(frozen=True)
class Shown:
    """One suggestion that was put before a player: needed to learn from choices without bias."""

    player: str
    item: str
    place: int  # 0 = first
    propensity: float  # probability that the policy put it there
    explored: bool
    time: float


class Repository(Protocol):
    """Where records live. A shared database can stand in for the local file behind this interface.

    Reads return what was acknowledged. Writes return whether the records are safe; trouble is told in `messages`.
    """

    messages: list[str]

    def items(self) -> list[Item]:
        """Every item, newest content."""
        ...

    def ratings(self, player: str | None = None) -> list[Rating]:
        """The newest rating of each pair, oldest first; of one player or of all."""
        ...

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """Attempts, oldest first."""
        ...

    def dismissed(self, player: str) -> frozenset[str]:
        """Items this player does not want to be offered."""
        ...

    def shown(self, player: str | None = None) -> list[Shown]:
        """Suggestions made, oldest first."""
        ...

    def put_items(self, items: Iterable[Item]) -> bool:
        """Store items; a known name gets the new content."""
        ...

    def put_ratings(self, ratings: Sequence[Rating]) -> bool:
        """Append ratings as one transaction."""
        ...

    def put_attempts(self, attempts: Sequence[Attempt]) -> bool:
        """Append attempts as one transaction."""
        ...

    def put_dismissed(self, player: str, item: str, dismissed: bool = True) -> bool:
        """Remember "not for me", or take it back."""
        ...

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """Append suggestions."""
        ...

    def forget(self, player: str) -> bool:
        """Remove everything known of a player."""
        ...

    def close(self) -> None:
        """Finish all writes."""
        ...
